"""Our JavaScript in the pages of the site, which a browser opens from a folder: classic
scripts, with their data in them, and nothing that is fetched.
"""

import json
import re
from collections.abc import Callable
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import NamedTuple

from tools.site import small_labs
from tools.site.strip import strip

HERE = Path(__file__).parent
LIVE = Path(__file__).parents[2] / "dqn_tutorial" / "classroom" / "live"
# `live` has functions of these names
grid_lab, microscope = (
    import_module(f"dqn_tutorial.classroom.live.{name}")
    for name in ("grid_lab", "microscope")
)


class Lab(NamedTuple):
    """What a page plays: modules, the call that begins, and the data it needs.

    `start` is JavaScript: it finds the element as `place`, the data as `data`, and what
    `NAME.js` exports as `dqn_NAME`. `data` returns JSON, `without` what stands there
    without JavaScript.
    """

    scripts: tuple[Path, ...]
    start: str
    data: Callable[[], str] = lambda: "null"
    without: Callable[[], str] = str

    @property
    def styles(self) -> list[Path]:
        """The style sheets beside the modules."""
        sheets = [path.with_suffix(".css") for path in self.scripts]
        return [path for path in sheets if path.exists()]


def play_data() -> str:
    """Return the source of the worker that trains, and the stories."""
    stories = json.loads((LIVE / "stories.json").read_text(encoding="utf-8"))
    source = "".join(classic(HERE / name) for name in ("plain.js", "worker.js"))
    return json.dumps({"source": source, "stories": stories})


# by the function that a notebook's cell calls, or the name in a page's `{lab}`
LABS = {
    "play": Lab(
        (LIVE / "live_view.js", HERE / "play.js"),
        "dqn_play.play(place, data, dqn_live_view.create);",
        play_data,
        strip,
    ),
    "microscope": Lab(
        (LIVE / "microscope.js",),
        "dqn_microscope.play(place, data.look, dqn_microscope.recall(data));",
        microscope.answers,
    ),
    "grid_lab": Lab(
        (LIVE / "grid_lab.js",),
        "dqn_grid_lab.play(place, data.look, (key, reply) => reply(data.tracks[key]));",
        grid_lab.answers,
    ),
    "questions": Lab((HERE / "answers.js",), "dqn_answers.play(place);"),
}
LABS |= {
    name: Lab(
        (LIVE / "grid_lab.js", HERE / "small_lab.js"),
        "dqn_small_lab.play(place, data, dqn_grid_lab.draw);",
        partial(small_labs.data, name),
    )
    for name in small_labs.LABS
}
# a notebook's cells by what they hold, and the lab in their place
CELLS = {f"{name}()": name for name in LABS} | {"lab = LiveLab()\nlab": "play"}


def classic(path: Path) -> str:
    """Return one of our ES modules as a classic script, which a worker takes too: what
    it exports is held by the global `dqn_` and its name.

    Raises:
        ValueError: the module imports something, or exports what has no name.
    """
    text = path.read_text(encoding="utf-8")
    text = re.sub(r"^export default [^;]*;$", "", text, flags=re.MULTILINE)
    pattern = r"^export (?=(?:async )?(?:function\*?|const|let|class) (\w+))"
    names = re.findall(pattern, text, re.MULTILINE)
    text = re.sub(pattern, "", text, flags=re.MULTILINE)
    if left := re.search(r"^(?:import|export)\b.*", text, re.MULTILINE):
        raise ValueError(f"{path.name} must not have the line {left[0]!r}")
    inner = f"{text.rstrip()}\nreturn {{ {', '.join(names)} }};"
    return f"globalThis.dqn_{path.stem} = (() => {{\n{inner}\n}})();\n"


def script(lab: Lab) -> str:
    """Return the script that begins a lab in the element before its own."""
    begin = f"(place, data) => {{\n{lab.start}\n}}"
    place = "document.currentScript.previousElementSibling.firstElementChild"
    parts = [*map(classic, lab.scripts), f"({begin})({place}, {lab.data()});\n"]
    return "".join(parts)


def place(name: str, without: str = "") -> str:
    """Return the HTML that puts a lab into a page, and what stands there without
    JavaScript.

    Raises:
        ValueError: no such lab.
    """
    if name not in LABS:
        raise ValueError(f"there is no lab {name!r}; there are {', '.join(LABS)}")
    words = '<p class="without">It works where JavaScript is on.</p>'
    return (
        f'<div class="lab"><div>{without or LABS[name].without()}</div>{words}</div>'
        f'<script src="_static/labs/{name}.js"></script>'
    )


def write(folder: Path) -> None:
    """Write the scripts of all labs and their one style sheet into a folder."""
    folder.mkdir(parents=True)
    styles = {path: None for lab in LABS.values() for path in lab.styles}
    text = "\n".join(path.read_text(encoding="utf-8") for path in styles)
    (folder / "labs.css").write_text(text, encoding="utf-8")
    for name, lab in LABS.items():
        (folder / f"{name}.js").write_text(script(lab), encoding="utf-8")
