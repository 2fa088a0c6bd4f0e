"""The replay memory: a ring of single steps that forms n-step transitions when
sampled.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch import Tensor

from dqn_tutorial.config import MainConfig, override
from dqn_tutorial.schedules import LiveValue, LiveValues
from dqn_tutorial.seeding import numpy_generator, set_states, states_of
from dqn_tutorial.targets import n_step_return

# what a column of a kind may be given: flags only flags, whole numbers only those
_KINDS = {"b": "b", "i": "iu"}


class Batch(NamedTuple):
    """A batch of transitions: `[B]` of one agent, `[N, B]` of N that share nothing.

    `reward` is the sum of the m rewards of the window, each discounted; `next_state` is
    the state after them; `discount` is gamma^m. The flags are those of the last step of
    the window.

    Source: Mnih et al. (2015); n steps: Sutton & Barto (2018), section 7.1. Taught in
    04_replay_buffer.
    """

    state: Tensor  # [..., B, S], in the dtype of the memory
    action: Tensor  # [..., B] int64
    reward: Tensor  # [..., B] float32
    next_state: Tensor  # [..., B, S]
    terminated: Tensor  # [..., B] bool
    truncated: Tensor  # [..., B] bool
    discount: Tensor  # [..., B] float32


class ReplayBuffer:
    """A ring of the last `capacity` steps of each agent, stored for all its
    environments at once.

    Args:
        capacity: steps kept for each agent; rounded down to whole vector steps.
        dim_state: numbers in a state, or its shape, as that of an image.
        n_envs: environments of one agent.
        seeds: one seed for each agent; each samples from a stream of its own.
        gamma: discount factor per step, or the live values of the agent, whose gamma
            is asked for at each sample.
        n_step: longest window of rewards to sum.
        device: where batches are put.

    Attributes:
        is_transition: `[N, capacity]`, rows that may be sampled; False for an empty row
            or a step that only reset an environment.
        generators: the source of chance of each agent.

    Raises:
        ValueError: a size that is not possible, named with its value.

    Source: Lin (1992); Mnih et al. (2015). Taught in 04_replay_buffer.
    """

    gamma = LiveValue()

    def __init__(
        self,
        capacity: int,
        dim_state: int | tuple[int, ...],
        n_envs: int = 1,
        seeds: Sequence[int] = (0,),
        gamma: float | LiveValues = 0.99,
        n_step: int = 1,
        device: str = "cpu",
    ) -> None:
        of_state = (dim_state,) if isinstance(dim_state, int) else tuple(dim_state)
        sizes = {"n_envs": n_envs, "n_step": n_step, "seeds": len(seeds)}
        for name, size in (sizes | {"dim_state": min(of_state, default=0)}).items():
            if size < 1:
                raise ValueError(
                    f"{name} = {size} is not allowed: it must be 1 or more"
                )
        if capacity < n_envs:
            raise ValueError(
                f"capacity = {capacity} is not allowed: it must be at least n_envs ="
                f" {n_envs}"
            )
        self.n_envs, self.n_agents = n_envs, len(seeds)
        self.length = capacity // n_envs  # vector steps in the ring
        self.capacity = self.length * n_envs
        self.n_step, self.device = n_step, torch.device(device)
        if not isinstance(gamma, LiveValues):
            gamma = LiveValues(override(MainConfig(), {"training.gamma": gamma}))
        self.live = gamma
        self._seeds = tuple(seeds)
        self._own = 0 if len(seeds) == 1 else slice(None)  # one agent has no axis
        rows = (self.n_agents, self.capacity)
        self._of_state = of_state
        self._action = np.zeros(rows, np.int64)
        self._reward = np.zeros(rows, np.float32)
        self._terminated = np.zeros(rows, bool)
        self._truncated = np.zeros(rows, bool)
        self.is_transition = np.zeros(rows, bool)
        self.reset()

    def reset(self) -> None:
        """Forget everything and start the random streams afresh."""
        self.generators = [numpy_generator(seed, "replay") for seed in self._seeds]
        self.is_transition[:] = False
        self._n_transitions = np.zeros(self.n_agents, np.int64)
        self._n_stored = 0  # vector steps, ever; the first makes room for the states

    def _make_room(self, dtype: np.dtype[Any]) -> None:
        shape = (self.n_agents, self.capacity, *self._of_state)
        self._state, self._next_state = np.zeros(shape, dtype), np.zeros(shape, dtype)

    def state_dict(self) -> dict[str, Any]:
        """Return all that the memory holds, and its sources of chance; a subclass adds
        what it has of its own. Source: PyTorch's convention.
        """
        filled = min(self._n_stored, self.length) * self.n_envs
        columns = self._columns if self._n_stored else {}
        return {
            "n_stored": self._n_stored,
            "generators": states_of(self.generators),
            "columns": {name: own[:, :filled] for name, own in columns.items()},
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go back to what `state_dict` returned."""
        self.reset()
        set_states(self.generators, state["generators"])
        if state["columns"]:
            self._make_room(state["columns"]["state"].dtype)
            for name, own in self._columns.items():
                saved = state["columns"][name]
                own[:, : saved.shape[1]] = saved
        self._n_stored = state["n_stored"]
        self._n_transitions = self.is_transition.sum(-1)

    @property
    def _columns(self) -> dict[str, NDArray[Any]]:
        return {
            "state": self._state,
            "action": self._action,
            "reward": self._reward,
            "next_state": self._next_state,
            "terminated": self._terminated,
            "truncated": self._truncated,
            "is_reset": self.is_transition,  # turned round once it is stored
        }

    def __len__(self) -> int:
        """Transitions that can be sampled, of all agents together."""
        return int(self._n_transitions.sum())

    @property
    def can_sample(self) -> bool:
        """Whether every agent has a transition to sample."""
        return bool(self._n_transitions.all())

    def store(
        self,
        state: ArrayLike,
        action: ArrayLike,
        reward: ArrayLike,
        next_state: ArrayLike,
        terminated: ArrayLike,
        truncated: ArrayLike,
        is_reset: ArrayLike | None = None,
    ) -> None:
        """Store one step of every environment; the arrays are copied.

        Args:
            state: `[N, E, S]` for N agents of E environments; leading axes of length 1
                may be left out. Numbers of one or two bytes, as the uint8 of an image,
                are kept as they are, all others as float32; the first step decides.
            action: `[N, E]`, the action that was executed, int.
            reward: `[N, E]`.
            next_state: `[N, E, S]`, for a last step the last observation, not the first
                of the next episode.
            terminated: `[N, E]`, bool.
            truncated: `[N, E]`, bool.
            is_reset: `[N, E]`, bool: steps that only reset an environment; kept in
                their row, never sampled.

        Raises:
            ValueError: an array of another shape, named with both shapes.
            TypeError: an action that is no whole number, a flag that is not bool, a
                state of another kind of number than the first.

        Source: Mnih et al. (2015), algorithm 1. Taught in 04_replay_buffer.
        """
        first = (self._n_stored % self.length) * self.n_envs
        rows = slice(first, first + self.n_envs)
        if is_reset is None:
            is_reset = np.zeros((self.n_agents, self.n_envs), bool)
        if self._n_stored == 0:
            dtype = np.asarray(state).dtype
            is_small = dtype.kind in "biuf" and dtype.itemsize < 4
            self._make_room(dtype if is_small else np.dtype(np.float32))
        given = (state, action, reward, next_state, terminated, truncated, is_reset)
        checked = []
        for (name, column), value in zip(self._columns.items(), given, strict=True):
            place, array = column[self._own, rows], np.asarray(value)
            kinds = _KINDS.get(column.dtype.kind, "biuf")
            if array.shape != place.shape:
                array = _without_leading_axes(name, array, place.shape)
            if array.dtype != column.dtype and not (
                array.dtype.kind in kinds
                and np.can_cast(array.dtype, column.dtype, "same_kind")
            ):
                raise TypeError(f"{name} is {array.dtype}: it must be {column.dtype}")
            checked.append((place, array))
        self._n_transitions -= self.is_transition[:, rows].sum(-1)
        # only now, so that a refused step leaves the memory as it was
        for place, array in checked:
            place[:] = array
        self.is_transition[:, rows] ^= True
        self._n_transitions += self.is_transition[:, rows].sum(-1)
        self._n_stored += 1

    def break_off(self) -> None:
        """End every window at the newest step: what is stored next does not follow it.
        A step that did not terminate counts as truncated.

        Source: Pardo et al. (2018) on truncation.
        """
        if self._n_stored:
            rows = self.newest
            self._truncated[:, rows] |= ~self._terminated[:, rows]

    @property
    def newest(self) -> slice:
        """The rows of the newest step, one for each environment."""
        first = (self._n_stored - 1) % self.length * self.n_envs
        return slice(first, first + self.n_envs)

    def get_next_batch(self, batch_size: int) -> Batch:
        """Return a random batch, drawn with replacement, `batch_size` transitions for
        each agent.

        Raises:
            ValueError: an agent has no transition yet.

        Source: Mnih et al. (2015), algorithm 1. Taught in 04_replay_buffer.
        """
        if not self.can_sample:
            raise ValueError(
                "the memory is empty, or an agent's part of it: store transitions"
                " before asking for a batch"
            )
        agents = range(self.n_agents)
        return self._batch(
            np.stack([self.sample_rows(agent, batch_size) for agent in agents])
        )

    def get_steps_and_iterator(
        self, n_epochs: int, max_iter: int, batch_size: int
    ) -> tuple[int, Iterator[Batch]]:
        """Return the number of batches to come and an iterator over them.

        With `n_epochs` = 0 these are `max_iter` random batches; with `n_epochs` = k
        they are k passes over all that is stored, shuffled anew for each pass; the last
        batch of a pass may be smaller. With several agents a pass is as long as the
        shortest of their memories.

        Source: random batches: Mnih et al. (2015); passes: Goodfellow et al. (2016),
        8.1.3. Taught in 04_replay_buffer.
        """
        if n_epochs == 0:
            return max_iter, (self.get_next_batch(batch_size) for _ in range(max_iter))
        shortest = int(self._n_transitions.min())
        n_batches = n_epochs * -(-shortest // batch_size)
        return n_batches, self._passes(n_epochs, batch_size, shortest)

    def _passes(self, n_epochs: int, batch_size: int, shortest: int) -> Iterator[Batch]:
        for _ in range(n_epochs):
            order = [
                generator.permutation(np.flatnonzero(is_transition))[:shortest]
                for generator, is_transition in zip(
                    self.generators, self.is_transition, strict=True
                )
            ]
            for first in range(0, shortest, batch_size):
                yield self._batch(np.stack(order)[:, first : first + batch_size])

    def sample_rows(self, agent: int, batch_size: int) -> NDArray[np.int64]:
        """Return rows of one agent, each as likely; a row that holds no transition is
        drawn again. A subclass may choose otherwise.

        Source: Mnih et al. (2015), algorithm 1.
        """
        generator, is_transition = self.generators[agent], self.is_transition[agent]
        n_rows = min(self._n_stored, self.length) * self.n_envs
        rows = generator.integers(n_rows, size=batch_size)
        while not (good := is_transition.take(rows)).all():
            rows[~good] = generator.integers(n_rows, size=int((~good).sum()))
        return rows

    def _batch(self, rows: NDArray[np.int64]) -> Batch:
        """Form the transitions that start at `rows`, `[N, B]`; a window ends with its
        episode or at the newest step.
        """
        # [N, 1]: rows of agent k start here
        of_agent = np.arange(self.n_agents)[:, None] * self.capacity
        steps = np.arange(self.n_step)
        window = (rows[..., None] + steps * self.n_envs) % self.capacity
        window += of_agent[..., None]  # [N, B, n]
        to_newest = (self._n_stored - 1 - rows // self.n_envs) % self.length
        is_last = self._terminated.take(window) | self._truncated.take(window)
        is_last |= steps >= to_newest[..., None]
        reward = self._reward.take(window)
        summed, discount, last = n_step_return(reward, is_last, self.gamma)
        start = rows + of_agent  # [N, B]
        end = (rows + last * self.n_envs) % self.capacity + of_agent
        columns = (
            # much faster than [start]
            self._state.reshape(-1, *self._of_state).take(start, axis=0),
            self._action.take(start),
            summed,
            self._next_state.reshape(-1, *self._of_state).take(end, axis=0),
            self._terminated.take(end),
            self._truncated.take(end),
            discount,
        )
        return Batch(*(torch.from_numpy(x[self._own]).to(self.device) for x in columns))


def _without_leading_axes(
    name: str, array: NDArray[Any], shape: tuple[int, ...]
) -> NDArray[Any]:
    """Return the array in that shape if they differ by leading axes of 1 only."""
    lacks = len(shape) - array.ndim
    wanted, given = (1,) * -lacks + shape, (1,) * lacks + array.shape
    if wanted != given:
        raise ValueError(
            f"{name} has shape {array.shape}: one step of this memory has shape {shape}"
        )
    return array.reshape(shape)
