"""Change the algorithm in small ways, one at a time, and see which changes no test
notices. Such a survivor lacks a test, or changes nothing that matters.

Usage: python tools/mutate.py --out FILE [--sample 400] [--seed 0]

Tests that compare a run with stored weights or with a second run are left out: they
notice any change and say nothing about it.
"""

import argparse
import json
import os
import random
import resource
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import libcst as cst

ROOT = Path(__file__).parent.parent
NAMES = "targets buffer ensemble critic agent training".split()
MODULES = [f"dqn_tutorial/{name}.py" for name in NAMES]
TESTED = "targets buffer critic training subclasses".split()
TESTS = [f"tests/test_{name}.py" for name in TESTED]
LEFT_OUT = "bit_for_bit or golden or replays or resumed"
SETTINGS = {
    "source_paths": ["dqn_tutorial"],
    "only_mutate": MODULES,
    "do_not_mutate_patterns": [r"raise \w+", r"\brefuse\("],  # texts of errors
    "pytest_add_cli_args_test_selection": [*TESTS, "-k", f"not ({LEFT_OUT})"],
    "pytest_add_cli_args": [
        *("-p", "no:nbval", "-p", "no:xdist", "-o", "addopts="),
        # a test that hangs, in seconds; on busy machines the slowest takes a third
        *("-o", "faulthandler_timeout=60", "-o", "faulthandler_exit_on_timeout=true"),
    ],
    "process_isolation": "forkserver",
}
SWAPPED = {"max": "min", "amax": "amin", "argmax": "argmin", "any": "all"}
SWAPPED |= {new: old for old, new in SWAPPED.items()}


def changes(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """Yield what mutmut would not: a call dropped, nothing returned, the minimum for
    the maximum, the other branch, two arguments swapped.
    """
    match node:
        case cst.Expr(value=cst.Call()):
            yield cst.Pass()
        case cst.Return(value=cst.BaseExpression()):
            yield node.with_changes(value=None)
        case cst.Name(value=name) if name in SWAPPED:
            yield node.with_changes(value=SWAPPED[name])
        case cst.If(test=test):
            space = cst.SimpleWhitespace(" ")
            test = test.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()])
            test = cst.UnaryOperation(cst.Not(), test)
            yield node.with_changes(test=test, whitespace_before_test=space)
        case cst.Call(args=[first, second, *rest]) if not any(
            one.keyword or one.star for one in (first, second)
        ):
            two = first.with_changes(value=second.value)
            two = two, second.with_changes(value=first.value)
            yield node.with_changes(args=[*two, *rest])


def copy_to(folder: Path) -> None:
    """Copy the files that git tracks, as they are now, and add mutmut's settings."""
    listed = subprocess.check_output(["git", "ls-files", "-z"], cwd=ROOT, text=True)
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)
    # JSON is TOML here
    lines = [f"{name} = {json.dumps(value)}\n" for name, value in SETTINGS.items()]
    with (folder / "pyproject.toml").open("a", encoding="utf-8") as file:
        file.writelines(["\n[tool.mutmut]\n", *lines])


def measure(size: int, seed: int) -> str:
    """Test a sample of the mutants, in the present folder; return what became of it."""
    # not before: they read the settings of the folder when they are imported
    from mutmut import __main__ as mutmut
    from mutmut.mutation import mutators
    from mutmut.mutation.data import SourceFileMutationData
    from mutmut.mutation.diff_apply import get_diff_for_mutant
    from mutmut.stats import status_by_exit_code
    from mutmut.utils.format_utils import orig_function_and_class_names_from_key

    usual = [pair for pair in mutators.mutation_operators if pair[0] != cst.BaseString]
    mutators.mutation_operators[:] = [*usual, (cst.CSTNode, changes)]
    files = [SourceFileMutationData(path=path) for path in MODULES]

    def known() -> dict[str, tuple[str, str]]:
        for data in files:
            data.load()
        return {
            name: (status_by_exit_code[code], str(data.path))
            for data in files
            for name, code in data.exit_code_by_key.items()
        }

    mutmut.copy_src_dir()
    mutmut.create_mutants(2)
    names = sorted(known())
    sample = sorted(random.Random(seed).sample(names, min(size, len(names))))
    mutmut._run(sample, 2)
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    after = known()
    counts = Counter(after[name][0] for name in sample)
    told = [
        f"{len(sample)} of {len(names)} mutants, seed {seed}:"
        f" {used.ru_utime + used.ru_stime:.0f} CPU seconds; "
        + ", ".join(f"{count} {word}" for word, count in counts.most_common())
    ]
    for name in sample:
        outcome, path = after[name]
        if outcome not in ("killed", "timeout"):
            diff = get_diff_for_mutant(name, path=path).splitlines()[2:]
            changed = [line for line in diff if line[0] in "+-"]
            function, _ = orig_function_and_class_names_from_key(name)
            source = Path(path).read_text(encoding="utf-8").splitlines()
            old, lines = changed[0][1:].strip(), enumerate(source, 1)
            at = [str(n) for n, line in lines if line.strip() == old]
            told += [f"\n{outcome}: {path}:{' or '.join(at)}, {function}", *changed]
    return "\n".join(told) + "\n"


def main() -> None:
    """Measure in a copy, and tell of which commit."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sample", type=int, default=400)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=lambda p: Path(p).absolute(), required=True)
    arguments = parser.parse_args()
    commit = subprocess.getoutput(f"git -C '{ROOT}' describe --always --dirty")
    with tempfile.TemporaryDirectory() as folder:
        copy_to(Path(folder))
        os.chdir(folder)
        os.environ.pop("PYTHONPATH", None)  # or tests would find the source
        sys.path[:] = [entry for entry in sys.path if Path(entry).resolve() != ROOT]
        text = measure(arguments.sample, arguments.seed)
    arguments.out.write_text(f"Commit {commit}. {text}", encoding="utf-8")


if __name__ == "__main__":
    main()
