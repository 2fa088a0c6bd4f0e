"""The exercises of 03_q_network."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor

from dqn_tutorial.classroom.check.exercise import (
    MESSAGES,
    Exercise,
    Function,
    by_values,
    choice,
)
from dqn_tutorial.classroom.check.guard import Wrong, guarded
from dqn_tutorial.classroom.check.misconceptions import (
    around,
    explained,
    gradients,
    plain_target,
    refuse_backward,
    wrong_losses,
    wrong_targets,
)
from dqn_tutorial.classroom.check.values import as_array, shape_of

HERE = "03_q_network"


def _normal(rng: np.random.Generator, *shape: int) -> Tensor:
    return torch.tensor(rng.normal(size=shape), dtype=torch.float32)


def _sample_taken(rng: np.random.Generator) -> dict[str, Any]:
    """B samples of A actions, B above A or, sometimes, 1."""
    n_actions = int(rng.integers(2, 6))
    action = torch.tensor(
        rng.integers(n_actions, size=n_actions + int(rng.integers(1, 6)))
    )
    if rng.random() < 0.25:
        action = torch.tensor([0])
    return {"q_values": _normal(rng, len(action), n_actions), "action": action}


def _taken(q: Tensor, a: Tensor) -> Tensor:
    return q.gather(-1, a[:, None])[:, 0]


taken_q = Exercise(
    "taken_q",
    HERE,
    minutes=5,
    difficulty=1,
    judge=by_values(
        _sample_taken,
        _taken,
        [
            ("columns for rows", lambda q, a: q[:, a]),
            ("rows by action", lambda q, a: q[a]),
            ("no second axis", lambda q, a: q.gather(-1, a)),
            ("float index", lambda q, a: q.gather(-1, a[:, None].float())),
            ("float index", lambda q, a: q[torch.arange(len(a)), a.float()]),
            ("first sample only", lambda q, a: q[0, a]),
            ("first sample only", lambda q, a: q[:1, a]),
            ("axis of the samples", lambda q, a: q[a, 0]),
            ("axes swapped", lambda q, a: q[a, torch.arange(len(a))]),
            ("greedy action", lambda q, a: q.amax(1)),
            ("ignores the action", lambda q, a: q[:, 0]),
        ],
        [
            (
                "axis left over",
                lambda q, inputs: shape_of(q) == (len(inputs["action"]), 1) != (1, 1),
            )
        ],
    ),
    solution=_taken,
)


def _sample_loss(rng: np.random.Generator) -> dict[str, Any]:
    """Predictions as gather leaves them, [B, 1], and targets [B] that carry a
    gradient.
    """
    size = int(rng.integers(3, 9))
    return {
        "q_value": _normal(rng, size, 1).requires_grad_(),
        "td_target": _normal(rng, size).requires_grad_(),
    }


@around
def _with_gradients(
    answer: Function, q_value: Tensor, td_target: Tensor
) -> dict[str, Any] | None:
    """Make of a loss function one that returns the loss and its gradients, 0 where
    there is none.
    """
    loss = answer(q_value, td_target)
    refuse_backward([q_value, td_target])
    to_prediction, to_target = gradients(loss, [q_value, td_target])
    if loss is None:
        return None
    return {
        "loss": loss,
        "gradient of q_value": to_prediction,
        "gradient of td_target": to_target,
    }


def _is_broadcast(result: Any, inputs: Mapping[str, Any]) -> bool:
    # [B, B]
    squares, loss = (
        (inputs["td_target"] - inputs["q_value"]).square().detach(),
        as_array(result["loss"]),
    )
    if loss is None or loss.ndim:
        return shape_of(loss) == shape_of(squares)
    right, *wrong = (
        float(number)
        for number in (squares.diagonal().mean(), squares.mean(), squares.sum())
    )
    return not np.isclose(loss, right, 1e-3) and bool(
        np.isclose(loss, wrong, 1e-4).any()
    )


def _moves(result: Any, name: str) -> bool:
    return bool(result[f"gradient of {name}"].any())


def _of_errors(function: Callable[[Tensor], Tensor]) -> Any:
    """Return a loss that is that function of the TD errors, with its gradients."""
    return _with_gradients(
        lambda q_value, td_target: function(td_target.detach() - q_value[:, 0])
    )


td_loss = Exercise(
    "td_loss",
    HERE,
    10,
    2,
    by_values(
        _sample_loss,
        _of_errors(lambda error: error.square().mean()),
        wrong_losses(_of_errors),
        [
            ("broadcast", _is_broadcast),
            ("no single number", lambda result, inputs: bool(shape_of(result["loss"]))),
            (
                "roles swapped",
                lambda result, inputs: (
                    _moves(result, "td_target") and not _moves(result, "q_value")
                ),
            ),
            (
                "prediction cut off",
                lambda result, inputs: not _moves(result, "q_value"),
            ),
            ("target not data", lambda result, inputs: _moves(result, "td_target")),
        ],
        seen_as=_with_gradients,
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
        "weight": _normal(rng, n_actions, dim_state),
        "state": _normal(rng, size, dim_state),
        "action": torch.tensor(rng.integers(n_actions, size=size)),
        "td_target": _normal(rng, size) + 1,
        "learning_rate": float(rng.uniform(0.05, 0.4)),
    }


def _pull(
    w: Tensor, s: Tensor, a: Tensor, y: Tensor, size: int = 0, everywhere: bool = False
) -> Tensor:
    """Return 2/B times the sum over i of (y_i - q_i) s_i in the rows of the actions
    taken: minus the gradient.
    """
    mask = torch.nn.functional.one_hot(a, len(w)) | int(everywhere)
    return 2 / (size or len(a)) * (mask * (y[:, None] - s @ w.T)).T @ s


def _stepped(
    w: Tensor, s: Tensor, a: Tensor, y: Tensor, rate: float, size: int = 0
) -> Tensor:
    return w + rate * _pull(w, s, a, y, size)


def _one_by_one(w: Tensor, s: Tensor, a: Tensor, y: Tensor, rate: float) -> Tensor:
    for i in range(len(a)):
        w = w + rate * _pull(w, s[i : i + 1], a[i : i + 1], y[i : i + 1], len(a))
    return w


def _last_of_each(w: Tensor, s: Tensor, a: Tensor, y: Tensor, rate: float) -> Tensor:
    rows = list({int(action): i for i, action in enumerate(a)}.values())
    return w + rate * _pull(w, s[rows], a[rows], y[rows], len(a))


sgd_step = Exercise(
    "sgd_step",
    HERE,
    minutes=20,
    difficulty=3,
    judge=explained(
        by_values(
            _sample_step,
            _stepped,
            [
                ("uphill", lambda w, s, a, y, g: _stepped(w, s, a, y, -g)),
                (
                    "all actions",
                    lambda w, s, a, y, g: w + g * _pull(w, s, a, y, everywhere=True),
                ),
                (
                    "broadcast",
                    lambda w, s, a, y, g: _stepped(w, s, a, y.mean().expand_as(y), g),
                ),
                ("factor two", lambda w, s, a, y, g: _stepped(w, s, a, y, g / 2)),
                ("sum for mean", lambda w, s, a, y, g: _stepped(w, s, a, y, g, 1)),
                ("repeated actions lost", _last_of_each),
                ("one sample at a time", _one_by_one),
                ("no learning rate", lambda w, s, a, y, g: _stepped(w, s, a, y, 1.0)),
                ("gradient returned", lambda w, s, a, y, g: -_pull(w, s, a, y)),
                ("change returned", lambda w, s, a, y, g: g * _pull(w, s, a, y)),
                ("change returned", lambda w, s, a, y, g: -g * _pull(w, s, a, y)),
                (
                    "mean over all actions",
                    lambda w, s, a, y, g: _stepped(w, s, a, y, g, len(a) * len(w)),
                ),
                ("two steps", lambda w, *given: _stepped(_stepped(w, *given), *given)),
                ("nothing changed", lambda w, s, a, y, g: w),
                (
                    "greedy action",
                    lambda w, s, a, y, g: _stepped(w, s, (s @ w.T).argmax(-1), y, g),
                ),
            ],
        )
    ),
    solution=_stepped,
)


def _sample_transitions(rng: np.random.Generator) -> dict[str, Any]:
    """B transitions of A actions, B above A; of each kind of end at least one."""
    n_actions = int(rng.integers(2, 6))
    size = n_actions + int(rng.integers(1, 5))
    ends = rng.permutation(np.arange(size) < int(rng.integers(1, size)))
    return {
        "q_values": _normal(rng, size, n_actions).requires_grad_(),
        "action": torch.tensor(rng.integers(n_actions, size=size)),
        "reward": _normal(rng, size),
        "next_q": _normal(rng, size, n_actions).requires_grad_(),
        "terminated": torch.tensor(ends),
        "gamma": float(rng.uniform(0.5, 0.95)),
    }


@around
def _errors_with_gradients(answer: Function, *given: Any) -> dict[str, Any] | None:
    """Make of a function of errors one that returns them with the gradients of their
    sum.
    """
    errors = answer(*given)
    leaves = [given[0], given[3]]
    refuse_backward(leaves)
    to_prediction, to_target = gradients(errors, leaves)
    if errors is None:
        return None
    return {
        "errors": errors,
        "gradient of q_values": to_prediction,
        "gradient of next_q": to_target,
    }


def _error(
    q: Tensor, a: Tensor, r: Tensor, next_q: Tensor, t: Tensor, g: float
) -> Tensor:
    return plain_target(r, next_q, t, g) - _taken(q, a)


network_error = Exercise(
    "network_error",
    HERE,
    10,
    2,
    explained(
        by_values(
            _sample_transitions,
            _errors_with_gradients(_error),
            [
                *wrong_targets(
                    lambda target: _errors_with_gradients(
                        lambda q, a, r, n, t, g: (
                            target(r, n.detach(), t, g) - _taken(q, a)
                        )
                    )
                ),
                *(
                    (key, _errors_with_gradients(wrong))
                    for key, wrong in {
                        "sign": lambda *given: -_error(*given),
                        "same state": lambda q, a, r, n, t, g: _error(q, a, r, q, t, g),
                        "greedy action": lambda q, a, r, n, t, g: (
                            plain_target(r, n, t, g) - q.amax(-1)
                        ),
                        "next action": lambda q, a, r, n, t, g: (
                            r + g * ~t * _taken(n.detach(), a) - _taken(q, a)
                        ),
                    }.items()
                ),
            ],
            [
                (
                    "all pairs",
                    lambda result, inputs: len(shape_of(result["errors"])) == 2,
                ),
                (
                    "prediction cut off",
                    lambda result, inputs: not _moves(result, "q_values"),
                ),
                ("target not data", lambda result, inputs: _moves(result, "next_q")),
            ],
            seen_as=_errors_with_gradients,
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
    if y.ndim == q.ndim == 1 or y.ndim == q.ndim == 2:
        raise Wrong("one shape")
    if y.ndim != 2 or y.shape[1] != 1 or q.ndim != 1:
        raise Wrong("other shapes", y=list(y.shape), q=list(q.shape))
    if len(y) != len(q):
        raise Wrong("two sizes", y=len(y), q=len(q))
    if len(y) < 2:
        raise Wrong("too few samples")
    y, q = y.astype(float), q.astype(float)
    if not (np.isfinite(y).all() and np.isfinite(q).all()):
        raise Wrong("not finite")
    right, wrong = np.square(y[:, 0] - q).mean(), np.square(y - q).mean()
    if not np.isclose(wrong, right, rtol=1e-4, atol=1e-6):
        raise Wrong("losses differ", right=f"{right:.3g}", wrong=f"{wrong:.3g}")


right_by_luck = Exercise(
    "right_by_luck",
    HERE,
    minutes=10,
    difficulty=2,
    judge=_judge_luck,
    solution=lambda: (torch.ones(4, 1), torch.zeros(4)),
)
