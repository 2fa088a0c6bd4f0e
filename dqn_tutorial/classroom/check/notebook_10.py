"""The exercises of 10_build_your_own_model."""

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from dqn_tutorial.classroom.check.exercise import (
    MESSAGES,
    Exercise,
    by_values,
    choice,
)
from dqn_tutorial.classroom.check.misconceptions import (
    TARGET_TRAITS,
    as_float32,
    explained,
)
from dqn_tutorial.targets import bootstrap, double_td_target

HERE = "10_build_your_own_model"
why_too_large = Exercise(
    "why_too_large",
    HERE,
    minutes=5,
    difficulty=1,
    judge=choice(MESSAGES["why_too_large"], right="D"),
)


def _sample_agents(rng: np.random.Generator) -> dict[str, Any]:
    """Q-values of N agents for S states and A actions, anything in terminal states,
    where Q* is 0.
    """
    n_agents, n_states, n_actions = rng.permutation(np.arange(2, 8))[:3]
    n_states += 5
    terminal = rng.permutation(n_states) < rng.integers(1, 4)
    q_star = rng.normal(size=(n_states, n_actions)) * ~terminal[:, None]
    return {
        "q_values": q_star + rng.normal(size=(n_agents, n_states, n_actions)),
        "q_star": q_star,
        "terminal": terminal,
    }


def _excess(q: NDArray[Any], q_star: NDArray[Any]) -> NDArray[Any]:
    return np.asarray(q.max(-1) - q_star.max(-1))


def _mean_excess(
    q: NDArray[Any], q_star: NDArray[Any], terminal: NDArray[Any]
) -> NDArray[Any]:
    return np.asarray(_excess(q, q_star)[:, ~terminal].mean(-1))


mean_excess = Exercise(
    "mean_excess",
    HERE,
    minutes=5,
    difficulty=1,
    judge=by_values(
        _sample_agents,
        _mean_excess,
        [
            *{
                "sum for mean": lambda q, star, end: _excess(q, star)[:, ~end].sum(-1),
                "numbers for a mask": lambda q, star, end: _excess(q, star)[
                    :, 1 - end
                ].mean(-1),
                "terminal states": lambda q, star, end: _excess(q, star).mean(-1),
                "only terminal": lambda q, star, end: _excess(q, star)[:, end].mean(-1),
                "divided by all": lambda q, star, end: (_excess(q, star) * ~end).mean(
                    -1
                ),
                "other sign": lambda q, star, end: -_excess(q, star)[:, ~end].mean(-1),
                "absolute": lambda q, star, end: np.abs(_excess(q, star))[:, ~end].mean(
                    -1
                ),
                "error at each action": lambda q, star, end: (
                    (q - star).max(-1)[:, ~end].mean(-1)
                ),
                "all actions": lambda q, star, end: (q - star)[:, ~end].mean((1, 2)),
                "action of Q*": (
                    lambda q, star, end: (
                        q[:, np.arange(len(star)), star.argmax(-1)] - star.max(-1)
                    )[:, ~end].mean(-1)
                ),
                "action of the agent": (
                    lambda q, star, end: (
                        q.max(-1) - star[np.arange(len(star)), q.argmax(-1)]
                    )[:, ~end].mean(-1)
                ),
                "one number": lambda q, star, end: _excess(q, star)[:, ~end].mean(),
            }.items(),
            (
                "numbers for a mask",
                lambda q, star, end: _excess(q, star)[:, ~end.astype(int)].mean(-1),
            ),
        ],
    ),
    solution=_mean_excess,
)


def _sample_two(rng: np.random.Generator) -> dict[str, Any]:
    """B transitions with the Q-values of two networks that differ; B unlike A; some
    terminated, some not.
    """
    n_actions = int(rng.integers(2, 6))
    size = n_actions + int(rng.integers(2, 6))
    return {
        "reward": as_float32(rng.normal(size=size)),
        "next_q_online": as_float32(rng.normal(size=(size, n_actions)), has_grad=True),
        "next_q_target": as_float32(rng.normal(size=(size, n_actions)), has_grad=True),
        "terminated": torch.tensor(rng.permutation(size) < rng.integers(1, size)),
        "gamma": float(rng.uniform(0.5, 0.95)),
    }


def _double(
    r: Tensor, online: Tensor, lagged: Tensor, over: Tensor, gamma: float
) -> Tensor:
    return double_td_target(r, online.detach(), lagged.detach(), over, gamma)


double_target = Exercise(
    "double_target",
    HERE,
    10,
    2,
    explained(
        by_values(
            _sample_two,
            _double,
            [
                *{
                    "roles exchanged": lambda r, q, lag, over, g: _double(
                        r, lag, q, over, g
                    ),
                    "maximum of the target": lambda r, q, lag, over, g: _double(
                        r, lag, lag, over, g
                    ),
                    "online does both": lambda r, q, lag, over, g: _double(
                        r, q, q, over, g
                    ),
                    "smaller value": lambda r, q, lag, over, g: bootstrap(
                        r, torch.minimum(q.amax(-1), lag.amax(-1)), over, g
                    ),
                    "action for value": lambda r, q, lag, over, g: bootstrap(
                        r, q.argmax(-1), over, g
                    ),
                    "ignores terminated": lambda r, q, lag, over, g: _double(
                        r, q, lag, over & False, g
                    ),
                    "mask inverted": lambda r, q, lag, over, g: _double(
                        r, q, lag, ~over, g
                    ),
                    "reward masked": lambda r, q, lag, over, g: (
                        _double(r, q, lag, over, g) * ~over
                    ),
                    "no discount": lambda r, q, lag, over, g: _double(
                        r, q, lag, over, 1.0
                    ),
                    "reward discounted": lambda r, q, lag, over, g: _double(
                        g * r, q, lag, over, g
                    ),
                }.items(),
                (
                    "smaller value",
                    lambda r, q, lag, over, g: bootstrap(
                        r, torch.minimum(q, lag).detach().amax(-1), over, g
                    ),
                ),
            ],
            TARGET_TRAITS,
        )
    ),
    also=("target",),
    solution=_double,
)


def _sample_members(rng: np.random.Generator) -> dict[str, Any]:
    """Q-values of M members for B transitions and A actions, M, B and A unlike each
    other.
    """
    n_members, n_actions, size = rng.permutation(np.arange(2, 8))[:3]
    return {
        "reward": as_float32(rng.normal(size=size)),
        "next_q": as_float32(
            rng.normal(size=(n_members, size, n_actions)), has_grad=True
        ),
        "terminated": torch.tensor(rng.permutation(size) < rng.integers(1, size)),
        "gamma": float(rng.uniform(0.5, 0.95)),
    }


def _maxmin(r: Tensor, q: Tensor, over: Tensor, gamma: float) -> Tensor:
    return bootstrap(r, q.detach().amin(0).amax(-1), over, gamma)


maxmin_target = Exercise(
    "maxmin_target",
    HERE,
    10,
    2,
    explained(
        by_values(
            _sample_members,
            _maxmin,
            {
                "exchanged": lambda r, q, over, g: bootstrap(
                    r, q.detach().amax(0).amin(-1), over, g
                ),
                "maximum first": lambda r, q, over, g: bootstrap(
                    r, q.detach().amax(-1).amin(0), over, g
                ),
                "mean of members": lambda r, q, over, g: bootstrap(
                    r, q.detach().mean(0).amax(-1), over, g
                ),
                "first member": lambda r, q, over, g: bootstrap(
                    r, q.detach()[0].amax(-1), over, g
                ),
                "largest of all": lambda r, q, over, g: bootstrap(
                    r, q.detach().amax((0, -1)), over, g
                ),
                "smallest of all": lambda r, q, over, g: bootstrap(
                    r, q.detach().amin((0, -1)), over, g
                ),
                "axes exchanged": lambda r, q, over, g: bootstrap(
                    r, q.detach().amin(-1).amax(0), over, g
                ),
                "each its own": lambda r, q, over, g: bootstrap(
                    r, q.detach().amax(-1), over, g
                ),
                "ignores terminated": lambda r, q, over, g: _maxmin(
                    r, q, over & False, g
                ),
                "mask inverted": lambda r, q, over, g: _maxmin(r, q, ~over, g),
                "reward masked": lambda r, q, over, g: _maxmin(r, q, over, g) * ~over,
                "no discount": lambda r, q, over, g: _maxmin(r, q, over, 1.0),
                "reward discounted": lambda r, q, over, g: _maxmin(g * r, q, over, g),
            }.items(),
            TARGET_TRAITS,
        )
    ),
    also=("target",),
    solution=_maxmin,
)
