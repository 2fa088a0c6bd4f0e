import copy

import numpy as np
import torch

from dqn_tutorial.classroom import check, ledger
from dqn_tutorial.classroom.live.tabular_labs import learn_circle
from dqn_tutorial.stats import bootstrap_interval

# %% cell-05
low_in_a_row, _ = bootstrap_interval(in_a_row, level=0.99)
low_at_random, _ = bootstrap_interval(at_random, level=0.99)
assert (low_in_a_row[:19] > 0).all() and low_in_a_row[19:24].min() <= 0
assert low_at_random[1] <= 0
np.testing.assert_allclose(in_a_row.mean(0)[0], 1)
products = [z[t] * z[t + 1] for z in angle for t in range(399)]
by_hand = np.mean(products) / np.mean(angle**2)
np.testing.assert_allclose(in_a_row.mean(0)[1], by_hand)
assert in_a_row.mean(0)[8] > 0.1 > abs(in_a_row.mean(0)[20])

# %% cell-06
assert bootstrap_interval(in_a_row[:, 1], 0.99)[0] > 0.8
assert np.abs(bootstrap_interval(at_random[:, 1], 0.99)).max() < 0.05

# %% cell-10
np.testing.assert_allclose(left, right, rtol=0.15)
assert 2.6 < B / price < 3.4

# %% cell-17
content = [int(row[0]) for row in rows]
assert content == [8, 9, 10, 3, 4, 5, 6, 7] and (next_row, size) == (3, 8)
assert all(content[t % 8] == t for t in range(max(0, 11 - 8), 11))

# %% cell-36
assert len({id(array) for array in kept}) == 1 and [int(a[0]) for a in kept] == [3] * 3
assert [int(row[0]) for row in rows] == [1, 2, 3]

# %% cell-25
assert terminated[end] and not truncated[end] and truncated.any()
assert abs(np.degrees(state[end + 1, 2])) > 12 > 3 > abs(np.degrees(state[end + 2, 2]))
assert reward[end] == 1 and reward[end + 1] == 0

# %% cell-package
is_transition = check.is_transition.function(terminated, truncated)
assert not is_transition[end + 1] and is_transition[end]
last = np.arange(172, 300)
assert terminated[last].any() and truncated[last].any()
assert len(memory) == is_transition[last].sum() == 128 - is_reset[-128:].sum() < 128


def table(columns):
    return np.column_stack([np.asarray(column, float) for column in columns])


columns = (state[:-1], action, reward, state[1:], terminated, truncated)
ours = table([column[last][is_transition[last]] for column in columns])
again = copy.deepcopy(memory)  # its chance is the notebook's
n_batches, batches = again.get_steps_and_iterator(1, 0, batch_size=16)
parts = [table(batch[:6]) for batch in batches]
theirs = np.concatenate(parts)
# rows sorted, doubles dropped: none is missing, foreign or given twice
np.testing.assert_allclose(np.unique(theirs, axis=0), np.unique(ours, axis=0))
assert len(theirs) == len(ours) == len(np.unique(ours, axis=0))
assert n_batches == len(parts)
_, batches = again.get_steps_and_iterator(n_epochs=0, max_iter=200, batch_size=500)
drawn = np.concatenate([table(batch[:6]) for batch in batches])
kinds, counts = np.unique(drawn, axis=0, return_counts=True)
np.testing.assert_allclose(kinds, np.unique(ours, axis=0))
assert 0.75 < (counts / counts.mean()).min() and (counts / counts.mean()).max() < 1.25

# %% cell-29
assert len(np.unique(drawn)) == len(memory) and not in_ring[drawn].any()
assert in_ring.sum() == is_reset[172:].sum() > 0

# %% cell-33
assert bool((batch.discount == np.float32(memory.gamma)).all())

# %% cell-20
assert n == 3

# %% cell-38
right = action == quadrant(s)
np.testing.assert_allclose([reward[right].mean(), reward[~right].mean()], [1, 0])
assert quadrant(np.array([0.1, 1.6, 3.2, 4.8])).tolist() == [0, 1, 2, 3]

# %% cell-43
by_hand = np.random.default_rng(SEED).normal(size=(9, 4))
weights = torch.tensor(by_hand, requires_grad=True)
of_batch, a = features(s[0, :32]).astype(float), action[0, :32]
r = reward[0, :32].astype(float)
q_value = (torch.as_tensor(of_batch) @ weights)[np.arange(32), a]
loss = 0.5 * (torch.as_tensor(r) - q_value).square().mean()
(gradient,) = torch.autograd.grad(loss, weights)
sgd_step(by_hand, of_batch, a, r, step_size=0.3)
np.testing.assert_allclose(by_hand, weights.detach().numpy() - 0.3 * gradient.numpy())

# %% cell-44
assert n_updates == STEPS - 31

# %% cell-46
ledger.check("replay-keeps-the-circle", accuracy["memory"][1], accuracy["newest"][1])
best = accuracy["newest"].max(0)
ledger.check("replay-beats-any-step-size", accuracy["memory"][0], best)
q_star = quadrant(places)[..., None] == np.arange(4)
rest, seen_last = {}, {}  # each [N_SEEDS]
for name, q in final_q.items():
    error = ((q[1] - q_star) ** 2).mean(-1)  # step size 0.3, [N_SEEDS, 400]
    rest[name], seen_last[name] = error[:, 20:].mean(-1), error[:, :20].mean(-1)
ledger.check("forgotten-is-what-lies-behind", rest["newest"], rest["memory"])
ledger.check("just-seen-is-known", seen_last["newest"], seen_last["memory"])


# %% cell-circle-errors
assert truth.sum(-1).min() == truth.sum(-1).max() == 1
assert 360 * 20 / 400 == 18 and (np.diff(places) < 0).all()  # the newest first


# %% cell-55
def at_the_end(batch_size, memory):
    """Return the accuracies [16] with which the lab's curve ends."""
    _, (accuracies,) = learn_circle(lambda share: None, batch_size, memory, seed=SEED)
    return accuracies[:, -1]


alike, long = at_the_end(32, 32), at_the_end(32, 2_000)
ledger.check("larger-batch-does-not-help", at_the_end(128, 32), alike)
ledger.check("longer-memory-helps", long, alike)
ledger.check("larger-batch-averages", long, at_the_end(4, 2_000))
