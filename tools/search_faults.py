"""Train in thousands of random settings and environments, and list what neither trained
nor said what was wrong.

Usage: python -m tools.search_faults [--settings 10000] [--environments 500] [--out F]
       python -m tools.search_faults --only settings 17        this one, here

Cases are numbers, see `tests.generate.drawn`. A case that ends its process or does not
end itself is a fault of that case.
"""

import argparse
import multiprocessing
import os
import resource
import subprocess
from collections import Counter, defaultdict
from concurrent.futures import ProcessPoolExecutor
from multiprocessing.connection import Connection
from pathlib import Path
from typing import NamedTuple

from tests import generate, odd_environments
from tests.generate import drawn

PATIENCE = 300  # seconds until a process that says nothing is ended


class Result(NamedTuple):
    """What became of a case, and whether it may."""

    number: int
    outcome: str
    is_fault: bool
    case: str


def judged(kind: str, number: int) -> Result:
    """Run a case."""
    if kind == "settings":
        case = drawn(generate.cases(), number)
        outcome = generate.outcome(lambda: generate.built(case))
        return Result(
            number, outcome, outcome not in generate.expected(case), f"{case}"
        )
    task = drawn(odd_environments.tasks(), number)
    outcome = odd_environments.in_task(task)
    return Result(number, outcome, outcome not in task.expected, f"{task}")


def work(kind: str, numbers: list[int], pipe: Connection) -> None:
    """Run cases, and send each result."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)  # warnings of libraries
    for number in numbers:
        pipe.send(judged(kind, number))


def survived(kind: str, numbers: list[int]) -> list[Result]:
    """Run cases in a process of their own, in a new one after each that ended it."""
    results: list[Result] = []
    while len(results) < len(numbers):
        here, there = multiprocessing.Pipe(duplex=False)
        rest = numbers[len(results) :]
        process = multiprocessing.Process(target=work, args=(kind, rest, there))
        process.start()
        there.close()
        why = f"nothing for {PATIENCE} s"
        try:
            while len(results) < len(numbers) and here.poll(PATIENCE):
                results.append(here.recv())
        except EOFError:
            process.join()
            why = f"its process ended with {process.exitcode}"
        process.kill()
        process.join()
        if len(results) < len(numbers):
            number = numbers[len(results)]
            results.append(Result(number, f"fault: {why}", True, "see --only"))
    return results


def search(kind: str, size: int) -> list[Result]:
    """Run that many cases on all cores."""
    cores = os.cpu_count() or 1
    with ProcessPoolExecutor(cores) as pool:
        parts = [list(range(first, size, cores)) for first in range(cores)]
        done = pool.map(survived, [kind] * cores, parts)
        return sorted(result for part in done for result in part)


def told(kind: str, results: list[Result]) -> list[str]:
    """Return a table of the outcomes, and every fault below its kind."""
    counts = Counter("fault" if r.is_fault else r.outcome for r in results)
    lines = [f"\n## {kind}: {len(results)}\n", "| outcome | cases |", "|---|---|"]
    lines += [f"| {name} | {count} |" for name, count in counts.most_common()]
    alike = defaultdict(list)
    for result in filter(lambda r: r.is_fault, results):
        alike[result.outcome.partition(", step")[0]].append(result)
    for name, faults in sorted(alike.items(), key=lambda item: -len(item[1])):
        lines.append(f"\n{len(faults)} x {name}\n")
        lines += [f"- {r.number}: {r.outcome}; `{r.case}`" for r in faults]
    return lines


def main() -> None:
    """Search, and write a file that names its commit."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--settings", type=int, default=10_000)
    parser.add_argument("--environments", type=int, default=500)
    parser.add_argument("--only", nargs=2)
    parser.add_argument("--out", type=Path, default="benchmarks/results/faults.md")
    arguments = parser.parse_args()
    if arguments.only:
        print(judged(arguments.only[0], int(arguments.only[1])))
        return
    words = ["git", "describe", "--always", "--dirty"]
    commit = subprocess.check_output(words, text=True).strip()
    multiprocessing.set_start_method("fork")  # PyTorch is imported once
    lines = []
    for kind in ("settings", "environments"):
        lines += told(kind, search(kind, getattr(arguments, kind)))
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    minutes = (used.ru_utime + used.ru_stime) / 60
    lines.insert(0, f"# Faults found at {commit}\n\n{minutes:.1f} CPU minutes.")
    arguments.out.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(f"{sum(' x fault' in line for line in lines)} kinds: {arguments.out}")


if __name__ == "__main__":
    main()
