"""The equations of the course as pure functions.

One law of shapes, here and in all of the package: axes are counted from the end, `[B]`,
`[B, S]`, `[B, A]`; any others may lead. One agent with one network has none; an
ensemble of M members and N agents have `[M, N, ...]`, so that what the members of an
agent share, `[N, B]`, broadcasts to `[M, N, B]`.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

FLOAT32_MAX = float(np.finfo(np.float32).max)


def leading(*sizes: int) -> tuple[int, ...]:
    """Return the leading axes of these sizes: an axis of one is left out."""
    return tuple(size for size in sizes if size > 1)


def stop_unless_finite(name: str, values: NDArray[Any], where: str) -> None:
    """Raise a FloatingPointError that names a number of an array of any shape that is
    nan, or inf to a float32, and says where it came up.
    """
    if values.dtype.kind == "f" and not np.abs(values).max() <= FLOAT32_MAX:
        worst = values[~(np.abs(values) <= FLOAT32_MAX)][0]
        raise FloatingPointError(f"{name} = {worst} {where}")


def gather(q_values: Tensor, action: Tensor) -> Tensor:
    """Return Q(s, a) of the actions taken: `[..., B, A]` and `[B]` or more axes to
    `[..., B]`.

    Raises:
        ValueError: not one action for each state. TypeError: actions that are not
            int64.

    Source: Mnih et al. (2015), algorithm 1. Taught in 03_q_network.
    """
    if action.dtype != torch.int64:
        raise TypeError(
            f"action is {action.dtype}: gather picks by index, so actions must be"
            " torch.int64"
        )
    shape = q_values.shape[:-1]
    if action.shape != shape:  # shared by what leads
        if action.shape != shape[-action.ndim :]:
            raise ValueError(
                f"action {tuple(action.shape)} is not one for each of"
                f" {tuple(shape)} states"
            )
        action = action.expand(shape)
    return q_values.gather(-1, action[..., None])[..., 0]


def td_target(
    reward: Tensor, next_q: Tensor, terminated: Tensor, discount: Tensor | float
) -> Tensor:
    """Return y = r + discount * (1 - terminated) * max over a' of Q(s', a').

    Args:
        reward: `[..., B]`, in the units that are learned from.
        next_q: `[..., B, A]`, Q-values of the next state.
        terminated: `[..., B]`, bool; only this stops the bootstrap, truncation does
            not.
        discount: gamma, or gamma^m where m rewards were summed, `[..., B]` as reward.

    Returns:
        `[..., B]`.

    Raises:
        ValueError: shapes that would broadcast to something else.
        TypeError: flags that are not bool.

    Source: Mnih et al. (2015), algorithm 1; truncation: Pardo et al. (2018). Taught in
    05_critic.
    """
    return bootstrap(reward, next_q.max(-1).values, terminated, discount)


def double_td_target(
    reward: Tensor,
    next_q_online: Tensor,
    next_q_target: Tensor,
    terminated: Tensor,
    discount: Tensor | float,
) -> Tensor:
    """Return the Double-DQN target: the online network chooses a', the target network
    values it.

    Shapes and errors as in `td_target`.

    Source: van Hasselt et al. (2016), equation 4. Taught in 10_build_your_own_model.
    """
    chosen = next_q_online.argmax(-1)
    return bootstrap(reward, gather(next_q_target, chosen), terminated, discount)


def bootstrap(
    reward: Tensor, next_v: Tensor, terminated: Tensor, discount: Tensor | float
) -> Tensor:
    """Return r + discount * (1 - terminated) * V(s') for V of shape `[..., B]`; the
    rest as in `td_target`.

    Source: Sutton & Barto (2018), equation 6.2. Taught in 05_critic.
    """
    _refuse_other_shapes(reward, next_v, terminated, discount)
    return reward + discount * (~terminated) * next_v


def _refuse_other_shapes(
    reward: Tensor, next_v: Tensor, terminated: Tensor, discount: Tensor | float
) -> None:
    """Raise an error, as `td_target` says, where samples would be mixed."""
    of_discount = tuple(getattr(discount, "shape", ()))  # () for one number
    differ = of_discount not in ((), tuple(reward.shape))
    differ |= terminated.shape != reward.shape
    if differ or reward.shape != next_v.shape[-reward.ndim :]:
        raise ValueError(
            f"reward {tuple(reward.shape)}, terminated {tuple(terminated.shape)},"
            f" discount {of_discount} and the next state's values"
            f" {tuple(next_v.shape)} must agree, sample by sample; others would"
            " broadcast and mix samples"
        )
    if terminated.dtype != torch.bool:
        raise TypeError(
            f"terminated is {terminated.dtype}: it must be torch.bool, so that"
            " ~terminated is a mask"
        )


def td_error(target: Tensor, q_value: Tensor) -> Tensor:
    """Return target - Q(s, a): how far the prediction is below its target; all of shape
    `[..., B]`.

    Source: Sutton & Barto (2018), equation 6.5. Taught in 02_q_learning.
    """
    if target.shape != q_value.shape:
        raise ValueError(
            f"target {tuple(target.shape)} and q_value {tuple(q_value.shape)} must have"
            " one shape"
        )
    return target - q_value


def huber_loss(q_value: Tensor, target: Tensor) -> Tensor:
    """Return the Huber loss of each sample, `[..., B]`: half the square of a TD error
    up to 1, and linear beyond, so that its gradient is never more than 1.

    Source: Huber (1964); Mnih et al. (2015), methods.
    """
    return F.huber_loss(q_value, target, reduction="none")


# of Q-values and targets, [..., B] each, to the loss of each sample, [..., B]
LOSSES: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "MSELoss": partial(F.mse_loss, reduction="none"),
    "HuberLoss": huber_loss,
    "L1Loss": partial(F.l1_loss, reduction="none"),
}


def maxmin(q_values: Tensor) -> Tensor:
    """Return the least value that any member gives, `[M, ..., B, A]` to `[..., B, A]`:
    Maxmin Q-learning takes the maximum over actions of it.

    Source: Lan et al. (2020), equation 5.
    """
    return q_values.amin(0)


# of the members' Q-values, [M, ..., B, A] to [..., B, A]
REDUCTIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "mean": partial(torch.mean, dim=0),  # Anschel et al. (2017)
    "min": maxmin,
    "max": partial(torch.amax, dim=0),
}


def n_step_return(
    reward: NDArray[np.float32], is_last: NDArray[np.bool_], gamma: float
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.int64]]:
    """Return r_1 + gamma r_2 + ... + gamma^(m-1) r_m, where m is the first step that is
    the last one, or n.

    Args:
        reward: `[..., n]`, rewards of a window of n steps.
        is_last: `[..., n]`, True where the window must end: its episode does, or
            nothing newer is stored.
        gamma: discount factor per step.

    Returns:
        The return, what its bootstrap is discounted by, gamma^m, and m - 1, each
        `[...]`.

    Source: Sutton & Barto (2018), equation 7.1. Taught in 06_agent.
    """
    n = reward.shape[-1]
    ends = is_last.copy()
    ends[..., -1] = True
    last = ends.argmax(-1)
    discounts = np.float32(gamma) ** np.arange(n + 1, dtype=np.float32)
    summed = reward * (np.arange(n) <= last[..., None])
    return summed @ discounts[:-1], discounts[last + 1], last


def epsilon_greedy(
    q_values: NDArray[np.floating],
    epsilon: float | NDArray[np.float64],
    rng: np.random.Generator,
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Return an action for each state, `[..., A]` to `[...]`: any with probability
    epsilon, each state by its own coin, else the one of the largest Q-value.

    Args:
        q_values: `[..., A]`.
        epsilon: a probability, or one for each state.
        rng: the source of chance.

    Returns:
        The actions, and True where chance chose.

    Source: Sutton & Barto (2018), section 2.2. Taught in 06_agent.
    """
    explored = rng.random(q_values.shape[:-1]) < epsilon
    anything = rng.integers(q_values.shape[-1], size=explored.shape)
    return np.where(explored, anything, q_values.argmax(-1)), explored
