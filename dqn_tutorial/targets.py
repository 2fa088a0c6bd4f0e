"""The equations of the course as pure functions of tensors. Any leading axes do: `[B]`,
`[K, B]`, ...
"""

import torch
from torch import Tensor


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
    chosen = next_q_online.argmax(-1, keepdim=True)
    return bootstrap(
        reward, next_q_target.gather(-1, chosen).squeeze(-1), terminated, discount
    )


def bootstrap(
    reward: Tensor, next_v: Tensor, terminated: Tensor, discount: Tensor | float
) -> Tensor:
    """Return r + discount * (1 - terminated) * V(s') for V of shape `[..., B]`; the
    rest as in `td_target`.

    Source: Sutton & Barto (2018), equation 6.2. Taught in 05_critic.
    """
    of_discount = tuple(getattr(discount, "shape", ()))  # () for one number
    differ = terminated.shape != reward.shape or of_discount not in (
        (),
        tuple(reward.shape),
    )
    if differ or reward.shape[-1:] != next_v.shape[-1:] or reward.ndim > next_v.ndim:
        raise ValueError(
            f"reward {tuple(reward.shape)}, terminated {tuple(terminated.shape)},"
            f" discount {of_discount} and the next state's values {tuple(next_v.shape)}"
            " must agree, sample by sample; others would broadcast and mix samples"
        )
    if terminated.dtype != torch.bool:
        raise TypeError(
            f"terminated is {terminated.dtype}: it must be torch.bool, so that"
            " ~terminated is a mask"
        )
    return reward + discount * (~terminated) * next_v


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


def n_step_return(rewards: Tensor, gamma: float) -> Tensor:
    """Return r_1 + gamma r_2 + ... + gamma^(n-1) r_n for rewards of shape `[..., n]`.

    Source: Sutton & Barto (2018), equation 7.1. Taught in 06_agent.
    """
    return (rewards * gamma ** torch.arange(rewards.shape[-1])).sum(-1)
