"""The shell of the small labs: a question, a few controls, and a picture that is drawn
anew when one is moved.
"""

import html
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import ipywidgets as widgets  # type: ignore[import-untyped]
import numpy as np
from IPython.display import display
from matplotlib.figure import Figure
from numpy.typing import NDArray

from dqn_tutorial.classroom.live.names import Names, unseen
from dqn_tutorial.classroom.live.widget_view import view_bundle
from dqn_tutorial.classroom.live.worker import Background
from dqn_tutorial.classroom.pictures.curves import legend_below
from dqn_tutorial.classroom.pictures.figures import (
    BLUE,
    GREEN,
    GREY,
    image_bundle,
    image_metadata,
    new_figure,
)
from dqn_tutorial.stats import bootstrap_interval

Floats = NDArray[np.float64]
Tell = Callable[[float], None]
# plain numbers and texts, as a page without a kernel has them too; "words" says them
Answer = Mapping[str, Any]
TELL_EVERY = 0.1  # seconds between two moves of the progress bar


class SupersededError(Exception):
    """A control was moved again, so what is being computed is no longer wanted."""


class SmallLab:
    """A question to answer by moving controls; shown as the last line of a cell.

    The first picture is drawn before the cell ends, so that the stored notebook has it.
    Later ones come from a thread that lives only while there is something to draw; a
    newer request ends an older one.

    Args:
        question: one or two sentences.
        controls: widgets with a `value`, by the names of the arguments of `answer`.
        answer: called as `answer(tell, **values)`. It calls `tell(share)` often, with
            the share of its work that is done, 0 to 1, and lets through what that
            raises.
        draw: called as `draw(answer, before)`, with the answer before the move or None.
        alt: what the picture shows whatever the values.
    """

    def __init__(
        self,
        question: str,
        controls: Mapping[str, Any],
        answer: Callable[..., Answer],
        draw: Callable[[Answer, Answer | None], Figure],
        alt: str,
    ) -> None:
        self.question, self.controls, self.alt = question, dict(controls), alt
        self.answer, self.draw = answer, draw
        self.status = widgets.HTML()
        self.progress = widgets.IntProgress(
            max=100, description="Progress", tooltip="How much of the work is done"
        )
        self._before: Answer | None = None
        self._wanted: dict[str, Any] | None = None
        self._background = Background(
            "small lab", self._draw_wanted, lambda: self._wanted is None
        )
        self._next_tell = 0.0
        self._handle: Any = None

    def _ipython_display_(self) -> None:
        wrap = {"flex_flow": "row wrap"}
        rows = [widgets.HBox(list(self.controls.values()), layout=wrap)]
        rows += [widgets.HBox([self.progress], layout=wrap), self.status]
        rows += [unseen(Names())]
        view = view_bundle(
            widgets.VBox(rows), "Its controls move once the cell is run."
        )
        self.wait()
        self._handle = None
        display(
            {
                "text/html": f"<p><b>Lab.</b> {html.escape(self.question)}</p>",
                "text/plain": self.question,
            },
            raw=True,
        )
        display(view, raw=True)
        self._handle = self._draw(self._values())
        for control in self.controls.values():
            control.observe(self._request, names="value")

    def _values(self) -> dict[str, Any]:
        return {name: control.value for name, control in self.controls.items()}

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until nothing is left to draw; False if the seconds ran out first."""
        return self._background.wait(timeout)

    def _request(self, change: Any) -> None:
        self._wanted = self._values()
        self._background.wake()

    def _draw_wanted(self) -> None:
        values, self._wanted = self._wanted, None
        if values is None:
            return
        try:
            self._draw(values)
        except SupersededError:
            pass
        except Exception as error:
            self._say(f"This failed: {type(error).__name__}: {error}")

    def _draw(self, values: dict[str, Any]) -> Any:
        self._next_tell = 0.0
        answer = self.answer(self._tell, **values)
        figure, words = self.draw(answer, self._before), answer["words"]
        self._before = answer
        named = (
            f"{control.description}: {label_of(control, values[name])}"
            for name, control in self.controls.items()
        )
        figure.suptitle(", ".join(named))
        # the words of the first picture are stored, so they must hold on every machine
        alt = f"{self.alt} {words}" if self._handle else self.alt
        bundle = image_bundle(figure, alt)
        self._say(words)
        metadata = image_metadata(bundle)
        if self._handle is None:
            return display(bundle, metadata=metadata, raw=True, display_id=True)
        self._handle.update(bundle, metadata=metadata, raw=True)
        return self._handle

    def _tell(self, share: float) -> None:
        if self._wanted is not None:
            raise SupersededError
        now = time.monotonic()
        if now >= self._next_tell:
            self.progress.value, self._next_tell = int(100 * share), now + TELL_EVERY
            self.progress.layout.visibility = "visible"
            time.sleep(1e-5)  # hands the interpreter's lock to the callbacks

    def _say(self, words: str) -> None:
        self.progress.layout.visibility = "hidden"
        self.status.value = f'<p class="lab-result">{html.escape(words)}</p>'


def label_of(control: Any, value: Any) -> str:
    """Return what a control calls one of its values. Source: ipywidgets."""
    for option in control.options:
        if isinstance(option, tuple) and option[1] == value:
            value = option[0]
    return value if isinstance(value, str) else f"{value:,g}"


def slider(name: str, options: Sequence[Any], value: Any, tooltip: str) -> Any:
    """Return a slider over given values, or (label, value) pairs; it speaks when it is
    released.

    Source: ipywidgets.
    """
    return widgets.SelectionSlider(
        description=name,
        options=options,
        value=value,
        tooltip=tooltip,
        continuous_update=False,
        style={"description_width": "initial"},
        layout={"width": "420px"},
    )


def choice(name: str, options: Sequence[str], value: str, tooltip: str) -> Any:
    """Return a list to choose a word from. Source: ipywidgets."""
    return widgets.Dropdown(
        description=name,
        options=options,
        value=value,
        tooltip=tooltip,
        style={"description_width": "initial"},
    )


class Panel(NamedTuple):
    """One curve over the work of all seeds."""

    title: str
    ylabel: str
    # the same for all values of the controls, so that pictures compare
    ylim: tuple[float, float]
    is_log: bool = False  # then mean and interval are those of the logarithm
    truth: float | None = None  # dotted line
    truth_label: str = ""


def bands(
    measure: Callable[..., tuple[Sequence[float], Sequence[Floats]]],
    xlabel: str,
    panels: Sequence[Panel],
) -> Callable[..., Answer]:
    """Return an `answer` for `SmallLab`: for each panel the mean over seeds and its
    99 % interval, `[3, T]`.

    Args:
        measure: called as `measure(tell, **values)`; returns T places on the axis and
            for each panel a curve `[N, T]`.
        xlabel: of every panel.
        panels: what the curves are.

    Source: Efron & Tibshirani (1993), chapter 13.
    """

    def answer(tell: Tell, **values: Any) -> Answer:
        x, measured = measure(tell, **values)
        curves = [*map(_mean, panels, measured)]
        words = (
            f"{panel.ylabel} at the end: {mean[-1]:.3g}, 99 % interval {low[-1]:.3g} to"
            f" {high[-1]:.3g}."
            for panel, (mean, low, high) in zip(panels, curves, strict=True)
        )
        return {
            "xlabel": xlabel,
            "panels": [panel._asdict() for panel in panels],
            "seeds": len(measured[0]),
            "x": x,
            "curves": curves,
            "words": " ".join(words),
        }

    return answer


def draw_bands(answer: Answer, before: Answer | None) -> Figure:
    """Draw what `bands` answers: mean and interval, the mean before the move in grey.

    Source: matplotlib.
    """
    panels, x = answer["panels"], answer["x"]
    figure, axes = new_figure(10, 3.8, columns=len(panels))
    for i, (ax, panel) in enumerate(zip(np.atleast_1d(axes), panels, strict=True)):
        if before:
            old = before["curves"][i][0]
            ax.plot(before["x"], old, "--", color=GREY, label="before the move")
        mean, low, high = answer["curves"][i]
        ax.plot(x, mean, "-", color=BLUE, label=f"mean of {answer['seeds']} seeds")
        band = dict(color=BLUE, alpha=0.3, linewidth=0, label="its 99 % interval")
        ax.fill_between(x, low, high, **band)
        if panel["truth"] is not None:
            label = panel["truth_label"]
            ax.axhline(panel["truth"], color=GREEN, linestyle=":", label=label)
        ax.set(xlabel=answer["xlabel"])
        ax.set(**{name: panel[name] for name in ("ylabel", "title", "ylim")})
        ax.set_yscale("log" if panel["is_log"] else "linear")
        ax.xaxis.set_major_formatter("{x:,.0f}")
    legend_below(ax)
    return figure


def _mean(panel: Panel, curves: Floats) -> Floats:
    """Mean, lower and upper end: `[N, T]` to `[3, T]`."""
    values = np.log10(curves) if panel.is_log else curves
    result = np.stack(
        [values.mean(0), *bootstrap_interval(values, 0.99, resamples=1_000)]
    )
    return np.asarray(10**result if panel.is_log else result)
