"""What each environment wants changed in the plain DQN of `config.py`: the value and
the reason, in one place.

`make_config` and the command line start from these; every one can be set back by its
name.
"""

from typing import Any, NamedTuple


class Change(NamedTuple):
    """One setting that an environment wants changed."""

    value: Any
    reason: str


_CLASSIC_CONTROL = {
    "model.loss": Change("HuberLoss", "a rare large TD error pulls less"),
    "model.critic.greedy_network": Change(
        "target", "an average of the last networks: its greedy action flickers less"
    ),
    "model.critic.width": Change(
        64, "small layers are enough for a few numbers in and a few actions out"
    ),
    "model.critic.depth": Change(2, "as above; an update takes a fraction of the time"),
    "training.n_step": Change(
        10, "a reward reaches the state ten steps before it in one update"
    ),
    "training.max_grad_norm": Change(
        float("inf"),
        "with this loss and these rewards no gradient is long; saves a tenth of the"
        " time",
    ),
    "training.learning_rate_end": Change(
        0.0, "what was learned is kept: the last updates change little"
    ),
}

_SIXTEEN_ENVIRONMENTS = {
    "model.tau": Change(
        0.015, "the target follows within a hundred updates, of some thousands in all"
    ),
    "training.n_envs": Change(16, "one forward pass chooses sixteen actions"),
    "training.batch_size": Change(64, "twice 32 costs little more on a small network"),
    "env.reward_scale": Change(
        0.1, "brings the Q-values of those who reach the goal near -10"
    ),
}

PRESETS: dict[str, dict[str, Change]] = {
    "CartPole-v1": (
        _CLASSIC_CONTROL
        | {
            "env.observation_scale": Change(
                (1.5, 0.5, 10.0, 1.0),
                "numbers of about the same size; the position larger, so that a drift"
                " is seen",
            ),
            "env.reward_scale": Change(
                0.03, "brings the Q-values near 6, which a fresh network soon reaches"
            ),
            "model.critic.act": Change(
                "silu",
                "relu without its corner at 0: with smooth Q-values what was learned is"
                " lost less often",
            ),
            "model.critic.exploration_rate": Change(
                0.5,
                "with less some agents end drifting off the track: they see too little"
                " of its ends",
            ),
            "model.critic.exploration_fraction": Change(
                0.1,
                "reached early: most updates then learn from play that is half greedy,"
                " half random",
            ),
            "model.tau": Change(
                0.03,
                "the target follows within some thirty updates, and values spread"
                " sooner",
            ),
            "training.n_envs": Change(
                32,
                "one forward pass chooses thirty-two actions, and their states differ",
            ),
            "training.update_ratio": Change(
                0.03125,
                "an update for thirty-two new steps: fresh data are cheaper than"
                " updates",
            ),
            "training.batch_size": Change(
                128, "averages over four times the samples of 32 and costs little more"
            ),
            "training.gamma": Change(
                0.995,
                "looks 200 steps ahead: a cart that drifts leaves the track only then",
            ),
            "training.learning_starts": Change(
                250,
                "the first eight steps of thirty-two random episodes are enough to"
                " begin with",
            ),
            "training.learning_rate": Change(
                1e-2, "large at first, since it falls to 0 within some 1,500 updates"
            ),
        }
    ),
    "Acrobot-v1": (
        _CLASSIC_CONTROL
        | _SIXTEEN_ENVIRONMENTS
        | {
            "training.update_ratio": Change(0.125, "two updates for sixteen new steps"),
        }
    ),
    "MountainCar-v0": (
        _CLASSIC_CONTROL
        | _SIXTEEN_ENVIRONMENTS
        | {
            "env.observation_scale": Change(
                (1.0, 20.0),
                "the speed is at most 0.07; with places spread wider too, some seeds"
                " never find the goal",
            ),
            "training.gamma": Change(
                0.999,
                "without a goal Q-values sink ten times as deep as with 0.99: what is"
                " new looks better for longer, and no seed tried missed the goal",
            ),
            "model.critic.exploration_fraction": Change(
                0.005,
                "those hopes explore; random actions hardly ever reach the goal",
            ),
            "training.max_steps": Change(
                200_000,
                "with half of it a quarter of the seeds still swing once too often",
            ),
        }
    ),
    # found with Double DQN, --model.name ddqn
    "LunarLander-v3": (
        _CLASSIC_CONTROL
        | {
            "env.reward_scale": Change(0.1, "brings the Q-values near 20"),
            "model.critic.width": Change(
                128, "eight numbers in: more than the two of a car"
            ),
            "model.critic.exploration_fraction": Change(
                0.1, "most of the budget is then spent on landings, not on crashes"
            ),
            "model.tau": Change(
                0.01, "the target follows within a hundred of many thousand updates"
            ),
            "training.n_step": Change(
                2, "a landing depends on every action; six steps learn much less"
            ),
            "training.n_envs": Change(16, "one forward pass chooses sixteen actions"),
            "training.batch_size": Change(
                64, "twice 32 costs little more on a small network"
            ),
            "training.buffer_size": Change(
                100_000, "a third of the run: hundreds of flights to learn from"
            ),
            "training.max_steps": Change(
                300_000, "a flight lasts some 300 steps; 50,000 hold too few"
            ),
        }
    ),
}
