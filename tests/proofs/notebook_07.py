import numpy as np

from dqn_tutorial.classroom import ledger
from dqn_tutorial.classroom.check.notebook_07 import CURVES
from dqn_tutorial.classroom.pictures import curves as drawn

# %% cell-22
assert (default["env.reward_scale"], default["env.observation_scale"]) == (1.0, ())
assert (default["training.n_step"], default["training.learning_rate"]) == (1, 1e-3)
assert default["model.critic.exploration_rate"] == 0.05
assert default["training.update_ratio"] == 0.25  # an update for every four steps
assert default["training.max_steps"] == 10 * SIZE["max_steps"]

# %% cell-plain
assert (plain < 475).all()
assert np.allclose((low, high), (0, 2.576**2 / (32 + 2.576**2)), atol=1e-9)

# %% cell-21
told = [name for names in LADDER.values() for name in names]
assert [preset[name] for name in told] == [
    0.03,
    (1.5, 0.5, 10.0, 1.0),
    10,
    0.5,
    0.01,
]
changed = {name for name in preset if preset[name] != PLAIN[name]} - {*told}
rest = {"n_envs": 32, "update_ratio": 1 / 32, "batch_size": 128, "depth": 2}
rest |= {"act": "silu", "gamma": 0.995, "tau": 0.03, "greedy_network": "target"}
rest |= {"loss": "HuberLoss", "max_grad_norm": float("inf")}
rest |= {"exploration_fraction": 0.1, "learning_rate_end": 0, "learning_starts": 250}
assert {name.split(".")[-1]: preset[name] for name in changed} == rest

# %% cell-23
rungs = list(results.values())  # from the bottom of the ladder to its top
assert len(rungs) == 6
ledger.check("the-preset-is-worth-it", rungs[5], rungs[0])
ledger.check("the-two-scales-add-up", rungs[1], rungs[0])
ledger.check("ten-steps-are-a-high-rung", rungs[2], rungs[1])
ledger.check("more-exploration-is-a-rung", rungs[3], rungs[2])
ledger.check("a-larger-step-shows-nothing", rungs[4], rungs[3])
ledger.check("the-last-rung-is-level", rungs[5], rungs[4])

# %% cell-05
reached = next(step for step, _, scores in looks if scores.mean() >= 475)
assert np.mean([score for step, score in episodes if step <= reached]) < 240
assert 150 < np.mean([score for _, score in episodes[-20:]]) < 250
behaviour = [score for _, score in episodes]
assert np.mean(behaviour[-50:]) < 475 and looks[-1][2].mean() >= 475
assert config.training.gamma == 0.995 and config.model.critic.exploration_rate == 0.5
assert 1_450 < agent.n_updates < 1_650

# %% cell-mean-figure
mine = recent_mean(ends, scores, 2_000)
assert np.allclose(mine, drawn.recent_mean(ends, scores, 2_000))
assert 42_000 < ends[mine.argmax()] < ends[running_mean(scores).argmax()] < 46_000

# %% cell-loss-figure
early, late = loss[at < 10_000], loss[at > 40_000]
assert late.mean() > 3 * early.mean()
assert looks[-1][2].mean() > looks[0][2].mean()

# %% cell-expected
for _, value, scores in looks:
    length = np.where(scores == 500, np.inf, scores)
    realised = (1 - 0.995**length) / (1 - 0.995)
    assert value < realised.mean()
    np.testing.assert_allclose(realised[scores == 500], 200)
assert looks[-1][1] > 3 * looks[0][1]
assert round((1 - 0.995**500) / (1 - 0.995)) == 184

# %% cell-19
pushed = q_values.argmax(-1)
assert pushed[angles < -0.1].max() == 0 and pushed[angles > 0.1].min() == 1
gap = np.abs(q_values[:, 0] - q_values[:, 1])
assert gap[40] < 0.1 * q_values[40].min()

# %% cell-14
assert scores.mean() >= 475

# %% cell-16
assert len(states) == 400 and abs(states[:, 0]).max() < 0.5

# %% cell-08
t = lab.worker.config.training
assert (t.n_envs, t.update_ratio, t.learning_rate, t.n_step) == (1, 1 / 8, 1e-3, 10)
assert lab.worker.config.model.critic.exploration_rate == 0.1
assert lab.worker.speed == 500
assert round(sum(0.8**k for k in range(10)), 1) == 4.5
assert round(sum(0.8**k for k in range(10)) + 0.8**10 * 140, 1) == 19.5


# %% cell-10
def mean_between(points, first, last):
    return np.mean([value for step, value in points if first < step <= last])


assert mean_between(training_scores, 3_000, 6_000) > 100
assert mean_between(training_scores, 6_500, 9_000) < 40
assert mean_between(training_scores, 10_000, 12_000) > 100
assert mean_between(greedy_scores, 6_500, 9_000) > 150

# %% cell-six
letters = "".join("ABCDEF"[list(panels).index(number)] for number in range(6))
assert letters == CURVES
ends = {}
for letter, (behaviour, greedy, mean_q) in zip("ABCDEF", runs, strict=True):
    steps, scores = map(np.array, zip(*behaviour, strict=True))
    q = np.array([value for _, value in mean_q])
    ends[letter] = scores[steps > 7_000].mean(), greedy[-1][1], q[-1]
    assert np.isnan(q).any() and (letter == "A") == bool(np.isnan(q[150]))
assert all(value > 3 * ends["D"][0] for value in (ends["C"][0], ends["E"][0]))
assert ends["B"][0] < 40 and ends["B"][1] > 200 > 2 * ends["D"][1] > 0
assert ends["E"][2] < 5 < 8 < ends["F"][2] < 14 and ends["F"][1] < 30
assert ends["F"][0] > 50 and min(ends["C"][1], ends["E"][1]) > 250
assert ends["C"][2] > 2 * ends["B"][2]
