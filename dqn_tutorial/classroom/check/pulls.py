"""What an answer pulls: results seen with their gradients."""

from collections.abc import Callable, Collection, Mapping
from functools import wraps
from typing import Any

import numpy as np
from torch import Tensor

from dqn_tutorial.classroom.check.exercise import Function, Judge
from dqn_tutorial.classroom.check.guard import Wrong, guarded
from dqn_tutorial.classroom.check.misconceptions import (
    around,
    gradients,
    refuse_backward,
)
from dqn_tutorial.classroom.check.values import as_array

Results = list[dict[str, Any]]
# keys of a refusal that names no misconception
UNNAMED = ("other values", "other shape", "other type", "nan")


def with_gradients(name: str, leaves: Mapping[str, int]) -> Callable[[Any], Any]:
    """Make of a function one that returns its result, and what `backward` from it (from
    the sum of its entries) leaves in some inputs: 0 where it does not reach.

    Args:
        name: of the result. A loss of one entry counts as a single number, as for
            `backward`.
        leaves: the places of these inputs, by name.
    """

    @around
    def look(answer: Function, *given: Any) -> dict[str, Any] | None:
        result, inputs = answer(*given), [given[place] for place in leaves.values()]
        if result is None:
            return None
        if as_array(result) is None or isinstance(result, list):
            kind = type(result).__name__
            words = f"Your function returns a {kind}; asked for is a tensor."
            raise Wrong("other type", words)
        refuse_backward(inputs)
        pulled = gradients(result, inputs)
        if name == "loss" and isinstance(result, Tensor) and result.numel() == 1:
            result = result.reshape(())
        each = zip(leaves, pulled, strict=True)
        return {name: result, **{f"gradient of {leaf}": pull for leaf, pull in each}}

    return look


def never(name: str) -> Callable[[Results], bool]:
    """Return whether no gradient reaches that input in any case."""
    return lambda results: not any(r[f"gradient of {name}"].any() for r in results)


def ever(name: str) -> Callable[[Results], bool]:
    """Return whether a gradient reaches that input in some case."""
    return lambda results: not never(name)(results)


def or_traits(
    judge_of: Callable[[Function], Judge],
    seen_as: Function,
    traits: Collection[tuple[str, Callable[[Results], bool]]],
) -> Judge:
    """Return a judge that names what another has no name for by the first trait that
    fits all results.

    Args:
        judge_of: makes the other judge of its `seen_as`.
        seen_as: makes of an answer the function whose results are compared.
        traits: keys, and whether they fit the results.
    """

    def judge(answer: Any, rng: np.random.Generator) -> None:
        results: Results = []

        def noted(answer: Any) -> Any:
            if not callable(answer):
                return answer
            look = seen_as(answer)

            @wraps(answer)
            def call(*given: Any) -> Any:
                result = look(*given)
                if result is not None:
                    results.append(result)
                return result

            return call

        try:
            judge_of(noted)(answer, rng)
        except Wrong as wrong:
            if wrong.key in UNNAMED:
                for key, fits in traits:
                    if results and fits(results):
                        raise Wrong(key, wrong.case) from None
            raise

    return judge


def or_cloned(
    judge: Judge, sample: Callable[[np.random.Generator], dict[str, Any]], name: str
) -> Judge:
    """Return a judge that says of a gradient in an input that is to be data that it
    comes through a `clone`.

    Args:
        judge: the other one.
        sample: inputs by name.
        name: of that input.
    """

    def judge_further(answer: Any, rng: np.random.Generator) -> None:
        try:
            judge(answer, rng)
        except Wrong as wrong:
            keys = wrong.key.split(" + ")
            if "target not data" in keys:
                inputs = sample(rng)
                place = [*inputs].index(name)

                @around
                def look(answer: Function, *given: Any) -> bool:
                    return _is_cloned(answer(*given), given[place])

                if guarded(look(answer))(**inputs):
                    keys[keys.index("target not data")] = "clone keeps the tie"
                    raise Wrong(" + ".join(keys), wrong.case) from None
            raise

    return judge_further


def _is_cloned(result: Any, leaf: Tensor) -> bool:
    """Say whether all gradients of a leaf go through a `clone`."""
    nodes = [result.grad_fn] if isinstance(result, Tensor) else []
    met, has_clone = set(nodes), False
    while nodes:
        node = nodes.pop()
        if node is None:
            continue
        if getattr(node, "variable", None) is leaf:
            return False
        if node.name() == "CloneBackward0":
            has_clone |= any(
                getattr(source, "variable", None) is leaf
                for source, _ in node.next_functions
            )
            continue
        for following, _ in node.next_functions:
            if following not in met:
                met.add(following)
                nodes.append(following)
    return has_clone
