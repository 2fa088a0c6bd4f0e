"""The line between the judge and a process that holds one answer: JSON and bytes.

Nothing that comes over it is run or unpickled. Arrays, tensors, lists, dicts and random
generators keep who they are and what memory they share: each side has a copy of its
own, and what one side changed is changed in the other with the next message.
"""

import json
import socket
import struct
from collections import namedtuple
from collections.abc import Callable, Collection
from typing import Any

import numpy as np
import torch

from .blocks import (
    MOST_NUMBERS,
    Block,
    Open,
    Pulled,
    is_dense,
    is_pcg,
    memory_at,
    steps_of,
)

MOST_BYTES = 16_000_000  # of a message
PLAIN, RNG = (bool, int, float, str), np.random.Generator
_IN_MEMORY = ("array", "tensor")


class Wire:
    """One end of the line.

    Args:
        line: the socket.
        sign: 1 or -1, of the numbers that this side gives to objects.
        kinds: classes that both sides have, by name.
        is_open: says of an object that it stays here and is asked over the line.
    """

    def __init__(
        self,
        line: socket.socket,
        sign: int,
        kinds: dict[str, type],
        is_open: Callable[[Any], bool],
    ) -> None:
        self.line, self.sign, self.kinds, self.is_open = line, sign, kinds, is_open
        self.ask: Callable[..., Any]
        self.objects: dict[int, Any] = {}
        self.numbers: dict[int, int] = {}  # by id
        self.known: dict[int, Any] = {}  # what the other side has of an object
        self.came: dict[int, int] = {}  # with which call
        self.blocks: dict[int, Block] = {}
        self.n_calls = self.n_given = 0

    def keep(self, numbers: Collection[int]) -> None:
        """Forget all objects but these and those that stay on one side."""
        for number, it in [*self.objects.items()]:
            if number not in numbers and not self._stays(it):
                for table in (self.objects, self.came, self.known, self.blocks):
                    table.pop(number, None)
                self.numbers.pop(id(it))

    def _forget(self, n_calls: int) -> None:
        """Forget objects that came before the last calls, none for a number below 0."""
        if n_calls < 0:
            return
        self.n_calls += 1
        first = self.n_calls - n_calls
        self.keep({number for number, came in self.came.items() if came >= first})

    def _stays(self, it: Any) -> bool:
        return isinstance(it, Open) or self.is_open(it)

    def send(self, kind: str, *values: Any, n_calls: int = -1) -> None:
        """Send values, and what changed in all that went over the line before: if
        `n_calls` is given, only in the last calls, 0 for none.

        Raises:
            ValueError: it is too much.
        """
        self._forget(n_calls)
        trees = [self._tree(value) for value in values]
        states, blocks, blob = {}, {}, bytearray()
        seen: set[int] = set()
        while new := self.objects.keys() - seen:  # a state may name more of them
            for number in sorted(new, key=abs):
                seen.add(number)
                it = self.objects[number]
                state = self._state(it)
                if self.known.get(number) == state:
                    continue
                self.known[number] = state
                if isinstance(it, Block):
                    blocks[number] = [len(blob), len(blob) + len(state)]
                    blob += state
                else:
                    states[number] = state
        head = json.dumps([kind, n_calls, trees, states, blocks]).encode()
        if len(head) + len(blob) > MOST_BYTES:
            raise ValueError("too much to send")
        self.line.sendall(struct.pack("<QQ", len(head), len(blob)) + head + blob)

    def receive(self) -> tuple[str, list[Any]]:
        """Return the next message.

        Raises:
            OSError: the line is closed. Any other error: it is not a message.
        """
        sizes = struct.unpack("<QQ", self._bytes(16))
        if sum(sizes) > MOST_BYTES:
            raise ValueError("a message is too long")
        head, blob = map(self._bytes, sizes)
        kind, n_calls, trees, states, blocks = json.loads(head)
        self._forget(n_calls)
        for number, (start, end) in blocks.items():
            new = np.frombuffer(blob[start:end], np.uint8)
            if (block := self.objects.get(int(number))) is None:
                self._note(Block(new.copy()), int(number))
            else:
                np.copyto(block.memory, new)
            self.known[int(number)] = blob[start:end]
        waiting = {int(number): state for number, state in states.items()}
        # a result after the tensors that say how it pulls
        for number in sorted(waiting, key=lambda n: bool(waiting[n][-1])):
            self._make(number, waiting[number])
        for number, state in waiting.items():
            self._fill(self.objects[number], state)
            self.known[number] = self._state(self.objects[number])
        return str(kind), [self._value(tree) for tree in trees]

    def _bytes(self, n: int) -> bytes:
        parts = bytearray()
        while len(parts) < n:
            part = self.line.recv(min(n - len(parts), 1 << 20))
            if not part:
                raise ConnectionError("the other side is gone")
            parts += part
        return bytes(parts)

    def _note(self, it: Any, number: int = 0) -> int:
        self.n_given += self.sign
        number = number or self.n_given
        self.objects[number], self.numbers[id(it)] = it, number
        self.came[number] = self.n_calls
        if isinstance(it, Block):
            self.blocks[number] = it
        return number

    def _tree(self, value: Any) -> Any:
        """Return a value as JSON; an object that can change by its number."""
        if isinstance(value, np.ndarray) and value.dtype.kind == "U":
            value = value.tolist()
        if value is None or type(value) in PLAIN:
            return value
        if id(value) in self.numbers:
            return {"n": self.numbers[id(value)]}
        if isinstance(value, np.generic) and value.dtype.kind in "biuf":
            return {"s": [value.dtype.str, value.tobytes().hex()]}
        for kind in PLAIN:
            if isinstance(value, kind):
                plain: Any = kind
                return plain.__new__(plain, value)
        name = type(value).__name__
        if isinstance(value, tuple):
            parts = [self._tree(part) for part in tuple.__iter__(value)]
            if type(value).__module__ == "torch.return_types":
                return {"r": [name, parts]}
            fields = getattr(value, "_fields", None)
            return {"t": parts} if fields is None else {"f": [name, fields, parts]}
        is_sendable = (
            self.is_open(value)
            or isinstance(value, list | dict)
            or (
                isinstance(value, torch.nn.Module)
                and self.kinds.get(name) is type(value)
            )
            or (isinstance(value, np.ndarray | torch.Tensor) and is_dense(value))
            or (isinstance(value, np.random.Generator) and is_pcg(value))
        )
        return {"n": self._note(value)} if is_sendable else {"o": name}

    def _what(self, it: Any) -> str:
        """Name the kind of an object that both sides know."""
        if self._stays(it):
            return "open"
        kinds: dict[str, type] = {"list": list, "dict": dict, "array": np.ndarray}
        kinds |= {"tensor": torch.Tensor, "module": torch.nn.Module, "rng": RNG}
        return next((what for what, kind in kinds.items() if isinstance(it, kind)), "")

    def _state(self, it: Any) -> Any:
        """Return all that can change in an object, as JSON, or as bytes."""
        if isinstance(it, Block):
            return it.memory.tobytes()
        if isinstance(it, Open):
            return ["open", it._kind]
        if self.is_open(it):
            return ["open", type(it).__name__]
        if isinstance(it, list):
            return ["list", [self._tree(part) for part in list.__iter__(it)]]
        if isinstance(it, dict):
            pairs = dict.items(it)
            return ["dict", [[self._tree(key), self._tree(x)] for key, x in pairs]]
        if isinstance(it, np.random.Generator):
            return ["rng", it.bit_generator.state]
        if isinstance(it, torch.nn.Module):
            plain = {k: v for k, v in vars(it).items() if type(v) in PLAIN}
            own = [[k, self._tree(v)] for k, v in it.named_parameters()]
            return ["module", type(it).__name__, plain, own]
        return self._place(it)

    def _place(self, it: Any) -> Any:
        """Say where an array or a tensor lies, and how a tensor learns."""
        if isinstance(it, np.ndarray):
            address = it.__array_interface__["data"][0]
            place = [it.dtype.str, it.shape, it.strides]
            return ["array", *self._in_block(it, address), *place]
        flat = torch.Tensor.detach(it)
        place = [str(flat.dtype)[6:], list(flat.shape), flat.stride()]
        pulls: Any = None
        if it.requires_grad and not it.is_leaf and self.sign < 0:
            number = self.numbers[id(it)]
            # once: the graph behind it stays
            pulls = self.known[number][-1] if number in self.known else self._pulls(it)
        kind = isinstance(it, torch.nn.Parameter), it.requires_grad and it.is_leaf
        grad = self._tree(it.grad) if it.is_leaf else None
        return [
            "tensor",
            *self._in_block(flat, flat.data_ptr()),
            *place,
            *kind,
            grad,
            pulls,
        ]

    def _in_block(self, it: Any, address: int) -> tuple[int, int]:
        """Return the number of the block it lies in, and how far from its start."""
        sizes = zip(it.shape, steps_of(it), strict=True)
        ends = [(n - 1) * step for n, step in sizes] if 0 not in it.shape else []
        low = address + sum(min(end, 0) for end in ends)
        high = (
            address
            + sum(max(end, 0) for end in ends)
            + it.itemsize * bool(ends or not it.ndim)
        )
        for number, block in self.blocks.items():
            if low < high:
                if block.start <= low and high <= block.start + len(block.memory):
                    return number, address - block.start
        root = it
        while isinstance(root, np.ndarray) and root.base is not None:
            root = root.base
        if isinstance(root, torch.Tensor):
            storage = root.untyped_storage()
            start, size = storage.data_ptr(), storage.nbytes()
        elif isinstance(root, np.ndarray):
            start, size = root.__array_interface__["data"][0], root.nbytes
        else:
            start, size = low, high - low
        if low == high or not start <= low <= high <= start + size:
            start, size = (low, high - low) if low < high else (address, 0)
        return self._note(Block(memory_at(start, size, it))), address - start

    def _pulls(self, it: torch.Tensor) -> Any:
        """Return the gradients of each number of a result, by the numbers of the
        tensors that they reach, or the words of an error.
        """
        leaves = self._leaves()
        if not leaves or it.numel() > 1000:
            return []
        try:
            rows = [
                torch.autograd.grad(
                    one,
                    [leaf for _, leaf in leaves],
                    retain_graph=True,
                    allow_unused=True,
                )
                for one in it.flatten()
            ]
        except Exception as error:  # of a backward of the learner's own, too
            return str(error) or type(error).__name__
        columns = zip(leaves, zip(*rows, strict=True), strict=True) if rows else ()
        return [
            [number, self._tree(torch.stack([g for g in pulled if g is not None]))]
            for (number, _), pulled in columns
            if all(g is not None for g in pulled)
        ]

    def _leaves(self) -> list[tuple[int, torch.Tensor]]:
        tensors = [it for it in self.objects.items() if isinstance(it[1], torch.Tensor)]
        return [it for it in tensors if it[1].is_leaf and it[1].requires_grad]

    def _make(self, number: int, state: Any) -> None:
        """Make an object that this side does not have yet."""
        if number in self.objects:
            return
        what, *rest = state
        if what in _IN_MEMORY:
            it = self._laid(state)
        elif what == "open":
            it = type(str(rest[0]), (Open,), {})(self, number, str(rest[0]))
        elif what == "module":
            kind: Any = self.kinds[rest[0]]
            it = kind.__new__(kind)
            torch.nn.Module.__init__(it)
        else:
            made: Any = {"list": list, "dict": dict, "rng": np.random.default_rng}
            it = made[what]()
        self._note(it, number)

    def _laid(self, state: Any) -> Any:
        """Return the array or tensor that lies in a block."""
        what, block, far, kind, shape, strides, *rest = state
        memory = self.objects[block].memory
        if np.prod(shape, dtype=float) > MOST_NUMBERS:
            raise ValueError("an array is too large")
        if what == "array":
            dtype = np.dtype(kind)
            if dtype.kind not in "biuf":
                raise ValueError("an array holds no numbers")
            return np.ndarray(shape, dtype, memory, far, strides)
        dtype = getattr(torch, kind)
        it = torch.empty(0, dtype=dtype)
        if 0 in shape:
            it = it.reshape(shape)
        else:
            part = torch.from_numpy(memory[far % dtype.itemsize :])
            it.set_(part.untyped_storage(), far // dtype.itemsize, shape, strides)
        if rest[0]:
            return torch.nn.Parameter(it, bool(rest[1]))
        if (pulls := rest[-1]) is None:
            return it.requires_grad_(True) if rest[1] else it
        # one at least, for a result that hangs on nothing here but has a gradient
        spare = torch.zeros((), requires_grad=True)
        pull: Any = Pulled.apply
        if isinstance(pulls, str):
            every = [leaf for _, leaf in self._leaves()]
            return pull(it, pulls, [], *every, spare)
        pulled = [self.objects[tree["n"]] for _, tree in pulls]
        leaves = [self.objects[leaf] for leaf, _ in pulls]
        return pull(it, "", pulled, *leaves, spare)

    def _fill(self, it: Any, state: Any) -> None:
        """Bring an object to the state that it has on the other side.

        Raises:
            ValueError: it is of another kind, as what stays here.
        """
        if self._what(it) != (what := state[0]):
            raise ValueError(f"no {what}")
        rest = state[1:]
        if what == "list":
            list.__setitem__(it, slice(None), [self._value(part) for part in rest[0]])
        elif what == "dict":
            dict.clear(it)
            dict.update(it, [(self._value(k), self._value(x)) for k, x in rest[0]])
        elif what == "rng":
            it.bit_generator.state = rest[0]
        elif what == "module":
            for name, tree in rest[2]:
                it.register_parameter(name, self._value(tree))
            for name, value in rest[1].items():
                setattr(it, name, value)
        elif what == "tensor" and it.is_leaf:
            now = self._laid([*state[:6], False, False, None, None])
            if now.data_ptr() != it.data_ptr() or now.shape != it.shape:
                it.data = now
            if it.requires_grad != rest[6]:
                it.requires_grad_(bool(rest[6]))
            it.grad = self._value(rest[7])

    def _value(self, tree: Any) -> Any:
        """Return the value that a tree says."""
        if not isinstance(tree, dict):
            return tree
        ((what, rest),) = tree.items()
        if what == "n":
            return self.objects[rest]
        if what == "s":
            dtype = np.dtype(rest[0])
            if dtype.kind not in "biuf":
                raise ValueError("no number")
            return np.frombuffer(bytes.fromhex(rest[1]), dtype)[0]
        if what == "t":
            return tuple(map(self._value, rest))
        if what == "r":
            made = getattr(torch.return_types, rest[0])
            if not issubclass(made, tuple):
                raise ValueError("no such pair")
            return made(map(self._value, rest[1]))
        if what == "f":
            name, fields, parts = rest
            kind = self.kinds.get(name) or namedtuple(name, fields)
            return kind(*map(self._value, parts))
        return type(str(rest), (), {})()  # no judge asks for its kind
