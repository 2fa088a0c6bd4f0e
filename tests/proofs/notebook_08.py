"""What notebook 08 proves to us: claims of the ledger and numbers of its prose."""

from unittest import mock

import numpy as np
import torch

from dqn_tutorial import get_model, make_config, train
from dqn_tutorial.classroom import ledger

# the names of the notebook: see tests/proofs/__init__.py

# %% cell-05
assert max(abs(first - second) for first, second in triples) > 50

# %% cell-07
assert 0.94 <= share < 0.99

# %% cell-12
held, free = [np.median(np.abs(values).max((1, 2))) for values in q.values()]
assert held < 1.1 and free > 100
ledger.check("target-network-holds-still", *arms.values())

# %% cell-16
ledger.check("replay-remembers", *arms.values())

# %% cell-20
ledger.check("double-leaves-the-casino", *arms.values())

# %% cell-25
assert (arms["with one flag"] < 0).all() and (arms["with two flags"] > 0).all()
ledger.check("truncation-bootstraps", *arms.values())

# %% cell-29
ledger.check("exploration-opens-the-lock", *arms.values())

# %% cell-33
ledger.check("n-step-carries-faster", *arms.values())

# %% cell-36
ledger.check("observation-scale-counts", *arms.values())

# %% cell-42
ledger.check("cartpole-exploration", results["no exploration"], whole)
ledger.check("cartpole-n-step", results["one-step returns"], whole)
ledger.check("cartpole-target-network", results["no target network, no average"], whole)
ledger.check("cartpole-truncation", results["one flag for both ends"], whole)
ledger.check("cartpole-replay", results["memory of 512 steps"], whole)
ledger.check("cartpole-double", results["Double DQN added"], whole)
assert dict(zip(names, p, strict=True))["one-step returns"] >= 0.01
again = get_model(make_config("cartpole", seed=SEED, n_seeds=N_SEEDS, **SHORT))
ended = [score for record in train(again) for score in record.episode_returns]
assert 3_000 < len(ended) < 3_200 and max(ended) < 300

# %% cell-49
one = too_large["one network"]
ledger.check("mean-overestimates-less", too_large["mean of four"], one)
ledger.check("max-overestimates-more", too_large["max of four"], one)
ledger.check("min-is-near-the-truth", too_large["min of eight"], np.zeros(N_SEEDS))
off = {how: abs(too_large[f"{how} of four"].mean()) for how in ("mean", "min", "max")}
assert min(off, key=off.get) == "min" and too_large["min of four"].mean() > 0

# %% cell-56
of_all, of_corner = tells.values()
ledger.check("disagreement-is-no-warning", of_all, np.zeros(N_SEEDS))
ledger.check("disagreement-sees-missing-data", of_corner, of_all)
# all members at once: as many matrix products however many members
for n_members in (1, 4, 8):
    small = {"width": 32, "depth": 1, "max_steps": 64, "n_members": n_members}
    agents = get_model(make_config("noisygrideverywhere", **small))
    for _ in train(agents):  # fills the memory
        pass
    with mock.patch.object(torch, "baddbmm", wraps=torch.baddbmm) as product:
        agents.learn()
    assert product.call_count == 4
    assert tuple(agents.critic.online[0].weight.shape) == (n_members, 16, 32)

# %% cell-plan
spread = spreads["memory of 512 steps"]
assert 120 <= spread <= 165 and 35 <= check.seeds_needed.solution(spread, 75) <= 75
assert abs(check.seeds_needed.solution(140, 75) - 50) <= 3
n, experiments = check.seeds_needed.solution(140, 75), np.random.default_rng(1)
means = experiments.normal(75, 140 / n**0.5, 100_000)
assert 0.89 < np.mean(means - 2.58 * 140 / n**0.5 > 0) < 0.92
