"""A learner's code cannot hang, break or fool the check, and leaves nothing behind."""

import faulthandler
import importlib
import linecache
import math
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from dqn_tutorial.classroom.check import guard
from dqn_tutorial.classroom.check.exercise import Exercise, Verdict, by_values, choice


def draw(rng: np.random.Generator) -> dict[str, Any]:
    return {
        "x": torch.tensor(rng.normal(size=3), dtype=torch.float32),
        "factor": float(rng.uniform(1, 2)),
    }


def right(x: torch.Tensor, factor: float) -> torch.Tensor:
    return factor * x


SCALE = Exercise("scale", "05_critic", 5, 1, by_values(draw, right))
LETTERS = Exercise(
    "letters", "05_critic", 5, 1, choice({"A": "It is not this one."}, right="B")
)


@pytest.fixture(autouse=True)
def nothing_is_left_behind() -> Iterator[None]:
    """No thread and no trace function: the interpreter goes on as before."""
    threads, trace = threading.enumerate(), sys.gettrace()
    # a loop that is not stopped would stop the tests
    faulthandler.dump_traceback_later(300, exit=True)
    yield
    faulthandler.cancel_dump_traceback_later()
    assert {*threading.enumerate()} <= {*threads} and sys.gettrace() is trace
    assert judged(right).status == "correct"


def judged(answer: Any) -> Verdict:
    return SCALE.verdict(answer, seed=0)


def plain_loop(x: Any, factor: Any) -> Any:
    while True:
        pass


def loop_that_catches_exceptions(x: Any, factor: Any) -> Any:
    while True:
        try:
            while True:
                x = x + factor
        except Exception:
            continue


def loop_that_catches_everything(x: Any, factor: Any) -> Any:
    while True:
        try:
            factor += 1.0
        except:  # noqa: E722
            continue


@pytest.mark.parametrize(
    "answer", [plain_loop, loop_that_catches_exceptions, loop_that_catches_everything]
)
def test_an_endless_loop_is_stopped(
    answer: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guard, "SECONDS", 0.3)
    verdict = judged(answer)
    assert (verdict.status, verdict.key) == ("not yet", "endless")
    assert (
        "never ends or is very slow" in verdict.message
        and " in line " in verdict.message
    )
    # one that came late would be raised here; who throws it has ended by then
    for _ in range(100_000):
        pass


def test_a_slow_answer_within_the_limit_is_not_stopped() -> None:
    def slow(x: Any, factor: Any) -> Any:
        time.sleep(0.02)
        return factor * x

    assert judged(slow).status == "correct"


def test_an_import_is_not_taken_for_a_loop(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guard, "SECONDS", 1.0)
    monkeypatch.syspath_prepend(tmp_path)
    for name in ("imported_slowly", "imported_too"):
        (tmp_path / f"{name}.py").write_text("import time\ntime.sleep(1.2)\n")

    def answer(x: Any, factor: Any) -> Any:
        importlib.import_module("imported_slowly")
        return factor * x

    assert judged(answer).status == "correct"

    def imports_and_loops(x: Any, factor: Any) -> Any:
        importlib.import_module("imported_too")
        while True:
            pass

    assert judged(imports_and_loops).key == "endless"
    for name in ("imported_slowly", "imported_too"):
        sys.modules.pop(name)


def test_an_exception_is_told_with_the_line_of_the_learner() -> None:
    def helper(x: Any) -> Any:
        return x.reshape(7)  # deeper

    def answer(x: Any, factor: Any) -> Any:
        return factor * helper(x)

    verdict = judged(answer)
    line = helper.__code__.co_firstlineno + 1
    assert verdict.key == "an error"
    assert f"in line {line}, `return x.reshape(7)  # deeper`" in verdict.message
    assert (
        "`RuntimeError: shape '[7]' is invalid" in verdict.message
        and "`x` [3] float32" in verdict.message
    )


def test_the_line_is_found_in_a_cell_as_ipython_compiles_it() -> None:
    source = (
        "def answer(x, factor):\n    half = factor / 2\n    return half * missing\n"
    )
    name = "/tmp/ipykernel_1/123.py"
    linecache.cache[name] = (len(source), None, source.splitlines(True), name)
    space: dict[str, Any] = {}
    exec(compile(source, name, "exec"), space)
    verdict = judged(space["answer"])
    del linecache.cache[name]
    assert (
        "`NameError: name 'missing' is not defined` in line 3, `return half * missing`"
        in verdict.message
    )


def test_a_recursion_without_end_is_told() -> None:
    def answer(x: Any, factor: Any) -> Any:
        return answer(x, factor)

    verdict = judged(answer)
    assert (
        verdict.key == "an error"
        and "`RecursionError: maximum recursion depth exceeded" in verdict.message
    )


WRONG: dict[str, tuple[Callable[..., Any], str, str]] = {
    "None": (lambda x, factor: None, "returns nothing", "Is a `return` missing"),
    "a text": (
        lambda x, factor: "2",
        "other type",
        "returns a str; asked for is a tensor, [3] float32",
    ),
    "a generator": (
        lambda x, factor: (factor * value for value in x),
        "other type",
        "returns a generator",
    ),
    "a tuple": (lambda x, factor: (factor * x,), "other type", "returns a tuple"),
    "a ragged list": (
        lambda x, factor: [[1.0], [1.0, 2.0]],
        "other type",
        "returns a list",
    ),
    "nan": (lambda x, factor: factor * x * math.nan, "nan", "holds `nan`"),
    "another shape": (
        lambda x, factor: (factor * x)[None],
        "other shape",
        "has shape [1, 3]; asked for is [3]",
    ),
    "a number": (
        lambda x, factor: factor * x.sum(),
        "other shape",
        "has shape []; asked for is [3]",
    ),
    "bfloat16": (
        lambda x, factor: (factor * x).bfloat16(),
        "other values",
        "Right: [",
    ),
    "complex": (lambda x, factor: factor * x + 0j, "other type", "returns a Tensor"),
    "without numbers": (
        lambda x, factor: (factor * x).to("meta"),
        "other type",
        "returns a Tensor",
    ),
    "sparse": (lambda x, factor: x.to_sparse(), "other values", "Right: ["),
    "other values": (lambda x, factor: x, "other values", "Right: ["),
    "inf": (lambda x, factor: x / 0.0, "other values", "inf"),
    "too few": (
        lambda x: x,
        "other arguments",
        "called with 2 arguments (x, factor); yours takes (x)",
    ),
    "too many": (
        lambda x, factor, more: x,
        "other arguments",
        "yours takes (x, factor, more)",
    ),
    "only by name": (
        lambda *, x, factor: x,
        "other arguments",
        "yours takes (*, x, factor)",
    ),
}


@pytest.mark.parametrize("answer, key, words", WRONG.values(), ids=WRONG)
def test_a_wrong_result_or_signature_is_told(
    answer: Callable[..., Any], key: str, words: str
) -> None:
    verdict = judged(answer)
    assert (verdict.status, verdict.key) == (
        "not yet",
        key,
    ) and words in verdict.message


def test_another_dtype_is_told_where_whole_numbers_are_asked_for() -> None:
    count = Exercise(
        "count", "05_critic", 5, 1, by_values(draw, lambda x, factor: (x > 0).sum())
    )
    verdict = count.verdict(lambda x, factor: (x > 0).float().sum(), seed=0)
    assert (
        verdict.key == "other dtype"
        and "they are float32; asked for is int64" in verdict.message
    )
    assert (
        count.verdict(lambda x, factor: int((x > 0).sum()), seed=0).status == "correct"
    )


NO_FUNCTIONS = [
    right(torch.ones(3), 2.0),
    None,
    3,
    "scale",
    (value for value in range(3)),
]


@pytest.mark.parametrize(
    "answer", NO_FUNCTIONS, ids=lambda answer: type(answer).__name__
)
def test_what_is_no_function_is_told(answer: Any) -> None:
    verdict = judged(answer)
    assert verdict.key == "no function" and type(answer).__name__ in verdict.message


def test_an_input_may_not_be_changed_and_the_next_case_does_not_see_it() -> None:
    def answer(x: Any, factor: Any) -> Any:
        x *= factor
        return x

    verdict = judged(answer)
    assert verdict.key == "changes its input" and "`x`" in verdict.message
    inputs = {"x": torch.ones(3), "factor": 2.0}
    with pytest.raises(guard.Wrong):
        guard.guarded(answer)(**inputs)
    assert inputs["x"].tolist() == [1, 1, 1]


def test_an_input_that_is_there_to_be_changed_may_be_changed_or_returned() -> None:
    def in_place(x: Any, factor: Any) -> None:
        x *= factor

    judge = by_values(draw, in_place, inputs_it_changes=("x",))
    fill = Exercise("fill", "05_critic", 5, 1, judge)
    assert fill.verdict(in_place, seed=0).status == "correct"
    assert fill.verdict(lambda x, factor: None, seed=0).status == "not yet"


def test_a_random_generator_among_the_inputs_is_a_fresh_copy_for_each_call() -> None:
    def rolls(rng: np.random.Generator) -> dict[str, Any]:
        return {"rng": np.random.default_rng(int(rng.integers(1_000))), "n": 3}

    roll = Exercise(
        "roll", "05_critic", 5, 1, by_values(rolls, lambda rng, n: rng.random(n))
    )
    assert (
        roll.verdict(
            lambda rng, n: np.array([rng.random() for _ in range(n)]), seed=0
        ).status
        == "correct"
    )
    assert (
        roll.verdict(lambda rng, n: rng.random(n + 1)[1:], seed=0).key == "other values"
    )


def test_the_learner_can_interrupt_the_check() -> None:
    def answer(x: Any, factor: Any) -> Any:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        judged(answer)


def test_an_answer_that_ends_python_is_told() -> None:
    def answer(x: Any, factor: Any) -> Any:
        sys.exit("bye")

    verdict = judged(answer)
    assert (verdict.status, verdict.key) == ("not yet", "ends Python")
    assert '`sys.exit("bye")`' in verdict.message and "`return`" in verdict.message


@pytest.mark.parametrize("answer", ["?", " ? ", np.str_("?")])
def test_a_question_mark_is_not_attempted(answer: str) -> None:
    assert LETTERS.verdict(answer, seed=0).status == "not attempted yet"


@pytest.mark.parametrize(
    "answer",
    [np.array(["B", "A"]), np.array(["?"]), np.array("A"), ["A"], None, "", "??"],
)
def test_what_is_no_letter_is_told(answer: Any) -> None:
    verdict = LETTERS.verdict(answer, seed=0)
    assert (verdict.status, verdict.key) == ("not yet", "no letter")


def test_a_line_left_over_from_the_stub_is_named() -> None:
    def begun(x: Any, factor: Any) -> Any:
        print(x * factor)
        raise NotImplementedError

    verdict = judged(begun)
    assert verdict.status == "not attempted yet" and "take it out" in verdict.message


def test_prints_of_many_calls_do_not_bury_the_verdict(
    capsys: pytest.CaptureFixture[str],
) -> None:
    def talks(x: Any, factor: Any) -> Any:
        print("x is", x)
        return x * factor

    assert judged(talks).status == "correct"
    with pytest.raises(guard.Wrong):
        guard.guarded(lambda n: print("line\n" * n))(n=1_000)
    said = capsys.readouterr().out
    assert said.startswith("x is") and said.count("\n") <= 2 * guard.N_PRINTED


def test_numbers_that_differ_only_in_digits_not_shown_are_told() -> None:
    verdict = judged(lambda x, factor: x * factor + 1e-4)
    assert verdict.key == "other values" and "differ" in verdict.message


def test_a_flag_of_an_input_may_not_be_changed() -> None:
    def answer(x: Any, factor: Any) -> Any:
        return x.requires_grad_().detach() * factor

    assert judged(answer).key == "changes its input"


def test_a_stub_is_not_attempted_yet() -> None:
    def answer(x: Any, factor: Any) -> Any:
        raise NotImplementedError

    assert judged(answer) == Verdict("scale", "not attempted yet")


def test_what_a_learner_prints_is_shown_and_does_no_harm(
    capsys: pytest.CaptureFixture[str],
) -> None:
    def answer(x: Any, factor: Any) -> Any:
        print("x is", x.shape)
        return factor * x

    assert judged(answer).status == "correct"
    assert "x is torch.Size([3])" in capsys.readouterr().out
