"""Answers to the exercises of 08_what_matters."""

import math

import numpy as np

from tests.exercises import Answers


def sign_row_by_row(mean, low, high, smallest):
    if low > 0 and mean >= smallest:
        return ">"
    if high < 0 and mean <= -smallest:
        return "<"
    if -smallest < low and high < smallest:
        return "="
    return "?"


def sign_by_size(mean, low, high, smallest):
    holds_0 = low <= 0 <= high
    if not holds_0 and abs(mean) >= smallest:
        return "<>"[mean > 0]
    return "=" if max(abs(low), abs(high)) < smallest else "?"


def sign_from_a_table(mean, low, high, smallest):
    found = {
        ">": low > 0 and mean >= smallest,
        "<": high < 0 and -mean >= smallest,
        "=": all(abs(end) < smallest for end in (low, high)),
        "?": True,
    }
    return next(sign for sign, holds in found.items() if holds)


def sign_in_turn(mean, low, high, smallest):
    sign = "?"
    if high < smallest and low > -smallest:
        sign = "="
    elif np.sign(low) == np.sign(high) and np.abs(mean) >= smallest:
        sign = ">" if np.sign(low) == 1 else "<"
    return sign


def sign_of_the_mean(mean, low, high, smallest):
    if abs(mean) < smallest:
        return "="
    return ">" if mean > 0 else "<"


def sign_of_any_size(mean, low, high, smallest):
    if low > 0:
        return ">"
    if high < 0:
        return "<"
    return "=" if max(-low, high) < smallest else "?"


def sign_none_if_0_is_in(mean, low, high, smallest):
    if low <= 0 <= high:
        return "="
    return sign_by_size(mean, low, high, smallest)


def sign_never_none(mean, low, high, smallest):
    if low * high > 0 and abs(mean) >= smallest:
        return ">" if low > 0 else "<"
    return "?"


def sign_turned_round(mean, low, high, smallest):
    return sign_by_size(-mean, -high, -low, smallest)


def sign_of_whole_intervals(mean, low, high, smallest):
    if low >= smallest:
        return ">"
    if high <= -smallest:
        return "<"
    return "=" if max(-low, high) < smallest else "?"


def sign_upwards_only(mean, low, high, smallest):
    if low > 0 and mean >= smallest:
        return ">"
    return "=" if max(-low, high) < smallest else "?"


def sign_as_words(mean, low, high, smallest):
    return "higher" if low > 0 else "lower"


def sign_as_flag(mean, low, high, smallest):
    return low > 0 and mean >= smallest


def sign_as_number(mean, low, high, smallest):
    return int(np.sign(mean))


def sign_always_unknown(mean, low, high, smallest):
    return "?"


def seeds_in_one_line(spread, effect):
    return math.ceil((3.86 * spread / effect) ** 2)


def seeds_by_trying(spread, effect):
    n = 1
    while effect - 1.28 * spread / n**0.5 < 2.58 * spread / n**0.5:
        n += 1
    return n


def seeds_with_more_digits(spread, effect):
    return np.ceil(((2.5758 + 1.2816) * spread / effect) ** 2)


def seeds_simulated(spread, effect):
    rng, n = np.random.default_rng(0), 2
    noise = rng.normal(size=20_000)
    while np.mean(effect + spread / n**0.5 * (noise - 2.58) > 0) < 0.9:
        n += 1
    return n


def seeds_for_half(spread, effect):
    return math.ceil((2.58 * spread / effect) ** 2)


def seeds_for_the_mean(spread, effect):
    return math.ceil((1.28 * spread / effect) ** 2)


def seeds_of_95(spread, effect):
    return math.ceil((3.24 * spread / effect) ** 2)


def seeds_without_square(spread, effect):
    return math.ceil(3.86 * spread / effect)


def seeds_upside_down(spread, effect):
    return math.ceil((3.86 * effect / spread) ** 2)


def seeds_not_rounded(spread, effect):
    return (3.86 * spread / effect) ** 2


def seeds_of_the_course(spread, effect):
    return 32


def seeds_in_plenty(spread, effect):
    return 1_000


def seeds_for_the_whole_interval(spread, effect):
    return math.ceil(((2 * 2.58 + 1.28) * spread / effect) ** 2)


def seeds_in_words(spread, effect):
    return "many"


def seeds_one_each(spread, effect):
    return [1, 2]


ANSWERS = {
    "effect_or_luck": Answers(
        correct=[sign_row_by_row, sign_by_size, sign_from_a_table, sign_in_turn],
        wrong=[
            (sign_of_the_mean, "interval not asked"),
            (sign_of_any_size, "size not asked"),
            (sign_none_if_0_is_in, "none for unknown"),
            (sign_never_none, "never none"),
            (sign_turned_round, "signs exchanged"),
            (sign_of_whole_intervals, "whole beyond"),
            (sign_upwards_only, "one side only"),
            (sign_as_words, "no sign"),
            (sign_as_flag, "no sign"),
            (sign_as_number, "no sign"),
            (sign_always_unknown, "other sign"),
        ],
    ),
    "seeds_needed": Answers(
        correct=[
            seeds_in_one_line,
            seeds_by_trying,
            seeds_with_more_digits,
            seeds_simulated,
        ],
        wrong=[
            (seeds_for_half, "half of them"),
            (seeds_for_the_mean, "interval forgotten"),
            (seeds_of_95, "interval of 95 %"),
            (seeds_without_square, "no square"),
            (seeds_upside_down, "inverted"),
            (seeds_not_rounded, "no whole number"),
            (seeds_of_the_course, "too few"),
            (seeds_in_plenty, "too many"),
            (seeds_for_the_whole_interval, "too many"),
            (seeds_in_words, "no number"),
            (seeds_one_each, "no number"),
        ],
    ),
}
