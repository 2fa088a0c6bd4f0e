import numpy as np

# %% cell-03
assert len(states) < 125
# the cart leaves the track on the right; the pole leans by less than 12 degrees
assert states[-1, 0] > 2.4 and np.abs(states[:, 2]).max() < np.radians(12)

# %% cell-07
assert scores.mean() >= 475

# %% cell-09
assert len(states) > 400 and np.abs(states[:400, 2]).max() < np.radians(12)
