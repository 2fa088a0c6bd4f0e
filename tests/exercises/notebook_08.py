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


def sign_by_select(mean, low, high, smallest):
    rows = [
        (low > 0) & (mean >= smallest),
        (high < 0) & (mean <= -smallest),
        (low > -smallest) & (high < smallest),
    ]
    return np.select(rows, [">", "<", "="], "?")


def sign_by_turning(mean, low, high, smallest):
    if mean < 0:
        return {">": "<"}.get(
            found := sign_by_turning(-mean, -high, -low, smallest), found
        )
    if np.all([low > 0, not mean < smallest]):
        return np.str_(">")
    return "?" if not (high < smallest and -low < smallest) else "="


def sign_by_the_far_end(mean, low, high, smallest):
    if low > 0 and high >= smallest:
        return ">"
    if high < 0 and low <= -smallest:
        return "<"
    return "=" if -smallest < low and high < smallest else "?"


def sign_with_edges_at_0(mean, low, high, smallest):
    if low >= 0 and mean >= smallest:
        return ">"
    if high <= 0 and mean <= -smallest:
        return "<"
    return "=" if -smallest < low and high < smallest else "?"


def sign_with_more_than_the_smallest(mean, low, high, smallest):
    if low > 0 and mean > smallest:
        return ">"
    if high < 0 and mean < -smallest:
        return "<"
    return "=" if -smallest < low and high < smallest else "?"


def sign_by_either(mean, low, high, smallest):
    if low > 0 or mean >= smallest:
        return ">"
    if high < 0 or mean <= -smallest:
        return "<"
    return "=" if -smallest < low and high < smallest else "?"


def sign_without_minus(mean, low, high, smallest):
    if low > 0 and mean >= smallest:
        return ">"
    if high < 0 and mean <= smallest:
        return "<"
    return "=" if -smallest < low and high < smallest else "?"


def sign_of_size(mean, low, high, smallest):
    if low * high > 0 and abs(mean) >= smallest:
        return ">"
    return "=" if max(abs(low), abs(high)) < smallest else "?"


def sign_by_the_outer_ends(mean, low, high, smallest):
    if high > 0 and mean >= smallest:
        return ">"
    if low < 0 and mean <= -smallest:
        return "<"
    return "=" if -smallest < low and high < smallest else "?"


def sign_none_if_the_mean_is_small(mean, low, high, smallest):
    if low > 0 and mean >= smallest:
        return ">"
    if high < 0 and mean <= -smallest:
        return "<"
    return "=" if abs(mean) < smallest else "?"


def sign_none_with_0_inside(mean, low, high, smallest):
    if low > 0 and mean >= smallest:
        return ">"
    if high < 0 and mean <= -smallest:
        return "<"
    return "=" if -smallest < low <= 0 <= high < smallest else "?"


def sign_none_by_the_upper_end(mean, low, high, smallest):
    if low > 0 and mean >= smallest:
        return ">"
    if high < 0 and mean <= -smallest:
        return "<"
    return "=" if high < smallest else "?"


def sign_none_by_the_width(mean, low, high, smallest):
    if low > 0 and mean >= smallest:
        return ">"
    if high < 0 and mean <= -smallest:
        return "<"
    return "=" if high - low < smallest else "?"


def sign_none_with_edges(mean, low, high, smallest):
    if low > 0 and mean >= smallest:
        return ">"
    if high < 0 and mean <= -smallest:
        return "<"
    return "=" if max(abs(low), abs(high)) <= smallest else "?"


def sign_none_for_unknown(mean, low, high, smallest):
    if low > 0 and mean >= smallest:
        return ">"
    if high < 0 and mean <= -smallest:
        return "<"
    return "?" if -smallest < low and high < smallest else "="


def sign_of_anything_else(mean, low, high, smallest):
    if low > 0 and mean >= smallest:
        return ">"
    return "<" if high < 0 and mean <= -smallest else "="


def sign_one_sided_without_none(mean, low, high, smallest):
    return ">" if low > 0 and mean >= smallest else "?"


def sign_in_a_list(mean, low, high, smallest):
    return [sign_in_turn(mean, low, high, smallest)]


def sign_of_the_mean_alone(mean, low, high, smallest):
    return ">" if mean > 0 else "<" if mean < 0 else "="


def sign_none_beside_0(mean, low, high, smallest):
    if low <= 0 <= high:
        return "?"
    if mean >= smallest:
        return ">"
    return "<" if mean <= -smallest else "="


def sign_of_narrow_ones(mean, low, high, smallest):
    if high - low < smallest:
        return "="
    return sign_row_by_row(mean, low, high, smallest)


def sign_printed(mean, low, high, smallest):
    print(sign_row_by_row(mean, low, high, smallest))


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


def seeds_by_halving(spread, effect):
    low, high = 0.0, 1e9
    for _ in range(100):
        n = (low + high) / 2
        low, high = (low, n) if 3.86 * spread / np.sqrt(n) < effect else (n, high)
    return np.float32(np.round(high))


def seeds_from_their_root(spread, effect):
    root = (2.58 + 1.28) / (effect / spread)
    return np.array(int(root**2))


def seeds_one_sided(spread, effect):
    return math.ceil(((2.326 + 1.2816) * spread / effect) ** 2)


def seeds_for_half_the_interval(spread, effect):
    return math.ceil(((2.58 / 2 + 1.28) * spread / effect) ** 2)


def seeds_with_a_minus(spread, effect):
    return math.ceil(((2.58 - 1.28) * spread / effect) ** 2)


def seeds_for_95(spread, effect):
    return math.ceil(((2.58 + 1.645) * spread / effect) ** 2)


def seeds_by_root(spread, effect):
    return math.ceil(math.sqrt(3.86 * spread / effect))


def seeds_half_squared(spread, effect):
    return math.ceil((2.58 + 1.28) * (spread / effect) ** 2)


def seeds_of_squares(spread, effect):
    return math.ceil((2.58**2 + 1.28**2) * spread**2 / effect**2)


def seeds_of_two_groups(spread, effect):
    return math.ceil(2 * ((2.58 + 1.28) * spread / effect) ** 2)


def seeds_of_a_larger_effect(spread, effect):
    return math.ceil((3.86 * spread / (1.5 * effect)) ** 2)


def seeds_of_a_variance(spread, effect):
    return math.ceil(3.86**2 * spread / effect**2)


def seeds_for_half_simulated(spread, effect):
    rng, n = np.random.default_rng(0), 2
    means = rng.normal(size=20_000)
    while np.mean(effect + spread / n**0.5 * (means - 2.58) > 0) < 0.5:
        n += 1
    return n


def seeds_by_luck(spread, effect):
    rng, n = np.random.default_rng(0), 2
    while True:
        means = rng.normal(effect, spread / n**0.5, 30)
        if np.mean(means > 2.58 * spread / n**0.5) >= 0.9:
            return n
        n += 1


def seeds_for_half_not_rounded(spread, effect):
    return (2.58 * spread / effect) ** 2


def seeds_of_the_spread(spread, effect):
    return math.ceil(spread**2)


def seeds_a_quarter_more(spread, effect):
    return seeds_in_one_line(spread, effect) * 1.25 // 1 + spread % 2


def seeds_a_fifth_less(spread, effect):
    return seeds_in_one_line(spread, effect) * 0.8 // 1 - spread % 2


def seeds_with_a_probability(spread, effect):
    return math.ceil(((2.58 + 0.9) * spread / effect) ** 2)


def seeds_rounded_twice(spread, effect):
    ratio = spread / effect
    return math.ceil((2.58 * ratio) ** 2) + math.ceil((1.28 * ratio) ** 2)


def seeds_of_the_fraction(spread, effect):
    return math.ceil((spread / effect) ** 2)


def seeds_of_a_product(spread, effect):
    return math.ceil((2.58 * 1.28 * spread / effect) ** 2)


def seeds_with_one_square(spread, effect):
    return math.ceil((3.86 * spread) ** 2 / effect)


def seeds_by_rule_of_thumb(spread, effect):
    return math.ceil(10 * (spread / effect) ** 2)


def seeds_without_end(spread, effect):
    return math.inf


def seeds_not_a_number(spread, effect):
    return math.nan


ANSWERS = {
    "effect_or_luck": Answers(
        correct=[
            sign_row_by_row,
            sign_by_size,
            sign_from_a_table,
            sign_in_turn,
            sign_by_select,
            sign_by_turning,
        ],
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
            (sign_always_unknown, "always one sign"),
            (sign_by_the_far_end, "end for mean"),
            (sign_with_edges_at_0, "edge at 0"),
            (sign_with_more_than_the_smallest, "more than the smallest"),
            (sign_by_either, "above or large"),
            (sign_of_size, "size for sign"),
            (sign_without_minus, "minus left out"),
            (sign_by_the_outer_ends, "interval not asked"),
            (sign_none_if_the_mean_is_small, "none by the mean"),
            (sign_none_with_0_inside, "none holds 0"),
            (sign_none_by_the_upper_end, "one end for none"),
            (sign_none_by_the_width, "width for ends"),
            (sign_none_with_edges, "edge of none"),
            (sign_none_for_unknown, "none and unknown"),
            (sign_of_anything_else, "none for unknown"),
            (sign_one_sided_without_none, "one side only + never none"),
            (sign_in_a_list, "no sign"),
            (sign_of_the_mean_alone, "sign of the mean"),
            (sign_none_beside_0, "none beside 0"),
            (sign_of_narrow_ones, "width for ends"),
            (sign_printed, "returns nothing"),
        ],
    ),
    "seeds_needed": Answers(
        correct=[
            seeds_in_one_line,
            seeds_by_trying,
            seeds_with_more_digits,
            seeds_simulated,
            seeds_by_halving,
            seeds_from_their_root,
        ],
        wrong=[
            (seeds_for_half, "half of them"),
            (seeds_for_the_mean, "interval forgotten"),
            (seeds_of_95, "shorter interval"),
            (seeds_without_square, "square forgotten"),
            (seeds_upside_down, "fraction inverted"),
            (seeds_not_rounded, "no whole number"),
            (seeds_of_the_course, "other values"),
            (seeds_in_plenty, "other values"),
            (seeds_for_the_whole_interval, "whole width"),
            (seeds_in_words, "no number"),
            (seeds_one_each, "no number"),
            (seeds_one_sided, "one-sided interval"),
            (seeds_for_half_the_interval, "half width"),
            (seeds_with_a_minus, "mean above effect"),
            (seeds_for_95, "more than 9 of 10"),
            (seeds_by_root, "root for square"),
            (seeds_half_squared, "half squared"),
            (seeds_of_squares, "squares added"),
            (seeds_of_two_groups, "two groups"),
            (seeds_of_a_larger_effect, "1.5 once more"),
            (seeds_of_a_variance, "spread not squared"),
            (seeds_for_half_simulated, "half of them"),
            (seeds_by_luck, "first lucky number"),
            (seeds_for_half_not_rounded, "half of them + no whole number"),
            (seeds_of_the_spread, "other values"),
            (seeds_a_quarter_more, "too many"),
            (seeds_a_fifth_less, "too few"),
            (seeds_without_end, "no number"),
            (seeds_with_a_probability, "probability for deviations"),
            (seeds_rounded_twice, "squares added"),
            (seeds_of_the_fraction, "both left out"),
            (seeds_of_a_product, "multiplied"),
            (seeds_with_one_square, "effect not squared"),
            (seeds_by_rule_of_thumb, "too few"),
            (seeds_not_a_number, "no number"),
        ],
    ),
}
