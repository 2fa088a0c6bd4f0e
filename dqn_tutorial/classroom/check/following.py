"""A step of the target network in 05_critic: its cases, how it is watched, and how it
goes wrong.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor

from dqn_tutorial.classroom.check.exercise import Function
from dqn_tutorial.classroom.check.guard import Wrong, listed
from dqn_tutorial.classroom.check.misconceptions import around, as_float32
from dqn_tutorial.classroom.check.values import flat, shown


def weights_of(target: list[Any], online: list[Any], tau: float) -> dict[str, Any]:
    """Return inputs by name, the weights as tensors that carry a gradient."""
    return {
        "target": [as_float32(weight, has_grad=True) for weight in target],
        "online": [as_float32(weight, has_grad=True) for weight in online],
        "tau": tau,
    }


def sample_weights(rng: np.random.Generator) -> dict[str, Any]:
    """Weights of two networks of one form, as many as chance has it, few enough to be
    shown in full.
    """
    shapes = [
        tuple(rng.integers(1, 3, n_axes))
        for n_axes in (2, 1, 2, 1)[: int(rng.integers(2, 5))]
    ]
    first, second = ([rng.normal(size=shape) for shape in shapes] for _ in range(2))
    return weights_of(first, second, round(rng.uniform(0.05, 0.4), 2))


def _same(a: Tensor, b: Tensor) -> bool:
    # a weight that is nan is the same as before if it was nan before
    return a.shape == b.shape and torch.allclose(a, b, 0, 0, equal_nan=True)


@around
def watched(
    answer: Function, target: list[Tensor], online: list[Tensor], tau: float
) -> dict[str, Any]:
    """Call a step of the target network, then move the online weights and see whether
    the target's move along.
    """
    own, fast = list(target), list(online)
    old, held = (
        [weight.detach().clone() for weight in weights] for weights in (own, fast)
    )
    answer(target, online, tau)
    new = [weight.detach().clone() for weight in own]
    listed_now = [weight for weight in target if isinstance(weight, Tensor)]
    seen = [weight.detach().clone() for weight in listed_now]
    everywhere = [*own, *listed_now]
    before, after = flat(everywhere), [weight.detach().clone() for weight in fast]
    with torch.no_grad():
        for weight in fast:
            weight += 1
    is_shared = not _same(flat(everywhere), before)
    right = [a + tau * (b - a) for a, b in zip(old, held, strict=True)]
    has_moved = not all(map(_same, after, held))
    refused = {
        "shared memory": is_shared,
        "roles exchanged": has_moved and all(map(_same, old, new)),
        "online moved": has_moved,
        "online frozen": not all(weight.requires_grad for weight in fast),
        "target frozen": not all(weight.requires_grad for weight in own),
        "other tensors": (
            len(target) != len(own)
            or any(a is not b for a, b in zip(target, own, strict=True))
        ),
    }
    for key, is_so in refused.items():
        if is_so:
            inputs = listed({"target": old, "online": held, "tau": tau}, shown)
            found = f"`target` {shown(seen if is_shared else new)}"
            if has_moved:
                found += f", `online` {shown(after)}"
            if is_shared:
                found += "; when `online` changes later, these numbers change too"
            raise Wrong(
                key,
                f"Inputs: {inputs}.\nRight: `target` {shown(right)}.\nYours: {found}.",
            )
    if kinds := {str(weight.dtype) for weight in new} - {str(old[0].dtype)}:
        raise Wrong(
            "other dtype",
            f"After your step some weights of the target are {kinds.pop()}; they came"
            f" as {old[0].dtype}.",
        )
    return {"target": new}


def polyak_of(
    kept: Function = lambda tau: 1 - tau,
    taken: Function = lambda tau: tau,
    which: Function = lambda weights: weights,
) -> Callable[..., None]:
    """Return a step of some of the tensors to a mixture of old and online weight."""

    def step(target: list[Tensor], online: list[Tensor], tau: float) -> None:
        with torch.no_grad():
            for slow, fast in zip(which(target), which(online), strict=True):
                slow.copy_(kept(tau) * slow + taken(tau) * fast)

    return step


def each_with_each(target: list[Tensor], online: list[Tensor], tau: float) -> None:
    """Move each tensor towards all of `online`, as two nested loops do."""
    with torch.no_grad():
        for slow in target:
            for fast in online:
                slow += tau * (fast - slow)


MIXTURES: tuple[tuple[str, dict[str, Any]], ...] = (
    ("not in place", {"which": lambda weights: []}),
    ("not all tensors", {"which": lambda weights: weights[:1]}),
    ("not all tensors", {"which": lambda weights: weights[1:]}),
    ("not all tensors", {"which": lambda weights: weights[-1:]}),
    ("not all tensors", {"which": lambda weights: weights[:-1]}),
    ("not all tensors", {"which": lambda weights: [w for w in weights if w.ndim > 1]}),
    ("not all tensors", {"which": lambda weights: [w for w in weights if w.ndim < 2]}),
    ("reversed", {"kept": lambda tau: tau, "taken": lambda tau: 1 - tau}),
    ("wrong way", {"kept": lambda tau: 1 + tau, "taken": lambda tau: -tau}),
    ("old share kept whole", {"kept": lambda tau: 1}),
    ("new share whole", {"taken": lambda tau: 1}),
    ("whole copy", {"kept": lambda tau: 0, "taken": lambda tau: 1}),
    ("one share only", {"kept": lambda tau: 0}),
    ("one share only", {"taken": lambda tau: 0}),
    ("one share for both", {"kept": lambda tau: tau}),
    ("one share for both", {"taken": lambda tau: 1 - tau}),
    ("difference only", {"kept": lambda tau: -tau}),
    ("subtracted", {"taken": lambda tau: -tau}),
    ("half the way", {"kept": lambda tau: 0.5, "taken": lambda tau: 0.5}),
    (
        "two steps",
        {"kept": lambda tau: (1 - tau) ** 2, "taken": lambda tau: tau * (2 - tau)},
    ),
    (
        "tau squared",
        {"kept": lambda tau: 1 - tau**2, "taken": lambda tau: tau**2},
    ),
    ("reads what it wrote", {"kept": lambda tau: (1 - tau) ** 2}),
    ("reads what it wrote", {"taken": lambda tau: tau * (1 - tau)}),
)
