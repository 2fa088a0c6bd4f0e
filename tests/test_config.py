"""Settings: their order, their limits, the registry of models."""

import copy
import pickle
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np
import pytest
import torch

from dqn_tutorial import (
    DQN,
    DQNConfig,
    DQNCritic,
    DQNCriticConfig,
    MainConfig,
    evaluate,
    get_model,
    make_config,
    override,
    register,
    train,
)
from dqn_tutorial import models as registry
from dqn_tutorial.config import flatten, read_settings, write_settings
from dqn_tutorial.envs import env_id, env_spec
from dqn_tutorial.presets import PRESETS
from tests.conftest import OwnConfig, OwnCritic, small_config


def test_the_named_defaults_of_the_model() -> None:
    config = MainConfig()
    # an instance, not its class
    assert isinstance(config.model.critic, DQNCriticConfig)
    assert (
        config.model.tau,
        config.model.loss,
        config.model.critic.exploration_rate,
    ) == (0.005, "MSELoss", 0.05)
    assert (config.model.critic.width, config.model.critic.depth) == (256, 3)


def test_a_preset_stands_above_the_defaults_and_below_overrides() -> None:
    preset = PRESETS["CartPole-v1"]
    config = flatten(make_config("cartpole"))
    assert all(config[name] == change.value for name, change in preset.items())
    assert make_config("CartPole-v1").training == make_config("cartpole").training
    assert make_config("cartpole", n_step=1, width=8).training.n_step == 1
    assert make_config("slipperygrid").training == MainConfig().training


def test_every_preset_differs_from_the_defaults_and_says_why() -> None:
    defaults = flatten(MainConfig())
    for env, changes in PRESETS.items():
        assert env_id(env) == env
        for name, change in changes.items():
            assert defaults[name] != change.value and len(change.reason) > 10, (
                env,
                name,
            )


def test_last_names_of_settings_are_unique_but_for_name() -> None:
    last = [dotted.rpartition(".")[2] for dotted in flatten(MainConfig())]
    assert {name for name in last if last.count(name) > 1} == {"name"}


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"gamma": 1.5}, r"gamma = 1\.5 is not allowed: it must be between 0 and 1"),
        ({"n_envs": 0}, "n_envs = 0 is not allowed: it must be 1 or more"),
        (
            {"loss": "MSEloss"},
            "loss = 'MSEloss' is not allowed: did you mean 'MSELoss'",
        ),
        ({"tau": -0.1}, r"tau = -0\.1"),
        ({"learning_rate": 0}, "learning_rate = 0"),
        (
            {"buffer_size": 3},
            "buffer_size = 3 is not allowed: it must be at least n_envs = 32",
        ),
        ({"seed": -1}, "seed = -1"),
        ({"act": "rulu"}, "did you mean 'relu'"),
        ({"reduce": "median"}, "reduce = 'median' is not allowed"),
        *(
            ({"device": name}, f"device = '{name}' is not allowed: available on this")
            for name in ("gpu", "auto")
        ),
        ({"reward_scale": 0.0}, "reward_scale"),
        ({"observation_scale": (1.0, 0.0)}, "observation_scale"),
        (
            {"observation_scale": 2.0},
            r"observation_scale = 2\.0 is not allowed: it must be a list of numbers",
        ),
        (
            {"exploraton_rate": 0.1},
            "unknown setting 'exploraton_rate': did you mean 'exploration_rate'",
        ),
        ({"name": "x"}, "unknown setting 'name'"),
    ],
)
def test_impossible_values_are_refused_by_name(
    settings: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        make_config("cartpole", **settings)


@pytest.mark.parametrize(
    "settings",
    [
        {"gamma": "high"},
        {"n_envs": 1.5},
        {"stop_when_solved": 1},
        {"seed": True},
        {"loss": 3},
    ],
)
def test_wrong_types_are_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(TypeError, match="must be of type"):
        make_config("cartpole", **settings)


def test_settings_survive_a_file(tmp_path: Path) -> None:
    config = make_config("cartpole", seed=3, learning_rate=1e-4)
    write_settings(config, tmp_path / "c.yaml")
    assert (
        override(make_config("cartpole"), read_settings(tmp_path / "c.yaml")) == config
    )


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("c.yaml", "training:\n  learning-rate: 1e-3\nseed: 4\n"),
        ("c.toml", "seed = 4\n[training]\nlearning_rate = 1e-3\n"),
    ],
)
def test_files_of_both_kinds_and_spellings(
    tmp_path: Path, name: str, text: str
) -> None:
    (tmp_path / name).write_text(text)
    config = override(MainConfig(), read_settings(tmp_path / name))
    assert (config.training.learning_rate, config.seed) == (1e-3, 4)


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("c.json", "{}", "must end in"),
        ("c.yaml", "- 1", "holds no settings"),
        ("c.toml", "a = ", "cannot be read"),
        ("c.yaml", "a: [", "cannot be read"),
    ],
)
def test_bad_files_are_refused(
    tmp_path: Path, name: str, text: str, message: str
) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(ValueError, match=message):
        read_settings(tmp_path / name)


@pytest.fixture
def two_gammas() -> Iterator[None]:
    @dataclass(frozen=True)
    class TwoGammas(DQNConfig):
        name: str = "two"
        gamma: float = 0.7

    register("two", DQN, TwoGammas)
    yield
    del registry.MODELS["two"]


def test_a_last_name_of_several_settings_is_refused(two_gammas: None) -> None:
    match = r"'gamma' may be any of model\.gamma, training\.gamma.*\*\*\{\"model\.gamma"
    with pytest.raises(ValueError, match=match):
        make_config("cartpole", "two", gamma=0.5)
    config = flatten(make_config("cartpole", "two", **{"model.gamma": 0.5}, tau=0.1))
    assert (config["model.gamma"], config["training.gamma"]) == (0.5, 0.995)
    assert (config["model.tau"], config["seed"]) == (0.1, 0)
    with pytest.raises(ValueError, match=r"'model\.gama': did you mean 'model\.gamma'"):
        make_config("cartpole", "two", **{"model.gama": 0.5})
    assert make_config("cartpole", seed=2, **{"training.gamma": 0.5}).seed == 2


def test_an_unknown_dotted_name_is_refused() -> None:
    with pytest.raises(
        ValueError,
        match=r"unknown setting 'training\.gama': did you mean 'training\.gamma'",
    ):
        override(MainConfig(), {"training.gama": 0.9})


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("pendulum", "DQN needs Discrete actions, because it takes the maximum"),
        (
            "cartpol",
            (
                r"not known: if it is your own, .* in a notebook\)\. Of the known"
                r" names, did you mean 'cartpole'\?$"
            ),
        ),
        ("Cart-Pole-v1", "not known"),
    ],
)
def test_environments_dqn_cannot_learn_are_refused_with_the_reason(
    name: str, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        get_model(make_config(name))


def test_short_names_and_sizes_of_environments() -> None:
    assert [env_id(name) for name in ("cartpole", "acrobot", "mountaincar")] == [
        "CartPole-v1",
        "Acrobot-v1",
        "MountainCar-v0",
    ]
    assert env_spec("acrobot")[1:] == (6, 3, -100.0, False, 4)


@pytest.mark.parametrize("model", ["dqn", "ddqn"])
def test_models_are_got_by_name(model: str) -> None:
    agent = get_model(make_config("cartpole", model))
    assert agent.config.model.name == model
    assert (
        type(agent.critic).__name__
        == {"dqn": "DQNCritic", "ddqn": "DoubleDQNCritic"}[model]
    )


def test_unknown_names_are_refused_with_the_nearest() -> None:
    with pytest.raises(
        ValueError, match=r"model\.name = 'dqnn' is not registered: did you mean 'dqn'"
    ):
        make_config("cartpole", "dqnn")
    with pytest.raises(
        ValueError, match="arch = 'DQNet' is not registered: did you mean 'DQNNet'"
    ):
        get_model(small_config(arch="DQNet"))


def test_a_learner_adds_a_model_twice_and_trains_it(own_model: None) -> None:
    register("own", DQN, OwnConfig, critic=OwnCritic)
    agent = get_model(make_config("cartpole", "own", patience=5))
    assert type(agent.critic) is OwnCritic
    assert flatten(agent.config)["model.patience"] == 5


def test_built_in_names_are_refused_and_nothing_is_changed() -> None:
    before = dict(registry.MODELS), dict(registry.CRITICS)
    for name, critic in (("dqn", None), ("own", DQNCritic)):
        with pytest.raises(ValueError, match="is a built-in name"):
            register(name, DQN, OwnConfig, critic=critic)
    with pytest.raises(ValueError, match="defaults to 'own'"):
        register("other", DQN, OwnConfig, critic=OwnCritic)
    assert before == (registry.MODELS, registry.CRITICS)


def test_a_name_over_the_settings_of_another_model_is_refused() -> None:
    for config in (
        override(make_config("cartpole"), {"model.name": "ddqn"}),
        MainConfig(model=DQNConfig(name="ddqn")),
    ):
        with pytest.raises(
            ValueError,
            match=r"model\.name = 'ddqn' is not allowed in a DQNConfig.*model='ddqn'",
        ):
            get_model(config)
    # which inherits
    with pytest.raises(
        ValueError, match=r"model\.name = 'dqn' is not allowed in a DDQNConfig"
    ):
        get_model(override(make_config("cartpole", "ddqn"), {"model.name": "dqn"}))


def test_an_imported_file_takes_no_other_modules_place(tmp_path: Path) -> None:
    (tmp_path / "copy.py").write_text("class Mine: pass\n")
    registry.import_file(tmp_path / "copy.py")
    assert sys.modules["copy"] is copy
    mine = sys.modules["imported_copy"].Mine
    assert pickle.loads(pickle.dumps(mine)) is mine


class Counter(gym.Env[Any, Any]):
    """Counts to five in whole numbers; its actions may count from another than 0."""

    def __init__(self, start: int = 0) -> None:
        self.observation_space, self.action_space = (
            gym.spaces.Box(0, 9, (2,), np.int64),
            gym.spaces.Discrete(2, start=start),
        )

    def reset(
        self, *, seed: int | None = None, options: Any = None
    ) -> tuple[Any, dict[str, Any]]:
        self.count = np.zeros(2, np.int64)
        return self.count, {}

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        assert self.action_space.contains(action)
        self.count = self.count + 1
        return self.count, 1.0, bool(self.count[0] == 5), False, {}


@pytest.fixture
def counters() -> Iterator[None]:
    for start in (0, 1):
        gym.register(f"test/From{start}-v0", Counter, kwargs={"start": start})
    yield
    for start in (0, 1):
        del gym.registry[f"test/From{start}-v0"]


@pytest.mark.parametrize("start", [0, 1])
def test_whole_numbers_can_be_observed_and_actions_are_counted_from_0(
    counters: None, start: int
) -> None:
    config = small_config(f"test/From{start}-v0", max_steps=40, learning_starts=8)
    agent = get_model(config)
    assert {record.state.dtype for record in train(agent)} == {np.dtype(np.int64)}
    assert evaluate(agent, 3).tolist() == [5.0] * 3
    assert agent.experience_memory.get_next_batch(5).state.dtype == torch.float32


def test_numbers_of_numpy_can_be_written(tmp_path: Path) -> None:
    config = small_config(learning_rate=np.float64(1e-3), gamma=np.float64(0.5))
    assert type(config.training.gamma) is float
    write_settings(config, tmp_path / "config.yaml")
    assert read_settings(tmp_path / "config.yaml") == flatten(config) | {
        "env.observation_scale": [1.5, 0.5, 10.0, 1.0]
    }
