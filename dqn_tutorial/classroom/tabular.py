"""Many tabular learners side by side on a finite MDP, one row of every array each:
statistics in a second.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from dqn_tutorial.mdp import MDP, draw_rows

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def draw(chances: Floats, rng: np.random.Generator) -> Ints:
    """Draw one number for each row of probabilities `[N, M]`; returns `[N]`, each from
    0 to M - 1.

    Source: inverse transform sampling. Taught in 01_bellman_equation.
    """
    return draw_rows(chances.cumsum(-1), rng)


def step(
    mdp: MDP, state: Ints, action: Ints, rng: np.random.Generator
) -> tuple[Floats, Ints]:
    """Take one step in N copies of an MDP: returns reward `[N]` and next state `[N]`.

    Source: Sutton & Barto (2018), section 3.1. Taught in 01_bellman_equation.
    """
    next_state = draw(mdp.transition[state, action], rng)
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


def learn(
    mdp: MDP,
    wanted: Floats,
    rng: np.random.Generator,
    n_steps: int,
    step_size: Callable[[Ints], Floats],
    epsilon: Floats,
    sarsa: bool = False,
    time_limit: int = 50,
    measure_every: int = 500,
) -> Learning:
    """Run N independent tabular learners side by side, each in its own copy of the MDP.

    Args:
        mdp: the task.
        wanted: `[S, A]`, what the error is measured against.
        rng: the one source of randomness.
        n_steps: environment steps of each learner.
        step_size: from how often each updated pair has been visited, this time counted,
            `[N]`, to alpha `[N]`.
        epsilon: `[N]`, probability of a random action; its length is the number of
            learners.
        sarsa: learn towards the next action really taken in place of the best.
        time_limit: steps after which an episode is cut off; that is no end of the task,
            and the target bootstraps.
        measure_every: steps between two measurements.

    Source: Watkins & Dayan (1992); Sutton & Barto (2018), sections 6.4 and 6.5. Taught
    in 02_q_learning.
    """
    rows, floor, age = (
        np.arange(len(epsilon)),
        ~mdp.terminal,
        np.zeros(len(epsilon), int),
    )
    q = np.zeros((len(rows), mdp.n_states, mdp.n_actions))
    result, starts = (
        Learning(q, np.zeros(q.shape, int)),
        np.tile(mdp.start, (len(rows), 1)),
    )
    state = draw(starts, rng)
    action = epsilon_greedy(q[rows, state], epsilon, rng)
    for t in range(1, n_steps + 1):
        reward, next_state = step(mdp, state, action, rng)
        terminated, next_q = mdp.terminal[next_state], q[rows, next_state]
        next_action = epsilon_greedy(next_q, epsilon, rng)
        next_value = next_q[rows, next_action] if sarsa else next_q.max(-1)
        td_target = reward + mdp.gamma * ~terminated * next_value
        pair = rows, state, action
        result.visits[pair] += 1
        q[pair] += step_size(result.visits[pair]) * (td_target - q[pair])
        state, action, age = next_state, next_action, age + 1
        over = np.flatnonzero(terminated | (age >= time_limit))
        if len(over):
            state[over], age[over] = draw(starts[over], rng), 0
            action[over] = epsilon_greedy(q[over, state[over]], epsilon[over], rng)
        if t % measure_every == 0:
            result.steps.append(t)
            result.errors.append(np.abs(q - wanted)[:, floor].max((1, 2)))
    return result


def epsilon_greedy(q_values: Floats, epsilon: Floats, rng: np.random.Generator) -> Ints:
    """Return an action for each row of `q_values` `[N, A]`: the best, or any with
    probability `epsilon` `[N]`.

    Source: Sutton & Barto (2018), section 2.2.
    """
    explore = rng.random(len(q_values)) < epsilon
    return np.where(
        explore,
        rng.integers(q_values.shape[1], size=len(q_values)),
        q_values.argmax(-1),
    )
