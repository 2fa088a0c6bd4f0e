"""Small labs that train networks: width and scale, the epsilon schedule, the
ensemble.
"""

from collections import deque

import numpy as np
import torch

from dqn_tutorial.classroom.live.small import (
    Floats,
    Panel,
    SmallLab,
    Tell,
    bands,
    choice,
    draw_bands,
    slider,
)
from dqn_tutorial.config import REDUCTIONS
from dqn_tutorial.envs import env_seed, make_vector_env, register_mdp
from dqn_tutorial.mdp import slippery_grid, value_iteration
from dqn_tutorial.models import get_model, make_config
from dqn_tutorial.nets import DQNNet, stack
from dqn_tutorial.seeding import numpy_generator, torch_generator
from dqn_tutorial.tabular import distance_to_q_star
from dqn_tutorial.training import q_table, torch_threads, train

N_SEEDS, N_ENVS = 16, 32
MDP = slippery_grid()
Q_STAR = value_iteration(MDP)
# environment steps in which each environment ends an episode: 50 steps and the reset
EPISODE = 51 * N_ENVS


register_mdp("NoisyLabGrid", MDP, reward_noise=1.0)


def network_lab() -> SmallLab:
    """Ask whether a wider network makes up for observations of the wrong size.

    Source: LeCun et al. (1998), "Efficient BackProp", section 4.3. Taught in
    03_q_network.
    """
    return SmallLab(
        (
            "At factor 1 the angle of the pole is a small input with little influence"
            " at the start. Can 128 units in each layer make up for that, or do 16"
            " units at factor 10 do better? Does an ever larger factor go on helping?"
        ),
        {
            "width": slider(
                "width",
                [4, 8, 16, 32, 64, 128, 256],
                32,
                "Units in each of the two hidden layers",
            ),
            "factor": slider(
                "factor on the angle",
                [1.0, 3.0, 10.0, 30.0, 100.0],
                1.0,
                "The other factors are 1, 0.5 and 1",
            ),
        },
        bands(
            fit_networks,
            "updates",
            [
                Panel(
                    "Fitting a function of CartPole's states",
                    "share of the variance left",
                    (1e-3, 10),
                    is_log=True,
                )
            ],
        ),
        draw_bands,
        (
            "The share of a function's variance that networks have not learned over"
            " updates, 16 seeds, log axis."
        ),
    )


@torch_threads(1)
def fit_networks(
    tell: Tell, width: int, factor: float, seed: int = 0
) -> tuple[list[float], list[Floats]]:
    """Fit exp(-(angle / 0.1)^2) on states of random play. Returns updates `[T]`, share
    of variance left `[N, T]`.
    """
    n_updates, name = 150, "network lab"
    states = _random_play(seed)
    value = torch.exp(-((states[:, 2] / 0.1) ** 2))
    x = states * torch.tensor([1.0, 0.5, factor, 1.0])
    members = [
        DQNNet(4, 1, 2, width, generator=torch_generator(seed + n, name))
        for n in range(N_SEEDS)
    ]
    nets, updates, left = stack(members), [], []
    optimizer = torch.optim.Adam(nets.parameters(), lr=2e-3)
    batches = torch.randint(
        len(x), (n_updates, 64), generator=torch_generator(seed, name + " batches")
    )
    for n, rows in enumerate(batches, start=1):
        optimizer.zero_grad()
        (nets(x[rows].expand(N_SEEDS, -1, -1))[..., 0] - value[rows]).square().mean(
            -1
        ).sum().backward()
        optimizer.step()
        tell(n / n_updates)
        if n % 10 == 0:
            with torch.no_grad():
                error = nets(x[::8].expand(N_SEEDS, -1, -1))[..., 0] - value[::8]
            updates.append(float(n))
            left.append((error.square().mean(-1) / value.var()).numpy().astype(float))
    return updates, [np.stack(left, 1)]


def _random_play(seed: int) -> torch.Tensor:
    """States of CartPole, `[3232, 4]`."""
    rng, envs = (
        numpy_generator(seed, "network lab actions"),
        make_vector_env("cartpole", 32),
    )
    seen = [envs.reset(seed=env_seed(seed, "network lab"))[0]]
    seen += [envs.step(rng.integers(2, size=32))[0] for _ in range(100)]
    envs.close()
    return torch.as_tensor(np.concatenate(seen))


def epsilon_lab() -> SmallLab:
    """Ask which epsilon schedule learns best and which earns best. Source: Mnih et al.
    (2015), extended data table 1. Taught in 06_agent.
    """
    return SmallLab(
        (
            "Which schedule ends with the smallest distance to q*, and which one ends"
            " with the largest return in training? Why are they not the same, and why"
            " can epsilon 1 throughout learn q* at all?"
        ),
        {
            "start": slider(
                "epsilon at first",
                [0.0, 0.05, 0.3, 1.0],
                1.0,
                "Probability of a random action at step 0",
            ),
            "final": slider(
                "epsilon at last",
                [0.0, 0.05, 0.3, 1.0],
                0.05,
                "After the schedule has ended",
            ),
            "fraction": slider(
                "reached after",
                [0.1, 0.25, 0.5, 1.0],
                0.1,
                "Length of the schedule as a share of the run",
            ),
        },
        bands(
            learn_grid,
            "environment steps of each agent",
            [
                Panel("What is learned", "distance to q*", (0, 1.3)),
                Panel(
                    "What is earned: the last 32 episodes", "training return", (-1, 1)
                ),
            ],
        ),
        draw_bands,
        (
            "Left the distance to q*, right the return of training episodes over steps,"
            " means of 16 seeds with intervals."
        ),
    )


def learn_grid(
    tell: Tell, start: float, final: float, fraction: float, seed: int = 0
) -> tuple[list[float], list[Floats]]:
    """Train agents on the slippery grid. Returns steps `[T]`, and distances to Q* and
    training returns `[N, T]`.

    Source: Mnih et al. (2015), algorithm 1.
    """
    config = make_config(
        "slipperygrid",
        seed=seed,
        n_seeds=N_SEEDS,
        n_envs=N_ENVS,
        max_steps=8 * EPISODE,
        learning_starts=320,
        batch_size=64,
        eval_every=0,
        width=32,
        depth=1,
        learning_rate=4e-3,
        learning_rate_end=0.0,
        tau=0.05,
        update_ratio=1 / 32,
        gamma=MDP.gamma,
        exploration_start=start,
        exploration_rate=final,
        exploration_fraction=fraction,
    )
    agents, steps, distances, returns = get_model(config), [], [], []
    recent: list[deque[float]] = [deque(maxlen=32) for _ in range(N_SEEDS)]
    for record in train(agents):
        tell(record.step / config.training.max_steps)
        for episode in record.episodes:
            recent[episode.agent].append(episode.episode_return)
        if record.step % EPISODE == 0:
            steps.append(float(record.step))
            distances.append(distance_to_q_star(q_table(agents, MDP), MDP, Q_STAR))
            returns.append(np.array([np.mean(of_agent) for of_agent in recent]))
    return steps, [np.stack(distances, 1), np.stack(returns, 1)]


def ensemble_lab() -> SmallLab:
    """Ask which way of combining members cures the overestimation, and with how many.

    Source: Anschel et al. (2017) on the mean, Lan et al. (2020) on the minimum. Taught
    in 08_what_matters.
    """
    return SmallLab(
        (
            "The rewards are noisy, and a single network ends with values that are too"
            " large. Does the mean over more members cure that? Does the minimum, and"
            " from how many members on? What does the maximum do?"
        ),
        {
            "members": slider("members", [1, 2, 4, 8], 1, "Networks of one agent"),
            "reduce": choice(
                "target takes the",
                REDUCTIONS,
                "mean",
                "How the target combines the members' Q-values",
            ),
        },
        bands(
            learn_noisy_grid,
            "environment steps of each agent",
            [
                Panel(
                    "The slippery grid with noisy rewards",
                    "overestimation",
                    (-0.5, 0.9),
                    truth=0,
                    truth_label="no bias",
                )
            ],
        ),
        draw_bands,
        (
            "Mean over states of the learned less the true value, over steps, mean of"
            " 16 seeds with its 99 % interval."
        ),
    )


def learn_noisy_grid(
    tell: Tell, members: int, reduce: str, seed: int = 0
) -> tuple[list[float], list[Floats]]:
    """Train agents on the grid with reward noise of standard deviation 1. Returns steps
    `[T]`, overestimation `[N, T]`.

    Source: Thrun & Schwartz (1993).
    """
    config = make_config(
        "noisylabgrid",
        seed=seed,
        n_seeds=N_SEEDS,
        n_envs=N_ENVS,
        max_steps=12_800,
        buffer_size=2_000,
        eval_every=0,
        width=64,
        depth=1,
        n_members=members,
        reduce=reduce,
        learning_rate=1e-2,
        tau=1.0,
        target_update_every=100,
        update_ratio=1 / 16,
        gamma=MDP.gamma,
        exploration_rate=1.0,
    )
    agents, steps, too_large = get_model(config), [], []
    for record in train(agents):
        tell(record.step / config.training.max_steps)
        if record.step % 800 == 0:
            steps.append(float(record.step))
            difference = q_table(agents, MDP).max(-1) - Q_STAR.max(-1)
            too_large.append(difference[:, ~MDP.terminal].mean(1))
    return steps, [np.stack(too_large, 1)]
