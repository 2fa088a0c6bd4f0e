"""K networks with their target copies, evaluated and trained at once.

An ensemble of M members of each of N agents is K = M x N networks. Members of one agent
share its data; agents share nothing. Shapes follow the law of `targets.py`: one agent
with one network has no leading axes, else they are `[M, N]`, an axis of one left out.
"""

import copy
import math
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import torch
from numpy.typing import ArrayLike
from torch import Tensor, nn

from dqn_tutorial.config import MainConfig, Refused, devices_here
from dqn_tutorial.nets import DQNNet, check_stack, stack
from dqn_tutorial.schedules import LiveValue, LiveValues
from dqn_tutorial.seeding import torch_generator
from dqn_tutorial.targets import LOSSES, REDUCTIONS, gather, leading, td_error


class Update(NamedTuple):
    """What one gradient step saw."""

    loss: Tensor  # [...]
    q_value: Tensor  # [..., B], Q(s, a) of the batch
    td_error: Tensor  # [..., B]


def find_device(name: str) -> torch.device:
    """Return the device of that name.

    Raises:
        ValueError: it is not there.
    """
    if name not in (here := devices_here()):
        raise Refused(
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
            raise Refused(
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

    def state_dict(self) -> dict[str, Any]:
        """Return all that learning changes; a subclass adds what it has of its own.
        Source: PyTorch's convention.
        """
        optimizer = self.optimizer.state_dict()["state"]
        return {
            "online": dict(self.online.state_dict()),
            "target": dict(self.target.state_dict()),
            "optimizer": {str(number): own for number, own in optimizer.items()},
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go back to what `state_dict` returned."""
        self.online.load_state_dict(state["online"])
        self.target.load_state_dict(state["target"])
        optimizer = {int(number): own for number, own in state["optimizer"].items()}
        groups = self.optimizer.state_dict()["param_groups"]
        self.optimizer.load_state_dict({"state": optimizer, "param_groups": groups})

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
        total = loss.sum()
        self._stop_unless_finite(total.item())  # before it reaches the weights
        self.optimizer.param_groups[0]["lr"] = self.learning_rate
        self.optimizer.zero_grad()
        total.backward()  # type: ignore[no-untyped-call]
        self._clip()
        self.optimizer.step()
        q_value = q_value.detach()
        return Update(loss.detach(), q_value, td_error(target, q_value))

    def _stop_unless_finite(self, loss: float) -> None:
        if math.isfinite(loss):
            return
        raise FloatingPointError(
            f"loss = {loss} at step {self.live.step}: Q-values or their targets are too"
            f" large for float32. Is learning_rate = {self.learning_rate:g} too large,"
            f" or are rewards (env.reward_scale = {self.config.env.reward_scale:g}) or"
            " observations (env.observation_scale)? The weights are those before this"
            " update"
        )

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
