"""Numbers of the predictions. What is trained is told coarsely, as it must hold on any
machine.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace
from math import comb

import gymnasium as gym
import numpy as np
import torch

from dqn_tutorial import DQNNet, targets
from dqn_tutorial.classroom.ledger import claims
from dqn_tutorial.mdp import (
    MDP,
    bellman_optimality_operator,
    greedy_policy,
    policy_evaluation,
    q_from_v,
    slippery_grid,
    value_iteration,
)
from dqn_tutorial.tabular import distance_to_q_star

GRID = slippery_grid()
Q_STAR = value_iteration(GRID)
CLAIMS = claims()
STAR = (
    "moving-targets-explode",
    "short-copies-only-slow",
    "held-targets-settle",
    "rare-copies-are-slow",
)
RANDOM = np.full((GRID.n_states, GRID.n_actions), 0.25)


def best_first_step() -> Iterable[str]:
    q = q_from_v(GRID, policy_evaluation(GRID, RANDOM))[10]  # left, down, right, up
    assert q.argmax() == 1
    return f"{-q[1]:.2f}", f"{-q[3]:.2f}"


def first_sweep() -> Iterable[str]:
    v = bellman_optimality_operator(GRID, np.zeros(GRID.n_states))
    cells = np.flatnonzero(v)
    assert v[2] > 0 > v[6]
    yield from map(str, cells)
    yield f"{v[2]:.1f}"
    yield f"{-v[6]:.1f}"
    yield f"{(~GRID.terminal).sum()}"


def values_after_arrows() -> Iterable[str]:
    v_star, v = Q_STAR.max(-1), np.zeros(GRID.n_states)
    arrows = close = 0
    for sweep in range(1, 200):
        v = bellman_optimality_operator(GRID, v)
        if (q_from_v(GRID, v).argmax(-1) != Q_STAR.argmax(-1)).any():
            arrows = sweep + 1
        if abs(v - v_star).max() > 1e-8:
            close = sweep + 1
    bound = int(np.ceil(np.log(1e-8 / v_star.max()) / np.log(GRID.gamma)))
    return f"{arrows}", f"{close}", f"{bound}"


def target_spread() -> Iterable[str]:
    p, y = GRID.transition[10, 3], GRID.reward[10, 3] + GRID.gamma * Q_STAR.max(-1)
    spread = np.sqrt(p @ y**2 - (p @ y) ** 2)
    # rewards are not 0 in a last step only: the mean square of a return is linear too
    squares = policy_evaluation(
        replace(GRID, gamma=GRID.gamma**2, reward=GRID.reward**2),
        greedy_policy(Q_STAR),
    )
    whole = np.sqrt(GRID.gamma**2 * (p @ squares) - (p @ y) ** 2)
    assert abs(whole - 0.64) < 0.02 and abs(spread / whole - 0.1) < 0.02
    return f"{spread:.2f}", "0"


def constant_step() -> Iterable[str]:
    level = CLAIMS["constant-step-stops-falling"]
    assert level.effect == "none" and level.first.low > 0.1
    yield "0"


def learned_over_epsilon() -> Iterable[str]:
    assert CLAIMS["no-exploration-learns-less"].effect == "lower"
    acted = CLAIMS["random-steps-teach-a-good-policy"]
    assert acted.effect == "higher" and acted.first.low > 0.9 * 0.37
    yield "0"


def best_of_ten_machines() -> Iterable[str]:
    chance = np.array([comb(5, wins) / 32 for wins in range(6)])
    mean_pay = (0.9 * np.arange(6) - 1.1 * np.arange(5, -1, -1)) / 5
    largest = np.diff(chance.cumsum() ** 10, prepend=0)  # of ten, by its wins
    return f"{largest @ mean_pay:.2f}", f"{-chance @ mean_pay:.1f}"


def wrong_shapes() -> Iterable[str]:
    y = np.array([1.0, 2, 3])
    table = y[:, None] - y
    assert table.size == 9 and (~np.eye(3, dtype=bool)).sum() == 6
    yield f"{np.square(table).mean():.2f}"


def target_after_update() -> Iterable[str]:
    """Update the network of the notebook on its seven transitions."""
    generator = torch.Generator().manual_seed(3)
    net, one_hot = DQNNet(16, 4, depth=2, width=32, generator=generator), torch.eye(16)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.01)
    ratios = []
    for s, s2 in ((4, 8), (4, 8), (8, 9), (9, 10), (10, 11), (12, 13), (13, 14)):
        before = net(one_hot).detach().clone()
        a = int(before[s].argmax()) if ratios or optimizer.state else 1
        y = targets.td_target(torch.zeros(1), before[[s2]], torch.tensor([False]), 0.9)
        optimizer.zero_grad()
        (y - net(one_hot)[s, a]).square().sum().backward()
        optimizer.step()
        after = net(one_hot).detach()
        moved = 0.9 * (after[s2].max() - before[s2].max())
        ratios.append(float(moved / (after[s, a] - before[s, a])))
    mean = np.mean(ratios[1:])
    assert mean > 0.5  # more than half as far
    yield f"{mean:.1f}"


def steps_shuffled() -> Iterable[str]:
    learned = CLAIMS["table-beats-naive-network"]
    half_way = (learned.first.mean + learned.second.mean) / 2
    shuffled = CLAIMS["shuffling-does-not-close-the-gap"].second
    assert learned.second.low < shuffled.mean < shuffled.high < half_way
    return f"{learned.first.mean:.2f}", f"{learned.second.mean:.2f}"


def huber_settles() -> Iterable[str]:
    y, q = np.array([10.0] + 9 * [0.0]), 0.0
    for _ in range(2_000):
        q += 0.1 * (y - q).clip(-1, 1).mean()
    return f"{q:.2f}", f"{y.mean():.2f}", f"{np.median(y):.2f}", f"{1 / q:.0f}", "1"


def worth_of_32_angles() -> Iterable[str]:
    envs, rng = gym.make_vec("CartPole-v1", num_envs=32), np.random.default_rng(4)
    seen = [envs.reset(seed=4)[0]]
    for _ in range(399):
        seen.append(envs.step(rng.integers(2, size=32))[0])
    envs.close()
    angle = np.stack(seen)[:, :, 2].T.astype(float)
    windows = np.lib.stride_tricks.sliding_window_view(angle, 32, axis=1)
    yield f"{angle.var() / windows.mean(-1).var():.0f}"


def where_the_newest_err() -> Iterable[str]:
    assert CLAIMS["just-seen-is-known"].effect == "none"
    assert CLAIMS["forgotten-is-what-lies-behind"].effect == "higher"
    return ()


def star_copies() -> Iterable[str]:
    start = CLAIMS["moving-targets-explode"].second.mean
    ends = [CLAIMS[name].first for name in STAR]
    assert ends[0].low > ends[1].high > ends[1].low > start  # C = 1 and 30 grow
    assert ends[2].high < ends[3].low < ends[3].high < start  # C = 100 ends lowest
    return "100", "1000"


def cost_and_bound() -> Iterable[str]:
    lost = CLAIMS["greedy-policy-loses-little"].first
    error = CLAIMS["dqn-reaches-q-star"].first
    assert lost.high < 0.1 * 2 / (1 - GRID.gamma) * error.low  # far below the bound
    return ()


def gamma_and_score() -> Iterable[str]:
    for gamma in (0.9, 0.99):
        policy = greedy_policy(value_iteration(replace(GRID, gamma=gamma)))
        yield f"{GRID.start @ policy_evaluation(replace(GRID, gamma=1.0), policy):.2f}"


def walks_until_known(n: int, length: int = 40) -> str:
    v, walks = np.zeros(length + 1), 0
    while v[0] == 0:
        walks += 1
        for s in range(length):
            end = min(s + n, length)
            v[s] = float(end == length) + v[end]
    return f"{walks}"


def three_step_error(mdp: MDP, epsilon: float) -> str:
    b = (1 - epsilon) * greedy_policy(Q_STAR) + epsilon / 4
    q = np.zeros_like(Q_STAR)
    for _ in range(300):
        v = q.max(-1)
        for _ in range(2):
            v = (b * q_from_v(mdp, v)).sum(-1)
        q = q_from_v(mdp, v)
    return f"{distance_to_q_star(q, mdp, Q_STAR):.2f}"


def plain_on_cartpole() -> Iterable[str]:
    plain = CLAIMS["the-preset-is-worth-it"].second
    # no more than that many of 32 scores of at least 0 can reach 475
    assert plain.high < 50 and 32 * plain.mean / 475 < 2
    return "0", "50"


def same_agent_twice() -> Iterable[str]:
    """Draw from normal scores that spread as those of the whole agent."""
    score = CLAIMS["cartpole-truncation"].second
    spread = (score.high - score.low) / 2 / 2.58 * np.sqrt(32)
    rng = np.random.default_rng(0)
    triples = rng.normal(scale=spread, size=(1_000, 10, 2, 3)).mean(-1)
    largest = abs(triples[..., 0] - triples[..., 1]).max(-1)
    assert (largest > 50).mean() > 0.99
    return "5", "20", "50"


def merged_flags_on_cartpole() -> Iterable[str]:
    return (f"{abs(CLAIMS['cartpole-truncation'].difference.mean):.0f}",)


def shelf_alone() -> Iterable[str]:
    alone = CLAIMS["the-oven-must-be-seen"].first
    assert abs(alone.mean) < 0.5
    return ()


NUMBERS: dict[str, Callable[[], Iterable[str]]] = {
    "best_first_step": best_first_step,
    "first_sweep": first_sweep,
    "values_after_arrows": values_after_arrows,
    "target_spread": target_spread,
    "constant_step": constant_step,
    "learned_over_epsilon": learned_over_epsilon,
    "best_of_ten_machines": best_of_ten_machines,
    "wrong_shapes": wrong_shapes,
    "target_after_update": target_after_update,
    "steps_shuffled": steps_shuffled,
    "worth_of_32_angles": worth_of_32_angles,
    "where_the_newest_err": where_the_newest_err,
    "huber_settles": huber_settles,
    "star_copies": star_copies,
    "double_is_larger": lambda: ["0"],  # a maximum is never below another entry
    "cost_and_bound": cost_and_bound,
    "gamma_and_score": gamma_and_score,
    "news_along_a_chain": lambda: map(walks_until_known, (1, 10)),
    "three_steps_for_ever_run": lambda: [
        *(three_step_error(GRID, epsilon) for epsilon in (0.1, 1.0)),
        "0.00",
    ],
    "plain_on_cartpole": plain_on_cartpole,
    "same_agent_twice": same_agent_twice,
    "merged_flags_on_cartpole": merged_flags_on_cartpole,
    "first_probe_to_fail": lambda: ["1"],  # its reward
    "shelf_alone": shelf_alone,
}
