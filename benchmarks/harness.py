"""What every peer is measured with: one clock, one evaluation, one row of results; and
a fresh process for each run.
"""

import importlib.metadata
import json
import math
import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np
from numpy.typing import NDArray

from dqn_tutorial.envs import env_seed

# observations [n, S] -> greedy actions [n]
Policy = Callable[[NDArray[np.float32]], NDArray[Any]]

SOLVED_AT = 475.0
EVALUATE_EVERY = 1_600  # environment steps
EPISODES, CONFIRMING_EPISODES = 20, 100
FOLDER = Path(__file__).parent


def evaluate(
    policy: Policy, episodes: int, seed: int, env: str = "CartPole-v1"
) -> NDArray[np.float64]:
    """Play fresh greedy episodes side by side and return their returns, `[episodes]`.

    The environments have random streams of their own, so an evaluation does not disturb
    training.
    """
    envs = gym.make_vec(env, num_envs=episodes)
    state, _ = envs.reset(seed=seed)
    returns, running = np.zeros(episodes), np.ones(episodes, bool)
    while running.any():
        state, reward, terminated, truncated, _ = envs.step(
            np.asarray(policy(state)).reshape(episodes)
        )
        # an ended environment goes on with another episode: not counted
        returns += np.asarray(reward) * running
        running &= ~(terminated | truncated)
    envs.close()
    return returns


class Meter:
    """The clocks of one run, stopped while it evaluates, and what the evaluations
    showed.

    Args:
        policy: the peer's greedy actions with its weights as they are.
        seed: of the run; evaluations at the same step of two peers begin in the same
            states.
        to_solve: end the run at its first solve.
    """

    def __init__(self, policy: Policy, seed: int, to_solve: bool) -> None:
        self.policy, self.seed, self.to_solve = policy, seed, to_solve
        # of training so far; cpu of all threads together
        self.seconds, self.cpu = 0.0, 0.0
        self.due = EVALUATE_EVERY
        self.first_solve: dict[str, float] = {}
        # of each evaluation after the first solve: is it at SOLVED_AT or above
        self.later: list[bool] = []

    def start(self) -> None:
        """Let the clocks run."""
        self.started = time.perf_counter(), time.process_time()

    def stop(self) -> None:
        """Stop them."""
        self.seconds += time.perf_counter() - self.started[0]
        self.cpu += time.process_time() - self.started[1]

    def at(self, step: int, updates: int) -> bool:
        """Take note of where training is; evaluate if it is time to. Returns whether
        the run may end here.
        """
        if step < self.due:
            return False
        self.due += EVALUATE_EVERY
        self.stop()
        passed = self.mean_return(EPISODES, f"evaluation {step}") >= SOLVED_AT
        if self.first_solve:
            self.later.append(passed)
        elif (
            passed
            and self.mean_return(CONFIRMING_EPISODES, f"confirmation {step}")
            >= SOLVED_AT
        ):
            self.first_solve = {
                "solve_seconds": self.seconds,
                "solve_cpu": self.cpu,
                "solve_steps": step,
                "solve_updates": updates,
            }
        self.start()
        return self.to_solve and bool(self.first_solve)

    def mean_return(self, episodes: int, name: str) -> float:
        """Return the greedy mean over fresh episodes, whose first states follow from
        the run's seed and `name`.
        """
        return float(
            evaluate(
                self.policy, episodes, env_seed(self.seed, f"benchmark {name}")
            ).mean()
        )

    def row(self, step: int, updates: int) -> dict[str, Any]:
        """Return the results of the run; call it after `stop`. What was not reached is
        nan.
        """
        unreached = dict.fromkeys(
            ("solve_seconds", "solve_cpu", "solve_steps", "solve_updates"), math.nan
        )
        ended_early = self.to_solve and bool(self.first_solve)
        whole = {"end_return": math.nan, "seconds": math.nan, "cpu": math.nan}
        if not ended_early:
            end_return = self.mean_return(CONFIRMING_EPISODES, "end")
            whole = {"end_return": end_return, "seconds": self.seconds, "cpu": self.cpu}
        return {
            "seed": self.seed,
            **(self.first_solve or unreached),
            **whole,
            "steps": step,
            "updates": updates,
            "later_share": float(np.mean(self.later)) if self.later else math.nan,
            "peak_mib": peak_mib(),
        }


def peak_mib() -> float:
    """Return the largest resident memory this process has had, in MiB; nan where the
    system does not tell.
    """
    status = Path("/proc/self/status")
    # on Linux getrusage starts from the size of the process that started this one
    if status.exists():
        kib = next(
            (
                line.split()[1]
                for line in status.read_text().splitlines()
                if line.startswith("VmHWM")
            ),
            "nan",
        )
        return float(kib) / 1024
    try:
        import resource
    except ImportError:  # Windows
        return math.nan
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (2**20 if sys.platform == "darwin" else 2**10)


def run_job(script: str, job: Mapping[str, Any]) -> dict[str, Any]:
    """Run a script of this folder on one job in a fresh process, and return the JSON
    object it prints last.

    Raises:
        RuntimeError: the process failed; the last line it wrote is given.
    """
    environment = os.environ | {
        "OMP_NUM_THREADS": "1",
        "MKL_NUM_THREADS": "1",
        "CUDA_VISIBLE_DEVICES": "",
    }
    command = [sys.executable, str(FOLDER / script), json.dumps(job)]
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    if done.returncode:
        raise RuntimeError(
            f"{job}: {(done.stderr.strip() or 'no message').splitlines()[-1]}"
        )
    result: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return result


def machine() -> str:
    """Say in a sentence what this was measured on, and when."""
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text().splitlines() if cpuinfo.exists() else []
    names = [
        line.partition(":")[2].strip()
        for line in lines
        if line.startswith("model name")
    ]
    versions = ", ".join(
        f"{name} {importlib.metadata.version(name)}"
        for name in ("torch", "gymnasium", "numpy")
    )
    return (
        f"{names[0] if names else platform.processor() or platform.machine()},"
        f" {os.cpu_count()} logical cores, {platform.system()}, Python"
        f" {platform.python_version()}, {versions}, CPU only;"
        f" {time.strftime('%Y-%m-%d')}."
    )
