"""Listings of the exam: each fails as its question says, and is right once mended."""

import re
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

from dqn_tutorial import DQNCritic, DQNNet, make_config
from dqn_tutorial.classroom.bank import bank
from dqn_tutorial.mdp import q_from_v, slippery_grid
from dqn_tutorial.targets import double_td_target


def listing(name: str, old: str = "", new: str = "") -> str:
    """Return the code of a question, with a piece mended as its key says."""
    found = re.search(r"(?s)```python\n(.*?)```", bank()[name].stem)
    assert found and old in found[1]
    assert all(line.strip() in bank()[name].key for line in new.splitlines())
    return found[1].replace(old, new)


def run(code: str, **names: Any) -> dict[str, Any]:
    exec(code, names)
    return names


def test_a_backup_with_the_maximum_outside() -> None:
    mdp, q = slippery_grid(), np.random.default_rng(0).random((16, 4))
    q[mdp.terminal] = 0.0
    old = "future = (transition @ q).max(-1)"
    new = "future = transition @ q.max(-1)"
    wrong, right = (
        run(code)["backup"](mdp.transition, mdp.reward, mdp.gamma, q)
        for code in (
            listing("exam_mend_backup"),
            listing("exam_mend_backup", old, new),
        )
    )
    assert (wrong <= right + 1e-12).all() and (wrong < right - 1e-9).any()
    assert np.allclose(right, q_from_v(mdp, q.max(-1)))


def test_a_step_after_the_gradient_was_cleared() -> None:
    moved = {}
    clear, back = "    optimizer.zero_grad()\n", "    loss.backward()\n"
    for name, (old, new) in {"sick": ("", ""), "well": (back, clear + back)}.items():
        code = listing("exam_mend_step")
        code = code.replace(clear, "").replace(old, new) if old else code
        net = DQNNet(3, 2, depth=0, generator=torch.Generator().manual_seed(0))
        before = torch.cat([w.detach().flatten() for w in net.parameters()])
        batch = torch.ones(4, 3), torch.tensor([0, 1, 1, 0]), torch.ones(4) * 9
        optimizer = torch.optim.Adam(net.parameters(), lr=0.1)
        run(code, net=net, batches=[batch] * 3, optimizer=optimizer)
        after = torch.cat([w.detach().flatten() for w in net.parameters()])
        moved[name] = not torch.equal(after, before)
    assert moved == {"sick": False, "well": True}


class OneArray:
    """Counts its steps, in one array; an episode has five."""

    def reset(self, seed: int | None = None) -> tuple[Any, dict[str, Any]]:
        self.state = np.zeros(1)
        return np.zeros(1), {}

    def step(self, action: int) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        self.state += 1
        return self.state, 0.0, bool(self.state[0] == 5), False, {}


@pytest.mark.parametrize("is_mended", [False, True])
def test_rows_that_share_an_array(is_mended: bool) -> None:
    code, rows = listing("exam_mend_memory"), list[Any]()
    if is_mended:
        line = "next_state = next_state.copy()"
        assert line in bank()["exam_mend_memory"].key
        code = code.replace("    rows.append", f"    {line}\n    rows.append")
    code = code.replace("1_000", "10")
    run(code, env=OneArray(), rng=np.random.default_rng(0), rows=rows)
    are_steps = [bool(row[3][0] == row[0][0] + 1) for row in rows]
    assert all(are_steps) == is_mended and len(rows) == 10


@pytest.mark.parametrize("is_mended", [False, True])
def test_a_loop_that_marks_resets(is_mended: bool) -> None:
    old, new = "next_state, terminated\n", "next_state, terminated | truncated\n"
    code = listing("exam_mend_loop", *((old, new) if is_mended else ()))
    cut, stored = np.array([[False], [True], [False]]), list[bool]()
    steps = iter(cut)
    run(
        code,
        np=np,
        n_envs=1,
        max_steps=3,
        state=0,
        agent=SimpleNamespace(select_action=lambda state: 0),
        env=SimpleNamespace(step=lambda a: (0, 0, np.array([False]), next(steps), {})),
        memory=SimpleNamespace(store=lambda *step: stored.append(bool(step[-1][0]))),
        learn_once=lambda *_: None,
        critic=None,
        batch_size=1,
    )
    assert stored == [False, False, is_mended]


def small() -> dict[str, Any]:
    return {
        "DQNCritic": DQNCritic,
        "make_config": make_config,
        "torch": torch,
        "state": torch.ones(5, 4),
        "action": torch.zeros(5, dtype=torch.int64),
        "y": torch.ones(5),
    }


def test_a_test_that_passes_every_agent(monkeypatch: pytest.MonkeyPatch) -> None:
    check = "assert torch.equal(critic.Q_t(state), before)"
    lines = (
        "critic.update_target()",
        "assert not torch.equal(critic.Q_t(state), before)",
    )
    assert all(line in bank()["exam_mend_test"].key for line in lines)
    lax = listing("exam_mend_test")
    good = lax.replace(check, "\n    ".join(lines))
    lax_test, good_test = (
        run(code, **small())["test_the_target_network_moves"] for code in (lax, good)
    )
    lax_test()
    good_test()
    monkeypatch.setattr(DQNCritic, "update_target", lambda self: None)
    lax_test()
    with pytest.raises(AssertionError):
        good_test()


def test_a_double_target_that_is_none() -> None:
    rng = torch.Generator().manual_seed(0)
    q, q_t = torch.rand(2, 50, 3, generator=rng)
    ends, reward = torch.zeros(50, dtype=torch.bool), torch.zeros(50)
    old, new = "chosen = self.Q_t(next_state)", "chosen = self.Q(next_state)"
    for code, wanted in (
        (listing("exam_mend_double"), 0.9 * q_t.amax(-1)),
        (
            listing("exam_mend_double", old, new),
            double_td_target(reward, q, q_t, ends, 0.9),
        ),
    ):
        body = "".join(f"    {line}\n" for line in code.splitlines())
        body = f"def target(self, next_state, reward, discount, terminated):\n{body}"
        networks = SimpleNamespace(Q=lambda s: q, Q_t=lambda s: q_t)
        y = run(body, torch=torch)["target"](networks, None, reward, 0.9, ends)
        assert torch.allclose(y, wanted)
