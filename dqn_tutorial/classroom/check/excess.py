"""The overestimation of 10_build_your_own_model: its cases, and how it goes wrong."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from dqn_tutorial.classroom.check.exercise import Function


def agents(q_values: Any, q_star: Any, terminal: Any) -> dict[str, Any]:
    """Return inputs by name: `[N, S, A]`, `[S, A]` and `[S]`."""
    return {
        "q_values": np.array(q_values, float),
        "q_star": np.array(q_star, float),
        "terminal": np.array(terminal, bool),
    }


def sample_agents(rng: np.random.Generator) -> dict[str, Any]:
    """Q-values of N agents for S states and A actions, anything in terminal states,
    where Q* is 0.
    """
    n_agents, n_states, n_actions = rng.permutation(np.arange(2, 8))[:3]
    n_states += 5
    terminal = rng.permutation(n_states) < rng.integers(1, 4)
    q_star = rng.normal(size=(n_states, n_actions)) * ~terminal[:, None]
    noise = rng.normal(size=(n_agents, n_states, n_actions))
    return agents((q_star + noise).round(2), q_star.round(2), terminal)


def excess_of(
    own: Function = lambda q: q.max(-1),
    truth: Function = lambda star, q: star.max(-1),
    apart: Function = lambda a, b: a - b,
    among: Function = lambda e, end: e[:, ~end],
    mean: Function = lambda e, end: e.mean(-1),
) -> Function:
    """Return an overestimation made of parts: what the agents say, [N, S], what is
    true, their difference, the states that count, and the mean.
    """

    def excess(q: NDArray[Any], star: NDArray[Any], end: NDArray[Any]) -> NDArray[Any]:
        return np.asarray(mean(among(apart(own(q), truth(star, q)), end), end))

    return excess


def _at(star: NDArray[Any], action: NDArray[Any]) -> NDArray[Any]:
    """Return Q* of each agent's action in each state, [N, S]."""
    return np.asarray(star[np.arange(len(star)), action])


def _mean_of_positives(e: NDArray[Any], end: NDArray[Any]) -> NDArray[Any]:
    with np.errstate(invalid="ignore"):
        return np.asarray(np.maximum(e, 0).sum(-1) / (e > 0).sum(-1))


EXCESS_FLAWS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("terminal states", {"among": lambda e, end: e}),
    ("only terminal", {"among": lambda e, end: e[:, end]}),
    ("divided by all", {"among": lambda e, end: e * ~end}),
    ("numbers for a mask", {"among": lambda e, end: e[:, 1 - end]}),
    ("numbers for a mask", {"among": lambda e, end: e[:, end.astype(int)]}),
    ("inverted numbers", {"among": lambda e, end: e[:, ~end.astype(int)]}),
    ("sum for mean", {"mean": lambda e, end: e.sum(-1)}),
    ("other divisor", {"mean": lambda e, end: e.sum(-1) / end.sum()}),
    ("other divisor", {"mean": lambda e, end: e.sum(-1) / len(e)}),
    ("other divisor", {"mean": lambda e, end: e.sum(-1) / 13}),
    (
        "terminal states",
        {"among": lambda e, end: e, "mean": lambda e, end: e.sum(-1) / (~end).sum()},
    ),
    ("other divisor", {"mean": lambda e, end: e.sum(-1) / max(e.shape[1] - 1, 1)}),
    ("no mean", {"mean": lambda e, end: np.median(e, -1)}),
    ("no mean", {"mean": lambda e, end: e.std(-1)}),
    ("largest state", {"mean": lambda e, end: e.max(-1)}),
    ("one number", {"mean": lambda e, end: e.mean()}),
    ("one number", {"mean": lambda e, end: e.sum()}),
    ("single agent", {"mean": lambda e, end: e.mean(-1).squeeze()}),
    ("one agent", {"mean": lambda e, end: e[0].mean()}),
    ("mean over agents", {"mean": lambda e, end: e.mean(0)}),
    ("one for each state", {"mean": lambda e, end: e}),
    ("last state", {"mean": lambda e, end: e[:, -1]}),
    ("last state", {"mean": lambda e, end: e[:, -1] / e.shape[1]}),
    ("other sign", {"apart": lambda a, b: b - a}),
    ("absolute", {"apart": lambda a, b: np.abs(a - b)}),
    ("absolute", {"mean": lambda e, end: np.abs(e.mean(-1))}),
    ("squares", {"apart": lambda a, b: (a - b) ** 2}),
    (
        "squares",
        {
            "apart": lambda a, b: (a - b) ** 2,
            "mean": lambda e, end: np.sqrt(e.mean(-1)),
        },
    ),
    ("cut at 0", {"mean": _mean_of_positives}),
    ("cut at 0", {"apart": lambda a, b: np.maximum(a - b, 0)}),
    ("truth left out", {"truth": lambda star, q: 0 * star[:, 0]}),
    ("relative", {"apart": lambda a, b: (a - b) / (b + (b == 0))}),
    ("sizes compared", {"apart": lambda a, b: np.abs(a) - np.abs(b)}),
    (
        "all actions",
        {"own": lambda q: q.mean(-1), "truth": lambda star, q: star.mean(-1)},
    ),
    (
        "error at each action",
        {
            "own": lambda q: q,
            "truth": lambda star, q: star,
            "apart": lambda a, b: (a - b).max(-1),
        },
    ),
    (
        "action of Q*",
        {
            "own": lambda q: q,
            "truth": lambda star, q: star,
            "apart": lambda a, b: a[:, np.arange(len(b)), b.argmax(-1)] - b.max(-1),
        },
    ),
    (
        "minimum for maximum",
        {"own": lambda q: q.min(-1), "truth": lambda star, q: star.min(-1)},
    ),
    ("minimum for maximum", {"own": lambda q: q.min(-1)}),
    ("mean of the agent", {"own": lambda q: q.mean(-1)}),
    ("mean of Q*", {"truth": lambda star, q: star.mean(-1)}),
    (
        "action for value",
        {"own": lambda q: q.argmax(-1), "truth": lambda star, q: star.argmax(-1)},
    ),
    ("action for value", {"own": lambda q: q.argmax(-1)}),
    ("action of the agent", {"truth": lambda star, q: _at(star, q.argmax(-1))}),
    ("maximum over agents", {"own": lambda q: q.max(-1).max(0, keepdims=True)}),
    ("mean over agents", {"own": lambda q: q.mean(0, keepdims=True).max(-1)}),
)
EXCESSES: tuple[tuple[str, Function], ...] = (
    (
        "axis squeezed",
        lambda q, star, end: (q[:, ~end].max(-1).squeeze() - star[~end].max(-1)).mean(
            -1
        ),
    ),
    (
        "axis squeezed",
        lambda q, star, end: (
            (q[:, ~end].max(-1) - star[~end].max(-1)).squeeze().mean(-1)
        ),
    ),
    (
        "mask from Q*",
        lambda q, star, end: (q.max(-1) - star.max(-1))[:, star.any(-1)].mean(-1),
    ),
    (
        "mean before maximum",
        lambda q, star, end: (q - star)[:, ~end].mean(1).max(-1),
    ),
    (
        "mean before maximum",
        lambda q, star, end: q[:, ~end].mean(1).max(-1) - star[~end].mean(0).max(-1),
    ),
    (
        "maximum over states",
        lambda q, star, end: (q[:, ~end].max(1) - star[~end].max(0)).mean(-1),
    ),
    (
        "maximum over states",
        lambda q, star, end: (q.max(1) - star.max(0)).mean(-1),
    ),
    (
        "one maximum",
        lambda q, star, end: q[:, ~end].max((1, 2)) - star[~end].max(),
    ),
    ("one maximum", lambda q, star, end: q.max((1, 2)) - star.max()),
    (
        "maximum over agents",
        lambda q, star, end: (q.max(0) - star)[~end].mean(0),
    ),
    (
        "maximum over agents",
        lambda q, star, end: (q.max(0) - star).max(-1)[~end].mean(),
    ),
    (
        "maximum over agents",
        lambda q, star, end: (q.max((0, 2)) - star.max(-1))[~end].mean(),
    ),
)
