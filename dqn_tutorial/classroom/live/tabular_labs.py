"""Small labs that need no agent: the discount, the step size, the memory's length, the
star.
"""

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from dqn_tutorial.classroom.live.small import (
    Answer,
    Floats,
    Panel,
    SmallLab,
    Tell,
    bands,
    draw_bands,
    slider,
)
from dqn_tutorial.classroom.pictures.figures import new_figure
from dqn_tutorial.classroom.pictures.grid_view import draw_grid
from dqn_tutorial.envs import quadrant
from dqn_tutorial.mdp import GRID, greedy_policy, slippery_grid, value_iteration
from dqn_tutorial.seeding import numpy_generator
from dqn_tutorial.tabular import Ints, q_learning

N_SEEDS = 16
# the cell below the gap between the two holes, and the goal
GAP, GOAL = 10, "".join(GRID).index("G")
FALLING = ("falling, n^-0.8", 0.0)


def gamma_lab() -> SmallLab:
    """Ask from which gamma on the robot below the gap turns round and takes the long
    way.

    Source: Sutton & Barto (2018), section 3.3. Taught in 01_bellman_equation.
    """
    gamma = slider(
        "gamma",
        (
            [round(0.5 + 0.01 * i, 3) for i in range(45)]
            + [round(0.95 + 0.005 * i, 3) for i in range(10)]
        ),
        0.9,
        "Discount factor of one step",
    )
    gamma.continuous_update = True  # drawn at once, so it may follow the hand
    return SmallLab(
        (
            "The framed cell lies below the gap between the holes. At gamma = 0.9 the"
            " robot goes up, through the gap. From which gamma on does it turn round"
            " and take the long way? What does that gain, and what does it cost?"
        ),
        {"gamma": gamma},
        best_way,
        draw_way,
        (
            "The slippery grid with the optimal value and the best action of each cell;"
            " cell 10, below the gap, is framed. At gamma = 0.9 its arrow points up."
        ),
    )


def best_way(tell: Tell, gamma: float) -> Answer:
    """Return V* and the optimal policy; say how often, and how soon, it gets from the
    framed cell to the goal.

    Source: Kemeny & Snell (1976), the fundamental matrix of an absorbing chain.
    """
    mdp = slippery_grid(gamma=gamma)
    q, floor = value_iteration(mdp), ~mdp.terminal
    p = np.einsum("sa,sat->st", greedy_policy(q), mdp.transition)
    # row: how often each cell is visited from the framed one, until the episode ends
    visits = np.linalg.inv(np.eye(floor.sum()) - p[np.ix_(floor, floor)])[
        floor[:GAP].sum()
    ]
    arrives = visits @ p[floor, GOAL]
    return {
        "layout": "".join(GRID),
        "framed": GAP,
        "values": q.max(-1),
        "arrows": "".join(map(str, q.argmax(-1))),
        "words": (
            f"From the framed cell at gamma = {gamma:g}: the goal is reached in"
            f" {arrives:.0%} of the episodes, which take {visits.sum():.1f} steps in"
            " the mean."
        ),
    }


def draw_way(answer: Answer, before: Answer | None) -> Figure:
    """Draw what `best_way` answers. Source: as `draw_grid`."""
    figure, axes = new_figure(5, 5)
    draw_grid(
        axes,
        slippery_grid(),
        values=answer["values"],
        policy=[*map(int, answer["arrows"])],
        title="$v_*$ and best actions",
        highlight=[answer["framed"]],
    )
    return figure


def step_size_lab() -> SmallLab:
    """Ask which constant step size ends closest to Q*, and whether it is the same for
    other epsilons.

    Source: Watkins & Dayan (1992). Taught in 02_q_learning.
    """
    return SmallLab(
        (
            "With random actions (epsilon 1), which constant alpha ends closest to q*"
            " after 10,000 steps, and what goes wrong on either side of it? At that"
            " alpha, what becomes of the distance when epsilon falls towards 0?"
        ),
        {
            "alpha": slider(
                "alpha",
                [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, FALLING],
                0.5,
                "Step size of every update; falling: n to the -0.8 at the n-th visit",
            ),
            "epsilon": slider(
                "epsilon",
                [0.0, 0.05, 0.1, 0.3, 0.6, 1.0],
                1.0,
                "Probability of a random action",
            ),
        },
        bands(
            learn_table,
            "environment steps of each agent",
            [Panel("Q-learning on the slippery grid", "distance to q*", (0, 1.9))],
        ),
        draw_bands,
        (
            "The distance to q* of tabular Q-learning over environment steps, mean of"
            " 16 seeds with its 99 % interval."
        ),
    )


def learn_table(
    tell: Tell, alpha: float, epsilon: float, seed: int = 0
) -> tuple[list[float], list[Floats]]:
    """Run Q-learning on the grid; an alpha of 0 stands for the falling one. Returns
    steps `[T]`, distances `[N, T]`.

    Source: Watkins & Dayan (1992).
    """
    mdp, n_steps, asked = slippery_grid(), 10_000, 0

    def step_size(visits: Ints) -> Floats:
        nonlocal asked  # it is asked once a step, so it can tell how far the work is
        asked += 1
        if asked % 100 == 0:
            tell(asked / n_steps)
        return np.full(len(visits), alpha) if alpha else np.asarray(visits**-0.8)

    runs = q_learning(
        mdp,
        value_iteration(mdp),
        numpy_generator(seed, "step size lab"),
        n_steps,
        step_size,
        np.full(N_SEEDS, epsilon),
        measure_every=250,
    )
    return list(runs.steps), [np.stack(runs.errors, 1)]


def correlation_lab() -> SmallLab:
    """Ask whether a larger batch or a longer memory keeps what was learned. Source: Lin
    (1992). Taught in 04_replay_buffer.
    """
    return SmallLab(
        (
            "The learner keeps the newest 32 steps only and forgets. What helps more: a"
            " batch of 128 instead of 32, or a memory of 2,000 steps, one whole turn?"
            " Once the memory is long, what is the batch good for?"
        ),
        {
            "batch_size": slider(
                "batch size",
                [1, 4, 16, 32, 64, 128, 256],
                32,
                "Samples drawn for each update",
            ),
            "memory": slider(
                "memory",
                [32, 100, 300, 1_000, 2_000, 4_000],
                32,
                "Newest steps that batches are drawn from",
            ),
        },
        bands(
            learn_circle,
            "steps, one update each",
            [
                Panel(
                    "A context that goes round once in 2,000 steps",
                    "accuracy, whole circle",
                    (0.2, 1.02),
                )
            ],
        ),
        draw_bands,
        (
            "Share of the circle with the right action over steps, mean of 16 seeds"
            " with its 99 % interval."
        ),
    )


def learn_circle(
    tell: Tell, batch_size: int, memory: int, seed: int = 0
) -> tuple[list[float], list[Floats]]:
    """Learn rewards on a slowly turning circle, a linear function of nine waves for
    each of four actions.

    Returns steps `[T]` and accuracies `[N, T]`, each over 200 angles of the whole
    circle.

    Source: Lin (1992).
    """
    rng, rows, n_steps, step_size = (
        numpy_generator(seed, "correlation lab"),
        np.arange(N_SEEDS)[:, None],
        4_000,
        0.3,
    )
    # [N, steps]
    x = rng.uniform(0, 2 * np.pi, (N_SEEDS, 1)) + 2 * np.pi * np.arange(n_steps) / 2_000
    phi, action = _waves(x), rng.integers(4, size=x.shape)
    reward = action == quadrant(x)
    places = 2 * np.pi * (np.arange(200) + 0.5) / 200
    weights, steps, accuracy = np.zeros((N_SEEDS, 4, 9), np.float32), [], []
    for t in range(1, n_steps + 1):
        sampled = rng.integers(max(0, t - memory), t, (N_SEEDS, batch_size))
        features, a = phi[rows, sampled], action[rows, sampled]  # [N, B, 9], [N, B]
        error = reward[rows, sampled] - (features * weights[rows, a]).sum(-1)
        # [N, 4, B]
        of_action = np.where(
            np.arange(4)[:, None] == a[:, None], error[:, None], 0
        ).astype(np.float32)
        weights += np.float32(step_size / batch_size) * of_action @ features
        if t % 100 == 0:
            tell(t / n_steps)
            steps.append(float(t))
            accuracy.append(
                ((weights @ _waves(places).T).argmax(1) == quadrant(places)).mean(-1)
            )
    return steps, [np.stack(accuracy, 1)]


def _waves(x: Floats) -> NDArray[np.float32]:
    waves = x[..., None] * np.arange(1, 5)
    return np.concatenate(
        [np.ones_like(waves[..., :1]), np.cos(waves), np.sin(waves)], -1
    ).astype(np.float32)


def target_lab() -> SmallLab:
    """Ask up to which tau the values on the star stay bounded. Source: Sutton & Barto
    (2018), section 11.2. Taught in 05_critic.
    """
    return SmallLab(
        (
            "All true values on Baird's star are 0. Up to which tau do the learned"
            " values stay bounded? Among those, which comes closest to 0, and why is"
            " the smallest tau not the best?"
        ),
        {
            "tau": slider(
                "tau",
                [0.0, 0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0],
                1.0,
                "Share of the way that the target goes at each update; 1 is a copy",
            )
        },
        bands(
            learn_star,
            "updates",
            [
                Panel(
                    "Baird's star, logarithmic axis",
                    "max |v|",
                    (0.05, 1e25),
                    is_log=True,
                )
            ],
        ),
        draw_bands,
        (
            "The largest absolute value on Baird's star over updates, mean of 16 seeds"
            " with its 99 % interval, log axis."
        ),
    )


def learn_star(
    tell: Tell, tau: float, seed: int = 0
) -> tuple[list[float], list[Floats]]:
    """Value the solid action from the dashed behaviour. Returns updates `[T]` and max
    |v| `[N, T]`.

    Source: Baird (1995), as in Sutton & Barto (2018), section 11.2.
    """
    features = np.zeros((7, 8))
    features[range(6), range(6)], features[:6, 7], features[6, 6:] = 2, 1, (1, 2)
    rng, n_updates = numpy_generator(seed, "target lab"), 20_000
    w = np.tile([1.0, 1, 1, 1, 1, 1, 10, 1], (N_SEEDS, 1))
    target_w, updates, sizes = w.copy(), [], []
    for n in range(n_updates + 1):
        if n % 250 == 0:
            tell(n / n_updates)
            updates.append(float(n))
            sizes.append(np.abs(w @ features.T).max(-1))
        x, rho = (
            features[rng.integers(7, size=N_SEEDS)],
            7 * (rng.random(N_SEEDS) < 1 / 7),
        )
        # after solid comes state 7
        delta = 0.99 * target_w @ features[6] - (w * x).sum(-1)
        w = w + (0.01 * rho * delta)[:, None] * x
        target_w += tau * (w - target_w)
    return updates, [np.stack(sizes, 1)]
