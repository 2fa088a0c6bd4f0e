"""Answers to the exercises of 03_q_network."""

import numpy as np
import torch

from tests.exercises import Answers


def taken_by_gather(q_values, action):
    return torch.gather(q_values, 1, action.unsqueeze(1)).squeeze(1)


def taken_by_pairs(q_values, action):
    return q_values[range(len(action)), action]


def taken_by_loop(q_values, action):
    return torch.stack([row[a] for row, a in zip(q_values, action, strict=True)])


def taken_by_mask_in_float64(q_values, action):
    mask = action.numpy()[:, None] == np.arange(q_values.shape[1])
    return (q_values.numpy().astype(np.float64) * mask).sum(axis=1)


def taken_from_the_diagonal(q_values, action):
    return q_values.index_select(1, action.int()).diagonal()


def column_left(q_values, action):
    return q_values.gather(1, action.reshape(-1, 1))


def all_columns(q_values, action):
    return torch.index_select(q_values, 1, action)


def whole_rows(q_values, action):
    return q_values.index_select(0, action)


def index_without_axis(q_values, action):
    return torch.gather(q_values, 1, action)


def gathered_and_squeezed(q_values, action):
    return torch.gather(q_values, 1, action[:, None]).squeeze()


def index_made_float(q_values, action):
    index = torch.tensor(action[:, None].tolist(), dtype=torch.float32)
    return torch.gather(q_values, 1, index).squeeze()


def pairs_with_float(q_values, action):
    return q_values[torch.arange(q_values.shape[0]), action.to(torch.float64)]


def flat_index(q_values, action):
    return q_values.take(action)


def row_for_column(q_values, action):
    return torch.gather(q_values, 1, action.unsqueeze(0))


def gathered_along_batch(q_values, action):
    return torch.gather(q_values, 0, action.view(-1, 1)).flatten()


def pairs_swapped(q_values, action):
    return torch.stack(
        [
            q_values[:, i][a] if i < q_values.shape[1] else q_values[a, i]
            for i, a in enumerate(action)
        ]
    )


def indices_swapped(q_values, action):
    return q_values[action, range(len(action))]


def best_value(q_values, action):
    return torch.tensor([max(row) for row in q_values.tolist()])


def gathered_argmax(q_values, action):
    return q_values.gather(1, q_values.argmax(1, keepdim=True)).squeeze(1)


def first_column(q_values, action):
    return q_values.T[0].clone()


def loss_by_hand(q_value, td_target):
    return ((td_target.detach() - q_value.squeeze(-1)) ** 2).mean()


def loss_of_torch(q_value, td_target):
    return torch.nn.functional.mse_loss(q_value, td_target.data.unsqueeze(1))


def loss_by_loop(q_value, td_target):
    total = 0
    for q, y in zip(q_value[:, 0], td_target.tolist(), strict=True):
        total = total + (q - y) ** 2
    return total / len(td_target)


def loss_with_no_grad_in_float64(q_value, td_target):
    with torch.no_grad():
        data = td_target.double().clone()
    error = q_value.flatten().double() - data
    return error @ error / error.numel()


def loss_broadcast(q_value, td_target):
    return torch.mean((q_value - td_target.detach()) ** 2)


def loss_broadcast_and_live_target(q_value, td_target):
    return torch.sum((td_target - q_value) ** 2)


def table_of_squares(q_value, td_target):
    return (td_target.detach() - q_value) ** 2


def one_for_each(q_value, td_target):
    return (td_target.detach() - q_value[:, 0]) ** 2


def with_an_axis_of_one(q_value, td_target):
    return loss_by_hand(q_value, td_target).reshape(1)


def a_pair(q_value, td_target):
    return loss_by_hand(q_value, td_target), q_value


def loss_on_a_frozen_target(q_value, td_target):
    return torch.nn.functional.mse_loss(q_value[:, 0], td_target.requires_grad_(False))


def loss_on_a_detached_input(q_value, td_target):
    return torch.nn.functional.mse_loss(q_value[:, 0], td_target.detach_())


def squares_in_a_list(q_value, td_target):
    return [
        (y - q) ** 2 for q, y in zip(q_value[:, 0], td_target.tolist(), strict=True)
    ]


def not_returned(q_value, td_target):
    loss_by_hand(q_value, td_target)


def with_gradients_taken(q_value, td_target):
    loss = loss_by_hand(q_value, td_target)
    torch.autograd.grad(loss, q_value)
    return loss


def with_a_way_back_lost(q_value, td_target):
    error = q_value[:, 0] - td_target.detach()
    loss = error.square().mean()
    error.zero_()
    return loss


def root(q_value, td_target):
    return loss_by_hand(q_value, td_target).sqrt()


def mean_squared(q_value, td_target):
    return (td_target.detach().mean() - q_value.mean()) ** 2


def huber(q_value, td_target):
    return torch.nn.functional.smooth_l1_loss(q_value.flatten(), td_target.detach())


def target_live(q_value, td_target):
    return torch.nn.MSELoss()(q_value.squeeze(1), td_target)


def target_live_and_sum(q_value, td_target):
    return ((q_value.reshape(-1) - td_target) ** 2).sum()


def wrong_one_detached(q_value, td_target):
    return ((q_value.detach().squeeze() - td_target) ** 2).mean()


def all_in_no_grad(q_value, td_target):
    with torch.no_grad():
        return ((q_value.squeeze() - td_target) ** 2).mean()


def as_number(q_value, td_target):
    return ((q_value.squeeze() - td_target.detach()) ** 2).mean().item()


def in_numpy(q_value, td_target):
    return np.mean((q_value.detach().numpy()[:, 0] - td_target.detach().numpy()) ** 2)


def goes_backward(q_value, td_target):
    loss = ((q_value[:, 0] - td_target.detach()) ** 2).mean()
    loss.backward()
    return loss


def summed(q_value, td_target):
    return torch.nn.functional.mse_loss(
        q_value[:, 0], td_target.detach(), reduction="sum"
    )


def unsquared(q_value, td_target):
    return torch.mean(q_value.squeeze(1) - td_target.detach())


def unsquared_other_sign(q_value, td_target):
    return (td_target.detach().sum() - q_value.sum()) / len(td_target)


def l1(q_value, td_target):
    return torch.nn.functional.l1_loss(q_value[:, 0], td_target.detach())


def halved(q_value, td_target):
    return 0.5 * torch.nn.functional.mse_loss(q_value[:, 0], td_target.detach())


def step_by_autograd(weight, state, action, td_target, learning_rate):
    weight = weight.clone().requires_grad_()
    q_value = (state @ weight.T).gather(1, action[:, None])[:, 0]
    (td_target - q_value).square().mean().backward()
    return weight - learning_rate * weight.grad


def step_that_asks_its_input(weight, state, action, td_target, learning_rate):
    q_value = (state @ weight.requires_grad_().T).gather(1, action[:, None])[:, 0]
    (td_target - q_value).square().mean().backward()
    return weight.detach() - learning_rate * weight.grad


def step_without_a_gradient(weight, state, action, td_target, learning_rate):
    q_value = (state @ weight.T).gather(1, action[:, None])[:, 0]
    (td_target - q_value).square().mean().backward()
    return weight - learning_rate * weight.grad


def step_without_backward(weight, state, action, td_target, learning_rate):
    w = weight.clone().requires_grad_()
    (td_target - (state @ w.T).gather(1, action[:, None])[:, 0]).square().mean()
    return w - learning_rate * w.grad


def step_on_a_leaf(weight, state, action, td_target, learning_rate):
    w = weight.clone().requires_grad_()
    (
        td_target - (state @ w.T).gather(1, action[:, None])[:, 0]
    ).square().mean().backward()
    w -= learning_rate * w.grad
    return w


def no_step(weight, state, action, td_target, learning_rate):
    return weight.clone()


def step_of_the_best(weight, state, action, td_target, learning_rate):
    w = weight.clone().requires_grad_()
    (td_target - (state @ w.T).amax(-1)).square().mean().backward()
    return (w - learning_rate * w.grad).detach()


def step_of_an_optimizer(weight, state, action, td_target, learning_rate):
    weight = torch.nn.Parameter(weight.clone())
    optimizer = torch.optim.SGD([weight], lr=learning_rate)
    q_values = torch.nn.functional.linear(state, weight)
    torch.nn.functional.mse_loss(
        q_values[range(len(action)), action], td_target
    ).backward()
    optimizer.step()
    return weight


def step_by_loop_in_numpy(weight, state, action, td_target, learning_rate):
    old, state = weight.numpy().astype(np.float64), state.numpy()
    new = old.copy()
    for s, a, y in zip(state, action.tolist(), td_target.tolist(), strict=True):
        new[a] += learning_rate * 2 * (y - old[a] @ s) * s / len(state)
    return new


def step_with_index_add(weight, state, action, td_target, learning_rate):
    error = td_target - torch.einsum("bs,bs->b", state, weight[action])
    return weight.clone().index_add_(
        0, action, 2 * learning_rate / len(error) * error[:, None] * state
    )


def step_in_numpy_with_add_at(weight, state, action, td_target, learning_rate):
    new, state, action = weight.numpy().copy(), state.numpy(), action.numpy()
    error = td_target.numpy() - (new[action] * state).sum(1)
    np.add.at(new, action, 2 * learning_rate * error[:, None] * state / len(action))
    return new


def step_up(weight, state, action, td_target, learning_rate):
    return (
        2 * weight
        - step_by_autograd(weight, state, action, td_target, learning_rate).detach()
    )


def step_of_all_actions(weight, state, action, td_target, learning_rate):
    weight = weight.clone().requires_grad_()
    (td_target[:, None] - state @ weight.T).square().sum(1).mean().backward()
    return weight.detach() - learning_rate * weight.grad


def step_with_gathered_column(weight, state, action, td_target, learning_rate):
    weight = weight.clone().requires_grad_()
    torch.mean(
        (td_target - (state @ weight.T).gather(1, action[:, None])) ** 2
    ).backward()
    return weight.data - learning_rate * weight.grad


def step_without_two(weight, state, action, td_target, learning_rate):
    error = td_target - (weight[action] * state).sum(1)
    return weight.index_add(
        0, action, learning_rate * error[:, None] * state / len(action)
    )


def step_of_the_sum(weight, state, action, td_target, learning_rate):
    new = weight.clone()
    for s, a, y in zip(state, action, td_target, strict=True):
        new[a] += 2 * learning_rate * (y - weight[a] @ s) * s
    return new


def step_by_fancy_index(weight, state, action, td_target, learning_rate):
    new, s, a = weight.numpy().copy(), state.numpy(), action.numpy()
    error = td_target.numpy() - (new[a] * s).sum(1)
    new[a] += 2 * learning_rate / len(a) * error[:, None] * s
    return new


def step_in_sequence(weight, state, action, td_target, learning_rate):
    new = weight.clone()
    for i, a in enumerate(action):
        new[a] += (
            2
            * learning_rate
            / len(action)
            * (td_target[i] - new[a] @ state[i])
            * state[i]
        )
    return new


def whole_gradient(weight, state, action, td_target, learning_rate):
    return step_by_autograd(weight, state, action, td_target, 1.0)


def only_the_gradient(weight, state, action, td_target, learning_rate):
    return (
        weight - step_by_autograd(weight, state, action, td_target, learning_rate)
    ) / learning_rate


def step_of_a_masked_mean(weight, state, action, td_target, learning_rate):
    w = weight.clone().requires_grad_()
    mask = torch.nn.functional.one_hot(action, len(w))
    ((td_target[:, None] - state @ w.T) * mask).square().mean().backward()
    return w.detach() - learning_rate * w.grad


def only_the_change(weight, state, action, td_target, learning_rate):
    return step_with_index_add(weight, state, action, td_target, learning_rate) - weight


def only_the_scaled_gradient(weight, state, action, td_target, learning_rate):
    return weight - step_with_index_add(weight, state, action, td_target, learning_rate)


def two_steps(weight, state, action, td_target, learning_rate):
    for _ in range(2):
        weight = step_with_index_add(weight, state, action, td_target, learning_rate)
    return weight


def step_in_place(weight, state, action, td_target, learning_rate):
    return weight.copy_(
        step_by_autograd(weight, state, action, td_target, learning_rate).detach()
    )


def error_in_steps(q_values, action, reward, next_q, terminated, gamma):
    with torch.no_grad():
        y = reward + gamma * ~terminated * next_q.max(-1).values
    return y - q_values.gather(-1, action[:, None])[:, 0]


def error_with_where(q_values, action, reward, next_q, terminated, gamma):
    future = torch.where(terminated, 0.0, gamma * next_q.detach().amax(1))
    return reward + future - q_values[range(len(action)), action]


def error_by_loop(q_values, action, reward, next_q, terminated, gamma):
    errors = []
    for i, a in enumerate(action.tolist()):
        y = reward[i].item()
        if not terminated[i]:
            y += gamma * max(next_q[i].tolist())
        errors.append(y - q_values[i, a])
    return torch.stack(errors)


def error_turned_round(*given):
    return -error_in_steps(*given)


def error_with_a_live_target(q_values, action, reward, next_q, terminated, gamma):
    y = reward + gamma * ~terminated * next_q.amax(-1)
    return y - q_values.gather(-1, action[:, None])[:, 0]


def error_all_data(*given):
    with torch.no_grad():
        return error_in_steps(*given)


def error_of_pairs(q_values, action, reward, next_q, terminated, gamma):
    y = reward + gamma * ~terminated * next_q.detach().amax(-1)
    return y - q_values.gather(-1, action[:, None])


def error_from_the_same_state(q_values, action, reward, next_q, terminated, gamma):
    return error_in_steps(q_values, action, reward, q_values, terminated, gamma)


def error_of_the_best(q_values, action, reward, next_q, terminated, gamma):
    y = reward + gamma * ~terminated * next_q.detach().amax(-1)
    return y - q_values.max(-1).values


def error_with_the_old_action(q_values, action, reward, next_q, terminated, gamma):
    row = torch.arange(len(action))
    y = reward + gamma * ~terminated * next_q.detach()[row, action]
    return y - q_values[row, action]


def error_without_mask(q_values, action, reward, next_q, terminated, gamma):
    y = reward + gamma * next_q.detach().amax(-1)
    return y - q_values.gather(-1, action[:, None])[:, 0]


def error_without_discount(q_values, action, reward, next_q, terminated, gamma):
    return error_in_steps(q_values, action, reward, next_q, terminated, 1.0)


def error_over_the_batch(q_values, action, reward, next_q, terminated, gamma):
    y = reward + gamma * ~terminated * next_q.detach().max()
    return y - q_values.gather(-1, action[:, None])[:, 0]


def error_with_the_pair(q_values, action, reward, next_q, terminated, gamma):
    y = reward + gamma * ~terminated * next_q.max(-1)
    return y - q_values.gather(-1, action[:, None])[:, 0]


def luck_all_equal():
    return torch.full((5, 1), 2.0), torch.full((5,), 3.0)


def luck_equal_targets():
    return torch.ones(3, 1), torch.tensor([0.0, 1.0, 5.0])


def luck_without_correlation():
    return torch.tensor([[0.0], [1.0], [2.0]]), torch.tensor([1.0, 0.0, 1.0])


def luck_of_one_sample():
    return torch.ones(1, 1), torch.zeros(1)


def luck_of_perfect_predictions():
    return torch.tensor([[1.0], [2.0], [3.0]]), torch.tensor([1.0, 2.0, 3.0])


def luck_of_one_shape():
    return torch.ones(3), torch.zeros(3)


def luck_of_two_columns():
    return torch.ones(3, 1), torch.zeros(3, 1)


def luck_the_other_way_round():
    return torch.ones(3), torch.zeros(3, 1)


def luck_of_two_sizes():
    return torch.ones(3, 1), torch.zeros(2)


def luck_alone():
    return torch.ones(3, 1)


def luck_in_lists():
    return [[1.0], [1.0]], [0.0, 0.0]


def luck_without_numbers():
    return torch.full((2, 1), torch.nan), torch.zeros(2)


ANSWERS = {
    "taken_q": Answers(
        correct=[
            taken_by_gather,
            taken_by_pairs,
            taken_by_loop,
            taken_from_the_diagonal,
        ],
        wrong=[
            (taken_by_mask_in_float64, "other type"),
            (column_left, "axis left over"),
            (all_columns, "columns for rows"),
            (whole_rows, "rows by action"),
            (index_without_axis, "no second axis"),
            (index_made_float, "float index"),
            (pairs_with_float, "float index"),
            (flat_index, "first sample only"),
            (row_for_column, "first sample only"),
            (gathered_along_batch, "axis of the samples"),
            (indices_swapped, "axes swapped"),
            (pairs_swapped, "axes swapped"),
            (best_value, "greedy action"),
            (gathered_argmax, "greedy action"),
            (gathered_and_squeezed, "other shape"),
            (first_column, "ignores the action"),
        ],
    ),
    "to_blame": Answers(
        correct=["C", "c", " C "],
        wrong=[
            ("A", "answer A"),
            ("b", "answer B"),
            ("D", "answer D"),
            ("E", "no letter"),
            ("AC", "no letter"),
            (3, "no letter"),
        ],
    ),
    "td_loss": Answers(
        correct=[
            loss_by_hand,
            loss_of_torch,
            loss_by_loop,
            loss_with_no_grad_in_float64,
        ],
        wrong=[
            (loss_broadcast, "broadcast"),
            (loss_broadcast_and_live_target, "broadcast"),
            (table_of_squares, "broadcast"),
            (one_for_each, "no single number"),
            (with_an_axis_of_one, "no single number"),
            (a_pair, "other type"),
            (squares_in_a_list, "no single number"),
            (not_returned, "returns nothing"),
            (with_gradients_taken, "backward inside"),
            (with_a_way_back_lost, "no way back"),
            (root, "root"),
            (mean_squared, "square of the mean"),
            (huber, "Huber"),
            (loss_on_a_frozen_target, "changes its input"),
            (loss_on_a_detached_input, "changes its input"),
            (target_live, "target not data"),
            (target_live_and_sum, "target not data"),
            (wrong_one_detached, "roles swapped"),
            (all_in_no_grad, "prediction cut off"),
            (as_number, "prediction cut off"),
            (in_numpy, "prediction cut off"),
            (goes_backward, "backward inside"),
            (summed, "sum for mean"),
            (unsquared, "no square"),
            (unsquared_other_sign, "no square"),
            (l1, "absolute error"),
            (halved, "half the square"),
        ],
    ),
    "sgd_step": Answers(
        correct=[step_by_autograd, step_of_an_optimizer, step_with_index_add],
        wrong=[
            (step_by_loop_in_numpy, "other type"),
            (step_in_numpy_with_add_at, "other type"),
            (step_up, "uphill"),
            (step_of_all_actions, "all actions"),
            (step_with_gathered_column, "broadcast"),
            (step_without_two, "factor two"),
            (step_of_the_sum, "sum for mean"),
            (step_by_fancy_index, "repeated actions lost"),
            (step_in_sequence, "one sample at a time"),
            (whole_gradient, "no learning rate"),
            (only_the_gradient, "gradient returned"),
            (step_in_place, "changes its input"),
            (step_that_asks_its_input, "changes its input"),
            (step_without_a_gradient, "no gradient asked for"),
            (step_without_backward, "no backward"),
            (step_on_a_leaf, "recorded step"),
            (no_step, "nothing changed"),
            (step_of_the_best, "greedy action"),
            (step_of_a_masked_mean, "mean over all actions"),
            (only_the_change, "change returned"),
            (only_the_scaled_gradient, "change returned"),
            (two_steps, "two steps"),
        ],
    ),
    "network_error": Answers(
        correct=[error_in_steps, error_with_where, error_by_loop],
        wrong=[
            (error_turned_round, "sign"),
            (error_with_a_live_target, "target not data"),
            (error_all_data, "prediction cut off"),
            (error_of_pairs, "all pairs"),
            (error_from_the_same_state, "same state"),
            (error_of_the_best, "greedy action"),
            (error_with_the_old_action, "next action"),
            (error_without_mask, "ignores terminated"),
            (error_without_discount, "no discount"),
            (error_over_the_batch, "one maximum"),
            (error_with_the_pair, "max gives a pair"),
        ],
    ),
    "other_entries": Answers(
        correct=["D", "d", " D "],
        wrong=[
            ("A", "answer A"),
            ("b", "answer B"),
            ("C", "answer C"),
            ("E", "no letter"),
            ("AD", "no letter"),
            (0.9, "no letter"),
        ],
    ),
    "right_by_luck": Answers(
        correct=[luck_all_equal, luck_equal_targets, luck_without_correlation],
        wrong=[
            (luck_of_one_sample, "too few samples"),
            (luck_of_perfect_predictions, "losses differ"),
            (luck_of_one_shape, "one shape"),
            (luck_of_two_columns, "one shape"),
            (luck_the_other_way_round, "other shapes"),
            (luck_of_two_sizes, "two sizes"),
            (luck_alone, "no pair"),
            (luck_in_lists, "no tensors"),
            (luck_without_numbers, "not finite"),
        ],
    ),
}
