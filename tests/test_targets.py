"""The equations against arithmetic done by hand."""

import pytest
import torch

from dqn_tutorial.targets import double_td_target, n_step_return, td_error, td_target

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
    assert n_step_return(
        torch.tensor([[1.0, 2.0, 4.0], [0.0, 0.0, 1.0]]), 0.5
    ).tolist() == [3.0, 0.25]


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
