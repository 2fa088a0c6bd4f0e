"""The house keeps its order: imports run one way, modules stay short, docstrings name
their source and notebook.
"""

import ast
import importlib
import inspect
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest

import dqn_tutorial
from dqn_tutorial import models
from tests import outside_program

ROOT = Path(__file__).parent.parent
GROUND_FLOOR = (
    "seeding config presets checkpoint mdp tasks task_envs spaces copies envs env_check"
    " nets plain targets tabular schedules buffer ensemble critic agent models stats"
    " training log runs sweep __main__"
).split()
# a room of the classroom imports only from those before it
CLASSROOM = "pictures ledger check bank clinic live course grade".split()
MODULES = sorted((ROOT / "dqn_tutorial").rglob("*.py"))


def imports_of(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize(
    "path",
    [p for p in MODULES if p.parent.name == "dqn_tutorial" and p.stem != "__init__"],
    ids=lambda p: p.stem,
)
def test_a_module_imports_only_from_the_lines_above_it(path: Path) -> None:
    above = GROUND_FLOOR[: GROUND_FLOOR.index(path.stem)]
    for name in imports_of(path):
        top, _, rest = name.partition(".")
        if top == "dqn_tutorial" and rest:
            module = rest.split(".")[0]
            allowed = module in above or (
                module == "classroom" and path.stem == "__main__"
            )
            assert allowed, f"{path.stem} imports {module}"
        assert top not in (
            "matplotlib",
            "ipywidgets",
            "IPython",
            "random",
        ), f"{path.stem} imports {top}"


@pytest.mark.parametrize(
    "path",
    [p for p in MODULES if p.parent.parent.name == "classroom"],
    ids=lambda p: f"{p.parent.name}.{p.stem}",
)
def test_a_room_of_the_classroom_imports_only_from_the_rooms_before_it(
    path: Path,
) -> None:
    rooms = CLASSROOM[: CLASSROOM.index(path.parent.name) + 1]
    for name in imports_of(path):
        if name.startswith("dqn_tutorial.classroom."):
            room = name.split(".")[2]
            assert room in rooms, f"{path.parent.name} imports {room}"


def test_the_classroom_has_no_loose_modules() -> None:
    home = ROOT / "dqn_tutorial" / "classroom"
    assert sorted(path.parent.name for path in home.glob("*/__init__.py")) == sorted(
        CLASSROOM
    )
    assert [path.name for path in home.glob("*.py")] == ["__init__.py"]
    (docstring,) = ast.parse((home / "__init__.py").read_text(encoding="utf-8")).body
    assert isinstance(docstring, ast.Expr)


def test_only_the_labs_need_widgets() -> None:
    users = {
        path.parent.name
        for path in MODULES
        if any(name.startswith("ipywidgets") for name in imports_of(path))
    }
    assert users == {"live"}


def test_the_algorithm_runs_without_the_classroom() -> None:
    code = (
        "import dqn_tutorial, sys; print(sorted({'matplotlib', 'IPython', 'ipywidgets'}"
        " & set(sys.modules)))"
    )
    assert (
        subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True
        ).stdout.strip()
        == "[]"
    )


@pytest.mark.parametrize("path", MODULES, ids=lambda p: p.stem)
def test_modules_are_short(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 400


# an idea of the course, and the one word that finds its one definition on the floor
IDEAS = {
    "Bellman expectation equation": "policy_evaluation",
    "q from v": "q_from_v",
    "Bellman optimality operator": "bellman_optimality_operator",
    "value iteration": "value_iteration",
    "greedy policy": "greedy_policy",
    "tabular Q-learning": "q_learning",
    "SARSA": "sarsa",
    "TD error": "td_error",
    "TD target": "td_target",
    "termination mask": "bootstrap",
    "Double target": "double_td_target",
    "gather": "gather",
    "Huber loss": "huber_loss",
    "n-step return": "n_step_return",
    "Maxmin": "maxmin",
    "epsilon-greedy": "epsilon_greedy",
    "linear schedule": "linear_schedule",
    "Polyak averaging": "update_target",
    "uniform sampling of the memory": "sample_rows",
    "gradient clipping": "_clip",
    "Q-network": "DQNNet",
    "replay memory": "ReplayBuffer",
    "training loop": "train",
    "greedy evaluation": "evaluate",
}


@pytest.mark.parametrize("idea", IDEAS)
def test_one_search_finds_an_idea(idea: str) -> None:
    """The page `plain.py` has them all a second time, on purpose."""
    word = IDEAS[idea]
    found = re.compile(rf"(?m)^\s*(?:def|class) {word}\b|^{word} = ")
    places = [
        path.stem
        for path in MODULES
        if path.parent.name == "dqn_tutorial" and path.stem != "plain"
        for _ in found.finditer(path.read_text(encoding="utf-8"))
    ]
    assert len(places) == 1, places


def public_objects() -> Iterator[tuple[str, object]]:
    for path in MODULES:
        name = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(
            ".__init__"
        )
        if path.stem == "__main__":
            continue
        module = importlib.import_module(name)
        for key, value in vars(module).items():
            if key.startswith("_") or getattr(value, "__module__", None) != name:
                continue
            if inspect.isclass(value) or inspect.isfunction(value):
                yield f"{name}.{key}", value
            if inspect.isclass(value):
                for member, inner in vars(value).items():
                    if not member.startswith("_") and (
                        inspect.isfunction(inner) or isinstance(inner, property)
                    ):
                        yield f"{name}.{key}.{member}", inner


def code_of(path: Path) -> str:
    """Return the code of a notebook, and what its prose gives as code."""
    cells = nbformat.read(path, as_version=4).cells
    return "\n".join(
        cell.source
        if cell.cell_type == "code"
        else "\n".join(re.findall(r"`[^`]+`|```.*?```", cell.source, re.DOTALL))
        for cell in cells
    )


def test_a_docstring_names_only_a_notebook_that_uses_the_name() -> None:
    taught = {path.stem: code_of(path) for path in (ROOT / "notebooks").glob("*.ipynb")}
    wrong, count = [], 0
    for name, value in public_objects():
        doc = " ".join((inspect.getdoc(value) or "").split())
        own = name.rpartition(".")[2]
        for notebook in re.findall(r"Taught in (\w+)", doc):
            count += 1
            if not re.search(rf"\b{own}\b", taught[notebook]):
                wrong.append(f"{name}: {notebook}")
        if not doc or "this course" in doc:
            wrong.append(name)
    assert count > 60
    assert not wrong, f"no docstring, or a notebook that does not name it: {wrong}"


def test_everything_public_is_typed() -> None:
    assert (ROOT / "dqn_tutorial" / "py.typed").exists()
    for name, value in public_objects():
        if inspect.isfunction(value):
            for parameter in inspect.signature(value).parameters.values():
                assert (
                    parameter.name in ("self", "cls")
                    or parameter.annotation is not parameter.empty
                ), name


def test_the_public_names_are_there_and_documented() -> None:
    assert len(set(dqn_tutorial.__all__)) == len(dqn_tutorial.__all__)
    imported = {
        name
        for name, value in vars(dqn_tutorial).items()
        if getattr(value, "__module__", "").startswith("dqn_tutorial.")
    }
    assert imported == set(dqn_tutorial.__all__)
    for name in dqn_tutorial.__all__:
        doc = inspect.getdoc(getattr(dqn_tutorial, name)) or ""
        # not the signature that a dataclass without a docstring gets
        assert doc.endswith(".") and not doc.startswith(f"{name}("), name


def test_what_is_kept_stable_is_said() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    kept = text.partition("## What is kept stable")[2].partition("\n## ")[0]
    for word in (
        "`dqn_tutorial.__all__`",
        "command line",
        "a run, a sweep, a recording, `progress.json`",
        "`config.RENAMED`",
        "`tests/test_old_files.py`",
    ):
        assert word in kept, word
    assert " ".join(f"`{' '.join(GROUND_FLOOR)}`".split()) in " ".join(text.split())


def test_a_program_from_outside_runs_and_is_well_typed() -> None:
    path = Path(outside_program.__file__)
    words = set(re.findall(r"\w+", path.read_text(encoding="utf-8")))
    assert set(dqn_tutorial.__all__) <= words
    outside_program.main()
    del models.MODELS["outside"], models.CRITICS["OutsideCritic"]
    checked = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", path],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert checked.returncode == 0, checked.stdout


def test_the_base_install_holds_what_the_ground_floor_imports() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    listed = {re.split(r"\W", line)[0] for line in project["dependencies"]}
    paths = [p for p in MODULES if p.parent.name == "dqn_tutorial"]
    used = {name.partition(".")[0] for path in paths for name in imports_of(path)}
    used = (used | {"pyyaml"} if "yaml" in used else used) - {"yaml", "distributed"}
    assert used - set(sys.stdlib_module_names) - {"dqn_tutorial"} == listed
    extra = project["optional-dependencies"]["classroom"]
    assert {re.split(r"\W", line)[0] for line in extra} == set(
        "anywidget ipython ipywidgets matplotlib pillow".split()
    )
    lines = (ROOT / "requirements.txt").read_text().splitlines()
    assert {"--constraint constraints.txt", "--editable .[course]"} <= set(lines)


def test_the_version_is_one() -> None:
    assert f'version = "{dqn_tutorial.__version__}"' in (
        ROOT / "pyproject.toml"
    ).read_text(encoding="utf-8")
    assert f"version: {dqn_tutorial.__version__}" in (ROOT / "CITATION.cff").read_text(
        encoding="utf-8"
    )


def test_the_readme_is_short_and_its_links_lead_somewhere() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 120
    for target in re.findall(r"\]\(([^)#]+)\)", text) + re.findall(
        r'src="([^"]+)"', text
    ):
        assert target.startswith("http") or (ROOT / target).exists(), target


def test_each_direct_dependency_has_its_licence_in_the_table() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"].values()
    lines = [*project["dependencies"], *(line for extra in extras for line in extra)]
    for path in (*ROOT.glob("requirements*.txt"), ROOT / "benchmarks/requirements.txt"):
        lines += path.read_text(encoding="utf-8").splitlines()
    names = {re.split(r"[^\w-]", line)[0] for line in lines if re.match(r"\w", line)}
    rows = (ROOT / "LICENSES.md").read_text(encoding="utf-8").splitlines()
    told = {name for row in rows if row.startswith("|") for name in words_of(row)}
    assert names - {"dqn-tutorial"} <= told


def words_of(row: str) -> list[str]:
    return re.findall(r"[\w-]+", row.split("|")[2])
