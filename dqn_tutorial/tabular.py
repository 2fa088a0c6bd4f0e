"""Tabular learning: many learners side by side on a finite MDP, one row of every array
each, so that statistics take a second.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

import numpy as np
from numpy.typing import NDArray

from dqn_tutorial.mdp import MDP, sample_categorical
from dqn_tutorial.targets import epsilon_greedy

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def sample(chances: Floats, rng: np.random.Generator) -> Ints:
    """Draw one number for each row of probabilities `[N, M]`; returns `[N]`, each from
    0 to M - 1.

    Source: inverse transform sampling. Taught in 01_bellman_equation.
    """
    return sample_categorical(chances.cumsum(-1), rng)


def step(
    mdp: MDP, state: Ints, action: Ints, rng: np.random.Generator
) -> tuple[Floats, Ints]:
    """Take one step in N copies of an MDP: returns reward `[N]` and next state `[N]`.

    Source: Sutton & Barto (2018), section 3.1. Taught in 01_bellman_equation.
    """
    next_state = sample(mdp.transition[state, action], rng)
    return mdp.reward[state, action, next_state], next_state


@dataclass
class Learning:
    """N tabular learners and how far they were from what they should learn.

    Attributes:
        q: `[N, S, A]`, the tables as they are now.
        visits: `[N, S, A]`, how often each pair was updated.
        steps: environment steps of each learner at each of T measurements.
        errors: T arrays `[N]`, the largest difference to the wanted values over all
            states that are not terminal.
    """

    q: Floats
    visits: Ints
    steps: list[int] = field(default_factory=list)
    errors: list[Floats] = field(default_factory=list)


def distance_to_q_star(q: Floats, mdp: MDP, q_star: Floats) -> Floats:
    """Return max over non-terminal states and actions of |Q - Q*|: `[..., S, A]` to
    `[...]`.

    Source: the sup norm of Sutton & Barto (2018), section 4.1. Taught in 06_agent.
    """
    return np.asarray(np.abs(q - q_star)[..., ~mdp.terminal, :].max((-2, -1)))


def best_value(next_q: Floats, next_action: Ints) -> Floats:
    """Return the largest next Q-value, `[N, A]` to `[N]`, as Q-learning does."""
    return np.asarray(next_q.max(-1))


def taken_value(next_q: Floats, next_action: Ints) -> Floats:
    """Return the value of the next action really taken, `[N]`, as SARSA does."""
    return np.take_along_axis(next_q, next_action[:, None], -1)[:, 0]


def q_learning(
    mdp: MDP,
    wanted: Floats,
    rng: np.random.Generator,
    n_steps: int,
    step_size: Callable[[Ints], Floats],
    epsilon: Floats,
    time_limit: int = 50,
    measure_every: int = 500,
    next_value: Callable[[Floats, Ints], Floats] = best_value,
    watch: Callable[[Floats, Ints, Ints, Ints], None] | None = None,
) -> Learning:
    """Run N independent learners side by side, each in its own copy of the MDP, that
    learn towards the best next action.

    Args:
        mdp: the task.
        wanted: `[S, A]`, what the error is measured against.
        rng: the one source of randomness.
        n_steps: environment steps of each learner.
        step_size: from how often each updated pair has been visited, this time counted,
            `[N]`, to alpha `[N]`.
        epsilon: `[N]`, probability of a random action; its length is the number of
            learners.
        time_limit: steps after which an episode is cut off; that is no end of the task,
            and the target bootstraps.
        measure_every: steps between two measurements.
        next_value: what the next state counts; `taken_value` makes it SARSA.
        watch: called after each update with the tables, and the state, action and next
            state of each learner; it looks and changes nothing.

    Source: Watkins & Dayan (1992); Sutton & Barto (2018), section 6.5. Taught in
    02_q_learning.
    """
    rows, age = np.arange(len(epsilon)), np.zeros(len(epsilon), int)
    q = np.zeros((len(rows), mdp.n_states, mdp.n_actions))
    result = Learning(q, np.zeros(q.shape, int))
    starts = np.tile(mdp.start, (len(rows), 1))
    state = sample(starts, rng)
    action, _ = epsilon_greedy(q[rows, state], epsilon, rng)
    for t in range(1, n_steps + 1):
        reward, next_state = step(mdp, state, action, rng)
        terminated, next_q = mdp.terminal[next_state], q[rows, next_state]
        next_action, _ = epsilon_greedy(next_q, epsilon, rng)
        td_target = reward + mdp.gamma * ~terminated * next_value(next_q, next_action)
        pair = rows, state, action
        result.visits[pair] += 1
        q[pair] += step_size(result.visits[pair]) * (td_target - q[pair])
        if watch:
            watch(q, state, action, next_state)
        state, action, age = next_state, next_action, age + 1
        over = np.flatnonzero(terminated | (age >= time_limit))
        if len(over):
            state[over], age[over] = sample(starts[over], rng), 0
            action[over], _ = epsilon_greedy(q[over, state[over]], epsilon[over], rng)
        if t % measure_every == 0:
            result.steps.append(t)
            result.errors.append(distance_to_q_star(q, mdp, wanted))
    return result


# towards the next action really taken: Sutton & Barto (2018), section 6.4
sarsa = partial(q_learning, next_value=taken_value)
