"""Random streams: each source of chance owns a generator derived from the run's seed
and its own name.

Nothing in this package draws from a global generator, so no other code can disturb a
run, and two sources never share a stream: changing how often one is used leaves the
others as they were.
"""

import zlib
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch


def stream_seed(seed: int, source: str) -> int:
    """Return a 64-bit seed for one source of randomness.

    Args:
        seed: the run's seed, 0 or more.
        source: what the stream is for, such as "exploration"; another name gives an
            independent stream.

    Raises:
        ValueError: the seed is negative.

    Source: NumPy's SeedSequence, made for independent streams.
    """
    if seed < 0:
        raise ValueError(
            f"seed = {seed} is not allowed: a seed is an integer of 0 or more"
        )
    words = np.random.SeedSequence([seed, zlib.crc32(source.encode())]).generate_state(
        1, np.uint64
    )
    return int(words[0])


def numpy_generator(seed: int, source: str) -> np.random.Generator:
    """Return a NumPy generator of its own for `source`; arguments and errors as in
    `stream_seed`.

    Source: NumPy's SeedSequence. Taught in 06_agent.
    """
    return np.random.default_rng(stream_seed(seed, source))


def torch_generator(seed: int, source: str) -> torch.Generator:
    """Return a PyTorch CPU generator of its own for `source`; arguments and errors as
    in `stream_seed`.

    Source: NumPy's SeedSequence.
    """
    return torch.Generator().manual_seed(stream_seed(seed, source) >> 1)


def states_of(generators: Sequence[np.random.Generator]) -> list[Any]:
    """Return where each generator stands, in plain numbers. Source: NumPy."""
    return [generator.bit_generator.state for generator in generators]


def set_states(generators: Sequence[np.random.Generator], states: list[Any]) -> None:
    """Put each generator where `states_of` found it. Source: NumPy."""
    for generator, state in zip(generators, states, strict=True):
        generator.bit_generator.state = state
