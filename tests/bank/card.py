"""Numbers of the cards."""

from collections.abc import Callable, Iterable
from dataclasses import replace

import numpy as np
import torch

from dqn_tutorial.mdp import policy_evaluation, slippery_grid, value_iteration


def largest_without_rewards() -> Iterable[str]:
    """Solve for the values of random actions where every reward is 0."""
    mdp = slippery_grid()
    mdp = replace(mdp, reward=np.zeros_like(mdp.reward))
    v = policy_evaluation(mdp, np.full((mdp.n_states, mdp.n_actions), 0.25))
    yield f"{abs(v).max():.0f}"


def recursion() -> Iterable[str]:
    """Hold that a return is one reward and the next return, discounted once."""
    rewards, gamma = np.array([2.0, -1.0, 3.0]), 0.9
    returns = [
        (gamma ** np.arange(len(rest)) * rest) @ np.ones(len(rest))
        for rest in (rewards, rewards[1:])
    ]
    assert np.isclose(returns[0], rewards[0] + gamma * returns[1])
    yield "1"


def silent_shapes() -> Iterable[str]:
    """Hold that none of the three raises, and that each has the wrong shape."""
    q, action = torch.zeros(5, 3), torch.zeros(5, dtype=torch.int64)
    assert (torch.zeros(5, 1) - torch.zeros(5)).shape == (5, 5)
    assert q[:, action].shape == (5, 5) and q.max(0).values.shape == (3,)
    yield from ("1", "0")


def cost_of_an_error() -> Iterable[str]:
    """Hold the bound on the grid with errors that swap actions."""
    mdp, rng = slippery_grid(), np.random.default_rng(0)
    q_star = value_iteration(mdp)
    for _ in range(20):
        q = q_star + rng.uniform(-0.05, 0.05, q_star.shape)
        lost = q_star.max(-1) - policy_evaluation(mdp, np.eye(4)[q.argmax(-1)])
        assert lost.max() <= 2 / (1 - mdp.gamma) * abs(q - q_star).max()
    yield from ("2", "1")


NUMBERS: dict[str, Callable[[], Iterable[str]]] = {
    "card_recursion": recursion,
    "card_one_solution": largest_without_rewards,
    "card_target_and_error": lambda: ["1"],  # of the mask, no result
    "card_shape_bugs": silent_shapes,
    "card_bound": cost_of_an_error,
    "card_window": lambda: ["1"],  # of an exponent, no result
    "card_gamma_bounds": lambda: [f"{1 / (1 - 0.8):.0f}"],
}
