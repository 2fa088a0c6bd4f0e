"""A finite Markov decision process as arrays, solved exactly: the oracle of the
course.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

ARROWS = ("left", "down", "right", "up")
_MOVES = ((0, -1), (1, 0), (0, 1), (-1, 0))
GRID = ("...G", ".H.H", "....", "....")


@dataclass(frozen=True)
class MDP:
    """A finite MDP. Shapes: S states, A actions.

    Attributes:
        transition: `[S, A, S]`, probability of the next state; each row sums to 1.
        reward: `[S, A, S]`, reward of each transition.
        terminal: `[S]`, True where the episode has ended; such a state has value 0.
        start: `[S]`, probability of each first state.
        gamma: discount factor, 0 to 1.
        observations: `[S, D]`, what an agent sees of each state; one-hot unless given.

    Raises:
        ValueError: shapes that do not fit, probabilities that do not sum to 1, a gamma
            out of range.

    Source: Sutton & Barto (2018), section 3.1. Taught in 01_bellman_equation.
    """

    transition: Array
    reward: Array
    terminal: NDArray[np.bool_]
    start: Array
    gamma: float
    observations: Array | None = None

    def __post_init__(self) -> None:
        n_states, n_actions = self.transition.shape[:2]
        for name, wanted in (
            ("transition", (n_states, n_actions, n_states)),
            ("reward", (n_states, n_actions, n_states)),
            ("terminal", (n_states,)),
            ("start", (n_states,)),
        ):
            if getattr(self, name).shape != wanted:
                raise ValueError(
                    f"{name} has shape {getattr(self, name).shape}: it must be {wanted}"
                )
        for name in ("transition", "start"):
            if (
                not np.allclose(getattr(self, name).sum(-1), 1)
                or (getattr(self, name) < 0).any()
            ):
                raise ValueError(
                    f"{name} must hold probabilities that sum to 1 along its last axis"
                )
        if not 0 <= self.gamma <= 1:
            raise ValueError(
                f"gamma = {self.gamma} is not allowed: it must be between 0 and 1"
            )
        if self.observations is None:
            object.__setattr__(self, "observations", np.eye(n_states))

    @property
    def n_states(self) -> int:
        """Number of states. Source: Sutton & Barto (2018), section 3.1. Taught in
        01_bellman_equation.
        """
        return int(self.transition.shape[0])

    @property
    def n_actions(self) -> int:
        """Number of actions. Source: Sutton & Barto (2018), section 3.1. Taught in
        01_bellman_equation.
        """
        return int(self.transition.shape[1])


def sample_categorical(
    cumulative: Array, rng: np.random.Generator
) -> NDArray[np.int64]:
    """Draw a number, 0 to S - 1, for each row of cumulative probabilities, `[..., S]`
    to `[...]`.

    Source: inverse transform sampling.
    """
    # a last sum may be a little off 1
    chance = rng.random((*cumulative.shape[:-1], 1)) * cumulative[..., -1:]
    return np.asarray((cumulative <= chance).sum(-1))


def q_from_v(mdp: MDP, v: Array) -> Array:
    """Return q(s, a) = sum over s' of p(s' | s, a) [r(s, a, s') + gamma v(s')], shape
    `[S, A]`, for v of shape `[S]`.

    A terminal state has nothing to come: its row is 0, and its v is not read.

    Source: Sutton & Barto (2018), equation 4.6. Taught in 01_bellman_equation.
    """
    future = mdp.gamma * np.where(mdp.terminal, 0.0, v)  # [S']
    q = (mdp.transition * (mdp.reward + future)).sum(-1)  # [S, A]
    return np.where(mdp.terminal[:, None], 0.0, q)


def bellman_optimality_operator(mdp: MDP, v: Array) -> Array:
    """Return (T v)(s) = max over a of q(s, a), shape `[S]`: one sweep of value
    iteration.

    Source: Sutton & Barto (2018), equation 4.10. Taught in 01_bellman_equation.
    """
    return np.asarray(q_from_v(mdp, v).max(-1))


def value_iteration(
    mdp: MDP, tolerance: float = 1e-10, max_sweeps: int = 100_000
) -> Array:
    """Return Q*, shape `[S, A]`: sweeps until no value moves by more than `tolerance`.

    Raises:
        RuntimeError: not converged after `max_sweeps`, as may happen with gamma = 1.

    Source: Sutton & Barto (2018), section 4.4. Taught in 01_bellman_equation.
    """
    v = np.zeros(mdp.n_states)
    for _ in range(max_sweeps):
        new_v = bellman_optimality_operator(mdp, v)
        if np.abs(new_v - v).max() <= tolerance:
            return q_from_v(mdp, new_v)
        v = new_v
    raise RuntimeError(
        f"value iteration still moves after {max_sweeps} sweeps: is gamma = {mdp.gamma}"
        " below 1?"
    )


def policy_evaluation(mdp: MDP, policy: Array) -> Array:
    """Return v of a policy `[S, A]` of probabilities, shape `[S]`, by solving the
    linear Bellman equation.

    Source: Sutton & Barto (2018), equation 4.4. Taught in 01_bellman_equation.
    """
    alive = ~mdp.terminal
    p = np.einsum("sa,sat->st", policy, mdp.transition)[np.ix_(alive, alive)]
    r = np.einsum("sa,sat,sat->s", policy, mdp.transition, mdp.reward)[alive]
    v = np.zeros(mdp.n_states)
    v[alive] = np.linalg.solve(np.eye(alive.sum()) - mdp.gamma * p, r)
    return v


def greedy_policy(q: Array) -> Array:
    """Return the policy `[S, A]` that takes the action of largest q, the first of
    equals, with probability 1.

    Source: Sutton & Barto (2018), section 4.2. Taught in 01_bellman_equation.
    """
    return np.asarray(np.eye(q.shape[-1])[q.argmax(-1)])


def slippery_grid(
    layout: tuple[str, ...] = GRID, slip: float = 0.2, gamma: float = 0.9
) -> MDP:
    """Return a grid in which a step goes where it is aimed with probability 1 - slip,
    else to either side.

    Args:
        layout: rows of text: `G` the goal (+1, terminal), `H` a hole (-1, terminal),
            anything else floor.
        slip: probability of sliding to one of the two sides, half each.
        gamma: discount factor.

    Returns:
        An MDP with S = number of cells, row by row, and actions left, down, right, up;
        walls keep one in place; episodes start on any floor cell, each as likely.

    Source: after Russell & Norvig (2021), section 17.1. Taught in 01_bellman_equation.
    """
    cells = [
        (row, column) for row in range(len(layout)) for column in range(len(layout[0]))
    ]
    index = {cell: number for number, cell in enumerate(cells)}
    kind = "".join(layout)
    terminal = np.array([mark in "GH" for mark in kind])
    entering = np.array([{"G": 1.0, "H": -1.0}.get(mark, 0.0) for mark in kind])
    transition = np.zeros((len(cells), len(_MOVES), len(cells)))
    for state, (row, column) in enumerate(cells):
        for action in range(len(_MOVES)):
            for turn, probability in ((0, 1 - slip), (1, slip / 2), (3, slip / 2)):
                down, right = _MOVES[(action + turn) % 4]
                landed = index.get((row + down, column + right), state)
                transition[state, action, state if terminal[state] else landed] += (
                    probability
                )
    reward = np.where(
        terminal[:, None, None], 0.0, np.broadcast_to(entering, transition.shape)
    )
    return MDP(transition, reward, terminal, ~terminal / (~terminal).sum(), gamma)
