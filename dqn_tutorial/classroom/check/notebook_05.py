"""The exercises of 05_critic."""

import copy
from collections.abc import Callable
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
    TARGET_TRAITS,
    around,
    as_float32,
    explained,
    gradients,
    plain_target,
    refuse_changes,
    wrong_losses,
    wrong_targets,
)
from dqn_tutorial.classroom.check.values import as_array, describe, flat, shape_of
from dqn_tutorial.nets import DQNNet

HERE = "05_critic"
TO_ONLINE, TO_TARGET = "gradient of online", "gradient of target_network"
copies_on_the_star = Exercise(
    "copies_on_the_star",
    HERE,
    minutes=5,
    difficulty=1,
    judge=choice(MESSAGES["copies_on_the_star"], right="C"),
)


def _sample_batch(rng: np.random.Generator) -> dict[str, Any]:
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


def _of_one_flag(target: Function) -> Function:
    return lambda r, q, t, u, g: target(r, q, t, g)


def _stopped_by(end: Function) -> Function:
    return lambda r, q, t, u, g: plain_target(r, q, end(t, u), g)


td_target = Exercise(
    "td_target",
    HERE,
    10,
    2,
    explained(
        by_values(
            _sample_batch,
            _of_one_flag(plain_target),
            [
                ("stops at truncation", _stopped_by(lambda t, u: t | u)),
                ("truncation wins", _stopped_by(lambda t, u: t & ~u)),
                ("truncation for termination", _stopped_by(lambda t, u: u)),
                ("both flags needed", _stopped_by(lambda t, u: t & u)),
                *wrong_targets(_of_one_flag),
            ],
            TARGET_TRAITS,
        )
    ),
    also=("target",),
    solution=_of_one_flag(plain_target),
)


def _sample_clock(rng: np.random.Generator) -> dict[str, Any]:
    """A gamma, and a prize that working for ever beats."""
    gamma, share = float(rng.uniform(0.7, 0.95)), float(rng.uniform(0.2, 0.8))
    return {"gamma": gamma, "prize": 1 + share * gamma / (1 - gamma)}


def _cut_share(gamma: float, prize: float) -> float:
    return 1 - (prize - 1) / (gamma * prize)


cut_share = Exercise(
    "cut_share",
    HERE,
    10,
    2,
    by_values(
        _sample_clock,
        _cut_share,
        {
            "share that goes on": lambda g, c: 1 - _cut_share(g, c),
            "no discount": lambda g, c: 1 / c,
            "reward forgotten": lambda g, c: 1 - 1 / g,
            "one for all": lambda g, c: 1 / 21,
            "steps for share": lambda g, c: 1 / _cut_share(g, c),
            "truth for the maximum": lambda g, c: 1 - (c - 1) * (1 - g) / g,
        }.items(),
    ),
    solution=_cut_share,
)


def _sample_weights(rng: np.random.Generator) -> dict[str, Any]:
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
            raise Wrong(key)
    return {"target": new}


def _stepped(rule: Callable[[Tensor, Tensor, float], Tensor]) -> Any:
    def step(target: list[Tensor], online: list[Tensor], tau: float) -> None:
        with torch.no_grad():
            for slow, fast in zip(target, online, strict=True):
                slow.copy_(rule(slow, fast, tau))

    return _watched(step)


def _polyak(target: list[Tensor], online: list[Tensor], tau: float) -> None:
    with torch.no_grad():
        for slow, fast in zip(target, online, strict=True):
            slow += tau * (fast - slow)


_wrong_steps: tuple[tuple[str, Callable[[Tensor, Tensor, float], Tensor]], ...] = (
    ("reversed", lambda slow, fast, tau: tau * slow + (1 - tau) * fast),
    ("wrong way", lambda slow, fast, tau: slow + tau * (slow - fast)),
    ("old share kept whole", lambda slow, fast, tau: slow + tau * fast),
    ("whole copy", lambda slow, fast, tau: fast),
    ("one share only", lambda slow, fast, tau: tau * fast),
    ("one share only", lambda slow, fast, tau: (1 - tau) * slow),
    ("two steps", lambda slow, fast, tau: slow + tau * (2 - tau) * (fast - slow)),
)
polyak = Exercise(
    "polyak",
    HERE,
    10,
    2,
    explained(
        by_values(
            _sample_weights,
            _watched(_polyak),
            [(key, _stepped(rule)) for key, rule in _wrong_steps],
            # that the second must not change, `_watched` says in its own words
            inputs_it_changes=("target", "online"),
            seen_as=_watched,
        )
    ),
    solution=_polyak,
)


def _sample_update(rng: np.random.Generator) -> dict[str, Any]:
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
    answer: Function, online: DQNNet, target_network: DQNNet, *batch: Any
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


def _squared(error: Function) -> Any:
    return _pulled(lambda *inputs: error(*inputs).square().mean())


def _taken(q: DQNNet, s: Tensor, a: Tensor) -> Tensor:
    return torch.gather(q(s), -1, a[:, None])[:, 0]


def _to(target: Function) -> Callable[..., Tensor]:
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
_wrong_losses: tuple[tuple[str, Function], ...] = (
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
critic_loss = Exercise(
    "critic_loss",
    HERE,
    15,
    3,
    explained(
        by_values(
            _sample_update,
            _squared(_error),
            [
                *((key, _squared(wrong)) for key, wrong in _wrong_losses),
                *wrong_targets(lambda wrong: _squared(_to(wrong))),
                *wrong_losses(
                    lambda mean: _pulled(lambda *inputs: mean(_error(*inputs)))
                ),
            ],
            {
                "networks exchanged": (
                    lambda result, inputs: (
                        result[TO_TARGET].any() and not result[TO_ONLINE].any()
                    )
                ),
                "gradient to the target": lambda result, inputs: bool(
                    result[TO_TARGET].any()
                ),
                "not one number": lambda result, inputs: shape_of(result["loss"]) != (),
                "no gradient": lambda result, inputs: not result[TO_ONLINE].any(),
            }.items(),
            seen_as=_pulled,
        )
    ),
    also=("target", "loss"),
    solution=lambda *inputs: _error(*inputs).square().mean(),
)


def _judge_features(answer: Any, rng: np.random.Generator) -> None:
    """Ask for features of two states at several gammas; refuse those at which w does
    not grow.
    """
    for gamma in (0.9, 0.6, 0.3, *map(float, rng.uniform(0.05, 0.95, 5))):
        result = guarded(answer)(gamma=gamma)
        pair = as_array(list(result) if isinstance(result, tuple) else result)
        if pair is None or pair.shape != (2,) or not np.isfinite(pair).all():
            raise Wrong("no pair", found=describe(result))
        (first, second), size = pair.tolist(), np.abs(pair)
        growth = (gamma * second - first) * first
        refused = {
            "too large": size.max() > 1,
            "stands still": first == 0,
            "opposite signs": first * second < 0,
            "second not larger": size[1] <= size[0],
            "on the border": abs(growth) < 1e-9,
            "not for every gamma": growth < 0,
        }
        for key, is_so in refused.items():
            if is_so:
                raise Wrong(key, gamma=f"{gamma:.2f}", first=first, second=second)


diverging_features = Exercise(
    "diverging_features",
    HERE,
    10,
    2,
    _judge_features,
    solution=lambda gamma: (gamma / 2, 1.0),
)
