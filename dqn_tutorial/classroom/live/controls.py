"""The controls of the live lab. A callback only tells the worker what is wanted; it
never trains or draws.
"""

import html
import json
import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import ipywidgets as widgets  # type: ignore[import-untyped]

from dqn_tutorial.classroom.live.worker import Worker
from dqn_tutorial.config import MainConfig, override
from dqn_tutorial.models import MODELS, make_config

ENVIRONMENTS = ("cartpole", "acrobot", "mountaincar", "slipperygrid")
# steps a second
SPEEDS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, math.inf)
BUTTONS = {
    "start": ("Start", "play", "Train, or go on after Pause"),
    "pause": ("Pause", "pause", "Stand still; controls can still be moved"),
    "step": (
        "Step",
        "step-forward",
        "One environment step and one update, then stand still",
    ),
    "reset": (
        "Reset",
        "refresh",
        (
            "A fresh agent, with the model, environment and seed chosen below; all is"
            " cleared"
        ),
    ),
    "stop": ("Stop", "stop", "End this run and keep its pictures"),
}
NO_END = 100_000_000  # steps
SLIDER_EVERY = 1.0  # seconds between two looks of the sliders that follow the run
FOLLOW = ("epsilon", "gamma", "tau")
WRAP = {"flex_flow": "row wrap", "align_items": "center"}
LABELLED = {"style": {"description_width": "120px"}}


def lab_config(env: str = "cartpole", model: str = "dqn", seed: int = 0) -> MainConfig:
    """Return the settings of a lab: one environment, a constant learning rate, and no
    end but Stop.

    Epsilon falls over as many steps as in a run of the preset's budget, and to 0.1, so
    that the behaviour shows what was learned. There is an update for every eighth step,
    so that one sees it learn within a minute.

    Raises:
        ValueError: as in `make_config`.
    """
    config = make_config(
        env,
        model,
        seed=seed,
        n_envs=1,
        exploration_rate=0.1,
        learning_rate=1e-3,
        learning_rate_end=1.0,
        update_ratio=0.125,
    )
    share = (
        config.model.critic.exploration_fraction * config.training.max_steps / NO_END
    )
    return override(
        config,
        {"training.max_steps": NO_END, "model.critic.exploration_fraction": share},
    )


class Controls:
    """Buttons, sliders and choices, and two lines of status: one in words, one for
    programs.

    Args:
        worker: what they control.
        config: where the sliders stand at first.

    Source: ipywidgets.
    """

    def __init__(self, worker: Worker, config: MainConfig) -> None:
        self._worker = worker
        self._shown: dict[str, float] = {}  # what the program let a slider show
        self._touched: set[str] = set()  # sliders that the learner has moved
        self._next_slider = 0.0
        self.buttons = {
            name: widgets.Button(
                description=words, icon=icon, tooltip=tip, layout={"width": "96px"}
            )
            for name, (words, icon, tip) in BUTTONS.items()
        }
        for name, button in self.buttons.items():
            button.on_click(lambda _, name=name: self._press(name))
        t = config.training
        self.sliders: dict[str, Any] = {
            "epsilon": _slider(
                "epsilon",
                config.model.critic.exploration_start,
                0,
                1,
                0.01,
                "share of random actions",
            ),
            "learning_rate": _log_slider(
                "learning rate",
                t.learning_rate,
                range(-5, -1),
                "step size of the optimiser",
            ),
            "gamma": _slider("gamma", t.gamma, 0, 1, 0.001, "discount factor"),
            "tau": _log_slider(
                "tau",
                config.model.tau,
                range(-4, 0),
                "share of its way that the target moves",
            ),
            "update_ratio": _slider(
                "update ratio",
                t.update_ratio,
                0,
                2,
                1 / 32,
                "updates for each environment step",
            ),
        }
        for name, slider in self.sliders.items():
            slider.observe(
                lambda change, name=name: self._move(name, change["new"]), names="value"
            )
        self.follow = widgets.Button(
            description="epsilon: follow schedule",
            icon="undo",
            tooltip="Give epsilon back to its schedule",
            layout={"width": "200px"},
        )
        self.follow.on_click(lambda _: self._release_epsilon())
        self.speed = widgets.SelectionSlider(
            description="steps a second",
            value=500,
            tooltip="how fast to train",
            **LABELLED,
            options=[
                ("unlimited" if math.isinf(speed) else f"{speed:,}", speed)
                for speed in SPEEDS
            ],
        )
        self.speed.observe(
            lambda change: setattr(worker, "speed", change["new"]), names="value"
        )
        names = [*ENVIRONMENTS, *({config.env.name} - set(ENVIRONMENTS))]
        later = "taken up by the next Start after Stop, or by Reset"
        self.model = widgets.Dropdown(
            description="model",
            options=list(MODELS),
            value=config.model.name,
            tooltip=f"model; {later}",
            **LABELLED,
        )
        self.env = widgets.Dropdown(
            description="environment",
            options=names,
            value=config.env.name,
            tooltip=f"environment; {later}",
            **LABELLED,
        )
        self.seed = widgets.BoundedIntText(
            description="seed",
            value=config.seed,
            min=0,
            max=2**31 - 1,
            tooltip=f"seed; {later}",
            **LABELLED,
        )
        self.words, self.state = widgets.HTML(), widgets.HTML()
        self.view = widgets.VBox(
            [
                widgets.HBox(list(self.buttons.values()), layout=WRAP),
                widgets.HBox([self.sliders["epsilon"], self.follow], layout=WRAP),
                widgets.HBox(
                    [*list(self.sliders.values())[1:], self.speed], layout=WRAP
                ),
                widgets.HBox([self.model, self.env, self.seed], layout=WRAP),
                self.words,
                self.state,
            ]
        )

    def hear(
        self, message: Mapping[str, Any], stories: Sequence[dict[str, Any]]
    ) -> None:
        """Do what was pressed in the view of the run, as if it were pressed here.

        Source: the messages of `live_view.js`.
        """
        kind, worker = message["type"], self._worker
        if kind == "tell":
            self._press(message["command"])
        elif kind == "move":
            name, value = message["name"], message["value"]
            self._touched.discard(name)
            if value is not None:
                self._set({name: value})
                self._touched.add(name)
            worker.move(name, value)
        elif kind == "beside":
            worker.is_beside = message["on"]
            if worker.story:
                worker.tell("story")
        elif kind == "story":
            (story,) = (one for one in stories if one["name"] == message["name"])
            self._touched -= set(story["moves"])
            if not worker.is_active:
                self._choose_run()
            worker.story = story
            worker.tell("story")

    def _press(self, name: str) -> None:
        if name == "reset" or (
            name in ("start", "step") and not self._worker.is_active
        ):
            self._choose_run()
        self._worker.tell(name)

    def _choose_run(self) -> None:
        config = self._worker.config
        if (self.env.value, self.model.value) != (config.env.name, config.model.name):
            config = lab_config(self.env.value, self.model.value)
            self._worker.story = None
            t = config.training
            numbers = {
                "learning_rate": t.learning_rate,
                "gamma": t.gamma,
                "tau": config.model.tau,
            }
            self._set(numbers | {"update_ratio": t.update_ratio})
        self._worker.config = replace(config, seed=self.seed.value)

    def _move(self, name: str, value: float) -> None:
        if self._shown.pop(name, None) != value:
            self._touched.add(name)
            self._worker.move(name, value)

    def _release_epsilon(self) -> None:
        self._touched.discard("epsilon")
        self._worker.move("epsilon", None)

    def _set(self, values: dict[str, float]) -> None:
        """Let sliders show values that are no moves; those that the learner has moved
        stay where they are.
        """
        for name, value in values.items():
            slider = self.sliders[name]
            if name not in self._touched and slider.value != value:
                numbers = dict(getattr(slider, "options", ())).values()
                if numbers and value not in numbers:
                    options = _labelled({*numbers, value})
                    # where new options move the slider
                    self._shown[name] = options[0][1]
                    slider.options = options
                self._shown[name] = value
                slider.value = value

    def show_state(self, in_words: bool) -> None:
        """Write the present values into the page, the sentence only if asked to: a
        screen reader reads it out.

        Source: ipywidgets.
        """
        worker, run = self._worker, self._worker.run
        values: dict[str, Any] = {
            "state": worker.state,
            "step": 0,
            "updates": 0,
            "moves": 0,
            "delays": "[]",
        }
        if run is not None:
            agent = run.agent
            values |= {
                "step": run.step,
                "updates": agent.n_updates,
                "moves": len(run.moves),
            }
            values |= {name: f"{getattr(agent, name):.6g}" for name in self.sliders}
            values["behaviour"] = run.behaviour
            values["greedy"] = run.evaluations[-1][1] if run.evaluations else 0
            values["delays"] = json.dumps(
                [round(1_000 * delay, 1) for delay in worker.delays][-20:]
            )
        attributes = "".join(
            f' data-{name.replace("_", "-")}="{value}"'
            for name, value in values.items()
        )
        self.state.value = (
            f'<code class="live-state" aria-hidden="true"{attributes}></code>'
        )
        if in_words:
            self.words.value = (
                f'<p class="live-words">{html.escape(self.sentence())}</p>'
            )
        # sliders show a schedule and a story; that is no move of the learner
        if in_words or time.monotonic() >= self._next_slider:
            now = {name: worker.values[name] for name in FOLLOW}
            self._set(now | {"epsilon": round(now["epsilon"], 2)})
            self._next_slider = time.monotonic() + SLIDER_EVERY

    def sentence(self) -> str:
        """Say where the run stands. Source: WCAG 2.2, criterion 4.1.3."""
        worker, run = self._worker, self._worker.run
        if worker.state == "failed":
            return (
                f"Training ended with an error: {type(worker.error).__name__}:"
                f" {worker.error}"
            )
        if run is None:
            return "Press Start."
        if run.record is None:
            return f"{worker.state.capitalize()}."
        words = (
            f"{worker.state.capitalize()} at step {run.step:,}, {run.agent.n_updates:,}"
            " updates."
        )
        if run.episodes:
            words += (
                " Mean return of the training episodes of the last 2,000 steps:"
                f" {run.behaviour:.0f}."
            )
        if run.evaluations:
            words += (
                f" Greedy evaluation at step {run.evaluations[-1][0]:,}:"
                f" {run.evaluations[-1][1]:.0f}."
            )
        held = "held" if "epsilon" in run.agent.live.held else "on its schedule"
        return f"{words} Epsilon {run.agent.epsilon:.2f}, {held}."


def _slider(
    name: str, value: float, low: float, high: float, step: float, tooltip: str
) -> Any:
    return widgets.FloatSlider(
        description=name,
        value=value,
        min=low,
        max=high,
        step=step,
        readout_format=".3f",
        tooltip=tooltip,
        **LABELLED,
    )


def _log_slider(name: str, value: float, decades: range, tooltip: str) -> Any:
    """Six values a decade, and the given one, so that what is shown is what is used."""
    values = {
        round(step * 10.0**decade, 8)
        for decade in decades
        for step in (1, 1.5, 2, 3, 5, 7)
    }
    values |= {10.0**decades.stop, value}
    return widgets.SelectionSlider(
        description=name,
        value=value,
        options=_labelled(values),
        tooltip=tooltip,
        **LABELLED,
    )


def _labelled(values: set[float]) -> list[tuple[str, float]]:
    return [(f"{number:g}", number) for number in sorted(values)]
