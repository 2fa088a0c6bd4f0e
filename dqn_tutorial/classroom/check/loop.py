"""Judging a step of learning: what it does to an agent, told in numbers that can be
computed by hand.
"""

import copy
import inspect
from collections.abc import Callable
from functools import cache, wraps
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from dqn_tutorial.buffer import ReplayBuffer
from dqn_tutorial.classroom.check.exercise import Function
from dqn_tutorial.classroom.check.guard import Wrong, check_arguments
from dqn_tutorial.classroom.check.misconceptions import around
from dqn_tutorial.critic import DQNCritic
from dqn_tutorial.models import get_model, make_config

STATES, ACTIONS = torch.eye(16), 4


def in_numbers(play: Function) -> Callable[[Any], Any]:
    """Make of `play(answer, *inputs)` a wrapper of answers whose own arguments are made
    of these inputs.
    """
    wrap = around(play)

    @wraps(play)
    def wrap_freely(answer: Any) -> Any:
        wrapped = wrap(answer)
        if callable(answer):
            vars(wrapped)["__signature__"] = inspect.signature(lambda *inputs: None)
        return wrapped

    return wrap_freely


class _InOrder(ReplayBuffer):
    """A memory that hands out its rows one after the other."""

    n_drawn, n_calls = 0, 0

    def sample_rows(self, agent: int, batch_size: int) -> NDArray[np.int64]:
        """Return the next rows. Source: none, chance is left out."""
        self.n_drawn += batch_size
        self.n_calls += 1
        rows = np.arange(self.n_drawn - batch_size, self.n_drawn)
        return rows % self._n_stored


@cache
def _untrained() -> DQNCritic:
    """Return a critic whose networks are tables, for one-hot states."""
    config = make_config("slipperygrid", depth=0, max_grad_norm=float("inf"))
    critic: DQNCritic = get_model(config).critic
    return critic


def _inputs(reward: NDArray[Any], ends: NDArray[Any], *values: Any) -> dict[str, Any]:
    """Return inputs of `as_values` by the names that a learner reads; an end is 0,
    none, 1, terminated, 2, truncated, or 3, both.
    """
    names = "max Q_t(s')", "Q(s, a)", "Q_t(s, a)", "gamma", "tau", "batch_size"
    flags = {"terminated": ends % 2 == 1, "truncated": ends > 1}
    ways = {"share of the way of an update": 0.5}
    return {"reward": reward} | flags | dict(zip(names, values, strict=True)) | ways


def sample_batch(rng: np.random.Generator) -> dict[str, Any]:
    """A memory of two batches, with ends of all kinds in each."""
    size = int(rng.integers(2, 5))
    ends = [rng.permutation([1, 2, 3, 0])[:size] for _ in range(2)]
    reward, next_v, q, q_t = rng.normal([[1], [3], [0], [0]], size=(4, 2 * size))
    gamma, tau = rng.uniform([0.5, 0.1], [0.95, 0.4]).round(2).tolist()
    values = (next_v.round(1), q.round(1), q_t.round(1), gamma, tau, size)
    return _inputs(reward.round(1), np.concatenate(ends), *values)


def by_hand_batch(
    reward: list[float], ends: list[int], batch_size: int, tau: float = 0.5
) -> dict[str, Any]:
    """A memory of two batches of round numbers."""
    n = len(reward)
    values = (np.array([8.0, 16.0] * n)[:n], np.full(n, 1.0), np.full(n, -1.0))
    return _inputs(np.array(reward), np.array(ends), *values, 0.5, tau, batch_size)


@in_numbers
def as_values(
    learn: Any,
    reward: NDArray[Any],
    terminated: NDArray[Any],
    truncated: NDArray[Any],
    next_v: NDArray[Any],
    q_value: NDArray[Any],
    target_value: NDArray[Any],
    gamma: float,
    tau: float,
    batch_size: int,
    way: float,
) -> dict[str, Any]:
    """Let an answer learn from a memory of these transitions, the first of which are
    the first batch, and say where both networks stand then.

    Both are tables, and the step size is such that an update moves Q(s, a) this share
    of the way to its target.
    """
    critic, n = copy.deepcopy(_untrained()), len(reward)
    critic.gamma, critic.tau, critic.learning_rate = gamma, tau, way * batch_size / 2
    critic.optimizer = torch.optim.SGD(critic.online.parameters())  # type: ignore[assignment]
    action = np.arange(n) % ACTIONS
    tables = torch.zeros(2, len(STATES), ACTIONS)
    for table, values in zip(tables, (q_value, target_value), strict=True):
        for k in range(n):  # the best action is another one, in s' also another by Q
            row = values[k] + torch.tensor([0.0, 1.0, -1.0, -2.0])
            table[k] = row.roll(int(action[k]))
    tables[1, 8 : 8 + n] = torch.tensor(next_v)[:, None] + torch.tensor([0, -1, -2, -3])
    tables[0, 8:] = tables[1, 8:].roll(1, dims=1) + 1
    networks = (critic.online, critic.target)
    for network, table in zip(networks, tables, strict=True):
        weight, bias = network.parameters()
        weight.data.copy_(table[None])
        bias.data.zero_()
        bias.requires_grad_(False)
    memory = _InOrder(n, len(STATES), gamma=gamma)
    for k in range(n):
        row = (STATES[k], action[k], reward[k], STATES[8 + k])
        memory.store(*row, terminated[k], truncated[k])
    check_arguments(
        learn, {"critic": critic, "memory": memory, "batch_size": batch_size}
    )
    learn(critic, memory, batch_size)
    if memory.n_calls > 1:
        case = f"`get_next_batch` was called {memory.n_calls} times."
        raise Wrong("several batches", case)
    with torch.no_grad():
        after = torch.stack([critic.Q(STATES), critic.Q_t(STATES)])
    taken = torch.zeros(len(STATES), ACTIONS, dtype=torch.bool)
    taken[np.arange(n), action] = True
    return {
        "transitions drawn": memory.n_drawn,
        "new Q(s, a)": after[0][taken],
        "new Q_t(s, a)": after[1][taken],
        "sum of all other Q": after[0][~taken].sum(),
        "sum of all other Q_t": after[1][~taken].sum(),
    }


def learning(
    order: str = "YUT",
    size: Function = lambda batch_size: batch_size,
    flags: Function = lambda batch: batch.terminated,
    before: Function = lambda batch: batch.state,
    after: Function = lambda batch: batch.next_state,
    action: Function = lambda critic, batch: batch.action,
    discount: Function = lambda batch: batch.discount,
    value: Function | None = None,
    made: Function = lambda y, critic, batch: y,
) -> Function:
    """Return a learning step made of rules: the order of targets (Y), update (U), move
    of the target network (T) and its copy (C), and the parts of targets and update.
    """

    def targets(critic: Any, batch: Any) -> Any:
        y = critic.get_bellman_target(
            batch.reward, after(batch), flags(batch), discount(batch)
        )
        if value is not None:
            keep = ~flags(batch) * discount(batch)
            y = batch.reward + keep * value(critic, after(batch))
        return made(y, critic, batch)

    def learn(critic: Any, memory: Any, batch_size: int) -> None:
        batch = memory.get_next_batch(size(batch_size))
        for what in order:
            if what == "Y":
                y = targets(critic, batch)
            elif what == "T":
                critic.update_target()
            elif what == "C":
                critic.target.load_state_dict(critic.online.state_dict())
            else:
                critic.update(before(batch), action(critic, batch), y)

    return learn


def _taken(critic: Any, batch: Any) -> Tensor:
    taken: Tensor = critic.Q(batch.state).gather(1, batch.action[:, None])[:, 0]
    return taken.detach()


LEARNING_FLAWS: list[tuple[str, dict[str, Any]]] = [
    ("target stays", {"order": "YU"}),
    ("target first", {"order": "YTU"}),
    ("target first", {"order": "TYU"}),
    ("no update", {"order": "YT"}),
    ("nothing happens", {"order": "Y"}),
    *(("two updates", {"order": order}) for order in ("YUUT", "YUYUT", "YUTYUT")),
    ("target moves twice", {"order": "YUTT"}),
    ("target moves twice", {"order": "YTUT"}),
    ("whole copy", {"order": "YUC"}),
    *(("another size", {"size": lambda b, n=n: n}) for n in (1, 8, 32, 64, 256)),
    ("truncated stops", {"flags": lambda batch: batch.truncated}),
    ("truncated stops", {"flags": lambda batch: batch.terminated | batch.truncated}),
    ("ignores terminated", {"flags": lambda batch: batch.terminated & False}),
    ("mask inverted", {"flags": lambda batch: ~batch.terminated}),
    ("the same state", {"after": lambda batch: batch.state}),
    ("updates the next state", {"before": lambda batch: batch.next_state}),
    ("own action", {"action": lambda critic, batch: critic.Q(batch.state).argmax(-1)}),
    ("no discount", {"discount": lambda batch: torch.ones_like(batch.reward)}),
    ("discounted twice", {"discount": lambda batch: batch.discount.square()}),
    ("flags as discount", {"discount": lambda batch: batch.truncated}),
    ("online values", {"value": lambda critic, s: critic.Q(s).amax(-1).detach()}),
    ("no bootstrap", {"made": lambda y, critic, batch: batch.reward}),
    ("reward masked", {"made": lambda y, critic, batch: y * ~batch.terminated}),
    ("error for target", {"made": lambda y, critic, batch: y - _taken(critic, batch)}),
    (
        "target as value",
        {"made": lambda y, critic, batch: batch.reward + batch.discount * y},
    ),
]

# those that come in pairs
_FREQUENT = (
    "target stays",
    "target first",
    "truncated stops",
    "ignores terminated",
    "mask inverted",
    "the same state",
    "updates the next state",
    "own action",
    "no discount",
    "no bootstrap",
)
FREQUENT_FLAWS = [flaw for flaw in LEARNING_FLAWS if flaw[0] in _FREQUENT]
OTHER_FLAWS = [flaw for flaw in LEARNING_FLAWS if flaw[0] not in _FREQUENT]


def once_each(critic: Any, memory: Any, batch_size: int) -> None:
    """Learn with an update for each transition, all of them on the whole batch."""
    learning("YU" * batch_size + "T")(critic, memory, batch_size)
