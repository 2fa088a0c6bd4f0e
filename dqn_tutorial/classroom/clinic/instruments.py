"""The instruments of the clinic: each looks at 16 agents and returns readings, with
what a healthy agent shows.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from dqn_tutorial.classroom.clinic.quick import actions, batch, pulse
from dqn_tutorial.classroom.clinic.readings import N_SEEDS, Array, Reading, trained
from dqn_tutorial.mdp import slippery_grid, value_iteration
from dqn_tutorial.models import get_model, make_config
from dqn_tutorial.tabular import distance_to_q_star
from dqn_tutorial.tasks import probes as probe_tasks
from dqn_tutorial.training import evaluate, q_table, train

LOOK_EVERY = 2_000  # steps between two points of a learning curve


def probes(seed: int = 0, n_seeds: int = N_SEEDS) -> list[Reading]:
    """Train on each probe and return the largest error of Q: `max |Q - Q*|` over states
    and actions.

    Cannot see: what these tasks lack: a falling epsilon, scaled states, a full memory.

    Source: after Jones (2021), "Debugging RL". Taught in 09_bug_clinic.
    """
    settings: dict[str, Any] = {
        "width": 16,
        "depth": 1,
        "n_envs": 8,
        "batch_size": 32,
        "learning_starts": 64,
        "max_steps": 1_600,
        "update_ratio": 0.25,
        "learning_rate": 0.01,
        "learning_rate_end": 0.0,
        "tau": 0.2,
        "gamma": 0.9,
        "exploration_rate": 1.0,
    }
    readings = []
    for name, probe in probe_tasks().items():
        agent = trained(f"probe {name}", seed, n_seeds, **settings)
        distance = distance_to_q_star(
            q_table(agent, probe.mdp), probe.mdp, value_iteration(probe.mdp)
        )
        readings.append(
            Reading(name, distance, 0, 0.5 if name == "endless work" else 0.1)
        )
    return readings


def oracle(seed: int = 0, n_seeds: int = N_SEEDS) -> list[Reading]:
    """Train on the slippery grid and compare with Q*.

    Cannot see: as `probes`; which part is wrong.

    Source: Sutton & Barto (2018), section 4.4. Taught in 09_bug_clinic.
    """
    mdp = slippery_grid()
    agent = trained(
        "slipperygrid",
        seed,
        n_seeds,
        width=64,
        depth=1,
        n_envs=32,
        max_steps=16_000,
        batch_size=128,
        update_ratio=0.03,
        learning_rate=5e-3,
        learning_rate_end=0.0,
        tau=0.05,
        gamma=mdp.gamma,
        exploration_rate=1.0,
    )
    q, q_star = q_table(agent, mdp), value_iteration(mdp)
    bias = (q - q_star)[..., ~mdp.terminal, :].mean((-2, -1))
    return [
        Reading("distance to Q*", distance_to_q_star(q, mdp, q_star), 0, 0.4),
        Reading("mean of Q - Q*", bias, -0.15, 0.15),
    ]


def curves(seed: int = 0, n_seeds: int = N_SEEDS) -> list[Reading]:
    """Train on CartPole for 8,000 steps and return the last behaviour and greedy
    returns.

    Cannot see: what CartPole lacks; which part is wrong.

    Taught in 09_bug_clinic.
    """
    behaviour, greedy = learning_curves(seed, n_seeds)
    return [
        Reading("behaviour return, last 2,000 steps", behaviour[:, -1], 0, 500),
        Reading("greedy return after 8,000 steps", greedy[:, -1], 100, 500),
    ]


def learning_curves(seed: int = 0, n_seeds: int = N_SEEDS) -> tuple[Array, Array]:
    """Return behaviour and greedy returns on CartPole, each `[N, 4]`: at 2,000, 4,000,
    6,000 and 8,000 steps.

    Source: Machado et al. (2018) on showing both.
    """
    short: dict[str, Any] = {"max_steps": 8_000, "exploration_fraction": 0.3}
    config = make_config("cartpole", seed=seed, n_seeds=n_seeds, eval_every=0, **short)
    agent = get_model(config)
    episodes: list[list[float]] = [[] for _ in range(n_seeds)]
    behaviour, greedy = [], []
    for record in train(agent):
        for episode in record.episodes:
            episodes[episode.agent].append(episode.episode_return)
        if record.step % LOOK_EVERY < config.training.n_envs:
            behaviour.append([np.mean(own or [np.nan]) for own in episodes])
            greedy.append(evaluate(agent, 10, seed).mean(-1).ravel())
            episodes = [[] for _ in range(n_seeds)]
    return np.array(behaviour).T, np.array(greedy).T


INSTRUMENTS: dict[str, Callable[..., list[Reading]]] = {
    "pulse": pulse,
    "actions": actions,
    "batch": batch,
    "probes": probes,
    "oracle": oracle,
    "curves": curves,
}
