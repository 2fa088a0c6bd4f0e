"""What 01_bellman_equation says and does not show, and both sides of its equations."""

from itertools import pairwise

import numpy as np

from dqn_tutorial import mdp as oracle
from dqn_tutorial.classroom import check

grid = oracle.slippery_grid()
exact = oracle.value_iteration(grid)  # q*
alive = ~grid.terminal


def random_mdp(draws, n_states=6, n_actions=3):
    transition = draws.dirichlet(np.ones(n_states), (n_states, n_actions))
    reward = draws.standard_normal(transition.shape)
    terminal = np.arange(n_states) == n_states - 1
    transition[-1], reward[-1] = terminal, 0.0  # the end is never left
    start = np.full(n_states, 1 / n_states)
    return oracle.MDP(transition, reward, terminal, start, gamma=0.9)


def examples(draws):
    return [grid, *[random_mdp(draws) for _ in range(20)]]


def tables_of(mdp):
    return mdp.transition, mdp.reward, mdp.terminal, mdp.gamma


def sup(v, w, where=alive):
    return np.abs(v - w)[where].max()


# %% cell-05
assert mdp.n_states == 16 and mdp.n_actions == 4 and (~mdp.terminal).sum() == 13
assert mdp.gamma == 0.9 and np.allclose(mdp.transition.sum(-1), 1)
assert np.allclose(mdp.transition[10, up, [6, 9, 11]], [0.8, 0.1, 0.1])
beside = mdp.transition[:, :, [5, 7]].any((1, 2)) & alive
assert list(beside.nonzero()[0]) == [1, 4, 6, 9, 11]
assert np.isclose(mdp.transition[1, up, 1], 0.8)

# %% cell-09
assert np.isclose(g_0, rewards[0] + gamma * g_1)
assert np.isclose((gamma ** np.arange(1_000)).sum(), 1 / (1 - gamma))
assert gamma**150 < 1e-6 and f"{gamma**40:.3f}" == "0.015"
assert abs(gamma**10 - 1 / 3) < 0.02

# %% cell-14
assert (returns < 0).mean() > 0.9
assert np.isclose(returns.min(), -0.9) and returns.max() > 0.7
counts = np.unique(returns.round(12), return_counts=True)
assert np.isclose(counts[0][counts[1].argmax()], -0.9)  # fell at the second step
# lines 1 to 4 hold for the average over episodes as for the expectation
later = discounts[:-1] @ rewards[1:]
line_1, line_2 = returns.mean(), (rewards[0] + gamma * later).mean()
line_3, line_4 = rewards[0].mean() + gamma * later.mean(), 0.0
for action, next_state in np.unique(np.stack([actions[0], next_states[0]]), axis=1).T:
    group = (actions[0] == action) & (next_states[0] == next_state)
    paid = mdp.reward[10, action, next_state] + gamma * later[group].mean()
    line_4 += group.mean() * paid
assert np.allclose([line_2, line_3, line_4], line_1)
# line 6: the simulation agrees with the exact value
standard_error = returns.std() / np.sqrt(len(returns))
v = oracle.policy_evaluation(mdp, uniform)
assert abs(v[10] - returns.mean()) < 4 * standard_error

# %% cell-20
# line 5: the same mean from 14 on, however the robot came there
aimed, *slid = [
    later[(actions[0] == action) & (next_states[0] == 14)]
    for action in (down, left, right)
]
for group in slid:
    error = np.sqrt(aimed.var() / len(aimed) + group.var() / len(group))
    assert abs(aimed.mean() - group.mean()) < 4 * error

# %% cell-backups-run
assert np.allclose(v, oracle.policy_evaluation(mdp, uniform), atol=1e-4)

# %% cell-28
draws = np.random.default_rng(7)
for example in examples(draws):
    policy = draws.dirichlet(np.ones(example.n_actions), example.n_states)
    v = oracle.policy_evaluation(example, policy)
    again = check.expectation_backup.solution(*tables_of(example), policy, v)
    np.testing.assert_allclose(again, v, atol=1e-12)
    w = draws.standard_normal(example.n_states)
    q = oracle.q_from_v(example, w)
    backup = check.expectation_backup.solution(*tables_of(example), policy, w)
    np.testing.assert_allclose((policy * q).sum(-1), backup, atol=1e-12)
    greedy = check.greedy_improvement.solution(q)
    np.testing.assert_array_equal(greedy, oracle.greedy_policy(q))
    improved = oracle.policy_evaluation(
        example, oracle.greedy_policy(oracle.q_from_v(example, v))
    )
    assert (improved >= v - 1e-12).all()  # nowhere worse

# %% cell-25
assert (np.abs(means - v_uniform[floor]) < errors).all()

# %% cell-row-run
assert len(worth) == 256 and f"{max(worth):.2f}" == "0.24"
assert f"{mdp.start @ exact.max(-1):.2f}" == "0.40"
# where the robot is in its row depends on what it did: line 5 is false for rows
moves = mdp.transition[[0, 2], right, 3]
assert moves[0] == 0 and np.isclose(moves[1], 0.8)

# %% cell-33
assert np.allclose((uniform * q_uniform).sum(1), v_uniform)
both = mdp.transition * (mdp.reward + gamma * (uniform * q_uniform).sum(1))
assert np.allclose(both.sum(-1)[floor], q_uniform[floor])

# %% cell-74
icy = oracle.slippery_grid(slip=0.4)
q = oracle.value_iteration(icy)
assert [f"{x:.2f}" for x in q[1, [3, 2]]] == ["0.40", "0.27"] and q[1].argmax() == 3
assert exact[1].argmax() == 2  # at slip 0.2 it aims right

# %% cell-39
assert np.allclose(v_best[alive], q_best.max(-1)[alive])
assert np.allclose(q_best, exact)
# no policy beats it: three thousand without chance, one thousand with
draws = np.random.default_rng(8)
tried = [np.eye(4)[draws.integers(4, size=16)] for _ in range(3_000)]
tried += list(draws.dirichlet(np.ones(4), (1_000, 16)))
for other in tried:
    assert (oracle.policy_evaluation(mdp, other) <= v_best + 1e-12).all()

# %% cell-fixed-run
draws = np.random.default_rng(9)
for example in examples(draws):
    q = oracle.value_iteration(example)
    again = check.optimality_backup.solution(*tables_of(example), q)
    np.testing.assert_allclose(again, q, atol=1e-8)

# %% cell-62
assert np.allclose(q_wrong, misprint(mdp, sweeps=501))  # it has converged
lost = v_best - v_wrong
assert (q_wrong <= q_best + 1e-12).all() and (lost > -1e-12).all()
assert (q_wrong < q_best - 1e-9)[alive].all() and low == 52
assert list(wrong) == [12, 13] and 0.25 < lost[13] / v_best[13] < 1 / 3
firm = oracle.slippery_grid(slip=0.0)
assert np.allclose(misprint(firm), oracle.value_iteration(firm))

# %% cell-iterate
assert sup(v_star, v_best) < 1e-9
draws = np.random.default_rng(10)
for example in examples(draws):
    by_hand = check.value_iteration.solution(*tables_of(example), 1e-9)
    np.testing.assert_allclose(by_hand, oracle.value_iteration(example).max(-1), 1e-6)
    v, w = draws.standard_normal((2, example.n_states))
    v[example.terminal] = w[example.terminal] = 0.0
    t_v, t_w = (oracle.bellman_optimality_operator(example, x) for x in (v, w))
    everywhere = np.ones(example.n_states, bool)
    assert sup(t_v, t_w, everywhere) <= gamma * sup(v, w, everywhere) + 1e-12
# gamma itself is reached: a constant shift, where no step can end the episode
v = v_best + ~mdp.terminal
t_v, t_w = (oracle.bellman_optimality_operator(mdp, x) for x in (v, v_best))
assert np.isclose(sup(t_v, t_w), gamma)
# the stopping rule, both sides
v = np.zeros(mdp.n_states)
for _ in range(60):
    v, old_v = oracle.bellman_optimality_operator(mdp, v), v
    assert sup(v, v_best) <= gamma / (1 - gamma) * sup(v, old_v) + 1e-12

# %% cell-frames-run
v_1 = oracle.bellman_optimality_operator(mdp, np.zeros(mdp.n_states))
assert list(v_1.nonzero()[0]) == [2, 6] and np.allclose(v_1[[2, 6]], [0.8, -0.2])
v_2 = oracle.bellman_optimality_operator(mdp, v_1)
assert f"{v_2[1]:.3f}" == "0.476"
q_2 = oracle.q_from_v(mdp, v_1)[1]
assert q_2.argmax() == 2 and np.isclose(q_2[3], 0.072)

# %% cell-sweeps
assert (right_arrows, close) == (9, 46)
# the frames: which cells of a value other than 0 still change their arrows
tables, frames = [np.zeros(mdp.n_states)], (0, 1, 2, 3, 5, 9)
for _ in range(9):
    tables.append(oracle.bellman_optimality_operator(mdp, tables[-1]))
qs = [oracle.q_from_v(mdp, table) for table in tables]
arrows = [np.isclose(q, q.max(-1, keepdims=True)) for q in qs]
for one, other in pairwise(frames):
    turned = (arrows[one] != arrows[other]).any(-1) & (tables[one] != 0)
    assert list(turned.nonzero()[0]) == ([9, 11] if one == 5 else [])
assert arrows[5][9].argmax() == right and arrows[5][11].argmax() == left
assert arrows[9][[9, 11], down].all()
# in place: 25 sweeps
v, count = np.zeros(mdp.n_states), 0
while sup(v, v_best) > 1e-8:
    for state in np.flatnonzero(alive):
        v[state] = oracle.q_from_v(mdp, v)[state].max()
    count += 1
assert count == 25

# %% cell-50
bound = gamma ** np.arange(61)
assert (np.array(distances) <= bound + 1e-12).all()
assert (np.array(distances)[:, 60] < bound[60] / 1_000).all()

# %% cell-57
assert np.allclose(oracle.policy_evaluation(mdp, pi_star), v_star)
assert q_star[9].argmax() == q_star[11].argmax() == 1  # down
assert f"{q_star[12].max():.2f}" == "0.25" and f"{q_star[2].max():.2f}" == "0.93"

# %% cell-68
for gamma, action, share, length in (
    (0.5, 3, 78, 4),
    (0.975, 3, 78, 4),
    (0.985, 0, 98, 36),
    (0.995, 0, 98, 36),
):
    task = oracle.slippery_grid(gamma=gamma)
    policy = oracle.greedy_policy(oracle.value_iteration(task))
    p = np.einsum("sa,sat->st", policy, task.transition)
    visits = np.linalg.inv(np.eye(13) - p[np.ix_(alive, alive)])[alive[:10].sum()]
    print(gamma, policy[10].argmax(), visits @ p[alive, 3], visits.sum())
    assert policy[10].argmax() == action or (action == 0 and policy[10].argmax() != 3)
    assert round(100 * visits @ p[alive, 3]) == share
    assert round(visits.sum()) == length
assert oracle.value_iteration(oracle.slippery_grid(gamma=0.98))[10].argmax() == 3
