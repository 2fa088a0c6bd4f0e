"""What a learner has done, in a small file beside the notebooks."""

import json
import os
from pathlib import Path
from typing import Any

from dqn_tutorial.checkpoint import reading, write_whole
from dqn_tutorial.config import take_format

PROGRESS_FORMAT = 1  # of the file; the first had no number: 0
# begins the names of questions: their one refusal is the answer, right or wrong
ASKED = "ask."


def logbook_path() -> Path:
    """Return where progress is kept: `progress.json` in the notebook's folder, or what
    DQN_TUTORIAL_PROGRESS names.
    """
    return Path(os.environ.get("DQN_TUTORIAL_PROGRESS", "progress.json"))


def read(path: Path) -> dict[str, dict[str, Any]]:
    """Return for each attempted exercise `correct`, `attempts`, `refusals`, the keys of
    its refusals in order, and `help`, the steps of help in order; for an answered
    question likewise, by `ASKED` and its name.

    Raises:
        ValueError: the file is there but does not hold progress, or is of a later
            version.
    """
    if not path.exists():
        return {}
    with reading(path):
        content = json.loads(path.read_text(encoding="utf-8"))
        take_format(content, PROGRESS_FORMAT, path)
        return {
            str(name): {
                "correct": bool(entry["correct"]),
                "attempts": int(entry["attempts"]),
                "refusals": [str(key) for key in entry["refusals"]],
                "help": [str(step) for step in entry.get("help", [])],
            }
            for name, entry in content.items()
        }


def note(name: str, correct: bool, key: str) -> None:
    """Add an attempt at an exercise. What was once solved stays solved."""
    content, entry = _entry(name)
    if not entry["correct"]:  # only the way to the first success counts
        entry["attempts"] += 1
        entry["correct"] = correct
        entry["refusals"] += [key] if key else []
    _write(content)


def note_help(name: str, step: str) -> None:
    """Add a step of help, where it can be kept."""
    try:
        content, entry = _entry(name)
        entry["help"].append(step)
        _write(content)
    except (OSError, ValueError):  # must not cost the learner the help
        return


def _entry(name: str) -> tuple[dict[str, dict[str, Any]], dict[str, Any]]:
    content = read(logbook_path())
    new = {"correct": False, "attempts": 0, "refusals": [], "help": []}
    return content, content.setdefault(name, new)


def _write(content: dict[str, dict[str, Any]]) -> None:
    numbered = {"format": PROGRESS_FORMAT, **content}
    write_whole(logbook_path(), json.dumps(numbered, indent=1) + "\n")
