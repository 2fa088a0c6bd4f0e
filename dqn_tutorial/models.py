"""The registry: a model's name to its classes. A literal table, and one call that adds
to it.
"""

import importlib.util
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import psutil  # type: ignore[import-untyped]
from torch import nn

from dqn_tutorial.agent import DQN, Agent
from dqn_tutorial.config import (
    DQNConfig,
    DQNCriticConfig,
    MainConfig,
    Refused,
    flatten,
    nearest,
    override,
    refuse,
    renamed,
)
from dqn_tutorial.critic import DoubleDQNCritic, DQNCritic
from dqn_tutorial.envs import NEEDS_A_VECTOR, EnvSpec, env_id, env_spec, import_env
from dqn_tutorial.nets import DQNNet
from dqn_tutorial.presets import PRESETS

T = TypeVar("T")
IMPORTED = "imported_"  # begins the name of a learner's file among the modules


@dataclass(frozen=True)
class DDQNConfig(DQNConfig):
    """Double DQN: DQN with another target. Source: van Hasselt et al. (2016)."""

    # Registered name of the model.
    name: str = "ddqn"
    # The critic.
    critic: DQNCriticConfig = field(
        default_factory=lambda: DQNCriticConfig(critic_type="DoubleDQNCritic")
    )


MODELS: dict[str, tuple[type[DQN], type[DQNConfig]]] = {
    "dqn": (DQN, DQNConfig),
    "ddqn": (DQN, DDQNConfig),
}
CRITICS: dict[str, type[DQNCritic]] = {
    "DQNCritic": DQNCritic,
    "DoubleDQNCritic": DoubleDQNCritic,
}
ARCHS: dict[str, Callable[..., nn.Module]] = {"DQNNet": DQNNet}
_BUILT_IN = {*MODELS, *CRITICS, *ARCHS}


def register(
    name: str,
    agent: type[DQN] = DQN,
    config: type[DQNConfig] = DQNConfig,
    critic: type[DQNCritic] | None = None,
    arch: Callable[..., nn.Module] | None = None,
) -> None:
    """Add a model: its agent and config class by `name`, its critic and network class
    by their own names.

    Registering a name again takes the new classes, so that a notebook cell can be run
    twice.

    Args:
        name: of the model.
        agent: its agent class.
        config: its config class, with that name as default.
        critic: its critic class, if it has one of its own.
        arch: builds one network from (dim_state, dim_act, depth, width, act, has_norm,
            generator). Its weights must be drawn from `generator`, or a seed does not
            repeat a run. They may be in `nn.Linear` and `nn.LayerNorm`; the rest of
            `forward` sees `[K, B, .]` and must count axes from the end, as said in
            `nets.stack`.

    Raises:
        ValueError: the name of a built-in model, critic or network; a config whose
            default name is another one.

    Taught in 10_build_your_own_model.
    """
    named: list[tuple[dict[str, Any], str, Any]] = [(MODELS, name, (agent, config))]
    named += [(CRITICS, critic.__name__, critic)] if critic else []
    named += [(ARCHS, getattr(arch, "__name__", str(arch)), arch)] if arch else []
    for _, key, _ in named:
        if key in _BUILT_IN:
            raise Refused(f"{key!r} is a built-in name: choose another for your own")
    if config().name != name:
        raise Refused(
            f"{config.__name__}.name defaults to {config().name!r}: it must be"
            f" {name!r}, as registered"
        )
    for table, key, value in named:
        table[key] = value


def get_model(config: MainConfig) -> Agent:
    """Return a fresh agent of the configured model for the configured environment.

    Raises:
        ValueError: an unknown model, critic, network or environment, or one that DQN
            cannot learn; a model's name over the settings of another; the reason is
            given.

    Taught in 10_build_your_own_model.
    """
    model = config.model
    agent_class, config_class = look_up(MODELS, "model.name", model.name)
    if type(model) is not config_class:  # one that inherits from it is of another model
        raise Refused(
            f"model.name = {model.name!r} is not allowed in a {type(model).__name__}:"
            f" it must be in a {config_class.__name__} as now registered;"
            f" make_config(model={model.name!r}) makes one"
        )
    critic_class = look_up(
        CRITICS, "model.critic.critic_type", model.critic.critic_type
    )
    arch = look_up(ARCHS, "model.critic.arch", model.critic.arch)
    spec = env_spec(config.env.name, config.env.reward_scale)
    n_copies = config.training.n_envs * config.training.n_seeds
    if spec.one_copy and n_copies > 1:
        raise Refused(
            f"training.n_envs x training.n_seeds = {n_copies} is not allowed for"
            f" env.name = {config.env.name!r}: there can be one copy of it at a time"
        )
    if arch is DQNNet and not isinstance(spec.dim_state, int):
        raise Refused(
            f"env.name = {config.env.name!r} has observations of shape"
            f" {spec.dim_state}: {NEEDS_A_VECTOR}"
        )
    _refuse_too_large(config, spec)
    critic = critic_class(config, spec.dim_state, spec.dim_act, arch)
    return agent_class(config, critic)


def _refuse_too_large(config: MainConfig, spec: EnvSpec) -> None:
    """Raise an error if a part would not fit into the machine's memory, before it is
    built. Sizes in bytes, rather too small: what might run is not refused.
    """
    t, c = config.training, config.model.critic
    of_state, networks = np.prod(spec.dim_state, dtype=float), t.n_seeds * c.n_members
    layer = c.width * 4 * 5.0  # weight, its target and gradient, two means of Adam
    n_weights = c.width * max(c.depth - 1, 0) + of_state + spec.dim_act
    parts = {
        "training.buffer_size": t.n_seeds * (2 * of_state * spec.itemsize + 15.0),
        "training.batch_size": t.n_seeds * (8 * of_state + 30.0 * t.n_step)
        + networks * c.depth * c.width * 8.0,
        "training.n_envs": t.n_seeds * 1e3,
        "training.eval_episodes": t.n_seeds * 100.0,
        "model.critic.width": networks * layer / c.width * n_weights,
        "training.n_seeds": c.n_members * c.depth * 1e3,
    }
    settings, here = flatten(config), float(psutil.virtual_memory().total)
    for name, of_one in parts.items():
        if (needed := settings[name] * of_one) > here:
            refuse(
                name,
                settings[name],
                f"with n_seeds = {t.n_seeds}, n_members = {c.n_members} and n_step ="
                f" {t.n_step} it needs {needed / 2**30:,.0f} GiB of memory, and this"
                f" machine has {here / 2**30:,.0f}",
            )


def look_up(table: Mapping[str, T], field_name: str, name: str) -> T:
    """Return the entry of that name. Raises a ValueError with the nearest name if there
    is none.
    """
    if not isinstance(name, str):
        refuse(field_name, name, "it must be a name")
    if name not in table:
        raise Refused(
            f"{field_name} = {name!r} is not registered: {nearest(name, table)}"
        )
    return table[name]


def import_file(path: Path) -> None:
    """Run a learner's Python file, which registers a model. Raises a ValueError if
    there is none.

    Taught in 10_build_your_own_model.
    """
    # its own: a file called copy.py must not take the place of Python's copy
    name = IMPORTED + path.stem
    spec = importlib.util.spec_from_file_location(name, path)
    if not path.is_file() or spec is None or spec.loader is None:
        raise Refused(f"import = {str(path)!r} is not a Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses look their module up by its name
    spec.loader.exec_module(module)


def import_words() -> list[str]:
    """Return the words of a command line that run the imported files again."""
    names = [name for name in sys.modules if name.startswith(IMPORTED)]
    return [f"--import {sys.modules[name].__file__}" for name in names]


def make_config(
    env: str = "cartpole", model: str = "dqn", **overrides: Any
) -> MainConfig:
    """Return the settings for an environment and a model: the model's defaults, then
    the environment's preset, then `overrides` by their last name, as in
    `make_config("cartpole", max_steps=10_000, tau=1.0)`, or by their dotted name, as in
    `make_config(**{"model.tau": 1.0})`. The module of an `env` such as `module:Name-v0`
    is imported first.

    Raises:
        ValueError: an unknown name, with the nearest right one; a last name that
            several settings have; a value that is not allowed.

    Taught in 07_train_cartpole.
    """
    config, preset = default_config(model), preset_of(import_env(env))
    names = [name for name in flatten(config) if name not in ("model.name", "env.name")]
    last = {name: name.rpartition(".")[2] for name in names}
    dotted = {}
    for name, value in overrides.items():
        found = [name] if name in names else [n for n in names if last[n] == name]
        if not found:
            hint = nearest(name, [*last.values(), *names])
            raise Refused(f"unknown setting {name!r}: {hint}")
        if len(found) > 1:
            raise Refused(
                f"setting {name!r} may be any of {', '.join(found)}: give its dotted"
                f' name, as in make_config(**{{"{found[0]}": {value!r}}})'
            )
        dotted[found[0]] = value
    return override(config, preset | dotted)


def preset_of(env: str) -> dict[str, Any]:
    """Return what an environment wants changed, by dotted name; its name first."""
    changes = PRESETS.get(env_id(env), {})
    return {"env.name": env} | {name: one.value for name, one in changes.items()}


def default_config(model: str) -> MainConfig:
    """Return a model's defaults, without what an environment wants changed."""
    return MainConfig(model=look_up(MODELS, "model.name", model)[1]())


def saved_config(settings: Mapping[str, Any]) -> MainConfig:
    """Return the configuration that a file holds: its settings by dotted name, also by
    the names of older files; what is left out has its default.

    Raises:
        ValueError: a model that is not registered; as in `override`.
    """
    settings = renamed(settings)
    model = settings.get("model.name", DQNConfig.name)
    return override(default_config(model), settings)
