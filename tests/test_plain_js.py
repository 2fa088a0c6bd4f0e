"""`plain.js`, the DQN of the web page, computes what `plain.py` does; its worker tells
the page in frames what happens.
"""

import base64
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

import gymnasium as gym
import numpy as np
import pytest
import torch
from playwright.sync_api import Page

from dqn_tutorial import make_config, plain
from dqn_tutorial.config import MainConfig, flatten
from tests.jupyter import chromium, open_page, skip_without_browser

SITE = Path(__file__).parent.parent / "tools" / "site"
SMALL = {
    "n_envs": 4,
    "width": 8,
    "batch_size": 16,
    "max_steps": 400,
    "learning_starts": 100,
    "learning_rate": 1e-3,
}
HARD = {"buffer_size": 130, "max_grad_norm": 1e-3, "n_step": 3, "update_ratio": 0.375}
CASES: dict[str, dict[str, Any]] = {
    "the preset": {},
    "Double, clipped, in a memory that wraps": HARD | {"model": "ddqn"},
    "squares": HARD | {"loss": "MSELoss", "act": "relu", "observation_scale": ()},
    "one step": {"n_step": 1, "loss": "L1Loss", "act": "tanh", "depth": 1},
}
# trains on the chance, the environments and the first weights of a run of plain.py
REPLAY = """([settings, told]) => {
  const config = {...P.CARTPOLE, ...settings}, parts = P.make(config), seen = [];
  const next = (name) => { const all = told[name].values(); return () => all.next().value; };
  for (const net of [parts.online, parts.target]) net.weights.set(told.weights);
  parts.replay = {integer: next("rows")};
  parts.exploration = {random: next("coins"), integer: next("anything")};
  const step = next("steps");
  parts.env = {steps: [], reset: () => Float64Array.from(told.first), step(action) {
    const [state, reward, ...flags] = step();
    const [terminated, truncated] = flags.map((flag) => Uint8Array.from(flag));
    actions.push([...action]);
    return {nextState: Float64Array.from(state), reward: Float64Array.from(reward), terminated, truncated};
  }};
  const {ring, online, target} = parts, pick = ring.batch, actions = [];
  let batch, n = 0;
  ring.batch = (row) => (batch = pick.call(ring, row));
  for (const {updates, loss} of P.dqn(config, {}, parts)) {
    if (updates === n) continue;
    n = updates;
    const {reward, discount, terminated, truncated, nextState} = batch;
    seen.push([[updates], [loss], online.gradient, online.weights, target.weights, reward, discount,
      terminated, truncated, nextState].map((values) => [...values]));
  }
  return {seen, actions};
}"""
# of what an update sees
NAMES = "loss gradient online target reward discount terminated truncated next_state".split()


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    skip_without_browser()
    code = base64.b64encode((SITE / "plain.js").read_bytes()).decode()
    with chromium() as browser:
        page = open_page(browser)
        page.evaluate(
            "async (code) => { window.P = await import(code); }",
            f"data:text/javascript;base64,{code}",
        )
        yield page


@pytest.fixture
def doubles() -> Iterator[None]:
    """Let PyTorch compute with as many digits as JavaScript."""
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)


def numbers(*arrays: Any) -> list[float]:
    return [float(x) for one in arrays for x in torch.as_tensor(one).detach().flatten()]


class Told(NamedTuple):
    """A run of plain.py."""

    inputs: dict[str, Any]  # what chance and the environments gave, as REPLAY wants it
    seen: list[dict[str, list[float]]]  # the NAMES of each update
    actions: list[list[int]]  # [E], one for each vector step


def told_by_plain_py(config: MainConfig, monkeypatch: pytest.MonkeyPatch) -> Told:
    """Train by plain.py in a CartPole whose episodes are cut off after 12 steps."""
    lists: dict[str, list[Any]] = {name: [] for name in ("coins", "anything", "rows")}
    inputs: dict[str, Any] = lists | {"steps": []}
    told = Told(inputs, [], [])

    def noting(name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        def noted(*args: Any, **kwargs: Any) -> Any:
            value = call(*args, **kwargs)
            lists[name] += numbers(value)
            return value

        return noted

    class Chance:
        def __init__(self, *source: Any) -> None:
            self.own = make_chance(*source)
            self.random = noting("coins", self.own.random)
            is_replay = source[-1] == "replay"
            self.integers = (
                self.own.integers
                if is_replay
                else noting("anything", self.own.integers)
            )

    class Envs:
        def __init__(self, name: str, n_envs: int) -> None:
            self.own = gym.make_vec(name, n_envs, max_episode_steps=12)

        def reset(self, seed: int) -> Any:
            state, info = self.own.reset(seed=seed)
            inputs["first"] = numbers(state)
            return state.astype(float), info

        def step(self, action: Any) -> Any:
            told.actions.append(action.tolist())
            state, reward, *flags = self.own.step(action)
            step = state.astype(float), reward.astype(float), *flags
            inputs["steps"].append([numbers(column) for column in step[:4]])
            return step

    def network(*args: Any) -> Any:
        online = make_network(*args)
        inputs["weights"] = numbers(*online.parameters())
        return online

    def n_step_sum(batch: Any, *args: Any) -> None:
        look_ahead(batch, *args)
        told.seen.append({name: numbers(batch[name]) for name in NAMES[4:]})

    def loss(*args: Any) -> Any:
        value = measure(*args)
        told.seen[-1]["loss"] = numbers(value)
        return value

    def update_target(target: Any, online: Any, tau: float) -> None:
        follow(target, online, tau)
        weights = list(online.parameters())
        told.seen[-1] |= {
            "gradient": numbers(*(weight.grad for weight in weights)),
            "online": numbers(*weights),
            "target": numbers(*target.parameters()),
        }

    name = config.model.loss
    make_chance, make_network = plain.numpy_generator, plain.DQNNet
    look_ahead, measure = plain.n_step_sum, plain.LOSSES[name]
    follow = plain.update_target
    with monkeypatch.context() as patch:
        patch.setattr(plain, "numpy_generator", Chance)
        patch.setattr(plain, "make_vector_env", Envs)
        patch.setattr(plain, "DQNNet", network)
        patch.setattr(plain, "n_step_sum", n_step_sum)
        patch.setattr(plain, "update_target", update_target)
        patch.setitem(plain.LOSSES, name, loss)  # type: ignore[arg-type]
        patch.setattr(plain.Ring, "sample", noting("rows", plain.Ring.sample))
        plain.dqn(config)
    return told


def on_the_page(config: MainConfig) -> dict[str, Any]:
    """Return the settings that plain.js has, by their last names, as JSON takes them."""
    text = (SITE / "plain.js").read_text(encoding="utf-8")
    names = re.findall(r"(\w+):", text.partition("CARTPOLE = {")[2].partition("};")[0])
    of_config = {name.split(".")[-1]: value for name, value in flatten(config).items()}
    settings = {name: of_config[name] for name in names}
    return json.loads(json.dumps(settings).replace("Infinity", "1e308"))


@pytest.mark.browser
@pytest.mark.usefixtures("doubles")
@pytest.mark.parametrize("case", CASES)
def test_plain_js_learns_the_weights_of_plain_py(
    case: str, page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = make_config("CartPole-v1", eval_every=0, **SMALL | CASES[case])
    told = told_by_plain_py(config, monkeypatch)
    got = page.evaluate(REPLAY, [on_the_page(config), told.inputs])
    assert got["actions"] == told.actions
    worst = dict.fromkeys(NAMES, 0.0)
    for (n_updates,), *values in got["seen"]:  # the last of a vector step
        wanted = told.seen[int(n_updates) - 1]
        for name, own in zip(NAMES, values, strict=True):
            worst[name] = max(worst[name], np.abs(np.subtract(wanted[name], own)).max())
    print(f"{case}: {n_updates} updates, {worst}")
    assert n_updates == len(told.seen) >= 9
    assert max(worst.values()) < 1e-9
    flags = [
        update[name] for update in told.seen for name in ("terminated", "truncated")
    ]
    assert any(map(any, flags[::2])) and any(map(any, flags[1::2]))


@pytest.mark.browser
def test_the_settings_are_those_of_the_preset(page: Page) -> None:
    preset = on_the_page(make_config("CartPole-v1"))
    text = "JSON.stringify(P.CARTPOLE, (_, v) => v === Infinity ? 1e308 : v)"
    assert json.loads(page.evaluate(text)) == preset


@pytest.mark.browser
@pytest.mark.parametrize(
    "live, settings",
    [
        ({"learning_rate": 0.02}, {"learning_rate": 0.02, "learning_rate_end": 1}),
        ({"gamma": 0.7}, {"gamma": 0.7}),
        ({"tau": 0.5}, {"tau": 0.5}),
        ({"n_step": 2}, {"n_step": 2}),
        ({"update_ratio": 0.5}, {"update_ratio": 0.5}),
        ({"target": 0}, {"tau": 1}),
    ],
)
def test_a_live_value_acts_from_the_next_step_on(
    live: dict[str, float], settings: dict[str, float], page: Page
) -> None:
    plain_run, moved, set_run = page.evaluate(
        """([live, settings]) => [[{}, {}], [{}, live], [settings, {}]].map(([own, moves]) => {
          const small = {n_envs: 4, width: 8, batch_size: 16, max_steps: 400, update_ratio: 0.25};
          const config = {...P.CARTPOLE, ...small, ...own}, held = {}, parts = P.make(config);
          const run = P.dqn(config, held, parts), chosen = [];
          run.next();
          Object.assign(held, moves);
          for (const {first} of run) chosen.push(first[2]);
          return [chosen, [...parts.online.weights]];
        })""",
        [live, settings],
    )
    assert moved == set_run
    assert moved != plain_run


@pytest.mark.browser
def test_epsilon_acts_from_the_next_step_on(page: Page) -> None:
    seen = page.evaluate(
        """() => {
          const held = {}, run = P.dqn({...P.CARTPOLE, n_envs: 4, width: 8, batch_size: 16}, held);
          return [undefined, 0, 1, 0.25, undefined].map((epsilon) => {
            held.epsilon = epsilon;
            return Array.from({length: 50}, () => run.next().value).map((r) => [r.epsilon, r.first[3]]);
          });
        }"""
    )
    schedule, none, every, some, later = (np.array(part).T for part in seen)
    assert (none == 0).all() and (every == 1).all()
    assert (some[0] == 0.25).all() and 3 < some[1].sum() < 25
    wanted = [plain.linear_schedule(1, 0.5, 5_000, 4 * k) for k in range(1, 251)]
    np.testing.assert_allclose([*schedule[0], *later[0]], wanted[:50] + wanted[200:])


@pytest.mark.browser
def test_cartpole_moves_as_in_gymnasium(page: Page, rng: np.random.Generator) -> None:
    n = 10_000
    state = rng.uniform(-1, 1, (n, 4)) * [3.0, 4.0, 0.3, 4.0]
    action, before = rng.integers(2, size=(50, n)), rng.integers(430, 500, size=n)
    single = gym.make_vec("CartPole-v1", n)
    single.reset(seed=0)
    run = gym.make_vec("CartPole-v1", 100)
    run.reset(seed=0)
    run.steps[:], run.state = before[:100], 0.1 * state[:100].T
    single.state = state.T.copy()
    _, reward, terminated, truncated, _ = single.step(action[0])
    assert 0.1 < terminated.mean() < 0.9
    wanted = [single.state.T, reward, terminated, truncated]
    play = """([states, steps, actions]) => {
      const cart = new P.CartPole(states.length / 4, P.generator(0, "carts"));
      cart.reset();
      cart.state = Float64Array.from(states);
      cart.steps = Int32Array.from(steps);
      return actions.map((action) => Object.values(cart.step(action)).map((column) => [...column]));
    }"""
    got = page.evaluate(play, [state.ravel().tolist(), [0] * n, action[:1].tolist()])[0]
    worst = np.abs(np.subtract(got[0], wanted[0].ravel())).max()
    print(f"one step from {n:,} states: largest difference {worst:.1e}")
    assert worst < 1e-12
    for own, other in zip(got[1:], wanted[1:], strict=True):
        np.testing.assert_array_equal(own, other)

    first = [run.state.T.ravel().tolist(), before[:100].tolist()]
    steps = page.evaluate(play, [*first, action[:, :100].tolist()])
    alike, over, worst = np.ones(100, bool), np.zeros(100, bool), 0.0
    n_cut_off = 0
    for one, own in zip(steps, action[:, :100], strict=True):
        _, reward, terminated, truncated, _ = run.step(own)
        differences = np.abs(np.reshape(one[0], (100, 4)) - run.state.T)
        alike &= ~over  # they begin anew, each by its own chance
        assert (np.abs(np.reshape(one[0], (100, 4))[over]) <= 0.05).all()
        worst = max(worst, differences[alike].max(initial=0))
        of_both = alike | over
        for mine, other in zip(one[1:], (reward, terminated, truncated), strict=True):
            np.testing.assert_array_equal(np.array(mine)[of_both], other[of_both])
        over = of_both & (terminated | truncated)
        n_cut_off += truncated[of_both].sum()
    print(f"50 steps: largest difference {worst:.1e}, {n_cut_off} cut off")
    assert worst < 1e-9 and n_cut_off > 3
    assert (~alike).sum() > 50


@pytest.mark.browser
def test_chance_is_seeded_by_source(page: Page) -> None:
    draws = page.evaluate(
        """() => [[0, "replay"], [0, "replay"], [1, "replay"], [0, "weights"]].map((source) => {
          const {random, integer} = P.generator(...source);
          return [Array.from({length: 10_000}, random), Array.from({length: 10_000}, () => integer(6))];
        })"""
    )
    assert draws[0] == draws[1]
    for uniform, whole in draws:
        assert abs(np.mean(uniform) - 0.5) < 0.015 and 0 <= min(uniform)
        assert abs(np.var(uniform) - 1 / 12) < 0.004 and max(uniform) < 1
        counts = np.bincount(whole)
        assert len(counts) == 6 and (abs(counts - 10_000 / 6) < 190).all()
    uniform = np.array([draw[0] for draw in draws[1:]])
    assert np.abs(np.corrcoef(uniform) - np.eye(3)).max() < 0.05


def test_the_page_is_short() -> None:
    lines = (SITE / "plain.js").read_text(encoding="utf-8").splitlines()
    assert len(lines) <= 400 and max(map(len, lines)) <= 110
