"""The page and the package are two implementations of one algorithm: equal weights."""

import ast
import re
import runpy
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from dqn_tutorial import MainConfig, get_model, make_config, plain, train

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "dqn_tutorial" / "plain.py"
ALLOWED = {"config", "envs", "nets", "presets", "seeding"}
GRID = {"n_envs": 4, "width": 32, "depth": 1, "learning_starts": 100}
HARD = {"n_step": 3, "buffer_size": 400, "max_grad_norm": 0.01}  # wraps and clips
CASES: dict[str, tuple[str, int, dict[str, Any]]] = {
    # its learning rate is large: with seed 2 rounding alone makes a difference of 2e-6
    "CartPole": ("cartpole", 10_400, {"seed": 1}),
    "Acrobot": ("acrobot", 3_600, {}),
    "slippery grid": ("slipperygrid", 1_600, GRID),
    "slippery grid, Double": ("slipperygrid", 1_600, GRID | {"model": "ddqn"}),
    "slippery grid, 3 steps": ("slipperygrid", 1_600, GRID | HARD),
}


class Run(NamedTuple):
    """What a training run ended with."""

    online: list[Tensor]  # weights, `[O, I]` and `[O]` for each linear layer
    target: list[Tensor]
    n_updates: int
    actions: list[NDArray[np.int64]]  # [E], one for each vector step


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def unstacked(network: nn.Module) -> list[Tensor]:
    """Return the weights of a stack of one network as that network has them:
    `[..., I, O]` as `[O, I]`, `[..., 1, O]` as `[O]`.
    """
    weights = [weight.detach() for weight in network.parameters()]
    matrices = [weight.reshape(weight.shape[-2:]).T for weight in weights]
    return [w[:, 0] if w.shape[1] == 1 else w for w in matrices]


def run_package(config: MainConfig) -> Run:
    agent, actions = get_model(config), []
    choose = agent.choose

    def noted(*args: Any) -> Any:
        choice = choose(*args)
        actions.append(choice.action)
        return choice

    agent.choose = noted  # type: ignore[method-assign]
    for _ in train(agent):
        pass
    critic = agent.critic
    online, target = unstacked(critic.online), unstacked(critic.target)
    return Run(online, target, agent.n_updates, actions)


def run_page(
    config: MainConfig,
    monkeypatch: pytest.MonkeyPatch,
    actions: list[NDArray[np.int64]] | None = None,
) -> Run:
    """Train the page, with `actions` in the place of its own choices where given."""
    taken: list[NDArray[np.int64]] = []
    targets: list[nn.Module] = []
    choose, follow = plain.epsilon_greedy, plain.update_target

    def chosen(*args: Any) -> Any:
        own: Any = choose(*args)
        taken.append(own if actions is None else actions[len(taken)])
        return taken[-1]

    def noted(target: Any, online: Any, tau: float) -> None:
        targets.append(target)
        follow(target, online, tau)

    with monkeypatch.context() as patch:
        patch.setattr(plain, "epsilon_greedy", chosen)
        patch.setattr(plain, "update_target", noted)
        online = plain.dqn(config)
    weights = [
        [weight.detach() for weight in network.parameters()]
        for network in (online, targets[-1])
    ]
    return Run(weights[0], weights[1], len(targets), taken)


def largest_difference(one: Run, other: Run) -> float:
    """Return the largest difference of any weight, online or target."""
    pairs = [*zip(one.online, other.online, strict=True)]
    pairs += zip(one.target, other.target, strict=True)
    assert all(a.shape == b.shape for a, b in pairs)
    return max(float((a - b).abs().max()) for a, b in pairs)


@pytest.mark.parametrize("case", CASES)
def test_the_page_learns_the_weights_of_the_package(
    case: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    env, max_steps, settings = CASES[case]
    config = make_config(env, max_steps=max_steps, eval_every=0, **settings)
    package = run_package(config)
    page = run_page(config, monkeypatch, package.actions)
    difference = largest_difference(package, page)
    print(f"{case}: {page.n_updates} updates, largest difference {difference:.1e}")
    assert page.n_updates == package.n_updates >= 300
    assert difference <= 1e-6


@pytest.mark.parametrize("case", CASES)
def test_left_to_itself_the_page_goes_the_same_way(
    case: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    env, max_steps, settings = CASES[case]
    # fewer updates: in a long run rounding may turn an action where two are near equal
    settings = settings | {"max_steps": max_steps // 3, "exploration_fraction": 0.1}
    config = make_config(env, eval_every=0, **settings)
    package, page = run_package(config), run_page(config, monkeypatch)
    np.testing.assert_array_equal(package.actions, page.actions)
    difference = largest_difference(package, page)
    print(f"{case}: {page.n_updates} updates, largest difference {difference:.1e}")
    assert page.n_updates == package.n_updates >= 20
    assert difference <= 1e-6


def test_the_page_solves_cartpole(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delitem(sys.modules, "dqn_tutorial.plain")
    runpy.run_module("dqn_tutorial.plain", run_name="__main__")
    printed = re.fullmatch(
        r"mean return of 100 greedy episodes: (\d+)\n", capsys.readouterr().out
    )
    assert printed is not None and int(printed[1]) >= 475


def test_the_page_is_one_page() -> None:
    assert len(PAGE.read_text(encoding="utf-8").splitlines()) <= 180


def test_the_page_is_an_implementation_of_its_own() -> None:
    own: set[str] = set()
    for node in ast.walk(ast.parse(PAGE.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            assert not any(name.name.startswith("dqn_tutorial") for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            top, _, rest = node.module.partition(".")
            if top == "dqn_tutorial":
                own.add(rest)
        assert getattr(node, "level", 0) == 0, "imports by their whole name"
    assert own <= ALLOWED


def test_every_block_names_its_notebook() -> None:
    text = PAGE.read_text(encoding="utf-8")
    lines, notebooks = text.splitlines(), {p.name[:2] for p in ROOT.glob("notebooks/*")}
    blocks = [
        node
        for node in ast.parse(text).body
        if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.If)
    ]
    assert len(blocks) > 6
    for block in blocks:
        number = re.search(r"  # (\d\d)$", lines[block.lineno - 1])
        assert number and number[1] in notebooks, lines[block.lineno - 1]
