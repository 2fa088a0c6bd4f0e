"""One run from start to finish: train, evaluate over fresh episodes, tell the result;
and its folder: settings, result, metrics and policy, written once, never overwritten.
"""

import csv
import json
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load_model, save_model
from torch import nn
from tqdm import tqdm

from dqn_tutorial.agent import Agent
from dqn_tutorial.config import (
    RUN_FORMAT,
    MainConfig,
    read_run_settings,
    write_settings,
)
from dqn_tutorial.envs import EnvSpec, env_spec
from dqn_tutorial.models import get_model, saved_config
from dqn_tutorial.stats import bootstrap_interval, interquartile_mean
from dqn_tutorial.training import Record, evaluate, train

FINAL_EPISODES = 100
METRICS = "step n_updates epsilon learning_rate loss td_error mean_q".split()


def new_folder(path: Path) -> Path:
    """Create the folder of a run.

    Raises:
        ValueError: it exists already, or cannot be created.
    """
    try:
        path.mkdir(parents=True)
    except OSError as error:
        raise ValueError(
            f"out = {str(path)!r} cannot be used, a run is never overwritten:"
            f" {error.strerror}"
        ) from error
    return path


def write_table(rows: Sequence[Mapping[str, Any]], path: Path) -> None:
    """Write rows as CSV, empty where a row lacks a column."""
    columns = list(dict.fromkeys(name for row in rows for name in row))
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, columns)
        writer.writeheader()
        writer.writerows(rows)


def write_json(content: Mapping[str, Any], path: Path) -> None:
    """Write a JSON file for people to read too."""
    path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


def save_agent(agent: Agent, folder: Path) -> None:
    """Write the settings of an agent and the networks that act greedily. Source:
    safetensors.
    """
    write_settings(agent.config, folder / "config.yaml")
    networks = getattr(agent.critic, agent.config.model.critic.greedy_network)
    save_model(networks, str(folder / "policy.safetensors"))


def load_agent(folder: Path | str, device: str = "cpu") -> Agent:
    """Bring the agent of a run back; target and online networks are both the saved
    ones.

    Args:
        folder: of the run.
        device: where the networks are put, wherever they were trained.

    Raises:
        ValueError: the folder does not hold a run, or one of a later version, its model
            is not registered, or the device is not there.

    Source: safetensors.
    """
    folder = Path(folder)
    policy = folder / "policy.safetensors"
    if not policy.is_file():
        raise ValueError(
            f"folder = {str(folder)!r} holds no trained run: there is no {policy.name}"
            " in it"
        )
    found, settings = read_run_settings(folder / "config.yaml")
    agent = get_model(saved_config(settings | {"training.device": device}))
    for networks in (agent.critic.online, agent.critic.target):
        load_model(networks, policy)
        if found == 0:
            _put_members_first(networks, agent.config.training.n_seeds)
    return agent


def _put_members_first(networks: nn.Module, n_agents: int) -> None:
    """Reorder networks that a file of format 0 holds agent by agent."""
    with torch.no_grad():
        for weight in networks.parameters():
            of_agents = weight.view(n_agents, -1, *weight.shape[1:])
            weight.copy_(of_agents.transpose(0, 1).reshape(weight.shape))


class Log:
    """What a run keeps of its records: episodes, evaluations, and a row of metrics for
    each percent of the budget.
    """

    def __init__(self, config: MainConfig) -> None:
        self.config, self.row_every = config, max(config.training.max_steps // 100, 1)
        self.episodes: list[tuple[int, float]] = []
        # (step, mean return of each of N agents)
        self.evaluations: list[tuple[int, NDArray[np.float64]]] = []
        self.rows: list[dict[str, Any]] = []
        # step at which each agent was first found solved
        self.first_solve = np.full(config.training.n_seeds, np.nan)

    def add(self, record: Record, greedy: NDArray[np.float64] | None) -> None:
        """Take in a record, and the greedy returns `[N, episodes]` if there was an
        evaluation at it.

        Taught in 07_train_cartpole.
        """
        self.episodes += [(record.step, value) for value in record.episode_returns]
        if greedy is not None:
            self.evaluations.append((record.step, greedy.mean(-1)))
        if (
            greedy is not None
            or record.step % self.row_every < self.config.training.n_envs
        ):
            row = {name: getattr(record, name) for name in METRICS}
            row["episode_return"] = self.mean_return
            row["greedy_return"] = "" if greedy is None else float(greedy.mean())
            self.rows.append(row)

    def curve(self) -> list[dict[str, float]]:
        """Return for each evaluation the mean and the interquartile mean over agents,
        with 95 % intervals if several.

        Source: Agarwal et al. (2021), section 4.3.
        """
        rows: list[dict[str, float]] = []
        for step, returns in self.evaluations:
            row = {
                "step": step,
                "greedy_mean": returns.mean(),
                "greedy_iqm": float(interquartile_mean(returns)),
            }
            if len(returns) > 1:
                row["mean_low"], row["mean_high"] = bootstrap_interval(returns)
                row["iqm_low"], row["iqm_high"] = bootstrap_interval(returns, trim=0.25)
            own = enumerate(returns, self.config.seed)
            rows.append(row | {f"seed_{seed}": value for seed, value in own})
        return rows

    @property
    def mean_return(self) -> float:
        """Mean return of the last 20 training episodes; nan before the first ends."""
        last = [value for _, value in self.episodes[-20:]]
        return float(np.mean(last)) if last else float("nan")


def checked_spec(config: MainConfig) -> EnvSpec:
    """Return what an agent must know of its environment.

    Raises:
        ValueError: no such environment, or `stop_when_solved` in one where no return
            counts as solved.

    Source: Gymnasium.
    """
    spec = env_spec(config.env.name)
    if config.training.stop_when_solved and spec.solved_at is None:
        raise ValueError(
            f"training.stop_when_solved = True is not allowed: {spec.id} has no return"
            " from which it counts as solved"
        )
    return spec


def run_training(
    agent: Agent, config: MainConfig, spec: EnvSpec, progress: bool
) -> tuple[Log, float, str]:
    """Train to the end of the budget, or until every agent has once solved its task if
    asked to, or to Ctrl-C.

    Returns:
        The log, the seconds spent on training (evaluations excluded), and how it ended.
    """
    t, log, pause, ended = config.training, Log(config), 0.0, "budget"
    began = time.perf_counter()

    def measured(episodes: int, seed: int) -> NDArray[np.float64]:
        """Return greedy returns, `[N, episodes]`."""
        nonlocal pause
        before = time.perf_counter()
        returns = evaluate(agent, episodes, seed).reshape(-1, episodes)
        pause += time.perf_counter() - before
        return returns

    bar = tqdm(total=t.max_steps, unit="step", disable=not progress, mininterval=0.2)
    try:
        for record in train(agent):
            greedy, seed = None, config.seed + record.step
            is_last = record.step + t.n_envs > t.max_steps
            if t.eval_every and (record.step % t.eval_every < t.n_envs or is_last):
                greedy = measured(t.eval_episodes, seed)
            log.add(record, greedy)
            bar.update(t.n_envs)
            if progress:
                bar.set_postfix_str(
                    f"return={log.mean_return:.3g}, epsilon={record.epsilon:.3g},"
                    f" loss={record.loss:.3g}",
                    refresh=False,
                )
            if t.stop_when_solved and greedy is not None and spec.solved_at is not None:
                hopeful = np.isnan(log.first_solve)
                hopeful &= greedy.mean(-1) >= spec.solved_at
                if hopeful.any():
                    confirmed = measured(FINAL_EPISODES, seed + 1).mean(-1)
                    solved = hopeful & (confirmed >= spec.solved_at)
                    log.first_solve[solved] = record.step
                if not np.isnan(log.first_solve).any():
                    ended = "solved"
                    break
    except KeyboardInterrupt:
        ended = "interrupted"
    bar.close()
    return log, time.perf_counter() - began - pause, ended


class Run(NamedTuple):
    """A finished run."""

    result: dict[str, Any]  # what result.json holds
    log: Log
    agent: Agent
    folder: Path


def run(config: MainConfig, folder: Path | None = None, progress: bool = False) -> Run:
    """Train an agent, evaluate its last weights over 100 fresh greedy episodes, and
    write the run into a folder.

    Raises:
        ValueError: settings that do not fit, or a folder that exists; before any
            training.
    """
    spec = checked_spec(config)
    agent = get_model(config)
    name = f"{Path(spec.id).name}-{config.model.name}-seed{config.seed}"
    name += time.strftime("-%Y%m%d-%H%M%S")
    folder = new_folder(folder or Path("runs") / name)
    log, seconds, ended = run_training(agent, config, spec, progress)
    save_agent(agent, folder)  # before all that an interrupt might cost
    returns = evaluate(agent, FINAL_EPISODES, seed=config.seed)
    returns = returns.reshape(-1, FINAL_EPISODES)  # [N, 100]
    result = {
        "format": RUN_FORMAT,
        "environment": spec.id,
        "model": config.model.name,
        "seed": config.seed,
        "weights": "last",
        "ended": ended,
        "episodes": FINAL_EPISODES,
        **summary(returns),
        "solved_at": spec.solved_at,
        "steps": agent.step,
        "updates": agent.n_updates,
        "seconds": round(seconds, 3),
        "agents": [
            {"seed": seed, **summary(own)}
            for seed, own in zip(agent.critic.seeds, returns, strict=True)
        ],
    }
    write_json(result, folder / "result.json")
    write_table(log.rows, folder / "metrics.csv")
    write_table(log.curve(), folder / "evaluations.csv")
    return Run(result, log, agent, folder)


def summary(returns: NDArray[np.float64]) -> dict[str, float]:
    """Return mean, standard deviation and minimum of greedy returns."""
    return {
        "greedy_mean": returns.mean(),
        "greedy_std": returns.std(),
        "greedy_min": returns.min(),
    }
