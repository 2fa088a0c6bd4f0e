"""Measure the claims of the course again, by running the notebooks that make them.

Usage: python -m tools.evidence [CLAIM ...]           on seeds that no notebook uses;
ends with 1 if one does not hold
       python -m tools.evidence --write [CLAIM ...]   on the notebooks' own seeds, and
       keep the figures in the ledger
"""

import json
import os
import re
import sys
import tempfile
from pathlib import Path
from typing import Any

import nbformat
import tomlkit
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell
from tqdm import tqdm

from dqn_tutorial.classroom.ledger import (
    LEDGER,
    RECORD,
    Claim,
    Figures,
    claims,
    is_there,
    overlap,
)
from dqn_tutorial.config import nearest
from tests.proofs import apart, proofs

NOTEBOOKS = Path(__file__).parent.parent / "notebooks"
SEED = re.compile(r"(?m)^SEED = ([\d_]+)$")
FRESH = 70_000  # added to a notebook's seed


def run(stem: str, is_fresh: bool) -> dict[str, dict[str, Any]]:
    """Run a notebook and return what its checks were given, by claim; a cell that fails
    stops only itself.
    """
    notebook = nbformat.read(NOTEBOOKS / f"{stem}.ipynb", as_version=4)
    proved = proofs(stem)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert SEED.search(code[0].source), f"{stem}: the first code cell must set SEED"
    for cell in code if is_fresh else []:  # each sitting sets it
        cell.source = SEED.sub(
            lambda seed: f"SEED = {int(seed[1]) + FRESH}", cell.source
        )
    notebook.cells = [
        one
        for cell in code
        for one in (
            cell,
            new_code_cell(apart(stem, cell.id, proved.get(cell.id, ""))),
        )
    ]
    with tempfile.TemporaryDirectory() as folder:
        record = Path(folder) / "claims.jsonl"
        os.environ |= {
            RECORD: str(record),
            "DQN_TUTORIAL_PROGRESS": str(Path(folder) / "progress.json"),
        }
        resources = {"metadata": {"path": str(NOTEBOOKS)}}
        NotebookClient(
            notebook, timeout=1_200, allow_errors=True, resources=resources
        ).execute()
        lines = (
            record.read_text(encoding="utf-8").splitlines() if record.exists() else []
        )
    return {(line := json.loads(text))["name"]: line for text in lines}


def verdict(name: str, claim: Claim, line: dict[str, Any] | None) -> str:
    """Compare a measurement with the ledger in one line that begins with `holds` if it
    does.
    """
    if line is None:
        return (
            f"not measured   {name}: no cell of {claim.notebook} got as far as its"
            " check"
        )
    now = Figures(*line["difference"])
    is_same = is_there(claim, now) and overlap(now, claim.difference)
    word = "holds" if is_same else "does not hold"
    was = "{:.3g} [{:.3g}, {:.3g}]".format(*claim.difference)
    return "{:14s} {}: {}, ledger {}, now {:.3g} [{:.3g}, {:.3g}]".format(
        word, name, claim.effect, was, *now
    )


def write(lines: dict[str, dict[str, Any]]) -> None:
    """Keep what was measured, and leave everything else in the ledger as it stands."""
    document = tomlkit.parse(LEDGER.read_text(encoding="utf-8"))
    for name, line in lines.items():
        entry: Any = document[name]
        entry["n_seeds"] = line["n_seeds"]
        for key in ("first", "second", "difference"):
            entry[key] = [float(f"{value:.6g}") for value in line[key]]
    LEDGER.write_text(tomlkit.dumps(document), encoding="utf-8")


def main(words: list[str]) -> int:
    """Measure, print a line for each claim, and write them if asked to."""
    is_write, known = "--write" in words, claims()
    names = [word for word in words if word != "--write"] or list(known)
    for name in names:
        if name not in known:
            raise SystemExit(
                f"error: there is no claim {name!r} in the ledger:"
                f" {nearest(name, known)}"
            )
    measured: dict[str, dict[str, Any]] = {}
    for stem in tqdm(sorted({known[name].notebook for name in names})):
        measured |= run(stem, is_fresh=not is_write)
    if is_write:
        write({name: measured[name] for name in names if name in measured})
        known = claims()
    verdicts = [verdict(name, known[name], measured.get(name)) for name in names]
    print("\n".join(verdicts))
    return int(not all(line.startswith("holds") for line in verdicts))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
