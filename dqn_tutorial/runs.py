"""A run on disk: its settings, its result, its metrics and its policy, written once and
never overwritten.
"""

import csv
import json
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml
from safetensors.torch import load_model, save_model

from dqn_tutorial.agent import Agent
from dqn_tutorial.config import MainConfig
from dqn_tutorial.models import get_model, make_config
from dqn_tutorial.settings import flatten, override


def new_folder(path: Path) -> Path:
    """Create the folder of a run.

    Raises:
        ValueError: it exists already, or cannot be created.
    """
    try:
        path.mkdir(parents=True)
    except OSError as error:
        raise ValueError(
            f"out = {str(path)!r} cannot be used, a run is never overwritten:"
            f" {error.strerror}"
        ) from error
    return path


def read_settings(path: Path) -> dict[str, Any]:
    """Read a YAML or TOML file of settings, nested as in the configuration, into dotted
    names.

    Raises:
        ValueError: no such file, another ending, or a file that does not hold named
            settings.
    """
    if path.suffix not in (".yaml", ".yml", ".toml"):
        raise ValueError(
            f"config = {str(path)!r} is not allowed: the file must end in .yaml, .yml"
            " or .toml"
        )
    try:
        text = path.read_text(encoding="utf-8")
        nested = tomllib.loads(text) if path.suffix == ".toml" else yaml.safe_load(text)
    except (OSError, tomllib.TOMLDecodeError, yaml.YAMLError) as error:
        raise ValueError(f"config = {str(path)!r} cannot be read: {error}") from error
    if not isinstance(nested, dict):
        raise ValueError(
            f"config = {str(path)!r} holds no settings: write them as `training:` and"
            " `max_steps: 1000`"
        )
    return _dotted(nested)


def _dotted(nested: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    settings: dict[str, Any] = {}
    for name, value in nested.items():
        name = prefix + str(name).replace("-", "_")
        settings |= (
            _dotted(value, name + ".") if isinstance(value, dict) else {name: value}
        )
    return settings


def write_settings(config: MainConfig, path: Path) -> None:
    """Write every setting, resolved, as YAML that `read_settings` reads back."""
    nested: dict[str, Any] = {}
    for dotted, value in flatten(config).items():
        *groups, name = dotted.split(".")
        place = nested
        for group in groups:
            place = place.setdefault(group, {})
        place[name] = list(value) if isinstance(value, tuple) else value
    path.write_text(yaml.safe_dump(nested, sort_keys=False), encoding="utf-8")


def write_table(rows: Sequence[Mapping[str, Any]], path: Path) -> None:
    """Write rows as CSV, empty where a row lacks a column."""
    columns = list(dict.fromkeys(name for row in rows for name in row))
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, columns)
        writer.writeheader()
        writer.writerows(rows)


def write_json(content: Mapping[str, Any], path: Path) -> None:
    """Write a JSON file for people to read too."""
    path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


def save_agent(agent: Agent, folder: Path) -> None:
    """Write the settings of an agent and the networks that act greedily. Source:
    safetensors.
    """
    write_settings(agent.config, folder / "config.yaml")
    networks = getattr(agent.critic, agent.config.model.critic.greedy_network)
    save_model(networks, str(folder / "policy.safetensors"))


def load_agent(folder: Path | str, device: str = "cpu") -> Agent:
    """Bring the agent of a run back; target and online networks are both the saved
    ones.

    Args:
        folder: of the run.
        device: where the networks are put, wherever they were trained.

    Raises:
        ValueError: the folder does not hold a run, its model is not registered, or the
            device is not there.

    Source: safetensors.
    """
    folder = Path(folder)
    policy = folder / "policy.safetensors"
    if not policy.is_file():
        raise ValueError(
            f"folder = {str(folder)!r} holds no trained run: there is no {policy.name}"
            " in it"
        )
    settings = read_settings(folder / "config.yaml") | {"training.device": device}
    agent = get_model(
        override(make_config(settings["env.name"], settings["model.name"]), settings)
    )
    for networks in (agent.critic.online, agent.critic.target):
        load_model(networks, policy)
    return agent
