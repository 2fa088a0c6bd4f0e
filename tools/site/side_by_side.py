"""`plain.py` and `plain.js` side by side: block by block, as a page in Markdown."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

PYTHON = Path(__file__).parents[2] / "dqn_tutorial" / "plain.py"
JAVASCRIPT = Path(__file__).with_name("plain.js")
INTRODUCTION = """# DQN twice: `plain.py` and `plain.js`

First all of DQN in Python, on one page: what the course builds up to. Beside each block
the same in JavaScript, which trains in your browser, with nothing installed, where you
watch a DQN learn. The behaviour is the same, and tests keep it so: from the same first
weights, with the same chance and environment, both files learn the same weights.
"""
STYLE = (
    "display: grid; gap: 0 1rem;"
    " grid-template-columns: repeat(auto-fit, minmax(min(100%, 26rem), 1fr))"
)


class Pair(NamedTuple):
    """Blocks that do the same, by their names, and what that is."""

    title: str
    python: str
    javascript: str
    words: str = ""


PAIRS = (
    Pair("The memory", "Ring", "Ring"),
    Pair("The target", "td_target", "tdTarget"),
    Pair("The target network follows", "update_target", "updateTarget"),
    Pair("The choice of an action", "epsilon_greedy", "epsilonGreedy"),
    Pair("A schedule", "linear_schedule", "linearSchedule"),
    Pair(
        "The parts of an agent",
        "dqn",
        "CARTPOLE make dqn",
        "The page holds the settings of CartPole's preset, and its sliders change what"
        " stands in `live`.",
    ),
    Pair("Act", "dqn: act", "dqn: act"),
    Pair("Store", "dqn: store", "dqn: store"),
    Pair(
        "Learn",
        "dqn: learn",
        "dqn: learn",
        "PyTorch finds the gradient by itself. In JavaScript `backward` below does, and"
        " is given the slope of the loss in each Q-value.",
    ),
    Pair("Several steps", "n_step_sum", "nStepSum"),
    Pair("The Double target", "double_td_target", "doubleTdTarget"),
    Pair("The test of what was learned", "__main__", "evaluate"),
    Pair(
        "What Python imports",
        "imports LOSSES",
        "mean argmax scaled network sigmoid ACTIVATIONS LOSSES forward backward product"
        " clipGradient Adam CartPole pushCart generator",
        "PyTorch, NumPy and Gymnasium bring networks, their gradients, Adam, chance and"
        " CartPole. JavaScript has none of them: here is each, as small as it can be.",
    ),
)


def parts(name: str, lines: list[str], mark: str) -> Iterator[tuple[str, str]]:
    """Yield a block and its text: one, or several where comments such as `06: act` cut
    it, by those names.
    """
    own: list[str] = []
    part = name
    for line in lines:
        if found := re.fullmatch(rf"\s+{mark} \d\d: (\w+)", line):
            yield part, "\n".join(own)
            own, part = [], f"{name}: {found[1]}"
        own.append(line)
    yield part, "\n".join(own)


def python_blocks(text: str) -> dict[str, str]:
    """Return the blocks of plain.py by name: functions, classes, the constants, the
    imports, and what runs in the end.
    """
    lines, blocks = text.splitlines(), dict[str, str]()
    imports: list[ast.stmt] = []
    for node in ast.parse(text).body:
        name = "__main__" if isinstance(node, ast.If) else ""
        if isinstance(node, ast.Import | ast.ImportFrom):
            imports.append(node)
        elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            name = node.targets[0].id
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            name = node.name
        if name:
            own = lines[node.lineno - 1 : node.end_lineno]
            blocks |= dict(parts(name, own, "#"))
    first, last = imports[0].lineno, imports[-1].end_lineno
    return {"imports": "\n".join(lines[first - 1 : last])} | blocks


def javascript_blocks(text: str) -> dict[str, str]:
    """Return the blocks of plain.js by name, with the comment above each: functions,
    classes and constants.
    """
    begin = re.compile(r"(?:export )?(?:function\*?|class|const) (\w+)")
    blocks, own, name = dict[str, str](), list[str](), ""
    for line in text.splitlines():
        own.append(line)
        found = None if name else begin.match(line)
        name = found[1] if found else name
        if line.startswith("}") or (found and line.endswith(";")):
            blocks |= dict(parts(name, own, "//"))
            own, name = [], ""
        elif not name and not line.startswith("//"):
            own = []  # a comment that no block follows at once
    return blocks


def page() -> str:
    """Return the page, in MyST's Markdown: for each pair the two blocks, which stand
    beside each other where there is room.
    """
    python = python_blocks(PYTHON.read_text(encoding="utf-8"))
    javascript = javascript_blocks(JAVASCRIPT.read_text(encoding="utf-8"))
    told = [INTRODUCTION]
    for pair in PAIRS:
        told += [f"## {pair.title}", pair.words, f'<div class="twice" style="{STYLE}">']
        for language, blocks, names in (
            ("Python", python, pair.python),
            ("JavaScript", javascript, pair.javascript),
        ):
            text = "\n\n".join(blocks[name] for name in wanted(names))
            code = f"```{language.lower()}\n{text}\n```"
            told += ["<div>", f"{language}:", code, "</div>"]
        told.append("</div>")
    return "\n\n".join(part for part in told if part) + "\n"


def wanted(names: str) -> list[str]:
    """Return the names of a pair's side; `dqn: act` is one."""
    return re.findall(r"\w+(?:: \w+)?", names)
