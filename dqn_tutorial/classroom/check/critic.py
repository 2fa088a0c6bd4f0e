"""The exercises of 05_critic."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import huber_loss

from dqn_tutorial import targets
from dqn_tutorial.classroom.check.common import TARGET, around, as_float32, explained, known, target_traits
from dqn_tutorial.classroom.check.exercise import Exercise, Misconception, Trait, by_values, choice
from dqn_tutorial.nets import DQNNet

HERE = "05_critic"
TO_ONLINE, TO_TARGET = "gradient of online", "gradient of target_network"
STAR = {
    "A": "Eight weights can fit any seven numbers, and 1,000 updates bring them nearer to their targets than 100 do.",
    "B": "Nothing grows here, not even slowly: the line falls from 12 to about 10.",
    "D": "More updates between two copies bring the values nearer to their targets, not less near. What matters is "
    "where these targets are, and how often they move.",
}
copies_on_the_star = Exercise("copies_on_the_star", HERE, minutes=5, difficulty=1, judge=choice(STAR, right="C"))


def _draw_batch(rng: np.random.Generator) -> dict[str, Any]:
    """B transitions of A actions, B unlike A; Q of both signs; of each kind of end at least one."""
    n_actions = int(rng.integers(2, 6))
    size = n_actions + int(rng.integers(2, 6))
    ends = rng.permutation(np.concatenate([[0, 1, 2], rng.integers(4, size=size - 3)]))  # 1 terminated, 2 cut, 3 both
    return {
        "reward": as_float32(rng.normal(size=size)),
        "next_q": as_float32(rng.normal(size=(size, n_actions)), has_grad=True),
        "terminated": torch.tensor(ends % 2 == 1),
        "truncated": torch.tensor(ends >= 2),
        "gamma": float(rng.uniform(0.5, 0.95)),
    }


def _td(reward: Tensor, next_q: Tensor, over: Tensor, cut: Tensor, gamma: float) -> Tensor:
    return targets.td_target(reward, next_q.detach(), over, gamma)


TD_TARGET = {
    "stops at truncation": "You also stop where the episode was truncated. There the task goes on, we merely stopped "
    "watching, so the next state keeps its value.",
    **{key: TARGET[key] for key in ("ignores terminated", "mask inverted", "reward masked", "no discount")},
    "reward discounted": "You discount the reward too. It came at once; gamma belongs to the next state's value.",
    "one maximum": "You take one maximum of the whole batch. Each sample has a next state and so a maximum of its own.",
    "mean of actions": "You take the mean over the next actions: the value of acting at random. Take the best one.",
    "action for value": "`argmax` gives the number of the best action. The target needs its value.",
    "truncation wins": "Where a step is terminated *and* truncated you bootstrap. Nothing follows the end.",
}
_wrong_targets: dict[str, Callable[..., Any]] = {
    "stops at truncation": lambda r, q, t, u, g: _td(r, q, t | u, u, g),
    "ignores terminated": lambda r, q, t, u, g: _td(r, q, t & False, u, g),
    "mask inverted": lambda r, q, t, u, g: _td(r, q, ~t, u, g),
    "reward masked": lambda r, q, t, u, g: _td(r, q, t, u, g) * ~t,
    "no discount": lambda r, q, t, u, g: _td(r, q, t, u, 1.0),
    "reward discounted": lambda r, q, t, u, g: g * _td(r, q, t, u, 1.0),
    "one maximum": lambda r, q, t, u, g: r + g * ~t * q.detach().max(),
    "mean of actions": lambda r, q, t, u, g: r + g * ~t * q.detach().mean(-1),
    "action for value": lambda r, q, t, u, g: r + g * ~t * q.argmax(-1),
    "truncation wins": lambda r, q, t, u, g: _td(r, q, t & ~u, u, g),
}
_over_batch = [  # two orders of one product, for the two texts of the error that they raise
    Misconception("max over the batch", TARGET["max over the batch"], wrong)
    for wrong in (lambda r, q, t, u, g: r + g * ~t * q.amax(0), lambda r, q, t, u, g: r + g * q.amax(0) * ~t)
]
_judge_target = by_values(_draw_batch, _td, [*known(TD_TARGET, *_wrong_targets.items()), *_over_batch], target_traits())
td_target = Exercise("td_target", HERE, minutes=10, difficulty=2, judge=explained(_judge_target))


def _draw_weights(rng: np.random.Generator) -> dict[str, Any]:
    """Weights of two networks of one form, as many and as large as chance has it."""
    shapes = [tuple(rng.integers(1, 4, n_axes)) for n_axes in (2, 1, 2, 1)[: int(rng.integers(2, 5))]]
    first, second = ([as_float32(rng.normal(size=shape), has_grad=True) for shape in shapes] for _ in range(2))
    return {"target": first, "online": second, "tau": float(rng.uniform(0.05, 0.4))}


def _flat(weights: Sequence[Tensor]) -> Tensor:
    return torch.cat([weight.detach().flatten() for weight in weights])


@around
def _watched(answer: Callable[..., Any], target: list[Tensor], online: list[Tensor], tau: float) -> dict[str, Any]:
    """Call a step of the target network, then move the online weights and see whether the target's move along."""
    own, fast = list(target), list(online)
    answer(target, online, tau)
    seen = {"target": _flat(own), "online": _flat(fast)}
    has_others = len(target) != len(own) or any(a is not b for a, b in zip(target, own, strict=True))
    before, held = _flat([*own, *target]), [weight.detach().clone() for weight in fast]
    with torch.no_grad():
        for weight in fast:
            weight += 1
        is_shared = not torch.equal(_flat([*own, *target]), before)
        for weight, number in zip(fast, held, strict=True):
            weight.copy_(number)
    return seen | {"moves with online": is_shared, "holds other tensors": has_others}


def _stepped(rule: Callable[[Tensor, Tensor, float], Tensor], n_weights: int | None = None) -> Any:
    def step(target: list[Tensor], online: list[Tensor], tau: float) -> None:
        with torch.no_grad():
            for slow, fast in list(zip(target, online, strict=True))[:n_weights]:
                slow.copy_(rule(slow, fast, tau))

    return _watched(step)


POLYAK = {
    "shared memory": "After your step the target's weights are the very memory of the online ones: when those move, "
    "the target moves along, and nothing is held still. Copy the numbers, not the reference.",
    "online moved": "Your step changes the online weights. They learn from the loss only.",
    "other tensors": "You put other tensors into the list. The network still holds the old ones, which did not move: "
    "change the numbers inside them.",
    "not in place": "The target's weights are the same after your step. Write into the tensors that are there.",
    "reversed": "Your two shares are exchanged. The target moves by the share tau and keeps 1 - tau of what it was.",
    "wrong way": "Your step goes away from the online weights. The way to them is online - target.",
    "old share kept whole": "You add a share of the online weight to the whole old one. The shares must add up to 1.",
    "whole copy": "You copy the weights in full, whatever tau is. That is the hard copy, tau = 1.",
    "only the first": "You move the first weight tensor only. A network has several, and all must follow.",
}
_wrong_steps = {
    "reversed": _stepped(lambda slow, fast, tau: tau * slow + (1 - tau) * fast),
    "wrong way": _stepped(lambda slow, fast, tau: slow + tau * (slow - fast)),
    "old share kept whole": _stepped(lambda slow, fast, tau: slow + tau * fast),
    "whole copy": _stepped(lambda slow, fast, tau: fast),
    "only the first": _stepped(lambda slow, fast, tau: slow + tau * (fast - slow), n_weights=1),
}
_step_traits = [
    Trait(key, POLYAK[key], refuses)
    for key, refuses in {
        "shared memory": lambda result, inputs: bool(result["moves with online"]),
        "online moved": lambda result, inputs: not torch.equal(result["online"], _flat(inputs["online"])),
        "other tensors": lambda result, inputs: bool(result["holds other tensors"]),
        "not in place": lambda result, inputs: torch.equal(result["target"], _flat(inputs["target"])),
    }.items()
]
_right_step = _stepped(lambda slow, fast, tau: slow + tau * (fast - slow))
_may_change = ("target", "online")  # that the second must not, a trait says in its own words
_judge_step = by_values(_draw_weights, _right_step, known(POLYAK, *_wrong_steps.items()), _step_traits, _may_change)
polyak = Exercise("polyak", HERE, 10, 2, explained(lambda answer, rng: _judge_step(_watched(answer), rng)))


def _draw_update(rng: np.random.Generator) -> dict[str, Any]:
    """Two networks that differ, and a batch for them."""
    n_actions, chance = int(rng.integers(2, 5)), torch.Generator().manual_seed(int(rng.integers(1 << 30)))
    size = n_actions + int(rng.integers(3, 7))
    online, target_network = (DQNNet(3, n_actions, depth=1, width=8, generator=chance) for _ in range(2))
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
def _pulled(answer: Callable[..., Any], online: DQNNet, target_network: DQNNet, *batch: Any) -> dict[str, Any]:
    """Compute a loss and its gradient to either network, as numbers that can be compared."""
    loss = answer(online, target_network, *batch)

    def pull(network: DQNNet) -> Tensor:
        weights = list(network.parameters())
        if not isinstance(loss, Tensor) or not loss.requires_grad:
            return torch.zeros_like(_flat(weights))
        return _flat(torch.autograd.grad(loss.sum(), weights, retain_graph=True, materialize_grads=True))

    return {"loss": loss, TO_ONLINE: pull(online), TO_TARGET: pull(target_network)}


def _squared(error: Callable[..., Any]) -> Any:
    return _pulled(lambda *inputs: error(*inputs).square().mean())


def _taken(q: DQNNet, s: Tensor, a: Tensor) -> Tensor:
    return torch.gather(q(s), -1, a[:, None])[:, 0]


def _error(  # y - Q(s, a)
    q: DQNNet, lag: DQNNet, s: Tensor, a: Tensor, r: Tensor, after: Tensor, over: Tensor, gamma: float
) -> Tensor:
    return targets.td_target(r, lag(after).detach(), over, gamma) - _taken(q, s, a)


LOSS = {
    "networks exchanged": "The gradient reaches `target_network` and not `online`. The online network predicts and "
    "learns, the target network only stands in the target.",
    "no gradient": "Your loss has no gradient to the online network. Only the target is data; the prediction is not.",
    "gradient to the target": "A gradient reaches `target_network`. The target is data: that network never learns.",
    "not one number": "Your loss is not one number. An optimiser goes down one loss, the mean over the batch.",
    "full gradient": "Your target comes from the online network, with a gradient: the next value would move too.",
    "online in the target": "You ask the online network for the next state's value: the target moves at each update.",
    "largest for taken": "You correct the largest Q-value of each state. What was seen belongs to the action taken.",
    "pairs": "You average over all pairs of samples: a prediction met the targets of others. One side was [B, 1], or "
    "B columns were picked for every row. Both sides should be [B].",
    **{key: TARGET[key] for key in ("ignores terminated", "reward masked")},
    "value of s": "You take the target from the value of `state`. What follows the step is `next_state`.",
    "Double DQN": "Your online network chooses the action: that is Double DQN. Here the target network does both.",
    "Huber": "Your loss grows like the size of a large error and not like its square: it is Huber's loss.",
    "square of the mean": "You square the mean of the errors, in which they cancel. Square each, then average.",
    "sum": "You add up the squares. A sum grows with the batch, and the step with it; asked for is the mean.",
    "not squared": "You average the errors themselves: those above and below cancel each other. Square them first.",
}
_wrong_losses: dict[str, Callable[..., Any]] = {
    "full gradient": lambda q, lag, s, a, r, after, over, g: r + g * ~over * q(after).amax(-1) - _taken(q, s, a),
    "online in the target": lambda q, lag, *batch: _error(q, q, *batch),
    "largest for taken": lambda q, lag, s, a, *rest: _error(q, lag, s, q(s).argmax(-1), *rest),
    "pairs": lambda q, lag, s, a, *rest: (_error(q, lag, s, a, *rest) + _taken(q, s, a)) - _taken(q, s, a)[:, None],
    "ignores terminated": lambda q, lag, s, a, r, after, over, g: _error(q, lag, s, a, r, after, over & False, g),
    "reward masked": lambda q, lag, s, a, r, after, over, g: _error(q, lag, s, a, r * ~over, after, over, g),
    "value of s": lambda q, lag, s, a, r, after, over, g: _error(q, lag, s, a, r, s, over, g),
    "Double DQN": lambda q, lag, s, a, r, after, over, g: (
        r + g * ~over * _taken(lag, after, q(after).argmax(-1)).detach() - _taken(q, s, a)
    ),
}
_loss_traits = [
    Trait(key, LOSS[key], refuses)
    for key, refuses in {
        "networks exchanged": lambda result, inputs: result[TO_TARGET].any() and not result[TO_ONLINE].any(),
        "gradient to the target": lambda result, inputs: bool(result[TO_TARGET].any()),
        "not one number": lambda result, inputs: getattr(result["loss"], "ndim", 0) > 0,
        "no gradient": lambda result, inputs: not result[TO_ONLINE].any(),
    }.items()
]
_judge_loss = by_values(
    _draw_update,
    _squared(_error),
    [
        *known(LOSS, *{key: _squared(wrong) for key, wrong in _wrong_losses.items()}.items()),
        *known(
            LOSS,
            ("pairs", _squared(lambda q, lag, s, a, *rest: _error(q, lag, s, a, *rest) + _taken(q, s, a) - q(s)[:, a])),
            ("Huber", _pulled(lambda *given: huber_loss(_error(*given), torch.zeros(len(given[2]))))),
            ("square of the mean", _pulled(lambda *given: _error(*given).mean().square())),
            ("sum", _pulled(lambda *given: _error(*given).square().sum())),
            ("not squared", _pulled(lambda *given: _error(*given).mean())),
        ),
    ],
    _loss_traits,
)
critic_loss = Exercise("critic_loss", HERE, 15, 3, explained(lambda answer, rng: _judge_loss(_pulled(answer), rng)))
