"""Deep Q-Networks from the Bellman equation to a trained agent, in code that reads like
the algorithm.
"""

from dqn_tutorial.agent import DQN, Agent
from dqn_tutorial.buffer import Batch, ReplayBuffer
from dqn_tutorial.config import (
    DQNConfig,
    DQNCriticConfig,
    EnvConfig,
    MainConfig,
    TrainingConfig,
    override,
)
from dqn_tutorial.critic import Choice, DoubleDQNCritic, DQNCritic
from dqn_tutorial.ensemble import CriticEnsemble
from dqn_tutorial.env_check import check_environment
from dqn_tutorial.models import DDQNConfig, get_model, make_config, register
from dqn_tutorial.nets import MLP, DQNNet
from dqn_tutorial.runs import load_agent
from dqn_tutorial.training import Record, evaluate, train

__all__ = [
    "DQN",
    "MLP",
    "Agent",
    "Batch",
    "Choice",
    "CriticEnsemble",
    "DDQNConfig",
    "DQNConfig",
    "DQNCritic",
    "DQNCriticConfig",
    "DQNNet",
    "DoubleDQNCritic",
    "EnvConfig",
    "MainConfig",
    "Record",
    "ReplayBuffer",
    "TrainingConfig",
    "check_environment",
    "evaluate",
    "get_model",
    "load_agent",
    "make_config",
    "override",
    "register",
    "train",
]
__version__ = "0.1.0"
