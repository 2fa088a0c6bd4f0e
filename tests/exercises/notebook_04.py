"""Answers to the exercises of 04_replay_buffer."""

import random

import numpy as np
import torch

from tests.exercises import Answers


def stored_with_copy(rows, next_row, size, step):
    rows[next_row] = step.copy()
    return (next_row + 1) % len(rows), min(size + 1, len(rows))


def stored_into_the_array(rows, next_row, size, step):
    rows[next_row][:] = step
    next_row += 1
    if next_row == len(rows):
        next_row = 0
    if size < len(rows):
        size += 1
    return [next_row, size]


def stored_by_slice(rows, next_row, size, step):
    rows[next_row : next_row + 1] = [np.array(step, dtype=np.float32)]
    return np.int64(0 if next_row + 1 >= len(rows) else next_row + 1), size + (
        size < len(rows)
    )


def stored_number_by_number(rows, next_row, size, step):
    for i, number in enumerate(step):
        rows[next_row][i] = number
    return divmod(next_row + 1, len(rows))[1], sorted([size + 1, len(rows)])[0]


def stored_with_numbers_in_an_array(rows, next_row, size, step):
    rows[next_row] = step.tolist()
    return np.minimum([(next_row + 1) % len(rows), size + 1], len(rows)).astype(
        np.uint8
    )


def stored_with_numbers_in_a_tensor(rows, next_row, size, step):
    rows[next_row] = list(step)
    return torch.tensor([(next_row + 1) % len(rows), min(size + 1, len(rows))])


def stored_with_numbers_of_several_kinds(rows, next_row, size, step):
    rows[next_row] = 1.0 * step
    return np.array(next_row + 1) % len(rows), torch.tensor(size + 1).clamp(
        max=len(rows)
    )


def stored_from_the_step_number(rows, next_row, size, step):
    rows.insert(next_row, np.copy(step))
    rows.pop(next_row + 1)
    is_last = next_row == len(rows) - 1
    return -next_row * is_last + next_row + (not is_last), len(
        range(min(size + 1, len(rows)))
    )


def stored_by_zip(rows, next_row, size, step):
    rows[:] = [
        np.concatenate([step]) if k == next_row else row for k, row in enumerate(rows)
    ]
    return torch.arange(len(rows)).roll(-1)[next_row], max(size, next_row + 1)


def numbers_as_floats(rows, next_row, size, step):
    rows[next_row] = step.copy()
    return np.array([(next_row + 1) % len(rows), min(size + 1, len(rows))], float)


def stored_as_reference(rows, next_row, size, step):
    rows[next_row] = step
    return (next_row + 1) % len(rows), min(size + 1, len(rows))


def stored_as_view_without_wrapping(rows, next_row, size, step):
    rows[next_row] = step[:]
    return next_row + 1, size + 1


def appended(rows, next_row, size, step):
    rows.append(step.copy())
    return (next_row + 1) % len(rows), size + 1


def popped(rows, next_row, size, step):
    if size == len(rows):
        del rows[0]
        rows.append(step.copy())
    else:
        rows[next_row] = step.copy()
    return (next_row + 1) % len(rows), min(size + 1, len(rows))


def in_a_new_list(rows, next_row, size, step):
    rows = [step.copy() if k == next_row else row for k, row in enumerate(rows)]
    return (next_row + 1) % len(rows), min(size + 1, len(rows))


def without_return(rows, next_row, size, step):
    rows[next_row] = step.copy()


def only_the_row(rows, next_row, size, step):
    rows[next_row] = step.copy()
    return (next_row + 1) % len(rows)


def never_wrapped(rows, next_row, size, step):
    rows[next_row] = step.copy()
    next_row += 1
    return next_row, min(size + 1, len(rows))


def never_wrapped_or_capped(rows, next_row, size, step):
    rows[next_row] = step.copy()
    return next_row + 1, size + 1


def never_capped(rows, next_row, size, step):
    np.copyto(rows[next_row], step)
    return (next_row + 1) % len(rows), size + 1


def moved_on_first(rows, next_row, size, step):
    next_row = (next_row + 1) % len(rows)
    rows[next_row] = step.copy()
    return next_row, min(size + 1, len(rows))


def moved_on_first_without_wrapping(rows, next_row, size, step):
    rows[next_row + 1] = step.copy()
    return (next_row + 1) % len(rows), min(size + 1, len(rows))


def counted_from_one(rows, next_row, size, step):
    rows[next_row] = step.copy()
    return (next_row + 1) % len(rows) + 1, min(size + 1, len(rows))


def every_second_row(rows, next_row, size, step):
    rows[next_row] = step.copy()
    return (next_row + 2) % len(rows), min(size + 1, len(rows))


def at_the_size_wrapped(rows, next_row, size, step):
    rows[size % len(rows)] = step.copy()
    return (next_row + 1) % len(rows), min(size + 1, len(rows))


def next_row_from_the_size(rows, next_row, size, step):
    rows[next_row] = step.copy()
    size = min(size + 1, len(rows))
    return size % len(rows), size


def next_row_is_the_size(rows, next_row, size, step):
    rows[next_row] = step.copy()
    size = min(size + 1, len(rows))
    return size, size


def numbers_kept(rows, next_row, size, step):
    rows[next_row] = step.copy()
    return next_row, size


def next_row_kept(rows, next_row, size, step):
    rows[next_row] = step.copy()
    return next_row, min(size + 1, len(rows))


def size_kept(rows, next_row, size, step):
    rows[next_row] = step.copy()
    return (next_row + 1) % len(rows), size


def closed_when_full(rows, next_row, size, step):
    if size < len(rows):
        rows[next_row] = step.copy()
        size += 1
    return (next_row + 1) % len(rows), size


def returned_in_other_order(rows, next_row, size, step):
    rows[next_row] = step.copy()
    return min(size + 1, len(rows)), (next_row + 1) % len(rows)


def over_the_newest(rows, next_row, size, step):
    newest = len(rows) - 1 if next_row == 0 else next_row - 1
    rows[newest][:] = step
    return (next_row + 1) % len(rows), min(size + 1, len(rows))


def at_the_end(rows, next_row, size, step):
    rows[len(rows) - 1] = step + 0
    return (next_row + 1) % len(rows), min(size + 1, len(rows))


def at_the_size(rows, next_row, size, step):
    rows[size] = np.array(step)
    return (next_row + 1) % len(rows), min(size + 1, len(rows))


def turned_too_early(rows, next_row, size, step):
    rows[next_row] = step.copy()
    return (next_row + 1) % (len(rows) - 1), min(size + 1, len(rows))


def size_turned(rows, next_row, size, step):
    rows[next_row] = step.copy()
    next_row = (next_row + 1) % len(rows)
    return next_row, next_row


def stored_for_the_width(rows, next_row, size, step):
    n_rows = len(step)
    rows[next_row] = step.copy()
    return (next_row + 1) % n_rows, min(size + 1, n_rows)


def at_the_beginning(rows, next_row, size, step):
    rows[0] = step.copy()
    return (next_row + 1) % len(rows), min(size + 1, len(rows))


def in_all_rows(rows, next_row, size, step):
    for row in range(len(rows)):
        rows[row] = step.copy()
    return (next_row + 1) % len(rows), min(size + 1, len(rows))


def added(rows, next_row, size, step):
    rows[next_row] += step
    return (next_row + 1) % len(rows), min(size + 1, len(rows))


def as_a_queue(rows, next_row, size, step):
    rows.pop(0)
    rows.append(step.copy())
    return (next_row + 1) % len(rows), min(size + 1, len(rows))


def left_when_full(rows, next_row, size, step):
    if size == len(rows):
        return next_row, size
    rows[next_row] = step.copy()
    return (next_row + 1) % len(rows), size + 1


def not_beyond_the_last(rows, next_row, size, step):
    rows[next_row] = step.copy()
    return min(next_row + 1, len(rows) - 1), min(size + 1, len(rows))


def backwards(rows, next_row, size, step):
    rows[next_row] = step.copy()
    next_row -= 1
    if next_row < 0:
        next_row = len(rows) - 1
    return next_row, min(size + 1, len(rows))


def to_the_front_when_full(rows, next_row, size, step):
    rows[next_row] = step.copy()
    next_row, size = next_row + 1, min(size + 1, len(rows))
    if size == len(rows):
        next_row = 0
    return next_row, size


def round_the_filled(rows, next_row, size, step):
    rows[next_row] = step.copy()
    size = min(size + 1, len(rows))
    return (next_row + 1) % size, size


def size_up_to_the_last_index(rows, next_row, size, step):
    rows[next_row] = step.copy()
    if size < len(rows) - 1:
        size = size + 1
    return (next_row + 1) % len(rows), size


def size_at_most_one_less(rows, next_row, size, step):
    rows[next_row] = step.copy()
    return (next_row + 1) % len(rows), min(size + 1, len(rows) - 1)


def size_of_the_list(rows, next_row, size, step):
    rows[next_row] = step.copy()
    return (next_row + 1) % len(rows), len(rows)


def size_from_one_again(rows, next_row, size, step):
    rows[next_row] = step.copy()
    size = size + 1 if size < len(rows) else 1
    return (next_row + 1) % len(rows), size


def size_by_remainder(rows, next_row, size, step):
    rows[next_row] = step.copy()
    return (next_row + 1) % len(rows), (size + 1) % len(rows)


def swapped_and_never_capped(rows, next_row, size, step):
    rows[next_row] = step.copy()
    return size + 1, (next_row + 1) % len(rows)


def one_row_for_two_steps(rows, next_row, size, step):
    rows[next_row] = np.zeros_like(step)
    return (next_row + 1) % len(rows), min(size + 1, len(rows))


def stored_as_whole_numbers(rows, next_row, size, step):
    rows[next_row] = np.array(step, dtype=int)
    return (next_row + 1) % len(rows), min(size + 1, len(rows))


def stored_the_first_number(rows, next_row, size, step):
    rows[next_row][0] = step[0]
    return (next_row + 1) % len(rows), min(size + 1, len(rows))


def filled_then_round(rows, next_row, size, step):
    if size < len(rows):
        rows[size] = step.copy()
        size += 1
    else:
        rows[next_row] = step.copy()
        next_row = (next_row + 1) % len(rows)
    return next_row, size


def size_by_maximum(rows, next_row, size, step):
    rows[next_row] = step.copy()
    return (next_row + 1) % len(rows), max(size + 1, len(rows))


def pushed_in(rows, next_row, size, step):
    rows.insert(next_row, step.copy())
    del rows[-1]
    return (next_row + 1) % len(rows), min(size + 1, len(rows))


def sticks_at_row_1(rows, next_row, size, step):
    rows[next_row] = step.copy()
    if size == len(rows):
        next_row = 0
    return next_row + 1, min(size + 1, len(rows))


def kept_by_loop(terminated, truncated):
    mask, is_reset = [], False
    for end, cut in zip(terminated, truncated, strict=True):
        mask.append(not is_reset)
        is_reset = bool(end or cut)
    return mask


def kept_by_concatenation(terminated, truncated):
    return np.concatenate([[True], ~(terminated[:-1] | truncated[:-1])])


def kept_by_writing(terminated, truncated):
    mask = np.ones_like(terminated)
    mask[1:][np.logical_or(terminated, truncated)[:-1]] = False
    return mask


def kept_by_numbers_in_torch(terminated, truncated):
    mask = torch.ones(len(terminated) + 1, dtype=torch.bool)
    mask[1 + torch.tensor(np.flatnonzero(terminated + truncated))] = False
    return mask[:-1]


def kept_without_ends(terminated, truncated):
    return np.logical_not(np.logical_or(terminated, truncated))


def kept_after_truncation(terminated, truncated):
    return np.array([t == 0 or not terminated[t - 1] for t in range(len(terminated))])


def kept_after_termination(terminated, truncated):
    return np.array([True, *(not cut for cut in truncated[:-1])])


def kept_after_both_at_once(terminated, truncated):
    mask = np.ones_like(terminated)
    mask[1:] = ~(terminated & truncated)[:-1]
    return mask


def kept_all(terminated, truncated):
    return np.full(len(truncated), True)


def kept_by_inverted_bits(terminated, truncated):
    over = terminated.astype(int) + truncated.astype(int)
    return ~np.append(0, over[:-1])


def kept_by_bits_as_flags(terminated, truncated):
    over = terminated.astype(int) | truncated
    return np.append(True, (~over[:-1]).astype(bool))


def kept_by_inverted_bits_after_the_first(terminated, truncated):
    return [
        1,
        *(
            ~(int(end) | int(cut))
            for end, cut in zip(terminated[:-1], truncated, strict=False)
        ),
    ]


def kept_by_negative_index(terminated, truncated):
    return np.array(
        [not (terminated[t - 1] or truncated[t - 1]) for t in range(len(terminated))]
    )


def kept_resets(terminated, truncated):
    return ~kept_by_writing(terminated, truncated)


def kept_until_before_the_end(terminated, truncated):
    return np.append(~(terminated | truncated)[1:], True)


def kept_neither(terminated, truncated):
    return kept_by_writing(terminated, truncated) & kept_without_ends(
        terminated, truncated
    )


def kept_numbers(terminated, truncated):
    return np.nonzero(kept_by_writing(terminated, truncated))[0]


def one_too_short(terminated, truncated):
    return ~(terminated | truncated)[:-1]


def as_zeros_and_ones(terminated, truncated):
    return kept_by_writing(terminated, truncated).astype(int)


def kept_in_torch_and_back(terminated, truncated):
    over = torch.tensor(terminated) | torch.tensor(truncated)
    return (~torch.nn.functional.pad(over[:-1], (1, 0))).numpy()


def kept_by_a_state(terminated, truncated):
    mask, has_ended = [], False
    for end in zip(terminated, truncated, strict=True):
        mask.append(not has_ended)
        has_ended = any(end)
    return np.array(mask)


def kept_by_deletion(terminated, truncated):
    resets = np.flatnonzero(terminated.astype(int) + truncated > 0) + 1
    return ~np.isin(np.arange(len(terminated)), resets)


def kept_by_counting(terminated, truncated):
    n_ends = np.cumsum(np.maximum(terminated, truncated))
    before = np.concatenate([[0], n_ends])
    return np.equal(before[:-1], np.concatenate([[0], before[:-2]]))


def kept_by_or_of_one_inverted(terminated, truncated):
    mask = np.ones(len(terminated), bool)
    mask[1:] = ~terminated[:-1] | truncated[:-1]
    return mask


def kept_if_not_both(terminated, truncated):
    mask = np.ones(len(terminated), bool)
    mask[1:] = ~terminated[:-1] | ~truncated[:-1]
    return mask


def kept_by_exclusive_or(terminated, truncated):
    mask = np.ones(len(terminated), bool)
    mask[1:] = ~(terminated ^ truncated)[:-1]
    return mask


def kept_where_one_flag_is_set(terminated, truncated):
    mask = [True]
    for t in range(1, len(terminated)):
        mask.append(int(terminated[t - 1]) + int(truncated[t - 1]) != 1)
    return np.array(mask)


def kept_until_the_first_end(terminated, truncated):
    ends = np.maximum.accumulate(terminated | truncated)
    mask = np.ones(len(ends), bool)
    mask[1:] = ~ends[:-1]
    return mask


def kept_with_a_state_that_stays(terminated, truncated):
    mask, has_ended = [], False
    for t in range(len(terminated)):
        mask.append(not has_ended)
        if terminated[t] or truncated[t]:
            has_ended = True
    return np.array(mask)


def kept_with_a_switch(terminated, truncated):
    mask, is_running = [], True
    for t in range(len(terminated)):
        mask.append(is_running)
        if terminated[t] or truncated[t]:
            is_running = not is_running
    return np.array(mask)


def kept_but_one(terminated, truncated):
    mask = np.ones(len(terminated), bool)
    ends = np.flatnonzero(terminated | truncated)
    if len(ends) and ends[0] + 1 < len(mask):
        mask[ends[0] + 1] = False
    return mask


def kept_two_later(terminated, truncated):
    mask = np.ones(len(terminated), bool)
    mask[2:] = ~(terminated | truncated)[:-2]
    return mask


def kept_without_the_start(terminated, truncated):
    mask = np.zeros(len(terminated), bool)
    mask[1:] = ~(terminated | truncated)[:-1]
    return mask


def one_too_long(terminated, truncated):
    return np.concatenate([[True], ~(terminated | truncated)])


def kept_by_words(terminated, truncated):
    return not (terminated or truncated)


def kept_exclusive_and_inverted(terminated, truncated):
    return ~kept_by_exclusive_or(terminated, truncated)


def kept_with_an_index_too_many(terminated, truncated):
    mask = np.ones(len(terminated), bool)
    for t in range(len(terminated)):
        if terminated[t] or truncated[t]:
            mask[t + 1] = False
    return mask


def kept_with_one_bracket_missing(terminated, truncated):
    mask = np.ones(len(terminated), bool)
    mask[1:] = ~terminated[:-1] & truncated[:-1]
    return mask


def kept_without_cut_steps(terminated, truncated):
    return kept_by_writing(terminated, truncated) & ~truncated


def drawn_from_a_list(is_reset, n_stored, batch_size, rng):
    return rng.choice(np.flatnonzero(~is_reset[:n_stored]), size=batch_size)


def drawn_again(is_reset, n_stored, batch_size, rng):
    filled = min(n_stored, len(is_reset))
    rows = rng.integers(filled, size=batch_size)
    while is_reset[rows].any():
        rows = np.where(is_reset[rows], rng.integers(filled, size=batch_size), rows)
    return rows


def drawn_one_by_one(is_reset, n_stored, batch_size, rng):
    rows = []
    while len(rows) < batch_size:
        row = int(rng.random() * min(n_stored, len(is_reset)))
        if not is_reset[row]:
            rows.append(row)
    return torch.tensor(rows)


def drawn_by_probability(is_reset, n_stored, batch_size, rng):
    p = (np.arange(len(is_reset)) < n_stored) & ~is_reset
    return np.sort(rng.choice(len(is_reset), batch_size, replace=True, p=p / p.sum()))


def drawn_by_counts(is_reset, n_stored, batch_size, rng):
    good = rng.permutation(transitions(is_reset, n_stored))
    return np.repeat(
        good, rng.multinomial(batch_size, np.full(len(good), 1 / len(good)))
    )


def drawn_and_sorted_downwards(is_reset, n_stored, batch_size, rng):
    return sorted(
        drawn_one_by_one(is_reset, n_stored, batch_size, rng).tolist(), reverse=True
    )


def drawn_in_parts(is_reset, n_stored, batch_size, rng):
    rows = np.zeros(0, int)
    while len(rows) < batch_size:
        more = rng.integers(min(n_stored, len(is_reset)), size=batch_size // 3 + 1)
        rows = np.append(rows, more[~is_reset[more]])
    return rows[:batch_size]


def transitions(is_reset, n_stored):
    return [row for row in range(min(n_stored, len(is_reset))) if not is_reset[row]]


def drawn_without_replacement(is_reset, n_stored, batch_size, rng):
    return rng.choice(transitions(is_reset, n_stored), size=batch_size, replace=False)


def shuffled_and_cut(is_reset, n_stored, batch_size, rng):
    return rng.permutation(transitions(is_reset, n_stored))[:batch_size]


def dropped_resets(is_reset, n_stored, batch_size, rng):
    rows = rng.integers(min(n_stored, len(is_reset)), size=batch_size)
    return rows[~is_reset[rows]]


def inclusive_bound(is_reset, n_stored, batch_size, rng):
    padded = np.append(is_reset, False)
    good = [row for row in range(min(n_stored, len(is_reset)) + 1) if not padded[row]]
    return rng.choice(good, batch_size)


def of_all_steps_ever(is_reset, n_stored, batch_size, rng):
    return rng.integers(0, n_stored, batch_size)


def of_all_transitions_ever(is_reset, n_stored, batch_size, rng):
    steps = np.arange(n_stored)
    return rng.choice(steps[~is_reset[steps % len(is_reset)]], batch_size)


def of_all_rows(is_reset, n_stored, batch_size, rng):
    return rng.choice(np.flatnonzero(~is_reset), batch_size)


def of_all_rows_and_resets(is_reset, n_stored, batch_size, rng):
    return rng.integers(len(is_reset), size=batch_size)


def one_repeated(is_reset, n_stored, batch_size, rng):
    return np.full(batch_size, rng.choice(transitions(is_reset, n_stored)))


def from_a_start(is_reset, n_stored, batch_size, rng):
    rows = np.array(transitions(is_reset, n_stored))
    return rows[(rng.integers(len(rows)) + np.arange(batch_size)) % len(rows)]


def one_shuffle_repeated(is_reset, n_stored, batch_size, rng):
    return np.resize(rng.permutation(transitions(is_reset, n_stored)), batch_size)


def in_stretches_of_eight(is_reset, n_stored, batch_size, rng):
    good = np.array(transitions(is_reset, n_stored))
    starts = rng.integers(len(good), size=batch_size // 8)
    return good[(starts[:, None] + np.arange(8)) % len(good)].ravel()


def each_twice(is_reset, n_stored, batch_size, rng):
    return np.repeat(rng.choice(transitions(is_reset, n_stored), batch_size // 2), 2)


def one_half_twice(is_reset, n_stored, batch_size, rng):
    return np.tile(rng.choice(transitions(is_reset, n_stored), batch_size // 2), 2)


def never_the_same_twice_running(is_reset, n_stored, batch_size, rng):
    good = np.array(transitions(is_reset, n_stored))
    return good[np.cumsum(rng.integers(1, len(good), size=batch_size)) % len(good)]


def shuffles_in_turn(is_reset, n_stored, batch_size, rng):
    good = transitions(is_reset, n_stored)
    return np.concatenate(
        [rng.permutation(good) for _ in range(batch_size // len(good) + 1)]
    )[:batch_size]


def shuffles_in_turn_sorted(is_reset, n_stored, batch_size, rng):
    return np.sort(shuffles_in_turn(is_reset, n_stored, batch_size, rng))


def equal_shares_shuffled(is_reset, n_stored, batch_size, rng):
    return rng.permutation(np.resize(transitions(is_reset, n_stored), batch_size))


def only_resets(is_reset, n_stored, batch_size, rng):
    return rng.choice(np.flatnonzero(is_reset), batch_size)


def positions(is_reset, n_stored, batch_size, rng):
    return rng.integers(len(transitions(is_reset, n_stored)), size=batch_size)


def resets_too(is_reset, n_stored, batch_size, rng):
    return rng.integers(min(n_stored, len(is_reset)), size=batch_size)


def drawn_again_once(is_reset, n_stored, batch_size, rng):
    filled = min(n_stored, len(is_reset))
    rows = rng.integers(filled, size=batch_size)
    rows[is_reset[rows]] = rng.integers(filled, size=is_reset[rows].sum())
    return rows


def not_the_last(is_reset, n_stored, batch_size, rng):
    return rng.choice(transitions(is_reset, n_stored)[:-1], batch_size)


def not_the_first(is_reset, n_stored, batch_size, rng):
    return rng.choice(transitions(is_reset, n_stored)[1:], batch_size)


def next_in_place_of_resets(is_reset, n_stored, batch_size, rng):
    rows = rng.integers(min(n_stored, len(is_reset)), size=batch_size)
    while is_reset[rows].any():
        rows = rows + is_reset[rows]
    return rows


def from_the_global_state(is_reset, n_stored, batch_size, rng):
    return random.choices(transitions(is_reset, n_stored), k=batch_size)


def from_a_fresh_generator(is_reset, n_stored, batch_size, rng):
    return np.random.default_rng().choice(transitions(is_reset, n_stored), batch_size)


def from_a_fixed_seed(is_reset, n_stored, batch_size, rng):
    return np.random.default_rng(0).choice(transitions(is_reset, n_stored), batch_size)


def a_mask(is_reset, n_stored, batch_size, rng):
    return ~is_reset


def drawn_by_cumulated_shares(is_reset, n_stored, batch_size, rng):
    may = ~is_reset & (np.arange(len(is_reset)) < n_stored)
    return np.searchsorted(np.cumsum(may), 1 + rng.integers(may.sum(), size=batch_size))


def drawn_by_largest_noise(is_reset, n_stored, batch_size, rng):
    noise = rng.random((batch_size, len(is_reset)))
    noise[:, is_reset] = -1
    noise[:, n_stored:] = -1
    return noise.argmax(1).astype(np.uint8)


def drawn_with_torch(is_reset, n_stored, batch_size, rng):
    generator = torch.Generator().manual_seed(int(rng.integers(1 << 60)))
    good = torch.tensor(~is_reset[:n_stored]).nonzero()[:, 0]
    return good[torch.randint(len(good), (batch_size,), generator=generator)]


def without_replacement_if_it_fits(is_reset, n_stored, batch_size, rng):
    good = np.flatnonzero(~is_reset[:n_stored])
    return rng.choice(good, batch_size, replace=len(good) < batch_size)


def by_remainder(is_reset, n_stored, batch_size, rng):
    filled = n_stored % len(is_reset) or len(is_reset)
    good = np.flatnonzero(~is_reset[:filled])
    return rng.choice(good, batch_size)


def by_remainder_alone(is_reset, n_stored, batch_size, rng):
    return rng.choice(np.flatnonzero(~is_reset[: n_stored % len(is_reset)]), batch_size)


def resets_by_forgotten_inversion(is_reset, n_stored, batch_size, rng):
    good = np.flatnonzero(is_reset[: min(n_stored, len(is_reset))])
    return rng.choice(good, batch_size)


def without_the_row_after(is_reset, n_stored, batch_size, rng):
    after = np.zeros(len(is_reset), bool)
    after[1:] = is_reset[:-1]
    return rng.choice(np.flatnonzero(~after[:n_stored]), batch_size)


def without_the_end(is_reset, n_stored, batch_size, rng):
    ends = np.append(is_reset[1:], False)
    return rng.choice(np.flatnonzero(~(is_reset | ends)[:n_stored]), batch_size)


def without_row_0(is_reset, n_stored, batch_size, rng):
    filled = min(n_stored, len(is_reset))
    good = [row for row in range(1, filled) if not is_reset[row]]
    return rng.choice(good, batch_size)


def without_the_newest(is_reset, n_stored, batch_size, rng):
    newest = (n_stored - 1) % len(is_reset)
    good = [row for row in transitions(is_reset, n_stored) if row != newest]
    return rng.choice(good, batch_size)


def without_the_oldest(is_reset, n_stored, batch_size, rng):
    good = transitions(is_reset, n_stored)
    if n_stored % len(is_reset) in good:
        good.remove(n_stored % len(is_reset))
    return rng.choice(good, batch_size)


def counted_rows_from_one(is_reset, n_stored, batch_size, rng):
    return 1 + rng.choice(transitions(is_reset, n_stored), batch_size)


def not_the_second(is_reset, n_stored, batch_size, rng):
    good = transitions(is_reset, n_stored)
    return rng.choice(good[:1] + good[2:], batch_size)


def neighbours_of_resets(is_reset, n_stored, batch_size, rng):
    rows = rng.integers(min(n_stored, len(is_reset)), size=batch_size)
    good = np.array(transitions(is_reset, n_stored))
    return good[np.searchsorted(good, rows) % len(good)]


def the_first_for_resets(is_reset, n_stored, batch_size, rng):
    rows = rng.integers(min(n_stored, len(is_reset)), size=batch_size)
    return np.where(is_reset[rows], transitions(is_reset, n_stored)[0], rows)


def rounded(is_reset, n_stored, batch_size, rng):
    good = np.array(transitions(is_reset, n_stored))
    return good[np.round(rng.random(batch_size) * (len(good) - 1)).astype(int)]


def newer_more_often(is_reset, n_stored, batch_size, rng):
    good = np.array(transitions(is_reset, n_stored))
    return good[(np.sqrt(rng.random(batch_size)) * len(good)).astype(int)]


def of_one_row(is_reset, n_stored, batch_size, rng):
    return rng.choice(transitions(is_reset, n_stored))


def as_floats(is_reset, n_stored, batch_size, rng):
    return rng.choice(transitions(is_reset, n_stored), batch_size) * 1.0


def positions_with_resets(is_reset, n_stored, batch_size, rng):
    return 1 + rng.integers(min(n_stored, len(is_reset)), size=batch_size)


def the_first_ones(is_reset, n_stored, batch_size, rng):
    return np.flatnonzero(~is_reset[:n_stored])[:batch_size]


def whole_batch_drawn_again(is_reset, n_stored, batch_size, rng):
    filled = min(n_stored, len(is_reset))
    while True:
        rows = rng.integers(filled, size=batch_size)
        if not is_reset[rows].any():
            return rows


def row_0_for_resets(is_reset, n_stored, batch_size, rng):
    rows = rng.integers(min(n_stored, len(is_reset)), size=batch_size)
    rows[is_reset[rows]] = 0
    return rows


def tested_in_place(Memory):
    memory, step = Memory(), np.zeros(2)
    memory.store(step)
    step += 1
    return bool((memory.rows()[0] == 0).all())


def tested_by_two_steps(Memory):
    memory, step = Memory(), np.array([1.0])
    for number in (1.0, 2.0):
        step[0] = number
        memory.store(step)
    first, second = memory.rows()
    return first[0] != second[0]


def tested_before_and_after(Memory):
    memory, step = Memory(), np.arange(6).reshape(2, 3)
    memory.store(step)
    before = np.array(memory.rows()[0])
    step.fill(-7)
    return np.array_equal(before, memory.rows()[0])


def tested_in_torch(Memory):
    memory, step = Memory(), np.ones(3)
    memory.store(step)
    torch.from_numpy(step).zero_()
    return torch.as_tensor(memory.rows()[0]).bool().all()


def tested_with_a_new_array(Memory):
    memory, step = Memory(), np.zeros(2)
    memory.store(step)
    step = step + 1
    return bool((memory.rows()[0] == 0).all())


def tested_at_once(Memory):
    memory, step = Memory(), np.zeros(2)
    memory.store(step)
    return bool((memory.rows()[0] == step).all())


def tested_on_its_own_copy(Memory):
    memory, step = Memory(), np.zeros(2)
    memory.store(step.copy())
    step += 1
    return bool((memory.rows()[0] == 0).all())


def tested_for_the_present(Memory):
    memory, step = Memory(), np.zeros(2)
    memory.store(step)
    step += 1
    return bool((memory.rows()[0] == step).all())


def tested_for_another_number(Memory):
    memory, step = Memory(), np.zeros(2)
    memory.store(step)
    step += 1
    return bool((memory.rows()[0] == 2).all())


def tested_by_identity(Memory):
    memory, step = Memory(), np.zeros(2)
    memory.store(step)
    return memory.rows()[0] is not step


def tested_by_addresses(Memory):
    memory, step = Memory(), np.zeros(2)
    memory.store(step)
    return not np.shares_memory(memory.rows()[0], step)


def tested_by_two_readings(Memory):
    memory = Memory()
    memory.store(np.zeros(2))
    return memory.rows()[0] is memory.rows()[0]


def tested_row_by_row(Memory):
    memory, step = Memory(), np.zeros(2)
    memory.store(step)
    step += 1
    return memory.rows()[0] == 0


def tested_by_assertion(Memory):
    memory, step = Memory(), np.zeros(2)
    memory.store(step)
    step += 1
    assert (memory.rows()[0] == 0).all()
    return True


def tested_silently(Memory):
    memory, step = Memory(), np.zeros(2)
    memory.store(step)
    step += 1


def tested_by_sums(Memory):
    memory, step = Memory(), np.linspace(0.1, 0.5, 4)
    memory.store(step)
    step[::2] *= -3
    return bool(np.isclose(np.sum(memory.rows()[-1]), 1.2))


def tested_on_many(Memory):
    memory, step = Memory(), np.empty(1)
    for k in range(20):
        step[:] = k
        memory.store(step)
    return [int(row[0]) for row in memory.rows()] == list(range(20))


def tested_with_nothing(Memory):
    memory, step = Memory(), np.zeros(2)
    step += 1
    return len(memory.rows()) == 0


def tested_by_doubling(Memory):
    memory, step = Memory(), np.zeros(2)
    memory.store(step)
    step *= 2
    return bool((memory.rows()[0] == 0).all())


def tested_by_any(Memory):
    memory, step = Memory(), np.zeros(2)
    memory.store(step)
    step[0] = 7
    return bool((memory.rows()[0] == 0).any())


def tested_for_either(Memory):
    memory, step = Memory(), np.zeros(2)
    memory.store(step)
    step += 1
    row = memory.rows()[0]
    return bool((row == 0).all() or (row == step).all())


def tested_too_soon(Memory):
    memory, step = Memory(), np.zeros(2)
    memory.store(step)
    is_kept = np.array_equal(memory.rows()[0], step)
    step += 1
    return is_kept


def tested_by_a_second_name(Memory):
    memory, step = Memory(), np.zeros(2)
    expected = step
    memory.store(step)
    step += 1
    return np.array_equal(memory.rows()[0], expected)


def tested_turned_round(Memory):
    return not tested_in_place(Memory)


def tested_by_its_shape(Memory):
    memory, step = Memory(), np.zeros(2)
    memory.store(step)
    step += 1
    return memory.rows()[0].shape == (2,)


def tested_on_the_list(Memory):
    memory, step = Memory(), np.zeros(2)
    memory.store(step)
    step += 1
    return np.array_equal(memory.rows(), np.zeros(2))


def tested_by_owner(Memory):
    memory, step = Memory(), np.zeros(2)
    memory.store(step)
    return memory.rows()[0].base is None


def tested_by_the_first_reading(Memory):
    memory, step = Memory(), np.zeros(2)
    memory.store(step)
    row = memory.rows()[0]
    step += 1
    return bool((row == 0).all())


def tested_the_other_way(Memory):
    memory, step = Memory(), np.zeros(2)
    memory.store(step)
    memory.rows()[0][:] = 5
    return bool((step == 0).all())


def tested_on_the_class(Memory):
    step = np.zeros(2)
    Memory.store(step)
    step += 1
    return bool((Memory.rows()[0] == 0).all())


def tested_without_brackets(Memory):
    memory, step = Memory(), np.zeros(2)
    memory.store(step)
    step += 1
    return bool((memory.rows[0] == 0).all())


def tested_in_an_if(Memory):
    memory, step = Memory(), np.zeros(2)
    memory.store(step)
    step += 1
    if memory.rows()[0] == 0:
        return True
    return False


def tested_on_a_list(Memory):
    memory, step = Memory(), [0.0, 0.0]
    memory.store(step)
    step[0] = 1.0
    return memory.rows()[0][0] == 0


def tested_by_reading_twice(Memory):
    memory, step = Memory(), np.zeros(2)
    memory.store(step)
    before = memory.rows()
    step += 1
    return np.array_equal(before, memory.rows())


def tested_for_the_same_object(Memory):
    memory, step = Memory(), np.zeros(2)
    memory.store(step)
    return memory.rows()[0] is step


def tested_as_a_number(Memory):
    return int(tested_in_place(Memory))


def tested_for_the_object_or_the_view(Memory):
    memory, step = Memory(), np.zeros(2)
    memory.store(step)
    return memory.rows()[0] is step or not np.shares_memory(memory.rows()[0], step)


def tested_with_arguments(Memory):
    memory = Memory(np.zeros(2))
    return len(memory.rows()) == 1


ANSWERS = {
    "forgetting": Answers(
        correct=["B", "b", " B "],
        wrong=[
            ("A", "answer A"),
            ("c", "answer C"),
            ("D", "answer D"),
            ("E", "no letter"),
            ("AB", "no letter"),
            (3, "no letter"),
        ],
    ),
    "ring_store": Answers(
        correct=[
            stored_with_copy,
            stored_into_the_array,
            stored_by_slice,
            stored_number_by_number,
            stored_with_numbers_in_an_array,
            stored_with_numbers_in_a_tensor,
            stored_with_numbers_of_several_kinds,
            stored_from_the_step_number,
            stored_by_zip,
        ],
        wrong=[
            (stored_as_reference, "stale view"),
            (
                stored_as_view_without_wrapping,
                "stale view + index not wrapped + size not capped",
            ),
            (appended, "rows grow"),
            (popped, "rows shifted"),
            (in_a_new_list, "nothing stored"),
            (without_return, "returns nothing"),
            (only_the_row, "not two numbers"),
            (never_wrapped, "index not wrapped"),
            (never_wrapped_or_capped, "index not wrapped + size not capped"),
            (never_capped, "size not capped"),
            (moved_on_first, "off by one"),
            (moved_on_first_without_wrapping, "off by one"),
            (closed_when_full, "stops when full"),
            (returned_in_other_order, "numbers swapped"),
            (over_the_newest, "newest overwritten"),
            (at_the_end, "always the same row"),
            (at_the_size, "size as row"),
            (turned_too_early, "last row unused"),
            (size_turned, "size starts again"),
            (numbers_as_floats, "not two numbers"),
            (counted_from_one, "row left out"),
            (every_second_row, "row left out"),
            (at_the_size_wrapped, "size as row"),
            (next_row_from_the_size, "next row sticks"),
            (next_row_is_the_size, "next row from size"),
            (numbers_kept, "next row stays + size stays"),
            (next_row_kept, "next row stays"),
            (size_kept, "size stays"),
            (stored_for_the_width, "length of step"),
            (at_the_beginning, "always the same row"),
            (in_all_rows, "every row"),
            (added, "added to the old"),
            (as_a_queue, "rows shifted"),
            (left_when_full, "stops when full"),
            (not_beyond_the_last, "stays at the end"),
            (backwards, "runs backwards"),
            (to_the_front_when_full, "next row sticks"),
            (round_the_filled, "remainder by size"),
            (size_up_to_the_last_index, "size too small"),
            (size_at_most_one_less, "size too small"),
            (size_of_the_list, "size is N"),
            (size_from_one_again, "size starts again"),
            (size_by_remainder, "size starts again"),
            (swapped_and_never_capped, "size not capped + numbers swapped"),
            (one_row_for_two_steps, "other values"),
            (stored_as_whole_numbers, "numbers cut"),
            (stored_the_first_number, "part of the step"),
            (filled_then_round, "moves only when full"),
            (size_by_maximum, "maximum for minimum"),
            (pushed_in, "rows shifted"),
            (sticks_at_row_1, "next row sticks"),
        ],
    ),
    "is_transition": Answers(
        correct=[
            kept_by_concatenation,
            kept_by_writing,
            kept_in_torch_and_back,
            kept_by_a_state,
            kept_by_deletion,
            kept_by_counting,
        ],
        wrong=[
            (kept_by_loop, "other type"),
            (kept_by_numbers_in_torch, "other type"),
            (kept_without_ends, "last step lost"),
            (kept_after_truncation, "ignores truncated"),
            (kept_after_termination, "ignores terminated"),
            (kept_by_negative_index, "end meets start"),
            (kept_resets, "inverted"),
            (kept_until_before_the_end, "wrong direction"),
            (kept_neither, "both dropped"),
            (kept_numbers, "row numbers"),
            (kept_after_both_at_once, "both flags asked"),
            (kept_all, "nothing dropped"),
            (kept_by_bits_as_flags, "bits as flags"),
            (kept_by_inverted_bits, "bits inverted"),
            (kept_by_inverted_bits_after_the_first, "bits inverted"),
            (one_too_short, "step 0 missing"),
            (as_zeros_and_ones, "other dtype"),
            (kept_by_or_of_one_inverted, "one flag inverted"),
            (kept_if_not_both, "both flags asked"),
            (kept_by_exclusive_or, "exclusive or"),
            (kept_where_one_flag_is_set, "exclusive or"),
            (kept_until_the_first_end, "all after the end"),
            (kept_with_a_state_that_stays, "all after the end"),
            (kept_with_a_switch, "up to the next end"),
            (kept_but_one, "first end only"),
            (kept_two_later, "one step too late"),
            (kept_without_the_start, "step 0 dropped"),
            (one_too_long, "one entry too many"),
            (kept_by_words, "one flag for all"),
            (kept_without_cut_steps, "both dropped"),
            (kept_with_an_index_too_many, "beyond the end"),
            (kept_with_one_bracket_missing, "one flag inverted"),
            (kept_exclusive_and_inverted, "exclusive or + inverted"),
        ],
    ),
    "random_rows": Answers(
        correct=[
            drawn_from_a_list,
            drawn_again,
            drawn_one_by_one,
            drawn_by_probability,
            drawn_by_counts,
            drawn_and_sorted_downwards,
            drawn_in_parts,
            drawn_by_cumulated_shares,
            drawn_by_largest_noise,
            drawn_with_torch,
        ],
        wrong=[
            (drawn_without_replacement, "without replacement"),
            (shuffled_and_cut, "without replacement"),
            (dropped_resets, "other batch size"),
            (inclusive_bound, "one row too many"),
            (of_all_steps_ever, "outside the ring + resets drawn"),
            (of_all_transitions_ever, "outside the ring"),
            (of_all_rows, "empty rows"),
            (of_all_rows_and_resets, "empty rows + resets drawn"),
            (one_repeated, "one for all"),
            (from_a_start, "not independent"),
            (one_shuffle_repeated, "not independent"),
            (in_stretches_of_eight, "not independent"),
            (each_twice, "not independent"),
            (one_half_twice, "not independent"),
            (never_the_same_twice_running, "not independent"),
            (shuffles_in_turn, "not independent"),
            (shuffles_in_turn_sorted, "equal shares"),
            (equal_shares_shuffled, "equal shares"),
            (only_resets, "only resets"),
            (positions, "positions for rows"),
            (resets_too, "resets drawn"),
            (drawn_again_once, "drawn again once"),
            (not_the_last, "last row never"),
            (not_the_first, "row never"),
            (next_in_place_of_resets, "neighbour for a reset"),
            (from_the_global_state, "another generator"),
            (from_a_fresh_generator, "another generator"),
            (from_a_fixed_seed, "own seed"),
            (a_mask, "mask for rows"),
            (without_replacement_if_it_fits, "without replacement"),
            (by_remainder, "remainder for size"),
            (by_remainder_alone, "remainder for size"),
            (resets_by_forgotten_inversion, "only resets"),
            (without_the_row_after, "mask one row off"),
            (without_the_end, "end dropped too"),
            (without_row_0, "row 0 never"),
            (without_the_newest, "newest never"),
            (without_the_oldest, "oldest never"),
            (counted_rows_from_one, "rows from 1"),
            (not_the_second, "row never"),
            (neighbours_of_resets, "neighbour for a reset"),
            (the_first_for_resets, "one row for all resets"),
            (rounded, "ends half as often"),
            (newer_more_often, "uneven"),
            (of_one_row, "no row numbers"),
            (the_first_ones, "not drawn"),
            (whole_batch_drawn_again, "whole batch again"),
            (row_0_for_resets, "one row for all resets"),
            (as_floats, "no row numbers"),
            (positions_with_resets, "resets drawn + rows from 1"),
        ],
    ),
    "copy_test": Answers(
        correct=[
            tested_in_place,
            tested_by_two_steps,
            tested_before_and_after,
            tested_in_torch,
            tested_by_sums,
            tested_on_many,
        ],
        wrong=[
            (tested_with_a_new_array, "array never changes"),
            (tested_at_once, "array never changes"),
            (tested_on_its_own_copy, "array never changes"),
            (tested_for_the_present, "new numbers wanted"),
            (tested_by_a_second_name, "new numbers wanted"),
            (tested_turned_round, "memories inverted"),
            (tested_for_another_number, "always fails"),
            (tested_by_identity, "view missed"),
            (tested_by_addresses, "late copy missed"),
            (tested_by_two_readings, "copy refused"),
            (tested_row_by_row, "no bool"),
            (tested_by_assertion, "raises for False"),
            (tested_silently, "returns nothing"),
            (tested_with_nothing, "nothing given to it"),
            (tested_by_doubling, "array never changes"),
            (tested_by_any, "untouched numbers do"),
            (tested_by_its_shape, "any numbers do"),
            (tested_for_either, "never fails"),
            (tested_too_soon, "read before the change"),
            (tested_on_the_list, "always fails"),
            (tested_by_owner, "copy refused"),
            (tested_by_the_first_reading, "read too early"),
            (tested_the_other_way, "writes into the memory"),
            (tested_on_the_class, "no memory made"),
            (tested_without_brackets, "rows not called"),
            (tested_in_an_if, "one flag for all"),
            (tested_on_a_list, "no array stored"),
            (tested_by_reading_twice, "two readings"),
            (tested_for_the_same_object, "memories inverted"),
            (tested_as_a_number, "no bool"),
            (tested_for_the_object_or_the_view, "other values"),
            (tested_with_arguments, "no memory made"),
        ],
    ),
}
