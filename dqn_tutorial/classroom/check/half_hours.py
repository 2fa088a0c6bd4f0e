"""Half an hour in the bakery and what is seen of a day: rules, right ones and wrong
ones.
"""

from collections.abc import Callable
from itertools import combinations
from typing import Any

import numpy as np

from dqn_tutorial.classroom.check import bakery
from dqn_tutorial.classroom.check.bakery import PLACES, SLOTS, TRAY, Day
from dqn_tutorial.classroom.check.exercise import Function
from dqn_tutorial.classroom.check.guard import Wrong, guarded
from dqn_tutorial.classroom.check.values import as_array, describe, shown


def sample_half_hour(rng: np.random.Generator) -> dict[str, Any]:
    """Half-hours in which the shelf runs out, is too full, or neither."""
    numbers = rng.integers([SLOTS, PLACES + 1, 2, 2]).tolist()
    bake, customers = rng.integers([2, bakery.PASSING + 1]).tolist()
    return {"day": Day(*numbers), "bake": bake, "customers": customers}


def by_name(answer: Any, day: Day, bake: int, customers: int) -> Any:
    """Return what a half-hour gave, by name."""
    result = answer(day, bake, customers)
    if result is None:
        return None
    if not isinstance(result, tuple | list) or len(result) != 2:
        raise Wrong("no pair", returned=describe(result))
    after, sold = result
    if isinstance(sold, tuple) and not isinstance(after, tuple):
        raise Wrong("pair exchanged")
    if not isinstance(after, tuple) or len(after) != len(day):
        raise Wrong("no day", returned=describe(after))
    return dict(zip(day._fields, after, strict=True)) | {"sold": sold}


def half_hour_of(
    stock: Function = lambda day: day.shelf,
    sale: Function = lambda stock, customers: min(stock, customers),
    left: Function = lambda stock, sold, customers: max(stock - sold, 0),
    out: Function = lambda day, bake: TRAY * day.ready,
    filled: Function = lambda left, out, sold: min(left + out, PLACES),
    ready: Function = lambda day, bake: day.later,
    later: Function = lambda day, bake: bake,
    slot: Callable[[int], int] = lambda slot: slot + 1,
    told: Function = lambda sold, customers: sold,
    order: Function = lambda day: day,
) -> Function:
    """Return a half-hour made of rules: what is there to sell, what is sold, what is
    left of it, what comes out of the oven, ...
    """

    def half_hour(day: Day, bake: int, customers: int) -> Any:
        there = stock(day)
        sold = sale(there, customers)
        shelf = filled(left(there, sold, customers), out(day, bake), sold)
        oven = ready(day, bake), later(day, bake)
        moved = order(Day(slot(day.slot), shelf, *oven))
        after = moved, told(sold, customers)
        return by_name(lambda *_: after, day, bake, customers)

    return half_hour


def in_place(day: Any, bake: int, customers: int) -> Any:
    """Change a day that cannot be changed."""
    day.shelf = 0


HALF_HOUR_FLAWS: list[tuple[str, dict[str, Any]]] = [
    (
        "fresh bread first",
        {
            "stock": lambda day: min(day.shelf + TRAY * day.ready, PLACES),
            "filled": lambda left, out, sold: left,
        },
    ),
    (
        "fresh bread first",
        {
            "stock": lambda day: day.shelf + TRAY * day.ready,
            "filled": lambda left, out, sold: min(left, PLACES),
        },
    ),
    (
        "full too early",
        {"filled": lambda left, out, sold: min(left + sold + out, PLACES) - sold},
    ),
    ("no room", {"filled": lambda left, out, sold: left + out}),
    ("whole tray lost", {"filled": lambda a, b, _: a + b if a + b <= PLACES else a}),
    ("old bread gone", {"filled": lambda left, out, sold: min(out, PLACES)}),
    ("old bread gone", {"filled": lambda left, out, sold: out or left}),
    ("numbers exchanged", {"filled": lambda left, out, sold: min(left + out, TRAY)}),
    ("tray fills the shelf", {"out": lambda day, bake: PLACES * day.ready}),
    ("maximum for minimum", {"filled": lambda left, out, _: max(left + out, PLACES)}),
    ("order of a day", {"order": lambda day: Day(day[1], day[0], *day[2:])}),
    ("all are served", {"sale": lambda stock, customers: customers}),
    ("one is served", {"sale": lambda stock, customers: min(stock, customers, 1)}),
    ("shelf sold out", {"sale": lambda stock, customers: stock if customers else 0}),
    ("shelf below zero", {"left": lambda stock, sold, customers: stock - customers}),
    ("sold bread stays", {"left": lambda stock, sold, customers: stock}),
    ("missed for sold", {"told": lambda sold, customers: customers - sold}),
    ("nothing comes out", {"out": lambda day, bake: 0}),
    ("baked at once", {"out": lambda day, bake: TRAY * bake}),
    ("one tray too early", {"out": lambda day, bake: TRAY * day.later}),
    ("both trays come out", {"out": lambda day, bake: TRAY * (day.ready + day.later)}),
    ("one loaf a tray", {"out": lambda day, bake: day.ready}),
    (
        "oven exchanged",
        {"ready": lambda day, bake: bake, "later": lambda day, bake: day.later},
    ),
    (
        "oven stands still",
        {"ready": lambda day, bake: day.ready, "later": lambda day, bake: day.later},
    ),
    (
        "oven stands still",
        {"ready": lambda day, bake: day.later, "later": lambda day, bake: day.later},
    ),
    ("tray stays in", {"ready": lambda day, bake: day.ready + day.later}),
    ("tray stays in", {"ready": lambda day, bake: day.ready or day.later}),
    ("tray stays in", {"later": lambda day, bake: day.later or bake}),
    ("tray stays in", {"later": lambda day, bake: day.later + bake}),
    ("one half-hour in the oven", {"ready": lambda day, bake: bake}),
    (
        "one half-hour in the oven",
        {
            "ready": lambda day, bake: day.later + bake,
            "later": lambda day, bake: 0,
        },
    ),
    ("new tray forgotten", {"later": lambda day, bake: 0}),
    ("loaves for trays", {"later": lambda day, bake: TRAY * bake}),
    ("loaves for trays", {"ready": lambda day, bake: TRAY * day.later}),
    ("clock stands still", {"slot": lambda slot: slot}),
    ("clock starts over", {"slot": lambda slot: (slot + 1) % SLOTS}),
    ("clock stops early", {"slot": lambda slot: min(slot + 1, SLOTS - 1)}),
    ("clock runs back", {"slot": lambda slot: slot - 1}),
    ("clock in minutes", {"slot": lambda slot: slot + 30}),
]

_OPEN = [day for day in bakery.DAYS if day.slot < SLOTS]
_HIDDEN = {
    "hides the clock": "slot",
    "hides the shelf": "shelf",
    "hides the oven": "ready",
    "hides the later tray": "later",
}


def _row_of(own: Function, day: Day) -> tuple[float, ...]:
    """Return what is seen of a day, refused where its form is wrong."""
    returned = own(day=day)
    row = as_array(returned)
    if not isinstance(returned, np.ndarray) or row is None or row.ndim != 1:
        kind = type(returned).__name__
        what = f"a value of type {kind}" + ("" if row is None else f", {describe(row)}")
        raise Wrong("no row", returned=what)
    if row.dtype != np.float32:
        raise Wrong("not float32", dtype=row.dtype)
    before = row.copy()
    own(day=day._replace(shelf=(day.shelf + 1) % 7, ready=1 - day.ready))
    if not np.array_equal(before, np.asarray(returned)):
        raise Wrong("one array for all")
    case = f"Inputs: `day` {day}.\nYours: {shown(row)}."
    if not (row >= 0).all():
        raise Wrong("below its space", case)
    if not (row <= 1).all():
        raise Wrong("leaves its space", case)
    return tuple(row.tolist())


def _pair(one: Day, other: Day, row: tuple[float, ...]) -> str:
    return f"Inputs: {one}, and {other}.\nYours: {shown(np.array(row))} for both."


def judge_sight(answer: object, rng: np.random.Generator) -> None:
    """Judge what an agent sees of a day."""
    own = guarded(answer)
    seen = {day: _row_of(own, day) for day in bakery.DAYS}
    if len({len(row) for row in seen.values()}) > 1:
        raise Wrong("no row", returned="rows of several lengths")
    for day in rng.permutation(len(bakery.DAYS))[:20]:
        if _row_of(own, bakery.DAYS[day]) != seen[bakery.DAYS[day]]:
            raise Wrong(
                "another each time", f"Inputs: `day` {bakery.DAYS[day]}, twice."
            )
    looks: dict[tuple[float, ...], Day] = {}
    alike = [
        (looks[seen[day]], day)
        for day in _OPEN
        if looks.setdefault(seen[day], day) is not day
    ]
    if not alike:
        return
    if len(looks) == 1:
        raise Wrong("always the same", _pair(_OPEN[0], _OPEN[-1], seen[_OPEN[0]]))
    hidden = {
        key: name
        for key, name in _HIDDEN.items()
        if all(seen[day] == seen[day._replace(**{name: 0})] for day in _OPEN)
    }
    if hidden:
        other = Day()._replace(**dict.fromkeys(hidden.values(), 1))
        raise Wrong(" + ".join(hidden), _pair(Day(), other, seen[Day()]))
    # the two that differ in fewest parts say most
    apart = {pair: [a != b for a, b in zip(*pair, strict=True)] for pair in alike}
    pair = min(apart, key=lambda pair: sum(apart[pair]))
    names = [
        name
        for name, is_apart in zip(Day._fields, apart[pair], strict=True)
        if is_apart
    ]
    case = _pair(*pair, seen[pair[0]])
    if all(_are_multiples(*two) for two in alike):
        raise Wrong("measured by itself", case)
    if len(names) > 1:
        raise Wrong("two look alike", case)
    key, details = _hidden_part(names[0], seen)
    a, b = (getattr(day, names[0]) for day in pair)
    raise Wrong(key, case, name=names[0], a=a, b=b, **details)


def _are_multiples(one: Day, other: Day) -> bool:
    """Say whether two days are one row of numbers times a factor."""
    products = np.outer(one, other)
    return any(one) and any(other) and bool((products == products.T).all())


def _hidden_part(
    name: str, seen: dict[Day, tuple[float, ...]]
) -> tuple[str, dict[str, int]]:
    """Return a key for days that differ in one part and look alike, with values."""
    values = sorted({getattr(day, name) for day in _OPEN})
    ways = set()  # which values look alike, by the other parts of the day
    for day in _OPEN:
        rows = [seen[day._replace(**{name: value})] for value in values]
        ways.add(tuple(rows.index(row) for row in rows))
    if len(ways) > 1:
        return "partly hidden", {}
    (first,) = ways  # of each value the first that looks like it
    pairs = [
        (a, b) for a, b in combinations(range(len(values)), 2) if first[a] == first[b]
    ]
    if all(first[k] in (k, first[k - 1]) for k in range(1, len(first))):
        start = first[-1]
        is_tail = start < len(first) - 1 and first[:start] == tuple(range(start))
        return ("cut off", {"start": start}) if is_tail else ("coarse", {})
    if len({sum(pair) for pair in pairs}) == 1:
        return "folded", {}
    period = min(b - a for a, b in pairs)
    if first == tuple(k % period for k in range(len(first))):
        return "starts over", {"period": period}
    return "partly hidden", {}
