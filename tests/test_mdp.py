"""The oracle against arithmetic done by hand and against itself."""

import numpy as np
import pytest

from dqn_tutorial.envs import MDPEnv, VectorMDPEnv
from dqn_tutorial.mdp import (
    MDP,
    bellman_optimality_operator,
    greedy_policy,
    policy_evaluation,
    q_from_v,
    sample_categorical,
    slippery_grid,
    value_iteration,
)
from dqn_tutorial.tasks import probes


def two_state_chain(gamma: float = 0.5) -> MDP:
    """State 0: stay for 1, or leave to the terminal state for 3 half of the time."""
    transition = np.array([[[1.0, 0.0], [0.5, 0.5]], [[0.0, 1.0], [0.0, 1.0]]])
    reward = np.array([[[1.0, 0.0], [0.0, 3.0]], [[0.0, 0.0], [0.0, 0.0]]])
    return MDP(transition, reward, np.array([False, True]), np.array([1.0, 0.0]), gamma)


def test_value_iteration_by_hand() -> None:
    # staying for ever is worth 1 / (1 - 0.5) = 2; leaving: 0.5 * 0.5 * 2 + 0.5 * 3 = 2
    assert value_iteration(two_state_chain())[0] == pytest.approx([2.0, 2.0])
    # with gamma = 0: 1 and 1.5
    assert value_iteration(two_state_chain(0.0))[0] == pytest.approx([1.0, 1.5])


def test_policy_evaluation_by_hand() -> None:
    leave = np.array([[0.0, 1.0], [0.0, 1.0]])
    # v = 0.5 * (0.5 v) + 1.5, so v = 2
    assert policy_evaluation(two_state_chain(), leave) == pytest.approx([2.0, 0.0])
    half = np.full((2, 2), 0.5)  # v = 0.5 (1 + 0.5 v) + 0.5 (1.5 + 0.25 v), so v = 2
    assert policy_evaluation(two_state_chain(), half) == pytest.approx([2.0, 0.0])


def test_terminal_states_are_worth_nothing_whatever_v_says() -> None:
    assert q_from_v(two_state_chain(), np.array([0.0, 100.0]))[0, 1] == pytest.approx(
        1.5
    )


def test_value_iteration_is_a_fixed_point_and_the_value_of_its_greedy_policy() -> None:
    mdp = slippery_grid()
    q = value_iteration(mdp)
    v = np.where(mdp.terminal, 0, q.max(-1))
    assert bellman_optimality_operator(mdp, v) == pytest.approx(v, abs=1e-9)
    assert policy_evaluation(mdp, greedy_policy(q)) == pytest.approx(v, abs=1e-9)


def test_the_operator_contracts_by_gamma(rng: np.random.Generator) -> None:
    mdp = slippery_grid()
    for _ in range(20):
        v, w = rng.normal(size=(2, mdp.n_states))
        apart = np.abs(
            bellman_optimality_operator(mdp, v) - bellman_optimality_operator(mdp, w)
        ).max()
        assert apart <= mdp.gamma * np.abs(v - w).max() + 1e-12


def test_the_misprint_changes_the_greedy_policy_on_the_grid() -> None:
    mdp = slippery_grid()
    right, wrong = value_iteration(mdp), np.zeros((mdp.n_states, mdp.n_actions))
    for _ in range(500):  # the maximum stands outside the expectation
        future = np.einsum("sat,tb->sab", mdp.transition, wrong).max(-1)
        wrong = np.where(
            mdp.terminal[:, None],
            0,
            (mdp.transition * mdp.reward).sum(-1) + mdp.gamma * future,
        )
    assert ((right.argmax(-1) != wrong.argmax(-1)) & ~mdp.terminal).sum() == 2


def test_the_grid_slips_to_both_sides_and_walls_hold() -> None:
    mdp = slippery_grid(("..", ".G"), slip=0.2)
    # aims right; up is a wall, down is cell 2
    assert mdp.transition[0, 2] == pytest.approx([0.1, 0.8, 0.1, 0.0])
    assert mdp.reward[1, 1, 3] == 1.0


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"gamma": 1.5}, "gamma = 1.5"),
        ({"start": np.array([0.5, 0.4])}, "start must hold probabilities"),
        ({"reward": np.zeros((2, 2))}, "reward has shape"),
    ],
)
def test_bad_processes_are_refused(change: dict[str, object], message: str) -> None:
    good = two_state_chain()
    parts = {
        name: getattr(good, name)
        for name in ("transition", "reward", "terminal", "start", "gamma")
    }
    with pytest.raises(ValueError, match=message):
        MDP(**(parts | change))


def test_value_iteration_says_when_it_does_not_converge() -> None:
    with pytest.raises(RuntimeError, match="still moves"):
        value_iteration(two_state_chain(1.0), max_sweeps=50)


def test_the_environment_follows_the_process() -> None:
    env, mdp = MDPEnv(slippery_grid()), slippery_grid()
    env.reset(seed=0)
    counts = np.zeros(mdp.n_states)
    for _ in range(4_000):
        env.state = 9
        env.step(np.int64(2))
        counts[env.state] += 1
    assert counts / 4_000 == pytest.approx(mdp.transition[9, 2], abs=0.03)


def test_one_row_and_many_are_drawn_alike_whatever_their_sum(
    rng: np.random.Generator,
) -> None:
    cumulative = np.array([0.2, 0.2, 0.7, 0.999])  # outcome 1 has no chance
    state = rng.bit_generator.state
    many = sample_categorical(np.tile(cumulative, (10_000, 1)), rng)
    rng.bit_generator.state = state
    one_by_one = [int(sample_categorical(cumulative, rng)) for _ in range(100)]
    assert one_by_one == many[:100].tolist()
    np.testing.assert_allclose(
        np.bincount(many, minlength=4) / 10_000, [0.2, 0, 0.5, 0.3], atol=0.02
    )


def test_probes_have_the_values_they_are_known_for() -> None:
    q = {name: value_iteration(probe.mdp) for name, probe in probes().items()}
    assert q["one value"][0] == pytest.approx([1])
    assert q["two steps"][:2, 0] == pytest.approx([0.9, 1])
    assert q["endless work"][0] == pytest.approx([10, 7])


def test_the_copies_that_step_together_follow_the_process_and_its_resets() -> None:
    mdp, n = slippery_grid(), 4_000
    envs = VectorMDPEnv(mdp, num_envs=n, max_episode_steps=3)
    first, _ = envs.reset(seed=1)
    assert first.mean(0) == pytest.approx(mdp.start, abs=0.03)
    envs.state[:] = 13
    second, reward, terminated, truncated, _ = envs.step(np.full(n, 2))
    assert second.mean(0) == pytest.approx(mdp.transition[13, 2], abs=0.03)
    assert not terminated.any() and not truncated.any() and not reward.any()
    envs.state[:] = 6  # right of it, in cell 7, is a hole
    assert mdp.terminal[7]
    third, reward, terminated, truncated, _ = envs.step(np.full(n, 2))
    assert (reward[terminated] == -1).all() and (third.argmax(1)[terminated] == 7).all()
    assert not truncated.any() and 0.7 < terminated.mean() < 0.9
    _, reward, ended, truncated, _ = envs.step(np.full(n, 2))
    # a step that only resets
    assert not reward[terminated].any() and not ended[terminated].any()
    assert truncated[~terminated].all() and not truncated[terminated].any()
