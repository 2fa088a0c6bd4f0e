"""The critic: Q-networks with their target copies, evaluated and trained at once, the
targets that they learn from, and the actions that they choose.

An ensemble of M members of each of N agents is K = M x N networks. Members of one agent
share its data; agents share nothing. Shapes follow the law of `targets.py`: one agent
with one network has no leading axes, else they are `[M, N]`, an axis of one left out.
"""

import copy
import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch import Tensor, nn

from dqn_tutorial.config import MainConfig, devices_here
from dqn_tutorial.nets import DQNNet, check_stack, stack
from dqn_tutorial.schedules import LiveValue, LiveValues
from dqn_tutorial.seeding import numpy_generator, torch_generator
from dqn_tutorial.targets import (
    LOSSES,
    REDUCTIONS,
    double_td_target,
    epsilon_greedy,
    gather,
    leading,
    td_error,
    td_target,
)


class Update(NamedTuple):
    """What one gradient step saw."""

    loss: Tensor  # [...]
    q_value: Tensor  # [..., B], Q(s, a) of the batch
    td_error: Tensor  # [..., B]


class Choice(NamedTuple):
    """A choice of actions, and why."""

    action: NDArray[np.int64]  # [...]
    q_values: NDArray[np.float32]  # [..., A], mean over an agent's members
    explored: NDArray[np.bool_]  # [...], True where chance chose


def find_device(name: str) -> torch.device:
    """Return the device of that name.

    Raises:
        ValueError: it is not there.
    """
    if name not in (here := devices_here()):
        raise ValueError(
            f"device = {name!r} is not available on this machine: available are"
            f" {', '.join(here)}"
        )
    return torch.device(name)


class CriticEnsemble:
    """K networks evaluated and trained at once, each with a target copy.

    Args:
        config: the run's settings.
        dim_state: S, numbers in a state, or the shape of a state, such as an image.
        dim_act: A, number of actions.
        arch: builds one network from (dim_state, dim_act, depth, width, act, has_norm,
            generator), as in `register`.
        has_target: False lets the online networks stand in for their targets.

    Attributes:
        gamma, tau, learning_rate, epsilon: follow their schedules; assigning holds a
            value, `del` releases it.
        n_members: networks of one agent. n_networks: K, of all agents.
        online, target: the stacked networks, `[K, B, S]` to `[K, B, A]`.

    Raises:
        ValueError: an observation scale of another length than the state; a device that
            is not there; a network that computes something else once it is stacked.
            TypeError: as in `nets.stack`.

    Source: Mnih et al. (2015); Osband et al. (2016) for the ensemble.
    """

    epsilon, learning_rate = LiveValue(), LiveValue()
    gamma, tau = LiveValue(), LiveValue()

    def __init__(
        self,
        config: MainConfig,
        dim_state: int | tuple[int, ...],
        dim_act: int,
        arch: Callable[..., nn.Module] = DQNNet,
        has_target: bool = True,
    ) -> None:
        c, t = config.model.critic, config.training
        of_state = (dim_state,) if isinstance(dim_state, int) else tuple(dim_state)
        scale = config.env.observation_scale or (1.0,) * of_state[-1]
        if len(scale) != of_state[-1]:
            raise ValueError(
                f"observation_scale has {len(scale)} numbers, but a state has"
                f" {of_state[-1]}"
            )
        self.config, self.dim_state, self.dim_act = config, dim_state, dim_act
        self.has_target, self.device = has_target, find_device(t.device)
        self.seeds = tuple(range(config.seed, config.seed + t.n_seeds))
        self.n_members = c.n_members
        self.n_networks = c.n_members * t.n_seeds
        self.live = LiveValues(config)
        self._of_state = of_state
        self._agents = leading(t.n_seeds)
        self._leading = leading(c.n_members, t.n_seeds)
        self._scale = torch.tensor(scale, device=self.device)
        networks = [
            arch(
                dim_state,
                dim_act,
                c.depth,
                c.width,
                c.act,
                c.has_norm,
                torch_generator(seed, f"weights of member {member}"),
            )
            for member in range(c.n_members)
            for seed in self.seeds
        ]
        check_stack(networks, of_state)
        self._first = stack(networks).to(self.device)
        self.reset()

    def reset(self) -> None:
        """Go back to the seeds' first weights, a fresh optimiser and the live values of
        step 0.
        """
        self.live.reset()
        self.online = copy.deepcopy(self._first)
        self.target = copy.deepcopy(self._first).requires_grad_(False)
        self._weights: list[Tensor] = list(self.online.parameters())
        self._target_weights: list[Tensor] = list(self.target.parameters())
        kind = self.device.type
        # compares as versions do; a fused Adam came to the CPU with 2.4
        fused = kind == "cuda" or (kind == "cpu" and torch.__version__ >= "2.4")
        self.optimizer = torch.optim.Adam(self._weights, fused=fused)

    def Q(self, state: ArrayLike | Tensor) -> Tensor:
        """Return the online Q-values, `[..., S]` to `[..., A]`.

        Args:
            state: `[S]` or `[B, S]`, shared by all networks, `[N, B, S]`, a batch
                for each agent. With a single network any axes may lead.

        Raises:
            ValueError: last axes other than S, or leading ones that are not the agents.

        Source: Mnih et al. (2015), algorithm 1. Taught in 05_critic.
        """
        return self._evaluate(self.online, state)

    def Q_t(self, state: ArrayLike | Tensor) -> Tensor:
        """Return the target networks' Q-values, without a gradient; shapes and errors
        as in `Q`.

        Source: Mnih et al. (2015), algorithm 1. Taught in 05_critic.
        """
        with torch.no_grad():
            networks = self.target if self.has_target else self.online
            return self._evaluate(networks, state)

    def _evaluate(self, networks: nn.Module, state: ArrayLike | Tensor) -> Tensor:
        x = torch.as_tensor(state, dtype=torch.float32, device=self.device)
        shape = tuple(x.shape)
        axes = shape[: -len(self._of_state)]  # [..., B]
        given, of_batch = axes[:-1], axes[-1:]
        alone = self.n_networks == 1
        agents, lead = (given, given) if alone else (self._agents, self._leading)
        if (
            axes + self._of_state != shape
            or given != agents[len(agents) - len(given) :]
        ):
            raise ValueError(
                f"state has shape {tuple(x.shape)}: it must end in S ="
                f" {list(self._of_state)}, one or B of them, and nothing may lead"
                f" them but the agents, {list(agents)}"
            )
        x = x * self._scale
        if not alone:
            x = x.expand(*lead, *of_batch, *self._of_state)
        q: Tensor = networks(x.reshape(self.n_networks, -1, *self._of_state))
        return q.view(*lead, *of_batch, self.dim_act)

    def reduce(self, q_values: Tensor) -> Tensor:
        """Combine the members of each agent, `[M, ..., B, A]` to `[..., B, A]`, as the
        setting `reduce` says: their mean, least or largest value. One member has no
        axis, and is returned as it is.

        Source: Lan et al. (2020), equation 5 (min); Anschel et al. (2017) (mean).
        """
        if self.n_members == 1:
            return q_values
        return REDUCTIONS[self.config.model.critic.reduce](q_values)

    def sample_loss(self, q_value: Tensor, target: Tensor) -> Tensor:
        """Return the loss of each sample, `[..., B]`; a subclass may weigh them."""
        return LOSSES[self.config.model.loss](q_value, target)

    def loss(self, q_value: Tensor, target: Tensor) -> Tensor:
        """Return the loss of each network, `[...]`: the mean over its samples.

        Raises:
            ValueError: a `sample_loss` that is not one number for each sample.
        """
        each = self.sample_loss(q_value, target)
        if each.shape != q_value.shape:
            raise ValueError(
                f"{type(self).__name__}.sample_loss has shape {tuple(each.shape)}: it"
                f" must be that of the samples, {tuple(q_value.shape)}"
            )
        return each.mean(-1)

    def update(self, state: ArrayLike | Tensor, action: Tensor, y: Tensor) -> Update:
        """Take one gradient step on the loss between Q(state, action) and y: mean over
        B, sum over the networks.

        Args:
            state: as in `Q`, with a batch axis.
            action: `[B]` or `[N, B]`, int64.
            y: `[B]` or `[N, B]`, the target that the members of an agent share; no
                gradient flows into it.

        Raises:
            ValueError: shapes that do not fit each other, or a target for each member.
            TypeError: actions that are not int64.

        Source: Mnih et al. (2015), algorithm 1. Taught in 05_critic.
        """
        q_value = gather(self.Q(state), action)
        target = self._for_each_network(y.detach(), q_value.shape)
        loss = self.loss(q_value, target)
        self.optimizer.param_groups[0]["lr"] = self.learning_rate
        self.optimizer.zero_grad()
        loss.sum().backward()  # type: ignore[no-untyped-call]
        self._clip()
        self.optimizer.step()
        q_value = q_value.detach()
        return Update(loss.detach(), q_value, td_error(target, q_value))

    def _for_each_network(self, y: Tensor, shape: torch.Size) -> Tensor:
        """Give each network the targets that the members of an agent share."""
        if y.shape == shape and self.n_members == 1:  # the usual case, quickly
            return y
        shared = shape[1:] if self.n_members > 1 else shape
        if y.shape != shared[-y.ndim :]:
            raise ValueError(
                f"y has shape {tuple(y.shape)}: it must have the last axes of"
                f" {list(shared)}; the members of an agent share one target: combine"
                " them by reduce"
            )
        return y.expand(shape)

    def _clip(self) -> None:
        """Shorten each network's gradient to max_grad_norm, separately, so that members
        do not disturb each other.
        """
        longest = self.config.training.max_grad_norm
        if math.isinf(longest):
            return
        gradients = [w.grad for w in self._weights if w.grad is not None]  # [K, ...]
        norms = [
            torch.linalg.vector_norm(g.reshape(len(g), -1), dim=1) for g in gradients
        ]
        norm = torch.stack(norms).square().sum(0).sqrt()  # [K]
        factor = (longest / (norm + 1e-6)).clamp(max=1)
        torch._foreach_mul_(
            gradients, [factor.view(-1, *(1,) * (g.ndim - 1)) for g in gradients]
        )

    def update_target(self) -> None:
        """Move each target weight the share tau of the way to its online weight.

        Source: Polyak averaging as in Lillicrap et al. (2016); tau = 1 is Mnih et al.
        (2015). Taught in 05_critic.
        """
        with torch.no_grad():
            torch._foreach_lerp_(self._target_weights, self._weights, self.tau)


class DQNCritic(CriticEnsemble):
    """The critic of DQN: targets from the target networks, epsilon-greedy actions.

    Source: Mnih et al. (2015), algorithm 1. Taught in 05_critic.
    """

    def reset(self) -> None:
        """Start over as in `CriticEnsemble`, exploration included."""
        super().reset()
        self._chance = [numpy_generator(seed, "exploration") for seed in self.seeds]

    def get_bellman_target(
        self,
        reward: Tensor,
        next_state: Tensor,
        terminated: Tensor,
        discount: Tensor | float | None = None,
    ) -> Tensor:
        """Return y = r + discount * (1 - terminated) * max over a' of Q_t(s', a'),
        `[..., B]`, without a gradient.

        Args:
            reward: `[B]` or `[N, B]`, of one step or, discounted, of several.
            next_state: `[B, S]` or `[N, B, S]`, after them.
            terminated: as reward, bool.
            discount: as reward; gamma if left out.

        Raises:
            ValueError: shapes that do not fit each other. TypeError: flags that are not
                bool.

        Source: Mnih et al. (2015), algorithm 1. Taught in 05_critic.
        """
        with torch.no_grad():
            next_q = self.reduce(self.Q_t(next_state))
            discount = self.gamma if discount is None else discount
            return td_target(reward, next_q, terminated, discount)

    def choose(
        self,
        state: ArrayLike | Tensor,
        target: bool = False,
        is_training: bool = True,
    ) -> Choice:
        """Choose actions, and tell why: with probability epsilon at random, each state
        by its own coin, else the largest mean Q.

        Args:
            state: as in `Q`.
            target: ask the target networks.
            is_training: False chooses greedily.

        Source: Mnih et al. (2015), algorithm 1. Taught in 06_agent.
        """
        with torch.no_grad():
            q = self.Q_t(state) if target else self.Q(state)
            q_values = (q.mean(0) if self.n_members > 1 else q).cpu().numpy()
        if not is_training:
            action = q_values.argmax(-1)
            return Choice(action, q_values, np.zeros(action.shape, bool))
        shape, rows = q_values.shape[:-1], (len(self.seeds), -1)
        action, explored = np.empty(shape, np.int64), np.empty(shape, bool)
        actions, coins = action.reshape(rows), explored.reshape(rows)
        for k, own in enumerate(q_values.reshape(*rows, self.dim_act)):
            actions[k], coins[k] = epsilon_greedy(own, self.epsilon, self._chance[k])
        return Choice(action, q_values, explored)

    def act(
        self,
        state: ArrayLike | Tensor,
        target: bool = False,
        is_training: bool = True,
    ) -> NDArray[np.int64]:
        """Return the actions of `choose`, `[..., S]` to `[...]`.

        Source: Mnih et al. (2015), algorithm 1.
        """
        return self.choose(state, target, is_training).action


class DoubleDQNCritic(DQNCritic):
    """The critic of Double DQN: the online networks choose the next action, the target
    networks value it.

    Source: van Hasselt et al. (2016), equation 4. Taught in 10_build_your_own_model.
    """

    def get_bellman_target(
        self,
        reward: Tensor,
        next_state: Tensor,
        terminated: Tensor,
        discount: Tensor | float | None = None,
    ) -> Tensor:
        """Return y = r + discount * (1 - terminated) * Q_t(s', argmax over a' of
        Q(s', a')), as in `DQNCritic`.

        Source: van Hasselt et al. (2016), equation 4. Taught in
        10_build_your_own_model.
        """
        with torch.no_grad():
            chooses, values = self.Q(next_state), self.Q_t(next_state)
            next_q = self.reduce(chooses), self.reduce(values)
            discount = self.gamma if discount is None else discount
            return double_td_target(reward, *next_q, terminated, discount)
