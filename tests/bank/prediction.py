"""Numbers of the predictions. What is trained is told coarsely, as it must hold on any
machine.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace
from math import comb

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
    p, v = GRID.transition[10, 3], Q_STAR.max(-1)
    y = GRID.reward[10, 3] + GRID.gamma * v
    spread = np.sqrt(p @ y**2 - (p @ y) ** 2)
    assert abs(spread / 0.64 - 0.1) < 0.02  # about a tenth
    # the square of a return is (r + gamma G)^2: its mean by one more linear equation
    best = GRID.transition[np.arange(16), Q_STAR.argmax(-1)]  # [S, S]
    r = (best * GRID.reward[np.arange(16), Q_STAR.argmax(-1)]).sum(-1)
    own = ~GRID.terminal
    squares = np.zeros(16)
    # a reward that is not 0 is the last one, so the mixed term is 0
    squares[own] = np.linalg.solve(
        np.eye(own.sum()) - GRID.gamma**2 * best[np.ix_(own, own)],
        (best * GRID.reward[np.arange(16), Q_STAR.argmax(-1)] ** 2).sum(-1)[own],
    )
    assert r[GRID.terminal].sum() == 0
    second = p @ (GRID.reward[10, 3] ** 2 + GRID.gamma**2 * squares)
    return f"{spread:.2f}", f"{np.sqrt(second - (p @ y) ** 2):.2f}", "0"


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
    learned = claims()["table-beats-naive-network"]
    return f"{learned.first.mean:.2f}", f"{learned.second.mean:.2f}"


def huber_settles() -> Iterable[str]:
    y, q = np.array([10.0] + 9 * [0.0]), 0.0
    for _ in range(2_000):
        q += 0.1 * (y - q).clip(-1, 1).mean()
    return f"{q:.2f}", f"{y.mean():.2f}", f"{np.median(y):.2f}", f"{1 / q:.0f}", "1"


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
    plain = claims()["the-preset-is-worth-it"].second
    # no more than that many of 32 scores of at least 0 can reach 475
    assert plain.high < 50 and 32 * plain.mean / 475 < 2
    return "0", "50"


def same_agent_twice() -> Iterable[str]:
    """Draw from normal scores that spread as those of the whole agent."""
    score = claims()["cartpole-truncation"].second
    spread = (score.high - score.low) / 2 / 2.58 * np.sqrt(32)
    rng = np.random.default_rng(0)
    triples = rng.normal(scale=spread, size=(1_000, 10, 2, 3)).mean(-1)
    largest = abs(triples[..., 0] - triples[..., 1]).max(-1)
    assert (largest > 50).mean() > 0.99
    return "5", "20", "50"


def merged_flags_on_cartpole() -> Iterable[str]:
    return (f"{abs(claims()['cartpole-truncation'].difference.mean):.0f}",)


NUMBERS: dict[str, Callable[[], Iterable[str]]] = {
    "best_first_step": best_first_step,
    "first_sweep": first_sweep,
    "values_after_arrows": values_after_arrows,
    "target_spread": target_spread,
    "constant_step": lambda: ["0"],
    "learned_over_epsilon": lambda: ["0"],
    "best_of_ten_machines": best_of_ten_machines,
    "wrong_shapes": wrong_shapes,
    "target_after_update": target_after_update,
    "steps_shuffled": steps_shuffled,
    "worth_of_32_angles": lambda: ["3"],
    "huber_settles": huber_settles,
    "star_copies": lambda: ["100", "1000"],
    "double_is_larger": lambda: ["0"],  # a maximum is never below another entry
    "gamma_and_score": gamma_and_score,
    "news_along_a_chain": lambda: map(walks_until_known, (1, 10)),
    "three_steps_for_ever": lambda: [
        *(three_step_error(GRID, epsilon) for epsilon in (0.1, 1.0)),
        "0.00",
    ],
    "plain_on_cartpole": plain_on_cartpole,
    "same_agent_twice": same_agent_twice,
    "merged_flags_on_cartpole": merged_flags_on_cartpole,
    "first_probe_to_fail": lambda: ["1"],  # its reward
}
