"""Labs that answer while an agent learns. The only place that needs ipywidgets."""

from dqn_tutorial.classroom.live.lab import LiveLab
from dqn_tutorial.classroom.live.recording import Recording, load_lesson, replay

__all__ = ["LiveLab", "Recording", "load_lesson", "replay"]
