"""Deep Q-Networks on one page, one agent and one network: Mnih et al. (2015).

Beside a block stands its notebook. Left out: some options, several networks (08), what
only makes it faster. `updates_due` counts updates that the steps have earned and that
wait. E environments, B transitions, S numbers in a state, A actions.
"""

import copy

import numpy as np
import torch
from numpy.random import Generator
from numpy.typing import NDArray
from torch import Tensor, nn

from dqn_tutorial.config import MainConfig, override
from dqn_tutorial.envs import env_seed, env_spec, make_vector_env
from dqn_tutorial.nets import DQNNet
from dqn_tutorial.presets import PRESETS
from dqn_tutorial.seeding import numpy_generator, torch_generator

Array = NDArray[np.generic]
Batch = dict[str, Tensor]
LOSSES = {"MSELoss": nn.MSELoss(), "HuberLoss": nn.HuberLoss(), "L1Loss": nn.L1Loss()}


class Ring:  # 04
    """The last steps of E environments: each has its next step E rows further on."""

    def __init__(self, length: int, n_envs: int, dim_state: int) -> None:
        self.length, self.n_envs, self.n_stored = length, n_envs, 0
        self.columns = {
            "state": torch.zeros(length, dim_state),
            "action": torch.zeros(length, dtype=torch.int64),
            "reward": torch.zeros(length),
            "next_state": torch.zeros(length, dim_state),
            "terminated": torch.zeros(length, dtype=torch.bool),
            "truncated": torch.zeros(length, dtype=torch.bool),
            "is_reset": torch.zeros(length, dtype=torch.bool),
        }

    def store(self, *step: Array) -> None:
        """Copy one step of every environment, [E, S] or [E], over the oldest."""
        first = self.n_stored % self.length
        columns = self.columns.values()  # in the order of their names above
        for column, values in zip(columns, step, strict=True):
            column[first : first + self.n_envs] = torch.as_tensor(values)
        self.n_stored += self.n_envs

    def sample(self, batch_size: int, rng: Generator) -> Tensor:
        """Return random rows [B]; one that only reset an environment is drawn again."""
        n_filled = min(self.n_stored, self.length)
        row = rng.integers(n_filled, size=batch_size)
        is_reset = self.columns["is_reset"].numpy()
        while (again := is_reset[row]).any():
            row[again] = rng.integers(n_filled, size=again.sum())
        return torch.as_tensor(row)


def td_target(batch: Batch, next_q: Tensor) -> Tensor:  # 05
    """Return y [B] for next Q-values [B, A]; only termination stops the bootstrap."""
    next_v = next_q.max(-1).values
    return batch["reward"] + batch["discount"] * ~batch["terminated"] * next_v


def update_target(target: DQNNet, online: DQNNet, tau: float) -> None:  # 05
    """Move each target weight the share tau of the way to its online weight."""
    for slow, fast in zip(target.parameters(), online.parameters(), strict=True):
        slow.lerp_(fast.detach(), tau)


def epsilon_greedy(q_values: Array, epsilon: float, rng: Generator) -> Array:  # 06
    """Choose actions [E] for Q-values [E, A], each state by a coin of its own."""
    n_states, n_actions = q_values.shape
    greedy = q_values.argmax(-1)
    explored = rng.random(n_states) < epsilon
    anything = rng.integers(n_actions, size=n_states)
    return np.where(explored, anything, greedy)


def linear_schedule(start: float, end: float, length: float, step: int) -> float:  # 06
    """Return the value at a step of a line that is constant after `length` steps."""
    share = min(step / length, 1.0) if length else 1.0
    return start + (end - start) * share


def dqn(config: MainConfig) -> DQNNet:  # 06
    """Train an agent; return its online network, for states times observation_scale."""
    training, critic = config.training, config.model.critic
    spec = env_spec(config.env.name)
    assert isinstance(spec.dim_state, int) and training.buffer_size > training.n_envs
    assert critic.n_members == config.model.target_update_every == 1  # one network
    layers = critic.depth, critic.width, critic.act, critic.has_norm
    weights = torch_generator(config.seed, "weights of member 0")
    online = DQNNet(spec.dim_state, spec.dim_act, *layers, weights)  # 03
    target = copy.deepcopy(online).requires_grad_(False)  # 05
    optimizer = torch.optim.Adam(online.parameters())
    length = training.buffer_size // training.n_envs * training.n_envs
    ring = Ring(length, training.n_envs, spec.dim_state)  # 04
    replay = numpy_generator(config.seed, "replay")
    exploration = numpy_generator(config.seed, "exploration")  # 06
    start, end = critic.exploration_start, critic.exploration_rate
    duration = critic.exploration_fraction * training.max_steps
    scale = torch.tensor(config.env.observation_scale or 1.0)  # 07
    env = make_vector_env(config.env.name, training.n_envs)
    state, _ = env.reset(seed=env_seed(config.seed, "environment"))  # [E, S]
    is_reset = np.zeros(training.n_envs, bool)  # [E]
    updates_due = 0.0
    for step in range(training.n_envs, training.max_steps + 1, training.n_envs):
        # 06: act
        epsilon = linear_schedule(start, end, duration, step)
        with torch.no_grad():
            q_values = online(torch.as_tensor(state) * scale).numpy()  # [E, A]
        action = epsilon_greedy(q_values, epsilon, exploration)  # [E]
        next_state, reward, terminated, truncated, _ = env.step(action)
        # 04: store
        reward = reward * config.env.reward_scale
        ring.store(state, action, reward, next_state, terminated, truncated, is_reset)
        state, is_reset = next_state, terminated | truncated
        # 06: learn
        if step >= training.learning_starts:
            updates_due += training.update_ratio * training.n_envs
        decay = linear_schedule(1, training.learning_rate_end, training.max_steps, step)
        optimizer.param_groups[0]["lr"] = decay * training.learning_rate
        while updates_due >= 1:
            updates_due -= 1
            row = ring.sample(training.batch_size, replay)  # [B]
            batch = {name: column[row] for name, column in ring.columns.items()}
            batch["discount"] = torch.full(row.shape, training.gamma)  # [B], gamma^1
            n_step_sum(batch, row, ring, config)
            next_q = target(batch["next_state"] * scale)  # [B, A], without a gradient
            y = td_target(batch, next_q)  # [B]
            if critic.critic_type == "DoubleDQNCritic":
                y = double_td_target(batch, next_q, online(batch["next_state"] * scale))
            q_values = online(batch["state"] * scale)  # [B, A]
            q_value = q_values.gather(-1, batch["action"][:, None])[:, 0]  # [B]
            loss = LOSSES[config.model.loss](q_value, y)
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(online.parameters(), training.max_grad_norm)
            optimizer.step()
            update_target(target, online, config.model.tau)
    return online


def n_step_sum(batch: Batch, row: Tensor, ring: Ring, config: MainConfig) -> None:  # 06
    """Let each window run on: to n steps, its episode's end, or the newest step."""
    for _ in range(config.training.n_step - 1):
        age = (ring.n_stored - 1 - row) % ring.length  # rows stored after this one
        is_newest = age < ring.n_envs
        is_over = batch["terminated"] | batch["truncated"] | is_newest
        row = torch.where(is_over, row, (row + ring.n_envs) % ring.length)
        reward = batch["discount"] * ring.columns["reward"][row]
        batch["reward"] += torch.where(is_over, 0, reward)
        batch["discount"] *= torch.where(is_over, 1, config.training.gamma)
        for name in ("next_state", "terminated", "truncated"):
            batch[name] = ring.columns[name][row]


def double_td_target(batch: Batch, next_q: Tensor, online_q: Tensor) -> Tensor:  # 05
    """Return y [B]: the online network chooses, the target network values it."""
    chosen = online_q.argmax(-1, keepdim=True)
    return td_target(batch, next_q.gather(-1, chosen))  # the maximum of one number


if __name__ == "__main__":  # 07
    torch.set_num_threads(1)
    preset = {name: change.value for name, change in PRESETS["CartPole-v1"].items()}
    config = override(MainConfig(), preset)
    online = dqn(config).requires_grad_(False)
    scale = torch.tensor(config.env.observation_scale)
    env = make_vector_env(config.env.name, 100)
    state, _ = env.reset(seed=env_seed(config.seed, "evaluation"))
    returns, running = np.zeros(100), np.ones(100, bool)
    while running.any():
        action = online(torch.as_tensor(state) * scale).argmax(-1).numpy()
        state, reward, terminated, truncated, _ = env.step(action)
        returns += reward * running  # the first episode of each counts
        running &= ~(terminated | truncated)
    print(f"mean return of 100 greedy episodes: {returns.mean():.0f}")
