"""The house keeps its order: imports run one way, modules stay short, docstrings name
their source and notebook.
"""

import ast
import importlib
import inspect
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import dqn_tutorial

ROOT = Path(__file__).parent.parent
GROUND_FLOOR = (
    "seeding config settings presets mdp mdp_envs chains tasks envs nets buffer targets"
    " ensemble critic agent models stats training runs experiment sweep __main__"
).split()
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
                module == "classroom" and path.stem in ("experiment", "__main__")
            )
            assert allowed, f"{path.stem} imports {module}"
        assert top not in (
            "matplotlib",
            "ipywidgets",
            "IPython",
            "random",
        ), f"{path.stem} imports {top}"


def test_only_the_labs_need_widgets() -> None:
    users = {
        path.parent.name
        for path in MODULES
        if any(name.startswith("ipywidgets") for name in imports_of(path))
    }
    assert users == {"live"}


def test_the_algorithm_runs_without_the_classroom() -> None:
    import subprocess
    import sys

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


def test_docstrings_name_their_source_and_the_notebook_that_teaches_them() -> None:
    notebooks = {path.stem for path in (ROOT / "notebooks").glob("*.ipynb")}
    wrong, count = [], 0
    for name, value in public_objects():
        count += 1
        doc = " ".join((inspect.getdoc(value) or "").split())
        taught = re.search(r"Taught in (\w+)", doc)
        if "Source:" not in doc or taught is None or taught[1] not in notebooks:
            wrong.append(name)
    assert count > 60
    assert not wrong, f"no source, or no notebook that is there: {wrong}"


def test_everything_public_is_typed() -> None:
    assert (ROOT / "dqn_tutorial" / "py.typed").exists()
    for name, value in public_objects():
        if inspect.isfunction(value):
            for parameter in inspect.signature(value).parameters.values():
                assert (
                    parameter.name in ("self", "cls")
                    or parameter.annotation is not parameter.empty
                ), name


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
