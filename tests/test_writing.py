"""The course as a student meets it: sittings of an hour, plain sentences, the learner's
own lines where the idea is, and nothing that serves only its authors.
"""

import ast
import builtins
import re
from collections.abc import Iterator
from typing import Any

import pytest

from dqn_tutorial.classroom import check
from dqn_tutorial.classroom.check import exercise as exercises
from tests.proofs import proofs
from tests.test_exercises import cells_of as parts_of
from tests.test_exercises import solution_of
from tests.writing import (
    FENCED,
    NOTEBOOKS,
    apparatus,
    cells_of,
    counted,
    minutes,
    prose,
    sentences,
    sittings,
    trees,
)

STEMS = sorted(path.stem for path in NOTEBOOKS.glob("*.ipynb"))
CORE = [stem for stem in STEMS if stem[:2] <= "07"]
TWO = ("01", "02", "03", "05", "06", "07")
each = pytest.mark.parametrize("stem", STEMS)
# cells in which a check is what the cell is about: (notebook, cell): why
ALLOWED: dict[tuple[str, str], str] = {
    ("09", "cell-21"): "a test is what it is about",
    ("09", "cell-23"): "a test with a false alarm",
    ("09", "cell-27"): "the stub of a test",
}
# habits that stop a reader whose English is a third language
HABITS = {
    r"\bin place of\b": "instead of",
    r"\bin the mean\b": "on average",
    r"\bwhoever\b": "name the person",
    r"\bmerely\b": "only",
    r"\bhence\b|\bthus\b|\bthereby\b|\bwhence\b": "so",
    r"\bthat is to say\b|\bi\.e\.|\be\.g\.": "that is, for example",
    r"\bnot unlike\b": "like",
    r"\bowing to\b": "because of",
    r"\bwere it\b|\bhad it\b|\bshould it\b": "if it",
    r"\bto be had\b|\bto be expected\b": "say who does it",
    r"\bwill not do\b": "does not work",
    r"\blies? beside\b": "is optional",
    r"\bin itself\b|\bas such\b": "leave out",
    r", so [^.]*, so ": "one so in a sentence",
}
LONGEST = 30  # words in a sentence


@each
def test_a_sitting_takes_the_minutes_it_states_and_at_most_an_hour(stem: str) -> None:
    assert len(sittings(stem)) == (2 if stem[:2] in TWO else 1)
    for sitting in sittings(stem):
        own = minutes(sitting)
        assert own - 2.5 <= sitting.stated <= own + 5, (sitting.name, own)
        assert stem not in CORE or sitting.stated <= 60, sitting.name


@each
def test_a_sitting_opens_with_its_goals_and_closes_with_its_recap(stem: str) -> None:
    for sitting in sittings(stem):
        text = prose(sitting.cells)
        assert re.search(r"After this(?: \w+)? you can", text), sitting.name
        assert stem[:2] == "00" or re.search(r"(?m)^##+ Recap", text), sitting.name


@pytest.mark.parametrize("stem", [stem for stem in STEMS if stem[:2] in TWO])
def test_the_second_sitting_stands_alone(stem: str) -> None:
    made, used = set(dir(builtins)), set()
    for _, tree in trees(sittings(stem)[1].cells):
        nodes = list(ast.walk(tree))
        own = {
            name
            for node in nodes
            for name in (
                [node.id]
                if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load)
                else [node.arg]
                if isinstance(node, ast.arg)
                else [node.name]
                if isinstance(node, ast.FunctionDef | ast.ClassDef)
                else [(a.asname or a.name).split(".")[0] for a in node.names]
                if isinstance(node, ast.Import | ast.ImportFrom)
                else []
            )
        }
        made |= own
        used |= {
            node.id
            for node in nodes
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)
        } - made
    assert not used, f"{stem}: names of the first sitting: {sorted(used)}"


def test_the_words_stay_within_the_budget() -> None:
    words = {stem: counted(prose(cells_of(stem))) for stem in STEMS}
    assert sum(words[stem] for stem in CORE) <= 17_000, words
    assert sum(words.values()) <= 29_000, words


@each
def test_a_learners_cells_hold_nothing_that_serves_only_the_authors(stem: str) -> None:
    for cell, tree in trees(cells_of(stem)):
        found = set(apparatus(tree))
        assert not found or (stem[:2], cell.id) in ALLOWED, (sorted(found), cell.source)
        assert max(map(len, cell.source.splitlines()), default=0) <= 88, cell.source
        for output in cell.outputs:
            text = output.get("text", "")
            assert (stem[:2], cell.id) in ALLOWED or not re.search(
                r"\b(True|False)\b(?![^\n]*\|)", text
            ), f"say what was at stake: {text}"
            if text.startswith(("def ", "class ", "@")):
                assert len(text.splitlines()) <= 12, f"too long to print: {text}"


@each
def test_every_proof_belongs_to_a_cell(stem: str) -> None:
    ids = {cell.id for cell in cells_of(stem) if cell.cell_type == "code"}
    assert set(proofs(stem)) <= ids


@each
def test_sentences_are_plain(stem: str) -> None:
    faults = []
    for sentence in sentences(prose(cells_of(stem))):
        words = len(re.findall(r"[A-Za-z']+", sentence))
        if words > LONGEST:
            faults.append(f"{words} words: {sentence}")
        faults += [
            f"{better!r} for {found[0]!r}: {sentence}"
            for habit, better in HABITS.items()
            if (found := re.search(habit, sentence, re.IGNORECASE))
        ]
        if len(re.findall(r"\[-?[\d.,]+, -?[\d.,]+\]", sentence)) > 1:
            faults.append(f"two results: {sentence}")
    assert not faults, "\n".join(faults)


def anchor(heading: str) -> str:
    return re.sub(r"\s+", "-", heading.strip())


@each
def test_every_reference_leads_somewhere(stem: str) -> None:
    text = prose(cells_of(stem))
    for target, place in re.findall(r"\]\(([^)#:]*\.ipynb)?(?:#([^)]*))?\)", text):
        file = NOTEBOOKS / (target or f"{stem}.ipynb")
        assert file.exists(), target
        headings = re.findall(r"(?m)^#+ (.+)$", prose(cells_of(file.stem)))
        assert not place or place in map(anchor, headings), f"{target}#{place}"
    everything = {other[:2]: prose(cells_of(other)) for other in STEMS}
    for number, part in re.findall(r"[Ee]xercise (\d+)\.(\d+)", text):
        heading = rf"(?m)^### Exercise {int(number)}\.{part}:"
        assert re.search(heading, everything[f"{int(number):02d}"]), f"{number}.{part}"
    for number in re.findall(r"[Nn]otebooks? (\d\d)", text):
        assert number in everything, number


def glossary(part: str) -> list[tuple[str, ...]]:
    """Return the rows of a table of the glossary: word or symbol, meaning, where."""
    page = (NOTEBOOKS / "GLOSSARY.md").read_text(encoding="utf-8")
    table = page.partition(f"## {part}")[2].partition("\n## ")[0]
    return [
        tuple(cell.strip() for cell in row.strip("|").split(" | "))
        for row in re.findall(r"(?m)^\|.*\|$", table)[2:]
    ]


def told(stem: str) -> Iterator[str]:
    """Yield the Markdown cells of a notebook but its goals: no code, no links."""
    for cell in cells_of(stem):
        if cell.cell_type == "markdown" and "you can:" not in cell.source:
            text = re.sub(r"(?s)```.*?```|`[^`]*`|<!--.*?-->", "", cell.source)
            yield re.sub(r"\]\([^)]*\)|(?m:^(?:#|\*\*Next).*$)", "", text)


@pytest.mark.parametrize("row", glossary("Words"), ids=lambda row: row[0])
def test_a_word_is_not_used_before_it_is_explained(row: tuple[str, ...]) -> None:
    word, _, where = row
    plain = rf"\b{word}(?:e?s)?\b"
    first = STEMS[0] if where == "00" else STEMS[1]  # 00 names what is to come
    for stem in (stem for stem in STEMS if first <= stem and stem[:1].isdigit()):
        for text in told(stem):
            if re.search(plain, text, re.IGNORECASE):
                assert stem[:2] == where, f"first in {stem}: {text[:300]}"
                marked = rf"\*{plain}[^*\n]*\*|\*[^*\n]*{plain}\*"
                assert re.search(marked, text, re.IGNORECASE), text[:600]
                return
    pytest.fail(f"{word!r} is used nowhere")


MARKUP = set(
    "frac tfrac text sum max min mathbb mathcal mathrm bigl bigr Bigl Bigr left right"
    " quad qquad cdot cdots ldots dots times le ge ne neq lt gt in to approx mid vert"
    " lVert rVert lvert rvert begin end cases aligned underbrace underset overset hat"
    " operatorname nabla partial infty sqrt log exp leftarrow Rightarrow"
    " Longrightarrow Longleftrightarrow longmapsto mapsto top star ast prime limits"
    " displaystyle textstyle cos sin bmod"
    " subset cup forall exists equiv sim propto pm hline array"
    " boxed prod arg argmax implies iff big Big bigg mathbf otherwise".split()
)


@pytest.mark.parametrize("stem", [stem for stem in STEMS if stem[:1].isdigit()])
def test_every_symbol_of_a_formula_is_in_the_table(stem: str) -> None:
    def symbols(formula: str) -> set[str]:
        formula = re.sub(
            r"\\(?:text|mathrm|operatorname|begin|end)\*?\{[^}]*\}", " ", formula
        )
        named = set(re.findall(r"\\([A-Za-z]+)", formula)) - MARKUP
        rest = re.sub(r"\\[A-Za-z]+", " ", formula)
        return named | set(re.findall(r"[A-Za-z]", rest))

    known = symbols(" ".join(row[0] for row in glossary("Symbols")))
    text = FENCED.sub("", prose(cells_of(stem)))
    used: dict[str, str] = {}
    for formula in re.findall(r"(?s)\$\$.*?\$\$|\$[^$]+\$", text):
        used |= dict.fromkeys(symbols(formula), formula)
    new = {symbol: used[symbol] for symbol in sorted(set(used) - known)}
    assert not new, new


def normal(code: str) -> list[str]:
    """Return the statements of code without names of variables, text and layout."""

    class Plain(ast.NodeTransformer):
        def visit_Name(self, node: ast.Name) -> Any:
            return ast.Name("x", node.ctx)

        def visit_Constant(self, node: ast.Constant) -> Any:
            return ast.Constant(0) if isinstance(node.value, str) else node

        def visit_JoinedStr(self, node: ast.JoinedStr) -> Any:
            return ast.Constant(0)

    return [
        ast.unparse(Plain().visit(node))
        for node in ast.walk(ast.parse(code))
        if isinstance(node, ast.stmt)
        and not isinstance(node, ast.FunctionDef | ast.Import | ast.ImportFrom)
        and not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))
    ]


@pytest.mark.parametrize(
    "exercise",
    [e for e in check.EXERCISES.values() if e.solution is not None],
    ids=lambda exercise: exercise.name,
)
def test_a_solution_stands_nowhere_before_it(exercise: Any) -> None:
    _, stub, _ = parts_of(exercise)
    wanted = [line for line in normal(solution_of(exercise)) if len(line) > 25]
    seen: set[str] = set()
    for cell in cells_of(exercise.notebook):
        if cell.id == stub.id:
            break
        fences = re.findall(r"(?s)```python\n(.*?)```", cell.source)
        printed = [o.get("text", "") for o in cell.get("outputs", [])]
        codes = [cell.source] if cell.cell_type == "code" else fences
        for code in [*codes, *(t for t in printed if t.startswith("def "))]:
            seen |= set(normal(code))
    repeated = [line for line in wanted if line in seen]
    assert 2 * len(repeated) <= len(wanted), f"stands above: {repeated}"


@pytest.mark.parametrize(
    "exercise",
    [e for e in check.EXERCISES.values() if e.solution is not None],
    ids=lambda exercise: exercise.name,
)
def test_what_later_cells_go_on_with_is_right(
    exercise: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exercises, "_ACCEPTED", {})
    assert exercise.verdict(exercise.solution, 0).status == "correct"
    assert exercise.function is exercise.solution
