"""One run from start to finish: train, evaluate over fresh episodes, tell the result;
and its folder: settings, result, metrics and policy, never overwritten, and, until it
is finished, a checkpoint that it goes on from.
"""

import csv
import io
import json
import signal
import time
import warnings
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
from dqn_tutorial.checkpoint import (
    CHECKPOINT,
    LOCK,
    alone_in,
    load_state,
    reading,
    save_state,
    signals_wait,
    whole,
    write_whole,
)
from dqn_tutorial.config import (
    RUN_FORMAT,
    MainConfig,
    Refused,
    read_run_settings,
    refuse,
    write_settings,
)
from dqn_tutorial.envs import EnvSpec, env_spec
from dqn_tutorial.log import Log
from dqn_tutorial.models import get_model, import_words, saved_config
from dqn_tutorial.training import Rollout, evaluate, train

FINAL_EPISODES = 100
# a checkpoint comes after so many seconds, and after so many times what the last cost
SECONDS, TIMES = 1.0, 35
UNFINISHED = {"config.yaml", LOCK}  # what a run that was killed early leaves


def resume_line(folder: Path) -> str:
    """Return the command that goes on with the run of a folder."""
    return " ".join(["python -m dqn_tutorial --resume", str(folder), *import_words()])


def refuse_unless_free(folder: Path) -> None:
    """Raise an error if a run would overwrite what a folder holds."""
    if (folder / CHECKPOINT).exists():
        raise Refused(
            f"out = {str(folder)!r} holds an unfinished run, and a run is never"
            f" overwritten; this goes on with it: {resume_line(folder)}"
        )
    if folder.exists() and not (
        folder.is_dir()
        and {path.name.removesuffix(".part") for path in folder.iterdir()}
        <= UNFINISHED | {CHECKPOINT}
    ):
        raise Refused(
            f"out = {str(folder)!r} is not empty, and a run is never overwritten:"
            " choose another folder"
        )


def write_table(rows: Sequence[Mapping[str, Any]], path: Path) -> None:
    """Write rows as CSV, empty where a row lacks a column."""
    columns = list(dict.fromkeys(name for row in rows for name in row))
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, columns)
    writer.writeheader()
    writer.writerows(rows)
    write_whole(path, text.getvalue())


def write_json(content: Any, path: Path) -> None:
    """Write a JSON file for people to read too."""
    write_whole(path, json.dumps(content, indent=2) + "\n")


def save_agent(agent: Agent, folder: Path) -> None:
    """Write the settings of an agent and the networks that act greedily.

    Raises:
        FloatingPointError: a weight is nan or inf; nothing is written.

    Source: safetensors.
    """
    networks = getattr(agent.critic, agent.config.model.critic.greedy_network)
    if not is_finite(agent):
        raise FloatingPointError(
            f"a weight is not finite at step {agent.step}, so nothing is saved: is"
            f" learning_rate = {agent.config.training.learning_rate:g} too large?"
        )
    write_settings(agent.config, folder / "config.yaml")
    with whole(folder / "policy.safetensors") as unfinished:
        save_model(networks, str(unfinished))


def is_finite(agent: Agent) -> bool:
    """Return whether all weights are finite."""
    critic = agent.critic
    weights = [*critic.online.parameters(), *critic.target.parameters()]
    return all(bool(weight.isfinite().all()) for weight in weights)


def load_agent(folder: Path | str, device: str = "cpu") -> Agent:
    """Bring the agent of a run back; target and online networks are both the saved
    ones. Of a run that is not finished it is what was learned until its checkpoint, and
    a warning says so.

    Args:
        folder: of the run.
        device: where the networks are put, wherever they were trained.

    Raises:
        ValueError: the folder does not hold a run, or one of a later version, or a
            damaged one; its model is not registered; the device is not there.

    Source: safetensors.
    """
    folder = Path(folder)
    policy, checkpoint = folder / "policy.safetensors", folder / CHECKPOINT
    if not policy.is_file() and not checkpoint.is_file():
        raise Refused(
            f"folder = {str(folder)!r} holds no trained run: there is no {policy.name}"
            " in it"
        )
    found, settings = read_run_settings(folder / "config.yaml")
    agent = get_model(saved_config(settings | {"training.device": device}))
    if checkpoint.is_file():
        warnings.warn(
            f"{folder} holds a run that is not finished: {resume_line(folder)}",
            stacklevel=2,
        )
    source = policy if policy.is_file() else checkpoint
    with reading(source):
        for networks in (agent.critic.online, agent.critic.target):
            if policy.is_file():
                load_model(networks, policy)
            else:
                critic = load_state(checkpoint)["agent"]["critic"]
                greedy_network = agent.config.model.critic.greedy_network
                networks.load_state_dict(critic[greedy_network])
            if found == 0:
                _put_members_first(networks, agent.config.training.n_seeds)
    return agent


def _put_members_first(networks: nn.Module, n_agents: int) -> None:
    """Reorder networks that a file of format 0 holds agent by agent."""
    with torch.no_grad():
        for weight in networks.parameters():
            of_agents = weight.view(n_agents, -1, *weight.shape[1:])
            weight.copy_(of_agents.transpose(0, 1).reshape(weight.shape))


def checked_spec(config: MainConfig) -> EnvSpec:
    """Return what an agent must know of its environment.

    Raises:
        ValueError: no such environment, or `stop_when_solved` in one where no return
            counts as solved.

    Source: Gymnasium.
    """
    spec = env_spec(config.env.name, config.env.reward_scale)
    if config.training.stop_when_solved and spec.solved_at is None:
        raise Refused(
            f"training.stop_when_solved = True is not allowed: {spec.id} has no return"
            " from which it counts as solved"
        )
    return spec


def run_training(
    agent: Agent,
    config: MainConfig,
    spec: EnvSpec,
    progress: bool,
    checkpoint: Path | None = None,
) -> Log:
    """Train to the end of the budget, or until every agent has once solved its task if
    asked to, or to Ctrl-C.

    Args:
        agent, config, spec: what is trained.
        progress: show a bar.
        checkpoint: file to go on from if it is there, and kept while training; it is
            whole whatever happens.

    Raises:
        KeyboardInterrupt: SIGTERM, or a second Ctrl-C.
    """
    t, log = config.training, Log(config)
    rollout = Rollout(agent)
    if checkpoint and checkpoint.is_file():
        with reading(checkpoint):
            saved = load_state(checkpoint)
            agent.load_state_dict(saved["agent"])
            rollout.load_state_dict(saved["rollout"])
            log.load_state_dict(saved["log"])
    if log.ended == "solved":
        rollout.close()
        return log
    log.ended = "budget"
    began = time.perf_counter() - log.seconds  # moves on in evaluations
    due = time.perf_counter() + SECONDS

    def measured(episodes: int, seed: int) -> NDArray[np.float64]:
        """Return greedy returns, `[N, episodes]`."""
        nonlocal began
        before = time.perf_counter()
        bar.set_description("evaluating")
        if spec.one_copy:
            rollout.close()
        returns = evaluate(agent, episodes, seed).reshape(-1, episodes)
        if spec.one_copy:
            rollout.begin_anew()
        bar.set_description("")
        began += time.perf_counter() - before
        return returns

    def save(**changes: Any) -> None:
        nonlocal due
        before = time.perf_counter()
        log.seconds = before - began
        if checkpoint and is_finite(agent):
            own = rollout.state_dict() | changes
            parts = {"agent": agent.state_dict(), "rollout": own}
            save_state(parts | {"log": log.state_dict()}, checkpoint)
        after = time.perf_counter()
        due = after + max(SECONDS, TIMES * (after - before))

    bar = tqdm(
        total=t.max_steps,
        initial=agent.step,
        unit="step",
        disable=not progress,
        mininterval=0.2,
    )
    try:
        with bar, signals_wait() as caught:
            for record in train(agent, rollout=rollout):
                greedy, seed = None, config.seed + record.step
                is_last = record.step + t.n_envs > t.max_steps
                if t.eval_every and (record.step % t.eval_every < t.n_envs or is_last):
                    greedy = measured(t.eval_episodes, seed)
                log.add(record, greedy)
                bar.update(t.n_envs)
                if progress:
                    bar.set_postfix_str(
                        f"return={log.mean_return:.3g}, epsilon={record.epsilon:.3g},"
                        + (f" loss={record.loss:.3g}" if record.n_updates else ""),
                        refresh=False,
                    )
                if (
                    t.stop_when_solved
                    and greedy is not None
                    and spec.solved_at is not None
                ):
                    hopeful = np.isnan(log.first_solve)
                    hopeful &= greedy.mean(-1) >= spec.solved_at
                    if hopeful.any():
                        confirmed = measured(FINAL_EPISODES, seed + 1).mean(-1)
                        solved = hopeful & (confirmed >= spec.solved_at)
                        log.first_solve[solved] = record.step
                    if not np.isnan(log.first_solve).any():
                        log.ended = "solved"
                if caught and log.ended == "budget" and not is_last:
                    log.ended = "interrupted"
                is_over = is_last or log.ended != "budget"
                if is_over or time.perf_counter() > due:
                    save()
                if is_over:
                    break
    except Refused:  # the checkpoint cannot be written; the last one stands
        raise
    except BaseException as error:
        # in the midst of a step: what was learned is kept, the episodes are not
        if isinstance(error, Exception) or not (checkpoint and checkpoint.exists()):
            agent.step = rollout.step
            save(envs=[{} for _ in agent.critic.seeds])
        if isinstance(error, Exception):
            error.add_note(
                f"What was learned until step {agent.step} is kept. Once the cause is"
                " gone, a run goes on from there with new episodes."
            )
        raise
    if signal.SIGTERM in caught:
        raise KeyboardInterrupt(signal.SIGTERM)
    return log


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
        ValueError: settings that do not fit, or a folder that holds something; before
            any training.
        FloatingPointError: as in `train`.
        KeyboardInterrupt: as in `run_training`.
    """
    spec = checked_spec(config)
    agent = get_model(config)
    if folder is None:
        name = f"{Path(spec.id).name}-{config.model.name}-seed{config.seed}"
        folder = Path("runs") / (name + time.strftime("-%Y%m%d-%H%M%S"))
    refuse_unless_free(folder)
    with alone_in(folder):
        write_settings(config, folder / "config.yaml")
        return _run_on(agent, config, spec, folder, progress)


def resume(folder: Path, progress: bool = False) -> Run:
    """Go on with a run that something ended, as if nothing had, to the bit.

    Raises:
        ValueError: the folder holds no run that is not finished, or a damaged one.
            Else as in `run`.
    """
    if not (folder / CHECKPOINT).is_file():
        refuse("resume", str(folder), "there is no run in it that is not finished")
    config = saved_config(read_run_settings(folder / "config.yaml")[1])
    agent = get_model(config)
    with alone_in(folder):
        return _run_on(agent, config, checked_spec(config), folder, progress)


def _run_on(
    agent: Agent, config: MainConfig, spec: EnvSpec, folder: Path, progress: bool
) -> Run:
    checkpoint = folder / CHECKPOINT
    try:
        log = run_training(agent, config, spec, progress, checkpoint)
        save_agent(agent, folder)  # before all that an interrupt might cost
        write_table(log.rows, folder / "metrics.csv")
        write_table(log.curve(), folder / "evaluations.csv")
        if progress:
            print(f"evaluating the last weights, {FINAL_EPISODES} episodes")
        returns = evaluate(agent, FINAL_EPISODES, seed=config.seed)
    except BaseException as error:
        if checkpoint.is_file():
            error.add_note(
                f"From its last checkpoint this goes on: {resume_line(folder)}"
            )
        raise
    returns = returns.reshape(-1, FINAL_EPISODES)  # [N, 100]
    result = {
        "format": RUN_FORMAT,
        "environment": spec.id,
        "model": config.model.name,
        "seed": config.seed,
        "weights": "last",
        "ended": log.ended,
        "episodes": FINAL_EPISODES,
        **summary(returns),
        "solved_at": spec.solved_at,
        "steps": agent.step,
        "updates": agent.n_updates,
        "seconds": round(log.seconds, 3),
        "agents": [
            {"seed": seed, **summary(own)}
            for seed, own in zip(agent.critic.seeds, returns, strict=True)
        ],
    }
    write_json(result, folder / "result.json")
    if log.ended != "interrupted":
        checkpoint.unlink(missing_ok=True)
    return Run(result, log, agent, folder)


def summary(returns: NDArray[np.float64]) -> dict[str, float]:
    """Return mean, standard deviation and minimum of greedy returns."""
    return {
        "greedy_mean": returns.mean(),
        "greedy_std": returns.std(),
        "greedy_min": returns.min(),
    }
