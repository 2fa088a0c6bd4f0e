"""One run from start to finish: train, evaluate over fresh episodes, write the folder,
tell the result.
"""

import time
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from dqn_tutorial.agent import Agent
from dqn_tutorial.config import MainConfig
from dqn_tutorial.envs import EnvSpec, env_spec
from dqn_tutorial.models import get_model
from dqn_tutorial.runs import new_folder, save_agent, write_json, write_table
from dqn_tutorial.stats import bootstrap_interval, interquartile_mean
from dqn_tutorial.training import Record, evaluate, play, train

FINAL_EPISODES = 100


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
            self.evaluations.append((record.step, np.atleast_2d(greedy).mean(-1)))
        if (
            greedy is not None
            or record.step % self.row_every < self.config.training.n_envs
        ):
            row = {
                name: getattr(record, name)
                for name in ("step", "n_updates", "epsilon", "learning_rate")
            }
            row |= {
                name: getattr(record, name) for name in ("loss", "td_error", "mean_q")
            }
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
            rows.append(
                row
                | {
                    f"seed_{self.config.seed + k}": value
                    for k, value in enumerate(returns)
                }
            )
        return rows

    @property
    def mean_return(self) -> float:
        """Mean return of the last 20 training episodes; nan before the first ends."""
        return (
            float(np.mean([value for _, value in self.episodes[-20:]]))
            if self.episodes
            else float("nan")
        )


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
    t, log, seconds, ended = config.training, Log(config), 0.0, "budget"
    bar = tqdm(total=t.max_steps, unit="step", disable=not progress, mininterval=0.2)
    started = time.perf_counter()
    try:
        for record in train(agent, config):
            greedy = None
            is_last = record.step + t.n_envs > t.max_steps
            if t.eval_every and (record.step % t.eval_every < t.n_envs or is_last):
                seconds += time.perf_counter() - started
                greedy = evaluate(
                    agent, t.eval_episodes, seed=config.seed + record.step
                )
                started = time.perf_counter()
            log.add(record, greedy)
            bar.update(t.n_envs)
            if progress:
                shown = {
                    "return": log.mean_return,
                    "epsilon": record.epsilon,
                    "loss": record.loss,
                }
                bar.set_postfix(
                    {name: f"{value:.3g}" for name, value in shown.items()},
                    refresh=False,
                )
            if t.stop_when_solved and greedy is not None and spec.solved_at is not None:
                hopeful = np.isnan(log.first_solve) & (
                    np.atleast_2d(greedy).mean(-1) >= spec.solved_at
                )
                if hopeful.any():
                    seconds += time.perf_counter() - started
                    confirmed = np.atleast_2d(
                        evaluate(
                            agent, FINAL_EPISODES, seed=config.seed + record.step + 1
                        )
                    )
                    log.first_solve[
                        hopeful & (confirmed.mean(-1) >= spec.solved_at)
                    ] = record.step
                    started = time.perf_counter()
                if not np.isnan(log.first_solve).any():
                    ended = "solved"
                    break
    except KeyboardInterrupt:
        ended = "interrupted"
    bar.close()
    return log, seconds + time.perf_counter() - started, ended


def run(
    config: MainConfig, folder: Path | None = None, progress: bool = False
) -> dict[str, Any]:
    """Train an agent, evaluate its last weights over 100 fresh greedy episodes, and
    write the run into a folder.

    Returns:
        What `result.json` holds, and `folder` and `curve`, see `Log.curve`.

    Raises:
        ValueError: settings that do not fit, or a folder that exists; before any
            training.
    """
    spec = checked_spec(config)
    agent = get_model(config)
    name = f"{spec.id.rpartition('/')[2]}-{config.model.name}-seed{config.seed}"
    name += time.strftime("-%Y%m%d-%H%M%S")
    folder = new_folder(folder or Path("runs") / name)
    log, seconds, ended = run_training(agent, config, spec, progress)
    save_agent(agent, folder)  # before all that an interrupt might cost
    curve = log.curve()
    # [N, 100]
    returns = np.atleast_2d(evaluate(agent, FINAL_EPISODES, seed=config.seed))
    result = {
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
    write_table(curve, folder / "evaluations.csv")
    write_pictures(agent, log, spec, folder)
    return result | {"folder": folder, "curve": curve}


def summary(returns: NDArray[np.float64]) -> dict[str, float]:
    """Return mean, standard deviation and minimum of greedy returns."""
    return {
        "greedy_mean": returns.mean(),
        "greedy_std": returns.std(),
        "greedy_min": returns.min(),
    }


def write_pictures(agent: Agent, log: Log, spec: EnvSpec, folder: Path) -> None:
    """Draw the learning curve and the agent, each with its text alternative."""
    # needs matplotlib, which training does not
    from dqn_tutorial.classroom.pictures.agent_view import draw_agent
    from dqn_tutorial.classroom.pictures.curves import learning_curve, population_curve
    from dqn_tutorial.classroom.pictures.figures import png

    title, n_agents = f"Training on {spec.id}", agent.config.training.n_seeds
    if n_agents > 1 and log.evaluations:
        steps, returns = zip(*log.evaluations, strict=True)
        figure, alt = population_curve(
            steps, np.stack(returns, -1), spec.solved_at, f"{title}, {n_agents} seeds"
        )
    else:
        evaluations = [
            (step, float(returns.mean())) for step, returns in log.evaluations
        ]
        figure, alt = learning_curve(log.episodes, evaluations, spec.solved_at, title)
    (folder / "learning_curve.png").write_bytes(png(figure))
    (folder / "learning_curve.txt").write_text(alt + "\n", encoding="utf-8")
    states = play(agent, seed=agent.config.seed)
    alt = (
        f"One greedy episode of {len(states) - 1} steps of the trained agent on"
        f" {spec.id}"
    )
    (folder / "agent.svg").write_text(
        draw_agent(spec.id, states, alt), encoding="utf-8"
    )
