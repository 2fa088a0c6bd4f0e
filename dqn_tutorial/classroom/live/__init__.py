"""Labs that answer while they are played with. The only place that needs ipywidgets."""

from dqn_tutorial.classroom.live.grid_lab import grid_lab
from dqn_tutorial.classroom.live.lab import LiveLab
from dqn_tutorial.classroom.live.microscope import microscope
from dqn_tutorial.classroom.live.recording import Recording, load_lesson, play_back
from dqn_tutorial.classroom.live.tabular_labs import (
    correlation_lab,
    gamma_lab,
    step_size_lab,
    target_lab,
)
from dqn_tutorial.classroom.live.training_labs import (
    ensemble_lab,
    epsilon_lab,
    network_lab,
)

__all__ = [
    "LiveLab",
    "Recording",
    "correlation_lab",
    "ensemble_lab",
    "epsilon_lab",
    "gamma_lab",
    "grid_lab",
    "load_lesson",
    "microscope",
    "network_lab",
    "play_back",
    "step_size_lab",
    "target_lab",
]
