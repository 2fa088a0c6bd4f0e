"""The equations against arithmetic done by hand."""

import numpy as np
import pytest
import torch

from dqn_tutorial.targets import (
    LOSSES,
    double_td_target,
    epsilon_greedy,
    gather,
    huber_loss,
    maxmin,
    n_step_return,
    stop_unless_finite,
    td_error,
    td_target,
)

REWARD = torch.tensor([1.0, -2.0, 0.5])
NEXT_Q = torch.tensor([[1.0, 3.0], [-4.0, -1.0], [2.0, 0.0]])
TERMINATED = torch.tensor([False, False, True])


def test_td_target_by_hand() -> None:
    # 1 + 0.9 * 3;  -2 + 0.9 * (-1);  0.5, terminated
    assert td_target(REWARD, NEXT_Q, TERMINATED, 0.9).tolist() == pytest.approx(
        [3.7, -2.9, 0.5]
    )


def test_td_target_takes_a_discount_for_each_sample() -> None:
    discount = torch.tensor([0.9, 0.81, 0.729])
    assert td_target(REWARD, NEXT_Q, TERMINATED, discount).tolist() == pytest.approx(
        [3.7, -2.81, 0.5]
    )


def test_double_td_target_by_hand() -> None:
    online = torch.tensor([[5.0, 0.0], [0.0, 5.0], [5.0, 0.0]])
    # the online network chooses actions 0, 1, 0; the target network values them 1, -1,
    # 2
    assert double_td_target(
        REWARD, online, NEXT_Q, TERMINATED, 0.9
    ).tolist() == pytest.approx([1.9, -2.9, 0.5])


def test_double_equals_single_when_both_networks_agree() -> None:
    assert torch.equal(
        double_td_target(REWARD, NEXT_Q, NEXT_Q, TERMINATED, 0.9),
        td_target(REWARD, NEXT_Q, TERMINATED, 0.9),
    )


def test_td_error_is_target_minus_prediction() -> None:
    assert td_error(torch.tensor([3.0]), torch.tensor([1.0])).item() == 2.0


def test_n_step_return_by_hand() -> None:
    reward = np.array([[1.0, 2.0, 4.0], [0.0, 0.0, 1.0], [3.0, 2.0, 9.0]], np.float32)
    is_last = np.array([[False] * 3, [False, False, True], [False, True, True]])
    summed, discount, last = n_step_return(reward, is_last, 0.5)
    assert summed.tolist() == [1 + 2 / 2 + 4 / 4, 1 / 4, 3 + 2 / 2]
    assert discount.tolist() == [1 / 8, 1 / 8, 1 / 4]
    assert last.tolist() == [2, 2, 1]


def test_losses_of_samples() -> None:
    q_value, target = torch.tensor([0.0, 0.0]), torch.tensor([0.5, -3.0])
    assert LOSSES["MSELoss"](q_value, target).tolist() == [0.25, 9.0]
    assert LOSSES["L1Loss"](q_value, target).tolist() == [0.5, 3.0]
    assert huber_loss(q_value, target).tolist() == [0.125, 2.5]


def test_maxmin_takes_the_least_of_the_members() -> None:
    q_values = torch.tensor([[[1.0, 5.0]], [[2.0, 3.0]]])  # [M, B, A]
    assert maxmin(q_values).tolist() == [[1.0, 3.0]]


def test_gather_takes_what_the_members_share() -> None:
    q_values = torch.arange(12.0).reshape(2, 3, 2)  # [M, B, A]
    assert gather(q_values, torch.tensor([1, 0, 1])).tolist() == [
        [1.0, 2.0, 5.0],
        [7.0, 8.0, 11.0],
    ]
    with pytest.raises(ValueError, match="is not one for each"):
        gather(q_values, torch.tensor([1, 0]))


def test_epsilon_greedy_explores_by_a_coin_for_each_state() -> None:
    q_values = np.tile([0.0, 1.0, 0.5], (4_000, 1))
    action, explored = epsilon_greedy(q_values, 0.3, np.random.default_rng(0))
    assert explored.mean() == pytest.approx(0.3, abs=0.03)
    assert set(action[~explored]) == {1} and set(action[explored]) == {0, 1, 2}
    by_state = epsilon_greedy(q_values, np.eye(4_000)[7], np.random.default_rng(0))[1]
    assert np.flatnonzero(by_state).tolist() == [7]


@pytest.mark.parametrize(
    ("reward", "terminated"),
    [
        (REWARD[:, None], TERMINATED[:, None]),
        (REWARD, TERMINATED[:, None]),
        (REWARD[:2], TERMINATED[:2]),
    ],
)
def test_shapes_that_would_broadcast_are_refused(
    reward: torch.Tensor, terminated: torch.Tensor
) -> None:
    with pytest.raises(ValueError, match="broadcast"):
        td_target(reward, NEXT_Q, terminated, 0.9)


def test_float_flags_are_refused() -> None:
    with pytest.raises(TypeError, match=r"torch\.bool"):
        td_target(REWARD, NEXT_Q, TERMINATED.float(), 0.9)


def test_td_error_refuses_shapes_that_differ() -> None:
    with pytest.raises(ValueError, match="one shape"):
        td_error(torch.zeros(3, 1), torch.zeros(3))


def test_a_discount_of_another_shape_is_refused_and_one_number_is_not() -> None:
    with pytest.raises(ValueError, match=r"discount \(3, 1\).*broadcast"):
        td_target(REWARD, NEXT_Q, TERMINATED, torch.full((3, 1), 0.9))
    one = td_target(REWARD, NEXT_Q, TERMINATED, torch.tensor(0.9))
    assert torch.equal(one, td_target(REWARD, NEXT_Q, TERMINATED, 0.9))


def test_values_of_one_agent_are_not_those_of_five() -> None:
    ended = torch.zeros(5, 4, dtype=torch.bool)
    for reward, next_q in (((5, 4), (1, 4, 3)), ((1, 4), (5, 4, 3)), ((), (4, 3))):
        with pytest.raises(ValueError, match="broadcast"):
            flags = torch.zeros(reward, dtype=torch.bool)
            td_target(torch.zeros(reward), torch.zeros(next_q), flags, 0.9)
    shared = td_target(torch.zeros(5, 4), torch.zeros(2, 5, 4, 3), ended, 0.9)
    assert shared.shape == (2, 5, 4)


def test_the_last_axis_is_the_actions_whatever_leads() -> None:
    online, target = torch.rand(2, 2, 3, 4, generator=torch.Generator().manual_seed(0))
    reward, ended = torch.zeros(2, 3), torch.zeros(2, 3, dtype=torch.bool)
    both = double_td_target(reward, online, target, ended, 0.5)  # [N, B]
    for k in range(2):
        own = double_td_target(reward[k], online[k], target[k], ended[k], 0.5)
        assert torch.equal(both[k], own)
    q_values = np.zeros((50, 2, 4))  # [..., A]
    q_values[..., 3] = 1
    action, explored = epsilon_greedy(q_values, 0.5, np.random.default_rng(0))
    assert action.shape == explored.shape == (50, 2)
    assert (action[~explored] == 3).all() and set(action[explored]) == {0, 1, 2, 3}


def test_an_n_step_return_is_of_the_numbers_of_the_memory() -> None:
    reward, is_last = np.ones((2, 3), np.float32), np.zeros((2, 3), bool)
    summed, discount, last = n_step_return(reward, is_last, 0.9)
    assert summed.dtype == discount.dtype == np.float32
    assert last.dtype == np.int64
    assert not is_last.any()


@pytest.mark.parametrize("bad", [np.nan, np.inf, -1e39])
def test_the_number_that_is_not_finite_is_named(bad: float) -> None:
    values = np.array([[0.5, bad], [1.0, 2.0]])
    with pytest.raises(FloatingPointError) as error:
        stop_unless_finite("reward", values, "here")
    assert str(error.value) == f"reward = {bad} here"
    stop_unless_finite("reward", values[1], "here")
