"""Numbers of the concept questions and their parallel forms."""

from collections.abc import Callable, Iterable

import numpy as np

from dqn_tutorial.mdp import slippery_grid


def entries_changed(rewards: list[float], alpha: float) -> Iterable[str]:
    """Walk a path of new states once with a table of zeros; count what changed."""
    mdp = slippery_grid()
    q = np.zeros((len(rewards) + 1, mdp.n_actions))
    for step, reward in enumerate(rewards):
        is_end = step == len(rewards) - 1
        target = reward + (0 if is_end else mdp.gamma * q[step + 1].max())
        q[step, 0] += alpha * (target - q[step, 0])
    yield f"{np.count_nonzero(q)}"


NUMBERS: dict[str, Callable[[], Iterable[str]]] = {
    "entries_changed_first": lambda: [
        *entries_changed([0.0] * 19 + [1.0], 0.1),
        "2",
        f"{(~slippery_grid().terminal).sum() * 4}",  # all that can be updated
        "0",
    ],
    "entries_changed_hole": lambda: [
        *entries_changed([0.0] * 7 + [-1.0], 0.5),
        "4",
        "0",
    ],
}
