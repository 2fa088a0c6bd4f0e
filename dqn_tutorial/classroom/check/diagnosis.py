"""What can be said of a wrong result whose misconception is not known."""

import copy
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from dqn_tutorial.classroom.check.guard import OwnError, Wrong, alike
from dqn_tutorial.classroom.check.otherwise import (
    Function,
    Inputs,
    Row,
    as_if,
    as_type,
)
from dqn_tutorial.classroom.check.values import as_array

Arrays = list[tuple[NDArray[Any], NDArray[Any], Inputs]]
Marks = list[tuple[NDArray[Any], Inputs]]
MOST_FACTS = 2
# of a row's numbers: up, down, turned round, and one unlike the other
PUSHES: tuple[Callable[[Any], Any], ...] = (
    lambda x: x + 100,
    lambda x: x - 100,
    lambda x: -x,
    lambda x: x * (1 + np.arange(x.size).reshape(x.shape)),
)


def known(
    own: Function,
    right: Function,
    rows: Sequence[Row],
) -> str:
    """Return what all cases have in common: an argument without influence, a factor, an
    offset, the sign, entries that are right. Nothing where nothing is found.

    Args:
        own: what the learner's function does with inputs.
        right: what is right.
        rows: the cases that were tried, right ones among them.
    """
    facts = [*_influence(own, right, rows)]
    pairs: Arrays = []
    for (kind, found), (_, wanted), inputs in rows:
        if isinstance(wanted, Mapping) and isinstance(found, Mapping):
            facts += _parts(rows)
            break
        a, b = as_array(found) if kind == "value" else None, as_array(wanted)
        if a is not None and b is not None and a.shape == b.shape:
            pairs.append((a.astype(float), b.astype(float), inputs))
    if pairs:
        facts += [*_numbers(pairs), *_places(pairs)]
    with suppress(Wrong, OwnError, ValueError, TypeError, IndexError):
        facts += as_if(right, rows)
        facts += _separated(rows)
        facts += _reacts(own, right, rows)
    return " ".join(facts[:MOST_FACTS])


def _conditions(name: str, value: Any) -> Iterator[tuple[str, bool]]:
    """Yield what can be said of an input, and whether it holds."""
    array = as_array(value)
    if array is None or not array.size:
        return
    if array.dtype.kind == "b" and not array.ndim:
        yield f"`{name}` is False", not array
    elif array.dtype.kind == "b":
        yield f"no flag of `{name}` is True", not array.any()
        yield f"all flags of `{name}` are True", bool(array.all())
        yield f"the last flag of `{name}` is False", not array.flat[-1]
        yield f"the first flag of `{name}` is False", not array.flat[0]
    elif not array.ndim:
        for number in (0, 1):
            yield f"`{name}` is {number}", bool(array == number)
        yield f"`{name}` is at least 0", bool(array >= 0)
    else:
        yield f"`{name}` has a single row", len(array) == 1
        if array.ndim > 1:
            yield (
                f"the first two axes of `{name}` are equally long",
                bool(array.shape[0] == array.shape[1]),
            )
            ordered = np.sort(array, -1)
            yield (
                f"no row of `{name}` holds a number twice",
                not np.isclose(ordered[..., 1:], ordered[..., :-1]).any(),
            )
        else:
            yield (
                f"no number in `{name}` comes twice",
                np.unique(array).size == len(array),
            )
        yield f"`{name}` holds no negative number", bool((array >= 0).all())
        yield f"`{name}` holds only 0", not array.any()


def _separated(rows: Sequence[Row]) -> Iterator[str]:
    """Say what the cases that are right have in common, and no other has."""
    good = [alike(found, wanted) for found, wanted, _ in rows]
    if all(good) or not any(good):
        return
    for name in rows[0][2]:
        held = [[*_conditions(name, inputs[name])] for *_, inputs in rows]
        for k in range(min(map(len, held))):
            for flip in (False, True):
                holds = [one[k][1] != flip for one in held]
                if holds == good and len({one[k][0] for one in held}) == 1:
                    word = "wherever not: " if flip else "wherever "
                    yield (
                        f"Right in all {sum(good)} cases {word}{held[0][k][0]}, and"
                        f" wrong in all {len(good) - sum(good)} others."
                    )
                    return


def _reacts(own: Function, right: Function, rows: Sequence[Row]) -> Iterator[str]:
    """Say which entries of the result react to one row of an input, and should not, or
    do not react and should.
    """
    for (kind, found), (_, wanted), inputs in rows:
        a, b = as_array(found) if kind == "value" else None, as_array(wanted)
        if a is None or b is None or a.shape != b.shape or not 1 < b.size < 40:
            continue
        for name, value in inputs.items():
            array = as_array(value)
            if (
                array is None
                or array.dtype.kind != "f"
                or array.ndim < 1
                or isinstance(value, list)
            ):
                continue
            new = array.copy()
            new[0] = 0.5 * new[0] + 1.37
            other = {**copy.deepcopy(dict(inputs)), name: as_type(new, value)}
            c, d = as_array(own(other)[1]), as_array(right(other)[1])
            if c is None or d is None or c.shape != a.shape or d.shape != b.shape:
                continue
            mine, theirs = ~np.isclose(a, c), ~np.isclose(b, d)
            ever = partial(_ever_reacts, rows=rows, name=name)
            if (more := np.argwhere(mine & ~theirs)).size:
                if ever(right, place=more[0].tolist()):
                    continue
                yield (
                    f"Entry {more[0].tolist()} of your result changes with `{name}[0]`,"
                    " and should not."
                )
                return
            if (less := np.argwhere(theirs & ~mine)).size:
                if ever(own, place=less[0].tolist()):
                    continue
                yield (
                    f"Entry {less[0].tolist()} of your result does not change with"
                    f" `{name}[0]`, and should."
                )
                return
        return


def _ever_reacts(
    function: Function, rows: Sequence[Row], name: str, place: list[int]
) -> bool:
    """Say whether an entry of a result changes with the first row of an input, in any
    of the cases: a largest or smallest number may stand in another row at first.
    """
    for *_, inputs in rows:
        array = np.asarray(as_array(inputs[name]))
        results = []
        for change in (lambda x: x, *PUSHES):
            new = array.copy()
            new[:1] = change(new[:1])
            other = {**copy.deepcopy(dict(inputs)), name: as_type(new, inputs[name])}
            result = as_array(function(other)[1])
            if result is None:
                return True  # an error there: nothing is known
            with suppress(IndexError):  # a smaller case
                results.append(result[tuple(place)])
        if results and not np.allclose(results, results[0], equal_nan=True):
            return True
    return False


def _parts(rows: Sequence[Row]) -> list[str]:
    """Of several results, say which are always right."""
    whole = [
        (found, wanted)
        for (kind, found), (_, wanted), _ in rows
        if kind == "value" and isinstance(found, Mapping)
    ]
    good = {
        name: all(
            alike(("value", found.get(name)), ("value", wanted[name]))
            for found, wanted in whole
        )
        for name in (whole[0][1] if whole else ())
    }
    if not any(good.values()) or all(good.values()):
        return []
    right = ", ".join(f"`{name}`" for name, is_good in good.items() if is_good)
    wrong = ", ".join(f"`{name}`" for name, is_good in good.items() if not is_good)
    return [f"Right in every case: {right}. Wrong: {wrong}."]


def _moved(value: Any) -> Any:
    """Return another value of the same kind, or None where none is known to be
    allowed.
    """
    if isinstance(value, bool | np.bool_):
        return not value
    if isinstance(value, float):
        return 0.5 * value + 0.03
    array = as_array(value)
    if array is None or not array.ndim or not array.size:
        return None
    if array.dtype.kind == "b":
        return ~value
    if array.dtype.kind == "f":
        with torch.no_grad():
            moved = 0.5 * value + (1 + as_type(array, value)) / 7
        is_leaf = isinstance(value, torch.Tensor) and value.requires_grad
        return moved.requires_grad_() if is_leaf else moved
    return as_type(array.max() - array, value)


def _influence(
    own: Function,
    right: Function,
    rows: Sequence[Row],
) -> Iterator[str]:
    # a word, such as a sign, stays the same for many inputs
    some = [
        row for row in rows if row[0][0] == "value" and not isinstance(row[0][1], str)
    ][-6:]
    try:
        if any(not alike(own(inputs), found) for found, _, inputs in some):
            yield "Two calls with the same inputs give two results."
            return
        without, n_asked = [], 0
        for name in some[0][2] if some else ():
            changes = []
            for found, wanted, inputs in some:
                if (moved := _moved(inputs[name])) is None:
                    continue
                other = {**copy.deepcopy(dict(inputs)), name: moved}
                changes.append((alike(own(other), found), alike(right(other), wanted)))
            n_asked += bool(changes)
            if changes and all(own for own, _ in changes):
                if not all(same for _, same in changes):
                    without.append(name)
        if len(without) == n_asked > 2:
            yield "Your result is the same whatever the inputs are."
        else:
            yield from (f"Your result does not depend on `{name}`." for name in without)
    except (Wrong, OwnError, ValueError, TypeError):
        return


def _numbers(pairs: Arrays) -> Iterator[str]:
    a = np.concatenate([found.ravel() for found, *_ in pairs])
    b = np.concatenate([right.ravel() for _, right, _ in pairs])
    if not np.isfinite(a).all() or len(a) < 3:
        return
    if np.ptp(a) < 1e-6 < np.ptp(b):
        yield "Your result is the same in every case."
        return
    large = np.abs(b) > 1e-3
    ratio, apart = a[large] / b[large], a - b
    if large.any() and np.allclose(a[~large], 0, atol=1e-4) and np.ptp(ratio) < 1e-3:
        factor = float(ratio[0])
        yield (
            "Your numbers have the wrong sign, and are right else."
            if abs(factor + 1) < 1e-3
            else f"In every case your numbers are {factor:.3g} times the right ones."
        )
    elif np.ptp(apart) < 1e-4:
        yield f"In every case your numbers are {apart[0]:+.3g} off."
    else:
        for name, value in pairs[0][2].items():
            if type(value) is not float:
                continue
            times = [
                np.allclose(found, right * inputs[name], 1e-3, 1e-4)
                for found, right, inputs in pairs
            ]
            over = [
                np.allclose(found * inputs[name], right, 1e-3, 1e-4)
                for found, right, inputs in pairs
            ]
            if all(times) or all(over):
                word = "multiplied" if all(times) else "divided"
                yield f"Your numbers are the right ones {word} by `{name}`."


def _places(pairs: Arrays) -> Iterator[str]:
    """Say at which entries the result is right, or where its numbers belong."""
    marks: Marks = [
        (np.asarray(np.isclose(found, right, 1e-4, 1e-5)), inputs)
        for found, right, inputs in pairs
    ]
    for name, value in pairs[0][2].items():
        flags = as_array(value)
        if flags is None or flags.dtype.kind != "b":
            continue
        seen: dict[bool, list[bool]] = {True: [], False: []}
        for good, inputs in marks:
            flag = np.asarray(as_array(inputs[name]))
            if good.shape[: flag.ndim] != flag.shape:
                break
            each = np.atleast_1d(good.reshape(*flag.shape, -1).all(-1))
            for side in (True, False):
                seen[side] += each[np.atleast_1d(flag == side)].tolist()
        for side in (True, False):
            if seen[side] and all(seen[side]) and not all(seen[not side]):
                rest = "not everywhere" if any(seen[not side]) else "wrong"
                yield (
                    f"It is right wherever `{name}` is {side}, and {rest} where it is"
                    f" {not side}."
                )
                return
    long = [
        (good, found, right)
        for (good, _), (found, right, _) in zip(marks, pairs, strict=True)
        if right.ndim and right.shape[0] > 1
    ]
    if not long:
        return
    if all(good[0].all() and not good[1:].any() for good, *_ in long):
        yield "Only the first row or entry is right."
    elif all(good[-1].all() and not good[:-1].any() for good, *_ in long):
        yield "Only the last row or entry is right."
    elif all(
        good.ndim > 1 and good[:, 0].all() and not good[:, 1:].any()
        for good, *_ in long
    ):
        yield "Only the first column is right."
    elif any(
        all(
            np.allclose(np.roll(found, k, 0), right, 1e-4, 1e-5)
            for _, found, right in long
        )
        for k in (1, -1)
    ):
        yield "The numbers are right, but one place off."
    elif all(
        np.allclose(np.sort(found, None), np.sort(right, None), 1e-4, 1e-5)
        for _, found, right in long
    ):
        yield "The numbers are right, but they stand in another order."
