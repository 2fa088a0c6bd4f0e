"""The exercises of 05_critic."""

import copy
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor

from dqn_tutorial.classroom.check.common import (
    around,
    as_float32,
    explained,
    gradients,
    known,
    plain_target,
    refuse_changes,
    target_traits,
    wrong_losses,
    wrong_targets,
)
from dqn_tutorial.classroom.check.exercise import Exercise, Trait, by_values, choice
from dqn_tutorial.classroom.check.guard import Wrong
from dqn_tutorial.classroom.check.values import flat, shape_of
from dqn_tutorial.nets import DQNNet

HERE = "05_critic"
TO_ONLINE, TO_TARGET = "gradient of online", "gradient of target_network"
STAR = {
    "A": (
        "Eight weights can fit any seven numbers, and 1,000 updates bring them nearer"
        " to their targets than 100 do."
    ),
    "B": "Nothing grows here, not even slowly: the line falls from 12 to about 10.",
    "D": (
        "More updates between two copies bring the values nearer to their targets, not"
        " less near. What matters is where these targets are, and how often they move."
    ),
}
copies_on_the_star = Exercise(
    "copies_on_the_star", HERE, minutes=5, difficulty=1, judge=choice(STAR, right="C")
)


def _draw_batch(rng: np.random.Generator) -> dict[str, Any]:
    """B transitions of A actions, B unlike A; Q of both signs; of each kind of end at
    least one.
    """
    n_actions = int(rng.integers(2, 6))
    size = n_actions + int(rng.integers(2, 6))
    # 1 terminated, 2 cut, 3 both
    ends = rng.permutation(np.concatenate([[0, 1, 2], rng.integers(4, size=size - 3)]))
    return {
        "reward": as_float32(rng.normal(size=size)),
        "next_q": as_float32(rng.normal(size=(size, n_actions)), has_grad=True),
        "terminated": torch.tensor(ends % 2 == 1),
        "truncated": torch.tensor(ends >= 2),
        "gamma": float(rng.uniform(0.5, 0.95)),
    }


END = {
    "stops at truncation": (
        "You also stop where the episode was truncated. There the task goes on, we"
        " merely stopped watching, so the next state keeps its value."
    ),
    "truncation wins": (
        "Where a step is terminated *and* truncated you bootstrap. Nothing follows the"
        " end."
    ),
    "truncation for termination": (
        "You stop where the episode was truncated and bootstrap where it terminated. It"
        " is the other flag that says that nothing follows."
    ),
    "both flags needed": (
        "You stop only where both flags are set. Nothing follows a terminated step,"
        " truncated or not."
    ),
}
_wrong_ends: dict[str, Callable[..., Any]] = {
    "stops at truncation": lambda r, q, t, u, g: plain_target(r, q, t | u, g),
    "truncation wins": lambda r, q, t, u, g: plain_target(r, q, t & ~u, g),
    "truncation for termination": lambda r, q, t, u, g: plain_target(r, q, u, g),
    "both flags needed": lambda r, q, t, u, g: plain_target(r, q, t & u, g),
}


def _of_one_flag(target: Callable[..., Any]) -> Callable[..., Any]:
    return lambda r, q, t, u, g: target(r, q, t, g)


_judge_target = by_values(
    _draw_batch,
    _of_one_flag(plain_target),
    [*known(END, *_wrong_ends.items()), *wrong_targets(_of_one_flag)],
    target_traits(),
)
td_target = Exercise(
    "td_target", HERE, minutes=10, difficulty=2, judge=explained(_judge_target)
)


def _draw_weights(rng: np.random.Generator) -> dict[str, Any]:
    """Weights of two networks of one form, as many as chance has it, few enough to be
    shown in full.
    """
    shapes = [
        tuple(rng.integers(1, 3, n_axes))
        for n_axes in (2, 1, 2, 1)[: int(rng.integers(2, 5))]
    ]
    first, second = (
        [as_float32(rng.normal(size=shape), has_grad=True) for shape in shapes]
        for _ in range(2)
    )
    return {"target": first, "online": second, "tau": float(rng.uniform(0.05, 0.4))}


@around
def _watched(
    answer: Callable[..., Any], target: list[Tensor], online: list[Tensor], tau: float
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
    everywhere = [*own, *(weight for weight in target if isinstance(weight, Tensor))]
    before, after = flat(everywhere), flat(fast)
    with torch.no_grad():
        for weight in fast:
            weight += 1
    stays = [torch.equal(a, b) for a, b in zip(old, new, strict=True)]
    refused = {
        "shared memory": not torch.equal(flat(everywhere), before),
        "online moved": not torch.equal(after, flat(held)),
        "online frozen": not all(weight.requires_grad for weight in fast),
        "other tensors": (
            len(target) != len(own)
            or any(a is not b for a, b in zip(target, own, strict=True))
        ),
        "not in place": all(stays),
        "not all tensors": any(stays),
    }
    for key, is_so in refused.items():
        if is_so:
            raise Wrong(key, POLYAK[key])
    return {"target": new}


def _stepped(rule: Callable[[Tensor, Tensor, float], Tensor]) -> Any:
    def step(target: list[Tensor], online: list[Tensor], tau: float) -> None:
        with torch.no_grad():
            for slow, fast in zip(target, online, strict=True):
                slow.copy_(rule(slow, fast, tau))

    return _watched(step)


POLYAK = {
    "shared memory": (
        "After your step the target's weights are the very memory of the online ones:"
        " when those move, the target moves along, and nothing is held still. Copy the"
        " numbers, not the reference."
    ),
    "online moved": (
        "Your step changes the online weights. They learn from the loss only."
    ),
    "online frozen": (
        "After your step the online weights no longer ask for a gradient, so they"
        " cannot learn. An underscore at the end, as in `detach_` or `requires_grad_`,"
        " changes the tensor itself for good."
    ),
    "other tensors": (
        "You put other tensors into the list. The network still holds the old ones,"
        " which did not move: change the numbers inside them."
    ),
    "not in place": (
        "The target's weights are the same after your step. Write into the tensors that"
        " are there."
    ),
    "reversed": (
        "Your two shares are exchanged. The target moves by the share tau and keeps 1 -"
        " tau of what it was."
    ),
    "wrong way": (
        "Your step goes away from the online weights. The way to them is online -"
        " target."
    ),
    "old share kept whole": (
        "You add a share of the online weight to the whole old one. The shares must add"
        " up to 1."
    ),
    "whole copy": (
        "You copy the weights in full, whatever tau is. That is the hard copy, tau = 1."
    ),
    "not all tensors": (
        "Some weight tensors of the target are the same after your step. A network has"
        " several, of weights and of biases, and all must follow. Does your loop reach"
        " each of them?"
    ),
    "one share only": (
        "You keep one share only. The target becomes a mixture, with a share of either."
    ),
    "two steps": (
        "You move the target twice. The second step starts where the first ended; asked"
        " for is one."
    ),
}
_wrong_steps = (
    ("reversed", _stepped(lambda slow, fast, tau: tau * slow + (1 - tau) * fast)),
    ("wrong way", _stepped(lambda slow, fast, tau: slow + tau * (slow - fast))),
    ("old share kept whole", _stepped(lambda slow, fast, tau: slow + tau * fast)),
    ("whole copy", _stepped(lambda slow, fast, tau: fast)),
    ("one share only", _stepped(lambda slow, fast, tau: tau * fast)),
    ("one share only", _stepped(lambda slow, fast, tau: (1 - tau) * slow)),
    (
        "two steps",
        _stepped(lambda slow, fast, tau: slow + tau * (2 - tau) * (fast - slow)),
    ),
)
_right_step = _stepped(lambda slow, fast, tau: slow + tau * (fast - slow))
# that the second must not, `_watched` says in its own words
_may_change = ("target", "online")
_judge_step = by_values(
    _draw_weights,
    _right_step,
    known(POLYAK, *_wrong_steps),
    inputs_it_changes=_may_change,
)
polyak = Exercise(
    "polyak",
    HERE,
    10,
    2,
    explained(lambda answer, rng: _judge_step(_watched(answer), rng)),
)


def _draw_update(rng: np.random.Generator) -> dict[str, Any]:
    """Two networks that differ, and a batch for them."""
    n_actions, chance = (
        int(rng.integers(2, 5)),
        torch.Generator().manual_seed(int(rng.integers(1 << 30))),
    )
    size = n_actions + int(rng.integers(3, 7))
    online, target_network = (
        DQNNet(3, n_actions, depth=1, width=8, generator=chance) for _ in range(2)
    )
    # the first one in a process imports for seconds, and some answers make one
    torch.optim.SGD(online.parameters())
    return {
        "online": online,
        "target_network": target_network,
        "state": as_float32(rng.normal(size=(size, 3))),
        "action": torch.tensor(rng.integers(n_actions, size=size)),
        "reward": as_float32(rng.normal(size=size)),
        "next_state": as_float32(rng.normal(size=(size, 3))),
        "terminated": torch.tensor(rng.permutation(np.arange(size) % 3 == 0)),
        "gamma": float(rng.uniform(0.5, 0.95)),
    }


@around
def _pulled(
    answer: Callable[..., Any], online: DQNNet, target_network: DQNNet, *batch: Any
) -> dict[str, Any] | None:
    """Compute a loss and its gradient to either network, as numbers that can be
    compared.
    """
    before = copy.deepcopy({"online": online, "target_network": target_network})
    loss = answer(online, target_network, *batch)
    refuse_changes(online, before["online"], "online")
    refuse_changes(target_network, before["target_network"], "target_network")
    to_online, to_target = (
        flat(gradients(loss, list(network.parameters())))
        for network in (online, target_network)
    )
    return (
        None
        if loss is None
        else {"loss": loss, TO_ONLINE: to_online, TO_TARGET: to_target}
    )


def _squared(error: Callable[..., Any]) -> Any:
    return _pulled(lambda *inputs: error(*inputs).square().mean())


def _taken(q: DQNNet, s: Tensor, a: Tensor) -> Tensor:
    return torch.gather(q(s), -1, a[:, None])[:, 0]


def _to(target: Callable[..., Any]) -> Callable[..., Tensor]:
    """Return the errors y - Q(s, a) to a target that is made of the target network's
    values.
    """

    def error(
        q: DQNNet,
        lag: DQNNet,
        s: Tensor,
        a: Tensor,
        r: Tensor,
        after: Tensor,
        over: Tensor,
        g: float,
    ) -> Tensor:
        return torch.as_tensor(
            target(r, lag(after).detach(), over, g) - _taken(q, s, a)
        )

    return error


_error = _to(plain_target)
CRITIC_LOSS = {
    "networks exchanged": (
        "The gradient reaches `target_network` and not `online`. The online network"
        " predicts and learns, the target network only stands in the target."
    ),
    "no gradient": (
        "Your loss has no gradient to the online network. Only the target is data; the"
        " prediction is not."
    ),
    "gradient to the target": (
        "A gradient reaches `target_network`. The target is data: that network never"
        " learns."
    ),
    "not one number": (
        "Your loss is not one number. An optimiser goes down one loss, the mean over"
        " the batch."
    ),
    "full gradient": (
        "Your target comes from the online network, with a gradient: the next value"
        " would move too."
    ),
    "online in the target": (
        "You ask the online network for the next state's value: the target moves at"
        " each update."
    ),
    "largest for taken": (
        "You correct the largest Q-value of each state. What was seen belongs to the"
        " action taken."
    ),
    "pairs": (
        "You average over all pairs of samples: a prediction met the targets of others."
        " One side was [B, 1], or B columns were picked for every row. Both sides"
        " should be [B]."
    ),
    "old action": (
        "You value the next state at the action that was taken in `state`. What counts"
        " there is its best."
    ),
    "value of s": (
        "You take the target from the value of `state`. What follows the step is"
        " `next_state`."
    ),
    "Double DQN": (
        "Your online network chooses the action: that is Double DQN. Here the target"
        " network does both."
    ),
}
_wrong_losses: tuple[tuple[str, Callable[..., Any]], ...] = (
    (
        "full gradient",
        lambda q, lag, s, a, r, n, t, g: r + g * ~t * q(n).amax(-1) - _taken(q, s, a),
    ),
    ("online in the target", lambda q, lag, *batch: _error(q, q, *batch)),
    (
        "largest for taken",
        lambda q, lag, s, a, *rest: _error(q, lag, s, q(s).argmax(-1), *rest),
    ),
    (
        "pairs",
        lambda q, lag, s, a, *rest: (
            (_error(q, lag, s, a, *rest) + _taken(q, s, a)) - _taken(q, s, a)[:, None]
        ),
    ),
    (
        "pairs",
        lambda q, lag, s, a, *rest: (
            _error(q, lag, s, a, *rest) + _taken(q, s, a) - q(s)[:, a]
        ),
    ),
    (
        "old action",
        lambda q, lag, s, a, r, n, t, g: (
            r + g * ~t * _taken(lag, n, a).data - _taken(q, s, a)
        ),
    ),
    ("value of s", lambda q, lag, s, a, r, n, t, g: _error(q, lag, s, a, r, s, t, g)),
    (
        "Double DQN",
        lambda q, lag, s, a, r, n, t, g: (
            r + g * ~t * _taken(lag, n, q(n).argmax(1)).data - _taken(q, s, a)
        ),
    ),
)
_loss_traits = [
    Trait(key, CRITIC_LOSS[key], refuses)
    for key, refuses in {
        "networks exchanged": (
            lambda result, inputs: (
                result[TO_TARGET].any() and not result[TO_ONLINE].any()
            )
        ),
        "gradient to the target": lambda result, inputs: bool(result[TO_TARGET].any()),
        "not one number": lambda result, inputs: shape_of(result["loss"]) != (),
        "no gradient": lambda result, inputs: not result[TO_ONLINE].any(),
    }.items()
]
_judge_loss = by_values(
    _draw_update,
    _squared(_error),
    [
        *known(CRITIC_LOSS, *((key, _squared(wrong)) for key, wrong in _wrong_losses)),
        *wrong_targets(lambda wrong: _squared(_to(wrong))),
        *wrong_losses(lambda mean: _pulled(lambda *inputs: mean(_error(*inputs)))),
    ],
    _loss_traits,
)
critic_loss = Exercise(
    "critic_loss",
    HERE,
    15,
    3,
    explained(lambda answer, rng: _judge_loss(_pulled(answer), rng)),
)
