"""What a learner is shown of a wrong result: the case, or how its form differs."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from dqn_tutorial.classroom.check.guard import Wrong, alike, listed
from dqn_tutorial.classroom.check.values import (
    ATOL,
    RTOL,
    as_array,
    describe,
    kind_of,
    shown,
)


def alike_in_kind(found: Any, wanted: Any) -> bool:
    """Say whether two behaviours are the same, in the same form."""
    return alike(found, wanted) and _is_kind(found[1], wanted[1])


def _is_kind(value: Any, wanted: Any) -> bool:
    """Say whether a result comes as a tensor or an array where one is asked for; a
    single number may come as any.
    """
    if isinstance(wanted, Mapping):
        return all(_is_kind(value[name], part) for name, part in wanted.items())
    asked = kind_of(wanted)
    return as_array(wanted) is None or asked in ("number", kind_of(value))


def case_of(result: Any, wanted: Any, inputs: Mapping[str, Any]) -> str:
    """Show one case: what went in, what is right, and what came out."""
    a, b = as_array(result), as_array(wanted)
    words = f"Inputs: {listed(inputs, shown)}.\n"
    if isinstance(wanted, Mapping) and isinstance(result, Mapping):
        apart = [
            name
            for name in wanted
            if not alike(("value", result.get(name)), ("value", wanted[name]))
        ]
        return words + "\n".join(
            f"`{name}`: right is {shown(wanted[name])}, yours is"
            f" {shown(result.get(name))}."
            for name in apart or wanted
        )
    words += f"Right: {_parts(wanted)}.\nYours: {_parts(result)}."
    if a is None or b is None or a.shape != b.shape or b.size < 2:
        return words
    differ = np.argwhere(~np.isclose(a, b, RTOL, ATOL, equal_nan=True))
    if len(differ) and b.size > 12:
        place = tuple(int(i) for i in differ[0])
        words += (
            f" At index {list(place)}: right is {describe(b[place])}, yours is"
            f" {describe(a[place])}."
        )
    return words


def form_of(
    kind: str, result: Any, wanted: Any, inputs: Mapping[str, Any]
) -> Wrong | None:
    """Say how a result differs in form: by error, kind, shape, NaN or dtype; nothing
    where it does not.
    """
    if kind == "error":
        return Wrong("an error", str(result))
    if isinstance(wanted, Mapping):
        for name, part in wanted.items():
            if isinstance(result, Mapping) and not alike_in_kind(
                ("value", result.get(name)), ("value", part)
            ):
                return form_of(kind, result.get(name), part, inputs)
        return None
    a, b = as_array(result), as_array(wanted)
    if b is None:  # several results in a tuple
        return None
    case = f"The inputs were {listed(inputs, shown)}."
    if type(result).__module__ == "torch.return_types":
        return Wrong("max gives a pair", f"Your function returns a pair.\n{case}")
    if a is None or not (
        _is_kind(result, wanted) or "number" in (kind_of(result), kind_of(wanted))
    ):
        words = (
            f"Your function returns {_named(result)}; asked for is {_named(wanted)}."
        )
        return Wrong("other type", f"{words}\n{case}")
    if a.shape != b.shape:
        asked = f"{list(b.shape)}" if b.ndim else "a single number, without an axis"
        return Wrong(
            "other shape",
            f"Your result has shape {list(a.shape)}; asked for is {asked}.\n{case}",
        )
    if (
        a.dtype.kind == "f"
        and np.isnan(a).any()
        and not np.isnan(np.asarray(b, float)).any()
    ):
        words = "Your result holds `nan`, which is no number."
        return Wrong("nan", f"{words}\n{case}")
    if np.allclose(np.asarray(a, float), np.asarray(b, float), RTOL, ATOL):
        return Wrong(
            "other dtype",
            f"Your numbers are right, but they are {a.dtype}; asked for is {b.dtype}.",
        )
    apart = np.abs(np.asarray(a, float) - np.asarray(b, float)).max()
    if shown(a) == shown(b) and apart < 1e-2:
        words = (
            f"Some of your numbers differ from the right ones, by {apart:.2g} at most."
            " Is anything rounded?"
        )
        return Wrong("other values", f"{words}\n{case}")
    return None


def _named(value: Any) -> str:
    """Name the kind of a result with its shape."""
    if as_array(value) is None:
        name = type(value).__name__
        return f"{'an' if name[0] in 'aeiouAEIOU' else 'a'} {name}"
    kind = kind_of(value)
    if kind == "number":
        return "a number"
    return f"{'an' if kind == 'array' else 'a'} {kind}, {describe(value)}"


def _parts(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {shown(part)}" for name, part in value.items())
    return (
        f"({', '.join(map(shown, value))})"
        if isinstance(value, tuple)
        else shown(value)
    )
