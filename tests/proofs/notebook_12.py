"""What notebook 12 proves to us: a claim of the ledger and what its prose rounds."""

from dqn_tutorial.classroom import ledger

# the names of the notebook: see tests/proofs/__init__.py

# %% cell-09
assert round((best - at_random) / 10, 1) == 0.4

# %% cell-13
ledger.check("parking-n-step", *arms.values())
assert (d == 0).mean() > 0.6 and SMALLEST == 0.4
assert all(abs(of_seeds.mean() - best) < 0.2 for of_seeds in arms.values())
