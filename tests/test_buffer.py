"""The replay memory: what goes in comes out, windows stop where they must."""

from typing import Any

import numpy as np
import pytest
import torch

from dqn_tutorial import Batch, ReplayBuffer


def fill(
    memory: ReplayBuffer,
    n_steps: int,
    terminated: Any = (),
    truncated: Any = (),
    resets: Any = (),
) -> None:
    """Store steps t = 0, 1, ...: state t, action t % 3, reward t, next state t + 1, for
    each environment alike.
    """
    for t in range(n_steps):
        one = np.ones((memory.n_agents, memory.n_envs))
        memory.store(
            one[..., None] * t,
            np.full(one.shape, t % 3),
            one * t,
            one[..., None] * (t + 1),
            one * (t in terminated) > 0,
            one * (t in truncated) > 0,
            one * (t in resets) > 0,
        )


def windows(memory: ReplayBuffer) -> dict[int, tuple[float, float, bool, bool, float]]:
    """All transitions of a one-environment memory: state -> reward, next state,
    terminated, truncated, discount.
    """
    _, batches = memory.get_steps_and_iterator(n_epochs=1, max_iter=0, batch_size=7)
    found = {}
    for batch in batches:
        for s, _, r, n, te, tr, d in zip(
            *(column.tolist() for column in batch), strict=True
        ):
            assert s[0] not in found, "a transition came twice in a pass"
            found[int(s[0])] = (round(r, 4), n[0], te, tr, round(d, 4))
    return found


def test_single_steps_come_back_as_stored() -> None:
    memory = ReplayBuffer(10, dim_state=1)
    fill(memory, 5, terminated={4})
    assert len(memory) == 5
    assert windows(memory)[2] == (2.0, 3.0, False, False, 0.99)
    assert windows(memory)[4] == (4.0, 5.0, True, False, 0.99)


def test_the_ring_wraps_around_and_forgets_the_oldest() -> None:
    memory = ReplayBuffer(5, dim_state=1)
    fill(memory, 8)
    assert len(memory) == 5
    assert sorted(windows(memory)) == [3, 4, 5, 6, 7]


def test_n_step_return_by_hand() -> None:
    memory = ReplayBuffer(20, dim_state=1, gamma=0.5, n_step=3)
    fill(memory, 10)
    assert windows(memory)[2] == (2 + 0.5 * 3 + 0.25 * 4, 5.0, False, False, 0.125)


def test_a_window_ends_with_its_episode_and_has_the_shorter_discount() -> None:
    memory = ReplayBuffer(20, dim_state=1, gamma=0.5, n_step=3)
    fill(memory, 12, terminated={4}, truncated={8}, resets={5, 9})
    found = windows(memory)
    assert found[3] == (3 + 0.5 * 4, 5.0, True, False, 0.25)
    assert found[4] == (4.0, 5.0, True, False, 0.5)
    assert found[7] == (7 + 0.5 * 8, 9.0, False, True, 0.25)
    assert 5 not in found and 9 not in found  # steps that only reset
    assert len(memory) == 10


def test_a_window_ends_at_the_newest_step_also_after_wrapping() -> None:
    memory = ReplayBuffer(6, dim_state=1, gamma=0.5, n_step=4)
    fill(memory, 9)
    assert windows(memory)[7] == (7 + 0.5 * 8, 9.0, False, False, 0.25)
    assert windows(memory)[8] == (8.0, 9.0, False, False, 0.5)
    assert windows(memory)[3] == (
        3 + 0.5 * 4 + 0.25 * 5 + 0.125 * 6,
        7.0,
        False,
        False,
        0.0625,
    )


def test_where_both_flags_are_set_the_window_ends_terminated() -> None:
    memory = ReplayBuffer(6, dim_state=1, n_step=3)
    fill(memory, 4, terminated={1}, truncated={1})
    assert windows(memory)[0][2] is True


def test_gamma_is_read_when_sampling() -> None:
    memory = ReplayBuffer(6, dim_state=1, gamma=0.9, n_step=2)
    fill(memory, 4)
    memory.gamma = 0.5
    assert windows(memory)[0][4] == 0.25


def test_windows_stay_within_their_environment() -> None:
    memory = ReplayBuffer(40, dim_state=1, n_envs=2, gamma=1.0, n_step=3)
    for t in range(10):
        memory.store(
            [[t], [100 + t]],
            [0, 0],
            [1, 10],
            [[t + 1], [101 + t]],
            [False] * 2,
            [False] * 2,
        )
    batch = memory.get_next_batch(200)
    second = batch.state[:, 0] >= 100
    assert second.any() and (~second).any()
    full = batch.discount == 1
    assert set(batch.reward[second & full].tolist()) <= {10.0, 20.0, 30.0}
    assert set(batch.reward[~second & full].tolist()) <= {1.0, 2.0, 3.0}
    assert (batch.next_state[second] > 100).all() and (
        batch.next_state[~second] < 100
    ).all()


def test_batches_match_a_slow_reference(rng: np.random.Generator) -> None:
    n, gamma, n_envs, length = 4, 0.9, 3, 15
    memory = ReplayBuffer(
        length * n_envs, dim_state=2, n_envs=n_envs, gamma=gamma, n_step=n
    )
    steps = []
    is_reset = np.zeros(n_envs, bool)
    for _ in range(40):
        flags = rng.random((2, n_envs)) < 0.15
        step = (
            rng.normal(size=(n_envs, 2)),
            rng.integers(3, size=n_envs),
            rng.normal(size=n_envs),
            rng.normal(size=(n_envs, 2)),
            *(flags & ~is_reset),
            is_reset,
        )
        memory.store(*step)
        steps.append(step)
        is_reset = step[4] | step[5]
    kept = steps[-length:]
    expected = {}
    for t in range(length):
        for e in range(n_envs):
            if kept[t][6][e]:
                continue
            reward, m = 0.0, 0
            for later in range(t, min(t + n, length)):
                reward += gamma**m * kept[later][2][e]
                m += 1
                if kept[later][4][e] or kept[later][5][e]:
                    break
            last = kept[t + m - 1]
            expected[round(float(kept[t][0][e][0]), 5)] = (
                reward,
                *last[3][e],
                last[4][e],
                last[5][e],
                gamma**m,
            )
    _, batches = memory.get_steps_and_iterator(1, 0, 8)
    seen = 0
    for batch in batches:
        for i, key in enumerate(batch.state[:, 0].tolist()):
            got = [
                batch.reward[i],
                *batch.next_state[i],
                batch.terminated[i],
                batch.truncated[i],
                batch.discount[i],
            ]
            assert [float(x) for x in got] == pytest.approx(
                [float(x) for x in expected[round(key, 5)]], abs=1e-5
            )
            seen += 1
    assert seen == len(expected) == len(memory)


def test_what_is_stored_is_a_copy() -> None:
    memory, reused = ReplayBuffer(4, dim_state=1), np.zeros((1, 1))
    memory.store(reused, [0], [0], reused, [False], [False])
    reused += 9
    assert memory.get_next_batch(1).next_state.item() == 0


def test_an_epoch_is_shuffled_and_its_number_of_batches_is_right() -> None:
    memory = ReplayBuffer(50, dim_state=1)
    fill(memory, 50)
    n_batches, batches = memory.get_steps_and_iterator(
        n_epochs=2, max_iter=99, batch_size=16
    )
    batches = list(batches)
    assert n_batches == len(batches) == 8
    first, second = (
        np.concatenate([b.state[:, 0] for b in half])
        for half in (batches[:4], batches[4:])
    )
    assert sorted(first) == sorted(second) == list(range(50))
    assert not np.array_equal(first, np.sort(first)) and not np.array_equal(
        first, second
    )


def test_random_batches_are_counted_by_max_iter() -> None:
    memory = ReplayBuffer(50, dim_state=1)
    fill(memory, 5)
    n_batches, batches = memory.get_steps_and_iterator(
        n_epochs=0, max_iter=3, batch_size=64
    )
    assert n_batches == 3 and [len(batch.reward) for batch in batches] == [64, 64, 64]


def test_random_batches_reach_old_and_new_rows_alike() -> None:
    memory = ReplayBuffer(100, dim_state=1)
    fill(memory, 150)
    drawn = torch.cat([memory.get_next_batch(10).state for _ in range(400)])
    counts = np.bincount(drawn.flatten().long(), minlength=150)
    # 40 of each on average, with a standard deviation of 6.3
    assert not counts[:50].any() and 10 < counts[50:].min() < counts.max() < 75


def test_agents_draw_from_streams_of_their_own() -> None:
    both = ReplayBuffer(30, dim_state=1, seeds=(5, 6))
    alone = ReplayBuffer(30, dim_state=1, seeds=(6,))
    fill(both, 30), fill(alone, 30)
    assert (
        both.get_next_batch(8).state[1].tolist()
        == alone.get_next_batch(8).state.tolist()
    )
    assert (
        both.get_next_batch(8).state[0].tolist()
        != both.get_next_batch(8).state[1].tolist()
    )


def test_reset_restores_the_stream_and_empties_the_memory() -> None:
    memory = ReplayBuffer(30, dim_state=1)
    fill(memory, 30)
    first = memory.get_next_batch(8)
    memory.reset()
    assert len(memory) == 0
    fill(memory, 30)
    assert memory.get_next_batch(8).state.tolist() == first.state.tolist()


def test_bad_input_is_refused_and_nothing_is_lost() -> None:
    memory = ReplayBuffer(4, dim_state=2)
    with pytest.raises(ValueError, match="empty"):
        memory.get_next_batch(1)
    memory.store([[1, 2]], [0], [0], [[3, 4]], [False], [False])
    with pytest.raises(ValueError, match=r"next_state has shape \(3,\)"):
        memory.store([[1, 2]], [0], [0], [3, 4, 5], [False], [False])
    assert len(memory) == 1 and memory.get_next_batch(1).next_state.tolist() == [[3, 4]]
    with pytest.raises(ValueError, match="capacity = 1"):
        ReplayBuffer(1, dim_state=1, n_envs=2)


def test_no_window_reaches_over_a_break() -> None:
    memory = ReplayBuffer(20, dim_state=1, gamma=0.5, n_step=3)
    memory.break_off()
    fill(memory, 5, terminated={2})
    memory.break_off()
    fill(memory, 5)
    assert not memory._terminated[0, 3:].any() and list(
        np.flatnonzero(memory._truncated[0])
    ) == [4]
    batch = memory.get_next_batch(200)
    assert (batch.next_state > batch.state).all() and set(
        batch.discount[batch.state[:, 0] == 3].tolist()
    ) == {0.25}


def test_only_missing_leading_axes_of_one_are_added() -> None:
    memory = ReplayBuffer(9, dim_state=2, n_envs=3)
    step = (np.zeros(3, int), np.zeros(3), np.zeros((3, 2)), *[np.zeros(3, bool)] * 2)
    memory.store(np.ones((3, 2)), *step)
    memory.store(np.ones((1, 3, 2)), *step)
    for wrong in (np.ones((2, 3)), np.ones(6), np.ones((3, 1, 2)), np.ones((2, 3, 2))):
        with pytest.raises(ValueError, match=r"state has shape .*\(3, 2\)"):
            memory.store(wrong, *step)
    assert len(memory) == 6


@pytest.mark.parametrize(
    ("place", "value"),
    [(1, 0.9), (1, True), (4, 0.3), (5, np.nan), (4, 1), (0, ["a", "b"]), (2, "1")],
)
def test_actions_and_flags_of_another_type_are_refused(place: int, value: Any) -> None:
    memory = ReplayBuffer(3, dim_state=2)
    step: list[Any] = [[0.0, 1.0], 1, 0.5, [1.0, 2.0], False, True]
    memory.store(*step)
    step[place] = value
    with pytest.raises(TypeError, match=f"{Batch._fields[place]} is "):
        memory.store(*step)
    assert len(memory) == 1


def test_an_image_stays_uint8() -> None:
    memory = ReplayBuffer(3, dim_state=(2, 4, 4))
    image = np.arange(32, dtype=np.uint8).reshape(2, 4, 4)
    memory.store(image, 0, 1.0, image + 1, False, False)
    with pytest.raises(TypeError, match="state is float64: it must be uint8"):
        memory.store(image / 255, 0, 1.0, image, False, False)
    batch = memory.get_next_batch(5)
    assert batch.state.dtype == torch.uint8 and batch.state.shape == (5, 2, 4, 4)
    assert np.array_equal(batch.next_state[0], image + 1)


def test_a_refused_first_step_leaves_the_memory_as_it_was() -> None:
    memory, small = ReplayBuffer(4, dim_state=2), np.zeros(2, np.uint8)
    with pytest.raises(TypeError, match="action is float64"):
        memory.store(small, 0.5, 0.0, small, False, False)
    memory.store(np.ones(2), 0, 0.0, np.ones(2), False, False)
    assert memory.get_next_batch(1).state.dtype == torch.float32


def test_a_released_gamma_is_the_one_that_was_given() -> None:
    memory = ReplayBuffer(4, dim_state=2, gamma=0.5)
    memory.gamma = 0.7
    del memory.gamma
    assert memory.gamma == 0.5
    with pytest.raises(ValueError, match=r"gamma = 1\.5 is not allowed"):
        ReplayBuffer(4, dim_state=2, gamma=1.5)
