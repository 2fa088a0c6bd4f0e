"""The numbers that may change while an agent learns, each with one owner."""

import math
from collections.abc import Callable
from typing import Protocol, overload

from dqn_tutorial.config import MainConfig, Refused


def linear_schedule(start: float, end: float, duration: float, step: int) -> float:
    """Return the value at `step` of a line from `start` at step 0 to `end` at step
    `duration`, constant after it.

    Source: Mnih et al. (2015), extended data table 1. Taught in 06_agent.
    """
    share = 1.0 if duration <= 0 else min(step / duration, 1.0)
    return start * (1 - share) + end * share


def _epsilon(config: MainConfig, step: int) -> float:
    c = config.model.critic
    duration = c.exploration_fraction * config.training.max_steps
    return linear_schedule(c.exploration_start, c.exploration_rate, duration, step)


def _learning_rate(config: MainConfig, step: int) -> float:
    t = config.training
    return t.learning_rate * linear_schedule(1, t.learning_rate_end, t.max_steps, step)


# what each number is without a hand on it, and the most that it may be set to
SCHEDULES: dict[str, tuple[Callable[[MainConfig, int], float], float]] = {
    "epsilon": (_epsilon, 1.0),
    "learning_rate": (_learning_rate, math.inf),
    "gamma": (lambda config, _: config.training.gamma, 1.0),
    "tau": (lambda config, _: config.model.tau, 1.0),
    "update_ratio": (lambda config, _: config.training.update_ratio, math.inf),
}


def is_in_range(name: str, value: float) -> bool:
    """Return whether a live value may be that number."""
    return math.isfinite(value) and 0 <= value <= SCHEDULES[name][1]


def range_of(name: str) -> str:
    """Return what a live value may be, in words."""
    is_open = math.isinf(SCHEDULES[name][1])
    return "finite and 0 or more" if is_open else "between 0 and 1"


class LiveValues:
    """What the live values of one agent, its critic and its memory are read from.

    Attributes:
        config: whose schedules are followed.
        step: environment steps taken so far.
        held: the values set by hand, until they are released.
    """

    def __init__(self, config: MainConfig) -> None:
        self.config, self.step = config, 0
        self.held: dict[str, float] = {}

    def reset(self) -> None:
        """Go back to step 0 and release all values."""
        self.step = 0
        self.held.clear()


class HasLiveValues(Protocol):
    """What may carry a `LiveValue`."""

    live: LiveValues


class LiveValue:
    """An attribute that is what was set by hand, else what its schedule says now. `del`
    gives it back to its schedule.
    """

    def __set_name__(self, owner: type, name: str) -> None:
        self.name, (self.schedule, _) = name, SCHEDULES[name]

    @overload
    def __get__(self, owner: None, kind: type) -> "LiveValue": ...
    @overload
    def __get__(self, owner: HasLiveValues, kind: type) -> float: ...
    def __get__(self, owner: HasLiveValues | None, kind: type) -> "LiveValue | float":
        if owner is None:
            return self
        held = owner.live.held
        if self.name in held:
            return held[self.name]
        return self.schedule(owner.live.config, owner.live.step)

    def __set__(self, owner: HasLiveValues, value: float) -> None:
        if not is_in_range(self.name, value):
            raise Refused(
                f"{self.name} = {value} is not allowed: it must be"
                f" {range_of(self.name)}"
            )
        owner.live.held[self.name] = float(value)

    def __delete__(self, owner: HasLiveValues) -> None:
        owner.live.held.pop(self.name, None)
