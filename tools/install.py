"""Make the environment .venv and install what a requirements file names; at once done
where that was done before.

Usage: python tools/install.py requirements.txt [OPTION OF PIP ...]

Any Python 3 can run this file, so that a too old one is told before pip starts.
"""

import hashlib
import importlib.util
import re
import shutil
import subprocess
import sys
import venv
from pathlib import Path

NEEDED = (3, 11)
NO_VENV = (
    "This Python cannot make an environment. On Debian and Ubuntu: apt install"
    " python3-venv"
)
ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV.joinpath(
    *(("Scripts", "python.exe") if sys.platform == "win32" else ("bin", "python"))
)


def version_there() -> "tuple[int, ...]":
    """Return the version of Python in .venv, (0,) if there is none that runs."""
    code = "import sys; print(*sys.version_info[:2])"
    try:
        done = subprocess.run([str(PYTHON), "-c", code], stdout=subprocess.PIPE)
        return tuple(map(int, done.stdout.split()))
    except OSError:
        return (0,)


def too_old() -> str:
    """Say which Python was found, which is needed, and where one is."""
    found = ".".join(map(str, sys.version_info[:3]))
    known = (f"python3.{minor}" for minor in range(19, NEEDED[1] - 1, -1))
    better = next(filter(shutil.which, known), "")
    needed = ".".join(map(str, NEEDED))
    hint = f"make lab PYTHON={better}" if better else "install one from python.org"
    return (
        f"This is Python {found} ({sys.executable}); the course needs {needed} or"
        f" later: {hint}"
    )


def files_of(name: str) -> "list[str]":
    """Return a requirements file and those that it takes in."""
    text = (ROOT / name).read_text(encoding="utf-8")
    inner = re.findall(r"^--requirement (\S+)", text, re.MULTILINE)
    return [name] + [file for each in inner for file in files_of(each)]


def main() -> None:
    """Install, unless these very files were installed before."""
    name, *options = sys.argv[1:]
    there, here = version_there(), sys.version_info[:2]
    if here < NEEDED and there < NEEDED:
        sys.exit(too_old())
    files = files_of(name)
    read = [*files, "constraints.txt", "pyproject.toml"]
    content = b"".join((ROOT / file).read_bytes() for file in read)
    state = hashlib.sha256(content).hexdigest()
    ready = VENV / f".ready-{name}"
    if here >= NEEDED and here != there:
        if importlib.util.find_spec("ensurepip") is None:
            sys.exit(NO_VENV)
        print(f"Making {VENV} with Python {here[0]}.{here[1]}", flush=True)
        venv.create(VENV, clear=True, with_pip=True)
    if ready.exists() and ready.read_text() == state:
        return
    print(f"Installing {name}: some minutes, once", flush=True)
    words = [str(PYTHON), "-m", "pip", "install", "--disable-pip-version-check"]
    done = subprocess.run([*words, *options, "--requirement", name], cwd=str(ROOT))
    if done.returncode:
        sys.exit(done.returncode)
    ready.write_text(state)


if __name__ == "__main__":
    main()
