"""A grid of settings over many seeds: `python -m dqn_tutorial sweep`, on the cores of
this machine or on a cluster.
"""

import itertools
import json
import os
import signal
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import get_context, parent_process
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import yaml
from filelock import FileLock
from tqdm import tqdm

from dqn_tutorial.checkpoint import LOCK, alone_in, reading
from dqn_tutorial.config import (
    MainConfig,
    Refused,
    flatten,
    override,
    refuse,
    take_format,
)
from dqn_tutorial.models import get_model, import_file, saved_config
from dqn_tutorial.runs import (
    FINAL_EPISODES,
    checked_spec,
    run_training,
    write_json,
    write_table,
)
from dqn_tutorial.training import evaluate

# seeds trained side by side: a fixed number, so that a table does not depend on who
# computed it
BLOCK = 32
SWEEP_FORMAT = 1  # of sweep.json; the first had no number: 0
# what a sweep that was killed at once leaves
_UNFINISHED = {LOCK, "blocks", "sweep.json.part"}
GRACE = 6.0  # seconds that a worker may go on without the process that gives out work
TRIES = 3  # how often a block may lose its process before the sweep gives up


class Block(NamedTuple):
    """Seeds of one cell of the grid, trained side by side."""

    name: str  # of the file that keeps its rows
    cell: dict[str, Any]  # the settings that the grid varies
    settings: dict[str, Any]  # all of them


def parse_grid(texts: Sequence[str]) -> list[dict[str, Any]]:
    """Return the cells of a grid: every combination of the values of each setting.

    Args:
        texts: YAML, a setting and its values each, such as
            `training.batch_size: [32, 64]`.

    Raises:
        ValueError: a text that is not a setting with a list of values, or a setting
            that is given twice.
    """
    axes: dict[str, list[Any]] = {}
    for text in texts:
        try:
            axis = yaml.safe_load(text)
        except yaml.YAMLError:
            axis = None
        if not isinstance(axis, dict) or not all(
            isinstance(values, list) and values for values in axis.values()
        ):
            why = "write 'training.batch_size: [32, 64]', one value or more"
            refuse("grid", text, why)
        for name, values in axis.items():
            name = str(name).replace("-", "_")
            if name in axes or name in ("seed", "training.n_seeds"):
                raise Refused(
                    f"grid: {name} is given twice, or is not for the grid: seeds are"
                    " given by --seeds"
                )
            axes[name] = values
    return [
        dict(zip(axes, values, strict=True))
        for values in itertools.product(*axes.values())
    ]


def parse_seeds(text: str) -> range:
    """Return the seeds of a text such as `0-99`. Raises a ValueError if it is none."""
    first, dash, last = text.partition("-")
    if not (
        first.isdecimal()
        and (last.isdecimal() or not dash)
        and int(first) <= int(last or first)
    ):
        refuse("seeds", text, "write the first and the last, such as 0-99")
    return range(int(first), int(last or first) + 1)


def blocks_of(
    cells: Sequence[tuple[dict[str, Any], MainConfig]], seeds: range
) -> list[Block]:
    """Cut the seeds of each cell into blocks of at most 32.

    Raises:
        ValueError: as in `runs.checked_spec`.
    """
    blocks = []
    for number, (cell, config) in enumerate(cells):
        checked_spec(config)
        for first in seeds[::BLOCK]:
            own = {"seed": first, "training.n_seeds": min(BLOCK, seeds.stop - first)}
            blocks.append(
                Block(f"{number:04d}-{first}", cell, flatten(override(config, own)))
            )
    return blocks


def train_block(
    settings: Mapping[str, Any],
    file: str | None = None,
    checkpoint: Path | None = None,
) -> list[dict[str, Any]]:
    """Train the seeds of a block and return a row for each, with the step of its first
    solve if training looks for it.

    Args:
        settings: all of them, by dotted name.
        file: a learner's Python file to run first, which registers the model.
        checkpoint: file to go on from if it is there.

    Raises:
        Refused: the training was interrupted.
    """
    if file:
        import_file(Path(file))
    config = saved_config(settings)
    agent = get_model(config)
    log = run_training(agent, config, checked_spec(config), False, checkpoint)
    if log.ended == "interrupted":  # a part of a run must not pass for the whole
        raise Refused("the training was interrupted")
    returns = evaluate(agent, FINAL_EPISODES, seed=config.seed).mean(-1).ravel()
    rows: list[dict[str, Any]] = [{"seed": seed} for seed in agent.critic.seeds]
    for row, solve, value in zip(rows, log.first_solve, returns, strict=True):
        if config.training.stop_when_solved:
            row["first_solve"] = None if np.isnan(solve) else int(solve)
        row["greedy_mean"] = float(value)
    return rows


def sweep(
    blocks: Sequence[Block],
    folder: Path,
    scheduler: str | None,
    file: str | None = None,
    progress: bool = False,
) -> Path:
    """Train the blocks that the folder does not hold yet, and write its table when all
    are there.

    Args:
        blocks: of the whole sweep.
        folder: keeps every finished block at once; the same sweep goes on where it
            stopped.
        scheduler: address of a Dask scheduler, or None for the cores of this machine.
        file: as in `train_block`; a cluster's workers must find it at the same place.
        progress: show a bar.

    Returns:
        The table, a row for each cell and seed, in that order: the same bytes whoever
            did the work.

    Raises:
        ValueError: the folder holds another sweep, or the scheduler does not answer;
            before any work is done.
        RuntimeError: blocks that failed, after the others are finished.

    Taught in 08_what_matters.
    """
    _claim(folder, blocks)
    with alone_in(folder):
        return _sweep(blocks, folder, scheduler, file, progress)


def _sweep(
    blocks: Sequence[Block],
    folder: Path,
    scheduler: str | None,
    file: str | None,
    progress: bool,
) -> Path:
    failed: dict[str, str] = {}
    with tqdm(total=len(blocks), unit="block", disable=not progress) as bar:
        for attempt in range(TRIES):
            missing = [
                block
                for block in blocks
                if not _file(folder, block).exists() and block.name not in failed
            ]
            bar.update(len(blocks) - len(missing) - bar.n)
            try:
                with _executor(scheduler) as executor:
                    tasks = {
                        executor.submit(
                            train_block if scheduler else _train_and_end,
                            block.settings,
                            file,
                            # a cluster's workers may not see the folder
                            None if scheduler else _checkpoint(folder, block),
                        ): block
                        for block in missing
                    }
                    for task in as_completed(tasks):
                        if error := task.exception():
                            if isinstance(error, BrokenProcessPool):
                                raise error
                            failed[tasks[task].name] = f"{tasks[task].cell}: {error}"
                        else:
                            own = tasks[task]
                            write_json(task.result(), _file(folder, own))
                            checkpoint = _checkpoint(folder, own)
                            checkpoint.unlink(missing_ok=True)
                            checkpoint.with_suffix(LOCK).unlink(missing_ok=True)
                        bar.update()
                break
            # a process was killed: what it had is done again
            except BrokenProcessPool as error:
                if attempt == TRIES - 1:
                    raise Refused(
                        "processes were killed again and again: is there enough memory?"
                    ) from error
    if failed:
        raise Refused(
            "failed: " + "; ".join(f"{name}: {error}" for name, error in failed.items())
        )
    rows = []
    for block in blocks:
        with reading(path := _file(folder, block)):
            own = json.loads(path.read_text())
            rows += [{**block.cell, **row} for row in own]
    write_table(rows, folder / "sweep.csv")
    return folder / "sweep.csv"


def _file(folder: Path, block: Block) -> Path:
    return folder / "blocks" / f"{block.name}.json"


def _checkpoint(folder: Path, block: Block) -> Path:
    return _file(folder, block).with_suffix(".safetensors")


def _claim(folder: Path, blocks: Sequence[Block]) -> None:
    """Make the folder of a sweep, or see that it holds this one."""
    plan, path = {block.name: block.settings for block in blocks}, folder / "sweep.json"
    if path.exists():
        with reading(path):
            held = json.loads(path.read_text(encoding="utf-8"))
            number = take_format(held, SWEEP_FORMAT, path)
            held = held["blocks"] if number else held
        if not _is_same(held, plan):
            raise Refused(
                f"out = {str(folder)!r} holds another sweep: choose another folder"
            )
    elif folder.exists() and {path.name for path in folder.iterdir()} - _UNFINISHED:
        raise Refused(
            f"out = {str(folder)!r} is not empty and holds no sweep: choose another"
            " folder"
        )
    try:
        (folder / "blocks").mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Refused(
            f"out = {str(folder)!r} cannot be used: {error.strerror}"
        ) from error
    if not path.exists():
        write_json({"format": SWEEP_FORMAT, "blocks": plan}, path)


def _is_same(held: Any, plan: Mapping[str, Any]) -> bool:
    """Compare the plan that a folder holds, perhaps an older version's, with this."""
    try:
        return plan == {name: flatten(saved_config(own)) for name, own in held.items()}
    except (AttributeError, TypeError, ValueError):  # of a model that is not here
        return False


def _train_and_end(
    settings: Mapping[str, Any], file: str | None, checkpoint: Path | None
) -> list[dict[str, Any]]:
    """Train a block; a worker that was told to end begins no other."""
    assert checkpoint
    try:
        # a worker of the same sweep, killed just now, may still write what it has
        with FileLock(checkpoint.with_suffix(LOCK), timeout=2 * GRACE):
            return train_block(settings, file, checkpoint)
    except KeyboardInterrupt:
        os._exit(1)


def _begin() -> None:
    """Set a worker up: it ends with the process that gives out work, for which Ctrl-C
    is too.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # else a bar takes a semaphore of the system, which a killed worker leaves behind
    tqdm.set_lock(threading.RLock())
    parent = parent_process()
    assert parent is not None

    def end() -> None:
        parent.join()
        # as Ctrl-C: the block keeps what it has learned, if it can within seconds
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(GRACE)
        os._exit(1)

    threading.Thread(target=end, daemon=True).start()


@contextmanager
def _executor(scheduler: str | None) -> Iterator[Executor]:
    """Give what runs functions elsewhere: a process for each core, or a Dask cluster.
    What is unfinished is dropped.
    """
    if scheduler is None:
        pool = ProcessPoolExecutor(
            mp_context=get_context("spawn"),
            initializer=_begin,
        )
        try:
            yield pool
        except BaseException:
            # from Python 3.14 on: pool.terminate_workers()
            for process in list((pool._processes or {}).values()):
                process.terminate()
            raise
        finally:
            pool.shutdown(cancel_futures=True)
        return
    try:
        from distributed import Client
    except ImportError as error:
        raise Refused(
            "scheduler needs a package that is not installed: pip install distributed"
        ) from error
    try:
        client = Client(scheduler, timeout=5)
    except (OSError, ValueError) as error:
        raise Refused(
            f"scheduler = {scheduler!r} does not answer: start one with `dask"
            " scheduler`"
        ) from error
    with client:
        yield client.get_executor(pure=False)
