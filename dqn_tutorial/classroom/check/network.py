"""The exercises of 03_q_network."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor

from dqn_tutorial.classroom.check.common import (
    around,
    explained,
    gradients,
    known,
    refuse_backward,
    wrong_losses,
)
from dqn_tutorial.classroom.check.exercise import Exercise, Trait, by_values, choice
from dqn_tutorial.classroom.check.values import as_array, shape_of

HERE = "03_q_network"


def _normal(rng: np.random.Generator, *shape: int) -> Tensor:
    return torch.tensor(rng.normal(size=shape), dtype=torch.float32)


def _draw_taken(rng: np.random.Generator) -> dict[str, Any]:
    """B samples of A actions, B above A or, sometimes, 1."""
    n_actions = int(rng.integers(2, 6))
    action = torch.tensor(
        rng.integers(n_actions, size=n_actions + int(rng.integers(1, 6)))
    )
    if rng.random() < 0.25:
        action = torch.tensor([0])
    return {"q_values": _normal(rng, len(action), n_actions), "action": action}


LEFT_OVER = (
    "The values stand in a column, [B, 1]: `gather` returns the shape of its index."
    " Subtracted from targets of shape [B] this would broadcast to [B, B], so drop the"
    " last axis."
)
TAKEN = {
    "columns for rows": (
        "Your result has shape [B, B]. Indexing the columns by all actions picks B of"
        " them in *every* row, not one in each."
    ),
    "rows by action": (
        "`q_values[action]` takes the action for the number of a sample and picks whole"
        " rows."
    ),
    "no second axis": (
        "The index of `gather` needs two axes, as `q_values` has, and `action` has one."
    ),
    "float index": (
        "An index must hold whole numbers. `action` does; on the way you turned it into"
        " floats."
    ),
    "first sample only": (
        "All your values come from row 0, the first sample. Each sample has a row of"
        " its own."
    ),
    "axis of the samples": (
        "You gather along axis 0, so the action chooses the sample. Actions are the"
        " last axis."
    ),
    "axes swapped": (
        "The two indices are swapped: in `q_values[i, j]` the first counts samples, the"
        " second actions."
    ),
    "greedy action": (
        "You return the largest value of each sample. The action taken is often another"
        " one, for the agent also explores, and it is that action whose outcome was"
        " seen."
    ),
    "ignores the action": (
        "You return the value of action 0 for every sample, whichever action was taken."
    ),
}

taken_q = Exercise(
    "taken_q",
    HERE,
    minutes=5,
    difficulty=1,
    judge=by_values(
        _draw_taken,
        lambda q, a: q.gather(-1, a[:, None])[:, 0],
        traits=[
            Trait(
                "axis left over",
                LEFT_OVER,
                lambda q, inputs: shape_of(q) == (len(inputs["action"]), 1) != (1, 1),
            )
        ],
        misconceptions=known(
            TAKEN,
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
        ),
    ),
)

BLAME = {
    "A": (
        "The shuffled network got the same transitions in random order. It scores 0.41"
        " where the naive one scores 0.38, and the intervals overlap. On this grid the"
        " order is not to blame."
    ),
    "B": (
        "The network that is told Q* has the same layers, the same optimizer and as"
        " many updates, and it scores like the table. So size and number of updates are"
        " enough."
    ),
    "D": (
        "The table makes its targets from its own values too, from the very same"
        " transitions, and it scores well. So that alone is not enough to fail."
    ),
}
to_blame = Exercise(
    "to_blame", HERE, minutes=5, difficulty=2, judge=choice(BLAME, right="C")
)


def _draw_loss(rng: np.random.Generator) -> dict[str, Any]:
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
    answer: Callable[..., Any], q_value: Tensor, td_target: Tensor
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


TD_LOSS = {
    "broadcast": (
        "You subtract [B, 1] and [B], which gives [B, B]: the error of each target with"
        " *every* prediction. Bring both to one shape before you subtract."
    ),
    "no single number": (
        "Your loss still has an axis. `backward` starts from a single number, of shape"
        " []: take the mean over all that is left, with `.mean()`."
    ),
    "roles swapped": (
        "The gradient reaches the target and not the prediction, so the target would be"
        " moved to the prediction. The target is the data here."
    ),
    "prediction cut off": (
        "No gradient reaches `q_value`, so nothing can be learned from this loss."
        " `detach`, `no_grad`, `item` and NumPy cut the tie; none of them belongs on"
        " the prediction."
    ),
    "target not data": (
        "The gradient also reaches `td_target`, and a step would move the target"
        " towards the prediction. The target is data: cut its tie before you subtract."
        " (`no_grad` works on what is computed inside it; `detach` returns another"
        " tensor.)"
    ),
}


def _judge_loss(answer: Any, rng: np.random.Generator) -> None:
    refused: list[tuple[str, Callable[[Any, Mapping[str, Any]], bool]]] = [
        ("broadcast", _is_broadcast),
        ("no single number", lambda result, inputs: bool(shape_of(result["loss"]))),
        (
            "roles swapped",
            lambda result, inputs: (
                _moves(result, "td_target") and not _moves(result, "q_value")
            ),
        ),
        ("prediction cut off", lambda result, inputs: not _moves(result, "q_value")),
        ("target not data", lambda result, inputs: _moves(result, "td_target")),
    ]
    right = _of_errors(lambda error: error.square().mean())
    traits = [Trait(key, TD_LOSS[key], refuses) for key, refuses in refused]
    by_values(_draw_loss, right, wrong_losses(_of_errors), traits)(
        _with_gradients(answer), rng
    )


td_loss = Exercise("td_loss", HERE, minutes=10, difficulty=2, judge=_judge_loss)


def _draw_step(rng: np.random.Generator) -> dict[str, Any]:
    """More samples than actions, so that an action occurs twice; S unlike A."""
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


def _stepped(w: Tensor, s: Tensor, a: Tensor, y: Tensor, rate: float) -> Tensor:
    return w + rate * _pull(w, s, a, y)


def _one_by_one(w: Tensor, s: Tensor, a: Tensor, y: Tensor, rate: float) -> Tensor:
    for i in range(len(a)):
        w = w + rate * _pull(w, s[i : i + 1], a[i : i + 1], y[i : i + 1], len(a))
    return w


def _last_of_each(w: Tensor, s: Tensor, a: Tensor, y: Tensor, rate: float) -> Tensor:
    rows = list({int(action): i for i, action in enumerate(a)}.values())
    return w + rate * _pull(w, s[rows], a[rows], y[rows], len(a))


STEP = {
    "uphill": (
        "Your step goes the wrong way, so the loss grows. The gradient points uphill;"
        " you step against it."
    ),
    "all actions": (
        "You pull the Q-values of all actions to the target. It says something about"
        " the action taken alone; the rows of the others get nothing from this sample."
    ),
    "factor two": (
        "Your step is half as long as it should be: the derivative of a square brings a"
        " factor 2."
    ),
    "sum for mean": (
        "Your step is B times too long: the loss is the mean over the batch, not the"
        " sum."
    ),
    "repeated actions lost": (
        "Where an action occurs twice in the batch, only its last sample counts."
        " `weight[action] += ...` writes each row once; the contributions must be"
        " added up."
    ),
    "one sample at a time": (
        "Your later samples see weights that the earlier ones already moved. In one"
        " step of SGD the whole batch is evaluated with the old weights."
    ),
    "broadcast": (
        "You pull every prediction to the mean of all targets: [B] and [B, 1] were"
        " subtracted, which gives [B, B]. Print the shape of the errors."
    ),
    "no learning rate": (
        "You take the whole gradient as the step. `learning_rate` says which part of it"
        " to take."
    ),
    "nothing changed": (
        "You return the weights as they came in. What does one step make of them?"
    ),
    "greedy action": (
        "You pull the largest Q-value of each sample. The target belongs to the action"
        " taken."
    ),
    "gradient returned": (
        "You return the gradient. Asked for are the weights after the step."
    ),
    "change returned": (
        "You return the change alone. Asked for are the weights after the step, the old"
        " ones moved."
    ),
    "mean over all actions": (
        "Your step is A times too short: your mean counts a number for each action,"
        " most of them 0. The loss has one error for each sample and is divided by B."
    ),
    "two steps": "You take two steps. Asked for is one.",
}


def _judge_step(answer: Any, rng: np.random.Generator) -> None:
    # the first one in a process imports for seconds
    torch.optim.SGD([torch.zeros(1, requires_grad=True)])
    judge = by_values(
        _draw_step,
        _stepped,
        misconceptions=known(
            STEP,
            ("uphill", lambda w, s, a, y, rate: w - rate * _pull(w, s, a, y)),
            (
                "all actions",
                lambda w, s, a, y, rate: w + rate * _pull(w, s, a, y, everywhere=True),
            ),
            (
                "broadcast",
                lambda w, s, a, y, rate: (
                    w + rate * _pull(w, s, a, y.mean().expand_as(y))
                ),
            ),
            ("factor two", lambda w, s, a, y, rate: w + rate * _pull(w, s, a, y) / 2),
            (
                "sum for mean",
                lambda w, s, a, y, rate: w + rate * _pull(w, s, a, y, size=1),
            ),
            ("repeated actions lost", _last_of_each),
            ("one sample at a time", _one_by_one),
            ("no learning rate", lambda w, s, a, y, rate: w + _pull(w, s, a, y)),
            ("gradient returned", lambda w, s, a, y, rate: -_pull(w, s, a, y)),
            ("change returned", lambda w, s, a, y, rate: rate * _pull(w, s, a, y)),
            ("change returned", lambda w, s, a, y, rate: -rate * _pull(w, s, a, y)),
            (
                "mean over all actions",
                lambda w, s, a, y, rate: (
                    w + rate * _pull(w, s, a, y, size=len(a) * len(w))
                ),
            ),
            (
                "two steps",
                lambda w, s, a, y, rate: _stepped(
                    _stepped(w, s, a, y, rate), s, a, y, rate
                ),
            ),
            ("nothing changed", lambda w, s, a, y, rate: w),
            (
                "greedy action",
                lambda w, s, a, y, rate: (
                    w + rate * _pull(w, s, (s @ w.T).argmax(-1), y)
                ),
            ),
        ),
    )
    explained(judge)(answer, rng)


sgd_step = Exercise("sgd_step", HERE, minutes=20, difficulty=3, judge=_judge_step)
