"""The slippery grid while its values are computed or learned, step by step.

`grid_lab.js` draws it, in a notebook and in a page without a kernel alike. What it
plays is a *track*, one for each setting of the sliders: all steps, computed in advance.
"""

import json
from collections.abc import Sequence
from itertools import product
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from dqn_tutorial.classroom.live.asked import HERE, AskedLab, script
from dqn_tutorial.classroom.pictures.figures import new_figure
from dqn_tutorial.classroom.pictures.grid_view import draw_grid
from dqn_tutorial.mdp import (
    ARROWS,
    GRID,
    bellman_optimality_operator,
    q_from_v,
    slippery_grid,
)
from dqn_tutorial.seeding import numpy_generator
from dqn_tutorial.tabular import Floats, Ints, q_learning

SLIPS, GAMMAS = (0.0, 0.1, 0.2, 0.4, 0.6), (0.5, 0.7, 0.9, 0.95, 0.995)
ALPHAS, EPSILONS = (0.1, 0.5, 1.0), (0.1, 0.5, 1.0)
START = {"slip": 0.2, "gamma": 0.9, "alpha": 0.5, "epsilon": 1.0}
LAYOUT = "".join(GRID)
CLOSE = 0.001  # value iteration ends after a sweep that moves no value by more
N_STEPS, SEED = 400, 2  # of Q-learning; with this seed it is soon at the goal
ALT = (
    "The slippery grid of 16 states before the first sweep: the goal is state 3, the"
    " holes are states 5 and 7, and every other value is 0."
)


def sweeps(slip: float, gamma: float) -> dict[str, Any]:
    """Return the track of value iteration: values rounded to two places, greedy arrows,
    and the largest change, from the table of zeros to the end.

    Source: Sutton & Barto (2018), section 4.4.
    """
    mdp = slippery_grid(slip=slip, gamma=gamma)
    v, change = np.zeros(mdp.n_states), np.inf
    track: dict[str, Any] = {"values": [], "arrows": [], "changes": []}
    while True:
        track["values"].append(list(map(_rounded, v.tolist())))
        track["arrows"].append(_best(q_from_v(mdp, v)))
        if change <= CLOSE:
            return track
        new_v = bellman_optimality_operator(mdp, v)
        change, v = np.abs(new_v - v).max(), new_v
        track["changes"].append(float(f"{change:.2g}") or 0)


def steps(slip: float, gamma: float, alpha: float, epsilon: float) -> dict[str, Any]:
    """Return the track of one Q-learner: for each step, as one word, the state (in
    base 16), the action, the next state, the greedy action in the state after the
    update, and the new action value to two places, left out where it is 0.

    Source: Watkins & Dayan (1992).
    """
    mdp, told = slippery_grid(slip=slip, gamma=gamma), []

    def watch(q: Floats, state: Ints, action: Ints, next_state: Ints) -> None:
        s, a = state[0], action[0]
        new = _rounded(q[0, s, a].item()) or ""
        told.append(f"{s:x}{a}{next_state[0]:x}{_best(q[0, [s]])}{new}")

    q_learning(
        mdp,
        np.zeros((mdp.n_states, mdp.n_actions)),
        numpy_generator(SEED, "grid lab"),
        N_STEPS,
        lambda visits: np.full(1, alpha),
        np.full(1, epsilon),
        watch=watch,
    )
    return {"steps": " ".join(told)}


def _rounded(value: float) -> float:
    return round(value, 2) or 0


def _best(q: Floats) -> str:
    """Return a character for each row: the best action, the first of equals; "-" where
    all are equal.
    """
    best = q.argmax(-1).astype(str)
    return "".join(np.where(q.min(-1) == q.max(-1), "-", best))


def track(key: str) -> dict[str, Any]:
    """Return the track of one setting: slip and gamma, for Q-learning also alpha and
    epsilon, as numbers with a space between.

    Source: as `sweeps` and `steps`.
    """
    values = [float(word) for word in key.split()]
    return sweeps(*values) if len(values) == 2 else steps(*values)


def look() -> dict[str, Any]:
    """Return what the page draws besides a track: the grid, the sliders' values and
    where they begin. Source: `mdp.slippery_grid`.
    """
    values = (SLIPS, GAMMAS, ALPHAS, EPSILONS)
    return {
        "layout": LAYOUT,
        "actions": ARROWS,
        "sliders": {
            name: {"options": options, "start": options.index(START[name])}
            for name, options in zip(START, values, strict=True)
        },
    }


def answers() -> str:
    """Return, as JSON, all that `play` in `grid_lab.js` needs where no kernel runs.
    Source: as `sweeps` and `steps`.
    """
    keys: Sequence[tuple[float, ...]] = [
        *product(SLIPS, GAMMAS),
        *product(SLIPS, GAMMAS, ALPHAS, EPSILONS),
    ]
    names = [" ".join(f"{value:g}" for value in key) for key in keys]
    tracks = {name: track(name) for name in names}
    return json.dumps({"look": look(), "tracks": tracks}, separators=(",", ":"))


class GridLab(AskedLab):
    """The lab as a widget. Source: anywidget."""

    _esm, _css = script("grid_lab"), HERE / "grid_lab.css"


def _still() -> tuple[Figure, str]:
    figure, axes = new_figure(4.6, 4.6)
    mdp = slippery_grid()
    draw_grid(axes, mdp, values=np.zeros(mdp.n_states), numbers=True)
    return figure, ALT


def grid_lab() -> GridLab:
    """Show how values spread from the goal, by value iteration or by Q-learning.

    Source: Sutton & Barto (2018), sections 4.4 and 6.5. Taught in 01_bellman_equation.
    """
    return GridLab(look(), track, _still)
