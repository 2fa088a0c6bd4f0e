"""This package beside its peers on CartPole-v1: how soon solved, and whether it stays
so. See README.md here.

`python benchmarks/cartpole.py --help` lists the options; results/ takes a table, a
picture and every run's row.
"""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import tyro
from harness import (
    CONFIRMING_EPISODES,
    EPISODES,
    EVALUATE_EVERY,
    FOLDER,
    SOLVED_AT,
    machine,
    run_job,
)
from peers import PEERS, STEPS, why_missing
from report import Row, comparison, many, picture
from tqdm import tqdm

from dqn_tutorial.classroom.pictures.figures import png


@dataclass(frozen=True)
class Options:
    """Train each peer and seed in a fresh process, one after another, and write
    results/cartpole.md, .png and .csv.
    """

    seeds: tuple[int, ...] = ()
    """Seeds of the comparison; none: N_SEEDS of them from FIRST_SEED on."""
    first_seed: int = 1_000
    """First seed; the package's settings were tuned on others."""
    n_seeds: int = 5
    """Seeds of the comparison."""
    peers: tuple[str, ...] = ("ours", "sb3-zoo", "cleanrl")
    """Any of ours, sb3-zoo, sb3-defaults, cleanrl; one that is not installed is skipped
    with a word.
    """
    cleanrl: str = ""
    """Path of dqn.py in a clone of CleanRL; it is not part of this repository."""
    ours_seeds: int = 0
    """Train ours on that many seeds from FIRST_SEED on, and up to 32 of them in one
    process.
    """
    to_solve: bool = False
    """End each run at its first solve, not at the peer's own budget."""
    quick: bool = False
    """One seed of each peer and five of ours, to the first solve."""
    out: Path = FOLDER / "results"
    """Folder to write to."""


def write_rows(rows: Sequence[Row], path: Path) -> None:
    """Write every run's row; called after each, so that a run cut short keeps what it
    found.
    """
    with path.open("w", newline="", encoding="utf-8") as file:
        table = csv.DictWriter(file, list(rows[0]))
        table.writeheader()
        table.writerows(rows)


def write_report(
    rows: Sequence[Row], seeds: Sequence[int], extra: Sequence[str], out: Path
) -> str:
    """Write the picture, and the tables of the peers with `extra` below them; return
    the text.
    """
    figure, alt = picture(rows)
    (out / "cartpole.png").write_bytes(png(figure))
    text = [
        "# CartPole-v1: this package and its peers",
        f"![{alt}](cartpole.png)",
        (
            f"Median [smallest, largest] over seeds {', '.join(map(str, seeds))}, each"
            " run in a fresh process with one PyTorch thread, the peers taking turns."
            f" Solved: a greedy evaluation, one every {EVALUATE_EVERY:,} steps, has a"
            f" mean of at least {SOLVED_AT:g} over {EPISODES} fresh episodes and over"
            f" {CONFIRMING_EPISODES} more. The clocks start with training and stand"
            " still during evaluations. A run that never solved counts as the longest."
            f" At the end: the last weights over {CONFIRMING_EPISODES} fresh episodes,"
            " no checkpoint chosen. In brackets after a count: the lower end of its 95"
            " % Wilson interval."
        ),
        f"Measured on {machine()}",
        comparison(rows),
        *extra,
    ]
    (out / "cartpole.md").write_text("\n\n".join(text) + "\n", encoding="utf-8")
    return "\n\n".join(text[3:])


def main(options: Options) -> None:
    """Run every peer and seed, then the populations, and write what was found."""
    n_seeds, n_ours, to_solve = options.n_seeds, options.ours_seeds, options.to_solve
    if options.quick:
        n_seeds, n_ours, to_solve = 1, 5, True
    if unknown := set(options.peers) - set(PEERS):
        raise SystemExit(
            f"error: unknown peer {', '.join(sorted(unknown))}; there are"
            f" {', '.join(PEERS)}"
        )
    missing = {
        peer: reason
        for peer in options.peers
        if (reason := why_missing(peer, options.cleanrl))
    }
    notes = list(missing.values())
    print("\n".join(notes))
    compared = list(
        options.seeds or range(options.first_seed, options.first_seed + n_seeds)
    )
    ours = range(options.first_seed, options.first_seed + n_ours)
    # taking turns
    jobs = [
        (seed, peer)
        for seed in compared
        for peer in options.peers
        if peer not in missing
    ]
    jobs += [(seed, "ours") for seed in ours if (seed, "ours") not in jobs]
    options.out.mkdir(parents=True, exist_ok=True)
    rows: list[Row] = []
    for seed, peer in tqdm(jobs, unit="run"):
        job = {
            "peer": peer,
            "seed": seed,
            "to_solve": to_solve,
            "steps": PEERS[peer].steps,
            "script": options.cleanrl,
        }
        try:
            rows.append({"peer": peer} | run_job("peers.py", job))
        except RuntimeError as error:  # the others go on
            notes.append(f"failed: {error}")
            tqdm.write(notes[-1])
        else:
            write_rows(rows, options.out / "cartpole.csv")
    extra = []
    if of_ours := sorted(
        (row for row in rows if row["peer"] == "ours" and row["seed"] in ours),
        key=lambda r: r["seed"],
    ):
        populations: dict[str, Row] = {}
        for name in ("first solve",) if to_solve else ("first solve", "budget"):
            job = {
                "seed": ours[0],
                "to_solve": name == "first solve",
                "steps": STEPS,
                "n_seeds": min(32, n_ours),
            }
            populations[name] = job | run_job("peers.py", {"peer": "population"} | job)
        extra.append(many(of_ours, populations))
    extra += ["\n".join(f"- {note}" for note in notes)] if notes else []
    print(
        write_report(
            [row for row in rows if row["seed"] in compared],
            compared,
            extra,
            options.out,
        )
    )


if __name__ == "__main__":
    main(tyro.cli(Options, description=__doc__))
