import numpy as np

# %% cell-03
assert len(states) < 125

# %% cell-07
assert scores.mean() >= 475

# %% cell-09
assert len(states) > 400 and np.abs(states[:400, 2]).max() < np.radians(12)
