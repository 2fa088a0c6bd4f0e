"""Measure how many learners a machine holds: open kernels one group after another, let
each import what the live lab needs and train, and read memory, seconds and speed.

Usage: python -m tools.room [--counts 2 4 8] [--out benchmarks/results/room.md]
(Linux; it ends early when memory or its time runs short, and says so)
"""

import argparse
import math
import subprocess
import time
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

import nbformat
import psutil
from jupyter_client import BlockingKernelClient, KernelManager

ROOT = Path(__file__).parent.parent
MIB, GIB = 2**20, 2**30
PATIENCE = 300.0  # seconds for one cell
LAB_SECONDS, ASKED = 6, 500  # steps a second
TRAINING = """from dqn_tutorial import get_model, make_config, train
for _ in train(get_model(make_config("cartpole", max_steps=10_000))):
    pass"""
# assumed: a server of one learner, kernels that stay open, the share that trains
SERVER_MIB, KERNELS_OPEN, TRAIN_AT_ONCE = 150, 1.5, 1 / 3


class Kernel(NamedTuple):
    """A kernel as JupyterLab starts one for a notebook."""

    manager: KernelManager
    client: BlockingKernelClient
    process: psutil.Process


class Reading(NamedTuple):
    """What a number of kernels needs at once."""

    kernels: int
    opening: float  # seconds until the new ones have run the imports
    ready: float  # CPU seconds of one until then
    pss: float  # MiB of all, shared pages divided among those that share them
    rss: float  # MiB of one, the median, shared pages counted whole
    cpu: float  # CPU seconds of 1,000 steps of a running lab
    speed: float  # steps a second of the slowest lab
    training: float  # seconds until all have trained 10,000 steps


def imports() -> str:
    """Return the cell of notebook 07 that imports the live lab."""
    path = ROOT / "notebooks" / "07_train_cartpole.ipynb"
    cells = nbformat.read(path, as_version=4).cells
    return next(c.source for c in cells if "import LiveLab" in c.source)


def started(count: int) -> list[Kernel]:
    """Start kernels, all at once."""
    managers = [KernelManager() for _ in range(count)]
    for manager in managers:
        manager.start_kernel()
    kernels = []
    for manager in managers:
        client = manager.blocking_client()
        client.start_channels()
        process = psutil.Process(manager.provisioner.pid)
        kernels.append(Kernel(manager, client, process))
    for kernel in kernels:
        kernel.client.wait_for_ready(timeout=PATIENCE)
    return kernels


def run(kernels: list[Kernel], code: str, value: str = "None") -> list[Any]:
    """Run a cell in all kernels at once, and return the value of an expression in each.

    Raises:
        RuntimeError: the cell failed in one of them.
    """
    asked = [
        kernel.client.execute(code, user_expressions={"value": value})
        for kernel in kernels
    ]
    values = []
    for kernel, message in zip(kernels, asked, strict=True):
        reply = kernel.client.get_shell_msg(timeout=PATIENCE)
        while reply["parent_header"]["msg_id"] != message:
            reply = kernel.client.get_shell_msg(timeout=PATIENCE)
        told = reply["content"]
        if told["status"] != "ok":
            raise RuntimeError("\n".join(told["traceback"]))
        data = told["user_expressions"]["value"]["data"]["text/plain"]
        values.append(None if data == "None" else float(data))
    return values


def cpu_of(kernels: list[Kernel]) -> float:
    """Return the CPU seconds that the kernels have used."""
    return sum(sum(kernel.process.cpu_times()[:2]) for kernel in kernels)


def measured(kernels: list[Kernel], opening: float, ready: float) -> Reading:
    """Let all labs run for some seconds, then all train, and read what they take."""
    run(kernels, 'lab = LiveLab()\nlab.worker.tell("start")\nlab')
    first = run(kernels, "", "lab.worker.run.step if lab.worker.run else 0")
    begun, used = time.perf_counter(), cpu_of(kernels)
    time.sleep(LAB_SECONDS)
    last = run(kernels, "", "lab.worker.run.step")
    seconds, used = time.perf_counter() - begun, cpu_of(kernels) - used
    steps = [b - a for a, b in zip(first, last, strict=True)]
    run(kernels, "lab.close()")
    begun = time.perf_counter()
    run(kernels, TRAINING)
    training = time.perf_counter() - begun
    memory = [kernel.process.memory_full_info() for kernel in kernels]
    pss, rss = sum(m.pss for m in memory) / MIB, median(m.rss for m in memory) / MIB
    cpu, speed = used / max(1, sum(steps)) * 1_000, min(steps) / seconds
    return Reading(len(kernels), opening, ready, pss, rss, cpu, speed, training)


def readings(
    counts: list[int], keep_free: float, most_seconds: float
) -> tuple[list[Reading], str]:
    """Return a reading for each count, and why it ended. All kernels are shut down.

    Args:
        counts: of kernels, ascending.
        keep_free: GiB that stay available.
        most_seconds: after these no further group is opened.
    """
    begun, kernels, found = time.perf_counter(), [], []
    try:
        for count in counts:
            new = count - len(kernels)
            one = found[-1].rss * MIB if found else 0.5 * GIB
            if psutil.virtual_memory().available - new * one < keep_free * GIB:
                return found, f"{count} kernels would leave less than {keep_free} GiB"
            if time.perf_counter() - begun > most_seconds:
                return found, f"{most_seconds:.0f} seconds were over"
            opening = time.perf_counter()
            kernels += started(new)
            run(kernels[-new:], imports())
            opening = time.perf_counter() - opening
            found.append(measured(kernels, opening, cpu_of(kernels[-new:]) / new))
            print(found[-1], flush=True)
        return found, "all counts were measured"
    finally:
        for kernel in kernels:
            kernel.client.stop_channels()
            kernel.manager.shutdown_kernel(now=True)


def need(learners: int, reading: Reading) -> tuple[int, int]:
    """Return GiB and cores for a class, each learner with a server of their own."""
    gib = learners * (SERVER_MIB + KERNELS_OPEN * reading.rss) * MIB / GIB
    cores = learners * TRAIN_AT_ONCE * ASKED / 1_000 * reading.cpu
    return math.ceil(gib), math.ceil(cores)


def told(found: list[Reading], why: str) -> str:
    """Return the page of results."""
    words = ["git", "describe", "--always", "--dirty"]
    commit = subprocess.check_output(words, cwd=ROOT, text=True).strip()
    total, cores = psutil.virtual_memory().total / GIB, psutil.cpu_count()
    load = psutil.getloadavg()[0]
    head = [
        "kernels",
        "seconds to open the new ones",
        "CPU seconds to open one",
        "memory of all, MiB",
        "of one, MiB",
        "CPU seconds of 1,000 lab steps",
        f"slowest lab, steps a second ({ASKED} asked)",
        "seconds to train 10,000 steps in all",
    ]
    forms = ",.0f .0f .1f ,.0f ,.0f .2f .0f .0f".split()
    rows = [[format(x, f) for x, f in zip(r, forms, strict=True)] for r in found]
    lines = [head, ["---"] * len(head), *rows]
    table = "\n".join(f"| {' | '.join(map(str, line))} |" for line in lines)
    holds = int(0.9 * total * GIB / MIB / (found[-1].pss / found[-1].kernels))
    classes = "\n".join(
        f"- **{n} learners**: {gib} GiB and {cores} cores. If all open a notebook at"
        f" once, the last waits {n * found[0].ready / cores:.0f} seconds."
        for n in (30, 300)
        for gib, cores in [need(n, found[0])]
    )
    return f"""# A room full of learners

Measured by `python -m tools.room` at commit {commit}, on {cores} cores and
{total:.0f} GiB of memory; load average at the end: {load:.0f}. Ended: {why}.

Every kernel has run the imports of the live lab of notebook 07, a lab for {LAB_SECONDS}
seconds, without a browser, and a training. All of them do so at once. Memory of all is
PSS: pages that several kernels share are counted once. Memory of one is RSS, the
median: so much a learner takes on a server that shares nothing.

{table}

By memory alone the machine would hold some {holds} kernels.

What a class needs follows from the first line, if each learner has a server of
{SERVER_MIB} MiB and {KERNELS_OPEN} open kernels, and one learner in three trains at any
moment:

{classes}

That is arithmetic, not a measurement: it leaves out the hub, disks, network and what a
browser asks for. Seconds grow with what else runs on the machine, memory and CPU
seconds hardly do.
"""


def main() -> None:
    """Measure, and write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    counts = [2, 4, 8, 12, 16, 24, 32]
    parser.add_argument("--counts", type=int, nargs="+", default=counts)
    parser.add_argument("--keep-free", type=float, default=3.0, help="GiB")
    parser.add_argument("--seconds", type=float, default=270.0)
    out = ROOT / "benchmarks" / "results" / "room.md"
    parser.add_argument("--out", type=Path, default=out)
    given = parser.parse_args()
    found, why = readings(given.counts, given.keep_free, given.seconds)
    given.out.write_text(told(found, why), encoding="utf-8")


if __name__ == "__main__":
    main()
