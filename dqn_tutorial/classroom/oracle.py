"""The oracle beside an agent: how far its Q-values are from Q*."""

import numpy as np
from numpy.typing import NDArray

from dqn_tutorial.agent import Agent
from dqn_tutorial.mdp import MDP

Array = NDArray[np.float64]


def q_table(agent: Agent, mdp: MDP) -> Array:
    """Return the Q-values of the MDP's states, `[S, A]`, or `[N, S, A]` of N agents;
    mean over the members of each.

    Taught in 06_agent.
    """
    assert mdp.observations is not None
    choice = agent.critic.choose(mdp.observations, is_training=False)
    return choice.q_values.astype(float)


def distance_to_q_star(q: Array, mdp: MDP, q_star: Array) -> Array:
    """Return max over non-terminal states and actions of |Q - Q*|: `[..., S, A]` to
    `[...]`.

    Source: the sup norm of Sutton & Barto (2018), section 4.1. Taught in 06_agent.
    """
    return np.asarray(np.abs(q - q_star)[..., ~mdp.terminal, :].max((-2, -1)))
