"""What notebook 11 proves to us: claims of the ledger and numbers of its prose."""

import numpy as np
import torch

from dqn_tutorial import get_model, make_config, train
from dqn_tutorial.classroom import ledger
from dqn_tutorial.classroom.check import bakery

# the names of the notebook: see tests/proofs/__init__.py

# %% mdp
right = bakery.bakery_mdp()
p, r, closed = table_of(profit)
np.testing.assert_allclose(p, right.transition)
np.testing.assert_allclose(r, right.reward)
np.testing.assert_allclose(CHANCE, bakery.CHANCES)

# %% best
assert f"{best:.2f}" == "5.68" == f"{bakery.best_earnings():.2f}"
half = np.full((len(DAYS), 2), 0.5)
assert f"{money.start @ policy_evaluation(money, half):.2f}" == "-0.60"
# days played by the class bring what the table says
env, rng = bakery.Bakery(), np.random.default_rng(1)
policy, number = q_star.argmax(-1), {tuple(day): i for i, day in enumerate(DAYS)}
days = []
for k in range(2_000):
    env.reset(seed=k if k == 0 else None)
    rewards, over = [], False
    while not over:
        _, reward, over, _, _ = env.step(policy[number[tuple(env.day)]])
        rewards.append(reward)
    days.append(sum(rewards))
assert abs(np.mean(days) - best) < 4 * np.std(days) / len(days) ** 0.5

# %% train
ledger.check("bakery-is-nearly-solved", learned, np.full(16, best))

# %% evaluate
assert (
    abs(played.mean() - learned.mean()) < 1 and abs(q[:, 0].max(-1).mean() - best) < 1
)

# %% watch-map
assert bakes(q_star)[0].max() == 7 and set(bakes(q_star)[1]) == {0, 1, 2, 3}

# %% service
ledger.check("paid-for-service-loses-money", arms["service"], arms["profit"])
ledger.check("paid-for-service-serves", missed[1], missed[0])
serving = bakery_mdp(service)
assert f"{serving.start @ value_iteration(serving).max(-1):.2f}" == "-4.80"
assert bakery.best_earnings(service) < 0

# %% hidden
ledger.check("the-oven-must-be-seen", arms["shelf alone"], arms["no clock"])
ledger.check("the-clock-must-be-seen", arms["sees all"], arms["no clock"])
assert (arms["shelf alone"] < 0.5).all()

# %% scales
ledger.check("minutes-drown-the-shelf", arms["minutes, euros"], learned)
ledger.check("cents-are-learned-worse", arms["0 to 1, cents"], learned)
# scaled by the settings, both are the first agent to the network
short = settings | {"max_steps": 1_000, "n_seeds": 1}
factors = {"observation_scale": (1 / 6, 1.0, 1.0, 1 / 360)}
tables = []
for name, sight, more in (
    ("Bakery", see, {}),
    ("Cents", see, {"reward_scale": 0.01}),
    ("Minutes", in_minutes, factors),
):
    agent = get_model(make_config(env=f"{name}-v0", **short | more))
    for _ in train(agent):
        pass
    tables.append(agent.critic.Q(torch.tensor(np.array([sight(d) for d in DAYS]))))
for table in tables[1:]:
    torch.testing.assert_close(table, tables[0], rtol=1e-2, atol=1e-2)
