"""Numbers of the exam items."""

import math
from collections.abc import Callable, Iterable

import numpy as np
import torch

from dqn_tutorial import targets
from dqn_tutorial.mdp import MDP, bellman_optimality_operator

Numbers = Iterable[str]


def short(*values: float) -> list[str]:
    """Return numbers without their signs and closing zeros."""
    return [f"{round(abs(float(value)), 10):g}" for value in values]


def four_returns() -> Numbers:
    g, gamma = 0.0, 0.5
    for reward in (4, -1, 2, 0):
        g = reward + gamma * g
        yield from short(g)
    yield from short(gamma**2, gamma**3)
    assert g == np.array([0, 2, -1, 4]) @ gamma ** np.arange(4)


def largest_value() -> Numbers:
    assert math.isclose(3 / (1 - 0.9), 30)
    yield from ("1", "2")  # of the series


def corridor() -> MDP:
    transition, reward = np.zeros((4, 2, 4)), np.zeros((4, 2, 4))
    for cell in range(3):
        transition[cell, 0, max(cell - 1, 0)] = 1
        transition[cell, 1, [cell, cell + 1]] = 0.5
    transition[3, :, 3] = 1
    reward[2, 1, 3] = 1
    terminal = np.arange(4) == 3
    return MDP(transition, reward, terminal, ~terminal / 3, 0.8)


def two_sweeps() -> Numbers:
    v = np.zeros(4)
    for _ in range(2):
        v = bellman_optimality_operator(corridor(), v)
        yield from short(*v[:3])


def one_update() -> Numbers:
    for target in (-1 + 0.8 * 1.5, -1.0):
        yield from short(target, target - 0.5, 0.5 + 0.25 * (target - 0.5))


def settled(alpha: float) -> float:
    """Follow the variance of an entry whose targets have variance 1."""
    variance = 1.0
    for _ in range(2_000):
        variance = (1 - alpha) ** 2 * variance + alpha**2
    return variance


def floor_of_a_step_size() -> Numbers:
    assert math.isclose(math.sqrt(settled(0.2)) * 0.6, 0.2)
    assert math.isclose(math.sqrt(settled(2 / 37)) * 0.6, 0.1)
    yield from (f"{2 / 37:.3f}", "2", "37")
    yield from short(0.6**2, 0.2**2, 0.1**2, round(0.6**2 / 0.1**2), 1)
    yield from (f"{100 * 2 / 37:.0f}", f"{100 * 0.2:.0f}")


def three_targets() -> Numbers:
    row, epsilon = np.array([1.0, 3, 2, 0]), 0.4
    mean = (1 - epsilon) * row.max() + epsilon * row.mean()
    ahead = np.array([row.max(), 2, mean])
    yield from short(1 - epsilon, row.mean(), mean, *(1 + 0.5 * ahead))


def best_of_two() -> Numbers:
    pays = np.array([(a, b) for a in (1, -1) for b in (1, -1)])
    yield from short(pays.max(1).mean(), pays.mean())


def shapes() -> Numbers:
    q, action, y = torch.zeros(5, 3), torch.zeros(5, dtype=torch.int64), torch.zeros(5)
    picked = q.gather(-1, action[:, None])
    told = q.max(-1).values, q[:, action], picked, y - picked, y - picked[:, 0]
    assert [list(x.shape) for x in told] == [[5], [5, 5], [5, 1], [5, 5], [5]]
    return []


def shared_weight() -> Numbers:
    x = np.array([[1.0, 0], [1, 1]])
    w = 0.25 * 2 * 1.0 * x[0]
    v = x @ w
    y = 1 + 0.9 * v[1]
    yield from short(*v, y - 1, y - v[0], 2)  # 2 of the gradient of a square


def ring() -> Numbers:
    rows = np.zeros(6, int)
    for step in range(15):
        rows[step % 6] = step
    assert rows[0] == 11 + 1  # the step after the end
    yield from map(str, rows)
    yield "5"


def flags() -> Numbers:
    y = [
        targets.td_target(
            torch.tensor([2.0]), torch.tensor([[4.0, 6]]), torch.tensor([end]), 0.5
        ).item()
        for end in (False, True)
    ]
    yield from short(*y, y[0] - y[1])


def mostly_large() -> Numbers:
    y, found = torch.tensor([8.0, 8, 8, 0]), []
    for loss in (torch.nn.MSELoss(), torch.nn.HuberLoss()):
        q = torch.zeros(1, requires_grad=True)
        for _ in range(2_000):
            (slope,) = torch.autograd.grad(loss(q.expand(4), y), q)
            with torch.no_grad():
                q -= 0.1 * slope
        found.append(q.item())
    assert math.isclose(found[1], 23 / 3, abs_tol=1e-4)
    yield from (f"{found[0]:g}"[:1], f"{found[1]:.2f}", "23", "3", "1")


def three_w() -> Numbers:
    gain = 3 * 0.9 - 1
    yield from short(1 + 0.1 * gain, gain, 3 * 0.9, 3, 1)


def cost_of_an_error() -> Numbers:
    yield from short(2 * 0.01 / (1 - 0.95), 1 - 0.95, 0.7 - 0.01, 0.675 + 0.01, 2)
    yield "1"


def four_windows() -> Numbers:
    rewards = np.array([2.0, 0, 1, 3])
    for terminated in (False, True):
        for k in range(4):
            window = rewards[k : k + 3]
            m, holds_the_end = len(window), k + 3 >= 4
            future = 0 if terminated and holds_the_end else 4
            yield from short(window @ 0.5 ** np.arange(m) + 0.5**m * future)
    yield from short(0.5**2, 0.5**3)


def price_of_two() -> Numbers:
    right = 1 - 0.5 + 0.5 / 2
    mean = right - (1 - right)
    yield from short(right, 1 - right, mean, 0.9 * max(1, -1), 0.9 * mean, 0)


def value_and_return() -> Numbers:
    yield from (f"{(1 - 0.99**200) / (1 - 0.99):.1f}", f"{1 / (1 - 0.99):.0f}")


def gamma_drops() -> Numbers:
    first = 1 + 0.9 + 0.81
    yield from (f"{first + 0.9**3 * 80:.2f}", f"{first + 0.9**3 * 80:.1f}")
    yield from short(0.9**2, 0.9**3, first, first / (1 - 0.9**3), 1)


def seeds() -> Numbers:
    for effect in (60, 30):
        n = ((2.58 + 1.28) * 120 / effect) ** 2
        yield from (f"{n:.1f}", f"{math.ceil(n)}", f"{120 / effect:g}")
    yield from short(2.58 + 1.28, 30)


def exploring() -> Numbers:
    variance = 0.2 * 0.8
    yield from short(variance / 100, math.sqrt(variance / 100))
    yield from short(variance, math.sqrt(variance), 0.8, 1, 0)


def best_guess() -> Numbers:
    for n in (3, 5):
        guesses = 2 - 4 * (np.arange(2**n)[:, None] >> np.arange(n) & 1)
        yield from short(guesses.max(1).mean(), 2**n)
    yield from ("1", "4")  # of the fraction, and of the step from 2 to -2


def dirt() -> Numbers:
    gamma, round_trip = 0.9, 1 - 0.9**2
    yield from short(gamma**2, 1 + gamma + gamma**2, 1 - gamma)
    yield from (f"{1 / round_trip:.2f}", f"{(1 - gamma) / round_trip:.2f}")


def bonus() -> Numbers:
    kept, goal = 0.2 * (1 - 0.9**10) / (1 - 0.9), 0.9**9
    assert math.isclose(kept + goal, 0.2 * (0.9 ** np.arange(10)).sum() + 0.9**9)
    yield from (f"{kept:.2f}", f"{goal:.2f}", f"{kept + goal:.2f}", "9")
    yield from short(0.2 / (1 - 0.9))


def signs() -> Numbers:
    told = ((35, 10, 60), (4, -12, 19), (15, 3, 27), (-30, -55, -2))
    found = [
        ">"
        if low > 0 and mean >= 20
        else "<"
        if high < 0 and mean <= -20
        else "="
        if -20 < low and high < 20
        else "?"
        for mean, low, high in told
    ]
    assert found == [">", "=", "?", "<"]
    yield "0"


NUMBERS: dict[str, Callable[[], Numbers]] = {
    "exam_four_returns": four_returns,
    "exam_third_coin": lambda: ["0", "1", "2"],  # coins since the last prize
    "exam_largest_value": largest_value,
    "exam_two_sweeps": two_sweeps,
    "exam_one_update": one_update,
    "exam_step_size_for_a_floor": floor_of_a_step_size,
    "exam_three_targets": three_targets,
    "exam_best_of_two": best_of_two,
    "exam_shapes": shapes,
    "exam_shared_weight": shared_weight,
    "exam_ring": ring,
    "exam_flags_by_hand": flags,
    "exam_most_are_large": mostly_large,
    "exam_w_and_three_w": three_w,
    "exam_cost_of_an_error": cost_of_an_error,
    "exam_four_windows": four_windows,
    "exam_price_of_two": price_of_two,
    "exam_value_and_return": value_and_return,
    "exam_which_setting": lambda: [
        "0.95",
        "0",
        f"{1 / (1 - 0.95):.0f}",
    ],
    "exam_gamma_drops": gamma_drops,
    "exam_how_many_seeds": seeds,
    "exam_four_signs": signs,
    "exam_spread_of_exploring": exploring,
    "exam_best_guess": best_guess,
    "exam_joints": lambda: [*short(3**3), f"{3**10:,}", "3"],
    "exam_dirt": dirt,
    "exam_bonus": bonus,
    "exam_lamp": lambda: ["1"],  # the bound of gamma
    "exam_scale_of_returns": lambda: [
        *short(round(5 / (1 - 0.99)), 5 / 500, 0.01 * 5),
        "1",
    ],
}
