"""The chains against values known by hand, and their environments against the
chains.
"""

import numpy as np
import pytest

from dqn_tutorial.envs import env_spec, make_vector_env
from dqn_tutorial.mdp import policy_evaluation, value_iteration
from dqn_tutorial.tasks import combination_lock, forward_chain


@pytest.mark.parametrize("n_rooms", [2, 5, 8])
def test_the_way_through_the_lock_is_best_and_worth_gamma_to_the_power_of_its_length(
    n_rooms: int,
) -> None:
    q = value_iteration(combination_lock(n_rooms, consolation=0.01, gamma=0.95))[:-1]
    assert q.argmax(-1) == pytest.approx(np.arange(n_rooms - 1) % 2)
    v = 0.95 ** np.arange(n_rooms - 2, -1, -1)
    assert q.max(-1) == pytest.approx(v)
    # any wrong door: the consolation, and room 0 again
    assert q.min(-1) == pytest.approx(0.01 + 0.95 * v[0])


def test_the_consolation_for_ever_is_worth_what_is_said() -> None:
    lock = combination_lock()
    wrong = np.eye(2)[1 - np.arange(8) % 2]
    assert policy_evaluation(lock, wrong)[:-1] == pytest.approx(0.01 / (1 - 0.95))


def test_chance_opens_the_lock_in_one_of_2_to_the_power_of_its_doors() -> None:
    lock = combination_lock(8)
    here = lock.start
    for _ in range(7):  # seven doors, each of two actions equally likely
        here = here @ lock.transition.mean(1)
    assert here[-1] == pytest.approx(2.0**-7)


@pytest.mark.parametrize("n_steps", [1, 40])
def test_values_of_the_forward_chain(n_steps: int) -> None:
    q = value_iteration(forward_chain(n_steps, gamma=0.99))
    assert q[:, 0] == pytest.approx([*(0.99 ** np.arange(n_steps - 1, -1, -1)), 0.0])


def test_n_step_returns_of_the_forward_chain_are_unbiased() -> None:
    chain = forward_chain(40, gamma=0.99)
    v, once = value_iteration(chain)[:, 0], chain.transition[:, 0]
    paid, there = np.zeros(41), np.eye(41)
    for step in range(10):
        paid = paid + 0.99**step * there @ (once * chain.reward[:, 0]).sum(-1)
        there = there @ once
    # ten rewards and a bootstrap from the truth give the truth
    assert paid + 0.99**10 * there @ v == pytest.approx(v)


def test_the_copies_of_the_lock_open_by_its_doors() -> None:
    envs = make_vector_env("combinationlock", 2)
    seen, _ = envs.reset(seed=0)
    rewards, ends = [], []
    for step in range(7):
        assert seen.argmax(-1).tolist() == [step, step if step < 2 else step - 2]
        # the second copy errs at step 1, and its steps then stay two behind
        doors = np.array([step % 2, step % 2])
        doors[1] = 0 if step == 1 else doors[1]
        seen, reward, terminated, truncated, _ = envs.step(doors)
        rewards.append(reward)
        ends.append(terminated)
        assert not truncated.any()
    envs.close()
    assert np.array(rewards).T == pytest.approx(
        np.array([[0, 0, 0, 0, 0, 0, 1], [0, 0.01, 0, 0, 0, 0, 0]])
    )
    assert np.array(ends).T.tolist() == [[False] * 6 + [True], [False] * 7]


def test_an_episode_in_the_lock_is_cut_off_after_twenty_steps() -> None:
    envs = make_vector_env("combinationlock", 1)
    envs.reset(seed=0)
    flags = [envs.step(np.array([1]))[2:4] for _ in range(20)]
    envs.close()
    assert [bool(truncated[0]) for _, truncated in flags] == [False] * 19 + [True]
    assert not any(terminated[0] for terminated, _ in flags)


def test_the_environment_of_the_forward_chain_pays_once_at_its_end() -> None:
    envs = make_vector_env("forwardchain", 1)
    envs.reset(seed=0)
    steps = [envs.step(np.array([0]))[1:4] for _ in range(40)]
    envs.close()
    assert [float(reward[0]) for reward, _, _ in steps] == [0.0] * 39 + [1.0]
    assert [bool(terminated[0]) for _, terminated, _ in steps] == [False] * 39 + [True]
    assert not any(truncated[0] for _, _, truncated in steps)


def test_the_chains_are_known_by_name() -> None:
    assert env_spec("combinationlock")[:3] == ("dqn_tutorial/CombinationLock-v0", 8, 2)
    assert env_spec("forwardchain")[:3] == ("dqn_tutorial/ForwardChain-v0", 41, 1)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"n_rooms": 1}, "n_rooms = 1"),
        ({"gamma": 1.5}, r"gamma = 1\.5"),
        ({"consolation": -0.1}, r"consolation = -0\.1"),
        ({"consolation": 0.05}, r"consolation = 0\.05.*below 0\.0368"),
    ],
)
def test_a_lock_that_is_none_is_refused(
    settings: dict[str, float], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        combination_lock(**settings)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("settings", "message"),
    [({"n_steps": 0}, "n_steps = 0"), ({"gamma": -0.1}, r"gamma = -0\.1")],
)
def test_a_chain_that_is_none_is_refused(
    settings: dict[str, float], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        forward_chain(**settings)  # type: ignore[arg-type]
