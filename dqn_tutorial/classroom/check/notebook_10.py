"""The exercises of 10_build_your_own_model."""

import inspect
from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor

from dqn_tutorial.classroom.check.excess import (
    EXCESS_FLAWS,
    EXCESSES,
    agents,
    excess_of,
    sample_agents,
)
from dqn_tutorial.classroom.check.exercise import (
    MESSAGES,
    Exercise,
    Function,
    Judge,
    by_values,
    choice,
)
from dqn_tutorial.classroom.check.guard import Wrong
from dqn_tutorial.classroom.check.misconceptions import (
    STEP_FLAWS,
    TARGET_TRAITS,
    explained,
    flawed,
    in_either_order,
    target_of,
    transitions,
    with_actions,
)

HERE = "10_build_your_own_model"
why_too_large = Exercise(
    "why_too_large",
    HERE,
    minutes=5,
    difficulty=1,
    judge=choice(MESSAGES["why_too_large"], right="D"),
)


mean_excess = Exercise(
    "mean_excess",
    HERE,
    minutes=5,
    difficulty=1,
    judge=explained(
        by_values(
            sample_agents,
            excess_of(),
            [*EXCESSES, *flawed(excess_of, EXCESS_FLAWS)],
            by_hand=[
                agents([[[1, 3], [5, 4]]], [[1, 2], [0, 0]], [0, 1]),
                agents([[[3, 1], [5, 4]], [[1, 0], [7, 9]]], [[1, 2], [0, 0]], [0, 1]),
                agents(
                    [[[2, 0], [9, 8], [0, 4], [-2, -1]]],
                    [[0, 3], [0, 0], [0, 0], [-3, -2]],
                    [0, 1, 0, 0],
                ),
            ],
        )
    ),
    solution=excess_of(),
)


_two = partial(transitions, "reward next_q_online next_q_target terminated gamma")


def _sample_two(rng: np.random.Generator) -> dict[str, Any]:
    """B transitions with the Q-values of two networks that differ; B unlike A; some
    terminated, some not.
    """
    n_actions = int(rng.integers(2, 6))
    size = n_actions + int(rng.integers(2, 6))
    online, lagged = rng.normal(size=(2, size, n_actions))
    return _two(
        rng.normal(size=size),
        online,
        lagged,
        rng.permutation(size) < rng.integers(1, size),
        round(rng.uniform(0.5, 0.95), 2),
    )


def _named_by(chooses: Tensor, values: Tensor) -> Tensor:
    """Return of each row the value of the action that is best in another table."""
    return values.gather(-1, chooses.argmax(-1)[..., None])[..., 0]


def _double_of(
    chooses: Function = lambda q, lag: q,
    values: Function = lambda q, lag: lag,
    value: Function = _named_by,
    online: Function = lambda q, t: q,
    **parts: Any,
) -> Function:
    """Return a target made of parts: the table that chooses, the one that values,
    and what is made of the first before.
    """

    def value_of(q: Tensor, lag: Tensor) -> Any:
        return value(chooses(q, lag), values(q, lag))

    target = target_of(value=value_of, **parts)
    return lambda r, q, lag, t, g: target(r, online(q.detach(), t), lag.detach(), t, g)


_TWO_FLAWS: tuple[tuple[str, dict[str, Any]], ...] = (
    (
        "roles exchanged",
        {"chooses": lambda q, lag: lag, "values": lambda q, lag: q},
    ),
    ("maximum of the target", {"chooses": lambda q, lag: lag}),
    ("online does both", {"values": lambda q, lag: q}),
    ("both choose", {"chooses": lambda q, lag: q + lag}),
    ("both choose", {"chooses": torch.minimum}),
    (
        "both value",
        {"value": lambda q, lag: (_named_by(q, lag) + _named_by(lag, q)) / 2},
    ),
    ("both value", {"values": lambda q, lag: (q + lag) / 2}),
    ("values added", {"values": lambda q, lag: q + lag}),
    ("smaller value", {"values": torch.minimum}),
    ("smaller value", {"chooses": torch.minimum, "values": torch.minimum}),
    (
        "smaller value",
        {"value": lambda q, lag: torch.minimum(q.amax(-1), lag.amax(-1))},
    ),
    (
        "smaller value",
        {"value": lambda q, lag: torch.minimum(_named_by(q, lag), _named_by(lag, q))},
    ),
    ("larger value", {"values": torch.maximum}),
    ("larger value", {"chooses": torch.maximum, "values": torch.maximum}),
    (
        "mean of the maxima",
        {"value": lambda q, lag: (q.amax(-1) + lag.amax(-1)) / 2},
    ),
    ("worst action", {"chooses": lambda q, lag: -q}),
    (
        "equals added",
        {"value": lambda q, lag: (lag * (q == q.amax(-1, keepdim=True))).sum(-1)},
    ),
    ("size for value", {"chooses": lambda q, lag: q.abs()}),
    ("action for value", {"value": lambda q, lag: q.argmax(-1)}),
    ("action for value", {"value": lambda q, lag: lag.argmax(-1)}),
    ("mean of actions", {"value": lambda q, lag: lag.mean(-1)}),
    ("mean of actions", {"value": lambda q, lag: q.mean(-1)}),
    ("mean of actions", {"value": lambda q, lag: lag.mean()}),
    ("soft choice", {"value": lambda q, lag: (q.softmax(-1) * lag).sum(-1)}),
    ("one action for all", {"value": lambda q, lag: lag[:, q.sum(0).argmax()]}),
    ("one action for all", {"value": lambda q, lag: lag[:, q[0].argmax()]}),
    ("one maximum", {"value": lambda q, lag: lag.flatten()[q.argmax()]}),
    *in_either_order(
        ("rows for columns", {"value": lambda q, lag: lag[q.argmax(-1)]}),
        (
            "max over the batch",
            {"value": lambda q, lag: lag.gather(-1, q.argmax(0)[:, None])[:, 0]},
        ),
        ("no maximum", {"value": lambda q, lag: lag}),
    ),
    (
        "mask on the choice",
        {"online": lambda q, t: q * ~t[:, None], "keep": torch.ones_like},
    ),
    ("first row", {"value": lambda q, lag: lag[0, q.argmax(-1)]}),
    (
        "max over the batch",
        {"value": lambda q, lag: lag[torch.arange(len(lag)), q.argmax(0)]},
    ),
    *STEP_FLAWS,
)


def _leaves(step: Any) -> list[Tensor]:
    """Return the tensors that a gradient of this step of the record ends at."""
    if step is None:
        return []
    if hasattr(step, "variable"):
        return [step.variable]
    return [leaf for before, _ in step.next_functions for leaf in _leaves(before)]


def _is_of_the_value(y: Any, inputs: Mapping[str, Any]) -> bool:
    ends = _leaves(getattr(y, "grad_fn", None))
    lagged = inputs["next_q_target"]
    return bool(ends) and all(torch.equal(end, lagged) for end in ends)


def _takes_flat(judge: Judge) -> Judge:
    """Return a judge that knows the method which takes from a flattened table: by its
    values it is one that reads the first row.
    """

    def judge_with_names(answer: Any, rng: np.random.Generator) -> None:
        try:
            judge(answer, rng)
        except Wrong as wrong:
            code = getattr(inspect.unwrap(answer), "__code__", None)
            names = getattr(code, "co_names", ())
            if wrong.key == "first row" and "take" in names and "np" not in names:
                raise Wrong("flat table", wrong.case) from None
            raise

    return judge_with_names


double_target = Exercise(
    "double_target",
    HERE,
    10,
    2,
    explained(
        _takes_flat(
            by_values(
                _sample_two,
                _double_of(),
                flawed(_double_of, _TWO_FLAWS),
                [
                    *TARGET_TRAITS[:-1],
                    ("value not data", _is_of_the_value),
                    TARGET_TRAITS[-1],
                ],
                by_hand=[
                    _two([1], [[2, 4]], [[8, 6]], [0], 0.5),
                    _two([1], [[2, 4]], [[8, 6]], [1], 0.5),
                    _two([2], [[1, 2, 0.5]], [[1.5, 0.8, 2]], [0], 1.0),
                    _two([1], [[4, 4, 2]], [[6, 6, 8]], [0], 0.5),
                    _two(
                        [1, 2],
                        [[-3, -2, -4], [6, 2, 4]],
                        [[2, -6, 4], [2, 8, 5]],
                        [0, 1],
                        0.5,
                    ),
                ],
            )
        )
    ),
    also=("target",),
    solution=_double_of(),
)


_members = partial(transitions, "reward next_q terminated gamma")


def _sample_members(rng: np.random.Generator) -> dict[str, Any]:
    """Q-values of K members for B transitions and A actions, K, B and A unlike each
    other.
    """
    n_members, n_actions, size = rng.permutation(np.arange(2, 8))[:3]
    return _members(
        rng.normal(size=size),
        rng.normal(size=(n_members, size, n_actions)),
        rng.permutation(size) < rng.integers(1, size),
        round(rng.uniform(0.5, 0.95), 2),
    )


def _maxmin_of(
    members: Function = lambda q: q.amin(0),
    actions: Function = lambda q: q.amax(-1),
    is_reversed: bool = False,
    **parts: Any,
) -> Function:
    """Return a target made of parts: what is made of the members, and of the actions,
    and whether that of the actions comes first.
    """
    first, then = (actions, members) if is_reversed else (members, actions)
    target = target_of(value=lambda q: then(first(q)), **parts)
    return lambda r, q, t, g: target(r, q.detach(), t, g)


def _cut_anew(q: Tensor) -> Tensor:
    """Return [K, B, A] reshaped to [B, K, A], which moves guesses to other states."""
    return q.reshape(q.shape[1], q.shape[0], q.shape[2])


def _identity(q: Tensor) -> Tensor:
    return q


_MEMBER_FLAWS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("exchanged", {"members": lambda q: q.amax(0), "actions": lambda q: q.amin(-1)}),
    (
        "axes exchanged",
        {
            "members": lambda q: q.amax(0),
            "actions": lambda q: q.amin(-1),
            "is_reversed": True,
        },
    ),
    ("maximum first", {"is_reversed": True}),
    ("reshaped", {"members": lambda q: _cut_anew(q).amin(1)}),
    (
        "reshaped",
        {"members": lambda q: q.reshape(q.shape[1], q.shape[2], -1).amin(-1)},
    ),
    (
        "reshaped",
        {"members": _identity, "actions": lambda q: _cut_anew(q).amax(-1).amin(-1)},
    ),
    ("mean of members", {"members": lambda q: q.mean(0)}),
    ("mean of members", {"members": lambda q: q.median(0).values}),
    ("sum of members", {"members": lambda q: q.sum(0)}),
    ("less the spread", {"members": lambda q: q.mean(0) - q.std(0)}),
    ("less the spread", {"members": lambda q: q.mean(0) - q.std(0, correction=0)}),
    ("first member", {"members": lambda q: q[0]}),
    ("first member", {"members": lambda q: q[-1]}),
    ("two members", {"members": lambda q: q[:2].amin(0)}),
    ("two members", {"members": lambda q: q[[0, -1]].amin(0)}),
    ("largest of all", {"members": lambda q: q.amax(0)}),
    ("smallest of all", {"actions": lambda q: q.amin(-1)}),
    # a Python function: it compares whole tensors, and stops
    ("Python's min", {"members": min}),
    ("Python's min", {"members": min, "is_reversed": True}),
    (
        "chosen by others",
        {"members": _identity, "actions": lambda q: _named_by(q.mean(0), q.amin(0))},
    ),
    (
        "chosen by others",
        {"members": _identity, "actions": lambda q: _named_by(q.amin(0), q.mean(0))},
    ),
    (
        "chosen by others",
        {"members": _identity, "actions": lambda q: _named_by(q[0], q.amin(0))},
    ),
    (
        "chosen by others",
        {"members": _identity, "actions": lambda q: _named_by(q.amin(0), q[0])},
    ),
    ("one member for all", {"members": lambda q: q[q.mean((1, 2)).argmin()]}),
    ("minimum from 0", {"members": lambda q: q.amin(0).clamp(max=0)}),
    ("member for value", {"members": lambda q: q.argmin(0)}),
    ("size for value", {"members": lambda q: q.abs().amin(0)}),
    ("each its own", {"members": _identity}),
    ("no maximum", {"actions": _identity, "combine": with_actions}),
    *in_either_order(
        ("no maximum", {"actions": _identity}),
        ("minimum of the batch", {"members": lambda q: q.amin((0, 1))}),
        ("minimum of the batch", {"members": lambda q: q.amin(1)}),
        ("max over the batch", {"actions": lambda q: q.amax(-2)}),
    ),
    ("one maximum", {"actions": lambda q: q.max()}),
    ("minimum of the batch", {"members": lambda q: q.min()[None]}),
    ("mean of actions", {"actions": lambda q: q.mean(-1)}),
    ("sum of actions", {"actions": lambda q: q.sum(-1)}),
    ("first action", {"actions": lambda q: q[..., 0]}),
    ("first action", {"actions": lambda q: q[..., -1]}),
    ("maximum from 0", {"actions": lambda q: q.amax(-1).clamp(min=0)}),
    ("action for value", {"actions": lambda q: q.argmax(-1)}),
    *STEP_FLAWS,
)
maxmin_target = Exercise(
    "maxmin_target",
    HERE,
    10,
    2,
    explained(
        by_values(
            _sample_members,
            _maxmin_of(),
            flawed(_maxmin_of, _MEMBER_FLAWS),
            TARGET_TRAITS,
            by_hand=[
                _members([1], [[[4, 8]], [[6, 2]]], [0], 0.5),
                _members([1], [[[4, 8]], [[6, 2]]], [1], 0.5),
                _members([2], [[[-4, 8]], [[-2, 6]], [[-6, -8]]], [0], 1.0),
                _members(
                    [1, 2, 3],
                    [[[2, 6], [4, 0], [8, 2]], [[4, 4], [2, 6], [-2, -4]]],
                    [0, 1, 0],
                    0.5,
                ),
            ],
        )
    ),
    also=("target",),
    solution=_maxmin_of(),
)
