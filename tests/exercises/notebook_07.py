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


def by_places(steps, returns, window):
    first = np.searchsorted(steps, steps - window, "right")
    last = np.searchsorted(steps, steps, "right")
    return np.array(
        [returns[i:j].mean() for i, j in zip(first, last, strict=True)], np.float32
    )


def by_running_sum(steps, returns, window):
    means, start, total, end = np.zeros(len(steps)), 0, 0.0, 0
    for k in range(len(steps)):
        while end < len(steps) and steps[end] <= steps[k]:
            total, end = total + returns[end], end + 1
        while steps[start] <= steps[k] - window:
            total, start = total - returns[start], start + 1
        means[k] = total / (end - start)
    return means


def by_a_grid(steps, returns, window):
    sums = np.bincount(steps, returns, minlength=steps[-1] + 1).cumsum()
    counts = np.bincount(steps).cumsum()
    old = steps - window
    past = np.where(old >= 0, sums[old.clip(0)], 0)
    return (sums[steps] - past) / (
        counts[steps] - np.where(old >= 0, counts[old.clip(0)], 0)
    )


def by_recursion(steps, returns, window):
    if not len(steps):
        return np.zeros(0)
    now = steps <= steps[0]
    rest = now.sum()
    means = [
        np.average(returns, weights=(steps <= s) & (steps > s - window)) for s in steps
    ]
    return np.concatenate([means[:rest], means[rest:]])


def in_torch_numbers(steps, returns, window):
    ends = np.subtract.outer(steps, steps)
    return (
        np.ma.masked_array(
            np.broadcast_to(returns, ends.shape), (ends < 0) | (ends >= window)
        )
        .mean(1)
        .data
    )


def one_too_few(steps, returns, window):
    return np.array(
        [returns[(steps > n - window + 1) & (steps <= n)].mean() for n in steps]
    )


def up_to_the_window(steps, returns, window):
    last = returns[steps > steps[-1] - window]
    return np.array([returns[steps <= n][-len(last) :].mean() for n in steps])


def of_the_last_window(steps, returns, window):
    is_recent = steps > steps.max() - window
    means = []
    for step in steps:
        kept = returns[is_recent & (steps <= step)]
        means.append(kept.mean() if kept.size else np.nan)
    return np.array(means)


def after_the_window(steps, returns, window):
    means = []
    for step in steps:
        kept = returns[(steps > window) & (steps <= step)]
        means.append(kept.mean() if kept.size else np.nan)
    return np.array(means)


def of_equals(steps, returns, window):
    return np.array([returns[steps == step].mean() for step in steps])


def before_it(steps, returns, window):
    means = []
    for step in steps:
        kept = returns[(steps > step - window) & (steps < step)]
        means.append(kept.mean() if len(kept) else 0.0)
    return np.array(means)


def up_to_its_place(steps, returns, window):
    means = []
    for k, step in enumerate(steps):
        recent = steps[: k + 1] > step - window
        means.append(returns[: k + 1][recent].mean())
    return np.array(means)


def with_a_pointer(steps, returns, window):
    means, start = [], 0
    for k in range(len(steps)):
        while steps[start] <= steps[k] - window:
            start += 1
        means.append(returns[start : k + 1].mean())
    return np.array(means)


def of_the_next_steps(steps, returns, window):
    return np.array(
        [returns[(steps >= n) & (steps < n + window)].mean() for n in steps]
    )


def of_steps(steps, returns, window):
    return np.array([steps[(steps > n - window) & (steps <= n)].mean() for n in steps])


def by_median(steps, returns, window):
    chosen = [returns[(steps > n - window) & (steps <= n)] for n in steps]
    return np.array([np.median(some) for some in chosen])


def by_count(steps, returns, window):
    return np.array([np.sum((steps > n - window) & (steps <= n)) for n in steps])


def of_the_best(steps, returns, window):
    return np.array([max(returns[(steps > n - window) & (steps <= n)]) for n in steps])


def over_all_so_far(steps, returns, window):
    means = []
    for k, step in enumerate(steps):
        recent = (steps > step - window) & (steps <= step)
        means.append(returns[recent].sum() / (k + 1))
    return np.array(means)


def of_each_step_once(steps, returns, window):
    return np.array(
        [by_mask(steps, returns, window)[steps == n][0] for n in sorted({*steps})]
    )


def once_a_window_is_full(steps, returns, window):
    means = []
    for step in steps:
        if step < window:
            means.append(np.nan)
            continue
        means.append(returns[(steps > step - window) & (steps <= step)].mean())
    return np.array(means)


def by_convolution(steps, returns, window):
    return np.convolve(returns, np.ones(window) / window, mode="same")


def by_cumulated_sums(steps, returns, window):
    sums = np.concatenate([np.zeros(window), np.cumsum(returns)])
    return (sums[window:] - sums[:-window]) / window


def with_and(steps, returns, window):
    return np.array([returns[steps > n - window and steps <= n].mean() for n in steps])


def one_too_many_and_summed(steps, returns, window):
    return np.array(
        [returns[(steps >= n - window) & (steps <= n)].sum() for n in steps]
    )


def of_all(steps, returns, window):
    return np.array(
        [returns[(steps > n - window) | (steps <= n)].mean() for n in steps]
    )


def none_at_all(steps, returns, window):
    return returns[(steps > steps - window) & (steps <= steps)]


def by_slices_of_steps(steps, returns, window):
    return np.array([returns[max(0, n - window) : n].mean() for n in steps])


def at_every_step(steps, returns, window):
    means = np.full(steps[-1] + 1, np.nan)
    for n in range(steps[0], len(means)):
        recent = returns[(steps > n - window) & (steps <= n)]
        if len(recent):
            means[n] = recent.mean()
    return means


def smoothed(steps, returns, window):
    means = [returns[0]]
    for value in returns[1:]:
        means.append(means[-1] + (value - means[-1]) / window)
    return np.array(means)


def in_blocks(steps, returns, window):
    return np.array([returns[steps // window == n // window].mean() for n in steps])


def of_the_last(steps, returns, window):
    return np.array([returns[(steps > n - window) & (steps <= n)][-1] for n in steps])


def of_two_windows(steps, returns, window):
    return np.array(
        [returns[(steps > n - 2 * window) & (steps <= n)].mean() for n in steps]
    )


def only_the_last_window(steps, returns, window):
    return returns[steps > steps[-1] - window]


def weighted_by_steps(steps, returns, window):
    means = []
    for n in steps:
        recent = (steps > n - window) & (steps <= n)
        means.append((returns * steps)[recent].sum() / steps[recent].sum())
    return np.array(means)


def rounded(steps, returns, window):
    return by_mask(steps, returns, window).round()


def of_the_end(steps, returns, window):
    return returns[steps > steps[-1] - window].mean()


ANSWERS = {
    "recent_mean": Answers(
        correct=[
            by_mask,
            by_pairs,
            recent_mean,
            by_places,
            by_running_sum,
            by_a_grid,
            by_recursion,
            in_torch_numbers,
        ],
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
            (one_too_few, "one step too few"),
            (of_the_last_window, "window at the end"),
            (after_the_window, "window from the start"),
            (of_equals, "one step alone"),
            (before_it, "itself left out"),
            (up_to_its_place, "equal ends apart"),
            (with_a_pointer, "equal ends apart"),
            (of_the_next_steps, "window ahead"),
            (of_steps, "means the steps"),
            (by_median, "another measure"),
            (by_count, "number for mean"),
            (of_the_best, "largest for mean"),
            (over_all_so_far, "divided by others too"),
            (of_each_step_once, "equal ends once"),
            (once_a_window_is_full, "waits for a window"),
            (by_convolution, "window of episodes"),
            (by_cumulated_sums, "window of episodes"),
            (with_and, "one flag for all"),
            (of_all, "all episodes"),
            (none_at_all, "no window"),
            (by_slices_of_steps, "steps as places"),
            (at_every_step, "one for each step"),
            (smoothed, "exponential"),
            (in_blocks, "fixed blocks"),
            (one_too_many_and_summed, "one step too many + sum for mean"),
            (up_to_the_window, "other values"),
            (rounded, "rounded"),
            (of_the_last, "one score for mean"),
            (of_two_windows, "other length"),
            (only_the_last_window, "window at the end"),
            (weighted_by_steps, "other values"),
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
