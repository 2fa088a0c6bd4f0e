"""A program from outside that uses every public name: it runs, and mypy --strict finds
no fault in it.
"""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from torch import Tensor

from dqn_tutorial import (
    DQN,
    MLP,
    Agent,
    Batch,
    Choice,
    CriticEnsemble,
    DDQNConfig,
    DoubleDQNCritic,
    DQNConfig,
    DQNCritic,
    DQNCriticConfig,
    DQNNet,
    EnvConfig,
    MainConfig,
    Record,
    ReplayBuffer,
    TrainingConfig,
    check_environment,
    evaluate,
    get_model,
    load_agent,
    make_config,
    override,
    register,
    train,
)


class OutsideCritic(DoubleDQNCritic):
    """A critic of one's own."""


@dataclass(frozen=True)
class OutsideConfig(DQNConfig):
    """Its settings, one of them new."""

    name: str = "outside"
    critic: DQNCriticConfig = field(
        default_factory=lambda: DQNCriticConfig(critic_type="OutsideCritic")
    )
    patience: int = 3


def short_run(config: MainConfig) -> tuple[Agent, list[Record]]:
    """Return an agent after a short training, and what it showed."""
    agent = get_model(config)
    records = train(agent)
    seen = [next(records)]
    seen += records
    records.close()
    return agent, seen


def mean_return(folder: Path) -> float:
    """Return what a saved agent reaches."""
    return float(evaluate(load_agent(folder), episodes=5, seed=1).mean())


def n_targets(agent: Agent, batch: Batch) -> int:
    """Return how many targets a batch has."""
    critic: CriticEnsemble | DQNCritic = agent.critic
    assert isinstance(critic, DQNCritic)
    reward, ended = batch.reward, batch.terminated
    y: Tensor = critic.get_bellman_target(
        reward, batch.next_state, ended, batch.discount
    )
    return y.shape[-1]


def main() -> None:
    """Use all of it once."""
    register("outside", DQN, OutsideConfig, critic=OutsideCritic)
    small = {"max_steps": 96, "learning_starts": 32, "width": 4, "eval_every": 0}
    config = make_config("cartpole", "outside", **small)
    agent, records = short_run(override(config, {"training.gamma": 0.9}))
    memory: ReplayBuffer = agent.experience_memory
    assert records[-1].step == 96 and np.isfinite(records[-1].loss)
    assert n_targets(agent, memory.get_next_batch(8)) == 8
    literal = MainConfig(
        model=DDQNConfig(), env=EnvConfig("acrobot"), training=TrainingConfig(n_envs=2)
    )
    agent = get_model(literal)
    assert agent.select_action(np.zeros(6), is_training=False).dtype == np.int64
    choice: Choice = agent.choose(np.zeros((3, 6)))
    assert choice.action.shape == choice.explored.shape == (3,)
    assert check_environment("acrobot", gamma=0.9).fits
    networks = MLP(4, 2, 1, 8), DQNNet(4, 2, depth=1, width=8)
    assert all(isinstance(network, MLP) for network in networks)


if __name__ == "__main__":
    main()
