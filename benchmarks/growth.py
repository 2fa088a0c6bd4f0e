"""How the cost of training grows with seeds, environments, width and memory, one at a
time. See README.md here.

`python benchmarks/growth.py --help` lists the options; results/ takes a table, a
picture and the raw numbers.
"""

import csv
import itertools
import json
import math
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import tyro
from harness import FOLDER, machine, peak_mib, run_job
from report import markdown
from tqdm import tqdm

from dqn_tutorial import get_model, make_config, train
from dqn_tutorial.agent import Agent
from dqn_tutorial.classroom.pictures.figures import BLUE, GREY, new_figure, png

WARM_UP = 1_000  # environment steps before the clock starts
# setting: what it is, and its values; all else as in the preset
GROWING: dict[str, tuple[str, list[int]]] = {
    "n_seeds": ("independent seeds", [1, 2, 4, 8, 16, 32, 64, 128]),
    "n_envs": ("environments of one seed", [1, 2, 4, 8, 16, 32, 64, 128]),
    "width": ("units in each hidden layer", [16, 32, 64, 128, 256, 512]),
    "buffer_size": ("transitions in memory", [1_000, 10_000, 100_000, 1_000_000]),
}


@dataclass(frozen=True)
class Options:
    """Measure every point in a fresh process and write results/growth.md, .png and
    .csv.
    """

    seconds: float = 2.0
    """How long to train at each point, after a warm-up."""
    quick: bool = False
    """Every second point, for a fifth of the time."""
    out: Path = FOLDER / "results"
    """Folder to write to."""


def measure(setting: str, value: int, seconds: float) -> dict[str, Any]:
    """Train on CartPole with one setting changed; return milliseconds per update and
    microseconds per step.

    The time of an update holds its share of everything: acting, the environments,
    storing, sampling, learning.
    """
    changes: dict[str, Any] = {setting: value, "max_steps": 10_000_000}
    if setting == "n_envs":
        # an update for each vector step, as in the preset
        changes["update_ratio"] = 1 / value
    config = make_config("cartpole", **changes)
    agent = get_model(config)
    fill(agent)
    started, first = 0.0, (0, 0)
    for record in train(agent):
        if not started and record.step >= WARM_UP and record.n_updates > 20:
            started, first = time.perf_counter(), (record.step, record.n_updates)
        elif started and time.perf_counter() - started > seconds:
            break
    spent, updates = time.perf_counter() - started, record.n_updates - first[1]
    steps = (record.step - first[0]) * config.training.n_seeds
    return {
        "setting": setting,
        "value": value,
        "ms_per_update": 1e3 * spent / updates,
        "us_per_step": 1e6 * spent / steps,
        "peak_mib": peak_mib(),
    }


def fill(agent: Agent) -> None:
    """Fill the memory, so that its whole size is used, with steps that end an episode
    now and then.
    """
    memory, rng = agent.experience_memory, np.random.default_rng(0)
    shape = (memory.n_agents, memory.n_envs)
    for _ in range(memory.length):
        state = rng.uniform(-0.05, 0.05, (*shape, 4))
        memory.store(
            state,
            rng.integers(2, size=shape),
            np.full(shape, 0.03),
            state,
            rng.random(shape) < 0.02,
            np.zeros(shape, bool),
        )


def slopes(rows: Sequence[dict[str, Any]], column: str) -> list[float]:
    """Return between neighbours the exponent of growth: 0 costs nothing more, 1 is in
    proportion.
    """
    return [
        math.log(b[column] / a[column]) / math.log(b["value"] / a["value"])
        for a, b in itertools.pairwise(rows)
    ]


def bend(rows: Sequence[dict[str, Any]], column: str) -> str:
    """Say from which value on the cost grows with an exponent above a half, and stays
    so.
    """
    exponents = slopes(rows, column)
    start = next((i for i in range(len(exponents)) if min(exponents[i:]) > 0.5), None)
    return (
        "flat so far" if start is None else f"bends at about {rows[start]['value']:,}"
    )


def write_report(rows: Sequence[dict[str, Any]], out: Path) -> str:
    """Write the table, the picture and the numbers; return the text."""
    with (out / "growth.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    figure, panels = new_figure(width=11, height=2.8, columns=len(GROWING))
    parts = []
    for axes, (setting, (words, _)) in zip(panels, GROWING.items(), strict=True):
        of_setting = [row for row in rows if row["setting"] == setting]
        x, y = (
            [row[name] for row in of_setting] for name in ("value", "ms_per_update")
        )
        axes.loglog(x, y, "o-", color=BLUE)
        axes.loglog(x, [y[-1] * value / x[-1] for value in x], ":", color=GREY)
        axes.set(xlabel=words, ylim=(0.3, 100))
        axes.set_xticks(x[::2], [f"{value:,}" for value in x[::2]], minor=False)
        axes.set_xticks([], minor=True)
        parts.append(
            f"### {words.capitalize()} (`{setting}`):"
            f" {bend(of_setting, 'ms_per_update')}"
        )
        head = [words, "ms per update", "µs per step of one seed", "peak memory, MiB"]
        body = [
            [
                f"{row['value']:,}",
                f"{row['ms_per_update']:.2f}",
                f"{row['us_per_step']:.1f}",
                f"{row['peak_mib']:.0f}",
            ]
            for row in of_setting
        ]
        parts.append(markdown(head, body))
    panels[0].set_ylabel("ms per update")
    (out / "growth.png").write_bytes(png(figure))
    alt = (
        "Milliseconds per update over seeds, environments, width and memory, on"
        " logarithmic axes: "
    )
    alt += "; ".join(part.removeprefix("### ") for part in parts[::2])
    text = [
        "# How the cost grows",
        f"![{alt}](growth.png)",
        (
            "One setting is changed at a time, the rest is the preset for CartPole,"
            " with one PyTorch thread. An update is that of all seeds at once, with its"
            " share of acting and storing; dotted: growth in proportion. It bends where"
            " the exponent of growth passes a half and stays above it."
        ),
        f"Measured on {machine()}",
        *parts,
    ]
    (out / "growth.md").write_text("\n\n".join(text) + "\n", encoding="utf-8")
    return "\n\n".join(text[3:])


def main(options: Options) -> None:
    """Measure all points, each in a fresh process, and write what was found."""
    every, seconds = (2, options.seconds / 5) if options.quick else (1, options.seconds)
    points = [
        (setting, value)
        for setting, (_, values) in GROWING.items()
        for value in values[::every]
    ]
    options.out.mkdir(parents=True, exist_ok=True)
    rows = [
        run_job("growth.py", {"setting": setting, "value": value, "seconds": seconds})
        for setting, value in tqdm(points, unit="point")
    ]
    print(write_report(rows, options.out))


if __name__ == "__main__":
    # a process that `run_job` started
    if len(sys.argv) > 1 and sys.argv[1].startswith("{"):
        print(json.dumps(measure(**json.loads(sys.argv[1]))))
    else:
        main(tyro.cli(Options, description=__doc__))
