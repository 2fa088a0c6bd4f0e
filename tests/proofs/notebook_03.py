"""What notebook 03 proves to us: PyTorch against formulas, networks against tables, and
the claims.
"""

import copy

import numpy as np
import torch

from dqn_tutorial import DQNNet
from dqn_tutorial.classroom import ledger
from dqn_tutorial.classroom.live.training_labs import fit_networks
from dqn_tutorial.nets import stack
from dqn_tutorial.targets import gather

# %% cell-07
assert result.values.tolist() == [max(row) for row in q_values.tolist()]
assert q_values.max(0).values.shape != result.values.shape

# %% cell-12
torch.testing.assert_close(wrong.diagonal(), right)
assert right.square().mean() == 0 and wrong.square().mean() > 1

# %% cell-17
expected = [q_values[i, a].item() for i, a in enumerate(action)]
assert taken_q(q_values, action).tolist() == expected
assert gather(q_values, action).tolist() == expected
assert q_values[:, action].shape == (3, 3)

# %% cell-26
assert w.grad == 2 * -8.0

# %% cell-30
delta = 1 + 0.9 * 2 - 1
np.testing.assert_allclose(gradient(True), -2 * delta * 1, rtol=1e-6)
np.testing.assert_allclose(gradient(False), -2 * delta * (1 - 0.9 * 2), rtol=1e-6)

# %% cell-34
assert abs(0.5 - 0.1 * -8.0 - 1.3) < 1e-9 and abs(w.item() - 1.5) < 0.01

# %% cell-38
draw = torch.Generator().manual_seed(0)
table = torch.randn(16, 4, generator=draw)
moved = sgd_step(table.T.clone(), cell_4, down, torch.tensor([1.0]), 0.05)
table[4, 1] += 2 * 0.05 * (1.0 - table[4, 1])
torch.testing.assert_close(moved.T, table)

# %% cell-45
(w1, b1), (w2, b2), (w3, b3) = [
    (layer.weight, layer.bias) for layer in net if isinstance(layer, torch.nn.Linear)
]
state = torch.randn(256, 4, generator=torch.Generator().manual_seed(0))
h1 = (state @ w1.T + b1).clamp(min=0)
h2 = (h1 @ w2.T + b2).clamp(min=0)
torch.testing.assert_close(h2 @ w3.T + b3, net(state))
unbent = ((state @ w1.T + b1) @ w2.T + b2) @ w3.T + b3
one_map = state @ (w3 @ w2 @ w1).T + w3 @ (w2 @ b1 + b2) + b3
torch.testing.assert_close(unbent, one_map, rtol=1e-4, atol=1e-4)
passes = []
hook = net.register_forward_hook(lambda *_: passes.append(1))
net(state).argmax(-1)
hook.remove()
assert len(passes) == 1

# %% cell-57
angle = seen.numpy()[:, 2]
np.testing.assert_allclose(value, np.exp(-((angle / 0.1) ** 2)), rtol=1e-4)
K = 32


def share_unexplained(scale, updates=150):
    """Fit K networks; return the mean squared error as a share of f's variance, [K]."""
    x = seen * torch.tensor(scale)
    seeds = [torch.Generator().manual_seed(SEED + k) for k in range(K)]
    nets = stack([DQNNet(4, 1, depth=2, width=64, generator=g) for g in seeds])
    optimizer = torch.optim.Adam(nets.parameters(), lr=2e-3)
    chance = torch.Generator().manual_seed(SEED)
    for rows in torch.randint(len(x), (updates, 64), generator=chance):
        optimizer.zero_grad()
        error = nets(x[rows].expand(K, -1, -1))[..., 0] - value[rows]  # [K, 64]
        error.square().mean(-1).sum().backward()
        optimizer.step()
    with torch.no_grad():
        error = nets(x.expand(K, -1, -1))[..., 0] - value
        return (error.square().mean(-1) / value.var()).numpy()


raw = share_unexplained([1.0, 1.0, 1.0, 1.0])
scaled = share_unexplained([1.0, 0.5, 10.0, 1.0])
ledger.check("scaled-observations-fit-sooner", raw, scaled)

# %% cell-60
linear, of_raw, of_scaled = ((f - value).square().mean() for f in fits.values())
assert linear > 2 * of_raw > 4 * of_scaled and 0.8 < linear / value.var() < 1.1

# %% cell-87


def left_at_the_end(width, factor):
    """Return the shares of the variance [16] with which the lab's curve ends."""
    _, (left,) = fit_networks(lambda share: None, width, factor, seed=SEED)
    return left[:, -1]


ledger.check("scale-beats-width", left_at_the_end(16, 10.0), left_at_the_end(128, 1.0))
large, middle = left_at_the_end(32, 100.0), left_at_the_end(32, 10.0)
ledger.check("too-large-a-scale-hurts", large, middle)

# %% cell-update
fresh, facts = copy.deepcopy(net), (torch.tensor([1]), torch.zeros(1))
q_values, next_q = fresh(one_hot[[4]]), fresh(one_hot[[8]])
delta = network_error(q_values, *facts, next_q, torch.tensor([False]), GAMMA)
left = torch.autograd.grad(delta.square().sum(), fresh.parameters())
of_q = torch.autograd.grad(fresh(one_hot[4])[1], fresh.parameters())
for one, other in zip(left, of_q, strict=True):
    torch.testing.assert_close(one, -2 * delta.detach() * other)
# the numbers that the text puts in
assert abs(next_q.max() - 0.16) < 0.005 and abs(q_values[0, 1] - 0.02) < 0.005

# %% cell-80
down = (moved / moved[4, 1])[~mdp.terminal, 1]
assert down.min() > 0.8 and (moved / moved[4, 1])[:, [0, 2, 3]].max() < 0.2
assert 0.85 < share < 0.95 and (~mdp.terminal).sum() * 4 == 52

# %% cell-53
assert (np.array(fitted)[150:] < 0.05).all()
first = q_tables(make_nets())[0]
single = DQNNet(16, 4, depth=2, width=32, generator=torch.Generator().manual_seed(SEED))
np.testing.assert_allclose(first, single(one_hot).detach().numpy(), atol=1e-6)
bar = np.full(K, np.log10(0.05))
ledger.check("regression-finds-q-star", np.log10(fitted[-1]), bar)

# %% cell-67
cells = np.flatnonzero(~mdp.terminal)
before, trained = q_tables(nets), copy.deepcopy(nets)
column = np.ones(K, int)
# cell 4, down, reward 1, cell 8
one = as_tensors(4 * column, column, column, 8 * column, column == 0)
naive_step(trained, torch.optim.SGD(trained.parameters(), lr=0.01), *one)
change = np.abs(q_tables(trained) - before)[:, cells]  # [K, 13, A]
entry = list(cells).index(4)
elsewhere = 1 - change[:, entry, 1] / change.sum((1, 2))
others = np.delete(change.reshape(K, -1), 4 * entry + 1, axis=1)
np.testing.assert_allclose(elsewhere, others.sum(-1) / change.sum((1, 2)), rtol=1e-4)
ledger.check("one-update-changes-other-states", elsewhere, np.zeros(K))

ratios = []
for s, s2 in ((4, 8), (8, 9), (9, 10), (10, 11), (12, 13), (13, 14)):
    greedy = q_tables(trained)[:, s].argmax(-1)
    one = as_tensors(s * column, greedy, column, s2 * column, column == 0)
    before = q_tables(trained)
    naive_step(trained, torch.optim.SGD(trained.parameters(), lr=0.01), *one)
    after = q_tables(trained)
    moved_y = GAMMA * (after[:, s2].max(-1) - before[:, s2].max(-1))
    ratios.append(moved_y / (after - before)[np.arange(K), s, greedy])
ledger.check("target-follows-its-prediction", np.mean(ratios, axis=0), np.zeros(K))

# %% cell-69
np.testing.assert_allclose(share_of_best(q_star), 1)
noise = np.random.default_rng(0).normal(size=q_star.shape)
assert share_of_best(q_star + 0.001 * noise) > 0.99
ledger.check("table-beats-naive-network", shares["table"][-1], shares["network"][-1])

# %% cell-78
np.testing.assert_allclose(results["naive"], shares["network"][-1])
told, naive, chance = "told q*", "naive", "told the next value"
ledger.check("told-network-scores-high", results[told], results[naive])
ledger.check("own-targets-hold-the-network-back", distances[chance], distances[naive])
ledger.check("chance-holds-the-network-back", distances[told], distances[chance])
ledger.check("shuffling-does-not-close-the-gap", results[told], results["shuffled"])
# five cells in which the best two actions are almost equal, and what this does
by_rank = np.sort(q_star[~mdp.terminal], axis=-1)
assert (by_rank[:, -1] - by_rank[:, -2] < 0.03).sum() == 5
near = np.random.default_rng(0).normal(scale=0.02, size=(100, *q_star.shape))
assert 0.85 < np.mean([share_of_best(q_star + noise) for noise in near]) < 0.95
# the table in the text: share of the best value, and distance
for name, in_text in {
    "table": (0.90, 0.22),
    "told q*": (0.91, 0.02),
    "told the next value": (0.60, 0.12),
    "shuffled": (0.43, 0.18),
    "naive": (0.42, 0.18),
}.items():
    assert abs(results[name].mean() - in_text[0]) < 0.1, name
    assert abs(distances[name].mean() - in_text[1]) < 0.02, name
assert distances["table"].mean() == max(map(np.mean, distances.values()))
