"""The small tasks: answers known by hand, environments that follow their process,
copies that agree with one.
"""

from dataclasses import replace

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env

from dqn_tutorial import get_model, make_config, train
from dqn_tutorial.envs import (
    RotatingContext,
    env_id,
    make_vector_env,
    on_circle,
    quadrant,
)
from dqn_tutorial.mdp import MDP, value_iteration
from dqn_tutorial.tasks import casino, house_numbers, work_or_cash

NAMES = ("HouseNumbers", "Casino", "WorkOrCash", "RotatingContext")
MDPS = {
    "housenumbers": house_numbers(),
    "casino": casino(),
    "workorcash": work_or_cash(),
}


def test_walking_on_is_worth_gamma_to_the_houses_between() -> None:
    for n_houses, gamma in ((8, 0.99), (5, 0.5), (2, 0.9)):
        mdp = house_numbers(n_houses, gamma)
        q, house = value_iteration(mdp), np.arange(n_houses - 1)
        on = gamma ** (n_houses - 2.0 - house)
        assert q[:-1, 1] == pytest.approx(on)
        # from the first house back leads nowhere
        assert q[:-1, 0] == pytest.approx(gamma * np.r_[on[0], on[:-1]])
        assert mdp.observations is not None and mdp.observations[:, 0].tolist() == list(
            range(n_houses)
        )


def test_entering_the_casino_is_worth_what_its_machines_lose() -> None:
    q = value_iteration(casino(4))
    assert q[0] == pytest.approx([-0.1, 0, 0, 0])
    assert q[1] == pytest.approx(np.full(4, -0.1))
    won_or_lost = np.array([0.9, -1.1])
    assert casino().reward[1, 3, 3:] == pytest.approx(
        won_or_lost
    ) and won_or_lost.std() == pytest.approx(1)


def test_working_for_ever_is_worth_ten() -> None:
    assert value_iteration(work_or_cash())[0] == pytest.approx([10, 7])


def test_with_one_flag_the_answer_turns_at_a_time_limit_of_four() -> None:
    mdp = work_or_cash()
    for limit, work in ((2, 5.2), (3, 6.4), (4, 6.88), (5, 1 / (1 - 0.9 * 30 / 31))):
        # share of working steps, chosen by a coin, that are the last of an episode
        cut = 1 / (2**limit - 1)
        one_flag = replace(
            mdp,
            transition=np.array([[[1 - cut, cut], [0, 1]], [[0, 1], [0, 1]]]),
            reward=np.array([[[1.0, 1], [0, 7]], np.zeros((2, 2))]),
        )
        assert value_iteration(one_flag)[0] == pytest.approx([work, 7])
        assert (work > 7) == (limit >= 5)


def test_a_coin_meets_the_time_limit_of_three_in_one_of_seven_working_steps() -> None:
    envs, rng = make_vector_env("workorcash", 4_000), np.random.default_rng(3)
    envs.reset(seed=3)
    worked = cut = 0
    over = np.zeros(4_000, bool)
    for _ in range(24):
        works = rng.integers(2, size=4_000) == 0
        _, _, terminated, truncated, _ = envs.step(np.where(works, 0, 1))
        assert not (terminated & works).any()
        worked, cut = (
            worked + int((works & ~over).sum()),
            cut + int((truncated & ~terminated).sum()),
        )
        over = terminated | truncated
    envs.close()
    assert cut / worked == pytest.approx(1 / 7, abs=0.01)


@pytest.mark.parametrize("make", [house_numbers, casino])
def test_a_size_that_is_too_small_is_refused(make: object) -> None:
    assert callable(make)
    with pytest.raises(ValueError, match=r"= 1 is not allowed: it must be 2 or more"):
        make(1)


def test_a_turn_takes_a_step_at_least() -> None:
    with pytest.raises(
        ValueError, match=r"turn = 0 is not allowed: it must be 1 or more"
    ):
        RotatingContext(turn=0)


@pytest.mark.filterwarnings("ignore:.*A Box observation space (min|max)imum value")
@pytest.mark.parametrize("name", NAMES)
def test_gymnasium_knows_the_task_and_finds_no_fault(name: str) -> None:
    assert env_id(name.lower()) == f"dqn_tutorial/{name}-v0"
    check_env(gym.make(env_id(name)).unwrapped, skip_render_check=True)


@pytest.mark.parametrize("name", MDPS)
def test_one_environment_and_many_follow_the_process(name: str) -> None:
    """From every state that is not terminal, by every action: where one lands, the mean
    reward, and what is seen.
    """
    mdp, n = MDPS[name], 400
    assert mdp.observations is not None
    one, many = gym.make(env_id(name)).unwrapped, make_vector_env(name, n)
    one.reset(seed=5)
    many.reset(seed=5)
    for state, action in np.argwhere(np.tile(~mdp.terminal[:, None], mdp.n_actions)):
        many.state[:], many.is_over[:], many.length[:] = state, False, 0  # type: ignore[attr-defined]
        seen, reward, terminated, _, _ = many.step(np.full(n, action))
        follows(mdp, state, action, many.state, reward, terminated, seen)  # type: ignore[attr-defined]
        steps = []
        for _ in range(n):
            one.state = int(state)  # type: ignore[attr-defined]
            seen, r, ended, truncated, _ = one.step(action)
            steps.append((one.state, r, ended, seen))  # type: ignore[attr-defined]
            assert not truncated
        follows(
            mdp,
            state,
            action,
            *(np.array(column) for column in zip(*steps, strict=True)),
        )
    many.close()


def follows(
    mdp: MDP,
    state: int,
    action: int,
    landed: np.ndarray,
    reward: np.ndarray,
    terminated: np.ndarray,
    seen: np.ndarray,
) -> None:
    assert mdp.observations is not None
    share = np.bincount(landed, minlength=mdp.n_states) / len(landed)
    # nearly five standard deviations
    assert share == pytest.approx(mdp.transition[state, action], abs=0.12)
    assert reward == pytest.approx(mdp.reward[state, action][landed])
    assert (terminated == mdp.terminal[landed]).all()
    assert seen == pytest.approx(mdp.observations[landed])


@pytest.mark.parametrize(("name", "limit"), [("housenumbers", 20), ("workorcash", 3)])
def test_the_clock_truncates_and_the_next_step_only_resets(
    name: str, limit: int
) -> None:
    one, many = gym.make(env_id(name)), make_vector_env(name, 5)
    one.reset(seed=0)
    many.reset(seed=0)
    for t in range(1, limit + 1):
        _, _, terminated, truncated, _ = one.step(np.int64(0))
        assert (terminated, truncated) == (False, t == limit)
        seen, _, terminated, truncated, _ = many.step(np.zeros(5, int))
        assert not terminated.any() and (truncated == (t == limit)).all()
    seen, reward, terminated, truncated, _ = many.step(np.ones(5, int))
    assert not reward.any() and not terminated.any() and not truncated.any()
    first = MDPS[name].observations[MDPS[name].start > 0]  # type: ignore[index]
    assert np.isin(seen, first).all()
    many.close()


def test_the_quadrants_of_the_circle() -> None:
    degrees = np.array([[0.0, 89.9, 90.0, 179.9], [180.1, 269.9, 270.1, 359.9]])
    assert quadrant(np.deg2rad(degrees)).tolist() == [[0, 0, 1, 1], [2, 2, 3, 3]]
    assert quadrant(np.deg2rad(degrees - 720)).tolist() == [[0, 0, 1, 1], [2, 2, 3, 3]]
    # so near to a whole turn that rounding decides, but no fifth quadrant
    assert quadrant(-1e-20) in (0, 3)
    assert on_circle(np.deg2rad([0, 90])) == pytest.approx(
        np.array([[1, 0], [0, 1]]), abs=1e-6
    )


def test_the_context_goes_round_once_in_a_turn_and_pays_for_its_quadrant() -> None:
    envs = RotatingContext(num_envs=4, turn=40)
    seen, _ = envs.reset(seed=2)
    angles, actions = [], np.arange(4)
    for _ in range(40):
        angle = envs.angle
        # all copies see one context
        assert seen == pytest.approx(np.tile(on_circle(angle), (4, 1)))
        seen, reward, terminated, truncated, _ = envs.step(actions)
        assert reward.tolist() == (actions == quadrant(angle)).tolist()
        assert terminated.all() and not truncated.any()
        angles.append(angle)
        # this one only resets
        seen, reward, terminated, truncated, _ = envs.step(actions)
        assert not reward.any() and not terminated.any() and not truncated.any()
        assert seen == pytest.approx(np.tile(on_circle(envs.angle), (4, 1)))
    assert np.diff(np.unwrap(angles)) == pytest.approx(np.full(39, 2 * np.pi / 40))
    assert np.cos(envs.angle - angles[0]) == pytest.approx(1)


def test_one_context_and_its_copies_agree() -> None:
    one, many, rng = (
        gym.make(env_id("rotatingcontext")),
        make_vector_env("rotatingcontext", 3),
        np.random.default_rng(1),
    )
    seen, _ = one.reset(seed=8)
    assert (many.reset(seed=8)[0] == seen).all()
    for _ in range(30):
        action = rng.integers(4)
        seen, reward, terminated, truncated, _ = one.step(action)
        others = many.step(np.full(3, action))[:4]
        for mine, theirs in zip(
            (seen, reward, terminated, truncated), others, strict=True
        ):
            assert (np.asarray(mine) == theirs).all()
        seen, _ = one.reset()
        assert (many.step(np.zeros(3, int))[0] == seen).all()
    many.close()


def test_a_seed_places_the_context_and_a_reset_without_one_leaves_it() -> None:
    envs = RotatingContext()
    envs.reset(seed=1)
    first = envs.angle
    envs.step(np.zeros(1, int))
    envs.reset()
    assert envs.angle == pytest.approx((first + 2 * np.pi / 200) % (2 * np.pi))
    envs.reset(seed=2)
    assert envs.angle != first
    envs.reset(seed=1)
    assert envs.angle == first


def test_agents_of_other_seeds_meet_other_contexts_and_store_no_reset() -> None:
    config = make_config(
        "rotatingcontext",
        n_seeds=3,
        n_envs=4,
        max_steps=40,
        width=4,
        depth=1,
        eval_every=0,
    )
    agents = get_model(config)
    for _ in train(agents):
        pass
    # every other step is a transition
    assert len(agents.experience_memory) == 3 * 40 // 2
    batch = agents.experience_memory.get_next_batch(200)
    assert batch.terminated.all()
    places = [{tuple(place) for place in of_agent.tolist()} for of_agent in batch.state]
    # four copies at one place
    assert [len(place) for place in places] == [5, 5, 5] and not places[0] & places[1]
