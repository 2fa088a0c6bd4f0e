"""The instruments of the clinic: each looks at 16 agents and returns readings, with
what a healthy agent shows.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from dqn_tutorial.agent import Agent
from dqn_tutorial.buffer import Batch
from dqn_tutorial.mdp import slippery_grid, value_iteration
from dqn_tutorial.models import get_model, make_config
from dqn_tutorial.tabular import distance_to_q_star
from dqn_tutorial.tasks import probes as probe_tasks
from dqn_tutorial.training import evaluate, q_table, train

Array = NDArray[np.float64]
N_SEEDS = 16
LOOK_EVERY = 2_000  # steps between two points of a learning curve


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


def probes(seed: int = 0, n_seeds: int = N_SEEDS) -> list[Reading]:
    """Train on each probe and return the largest error of Q: `max |Q - Q*|` over states
    and actions.

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
    """Train on the slippery grid and compare with Q*. Source: Sutton & Barto (2018),
    section 4.4. Taught in 09_bug_clinic.
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


def pulse(seed: int = 0, n_seeds: int = N_SEEDS) -> list[Reading]:
    """Look closely at the targets and at 50 updates of agents that have acted at random
    on CartPole.

    Taught in 09_bug_clinic.
    """
    settings: dict[str, Any] = {
        "max_steps": 800,
        "learning_starts": 801,
        "n_step": 1,
        "learning_rate_end": 1.0,
    }
    agent = trained("cartpole", seed, n_seeds, exploration_rate=1.0, **settings)
    critic, batch = agent.critic, agent.experience_memory.get_next_batch(256)

    def target() -> torch.Tensor:
        return critic.get_bellman_target(
            batch.reward, batch.next_state, batch.terminated, batch.discount
        )

    first = [weight.clone() for weight in critic.target.parameters()]
    agent.learn(max_iter=50)
    way = _length(
        [
            now - before
            for now, before in zip(critic.target.parameters(), first, strict=True)
        ]
    )
    gradient = _length(
        [
            weight.grad
            for weight in critic.online.parameters()
            if weight.grad is not None
        ]
    )
    y = target()
    future = (y.detach() - batch.reward).abs() * batch.terminated
    q = critic.Q(batch.state).detach()
    changes = []
    for networks in (critic.online, critic.target):
        with torch.no_grad():
            for weight in networks.parameters():
                weight.add_(0.1)
            changes.append((target() - y).abs().mean(-1))
            for weight in networks.parameters():
                weight.sub_(0.1)
    return [
        Reading(
            "future in the target of a terminated step",
            _as_floats(future.amax(-1)),
            0,
            1e-6,
        ),
        Reading(
            "gradient in the target", np.full(n_seeds, float(y.requires_grad)), 0, 0
        ),
        Reading("length of the gradient in the last update", gradient, 1e-4, 1),
        Reading("distance that the target network moves in 50 updates", way, 0.01, 100),
        Reading(
            "change of the target when the online network changes",
            _as_floats(changes[0]),
            0,
            1e-6,
        ),
        Reading(
            "change of the target when the target network changes",
            _as_floats(changes[1]),
            1e-3,
            np.inf,
        ),
        Reading(
            "spread over states of the sum of Q over the actions",
            _as_floats(q.sum(-1).std(-1)),
            1e-3,
            np.inf,
        ),
    ]


def batch(seed: int = 0, n_seeds: int = N_SEEDS) -> list[Reading]:
    """Inspect memories of 800 transitions after 2,560 random steps of CartPole.
    Taught in 09_bug_clinic.
    """
    settings: dict[str, Any] = {
        "max_steps": 2_560,
        "learning_starts": 2_561,
        "buffer_size": 800,
        "n_step": 1,
    }
    config = make_config(
        "cartpole", seed=seed, n_seeds=n_seeds, exploration_rate=1.0, **settings
    )
    agent = get_model(config)
    half = []
    for record in train(agent):
        if record.step == 1_280:
            half = [set(map(tuple, own)) for own in memory_of(agent).state.tolist()]
    b = memory_of(agent)
    state, next_state = b.state.numpy(), b.next_state.numpy()
    same = (state == next_state).all(-1)
    # x' = x + 0.02 s * velocity
    breaks = np.abs(next_state[..., 0] - state[..., 0] - 0.02 * state[..., 1]) > 1e-4
    pushed_right = (next_state[..., 1] > state[..., 1]).astype(int)
    kept = [
        np.mean([tuple(row) in old for row in rows.tolist()])
        for rows, old in zip(b.state, half, strict=True)
    ]
    return [
        Reading("rows whose next_state is their state", same.mean(1), 0, 0),
        Reading("rows that break the laws of motion", (breaks & ~same).mean(1), 0, 0),
        Reading(
            "rows whose action is the one that moved the cart",
            (pushed_right == b.action.numpy()).mean(1),
            0.99,
            1,
        ),
        Reading("share of a full memory that is renewed", 1 - np.array(kept), 0.95, 1),
        Reading(
            "first states that are distinct",
            np.array(
                [
                    _distinct_starts(*rows)
                    for rows in zip(state, next_state, strict=True)
                ]
            ),
            0.9,
            1,
        ),
        Reading("rows that are terminated", b.terminated.numpy().mean(1), 0.01, 0.1),
    ]


def _distinct_starts(
    state: NDArray[np.float32], next_state: NDArray[np.float32]
) -> float:
    """Return distinct first states by first states; a first state is the next state of
    no row.
    """
    reached = set(map(tuple, next_state.tolist()))
    starts = [row for row in map(tuple, state.tolist()) if row not in reached]
    return len(set(starts)) / max(len(starts), 1)


def actions(seed: int = 0, n_seeds: int = N_SEEDS) -> list[Reading]:
    """Watch fresh agents choose 200 times for 64 states of CartPole, at epsilon 0.5.
    Taught in 09_bug_clinic.
    """
    critic = get_model(make_config("cartpole", seed=seed, n_seeds=n_seeds)).critic
    critic.epsilon = 0.5
    state = (
        np.random.default_rng(seed)
        .normal(0, [4, 4, 0.4, 4], (n_seeds, 64, 4))
        .astype(np.float32)
    )
    evaluated = critic.choose(state, is_training=False).q_values
    choices = [critic.choose(state) for _ in range(200)]
    shares = [choice.explored.mean(-1) for choice in choices]
    differences = np.abs(choices[-1].q_values - evaluated).max((-2, -1))
    return [
        Reading("share of actions that explore", np.mean(shares, axis=0), 0.4, 0.6),
        # sqrt(.25 / 64) = 0.06
        Reading(
            "spread of the share that explores", np.std(shares, axis=0), 0.03, 0.12
        ),
        Reading(
            "Q of evaluation less Q of training", differences.astype(float), 0, 1e-5
        ),
    ]


def curves(seed: int = 0, n_seeds: int = N_SEEDS) -> list[Reading]:
    """Train on CartPole for 8,000 steps and return the last behaviour and greedy
    returns. Taught in 09_bug_clinic.
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


def _as_floats(values: torch.Tensor) -> Array:
    return values.detach().numpy().astype(float)


def _length(parts: Sequence[torch.Tensor]) -> Array:
    """Return the length of each network's vector, of which every part holds a piece,
    `[K, ...]`.
    """
    return _as_floats(
        torch.stack([part.square().flatten(1).sum(1) for part in parts]).sum(0).sqrt()
    )


INSTRUMENTS: dict[str, Callable[..., list[Reading]]] = {
    "pulse": pulse,
    "actions": actions,
    "batch": batch,
    "probes": probes,
    "oracle": oracle,
    "curves": curves,
}
