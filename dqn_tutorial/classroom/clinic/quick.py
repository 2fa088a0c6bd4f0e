"""The three instruments that take a second: of targets and updates, of the choice of
actions, and of the memory.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from dqn_tutorial.classroom.clinic.readings import (
    N_SEEDS,
    Array,
    Reading,
    memory_of,
    trained,
)
from dqn_tutorial.models import get_model, make_config
from dqn_tutorial.training import train


def pulse(seed: int = 0, n_seeds: int = N_SEEDS) -> list[Reading]:
    """Look closely at the targets and at 50 updates of agents that have acted at random
    on CartPole.

    Cannot see: the memory; which states and actions learning takes from it.

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
    rate = agent.learning_rate

    def target() -> torch.Tensor:
        return critic.get_bellman_target(
            batch.reward, batch.next_state, batch.terminated, batch.discount
        )

    first = [weight.detach().clone() for weight in critic.online.parameters()]
    agent.learn(max_iter=1)
    # a first step of Adam has the length of its rate in each weight
    steps = _differences(critic.online, first)
    longest = torch.stack([step.abs().flatten(1).amax(1) for step in steps]).amax(0)
    agent.learn(max_iter=49)
    way = _length(_differences(critic.target, first))
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
    changes, twice = [], []
    for weight in critic.online.parameters():
        weight.grad = None
    agent.learning_rate = 0.0  # the second update meets the weights of the first
    for _ in range(2):
        critic.update(batch.state, batch.action, batch.reward)
        twice.append(
            _length([w.grad for w in critic.online.parameters() if w.grad is not None])
        )
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
        Reading(
            "gradient of an update done twice, second by first",
            twice[1] / twice[0],
            0.999,
            1.001,
        ),
        Reading(
            "longest first step of a weight, in learning rates",
            _as_floats(longest) / rate,
            0.99,
            1.01,
        ),
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
    """Inspect memories of 800 transitions after 2,560 random steps of CartPole, and
    the rewards of endless work.

    Cannot see: targets and updates.

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
    half, older = [], []
    for record in train(agent):
        if record.step == 1_280:
            half = _rows(memory_of(agent).state)
        if record.step == 2_144:  # half a memory before the end
            older = _rows(memory_of(agent).state)
    b, batches = memory_of(agent), range(4)
    draw = agent.experience_memory.get_next_batch
    drawn = torch.cat([draw(128).state for _ in batches], dim=-2)
    state, next_state = b.state.numpy(), b.next_state.numpy()
    work: dict[str, Any] = {"max_steps": 320, "learning_starts": 321, "n_step": 1}
    worked = trained("probe endless work", seed, n_seeds, exploration_rate=1.0, **work)
    paid = memory_of(worked).reward.amax(-1)
    same = (state == next_state).all(-1)
    # x' = x + 0.02 s * velocity
    breaks = np.abs(next_state[..., 0] - state[..., 0] - 0.02 * state[..., 1]) > 1e-4
    pushed_right = (next_state[..., 1] > state[..., 1]).astype(int)
    return [
        Reading("rows whose next_state is their state", same.mean(1), 0, 0),
        Reading("rows that break the laws of motion", (breaks & ~same).mean(1), 0, 0),
        Reading(
            "rows whose action is the one that moved the cart",
            (pushed_right == b.action.numpy()).mean(1),
            0.99,
            1,
        ),
        Reading(
            "share of a full memory that is renewed", 1 - _known(b.state, half), 0.95, 1
        ),
        Reading(
            "share of a batch from the older half", _known(drawn, older), 0.35, 0.6
        ),
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
        Reading("largest reward stored on endless work", _as_floats(paid), 7, 7),
    ]


def _rows(states: torch.Tensor) -> list[set[tuple[float, ...]]]:
    """Return the states of each agent's memory, `[N, T, S]`."""
    return [set(map(tuple, own)) for own in states.tolist()]


def _known(states: torch.Tensor, before: Sequence[set[tuple[float, ...]]]) -> Array:
    """Return for each agent the share of states, `[N, T, S]`, that were there
    before.
    """
    pairs = zip(states.tolist(), before, strict=True)
    return np.array([np.mean([tuple(s) in old for s in own]) for own, old in pairs])


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
    """Watch agents choose for 64 states of CartPole: while epsilon falls from 1 to 0.1
    in a run without learning, then 200 times at epsilon 0.5, and without exploration.

    Cannot see: memory and learning.

    Taught in 09_bug_clinic.
    """
    settings: dict[str, Any] = {
        "max_steps": 800,
        "learning_starts": 801,
        "exploration_start": 1.0,
        "exploration_rate": 0.1,
        "exploration_fraction": 0.5,
    }
    agent = get_model(make_config("cartpole", seed=seed, n_seeds=n_seeds, **settings))
    critic = agent.critic
    state = (
        np.random.default_rng(seed)
        .normal(0, [4, 4, 0.4, 4], (n_seeds, 64, 4))
        .astype(np.float32)
    )
    falling = [agent.choose(state).explored.mean(-1) for _ in train(agent)]
    evaluated = critic.choose(state, is_training=False)
    critic.epsilon = 0.5
    choices = [critic.choose(state) for _ in range(200)]
    shares = [choice.explored.mean(-1) for choice in choices]
    differences = np.abs(choices[-1].q_values - evaluated.q_values).max((-2, -1))
    return [
        Reading("share that explores, first steps", np.mean(falling[:3], 0), 0.7, 1),
        Reading("share that explores, last steps", np.mean(falling[-5:], 0), 0, 0.25),
        Reading("share that explores in evaluation", evaluated.explored.mean(-1), 0, 0),
        Reading("share of actions that explore", np.mean(shares, axis=0), 0.4, 0.6),
        # sqrt(.25 / 64) = 0.06
        Reading(
            "spread of the share that explores", np.std(shares, axis=0), 0.03, 0.12
        ),
        Reading(
            "Q of evaluation less Q of training", differences.astype(float), 0, 1e-5
        ),
    ]


def _as_floats(values: torch.Tensor) -> Array:
    return values.detach().numpy().astype(float)


def _differences(
    networks: torch.nn.Module, before: Sequence[torch.Tensor]
) -> list[torch.Tensor]:
    """Return how far the weights are from what they were, `[K, ...]` each."""
    pairs = zip(networks.parameters(), before, strict=True)
    return [now.detach() - old for now, old in pairs]


def _length(parts: Sequence[torch.Tensor]) -> Array:
    """Return the length of each network's vector, of which every part holds a piece,
    `[K, ...]`.
    """
    return _as_floats(
        torch.stack([part.square().flatten(1).sum(1) for part in parts]).sum(0).sqrt()
    )
