"""The command line: `python -m dqn_tutorial --model.name dqn --env.name cartpole`."""

import argparse
import sys
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Annotated, Any, TypeVar

import tyro

from dqn_tutorial.config import MainConfig, nearest
from dqn_tutorial.experiment import run
from dqn_tutorial.models import MODELS, import_file, make_config
from dqn_tutorial.runs import read_settings
from dqn_tutorial.settings import flatten, override


@dataclass(frozen=True)
class Arguments(MainConfig):
    """Train an agent, evaluate it over 100 fresh episodes and write the run into a
    folder.

    Settings are taken from the command line, else from --config, else from the
    environment's preset, else from the model's defaults; the defaults below are those
    of the chosen model and environment.
    """

    progress: bool = False
    """Show a progress bar."""
    out: Path | None = None
    """Folder of the run; it must not exist. Default: runs/ENV-MODEL-seedSEED-TIME."""
    config: Path | None = None
    """YAML or TOML file of settings, below the command line."""
    import_: Annotated[Path | None, tyro.conf.arg(name="import")] = None
    """Python file to run first: a model of your own with its call of `register`."""


@dataclass(frozen=True)
class SweepArguments(Arguments):
    """Train every combination of some settings on many seeds, and write a table with a
    row for each.

    All settings of a single run may be given; what the grid names wins over them. An
    interrupted sweep goes on where it stopped when the same command is given again.
    """

    out: Path | None = None
    """Folder of the sweep; it may hold this same sweep, to be continued. Default:
    runs/sweep.
    """
    grid: tuple[str, ...] = ()
    """Settings with their values, as in 'training.batch_size: [32, 64]' 'model.tau:
    [0.015, 0.03]'.
    """
    seeds: str = "0-31"
    """First and last seed."""
    scheduler: str | None = None
    """tcp://HOST:PORT of a Dask scheduler whose workers share the work; else the cores
    of this machine do.
    """


A = TypeVar("A", bound=Arguments)


def parse(argv: Sequence[str], kind: type[A]) -> tuple[MainConfig, A]:
    """Return the settings of the run and the arguments around them, of that kind.

    Raises:
        ValueError: an unknown option or a value that is not allowed, named with the
            nearest right one.
    """
    early = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    for name in ("--import", "--config", "--env.name", "--model.name"):
        early.add_argument(name)
    first = vars(early.parse_known_args(argv)[0])
    if first["import"]:
        import_file(Path(first["import"]))
    settings = read_settings(Path(first["config"])) if first["config"] else {}
    env = first["env.name"] or settings.get("env.name", "cartpole")
    model = first["model.name"] or settings.get("model.name", "dqn")
    base = override(
        make_config(env, model), settings | {"env.name": env, "model.name": model}
    )
    around = {item.name.rstrip("_") for item in fields(kind)} - {
        item.name for item in fields(MainConfig)
    }
    refuse_unknown_options(argv, base, around)
    default = kind(**{item.name: getattr(base, item.name) for item in fields(base)})
    command = "python -m dqn_tutorial" + (" sweep" if kind is SweepArguments else "")
    arguments = tyro.cli(kind, default=default, args=list(argv), prog=command)
    config = MainConfig(
        **{item.name: getattr(arguments, item.name) for item in fields(MainConfig)}
    )
    return config, arguments


def refuse_unknown_options(
    argv: Sequence[str], base: MainConfig, around: Collection[str]
) -> None:
    """Raise a ValueError for an option that the chosen model does not have; say so if
    another model has it.
    """
    own = {"help", *around, *flatten(base)}
    for word in argv:
        if not word.startswith("--"):
            continue
        name = word[2:].partition("=")[0].replace("-", "_")
        group, _, last = name.rpartition(".")
        if name in own or f"{group}.{last}".lstrip(".").replace("no_", "", 1) in own:
            continue
        for other, (_, config_class) in MODELS.items():
            if name in flatten(MainConfig(model=config_class())):
                raise ValueError(
                    f"--{name} is an option of model {other!r}, not of"
                    f" {base.model.name!r}"
                )
        options = [f"--{option.replace('_', '-')}" for option in own]
        raise ValueError(
            f"unknown option {word!r}: {nearest(word.partition('=')[0], options)}"
        )


def print_result(result: Mapping[str, Any]) -> None:
    """Print a table of the result."""
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
    if len(result["agents"]) > 1 and result["curve"]:
        print_curve(result["curve"])
    if result["ended"] == "interrupted":
        print("Interrupted: this is what was learned until then.")
    print(f"written to {result['folder']}")


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


def train_command(argv: Sequence[str]) -> None:
    """Train an agent; the command when none is named."""
    config, arguments = parse(argv, Arguments)
    print_result(run(config, arguments.out, arguments.progress))


def sweep_command(argv: Sequence[str]) -> None:
    """Train a grid of settings on many seeds."""
    from dqn_tutorial import sweep

    config, arguments = parse(argv, SweepArguments)
    if config.seed or config.training.n_seeds > 1:
        raise ValueError(
            "seed and training.n_seeds are not for a sweep: give its first and last"
            " seed by --seeds 0-99"
        )
    seeds, cells = sweep.parse_seeds(arguments.seeds), []
    for cell in sweep.parse_grid(arguments.grid):
        words = [word for name, value in cell.items() for word in as_words(name, value)]
        cells.append((cell, parse([*argv, *words], SweepArguments)[0]))
    folder = arguments.out or Path("runs") / "sweep"
    file = str(arguments.import_.resolve()) if arguments.import_ else None
    try:
        table = sweep.sweep(
            sweep.blocks_of(cells, seeds),
            folder,
            arguments.scheduler,
            file,
            arguments.progress,
        )
    except KeyboardInterrupt:
        raise ValueError(
            f"interrupted: the same command goes on where it stopped, {folder} keeps"
            " the rest"
        ) from None
    print(f"{len(cells)} cells x {len(seeds)} seeds: written to {table}")


def as_words(name: str, value: Any) -> list[str]:
    """Return the words that give a setting this value on the command line."""
    if isinstance(value, bool):
        group, dot, last = name.rpartition(".")
        return [f"--{group}{dot}{'' if value else 'no_'}{last}"]
    return [f"--{name}", *map(str, value if isinstance(value, list) else [value])]


def report_command(argv: Sequence[str]) -> None:
    """Say what a class has done, from its progress files."""
    # needs matplotlib, which training does not
    from dqn_tutorial.classroom.check.report import report

    report(argv)


COMMANDS: dict[str, Callable[[Sequence[str]], None]] = {
    "train": train_command,
    "sweep": sweep_command,
    "report": report_command,
}


def main() -> int:
    """Run the command of the first word, `train` if it begins with a dash. Returns 2
    where the input is refused.
    """
    argv = sys.argv[1:]
    command = argv.pop(0) if argv and not argv[0].startswith("-") else "train"
    try:
        if command not in COMMANDS:
            raise ValueError(
                f"unknown command {command!r}: {nearest(command, COMMANDS)}"
            )
        COMMANDS[command](argv)
    except (ValueError, TypeError, RuntimeError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
