"""What each environment wants changed in the plain DQN of `config.py`: the value and the reason, in one place.

`make_config` and the command line start from these; every one can be set back by its name.
"""

from typing import Any, NamedTuple


class Change(NamedTuple):
    """One setting that an environment wants changed. Source: this course. Taught in 07_train_cartpole."""

    value: Any
    reason: str


_CLASSIC = {
    "model.critic.width": Change(64, "two small layers are enough for a few numbers in and a few actions out"),
    "model.critic.depth": Change(2, "as above, and an update takes a quarter of the time"),
    "model.loss": Change("HuberLoss", "a rare large TD error pulls less, which keeps the end of training calm"),
    "model.tau": Change(0.02, "with a few thousand updates in all, the target must follow within a hundred"),
    "training.n_envs": Change(16, "one forward pass chooses sixteen actions, and the data are more varied"),
    "training.update_ratio": Change(0.125, "two updates for sixteen new transitions"),
    "training.batch_size": Change(128, "averages the noise of the gradient away at little cost on a small network"),
    "training.n_step": Change(10, "a reward reaches the state ten steps before it in one update"),
}

PRESETS: dict[str, dict[str, Change]] = {
    "CartPole-v1": _CLASSIC
    | {
        "env.observation_scale": Change((1.0, 0.5, 10.0, 1.0), "brings the four numbers to the same size"),
        "env.reward_scale": Change(0.1, "brings the Q-values near 10, where a fresh network can reach them soon"),
        "training.learning_starts": Change(2_000, "a hundred random episodes before the first update"),
        "training.learning_rate": Change(2e-3, "fast at first"),
        "training.learning_rate_end": Change(0.0, "and still at the end, so that what was learned is kept"),
    },
    "Acrobot-v1": _CLASSIC
    | {
        "env.reward_scale": Change(0.1, "brings the Q-values near -10"),
        "training.learning_rate_end": Change(0.0, "still at the end, so that what was learned is kept"),
    },
    "MountainCar-v0": _CLASSIC
    | {
        "env.observation_scale": Change((1.0, 20.0), "the speed is at most 0.07"),
        "env.reward_scale": Change(0.1, "brings the Q-values near -10"),
        "training.learning_rate_end": Change(0.0, "still at the end, so that what was learned is kept"),
    },
}
