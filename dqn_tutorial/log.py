"""What a run keeps of its records."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dqn_tutorial.config import MainConfig
from dqn_tutorial.stats import bootstrap_interval, interquartile_mean
from dqn_tutorial.training import Record

METRICS = "step n_updates epsilon learning_rate loss td_error mean_q".split()


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
        self.seconds = 0.0  # of training, evaluations excluded
        self.ended = "budget"  # or solved, or interrupted

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

    def state_dict(self) -> dict[str, Any]:
        """Return all that is kept. Source: PyTorch's convention."""
        episodes = np.reshape(self.episodes, (-1, 2)).astype(float)
        return vars(self) | {"config": None, "episodes": episodes}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go back to what `state_dict` returned."""
        config, episodes = self.config, state["episodes"].tolist()
        vars(self).update(state)
        self.config = config
        self.episodes = [(int(step), value) for step, value in episodes]
        self.evaluations = [(step, returns) for step, returns in state["evaluations"]]

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
