"""Small tasks with known answers: each needs one ingredient of DQN, or finds one kind
of bug; without it the answer comes out wrong.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from dqn_tutorial.config import refuse
from dqn_tutorial.mdp import MDP, Array

Arrow = tuple[int, int, int, float]  # state, action, next state, reward


def at_least(least: int, name: str, value: int) -> None:
    """Raise a ValueError that names the argument, unless it is `least` or more."""
    if value < least:
        refuse(name, value, f"it must be {least} or more")


def _deterministic(
    arrows: Sequence[Arrow],
    gamma: float,
    seen: Sequence[float] | None = None,
    start: Array | None = None,
) -> MDP:
    """Build an MDP without chance, of which the last state is terminal.

    Args:
        arrows: one for each action of each other state.
        gamma: discount factor.
        seen: `[S]`, a number to observe in each state; one-hot if left out.
        start: `[S]`, probabilities; every state but the last as likely if left out.
    """
    states, actions, next_states, rewards = zip(*arrows, strict=True)
    n_states = 1 + max(next_states)
    transition, reward = np.zeros((2, n_states, 1 + max(actions), n_states))
    transition[states, actions, next_states] = transition[-1, :, -1] = 1
    reward[states, actions, next_states] = rewards
    terminal = np.arange(n_states) == n_states - 1
    start = ~terminal / (n_states - 1) if start is None else start
    observations = None if seen is None else np.array(seen, float)[:, None]
    return MDP(transition, reward, terminal, start, gamma, observations)


def house_numbers(n_houses: int = 8, gamma: float = 0.99) -> MDP:
    """Return a street to walk along, of which one sees the house number only: it needs
    a target network.

    Actions: 0 a house back, 1 a house on. The last house pays 1 and ends the episode;
    one starts at any other house. No value is above 1, but little holds them down:
    raise them all by c, and the TD error of a step that does not end falls by (1 -
    gamma) c only. Without a target network the maximum lifts them at every update.

    Args:
        n_houses: S, 2 or more, numbered from 0.
        gamma: discount factor; walking on is worth gamma^(S - 2 - s), walking back
            gamma times the value there.

    Raises:
        ValueError: fewer than two houses, or a gamma out of range.

    Source for the failure: van Hasselt et al. (2018), on the deadly triad. Taught in
    08_what_matters.
    """
    at_least(2, "n_houses", n_houses)
    last = n_houses - 1
    back = [(house, 0, max(house - 1, 0), 0.0) for house in range(last)]
    on = [(house, 1, house + 1, float(house + 1 == last)) for house in range(last)]
    return _deterministic(back + on, gamma, range(n_houses))


def casino(n_machines: int = 10) -> MDP:
    """Return a street with a casino whose machines all lose a little on average: it
    needs Double DQN.

    States: 0 street, 1 casino, then three ends: 2 home, 3 won, 4 lost. On the street
    action 0 enters the casino and every other one goes home, for nothing. Inside,
    action a plays machine a: 0.9 or -1.1, each half of the time, and the episode ends.
    So entering is worth -0.1 and is wrong. Episodes start in either place, as often.

    Args:
        n_machines: A, 2 or more.

    Raises:
        ValueError: fewer than two machines.

    Source: after Sutton & Barto (2018), example 6.7. Taught in 08_what_matters.
    """
    at_least(2, "n_machines", n_machines)
    street, inside, home, won, lost = range(5)
    transition, reward = np.zeros((2, 5, n_machines, 5))
    transition[street, 0, inside] = transition[street, 1:, home] = 1
    transition[inside, :, won] = transition[inside, :, lost] = 0.5
    reward[inside, :, won], reward[inside, :, lost] = 0.9, -1.1
    for end in (home, won, lost):
        transition[end, :, end] = 1
    return MDP(
        transition,
        reward,
        np.arange(5) >= home,
        np.array([0.5, 0.5, 0, 0, 0]),
        gamma=1.0,
    )


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
    at_least(2, "n_rooms", n_rooms)
    last = n_rooms - 1
    right = [
        (room, room % 2, room + 1, float(room + 1 == last)) for room in range(last)
    ]
    wrong = [(room, 1 - room % 2, 0, consolation) for room in range(last)]
    # refuses a gamma that is out of range
    mdp = _deterministic(right + wrong, gamma, start=np.eye(n_rooms)[0])
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
    at_least(1, "n_steps", n_steps)
    on = [
        (state, 0, state + 1, float(state + 1 == n_steps)) for state in range(n_steps)
    ]
    return _deterministic(on, gamma, start=np.eye(n_steps + 1)[0])


class Probe(NamedTuple):
    """A tiny task that one kind of bug fails. Source: Jones (2021)."""

    mdp: MDP
    time_limit: int


def probes() -> dict[str, Probe]:
    """Return the probe tasks, from the simplest on: the first that fails names the part
    that is broken.

    Source: after Jones (2021), "Debugging RL"; the truncation probe after Pardo et al.
    (2018).
    """
    by_observation = [(0, 0, 2, 1.0), (0, 1, 2, -1.0), (1, 0, 2, -1.0), (1, 1, 2, 1.0)]
    tasks: dict[str, tuple[list[Arrow], list[float], int]] = {
        # the loss or the optimiser
        "one value": ([(0, 0, 1, 1.0)], [1, 0], 10),
        # the network or its gradient
        "two observations": ([(0, 0, 2, 1.0), (1, 0, 2, -1.0)], [1, -1, 0], 10),
        # the bootstrap or gamma
        "two steps": ([(0, 0, 1, 0.0), (1, 0, 2, 1.0)], [1, -1, 0], 10),
        # the chosen action or its gather
        "two actions": ([(0, 0, 1, 1.0), (0, 1, 1, -1.0)], [1, 0], 10),
        # the pairing of state, action and reward
        "action by observation": (by_observation, [1, -1, 0], 10),
        # truncation taken for termination
        "endless work": ([(0, 0, 0, 1.0), (0, 1, 1, 7.0)], [1, 0], 5),
    }
    return {
        name: Probe(_deterministic(arrows, 0.9, seen), time_limit)
        for name, (arrows, seen, time_limit) in tasks.items()
    }


def work_or_cash() -> MDP:
    """Return the probe "endless work", of one state: it needs truncation to be told
    from termination.

    Action 0 works, for 1, and goes on; action 1 cashes in 7 and ends the episode. With
    its gamma of 0.9 working for ever is worth 1 / (1 - 0.9) = 10. A time limit belongs
    to the collecting of data, not to the task.

    Source: after Pardo et al. (2018). Taught in 08_what_matters.
    """
    return probes()["endless work"].mdp
