"""Two chains with known answers: one that only chance opens, one along which a reward
has far to travel.
"""

import numpy as np

from dqn_tutorial.mdp import MDP
from dqn_tutorial.mdp_envs import register_mdp


def combination_lock(
    n_rooms: int = 8, consolation: float = 0.01, gamma: float = 0.95
) -> MDP:
    """Return rooms in a row with two doors each, the wrong one back to the start: it
    needs exploration.

    Action s % 2 leads from room s to the next, the other one back to room 0, which pays
    the consolation. The last room pays 1 and ends the episode. Doors chosen at random
    lead there in one of 2^(S - 1) tries. The right doors alternate, so that a fresh
    network that happens to prefer one action everywhere does not get through.

    Args:
        n_rooms: S, 2 or more; episodes start in room 0.
        consolation: reward of every wrong door; taken for ever it is worth consolation
            / (1 - gamma).
        gamma: discount factor; the way through is worth gamma^(S - 2).

    Raises:
        ValueError: fewer than two rooms, a gamma out of range, or a consolation that is
            worth as much as the end.

    Source: after the chain of Strens (2000) and the deep sea of Osband et al. (2019).
    """
    if n_rooms < 2:
        raise ValueError(f"n_rooms = {n_rooms} is not allowed: it must be 2 or more")
    room, last = np.arange(n_rooms), n_rooms - 1
    transition = np.zeros((n_rooms, 2, n_rooms))
    transition[room[:-1], room[:-1] % 2, room[1:]] = transition[
        room[:-1], 1 - room[:-1] % 2, 0
    ] = 1
    transition[last, :, last] = 1
    reward = np.zeros_like(transition)
    reward[room[:-1], 1 - room[:-1] % 2, 0] = consolation
    reward[last - 1, (last - 1) % 2, last] = 1
    # refuses a gamma that is out of range
    mdp = MDP(transition, reward, room == last, np.eye(n_rooms)[0], gamma)
    largest = (1 - gamma) * gamma ** (n_rooms - 2)
    if not 0 <= consolation < largest:
        raise ValueError(
            f"consolation = {consolation} is not allowed: with {n_rooms} rooms and"
            f" gamma = {gamma} it must be 0 or more and below {largest:.4f}"
        )
    return mdp


def forward_chain(n_steps: int = 40, gamma: float = 0.99) -> MDP:
    """Return a chain of one action that pays 1 at its end: with it, n-step returns
    learn in fewer updates.

    State s leads to state s + 1, the step into the last state pays 1 and ends the
    episode. So V(s) is gamma^(n_steps - 1 - s). With a single action whatever is done
    is greedy, and n-step returns are unbiased.

    Args:
        n_steps: from the first state to the end, 1 or more; S is n_steps + 1.
        gamma: discount factor.

    Raises:
        ValueError: no step, or a gamma out of range.

    Source: after Sutton & Barto (2018), example 7.1. Taught in 08_what_matters.
    """
    if n_steps < 1:
        raise ValueError(f"n_steps = {n_steps} is not allowed: it must be 1 or more")
    state = np.arange(n_steps + 1)
    transition = np.zeros((n_steps + 1, 1, n_steps + 1))
    transition[state[:-1], 0, state[1:]] = transition[n_steps, 0, n_steps] = 1
    reward = np.zeros_like(transition)
    reward[n_steps - 1, 0, n_steps] = 1
    return MDP(transition, reward, state == n_steps, np.eye(n_steps + 1)[0], gamma)


register_mdp("CombinationLock", combination_lock(), time_limit=20)
register_mdp("ForwardChain", forward_chain(), time_limit=50)
