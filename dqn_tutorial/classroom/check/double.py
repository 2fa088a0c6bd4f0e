"""The exercises of 10_build_your_own_model."""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from dqn_tutorial.classroom.check.common import (
    TARGET,
    as_float32,
    explained,
    known,
    target_traits,
)
from dqn_tutorial.classroom.check.exercise import Exercise, by_values, choice
from dqn_tutorial.targets import bootstrap, double_td_target

HERE = "10_build_your_own_model"
GUESSES = {
    "A": (
        "Noise with mean 0 favours neither side, and over 32 seeds chance in the sample"
        " would not lift their mean."
    ),
    "B": (
        "The noise has mean 0, and Q* is an expectation. So Q* is the same with it and"
        " without."
    ),
    "C": (
        "Q-learning is off-policy: the maximum in its target is over next actions,"
        " whatever the behaviour does. And values of random actions would be too small."
    ),
}
why_too_large = Exercise(
    "why_too_large", HERE, minutes=5, difficulty=1, judge=choice(GUESSES, right="D")
)


def _draw_agents(rng: np.random.Generator) -> dict[str, Any]:
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


EXCESS = {
    "sum for mean": (
        "You sum over the states. A sum grows with their number; asked for is the mean."
    ),
    "numbers for a mask": (
        "A mask has to be bool. Used as an index, whole numbers name states, the same"
        " few again and again, and drop none."
    ),
    "terminal states": (
        "You count the terminal states too. Nothing is learned there, so what a network"
        " says of them means nothing, and Q* is 0."
    ),
    "only terminal": (
        "Your mean is over the terminal states. They are the ones to leave out."
    ),
    "divided by all": (
        "You leave the terminal states out of the sum but still divide by the number of"
        " all states."
    ),
    "other sign": "Your sign is turned: too large a Q-value is to count as positive.",
    "absolute": (
        "You take absolute values. Guesses that are too low then count as too large,"
        " and nothing cancels."
    ),
    "error at each action": (
        "You subtract before you take the maximum: the largest error of any action, not"
        " the error of the largest value. Each has a maximum of its own."
    ),
    "all actions": (
        "You average the errors over the actions. They may cancel where the largest is"
        " too large."
    ),
    "action of Q*": (
        "You value the action that is best under Q*. The agents' own maximum picks the"
        " action they believe best, and there lies the error."
    ),
    "action of the agent": (
        "You compare with Q* at the agent's action: that also counts choosing a lesser"
        " action. The truth is the largest Q*."
    ),
    "one number": (
        "You average over the agents too. Each agent keeps a number of its own: the"
        " interval is over seeds."
    ),
}
_wrong_excess: dict[str, Callable[..., Any]] = {
    "sum for mean": lambda q, star, end: _excess(q, star)[:, ~end].sum(-1),
    "numbers for a mask": lambda q, star, end: _excess(q, star)[:, 1 - end].mean(-1),
    "terminal states": lambda q, star, end: _excess(q, star).mean(-1),
    "only terminal": lambda q, star, end: _excess(q, star)[:, end].mean(-1),
    "divided by all": lambda q, star, end: (_excess(q, star) * ~end).mean(-1),
    "other sign": lambda q, star, end: -_excess(q, star)[:, ~end].mean(-1),
    "absolute": lambda q, star, end: np.abs(_excess(q, star))[:, ~end].mean(-1),
    "error at each action": lambda q, star, end: (q - star).max(-1)[:, ~end].mean(-1),
    "all actions": lambda q, star, end: (q - star)[:, ~end].mean((1, 2)),
    "action of Q*": (
        lambda q, star, end: (
            q[:, np.arange(len(star)), star.argmax(-1)] - star.max(-1)
        )[:, ~end].mean(-1)
    ),
    "action of the agent": (
        lambda q, star, end: (q.max(-1) - star[np.arange(len(star)), q.argmax(-1)])[
            :, ~end
        ].mean(-1)
    ),
    "one number": lambda q, star, end: _excess(q, star)[:, ~end].mean(),
}


def _with_inverted_bits(
    q: NDArray[Any], star: NDArray[Any], end: NDArray[Any]
) -> NDArray[Any]:
    return np.asarray(_excess(q, star)[:, ~end.astype(int)].mean(-1))


_judge_excess = by_values(
    _draw_agents,
    lambda q, star, end: _excess(q, star)[:, ~end].mean(-1),
    known(EXCESS, *_wrong_excess.items(), ("numbers for a mask", _with_inverted_bits)),
)
mean_excess = Exercise(
    "mean_excess", HERE, minutes=5, difficulty=1, judge=_judge_excess
)


def _draw_two(rng: np.random.Generator) -> dict[str, Any]:
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


OF_ANY_TARGET = {
    "reward discounted": (
        "Your gamma multiplies the reward too. The reward comes with this step and"
        " counts in full."
    ),
    **{
        key: TARGET[key]
        for key in (
            "ignores terminated",
            "mask inverted",
            "reward masked",
            "no discount",
        )
    },
}
DOUBLE = {
    "roles exchanged": (
        "Your two networks have exchanged their roles. The online network chooses the"
        " action; the target network, which holds still, values it."
    ),
    "maximum of the target": (
        "You take the largest Q-value of the target network: it chooses and values,"
        " with one set of errors. That is DQN. The action comes from the online"
        " network."
    ),
    "online does both": (
        "The online network chooses and values here. Two jobs for one set of errors"
        " overestimate, and the target moves at every update."
    ),
    "smaller value": (
        "You take the smaller of the two networks' values. Double DQN compares no"
        " values: one network names the action, the other values that action."
    ),
    "action for value": (
        "You put the number of the chosen action where its Q-value belongs."
    ),
    **OF_ANY_TARGET,
}
_wrong_doubles: dict[str, Callable[..., Any]] = {
    "roles exchanged": lambda r, q, lag, over, g: _double(r, lag, q, over, g),
    "maximum of the target": lambda r, q, lag, over, g: _double(r, lag, lag, over, g),
    "online does both": lambda r, q, lag, over, g: _double(r, q, q, over, g),
    "smaller value": lambda r, q, lag, over, g: bootstrap(
        r, torch.minimum(q.amax(-1), lag.amax(-1)), over, g
    ),
    "action for value": lambda r, q, lag, over, g: bootstrap(r, q.argmax(-1), over, g),
    "ignores terminated": lambda r, q, lag, over, g: _double(
        r, q, lag, over & False, g
    ),
    "mask inverted": lambda r, q, lag, over, g: _double(r, q, lag, ~over, g),
    "reward masked": lambda r, q, lag, over, g: _double(r, q, lag, over, g) * ~over,
    "no discount": lambda r, q, lag, over, g: _double(r, q, lag, over, 1.0),
    "reward discounted": lambda r, q, lag, over, g: _double(g * r, q, lag, over, g),
}


def _of_smaller(
    r: Tensor, online: Tensor, lagged: Tensor, over: Tensor, gamma: float
) -> Tensor:
    return bootstrap(r, torch.minimum(online, lagged).detach().amax(-1), over, gamma)


_judge_double = by_values(
    _draw_two,
    _double,
    known(DOUBLE, *_wrong_doubles.items(), ("smaller value", _of_smaller)),
    target_traits(),
)
double_target = Exercise(
    "double_target", HERE, minutes=10, difficulty=2, judge=explained(_judge_double)
)


def _draw_members(rng: np.random.Generator) -> dict[str, Any]:
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


MAXMIN = {
    "exchanged": (
        "Your minimum and your maximum have changed places: you believe the largest"
        " guess of each action and take the worst action. The members are to be"
        " cautious, the choice is not."
    ),
    "maximum first": (
        "You take each member's maximum and then the smallest of these. Each member"
        " then values another action. First the members agree on one cautious value for"
        " each action, then the best action is taken."
    ),
    "mean of members": (
        "You take the mean over the members. It smooths the guesses, but the maximum of"
        " what is left is still too large; asked for is the smallest guess."
    ),
    "first member": (
        "You use one member only. The others are there so that no single guess is"
        " believed."
    ),
    "largest of all": (
        "You take the largest guess of all members: that overestimates more than one"
        " member alone."
    ),
    "smallest of all": (
        "You take the smallest guess of the worst action. The agent will choose its"
        " best action: the minimum is for the members only."
    ),
    "axes exchanged": (
        "Your minimum runs over the actions. It should run over the members, so that"
        " one guess is left for each action."
    ),
    "each its own": (
        "You give each member a target of its own. Asked for is one target for each"
        " transition, from all."
    ),
    **OF_ANY_TARGET,
}
_wrong_maxmins: dict[str, Callable[..., Any]] = {
    "exchanged": lambda r, q, over, g: bootstrap(
        r, q.detach().amax(0).amin(-1), over, g
    ),
    "maximum first": lambda r, q, over, g: bootstrap(
        r, q.detach().amax(-1).amin(0), over, g
    ),
    "mean of members": lambda r, q, over, g: bootstrap(
        r, q.detach().mean(0).amax(-1), over, g
    ),
    "first member": lambda r, q, over, g: bootstrap(r, q.detach()[0].amax(-1), over, g),
    "largest of all": lambda r, q, over, g: bootstrap(
        r, q.detach().amax((0, -1)), over, g
    ),
    "smallest of all": lambda r, q, over, g: bootstrap(
        r, q.detach().amin((0, -1)), over, g
    ),
    "axes exchanged": lambda r, q, over, g: bootstrap(
        r, q.detach().amin(-1).amax(0), over, g
    ),
    "each its own": lambda r, q, over, g: bootstrap(r, q.detach().amax(-1), over, g),
    "ignores terminated": lambda r, q, over, g: _maxmin(r, q, over & False, g),
    "mask inverted": lambda r, q, over, g: _maxmin(r, q, ~over, g),
    "reward masked": lambda r, q, over, g: _maxmin(r, q, over, g) * ~over,
    "no discount": lambda r, q, over, g: _maxmin(r, q, over, 1.0),
    "reward discounted": lambda r, q, over, g: _maxmin(g * r, q, over, g),
}
_judge_maxmin = by_values(
    _draw_members, _maxmin, known(MAXMIN, *_wrong_maxmins.items()), target_traits()
)
maxmin_target = Exercise(
    "maxmin_target", HERE, minutes=10, difficulty=2, judge=explained(_judge_maxmin)
)
