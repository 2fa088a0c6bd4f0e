"""Try the package with other versions of what it needs: import, training, loading, the
notebooks, and the tests that hold for any version.

Usage: python tools/try_versions.py lowest FOLDER    (the bounds of pyproject.toml)
       python tools/try_versions.py newest FOLDER    (whatever pip finds)
       python tools/try_versions.py FILE FOLDER      (a file of constraints for pip)

The environment is made in FOLDER, of the Python that runs this, unless it is there.
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile
import time
import tomllib
import venv
from pathlib import Path

ROOT = Path(__file__).parent.parent
LOAD = "import sys, dqn_tutorial; dqn_tutorial.load_agent(sys.argv[1])"
PYTEST = (
    "-m pytest -o addopts= -p no:cacheprovider -q -n2 --dist=loadfile --durations=9"
)
LAX = "--nbval-lax --nbval-current-env --nbval-cell-timeout=600"
TRAIN = "-m dqn_tutorial --env.name cartpole --training.max-steps 20_000 --out"


def lowest() -> list[str]:
    """Return the lowest versions that pyproject.toml allows, as constraints."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"].values()
    lines = [*project["dependencies"], *(line for extra in extras for line in extra)]
    return [line.replace(">=", "==") for line in lines if ">=" in line]


def tools() -> list[str]:
    """Return what the tests need, without its version, and the package."""
    names = ("requirements.txt", "requirements-test.txt")
    lines = [line for name in names for line in (ROOT / name).read_text().splitlines()]
    packages = [line for line in lines if re.match(r"\w", line)]
    return [*packages, "--editable", f"{ROOT}[course]"]


def step(name: str, words: list[str], env: dict[str, str]) -> bool:
    """Run a program, print whether it passed and how long it took; then, if it failed,
    the end of what it said.
    """
    started = time.perf_counter()
    done = subprocess.run(words, cwd=ROOT, env=env, capture_output=True, text=True)
    word = "fail" if done.returncode else "pass"
    last = (done.stdout.strip().splitlines() or [""])[-1].strip("= ")
    seconds = time.perf_counter() - started
    print(f"{word}  {name:9}  {seconds:5.0f} s  {last[:60]}", flush=True)
    if done.returncode:
        print((done.stdout + done.stderr)[-6_000:], flush=True)
    return not done.returncode


def main() -> int:
    """Make the environment and run every step; the exit status is the number of those
    that failed.
    """
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("versions", help="lowest, newest, or a file of constraints")
    parser.add_argument("folder", type=Path, help="of the environment")
    asked = parser.parse_args()
    python = str(asked.folder.absolute() / "bin" / "python")
    with tempfile.TemporaryDirectory() as folder:
        env = os.environ | {
            "PYTHONPATH": str(ROOT),
            "OMP_NUM_THREADS": "1",  # two workers share the cores
            "DQN_TUTORIAL_PROGRESS": f"{folder}/progress.json",
        }
        if not asked.folder.exists():
            constraints = Path(folder) / "constraints.txt"
            known = {"lowest": lowest, "newest": list[str]}
            constraints.write_text(
                "\n".join(known[asked.versions]())
                if asked.versions in known
                else Path(asked.versions).read_text()
            )
            venv.create(asked.folder, with_pip=True)
            pip = [python, "-m", "pip", "install", "--quiet", "--constraint"]
            if not step("install", [*pip, str(constraints), *tools()], env):
                return 1
        run = f"{folder}/run"
        marks = ["-m", "not browser and not stored_output"]
        steps = {
            "import": ["-c", "import dqn_tutorial.classroom.live"],
            "train": [*TRAIN.split(), run],
            "load": ["-c", LOAD, run],
            "notebooks": [*PYTEST.split(), *LAX.split(), "notebooks"],
            "tests": [*PYTEST.split(), *marks, "tests"],
        }
        return sum(
            not step(name, [python, *words], env) for name, words in steps.items()
        )


if __name__ == "__main__":
    sys.exit(main())
