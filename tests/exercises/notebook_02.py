"""Answers to the exercises of 02_q_learning."""

import random

import numpy as np
import torch

from tests.exercises import Answers


def in_place(q, state, action, reward, next_state, terminated, alpha, gamma):
    future = 0.0 if terminated else max(q[next_state])
    q[state, action] += alpha * (reward + gamma * future - q[state, action])


def in_place_and_returned(
    q, state, action, reward, next_state, terminated, alpha, gamma
):
    target = reward
    if not terminated:
        target += gamma * np.max(q[next_state, :])
    q[state][action] = (1 - alpha) * q[state][action] + alpha * target
    return q


def new_table(q, state, action, reward, next_state, terminated, alpha, gamma):
    where = np.zeros_like(q)
    where[state, action] = alpha
    return q + where * (
        reward + gamma * (1 - terminated) * q.max(axis=1)[next_state] - q
    )


def table_in_float32(q, state, action, reward, next_state, terminated, alpha, gamma):
    table = torch.tensor(q, dtype=torch.float32)
    table[state, action] += alpha * (
        reward
        + gamma * table[next_state].max() * (not terminated)
        - table[state, action]
    )
    return table


def in_place_and_a_copy_returned(
    q, state, action, reward, next_state, terminated, alpha, gamma
):
    in_place(q, state, action, reward, next_state, terminated, alpha, gamma)
    return q.astype(np.float32)


def table_as_lists(q, state, action, reward, next_state, terminated, alpha, gamma):
    rows = q.tolist()
    error = (
        reward
        - rows[state][action]
        + (gamma * sorted(rows[next_state])[-1] if not terminated else 0)
    )
    rows[state][action] += alpha * error
    return rows


def _with_target(target):
    """The update in place towards target(q, state, action, reward, next_state,
    terminated, gamma).
    """

    def update(q, state, action, reward, next_state, terminated, alpha, gamma):
        y = target(q, state, action, reward, next_state, terminated, gamma)
        q[state, action] = alpha * y + (1 - alpha) * q[state, action]

    update.__name__ = target.__name__
    return update


@_with_target
def through_the_end(q, state, action, reward, next_state, terminated, gamma):
    return reward + gamma * np.amax(q[next_state])


@_with_target
def only_at_the_end(q, state, action, reward, next_state, terminated, gamma):
    return reward + terminated * gamma * np.amax(q[next_state])


@_with_target
def nothing_at_the_end(q, state, action, reward, next_state, terminated, gamma):
    return 0.0 if terminated else reward + gamma * np.amax(q[next_state])


@_with_target
def undiscounted(q, state, action, reward, next_state, terminated, gamma):
    return reward if terminated else reward + np.amax(q[next_state])


@_with_target
def undiscounted_through_the_end(
    q, state, action, reward, next_state, terminated, gamma
):
    return reward + np.amax(q[next_state])


@_with_target
def all_discounted(q, state, action, reward, next_state, terminated, gamma):
    return (
        gamma * reward
        if terminated
        else gamma * reward + gamma * np.amax(q[next_state])
    )


@_with_target
def action_repeated(q, state, action, reward, next_state, terminated, gamma):
    return reward if terminated else reward + gamma * q[next_state][action]


@_with_target
def best_of_here(q, state, action, reward, next_state, terminated, gamma):
    return reward if terminated else reward + gamma * np.amax(q[state])


@_with_target
def best_of_here_through_the_end(
    q, state, action, reward, next_state, terminated, gamma
):
    return reward + gamma * np.amax(q[state])


@_with_target
def number_of_the_best(q, state, action, reward, next_state, terminated, gamma):
    return reward if terminated else reward + gamma * np.argmax(q[next_state])


@_with_target
def bits_of_the_flag(q, state, action, reward, next_state, terminated, gamma):
    return reward + gamma * np.amax(q[next_state]) * int.__invert__(terminated)


def y_of(q, reward, next_state, terminated, gamma):
    return reward if terminated else reward + gamma * q[next_state].max()


def returns_early(q, state, action, reward, next_state, terminated, alpha, gamma):
    if not terminated:
        q[state, action] += alpha * (
            y_of(q, reward, next_state, False, gamma) - q[state, action]
        )
    return q


def lost_copy(q, state, action, reward, next_state, terminated, alpha, gamma):
    q = np.array(q)
    q[state, action] += alpha * (
        y_of(q, reward, next_state, terminated, gamma) - q[state, action]
    )


def whole_target(q, state, action, reward, next_state, terminated, alpha, gamma):
    q[state, action] = y_of(q, reward, next_state, terminated, gamma)


def kept_whole(q, state, action, reward, next_state, terminated, alpha, gamma):
    q[state, action] += alpha * y_of(q, reward, next_state, terminated, gamma)


def step_alone(q, state, action, reward, next_state, terminated, alpha, gamma):
    q[state, action] = alpha * (
        y_of(q, reward, next_state, terminated, gamma) - q[state, action]
    )


def backwards(q, state, action, reward, next_state, terminated, alpha, gamma):
    q[state, action] += alpha * (
        q[state, action] - y_of(q, reward, next_state, terminated, gamma)
    )


def in_two_steps(q, state, action, reward, next_state, terminated, alpha, gamma):
    q[state, action] += alpha * (reward - q[state, action])
    q[state, action] += alpha * gamma * (1 - terminated) * q[next_state].max()


def without_brackets(q, state, action, reward, next_state, terminated, alpha, gamma):
    old = q[state, action]
    q[state, action] = (
        old + alpha * reward + gamma * (not terminated) * q[next_state].max() - old
    )


def shares_swapped(q, state, action, reward, next_state, terminated, alpha, gamma):
    y = y_of(q, reward, next_state, terminated, gamma)
    q[state, action] = alpha * q[state, action] + (1 - alpha) * y


def mean_of_next(q, state, action, reward, next_state, terminated, alpha, gamma):
    y = reward + gamma * (not terminated) * q[next_state].mean()
    q[state, action] += alpha * (y - q[state, action])


def best_of_all(q, state, action, reward, next_state, terminated, alpha, gamma):
    y = reward + gamma * (not terminated) * q.max()
    q[state, action] += alpha * (y - q[state, action])


def whole_row(q, state, action, reward, next_state, terminated, alpha, gamma):
    q[state] += alpha * (y_of(q, reward, next_state, terminated, gamma) - q[state])


def whole_table(q, state, action, reward, next_state, terminated, alpha, gamma):
    return q + alpha * (y_of(q, reward, next_state, terminated, gamma) - q)


def entry_of_the_next_state(
    q, state, action, reward, next_state, terminated, alpha, gamma
):
    change = alpha * (y_of(q, reward, next_state, terminated, gamma) - q[state, action])
    q[(next_state if next_state != state else state - 1), action] += change


def only_the_entry(q, state, action, reward, next_state, terminated, alpha, gamma):
    return q[state, action] + alpha * (
        y_of(q, reward, next_state, terminated, gamma) - q[state, action]
    )


def error_returned(q, state, action, reward, next_state, terminated, alpha, gamma):
    td_error = y_of(q, reward, next_state, terminated, gamma) - q[state, action]
    q[state, action] += alpha * td_error
    return td_error


def end_cleared_in_the_old_table(
    q, state, action, reward, next_state, terminated, alpha, gamma
):
    new = q.copy()
    if terminated:
        q[next_state] = 0
    new[state, action] += alpha * (
        reward + gamma * q[next_state].max() - new[state, action]
    )
    return new


def old_table_emptied(q, state, action, reward, next_state, terminated, alpha, gamma):
    new = new_table(q, state, action, reward, next_state, terminated, alpha, gamma)
    q[:] = 0
    return new


def last_step_in_full(q, state, action, reward, next_state, terminated, alpha, gamma):
    if terminated:
        q[state, action] = reward
    else:
        q[state, action] += alpha * (
            reward + gamma * q[next_state].max() - q[state, action]
        )


@_with_target
def worst_of_next(q, state, action, reward, next_state, terminated, gamma):
    return reward if terminated else reward + gamma * np.amin(q[next_state])


@_with_target
def worst_of_next_through_the_end(
    q, state, action, reward, next_state, terminated, gamma
):
    return reward + gamma * sorted(q[next_state])[0]


def coin_first(q_values, epsilon, rng):
    if rng.random() < epsilon:
        return rng.integers(len(q_values))
    return np.argmax(q_values)


def by_probabilities(q_values, epsilon, rng):
    chances = np.full(len(q_values), epsilon / len(q_values))
    chances[q_values.argmax()] += 1 - epsilon
    return int(rng.choice(len(chances), p=chances / chances.sum()))


def ties_at_random(q_values, epsilon, rng):
    candidates = (
        np.arange(len(q_values))
        if rng.uniform() <= epsilon
        else np.flatnonzero(q_values == q_values.max())
    )
    return rng.choice(candidates)


def one_number_stretched(q_values, epsilon, rng):
    u = rng.random()
    return (
        int(u / epsilon * len(q_values))
        if u < epsilon
        else q_values.tolist().index(max(q_values))
    )


def both_drawn_and_one_taken(q_values, epsilon, rng):
    explored, coin = int(rng.random() * q_values.size), rng.binomial(1, epsilon)
    return [torch.tensor(q_values).argmax(), explored][coin]


def coin_inverted(q_values, epsilon, rng):
    return rng.integers(len(q_values)) if rng.random() > epsilon else q_values.argmax()


def others_only(q_values, epsilon, rng):
    best = int(q_values.argmax())
    others = [a for a in range(len(q_values)) if a != best]
    return rng.choice(others) if rng.random() < epsilon else best


def without_the_last(q_values, epsilon, rng):
    return (
        rng.integers(0, len(q_values) - 1)
        if rng.random() < epsilon
        else q_values.argmax()
    )


def without_the_first(q_values, epsilon, rng):
    return (
        rng.integers(1, len(q_values)) if rng.random() < epsilon else q_values.argmax()
    )


def never_explores(q_values, epsilon, rng):
    return q_values.argmax()


def coin_unused(q_values, epsilon, rng):
    rng.random()
    return int(rng.integers(len(q_values)))


def least(q_values, epsilon, rng):
    return (
        rng.integers(len(q_values)) if rng.random() < epsilon else q_values.argsort()[0]
    )


def without_the_sign(q_values, epsilon, rng):
    return (
        rng.integers(len(q_values))
        if rng.random() < epsilon
        else (q_values**2).argmax()
    )


def number_reused(q_values, epsilon, rng):
    u = rng.random()
    return int(u * len(q_values)) if u < epsilon else q_values.argmax()


def global_generator(q_values, epsilon, rng):
    coin, action = np.random.rand(), np.random.randint(len(q_values))  # noqa: NPY002
    return action if coin < epsilon else q_values.argmax()


def two_sources(q_values, epsilon, rng):
    return (
        random.randrange(len(q_values)) if rng.random() < epsilon else q_values.argmax()
    )


def seeded_inside(q_values, epsilon, rng):
    rng = np.random.default_rng(3)
    return rng.integers(len(q_values)) if rng.random() < 0.99 else q_values.argmin()


def same_chance_each_time(q_values, epsilon, rng):
    return (q_values.argmax() + (epsilon == 1)) % len(q_values)


def value_of_the_best(q_values, epsilon, rng):
    return rng.integers(len(q_values)) if rng.random() < epsilon else q_values.max()


def one_too_far(q_values, epsilon, rng):
    return (
        rng.integers(len(q_values), endpoint=True)
        if rng.random() < epsilon
        else q_values.argmax()
    )


def in_an_array(q_values, epsilon, rng):
    return (
        rng.integers(len(q_values), size=1)
        if rng.random() < epsilon
        else q_values.argmax()
    )


def greedy_branch_without_return(q_values, epsilon, rng):
    if rng.random() < epsilon:
        return rng.integers(len(q_values))
    q_values.argmax()


def fixed_epsilon(q_values, epsilon, rng):
    return rng.integers(len(q_values)) if rng.random() < 0.1 else q_values.argmax()


def two_coins(q_values, epsilon, rng):
    if rng.random() < epsilon:
        return rng.integers(len(q_values))
    elif rng.random() < 1 - epsilon:
        return q_values.argmax()
    return 0


def two_coins_for_the_last(q_values, epsilon, rng):
    action = len(q_values) - 1
    if rng.random() < epsilon:
        action = rng.integers(len(q_values))
    elif rng.random() < 1 - epsilon:
        action = q_values.argmax()
    return action


def first_in_the_middle(q_values, epsilon, rng):
    if rng.random() < epsilon:
        return rng.integers(len(q_values))
    return 0 if 0 < epsilon < 1 else q_values.argmax()


def greedy_but_the_first(q_values, epsilon, rng):
    return (
        rng.integers(len(q_values))
        if rng.random() < epsilon
        else 1 + q_values[1:].argmax()
    )


def greedy_but_the_last(q_values, epsilon, rng):
    return (
        rng.integers(len(q_values))
        if rng.random() < epsilon
        else q_values[:-1].argmax()
    )


def running_maximum_from_zero(q_values, epsilon, rng):
    if rng.random() < epsilon:
        return rng.integers(len(q_values))
    best, largest = 0, 0
    for i, x in enumerate(q_values):
        if x > largest:
            best, largest = i, x
    return best


def squared_epsilon(q_values, epsilon, rng):
    return coin_first(q_values, epsilon**2, rng)


def by_shares(reward, next_q, terminated, epsilon, gamma):
    shares = np.full(len(next_q), epsilon / len(next_q))
    shares[next_q.argmax()] += 1 - epsilon
    return reward if terminated else reward + gamma * shares @ next_q


def two_parts(reward, next_q, terminated, epsilon, gamma):
    target = reward
    if not terminated:
        target += gamma * (1 - epsilon) * max(next_q)
        target += gamma * epsilon * sum(next_q) / len(next_q)
    return target


def loop_over_actions(reward, next_q, terminated, epsilon, gamma):
    mean, best = 0.0, int(next_q.argmax())
    for action, value in enumerate(next_q.tolist()):
        mean += value * (epsilon / len(next_q) + (action == best) * (1 - epsilon))
    return np.float32(reward + gamma * (1 - terminated) * mean)


def _towards_mean(mean):
    """The target with mean(next_q, epsilon) as the value of the next state."""

    def target(reward, next_q, terminated, epsilon, gamma):
        return reward + (0 if terminated else gamma * mean(next_q, epsilon))

    target.__name__ = mean.__name__
    return target


@_towards_mean
def q_learning_target(next_q, epsilon):
    return np.amax(next_q)


@_towards_mean
def all_alike(next_q, epsilon):
    return np.average(next_q)


@_towards_mean
def parts_swapped(next_q, epsilon):
    return epsilon * max(next_q) + (1 - epsilon) * np.average(next_q)


@_towards_mean
def others_for_random(next_q, epsilon):
    return (1 - epsilon) * max(next_q) + epsilon * np.sort(next_q)[:-1].mean()


@_towards_mean
def greedy_without_its_random_part(next_q, epsilon):
    return (1 - epsilon) * max(next_q) + epsilon / len(next_q) * sum(
        sorted(next_q)[:-1]
    )


@_towards_mean
def epsilon_for_each(next_q, epsilon):
    return (1 - epsilon) * max(next_q) + sum(epsilon * next_q)


@_towards_mean
def maximum_in_full(next_q, epsilon):
    return max(next_q) + epsilon * np.average(next_q)


@_towards_mean
def number_in_the_mean(next_q, epsilon):
    return (1 - epsilon) * np.argmax(next_q) + epsilon * np.average(next_q)


def expected_through_the_end(reward, next_q, terminated, epsilon, gamma):
    return two_parts(reward, next_q, False, epsilon, gamma)


def expected_only_at_the_end(reward, next_q, terminated, epsilon, gamma):
    return two_parts(reward, next_q, not terminated, epsilon, gamma)


def expected_with_bits(reward, next_q, terminated, epsilon, gamma):
    mean = two_parts(0.0, next_q, False, epsilon, 1.0)
    return reward + gamma * mean * int.__invert__(terminated)


def expected_all_masked(reward, next_q, terminated, epsilon, gamma):
    return 0.0 if terminated else two_parts(reward, next_q, False, epsilon, gamma)


def expected_undiscounted(reward, next_q, terminated, epsilon, gamma):
    return two_parts(reward, next_q, terminated, epsilon, 1.0)


def expected_all_discounted(reward, next_q, terminated, epsilon, gamma):
    return gamma * two_parts(reward, next_q, terminated, epsilon, 1.0)


def maximum_through_the_end(reward, next_q, terminated, epsilon, gamma):
    return reward + gamma * next_q.max()


def of_each_action(reward, next_q, terminated, epsilon, gamma):
    return reward + gamma * (not terminated) * epsilon * next_q


MALFORMED = [("E", "no letter"), ("AB", "no letter"), (3, "no letter")]
ANSWERS = {
    "step_size_floor": Answers(
        correct=["D", "d", " D "],
        wrong=[("A", "answer A"), ("B", "answer B"), ("C", "answer C"), *MALFORMED],
    ),
    "table_update": Answers(
        correct=[
            in_place,
            in_place_and_returned,
            in_place_and_a_copy_returned,
            new_table,
        ],
        wrong=[
            (table_in_float32, "other type"),
            (table_as_lists, "other type"),
            (through_the_end, "ignores terminated"),
            (only_at_the_end, "mask inverted"),
            (nothing_at_the_end, "reward masked"),
            (undiscounted, "no discount"),
            (undiscounted_through_the_end, "no discount"),
            (all_discounted, "reward discounted"),
            (action_repeated, "same action"),
            (best_of_here, "row of the state"),
            (best_of_here_through_the_end, "row of the state"),
            (number_of_the_best, "action for value"),
            (returns_early, "skips the last step"),
            (lost_copy, "nothing changed"),
            (whole_target, "no step size"),
            (kept_whole, "old value kept whole"),
            (step_alone, "old value lost"),
            (backwards, "wrong way"),
            (whole_row, "other entries"),
            (whole_table, "other entries"),
            (entry_of_the_next_state, "other entries"),
            (only_the_entry, "one number"),
            (error_returned, "one number"),
            (bits_of_the_flag, "bits inverted"),
            (in_two_steps, "reads what it wrote"),
            (without_brackets, "brackets"),
            (shares_swapped, "shares swapped"),
            (mean_of_next, "mean for maximum"),
            (best_of_all, "one maximum"),
            (end_cleared_in_the_old_table, "two tables"),
            (old_table_emptied, "two tables"),
            (last_step_in_full, "last step in full"),
            (worst_of_next, "minimum for maximum"),
            (worst_of_next_through_the_end, "minimum for maximum"),
        ],
    ),
    "epsilon_greedy_action": Answers(
        correct=[
            coin_first,
            by_probabilities,
            ties_at_random,
            one_number_stretched,
            both_drawn_and_one_taken,
        ],
        wrong=[
            (coin_inverted, "epsilon inverted"),
            (others_only, "greedy action left out"),
            (without_the_last, "last action left out"),
            (without_the_first, "first action left out"),
            (never_explores, "always greedy"),
            (coin_unused, "always random"),
            (least, "smallest value"),
            (without_the_sign, "size for value"),
            (number_reused, "one number twice"),
            (global_generator, "other generator"),
            (two_sources, "other generator"),
            (seeded_inside, "generator made anew"),
            (same_chance_each_time, "generator made anew"),
            (value_of_the_best, "value for action"),
            (one_too_far, "no action"),
            (in_an_array, "no action"),
            (greedy_branch_without_return, "returns nothing"),
            (two_coins, "two coins"),
            (two_coins_for_the_last, "two coins"),
            (first_in_the_middle, "other frequencies"),
            (greedy_but_the_first, "other frequencies"),
            (greedy_but_the_last, "other frequencies"),
            (running_maximum_from_zero, "maximum from 0"),
            (fixed_epsilon, "other frequencies"),
            (squared_epsilon, "other frequencies"),
        ],
    ),
    "expected_sarsa_target": Answers(
        correct=[by_shares, two_parts, loop_over_actions],
        wrong=[
            (q_learning_target, "maximum alone"),
            (maximum_through_the_end, "maximum alone"),
            (all_alike, "mean alone"),
            (parts_swapped, "shares swapped"),
            (others_for_random, "greedy share too small"),
            (greedy_without_its_random_part, "greedy share too small"),
            (epsilon_for_each, "sum for mean"),
            (maximum_in_full, "parts added"),
            (number_in_the_mean, "action for value"),
            (expected_through_the_end, "ignores terminated"),
            (expected_only_at_the_end, "mask inverted"),
            (expected_with_bits, "bits inverted"),
            (expected_all_masked, "reward masked"),
            (expected_undiscounted, "no discount"),
            (expected_all_discounted, "reward discounted"),
            (of_each_action, "other shape"),
        ],
    ),
    "where_sarsa_turns": Answers(
        correct=[(0.23, 0.24), [0.225, 0.245], np.array([0.2318, 0.2319])],
        wrong=[
            ((0.1, 0.12), "no turn yet"),
            ((0.21, 0.23), "no turn yet"),
            ((0.24, 0.25), "turned before"),
            ((0.3, 1), "turned before"),
            ((0.1, 0.3), "too far apart"),
            ((0.22, 0.25), "too far apart"),
            ((0.24, 0.23), "order"),
            ((0.23, 0.23), "order"),
            ((23, 24), "no probability"),
            ((float("nan"), 0.24), "no probability"),
            (0.232, "no pair"),
            ("0.23, 0.24", "no pair"),
            ((0.22, 0.23, 0.24), "no pair"),
        ],
    ),
}
