"""This package with its presets on three more tasks, beside Stable-Baselines3 with the
settings that its zoo tuned for each. See README.md here.

`python benchmarks/tasks.py --help` lists the options; results/ takes a table and every
run's row.
"""

import csv
import importlib.util
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gymnasium as gym
import torch
import tyro
from harness import CONFIRMING_EPISODES, FOLDER, evaluate, machine, peak_mib, run_job
from peers import PEERS, ZOO, ZOO_STEPS
from report import Row, markdown, share_of, spread
from tqdm import tqdm

from dqn_tutorial.envs import env_seed

# the mean return at which a run counts as stuck: no episode reached the goal, or, in
# LunarLander, next to none landed
STUCK_AT = {"MountainCar-v0": -200.0, "Acrobot-v1": -500.0, "LunarLander-v3": 0.0}
MODEL = {"LunarLander-v3": "ddqn"}  # else dqn
QUICK_STEPS = 4_000
CLOCKS = ("cpu", "seconds")


@dataclass(frozen=True)
class Options:
    """Train every run in a process of its own, one at a time, add its rows to
    results/tasks.csv, and write results/tasks.md. Runs that have their rows are not
    done again: the same command goes on where it was.
    """

    first_seed: int = 2_000
    """First seed; the presets were found and confirmed on others."""
    n_seeds: int = 10
    """Seeds of ours in one process."""
    alone: int = 3
    """Seeds of ours and of the peer, each in a process of its own."""
    tasks: tuple[str, ...] = tuple(STUCK_AT)
    """Any of MountainCar-v0, Acrobot-v1, LunarLander-v3."""
    quick: bool = False
    """Two seeds in one process, one alone, for a few thousand steps."""
    table_only: bool = False
    """Write the table from the rows that are there."""
    out: Path = FOLDER / "results"
    """Folder to write to."""


def ours(env: str, seed: int, n_seeds: int, steps: int) -> dict[str, Any]:
    """Train this package with its preset; `steps` = 0 leaves it the budget that the
    preset has.
    """
    from dqn_tutorial import evaluate, get_model, make_config, train

    changes: dict[str, Any] = {"max_steps": steps} if steps else {}
    own: dict[str, Any] = {"model": MODEL.get(env, "dqn"), "seed": seed}
    agent = get_model(make_config(env, n_seeds=n_seeds, **own, **changes))
    started = time.perf_counter(), time.process_time()
    for _ in train(agent):
        pass
    spent = clocks(started)
    returns = evaluate(agent, CONFIRMING_EPISODES, seed).reshape(n_seeds, -1)
    row = {"returns": returns.mean(-1).tolist(), "updates": agent.n_updates}
    return row | {"steps": agent.step} | spent


def zoo(env: str, seed: int, n_seeds: int, steps: int) -> dict[str, Any]:
    """Train Stable-Baselines3 with its zoo's settings; `steps` = 0 is the zoo's budget.

    Its clocks, too, start when training does.
    """
    from stable_baselines3 import DQN  # type: ignore[import-not-found, unused-ignore]
    from stable_baselines3.common.callbacks import BaseCallback  # type: ignore[import-not-found, unused-ignore]

    model = DQN("MlpPolicy", env, seed=seed, device="cpu", **ZOO[env])
    started = []

    class Start(BaseCallback):  # type: ignore[misc, unused-ignore]
        def _on_training_start(self) -> None:
            started.append((time.perf_counter(), time.process_time()))

        def _on_step(self) -> bool:
            return True

    model.learn(total_timesteps=steps or ZOO_STEPS[env], callback=Start())
    spent = clocks(started[0])
    returns = evaluate(
        lambda state: model.predict(state, deterministic=True)[0],
        CONFIRMING_EPISODES,
        env_seed(seed, "evaluation"),
        env,
    )
    row = {"returns": [float(returns.mean())], "updates": model._n_updates}
    return row | {"steps": model.num_timesteps} | spent


def clocks(started: tuple[float, float]) -> dict[str, float]:
    """Return wall and CPU seconds, of all threads, since then, and the memory used."""
    return {
        "seconds": time.perf_counter() - started[0],
        "cpu": time.process_time() - started[1],
        "peak_mib": peak_mib(),
    }


MEASURED = {"ours": ours, "sb3-zoo": zoo}


def missing(tasks: Sequence[str]) -> list[str]:
    """Say what cannot be measured here, and how to get it; a task's line begins with
    its name.
    """
    needs = [("LunarLander-v3", "Box2D", "requirements-box2d.txt")]
    needs += [("sb3-zoo", "stable_baselines3", "benchmarks/requirements.txt")]
    return [
        f"{name} skipped: {module} is not installed (pip install -r {file})"
        for name, module, file in needs
        if name in (*tasks, "sb3-zoo") and importlib.util.find_spec(module) is None
    ]


def read_rows(path: Path) -> list[Row]:
    """Return the rows of a file, numbers as numbers; none where there is no file."""
    if not path.exists():
        return []
    with path.open(newline="", encoding="utf-8") as file:
        rows: list[Row] = list(csv.DictReader(file))
    for row in rows:
        row |= {name: int(row[name]) for name in ("seed", "n_seeds", "steps")}
        row |= {name: float(row[name]) for name in ("mean_return", "cpu", "seconds")}
        row |= {"updates": int(row["updates"])}
    return rows


def add_rows(rows: Sequence[Row], path: Path) -> None:
    """Append the rows of one process to the file."""
    is_new = not path.exists()
    with path.open("a", newline="", encoding="utf-8") as file:
        table = csv.DictWriter(file, list(rows[0]))
        if is_new:
            table.writeheader()
        table.writerows(rows)


def commit() -> str:
    """Name the state of the package; empty where git does not tell."""
    words = ["git", "describe", "--always", "--dirty"]
    done = subprocess.run(words, cwd=FOLDER, capture_output=True, text=True)
    return done.stdout.strip()


def seeds_of(rows: Sequence[Row]) -> str:
    """Name the seeds of the rows, runs of them by their ends."""
    seeds = sorted(row["seed"] for row in rows)
    first = [seed for seed in seeds if seed - 1 not in seeds]
    last = [seed for seed in seeds if seed + 1 not in seeds]
    ends = zip(first, last, strict=True)
    return ", ".join(str(a) if a == b else f"{a}-{b}" for a, b in ends)


def outcome(env: str, rows: Sequence[Row]) -> list[str]:
    """Put in words how runs ended: at the threshold, stuck, their mean and worst."""
    threshold = float(gym.spec(env).reward_threshold or 0)
    means = [row["mean_return"] for row in rows]
    return [
        seeds_of(rows),
        share_of([mean >= threshold for mean in means]),
        str(sum(mean <= STUCK_AT[env] for mean in means)),
        f"{statistics.mean(means):.0f}",
        f"{min(means):.0f}",
        f"{rows[0]['steps']:,}",
        f"{rows[0]['updates']:,}",
    ]


def write_report(rows: Sequence[Row], out: Path) -> str:
    """Write the tables of the rows; return the text."""
    together, alone = [], []
    for env in STUCK_AT:
        own = [row for row in rows if row["task"] == env]
        name = f"{env} ({gym.spec(env).reward_threshold:g})"
        many = [row for row in own if row["n_seeds"] > 1]
        if many:
            cpu = many[0]["cpu"] / many[0]["n_seeds"]
            together.append([name, *outcome(env, many), f"{cpu:.1f}"])
        for peer in MEASURED:
            one = [row for row in own if row["n_seeds"] == 1 and row["peer"] == peer]
            if one:
                times = [spread(row[clock] for row in one) for clock in CLOCKS]
                alone.append([name, PEERS[peer].label, *outcome(env, one), *times])
    ended = ["seeds", "at the threshold", "stuck", "mean", "worst", "steps", "updates"]
    commits = sorted({row["commit"] for row in rows})
    text = [
        "# Three more tasks: this package and Stable-Baselines3",
        (
            f"Every run trains to its own budget; then its last weights, no checkpoint"
            f" chosen, play {CONFIRMING_EPISODES} fresh greedy episodes. It ends at the"
            " threshold if their mean reaches the environment's own (in brackets after"
            " its name). Stuck: a mean of -200 in MountainCar, of -500 in Acrobot (no"
            " episode reached the goal), below 0 in LunarLander. Mean and worst: over"
            " the seeds. The clocks hold training only, with one PyTorch thread: no"
            " imports, construction or evaluation. One process at a time. In brackets"
            " after a count: the lower end of its 95 % Wilson interval. The presets"
            " were found on other seeds than these. Stable-Baselines3 has its zoo's"
            " settings and budget for each task, written out in `peers.py`."
        ),
        f"Measured on {machine()} Commit {', '.join(commits)}.",
        "## Seeds side by side in one process, this package",
        markdown(["", *ended, "CPU seconds for one of them"], together),
        "## Each seed in a process of its own",
        markdown(["", "", *ended, "CPU seconds", "wall seconds"], alone),
    ]
    (out / "tasks.md").write_text("\n\n".join(text) + "\n", encoding="utf-8")
    return "\n\n".join(text[3:])


def main(options: Options) -> None:
    """Run what has no rows yet, and write the table."""
    n_seeds, alone = (2, 1) if options.quick else (options.n_seeds, options.alone)
    if unknown := set(options.tasks) - set(STUCK_AT):
        raise SystemExit(
            f"error: unknown task {', '.join(sorted(unknown))}; there are"
            f" {', '.join(STUCK_AT)}"
        )
    notes = missing(options.tasks)
    lacks = {note.split()[0] for note in notes}
    print("\n".join(notes))
    jobs = [(env, "ours", options.first_seed, n_seeds) for env in options.tasks]
    for env in options.tasks:
        for seed in range(options.first_seed, options.first_seed + alone):
            jobs += [(env, peer, seed, 1) for peer in MEASURED]  # taking turns
    options.out.mkdir(parents=True, exist_ok=True)
    path, keys = options.out / "tasks.csv", ("task", "peer", "seed", "n_seeds")
    done = {tuple(row[key] for key in keys) for row in read_rows(path)}
    left = [job for job in jobs if job not in done and not lacks & {job[0], job[1]}]
    for env, peer, seed, n in tqdm([] if options.table_only else left, unit="run"):
        job = {"peer": peer, "env": env, "seed": seed, "n_seeds": n}
        job |= {"steps": QUICK_STEPS if options.quick else 0}
        try:
            found = run_job("tasks.py", job)
        except RuntimeError as error:  # the others go on
            tqdm.write(f"failed: {error}")
            continue
        means = found.pop("returns")
        of_run = {"n_seeds": n} | found | {"commit": commit()}
        rows = [
            {"task": env, "peer": peer, "seed": own, "mean_return": mean} | of_run
            for own, mean in enumerate(means, seed)
        ]
        add_rows(rows, path)
        write_report(read_rows(path), options.out)
    if rows := read_rows(path):
        print(write_report(rows, options.out))


if __name__ == "__main__":
    # a process that `run_job` started
    if len(sys.argv) > 1 and sys.argv[1].startswith("{"):
        torch.set_num_threads(1)
        task = json.loads(sys.argv[1])
        print("\n" + json.dumps(MEASURED[task.pop("peer")](**task)))
    else:
        main(tyro.cli(Options, description=__doc__))
