"""DQN in a web page, by the worker that the site has: how soon CartPole is solved in
the browser, whether it stays so, and how fast a slider is obeyed. See README.md here.

`python benchmarks/page.py` needs Chromium and twenty minutes; results/page.md takes the
tables, page.csv every run's row. A seed that has its row there is not trained again.
"""

import csv
import math
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import tyro
from cartpole import write_rows
from harness import FOLDER, SOLVED_AT, machine
from report import LATER, Row, column, ended_solved, markdown, solved_once, spread
from tasks import commit
from tqdm import tqdm

sys.path.insert(0, str(FOLDER.parent))  # for the site and the browser tests' helpers

# trains one seed to the end of its budget, as fast as the worker can
TRAIN = """([source, seed]) => new Promise((done, fail) => {
  const worker = new Worker(URL.createObjectURL(new Blob([source])));
  const row = {seed}, evaluations = [];
  let begun;
  worker.onerror = (error) => fail(error.message);
  worker.onmessage = ({data: [frame]}) => {
    const seconds = (performance.now() - begun) / 1000;
    if (frame.state === "failed") fail(frame.words);
    evaluations.push(...frame.evaluations);
    if (frame.solved) {
      row.solve_seconds = seconds;
      [row.solve_steps, row.solve_updates] = [frame.solved.step, frame.solved.updates];
    }
    if (frame.end === undefined) return;
    worker.terminate();
    const {end: end_return, step: steps, updates} = frame;
    done({...row, end_return, seconds, steps, updates, evaluations});
  };
  worker.postMessage({type: "open", settings: {seed}});
  worker.postMessage({type: "speed", value: "full"});
  begun = performance.now();
  worker.postMessage({type: "tell", command: "start"});
})"""
# milliseconds from each of 100 messages to the frame that shows the value in use
MOVE = """([source, speed]) => new Promise((done) => {
  const worker = new Worker(URL.createObjectURL(new Blob([source]))), delays = [];
  let asked, value = null, isAsked = false;
  const move = () => {
    [asked, value] = [performance.now(), 0.9 + delays.length / 2000];
    worker.postMessage({type: "move", name: "gamma", value});
  };
  worker.onmessage = ({data: [frame]}) => {
    if (!isAsked && frame.updates > 30) { isAsked = true; move(); }
    if (frame.gamma !== value) return;
    delays.push(performance.now() - asked);
    value = null; // until the next move, at odd moments
    if (delays.length === 100) { worker.terminate(); done(delays); }
    else setTimeout(move, 17 * (1 + delays.length % 3));
  };
  worker.postMessage({type: "open"});
  worker.postMessage({type: "speed", value: speed});
  worker.postMessage({type: "tell", command: "start"});
})"""


@dataclass(frozen=True)
class Options:
    """Train in Chromium, one seed after another, and write results/page.md and .csv."""

    first_seed: int = 1_000
    """First seed."""
    n_seeds: int = 100
    """How many."""
    out: Path = FOLDER / "results"
    """Folder to write to."""


def train(page: Any, source: str, seed: int) -> dict[str, Any]:
    """Return the row of one seed; what was not reached is nan."""
    row: dict[str, Any] = page.evaluate(TRAIN, [source, seed])
    solved_at = row.setdefault("solve_steps", math.nan)
    for name in ("solve_seconds", "solve_updates"):
        row.setdefault(name, math.nan)
    later = [
        mean >= SOLVED_AT for step, mean in row.pop("evaluations") if step > solved_at
    ]
    return row | {"later_share": float(np.mean(later)) if later else math.nan}


def rows_of(path: Path) -> list[Row]:
    """Return the rows that are there already."""
    if not path.exists():
        return []
    with path.open(newline="", encoding="utf-8") as file:
        table = [
            {name: float(v) for name, v in row.items()} for row in csv.DictReader(file)
        ]
    return [row | {"seed": int(row["seed"])} for row in table]


def report(rows: Sequence[Row], delays: dict[str, list[float]], browser: str) -> str:
    """Return what is told of the runs."""
    found = [
        ["solved", solved_once(rows)],
        ["wall seconds to the first solve", spread(column(rows, "solve_seconds"), 2)],
        ["updates to the first solve", spread(column(rows, "solve_updates"), 0)],
        ["environment steps to it", spread(column(rows, "solve_steps"), 0)],
        [f"end at {SOLVED_AT:g} or more", ended_solved(rows)],
        ["greedy mean at the end", spread(column(rows, "end_return"), 0)],
        [LATER, spread(column(rows, "later_share"), 0, 100)],
        ["wall seconds of the whole budget", spread(column(rows, "seconds"))],
    ]
    moves = [[name, spread(values, 0)] for name, values in delays.items()]
    below = [row["seed"] for row in rows if not row["end_return"] >= SOLVED_AT]
    words = (
        f"Ended below {SOLVED_AT:g}: seeds {', '.join(map(str, below))}."
        if below
        else ""
    )
    parts = [
        "# DQN in a web page",
        (
            "CartPole-v1 by `tools/site/plain.js` with the preset's settings, in the"
            f" site's worker at full speed, in Chromium {browser} without a window,"
            f" seeds {rows[0]['seed']} to {rows[-1]['seed']}. Median"
            " [smallest, largest]; in brackets after a count the lower end of its 95 %"
            " Wilson interval. Solved: a greedy evaluation, one every 1,600 steps, has"
            f" a mean of at least {SOLVED_AT:g} over 20 fresh episodes and over 100"
            " more; seconds are the reader's, evaluations among them. At the end: the"
            " last weights over 100 fresh episodes."
        ),
        (
            f"Measured on {machine()} Commit {commit()}. Load average at the end:"
            f" {os.getloadavg()[1]:.0f}; of a quiet machine it would be 1, and the"
            " seconds fewer."
        ),
        markdown(["", "found"], found),
        words,
        (
            "Milliseconds from a slider's message to the frame that shows its value in"
            " use, 100 moves each; the worker sends at most 30 frames a second:"
        ),
        markdown(["speed", "milliseconds"], moves),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def main(options: Options) -> None:
    """Measure and write what was found."""
    from tests.jupyter import chromium
    from tools.site.bundle import classic

    site = FOLDER.parent / "tools" / "site"
    source = "".join(classic(site / name) for name in ("plain.js", "worker.js"))
    seeds = range(options.first_seed, options.first_seed + options.n_seeds)
    options.out.mkdir(parents=True, exist_ok=True)
    rows = rows_of(options.out / "page.csv")
    there = {row["seed"] for row in rows}
    with chromium() as browser:
        page = browser.new_page()
        for seed in tqdm([seed for seed in seeds if seed not in there], unit="run"):
            rows.append(train(page, source, seed))
            write_rows(rows, options.out / "page.csv")
        speeds: dict[str, float | str] = {"x1": 1, "full": "full"}
        delays = {
            name: page.evaluate(MOVE, [source, speed]) for name, speed in speeds.items()
        }
        text = report(rows, delays, browser.version)
    (options.out / "page.md").write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main(tyro.cli(Options, description=__doc__))
