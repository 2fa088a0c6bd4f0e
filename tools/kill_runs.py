"""Kill training runs at random moments and go on with them: does each end with the
weights of the run that was never killed? `make kills`.

Ten runs of three minutes, each killed ten times, half by SIGKILL, half by SIGTERM; then
a sweep, twenty times. Eight of the runs act in environments that take their time, as a
simulator does, so that all ten fit on two cores at once.
"""

import argparse
import json
import os
import random
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import gymnasium as gym
import psutil

ROOT = Path(__file__).resolve().parents[1]
COMMAND = [sys.executable, "-m", "dqn_tutorial"]
SMALL = (
    "--training.eval-every 20000 --training.eval-episodes 2 --model.critic.width 32"
    " --model.critic.depth 1"
)
RUNS = {  # name: (settings, steps)
    "cartpole": ("--env.name cartpole --training.eval-every 500000", 2_500_000),
    "32 seeds": (
        "--env.name cartpole --training.n-seeds 32 --training.eval-every 0",
        240_000,
    ),
    "acrobot": (f"--env.name SlowAcrobot-v0 {SMALL}", 60_000),
    "mountain car": (f"--env.name SlowMountainCar-v0 {SMALL}", 60_000),
    "pole": (f"--env.name SlowCartPole-v1 {SMALL}", 60_000),
    "double": (f"--model.name ddqn --env.name SlowAcrobot-v0 {SMALL}", 60_000),
    "members": (
        f"--model.critic.n-members 3 --env.name SlowCartPole-v1 {SMALL}",
        60_000,
    ),
    "four": (f"--training.n-envs 4 --env.name SlowCartPole-v1 {SMALL}", 60_000),
    "lake": (f"--env.name SlowLake-v0 {SMALL}", 60_000),
    "uniform": (
        f"--training.n-step 5 --model.loss L1Loss --env.name SlowLake-v0 {SMALL}",
        60_000,
    ),
}
SLOW = {
    "SlowAcrobot-v0": "Acrobot-v1",
    "SlowMountainCar-v0": "MountainCar-v0",
    "SlowCartPole-v1": "CartPole-v1",
    "SlowLake-v0": "FrozenLake-v1",
}


class Slow(gym.Wrapper[Any, Any, Any, Any]):
    """An environment whose steps take three milliseconds."""

    def __init__(self, name: str) -> None:
        super().__init__(gym.make(name, disable_env_checker=True))

    def step(self, action: Any) -> Any:
        """Wait and step. Source: Gymnasium."""
        time.sleep(0.003)
        return self.env.step(action)


for _name, _inner in SLOW.items():
    if _name not in gym.registry:
        gym.register(_name, Slow, kwargs={"name": _inner})  # type: ignore[arg-type]


def start(words: list[str], log: Path) -> subprocess.Popen[bytes]:
    """Start the command line with these words; what it prints goes to a file."""
    return subprocess.Popen(
        [*COMMAND, *words, "--import", __file__],
        stdout=log.open("ab"),
        stderr=subprocess.STDOUT,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
    )


def killed(
    folder: Path, words: list[str], seconds: float, kills: int
) -> dict[str, Any]:
    """Run, kill and go on; return what it took, and what was computed twice."""
    rng, repeated, words = (
        random.Random(folder.name),
        [],
        [*words, "--out", str(folder)],
    )
    checkpoint, log = folder / "checkpoint.safetensors", folder.with_suffix(".log")
    moments = sorted(rng.uniform(0.05, 0.95) * seconds for _ in range(kills))
    done, n_bytes, n_kills = 0.0, 0, 0
    for number, moment in enumerate(moments):
        process = start(words, log)
        while not checkpoint.exists() and process.poll() is None:
            time.sleep(0.05)
        began = time.time()
        while time.time() - began < moment - done and process.poll() is None:
            time.sleep(0.05)
        done += time.time() - began
        if process.poll() is not None:
            break
        n_bytes = checkpoint.stat().st_size
        if number % 2:
            process.terminate()
        else:
            process.kill()
        at, n_kills = time.time(), n_kills + 1
        process.wait()
        if not number % 2:
            repeated.append(at - checkpoint.stat().st_mtime)
        words = ["--resume", str(folder)]
    code = start(words, log).wait()
    return {
        "kills": n_kills,
        "exit": code,
        "repeated": round(sum(repeated), 2),
        "checkpoint_mib": round(n_bytes / 2**20, 2),
    }


def compare(name: str, out: Path, kills: int, scale: float) -> dict[str, Any]:
    """Return what a run and its killed twin have in common."""
    settings, steps = RUNS[name]
    words = [*settings.split(), "--training.max-steps", str(int(steps * scale))]
    whole, twin = out / f"{name} whole", out / f"{name} killed"
    before = time.time()
    code = start([*words, "--out", str(whole)], whole.with_suffix(".log")).wait()
    taken = time.time() - before
    seconds = json.loads((whole / "result.json").read_text())["seconds"]
    row = {"run": name, "exit_whole": code, "seconds": seconds, "wall": round(taken, 1)}
    row |= killed(twin, words, seconds, kills)
    for file in ("policy.safetensors", "metrics.csv", "evaluations.csv"):
        row[file] = (whole / file).read_bytes() == (twin / file).read_bytes()
    row["repeated_share"] = round(row["repeated"] / seconds, 4)
    print(json.dumps(row), flush=True)
    return row


def killed_sweep(out: Path, kills: int, steps: int) -> dict[str, Any]:
    """Return what a sweep and its killed twin have in common."""
    settings = "sweep --env.name cartpole --seeds 0-127 --training.eval-every 0"
    words = [*settings.split(), "--training.max-steps", str(steps), "--out"]
    whole, twin, log = out / "sweep whole", out / "sweep killed", out / "sweep.log"
    began = time.time()
    code = start([*words, str(whole)], log).wait()
    seconds = time.time() - began
    rng, repeated, left, n_kills = random.Random(0), 0.0, 0, 0
    while n_kills < kills:
        process = start([*words, str(twin)], log)
        time.sleep(rng.uniform(0.6, 1.1) * seconds / kills)
        if process.poll() is not None:
            break
        workers = psutil.Process(process.pid).children(recursive=True)
        if n_kills % 2:
            process.terminate()
        else:
            process.kill()
        now, n_kills = time.time(), n_kills + 1
        process.wait()
        left += len(psutil.wait_procs(workers, timeout=10)[1])
        files = list(twin.glob("blocks/*.safetensors"))
        lost = sum(max(now - file.stat().st_mtime, 0) for file in files)
        repeated += lost / (os.cpu_count() or 1)
    exit_code = start([*words, str(twin)], log).wait()
    return {
        "run": "sweep",
        "seconds": round(seconds, 1),
        "kills": n_kills,
        "exit": [code, exit_code],
        "repeated_share": round(repeated / seconds, 4),
        "workers_left": left,
        "sweep.csv": (whole / "sweep.csv").read_bytes()
        == (twin / "sweep.csv").read_bytes(),
    }


def main() -> None:
    """Run the comparison and write its table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--scale", type=float, default=1.0, help="of the steps")
    parser.add_argument("--sweep-kills", type=int, default=20)
    parser.add_argument("--sweep-steps", type=int, default=400_000)
    parser.add_argument("--runs", nargs="*", default=list(RUNS))
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True)
    with ThreadPoolExecutor(len(arguments.runs)) as pool:
        rows = list(
            pool.map(
                lambda name: compare(
                    name, arguments.out, arguments.kills, arguments.scale
                ),
                arguments.runs,
            )
        )
    if arguments.sweep_kills:
        rows.append(
            killed_sweep(arguments.out, arguments.sweep_kills, arguments.sweep_steps)
        )
        print(json.dumps(rows[-1]), flush=True)
    (arguments.out / "rows.json").write_text(json.dumps(rows, indent=1))


if __name__ == "__main__":
    main()
