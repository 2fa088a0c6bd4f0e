"""The exercises of 03_q_network."""

from collections.abc import Iterable
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor

from dqn_tutorial.classroom.check.exercise import (
    MESSAGES,
    Exercise,
    by_values,
    choice,
)
from dqn_tutorial.classroom.check.guard import Wrong, guarded
from dqn_tutorial.classroom.check.misconceptions import (
    as_float32,
    explained,
    plain_target,
)
from dqn_tutorial.classroom.check.parts import (
    ERROR_FLAWS,
    MORE_ERROR_FLAWS,
    MORE_NETWORK_FLAWS,
    MORE_PICK_FLAWS,
    NETWORK_FLAWS,
    PICK_FLAWS,
    by_pairs,
    error_of,
    errors_seen,
    loss_of,
    loss_seen,
    named,
    pick_of,
)
from dqn_tutorial.classroom.check.pulls import ever, never, or_cloned, or_traits
from dqn_tutorial.classroom.check.steps import MORE_SGD_FLAWS, SGD_FLAWS, step_of
from dqn_tutorial.classroom.check.values import as_array, shape_of, shown

HERE = "03_q_network"


def _all_pairs(name: str, results: Iterable[Any]) -> bool:
    """Whether a result has a number for each pair of samples, `[B, B]`."""
    shapes = (shape_of(result[name]) for result in results)
    return any(len(set(shape)) == 1 < len(shape) for shape in shapes)


def _draw(rng: np.random.Generator, *shape: int, has_grad: bool = False) -> Tensor:
    """Return numbers from -4 to 4 with one decimal, no two alike: of ties the gradient
    of a maximum depends on how it is written.
    """
    return as_float32(rng.choice(np.arange(-40, 41), shape, False) / 10, has_grad)


def _sample_taken(rng: np.random.Generator) -> dict[str, Any]:
    """B samples of A actions, B above A or, sometimes, 1."""
    n_actions = int(rng.integers(2, 6))
    size = n_actions + int(rng.integers(1, 6)) if rng.random() < 0.75 else 1
    # of one sample action 0: the number of a row too, so that no error hides a table
    # that is read the wrong way round
    action = rng.integers(n_actions if size > 1 else 1, size=size)
    return {
        "q_values": _draw(rng, size, n_actions),
        "action": torch.tensor(action),
    }


def _table(
    q_values: list[list[float]], action: list[int], has_grad: bool = False
) -> dict[str, Any]:
    return {
        "q_values": as_float32(q_values, has_grad),
        "action": torch.tensor(action),
    }


taken_q = Exercise(
    "taken_q",
    HERE,
    minutes=5,
    difficulty=1,
    judge=explained(
        by_values(
            _sample_taken,
            pick_of(),
            named(pick_of, PICK_FLAWS, MORE_PICK_FLAWS),
            by_hand=[
                _table([[1, 2], [3, 4], [6, 5]], [0, 1, 0]),
                _table([[-1.5, -2.5, -0.5]], [1]),
                _table([[-7, -2], [-4, -3]], [1, 1]),
                _table([[7], [8]], [0, 0]),
            ],
        )
    ),
    solution=pick_of(),
)


def _batch(q_value: list[float], td_target: list[float]) -> dict[str, Any]:
    """Predictions as gather leaves them, [B, 1], and targets [B] that carry a
    gradient.
    """
    return {
        "q_value": as_float32([[q] for q in q_value], True),
        "td_target": as_float32(td_target, True),
    }


def _sample_loss(rng: np.random.Generator) -> dict[str, Any]:
    size = int(rng.integers(3, 9))
    return {
        "q_value": _draw(rng, size, 1, has_grad=True),
        "td_target": _draw(rng, size, has_grad=True),
    }


td_loss = Exercise(
    "td_loss",
    HERE,
    10,
    2,
    explained(
        or_cloned(
            or_traits(
                lambda seen_as: by_values(
                    _sample_loss,
                    loss_of(),
                    named(loss_of, ERROR_FLAWS, MORE_ERROR_FLAWS),
                    seen_as=seen_as,
                    by_hand=[
                        _batch([1, 2], [2, 4]),
                        _batch([3, 0, 1, 2], [1, 2, 1, 2]),
                        _batch([1], [4]),
                    ],
                ),
                loss_seen,
                [
                    (
                        "broadcast",
                        partial(_all_pairs, "loss"),
                    ),
                    (
                        "no single number",
                        lambda results: any(shape_of(r["loss"]) for r in results),
                    ),
                    (
                        "roles swapped",
                        lambda results: (
                            never("q_value")(results) and ever("td_target")(results)
                        ),
                    ),
                    ("prediction cut off", never("q_value")),
                    ("target not data", ever("td_target")),
                ],
            ),
            _sample_loss,
            "td_target",
        )
    ),
    also=("loss",),
    solution=lambda q_value, td_target: (
        (td_target.detach() - q_value[:, 0]).square().mean()
    ),
)


def _sample_step(rng: np.random.Generator) -> dict[str, Any]:
    """More samples than actions, so that an action occurs twice; S unlike A."""
    # the first one in a process imports for seconds, and some answers make one
    torch.optim.SGD([torch.zeros(1, requires_grad=True)])
    n_actions = int(rng.integers(2, 5))
    size, dim_state = (
        n_actions + int(rng.integers(2, 6)),
        n_actions + int(rng.integers(1, 3)),
    )
    return {
        "weight": _draw(rng, n_actions, dim_state),
        "state": _draw(rng, size, dim_state),
        "action": torch.tensor(rng.integers(n_actions, size=size)),
        "td_target": _draw(rng, size) + 1,
        "learning_rate": float(rng.uniform(0.05, 0.4).__round__(2)),
    }


def _step(
    weight: list[list[float]],
    state: list[list[float]],
    action: list[int],
    td_target: list[float],
    learning_rate: float = 0.5,
) -> dict[str, Any]:
    return {
        "weight": as_float32(weight),
        "state": as_float32(state),
        "action": torch.tensor(action),
        "td_target": as_float32(td_target),
        "learning_rate": learning_rate,
    }


sgd_step = Exercise(
    "sgd_step",
    HERE,
    minutes=20,
    difficulty=3,
    judge=explained(
        by_values(
            _sample_step,
            step_of(),
            named(step_of, SGD_FLAWS, MORE_SGD_FLAWS),
            by_hand=[
                _step(
                    [[1, 0], [0, 2], [0, 0]],
                    [[1, 0], [0, 1], [1, 0], [0, 1]],
                    [0, 0, 1, 1],
                    [3, 4, 2, 0],
                ),
                _step([[1], [2], [0]], [[1], [2]], [0, 0], [3, 6]),
                _step([[1, 0], [0, 1]], [[1, 2]], [0], [3], 0.25),
                _step(
                    [[1], [2], [0]], [[1], [1], [2], [1]], [0, 1, 1, 1], [3, 4, 8, 0]
                ),
                _step([[2, 1]], [[1, 0], [0, 1]], [0, 0], [0, 2]),
            ],
        )
    ),
    solution=step_of(),
)


def _sample_transitions(rng: np.random.Generator) -> dict[str, Any]:
    """B transitions of A actions, B sometimes A: there shapes that do not fit raise no
    error. Some or none of them end.
    """
    n_actions = int(rng.integers(2, 6))
    size = n_actions + max(int(rng.integers(-1, 4)), 0)
    ends = rng.permutation(np.arange(size) < int(rng.integers(size)))
    return {
        "q_values": _draw(rng, size, n_actions, has_grad=True),
        "action": torch.tensor(rng.integers(n_actions, size=size)),
        "reward": _draw(rng, size),
        "next_q": _draw(rng, size, n_actions, has_grad=True),
        "terminated": torch.tensor(ends),
        "gamma": float(rng.uniform(0.5, 0.95).__round__(2)),
    }


def _transitions(
    q_values: list[list[float]],
    action: list[int],
    reward: list[float],
    next_q: list[list[float]],
    terminated: list[bool],
    gamma: float = 0.5,
) -> dict[str, Any]:
    return {
        **_table(q_values, action, True),
        "reward": as_float32(reward),
        "next_q": as_float32(next_q, True),
        "terminated": torch.tensor(terminated),
        "gamma": gamma,
    }


def _error(
    q: Tensor, a: Tensor, r: Tensor, next_q: Tensor, t: Tensor, g: float
) -> Tensor:
    return plain_target(r, next_q, t, g) - by_pairs(q, a)


network_error = Exercise(
    "network_error",
    HERE,
    10,
    2,
    explained(
        or_traits(
            lambda seen_as: by_values(
                _sample_transitions,
                error_of(),
                named(error_of, NETWORK_FLAWS, MORE_NETWORK_FLAWS),
                seen_as=seen_as,
                by_hand=[
                    _transitions(
                        [[1, 2], [0, 4], [3, 0]],
                        [0, 1, 1],
                        [1, 2, -1],
                        [[2, 4], [8, 6], [-4, -2]],
                        [False, True, False],
                    ),
                    _transitions([[1, 3]], [0], [1], [[2, 1]], [False], 1.0),
                    _transitions([[3], [1]], [0, 0], [1, 1], [[2], [4]], [True, True]),
                    _transitions(
                        [[1, 3], [0, 2]],
                        [1, 0],
                        [1, 1],
                        [[2, 1], [0, 4]],
                        [False] * 2,
                        0.0,
                    ),
                ],
            ),
            errors_seen,
            [
                (
                    "all pairs",
                    partial(_all_pairs, "errors"),
                ),
                ("prediction cut off", never("q_values")),
                ("target not data", ever("next_q")),
            ],
        )
    ),
    also=("target", "loss"),
    solution=_error,
)

other_entries = Exercise(
    "other_entries",
    HERE,
    minutes=5,
    difficulty=1,
    judge=choice(MESSAGES["other_entries"], right="D"),
)

to_blame = Exercise(
    "to_blame",
    HERE,
    minutes=5,
    difficulty=2,
    judge=choice(MESSAGES["to_blame"], right="C"),
)


def _judge_luck(answer: Any, rng: np.random.Generator) -> None:
    """Ask for `y` [B, 1] and `q` [B] whose two losses are equal."""
    pair = guarded(answer)()
    if not isinstance(pair, tuple | list) or len(pair) != 2:
        raise Wrong("no pair")
    arrays = [as_array(part) for part in pair]
    y, q = arrays
    if y is None or q is None or not all(isinstance(part, Tensor) for part in pair):
        raise Wrong("no tensors")
    if "b" in (y.dtype.kind, q.dtype.kind):
        raise Wrong("no tensors")
    if y.dtype.kind != "f" != q.dtype.kind:
        raise Wrong("whole numbers", dtype=y.dtype)
    shapes: dict[str, Any] = {"y": list(y.shape), "q": list(q.shape)}
    if y.ndim == q.ndim == 0:
        raise Wrong("losses returned")
    if y.shape == q.shape or y.ndim == q.ndim == 1:
        raise Wrong("one shape", **shapes)
    if y.ndim == 1 and q.ndim == 2 and q.shape[1] == 1:
        raise Wrong("exchanged", **shapes)
    if y.ndim != 2 or y.shape[1] != 1 or q.ndim != 1:
        raise Wrong("other shapes", **shapes)
    if len(y) != len(q):
        raise Wrong("two sizes", y=len(y), q=len(q))
    if len(y) < 2:
        raise Wrong("too few samples")
    y, q = y.astype(float), q.astype(float)
    if not (np.isfinite(y).all() and np.isfinite(q).all()):
        raise Wrong("not finite")
    right, wrong = np.square(y[:, 0] - q).mean(), np.square(y - q).mean()
    # relative alone: small numbers would make any two losses equal
    if not np.isclose(wrong, right, rtol=1e-4, atol=0):
        case = (
            f"`y` {shown(y)}, `q` {shown(q)}.\nThe right loss is {right:.4g}, that of"
            f" the program {wrong:.4g}."
        )
        if right == 0:
            raise Wrong("no errors", case)
        raise Wrong("rise together" if wrong > right else "opposite ways", case)


right_by_luck = Exercise(
    "right_by_luck",
    HERE,
    minutes=10,
    difficulty=2,
    judge=_judge_luck,
    solution=lambda: (torch.ones(4, 1), torch.zeros(4)),
)
