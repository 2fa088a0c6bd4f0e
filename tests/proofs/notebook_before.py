import numpy as np

# %% cell-before-index
assert q[1, 0] == 4 and q.max(1).tolist() == [5, 4, 3] and q[2].tolist() == [0, 3]
assert q.max(0).tolist() == [4, 5] and q[np.arange(3), [0, 0, 1]].tolist() == [1, 4, 3]

assert q[q < 2].tolist() == [1, 0]
assert (np.zeros((4, 1)) - np.zeros(4)).shape == (4, 4)

# %% cell-before-die
assert abs(rolls.mean() - 3.5) < 0.02 and abs(rolls[rolls > 3].mean() - 5) < 0.02
assert abs(rolls[rolls <= 3].mean() - 2) < 0.02
np.testing.assert_allclose(0.8 * 1 + 0.2 * 0.5, 0.9)
np.testing.assert_allclose([0.5 * 4 + 0.5 * 3.5, 0.2 * 4 + 0.8 * 3.5], [3.75, 3.6])

# %% cell-before-step
slope = 2 * (2 * 2 - 6) * 2
after = 2 - 0.05 * slope
np.testing.assert_allclose([slope, after, (2 * after - 6) ** 2], [-8, 2.4, 1.44])
np.testing.assert_allclose([1 + 0.1 * 4, (1.4 - 3) ** 2], [1.4, 2.56])

# %% cell-before-solve
np.testing.assert_allclose(v, [4 / 3, 2 / 3])
np.testing.assert_allclose(np.linalg.solve(np.eye(2) - M, [3, 0]), [4, 2])

# %% cell-before-average
np.testing.assert_allclose(P @ v, [9, 5])
other = np.array([[0.2, 0.8], [0, 1]])
np.testing.assert_allclose(other @ [5, 10], [9, 10])
assert (other @ other @ [5, 10]).max() <= 10
