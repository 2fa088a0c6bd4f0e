"""What the live lab's pictures cost the training, and how many the page shows, in a
real browser. See README.md here.

`python benchmarks/live.py` needs Chromium and five minutes; results/live.md takes the
tables.
"""

import json
import math
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tyro
from harness import FOLDER, machine
from report import markdown

from dqn_tutorial.classroom.live import LiveLab

sys.path.insert(0, str(FOLDER.parent))  # for the helpers of the browser tests

# of each run of a pair, which take turns: the speed of a machine changes from second to
# second
SLICES = 6
COUNT_FRAMES = """seconds => new Promise(done => {
  let [shown, is_new, start] = [0, false, performance.now()];
  const options = {attributes: true, attributeFilter: ["data-frames"]};
  const watched = document.querySelector(".live-view");
  new MutationObserver(() => { is_new = true; }).observe(watched, options);
  const look = () => {
    if (is_new) { shown += 1; is_new = false; }
    const passed = (performance.now() - start) / 1000;
    if (passed > seconds) done(shown / passed); else requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
})"""


@dataclass(frozen=True)
class Options:
    """Measure in JupyterLab in Chromium and write results/live.md."""

    pairs: int = 5
    """How many pairs of runs, with pictures and without."""
    seconds: float = 2.0
    """How long each slice of a run is."""
    out: Path = FOLDER / "results"
    """Folder to write to."""


def lab(frames_per_second: float) -> LiveLab:
    """Return a lab that trains as fast as it can."""
    fast = LiveLab(frames_per_second=frames_per_second)
    fast.worker.speed = math.inf
    return fast


def measure(labs: dict[str, LiveLab], pairs: int, seconds: float) -> None:
    """Let the labs, which are on the page, take turns; print the steps a second of
    each, once for each pair.
    """
    for one in labs.values():
        one.worker.tell("start")
        while step_of(one) < 2_000:
            time.sleep(0.1)
        one.worker.tell("pause")
    for pair in range(pairs):
        speeds: dict[str, list[float]] = {name: [] for name in labs}
        for turn in range(SLICES):
            for name in list(labs)[:: 1 if (pair + turn) % 2 else -1]:
                speeds[name].append(speed_of(labs[name], seconds))
        print(
            json.dumps(
                {name: statistics.fmean(values) for name, values in speeds.items()}
            ),
            flush=True,
        )
    for one in labs.values():
        one.close()


def step_of(one: LiveLab) -> int:
    """Return the environment steps of its run."""
    return one.worker.run.step if one.worker.run else 0


def speed_of(one: LiveLab, seconds: float) -> float:
    """Let it go on for a while, at least until it has moved, and return its steps a
    second.
    """
    one.worker.tell("start")
    time.sleep(0.5)
    first, started = step_of(one), time.perf_counter()
    time.sleep(seconds)
    while (now := step_of(one)) == first:
        time.sleep(0.1)
    speed = (now - first) / (time.perf_counter() - started)
    one.worker.tell("pause")
    time.sleep(0.7)  # until its picture is drawn
    return speed


@contextmanager
def page_with(*cells: str) -> Iterator[Any]:
    """Open a notebook of these cells in JupyterLab and run all but the last."""
    from tests.jupyter import (
        chromium,
        jupyter_lab,
        open_notebook,
        run_cell,
        select_cell,
        write_notebook,
    )

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "notebooks").mkdir()
        own = f"import sys\nsys.path.insert(0, {str(FOLDER)!r})\nimport live"
        write_notebook(folder / "notebooks" / "live.ipynb", own, *cells)
        with jupyter_lab(folder) as lab, chromium() as browser:
            page = browser.new_page(viewport={"width": 1280, "height": 1100})
            open_notebook(page, lab, "live")
            for number in range(len(cells)):
                select_cell(page, number)
                run_cell(page)
            select_cell(page, len(cells))
            page.locator(".live-words").first.wait_for()
            yield page


def paired(options: Options) -> list[dict[str, float]]:
    """Return steps a second with pictures and without, for each pair."""
    from tests.jupyter import menu, wait_until_idle

    labs = "labs = {'with': live.lab(8), 'without': live.lab(1e-9)}\nlabs['with']"
    call = f"live.measure(labs, {options.pairs}, {options.seconds})"
    with page_with(labs, "labs['without']", call) as page:
        menu(page, "Run", "Run Selected Cell")
        page.wait_for_timeout(2_000)
        wait_until_idle(page, 60 + options.pairs * 2 * SLICES * (options.seconds + 2))
        texts = (
            page.locator(".jp-CodeCell")
            .nth(3)
            .locator(".jp-OutputArea-output")
            .all_inner_texts()
        )
    return [json.loads(line) for text in texts for line in text.splitlines() if line]


def frames(speed: float) -> float:
    """Return how many frames a second the page shows of a lab that draws as often as it
    can.
    """
    show = f"lab = live.lab(1_000)\nlab.worker.speed = float('{speed}')\nlab"
    with page_with(show, "lab.close()") as page:
        page.locator("button.jupyter-button", has_text="Start").click()
        page.wait_for_timeout(4_000)
        return float(page.evaluate(COUNT_FRAMES, 8))


def main(options: Options) -> None:
    """Measure both and write what was found."""
    rows = paired(options)
    kept = [row["with"] / row["without"] for row in rows]
    body = [
        [f"{row['with']:,.0f}", f"{row['without']:,.0f}", f"{k:.3f}"]
        for row, k in zip(rows, kept, strict=True)
    ]
    shown = [
        ["500 steps a second", f"{frames(500):.0f}"],
        ["as fast as it can", f"{frames(math.inf):.0f}"],
    ]
    text = [
        "# What the live lab's pictures cost",
        (
            "JupyterLab in Chromium without a graphics card, on the machine that"
            f" trains. Each row is a pair of runs that took turns, {SLICES} times"
            f" {options.seconds:g} seconds each: with 8 frames a second, and with none."
        ),
        f"Measured on {machine()}",
        markdown(["steps a second with pictures", "without", "kept"], body),
        f"Median kept: {statistics.median(kept):.3f}.",
        (
            "Frames a second that the page shows of a lab that draws as often as it"
            " can, while it trains:"
        ),
        markdown(["trains", "frames a second"], shown),
    ]
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / "live.md").write_text("\n\n".join(text) + "\n", encoding="utf-8")
    print("\n\n".join(text[3:]))


if __name__ == "__main__":
    main(tyro.cli(Options, description=__doc__))
