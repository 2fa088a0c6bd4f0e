"""Which spaces DQN can use, why not the others and what helps; and whether an
observation is one of its space.
"""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from gymnasium.spaces import (
    Box,
    Dict,
    Discrete,
    MultiBinary,
    MultiDiscrete,
    Space,
    Tuple,
    flatdim,
)
from numpy.typing import NDArray

MOST_ACTIONS = 10_000  # for which numbering combinations is good advice


def wrong_action_space(space: Any) -> str:
    """Return why DQN cannot use this action space, and what helps; or nothing."""
    if isinstance(space, Discrete):
        return ""
    needs = (
        f"actions {space}: DQN needs Discrete actions, because it takes the maximum"
        " over one Q-value per action, and"
    )
    if isinstance(space, Box):
        return (
            f"{needs} there are endlessly many here. DDPG and SAC are made for such"
            " tasks."
        )
    parts = space if isinstance(space, Tuple) else (space,)
    if all(isinstance(part, Discrete) for part in parts):
        sizes = tuple(int(part.n) for part in parts)
        first, made = [int(part.start) for part in parts], "tuple({})"
    elif isinstance(space, MultiDiscrete):
        sizes = tuple(int(n) for n in space.nvec.flat)
        first, made = space.start.ravel().tolist(), "np.array({})"
    elif isinstance(space, MultiBinary):
        sizes, first = (2,) * flatdim(space), [0]
        made = "np.array({}, np.int8)"
    else:
        return f"{needs} these cannot be numbered."
    total = math.prod(sizes)
    if total > MOST_ACTIONS:
        return f"{needs} there are {total} combinations here, too many to learn."
    index = f"np.unravel_index(a, {sizes})"
    line = made.format(f"np.array({index}) + {first}" if any(first) else index)
    if space.shape and len(space.shape) > 1:
        line += f".reshape({space.shape})"
    return (
        f"{needs} there are {total} combinations: number them, Discrete({total}), with"
        " gymnasium.wrappers.TransformAction:"
        f" `TransformAction(env, lambda a: {line}, Discrete({total}))`"
    )


def wrong_observation_space(space: Any) -> str:
    """Return why no network can read this observation space; or nothing."""
    if isinstance(space, Dict | Tuple):
        parts = space.values() if isinstance(space, Dict) else space
        inner = next(filter(None, map(wrong_observation_space, parts)), "")
        return inner and f"{inner} (in {type(space).__name__})"
    if not isinstance(space, Box | Discrete | MultiBinary | MultiDiscrete):
        return f"observations {space}: they are not a fixed number of numbers."
    if 0 in (space.shape or ()):
        return f"observations {space}: there is no number in them."
    return ""


def fits(space: Space[Any], seen: Any) -> bool:
    """Return whether an observation has the parts and shapes of its space; what a Box
    holds may lie outside its limits.
    """
    if isinstance(space, Dict):
        return (
            isinstance(seen, Mapping)
            and seen.keys() == space.spaces.keys()
            and all(fits(space[key], seen[key]) for key in space.spaces)
        )
    if isinstance(space, Tuple):
        return (
            isinstance(seen, tuple | list)
            and len(seen) == len(space)
            and all(map(fits, space, seen))
        )
    if isinstance(space, Box):
        return numbers(seen, space) is not None
    return bool(space.contains(seen))


def numbers(seen: Any, space: Box) -> NDArray[Any] | None:
    """Return an observation as an array of the space's shape and type; None if it is
    none.
    """
    try:
        found = np.asarray(seen)
    except (ValueError, TypeError):  # rows of several lengths
        return None
    if found.shape != space.shape or found.dtype.kind not in "biuf":
        return None
    cast = found.astype(space.dtype)
    is_kept = (
        np.can_cast(found.dtype, space.dtype, "same_kind") or (cast == found).all()
    )
    return cast if is_kept else None
