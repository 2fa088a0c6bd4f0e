"""What the cells of 05_critic prove to us. Each part runs after the cell it names."""

import copy

import numpy as np
import torch

from dqn_tutorial import DQNCritic, DQNNet, make_config
from dqn_tutorial.classroom import ledger
from dqn_tutorial.classroom.live.tabular_labs import learn_star
from dqn_tutorial.targets import double_td_target, td_target

same = torch.testing.assert_close
near = np.testing.assert_allclose
fresh = torch.Generator().manual_seed(55)

# %% cell-05
same(y, td_target(reward, next_q, terminated, 0.9))
same(y, critic.get_bellman_target(reward, next_state, terminated))
rows = zip(reward, next_q, terminated, strict=True)
same(y, torch.stack([r if end else r + 0.9 * max(q) for r, q, end in rows]))
assert torch.equal(y[terminated], reward[terminated])
assert terminated[:5].any() and not terminated[:5].all()

# %% cell-08
working = [value_of_work(share) for share in data.values()]
near(working, [10, 1 / (0.1 + 0.9 / 1_023), 7, 6.67], rtol=1e-4)
assert value_of_work(1 / 21 + 0.001) < 7 < value_of_work(1 / 21 - 0.001)
ages = 0.5 ** np.arange(1, 11)  # chances to work for the k-th time, with a coin
near(ages[-1] / ages.sum(), 1 / 1_023)

# %% cell-46
error = torch.linspace(-3, 3, 121, requires_grad=True)
by_hand = torch.where(error.abs() <= 1, 0.5 * error.square(), error.abs() - 0.5)
same(by_hand, torch.nn.HuberLoss(reduction="none")(error, torch.zeros(121)))
(slope,) = torch.autograd.grad(by_hand.sum(), error)
same(slope, error.detach().clamp(-1, 1))
(slope,) = torch.autograd.grad(error.square().sum(), error)
same(slope, 2 * error.detach())

# %% cell-settle
near(q.item(), 1 / 9, atol=1e-4)
near(y.mean().item(), 1)

# %% cell-huber-table
best = q_star >= q_star.max(-1, keepdims=True) - 1e-9
for scale, far, wrong in ((0.1, 0, 0), (1, 0.13, 0), (10, 0.57, 3)):
    values = huber_values(scale)
    near(np.abs(values - q_star)[goes_on].max(), far, atol=0.005)
    chosen = np.take_along_axis(best, values.argmax(-1)[:, None], -1)[goes_on]
    assert (~chosen).sum() == wrong
    targets = scale * mdp.reward + 0.9 * goes_on * scale * values.max(-1)
    pull = (targets - scale * values[..., None]).clip(-1, 1)
    near((mdp.transition * pull).sum(-1)[goes_on], 0, atol=1e-8)  # nothing moves

# %% cell-52
settings = {"width": 16, "depth": 1, "max_grad_norm": 0.1, "learning_rate": 0.01}
clipped = make_config("slipperygrid", loss="HuberLoss", **settings)
one = DQNCritic(clipped, dim_state=4, dim_act=3)
goal = one.get_bellman_target(reward, next_state, terminated)


def plain_copy(stacked):
    """The only network of a stack as a plain DQNNet: [..., I, O] back to [O, I]."""
    plain = DQNNet(4, 3, depth=1, width=16, generator=fresh)
    with torch.no_grad():
        for own, other in zip(plain.parameters(), stacked.parameters(), strict=True):
            own.copy_(other.mT.reshape(own.shape))
    return plain


plain = plain_copy(one.online)
same(plain(state), one.Q(state))
adam = torch.optim.Adam(plain.parameters(), lr=0.01)
loss = torch.nn.HuberLoss()(plain(state)[torch.arange(B), action], goal)
loss.backward()
length = torch.nn.utils.clip_grad_norm_(plain.parameters(), 0.1)
adam.step()
assert length > 0.1  # so that the limit was at work
learner = copy.deepcopy(one)
same(learner.update(state, action, goal).loss, loss.detach())
pairs = plain_copy(learner.online).parameters(), plain.parameters()
same(*map(list, pairs), atol=1e-5, rtol=1e-4)
pairs = zip(one.target.parameters(), learner.target.parameters(), strict=True)
assert all(torch.equal(a, b) for a, b in pairs)
assert moved == 0 and make_config("slipperygrid").model.loss == "MSELoss"
own = DQNCritic(config, dim_state=4, dim_act=3)  # the first weights again
mine = critic_loss(own.Q, own.Q_t, *batch, 0.9)
same(mine.detach(), own.update(state, action, y).loss)

# %% cell-12
net = DQNNet(4, 3, depth=1, width=16, generator=fresh)
q_value, next_v = net(torch.ones(4))[1], net(-torch.ones(4)).max()


def gradient(scalar):
    return torch.autograd.grad(scalar, list(net.parameters()), retain_graph=True)


semi = gradient((0.3 + 0.9 * next_v.detach() - q_value).square())
full = gradient((0.3 + 0.9 * next_v - q_value).square())
delta = (0.3 + 0.9 * next_v - q_value).detach()
grads = list(zip(gradient(q_value), gradient(next_v), strict=True))
same(semi, tuple(-2 * delta * g for g, _ in grads))
same(full, tuple(-2 * delta * (g - 0.9 * n) for g, n in grads))

# %% cell-two-states-run
for factor in (0.4, 0.5, 0.6, 0.99):
    near(power_of_ten(factor, 1), 2_000 * np.log10(1 + 0.1 * (2 * factor - 1)))
    near(power_of_ten(factor, 100), 20 * np.log10(2 * factor), atol=1e-3)

# %% cell-16
near(X @ w, [2 * w[i] + w[7] for i in range(6)] + [w[6] + 2 * w[7]])
assert np.linalg.matrix_rank(X) == 7  # eight weights can fit any seven numbers
assert X[6, 7] == 2  # a larger w_8 raises v(7) by twice as much

# %% cell-18
one_w = torch.linspace(-1, 1, 8, dtype=torch.float64, requires_grad=True)
features = torch.as_tensor(X)
delta = GAMMA * (features[6] @ one_w).detach() - features[2] @ one_w
(slope,) = torch.autograd.grad(0.5 * delta.square(), one_w)
same(-slope, delta.detach() * features[2])
powers = np.log10(sizes)  # [moments, C, seeds]
ledger.check("moving-targets-explode", powers[-1, 0], powers[0, 0])
ledger.check("short-copies-only-slow", powers[-1, 1], powers[-1, 0])
ledger.check("held-targets-settle", powers[-1, 2], powers[0, 2])
ledger.check("rare-copies-are-slow", powers[-1, 3], powers[-1, 2])
median = np.median(sizes[-1], axis=-1)
assert 0.3 < median[2] < 2 and 9 < median[3] < 12  # about 1, about 10

for every, factor in ((100, 0.98), (1_000, 0.99)):  # by which a copy shrinks the values
    one = np.eye(8) - ALPHA / 7 * X.T @ X  # of the mean update
    pull, copied = ALPHA / 7 * GAMMA * np.outer(X.sum(0), X[6]), np.eye(8)
    for _ in range(every):
        copied = one @ copied + pull
    # one direction of eight changes no value
    near(np.sort(np.abs(np.linalg.eigvals(copied)))[-2], factor, atol=0.001)

# %% cell-25
start = X @ [1.0, 1, 1, 1, 1, 1, 10, 1]
near(start, [3] * 6 + [12])
ends = {name: last_values(*case) for name, case in cases.items()}
assert np.abs(ends["all three"]).max() > 1e6
near(ends["on-policy"][6], 12 * (1 - 5 * ALPHA * (1 - GAMMA)) ** STEPS, atol=1e-6)
near(ends["on-policy"][:6], -1.8, atol=0.01)
assert (X[6] ** 2).sum() == 5
near(ends["no bootstrap"], 0, atol=0.01)
assert (np.abs(ends["a table"]) < 12).all()
near(ends["a table"][6], 12 * (1 - ALPHA * (1 - GAMMA) / 7) ** STEPS)
near(ends["a table"][6], 9.0, atol=0.05)
slow = last_values(np.eye(7), 50 * even, GAMMA)  # as after 50 times as many updates
near(slow, 0, atol=0.01)

# %% cell-27
critic = DQNCritic(make_config("slipperygrid", width=16, depth=1), 4, 3)
states = torch.randn(9, 4, generator=fresh)


def perturb(network):
    with torch.no_grad():
        for weight in network.parameters():
            weight += torch.randn(weight.shape, generator=fresh)


for network, moves, stays in (
    (critic.online, critic.Q, critic.Q_t),
    (critic.target, critic.Q_t, critic.Q),
):
    before, held = moves(states).detach(), stays(states).detach()
    perturb(network)
    assert torch.equal(stays(states).detach(), held)
    assert not torch.equal(moves(states).detach(), before)

# %% cell-32
critic = DQNCritic(make_config("slipperygrid", width=16, depth=1), 4, 3)
for tau in (0.0, 0.005, 1.0):
    with torch.no_grad():
        for weight in critic.online.parameters():
            weight += torch.randn(weight.shape, generator=fresh)
    pairs = zip(critic.target.parameters(), critic.online.parameters(), strict=True)
    expected = [(1 - tau) * old.detach() + tau * new.detach() for old, new in pairs]
    critic.tau = tau
    critic.update_target()
    same([w.detach() for w in critic.target.parameters()], expected)
states = torch.randn(9, 4, generator=fresh)
assert torch.equal(critic.Q(states).detach(), critic.Q_t(states))  # after tau = 1

# %% cell-34
near(lag[0, C : 9 * C].mean(), (C - 1) / 2, rtol=1e-3)
near(lag[1, -1], (1 - TAU) / TAU, rtol=1e-3)

# %% cell-39
assert 19 <= (held > at_once).sum() <= 24  # of 32
ledger.check("target-network-hardly-matters-here", at_once, held)
low, high = ledger.claims()["target-network-hardly-matters-here"].difference[1:]
assert low < high < 0  # the interval leaves out 0

# %% cell-43
# log10 of the largest values with which the lab's curve ends, of 16 seeds
slow, right, fast = (
    np.log10(learn_star(lambda share: None, tau, seed=SEED)[1][0][:, -1])
    for tau in (0.0003, 0.01, 0.03)
)
ledger.check("small-tau-comes-down", right, slow)
ledger.check("large-tau-diverges", fast, right)

# %% cell-double-batch
alike = q.argmax(-1) == q_t.argmax(-1)
assert (double <= plain).all() and alike.any() and not alike.all()
assert torch.equal((double == plain), alike)
rows = torch.tensor([[1.0, 2.0, 0.5]]), torch.tensor([[1.5, 0.8, 2.0]])
ends = torch.zeros(1), torch.zeros(1, dtype=torch.bool)
assert td_target(ends[0], rows[1], ends[1], 1.0).item() == 2.0
near(double_td_target(ends[0], *rows, ends[1], 1.0).item(), 0.8)
