"""Answers to the exercises of 07_train_cartpole."""

import numpy as np

from dqn_tutorial.classroom.pictures.curves import recent_mean
from tests.exercises import Answers


def by_mask(steps, returns, window):
    means = []
    for step in steps:
        recent = (steps > step - window) & (steps <= step)
        means.append(returns[recent].mean())
    return np.array(means)


def by_pairs(steps, returns, window):
    age = steps[:, None] - steps[None, :]
    recent = (age >= 0) & (age < window)
    return recent @ returns / recent.sum(1)


def by_loop(steps, returns, window):
    means = []
    for now in steps:
        recent = []
        for step, value in zip(steps, returns, strict=True):
            if now - window < step <= now:
                recent.append(value)
        means.append(sum(recent) / len(recent))
    return means


def by_episodes(steps, returns, window):
    return [returns[max(0, k - window) : k].mean() for k in range(1, len(steps) + 1)]


def one_too_many(steps, returns, window):
    return [returns[(steps >= now - window) & (steps <= now)].mean() for now in steps]


def without_an_end(steps, returns, window):
    return [returns[steps > now - window].mean() for now in steps]


def without_a_start(steps, returns, window):
    return [returns[steps <= now].mean() for now in steps]


def on_both_sides(steps, returns, window):
    return [returns[np.abs(steps - now) < window].mean() for now in steps]


def of_the_old(steps, returns, window):
    old = [returns[steps <= now - window] for now in steps]
    return [values.mean() if len(values) else np.nan for values in old]


def of_sums(steps, returns, window):
    return [returns[(steps > now - window) & (steps <= now)].sum() for now in steps]


def by_the_window(steps, returns, window):
    return np.array(of_sums(steps, returns, window)) / window


def of_the_end(steps, returns, window):
    return returns[steps > steps[-1] - window].mean()


ANSWERS = {
    "recent_mean": Answers(
        correct=[by_mask, by_pairs, recent_mean],
        wrong=[
            (by_loop, "other type"),
            (by_episodes, "window of episodes"),
            (one_too_many, "one step too many"),
            (without_an_end, "future too"),
            (without_a_start, "all so far"),
            (on_both_sides, "around it"),
            (of_the_old, "too old"),
            (of_sums, "sum for mean"),
            (by_the_window, "divided by the window"),
            (of_the_end, "one number"),
        ],
    ),
    "loss_in_training": Answers(
        correct=["B", "b", " B "],
        wrong=[
            ("A", "answer A"),
            ("C", "answer C"),
            ("D", "answer D"),
            ("E", "no letter"),
            (2, "no letter"),
            ("", "no letter"),
        ],
    ),
    "match_curves": Answers(
        correct=["CEBFDA", "c e b f d a", "C, E, B, F, D, A"],
        wrong=[
            ("ECBFDA", "the preset"),
            ("CBEFDA", "gamma = 0.8"),
            ("CEFBDA", "epsilon = 1"),
            ("CEBDFA", "tau = 0"),
            ("CEBFAD", "step size 0.5"),
            (["C", "E", "B", "F", "D", "A"], "no letters"),
            ("CEBFD", "no letters"),
            ("CCBFDA", "no letters"),
        ],
    ),
}
