"""What a notebook is told to show of a widget, in every version of ipywidgets."""

from typing import Any


def view_bundle(widget: Any, words: str) -> dict[str, Any]:
    """Return the output that shows a widget, and the words that stand there without
    it. Source: the messaging protocol of ipywidgets, version 2.
    """
    view = {"version_major": 2, "version_minor": 0, "model_id": widget.model_id}
    return {"application/vnd.jupyter.widget-view+json": view, "text/plain": words}
