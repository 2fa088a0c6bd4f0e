"""Exam items with other numbers: each answer computed another way, by brute force or by
the package; and the export, read back.
"""

import math
import re
from collections.abc import Callable
from statistics import NormalDist
from typing import Any

import numpy as np
import pytest
import torch

from dqn_tutorial import ReplayBuffer
from dqn_tutorial.classroom.bank import LETTERS, bank, of
from dqn_tutorial.mdp import MDP, bellman_optimality_operator
from dqn_tutorial.targets import td_target
from tools.exam import variants
from tools.gift import can_be_marked, export
from tools.varied import VARIED

SEEDS = ["bank", *map(str, range(11))]
Answer = list[float]


def four_returns(*numbers: Any) -> Answer:
    *rewards, gamma = numbers
    return [rewards[t:] @ gamma ** np.arange(4 - t) for t in (3, 2, 1, 0)]


def two_sweeps(p: float, gamma: float) -> Answer:
    transition, reward = np.zeros((4, 2, 4)), np.zeros((4, 2, 4))
    for cell in range(3):
        transition[cell, 0, max(cell - 1, 0)] = 1
        transition[cell, 1, [cell, cell + 1]] = 1 - p, p
    transition[3, :, 3], reward[2, 1, 3] = 1, 1
    end = np.arange(4) == 3
    corridor = MDP(transition, reward, end, ~end / 3, gamma)
    one = bellman_optimality_operator(corridor, np.zeros(4))
    two = bellman_optimality_operator(corridor, one)
    assert one[0] == one[1] == two[0] == 0
    return [one[2], two[1], two[2]]


def target_of(r: float, gamma: float, row: list[float], end: bool) -> float:
    rows = torch.tensor([row], dtype=torch.float64)
    reward = torch.tensor([r], dtype=torch.float64)
    return td_target(reward, rows, torch.tensor([end]), gamma).item()


def one_update(
    q: float, r: float, a: float, b: float, c: float, gamma: float, alpha: float
) -> Answer:
    found = []
    for end in (False, True):
        y = target_of(r, gamma, [a, b, c], end)
        found += [y, y - q, (1 - alpha) * q + alpha * y]
    return found


def floor(spread: float, alpha: float, wanted: float) -> Answer:
    def left(alpha: float) -> float:
        variance = 1.0
        for _ in range(3_000):
            variance = (1 - alpha) ** 2 * variance + alpha**2
        return spread * math.sqrt(variance)

    low, high = 1e-3, 1.0
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (middle, high) if left(middle) < wanted else (low, middle)
    return [left(alpha), low]


def three_targets(*numbers: Any) -> Answer:
    *row, taken, r, gamma, epsilon = numbers
    chances = np.full(4, epsilon / 4)
    chances[np.argmax(row)] += 1 - epsilon
    sarsa = r + gamma * row[row.index(taken)]
    return [target_of(r, gamma, row, False), sarsa, r + gamma * (chances @ row)]


def shared_weight(rate: float, gamma: float) -> Answer:
    x, w = torch.tensor([[1.0, 0], [1, 1]]).double(), torch.zeros(2).double()
    w.requires_grad_()
    (1 - x[0] @ w).square().backward()
    assert w.grad is not None
    v = x @ (w - rate * w.grad)
    return [*v.tolist(), gamma * v[1].item()]


def ring(n_rows: int, last: int, end: int) -> Answer:
    rows, reset = [-1] * n_rows, -1
    for step in range(last + 1):
        rows[step % n_rows] = step
        if step == end + 1:
            reset = step % n_rows
    assert end in rows and rows[reset] == end + 1
    return [*map(float, rows), reset]


def flags(r: int, gamma: float, a: int, b: int) -> Answer:
    lives, ends = (target_of(r, gamma, [a, b], end) for end in (False, True))
    return [lives, ends, lives - ends]


def losses(large: int, k: int, n: int) -> Answer:
    y = torch.tensor([float(large)] * k + [0.0] * (n - k)).double()
    grid = torch.linspace(0, large, 100_001).double()
    errors = y - grid[:, None]
    huber = torch.nn.HuberLoss(reduction="none")(errors, torch.zeros_like(errors))
    places = (errors.square().sum(1).argmin(), huber.sum(1).argmin())
    return [grid[place].item() for place in places]


def weights(factor: int, gamma: float, alpha: float) -> Answer:
    def grows(gamma: float) -> bool:
        return 1.0 + alpha * (gamma * factor - 1.0) > 1.0

    edge = 1 / factor
    assert grows(edge + 1e-6) and not grows(edge - 1e-6)
    held = 1.0
    for _ in range(5_000):
        held += alpha * (gamma * factor * 1.0 - held)
    return [edge, 1.0 + alpha * (gamma * factor * 1.0 - 1.0), held]


def cost(error: float, gamma: float, best: str, second: str) -> Answer:
    bound = sum(2 * error * gamma**k for k in range(5_000))
    return [bound, float(best) - error, float(second) + error]


def windows(*numbers: Any) -> Answer:
    *rewards, gamma, v = numbers
    found = []
    for terminated in (False, True):
        memory = ReplayBuffer(
            capacity=4, dim_state=1, gamma=gamma, n_step=3, seeds=(0,)
        )
        for k, reward in enumerate(rewards):
            end = k == 3
            flags = end and terminated, end and not terminated
            memory.store([k], 0, reward, [k + 1], *flags)
        batch = next(memory.get_steps_and_iterator(1, 0, 4)[1])
        y = batch.reward + batch.discount * ~batch.terminated * v
        ordered = y[batch.state[:, 0].argsort()].tolist()
        found += ordered[1:] if terminated else ordered
    return found


def price(gamma: float, epsilon: float) -> Answer:
    chances = {1: 1 - epsilon + epsilon / 2, -1: epsilon / 2}
    one = gamma * max(chances)
    return [one, sum(chance * gamma * pay for pay, chance in chances.items())]


def value_and_return(gamma: float, says: int, steps: int) -> Answer:
    largest = sum(gamma**k for k in range(20_000))
    assert says > largest
    return [sum(gamma**k for k in range(steps)), largest]


def gamma_drops(n: int, old: int, gamma: float) -> Answer:
    def window(v: float) -> float:
        for _ in range(n):
            v = 1 + gamma * v
        return v

    v = first = window(old)
    for _ in range(2_000):
        v = window(v)
    return [first, v]


def seeds(spread: int, effect: float) -> Answer:
    n = next(n for n in range(10**6) if effect * math.sqrt(n) >= 3.86 * spread)
    shown = 1 - NormalDist(effect, spread / math.sqrt(n)).cdf(
        2.58 * spread / math.sqrt(n)
    )
    assert 0.9 <= round(shown, 2) <= 0.91
    half = next(n for n in range(10**6) if effect / 2 * math.sqrt(n) >= 3.86 * spread)
    return [n, half]


def coins(epsilon: float, n: int, reading: float) -> Answer:
    def spread(n: int) -> float:
        k = np.arange(n + 1)
        chance = np.array([math.comb(n, i) for i in k], float)
        chance *= epsilon**k * (1 - epsilon) ** (n - k)
        mean = chance @ k / n
        return math.sqrt(chance @ (k / n - mean) ** 2)

    assert math.isclose(spread(1), reading, abs_tol=1e-3)
    return [spread(n), spread(1), epsilon]


def scale(pay: int, gamma: float) -> Answer:
    largest = sum(pay * gamma**k for k in range(20_000))
    return [largest, 5 / largest]


AGAIN: dict[str, Callable[..., Answer]] = {
    "exam_four_returns": four_returns,
    "exam_two_sweeps": two_sweeps,
    "exam_one_update": one_update,
    "exam_step_size_for_a_floor": floor,
    "exam_three_targets": three_targets,
    "exam_shared_weight": shared_weight,
    "exam_ring": ring,
    "exam_flags_by_hand": flags,
    "exam_most_are_large": losses,
    "exam_w_and_three_w": weights,
    "exam_cost_of_an_error": cost,
    "exam_four_windows": windows,
    "exam_price_of_two": price,
    "exam_value_and_return": value_and_return,
    "exam_gamma_drops": gamma_drops,
    "exam_how_many_seeds": seeds,
    "exam_spread_of_exploring": coins,
    "exam_scale_of_returns": scale,
}


@pytest.mark.parametrize("name", VARIED)
def test_an_answer_is_what_another_way_gives(name: str) -> None:
    for seed in SEEDS:
        own = variants(name, seed)
        again = AGAIN[name](*own.numbers)
        assert np.allclose(own.answer, again, rtol=1e-4, atol=1e-4), seed


@pytest.mark.parametrize("name", VARIED)
def test_the_numbers_of_the_bank_give_its_key(name: str) -> None:
    number = re.compile(r"(?<![\w.])\d+(?:\.\d+)?")
    text = f"{bank()[name].key} {bank()[name].why}"
    written = [float(found) for found in number.findall(text)]
    for value in variants(name, "bank").answer:
        near = min(written, key=lambda one: abs(one - abs(value)))
        assert math.isclose(near, abs(value), rel_tol=1e-2) or value == 1 / 3, value


@pytest.mark.parametrize("name", VARIED)
def test_a_seed_draws_numbers_of_its_own(name: str) -> None:
    drawn = [variants(name, seed) for seed in SEEDS]
    assert drawn == [variants(name, seed) for seed in SEEDS]
    assert drawn[0].stem == bank()[name].stem.strip()
    assert len({own.stem for own in drawn}) > len(drawn) / 3
    assert len({len(own.stem.split()) for own in drawn}) == 1


def test_most_exam_items_of_numbers_can_vary() -> None:
    assert len(VARIED) >= 10
    assert set(VARIED) == set(AGAIN) <= {own.name for own in of("exam")}
    with pytest.raises(ValueError, match="'exam_cliff' cannot vary"):
        variants("exam_cliff", "1")


# GIFT, as its description has it: a sign after a backslash is itself
SIGN = re.compile(r"\\([~=#{}:\\n])")
HOLD = {sign: chr(0xE000 + place) for place, sign in enumerate("~=#{}:\\n")}


def hidden(text: str) -> str:
    return SIGN.sub(lambda found: HOLD[found[1]], text)


def shown(text: str) -> str:
    for sign, held in HOLD.items():
        text = text.replace(held, "\n" if sign == "n" else sign)
    return text.strip()


@pytest.fixture
def exported() -> str:
    # only here: the oldest versions that the package runs with have no Sphinx
    pytest.importorskip("mdit_py_plugins")
    return export()


def parsed(text: str) -> dict[str, dict[str, Any]]:
    """Read GIFT: for each question its stem, answers with sign and feedback, and the
    reason.
    """
    found = {}
    for block in re.split(r"\n\s*\n", hidden(text).strip()):
        if block.startswith("$CATEGORY"):
            continue
        plain_text = r"([^~=#{}:\\]+)"
        whole = re.fullmatch(rf"::(\w+)::\[html\]{plain_text}\{{([^{{}}]+)\}}", block)
        assert whole, block
        answers, _, why = whole[3].partition("####")
        is_number = re.fullmatch(r"\s*#[\d.-]+:[\d.]+\s*", answers)
        line = rf"([=~]){plain_text}(?:#{plain_text})?"
        assert is_number or re.fullmatch(rf"(?:\s*{line})+\s*", answers), block
        parts = [] if is_number else re.findall(line, answers)
        found[whole[1]] = {
            "stem": shown(whole[2]),
            "answers": [tuple(map(shown, part)) for part in parts],
            "number": shown(hidden(shown(answers)))[1:] if not parts else "",
            "why": shown(why),
        }
    return found


def plain(text: str) -> str:
    """Return the words and numbers of Markdown or HTML."""
    return "".join(re.findall(r"\w", re.sub(r"<[^>]+>|&\w+;|```\w*|[<>&]", "", text)))


def test_all_questions_that_can_be_marked_come_back_from_gift(exported: str) -> None:
    found = parsed(exported)
    wanted = {own.name: own for own in bank().values() if can_be_marked(own)}
    assert set(found) == set(wanted) and len(found) >= 90
    for name, own in wanted.items():
        read = found[name]
        assert plain(read["stem"]) == plain(re.sub(r"(?m)^[1-9]\. ", "", own.stem)), (
            name
        )
        assert plain(read["why"]) == plain(own.why), name
        signs = "".join(sign for sign, *_ in read["answers"])
        if own.choices:
            place = LETTERS.index(own.key)
            assert [plain(text) for _, text, _ in read["answers"]] == [
                plain(choice) for choice in own.choices
            ], name
            assert signs.count("=") == 1 and signs[place] == "=", name
            beliefs = [plain(belief) for sign, _, belief in read["answers"] if belief]
            assert beliefs == [plain(own.wrong[a]) for a in sorted(own.wrong)], name
        else:
            number, _, within = read["number"].partition(":")
            assert (float(number), float(within)) == (float(own.key), own.within)


def test_categories_of_gift_are_told_once(exported: str) -> None:
    told = re.findall(r"(?m)^\$CATEGORY: (.+)$", exported)
    assert len(set(told)) == len(told)


def test_a_sheet_holds_no_answer() -> None:
    pytest.importorskip("sphinx")
    from tools.exam import sheet_and_key

    names = ["exam_ring", "exam_cliff", "exam_mend_step"]
    sheet, key = sheet_and_key("7", names)
    answer = variants("exam_ring", "7").key
    assert answer in key and answer not in sheet
    assert all(name in key and name not in sheet for name in names)
    assert not re.search(r"(?:src|href)=", sheet)
    assert sheet.count("<li>") == 4 and "<math" in sheet
