"""Settings drawn at random, and what became of them: the short search of
test_generated.py and the long one of tools/search_faults.py share them.
"""

import math
import random
import signal
import tempfile
import traceback
import typing
import warnings
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import is_dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

import torch
from hypothesis import configuration, given, settings
from hypothesis import strategies as st

from dqn_tutorial import MainConfig, evaluate, get_model, make_config, train
from dqn_tutorial import config as known
from dqn_tutorial.config import Refused, flatten
from dqn_tutorial.models import ARCHS, CRITICS

T = TypeVar("T")
SECONDS, BYTES = 10, 8 * 2**30  # of the processor, of memory: what one case may take
VECTOR_STEPS, EPISODES = 400, 3  # after which training is broken off; of evaluation
TRAINED, REFUSED, STOPPED, OWN, TOLD = "trained refused stopped own told".split()
ENVIRONMENTS = (
    "cartpole acrobot mountaincar slipperygrid casino rotatingcontext forwardchain"
    " probetwosteps probeendlesswork CliffWalking-v1 FrozenLake-v1 Pendulum-v1"
).split()
GROUPS = {"model", "env", "training", "model.critic"}
WORDS = (*known.LOSSES, *known.ACTIVATIONS, *known.REDUCTIONS, *known.NETWORKS, "cpu")
NUMBERS = (0, 1, 2, 3, 5, 8, 16, 50, 200, 400, 0.0, 1e-3, 0.1, 0.25, 0.5, 1.0, 2.0)
SCALES = ((), (0.5,) * 4)
# so that a run takes a blink; the largest ordinary value of a setting, else 400
SMALL = {"width": 16, "depth": 1, "max_steps": 200, "learning_starts": 40}
SMALL |= {"buffer_size": 500, "batch_size": 8, "n_envs": 2}
MOST = {"depth": 3, "n_members": 3, "n_seeds": 3, "n_threads": 1, "width": 50}
MOST |= {"n_step": 8, "n_envs": 16, "update_ratio": 1, "learning_rate": 0.1}
HOSTILE: tuple[Any, ...] = (
    *(math.nan, math.inf, -math.inf, -0.0, 0, -1, 5e-324, 1e-40, 1e30, 1e308),
    *(2**40, 10**30, 10**400, True, None, b"1"),
    *("", "1", "1e-3", "nan", "cartpol", [], (), [1.0], {}, {"max_steps": 100}),
    *((math.nan,) * 4, (1e308,) * 4, ("a",) * 4),
)


def hints_of(config: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the dotted name of each setting with its annotation."""
    for name, hint in typing.get_type_hints(type(config), include_extras=True).items():
        value = getattr(config, name)
        if is_dataclass(value):
            yield from hints_of(value, f"{prefix}{name}.")
        elif name != "name":
            yield prefix + name, hint


def ordinary(name: str, hint: Any) -> list[Any]:
    """Return small values that the annotation of a setting allows."""
    kind, last = getattr(hint, "__origin__", hint), name.rpartition(".")[2]
    named = {"arch": list(ARCHS), "critic_type": list(CRITICS)}
    pool = named.get(last) or {bool: (False, True), str: WORDS}.get(kind, SCALES)
    if kind in (int, float):
        pool = [kind(v) for v in NUMBERS if v == kind(v) and v <= MOST.get(last, 400)]
    checks = getattr(hint, "__metadata__", ())
    return [v for v in dict.fromkeys(pool) if not any(check(v) for check in checks)]


ORDINARY = {name: ordinary(name, hint) for name, hint in hints_of(MainConfig())}
DEFAULTS, NAMES = flatten(MainConfig()), st.sampled_from(sorted(ORDINARY))
SHORT = {name.rpartition(".")[2]: name for name in ORDINARY}
# but for a scale, which most environments refuse, and the network, which has no other
CHANGED = {
    name: [v for v in values if v != DEFAULTS[name] or v == ()] or values
    for name, values in ORDINARY.items()
}


@st.composite
def cases(draw: st.DrawFn) -> dict[str, Any]:
    """Draw an environment, a model, and settings by dotted name, 5 or more of them
    other than the defaults; some hostile, or a whole group.
    """
    case = {"env.name": draw(st.sampled_from(ENVIRONMENTS))}
    case |= {"model.name": draw(st.sampled_from(("dqn", "ddqn")))}
    case |= {SHORT[name]: value for name, value in SMALL.items()}
    names = draw(st.lists(NAMES, min_size=5, max_size=10, unique=True))
    case |= {name: draw(st.sampled_from(CHANGED[name])) for name in names}
    n_hostile = draw(st.sampled_from((0, 0, 0, 0, 1, 1, 2)))
    case |= {name: draw(st.sampled_from(HOSTILE)) for name in names[:n_hostile]}
    if draw(st.integers(0, 15)) == 0:
        name = draw(st.sampled_from((*sorted(GROUPS), "env.name", "model.name")))
        case[name] = draw(st.sampled_from(HOSTILE))
    return case


def built(case: dict[str, Any]) -> MainConfig:
    """Return the configuration of a case."""
    own = {name: value for name, value in case.items() if name not in GROUPS}
    config = make_config(own.pop("env.name"), own.pop("model.name"), **own)
    for group in GROUPS & case.keys():
        outer, _, inner = group.partition(".")
        value = case[group]
        if inner:
            value = replace(getattr(config, outer), **{inner: value})
        config = replace(config, **{outer: value})
    return config


def drawn(strategy: st.SearchStrategy[T], number: int) -> T:
    """Return what a number draws, always the same: other than in a search by
    Hypothesis, each is drawn afresh, and none is like the one before.
    """
    found: list[T] = []

    @settings(database=None)
    @given(strategy)
    def keep(value: T) -> None:
        found.append(value)

    configuration.set_hypothesis_home_dir(f"{tempfile.gettempdir()}/hypothesis")
    keep.hypothesis.fuzz_one_input(random.Random(number).randbytes(8_192))
    return found[0]


def expected(case: dict[str, Any]) -> tuple[str, ...]:
    """Return what may become of a case."""
    odd = any(v not in ORDINARY[n] for n, v in case.items() if n in ORDINARY)
    return (TRAINED, REFUSED, STOPPED) if odd else (TRAINED, REFUSED)


class Hang(BaseException):
    """More than `SECONDS` were used."""


@contextmanager
def limits() -> Iterator[None]:
    """Give a block only so many seconds and bytes."""
    import resource  # Windows has none

    def end(*_: object) -> None:
        raise Hang

    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    before = signal.signal(signal.SIGPROF, end)
    signal.setitimer(signal.ITIMER_PROF, SECONDS)
    resource.setrlimit(resource.RLIMIT_AS, (BYTES, hard))
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


def outcome(make: Callable[[], MainConfig], env: str = "") -> str:
    """Train and evaluate an agent, and return what became of it: trained; refused,
    before the first record; stopped, at numbers that are not finite; own, the error of
    the environment as it was raised; told, a later error that names the environment
    `env`; else "fault: ...".
    """
    step = 0
    try:
        with limits(), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            agent = get_model(make())
            with closing(train(agent)) as records:
                for record in islice(records, VECTOR_STEPS):
                    step = record.step
            returns = evaluate(agent, EPISODES)
        numbers = [*agent.critic.online.parameters(), torch.as_tensor(returns)]
        numbers += [torch.tensor(record.loss)] if record.n_updates else []
        if all(bool(torch.isfinite(one).all()) for one in numbers):
            return TRAINED
        return "fault: numbers that are not finite, and no word of it"
    except (Exception, Hang) as error:
        return _told(error, step, env)


def _told(error: BaseException, step: int, env: str) -> str:
    chain: list[BaseException] = [error]
    while (cause := chain[-1].__cause__ or chain[-1].__context__) is not None:
        chain.append(cause)
    refused = isinstance(error, Refused) and "boom" not in error.args
    if any("boom" in one.args for one in chain) and not refused:
        return OWN
    if refused and step == 0:
        return REFUSED
    if isinstance(error, FloatingPointError) and "step" in str(error):
        return STOPPED
    if env and step and env in str(error):
        return TOLD
    last = traceback.extract_tb(error.__traceback__)[-1]
    place = f"{Path(last.filename).name}, {last.name}, step {step}"
    return f"fault: {type(error).__name__} in {place}: {str(error)[:150]!r}"
