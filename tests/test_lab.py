"""`make lab` opens the course for everybody, root included, and to nobody else."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dqn_tutorial.classroom import course

ROOT = Path(__file__).parent.parent
FOLDERS = ("CONFIG", "DATA", "RUNTIME")
# nothing is installed: the environment of the tests opens the course
MAKE = "make", "PYTHON=:", f"BIN={Path(sys.executable).parent}", "lab"


@pytest.fixture(scope="module")
def running(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[dict[str, Any], Path]]:
    """What the server that `make lab` starts says of itself, and the folder of
    Jupyter's own folders.
    """
    if not shutil.which("make"):
        pytest.skip("no make is installed here")
    home = tmp_path_factory.mktemp("home")
    own = {f"JUPYTER_{name}_DIR": str(home / name) for name in FOLDERS}
    own |= {"HOME": str(home), "JUPYTER_PREFER_ENV_PATH": "0"}
    words = [*MAKE, f"COURSE={home / 'course'}", "OPTIONS=--no-browser"]
    log = home / "log.txt"
    with log.open("w") as file:
        env = {k: v for k, v in os.environ.items() if k != "JUPYTER_TOKEN"} | own
        make = subprocess.Popen(
            words, cwd=ROOT, env=env, stdout=file, stderr=file, start_new_session=True
        )
    try:
        while not (found := list((home / "RUNTIME").glob("jpserver-*.json"))):
            assert make.poll() is None, log.read_text()
            time.sleep(0.2)
        time.sleep(1)  # until it is written whole
        yield json.loads(found[0].read_text()), home
    finally:
        os.killpg(make.pid, signal.SIGTERM)
        make.wait(timeout=30)


def status(url: str, **headers: str) -> int:
    """Ask, and return the number of the answer; with a body in it, a POST."""
    body = headers.pop("body", None)
    request = urllib.request.Request(
        url, data=body.encode() if body else None, headers=headers
    )
    try:
        return int(urllib.request.urlopen(request, timeout=30).status)
    except urllib.error.HTTPError as error:
        return error.code


def test_the_course_opens(running: tuple[dict[str, Any], Path]) -> None:
    server, home = running
    assert Path(server["root_dir"]) == home / "course"
    start = "lab/tree/notebooks/00_start_here.ipynb"
    address = f"{server['url']}{start}?token={server['token']}"
    assert status(address) == 200
    log = (home / "log.txt").read_text()
    assert f"lab/tree/notebooks/00_start_here.ipynb?token={server['token']}" in log


def test_no_question_about_news_lies_over_the_page(
    running: tuple[dict[str, Any], Path],
) -> None:
    server, _ = running
    name = "lab/api/settings/@jupyterlab/apputils-extension:notification"
    address = f"{server['url']}{name}?token={server['token']}"
    answer = json.load(urllib.request.urlopen(address, timeout=30))
    assert answer["schema"]["properties"]["fetchNews"]["default"] == "false"


def test_only_who_sits_at_this_machine_and_has_the_token_gets_in(
    running: tuple[dict[str, Any], Path],
) -> None:
    server, _ = running
    assert server["hostname"] == "127.0.0.1"
    assert len(server["token"]) >= 32
    contents = f"{server['url']}api/contents/notebooks/00_start_here.ipynb"
    assert status(contents) == 403
    assert status(contents, Authorization="token wrong") == 403
    assert status(contents, Authorization=f"token {server['token']}") == 200
    assert (
        status(contents, Authorization=f"token {server['token']}", Host="example.org")
        == 403
    )


def test_another_page_cannot_act_for_the_learner(
    running: tuple[dict[str, Any], Path],
) -> None:
    """A page elsewhere sends the learner's cookies, but does not know the XSRF
    token.
    """
    server, _ = running
    login = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
    login.open(f"{server['url']}lab?token={server['token']}", timeout=30)
    with pytest.raises(urllib.error.HTTPError) as refused:
        login.open(f"{server['url']}api/terminals", data=b"{}", timeout=30)
    assert refused.value.code == 403


def test_root_is_let_in_only_as_root(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[list[str]] = []
    monkeypatch.setenv("JUPYTER_CONFIG_PATH", "")
    monkeypatch.setattr(course.LabApp, "launch_instance", started.append)
    for number in (0, 1000):
        monkeypatch.setattr(os, "geteuid", lambda number=number: number)
        course.open_in_jupyterlab(Path("copy"), ["--ServerApp.ip=0.0.0.0"])
    assert "--ServerApp.allow_root=True" in started[0]
    assert "--ServerApp.allow_root=False" in started[1]
    # what is asked for stands above
    assert [word for word in started[1] if ".ip=" in word] == ["--ServerApp.ip=0.0.0.0"]


def test_nothing_is_written_into_the_settings_of_the_user(
    running: tuple[dict[str, Any], Path],
) -> None:
    _, home = running
    assert not [
        path
        for path in (home / "CONFIG").rglob("*")
        if path.is_file() and path.name != "migrated"
    ]
