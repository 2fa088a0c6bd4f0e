"""Every setting of a run: what it means, its unit, its default and what is allowed; by
its dotted name, such as `training.max_steps`; in a file.

The defaults are a plain DQN. What an environment wants changed stands in `presets.py`,
each change with its reason. Counts and schedules are in environment steps; with
parallel environments every one of them counts.
"""

import dataclasses
import difflib
import math
import reprlib
import tomllib
import typing
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, NoReturn, TypeVar

import torch
import yaml

import dqn_tutorial

LOSSES = ("MSELoss", "HuberLoss", "L1Loss")
ACTIVATIONS = ("relu", "tanh", "silu")
REDUCTIONS = ("mean", "min", "max")
NETWORKS = ("online", "target")
DEVICES = ("cpu", "cuda", "mps")
RUN_FORMAT = 1  # of the files of a run, config.yaml and result.json; 0 had no number
# settings that have another name today, old dotted name to new: for all older files
RENAMED: dict[str, str] = {}

C = TypeVar("C")
_short = reprlib.Repr()  # a hostile file may hold a value that fills the memory
_short.maxstring = _short.maxother = _short.maxlong = 200


def nearest(word: str, allowed: Iterable[str]) -> str:
    """Return a hint naming the allowed word most like `word`, or all of them if none is
    close.
    """
    allowed = list(allowed)
    close = difflib.get_close_matches(word, allowed, n=1, cutoff=0.5)
    return f"did you mean {close[0]!r}?" if close else f"allowed: {', '.join(allowed)}"


class Refused(ValueError, TypeError):
    """What cannot be used, said in a sentence that names it. The command line prints
    it as it is; any other error keeps its traceback.
    """


def refuse(name: str, value: Any, why: str) -> NoReturn:
    """Raise an error that names a field, its value and what is allowed."""
    raise Refused(f"{name} = {_short.repr(value)} is not allowed: {why}")


def limit(fits: Callable[[Any], bool], allowed: str) -> Callable[[Any], str]:
    """Return a check of a value, which says what is wrong with it, or nothing."""
    return lambda value: "" if fits(value) else f"it must be {allowed}"


def between(low: float, high: float) -> Callable[[Any], str]:
    """Return a check that a number is between two, or one of them."""
    return limit(lambda value: low <= value <= high, f"between {low:,} and {high:,}")


def one_of(words: Iterable[str]) -> Callable[[Any], str]:
    """Return a check that says which of the words is nearest to another one."""
    return lambda value: "" if value in words else nearest(value, words)


def devices_here() -> list[str]:
    """Return the devices of this machine."""
    there = (True, torch.cuda.is_available(), torch.backends.mps.is_available())
    return [name for name, is_there in zip(DEVICES, there, strict=True) if is_there]


def _device(value: Any) -> str:
    if value in DEVICES:
        return ""
    return f"available on this machine are {', '.join(devices_here())}"


_AT_LEAST_0 = limit(lambda value: value >= 0, "0 or more")
Count = Annotated[int, limit(lambda value: value >= 1, "1 or more")]
Share = Annotated[float, between(0, 1)]
Positive = Annotated[float, limit(lambda v: 0 < v < math.inf, "above 0 and finite")]
_FACTORS = limit(
    lambda value: (
        isinstance(value, Iterable)
        and not isinstance(value, str)
        and all(
            isinstance(factor, int | float) and 0 < abs(factor) <= 1e30
            for factor in value
        )
    ),
    "a list of numbers other than 0, at most 1e30, one for each observation",
)


@dataclass(frozen=True)
class Settings:
    """Settings that refuse a value of another type than their field's, whole numbers
    for a float excepted, and one that a check in its annotation finds wrong.
    """

    def __post_init__(self) -> None:
        hints = typing.get_type_hints(type(self), include_extras=True)
        for name, hint in hints.items():
            value, wanted = getattr(self, name), getattr(hint, "__origin__", hint)
            fits = True
            if wanted in (int, float, bool, str):
                fits = type(value) is wanted or (
                    wanted is float
                    and isinstance(value, int | float)
                    and not isinstance(value, bool)
                )
            elif isinstance(wanted, type) and dataclasses.is_dataclass(wanted):
                fits = isinstance(value, wanted)
            if not fits:
                refuse(name, value, f"it must be of type {wanted.__name__}")
            if isinstance(value, int) and abs(value) >= 2**63:
                refuse(name, value, "it must fit into 64 bits")
            if wanted is float:  # also for NumPy's, which no file can hold
                object.__setattr__(self, name, float(value))
            for check in getattr(hint, "__metadata__", ()):
                if wrong := check(value):
                    refuse(name, value, wrong)


@dataclass(frozen=True)
class DQNCriticConfig(Settings):
    """The Q-networks and how they choose actions. Source: Mnih et al. (2015)."""

    # Network class, by its registered name.
    arch: str = "DQNNet"
    # Critic class, by its registered name.
    critic_type: str = "DQNCritic"
    # Networks in the ensemble of one agent.
    n_members: Count = 1
    # Final epsilon: probability of a random action once the schedule has ended.
    exploration_rate: Share = 0.05
    # First epsilon.
    exploration_start: Share = 1.0
    # Length of the linear epsilon schedule, as a share of max_steps.
    exploration_fraction: Share = 0.4
    # Units in each hidden layer.
    width: Count = 256
    # Hidden layers.
    depth: Annotated[int, between(0, 1_000)] = 3
    # Activation function: relu, tanh or silu.
    act: Annotated[str, one_of(ACTIVATIONS)] = "relu"
    # Layer normalisation after each hidden layer.
    has_norm: bool = False
    # How the target combines the members of one agent: mean, min or max of their
    # Q-values.
    reduce: Annotated[str, one_of(REDUCTIONS)] = "mean"
    # Networks that act when nothing is explored: online, or target, their running
    # average.
    greedy_network: Annotated[str, one_of(NETWORKS)] = "online"


@dataclass(frozen=True)
class DQNConfig(Settings):
    """The model. Source: Mnih et al. (2015)."""

    # Registered name of the model.
    name: str = "dqn"
    # Loss on the TD error: MSELoss, HuberLoss or L1Loss.
    loss: Annotated[str, one_of(LOSSES)] = "MSELoss"
    # Polyak rate of the target network; 1 copies it whole.
    tau: Share = 0.005
    # The critic.
    critic: DQNCriticConfig = field(default_factory=DQNCriticConfig)
    # Updates between two moves of the target network; tau = 1 with 100 is a hard copy
    # every 100.
    target_update_every: Count = 1


@dataclass(frozen=True)
class EnvConfig(Settings):
    """The environment. Source: Gymnasium."""

    # Short name (cartpole, acrobot, mountaincar) or Gymnasium id.
    name: str = "cartpole"
    # Factor on each observation before the network; empty leaves them raw.
    observation_scale: Annotated[tuple[float, ...], _FACTORS] = ()
    # Factor on the reward that is learned from; the reported returns stay in the
    # environment's units.
    reward_scale: Annotated[float, between(1e-30, 1e30)] = 1.0

    def __post_init__(self) -> None:
        super().__post_init__()
        scale = tuple(float(factor) for factor in self.observation_scale)
        object.__setattr__(self, "observation_scale", scale)


@dataclass(frozen=True)
class TrainingConfig(Settings):
    """The training run. Source: Mnih et al. (2015), extended data table 1."""

    # Budget: environment steps of one agent.
    max_steps: Count = 50_000
    # Environments that one agent acts in side by side.
    n_envs: Count = 1
    # Independent agents trained side by side, with seeds seed, seed + 1, ...
    n_seeds: Count = 1
    # Environment steps before the first update.
    learning_starts: Annotated[int, _AT_LEAST_0] = 1_000
    # Gradient updates per environment step.
    update_ratio: Annotated[float, between(0, 1_000_000)] = 0.25
    # Transitions per update.
    batch_size: Count = 32
    # Steps kept for replay, those that only reset among them.
    buffer_size: Count = 50_000
    # Discount factor per environment step.
    gamma: Share = 0.99
    # Rewards summed before the target bootstraps.
    n_step: Count = 1
    # First step size of Adam.
    learning_rate: Positive = 1e-3
    # Last step size as a share of the first: 1 keeps it constant, 0 lets it fall to
    # nothing, linearly.
    learning_rate_end: Share = 1.0
    # Longest gradient of one network; a longer one is shortened to it; inf leaves all
    # as they are.
    max_grad_norm: Annotated[float, limit(lambda value: value > 0, "above 0")] = 10.0
    # Environment steps between two greedy evaluations in training, the last at the
    # end of the budget; 0 for none.
    eval_every: Annotated[int, _AT_LEAST_0] = 5_000
    # Fresh episodes of each such evaluation.
    eval_episodes: Count = 20
    # End once every agent has solved the environment at an evaluation, confirmed over
    # 100 fresh episodes.
    stop_when_solved: bool = False
    # Where the networks live: cpu, cuda or mps.
    device: Annotated[str, _device] = "cpu"
    # PyTorch's threads while training; one is fastest for a single small network.
    n_threads: Annotated[int, between(1, 1_024)] = 1

    def __post_init__(self) -> None:
        super().__post_init__()
        for name, holds, allowed in (
            (
                "n_envs",
                self.n_envs <= self.max_steps,
                f"at most max_steps = {self.max_steps}",
            ),
            (
                "buffer_size",
                self.buffer_size >= self.n_envs,
                f"at least n_envs = {self.n_envs}",
            ),
            (
                "eval_every",
                self.eval_every > 0 or not self.stop_when_solved,
                "above 0 with stop_when_solved",
            ),
        ):
            if not holds:
                refuse(name, getattr(self, name), f"it must be {allowed}")


@dataclass(frozen=True)
class MainConfig(Settings):
    """A whole run. Taught in 07_train_cartpole."""

    # The model that learns.
    model: DQNConfig = field(default_factory=DQNConfig)
    # The environment it acts in.
    env: EnvConfig = field(default_factory=EnvConfig)
    # How it is trained.
    training: TrainingConfig = field(default_factory=TrainingConfig)
    # Seed of every random stream of the run, 0 or more.
    seed: Annotated[int, _AT_LEAST_0] = 0


def flatten(config: Any, prefix: str = "") -> dict[str, Any]:
    """Return every setting by its dotted name, such as `training.max_steps`, in the
    order of the fields.

    Taught in 07_train_cartpole.
    """
    settings: dict[str, Any] = {}
    for item in dataclasses.fields(config):
        value, name = getattr(config, item.name), prefix + item.name
        is_group = dataclasses.is_dataclass(value)
        settings |= flatten(value, name + ".") if is_group else {name: value}
    return settings


def override(config: C, settings: Mapping[str, Any]) -> C:
    """Return a copy of `config` in which the settings, by dotted name, have new values.

    Raises:
        ValueError: an unknown name (the nearest right one is named) or a value that is
            not allowed.
        TypeError: a value of the wrong type.
    """
    known = flatten(config)
    for name in settings:
        if name not in known:
            raise Refused(f"unknown setting {name!r}: {nearest(name, known)}")
    changes: dict[str, Any] = {}
    hints = typing.get_type_hints(type(config))
    for item in dataclasses.fields(config):  # type: ignore[arg-type]
        group = item.name + "."
        if item.name in settings:
            changes[item.name] = _read(settings[item.name], hints[item.name])
        elif own := {n: v for n, v in settings.items() if n.startswith(group)}:
            own = {name.removeprefix(group): value for name, value in own.items()}
            changes[item.name] = override(getattr(config, item.name), own)
    return dataclasses.replace(config, **changes)  # type: ignore[type-var]


def _read(value: Any, wanted: Any) -> Any:
    """Read what YAML leaves as text or as a list: 1e-3 has no point and is a string to
    it.
    """
    if wanted is float and isinstance(value, str):
        try:
            return float(value)
        except ValueError:
            return value
    return tuple(value) if isinstance(value, list) else value


def take_format(content: Any, known: int, source: object) -> int:
    """Take the format number out of what a file holds, and return it; 0 if it has none.

    Args:
        content: of the file.
        known: the highest number that this version reads.
        source: the file.

    Raises:
        ValueError: a higher number, or none that is a whole one.
    """
    found = content.pop("format", 0) if isinstance(content, dict) else None
    if type(found) is not int or found < 0:
        raise Refused(f"{source} is no such file: format = {found!r}")
    if found > known:
        raise Refused(
            f"{source} has format {found}, and this is dqn-tutorial"
            f" {dqn_tutorial.__version__}, which reads formats up to {known}: a newer"
            " version of dqn-tutorial is needed to read it; nothing was changed"
        )
    return found


def renamed(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return settings of an older file by the names that they have today."""
    return {RENAMED.get(name, name): value for name, value in settings.items()}


def read_settings(path: Path) -> dict[str, Any]:
    """Return the settings of a file by their dotted names; errors as in
    `read_run_settings`.
    """
    return read_run_settings(path)[1]


def read_run_settings(path: Path) -> tuple[int, dict[str, Any]]:
    """Read a YAML or TOML file of settings, nested as in the configuration: its format
    number, and the settings by their dotted names.

    Raises:
        ValueError: no such file, another ending, a file that does not hold named
            settings, or one of a later version.
    """
    if path.suffix not in (".yaml", ".yml", ".toml"):
        refuse("config", str(path), "the file must end in .yaml, .yml or .toml")
    try:
        text = path.read_text(encoding="utf-8")
        nested = tomllib.loads(text) if path.suffix == ".toml" else yaml.safe_load(text)
    except (OSError, ValueError, RecursionError, yaml.YAMLError) as error:
        raise Refused(f"config = {str(path)!r} cannot be read: {error}") from error
    if not isinstance(nested, dict):
        raise Refused(
            f"config = {str(path)!r} holds no settings: write them as `training:` and"
            " `max_steps: 1000`"
        )
    return take_format(nested, RUN_FORMAT, path), renamed(_dotted(nested))


def _dotted(nested: Mapping[Any, Any], prefix: str = "") -> dict[str, Any]:
    settings: dict[str, Any] = {}
    for key, value in nested.items():
        name = prefix + str(key).replace("-", "_")
        is_group = isinstance(value, dict) and prefix.count(".") < 3
        settings |= _dotted(value, name + ".") if is_group else {name: value}
    return settings


def write_settings(config: Settings, path: Path) -> None:
    """Write every setting, resolved, as YAML that `read_settings` reads back."""
    nested = {"format": RUN_FORMAT, **dataclasses.asdict(config)}
    path.write_text(yaml.safe_dump(nested, sort_keys=False), encoding="utf-8")
