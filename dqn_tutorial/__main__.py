"""The command line: `python -m dqn_tutorial --model.name dqn --env.name cartpole`."""

import os
import signal
import sys
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any, TypeVar

import numpy as np
import tyro

import dqn_tutorial
from dqn_tutorial.config import (
    MainConfig,
    Refused,
    flatten,
    nearest,
    override,
    read_settings,
)
from dqn_tutorial.env_check import check_environment
from dqn_tutorial.envs import import_env
from dqn_tutorial.models import MODELS, default_config, import_file, preset_of
from dqn_tutorial.runs import Run, resume, resume_line, run
from dqn_tutorial.training import play

PROGRAM = "python -m dqn_tutorial"
NAMES = ("model.name", "env.name")
COURSE = 'pip install "dqn-tutorial[course]"'


@dataclass(frozen=True)
class Arguments:
    """Train an agent, evaluate it over 100 fresh episodes and write the run into a
    folder.

    Settings are taken from the command line, else from --config, else from the
    environment's preset, else from the model's defaults. The defaults below are those
    of the model and environment that are named beside --help, as in
    `--env.name acrobot --help`, else of dqn and cartpole.

    Other commands, each with a --help of its own: `python -m dqn_tutorial sweep` trains
    a grid of settings on many seeds; `python -m dqn_tutorial check NAME` says whether
    DQN can learn an environment; `python -m dqn_tutorial report FOLDER` says what a
    class has done, from its progress files; `python -m dqn_tutorial grade FOLDER`
    judges the answers in their notebooks; `python -m dqn_tutorial course FOLDER` opens
    the notebooks in JupyterLab, as a copy that is yours.
    """

    run: Annotated[MainConfig, tyro.conf.arg(name="")]
    # Show a progress bar.
    progress: bool = False
    # Folder of the run, new or empty. Default: runs/ENV-MODEL-seedSEED-TIME.
    out: Path | None = None
    # Folder of a run that something ended: go on with it, with its own settings.
    resume: Path | None = None
    # YAML or TOML file of settings, below the command line.
    config: Path | None = None
    # Python file to run first: an environment of your own with its call of
    # `gymnasium.register`, or a model with its call of `register`.
    import_: Annotated[Path | None, tyro.conf.arg(name="import")] = None
    # Show the version and end.
    version: tyro.conf.FlagCreatePairsOff[bool] = False


@dataclass(frozen=True)
class SweepArguments(Arguments):
    """Train every combination of some settings on many seeds, and write a table with a
    row for each.

    All settings of a single run may be given; what the grid names wins over them. An
    interrupted sweep goes on where it stopped when the same command is given again.
    """

    # Folder of the sweep; it may hold this same sweep, to be continued. Default:
    # runs/sweep.
    out: Path | None = None
    # Settings with their values, as in 'training.batch_size: [32, 64]' 'model.tau:
    # [0.015, 0.03]'.
    grid: tuple[str, ...] = ()
    # First and last seed.
    seeds: str = "0-31"
    # tcp://HOST:PORT of a Dask scheduler whose workers share the work; else the cores
    # of this machine do.
    scheduler: str | None = None


@dataclass(frozen=True)
class CheckArguments(Arguments):
    """Say whether DQN can learn an environment, and what to set for it.

    `python -m dqn_tutorial check NAME` plays some episodes at random and trains
    nothing; it knows --import, --training.gamma and --env.reward-scale. The exit status
    is 2 where DQN cannot use the environment.
    """


A = TypeVar("A", bound=Arguments)


def parse(argv: Sequence[str], kind: type[A]) -> tuple[MainConfig, A]:
    """Return the settings of the run and the arguments around them, of that kind;
    errors as in `read_words`.
    """
    arguments = read_words(argv, kind)[1]
    return arguments.run, arguments


def read_words(argv: Sequence[str], kind: type[A]) -> tuple[dict[str, Any], A]:
    """Return the settings that the file and the words give, by dotted name, and the
    arguments around them, of that kind.

    Raises:
        ValueError: an unknown option or a value that is not allowed, named with the
            nearest right one.
    """
    words: dict[str, str] = {}  # each option, and the word after it or ""
    for word, after in zip(argv, [*argv[1:], "--"], strict=True):
        if word.startswith("--"):
            name, is_joined, value = word[2:].partition("=")
            value = value if is_joined or after.startswith("--") else after
            words[name.replace("-", "_")] = value
    if words.get("import"):
        import_file(Path(words["import"]))
    if "resume" in words and kind is not Arguments:
        raise Refused("--resume is for one run; a sweep's own command goes on with it")
    others = words.keys() - {"resume", "progress", "no_progress", "import", "help"}
    if "resume" in words and others:
        raise Refused(
            f"--resume {words['resume']} goes on with the settings of that run: leave"
            f" out --{', --'.join(sorted(others))}"
        )
    settings = read_settings(Path(words["config"])) if words.get("config") else {}
    settings |= {name: words[name] for name in NAMES if words.get(name)}
    base = config_of(settings)
    around = {item.name.rstrip("_") for item in fields(kind)} - {"run"}
    refuse_unknown_options(words, base, around)
    words_before = {SweepArguments: " sweep", CheckArguments: " check"}
    command = PROGRAM + words_before.get(kind, "")
    arguments = tyro.cli(kind, default=kind(base), args=list(argv), prog=command)
    given = {positive(name) for name in words} | words.keys()
    own = flatten(arguments.run).items()
    return settings | {name: value for name, value in own if name in given}, arguments


def config_of(settings: Mapping[str, Any]) -> MainConfig:
    """Return the configuration of these settings above the preset of their environment
    and the defaults of their model.
    """
    preset = preset_of(settings.get("env.name", "cartpole"))
    model = settings.get("model.name", "dqn")
    return override(default_config(model), preset | dict(settings))


def positive(option: str) -> str:
    """Return the setting that an option such as `training.no_stop_when_solved` sets."""
    group, dot, last = option.rpartition(".")
    return f"{group}{dot}{last.removeprefix('no_')}"


def refuse_unknown_options(
    options: Iterable[str], base: MainConfig, around: Collection[str]
) -> None:
    """Raise a ValueError for an option that the chosen model does not have; say so if
    another model has it.
    """
    own = {"help", *around, *flatten(base)}
    for name in options:
        if name in own or positive(name) in own:
            continue
        for other in MODELS:
            if name in flatten(default_config(other)):
                raise Refused(
                    f"--{name} is an option of model {other!r}, not of"
                    f" {base.model.name!r}"
                )
        word, *known = [f"--{option.replace('_', '-')}" for option in (name, *own)]
        raise Refused(f"unknown option {word!r}: {nearest(word, known)}")


def train_command(argv: Sequence[str]) -> None:
    """Train an agent; the command when none is named."""
    config, arguments = parse(import_named(argv)[0], Arguments)
    if arguments.resume:
        finished = resume(arguments.resume, arguments.progress)
    else:
        finished = run(config, arguments.out, arguments.progress)
    try:
        write_pictures(finished)
    except ModuleNotFoundError as error:
        print(f"no pictures, they need {error.name}: {COURSE}")
    print_result(finished)


def import_named(argv: Sequence[str]) -> tuple[list[str], str]:
    """Import the module of an environment given as `module:Name-v0`; return the words
    with the name alone, as a configuration holds it, and the module, or "".
    """
    words, module, option = list(argv), "", "--env.name"
    for i, word in enumerate(words):
        if word.startswith(f"{option}=") or words[max(i - 1, 0)] == option != word:
            name = word.removeprefix(f"{option}=")
            module = name.rpartition(":")[0]
            words[i] = word.removesuffix(name) + import_env(name)
    return words, module


def check_command(argv: Sequence[str]) -> None:
    """Say whether DQN can learn an environment."""
    is_named = bool(argv) and not argv[0].startswith("-")
    words = import_named(["--env.name", *argv] if is_named else argv)[0]
    config, _ = parse(words, CheckArguments)
    name, scale = config.env.name, config.env.reward_scale
    report = check_environment(name, config.training.gamma, scale)
    if not report.fits:
        raise Refused(str(report))
    print(report)


def write_pictures(finished: Run) -> None:
    """Draw the learning curve and the agent, each with its text alternative."""
    # needs matplotlib, which training does not
    from dqn_tutorial.classroom.pictures.agent_view import draw_agent
    from dqn_tutorial.classroom.pictures.curves import learning_curve, population_curve
    from dqn_tutorial.classroom.pictures.figures import png

    result, log, agent, folder = finished
    name, solved_at = result["environment"], result["solved_at"]
    title, n_agents = f"Training on {name}", len(result["agents"])
    if n_agents > 1 and log.evaluations:
        steps, returns = zip(*log.evaluations, strict=True)
        title += f", {n_agents} seeds"
        figure, alt = population_curve(steps, np.stack(returns, -1), solved_at, title)
    else:
        means = [(step, float(returns.mean())) for step, returns in log.evaluations]
        figure, alt = learning_curve(log.episodes, means, solved_at, title)
    (folder / "learning_curve.png").write_bytes(png(figure))
    (folder / "learning_curve.txt").write_text(alt + "\n", encoding="utf-8")
    states = play(agent, seed=result["seed"])
    alt = (
        f"One greedy episode of {len(states) - 1} steps of the trained agent on {name}"
    )
    picture = draw_agent(name, states, alt)
    (folder / "agent.svg").write_text(picture, encoding="utf-8")


def print_result(finished: Run) -> None:
    """Print a table of the result."""
    result, curve = finished.result, finished.log.curve()
    solved_at = result["solved_at"]
    rows = [
        ("environment", result["environment"]),
        (
            f"greedy mean, {result['episodes']} fresh episodes",
            f"{result['greedy_mean']:.1f}",
        ),
        ("standard deviation", f"{result['greedy_std']:.1f}"),
        ("minimum", f"{result['greedy_min']:.0f}"),
        ("weights", result["weights"]),
        ("environment steps", f"{result['steps']:,}"),
        ("updates", f"{result['updates']:,}"),
        ("seconds of training", f"{result['seconds']:.2f}"),
    ]
    if solved_at is not None:
        n_solved = sum(agent["greedy_mean"] >= solved_at for agent in result["agents"])
        rows.insert(
            4,
            (
                f"agents solved, {solved_at:g} or more",
                f"{n_solved} of {len(result['agents'])}",
            ),
        )
    for name, value in rows:
        print(f"{name:<34}{value:>14}")
    if len(result["agents"]) > 1 and curve:
        print_curve(curve)
    if result["ended"] == "interrupted":
        print("Interrupted: this is what was learned until then. This goes on:")
        print(resume_line(finished.folder))
    print(f"written to {finished.folder}")


def print_curve(curve: Sequence[Mapping[str, float]]) -> None:
    """Print the learning curve of many seeds: means with their 95 % intervals over
    seeds.
    """
    print(
        f"\n{'step':>8}  {'greedy mean, 95 % interval':>28} "
        f" {'interquartile mean, interval':>28}"
    )
    for row in curve:
        columns = (
            f"{row[f'greedy_{name}']:.1f} [{row[f'{name}_low']:.1f},"
            f" {row[f'{name}_high']:.1f}]"
            for name in ("mean", "iqm")
        )
        print(f"{row['step']:>8,}", *(f"{column:>28}" for column in columns), sep="  ")


def sweep_command(argv: Sequence[str]) -> None:
    """Train a grid of settings on many seeds."""
    from dqn_tutorial import sweep

    argv, module = import_named(argv)
    settings, arguments = read_words(argv, SweepArguments)
    if arguments.run.seed or arguments.run.training.n_seeds > 1:
        raise Refused(
            "seed and training.n_seeds are not for a sweep: give its first and last"
            " seed by --seeds 0-99"
        )
    seeds, cells = sweep.parse_seeds(arguments.seeds), []
    for cell in sweep.parse_grid(arguments.grid):
        above = settings | cell
        base = config_of({name: above[name] for name in NAMES if name in above})
        refuse_unknown_options(cell, base, ())
        cells.append((cell, config_of(above)))
    folder = arguments.out or Path("runs") / "sweep"
    file = str(arguments.import_.resolve()) if arguments.import_ else None
    file = file or getattr(sys.modules.get(module), "__file__", None)  # for workers
    blocks = sweep.blocks_of(cells, seeds)
    try:
        table = sweep.sweep(
            blocks, folder, arguments.scheduler, file, arguments.progress
        )
    except KeyboardInterrupt:
        raise Refused(
            f"interrupted: the same command goes on where it stopped, {folder} keeps"
            " the rest"
        ) from None
    print(f"{len(cells)} cells x {len(seeds)} seeds: written to {table}")


def classroom_command(command: str, room: str, argv: Sequence[str]) -> None:
    """Run a command of the classroom, whose packages the base install does not have."""
    try:
        module = import_module(f"dqn_tutorial.classroom.{room}")
    except ModuleNotFoundError as error:
        raise Refused(f"{command} needs {error.name}: {COURSE}") from error
    getattr(module, command)(argv)


COMMANDS: dict[str, Callable[[Sequence[str]], None]] = {
    "train": train_command,
    "sweep": sweep_command,
    "check": check_command,
    "report": partial(classroom_command, "report", "bank.report"),
    "grade": partial(classroom_command, "grade", "grade"),
    "course": partial(classroom_command, "course", "course"),
}


def main() -> int:
    """Run the command of the first word, `train` if it begins with a dash. Returns 2
    where the input is refused, 1 where numbers are no longer finite, and 128 + the
    signal that ended it. Other errors, as those of a learner's file, are raised.
    """
    argv = sys.argv[1:]
    if sys.path[:1] != [""] and os.getcwd() not in sys.path:
        # where `python -m` looks for a module, and a console script does not
        sys.path.append(os.getcwd())
    if "--version" in argv:
        print(f"dqn-tutorial {dqn_tutorial.__version__}")
        return 0
    command = argv.pop(0) if argv and not argv[0].startswith("-") else "train"
    try:
        if command not in COMMANDS:
            raise Refused(f"unknown command {command!r}: {nearest(command, COMMANDS)}")
        COMMANDS[command](argv)
    except (Refused, FloatingPointError) as error:
        tell(f"error: {error}", error)
        return 2 if isinstance(error, Refused) else 1
    except KeyboardInterrupt as error:
        tell("interrupted", error)
        return 128 + (error.args[0] if error.args else signal.SIGINT)
    return 0


def tell(text: str, error: BaseException) -> None:
    """Print a text and what was noted of its error; no traceback."""
    print(text, *getattr(error, "__notes__", ()), sep="\n", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
