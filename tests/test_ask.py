"""Questions in a cell: folded until they are answered, noted once, readable without a
kernel.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("ipywidgets")

from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
from traitlets.config import Config

from dqn_tutorial.classroom import bank, check
from dqn_tutorial.classroom.bank import LETTERS, UNSURE, Question, feedback, of
from dqn_tutorial.classroom.check import logbook
from dqn_tutorial.classroom.live import ask

LETTER = Question(
    "moved",
    "prediction",
    "02a",
    "How far does it move?",
    "C",
    "It is the step size times the error.",
    ("by 1", "by 2", "by 3"),
    {"A": "the error is the step", "B": "twice"},
    again="02_q_learning#The-TD-error",
)
NUMBER = LETTER._replace(
    name="number", key="0.36", choices=(), wrong={}, within=0.05, again=""
)
RUN = "with reveal('moved'):\n    print('a < b')\n    display(Markdown('**drawn**'))"


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The progress file of a learner who begins, and a bank of two questions."""
    path = tmp_path / "own.json"
    monkeypatch.setenv("DQN_TUTORIAL_PROGRESS", str(path))
    questions = {own.name: own for own in (LETTER, NUMBER)}
    monkeypatch.setattr(bank, "bank", lambda: questions)
    return path


class Page:
    """A notebook without a front end: what its cells show, and what can be pressed."""

    def __init__(self, shell: InteractiveShell) -> None:
        self.shell, self.boxes = shell, []
        self.run("from IPython.display import display, Markdown")
        self.run("from dqn_tutorial.classroom.live.ask import *")

    def run(self, source: str) -> list[dict[str, Any]]:
        """Run a cell; return the data of its outputs, or raise its error."""
        with capture_output() as shown:
            result = self.shell.run_cell(source)
        result.raise_error()
        return [output.data for output in shown.outputs]

    def controls(self) -> dict[str, Any]:
        """Return what the last question is answered with, by the words on it."""
        return {one.description: one for one in self.boxes[-1].children[0].children}

    def press(self, words: str) -> str:
        """Press a button of the last question; return the reply."""
        self.controls()[words].click()
        return self.reply()

    def reply(self) -> str:
        """Return what stands under the last question."""
        outputs = self.boxes[-1].children[1].outputs
        return outputs[0]["data"]["text/plain"] if outputs else ""


@pytest.fixture
def page(kept: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Page]:
    page = Page(InteractiveShell.instance(config=Config(HistoryManager={"enabled": 0})))
    view = ask.view_bundle

    def noting(box: Any, words: str) -> dict[str, Any]:
        page.boxes.append(box)
        return view(box, words)

    monkeypatch.setattr(ask, "view_bundle", noting)
    yield page
    InteractiveShell.clear_instance()


def test_until_it_is_answered_an_output_is_folded(page: Page, kept: Path) -> None:
    page.run("predict('moved')")
    assert page.reply() == "" and not kept.exists()
    (output,) = page.run(RUN)
    text = output["text/markdown"]
    assert text.startswith("<details><summary>Answer first, then open</summary>")
    assert text.endswith("</details>") and "You said" not in text
    # the front end renders Markdown only between blank lines
    assert "\n\n<pre>a &lt; b</pre>\n\n**drawn**\n\n" in text
    assert output["text/plain"].startswith("Answer first, then open:\na < b")


def test_an_answer_opens_the_output_and_is_compared(page: Page) -> None:
    page.run("predict('moved')")
    assert page.press("B") == "You said **B**. Now run the next cell."
    (output,) = page.run(RUN)
    text = output["text/markdown"]
    assert text.startswith("<details open><summary>What you predicted</summary>")
    assert "You said **B**, it was **C**." in text and "**drawn**" in text


def test_the_first_answer_counts_and_is_noted_once(page: Page, kept: Path) -> None:
    page.run("predict('moved')")
    page.press("B")
    assert all(one.disabled for one in page.controls().values())
    before = kept.read_bytes()
    page.run("predict('moved')")  # the cell again, another day
    assert page.reply() == "You said **B**. Now run the next cell."
    assert page.press("C") == "You said **B**. Now run the next cell."
    assert kept.read_bytes() == before
    assert logbook.read(kept) == {
        "ask.moved": {
            "correct": False,
            "attempts": 1,
            "refusals": ["B"],
            "help": [],
        }
    }


def test_not_to_know_is_an_answer(page: Page, kept: Path) -> None:
    page.run("predict('moved')")
    assert page.press(UNSURE).startswith("You did not know.")
    assert "You did not know, it was **C**." in page.run(RUN)[0]["text/markdown"]
    assert logbook.read(kept)["ask.moved"]["refusals"] == [UNSURE]


def test_a_right_answer_is_noted_as_right(page: Page, kept: Path) -> None:
    page.run("predict('moved')")
    page.press("C")
    assert (
        "You said **C**, and it was **C**: right." in page.run(RUN)[0]["text/markdown"]
    )
    assert logbook.read(kept)["ask.moved"]["correct"]


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (0.4, "You said **0.4**, and it was **0.36**: right."),
        (-0.4, "You said **-0.4**, it was **0.36**."),
        (None, "You did not know, it was **0.36**."),
    ],
)
def test_a_number_is_right_within_its_bounds(
    page: Page, value: float | None, words: str
) -> None:
    question = page.run("predict('number')")[0]["text/markdown"]
    assert f"**{UNSURE}** I don't know" in question
    if value is None:
        page.press(UNSURE)
    else:
        page.controls()["Your number"].value = value
        # it tells what was said, not what is right
        assert page.press("That is it").startswith(f"You said **{value}**.")
    (output,) = page.run("with reveal('number'):\n    pass")
    assert words in output["text/markdown"]


def test_ask_replies_with_the_idea_behind_a_letter_and_the_reason(
    page: Page, kept: Path
) -> None:
    page.run("ask('moved')")
    where = "[notebook 02](02_q_learning.ipynb#The-TD-error)"
    assert page.press("A") == (
        "**C** is right. The idea behind A: *the error is the step*. It is the step"
        f" size times the error. Read again: {where}."
    )
    assert page.press("C").startswith("Yes, **C** is right. It is the step size")
    assert page.press(UNSURE).startswith("**C** is right. It is the step size")
    assert logbook.read(kept)["ask.moved"]["refusals"] == ["A"]


def test_a_question_reads_well_without_a_kernel(page: Page) -> None:
    question, box, answer = page.run("ask('moved')")
    assert question["text/markdown"] == question["text/plain"]
    assert re.findall(r"(?m)^- \*\*(.)\*\* (.+)$", question["text/plain"]) == [
        *zip("ABC", LETTER.choices, strict=True),
        (UNSURE, "I don't know"),
    ]
    assert box["text/plain"] == "Its buttons work once the cell is run."
    assert answer["text/markdown"].startswith("<details><summary>Answer</summary>")
    assert answer["text/plain"].startswith("Answer: **C** is right. It is")


def test_an_old_progress_file_is_read(page: Page, kept: Path) -> None:
    """Of a version that asked nothing, and had no format number."""
    done = {"correct": True, "attempts": 3, "refusals": ["shape"]}
    kept.write_text(json.dumps({"taken_q": done}))
    page.run("predict('moved')")
    page.press("B")
    entries = logbook.read(kept)
    assert entries["taken_q"] == done | {"help": []} and entries["ask.moved"][
        "refusals"
    ] == ["B"]


@pytest.mark.parametrize("content", ["{", '{"ask.moved": 3}', '{"format": 99}'])
def test_a_damaged_progress_file_costs_a_sentence_and_no_run(
    page: Page, kept: Path, content: str
) -> None:
    kept.write_text(content)
    page.run("predict('moved')")
    sentence = page.reply()
    assert sentence.startswith("(Answers are not kept: ") and "own.json" in sentence
    assert "\n" not in sentence
    assert page.press("B") == f"You said **B**. Now run the next cell. {sentence}"
    text = page.run(RUN)[0]["text/markdown"]
    assert text.startswith("<details><summary>") and sentence in text
    assert "**drawn**" in text and kept.read_text() == content


def test_an_answer_that_cannot_be_written_says_so(
    page: Page, kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DQN_TUTORIAL_PROGRESS", str(kept.parent / "no" / "own.json"))
    page.run("ask('moved')")
    assert "(Answers are not kept: " in page.press("C")


@pytest.mark.parametrize(
    "source",
    ["predict('move')", "ask('moved', 'move')", "with reveal('move'):\n    print(1)"],
)
def test_a_name_that_does_not_exist_gives_the_nearest(page: Page, source: str) -> None:
    with pytest.raises(ValueError, match="no question 'move': did you mean 'moved'"):
        page.run(source)
    assert not page.boxes  # nothing was asked before the names were read


def test_a_sitting_that_does_not_exist_gives_the_nearest(page: Page) -> None:
    with pytest.raises(ValueError, match="no sitting '2b': did you mean '02b'"):
        page.run("cards('2b')")


def test_an_error_in_the_block_hides_nothing(page: Page) -> None:
    block = "with reveal('moved'):\n    display(Markdown('so far'))\n    0 / 0"
    with capture_output() as shown:
        result = page.shell.run_cell(block)
    assert isinstance(result.error_in_exec, ZeroDivisionError)
    assert [one.data["text/markdown"] for one in shown.outputs] == ["so far"]


def asked_of(page: Page, source: str) -> list[str]:
    """Return the questions that a cell shows."""
    return [
        output["text/markdown"]
        for output in page.run(source)
        if f"- **{UNSURE}**" in output.get("text/markdown", "")
    ]


def test_after_the_course_come_the_parallel_forms_of_what_was_asked_before(
    page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()  # the whole bank
    first = asked_of(page, "before_the_course()")
    halves = [asked_of(page, f"after_the_course({half})") for half in (1, 2)]
    last = halves[0] + halves[1]
    # three outputs each, and JupyterLab shows 50 in a cell
    assert max(map(len, halves)) <= 50 // 3
    assert len(first) == 5 and len(last) == len(of("concept"))
    assert first[0].startswith("**1 of 5.** A robot collects rewards.")
    assert not {text[9:] for text in first} & {text[10:] for text in last}


def test_feedback_holds_the_right_letter_for_each_question() -> None:
    for question in (*of("concept"), *of("parallel")):
        for answer in (*LETTERS, UNSURE):
            words = feedback(question, answer)
            assert f"**{question.key}** is right." in words
            assert words.startswith("Yes") == (answer == question.key)
            assert words.count("The idea behind") == (answer in question.wrong)
            assert ".*. " not in words and " ." not in words and "  " not in words


def test_progress_counts_the_questions(
    page: Page, capsys: pytest.CaptureFixture[str]
) -> None:
    check.progress()
    assert "answered" not in capsys.readouterr().out
    page.run("ask('moved')")
    page.press("B")
    check.progress()
    assert (
        "1 question is answered, 0 right at the first try." in capsys.readouterr().out
    )
    page.run("predict('number')")
    page.controls()["Your number"].value = 0.36
    page.press("That is it")
    check.progress()
    assert "2 questions are answered, 1 right" in capsys.readouterr().out
