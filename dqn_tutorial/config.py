"""Every setting of a run: what it means, its unit, its default and what is allowed.

The defaults are a plain DQN. What an environment wants changed stands in `PRESETS`,
each change with its reason. Counts and schedules are in environment steps; with
parallel environments every one of them counts.
"""

import difflib
import typing
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

LOSSES = ("MSELoss", "HuberLoss", "L1Loss")
ACTIVATIONS = ("relu", "tanh", "silu")
REDUCTIONS = ("mean", "min", "max")
NETWORKS = ("online", "target")
DEVICES = ("cpu", "cuda", "mps")


def nearest(word: str, allowed: Iterable[str]) -> str:
    """Return a hint naming the allowed word most like `word`, or all of them if none is
    close.
    """
    allowed = list(allowed)
    close = difflib.get_close_matches(word, allowed, n=1, cutoff=0.5)
    return f"did you mean {close[0]!r}?" if close else f"allowed: {', '.join(allowed)}"


def check_types(config: Any) -> None:
    """Refuse a value of the wrong type in any field; whole numbers pass where a float
    is asked for.
    """
    for name, wanted in typing.get_type_hints(type(config)).items():
        value = getattr(config, name)
        if wanted is float:
            fits = isinstance(value, int | float) and not isinstance(value, bool)
        elif wanted in (int, bool, str):
            fits = type(value) is wanted
        else:
            continue
        if not fits:
            raise TypeError(
                f"{name} = {value!r} is not allowed: it must be of type"
                f" {wanted.__name__}"
            )


def require(config: Any, name: str, holds: bool, allowed: str) -> None:
    """Raise a ValueError that names the field, its value and what is allowed, unless
    `holds`.
    """
    if not holds:
        raise ValueError(
            f"{name} = {getattr(config, name)!r} is not allowed: it must be {allowed}"
        )


def require_choice(config: Any, name: str, choices: tuple[str, ...]) -> None:
    """Raise a ValueError that names the nearest choice, unless the field holds one of
    `choices`.
    """
    value = getattr(config, name)
    if value not in choices:
        raise ValueError(
            f"{name} = {value!r} is not allowed: {nearest(value, choices)}"
        )


@dataclass(frozen=True)
class DQNCriticConfig:
    """The Q-networks and how they choose actions. Source: Mnih et al. (2015)."""

    arch: str = "DQNNet"
    """Network class, by its registered name."""
    critic_type: str = "DQNCritic"
    """Critic class, by its registered name."""
    n_members: int = 1
    """Networks in the ensemble of one agent."""
    exploration_rate: float = 0.05
    """Final epsilon: probability of a random action once the schedule has ended."""
    exploration_start: float = 1.0
    """First epsilon."""
    exploration_fraction: float = 0.4
    """Length of the linear epsilon schedule, as a share of max_steps."""
    width: int = 256
    """Units in each hidden layer."""
    depth: int = 3
    """Hidden layers."""
    act: str = "relu"
    """Activation function: relu, tanh or silu."""
    has_norm: bool = False
    """Layer normalisation after each hidden layer."""
    reduce: str = "mean"
    """How the target combines the members of one agent: mean, min or max of their
    Q-values.
    """
    greedy_network: str = "online"
    """Networks that act when nothing is explored: online, or target, their running
    average.
    """

    def __post_init__(self) -> None:
        check_types(self)
        for name in ("n_members", "width"):
            require(self, name, getattr(self, name) >= 1, "1 or more")
        require(self, "depth", self.depth >= 0, "0 or more")
        for name in ("exploration_rate", "exploration_start", "exploration_fraction"):
            require(self, name, 0 <= getattr(self, name) <= 1, "between 0 and 1")
        require_choice(self, "act", ACTIVATIONS)
        require_choice(self, "reduce", REDUCTIONS)
        require_choice(self, "greedy_network", NETWORKS)


@dataclass(frozen=True)
class DQNConfig:
    """The model. Source: Mnih et al. (2015)."""

    name: str = "dqn"
    """Registered name of the model."""
    loss: str = "MSELoss"
    """Loss on the TD error: MSELoss, HuberLoss or L1Loss."""
    tau: float = 0.005
    """Polyak rate of the target network; 1 copies it whole."""
    critic: DQNCriticConfig = field(default_factory=DQNCriticConfig)
    """The critic."""
    target_update_every: int = 1
    """Updates between two moves of the target network; tau = 1 with 100 is a hard copy
    every 100.
    """

    def __post_init__(self) -> None:
        check_types(self)
        require_choice(self, "loss", LOSSES)
        require(self, "tau", 0 <= self.tau <= 1, "between 0 and 1")
        require(self, "target_update_every", self.target_update_every >= 1, "1 or more")


@dataclass(frozen=True)
class EnvConfig:
    """The environment. Source: Gymnasium."""

    name: str = "cartpole"
    """Short name (cartpole, acrobot, mountaincar) or Gymnasium id."""
    observation_scale: tuple[float, ...] = ()
    """Factor on each observation before the network; empty leaves them raw."""
    reward_scale: float = 1.0
    """Factor on the reward that is learned from; the reported returns stay in the
    environment's units.
    """

    def __post_init__(self) -> None:
        check_types(self)
        scale = (
            self.observation_scale
            if isinstance(self.observation_scale, Iterable)
            else (None,)
        )
        numbers = all(
            isinstance(factor, int | float) and factor != 0 for factor in scale
        )
        require(
            self,
            "observation_scale",
            numbers,
            "a list of numbers other than 0, one for each observation",
        )
        object.__setattr__(
            self,
            "observation_scale",
            tuple(float(factor) for factor in self.observation_scale),
        )
        require(self, "reward_scale", self.reward_scale > 0, "above 0")


@dataclass(frozen=True)
class TrainingConfig:
    """The training run. Source: Mnih et al. (2015), extended data table 1."""

    max_steps: int = 50_000
    """Budget: environment steps of one agent."""
    n_envs: int = 1
    """Environments that one agent acts in side by side."""
    n_seeds: int = 1
    """Independent agents trained side by side, with seeds seed, seed + 1, ..."""
    learning_starts: int = 1_000
    """Environment steps before the first update."""
    update_ratio: float = 0.25
    """Gradient updates per environment step."""
    batch_size: int = 32
    """Transitions per update."""
    buffer_size: int = 50_000
    """Transitions kept for replay."""
    gamma: float = 0.99
    """Discount factor per environment step."""
    n_step: int = 1
    """Rewards summed before the target bootstraps."""
    learning_rate: float = 1e-3
    """First step size of Adam."""
    learning_rate_end: float = 1.0
    """Last step size as a share of the first: 1 keeps it constant, 0 lets it fall to
    nothing, linearly.
    """
    max_grad_norm: float = 10.0
    """Longest gradient of one network; a longer one is shortened to it; inf leaves all
    as they are.
    """
    eval_every: int = 5_000
    """Environment steps between two greedy evaluations in training, the last at the end
    of the budget; 0 for none.
    """
    eval_episodes: int = 20
    """Fresh episodes of each such evaluation."""
    stop_when_solved: bool = False
    """End once every agent has solved the environment at an evaluation, confirmed over
    100 fresh episodes.
    """
    device: str = "cpu"
    """Where the networks live: cpu, cuda or mps."""
    n_threads: int = 1
    """PyTorch's threads while training; one is fastest for a single small network."""

    def __post_init__(self) -> None:
        check_types(self)
        for name in (
            "max_steps",
            "n_envs",
            "n_seeds",
            "batch_size",
            "n_step",
            "eval_episodes",
            "n_threads",
        ):
            require(self, name, getattr(self, name) >= 1, "1 or more")
        for name in ("learning_starts", "eval_every", "update_ratio"):
            require(self, name, getattr(self, name) >= 0, "0 or more")
        for name in ("gamma", "learning_rate_end"):
            require(self, name, 0 <= getattr(self, name) <= 1, "between 0 and 1")
        for name in ("learning_rate", "max_grad_norm"):
            require(self, name, getattr(self, name) > 0, "above 0")
        require(
            self,
            "n_envs",
            self.n_envs <= self.max_steps,
            f"at most max_steps = {self.max_steps}",
        )
        require(
            self,
            "buffer_size",
            self.buffer_size >= self.n_envs,
            f"at least n_envs = {self.n_envs}",
        )
        require(
            self,
            "eval_every",
            self.eval_every > 0 or not self.stop_when_solved,
            "above 0 with stop_when_solved",
        )
        require_choice(self, "device", DEVICES)


@dataclass(frozen=True)
class MainConfig:
    """A whole run. Taught in 07_train_cartpole."""

    model: DQNConfig = field(default_factory=DQNConfig)
    """The model that learns."""
    env: EnvConfig = field(default_factory=EnvConfig)
    """The environment it acts in."""
    training: TrainingConfig = field(default_factory=TrainingConfig)
    """How it is trained."""
    seed: int = 0
    """Seed of every random stream of the run, 0 or more."""

    def __post_init__(self) -> None:
        check_types(self)
        require(self, "seed", self.seed >= 0, "0 or more")
