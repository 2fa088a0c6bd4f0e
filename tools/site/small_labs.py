"""The small labs in a page without a kernel: each answer computed in advance.

Usage: python -m tools.site.small_labs [LAB ...]    compute answers/LAB.json anew, for
all labs some minutes
"""

import json
import subprocess
import sys
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
from ipywidgets import Dropdown
from tqdm import tqdm

from dqn_tutorial.classroom import live
from dqn_tutorial.classroom.live.small import Answer, SmallLab, label_of

ANSWERS = Path(__file__).with_name("answers")
LABS = (
    "gamma_lab step_size_lab network_lab correlation_lab target_lab epsilon_lab"
    " ensemble_lab"
).split()


def values_of(control: Any) -> list[Any]:
    """Return what a control can be set to."""
    return [one[1] if isinstance(one, tuple) else one for one in control.options]


def settings(lab: SmallLab) -> Iterator[dict[str, Any]]:
    """Yield all settings of a lab; the last control's value changes fastest."""
    for values in product(*map(values_of, lab.controls.values())):
        yield dict(zip(lab.controls, values, strict=True))


def controls_of(lab: SmallLab) -> list[dict[str, Any]]:
    """Return what the page needs to know of each control."""
    return [
        {
            "label": control.description,
            "hint": control.tooltip,
            "options": [label_of(control, value) for value in values_of(control)],
            "start": values_of(control).index(control.value),
            "is_list": isinstance(control, Dropdown),
        }
        for control in lab.controls.values()
    ]


def compact(value: Any) -> Any:
    """Return an answer as JSON has it, numbers with three digits."""
    if isinstance(value, dict):
        return {name: compact(one) for name, one in value.items()}
    if isinstance(value, list | np.ndarray):
        return [*map(compact, value)]
    if isinstance(value, float):
        short = float(f"{value:.3g}")
        return int(short) if short.is_integer() and abs(short) < 1e6 else short
    return value


def computed(lab: SmallLab, answers: list[Answer]) -> dict[str, Any]:
    """Return the file of a lab: what all its answers share, and the rest of each."""
    first = answers[0]
    shared = {
        name: value
        for name, value in first.items()
        if isinstance(value, str | int | list)
        and all(np.array_equal(one[name], value) for one in answers)
    }
    own = [{name: one[name] for name in first if name not in shared} for one in answers]
    for one in own:
        if "values" in one:  # of a grid: as they are written there, rounded once
            one["values"] = one["values"].round(2) + 0.0
    about = {"question": lab.question, "alt": lab.alt}
    return about | {
        "controls": controls_of(lab),
        "shared": shared,
        "answers": compact(own),
    }


def data(name: str) -> str:
    """Return, as JSON, what `small_lab.js` needs to play a lab."""
    return (ANSWERS / f"{name}.json").read_text(encoding="utf-8")


def main() -> None:
    """Compute the files of the labs that are named, or of all."""
    describe = ["git", "describe", "--always", "--dirty"]  # before a file is written
    commit = subprocess.run(describe, capture_output=True, text=True).stdout.strip()
    for name in sys.argv[1:] or LABS:
        lab: SmallLab = getattr(live, name)()
        todo = tqdm(list(settings(lab)), desc=name)
        answers = [lab.answer(lambda share: None, **values) for values in todo]
        told = {"commit": commit, **computed(lab, answers)}
        text = json.dumps(told, separators=(",", ":"))
        (ANSWERS / f"{name}.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
