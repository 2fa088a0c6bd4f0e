"""One update of DQN, opened: every number from the transition to the target network.

`microscope.js` draws it, in a notebook and in a page without a kernel alike. What it
draws is a *trace*, one for each setting of the controls, made by the package itself.
"""

import json
from collections.abc import Iterable
from functools import cache
from itertools import product
from typing import Any

import numpy as np
import torch
from matplotlib.figure import Figure
from torch import Tensor, nn

from dqn_tutorial.classroom.live.asked import HERE, AskedLab, script
from dqn_tutorial.classroom.pictures.figures import BLUE, GREY, ORANGE, new_figure
from dqn_tutorial.config import refuse
from dqn_tutorial.critic import DoubleDQNCritic, DQNCritic
from dqn_tutorial.models import make_config
from dqn_tutorial.targets import n_step_return

CONTROLS: dict[str, tuple[float, ...]] = {
    "terminated": (0, 1),
    "truncated": (0, 1),
    "Double DQN": (0, 1),
    "n": (1, 2, 3),
    "gamma": (0.5, 0.9, 0.99),
    "learning rate": (0.001, 0.01, 0.1),
    "tau": (0.005, 0.1, 1),
}
START = (0, 0, 0, 1, 0.9, 0.01, 0.1)
INPUTS, ACTIONS = ("position", "speed", "angle", "turning"), ("left", "right")
# four states in a row of CartPole's last steps, scaled as its preset does, [4, S]
STATES = (
    (0.07, 0.23, -1.61, -1.14),
    (0.09, 0.13, -1.84, -0.90),
    (0.10, 0.23, -2.02, -1.25),
    (0.11, 0.14, -2.27, -1.02),
)
ACTION, REWARD = 0, 1.0
# of each layer [inputs and a bias, outputs]; the second hidden unit is off
ONLINE = (
    (
        (-0.4, -0.4, 0.5),
        (0.8, 0.7, 0.1),
        (-0.4, 0.5, -0.7),
        (0.6, 0.3, 0.2),
        (0.4, -0.7, 0.6),
    ),
    ((-0.3, 0.8), (0.2, 0.1), (0.6, 0.7), (0.6, 0.3)),
)
# an older copy
TARGET = (
    (
        (-0.5, -0.4, 0.5),
        (0.8, 0.7, 0.1),
        (-0.4, 0.5, -0.8),
        (0.7, 0.1, 0.1),
        (0.2, -0.7, 0.6),
    ),
    ((-0.4, 0.7), (0.4, -0.1), (0.7, 0.6), (0.7, 0.2)),
)
LATER = (0, 1, 5, 20)  # updates, all on this one transition
ALT = (
    "Two pairs of bars, the Q-values of one state before and after one update. Q(s,"
    " left), the value of the action taken, rises a little towards the target y, which"
    " is far above it. Q(s, right) hardly moves."
)


@cache
def trace(
    terminated: bool,
    double: bool,
    n: int,
    gamma: float,
    learning_rate: float,
    tau: float,
) -> dict[str, Any]:
    """Return one update as plain numbers, rounded to three places, a part for each
    step of the page.

    Args:
        terminated: the flag of the last of the n steps; truncated stands nowhere in an
            update.
        double: the target of Double DQN.
        n: rewards that are summed, 1 to 3.
        gamma, learning_rate, tau: of the critic.

    Raises:
        ValueError: a value out of its range.

    Source: Mnih et al. (2015), algorithm 1.
    """
    if n not in CONTROLS["n"]:
        refuse("n", n, f"it must be one of {CONTROLS['n']}")
    critic = _critic(double)
    critic.gamma, critic.learning_rate, critic.tau = gamma, learning_rate, tau
    state, next_state = torch.tensor([STATES[0]]), torch.tensor([STATES[n]])
    action, ends = torch.tensor([ACTION]), torch.tensor([terminated])
    rewards, runs_on = np.full(n, REWARD, np.float32), np.zeros(n, bool)
    windows = [n_step_return(rewards[:k], runs_on[:k], gamma) for k in range(1, n + 1)]
    powers = [discount.item() for _, discount, _ in windows]  # gamma, gamma^2, ...
    reward, discount = torch.tensor([windows[-1][0].item()]), torch.tensor(powers[-1:])

    def target() -> Tensor:
        return critic.get_bellman_target(reward, next_state, ends, discount)

    def values() -> list[Tensor]:
        return [critic.Q(state)[0, ACTION], critic.Q_t(state)[0, ACTION], target()]

    networks = {"online": critic.online, "target": critic.target}
    seen = {name: _seen(network, next_state) for name, network in networks.items()}
    told: dict[str, Any] = {
        "transition": {
            "state": STATES[0],
            "next_state": STATES[n],
            "rewards": rewards.tolist(),
        },
        "next": {
            **seen,
            "chosen": seen["online" if double else "target"]["q"].argmax(),
            # what is left of the target without reward, end and discount
            "value": critic.get_bellman_target(0 * reward, next_state, ends & False, 1),
        },
        "target": {"powers": powers, "goes_on": int(not terminated), "y": target()},
        "gather": _seen(critic.online, state),
        "later": [[0, *values()]],
    }
    q_t = critic.Q_t(state)
    told["loss"] = critic.update(state, action, target())._asdict()
    told["gradient"] = _tables(weight.grad for weight in critic.online.parameters())
    told["step"] = _tables(critic.online.parameters()) | {"q": critic.Q(state)}
    critic.update_target()
    told["follow"] = _tables(critic.target.parameters())
    told["follow"] |= {"q_before": q_t, "q": critic.Q_t(state)}
    for k in range(1, LATER[-1] + 1):
        if k > 1:
            critic.update(state, action, target())
            critic.update_target()
        if k in LATER:
            told["later"].append([k, *values()])
    plain: dict[str, Any] = _plain(told)
    return plain


def _critic(double: bool) -> DQNCritic:
    """Return the critic of the two networks above."""
    settings: dict[str, Any] = {"width": 3, "depth": 1, "act": "relu"}
    settings |= {"loss": "MSELoss", "observation_scale": (), "learning_rate_end": 1.0}
    kind = DoubleDQNCritic if double else DQNCritic
    critic = kind(make_config("cartpole", **settings), len(INPUTS), len(ACTIONS))
    with torch.no_grad():
        for network, tables in ((critic.online, ONLINE), (critic.target, TARGET)):
            parts = [part for t in tables for part in (t[:-1], t[-1:])]
            for weight, part in zip(network.parameters(), parts, strict=True):
                weight.copy_(torch.tensor(part))
    return critic


def _tables(weights: Iterable[Tensor | None]) -> dict[str, Any]:
    """Return a table of each layer, as `ONLINE` has it."""
    first, first_bias, last, last_bias = (w[0] for w in weights if w is not None)
    tables = {"hidden": (first, first_bias), "outputs": (last, last_bias)}
    return {name: torch.cat(parts).tolist() for name, parts in tables.items()}


def _seen(network: nn.Module, state: Tensor) -> dict[str, Tensor]:
    """Return the hidden units and the Q-values of one state."""
    first, act, last = network.children()
    with torch.no_grad():
        hidden = act(first(state[None]))
        return {"hidden": hidden[0, 0], "q": last(hidden)[0, 0]}


def _plain(value: Any) -> Any:
    """Return the same as dicts, lists and rounded numbers; one number of no list."""
    if isinstance(value, dict):
        return {name: _plain(inner) for name, inner in value.items()}
    if isinstance(value, Tensor | np.ndarray):
        value = value.tolist()
        return _plain(
            value[0] if isinstance(value, list) and len(value) == 1 else value
        )
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    return round(value, 3) + 0  # no -0.0


def look() -> dict[str, Any]:
    """Return what the page draws besides a trace: the controls and where they begin,
    the two networks, and the names of inputs and actions. Source: as `trace`.
    """
    controls = zip(CONTROLS.items(), START, strict=True)
    return {
        "controls": [
            {"name": name, "options": options, "start": options.index(start)}
            for (name, options), start in controls
        ],
        "inputs": INPUTS,
        "actions": ACTIONS,
        "action": ACTION,
        "online": dict(zip(("hidden", "outputs"), ONLINE, strict=True)),
        "target": dict(zip(("hidden", "outputs"), TARGET, strict=True)),
    }


def _key(setting: Iterable[float]) -> str:
    return " ".join(f"{value:g}" for value in setting)


def answer(key: str) -> dict[str, Any]:
    """Return the trace of a key: a number for each of `CONTROLS`, with a space between.

    Source: as `trace`.
    """
    terminated, _, double, n, *rates = map(float, key.split())
    return trace(bool(terminated), bool(double), int(n), *rates)


def answers() -> str:
    """Return, as JSON, what `recall` in `microscope.js` needs where no kernel runs: the
    different forms of each part, and for each key which of them it has.

    Source: as `trace`.
    """
    parts: dict[str, list[Any]] = {}
    keys: dict[str, list[int]] = {}
    for setting in product(*CONTROLS.values()):
        own = keys[_key(setting)] = []
        for name, part in answer(_key(setting)).items():
            forms = parts.setdefault(name, [])
            if part not in forms:
                forms.append(part)
            own.append(forms.index(part))
    told = {"look": look(), "parts": parts, "keys": keys}
    return json.dumps(told, separators=(",", ":"))


class Microscope(AskedLab):
    """The update as a widget. Source: anywidget."""

    _esm, _css = script("microscope"), HERE / "microscope.css"


def _still() -> tuple[Figure, str]:
    told = answer(_key(START))
    before, after, y = told["gather"]["q"], told["step"]["q"], told["target"]["y"]
    figure, axes = new_figure(6.4, 3)
    places = np.arange(len(ACTIONS))
    axes.bar(places - 0.2, before, 0.36, color=GREY, label="before the update")
    axes.bar(places + 0.2, after, 0.36, color=BLUE, label="after it")
    axes.plot(ACTION + np.array([-0.4, 0.4]), [y, y], color=ORANGE, label="target y")
    axes.set_xticks(places, [f"Q(s, {name})" for name in ACTIONS])
    axes.legend()
    return figure, ALT


def microscope() -> Microscope:
    """Show one update of DQN, number by number.

    Source: Mnih et al. (2015), algorithm 1. Taught in 06_agent.
    """
    return Microscope(look(), answer, _still)
