"""Exam items whose numbers can vary: how these are drawn, where they stand in the
bank's stem, and what follows from them.
"""

import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

Numbers = tuple[Any, ...]


class Varied(NamedTuple):
    """How the numbers of an item of the bank vary."""

    own: Numbers  # those of the bank
    draw: Callable[[np.random.Generator], Numbers]
    given: Callable[..., Sequence[str]]  # the pieces of the stem that hold them
    solve: Callable[..., tuple[float, ...]]  # the numbers of the answer
    key: Callable[..., str]  # the answer, from the numbers of the answer


def short(number: float) -> str:
    """Return a number as the answers show it: four digits, no closing zeros."""
    return f"{0.0 if abs(number) < 1e-12 else float(number):.4g}"


def told(words: str) -> Callable[..., str]:
    """Return what puts the numbers of an answer into words, {} for each."""
    return lambda *answer: words.format(*map(short, answer))


def pick(rng: np.random.Generator, *values: Any) -> Any:
    """Draw one of some values."""
    return values[rng.integers(len(values))]


def _returns(r_1: int, r_2: int, r_3: int, r_4: int, gamma: float) -> Numbers:
    g_3 = float(r_4)
    g_2 = r_3 + gamma * g_3
    g_1 = r_2 + gamma * g_2
    return g_3, g_2, g_1, r_1 + gamma * g_1


def _sweeps(p: float, gamma: float) -> Numbers:
    return p, gamma * p * p, p + gamma * (1 - p) * p


def _update(
    q: float, r: float, a: float, b: float, c: float, gamma: float, alpha: float
) -> Numbers:
    y = r + gamma * max(a, b, c)
    return y, y - q, q + alpha * (y - q), r, r - q, q + alpha * (r - q)


def _floor(spread: float, alpha: float, wanted: float) -> Numbers:
    share = (wanted / spread) ** 2
    return math.sqrt(alpha / (2 - alpha)) * spread, 2 * share / (1 + share)


def _three_targets(
    a: int, b: int, c: int, d: int, taken: int, r: int, gamma: float, epsilon: float
) -> Numbers:
    row = (a, b, c, d)
    mean = (1 - epsilon) * max(row) + epsilon * sum(row) / 4
    return r + gamma * max(row), r + gamma * taken, r + gamma * mean


def _draw_targets(rng: np.random.Generator) -> Numbers:
    row = [int(x) for x in rng.permutation(7)[:4]]
    taken = row[0] if row[0] < max(row) else row[1]
    return (*row, taken, pick(rng, 1, 2, 3), pick(rng, 0.5, 0.8), pick(rng, 0.2, 0.4))


def _shared_weight(rate: float, gamma: float) -> Numbers:
    return 2 * rate, 2 * rate, gamma * 2 * rate


def _ring(n_rows: int, last: int, end: int) -> Numbers:
    newest = range(last - n_rows + 1, last + 1)
    rows = sorted(newest, key=lambda step: step % n_rows)
    return (*rows, (end + 1) % n_rows)


def _draw_ring(rng: np.random.Generator) -> Numbers:
    n_rows = pick(rng, 5, 6, 7, 8)
    last = int(rng.integers(2 * n_rows, 3 * n_rows))
    return n_rows, last, last - int(rng.integers(1, n_rows - 1))


def _ring_key(*answer: float) -> str:
    rows = ", ".join(map(short, answer[:-1]))
    return f"{rows}; all rows but row {short(answer[-1])}"


def _flags(r: int, gamma: float, a: int, b: int) -> Numbers:
    y = r + gamma * max(a, b)
    return y, r, y - r


def _losses(large: int, k: int, n: int) -> Numbers:
    return large * k / n, large - (n - k) / k


def _weights(factor: int, gamma: float, alpha: float) -> Numbers:
    return 1 / factor, 1 + alpha * (factor * gamma - 1), factor * gamma


def _cost(error: float, gamma: float, best: float, second: float) -> Numbers:
    return 2 * error / (1 - gamma), best - error, second + error


def _cost_key(bound: float, best: float, second: float) -> str:
    first, other = short(best), short(second)
    if second < best:
        return f"At most {short(bound)}; no: at most {other} against at least {first}."
    return f"At most {short(bound)}; yes: {other} is possible against {first}."


def _draw_cost(rng: np.random.Generator) -> Numbers:
    error, best = pick(rng, 0.01, 0.02, 0.03), pick(rng, 0.6, 0.7, 0.8)
    gap = pick(rng, 0.5, 1.5, 2.5, 3.0) * error  # nowhere exactly twice the error
    return error, pick(rng, 0.9, 0.95, 0.98), best, round(best - gap, 4)


def _windows(a: int, b: int, c: int, d: int, gamma: float, v: int) -> Numbers:
    behind = [c + gamma * d, d, 0.0]  # rewards of a window from step 3, 4 on
    two = b + gamma * c + gamma**2 * d
    one = a + gamma * b + gamma**2 * c + gamma**3 * v
    cut = two + gamma**3 * v, behind[0] + gamma**2 * v, behind[1] + gamma * v
    return one, *cut, two, behind[0], behind[1]


def _price(gamma: float, epsilon: float) -> Numbers:
    return gamma, gamma * (1 - epsilon)


def _value_and_return(gamma: float, says: int, steps: int) -> Numbers:
    return (1 - gamma**steps) / (1 - gamma), 1 / (1 - gamma)


def _draw_value(rng: np.random.Generator) -> Numbers:
    gamma = pick(rng, 0.98, 0.99, 0.995)
    says = round(pick(rng, 2, 3, 4) / (1 - gamma)) + 10
    return gamma, says, pick(rng, 50, 100, 150, 250, 300)


def _gamma_drops(n: int, old: int, gamma: float) -> Numbers:
    rewards = sum(gamma**k for k in range(n))
    return rewards + gamma**n * old, 1 / (1 - gamma)


def _seeds(spread: int, effect: int) -> Numbers:
    n = ((2.58 + 1.28) * spread / effect) ** 2
    return math.ceil(n), math.ceil(4 * n)


def _coins(epsilon: float, n: int, reading: float) -> Numbers:
    spread = math.sqrt(epsilon * (1 - epsilon))
    return spread / math.sqrt(n), spread, epsilon


def _draw_coins(rng: np.random.Generator) -> Numbers:
    epsilon, n = pick(rng, 0.1, 0.2, 0.36, 0.5), pick(rng, 25, 64, 100, 400)
    return epsilon, n, round(math.sqrt(epsilon * (1 - epsilon)), 3)


def _scale(pay: int, gamma: float) -> Numbers:
    return pay / (1 - gamma), 5 * (1 - gamma) / pay


VARIED: dict[str, Varied] = {
    "exam_four_returns": Varied(
        (0, 2, -1, 4, 0.5),
        lambda rng: (*map(int, rng.integers(-4, 6, 4)), pick(rng, 0.5, 0.8, 0.9)),
        lambda a, b, c, d, gamma: (
            f"$R_1={a}$, $R_2={b}$, $R_3={c}$, $R_4={d}$",
            rf"$\gamma={gamma}$",
        ),
        _returns,
        told("$G_3={}$, $G_2={}$, $G_1={}$, $G_0={}$"),
    ),
    "exam_two_sweeps": Varied(
        (0.5, 0.8),
        lambda rng: (pick(rng, 0.4, 0.6, 0.7, 0.8), pick(rng, 0.5, 0.7, 0.9)),
        lambda p, gamma: (f"with probability {p},", rf"$\gamma={gamma}$"),
        _sweeps,
        told("After sweep one: 0, 0, {}. After sweep two: 0, {}, {}."),
    ),
    "exam_one_update": Varied(
        (0.5, -1, 0.2, 1.5, -0.3, 0.8, 0.25),
        lambda rng: (
            pick(rng, 0.2, 0.4, 0.6),
            pick(rng, -2, -1, 1, 2),
            *(round(float(x), 1) for x in rng.uniform(-1, 2, 3)),
            pick(rng, 0.5, 0.9),
            pick(rng, 0.1, 0.2, 0.5),
        ),
        lambda q, r, a, b, c, gamma, alpha: (
            f"$q(s,a)={q}$",
            f"$r={r}$",
            rf"${a},\ {b},\ {c}$",
            rf"$\gamma={gamma}$",
            rf"$\alpha={alpha}$",
        ),
        _update,
        told(r"$y={}$, $\delta={}$, new {}; if terminal $y={}$, $\delta={}$, new {}"),
    ),
    "exam_step_size_for_a_floor": Varied(
        (0.6, 0.2, 0.1),
        lambda rng: (
            pick(rng, 0.5, 0.8, 1.2),
            pick(rng, 0.1, 0.25, 0.4),
            pick(rng, 0.05, 0.08),
        ),
        lambda spread, alpha, wanted: (
            f"with standard deviation {spread}.",
            rf"$\alpha={alpha}$",
            f"leaves {wanted}?",
        ),
        _floor,
        told(r"It leaves {}; the other $\alpha$ is {}, and learns more slowly."),
    ),
    "exam_three_targets": Varied(
        (1, 3, 2, 0, 2, 1, 0.5, 0.4),
        _draw_targets,
        lambda a, b, c, d, taken, r, gamma, epsilon: (
            rf"${a},\ {b},\ {c},\ {d}$",
            rf"$\epsilon={epsilon}$",
            f"worth {taken} next",
            f"$r={r}$",
            rf"$\gamma={gamma}$",
        ),
        _three_targets,
        told("{0}, {1} and {2}; only the target of Expected SARSA changes, to {0}."),
    ),
    "exam_shared_weight": Varied(
        (0.25, 0.9),
        lambda rng: (pick(rng, 0.1, 0.2, 0.3, 0.4), pick(rng, 0.5, 0.8, 0.95)),
        lambda rate, gamma: (f"learning rate {rate}.", f"$1+{gamma}\\,v(2)$"),
        _shared_weight,
        told(
            "State 1 is at {}, state 2 at {}; in the table 0.5 and 0. The target has"
            " moved by {}."
        ),
    ),
    "exam_ring": Varied(
        (6, 14, 11),
        _draw_ring,
        lambda n, last, end: (
            f"$N={n}$",
            f"The steps 0 to {last} of",
            f"Step {end} ended",
        ),
        _ring,
        _ring_key,
    ),
    "exam_flags_by_hand": Varied(
        (2, 0.5, 4, 6),
        lambda rng: (
            pick(rng, -1, 1, 3),
            pick(rng, 0.5, 0.8, 0.9),
            *map(int, rng.permutation(np.arange(2, 11))[:2]),
        ),
        lambda r, gamma, a, b: (
            f"$r={r}$",
            rf"$\gamma={gamma}$",
            rf"$Q_t(s',\cdot)=({a},{b})$",
        ),
        _flags,
        told("{0}, {0}, {1}, {1}; the program is wrong for (no, yes) alone, by {2}."),
    ),
    "exam_most_are_large": Varied(
        (8, 3, 4),
        lambda rng: (pick(rng, 4, 6, 10, 12), *pick(rng, (2, 3), (4, 5), (5, 8))),
        lambda large, k, n: (f"The target is {large} in {count(k)} of {count(n)} s",),
        _losses,
        told("Squared {}, Huber {}; with Huber the Q-value is larger than the mean."),
    ),
    "exam_w_and_three_w": Varied(
        (3, 0.9, 0.1),
        lambda rng: (
            pick(rng, 2, 4, 5),
            pick(rng, 0.8, 0.9, 0.95),
            pick(rng, 0.05, 0.1, 0.2),
        ),
        lambda factor, gamma, alpha: (
            f"values $w$ and ${factor}w$",
            rf"(\gamma\,{factor}w-w)",
            rf"$\gamma={gamma}$ and $\alpha={alpha}$",
        ),
        _weights,
        told(r"For $\gamma$ above {}; the factor is {}; between two copies about {}."),
    ),
    "exam_cost_of_an_error": Varied(
        (0.01, 0.95, "0.700", "0.675"),
        _draw_cost,
        lambda error, gamma, best, second: (
            f"further than {error} from",
            rf"$\gamma={gamma}$",
            f"$q_*={best}$ and $q_*={second}$",
        ),
        lambda error, gamma, best, second: _cost(
            error, gamma, float(best), float(second)
        ),
        _cost_key,
    ),
    "exam_four_windows": Varied(
        (2, 0, 1, 3, 0.5, 4),
        lambda rng: (
            *map(int, rng.integers(0, 5, 4)),
            pick(rng, 0.5, 0.8),
            pick(rng, 2, 6, 8),
        ),
        lambda a, b, c, d, gamma, v: (
            f"the rewards {a}, {b}, {c}, {d}, and",
            rf"$\gamma={gamma}$",
            f"largest $Q_t$ is\n{v} in",
        ),
        _windows,
        told("{}, {}, {}, {}; if terminated, the last three are {}, {} and {}."),
    ),
    "exam_price_of_two": Varied(
        (0.9, 0.5),
        lambda rng: (pick(rng, 0.5, 0.8, 0.95), pick(rng, 0.1, 0.2, 0.4, 0.6)),
        lambda gamma, epsilon: (rf"$\gamma={gamma}$", rf"$\epsilon={epsilon}$"),
        _price,
        told("At {} with one step, at {} with two; more training does not help."),
    ),
    "exam_value_and_return": Varied(
        (0.99, 310, 200),
        _draw_value,
        lambda gamma, says, steps: (
            rf"$\gamma={gamma}$",
            f"$Q={says}$",
            f"last\n{steps} steps",
            f"conclude from {says}?",
        ),
        _value_and_return,
        told(
            "The return is {}, the largest possible {}. So Q is far too large; its"
            " actions may still be right."
        ),
    ),
    "exam_gamma_drops": Varied(
        (3, 80, 0.9),
        lambda rng: (
            pick(rng, 2, 3, 4),
            pick(rng, 60, 100, 150),
            pick(rng, 0.5, 0.8, 0.95),
        ),
        lambda n, old, gamma: (
            f"$n={n}$",
            f"value is {old} in",
            f"drops to {gamma}.",
        ),
        _gamma_drops,
        told("About {} at once; in the end {}."),
    ),
    "exam_how_many_seeds": Varied(
        (120, 60),
        lambda rng: (pick(rng, 80, 100, 150, 200), pick(rng, 30, 40, 50, 75)),
        lambda spread, effect: (
            f"standard deviation {spread},",
            f"mean difference of {effect}.",
        ),
        _seeds,
        told("{} seeds; for half the difference {}, four times as many."),
    ),
    "exam_spread_of_exploring": Varied(
        (0.2, 100, 0.4),
        _draw_coins,
        lambda epsilon, n, reading: (
            rf"$\epsilon={epsilon}$",
            f"share of {n} states",
            f"The reading says {reading}.",
        ),
        _coins,
        told("{} with a coin each, {} with one coin; the mean is {} in both cases."),
    ),
    "exam_scale_of_returns": Varied(
        (5, 0.99),
        lambda rng: (pick(rng, 2, 4, 8, 10), pick(rng, 0.9, 0.95, 0.98)),
        lambda pay, gamma: (f"pays {pay} at", rf"$\gamma={gamma}$"),
        _scale,
        told(
            "{}; {}; the best actions stay, and the score is shown in the units of the"
            " task."
        ),
    ),
}


def count(number: int) -> str:
    """Return a small whole number in words."""
    words = "none one two three four five six seven eight".split()
    return words[number] if number < len(words) else str(number)
