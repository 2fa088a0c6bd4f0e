"""The picture of a live run as a widget: the kernel sends frames, which hold only what
is new; `live_view.js` draws them and says what was pressed.
"""

import math
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import anywidget
import numpy as np
import traitlets

from dqn_tutorial.classroom.live.run import SIDE, Run, action_names, policy_map
from dqn_tutorial.classroom.pictures.agent_view import draw_agent
from dqn_tutorial.envs import env_spec

NEXT_TO = "The agent in its environment, as the lab last saw it."
MAP_EVERY = 1.0  # seconds
# what Step does to the update ratio is no move of the learner
MARKED = ("epsilon", "learning_rate", "gamma", "tau")


class LiveView(anywidget.AnyWidget):
    """A view of one run, or of two side by side.

    Args:
        stories: as in stories.json.
        hear: called with each message of a page; `{"type": "hello"}` asks for a frame
            with everything.

    Source: anywidget.
    """

    _esm = Path(__file__).with_name("live_view.js")
    _css = Path(__file__).with_name("live_view.css")
    options = traitlets.Dict().tag(sync=True)

    def __init__(
        self,
        stories: list[dict[str, Any]],
        hear: Callable[[dict[str, Any]], None],
    ) -> None:
        super().__init__(options={"stories": stories, "controls": False})
        self.on_msg(lambda _, message, buffers: hear(message))


class Frames:
    """What a page was told of a run, so that the next frame holds only what is new.

    Args:
        place: of the run, 0 or 1.

    Source: the frames of `live_view.js`.
    """

    def __init__(self, place: int) -> None:
        self._place, self._of = place, (0, "")
        self._map: dict[str, Any] | None = None
        self._learned = 0  # step of the last loss that was told

    def next(self, run: Run | None, env: str, whole: bool) -> dict[str, Any]:
        """Return the next frame; of the whole run where it is another one than
        before.

        Args:
            run: what is shown, if anything.
            env: name of its environment.
            whole: whether the page knows nothing yet.

        Source: the frames of `live_view.js`.
        """
        is_same = self._of == (id(run), env)
        frame: dict[str, Any] = {"run": self._place}
        if whole or not is_same:
            frame |= self._begin(run, env, is_same)
        if run is None:
            return frame
        frame |= {"step": run.step, "updates": run.agent.n_updates}
        frame["story"] = run.story["name"] if run.story else None
        return frame | self._news(run) | self._moment(run)

    def _begin(self, run: Run | None, env: str, is_same: bool) -> dict[str, Any]:
        if not is_same:
            self._spec, self._map, self._next_map = env_spec(env), None, 0.0
        self._of, self._learned = (id(run), env), 0
        self._n_told = {"episodes": 0, "evaluations": 0, "moves": 0}
        return {
            "reset": True,
            "env": self._spec.id,
            "actions": action_names(self._spec),
            "solved_at": self._spec.solved_at,
            "map": self._map,
        }

    def _news(self, run: Run) -> dict[str, Any]:
        news = {}
        for name, count in self._n_told.items():
            news[name] = getattr(run, name)[count:]
            self._n_told[name] += len(news[name])
        news["moves"] = [move for move in news["moves"] if move.name in MARKED]
        errors = [row for row in run.errors if row[0] > self._learned]
        self._learned = errors[-1][0] if errors else self._learned
        return news | {"errors": [[step, *plain(own)] for step, *own in errors]}

    def _moment(self, run: Run) -> dict[str, Any]:
        record, moment = run.record, dict[str, Any]()
        if record is None:
            return moment
        moment["q_values"] = plain(record.q_values)
        moment["action"], moment["explored"] = int(record.action), bool(record.explored)
        if self._spec.id != "CartPole-v1":
            moment["svg"] = draw_agent(self._spec.id, record.state, NEXT_TO)
            return moment
        moment["observation"] = plain(record.state)
        if time.monotonic() >= self._next_map:
            value, right = policy_map(run.agent)
            arrows = right.ravel().astype(int).tolist()
            self._map = {"n": SIDE, "value": plain(value.flat), "right": arrows}
            moment["map"] = self._map
            self._next_map = time.monotonic() + MAP_EVERY
        return moment


def plain(values: Iterable[Any]) -> list[float | None]:
    """Return numbers for JSON, of four digits; None where there is none.

    Source: RFC 8259, section 6.
    """
    numbers = np.fromiter(values, float).tolist()
    return [float(f"{x:.4g}") if math.isfinite(x) else None for x in numbers]
