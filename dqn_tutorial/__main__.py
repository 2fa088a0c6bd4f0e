"""The command line: `python -m dqn_tutorial --model.name dqn --env.name cartpole --training.max-steps 50_000`."""

import argparse
import importlib.util
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Annotated, Any

import tyro

from dqn_tutorial.config import MainConfig, nearest
from dqn_tutorial.experiment import run
from dqn_tutorial.models import MODELS, make_config
from dqn_tutorial.runs import read_settings
from dqn_tutorial.settings import flatten, override


@dataclass(frozen=True)
class Arguments(MainConfig):
    """Train an agent, evaluate it over 100 fresh episodes and write the run into a folder.

    Settings are taken from the command line, else from --config, else from the environment's preset, else from the
    model's defaults; the defaults below are those of the chosen model and environment.
    """

    progress: bool = False
    """Show a progress bar."""
    out: Path | None = None
    """Folder of the run; it must not exist. Default: runs/ENV-MODEL-seedSEED-TIME."""
    config: Path | None = None
    """YAML or TOML file of settings, below the command line."""
    import_: Annotated[Path | None, tyro.conf.arg(name="import")] = None
    """Python file to run first: a model of your own with its call of `register`."""


def parse(argv: Sequence[str]) -> tuple[MainConfig, Arguments]:
    """Return the settings of the run and the arguments around them.

    Raises:
        ValueError: an unknown option or a value that is not allowed, named with the nearest right one.
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
    base = override(make_config(env, model), settings | {"env.name": env, "model.name": model})
    refuse_unknown_options(argv, base)
    default = Arguments(**{item.name: getattr(base, item.name) for item in fields(base)})
    arguments = tyro.cli(Arguments, default=default, args=list(argv), prog="python -m dqn_tutorial")
    config = MainConfig(**{item.name: getattr(arguments, item.name) for item in fields(MainConfig)})
    return config, arguments


def refuse_unknown_options(argv: Sequence[str], base: MainConfig) -> None:
    """Raise a ValueError for an option that the chosen model does not have; say so if another model has it."""
    own = {"help", "progress", "out", "config", "import", *flatten(base)}
    for word in argv:
        if not word.startswith("--"):
            continue
        name = word[2:].partition("=")[0].replace("-", "_")
        group, _, last = name.rpartition(".")
        if name in own or f"{group}.{last}".lstrip(".").replace("no_", "", 1) in own:
            continue
        for other, (_, config_class) in MODELS.items():
            if name in flatten(MainConfig(model=config_class())):
                raise ValueError(f"--{name} is an option of model {other!r}, not of {base.model.name!r}")
        options = [f"--{option.replace('_', '-')}" for option in own]
        raise ValueError(f"unknown option {word!r}: {nearest(word.partition('=')[0], options)}")


def import_file(path: Path) -> None:
    """Run a learner's Python file. Raises a ValueError if there is none."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    if not path.is_file() or spec is None or spec.loader is None:
        raise ValueError(f"import = {str(path)!r} is not a Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module  # dataclasses look their module up by its name
    spec.loader.exec_module(module)


def print_result(result: Mapping[str, Any]) -> None:
    """Print a table of the result."""
    solved_at = result["solved_at"]
    rows = [
        ("environment", result["environment"]),
        (f"greedy mean, {result['episodes']} fresh episodes", f"{result['greedy_mean']:.1f}"),
        ("standard deviation", f"{result['greedy_std']:.1f}"),
        ("minimum", f"{result['greedy_min']:.0f}"),
        ("weights", result["weights"]),
        ("environment steps", f"{result['steps']:,}"),
        ("updates", f"{result['updates']:,}"),
        ("seconds of training", f"{result['seconds']:.2f}"),
    ]
    if solved_at is not None:
        n_solved = sum(agent["greedy_mean"] >= solved_at for agent in result["agents"])
        rows.insert(4, (f"agents solved, {solved_at:g} or more", f"{n_solved} of {len(result['agents'])}"))
    for name, value in rows:
        print(f"{name:<34}{value:>14}")
    if len(result["agents"]) > 1 and result["curve"]:
        print_curve(result["curve"])
    if result["ended"] == "interrupted":
        print("Interrupted: this is what was learned until then.")
    print(f"written to {result['folder']}")


def print_curve(curve: Sequence[Mapping[str, float]]) -> None:
    """Print the learning curve of many seeds: means with their 95 % intervals over seeds."""
    print(f"\n{'step':>8}  {'greedy mean, 95 % interval':>28}  {'interquartile mean, interval':>28}")
    for row in curve:
        columns = (
            f"{row[f'greedy_{name}']:.1f} [{row[f'{name}_low']:.1f}, {row[f'{name}_high']:.1f}]"
            for name in ("mean", "iqm")
        )
        print(f"{row['step']:>8,}", *(f"{column:>28}" for column in columns), sep="  ")


def train_command(argv: Sequence[str]) -> None:
    """Train an agent; the command when none is named."""
    config, arguments = parse(argv)
    print_result(run(config, arguments.out, arguments.progress))


def report_command(argv: Sequence[str]) -> None:
    """Say what a class has done, from its progress files."""
    from dqn_tutorial.classroom.check.report import report  # needs matplotlib, which training does not

    report(argv)


COMMANDS: dict[str, Callable[[Sequence[str]], None]] = {"train": train_command, "report": report_command}


def main() -> int:
    """Run the command of the first word, `train` if it begins with a dash. Returns 2 where the input is refused."""
    argv = sys.argv[1:]
    command = argv.pop(0) if argv and not argv[0].startswith("-") else "train"
    try:
        if command not in COMMANDS:
            raise ValueError(f"unknown command {command!r}: {nearest(command, COMMANDS)}")
        COMMANDS[command](argv)
    except (ValueError, TypeError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
