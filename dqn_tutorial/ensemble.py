"""An ensemble of Q-networks, each with its target copy, evaluated and trained at once.

K = agents x members networks are evaluated at once. Members of one agent share its
data; agents share nothing.
"""

import copy
import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import ArrayLike
from torch import Tensor, nn

from dqn_tutorial.config import MainConfig
from dqn_tutorial.nets import DQNNet, check_stack, stack
from dqn_tutorial.seeding import torch_generator
from dqn_tutorial.targets import td_error


class Update(NamedTuple):
    """What one gradient step saw."""

    loss: Tensor  # [K]
    q_value: Tensor  # [K, B], Q(s, a) of the batch
    td_error: Tensor  # [K, B]


def find_device(name: str) -> torch.device:
    """Return the device of that name.

    Raises:
        ValueError: it is not there.

    Source: PyTorch.
    """
    available = {
        "cpu": True,
        "cuda": torch.cuda.is_available(),
        "mps": torch.backends.mps.is_available(),
    }
    if not available[name]:
        here = ", ".join(kind for kind, there in available.items() if there)
        raise ValueError(
            f"device = {name!r} is not available on this machine: available are {here}"
        )
    return torch.device(name)


class CriticEnsemble:
    """K networks evaluated and trained at once, each with a target copy.

    Args:
        config: the run's settings; read here once, live values are the attributes
            below.
        dim_state: S, numbers in a state.
        dim_act: A, number of actions.
        arch: builds one network from (dim_state, dim_act, depth, width, act, has_norm,
            generator), as in `register`.
        has_target: False lets the online networks stand in for their targets.

    Attributes:
        gamma, tau, learning_rate, epsilon: read at each use; may be set at any time.
        n_members: networks of one agent. n_networks: K, of all agents.
        online, target: the stacked networks, `[K, B, S] -> [K, B, A]`.

    Raises:
        ValueError: an observation scale of another length than the state; a device that
            is not there; a network that computes something else once it is stacked.
            TypeError: as in `nets.stack`.

    Source: Mnih et al. (2015); Osband et al. (2016) for the ensemble. Taught in
    05_critic.
    """

    def __init__(
        self,
        config: MainConfig,
        dim_state: int,
        dim_act: int,
        arch: Callable[..., nn.Module] = DQNNet,
        has_target: bool = True,
    ) -> None:
        scale = config.env.observation_scale or (1.0,) * dim_state
        if len(scale) != dim_state:
            raise ValueError(
                f"observation_scale has {len(scale)} numbers, but a state has"
                f" {dim_state}"
            )
        self.config, self.dim_state, self.dim_act = config, dim_state, dim_act
        self.arch, self.has_target = arch, has_target
        self.device = find_device(config.training.device)
        self.seeds = tuple(range(config.seed, config.seed + config.training.n_seeds))
        self.n_members = config.model.critic.n_members
        self.n_networks = len(self.seeds) * self.n_members
        self._scale = torch.tensor(scale, device=self.device)
        self._loss: nn.Module = getattr(nn, config.model.loss)(reduction="none")
        self._first = self._build()
        self.reset()

    def reset(self) -> None:
        """Go back to the seeds' first weights, a fresh optimiser and the configured
        gamma, tau, learning rate, epsilon.
        """
        self.gamma: float = self.config.training.gamma
        self.tau: float = self.config.model.tau
        self.learning_rate: float = self.config.training.learning_rate
        self.epsilon: float = self.config.model.critic.exploration_start
        self.online, self.target = (
            copy.deepcopy(self._first),
            copy.deepcopy(self._first),
        )
        self.target.requires_grad_(False)
        self._weights: list[Tensor] = list(self.online.parameters())
        self._target_weights: list[Tensor] = list(self.target.parameters())
        self.optimizer = torch.optim.Adam(
            self._weights, lr=self.learning_rate, fused=self.device.type != "mps"
        )

    def _build(self) -> nn.Module:
        c = self.config.model.critic
        members = [
            self.arch(
                self.dim_state,
                self.dim_act,
                c.depth,
                c.width,
                c.act,
                c.has_norm,
                torch_generator(seed, name),
            )
            for seed in self.seeds
            for name in (
                f"weights of member {member}" for member in range(self.n_members)
            )
        ]
        check_stack(members, self.dim_state)
        return stack(members).to(self.device)

    def Q(self, state: ArrayLike | Tensor) -> Tensor:
        """Return the online Q-values: `[S] -> [A]` (mean of an agent's members), else
        `-> [K, B, A]`.

        Args:
            state: `[S]`, or `[B, S]` shared by all networks, or `[K, B, S]` or
                `[N, B, S]`, a batch for each network or for each of N agents; floating
                point.

        Raises:
            ValueError: a last axis other than S, or a first axis that is neither K nor
                N.
            TypeError: integer states.

        Source: Mnih et al. (2015), algorithm 1. Taught in 05_critic.
        """
        return self._evaluate(self.online, state)

    def Q_t(self, state: ArrayLike | Tensor) -> Tensor:
        """Return the target networks' Q-values, without a gradient; shapes and errors
        as in `Q`.

        Source: Mnih et al. (2015), algorithm 1. Taught in 05_critic.
        """
        with torch.no_grad():
            return self._evaluate(
                self.target if self.has_target else self.online, state
            )

    def _evaluate(self, networks: nn.Module, state: ArrayLike | Tensor) -> Tensor:
        x = self._as_states(state)
        if x.ndim == 1:
            q: Tensor = networks(self._per_network(x[None]) * self._scale)  # [K, 1, A]
            q = q.view(-1, self.n_members, self.dim_act).mean(1)  # [N, A]
            return q[0] if len(self.seeds) == 1 else q
        values: Tensor = networks(self._per_network(x) * self._scale)
        return values

    def _as_states(self, state: ArrayLike | Tensor) -> Tensor:
        x = torch.as_tensor(
            np.asarray(state) if not isinstance(state, Tensor) else state,
            device=self.device,
        )
        if not x.is_floating_point():
            raise TypeError(
                f"state is {x.dtype}: a network multiplies, so convert states to"
                " floating point first"
            )
        agents = (self.n_networks, len(self.seeds))
        if (
            x.shape[-1:] != (self.dim_state,)
            or x.ndim > 3
            or (x.ndim == 3 and x.shape[0] not in agents)
        ):
            raise ValueError(
                f"state has shape {tuple(x.shape)}: allowed are [S], [B, S] and [K, B,"
                f" S] with S = {self.dim_state} and K = {self.n_networks}"
            )
        return x.to(torch.float32)

    def _per_network(self, x: Tensor, shared_ndim: int = 2) -> Tensor:
        """Give each network its batch: one of `shared_ndim` axes, `[B, ...]`, is shared
        by all, `[N, B, ...]` by the members of each agent.
        """
        if x.ndim == shared_ndim:
            return x.expand(self.n_networks, *x.shape)
        return (
            x if len(x) == self.n_networks else x.repeat_interleave(self.n_members, 0)
        )

    def reduce(self, q_values: Tensor) -> Tensor:
        """Combine the members of each agent for a target: `[K, B, A] -> [N, B, A]` by
        mean, min or max.

        Source: Lan et al. (2020), equation 5 (min); Anschel et al. (2017) (mean).
        """
        if self.n_members == 1:
            return q_values
        members = q_values.view(-1, self.n_members, *q_values.shape[1:])  # [N, M, B, A]
        how = self.config.model.critic.reduce
        return members.mean(1) if how == "mean" else getattr(members, "a" + how)(1)

    def _per_network_1d(self, x: Tensor) -> Tensor:
        """Give each network its numbers: `[B]`, `[N, B]` or `[K, B]` to `[K, B]`."""
        return self._per_network(x, shared_ndim=1)

    def update(self, state: ArrayLike | Tensor, action: Tensor, y: Tensor) -> Update:
        """Take one gradient step on the loss between Q(state, action) and y: mean over
        B, sum over K networks.

        Args:
            state: as in `Q`, with a batch axis.
            action: `[B]`, `[N, B]` or `[K, B]`, int64.
            y: `[B]`, `[N, B]` or `[K, B]`, the targets; no gradient flows into them.

        Raises:
            ValueError: shapes that do not fit each other. TypeError: actions that are
                not int64.

        Source: Mnih et al. (2015), algorithm 1. Taught in 05_critic.
        """
        q = self.gather(self.Q(state), action)
        target = self._per_network_1d(y.detach())
        error = td_error(target, q.detach())
        loss = self._loss(q, target).mean(-1)  # [K]
        self.optimizer.param_groups[0]["lr"] = self.learning_rate
        self.optimizer.zero_grad()
        loss.sum().backward()
        if math.isfinite(self.config.training.max_grad_norm):
            self._clip()
        self.optimizer.step()
        return Update(loss.detach(), q.detach(), error)

    def gather(self, q_values: Tensor, action: Tensor) -> Tensor:
        """Return Q(s, a) of the actions taken: `[K, B, A]` and `[B]`, `[N, B]` or
        `[K, B]` to `[K, B]`.

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
        index = self._per_network_1d(action)  # [K, B]
        if index.shape != q_values.shape[:-1]:
            raise ValueError(
                f"action {tuple(action.shape)} is not one for each of"
                f" {tuple(q_values.shape[:-1])} states"
            )
        return q_values.gather(-1, index[..., None])[..., 0]

    def _clip(self) -> None:
        """Shorten each network's gradient to max_grad_norm, separately, so that members
        do not disturb each other.
        """
        # each [K, ., .]
        gradients = [w.grad for w in self._weights if w.grad is not None]
        # [K]
        squared = (
            torch.stack([torch.linalg.vector_norm(g, dim=(1, 2)) for g in gradients])
            .square()
            .sum(0)
        )
        factor = (self.config.training.max_grad_norm / (squared.sqrt() + 1e-6)).clamp(
            max=1
        )
        torch._foreach_mul_(gradients, [factor[:, None, None]] * len(gradients))

    def update_target(self) -> None:
        """Move each target weight the share tau of the way to its online weight.

        Source: Polyak averaging as in Lillicrap et al. (2016); tau = 1 is Mnih et al.
        (2015). Taught in 05_critic.
        """
        with torch.no_grad():
            torch._foreach_lerp_(self._target_weights, self._weights, self.tau)
