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
        more = rng.integers(min(n_stored, len(is_reset)), size=batch_size // 3)
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
        ],
        wrong=[
            (stored_as_reference, "stale view"),
            (stored_as_view_without_wrapping, "stale view"),
            (appended, "rows grow"),
            (popped, "rows shifted"),
            (in_a_new_list, "nothing stored"),
            (without_return, "not two numbers"),
            (only_the_row, "not two numbers"),
            (never_wrapped, "index not wrapped"),
            (never_wrapped_or_capped, "index not wrapped"),
            (never_capped, "size not capped"),
            (moved_on_first, "off by one"),
            (moved_on_first_without_wrapping, "off by one"),
            (closed_when_full, "stops when full"),
            (returned_in_other_order, "numbers swapped"),
            (over_the_newest, "newest overwritten"),
            (at_the_end, "other values"),
            (at_the_size, "size as row"),
            (turned_too_early, "last row unused"),
            (size_turned, "size wraps"),
            (numbers_as_floats, "not two numbers"),
            (counted_from_one, "row left out"),
            (every_second_row, "row left out"),
            (at_the_size_wrapped, "size as row"),
            (next_row_from_the_size, "next row from size"),
            (numbers_kept, "number stays"),
            (next_row_kept, "number stays"),
            (size_kept, "number stays"),
        ],
    ),
    "is_transition": Answers(
        correct=[kept_by_concatenation, kept_by_writing],
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
            (kept_after_both_at_once, "nothing dropped"),
            (kept_all, "nothing dropped"),
            (kept_by_inverted_bits, "bits inverted"),
            (kept_by_inverted_bits_after_the_first, "bits inverted"),
            (one_too_short, "other shape"),
            (as_zeros_and_ones, "other dtype"),
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
        ],
        wrong=[
            (drawn_without_replacement, "without replacement"),
            (shuffled_and_cut, "without replacement"),
            (dropped_resets, "other batch size"),
            (inclusive_bound, "one row too many"),
            (of_all_steps_ever, "outside the ring"),
            (of_all_rows, "empty rows"),
            (of_all_rows_and_resets, "empty rows"),
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
            (only_resets, "resets drawn"),
            (positions, "positions for rows"),
            (resets_too, "resets drawn"),
            (drawn_again_once, "resets drawn"),
            (not_the_last, "last row never"),
            (not_the_first, "row never"),
            (next_in_place_of_resets, "uneven"),
            (from_the_global_state, "another generator"),
            (from_a_fresh_generator, "another generator"),
            (from_a_fixed_seed, "own seed"),
            (a_mask, "no row numbers"),
        ],
    ),
    "copy_test": Answers(
        correct=[
            tested_in_place,
            tested_by_two_steps,
            tested_before_and_after,
            tested_in_torch,
        ],
        wrong=[
            (tested_with_a_new_array, "never fails"),
            (tested_at_once, "never fails"),
            (tested_on_its_own_copy, "never fails"),
            (tested_for_the_present, "inverted"),
            (tested_for_another_number, "always fails"),
            (tested_by_identity, "view missed"),
            (tested_by_addresses, "late copy missed"),
            (tested_by_two_readings, "copy refused"),
            (tested_row_by_row, "no bool"),
            (tested_by_assertion, "an error"),
            (tested_silently, "returns nothing"),
        ],
    ),
}
