"""What a subclass can replace: the memory, the weight and the loss of a sample."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import gymnasium as gym
import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn import functional as F

from dqn_tutorial import (
    DQN,
    Batch,
    DQNConfig,
    DQNCritic,
    DQNCriticConfig,
    ReplayBuffer,
    evaluate,
    get_model,
    make_config,
    train,
)
from dqn_tutorial.ensemble import Update
from dqn_tutorial.models import ARCHS, MODELS
from dqn_tutorial.nets import STACKED, stack_weights
from tests.conftest import small_config


class PrioritisedReplay(ReplayBuffer):
    """Proportional prioritised replay of one agent (Schaul et al., 2016)."""

    beta = 0.5  # how far the weights undo that some rows come more often

    def reset(self) -> None:
        super().reset()
        self.priority = np.zeros(self.capacity)

    def store(self, *step: Any) -> None:
        super().store(*step)
        top = self.priority.max() or 1.0
        self.priority[self.newest] = top * self.is_transition[0, self.newest]

    def sample_rows(self, agent: int, batch_size: int) -> NDArray[np.int64]:
        share = self.priority / self.priority.sum()
        self.rows = self.generators[agent].choice(self.capacity, batch_size, p=share)
        weight = (len(self) * share[self.rows]) ** -self.beta
        self.weight = torch.as_tensor(weight / weight.max(), dtype=torch.float32)
        return self.rows


class WeightedCritic(DQNCritic):
    """A critic whose samples have weights."""

    weight: torch.Tensor | float = 1.0

    def sample_loss(self, q_value: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        return self.weight * super().sample_loss(q_value, target)


class PrioritisedDQN(DQN):
    """DQN that replays what surprised it."""

    memory_class = PrioritisedReplay
    critic: WeightedCritic
    experience_memory: PrioritisedReplay

    def learn_from(self, batch: Batch) -> Update:
        self.critic.weight = self.experience_memory.weight
        update = super().learn_from(batch)
        surprise = update.td_error.abs().numpy() + 1e-3
        self.experience_memory.priority[self.experience_memory.rows] = surprise
        return update


def prioritised(env: str, **settings: Any) -> PrioritisedDQN:
    config = small_config(env, **settings)
    plain = get_model(config).critic
    critic = WeightedCritic(config, plain.dim_state, plain.dim_act)
    return PrioritisedDQN(config, critic)


def test_a_prioritised_memory_draws_by_priority_and_never_a_reset_step() -> None:
    agent = prioritised("slipperygrid", max_steps=400, learning_starts=10_000)
    for _ in train(agent):
        pass
    memory = agent.experience_memory
    assert not memory.priority[~memory.is_transition[0]].any()
    memory.priority[:] = 1e-9 * memory.is_transition[0]
    often, seldom = np.flatnonzero(memory.is_transition[0])[:2]
    memory.priority[[often, seldom]] = 3.0, 1.0
    memory.get_next_batch(4_000)
    assert np.mean(memory.rows == often) == pytest.approx(0.75, abs=0.03)
    ratio = memory.weight[memory.rows == often][0] / memory.weight.max()
    assert ratio == pytest.approx(3**-0.5, rel=1e-3)


def test_the_weight_of_a_sample_scales_its_gradient() -> None:
    critic = WeightedCritic(small_config(), 4, 3)
    state, action, y = torch.eye(4), torch.zeros(4, dtype=torch.int64), torch.ones(4)
    critic.weight = torch.tensor([1.0, 0.0, 0.0, 0.0])
    update = critic.update(state, action, y)
    alone = WeightedCritic(small_config(), 4, 3)
    only = alone.update(state[:1], action[:1], y[:1])
    assert update.loss == pytest.approx(float(only.loss) / 4)
    for a, b in zip(critic._weights, alone._weights, strict=True):
        assert a.grad is not None and b.grad is not None
        torch.testing.assert_close(a.grad, b.grad / 4)


def test_a_prioritised_agent_learns() -> None:
    agent = prioritised("forwardchain", gamma=0.99, n_step=1, learning_rate=3e-3,
                        max_steps=3_200, learning_starts=320, update_ratio=0.25,
                        tau=0.1, width=32, n_envs=8)  # fmt: skip
    errors = [record.td_error for record in train(agent)]
    assert agent.n_updates > 500
    assert np.mean(errors[-50:]) < np.nanmax(errors) / 3
    first = np.eye(1, 41, dtype=np.float32)[0]
    assert agent.critic.Q(first).item() == pytest.approx(0.99**39, abs=0.15)


class StackedConv2d(nn.Module):
    """K convolutions at once, `[K, B, C, H, W]`: one convolution in K groups."""

    def __init__(self, layers: Sequence[nn.Conv2d]) -> None:
        super().__init__()
        self.weight = stack_weights([layer.weight for layer in layers])
        self.bias = stack_weights([layer.bias for layer in layers])

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        side_by_side = x.transpose(0, 1).flatten(1, 2)  # [B, K * C, H, W]
        weight, bias = self.weight.flatten(0, 1), self.bias.flatten()
        y = F.conv2d(side_by_side, weight, bias, groups=len(x))
        return y.unflatten(1, (len(x), -1)).transpose(0, 1)


class ConvNet(nn.Module):
    """A small convolutional Q-network, `[..., B, C, H, W]` to `[..., B, A]`."""

    def __init__(
        self,
        dim_state: tuple[int, ...],
        dim_act: int,
        *sizes_and_generator: Any,
    ) -> None:
        super().__init__()
        self.look = nn.Sequential(nn.Conv2d(dim_state[0], 4, 3), nn.ReLU())
        self.tell = nn.LazyLinear(dim_act)
        self(torch.zeros(1, *dim_state))  # finds the size of the last layer
        with torch.no_grad():
            for weight in self.parameters():
                weight.uniform_(-0.2, 0.2, generator=sizes_and_generator[-1])

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.tell(self.look(x).flatten(-3))


class Lights(gym.Env[NDArray[np.uint8], int]):
    """An image of a light on the left or on the right; the right action is its side."""

    observation_space = gym.spaces.Box(0, 255, (1, 6, 6), np.uint8)
    action_space = gym.spaces.Discrete(2)

    def reset(self, *, seed: int | None = None, options: Any = None) -> tuple[Any, Any]:
        super().reset(seed=seed)
        self.side = int(self.np_random.integers(2))
        image = np.zeros((1, 6, 6), np.uint8)
        image[:, self.np_random.integers(6), 5 * self.side] = 255
        return image, {}

    def step(self, action: int) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        reward = float(action == self.side)
        return np.zeros((1, 6, 6), np.uint8), reward, True, False, {}


@pytest.fixture
def convolution(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setitem(STACKED, nn.Conv2d, StackedConv2d)
    monkeypatch.setitem(MODELS, "conv", (DQN, ConvConfig))
    monkeypatch.setitem(ARCHS, "ConvNet", ConvNet)
    gym.register("test/Lights-v0", Lights)
    with torch.random.fork_rng():  # PyTorch's own first weights, which are replaced
        yield
    del gym.registry["test/Lights-v0"]


@dataclass(frozen=True)
class ConvConfig(DQNConfig):
    """The settings of a model whose network is a `ConvNet`."""

    name: str = "conv"
    critic: DQNCriticConfig = field(
        default_factory=lambda: DQNCriticConfig(arch="ConvNet")
    )


@pytest.mark.usefixtures("convolution")
@pytest.mark.parametrize(("n_seeds", "n_members"), [(1, 1), (2, 2)])
def test_an_agent_learns_from_images(n_seeds: int, n_members: int) -> None:
    config = make_config(
        "test/Lights-v0", "conv", n_seeds=n_seeds, n_members=n_members, n_envs=4,
        max_steps=2_400, learning_starts=64, learning_rate=3e-3, eval_every=0,
        exploration_rate=0.5, observation_scale=(1 / 255,) * 6, max_grad_norm=1.0,
    )  # fmt: skip
    agent = get_model(config)
    assert {record.state.shape for record in train(agent)} == {(1, 6, 6)}
    assert agent.experience_memory.get_next_batch(5).state.dtype == torch.uint8
    assert (evaluate(agent, 20) == 1.0).all()


@pytest.mark.usefixtures("convolution")
def test_the_network_of_this_course_refuses_images() -> None:
    with pytest.raises(ValueError, match=r"\(1, 6, 6\): DQNNet needs a Box of one"):
        get_model(make_config("test/Lights-v0"))
