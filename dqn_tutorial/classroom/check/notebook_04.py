"""The exercises of 04_replay_buffer."""

from contextlib import suppress
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from dqn_tutorial.classroom.check.draws import judge_draws
from dqn_tutorial.classroom.check.exercise import (
    MESSAGES,
    Exercise,
    Function,
    Judge,
    by_values,
    choice,
)
from dqn_tutorial.classroom.check.guard import Wrong, guarded
from dqn_tutorial.classroom.check.memories import judge_test
from dqn_tutorial.classroom.check.misconceptions import explained, flawed
from dqn_tutorial.classroom.check.ring import judge_ring
from dqn_tutorial.classroom.check.values import as_array

HERE = "04_replay_buffer"
Flaws = tuple[tuple[str, dict[str, Any]], ...]
Mask = NDArray[np.bool_]
forgetting = Exercise(
    "forgetting",
    HERE,
    minutes=5,
    difficulty=1,
    judge=choice(MESSAGES["forgetting"], right="B"),
)


def _stored(
    rows: list[Any], next_row: int, size: int, step: NDArray[Any]
) -> tuple[int, int]:
    """Store a step as the folded solution does."""
    rows[next_row] = step.copy()
    return (next_row + 1) % len(rows), min(size + 1, len(rows))


ring_store = Exercise(
    "ring_store",
    HERE,
    minutes=10,
    difficulty=2,
    judge=judge_ring,
    solution=_stored,
)


def _sample_flags(rng: np.random.Generator) -> dict[str, Any]:
    """Flags of an environment's steps with both kinds of end, and with both at once;
    none at a step that only resets.
    """
    while True:
        # 0 goes on, 1 terminated, 2 truncated, 3 both
        over, ends = False, rng.integers(4, size=int(rng.integers(9, 16)))
        for step in range(len(ends)):
            ends[step] *= not over
            over = ends[step] > 0
        if {1, 2, 3} <= set(ends[:-1].tolist()):
            return {"terminated": ends % 2 == 1, "truncated": ends >= 2}


def _flags(ends: str) -> dict[str, Any]:
    """Return flags, a letter for each step: `t`erminated, `c`ut off, `b`oth or none."""
    return {
        "terminated": np.array([end in "tb" for end in ends]),
        "truncated": np.array([end in "cb" for end in ends]),
    }


def _later(flags: Mask) -> Mask:
    return np.append(False, flags[:-1])


def _mask(
    ended: Function = np.logical_or,
    later: Function = _later,
    form: Function = np.logical_not,
) -> Function:
    """Return a mask of transitions made of parts: which steps end an episode, which
    steps follow them, and what is said of these.
    """
    return lambda over, cut: form(later(ended(over, cut)))


def _or(over: Mask, cut: Mask) -> Mask:
    return over | cut


def _only_first(flags: Mask) -> Mask:
    return np.asarray((np.arange(len(flags)) == flags.argmax()) & flags)


def _marked_behind(ends: Mask) -> Mask:
    resets = np.zeros(len(ends), bool)
    resets[np.flatnonzero(ends) + 1] = True  # an error where the last step is an end
    return resets


MASK_FLAWS: Flaws = (
    ("ignores truncated", {"ended": lambda over, cut: over}),
    ("ignores terminated", {"ended": lambda over, cut: cut}),
    ("one flag inverted", {"ended": lambda over, cut: over & ~cut}),
    ("one flag inverted", {"ended": lambda over, cut: cut & ~over}),
    ("one flag inverted", {"ended": lambda over, cut: over | ~cut}),
    ("one flag inverted", {"ended": lambda over, cut: cut | ~over}),
    ("both flags asked", {"ended": np.logical_and}),
    ("exclusive or", {"ended": np.logical_xor}),
    ("all after the end", {"ended": lambda *two: np.logical_or.accumulate(_or(*two))}),
    (
        "up to the next end",
        {"ended": lambda *two: np.logical_xor.accumulate(_or(*two))},
    ),
    ("first end only", {"ended": lambda *two: _only_first(_or(*two))}),
    ("last step lost", {"later": lambda ends: ends}),
    ("last step lost", {"later": lambda ends: np.append(ends[:-1], False)}),
    ("beyond the end", {"later": _marked_behind}),
    ("end meets start", {"later": lambda ends: np.roll(ends, 1)}),
    ("wrong direction", {"later": lambda ends: np.append(ends[1:], False)}),
    ("wrong direction", {"later": lambda ends: np.append(ends[1:], True)}),
    ("wrong direction", {"later": lambda ends: np.roll(ends, -1)}),
    ("one step too late", {"later": lambda ends: _later(_later(ends))}),
    ("both dropped", {"later": lambda ends: ends | _later(ends)}),
    ("step 0 dropped", {"later": lambda ends: np.append(True, ends[:-1])}),
    ("step 0 missing", {"later": lambda ends: ends[:-1]}),
    ("one entry too many", {"later": lambda ends: np.append(False, ends)}),
    ("inverted", {"form": lambda resets: resets}),
    ("nothing dropped", {"form": np.ones_like}),
    ("row numbers", {"form": lambda resets: np.flatnonzero(~resets)}),
)


class _Watched(np.ndarray[Any, Any]):
    """Flags that note whether they were inverted as whole numbers."""

    __array_priority__ = 1.0  # kept where it meets others
    inverted: ClassVar[list[bool]] = []

    def __invert__(self) -> Any:
        self.inverted.append(self.dtype.kind in "iu")
        return super().__invert__()


def _of_numbers(judge: Judge) -> Judge:
    """Return a judge that says of a mask that is True throughout whether `~` of whole
    numbers made it so.
    """

    def judge_with_cause(answer: Any, rng: np.random.Generator) -> None:
        try:
            judge(answer, rng)
        except Wrong as wrong:
            if wrong.key != "nothing dropped":
                raise
            _Watched.inverted.clear()
            flags = {k: flag.view(_Watched) for k, flag in _flags(".t.c.").items()}
            with suppress(Exception):
                guarded(answer)(**flags)
            key = "bits as flags" if any(_Watched.inverted) else wrong.key
            raise Wrong(key, wrong.case) from None

    return judge_with_cause


is_transition = Exercise(
    "is_transition",
    HERE,
    minutes=5,
    difficulty=1,
    judge=explained(
        _of_numbers(
            by_values(
                _sample_flags,
                _mask(),
                [
                    *flawed(_mask, MASK_FLAWS),
                    ("both dropped", lambda over, cut: ~_later(over | cut) & ~cut),
                    ("both dropped", lambda over, cut: ~_later(over | cut) & ~over),
                ],
                [
                    (
                        "bits inverted",
                        lambda mask, inputs: bool(np.any(as_array(mask) == -2)),
                    )
                ],
                by_hand=[
                    _flags(ends) for ends in ".t. .c. b.. ..t t.c. c..t. .. b .".split()
                ],
            )
        )
    ),
    solution=_mask(),
)


def _drawn(
    is_reset: Mask, n_stored: int, batch_size: int, rng: np.random.Generator
) -> NDArray[Any]:
    return rng.choice(np.flatnonzero(~is_reset[:n_stored]), batch_size)


random_rows = Exercise(
    "random_rows",
    HERE,
    minutes=10,
    difficulty=2,
    judge=judge_draws,
    solution=_drawn,
)


def _tells(made: Any) -> bool:
    memory, step = made(), np.zeros(2)
    memory.store(step)
    step += 1
    return bool((memory.rows()[0] == 0).all())


copy_test = Exercise(
    "copy_test",
    HERE,
    minutes=10,
    difficulty=2,
    judge=explained(judge_test),
    solution=_tells,
)
