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
from tests.jupyter import PATIENCE, chromium, open_page, skip_without_browser
from tools.site.bundle import classic
from tools.site.side_by_side import (
    JAVASCRIPT,
    PAIRS,
    PYTHON,
    javascript_blocks,
    python_blocks,
    wanted,
)
from tools.site.side_by_side import page as page_text

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
  const draw = (all) => () => all.next().value;
  const next = (name) => draw(told[name].values());
  for (const net of [parts.online, parts.target]) net.weights.set(told.weights);
  parts.replay = {integer: next("rows")};
  parts.exploration = {random: next("coins"), integer: next("anything")};
  const step = next("steps");
  parts.env = {steps: [], reset: () => Float64Array.from(told.first), step(action) {
    const [nextState, reward, terminated, truncated] = step();
    actions.push([...action]);
    return {
      nextState: Float64Array.from(nextState), reward: Float64Array.from(reward),
      terminated: Uint8Array.from(terminated), truncated: Uint8Array.from(truncated),
    };
  }};
  const {ring, online, target} = parts, pick = ring.batch, actions = [];
  let batch, n = 0;
  ring.batch = (row) => (batch = pick.call(ring, row));
  for (const {updates, loss} of P.dqn(config, {}, parts)) {
    if (updates === n) continue;
    n = updates;
    const {reward, discount, terminated, truncated, nextState} = batch;
    const of_networks = [online.gradient, online.weights, target.weights];
    const of_batch = [reward, discount, terminated, truncated, nextState];
    const all = [[updates], [loss], ...of_networks, ...of_batch];
    seen.push(all.map((values) => [...values]));
  }
  return {seen, actions};
}"""
# runs a small agent as it is, with a live value, and with the setting that equals it
MOVED = """([live, settings]) => {
  const small = {n_envs: 4, width: 8, batch_size: 16, max_steps: 400};
  small.update_ratio = 0.25;
  return [[{}, {}], [{}, live], [settings, {}]].map(([own, moves]) => {
    const config = {...P.CARTPOLE, ...small, ...own}, held = {}, parts = P.make(config);
    const run = P.dqn(config, held, parts), chosen = [];
    run.next();
    Object.assign(held, moves);
    for (const {first} of run) chosen.push(first[2]);
    return [chosen, [...parts.online.weights]];
  });
}"""
EXPLORED = """() => {
  const config = {...P.CARTPOLE, n_envs: 4, width: 8, batch_size: 16}, held = {};
  const run = P.dqn(config, held);
  return [undefined, 0, 1, 0.25, undefined].map((value) => {
    held.epsilon = value;
    const records = Array.from({length: 50}, () => run.next().value);
    return records.map(({epsilon, first}) => [epsilon, first[3]]);
  });
}"""
PUSH = """([states, steps, actions]) => {
  const cart = new P.CartPole(states.length / 4, P.generator(0, "carts"));
  cart.reset();
  cart.state = Float64Array.from(states);
  cart.steps = Int32Array.from(steps);
  const step = (action) => Object.values(cart.step(action));
  return actions.map((action) => step(action).map((column) => [...column]));
}"""
DRAW = """(sources) => sources.map((source) => {
  const {random, integer} = P.generator(...source), some = {length: 10_000};
  return [Array.from(some, random), Array.from(some, () => integer(6))];
})"""
# a worker and what it told, as the page sees it
OPEN = """([source, settings, stories]) => {
  window.told = [];
  window.times = [];
  window.worker?.terminate();
  window.worker = new Worker(URL.createObjectURL(new Blob([source])));
  worker.onerror = (error) => told.push({run: 0, words: error.message});
  worker.onmessage = ({data}) => { times.push(performance.now()); told.push(...data); };
  worker.postMessage({type: "open", settings, stories});
}"""
# the first frame from a place on that fits, and milliseconds from the message to it
ASK = """([message, test, patience]) => new Promise((done) => {
  const from = told.length;
  const asked = performance.now(), fits = eval(test);
  const look = () => {
    const frame = told.slice(from).find(fits);
    const passed = performance.now() - asked;
    if (frame || passed > patience) done([frame, passed]); else setTimeout(look, 1);
  };
  worker.postMessage(message);
  look();
})"""
STORIES = [
    {
        "name": "near",
        "label": "gamma 0",
        "settings": {"observation_scale": [], "model.critic.exploration_start": 0.5},
        "moves": {"gamma": 0},
        "look": "",
    },
    {
        "name": "short",
        "label": "short",
        "settings": {},
        "moves": {"gamma": 0.5, "n_step": 1},
        "look": "",
    },
]
EVALUATED = """(seed) => {
  const config = {...P.CARTPOLE, seed}, parts = P.make(config);
  for (const {step} of P.dqn(config, {}, parts)) if (step === 1_600) break;
  const chance = P.generator(seed, "evaluation 1600");
  const games = P.evaluate(config, parts.target, 20, chance);
  for (;;) {
    const {done, value} = games.next();
    if (done) return value;
  }
}"""
# of what an update sees
NAMES = "loss gradient online target".split()
NAMES += "reward discount terminated truncated next_state".split()


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


def call(page: Page, function: str, argument: Any) -> Any:
    """Call a function of the page; as text, numbers come and go much faster."""
    code = f"(text) => JSON.stringify(({function})(JSON.parse(text)))"
    return json.loads(page.evaluate(code, json.dumps(argument)))


@pytest.fixture
def doubles() -> Iterator[None]:
    """Let PyTorch compute with as many digits as JavaScript."""
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)


def numbers(*arrays: Any) -> list[float]:
    flat = (torch.as_tensor(one).detach().flatten() for one in arrays)
    return [float(x) for one in flat for x in one.tolist()]


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
    """Return the settings that plain.js has, by their last names."""
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
    got = call(page, REPLAY, [on_the_page(config), told.inputs])
    assert got["actions"] == told.actions
    worst = dict.fromkeys(NAMES, 0.0)
    for (n_updates,), *values in got["seen"]:  # the last of a vector step
        wanted = told.seen[int(n_updates) - 1]
        for name, own in zip(NAMES, values, strict=True):
            worst[name] = max(worst[name], np.abs(np.subtract(wanted[name], own)).max())
    differences = ", ".join(f"{name} {value:.0e}" for name, value in worst.items())
    print(f"{case}: {n_updates} updates, largest differences: {differences}")
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
    plain_run, moved, set_run = call(page, MOVED, [live, settings])
    assert moved == set_run
    assert moved != plain_run


@pytest.mark.browser
def test_epsilon_acts_from_the_next_step_on(page: Page) -> None:
    seen = call(page, EXPLORED, None)
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
    got = call(page, PUSH, [state.ravel().tolist(), [0] * n, action[:1].tolist()])[0]
    worst = np.abs(np.subtract(got[0], wanted[0].ravel())).max()
    print(f"one step from {n:,} states: largest difference {worst:.1e}")
    assert worst < 1e-12
    for own, other in zip(got[1:], wanted[1:], strict=True):
        np.testing.assert_array_equal(own, other)

    first = [run.state.T.ravel().tolist(), before[:100].tolist()]
    steps = call(page, PUSH, [*first, action[:, :100].tolist()])
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
    draws = call(
        page, DRAW, [[0, "replay"], [0, "replay"], [1, "replay"], [0, "weights"]]
    )
    assert draws[0] == draws[1]
    for uniform, whole in draws:
        assert abs(np.mean(uniform) - 0.5) < 0.015 and 0 <= min(uniform)
        assert abs(np.var(uniform) - 1 / 12) < 0.004 and max(uniform) < 1
        counts = np.bincount(whole)
        assert len(counts) == 6 and (abs(counts - 10_000 / 6) < 190).all()
    uniform = np.array([draw[0] for draw in draws[1:]])
    assert np.abs(np.corrcoef(uniform) - np.eye(3)).max() < 0.05


def test_each_block_of_plain_py_stands_beside_its_own_of_plain_js() -> None:
    python = python_blocks(PYTHON.read_text(encoding="utf-8"))
    javascript = javascript_blocks(JAVASCRIPT.read_text(encoding="utf-8"))
    shown = [name for pair in PAIRS for name in wanted(pair.javascript)]
    assert sorted(shown) == sorted(javascript)
    shown = [name for pair in PAIRS for name in wanted(pair.python)]
    assert sorted(shown) == sorted(python.keys() - {"Array", "Batch"})
    assert {"Ring", "td_target", "dqn: learn", "__main__"} < python.keys()
    of_the_algorithm = [(pair.python, pair.javascript) for pair in PAIRS[:-1]]
    places = [0, -1]
    for names in of_the_algorithm:
        last = [wanted(side)[-1] for side in names]
        texts = [python[last[0]], javascript[last[1]]]
        numbers = [re.search(r"(?:#|//) (\d\d)\b", text) for text in texts]
        assert numbers[0] and numbers[1] and numbers[0][1] == numbers[1][1], names
        # in the same order in both files
        now = [list(python).index(last[0]), list(javascript).index(last[1])]
        assert now[0] > places[0] and now[1] > places[1]
        places = now
    text = page_text()
    assert text.count("```python\n") == text.count("```javascript\n") == len(PAIRS)


def test_the_page_is_short() -> None:
    lines = (SITE / "plain.js").read_text(encoding="utf-8").splitlines()
    assert len(lines) <= 400 and max(map(len, lines)) <= 110


class Worker:
    """The worker on a page."""

    def __init__(self, page: Page, **settings: Any) -> None:
        source = "".join(classic(SITE / name) for name in ("plain.js", "worker.js"))
        self.page = page
        page.evaluate(OPEN, [source, settings, STORIES])

    def ask(self, fits: str, **message: Any) -> tuple[dict[str, Any], float]:
        """Send a message; return the first frame after it that fits, and when."""
        asked = [message, f"(f) => {fits}", 1_000 * PATIENCE]
        frame, delay = self.page.evaluate(ASK, asked)
        assert frame, f"nothing came after {message} of which {fits}"
        return frame, delay

    def told(self) -> list[dict[str, Any]]:
        frames: list[dict[str, Any]] = self.page.evaluate("told")
        return frames


SMALL_RUN = {"training.n_envs": 4, "width": 8, "batch_size": 16, "max_steps": 3_000}


@pytest.mark.browser
def test_the_worker_obeys_at_once(page: Page) -> None:
    worker = Worker(page, seed=5)
    opened, _ = worker.ask("f.reset", type="speed", value="full")
    assert opened["state"] == "idle" and opened["step"] == opened["run"] == 0
    assert opened["map"]["n"] ** 2 == len(opened["map"]["value"]) == 33**2
    frame, _ = worker.ask("f.updates > 10", type="tell", command="start")
    assert frame["state"] == "running" and frame["target"]
    assert len(frame["observation"]) == len(frame["greedy_observation"]) == 4
    delays = []
    for k in range(20):
        gamma = 0.9 + k / 1_000
        frame, delay = worker.ask(
            f"f.gamma === {gamma}", type="move", name="gamma", value=gamma
        )
        assert [name for _, name, _ in frame["moves"]] == ["gamma"]
        delays.append(delay)
    print(
        f"milliseconds from a message to the frame that shows it in use: median"
        f" {median(delays):.0f}, worst {max(delays):.0f}"
    )
    assert median(delays) < 1_000
    frame, _ = worker.ask("f.gamma === 0.995", type="move", name="gamma", value=None)
    for name, value, words in (
        ("gamma", 2, "gamma = 2 is not allowed: it must be between 0 and 1"),
        ("n_step", "a", 'n_step = "a" is not allowed: it must be between 1 and 100'),
        ("width", 8, 'move = "width" is not allowed: it must be one of epsilon, lear'),
    ):
        is_refused = 'f.words?.includes("not allowed")'
        frame, _ = worker.ask(is_refused, type="move", name=name, value=value)
        assert words in frame["words"] and frame["gamma"] == 0.995
    frame, _ = worker.ask("f.target === false", type="move", name="target", value=0)
    paused, _ = worker.ask('f.state === "paused"', type="tell", command="pause")
    later = f"f.step > {paused['step']}"
    frame, _ = worker.ask(later, type="tell", command="step")
    assert frame["step"] == paused["step"] + 32 and frame["state"] == "paused"
    frame, _ = worker.ask("f.reset", type="tell", command="reset")
    assert (frame["step"], frame["state"], frame["target"]) == (0, "idle", False)
    assert frame["moves"] == [[0, "target", 0]]
    frame, _ = worker.ask("f.step", type="tell", command="step")
    assert frame["step"] == 32 and frame["state"] == "paused"
    errors = [error for frame in worker.told() for error in frame.get("errors", [])]
    assert len(errors) > 10 and all(0 < error[1] < error[2] for error in errors)


@pytest.mark.browser
def test_the_worker_sends_30_messages_a_second(page: Page) -> None:
    worker = Worker(page)
    page.wait_for_function("told.length")
    for _ in range(100):
        page.evaluate('worker.postMessage({type: "speed", value: 1})')
    worker.ask("true", type="speed", value=1)
    times = page.evaluate("times")
    # a page that was busy may get two at once
    assert len(times) <= 3 + 30.5 * (times[-1] - times[0]) / 1_000


@pytest.mark.browser
def test_the_worker_refuses_what_it_does_not_know(page: Page) -> None:
    worker = Worker(page, n_env=4)
    page.wait_for_function("told.length")
    (frame,) = worker.told()
    assert frame["state"] == "failed"
    assert frame["words"].startswith('setting = "n_env" is not allowed: it must be one')
    Worker(page, width="8")
    page.wait_for_function("told.length")
    words = page.evaluate("told[0].words")
    assert words == 'width = "8" is not allowed: it must be like 64'


@pytest.mark.browser
def test_the_speed_changes_nothing(page: Page) -> None:
    runs = []
    for speed in ("full", 6):
        worker = Worker(page, **SMALL_RUN)
        worker.ask("true", type="speed", value=speed)
        end, _ = worker.ask("'end' in f", type="tell", command="start")
        assert end["state"] == "stopped" and "whole budget" in end["words"]
        names = "episodes", "evaluations", "errors"
        told = worker.told()
        seen = {name: [x for frame in told for x in frame[name]] for name in names}
        runs.append((end["end"], end["q_values"], seen))
    assert runs[0] == runs[1]
    seen = runs[0][2]
    assert [step for step, _ in seen["evaluations"]] == [1_600]
    assert len(seen["episodes"]) > 100 and len(seen["errors"]) > 80


@pytest.mark.browser
def test_two_runs_go_side_by_side(page: Page) -> None:
    worker = Worker(page, **SMALL_RUN | {"max_steps": 30_000})
    worker.ask("true", type="beside", on=True)
    worker.ask("true", type="speed", value="full")
    assert {frame["run"] for frame in worker.told()} == {0}  # there is no story yet
    worker.ask("f.run === 1 && f.step > 200", type="story", name="near")
    worker.ask("f.tau === 0.5", type="move", name="tau", value=0.5)
    frame, _ = worker.ask("f.run === 1", type="move", name="gamma", value=0.9)
    worker.ask("f.run === 1 && f.step > 2000", type="move", name="gamma", value=0.9)
    is_refused = 'f.words?.includes("not allowed")'
    frame, _ = worker.ask(is_refused, type="story", name="far")
    words = 'Left: story = "far" is not allowed: it must be one of near, short'
    assert words in frame["words"]
    told = worker.told()
    begun = max(k for k, frame in enumerate(told) if frame.get("reset")) - 1
    left, right = told[begun::2], told[begun + 1 :: 2]
    assert {frame["run"] for frame in left} == {0} != {frame["run"] for frame in right}
    assert [frame["step"] for frame in left] == [frame["step"] for frame in right]
    assert (left[0]["story"], right[0]["story"]) == (None, "near")
    assert right[0]["moves"] == [[0, "gamma", 0]] and not left[0]["moves"]
    assert {frame["epsilon"] for frame in right} == {0.5} < {left[0]["epsilon"], 0.5}
    # of a single step the value is the reward
    assert max(left[-1]["q_values"]) > max(right[-1]["q_values"])
    # a slider moves both, but not what is told
    assert (left[-1]["gamma"], right[-1]["gamma"]) == (0.9, 0)
    assert left[-1]["tau"] == right[-1]["tau"] == 0.5
    frame, _ = worker.ask("f.run === 0 && f.reset", type="beside", on=False)
    assert frame["story"] == "near" and frame["gamma"] == 0


@pytest.mark.browser
def test_a_story_of_moves_goes_on_in_the_run(page: Page) -> None:
    worker = Worker(page, **SMALL_RUN)
    worker.ask("f.step > 100", type="tell", command="start")
    frame, _ = worker.ask("f.story", type="story", name="short")
    assert frame["step"] > 100 and frame["gamma"] == 0.5
    assert [name for _, name, _ in frame["moves"]] == ["gamma", "n_step"]
    frame, _ = worker.ask("f.reset", type="story", name="near")
    assert frame["step"] < 100 and frame["gamma"] == 0
    frame, _ = worker.ask("f.reset", type="story", name="short")
    assert frame["step"] < 100 and frame["gamma"] == 0.5
    frame, _ = worker.ask("f.reset", type="tell", command="reset")
    assert frame["story"] is None and frame["gamma"] == 0.995


@pytest.mark.browser
def test_the_worker_solves_cartpole(page: Page) -> None:
    worker = Worker(page, seed=1)
    worker.ask("true", type="speed", value="full")
    frame, delay = worker.ask("f.solved", type="tell", command="start")
    print(f"solved after {frame['solved']}, {delay / 1000:.1f} seconds")
    means = dict(point for frame in worker.told() for point in frame["evaluations"])
    assert means[1_600] == call(page, EVALUATED, 1)  # of those weights, not of later
    assert means[frame["solved"]["step"]] >= 475
    assert re.match(r"solved at step [\d,]+, after \d+ updates: 100 ", frame["words"])
