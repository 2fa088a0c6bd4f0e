"""Each peer, trained on CartPole-v1 in this process with its own settings:
`python peers.py '{"peer": ...}'`.

`cartpole.py` starts one such process for each peer and seed. A peer's clocks start when
it starts to train: imports and the construction of its networks are not counted, for
any peer.
"""

import importlib.util
import json
import os
import runpy
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from harness import (
    CONFIRMING_EPISODES,
    EPISODES,
    EVALUATE_EVERY,
    SOLVED_AT,
    Meter,
    peak_mib,
)
from numpy.typing import NDArray

STEPS = 50_000  # the budget of ours and of the zoo's settings
# github.com/DLR-RM/rl-baselines3-zoo, hyperparams/dqn.yml as of 22e3ff2 (2026-04-23):
# the budget of each task, n_timesteps there, and the rest as it is
ZOO_STEPS = {
    "CartPole-v1": STEPS,
    "Acrobot-v1": 100_000,
    "MountainCar-v0": 120_000,
    "LunarLander-v3": 100_000,
}
_ZOO_TWICE: dict[str, Any] = {
    "learning_rate": 6.3e-4,
    "batch_size": 128,
    "buffer_size": 50_000,
    "learning_starts": 0,
    "gamma": 0.99,
    "target_update_interval": 250,
    "train_freq": 4,
    "gradient_steps": -1,
    "exploration_fraction": 0.12,
    "exploration_final_eps": 0.1,
    "policy_kwargs": {"net_arch": [256, 256]},
}
ZOO: dict[str, dict[str, Any]] = {
    "CartPole-v1": {
        "learning_rate": 2.3e-3,
        "batch_size": 64,
        "buffer_size": 100_000,
        "learning_starts": 1_000,
        "gamma": 0.99,
        "target_update_interval": 10,
        "train_freq": 256,
        "gradient_steps": 128,
        "exploration_fraction": 0.16,
        "exploration_final_eps": 0.04,
        "policy_kwargs": {"net_arch": [256, 256]},
    },
    "Acrobot-v1": _ZOO_TWICE,
    "MountainCar-v0": {
        "learning_rate": 4e-3,
        "batch_size": 128,
        "buffer_size": 10_000,
        "learning_starts": 1_000,
        "gamma": 0.98,
        "target_update_interval": 600,
        "train_freq": 16,
        "gradient_steps": 8,
        "exploration_fraction": 0.2,
        "exploration_final_eps": 0.07,
        "policy_kwargs": {"net_arch": [256, 256]},
    },
    "LunarLander-v3": _ZOO_TWICE,
}


def ours(seed: int, to_solve: bool, steps: int, script: str) -> dict[str, Any]:
    """This package with its settings for CartPole."""
    from dqn_tutorial import get_model, make_config, train

    config = make_config("cartpole", seed=seed, max_steps=steps)
    agent = get_model(config)
    meter = Meter(
        lambda state: agent.select_action(state, is_training=False), seed, to_solve
    )
    meter.start()
    for record in train(agent):
        if meter.at(record.step, record.n_updates):
            break
    meter.stop()
    return meter.row(agent.step, agent.n_updates)


def stable_baselines3(
    seed: int, to_solve: bool, steps: int, settings: dict[str, Any]
) -> dict[str, Any]:
    """Stable-Baselines3 with the given settings."""
    from stable_baselines3 import DQN  # type: ignore[import-not-found, unused-ignore]
    from stable_baselines3.common.callbacks import BaseCallback  # type: ignore[import-not-found, unused-ignore]

    model = DQN("MlpPolicy", "CartPole-v1", seed=seed, device="cpu", **settings)
    meter = Meter(
        lambda state: model.predict(state, deterministic=True)[0], seed, to_solve
    )

    class Watch(BaseCallback):  # type: ignore[misc, unused-ignore]
        def _on_training_start(self) -> None:
            meter.start()

        def _on_step(self) -> bool:
            return not meter.at(model.num_timesteps, model._n_updates)

    model.learn(total_timesteps=steps, callback=Watch())
    meter.stop()
    return meter.row(model.num_timesteps, model._n_updates)


def sb3_zoo(seed: int, to_solve: bool, steps: int, script: str) -> dict[str, Any]:
    """Stable-Baselines3 with the settings that its zoo tuned for CartPole."""
    return stable_baselines3(seed, to_solve, steps, ZOO["CartPole-v1"])


def sb3_defaults(seed: int, to_solve: bool, steps: int, script: str) -> dict[str, Any]:
    """Stable-Baselines3 with nothing set."""
    return stable_baselines3(seed, to_solve, steps, {})


def cleanrl(seed: int, to_solve: bool, steps: int, script: str) -> dict[str, Any]:
    """CleanRL's script as it is, watched through the vector environment that it steps.

    It was written for a Gymnasium below 1.0, where an environment resets in the step
    that ends its episode.
    """
    import gymnasium as gym
    from gymnasium.vector import AutoresetMode
    from torch.optim.optimizer import register_optimizer_step_post_hook

    network: list[torch.nn.Module] = []
    count = {"steps": 0, "updates": 0}

    def policy(state: NDArray[np.float32]) -> NDArray[Any]:
        with torch.no_grad():
            actions: torch.Tensor = network[0](torch.as_tensor(state)).argmax(1)
        return actions.numpy()

    def after_update(*_: Any) -> None:
        count["updates"] += 1

    meter = Meter(policy, seed, to_solve)

    class Solved(Exception):
        """Leaves the script."""

    class Watched(gym.vector.SyncVectorEnv):
        def __init__(self, env_fns: Any) -> None:
            super().__init__(env_fns, autoreset_mode=AutoresetMode.SAME_STEP)

        def reset(self, **options: Any) -> Any:
            first = super().reset(**options)
            meter.start()
            return first

        def step(self, actions: Any) -> Any:
            if not network:  # the script's global variable
                network.append(sys._getframe(1).f_globals["q_network"])
            if meter.at(count["steps"], count["updates"]):
                raise Solved
            count["steps"] += 1
            *stepped, info = super().step(actions)
            old_info = (
                {"final_observation": info["final_obs"]} if "final_obs" in info else {}
            )
            return (*stepped, old_info)

    path = Path(script).resolve()
    sys.path.insert(0, str(path.parent.parent))  # where a clone has cleanrl_utils
    sys.argv = [str(path), "--seed", str(seed), "--total-timesteps", str(steps)]
    gym.vector.SyncVectorEnv = Watched  # type: ignore[misc, assignment]
    register_optimizer_step_post_hook(after_update)
    with tempfile.TemporaryDirectory() as folder:  # it writes a log
        os.chdir(folder)
        try:
            runpy.run_path(str(path), run_name="__main__")
        except Solved:
            pass
        meter.stop()
        os.chdir(path.parent)
    return meter.row(count["steps"], count["updates"])


def population(seed: int, to_solve: bool, steps: int, n_seeds: int) -> dict[str, Any]:
    """Train many of ours in one process: to their budget without a look, or until each
    has once solved the task.
    """
    from dqn_tutorial import evaluate, get_model, make_config
    from dqn_tutorial.envs import env_spec
    from dqn_tutorial.runs import run_training

    looks: dict[str, Any] = {
        "eval_every": EVALUATE_EVERY,
        "eval_episodes": EPISODES,
        "stop_when_solved": True,
    }
    own: dict[str, Any] = {
        "seed": seed,
        "max_steps": steps,
        "n_seeds": n_seeds,
        "n_threads": os.cpu_count() or 1,
    }
    config = make_config(
        "cartpole", **own, **(looks if to_solve else {"eval_every": 0})
    )
    agent = get_model(config)
    log = run_training(agent, config, env_spec("cartpole"), progress=False)
    if to_solve:
        n_solved = int(np.isfinite(log.first_solve).sum())
    else:
        end = evaluate(agent, CONFIRMING_EPISODES, seed).mean(-1).ravel()
        n_solved = int((end >= SOLVED_AT).sum())
    return {
        "seconds": log.seconds,
        "n_solved": n_solved,
        "steps": agent.step,
        "peak_mib": peak_mib(),
    }


class Peer(NamedTuple):
    """How to train it, what it needs, and how a reader gets that."""

    label: str
    run: Callable[..., dict[str, Any]]
    steps: int  # its own budget
    module: str
    how_to_install: str


_SB3 = ("stable_baselines3", "pip install -r benchmarks/requirements.txt")
PEERS = {
    "ours": Peer("this package", ours, STEPS, "dqn_tutorial", "pip install -e ."),
    "sb3-zoo": Peer("Stable-Baselines3, zoo settings", sb3_zoo, STEPS, *_SB3),
    "sb3-defaults": Peer("Stable-Baselines3, defaults", sb3_defaults, STEPS, *_SB3),
    "cleanrl": Peer(
        "CleanRL dqn.py",
        cleanrl,
        500_000,
        "tensorboard",
        "pip install -r benchmarks/requirements.txt",
    ),
}


def why_missing(name: str, script: str) -> str:
    """Say how to get what a peer lacks; empty if it can run."""
    if importlib.util.find_spec(PEERS[name].module) is None:
        return (
            f"{name} skipped: {PEERS[name].module} is not installed"
            f" ({PEERS[name].how_to_install})"
        )
    if name == "cleanrl" and not Path(script).is_file():
        return (
            "cleanrl skipped: clone github.com/vwxyzjn/cleanrl and add --cleanrl"
            f" CLONE/cleanrl/dqn.py, not {script!r}"
        )
    return ""


if __name__ == "__main__":
    torch.set_num_threads(1)
    task = json.loads(sys.argv[1])
    name = task.pop("peer")
    print(
        "\n"
        + json.dumps(
            population(**task) if name == "population" else PEERS[name].run(**task)
        )
    )
