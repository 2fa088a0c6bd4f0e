import numpy as np
import torch

from dqn_tutorial.classroom import ledger
from dqn_tutorial.targets import double_td_target, td_target


def transitions(n_actions, generator):
    """500 random transitions with Q-values of two networks."""
    q_online, q_target = torch.randn(2, 500, n_actions, generator=generator)
    reward = torch.randn(500, generator=generator)
    terminated = torch.rand(500, generator=generator) < 0.3
    return reward, q_online, q_target, terminated


# %% cell-03
assert largest.mean() > 1.0 and abs(guesses.mean()) < 0.01

# %% cell-05
truth = q_true[x.argmax(1)]
assert abs(value.mean() - truth.mean()) < 0.02
assert truth.mean() <= q_true.max() and value.mean() < x.max(1).mean() - 0.2

# %% cell-07
assert np.all(np.diff(one_set) > 0) and np.abs(two_sets).max() < 0.05

# %% cell-12
reward, q_online, q_target, terminated = transitions(
    4, torch.Generator().manual_seed(SEED)
)
y = double_td_target(reward, q_online, q_target, terminated, 0.9)
for b in range(len(y)):
    action = max(range(4), key=lambda a: q_online[b][a])
    wanted = reward[b] + 0.9 * (not terminated[b]) * q_target[b][action]
    torch.testing.assert_close(y[b], wanted)
assert (y <= td_target(reward, q_target, terminated, 0.9)).all()
same = double_td_target(reward, q_target, q_target, terminated, 0.9)
torch.testing.assert_close(same, td_target(reward, q_target, terminated, 0.9))
mine = double_target(reward, q_online, q_target, terminated, 0.9)
torch.testing.assert_close(mine, y)

# %% cell-17
assert len(code) <= 17

# %% cell-19
# where online and target network differ, yours equals the built-in one, not DQN's
fresh = [get_model(config) for config in configs]
for agent in fresh:
    noise = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for weight in agent.critic.online.parameters():
            weight += 0.3 * torch.randn(weight.shape, generator=noise)
chance = torch.Generator().manual_seed(SEED)
reward, _, _, terminated = transitions(4, chance)
next_state = torch.randn(500, 16, generator=chance)
of_mine, of_theirs, of_plain = (
    agent.critic.get_bellman_target(reward, next_state, terminated) for agent in fresh
)
torch.testing.assert_close(of_mine, of_theirs)
assert (of_mine < of_plain).any() and not of_mine.requires_grad

# %% cell-24
np.testing.assert_allclose(tables[0], tables[1], atol=1e-5)
assert np.abs(tables[0] - tables[2]).max() > 1e-3

# %% cell-26
assert finished.returncode == 0, finished.stderr

# %% cell-28
assert refused.returncode == 2

# %% cell-32
assert (~mdp.terminal).sum() == 13
ledger.check("double-cures-overestimation", noisy["dqn"], noisy["mydouble"])

# %% cell-35
ledger.check("noise-feeds-the-maximum", noisy["dqn"], quiet["dqn"])
ledger.check("double-errs-downwards-without-noise", quiet["dqn"], quiet["mydouble"])

# %% cell-40
chance = torch.Generator().manual_seed(SEED)
q, q_copy = torch.randn(2, 500, 10, generator=chance)
zero, never = torch.zeros(500), torch.zeros(500, dtype=torch.bool)
largest, double = targets_of_left(q.numpy(), q_copy.numpy())
np.testing.assert_allclose(largest, td_target(zero, q_copy, never, 1.0))
np.testing.assert_allclose(double, double_td_target(zero, q, q_copy, never, 1.0))

# %% cell-44
ledger.check("double-goes-left-less", last["max"], last["double"])
