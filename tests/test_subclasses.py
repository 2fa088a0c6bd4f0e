"""What a subclass can replace: the memory, the weight and the loss of a sample."""

from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from dqn_tutorial import DQN, Batch, DQNCritic, ReplayBuffer, get_model, train
from dqn_tutorial.critic import Update
from tests.conftest import small_config


class PrioritisedReplay(ReplayBuffer):
    """Proportional prioritised replay of one agent (Schaul et al., 2016)."""

    beta = 0.5  # how far the weights undo that some rows come more often

    def store(self, *step: Any) -> None:
        super().store(*step)
        if not hasattr(self, "priority"):
            self.priority = np.zeros(self.capacity)
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

    def loss(self, q_value: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        return self.weight * super().loss(q_value, target)


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
