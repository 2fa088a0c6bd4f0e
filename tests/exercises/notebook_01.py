"""Answers to the exercises of 01_bellman_equation."""

from functools import reduce

import numpy as np
import torch

from dqn_tutorial.mdp import slippery_grid
from tests.exercises import Answers


def return_backwards(rewards, gamma):
    g = 0.0
    for reward in reversed(rewards):
        g = reward + gamma * g
    return g


def return_by_powers(rewards, gamma):
    return sum(gamma**k * reward for k, reward in enumerate(rewards))


def return_by_running_weight(rewards, gamma):
    total, weight = 0, 1
    for reward in rewards.tolist():
        total += weight * reward
        weight *= gamma
    return total


def return_in_torch(rewards, gamma):
    powers = torch.full((len(rewards),), gamma, dtype=torch.float64).cumprod(0) / gamma
    return (torch.tensor(rewards) * powers).sum()


def return_by_polynomial(rewards, gamma):
    return np.polynomial.polynomial.polyval(gamma, rewards.astype(np.float32))


def return_recursively(rewards, gamma):
    return (
        rewards[0] + gamma * return_recursively(rewards[1:], gamma)
        if len(rewards)
        else 0.0
    )


def undiscounted(rewards, gamma):
    return sum(rewards.tolist())


def powers_from_one(rewards, gamma):
    return sum(gamma**k * reward for k, reward in enumerate(rewards, start=1))


def forward_recursion(rewards, gamma):
    g = 0
    for reward in rewards:
        g = gamma * g + reward
    return g


def one_factor(rewards, gamma):
    first, *rest = rewards
    return first + gamma * sum(rest)


def short_loop(rewards, gamma):
    return sum(gamma**k * rewards[k] for k in range(len(rewards) - 1))


def return_in_the_loop(rewards, gamma):
    for k in range(len(rewards)):
        total = gamma**k * rewards[k]
        return total


def terms(rewards, gamma):
    return [gamma**k * reward for k, reward in enumerate(rewards)]


def all_returns(rewards, gamma):
    g = np.append(rewards, 0.0)
    for t in range(len(rewards) - 1, -1, -1):
        g[t] += gamma * g[t + 1]
    return g[:-1]


def expected_by_loops(transition, reward, terminal, gamma, policy, v):
    new_v = np.zeros(len(v))
    for s in range(len(v)):
        if terminal[s]:
            continue
        for a in range(policy.shape[1]):
            for s2 in range(len(v)):
                later = 0 if terminal[s2] else gamma * v[s2]
                new_v[s] += (
                    policy[s, a] * transition[s, a, s2] * (reward[s, a, s2] + later)
                )
    return new_v


def expected_with_policy_left_out(transition, reward, terminal, gamma, policy, v):
    v = np.where(terminal, 0, v)
    return (transition * (reward + gamma * v)).sum(-1).sum(-1)


def expected_without_brackets(transition, reward, terminal, gamma, policy, v):
    q = (transition * reward + gamma * np.where(terminal, 0, v)).sum(-1)
    return (policy * q).sum(-1)


def expected_on_a_copy_of_v(transition, reward, terminal, gamma, policy, v):
    new_v = v.copy()
    for s in np.flatnonzero(~terminal):
        new_v[s] = policy[s] @ (
            transition[s] * (reward[s] + gamma * np.where(terminal, 0, v))
        ).sum(-1)
    return new_v


def expected_assigned(transition, reward, terminal, gamma, policy, v):
    new_v = np.zeros(len(v))
    for s in range(len(v)):
        for a in range(policy.shape[1]):
            for s2 in range(len(v)):
                later = 0 if terminal[s2] else gamma * v[s2]
                part = transition[s, a, s2] * (reward[s, a, s2] + later)
            new_v[s] += policy[s, a] * part
    return new_v


def expected_rounded(transition, reward, terminal, gamma, policy, v):
    return np.round(
        expected_by_matrices(transition, reward, terminal, gamma, policy, v), 4
    )


def expected_by_matrices(transition, reward, terminal, gamma, policy, v):
    p = (policy[:, :, None] * transition).sum(1)
    r = (policy[:, :, None] * transition * reward).sum((1, 2))
    return (r + gamma * p[:, ~terminal] @ v[~terminal]) * ~terminal


def expected_in_torch(transition, reward, terminal, gamma, policy, v):
    p, r, pi, v = (
        torch.tensor(x, dtype=torch.float32) for x in (transition, reward, policy, v)
    )
    v[torch.tensor(terminal)] = 0
    return torch.einsum("sa,sat,sat->s", pi, p, r + gamma * v)


def expected_on_a_copy(transition, reward, terminal, gamma, policy, v):
    old, new_v = v.copy(), v.copy()
    old[terminal] = 0
    for s, row in enumerate(policy):
        new_v[s] = sum(
            row[a] * np.dot(transition[s, a], reward[s, a] + gamma * old)
            for a in range(len(row))
        )
    return new_v


def expected_unmasked(transition, reward, terminal, gamma, policy, v):
    return np.einsum(
        "sa,sat,sat->s", policy, transition, reward + gamma * v[None, None, :]
    )


def expected_masked_at_the_end(transition, reward, terminal, gamma, policy, v):
    new_v = expected_unmasked(transition, reward, terminal, gamma, policy, v)
    new_v[terminal] = 0
    return new_v


def expected_in_place(transition, reward, terminal, gamma, policy, v):
    v = v.copy()
    v[terminal] = 0
    for s in np.flatnonzero(~terminal):
        v[s] = np.sum(policy[s][:, None] * transition[s] * (reward[s] + gamma * v))
    return v


def expected_summed_in_place(transition, reward, terminal, gamma, policy, v):
    v = np.where(terminal, 0, v)
    for s in range(len(v)):
        v[s] = 0
        for a in range(policy.shape[1]):
            v[s] += policy[s, a] * np.sum(transition[s, a] * (reward[s, a] + gamma * v))
    return v


def expected_of_s(transition, reward, terminal, gamma, policy, v):
    now = np.einsum("sa,sat,sat->s", policy, transition, reward)
    return np.where(terminal, 0, now + gamma * v)


def expected_best(transition, reward, terminal, gamma, policy, v):
    q = (transition * reward).sum(-1) + gamma * transition @ (v * ~terminal)
    return np.max(q, axis=1)


def expected_uniform(transition, reward, terminal, gamma, policy, v):
    even = np.ones_like(policy) / policy.shape[1]
    return expected_by_loops(transition, reward, terminal, gamma, even, v)


def expected_undiscounted(transition, reward, terminal, gamma, policy, v):
    return expected_by_loops(transition, reward, terminal, 1, policy, v)


def expected_all_discounted(transition, reward, terminal, gamma, policy, v):
    return gamma * expected_by_loops(transition, reward, terminal, 1, policy, v)


def expected_all_discounted_unmasked(transition, reward, terminal, gamma, policy, v):
    return gamma * expected_unmasked(transition, reward, terminal, 1, policy, v)


def expected_without_last_rewards(transition, reward, terminal, gamma, policy, v):
    alive = ~terminal
    inner = transition[:, :, alive] * (reward[:, :, alive] + gamma * v[alive])
    return np.einsum("sat,sa->s", inner, policy)


def expected_even_states(transition, reward, terminal, gamma, policy, v):
    even = np.full_like(transition, 1 / len(v))
    return expected_by_loops(even, reward, terminal, gamma, policy, v)


def expected_summed_states(transition, reward, terminal, gamma, policy, v):
    return expected_by_loops(
        np.ones_like(transition), reward, terminal, gamma, policy, v
    )


def expected_q(transition, reward, terminal, gamma, policy, v):
    return (transition * (reward + gamma * v * ~terminal)).sum(2)


def table_by_loops(transition, reward, terminal, gamma, q):
    new_q = np.zeros_like(q)
    for s, a in np.ndindex(*q.shape):
        for s2, chance in enumerate(transition[s, a]):
            best = 0.0 if terminal[s2] else max(q[s2])
            new_q[s, a] += chance * (reward[s, a, s2] + gamma * best)
    return new_q


def table_in_place(transition, reward, terminal, gamma, q):
    q = np.where(terminal[:, None], 0, q)
    for s in range(q.shape[0]):
        for a in range(q.shape[1]):
            q[s, a] = (transition[s, a] * (reward[s, a] + gamma * q.max(1))).sum()
    return q


def table_on_a_copy_of_q(transition, reward, terminal, gamma, q):
    new_q = q.copy()
    new_q[~terminal] = table_by_matmul(transition, reward, terminal, gamma, q)[
        ~terminal
    ]
    return new_q


def table_by_matmul(transition, reward, terminal, gamma, q):
    return (transition * reward).sum(-1) + gamma * (
        transition @ np.where(terminal, 0, q.max(1))
    )


def table_in_torch(transition, reward, terminal, gamma, q):
    p, r, q = (torch.from_numpy(x).float() for x in (transition, reward, q))
    best = q.max(dim=1).values * ~torch.from_numpy(terminal)
    return (p * (r + gamma * best)).sum(dim=-1)


def table_as_lists(transition, reward, terminal, gamma, q):
    best = [
        0 if end else max(row) for row, end in zip(q.tolist(), terminal, strict=True)
    ]
    return [
        [float(p @ (r + gamma * np.array(best))) for p, r in zip(*rows, strict=True)]
        for rows in zip(transition, reward, strict=True)
    ]


def table_in_place_by_rows(transition, reward, terminal, gamma, q):
    q = q * ~terminal[:, None]
    for s in range(len(q)):
        q[s] = (transition[s] * (reward[s] + gamma * q.max(1))).sum(-1)
    return q


def table_unmasked(transition, reward, terminal, gamma, q):
    return np.einsum("sat,sat->sa", transition, reward + gamma * np.amax(q, axis=1))


def table_masked_at_the_end(transition, reward, terminal, gamma, q):
    return table_unmasked(transition, reward, terminal, gamma, q) * ~terminal[:, None]


def table_misprint(transition, reward, terminal, gamma, q):
    q = q.copy()
    q[terminal] = 0
    later = np.einsum("sat,tb->sab", transition, q).max(axis=2)
    return np.einsum("sat,sat->sa", transition, reward) + gamma * later


def table_misprint_unmasked(transition, reward, terminal, gamma, q):
    return table_misprint(transition, reward, np.zeros_like(terminal), gamma, q)


def table_wrong_axis(transition, reward, terminal, gamma, q):
    best = q.max(axis=0)
    return (transition * (reward + gamma * best)).sum(-1)


def table_wrong_axis_in_matmul(transition, reward, terminal, gamma, q):
    return (transition * reward).sum(-1) + gamma * transition @ np.max(q, axis=0)


def table_wrong_axis_masked(transition, reward, terminal, gamma, q):
    best = np.where(terminal, 0, np.max(q, 0))
    return transition @ best


def table_of_s(transition, reward, terminal, gamma, q):
    best = np.where(terminal, 0, q.max(1))
    return (transition * reward).sum(-1) + gamma * best[:, None]


def table_one_maximum(transition, reward, terminal, gamma, q):
    return table_by_loops(transition, reward, terminal, gamma, np.full_like(q, q.max()))


def table_from_zero(transition, reward, terminal, gamma, q):
    best = np.zeros(len(q))
    for s2, a2 in np.ndindex(*q.shape):
        if not terminal[s2] and q[s2, a2] > best[s2]:
            best[s2] = q[s2, a2]
    return (transition * (reward + gamma * best)).sum(-1)


def table_argmax(transition, reward, terminal, gamma, q):
    number = np.argmax(q, axis=-1) * ~terminal
    return (transition * (reward + gamma * number)).sum(-1)


def table_mean(transition, reward, terminal, gamma, q):
    return table_by_loops(
        transition,
        reward,
        terminal,
        gamma,
        np.repeat(q.mean(1)[:, None], q.shape[1], 1),
    )


def table_same_action(transition, reward, terminal, gamma, q):
    later = np.einsum("sat,ta->sa", transition[:, :, ~terminal], q[~terminal])
    return (transition * reward).sum(-1) + gamma * later


def table_undiscounted(transition, reward, terminal, gamma, q):
    return table_by_matmul(transition, reward, terminal, 1.0, q)


def table_all_discounted(transition, reward, terminal, gamma, q):
    return table_by_matmul(transition, gamma * reward, terminal, gamma, q)


def table_without_last_rewards(transition, reward, terminal, gamma, q):
    new_q = np.zeros_like(q)
    for s, a, s2 in np.ndindex(*transition.shape):
        if not terminal[s2]:
            new_q[s, a] += transition[s, a, s2] * (
                reward[s, a, s2] + gamma * max(q[s2])
            )
    return new_q


def table_even_states(transition, reward, terminal, gamma, q):
    return np.mean(reward + gamma * (q.max(1) * ~terminal), axis=2)


def table_summed_states(transition, reward, terminal, gamma, q):
    return np.sum(reward + gamma * q.max(1), axis=2)


def worst_of_the_table(transition, reward, terminal, gamma, q):
    return table_by_matmul(transition, reward, terminal, gamma, q).min(-1)


def table_values(transition, reward, terminal, gamma, q):
    return table_by_matmul(transition, reward, terminal, gamma, q).max(-1)


def iterated(transition, reward, terminal, gamma, tolerance):
    v = np.zeros(len(terminal))
    while True:
        new_v = (transition * (reward + gamma * v)).sum(-1).max(-1)
        if np.abs(new_v - v).max() <= tolerance:
            return new_v
        v = new_v


def iterated_in_place(transition, reward, terminal, gamma, tolerance):
    v = [0.0] * len(terminal)
    biggest = 1.0
    while biggest > tolerance:
        biggest = 0.0
        for s in range(len(v)):
            old = v[s]
            if not terminal[s]:
                v[s] = max(
                    sum(p * (r + gamma * x) for p, r, x in zip(*rows, v, strict=True))
                    for rows in zip(transition[s], reward[s], strict=True)
                )
            biggest = max(biggest, abs(v[s] - old))
    return v


def iterated_in_torch_float32(transition, reward, terminal, gamma, tolerance):
    p, r = torch.tensor(transition).float(), torch.tensor(reward).float()
    v, old = torch.ones(len(p)), torch.zeros(len(p))
    while (v - old).abs().max() > tolerance:
        old = v.clone()
        v = (p * (r + gamma * old)).sum(-1).amax(-1)
    return old.numpy()


def iterated_by_tables_to_the_end(transition, reward, terminal, gamma, tolerance):
    q = np.zeros(transition.shape[:2])
    for _ in range(1_000):
        q = table_by_matmul(transition, reward, terminal, gamma, q)
    return q.max(1)


def iterated_by_policies(transition, reward, terminal, gamma, tolerance):
    n, policy = len(terminal), np.zeros(len(terminal), int)
    while True:
        p, r = (x[np.arange(n), policy] for x in (transition, reward))
        v = np.linalg.solve(np.eye(n) - gamma * p, (p * r).sum(-1))
        q = (transition * (reward + gamma * v)).sum(-1)
        if (better := q.argmax(-1)).tolist() == policy.tolist() or np.allclose(
            q.max(-1), v
        ):
            return v
        policy = better


def iterated_with_an_alias(transition, reward, terminal, gamma, tolerance):
    v = np.zeros(len(terminal))
    while True:
        old = v
        for s in range(len(v)):
            v[s] = (transition[s] * (reward[s] + gamma * v)).sum(-1).max()
        if np.abs(v - old).max() <= tolerance:
            return v


def mean_move(transition, reward, terminal, gamma, tolerance):
    v, move = np.zeros(len(terminal)), np.inf
    while move > tolerance:
        new_v = (transition * (reward + gamma * v)).sum(-1).max(-1)
        move, v = np.abs(new_v - v).mean(), new_v
    return v


def move_of_the_sum(transition, reward, terminal, gamma, tolerance):
    v, move = np.zeros(len(terminal)), np.inf
    while move > tolerance:
        new_v = (transition * (reward + gamma * v)).sum(-1).max(-1)
        move, v = abs(new_v.sum() - v.sum()), new_v
    return v


def two_hundred_sweeps(transition, reward, terminal, gamma, tolerance):
    v = np.zeros(len(terminal))
    for _ in range(200):
        v = (transition * (reward + gamma * v)).sum(-1).max(-1)
    return v


def iterated_from_ones(transition, reward, terminal, gamma, tolerance):
    v, move = np.ones(len(terminal)), np.inf
    while move > tolerance:
        new_v = np.where(
            terminal, v, (transition * (reward + gamma * v)).sum(-1).max(-1)
        )
        move, v = np.abs(new_v - v).max(), new_v
    return v


def move_never_computed(transition, reward, terminal, gamma, tolerance):
    v, move = np.zeros(len(terminal)), 0.0
    while True:
        v = (transition * (reward + gamma * v)).sum(-1).max(-1)
        if move <= tolerance:
            return v


def stops_at_large_moves(transition, reward, terminal, gamma, tolerance):
    v = np.zeros(len(terminal))
    while True:
        new_v = (transition * (reward + gamma * v)).sum(-1).max(-1)
        if not (np.abs(new_v - v) < tolerance).all():
            return new_v
        v = new_v


def never_below_the_old(p, r, gamma, v):
    return np.maximum(v, (p * (r + gamma * v)).sum(-1).max(-1))


def last_move_of_living(transition, reward, terminal, gamma, tolerance):
    v, move = np.zeros(len(terminal)), 1.0
    while move > tolerance:
        for s in np.flatnonzero(~terminal):
            new = np.sum(transition[s] * (reward[s] + gamma * v), axis=1).max()
            move, v[s] = abs(new - v[s]), new
    return v


def swept_once(transition, reward, terminal, gamma, tolerance):
    return (transition * reward).sum(-1).max(-1)


def signed_move(transition, reward, terminal, gamma, tolerance):
    v, move = np.zeros(len(terminal)), np.inf
    while move > tolerance:
        new_v = np.einsum("sat,sat->sa", transition, reward + gamma * v).max(1)
        move, v = max(new_v - v), new_v
    return v


def signed_the_other_way(transition, reward, terminal, gamma, tolerance):
    v, move = np.zeros(len(terminal)), np.inf
    while move > tolerance:
        new_v = np.einsum("sat,sat->sa", transition, reward + gamma * v).max(1)
        move, v = max(v - new_v), new_v
    return v


def five_sweeps(transition, reward, terminal, gamma, tolerance):
    v = np.zeros(len(terminal))
    for _ in range(5):
        v = np.einsum("sat,sat->sa", transition, reward + gamma * v).max(1)
    return v


def last_move_only(transition, reward, terminal, gamma, tolerance):
    v, move = np.zeros(len(terminal)), 1.0
    while move > tolerance:
        for s in range(len(v)):
            new = np.sum(transition[s] * (reward[s] + gamma * v), axis=1).max()
            move, v[s] = abs(new - v[s]), new
    return v


def smallest_move(transition, reward, terminal, gamma, tolerance):
    v, new_v = np.ones(len(terminal)), np.zeros(len(terminal))
    while abs(new_v - v).min() > tolerance:
        v = new_v
        new_v = np.einsum("sat,sat->sa", transition, reward + gamma * v).max(1)
    return new_v


def iterated_until(small):
    """Sweeps until small(new_v, v, tolerance)."""

    def answer(transition, reward, terminal, gamma, tolerance):
        v = np.zeros(len(terminal))
        while True:
            new_v = np.einsum("sat,sat->sa", transition, reward + gamma * v).max(1)
            if small(new_v, v, tolerance):
                return new_v
            v = new_v

    return answer


move_of_the_largest_size = iterated_until(
    lambda new, v, tol: abs(np.abs(new).max() - np.abs(v).max()) <= tol
)
move_of_the_norm = iterated_until(
    lambda new, v, tol: abs(np.linalg.norm(new) - np.linalg.norm(v)) <= tol
)
move_of_the_largest = iterated_until(
    lambda new, v, tol: abs(new.max() - v.max()) <= tol
)
move_of_the_smallest = iterated_until(
    lambda new, v, tol: abs(new.min() - v.min()) <= tol
)


def iterated_in_flags(transition, reward, terminal, gamma, tolerance):
    v = np.zeros_like(terminal)
    for _ in range(300):
        for s in range(len(v)):
            v[s] = (transition[s] * (reward[s] + gamma * v)).sum(-1).max()
    return v


def iterated_in_whole_numbers(transition, reward, terminal, gamma, tolerance):
    v = np.zeros(len(terminal), int)
    for _ in range(300):
        for s in range(len(v)):
            v[s] = (transition[s] * (reward[s] + gamma * v)).sum(-1).max()
    return v


def best_actions(transition, reward, terminal, gamma, tolerance):
    return iterated_table(transition, reward, terminal, gamma, tolerance).argmax(1)


def nothing_for_the_end(transition, reward, terminal, gamma, tolerance):
    return np.where(
        terminal, np.nan, iterated(transition, reward, terminal, gamma, tolerance)
    )


def iterated_with(sweep):
    def answer(transition, reward, terminal, gamma, tolerance):
        v = np.zeros(len(terminal))
        for _ in range(500):
            v = sweep(transition, reward, gamma, v) * ~terminal
        return v

    answer.__name__ = sweep.__name__
    return answer


def random_actions(p, r, gamma, v):
    return np.einsum("sat,sat->s", p, r + gamma * v) / p.shape[1]


def best_from_zero(p, r, gamma, v):
    return np.array(
        [max(0, *(p[s] * (r[s] + gamma * v)).sum(-1)) for s in range(len(v))]
    )


def own_value(p, r, gamma, v):
    return (p * r).sum(-1).max(-1) + gamma * v


def undiscounted_sweep(p, r, gamma, v):
    return (p * (r + v)).sum(-1).max(-1)


def discounted_rewards(p, r, gamma, v):
    return (gamma * p * (r + v)).sum(-1).max(-1)


def no_last_reward(p, r, gamma, v):
    goes_on = p[np.arange(len(v)), 0, np.arange(len(v))] < 0.999
    return (p * goes_on * (r + gamma * v)).sum(-1).max(-1)


def even_states(p, r, gamma, v):
    return np.average(r + gamma * v, axis=-1).max(-1)


def unweighted(p, r, gamma, v):
    return (r + gamma * v).sum(-1).max(-1)


def never_ends(transition, reward, terminal, gamma, tolerance):
    v, biggest = np.zeros(len(terminal)), 1.0
    while biggest > tolerance:
        new_v = (transition * (reward + gamma * v)).sum(-1).max(-1)
        biggest, v = max(biggest, np.abs(new_v - v).max()), new_v


def iterated_table(transition, reward, terminal, gamma, tolerance):
    return (
        transition
        * (reward + gamma * iterated(transition, reward, terminal, gamma, tolerance))
    ).sum(-1)


def values_and_sweeps(transition, reward, terminal, gamma, tolerance):
    return iterated(transition, reward, terminal, gamma, tolerance), 100


def greedy_by_eye(q):
    return np.eye(q.shape[1])[np.argmax(q, axis=1)]


def greedy_by_loops(q):
    policy = [[0] * q.shape[1] for _ in q]
    for s, row in enumerate(q):
        policy[s][list(row).index(max(row))] = 1
    return policy


def greedy_in_torch(q):
    best = torch.tensor(q).argmax(-1)
    return torch.nn.functional.one_hot(best, q.shape[1])


def greedy_with_ties(q):
    return (q == q.max(1)[:, None]).astype(float)


def greedy_flags(q):
    return q == np.max(q, axis=1, keepdims=True)


def greedy_values(q):
    policy = np.zeros_like(q)
    for s in range(len(q)):
        policy[s, q[s].argmax()] = q[s].max()
    return policy


def greedy_smallest(q):
    return np.eye(q.shape[1])[q.argmin(1)]


def greedy_size(q):
    return np.eye(q.shape[1])[np.abs(q).argmax(1)]


def greedy_over_states(q):
    policy = np.zeros_like(q)
    for a in range(q.shape[1]):
        policy[q[:, a].argmax(), a] = 1
    return policy


def greedy_once(q):
    policy = np.zeros(q.size)
    policy[q.argmax()] = 1
    return policy.reshape(q.shape)


def greedy_actions(q):
    return q.argmax(-1)


def greedy_best_states(q):
    return q.argmax(0)


def gamble(chance=0.5, safe=0.5):
    transition, reward = np.zeros((4, 2, 4)), np.zeros((4, 2, 4))
    transition[0, 0, 1], transition[0, 0, 2] = chance, 1 - chance
    transition[0, 1, 3] = 1
    for s in (1, 2, 3):
        transition[s, :, 3] = 1
    reward[0, 1, 3] = safe
    reward[1, 0, 3] = reward[2, 1, 3] = 1
    reward[1, 1, 3] = reward[2, 0, 3] = -1
    return transition, reward, np.array([False, False, False, True])


def task_of_a_gamble():
    return gamble()


def task_as_lists():
    return [part.tolist() for part in gamble(0.4, 0.7)]


def task_of_three_states():
    # state 0: draw again or leave; what pays in state 1 costs in state 0
    transition, reward = np.zeros((3, 3, 3)), np.zeros((3, 3, 3))
    transition[0, 0] = 0.5, 0.5, 0.0
    transition[0, 1:, 2] = transition[1:, :, 2] = 1
    reward[0, :, 2] = 0, 0.3, -1
    reward[1, :, 2] = -1, -1, 1
    return transition, reward, np.array([0, 0, 1])


def task_of_one_array():
    return gamble()[0]


def task_without_an_end():
    return gamble()[:2]


def ring_of_five():
    return np.eye(5)[:, None].repeat(2, 1), np.zeros((5, 2, 5)), np.arange(5) == 4


def task_of_the_grid():
    grid = slippery_grid()
    return grid.transition, grid.reward, grid.terminal


def task_without_rows():
    transition, reward, terminal = gamble()
    transition[3] = 0
    return transition, reward, terminal


def task_of_large_rewards():
    transition, reward, terminal = gamble()
    return transition, 10 * reward, terminal


def task_that_goes_on():
    transition, reward, terminal = gamble()
    transition[3, :, 3], transition[3, :, 0] = 0, 1
    return transition, reward, terminal


def task_of_one_action():
    transition, reward, terminal = gamble()
    return transition[:, :1], reward[:, :1], terminal


def task_of_equal_actions():
    transition, reward, terminal = gamble()
    return transition[:, [0, 0]], reward[:, [0, 0]], terminal


def task_of_small_rewards():
    transition, reward, terminal = gamble()
    return transition, reward / 50, terminal


def task_without_chance():
    return gamble(1.0)


def task_in_which_it_only_looks_worse():
    return gamble(safe=-0.5)


def task_of_a_tie():
    return gamble(safe=0.0)


def task_of_a_small_loss():
    return gamble(safe=0.85)


def return_by_cumprod(rewards, gamma):
    weights = np.cumprod(np.r_[1.0, np.full(len(rewards) - 1, gamma)])
    return np.array(np.dot(weights, rewards))


def return_by_logarithms(rewards, gamma):
    return (np.exp(np.arange(rewards.size) * np.log(gamma)) * rewards).sum()


def return_by_reduce(rewards, gamma):
    return reduce(lambda g, reward: reward + gamma * g, rewards[::-1].tolist(), 0)


def return_from_two_loops(rewards, gamma):
    total = 0
    for k, reward in enumerate(rewards):
        for _ in range(k):
            reward = reward * gamma
        total = total + reward
    return total


def return_to_the_power_of_the_length(rewards, gamma):
    return rewards.sum() * gamma ** (len(rewards) - 1)


def return_with_products(rewards, gamma):
    return rewards[0] + sum(
        gamma * k * reward for k, reward in enumerate(rewards[1:], 1)
    )


def return_with_exchanged_power(rewards, gamma):
    return sum(k**gamma * rewards[k] for k in range(len(rewards)))


def return_by_interest(rewards, gamma):
    return sum(reward / (1 + gamma) ** k for k, reward in enumerate(rewards))


def return_divided(rewards, gamma):
    total, weight = 0.0, 1.0
    for reward in rewards:
        total += weight * reward
        weight /= gamma
    return total


def return_weight_twice(rewards, gamma):
    total, weight = 0.0, 1.0
    for k, reward in enumerate(rewards):
        total += gamma**k * weight * reward
        weight *= gamma
    return total


def return_gamma_squared(rewards, gamma):
    total = 0.0
    for reward in rewards:
        total += gamma * reward
        gamma *= gamma
    return total


def return_weight_of_weights(rewards, gamma):
    total, weight = 0.0, 1.0
    for k, reward in enumerate(rewards):
        weight *= gamma**k
        total += weight * reward
    return total


def return_of_one_less_gamma(rewards, gamma):
    weights = (1 - gamma) ** np.arange(len(rewards))
    return weights @ rewards


def return_old_sum_kept(rewards, gamma):
    g = 0.0
    for reward in rewards[::-1]:
        g += reward + gamma * g
    return g


def return_from_the_second(rewards, gamma):
    return sum(gamma**k * rewards[k] for k in range(1, len(rewards)))


def return_last_twice(rewards, gamma):
    g = rewards[-1]
    for reward in reversed(rewards):
        g = reward + gamma * g
    return g


def return_of_sums(rewards, gamma):
    total, g = 0.0, 0.0
    for k, reward in enumerate(rewards):
        g += gamma**k * reward
        total += g
    return total


def return_while_not_zero(rewards, gamma):
    g, k = 0.0, 0
    while k < len(rewards) and rewards[k]:
        g += gamma**k * rewards[k]
        k += 1
    return g


def return_assigned(rewards, gamma):
    for k, reward in enumerate(rewards):
        g = gamma**k * reward
    return g


def return_averaged(rewards, gamma):
    return (gamma ** np.arange(len(rewards)) * rewards).mean()


def return_weighted_average(rewards, gamma):
    return np.average(rewards, weights=gamma ** np.arange(len(rewards)))


def return_largest(rewards, gamma):
    return max(gamma**k * reward for k, reward in enumerate(rewards))


def return_with_a_caret(rewards, gamma):
    return sum((gamma ^ k) * reward for k, reward in enumerate(rewards))


def return_with_a_caret_in_numpy(rewards, gamma):
    return ((gamma ^ np.arange(len(rewards))) * rewards).sum()


def return_short_and_late(rewards, gamma):
    g = 0.0
    for k in range(1, len(rewards)):
        g += gamma**k * rewards[k - 1]
    return g


def return_forward_and_late(rewards, gamma):
    g = 0.0
    for reward in rewards:
        g = gamma * (g + reward)
    return g


def return_of_the_notebook(rewards, gamma):
    return (0.9 ** np.arange(len(rewards)) * rewards).sum()


def return_as_a_row(rewards, gamma):
    return (gamma ** np.arange(len(rewards)) * rewards).sum(keepdims=True)


def expected_with(value_of, mask=True):
    """One backup under the policy whose action values are value_of(p, r, gamma, v)."""

    def answer(transition, reward, terminal, gamma, policy, v):
        v = np.where(terminal, 0.0, v) if mask else v
        return (policy * value_of(transition, reward, gamma, v)).sum(-1)

    return answer


def table_with(best_of):
    """One backup of a table that makes one number of each row of q by best_of."""

    def answer(transition, reward, terminal, gamma, q):
        best = np.where(terminal, 0.0, best_of(q))
        return (transition * (reward + gamma * best)).sum(-1)

    return answer


def expected_by_einsum(transition, reward, terminal, gamma, policy, v):
    return np.einsum(
        "ij,ijk,ijk->i", policy, transition, reward + gamma * (v * (1 - terminal))
    )


def expected_by_chains(transition, reward, terminal, gamma, policy, v):
    chain = np.einsum("sa,sat->st", policy, transition)
    chain[:, terminal] = 0
    paid = np.einsum("sa,sat,sat->s", policy, transition, reward)
    return paid + gamma * np.dot(chain, v)


def expected_by_comprehension(transition, reward, terminal, gamma, policy, v):
    states, actions = range(len(v)), range(policy.shape[1])
    worth = [0 if end else float(x) for end, x in zip(terminal, v, strict=True)]

    def value(s):
        return sum(
            policy[s, a]
            * sum(
                transition[s, a, t] * (reward[s, a, t] + gamma * worth[t])
                for t in states
            )
            for a in actions
        )

    return np.array([value(s) for s in states])


def expected_reward_averaged(transition, reward, terminal, gamma, policy, v):
    q = reward.mean(-1) + gamma * transition @ np.where(terminal, 0, v)
    return (policy * q).sum(-1)


def expected_reward_added(transition, reward, terminal, gamma, policy, v):
    q = np.sum(reward, axis=2) + gamma * transition @ (v * ~terminal)
    return (policy * q).sum(-1)


def expected_without_rewards(transition, reward, terminal, gamma, policy, v):
    v = np.where(terminal, 0, v)
    return gamma * (policy * (transition @ v)).sum(-1)


def expected_twice_discounted(transition, reward, terminal, gamma, policy, v):
    later = gamma * np.where(terminal, 0, v)
    return np.einsum("sa,sat,sat->s", policy, transition, reward + gamma * later)


def expected_of_terminal_values(transition, reward, terminal, gamma, policy, v):
    v = v * terminal
    return np.einsum("sa,sat,sat->s", policy, transition, reward + gamma * v)


def expected_transposed(transition, reward, terminal, gamma, policy, v):
    v = np.where(terminal, 0, v)
    q = np.zeros_like(policy)
    for s, a in np.ndindex(*q.shape):
        for t in range(len(v)):
            q[s, a] += transition[t, a, s] * (reward[s, a, t] + gamma * v[t])
    return (policy * q).sum(1) * ~terminal


def expected_best_next_state(transition, reward, terminal, gamma, policy, v):
    v = np.where(terminal, 0, v)
    return (policy * (reward + gamma * v).max(-1)).sum(-1) * ~terminal


def expected_likeliest_state(transition, reward, terminal, gamma, policy, v):
    new_v = np.zeros(len(v))
    for s, a in np.ndindex(*policy.shape):
        t = transition[s, a].argmax()
        later = 0.0 if terminal[t] else v[t]
        new_v[s] += policy[s, a] * (reward[s, a, t] + gamma * later)
    return new_v


def expected_mean_after_p(transition, reward, terminal, gamma, policy, v):
    v = np.where(terminal, 0, v)
    return (policy * (transition * (reward + gamma * v)).mean(-1)).sum(-1)


def expected_mean_after_policy(transition, reward, terminal, gamma, policy, v):
    v = np.where(terminal, 0, v)
    return (policy * (transition * (reward + gamma * v)).sum(-1)).mean(-1)


def expected_likeliest_action(transition, reward, terminal, gamma, policy, v):
    q = (transition * (reward + gamma * np.where(terminal, 0, v))).sum(-1)
    return np.array([q[s, policy[s].argmax()] for s in range(len(v))])


def expected_last_action(transition, reward, terminal, gamma, policy, v):
    v, new_v = np.where(terminal, 0, v), np.zeros(len(v))
    for s in range(len(v)):
        for a in range(policy.shape[1]):
            q = np.dot(transition[s, a], reward[s, a] + gamma * v)
            new_v[s] = policy[s, a] * q
    return new_v


def expected_no_sum(transition, reward, terminal, gamma, policy, v):
    later = gamma * np.where(terminal, 0, v)
    return policy[:, :, None] * transition * (reward + later)


def expected_all_summed(transition, reward, terminal, gamma, policy, v):
    later = gamma * np.where(terminal, 0, v)
    return (policy * (transition * (reward + later)).sum(-1)).sum()


def expected_in_flags(transition, reward, terminal, gamma, policy, v):
    new_v = np.zeros_like(terminal)
    for s in range(len(v)):
        q = (transition[s] * (reward[s] + gamma * v * ~terminal)).sum(-1)
        new_v[s] = policy[s] @ q
    return new_v


def expected_over_actions(transition, reward, terminal, gamma, policy, v):
    later = gamma * np.where(terminal, 0, v)
    return (policy * (transition * (reward + later)).sum(1)).sum(-1)


def expected_with_if_of_an_array(transition, reward, terminal, gamma, policy, v):
    later = 0 if terminal else gamma * v
    return np.einsum("sa,sat,sat->s", policy, transition, reward + later)


def expected_of_a_gamma_of_its_own(transition, reward, terminal, gamma, policy, v):
    return expected_by_einsum(transition, reward, terminal, 0.9, policy, v)


def expected_in_place_from_behind(transition, reward, terminal, gamma, policy, v):
    v = np.where(terminal, 0, v)
    for s in reversed(range(len(v))):
        v[s] = policy[s] @ (transition[s] * (reward[s] + gamma * v)).sum(-1)
    return v


def table_by_einsum(transition, reward, terminal, gamma, q):
    best = q.max(1, initial=-np.inf)
    best[terminal] = 0
    return np.einsum("sat,sat->sa", transition, reward + gamma * best[None, None])


def table_by_sorting(transition, reward, terminal, gamma, q):
    best = np.sort(q, axis=1)[:, -1] * np.logical_not(terminal)
    return np.array(
        [
            [
                np.average(reward[s, a] + gamma * best, weights=transition[s, a])
                for a in range(q.shape[1])
            ]
            for s in range(len(q))
        ]
    )


def table_by_taking(transition, reward, terminal, gamma, q):
    best = np.take_along_axis(q, q.argmax(1)[:, None], 1).squeeze(1)
    expected = np.tensordot(transition[:, :, ~terminal], best[~terminal], axes=1)
    return (transition * reward).sum(2) + gamma * expected


def table_rewards_added(transition, reward, terminal, gamma, q):
    best = np.where(terminal, 0.0, q.max(-1))
    return reward.sum(-1) + gamma * transition @ best


def table_without_rewards(transition, reward, terminal, gamma, q):
    return gamma * transition @ np.where(terminal, 0, q.max(1))


def table_no_sum(transition, reward, terminal, gamma, q):
    return transition * (reward + gamma * np.where(terminal, 0, q.max(1)))


def table_as_one_number(transition, reward, terminal, gamma, q):
    return (transition * (reward + gamma * np.where(terminal, 0, q.max(1)))).sum()


def table_in_whole_numbers(transition, reward, terminal, gamma, q):
    new_q = np.zeros(q.shape, dtype=int)
    for s, a in np.ndindex(*q.shape):
        best = np.where(terminal, 0, q.max(1))
        new_q[s, a] = transition[s, a] @ (reward[s, a] + gamma * best)
    return new_q


def table_of_the_entry(transition, reward, terminal, gamma, q):
    new_q = (transition * reward).sum(-1) + gamma * q
    new_q[terminal] = 0
    return new_q


def table_undiscounted_from_zero(transition, reward, terminal, gamma, q):
    best = np.where(terminal, 0, np.maximum(q.max(1), 0))
    return (transition * (reward + best)).sum(-1)


def table_mean_unmasked(transition, reward, terminal, gamma, q):
    return (transition * (reward + gamma * q.mean(1))).sum(-1)


def table_max_of_python(transition, reward, terminal, gamma, q):
    best = np.where(terminal, 0, max(q)[0])
    return (transition * (reward + gamma * best)).sum(-1)


def greedy_by_masks(q):
    columns = np.arange(q.shape[1])
    return (columns[None, :] == q.argmax(1)[:, None]).astype(np.float32)


def greedy_by_put(q):
    policy = np.zeros(q.shape, int)
    np.put_along_axis(policy, q.argmax(1, keepdims=True), 1, axis=1)
    return policy


def greedy_by_pairs(q):
    policy = np.zeros_like(q)
    policy[range(len(q)), np.argmax(q, 1)] = 1
    return policy


def greedy_by_records(q):
    policy = []
    for row in q:
        best = max(range(len(row)), key=lambda a: (row[a], -a))
        policy.append([float(a == best) for a in range(len(row))])
    return np.array(policy)


def greedy_last(q):
    policy = np.zeros_like(q)
    for s in range(len(q)):
        best, best_value = 0, -np.inf
        for a in range(q.shape[1]):
            if q[s, a] >= best_value:
                best, best_value = a, q[s, a]
        policy[s, best] = 1.0
    return policy


def greedy_from_zero(q):
    policy = np.zeros_like(q)
    for s in range(len(q)):
        best, best_value = 0, 0
        for a in range(q.shape[1]):
            if q[s, a] > best_value:
                best, best_value = a, q[s, a]
        policy[s, best] = 1.0
    return policy


def greedy_shared(q):
    policy = (q == q.max(1, keepdims=True)).astype(float)
    return policy / policy.sum(1, keepdims=True)


def greedy_softmax(q):
    e = np.exp(q - q.max(1, keepdims=True))
    return e / e.sum(1, keepdims=True)


def greedy_columns(q):
    policy = np.zeros_like(q)
    policy[:, q.argmax(1)] = 1.0
    return policy


def greedy_rows(q):
    policy = np.zeros_like(q)
    policy[q.argmax(1)] = 1.0
    return policy


def greedy_records_kept(q):
    policy = np.zeros_like(q)
    for s in range(len(q)):
        best = -np.inf
        for a in range(q.shape[1]):
            if q[s, a] > best:
                best = q[s, a]
                policy[s, a] = 1.0
    return policy


def greedy_others(q):
    policy = np.ones_like(q)
    policy[np.arange(len(q)), q.argmax(1)] = 0.0
    return policy


def greedy_square(q):
    return np.eye(max(q.shape[0], q.shape[1]))[q.argmax(1)]


def greedy_bool(q):
    return np.eye(q.shape[1], dtype=bool)[q.argmax(1)]


def greedy_max_of_python(q):
    policy = np.zeros_like(q)
    for s in range(len(q)):
        policy[s, list(q[s]).index(max(q))] = 1.0
    return policy


def greedy_one_too_far(q):
    policy = np.zeros_like(q)
    for s in range(len(q)):
        policy[s, q[s].argmax() + 1] = 1.0
    return policy


def greedy_size_last(q):
    size = np.abs(q)
    last = q.shape[1] - 1 - size[:, ::-1].argmax(1)
    return np.eye(q.shape[1])[last]


def iterated_in_float32(transition, reward, terminal, gamma, tolerance):
    p, r = transition.astype(np.float32), reward.astype(np.float32)
    v = np.zeros(len(p), np.float32)
    while True:
        old = v.copy()
        v = (p * (r + np.float32(gamma) * old)).sum(-1).max(-1)
        if np.linalg.norm(v - old, np.inf) <= tolerance:
            return v


def iterated_by_a_flag(transition, reward, terminal, gamma, tolerance):
    v, is_moving = np.full(len(terminal), 5.0) * ~terminal, True
    while is_moving:
        is_moving = False
        for s in np.flatnonzero(~terminal):
            new = max(transition[s] @ (gamma * v) + (transition[s] * reward[s]).sum(-1))
            is_moving |= bool(abs(new - v[s]) > tolerance)
            v[s] = new
    return v


def iterated_recursively(transition, reward, terminal, gamma, tolerance):
    def swept(v):
        return np.einsum("sat,sat->sa", transition, reward + gamma * v).max(1)

    v = np.zeros(len(terminal))
    while not np.allclose(swept(v), v, rtol=0, atol=tolerance):
        v = swept(swept(v))
    return swept(v)


def iterated_by_the_bound(transition, reward, terminal, gamma, tolerance):
    largest = np.abs(reward).max() / (1 - gamma)
    n_sweeps = int(np.log(tolerance / max(largest, 1e-9)) / np.log(gamma)) + 2
    v = np.zeros(len(terminal))
    for _ in range(n_sweeps):
        v = (transition * (reward + gamma * v)).sum(-1).max(-1)
    return v


def iterated_with_allclose(transition, reward, terminal, gamma, tolerance):
    v = np.zeros(len(terminal))
    while True:
        new_v = np.where(
            terminal, 0.0, (transition * (reward + gamma * v)).sum(-1).max(-1)
        )
        if np.allclose(new_v, v, atol=tolerance):
            return new_v
        v = new_v


def delta_never_reset(transition, reward, terminal, gamma, tolerance):
    v = np.zeros(len(terminal))
    delta = 0.0
    while True:
        for s in range(len(v)):
            if terminal[s]:
                continue
            old = v[s]
            v[s] = (transition[s] * (reward[s] + gamma * v)).sum(-1).max()
            delta = max(delta, abs(old - v[s]))
        if delta <= tolerance:
            return v


def iterated_misprint(transition, reward, terminal, gamma, tolerance):
    r = (transition * reward).sum(-1)
    q = np.zeros_like(r)
    while True:
        new_q = r + gamma * (transition @ q).max(-1)
        new_q[terminal] = 0
        if np.abs(new_q - q).max() <= tolerance:
            return new_q.max(-1)
        q = new_q


def never_compared(transition, reward, terminal, gamma, tolerance):
    v = np.zeros(len(terminal))
    while True:
        v = (transition * (reward + gamma * v)).sum(-1).max(-1)
    return v


def table_never_replaced(transition, reward, terminal, gamma, tolerance):
    v = np.zeros(len(terminal))
    while True:
        new_v = (transition * (reward + gamma * v)).sum(-1).max(-1)
        if np.abs(new_v - v).max() <= tolerance:
            return new_v


def counter_never_moved(transition, reward, terminal, gamma, tolerance):
    v, k = np.zeros(len(terminal)), 0
    while k < 1_000:
        pass
    return v


def thousand_sweeps(transition, reward, terminal, gamma, tolerance):
    v = np.zeros(len(terminal))
    for _ in range(1_000):
        v = (transition * (reward + gamma * v)).sum(-1).max(-1)
    return v


def tolerance_of_its_own(transition, reward, terminal, gamma, tolerance):
    v, move = np.zeros(len(terminal)), 1.0
    while move > 1e-2:
        new_v = (transition * (reward + gamma * v)).sum(-1).max(-1)
        move, v = np.abs(new_v - v).max(), new_v
    return v


move_of_the_square = iterated_until(lambda new, v, tol: ((new - v) ** 2).max() <= tol)
move_of_the_relative = iterated_until(
    lambda new, v, tol: np.abs(new - v).max() <= tol * np.abs(new).max()
)


def bound_for_tolerance(transition, reward, terminal, gamma, tolerance):
    v, move = np.zeros(len(terminal)), np.inf
    while move > tolerance / (1 - gamma):
        new_v = (transition * (reward + gamma * v)).sum(-1).max(-1)
        move, v = np.abs(new_v - v).max(), new_v
    return v


def until_the_policy_stands(transition, reward, terminal, gamma, tolerance):
    v, policy = np.zeros(len(terminal)), None
    while True:
        q = (transition * (reward + gamma * v)).sum(-1)
        v = q.max(-1)
        if policy is not None and (q.argmax(-1) == policy).all():
            return v
        policy = q.argmax(-1)


def move_of_the_first(transition, reward, terminal, gamma, tolerance):
    v = np.zeros(len(terminal))
    while True:
        new_v = (transition * (reward + gamma * v)).sum(-1).max(-1)
        if abs(new_v[0] - v[0]) <= tolerance:
            return new_v
        v = new_v


def half_the_sweeps(transition, reward, terminal, gamma, tolerance):
    v, move = np.zeros(len(terminal)), np.inf
    while move > 30 * tolerance:
        new_v = (transition * (reward + gamma * v)).sum(-1).max(-1)
        move, v = np.abs(new_v - v).max(), new_v
    return v


def mostly_the_best(p, r, gamma, v):
    q = (p * (r + gamma * v)).sum(-1)
    return 0.8 * q.max(-1) + 0.2 * q.mean(-1)


def maxima_apart(p, r, gamma, v):
    return (p * r).sum(-1).max(-1) + gamma * (p @ v).max(-1)


def own_gamma(p, r, gamma, v):
    return (p * (r + 0.9 * v)).sum(-1).max(-1)


def added_actions(p, r, gamma, v):
    return (p * (r + gamma * v)).sum((1, 2))


def worst_actions(p, r, gamma, v):
    return (p * (r + gamma * v)).sum(-1).min(-1)


def first_action(p, r, gamma, v):
    return np.array([p[s, 0] @ (r[s, 0] + gamma * v) for s in range(len(v))])


def task_of_actions_first():
    transition, reward, terminal = gamble()
    return transition.swapaxes(0, 1), reward.swapaxes(0, 1), terminal


def task_of_rewards_of_actions():
    transition, reward, terminal = gamble()
    return transition, (transition * reward).sum(-1), terminal


def task_of_numbered_ends():
    transition, reward, _ = gamble()
    return transition, reward, np.array([3])


def task_of_a_number():
    transition, reward, _ = gamble()
    return transition, reward, np.array([0, 0, 0, 3])


def task_without_conflict():
    transition, reward, terminal = gamble()
    reward[2] = reward[1]
    return transition, reward, terminal


def return_of_two_steps(rewards, gamma):
    return rewards[0] + (gamma * rewards[1] if len(rewards) > 1 else 0.0)


def return_with_reward_to_the_power(rewards, gamma):
    return sum(gamma * reward**k for k, reward in enumerate(rewards))


def return_of_powers_of_products(rewards, gamma):
    return sum((gamma * reward) ** k for k, reward in enumerate(rewards))


def return_of_sizes(rewards, gamma):
    return sum(gamma**k * abs(reward) for k, reward in enumerate(rewards))


def return_on_a_line(rewards, gamma):
    return np.dot(rewards, 1 - (1 - gamma) * np.arange(len(rewards)))


def return_rounded(rewards, gamma):
    return np.round(return_by_powers(rewards, gamma), 2)


def return_with_sums_to_come(rewards, gamma):
    return sum(gamma**k * rewards[k:].sum() for k in range(len(rewards)))


def expected_rewards_at_the_end(transition, reward, terminal, gamma, policy, v):
    later = np.where(terminal, reward, gamma * v)
    return np.einsum("sa,sat,sat->s", policy, transition, later)


def expected_added_to_v(transition, reward, terminal, gamma, policy, v):
    new_v = v.copy()
    for s in range(len(v)):
        if terminal[s]:
            new_v[s] = 0
            continue
        for a in range(policy.shape[1]):
            later = gamma * np.where(terminal, 0, v)
            new_v[s] += policy[s, a] * np.dot(transition[s, a], reward[s, a] + later)
    return new_v


def expected_of_the_first_state(transition, reward, terminal, gamma, policy, v):
    new_v = np.zeros(len(v))
    for s in range(len(v)):
        q = (transition[s] * (reward[s] + gamma * np.where(terminal, 0, v))).sum(-1)
        new_v[s] = (policy[s] * q).sum()
        return new_v


def expected_to_two_places(transition, reward, terminal, gamma, policy, v):
    return expected_by_einsum(transition, reward, terminal, gamma, policy, v).round(2)


def expected_twice(transition, reward, terminal, gamma, policy, v):
    for _ in range(2):
        v = expected_by_einsum(transition, reward, terminal, gamma, policy, v)
    return v


def expected_to_the_end(transition, reward, terminal, gamma, policy, v):
    while True:
        new_v = expected_by_einsum(transition, reward, terminal, gamma, policy, v)
        if np.abs(new_v - v).max() < 1e-8:
            return new_v
        v = new_v


def expected_policy_on_rewards(transition, reward, terminal, gamma, policy, v):
    v = np.where(terminal, 0, v)
    now = np.einsum("sa,sat,sat->s", policy, transition, reward)
    return now + gamma * np.einsum("sat,t->s", transition, v)


def expected_policy_squared(transition, reward, terminal, gamma, policy, v):
    return expected_by_einsum(transition, reward, terminal, gamma, policy**2, v)


def table_of_infinite_ends(transition, reward, terminal, gamma, q):
    best = np.where(terminal, -np.inf, q.max(1))
    return (transition * (reward + gamma * best)).sum(-1)


def table_of_the_best_here(transition, reward, terminal, gamma, q):
    q = np.where(terminal[:, None], 0, q)
    return np.stack(
        [
            (transition[s] * (reward[s] + gamma * q[:, q[s].argmax()])).sum(-1)
            for s in range(len(q))
        ]
    )


def table_with_sizes_of_rewards(transition, reward, terminal, gamma, q):
    return table_by_matmul(transition, np.abs(reward), terminal, gamma, q)


def greedy_mostly(q):
    policy = np.full(q.shape, 0.1 / q.shape[1])
    policy[np.arange(len(q)), q.argmax(1)] += 0.9
    return policy


def greedy_above_the_mean(q):
    return (q > q.mean(1, keepdims=True)).astype(float)


def greedy_order(q):
    return np.argsort(q, axis=1)


def greedy_from_one(q):
    return np.eye(q.shape[1])[q.argmax(1) - 1]


def greedy_beside(q):
    policy = np.zeros_like(q)
    for s in range(len(q)):
        best = 0
        for a in range(1, q.shape[1]):
            if q[s, a] > q[s, a - 1]:
                best = a
        policy[s, best] = 1
    return policy


def greedy_in_the_first_state(q):
    policy = np.zeros_like(q)
    for s in range(len(q)):
        policy[s, q[s].argmax()] = 1
        return policy


def greedy_on_its_side(q):
    return np.eye(q.shape[1])[q.argmax(1)].T


def greedy_rows_of_actions(q):
    return np.eye(q.shape[1])[q.argmax(0)]


def greedy_column_of_the_largest(q):
    policy = np.zeros_like(q)
    policy[:, np.argmax(q) % q.shape[1]] = 1
    return policy


def swept_onto_itself(transition, reward, terminal, gamma, tolerance):
    v = np.zeros(len(terminal))
    for _ in range(500):
        v += (transition * (reward + gamma * v)).sum(-1).max(-1)
    return v


def return_nothing(rewards, gamma):
    g = 0.0
    for k in range(len(rewards), 0):
        g += gamma**k * rewards[k]
    return g


def expected_rewards_only(transition, reward, terminal, gamma, policy, v):
    return np.einsum("sa,sat,sat->s", policy, transition, reward)


def expected_subtracted(transition, reward, terminal, gamma, policy, v):
    later = gamma * np.where(terminal, 0, v)
    return np.einsum("sa,sat,sat->s", policy, transition, reward - later)


def expected_until_the_end(transition, reward, terminal, gamma, policy, v):
    new_v = np.zeros(len(v))
    for s in range(len(v)):
        if terminal[s]:
            break
        q = (transition[s] * (reward[s] + gamma * np.where(terminal, 0, v))).sum(-1)
        new_v[s] = (policy[s] * q).sum()
    return new_v


def expected_of_nothing(transition, reward, terminal, gamma, policy, v):
    new_v = np.zeros(len(v))
    for x in new_v:
        x += policy.sum()
    return new_v


def table_over_actions(transition, reward, terminal, gamma, q):
    return (transition * (reward + gamma * np.where(terminal, 0, q.max(1)))).sum(1)


def iterated_until_the_end(transition, reward, terminal, gamma, tolerance):
    v, delta = np.zeros(len(terminal)), 1.0
    while delta > tolerance:
        delta = 0.0
        for s in range(len(v)):
            if terminal[s]:
                break
            old = v[s]
            v[s] = (transition[s] * (reward[s] + gamma * v)).sum(-1).max()
            delta = max(delta, abs(old - v[s]))
    return v


def expected_policy_times_v(transition, reward, terminal, gamma, policy, v):
    now = (policy * (transition * reward).sum(-1)).sum(-1)
    return now + gamma * (policy * np.where(terminal, 0, v)).sum(-1)


def loop_not_entered(transition, reward, terminal, gamma, tolerance):
    v, move = np.zeros(len(terminal)), 0.0
    while move > tolerance:
        new_v = (transition * (reward + gamma * v)).sum(-1).max(-1)
        move, v = np.abs(new_v - v).max(), new_v
    return v


move_of_isclose = iterated_until(lambda new, v, tol: np.isclose(new, v).all())
move_of_a_hundred = iterated_until(
    lambda new, v, tol: np.abs(new - v).max() <= 100 * tol
)


def stops_inside_the_sweep(transition, reward, terminal, gamma, tolerance):
    v = np.zeros(len(terminal))
    while True:
        for s in range(len(v)):
            old = v[s]
            v[s] = (transition[s] * (reward[s] + gamma * v)).sum(-1).max()
            if abs(old - v[s]) <= tolerance:
                return v


def values_of_the_best_hope(transition, reward, terminal, gamma, tolerance):
    v = (transition * reward).sum(-1).max(-1)
    for _ in range(500):
        v = np.maximum(v, gamma * (transition @ v).max(-1))
    return v


MALFORMED = [("E", "no letter"), ("AB", "no letter"), (3, "no letter")]


def powers_from_the_logarithm(rewards, gamma):
    with np.errstate(all="ignore"):
        return float(np.exp(np.arange(len(rewards)) * np.log(gamma)) @ rewards)


def greedy_by_closeness(q):
    is_best = np.isclose(q, q.max(axis=1, keepdims=True))
    policy = np.zeros(q.shape)
    policy[np.arange(len(q)), is_best.argmax(axis=1)] = 1.0
    return policy


ANSWERS = {
    "discounted_return": Answers(
        correct=[
            return_backwards,
            return_by_powers,
            return_by_running_weight,
            return_by_polynomial,
            return_recursively,
            return_by_cumprod,
            return_by_reduce,
            return_from_two_loops,
        ],
        wrong=[
            (return_in_torch, "nan"),
            (return_by_logarithms, "nan"),
            (powers_from_the_logarithm, "nan"),
            (undiscounted, "no discount"),
            (return_nothing, "always 0"),
            (powers_from_one, "all too late"),
            (forward_recursion, "from the wrong end"),
            (one_factor, "one gamma for all"),
            (return_to_the_power_of_the_length, "one power for all"),
            (return_with_products, "product for power"),
            (return_with_exchanged_power, "base and exponent"),
            (return_by_interest, "inverse"),
            (return_divided, "inverse"),
            (return_weight_twice, "discounted twice"),
            (return_gamma_squared, "powers of powers"),
            (return_weight_of_weights, "powers of powers"),
            (return_of_one_less_gamma, "complement"),
            (return_old_sum_kept, "old sum kept"),
            (short_loop, "last one lost"),
            (return_from_the_second, "first one lost"),
            (return_in_the_loop, "first one only"),
            (return_last_twice, "counted twice"),
            (return_of_sums, "running sums"),
            (return_while_not_zero, "stops at 0"),
            (return_assigned, "last term only"),
            (return_averaged, "mean for sum"),
            (return_weighted_average, "mean for sum"),
            (return_largest, "largest term"),
            (return_of_two_steps, "two steps only"),
            (
                return_with_reward_to_the_power,
                "one gamma for all + power of the reward",
            ),
            (return_of_powers_of_products, "power of the reward"),
            (return_of_sizes, "sign lost"),
            (return_on_a_line, "straight line"),
            (return_rounded, "rounded"),
            (return_with_sums_to_come, "running sums"),
            (return_with_a_caret, "caret"),
            (return_with_a_caret_in_numpy, "caret"),
            (return_short_and_late, "all too late + last one lost"),
            (return_forward_and_late, "all too late + from the wrong end"),
            (return_of_the_notebook, "other values"),
            (return_as_a_row, "other shape"),
            (terms, "one for each step"),
            (all_returns, "one for each step"),
        ],
    ),
    "aim_at_the_wall": Answers(
        correct=["B", "b", " B "],
        wrong=[("A", "answer A"), ("C", "answer C"), ("D", "answer D"), *MALFORMED],
    ),
    "what_is_seen": Answers(
        correct=["C", "c", " C "],
        wrong=[("A", "answer A"), ("B", "answer B"), ("D", "answer D"), *MALFORMED],
    ),
    "greedy_improvement": Answers(
        correct=[
            greedy_by_eye,
            greedy_by_masks,
            greedy_by_put,
            greedy_by_pairs,
            greedy_by_records,
        ],
        wrong=[
            (greedy_by_closeness, "nearly the largest"),
            (greedy_by_loops, "other type"),
            (greedy_in_torch, "other type"),
            (greedy_with_ties, "all of the equal"),
            (greedy_flags, "all of the equal"),
            (greedy_values, "values for chances"),
            (greedy_smallest, "smallest value"),
            (greedy_size, "size for value"),
            (greedy_over_states, "maximum over states"),
            (greedy_once, "one maximum"),
            (greedy_actions, "one for each state"),
            (greedy_best_states, "one for each action"),
            (greedy_last, "last of the equal"),
            (greedy_from_zero, "starts from 0"),
            (greedy_shared, "shared"),
            (greedy_softmax, "no certainty"),
            (greedy_columns, "whole columns"),
            (greedy_rows, "whole rows"),
            (greedy_records_kept, "old ones stay"),
            (greedy_others, "the others"),
            (greedy_square, "as many columns as states"),
            (greedy_bool, "other dtype"),
            (greedy_max_of_python, "array as flag"),
            (greedy_one_too_far, "wrong index"),
            (greedy_size_last, "size for value + last of the equal"),
            (greedy_mostly, "no certainty"),
            (greedy_above_the_mean, "threshold"),
            (greedy_order, "ranks"),
            (greedy_from_one, "counted from 1"),
            (greedy_beside, "compares neighbours"),
            (greedy_in_the_first_state, "first state only"),
            (greedy_on_its_side, "transposed"),
            (greedy_rows_of_actions, "maximum over states"),
            (greedy_column_of_the_largest, "one maximum"),
        ],
    ),
    "misprint_task": Answers(
        correct=[task_of_a_gamble, gamble, task_of_three_states],
        wrong=[
            (task_of_one_array, "other shapes"),
            (task_as_lists, "no arrays"),
            (task_of_actions_first, "actions first"),
            (task_of_rewards_of_actions, "reward without next states"),
            (task_of_numbered_ends, "no flags"),
            (task_of_a_number, "no flags"),
            (task_without_conflict, "no conflict"),
            (task_without_an_end, "other shapes"),
            (task_of_the_grid, "calls the package"),
            (ring_of_five, "too many states"),
            (task_without_rows, "no probabilities"),
            (task_of_large_rewards, "large rewards"),
            (task_that_goes_on, "goes on after the end"),
            (task_without_chance, "nothing slips"),
            (task_in_which_it_only_looks_worse, "nothing lost"),
            (task_of_a_tie, "nothing lost"),
            (task_of_a_small_loss, "too little"),
            (task_of_small_rewards, "too little to lose"),
            (task_of_equal_actions, "nothing to choose"),
            (task_of_one_action, "one action"),
        ],
    ),
    "second_sweep": Answers(
        correct=[0.476, "0.476", 0.8 * 0.9 * 0.8 - 0.1],
        wrong=[
            (0.576, "hole forgotten"),
            (0.64, "gamma forgotten + hole forgotten"),
            (0.54, "gamma forgotten"),
            (0.486, "hole discounted"),
            (-0.424, "hole in full"),
            (0.376, "hole with 0.2"),
            (0.676, "hole as a gain"),
            (0.386, "hole goes on"),
            (0.558, "cell 6 for the hole"),
            (0.458, "cell 6 too"),
            (0.548, "wall brings cell 2"),
            (1.276, "goal now"),
            (0.4184, "gamma twice"),
            (0.72, "never slips"),
            (0.9, "never slips"),
            (0.0, "first sweep"),
            (0.62, "last chance left out"),
            (0.072, "other action"),
            (-0.07, "mean of the actions"),
            (-0.28, "sum of the actions"),
            ("0.48", "rounded"),
            (-0.476, "sign"),
            (47.6, "percent"),
            (0.4, "other number"),
            ("half", "no number"),
        ],
    ),
    "expectation_backup": Answers(
        correct=[
            expected_by_loops,
            expected_by_matrices,
            expected_on_a_copy,
            expected_by_einsum,
            expected_by_chains,
            expected_by_comprehension,
        ],
        wrong=[
            (expected_in_torch, "other type"),
            (expected_unmasked, "terminal not 0"),
            (expected_masked_at_the_end, "terminal not 0"),
            (expected_of_terminal_values, "mask inverted"),
            (expected_in_place, "in place"),
            (expected_in_place_from_behind, "in place"),
            (expected_summed_in_place, "in place"),
            (expected_of_s, "value of s"),
            (expected_transposed, "from s' to s"),
            (expected_best, "best action"),
            (expected_uniform, "policy ignored"),
            (expected_with_policy_left_out, "policy left out"),
            (expected_mean_after_policy, "policy and mean"),
            (expected_likeliest_action, "likeliest action"),
            (expected_last_action, "one action only"),
            (expected_undiscounted, "no discount"),
            (expected_rewards_only, "future left out"),
            (expected_subtracted, "future subtracted"),
            (expected_until_the_end, "ends at the first end"),
            (expected_of_nothing, "always 0"),
            (expected_twice_discounted, "discounted twice"),
            (expected_all_discounted, "reward discounted"),
            (expected_all_discounted_unmasked, "terminal not 0 + reward discounted"),
            (expected_without_last_rewards, "reward masked"),
            (expected_without_rewards, "reward left out"),
            (expected_reward_averaged, "rewards averaged"),
            (expected_reward_added, "rewards added"),
            (expected_even_states, "mean over states"),
            (expected_summed_states, "p left out"),
            (expected_best_next_state, "best next state"),
            (expected_likeliest_state, "likeliest state"),
            (expected_mean_after_p, "divided again"),
            (expected_without_brackets, "brackets"),
            (expected_on_a_copy_of_v, "terminal kept"),
            (expected_assigned, "last one only"),
            (expected_q, "action values"),
            (expected_no_sum, "no sum yet"),
            (expected_all_summed, "one number"),
            (expected_in_flags, "whole numbers"),
            (expected_over_actions, "sum over actions"),
            (expected_policy_times_v, "shapes do not fit"),
            (expected_with_if_of_an_array, "array as flag"),
            (expected_of_a_gamma_of_its_own, "other values"),
            (expected_rounded, "other values"),
            (expected_rewards_at_the_end, "rewards of ends only"),
            (expected_added_to_v, "starts from the old"),
            (expected_of_the_first_state, "first state only"),
            (expected_to_two_places, "rounded"),
            (expected_twice, "more than one sweep"),
            (expected_to_the_end, "more than one sweep"),
            (expected_policy_on_rewards, "policy on rewards"),
            (expected_policy_squared, "other values"),
        ],
    ),
    "optimality_backup": Answers(
        correct=[
            table_by_loops,
            table_by_matmul,
            table_by_einsum,
            table_by_sorting,
            table_by_taking,
        ],
        wrong=[
            (table_in_torch, "other type"),
            (table_as_lists, "other type"),
            (table_unmasked, "terminal not 0"),
            (table_masked_at_the_end, "terminal not 0"),
            (table_misprint, "maximum too early"),
            (table_misprint_unmasked, "terminal not 0 + maximum too early"),
            (table_wrong_axis, "maximum over states"),
            (table_wrong_axis_in_matmul, "maximum over states"),
            (table_wrong_axis_masked, "maximum over states"),
            (table_of_s, "value of s"),
            (table_of_the_entry, "value of s"),
            (table_one_maximum, "one maximum"),
            (table_max_of_python, "array as flag"),
            (table_from_zero, "maximum from 0"),
            (table_argmax, "action for value"),
            (table_mean, "mean for maximum"),
            (table_with(lambda q: q.sum(1)), "sum for maximum"),
            (table_with(lambda q: q.min(1)), "minimum for maximum"),
            (table_with(lambda q: np.abs(q).max(1)), "size for value"),
            (table_with(lambda q: q[:, -1]), "one action only"),
            (table_same_action, "same action"),
            (table_undiscounted, "no discount"),
            (table_all_discounted, "reward discounted"),
            (table_without_last_rewards, "reward masked"),
            (table_without_rewards, "reward left out"),
            (table_rewards_added, "rewards added"),
            (table_even_states, "mean over states"),
            (table_summed_states, "terminal not 0 + p left out"),
            (table_undiscounted_from_zero, "no discount + maximum from 0"),
            (table_mean_unmasked, "terminal not 0 + mean for maximum"),
            (table_in_place, "in place"),
            (table_in_place_by_rows, "in place"),
            (table_on_a_copy_of_q, "terminal kept"),
            (table_values, "best of the right ones"),
            (worst_of_the_table, "values of states"),
            (table_no_sum, "no sum yet"),
            (table_as_one_number, "one number"),
            (table_in_whole_numbers, "whole numbers"),
            (table_over_actions, "sum over actions"),
            (table_of_infinite_ends, "infinite"),
            (table_of_the_best_here, "action of s"),
            (table_with_sizes_of_rewards, "other values"),
        ],
    ),
    "value_iteration": Answers(
        correct=[
            iterated,
            iterated_in_float32,
            iterated_in_torch_float32,
            iterated_by_a_flag,
            iterated_recursively,
            iterated_by_the_bound,
            iterated_by_policies,
        ],
        wrong=[
            (iterated_in_place, "other type"),
            (iterated_with_an_alias, "one sweep, one array"),
            (move_never_computed, "one sweep, no move"),
            (stops_at_large_moves, "one sweep, large move"),
            (swept_once, "one sweep"),
            (signed_move, "sign of the move"),
            (signed_the_other_way, "sign of the move"),
            (move_of_the_largest, "largest value"),
            (move_of_the_smallest, "largest value"),
            (five_sweeps, "many sweeps"),
            (two_hundred_sweeps, "many sweeps"),
            (thousand_sweeps, "many sweeps"),
            (iterated_by_tables_to_the_end, "many sweeps"),
            (tolerance_of_its_own, "other tolerance"),
            (iterated_with_allclose, "relative tolerance"),
            (move_of_the_relative, "relative tolerance"),
            (move_of_the_square, "square of the move"),
            (bound_for_tolerance, "error for move"),
            (until_the_policy_stands, "policy stands still"),
            (mean_move, "few move"),
            (move_of_the_sum, "few move"),
            (move_of_the_largest_size, "few move"),
            (move_of_the_norm, "few move"),
            (iterated_in_flags, "whole numbers"),
            (iterated_in_whole_numbers, "whole numbers"),
            (best_actions, "whole numbers"),
            (nothing_for_the_end, "nan"),
            (iterated_from_ones, "terminal kept"),
            (last_move_only, "one state decides, an end too"),
            (last_move_of_living, "one state decides"),
            (move_of_the_first, "one state decides, an end too"),
            (smallest_move, "smallest move"),
            (stops_inside_the_sweep, "smallest move"),
            (loop_not_entered, "no sweep"),
            (iterated_until_the_end, "ends at the first end"),
            (move_of_isclose, "other tolerance"),
            (move_of_a_hundred, "still moving"),
            (values_of_the_best_hope, "other equation"),
            (half_the_sweeps, "still moving"),
            (iterated_misprint, "maximum too early"),
            (iterated_with(random_actions), "mean for maximum"),
            (iterated_with(added_actions), "sum for maximum"),
            (iterated_with(worst_actions), "minimum for maximum"),
            (iterated_with(first_action), "one action only"),
            (iterated_with(best_from_zero), "maximum from 0"),
            (iterated_with(never_below_the_old), "old value kept"),
            (iterated_with(own_value), "value of s"),
            (iterated_with(own_gamma), "gamma of its own"),
            (iterated_with(undiscounted_sweep), "no discount"),
            (iterated_with(discounted_rewards), "reward discounted"),
            (iterated_with(no_last_reward), "reward masked"),
            (iterated_with(even_states), "mean over states"),
            (iterated_with(unweighted), "p left out"),
            (iterated_with(maxima_apart), "two maxima"),
            (iterated_with(mostly_the_best), "other equation"),
            (swept_onto_itself, "not finite"),
            (delta_never_reset, "endless, largest move ever"),
            (never_ends, "endless, largest move ever"),
            (never_compared, "endless, values stand still"),
            (table_never_replaced, "endless, same table"),
            (counter_never_moved, "endless"),
            (iterated_table, "action values"),
            (values_and_sweeps, "other type"),
        ],
    ),
}
