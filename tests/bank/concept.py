"""Numbers of the concept questions and their parallel forms."""

from collections.abc import Callable, Iterator
from itertools import combinations
from math import comb

import numpy as np
import torch
from numpy.typing import NDArray

from dqn_tutorial.classroom.check.notebook_02 import sarsa_table
from dqn_tutorial.classroom.ledger import claims
from dqn_tutorial.mdp import (
    MDP,
    bellman_optimality_operator,
    greedy_policy,
    policy_evaluation,
    q_from_v,
    slippery_grid,
    value_iteration,
)
from dqn_tutorial.tabular import distance_to_q_star

Floats = NDArray[np.float64]
UP, DOWN = 3, 1
GRID = slippery_grid()
Q_STAR = value_iteration(GRID)
PAYS = np.array([[6.0, 0.0], [0.0, 2.0]])  # [state, action]
UNIFORM = np.full((GRID.n_states, GRID.n_actions), 1 / GRID.n_actions)


def discounted(gamma: float, prize: float, steps: int, digits: int = 2) -> str:
    return f"{prize * gamma**steps:.{digits}f}"


def returns_at_random(state: int) -> Iterator[str]:
    """Yield the least and the largest return, and the value: all under chance."""
    yield f"{state}"
    near, steps = np.eye(GRID.n_states)[state], 0
    ends: dict[float, float] = {}
    while len(ends) < 2:
        steps += 1
        step = near @ GRID.transition.mean(1)
        for reward in (-1.0, 1.0):
            if (step[GRID.reward[state, 0] == reward] > 0).any():
                ends.setdefault(reward, reward * GRID.gamma ** (steps - 1))
        near = step * ~GRID.terminal
    for value in (*ends.values(), policy_evaluation(GRID, UNIFORM)[state]):
        yield f"{abs(value):.2f}".removesuffix("0")


def inside_and_outside(pays: Floats) -> Iterator[str]:
    """Yield the mean of the best pay [state, action], the best mean, and the mean."""
    yield f"{pays.max(-1).mean():g}"
    yield f"{pays.mean(0).max():g}"
    yield f"{pays.mean():g}"


def sweep_of_zero_and_one(state: int) -> Iterator[str]:
    zero, one = (bellman_optimality_operator(GRID, np.full(16, v)) for v in (0.0, 1.0))
    distance = np.abs(one - zero)
    assert np.isclose(distance.max(), GRID.gamma)
    yield from (f"{state}", "0", f"{distance[state]:.2f}")


def targets_of(state: int, action: int) -> Iterator[str]:
    chance = GRID.transition[state, action]
    y = GRID.reward[state, action] + GRID.gamma * Q_STAR.max(-1)
    yield f"{state}"
    yield from {f"{value:.2f}" for value in y[chance > 0]}
    yield f"{chance @ y:.2f}"


def entries_changed(rewards: list[float], alpha: float, episodes: int = 1) -> str:
    """Walk a path of new states with a table of zeros; count what is not 0 then."""
    q = np.zeros((len(rewards) + 1, GRID.n_actions))
    for step, reward in list(enumerate(rewards)) * episodes:
        is_end = step == len(rewards) - 1
        target = reward + (0 if is_end else GRID.gamma * q[step + 1].max())
        q[step, 0] += alpha * (target - q[step, 0])
    return f"{np.count_nonzero(q)}"


def spread(alpha: float, of_targets: float = 1.0) -> str:
    return f"{np.sqrt(alpha / (2 - alpha)) * of_targets:.2f}"


def noisiest_targets() -> float:
    """Return the standard deviation of the noisiest targets on the grid."""
    y = GRID.reward + GRID.gamma * Q_STAR.max(-1)
    mean = (GRID.transition * y).sum(-1, keepdims=True)
    variance = (GRID.transition * (y - mean) ** 2).sum(-1)
    return float(np.sqrt(variance[~GRID.terminal].max()))


def mean_value(policy: Floats) -> str:
    return f"{abs(GRID.start @ policy_evaluation(GRID, policy)):.2f}"


def measured(name: str, digits: int = 2) -> str:
    """Return the first mean of a claim of the ledger, which its notebook measures."""
    return f"{claims()[name].first.mean:.{digits}f}"


def where_sarsa_turns(state: int) -> Iterator[str]:
    yield f"{state}"
    for epsilon, best in ((0.23, UP), (0.24, DOWN)):
        assert sarsa_table(GRID, epsilon)[state].argmax() == best
        yield f"{epsilon}"


def slope(w: float, next_x: float, reward: float, gamma: float, data: bool) -> float:
    """Return the gradient of the squared TD error of two states, w and next_x w."""
    weight = torch.tensor(w, requires_grad=True)
    y = reward + gamma * next_x * weight
    ((y.detach() if data else y) - weight).square().backward()
    assert weight.grad is not None
    return float(weight.grad)


def merged(gamma: float, work: float, cash: float, clock: int) -> Iterator[str]:
    """Yield where work settles if cuts count as ends, by the share of cut steps."""

    def settled(cut: float, has_maximum: bool = True) -> str:
        q = 0.0
        for _ in range(500):
            following = max(q, cash) if has_maximum else q
            q = work + gamma * (1 - cut) * following
        return f"{q:.2f}"

    working = sum(0.5**step for step in range(1, clock + 1))  # steps an episode
    one_in = round(working / 0.5**clock)
    assert one_in == 2**clock - 1
    yield from (settled(1 / one_in), settled(1 / clock), settled(1 / clock, False))
    yield from (settled(1.0), f"{work / (1 - gamma):.0f}")
    yield from (f"{one_in - 1}", f"{one_in}")


def settles(target: float, samples: int) -> Iterator[str]:
    """Yield mean, median and Huber's centre of one large target among zeros."""
    y = np.array([target] + [0.0] * (samples - 1))
    q = 0.0
    for _ in range(2_000):
        q += 0.1 * np.clip(y - q, -1, 1).sum()
    yield from (f"{y.mean():.2f}", f"{np.median(y):.2f}", f"{q:.2f}")
    yield f"{samples - 1}"  # small errors


def n_step_table(mdp: MDP, epsilon: float, n: int) -> Floats:
    b = (1 - epsilon) * greedy_policy(Q_STAR) + epsilon / mdp.n_actions
    q = np.zeros_like(Q_STAR)
    for _ in range(400):
        v = q.max(-1)
        for _ in range(n - 1):
            v = (b * q_from_v(mdp, v)).sum(-1)
        q = q_from_v(mdp, v)
    return q


def double(online: list[int], target: list[int]) -> str:
    """Return the targets of DQN and of Double DQN, without a reward and discount."""
    return f"{max(target)} and {target[int(np.argmax(online))]}"


def below_best(epsilon: float, n: int) -> str:
    """Return how far from q* n-step targets end: between it and the behaviour."""
    table = n_step_table(GRID, epsilon, n)
    b = (1 - epsilon) * greedy_policy(Q_STAR) + epsilon * UNIFORM
    assert (table <= Q_STAR + 1e-12).all()
    assert (table >= q_from_v(GRID, policy_evaluation(GRID, b)) - 1e-12).all()
    return f"{distance_to_q_star(table, GRID, Q_STAR):.2f}"


def dealt(first: list[int], second: list[int]) -> Iterator[str]:
    """Yield the ways to deal all numbers into groups of these sizes, and in how many
    the first is ahead by as much or more.
    """
    ways = list(combinations(first + second, len(first)))
    yield f"{len(ways)}"
    yield f"{sum(sum(own) >= sum(first) for own in ways)}"


NUMBERS: dict[str, Callable[[], list[str]]] = {
    "gamma_lowered": lambda: [
        *(discounted(gamma, 1, 10) for gamma in (0.99, 0.8)),
        *(discounted(gamma, 0.5, 2) for gamma in (0.99, 0.8)),
    ],
    "gamma_of_a_shop": lambda: [
        *(discounted(gamma, 1, 5) for gamma in (0.5, 0.95)),
        *(discounted(gamma, 100, 5, digits=0) for gamma in (0.5, 0.95)),
        *(discounted(gamma, 40, 1, digits=0) for gamma in (0.5, 0.95)),
    ],
    "two_tries": lambda: [f"{abs(0.7 - 0.9) / 2:.1f}", *returns_at_random(10)],
    "two_bus_rides": lambda: [
        *(f"{0.75 * 21 + 0.25 * 35:g}", f"{1 - 0.75:g}", f"{(21 + 35) / 2:.0f}"),
    ],
    "maximum_inside": lambda: list(inside_and_outside(PAYS)),
    "two_roads": lambda: list(inside_and_outside(PAYS)),
    "one_sweep_of_two": lambda: list(sweep_of_zero_and_one(2)),
    "one_sweep_of_friends": lambda: [f"{8 * 0.5:g}"],
    "target_below_table": lambda: list(targets_of(10, UP)),
    "target_above_table": lambda: [f"{9 / 3:g}"],
    "entries_changed_first": lambda: [
        *(entries_changed([0.0] * 19 + [1.0], 0.1, episodes) for episodes in (1, 2)),
    ],
    "entries_changed_maze": lambda: [entries_changed([-1.0] * 31, 0.5)],
    "alpha_fades": lambda: ["0", spread(0.1, noisiest_targets())],
    "delay_of_the_bus": lambda: [spread(0.4), spread(0.1), "0"],
    "random_to_the_end": lambda: [
        mean_value(UNIFORM),
        measured("random-steps-teach-a-good-policy"),
        mean_value(greedy_policy(Q_STAR)),
        *("0", "0.60"),  # halfway, and worse than chance
    ],
    "random_child": lambda: [f"{(10 + 60) / 2:g}"],
    "sarsa_loses_epsilon": lambda: list(where_sarsa_turns(8)),
    "no_grad_forgotten": lambda: [
        f"{abs(slope(1.0, 2.0, 1.0, 0.9, data)):.2f}" for data in (True, False)
    ],
    "detach_forgotten": lambda: [
        f"{abs(slope(2.0, 3.0, 0.0, 0.5, data)):g}" for data in (True, False)
    ],
    "one_gradient_step": lambda: [measured("one-update-changes-other-states")],
    "larger_batch": lambda: [
        measured("larger-batch-does-not-help"),
        "2,000",
        measured("longer-memory-helps"),
    ],
    "coin_and_clock": lambda: [*merged(0.9, 1.0, 7.0, 10), f"{2**10 - 1:,}"],
    "clock_rings": lambda: [f"{1 + 60}"],
    "recording_stops": lambda: [f"{8 + 90}"],
    "boat_and_clock": lambda: list(merged(0.8, 2.0, 6.0, 4))[:5],
    "squared_and_huber": lambda: list(settles(10.0, 10)),
    "late_bus": lambda: [*settles(0.6, 3), f"{1 / 2:.2f}"],
    "fresh_copy_double": lambda: [f"{6 / 2:g}"],
    "three_steps_for_ever": lambda: [below_best(0.5, 3)],
    "five_steps_of_chance": lambda: [below_best(1.0, 5)],
    "loss_of_a_robot_arm": lambda: ["1"],
    "three_runs_each": lambda: [
        *dealt([480, 470, 490], [400, 480, 450]),
        f"{comb(20, 10):,}",
    ],
    "four_plants_each": lambda: [
        *dealt([31, 28, 35, 30], [25, 33, 22, 30]),
        *(f"{comb(24, 12):,}", f"{2**30:,}"),
    ],
    "nearer_and_back": lambda: [f"{2 * 10}"],
    "away_costs": lambda: [f"{2 * 10}"],
}

# how the right choice begins, where it is a number
KEYS: dict[str, Callable[[], str]] = {
    "fresh_copy_double": lambda: double(online=[2, 6, 4], target=[2, 6, 4]),
    "rare_copies": lambda: double(online=[2, 6, 4], target=[5, 3, 4]),
    "clock_rings": lambda: f"{1 + 60} and 1",
    "recording_stops": lambda: f"8 and {8 + 90}",
    "two_bus_rides": lambda: f"{0.75 * 21 + 0.25 * 35:g}",
    "maximum_inside": lambda: next(inside_and_outside(PAYS)),
    "two_roads": lambda: list(inside_and_outside(PAYS))[1],
    "entries_changed_first": lambda: entries_changed([0.0] * 19 + [1.0], 0.1, 2),
    "entries_changed_maze": lambda: entries_changed([-1.0] * 31, 0.5),
    "detach_forgotten": lambda: f"{slope(2.0, 3.0, 0.0, 0.5, data=False):g}",
    "coin_and_clock": lambda: next(merged(0.9, 1.0, 7.0, 10)),
    "boat_and_clock": lambda: list(merged(0.8, 2.0, 6.0, 4))[1],
    "squared_and_huber": lambda: "{2} and {0}".format(*settles(10.0, 10)),
    "late_bus": lambda: "{0} and {2}".format(*settles(0.6, 3)),
}
