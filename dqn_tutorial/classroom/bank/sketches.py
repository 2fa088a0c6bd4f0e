"""Small pictures that are the choices of a question."""

from collections.abc import Callable

from matplotlib.figure import Figure

# by name: what draws it, and the name of its text alternative
SKETCHES: dict[str, Callable[[], tuple[Figure, str]]] = {}
