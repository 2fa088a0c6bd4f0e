"""What notebook 02 rests on, part by part behind its cells."""

import numpy as np
import torch

from dqn_tutorial import mdp as oracle
from dqn_tutorial import targets
from dqn_tutorial.classroom import check, ledger
from dqn_tutorial.classroom.live.tabular_labs import learn_table
from dqn_tutorial.classroom.pictures.grid_pictures import ALPHA, START
from dqn_tutorial.tabular import distance_to_q_star, sample, step

# %% cell-whole-return
error = 4 * returns.std() / np.sqrt(len(returns))
assert abs(returns.mean() - q_star[10, 3]) < error
assert -0.91 < returns.min() < -0.89 and 0.75 < returns.max() < 0.85

# %% cell-05
# of the exact distribution, with q* and with a table of zeros
chances, reached = mdp.transition[10, 3], mdp.transition[10, 3] > 0
assert not mdp.terminal[reached].any() and not mdp.reward[10, 3, reached].any()
assert np.isclose(chances @ (mdp.reward[10, 3] + gamma * v_star), q_star[10, 3])
error = 4 * td_target.std() / np.sqrt(len(td_target))
assert abs(td_target.mean() - q_star[10, 3]) < error
assert returns.std() > 5 * td_target.std()

# %% cell-one-update-run
best = q_star[6].max()
assert (
    round(best, 2) == 0.47 and round(best, 3) == 0.466 and round(0.9 * best, 2) == 0.42
)
assert np.isclose(after[10, 3], 0.2 + 0.1 * (0.9 * best - 0.2))
assert f"{after[10, 3]:.3f}" == "0.222"
assert (after != before).sum() == 1
# the picture's numbers
assert np.isclose(after[10, 3], START + ALPHA * (gamma * best - START))
values = [np.float64(x) for x in (0.9 * best, 0.2)]
assert np.isclose(values[0] - values[1], 0.22, atol=0.001)
reward, next_q = np.random.default_rng(1).standard_normal((2, 64, 4))
y = targets.td_target(
    torch.tensor(reward[:, 0]), torch.tensor(next_q), torch.zeros(64) > 1, gamma
)
assert np.allclose(y, reward[:, 0] + gamma * next_q.max(-1))

# %% cell-15
# the first episode of a goal: one entry
own, table, path = np.random.default_rng(1), np.zeros((16, 4)), [8]
while path[-1] != 3:
    path = [8]
    while not mdp.terminal[path[-1]]:
        table_before, action = table.copy(), own.integers(4, size=1)
        reward, reached = step(mdp, np.array(path[-1:]), action, own)
        end, state = bool(mdp.terminal[reached[0]]), path[-1]
        table = updated(table, state, action[0], reward[0], reached[0], end, 0.1, gamma)
        path.append(int(reached[0]))
    changed = (table != 0).sum()
    table = np.zeros((16, 4))
assert len(path) > 3 and changed == 1
values = [mdp.start @ oracle.policy_evaluation(mdp, p) for p in policies.values()]
assert np.isclose(values[0], -0.40, atol=0.005) and np.isclose(
    values[2], 0.40, atol=0.005
)
assert 0 < values[1] <= values[2] + 1e-12
assert 0.05 < distance_to_q_star(q, mdp, q_star) < 0.6

# %% cell-17
assert set(error.argsort()[-3:]) == {1, 4, 6}
assert (error[alive].min().round(2), error.max().round(2)) == (0.04, 0.23)
# the outline
assert (np.sign(q) == np.sign(q_star))[np.abs(q_star) > 0.3].all()

# %% cell-25
# [4, 32], quarters of the run
last, third = groups[45:60].mean(0), groups[30:45].mean(0)
ledger.check("constant-step-stops-falling", last[1], third[1])
ledger.check("larger-step-higher-floor", groups[-1, 0], groups[-1, 1])
ledger.check("falling-step-below-the-floor", groups[-1, 3], groups[-1, 1])
# alpha = 0.02: below that of 0.1, and still falling
assert groups[-1, 2].mean() < groups[-1, 1].mean()
assert last[2].mean() < third[2].mean() - 0.01
assert np.allclose(groups[-1, 3], distance_to_q_star(runs.q[96:], mdp, q_star))
# the maximum's bias: with alpha 0.5, and with the falling step size
bias = (runs.q - q_star)[:, alive].mean((1, 2)).reshape(4, 32).mean(1)
assert abs(bias[0] - 0.15) < 0.03 and abs(bias[3]) < 0.02

# %% cell-21
# the formula, and 20,000 estimates of state 10, up, side by side
own, x, alpha = np.random.default_rng(1), np.zeros(20_000), 0.1
chances = np.tile(mdp.transition[10, 3], (len(x), 1))
for _ in range(100):
    x += alpha * (y[10, 3][sample(chances, own)] - x)
exact = (mdp.transition * (y - mean) ** 2).sum(-1)[10, 3]
assert abs(x.var() / (alpha / (2 - alpha) * exact) - 1) < 0.1
for i, alpha in enumerate((0.5, 0.1, 0.02)):
    spread = np.sqrt(alpha / (2 - alpha) * variance)
    worst, end = np.abs(spread * draws).max((1, 2)).mean(), groups[-1, i].mean()
    # one pair explains too little, the largest of 52 most of it
    assert spread.max() < 0.7 * end
    assert i == 2 or 0.85 < worst / end < 1.1
# what the theorem asks: the first sum grows on, the second does not
n = np.arange(1.0, 1e6 + 1)
assert falling(n).sum() > 2 * falling(n[:10_000]).sum()
assert (falling(n) ** 2).sum() - (falling(n[:10_000]) ** 2).sum() < 0.01

# %% cell-31
assert (groups[-1, 3] < 0.2).all()
ledger.check("falling-step-reaches-q-star", groups[-1, 3], np.full(32, 0.2))

# %% cell-frequencies
found = np.bincount(actions, minlength=4) / len(actions)
assert np.abs(found - [0.075, 0.075, 0.075, 0.775]).max() < 0.02

# %% cell-33
assert np.allclose(epsilon_greedy_policy(q_star, 0.3).sum(-1), 1)
assert np.allclose(epsilon_greedy_policy(np.zeros((16, 4)), 0.3).sum(-1), 1)

# %% cell-34
assert never[0].mean() > 26
assert np.isclose(acted[5].mean(), mean_value(np.full((16, 4), 0.25)))
assert np.isclose(mdp.start @ v_star, 0.40, atol=0.005)
ledger.check("no-exploration-learns-less", greedy[0], greedy[5])
ledger.check("random-steps-teach-a-good-policy", greedy[5], acted[5])


# %% cell-52
def at_the_end(alpha, epsilon):
    """Return the distances to q* [16] with which the lab's curve ends."""
    _, (distances,) = learn_table(lambda share: None, alpha, epsilon, seed=SEED)
    return distances[:, -1]


middle = at_the_end(0.05, 1.0)
ledger.check("small-step-is-slow", at_the_end(0.01, 1.0), middle)
ledger.check("large-step-ends-on-its-floor", at_the_end(0.2, 1.0), middle)
ledger.check("some-greed-does-no-harm", at_the_end(0.05, 0.6), middle)
ledger.check("no-exploration-stays-far", at_the_end(0.05, 0.0), middle)
for alpha in (0.02, 0.1):
    assert at_the_end(alpha, 1.0).mean() > middle.mean()

# %% cell-41
# a fixed point, the same from another table, and what the exercise judges by
for epsilon in (0.0, 0.1, 0.3, 1.0):
    q, own = sarsa_table(epsilon), 5 * np.random.default_rng(1).standard_normal((16, 4))
    policy = epsilon_greedy_policy(q, epsilon)
    assert np.allclose(q, oracle.q_from_v(mdp, oracle.policy_evaluation(mdp, policy)))
    for _ in range(500):
        v = (1 - epsilon) * own.max(-1) + epsilon * own.mean(-1)
        own = oracle.q_from_v(mdp, v)
    assert np.allclose(own, q)
    assert np.allclose(q, check.notebook_02.sarsa_table(mdp, epsilon))
    # no policy that explores as much is better anywhere: 300 tried
    for seed in range(300 if epsilon == 0.3 else 0):
        chosen = np.eye(4)[np.random.default_rng(seed).integers(4, size=16)]
        other = oracle.policy_evaluation(mdp, epsilon / 4 + (1 - epsilon) * chosen)
        assert (other <= (policy * q).sum(-1) + 1e-12).all()
assert np.allclose(sarsa_table(0.0), q_star)
for epsilon, distance in ((0.3, "0.20"), (0.1, "0.07"), (0.03, "0.02")):
    assert f"{np.abs(sarsa_table(epsilon) - q_star)[alive].mean():.2f}" == distance
assert sarsa_table(0.2318)[8].argmax() == 3 and sarsa_table(0.2319)[8].argmax() == 1

# %% cell-42
ledger.check("q-learning-learns-q-star", *apart["Q-learning"])
ledger.check("sarsa-learns-its-own-values", *reversed(apart["SARSA"]))

# %% cell-44
assert (q_eps[alive].max(-1) < v_star[alive]).all()
assert q_star[8].argmax() == 3 and q_eps[8].argmax() == 1
assert f"{np.abs(q_eps - q_star)[alive].mean():.2f}" == "0.20"
assert [
    s for s in np.flatnonzero(alive) if q_star[s].argmax() != q_eps[s].argmax()
] == [8]


# both learners lie too low on average, much less so where they begin right
def beginning_with(table):
    """Return a watcher that writes a table over all tables after the first step."""
    left = [table]

    def write(q, *pairs):
        if left:
            q[:] = left.pop()

    return write


for learn, wanted in ((q_learning, q_star), (sarsa, q_eps)):
    low = []
    for watch in (None, beginning_with(wanted)):
        own, many = np.random.default_rng(1), np.full(32, 0.3)
        runs = learn(mdp, q_star, own, 12_000, falling_step, many, watch=watch)
        low.append((runs.q - wanted)[:, alive].mean())
    assert low[0] < -0.04 < low[1] and low[0] < low[1] - 0.03
# the two ways from state 8 end in a hole equally often. The longer one ends later:
# discounting takes more from its falls than from its goals
place = list(np.flatnonzero(alive)).index(8)
ways = {}
for action in (3, 1):
    best = q_eps.argmax(-1)
    best[8] = action
    policy = 0.3 / 4 + 0.7 * np.eye(4)[best]
    p = np.einsum("sa,sat->st", policy, mdp.transition)
    ends = p[alive][:, [5, 7]].sum(-1), p[alive, 3], np.ones(13)
    for share in (1.0, mdp.gamma):
        visits = np.linalg.inv(np.eye(13) - share * p[np.ix_(alive, alive)])[place]
        ways[action, share] = [visits @ end for end in ends]  # falls, goals, steps
assert [round(ways[a, 1][0], 2) for a in (3, 1)] == [0.43, 0.43]
assert [round(ways[a, 1][2]) for a in (3, 1)] == [8, 12]
assert np.allclose(ways[3, mdp.gamma][:2], [0.27, 0.27], atol=0.005)
assert np.allclose(ways[1, mdp.gamma][:2], [0.18, 0.19], atol=0.005)
together = [ways[a, mdp.gamma][1] - ways[a, mdp.gamma][0] for a in (3, 1)]
assert np.allclose(together, [0, 0.01], atol=0.005)
assert abs(ways[3, 1][0] - ways[1, 1][0]) < 0.01
assert ways[1, 1][2] > ways[3, 1][2] + 3
lost = np.subtract(ways[3, mdp.gamma], ways[1, mdp.gamma])
assert lost[0] > lost[1] + 0.01 > 0.05

# %% cell-machines
largest = first[rows, best]
assert (largest > 0).mean() > 0.99
assert abs(largest.mean() - 0.56) < 0.01
assert abs(second[rows, best].mean() + 0.1) < 0.01

# %% cell-49
# the cell in the middle of 5 bins: the pole leans left and right
middle = ((unit * 5).astype(int) == 2).all(-1)
assert 0.3 < (states[middle, 2] > 0).mean() < 0.7
shares = {}
for k in (5, 100):
    cells = (unit * k).astype(int) @ k ** np.arange(4)
    shares[k] = (~np.isin(cells[half:], cells[:half])).mean()
assert shares[5] < 0.05 and shares[100] > 0.5
