"""The ledger: what the course says about learning is what was measured, word for word
and number for number.
"""

import re
import shutil
from pathlib import Path
from typing import Any

import nbformat
import numpy as np
import pytest

from dqn_tutorial.classroom.ledger import (
    LEDGER,
    Figures,
    check,
    claims,
    holds,
    measure,
    show,
)
from tests.proofs import proofs

NOTEBOOKS = Path(__file__).parent.parent / "notebooks"
CLAIMS = claims()
MARK = re.compile(r"<!-- claim: ([\w-]+) -->\s*")
NO_EFFECT = re.compile(r"\b(no|not|neither|nor|nothing|as well|hardly|without|same)\b")


def marked(notebooks: Path) -> dict[str, tuple[str, str]]:
    """Return notebook and text after the mark, spaces made one, of each claim in the
    prose.
    """
    found: dict[str, tuple[str, str]] = {}
    for path in sorted(notebooks.glob("*.ipynb")):
        for cell in nbformat.read(path, as_version=4).cells:
            for mark in (
                MARK.finditer(cell.source) if cell.cell_type == "markdown" else ()
            ):
                assert mark[1] not in found, f"claim {mark[1]} is made twice"
                found[mark[1]] = (
                    path.stem,
                    " ".join(cell.source[mark.end() :].split()),
                )
    return found


def compare_prose_and_ledger(notebooks: Path, ledger: Path) -> None:
    entries, prose = claims(ledger), marked(notebooks)
    assert set(entries) == set(prose), (
        f"only in one of ledger and prose: {sorted(set(entries) ^ set(prose))}"
    )
    for name, claim in entries.items():
        stem, text = prose[name]
        assert stem == claim.notebook, f"claim {name} stands in {stem}"
        sentence = " ".join(claim.sentence().split())
        assert text.startswith(sentence), (
            f"claim {name}: the ledger has\n{sentence}\nthe notebook\n{text[:300]}"
        )


def test_every_claim_in_the_prose_is_in_the_ledger_word_for_word() -> None:
    compare_prose_and_ledger(NOTEBOOKS, LEDGER)


@pytest.mark.parametrize(
    "path", sorted(NOTEBOOKS.glob("*.ipynb")), ids=lambda path: path.stem
)
def test_a_mark_leaves_its_paragraph_whole(path: Path) -> None:
    for cell in nbformat.read(path, as_version=4).cells:
        lines = cell.source.splitlines() if cell.cell_type == "markdown" else []
        for before, line in zip(["", *lines], lines, strict=False):
            # Markdown shows the rest of such a line as HTML, and ends the paragraph
            # there
            if line.startswith("<!--"):
                assert MARK.fullmatch(line) and not before, line


@pytest.mark.parametrize("name", CLAIMS)
def test_a_claim_says_what_was_measured(name: str) -> None:
    claim = CLAIMS[name]
    assert holds(claim.effect, claim.smallest, claim.difference), claim
    assert claim.n_seeds >= 16 and claim.smallest > 0
    size = max(abs(claim.first.mean), abs(claim.second.mean))
    assert claim.difference.mean == pytest.approx(
        claim.first.mean - claim.second.mean, abs=2e-4 * size
    )
    if claim.effect in ("none", "unclear"):
        assert NO_EFFECT.search(claim.says), (
            f"{name} found no effect, but does not say so"
        )


@pytest.mark.parametrize("name", CLAIMS)
def test_a_claim_is_measured_where_it_is_made(name: str) -> None:
    measuring = [
        code
        for code in proofs(CLAIMS[name].notebook).values()
        if re.search(rf'ledger\.check\(\s*"{name}"', code)
    ]
    assert len(measuring) == 1


def falsify_a_number(notebook: Any) -> None:
    for cell in notebook.cells:
        for mark in MARK.finditer(cell.source) if cell.cell_type == "markdown" else ():
            text = cell.source[mark.end() :]
            if "{" in CLAIMS[mark[1]].says and (number := re.search(r"\d\.\d+", text)):
                cell.source = cell.source[: mark.end()] + text.replace(
                    number[0], f"{float(number[0]) + 0.5:.2f}", 1
                )
                return
    raise AssertionError("no number to falsify")


def test_a_false_number_and_a_dropped_entry_are_found(tmp_path: Path) -> None:
    folder, ledger = tmp_path / "notebooks", tmp_path / "claims.toml"
    shutil.copytree(NOTEBOOKS, folder, ignore=shutil.ignore_patterns(".*"))
    text = LEDGER.read_text(encoding="utf-8")
    ledger.write_text(text, encoding="utf-8")
    compare_prose_and_ledger(folder, ledger)

    name = next(name for name, claim in CLAIMS.items() if "{" in claim.says)
    start = text.index(f"[{name}]")
    end = text.find("\n[", start)
    ledger.write_text(text[:start] + (text[end:] if end > 0 else ""), encoding="utf-8")
    with pytest.raises(AssertionError, match=f"only in one.*{name}"):
        compare_prose_and_ledger(folder, ledger)

    ledger.write_text(text, encoding="utf-8")
    path = folder / f"{CLAIMS[name].notebook}.ipynb"
    notebook = nbformat.read(path, as_version=4)
    falsify_a_number(notebook)
    nbformat.write(notebook, path)
    with pytest.raises(AssertionError, match="the ledger has"):
        compare_prose_and_ledger(folder, ledger)


@pytest.mark.parametrize(
    "name",
    [name for name, claim in CLAIMS.items() if claim.effect in ("higher", "lower")],
)
def test_a_reversed_comparison_does_not_hold(name: str) -> None:
    claim = CLAIMS[name]
    mean, low, high = claim.difference
    assert not holds(claim.effect, claim.smallest, Figures(-mean, -high, -low))


def test_a_measurement_is_held_against_its_claim(
    capsys: pytest.CaptureFixture[str],
) -> None:
    name = next(name for name, claim in CLAIMS.items() if claim.effect == "higher")
    claim = CLAIMS[name]
    wobble = np.linspace(-1, 1, 32) * 0.05 * claim.difference.mean
    second = np.full(32, claim.second.mean) + 0.01
    check(name, second + claim.difference.mean + wobble, second)
    assert capsys.readouterr().out.startswith(f"claim {name}: ")
    with pytest.raises(AssertionError, match="lies above 0"):
        check(name, second, second + claim.difference.mean + wobble)
    with pytest.raises(AssertionError, match="but the ledger has"):
        check(name, second + 100 * claim.difference.mean + wobble, second)
    with pytest.raises(ValueError, match=f"did you mean '{name}'"):
        check(name + "x", second, second)
    with pytest.raises(ValueError, match=r"\(32,\) and \(31,\)"):
        check(name, second, second[1:])
    with pytest.raises(ValueError, match="finite"):
        check(name, second, second * np.nan)


def test_the_table_says_whose_claims_it_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    titles: list[str] = []
    monkeypatch.setitem(
        show.__globals__, "show_table", lambda title, *_: titles.append(title)
    )
    show()
    show("08_what_matters")
    assert titles[0] == "Claims about learning, 99 % intervals over seeds"
    assert (
        titles[1]
        == "Claims about learning of 08_what_matters, 99 % intervals over seeds"
    )


def test_what_is_left_open_may_be_decided_elsewhere() -> None:
    name = next(name for name, claim in CLAIMS.items() if claim.effect == "unclear")
    claim, second = CLAIMS[name], np.zeros(32)
    check(name, second + claim.difference.low, second)
    with pytest.raises(AssertionError, match="but the ledger has"):
        check(name, second + 2 * claim.difference.low, second)


def test_shares_get_the_intervals_of_shares() -> None:
    first, second, difference = measure(np.ones(32), np.zeros(32))
    assert first.low < 1 == first.high and second.low == 0 < second.high
    assert difference.mean == 1 and 0.7 < difference.low < 0.9 and difference.high == 1


def test_an_entry_with_a_missing_field_or_an_unknown_effect_is_refused(
    tmp_path: Path,
) -> None:
    path, text = tmp_path / "claims.toml", LEDGER.read_text(encoding="utf-8")
    path.write_text(re.sub(r"(?m)^task = .*$", "", text, count=1), encoding="utf-8")
    with pytest.raises(ValueError, match="missing or unknown: task"):
        claims(path)
    path.write_text(
        re.sub(r'(?m)^effect = ".*"$', 'effect = "better"', text, count=1),
        encoding="utf-8",
    )
    with pytest.raises(ValueError, match="effect = 'better'"):
        claims(path)
