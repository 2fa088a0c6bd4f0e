"""Tables and the picture of the comparison, from the rows of its runs."""

import math
import statistics
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from harness import SOLVED_AT
from matplotlib.figure import Figure
from peers import PEERS

from dqn_tutorial.classroom.pictures.figures import BLUE, ORANGE, new_figure
from dqn_tutorial.stats import wilson_interval

Row = dict[str, Any]  # of one run: the peer's name and what `Meter.row` returns
CPU_TO_SOLVE = "CPU seconds to the first solve"
LATER = f"later evaluations ≥ {SOLVED_AT:g}, %"
NOT_MEASURED = "-"


def spread(values: Iterable[float], digits: int = 1, scale: float = 1.0) -> str:
    """Put median and range in words; an unsolved run (inf) counts as the longest, nan
    as not measured.
    """
    known = [value * scale for value in values if not math.isnan(value)]
    if not known:
        return NOT_MEASURED
    low, middle, high = (
        "never" if math.isinf(value) else f"{value:,.{digits}f}"
        for value in (min(known), statistics.median(known), max(known))
    )
    return middle if len(known) == 1 else f"{middle} [{low}, {high}]"


def column(rows: Sequence[Row], name: str) -> list[float]:
    """Return one column; a first solve that did not happen is inf."""
    unreached = math.inf if name.startswith("solve_") else math.nan
    return [unreached if math.isnan(row[name]) else float(row[name]) for row in rows]


def share_of(successes: Sequence[bool]) -> str:
    """Count the runs that succeeded, and give the bound that this count leaves."""
    if not successes:
        return NOT_MEASURED
    return (
        f"{sum(successes)} of {len(successes)} (≥"
        f" {wilson_interval(sum(successes), len(successes))[0]:.0%})"
    )


def solved_once(rows: Sequence[Row]) -> str:
    """Count the runs that had a first solve."""
    return share_of([math.isfinite(value) for value in column(rows, "solve_steps")])


def ended_solved(rows: Sequence[Row]) -> str:
    """Count the runs that ended at `SOLVED_AT` or above, among those that went on to
    their end.
    """
    return share_of(
        [
            value >= SOLVED_AT
            for value in column(rows, "end_return")
            if not math.isnan(value)
        ]
    )


def markdown(head: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    """Return a Markdown table without the columns in which nothing was measured."""
    kept = [
        i for i in range(len(head)) if any(line[i] != NOT_MEASURED for line in lines)
    ]
    table = (head, ["---"] * len(head), *lines)
    return "\n".join("| " + " | ".join(line[i] for i in kept) + " |" for line in table)


def comparison(rows: Sequence[Row]) -> str:
    """Return the tables of the peers: to the first solve, and the whole run."""
    by_peer = {
        peer: own
        for peer in PEERS
        if (own := [row for row in rows if row["peer"] == peer])
    }
    unit = (
        statistics.median(column(by_peer["ours"], "solve_cpu"))
        if "ours" in by_peer
        else math.nan
    )
    first, whole = [], []
    for peer, own in by_peer.items():
        times = statistics.median(column(own, "solve_cpu")) / unit
        first.append(
            [
                PEERS[peer].label,
                solved_once(own),
                spread(column(own, "solve_cpu"), 2),
                f"{times:,.1f}" if math.isfinite(times) else NOT_MEASURED,
                spread(column(own, "solve_seconds"), 2),
                spread(column(own, "solve_steps"), 0),
                spread(column(own, "solve_updates"), 0),
            ]
        )
        whole.append(
            [
                PEERS[peer].label,
                f"{PEERS[peer].steps:,}",
                ended_solved(own),
                spread(column(own, "end_return"), 0),
                spread(column(own, "later_share"), 0, 100),
                spread(column(own, "cpu")),
                spread(column(own, "seconds")),
                spread(column(own, "peak_mib"), 0),
            ]
        )
    of_first = [
        "",
        "solved",
        CPU_TO_SOLVE,
        "median over ours",
        "wall seconds",
        "environment steps",
        "updates",
    ]
    of_whole = [
        "",
        "budget, steps",
        f"end ≥ {SOLVED_AT:g}",
        "greedy mean at the end",
        LATER,
        "CPU seconds",
    ]
    of_whole += ["wall seconds", "peak memory, MiB"]
    return "\n\n".join(
        [
            "### To the first solve",
            markdown(of_first, first),
            "### The whole run",
            markdown(of_whole, whole),
        ]
    )


def many(rows: Sequence[Row], populations: Mapping[str, Row]) -> str:
    """Return what many seeds of ours showed, one run each and all in one process."""
    lines = [["solved", solved_once(rows)]]
    for label, name in (
        ("wall seconds to the first solve", "solve_seconds"),
        (CPU_TO_SOLVE, "solve_cpu"),
    ):
        values = column(rows, name)
        middle, high = (
            statistics.median(values),
            np.quantile(values, 0.95, method="higher"),
        )
        lines.append(
            [
                label,
                (
                    f"median {middle:.2f}, 95th percentile {high:.2f}, worst"
                    f" {max(values):.2f}"
                ),
            ]
        )
    lines += [
        [f"end at {SOLVED_AT:g} or more", ended_solved(rows)],
        ["greedy mean at the end", spread(column(rows, "end_return"), 0)],
        [LATER, spread(column(rows, "later_share"), 0, 100)],
        ["wall seconds of the whole budget", spread(column(rows, "seconds"))],
        ["peak memory, MiB", spread(column(rows, "peak_mib"), 0)],
    ]
    for name, row in populations.items():
        n, alone = row["n_seeds"], column(rows[: row["n_seeds"]], "seconds")
        words = (
            f"{row['seconds']:.1f} wall seconds, {row['n_solved']} of {n} solved,"
            f" {row['peak_mib']:.0f} MiB"
        )
        if name == "budget" and len(alone) == n:
            words += (
                f"; one after another {sum(alone):.1f},"
                f" {sum(alone) / row['seconds']:.1f} times as long"
            )
        lines.append([f"{n} seeds in one process, to the {name}", words])
    title = (
        f"### {len(rows)} seeds of this package, {rows[0]['seed']} to"
        f" {rows[-1]['seed']}"
    )
    measured = [line for line in lines if line[1] != NOT_MEASURED]
    return f"{title}\n\n{markdown(['', 'found'], measured)}"


def picture(rows: Sequence[Row]) -> tuple[Figure, str]:
    """Draw a dot for each peer and seed, CPU seconds and later evaluations; return it
    and its text alternative.
    """
    peers = [peer for peer in PEERS if any(row["peer"] == peer for row in rows)][::-1]
    figure, (left, right) = new_figure(9.0, 1.2 + 0.5 * len(peers), columns=2)
    words: list[str] = []
    longest = max(
        (row["cpu"] for row in rows if math.isfinite(row["cpu"])), default=100.0
    )
    for y, peer in enumerate(peers):
        own, color = (
            [row for row in rows if row["peer"] == peer],
            (BLUE if peer == "ours" else ORANGE),
        )
        cpu, later = (column(own, name) for name in ("solve_cpu", "later_share"))
        found = [value for value in cpu if math.isfinite(value)]
        left.plot([statistics.median(cpu)], [y], "|", color=color, markersize=18)
        left.plot(found, [y] * len(found), "o", color=color, alpha=0.6)
        left.plot(
            [2 * longest] * (len(cpu) - len(found)),
            [y] * (len(cpu) - len(found)),
            "x",
            color=color,
        )
        right.plot(
            [100 * share for share in later],
            [y] * len(later),
            "o",
            color=color,
            alpha=0.6,
        )
        shown = f"{PEERS[peer].label}: {spread(cpu, 2)} CPU seconds to the first solve"
        stays = (
            f", then {spread(later, 0, 100)} % of evaluations at {SOLVED_AT:g} or more"
        )
        words.insert(0, shown + ("." if all(map(math.isnan, later)) else stays + "."))
    left.set(
        xscale="log",
        xlabel=f"{CPU_TO_SOLVE} (bar: median, x: never)",
        yticks=range(len(peers)),
    )
    left.xaxis.set_major_formatter("{x:g}")
    left.set_yticklabels([PEERS[peer].label for peer in peers])
    right.set(
        xlabel=f"later evaluations at {SOLVED_AT:g} or more, %",
        yticks=range(len(peers)),
        xlim=(-3, 103),
    )
    right.set_yticklabels([])
    for axes in (left, right):
        axes.set_ylim(-0.6, len(peers) - 0.4)
    words = [
        "A dot for each training run on CartPole-v1.",
        *words,
        "Median, and the range in brackets.",
    ]
    return figure, " ".join(words)
