"""The training loop as a generator, and the evaluation over fresh greedy episodes."""

import math
import warnings
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from dqn_tutorial.agent import Agent
from dqn_tutorial.config import MainConfig, Refused, flatten
from dqn_tutorial.copies import restore, state_of
from dqn_tutorial.envs import (
    VectorEnv,
    env_seed,
    evaluation_envs,
    longest_episode,
    make_vector_env,
)
from dqn_tutorial.mdp import MDP
from dqn_tutorial.targets import leading, stop_unless_finite


class Episode(NamedTuple):
    """A finished training episode."""

    agent: int  # position of its agent, 0 for a single one
    episode_return: float  # undiscounted, in the environment's units
    length: int  # steps


class Record(NamedTuple):
    """What one vector step showed."""

    step: int  # environment steps of one agent so far
    n_updates: int  # gradient updates so far
    epsilon: float
    learning_rate: float
    loss: float  # mean over networks; nan before learning starts
    # mean absolute TD error of the last batch, in reward units; nan before learning
    # starts
    td_error: float
    # mean Q(s, a) of the last batch, in reward units; nan before learning starts
    mean_q: float
    episodes: tuple[Episode, ...]  # that ended at this step
    state: NDArray[np.float32]  # [S], of environment 0 of agent 0, before the action
    q_values: NDArray[np.float32]  # [A], of that state, in reward units
    action: int  # executed there
    explored: bool  # whether chance chose it

    @property
    def episode_returns(self) -> list[float]:
        """Returns of the episodes that ended. Taught in 07_train_cartpole."""
        return [episode.episode_return for episode in self.episodes]


FIRST_LOOK = 100  # updates after which Q-values and TD errors are compared


@contextmanager
def torch_threads(n: int) -> Iterator[None]:
    """Give PyTorch `n` threads for a while: more than one only cost time where the
    matrices are small.

    Source: PyTorch's `set_num_threads`.
    """
    before = torch.get_num_threads()
    torch.set_num_threads(n)
    try:
        yield
    finally:
        torch.set_num_threads(before)


class Rollout:
    """The environments of all agents, and where they stand between two steps of
    `train`.

    Attributes:
        envs: a vector of environments for each agent.
        step: environment steps of one agent so far.
        state: `[..., E, S]`. is_reset: `[..., E]`, whether the next step only resets.
        returns, lengths: `[..., E]`, of the episodes that go on.
        updates_due: gradient updates that the update ratio still owes, below 1.
        figures: loss, TD error and mean Q of the last update, as in `Record`.
    """

    def __init__(self, agent: Agent) -> None:
        self.agent, self.step, self.envs = agent, 0, list[VectorEnv]()
        self.updates_due = 0.0
        self.figures = math.nan, math.nan, math.nan
        self.open("environment")

    def open(self, source: str) -> None:
        """Begin episodes in fresh environments, whose chance has that name."""
        config, seeds = self.agent.config, self.agent.critic.seeds
        name, n_envs = config.env.name, config.training.n_envs
        for _ in seeds:
            self.envs.append(make_vector_env(name, n_envs))
        pairs = zip(self.envs, seeds, strict=True)
        first = [env.reset(seed=env_seed(seed, source))[0] for env, seed in pairs]
        self.is_reset = np.zeros((*leading(len(seeds)), n_envs), bool)
        self.state = np.reshape(first, (*self.is_reset.shape, *first[0].shape[1:]))
        self.returns = np.zeros(self.is_reset.shape)
        self.lengths = np.zeros(self.is_reset.shape, int)

    def close(self) -> None:
        """Close the environments."""
        while self.envs:
            self.envs.pop().close()

    def begin_anew(self) -> None:
        """Break the episodes off, and begin others in fresh environments."""
        self.close()
        self.agent.experience_memory.break_off()
        self.open(f"environment from step {self.step}")

    def state_dict(self) -> dict[str, Any]:
        """Return where the environments stand. Source: PyTorch's convention."""
        own = {name: getattr(self, name) for name in (*_OF_RUN, *_OF_EPISODES)}
        return own | {"envs": [state_of(env) for env in self.envs]}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on where `state_dict` was taken; if an environment does not come back
        there, warn, and begin new episodes.
        """
        for name in _OF_RUN:
            setattr(self, name, state[name])
        pairs = list(zip(self.envs, state["envs"], strict=True))
        if all([restore(env, own) for env, own in pairs]):
            for name in _OF_EPISODES:
                setattr(self, name, state[name])
            return
        warnings.warn(
            f"env.name = {self.agent.config.env.name!r} does not come back to where it"
            f" was at step {self.step}: training goes on with new episodes",
            stacklevel=2,
        )
        self.begin_anew()


_OF_RUN = ("step", "updates_due", "figures")
_OF_EPISODES = ("state", "is_reset", "returns", "lengths")


def train(
    agent: Agent, config: MainConfig | None = None, rollout: Rollout | None = None
) -> Generator[Record, None, None]:
    """Act, store and learn until `max_steps`; yield a record after each vector step.
    Stopping early is `break`.

    Each agent has its own environments, seeded once. In the step after an episode's end
    an environment only resets: that step is no transition. Only termination stops the
    bootstrap, see `targets.td_target`. Learning waits until there is a transition to
    learn from.

    A second call goes on with the agent's weights and memory, in fresh environments;
    its steps, and with them the schedules, count from 0 again.

    Args:
        agent: belongs to the caller, who may set its live values between two records.
        config: the agent has its own; an older form of the call named it here.
        rollout: where to go on, else in fresh environments. It is closed at the end.

    Raises:
        ValueError: other settings than the agent's; an environment that is not known or
            that DQN cannot learn.
        FloatingPointError: an observation, a reward, a Q-value or a loss is nan or inf.

    Source: Mnih et al. (2015), algorithm 1. Taught in 06_agent.
    """
    if config is not None:
        warnings.warn("train(agent) is enough", DeprecationWarning, stacklevel=2)
        _refuse_other_settings(flatten(config), flatten(agent.config))
    config, memory = agent.config, agent.experience_memory
    t, units = config.training, 1 / config.env.reward_scale
    if rollout is None:
        memory.break_off()
        rollout = Rollout(agent)
    with closing(rollout):
        for agent.step in range(rollout.step + t.n_envs, t.max_steps + 1, t.n_envs):
            with torch_threads(t.n_threads):
                envs, state, is_reset = rollout.envs, rollout.state, rollout.is_reset
                action, q_values, explored = agent.choose(state)
                next_state, reward, terminated, truncated = step_all(envs, action)
                scaled = reward * config.env.reward_scale
                where = f"at step {agent.step} of env.name = {config.env.name!r}"
                stop_unless_finite("observation", next_state, where)
                stop_unless_finite("scaled reward", scaled, where)
                memory.store(
                    state, action, scaled, next_state, terminated, truncated, is_reset
                )
                if agent.step >= t.learning_starts and memory.can_sample:
                    rollout.updates_due += agent.update_ratio * t.n_envs
                    before = agent.n_updates
                    if update := agent.learn(max_iter=int(rollout.updates_due)):
                        loss = float(update.loss.mean())
                        error = float(update.td_error.abs().mean())
                        mean_q = float(update.q_value.mean())
                        rollout.figures = loss, error * units, mean_q * units
                        if before < FIRST_LOOK <= agent.n_updates:
                            _warn_of_scale(config, error, abs(mean_q))
                    rollout.updates_due %= 1
            over = terminated | truncated
            rollout.returns += reward
            rollout.lengths += ~is_reset
            record = Record(
                agent.step,
                agent.n_updates,
                agent.epsilon,
                agent.learning_rate,
                *rollout.figures,
                episodes=tuple(
                    Episode(
                        int(i) // t.n_envs,
                        rollout.returns.flat[i],
                        int(rollout.lengths.flat[i]),
                    )
                    for i in np.flatnonzero(over)
                ),
                state=state.reshape(-1, *state.shape[over.ndim :])[0],
                q_values=q_values.reshape(-1, q_values.shape[-1])[0] * units,
                action=int(action.flat[0]),
                explored=bool(explored.flat[0]),
            )
            rollout.returns[over], rollout.lengths[over] = 0, 0
            rollout.step, rollout.state, rollout.is_reset = agent.step, next_state, over
            yield record


def _warn_of_scale(config: MainConfig, error: float, q_value: float) -> None:
    """Warn where Q-values must climb far by small steps, given the mean sizes of TD
    error and Q-value in the units that are learned from.
    """
    if error > 100 * max(q_value, 1):
        scale = config.env.reward_scale / 10 ** round(math.log10(error))
        warnings.warn(
            f"after {FIRST_LOOK} updates the TD error, {error:.2g}, is far larger than"
            f" the Q-values, {q_value:.2g}: they will hardly get there. Rewards near 1"
            f" are learned best: try env.reward_scale = {scale:.0e}",
            stacklevel=3,
        )


def _refuse_other_settings(given: dict[str, Any], own: dict[str, Any]) -> None:
    """Raise a ValueError that names the settings that are not the agent's."""
    settings = [
        f"{k} = {given.get(k)!r} (agent: {own.get(k)!r})"
        for k in own | given
        if given.get(k) != own.get(k)
    ]
    if settings:
        raise Refused(
            f"config has {', '.join(settings)}: train an agent with the settings it was"
            " built with"
        )


def step_all(
    envs: Sequence[VectorEnv], action: NDArray[np.int64]
) -> tuple[NDArray[Any], ...]:
    """Step the environments of all agents: `[..., E]` actions to next state
    `[..., E, S]`, reward, terminated and truncated `[..., E]`.

    Source: Gymnasium.
    """
    of_agents = action.reshape(len(envs), -1)
    stepped = [env.step(own)[:4] for env, own in zip(envs, of_agents, strict=True)]
    columns = map(np.stack, zip(*stepped, strict=True))
    next_state, reward, terminated, truncated = columns
    return (
        next_state.reshape(*action.shape, *next_state.shape[2:]),
        reward.reshape(action.shape),
        terminated.reshape(action.shape),
        truncated.reshape(action.shape),
    )


def evaluate(agent: Agent, episodes: int = 100, seed: int = 0) -> NDArray[np.float64]:
    """Play fresh greedy episodes and count each exactly once.

    A vector form plays them all at once. Of single environments a few copies play one
    part after the other, and episode i begins with the same seed whatever their number.

    Args:
        agent: its weights are used as they are, epsilon is 0.
        episodes: how many, for each agent.
        seed: of the first states; the streams of training are others, whatever the
            seed.

    Returns:
        Undiscounted returns in the environment's units, `[episodes]`, or
        `[N, episodes]` for N agents. An episode without a time limit that goes on after
        10,000 steps counts as it is then, with a warning.

    Source: Machado et al. (2018) on evaluation. Taught in 07_train_cartpole.
    """
    name, before = agent.config.env.name, leading(len(agent.critic.seeds))
    n_agents, first = math.prod(before), env_seed(seed, "evaluation")
    returns = np.zeros((*before, episodes))
    seeds = first + np.arange(returns.size).reshape(returns.shape)  # [..., episodes]
    with (
        torch_threads(agent.config.training.n_threads),
        closing(evaluation_envs(name, n_agents, episodes)) as envs,
    ):
        at_once = envs.num_envs // n_agents
        for start in range(0, episodes, at_once):
            # the last part begins earlier rather than being shorter
            begin = min(start, episodes - at_once)
            part = slice(begin, begin + at_once)
            is_all = at_once == episodes
            own = first if is_all else seeds[..., part].ravel().tolist()
            returns[..., part] = _play_out(agent, envs, own, (*before, at_once))
    return returns


def _play_out(
    agent: Agent, envs: VectorEnv, seed: Any, shape: tuple[int, ...]
) -> NDArray[np.float64]:
    """Play an episode in each environment; return the returns, of that shape."""
    name = agent.config.env.name
    state, _ = envs.reset(seed=seed)
    returns, running = np.zeros(len(state)), np.ones(len(state), bool)
    for _ in range(longest_episode(name)):
        of_agents = state.reshape(*shape, *state.shape[1:])
        action = agent.select_action(of_agents, is_training=False)
        state, reward, terminated, truncated, _ = envs.step(action.ravel())
        stop_unless_finite("reward", reward, f"in an evaluation of env.name = {name!r}")
        returns += reward * running
        running &= ~(terminated | truncated)
        if not running.any():
            break
    else:
        _warn_of_no_end(name)
    return returns.reshape(shape)


def _warn_of_no_end(name: str) -> None:
    warnings.warn(
        f"env.name = {name!r} has no time limit (max_episode_steps) that ends its"
        f" episodes: a greedy one was cut off after {longest_episode(name):,} steps,"
        " and its return counts what was collected until then",
        stacklevel=3,
    )


def play(agent: Agent, seed: int = 0) -> NDArray[np.float32]:
    """Play one greedy episode; return the states it went through, `[T, S]`, in the
    environment's units. Its length has the limit of `evaluate`.

    Source: Gymnasium. Taught in 00_start_here.
    """
    name = agent.config.env.name
    with (
        torch_threads(agent.config.training.n_threads),
        closing(make_vector_env(name, 1)) as env,
    ):
        state, _ = env.reset(seed=env_seed(seed, "evaluation"))
        states = [state[0]]
        for _ in range(longest_episode(name)):
            # of the first agent
            action = agent.select_action(state, is_training=False).reshape(-1)[:1]
            state, _, terminated, truncated, _ = env.step(action)
            states.append(state[0])
            if terminated[0] or truncated[0]:
                break
        else:
            _warn_of_no_end(name)
    return np.stack(states)


def q_table(agent: Agent, mdp: MDP) -> NDArray[np.float64]:
    """Return the Q-values of the states of an MDP in reward units, `[S, A]`, or
    `[N, S, A]` of N agents; the mean over the members of each.

    Taught in 06_agent.
    """
    seen = np.asarray(mdp.observations)
    q_values = agent.critic.choose(seen, is_training=False).q_values
    return q_values.astype(float) / agent.config.env.reward_scale
