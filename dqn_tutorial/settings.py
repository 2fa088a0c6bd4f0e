"""Settings by their dotted names, such as `training.max_steps`: list them, or change
some in a copy.
"""

import dataclasses
import typing
from collections.abc import Mapping
from typing import Any, TypeVar

from dqn_tutorial.config import nearest

C = TypeVar("C")


def flatten(config: Any, prefix: str = "") -> dict[str, Any]:
    """Return every setting by its dotted name, such as `training.max_steps`, in the
    order of the fields.

    Taught in 07_train_cartpole.
    """
    settings: dict[str, Any] = {}
    for item in dataclasses.fields(config):
        value = getattr(config, item.name)
        name = prefix + item.name
        settings |= (
            flatten(value, name + ".")
            if dataclasses.is_dataclass(value)
            else {name: value}
        )
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
            raise ValueError(f"unknown setting {name!r}: {nearest(name, known)}")
    return _rebuild(config, settings, "")


def _rebuild(config: C, settings: Mapping[str, Any], prefix: str) -> C:
    changes: dict[str, Any] = {}
    hints = typing.get_type_hints(type(config))
    for item in dataclasses.fields(config):  # type: ignore[arg-type]
        old, name = getattr(config, item.name), prefix + item.name
        if dataclasses.is_dataclass(old):
            changes[item.name] = _rebuild(old, settings, name + ".")
        elif name in settings:
            changes[item.name] = _from_text(settings[name], hints[item.name])
    return dataclasses.replace(config, **changes)  # type: ignore[type-var]


def _from_text(value: Any, wanted: Any) -> Any:
    """Read what YAML leaves as text or as a list: 1e-3 has no point and is a string to
    it.
    """
    if wanted is float and isinstance(value, str):
        try:
            return float(value)
        except ValueError:
            return value
    return tuple(value) if isinstance(value, list) else value
