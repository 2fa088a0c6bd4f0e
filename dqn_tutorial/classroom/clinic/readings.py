"""What an instrument of the clinic reads, and the agents and memories that it looks
at.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dqn_tutorial.agent import Agent
from dqn_tutorial.buffer import Batch
from dqn_tutorial.models import get_model, make_config
from dqn_tutorial.training import train

Array = NDArray[np.float64]
N_SEEDS = 16


class Reading(NamedTuple):
    """One number of each agent, and the range in which healthy agents lie."""

    name: str
    values: Array  # [N]
    low: float
    high: float

    @property
    def n_outside(self) -> int:
        """Agents outside the healthy range."""
        # nan is outside
        return int((~((self.values >= self.low) & (self.values <= self.high))).sum())

    @property
    def alarm(self) -> bool:
        """Whether most agents are outside."""
        return 2 * self.n_outside > len(self.values)


def trained(env: str, seed: int, n_seeds: int, **settings: Any) -> Agent:
    """Train agents side by side to the end of their budget, without an evaluation."""
    config = make_config(env, seed=seed, n_seeds=n_seeds, eval_every=0, **settings)
    agent = get_model(config)
    for _ in train(agent):
        pass
    return agent


def memory_of(agent: Agent) -> Batch:
    """Return all transitions in the memory, `[T]`, or `[N, T]` of N agents. Taught in
    09_bug_clinic.
    """
    _, passes = agent.experience_memory.get_steps_and_iterator(
        n_epochs=1, max_iter=0, batch_size=10**9
    )
    return next(passes)
