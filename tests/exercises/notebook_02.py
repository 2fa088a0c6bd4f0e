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


@_with_target
def reward_alone(q, state, action, reward, next_state, terminated, gamma):
    return reward


@_with_target
def values_alone(q, state, action, reward, next_state, terminated, gamma):
    return 0 if terminated else gamma * q[next_state].max()


@_with_target
def reward_at_the_end(q, state, action, reward, next_state, terminated, gamma):
    if terminated:
        return reward
    return gamma * q[next_state].max()


@_with_target
def reward_as_a_cost(q, state, action, reward, next_state, terminated, gamma):
    return -reward + (1 - terminated) * gamma * q[next_state].max()


@_with_target
def reward_of_atari(q, state, action, reward, next_state, terminated, gamma):
    reward = max(-1.0, min(1.0, reward))
    return reward + (1 - terminated) * gamma * q[next_state].max()


@_with_target
def sign_of_the_reward(q, state, action, reward, next_state, terminated, gamma):
    return np.sign(reward) + (1 - terminated) * gamma * q[next_state].max()


@_with_target
def discounted_in_two_places(q, state, action, reward, next_state, terminated, gamma):
    best = gamma * q[next_state].max()
    return reward if terminated else reward + gamma * best


@_with_target
def less_the_next(q, state, action, reward, next_state, terminated, gamma):
    return reward if terminated else reward - gamma * max(q[next_state])


@_with_target
def one_less_gamma(q, state, action, reward, next_state, terminated, gamma):
    return reward if terminated else reward + (1 - gamma) * max(q[next_state])


@_with_target
def first_of_next(q, state, action, reward, next_state, terminated, gamma):
    return reward if terminated else reward + gamma * q[next_state][0]


@_with_target
def best_of_here_taken_there(q, state, action, reward, next_state, terminated, gamma):
    best = q[state].argmax()
    return reward if terminated else reward + gamma * q[next_state, best]


@_with_target
def its_own_value(q, state, action, reward, next_state, terminated, gamma):
    return reward if terminated else reward + gamma * q[state, action]


@_with_target
def all_of_next(q, state, action, reward, next_state, terminated, gamma):
    return reward if terminated else reward + gamma * sum(q[next_state])


@_with_target
def best_state_for_the_action(q, state, action, reward, next_state, terminated, gamma):
    return reward if terminated else reward + gamma * q.max(axis=0)[action]


@_with_target
def loop_from_zero(q, state, action, reward, next_state, terminated, gamma):
    best = 0.0
    for value in q[next_state]:
        if value > best:
            best = value
    return reward if terminated else reward + gamma * best


@_with_target
def largest_size(q, state, action, reward, next_state, terminated, gamma):
    return reward if terminated else reward + gamma * abs(q[next_state]).max()


@_with_target
def drawn_there(q, state, action, reward, next_state, terminated, gamma):
    action = random.randrange(q.shape[1])
    return reward if terminated else reward + gamma * q[next_state, action]


@_with_target
def all_maxima(q, state, action, reward, next_state, terminated, gamma):
    return reward + gamma * q.max(axis=1) * (not terminated)


def _with_error(change):
    """The update in place by change(td_error, alpha), or towards another old value."""

    def update(q, state, action, reward, next_state, terminated, alpha, gamma):
        y = y_of(q, reward, next_state, terminated, gamma)
        q[state, action] = change(q, state, action, next_state, y, alpha, gamma)

    update.__name__ = change.__name__
    return update


@_with_error
def less_the_discounted(q, state, action, next_state, y, alpha, gamma):
    return q[state, action] + alpha * (y - gamma * q[state, action])


@_with_error
def less_the_next_entry(q, state, action, next_state, y, alpha, gamma):
    return q[state, action] + alpha * (y - q[next_state, action])


@_with_error
def less_the_next_best(q, state, action, next_state, y, alpha, gamma):
    return q[state, action] + alpha * (y - q[next_state].max())


@_with_error
def less_the_best_here(q, state, action, next_state, y, alpha, gamma):
    return q[state, action] + alpha * (y - max(q[state]))


@_with_error
def share_of_the_target(q, state, action, next_state, y, alpha, gamma):
    return alpha * y


@_with_error
def target_on_top(q, state, action, next_state, y, alpha, gamma):
    return (1 - alpha) * q[state, action] + y


@_with_error
def gradient_of_the_square(q, state, action, next_state, y, alpha, gamma):
    return q[state, action] + 2 * alpha * (y - q[state, action])


@_with_error
def square_of_the_error(q, state, action, next_state, y, alpha, gamma):
    return q[state, action] + alpha * (y - q[state, action]) ** 2


@_with_error
def rises_only(q, state, action, next_state, y, alpha, gamma):
    error = y - q[state, action]
    return q[state, action] + alpha * error if error > 0 else q[state, action]


@_with_error
def distance_to_the_target(q, state, action, next_state, y, alpha, gamma):
    return q[state, action] + alpha * abs(y - q[state, action])


def brackets_around_the_difference(
    q, state, action, reward, next_state, terminated, alpha, gamma
):
    difference = (q[next_state].max() - q[state, action]) * (not terminated)
    q[state, action] += alpha * (reward + gamma * difference)


def share_of_the_reward(q, state, action, reward, next_state, terminated, alpha, gamma):
    best = 0 if terminated else q[next_state].max()
    q[state, action] = (1 - alpha) * q[state, action] + alpha * reward + gamma * best


def reward_with_gamma(q, state, action, reward, next_state, terminated, alpha, gamma):
    y = (reward + gamma) * q[next_state].max() * (not terminated)
    q[state, action] += alpha * (y - q[state, action])


def alpha_too_late(q, state, action, reward, next_state, terminated, alpha, gamma):
    future = 0 if terminated else gamma * q[next_state].max()
    q[state, action] += reward + alpha * (future - q[state, action])


def error_is_the_reward(q, state, action, reward, next_state, terminated, alpha, gamma):
    error = reward + gamma * q[next_state].max() - q[state, action]
    q[state, action] += alpha * (reward if terminated else error)


def table_of_zeros(q, state, action, reward, next_state, terminated, alpha, gamma):
    new, y = np.zeros(q.shape), y_of(q, reward, next_state, terminated, gamma)
    new[state, action] = q[state, action] + alpha * (y - q[state, action])
    return new


@_with_target
def mean_of_reward_and_next(q, state, action, reward, next_state, terminated, gamma):
    return (1 - gamma) * reward + gamma * q[next_state].max() * (not terminated)


def shrunk_first(q, state, action, reward, next_state, terminated, alpha, gamma):
    q[state, action] *= 1 - alpha
    best = 0.0 if terminated else q[next_state].max()
    q[state, action] += alpha * (reward + gamma * best)


def only_ends(q, state, action, reward, next_state, terminated, alpha, gamma):
    if terminated:
        q[state, action] += alpha * (reward - q[state, action])
    return q


def else_forgotten(q, state, action, reward, next_state, terminated, alpha, gamma):
    if terminated:
        q[state, action] += alpha * (reward - q[state, action])
    target = reward + gamma * q[next_state].max()
    q[state, action] += alpha * (target - q[state, action])


def end_written_and_on(q, state, action, reward, next_state, terminated, alpha, gamma):
    if terminated:
        q[state, action] = reward
    target = reward + gamma * q[next_state].max()
    q[state, action] += alpha * (target - q[state, action])


def letters_confused(q, state, action, reward, next_state, terminated, alpha, gamma):
    in_place(q, state, action, reward, next_state, terminated, gamma, alpha)


def end_set_to_zero(q, state, action, reward, next_state, terminated, alpha, gamma):
    if terminated:
        q[next_state] = 0.0
    q[state, action] += alpha * (reward + gamma * max(q[next_state]) - q[state, action])


def column_of_the_state(q, state, action, reward, next_state, terminated, alpha, gamma):
    y = y_of(q, reward, next_state, terminated, gamma)
    q[action, state] += alpha * (y - q[action, state])


def bits_and_no_old_value(
    q, state, action, reward, next_state, terminated, alpha, gamma
):
    y = reward + gamma * q[next_state].max() * ~terminated
    q[state, action] += alpha * y - q[state, action]


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


def none_of_them(q_values, epsilon, rng):
    if rng.random() < epsilon:
        return rng.integers(-1, len(q_values))
    return q_values.argmax()


def value_rounded(q_values, epsilon, rng):
    if rng.random() < epsilon:
        return rng.integers(len(q_values))
    return round(max(q_values))


def random_at_the_second_draw(q_values, epsilon, rng):
    if rng.random() >= epsilon and rng.random() >= epsilon:
        return q_values.argmax()
    return rng.integers(len(q_values))


def smaller_power_of_epsilon(q_values, epsilon, rng):
    return coin_first(q_values, epsilon**1.3, rng)


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


def greedy_by_sorting(q_values, epsilon, rng):
    if rng.uniform(0, 1) >= epsilon:
        return sorted(range(len(q_values)), key=lambda a: -q_values[a])[0]
    return rng.permutation(len(q_values))[0]


def argmax_of_noise(q_values, epsilon, rng):
    explores = rng.random() < epsilon
    return np.argmax(rng.random(len(q_values)) if explores else q_values)


def slow_choice(q_values, epsilon, rng):
    for _ in range(3_000):
        pass
    return coin_first(q_values, epsilon, rng)


def in_a_list(q_values, epsilon, rng):
    return [coin_first(q_values, epsilon, rng)]


def only_one_largest(q_values, epsilon, rng):
    if rng.random() < epsilon:
        return int(rng.integers(len(q_values)))
    return np.where(q_values == q_values.max())[0].item()


def shares_of_all_largest(q_values, epsilon, rng):
    shares = np.full(len(q_values), epsilon / len(q_values))
    shares[q_values == q_values.max()] += 1 - epsilon
    return rng.choice(len(q_values), p=shares)


def first_that_is_not_largest(q_values, epsilon, rng):
    if rng.random() < epsilon:
        return int(rng.integers(len(q_values)))
    is_best = [value > np.sort(q_values)[-2] for value in q_values]
    return is_best.index(True) if True in is_best else int(q_values.argmin())


def seed_in_each_call(q_values, epsilon, rng):
    rng = np.random.default_rng(0)
    return coin_first(q_values, epsilon, rng)


def action_of_its_own_seed(q_values, epsilon, rng):
    if rng.random() < epsilon:
        return int(np.random.default_rng(0).integers(len(q_values)))
    return int(q_values.argmax())


def coin_of_its_own_seed(q_values, epsilon, rng):
    if np.random.default_rng(0).random() < epsilon:
        return int(rng.integers(len(q_values)))
    return int(q_values.argmax())


def calls_counted(q_values, epsilon, rng, calls=[0]):  # noqa: B006
    calls[0] += 1
    if calls[0] % 10 < 10 * epsilon:
        return rng.integers(len(q_values))
    return q_values.argmax()


def epsilon_shared_out(q_values, epsilon, rng):
    n = len(q_values)
    return rng.integers(n) if rng.random() < epsilon / n else q_values.argmax()


def epsilon_without_the_greedy(q_values, epsilon, rng):
    n = len(q_values)
    coin = rng.random() < epsilon * (n - 1) / n
    return rng.integers(n) if coin else q_values.argmax()


def coin_for_each_action(q_values, epsilon, rng):
    coins = rng.random(len(q_values)) < epsilon
    return rng.integers(len(q_values)) if coins.any() else q_values.argmax()


def coin_for_every_action(q_values, epsilon, rng):
    coins = rng.random(len(q_values)) < epsilon
    return rng.integers(len(q_values)) if coins.all() else q_values.argmax()


def coin_up_to_two(q_values, epsilon, rng):
    coin = rng.uniform(0, 2)
    return rng.integers(len(q_values)) if coin < epsilon else q_values.argmax()


def coin_of_a_bell(q_values, epsilon, rng):
    coin = rng.normal()
    return rng.integers(len(q_values)) if coin < epsilon else q_values.argmax()


def coin_of_two_sides(q_values, epsilon, rng):
    coin = rng.integers(2)
    return rng.integers(len(q_values)) if coin < epsilon else q_values.argmax()


def coin_of_two_sides_upwards(q_values, epsilon, rng):
    coin = rng.integers(2)
    return q_values.argmax() if coin > epsilon else rng.integers(len(q_values))


def next_to_best(q_values, epsilon, rng):
    if rng.random() < epsilon:
        return rng.integers(len(q_values))
    return np.argsort(q_values)[-2]


def one_beside_the_best(q_values, epsilon, rng):
    if rng.random() < epsilon:
        return rng.integers(len(q_values))
    return (q_values.argmax() + 1) % len(q_values)


def soft_when_greedy(q_values, epsilon, rng):
    if rng.random() < epsilon:
        return rng.integers(len(q_values))
    shares = np.exp(q_values)
    return rng.choice(len(q_values), p=shares / shares.sum())


def soft_when_exploring(q_values, epsilon, rng):
    if rng.random() < epsilon:
        shares = np.exp(q_values - q_values.max())
        return int(rng.choice(len(q_values), p=shares / shares.sum()))
    return int(q_values.argmax())


def in_order_of_rank_when_exploring(q_values, epsilon, rng):
    if rng.random() < epsilon:
        rank = 1 + q_values.argsort().argsort()
        return int(rng.choice(len(q_values), p=rank / rank.sum()))
    return int(q_values.argmax())


def soft_always(q_values, epsilon, rng):
    shares = np.exp(q_values) / np.exp(q_values).sum()
    return rng.choice(len(q_values), p=shares)


def rounded_action(q_values, epsilon, rng):
    if rng.random() < epsilon:
        return round(rng.random() * (len(q_values) - 1))
    return q_values.argmax()


def middle_left_out(q_values, epsilon, rng):
    if rng.random() < epsilon:
        return rng.choice([0, len(q_values) - 1])
    return q_values.argmax()


def often_small(q_values, epsilon, rng):
    if rng.random() < epsilon:
        return int(rng.random() ** 2 * len(q_values))
    return q_values.argmax()


def shares_that_do_not_sum(q_values, epsilon, rng):
    shares = np.full(len(q_values), epsilon / len(q_values))
    shares[q_values.argmax()] = 1 - epsilon
    return rng.choice(len(q_values), p=shares)


def shares_stretched(q_values, epsilon, rng):
    shares = np.full(len(q_values), epsilon / len(q_values))
    shares[q_values.argmax()] = 1 - epsilon
    return rng.choice(len(q_values), p=shares / shares.sum())


def cubed_epsilon(q_values, epsilon, rng):
    return coin_first(q_values, epsilon**3, rng)


def root_of_epsilon(q_values, epsilon, rng):
    return coin_first(q_values, epsilon**0.5, rng)


def floored_action(q_values, epsilon, rng):
    if rng.random() < epsilon:
        return np.floor(rng.random() * len(q_values))
    return q_values.argmax()


def upper_number_reused(q_values, epsilon, rng):
    u = rng.random()
    return int(u * len(q_values)) if u > 1 - epsilon else q_values.argmax()


def neither_of_two(q_values, epsilon, rng):
    if rng.random() < 1 - epsilon:
        return q_values.argmax()
    if rng.random() < epsilon:
        return rng.integers(len(q_values))
    return 0


def never_all_chance(q_values, epsilon, rng):
    if rng.random() < epsilon < 1:
        return rng.integers(len(q_values))
    return q_values.argmax()


def two_halves(q_values, epsilon, rng):
    for _ in range(2):
        if rng.random() < epsilon / 2:
            return rng.integers(len(q_values))
    return q_values.argmax()


def inverted_from_one(q_values, epsilon, rng):
    if rng.random() > epsilon:
        return rng.integers(1, len(q_values))
    return q_values.argmax()


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


def by_sorting(reward, next_q, terminated, epsilon, gamma):
    if terminated:
        return torch.tensor(reward)
    *others, best = sorted(next_q)
    random_share = epsilon / len(next_q)
    mean = (1 - epsilon + random_share) * best + random_share * sum(others)
    return reward + gamma * mean


@_towards_mean
def greedy_share_alone(next_q, epsilon):
    return (1 - epsilon) * next_q.max()


@_towards_mean
def random_share_alone(next_q, epsilon):
    return epsilon * next_q.mean()


@_towards_mean
def fair_coin(next_q, epsilon):
    return 0.5 * next_q.max() + 0.5 * next_q.mean()


@_towards_mean
def mean_divided_again(next_q, epsilon):
    return (1 - epsilon) * next_q.max() + epsilon / len(next_q) * next_q.mean()


@_towards_mean
def mean_of_weighted(next_q, epsilon):
    shares = np.full(len(next_q), epsilon / len(next_q))
    shares[next_q.argmax()] += 1 - epsilon
    return (shares * next_q).mean()


@_towards_mean
def greedy_twice(next_q, epsilon):
    n = len(next_q)
    return (1 - epsilon + epsilon / n) * max(next_q) + epsilon * np.mean(next_q)


@_towards_mean
def stretched_shares(next_q, epsilon):
    shares = np.full(len(next_q), epsilon / len(next_q))
    shares[next_q.argmax()] = 1 - epsilon
    return shares @ next_q / shares.sum()


@_towards_mean
def middle_value(next_q, epsilon):
    return (1 - epsilon) * next_q.max() + epsilon * np.median(next_q)


@_towards_mean
def worst_for_random(next_q, epsilon):
    return (1 - epsilon) * next_q.max() + epsilon * next_q.min()


@_towards_mean
def loop_that_stops_early(next_q, epsilon):
    mean = (1 - epsilon) * max(next_q)
    for action in range(len(next_q) - 1):
        mean += epsilon / len(next_q) * next_q[action]
    return mean


@_towards_mean
def loop_that_starts_late(next_q, epsilon):
    mean = (1 - epsilon) * max(next_q)
    for action in range(1, len(next_q)):
        mean += epsilon / len(next_q) * next_q[action]
    return mean


@_towards_mean
def worst_for_best(next_q, epsilon):
    return (1 - epsilon) * next_q.min() + epsilon * next_q.mean()


@_towards_mean
def first_for_best(next_q, epsilon):
    return (1 - epsilon) * next_q[0] + epsilon * next_q.mean()


@_towards_mean
def last_for_best(next_q, epsilon):
    shares = np.full(len(next_q), epsilon / len(next_q))
    shares[-1] += 1 - epsilon
    return shares @ next_q


@_towards_mean
def action_drawn(next_q, epsilon):
    if random.random() < epsilon:
        return random.choice(next_q.tolist())
    return next_q.max()


@_towards_mean
def action_drawn_from_its_own_seed(next_q, epsilon):
    rng = np.random.default_rng(0)
    return next_q[coin_first(next_q, epsilon, rng)]


def mean_without_a_target(reward, next_q, terminated, epsilon, gamma):
    return (1 - epsilon) * next_q.max() + epsilon * next_q.mean()


def no_brackets(reward, next_q, terminated, epsilon, gamma):
    future = gamma * (not terminated)
    return reward + future * (1 - epsilon) * next_q.max() + epsilon * next_q.mean()


def masked_in_part(reward, next_q, terminated, epsilon, gamma):
    best, mean = gamma * (1 - epsilon) * next_q.max(), gamma * epsilon * next_q.mean()
    return reward + best * (1 - terminated) + mean


def discounted_in_part(reward, next_q, terminated, epsilon, gamma):
    if terminated:
        return reward
    return reward + gamma * (1 - epsilon) * next_q.max() + epsilon * next_q.mean()


def greek_letters_confused(reward, next_q, terminated, epsilon, gamma):
    return two_parts(reward, next_q, terminated, gamma, epsilon)


@_towards_mean
def sum_of_the_others(next_q, epsilon):
    shares = np.full(len(next_q), epsilon)
    shares[next_q.argmax()] = 1 - epsilon
    return shares @ next_q


@_towards_mean
def divided_by_the_others(next_q, epsilon):
    n_others = max(1, len(next_q) - 1)
    return (1 - epsilon) * max(next_q) + epsilon * sum(next_q) / n_others


@_towards_mean
def less_the_random_part(next_q, epsilon):
    return next_q.max() - epsilon * next_q.mean()


def reward_and_gamma_added(reward, next_q, terminated, epsilon, gamma):
    mean = (1 - epsilon) * next_q.max() + epsilon * next_q.mean()
    return (reward + gamma) * (not terminated) * mean


def in_a_row(reward, next_q, terminated, epsilon, gamma):
    return (two_parts(reward, next_q, terminated, epsilon, gamma),)


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
            (undiscounted_through_the_end, "ignores terminated + no discount"),
            (all_discounted, "reward discounted"),
            (action_repeated, "same action"),
            (best_of_here, "row of the state"),
            (
                best_of_here_through_the_end,
                "ignores terminated + row of the state",
            ),
            (number_of_the_best, "action for value"),
            (returns_early, "skips the last step"),
            (lost_copy, "nothing changed"),
            (whole_target, "no step size"),
            (kept_whole, "old value kept whole"),
            (step_alone, "old value lost"),
            (backwards, "wrong way"),
            (whole_row, "whole row"),
            (whole_table, "other entries"),
            (entry_of_the_next_state, "next entry"),
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
            (
                worst_of_next_through_the_end,
                "ignores terminated + minimum for maximum",
            ),
            (reward_alone, "no bootstrap"),
            (values_alone, "reward left out"),
            (reward_at_the_end, "reward only at the end"),
            (reward_as_a_cost, "reward subtracted"),
            (reward_of_atari, "reward clipped"),
            (sign_of_the_reward, "reward clipped"),
            (discounted_in_two_places, "discounted twice"),
            (less_the_next, "next value subtracted"),
            (one_less_gamma, "gamma from 1"),
            (first_of_next, "first action"),
            (best_of_here_taken_there, "best action of the state"),
            (its_own_value, "the entry itself"),
            (all_of_next, "sum for maximum"),
            (best_state_for_the_action, "column for row"),
            (loop_from_zero, "maximum from 0"),
            (largest_size, "size for value"),
            (drawn_there, "drawn"),
            (all_maxima, "row for number"),
            (less_the_discounted, "old value discounted"),
            (brackets_around_the_difference, "old value discounted"),
            (less_the_next_entry, "other value subtracted"),
            (less_the_next_best, "other value subtracted"),
            (less_the_best_here, "best value subtracted"),
            (share_of_the_target, "old share lost"),
            (target_on_top, "target in full"),
            (share_of_the_reward, "brackets"),
            (gradient_of_the_square, "step doubled"),
            (square_of_the_error, "error squared"),
            (rises_only, "only upwards"),
            (distance_to_the_target, "sizes added"),
            (reward_with_gamma, "reward times value"),
            (alpha_too_late, "brackets"),
            (error_is_the_reward, "old value kept at the end"),
            (table_of_zeros, "others lost"),
            (mean_of_reward_and_next, "reward weighted"),
            (shrunk_first, "reads what it wrote"),
            (only_ends, "only the last step"),
            (else_forgotten, "goes on after the end"),
            (end_written_and_on, "goes on after the end"),
            (letters_confused, "alpha and gamma exchanged"),
            (end_set_to_zero, "end cleared"),
            (column_of_the_state, "axes exchanged"),
            (bits_and_no_old_value, "bits inverted + old share lost"),
        ],
    ),
    "epsilon_greedy_action": Answers(
        correct=[
            coin_first,
            by_probabilities,
            ties_at_random,
            one_number_stretched,
            both_drawn_and_one_taken,
            greedy_by_sorting,
            argmax_of_noise,
            slow_choice,
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
            (one_too_far, "number of actions"),
            (none_of_them, "no action"),
            (value_rounded, "value made whole"),
            (random_at_the_second_draw, "second draw explores"),
            (in_an_array, "other type"),
            (greedy_branch_without_return, "returns nothing"),
            (two_coins, "two coins"),
            (two_coins_for_the_last, "two coins"),
            (first_in_the_middle, "other frequencies"),
            (greedy_but_the_first, "first not compared"),
            (greedy_but_the_last, "last not compared"),
            (running_maximum_from_zero, "maximum from 0"),
            (fixed_epsilon, "epsilon not used"),
            (squared_epsilon, "epsilon twice"),
            (in_a_list, "other type"),
            (only_one_largest, "several largest"),
            (shares_of_all_largest, "several largest"),
            (first_that_is_not_largest, "several largest"),
            (seed_in_each_call, "generator made anew"),
            (action_of_its_own_seed, "same random action"),
            (coin_of_its_own_seed, "no coin"),
            (calls_counted, "other generator"),
            (epsilon_shared_out, "epsilon over A"),
            (epsilon_without_the_greedy, "epsilon less a part"),
            (coin_for_each_action, "a coin for each action"),
            (coin_for_every_action, "a coin for each action"),
            (coin_up_to_two, "half of epsilon"),
            (coin_of_a_bell, "normal coin"),
            (coin_of_two_sides, "whole-number coin"),
            (coin_of_two_sides_upwards, "whole-number coin"),
            (next_to_best, "second best"),
            (one_beside_the_best, "not greedy"),
            (soft_when_greedy, "chance at 0"),
            (soft_when_exploring, "values for shares"),
            (in_order_of_rank_when_exploring, "values for shares"),
            (soft_always, "always random + values for shares"),
            (rounded_action, "ends half as often"),
            (middle_left_out, "action left out"),
            (often_small, "uneven"),
            (shares_that_do_not_sum, "shares do not sum"),
            (shares_stretched, "shares normalised"),
            (cubed_epsilon, "explores too seldom"),
            (root_of_epsilon, "explores too often"),
            (smaller_power_of_epsilon, "other share"),
            (floored_action, "float for action"),
            (upper_number_reused, "one number twice"),
            (neither_of_two, "two coins"),
            (never_all_chance, "greedy at 1"),
            (two_halves, "greedy at 1"),
            (inverted_from_one, "epsilon inverted + first action left out"),
        ],
    ),
    "expected_sarsa_target": Answers(
        correct=[by_shares, two_parts, loop_over_actions, by_sorting],
        wrong=[
            (q_learning_target, "maximum alone"),
            (maximum_through_the_end, "ignores terminated + maximum alone"),
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
            (in_a_row, "other type"),
            (greedy_share_alone, "random part lost"),
            (random_share_alone, "greedy part lost"),
            (fair_coin, "half and half"),
            (mean_divided_again, "divided twice"),
            (mean_of_weighted, "divided twice"),
            (greedy_twice, "greedy counted twice"),
            (stretched_shares, "greedy share too small"),
            (middle_value, "median for mean"),
            (worst_for_random, "one of the others"),
            (loop_that_stops_early, "last action lost"),
            (loop_that_starts_late, "first action lost"),
            (worst_for_best, "minimum for maximum"),
            (first_for_best, "first action"),
            (last_for_best, "last action"),
            (action_drawn, "one action drawn"),
            (action_drawn_from_its_own_seed, "one action"),
            (mean_without_a_target, "no target"),
            (no_brackets, "brackets"),
            (masked_in_part, "mask on one part"),
            (discounted_in_part, "gamma on one part"),
            (sum_of_the_others, "sum for mean"),
            (divided_by_the_others, "divided by one less"),
            (less_the_random_part, "random part subtracted"),
            (reward_and_gamma_added, "reward times value"),
            (greek_letters_confused, "epsilon and gamma exchanged"),
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
            ((23, 24), "percent"),
            ((-0.1, 0.1), "no probability"),
            ((float("nan"), 0.24), "no probability"),
            (0.232, "no pair"),
            ("0.23, 0.24", "no pair"),
            ((0.22, 0.23, 0.24), "no pair"),
        ],
    ),
}
