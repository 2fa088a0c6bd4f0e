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


def taken_with_one_hot(q_values, action):
    mask = torch.nn.functional.one_hot(action, q_values.shape[1]).float()
    return torch.einsum("ba,ba->b", q_values, mask)


def taken_by_boolean_mask(q_values, action):
    return q_values[torch.arange(q_values.shape[1]) == action[:, None]]


def taken_from_the_flat_table(q_values, action):
    n_samples, n_actions = q_values.shape
    return q_values.flatten().take(action + n_actions * torch.arange(n_samples))


def taken_by_matrix_product(q_values, action):
    return (q_values @ torch.eye(q_values.shape[1])[action].T).diag()


def taken_in_numpy_and_back(q_values, action):
    return torch.from_numpy(q_values.numpy()[np.arange(len(action)), action.numpy()])


def taken_in_float64(q_values, action):
    taken = torch.empty(len(action), dtype=torch.float64)
    for k in range(q_values.shape[1]):
        taken[action == k] = q_values[action == k, k].double()
    return taken


def numbers_in_a_list(q_values, action):
    return [q_values[i, a].item() for i, a in enumerate(action)]


def only_the_actions(q_values, action):
    return action.float()


def the_actions_as_they_are(q_values, action):
    return action


def counted_from_one_and_clamped(q_values, action):
    return q_values.gather(-1, (action - 1).clamp(min=0)[:, None])[:, 0]


def counted_from_one(q_values, action):
    return torch.stack([row[a - 1] for row, a in zip(q_values, action, strict=True)])


def counted_one_too_far(q_values, action):
    return q_values.gather(1, action[:, None] + 1)[:, 0]


def counted_in_a_ring(q_values, action):
    return q_values.roll(-1, dims=1).gather(1, action[:, None])[:, 0]


def counted_from_the_last(q_values, action):
    return q_values.flip(1).gather(1, action[:, None])[:, 0]


def worst_value(q_values, action):
    return q_values.min(-1).values


def best_number(q_values, action):
    return q_values.argmax(dim=1)


def action_of_the_first(q_values, action):
    return torch.tensor([row[action[0]] for row in q_values])


def result_left_empty(q_values, action):
    result = torch.zeros(len(action))
    for i, a in enumerate(action):
        taken = q_values[i, a]  # noqa: F841
    return result


def flat_and_one_too_far(q_values, action):
    n_actions = q_values.shape[1]
    return q_values.flatten()[torch.arange(1, len(action) + 1) * n_actions + action]


def times_the_action(q_values, action):
    return (q_values * action.unsqueeze(1)).sum(dim=1)


def masked_table(q_values, action):
    return torch.where(
        torch.arange(q_values.shape[1]) == action[:, None], q_values, 0.0
    )


def mask_of_the_others(q_values, action):
    mask = torch.ones_like(q_values)
    mask[torch.arange(len(action)), action] = 0
    return (mask * q_values).sum(-1)


def sum_of_all_actions(q_values, action):
    return q_values.sum(dim=-1)


def mask_summed_down(q_values, action):
    return masked_table(q_values, action).sum(0)


def mask_multiplied_from_the_left(q_values, action):
    mask = torch.nn.functional.one_hot(action, q_values.shape[1]).float()
    return mask.T @ q_values


def largest_of_the_mask(q_values, action):
    return masked_table(q_values, action).max(dim=1).values


def mean_of_the_masked(q_values, action):
    return masked_table(q_values, action).mean(dim=1)


def loop_over_the_actions(q_values, action):
    return torch.stack([q_values[i, action[i]] for i in range(q_values.shape[1])])


def flat_without_stride(q_values, action):
    return q_values.reshape(-1)[torch.arange(len(action)) + action]


def flat_with_the_batch_as_stride(q_values, action):
    return q_values.flatten()[torch.arange(len(action)) * len(action) + action]


def sorted_and_picked(q_values, action):
    return torch.sort(q_values, dim=1)[0].gather(1, action[:, None])[:, 0]


def picked_from_softmax(q_values, action):
    return torch.softmax(q_values, 1).gather(1, action[:, None])[:, 0]


def picked_and_laid_down(q_values, action):
    return q_values.T.gather(0, action[None, :])


def returned_in_the_loop(q_values, action):
    for i in range(len(action)):
        return q_values[i, action[i]]


def overwritten_in_the_loop(q_values, action):
    for row, a in zip(q_values, action, strict=True):
        taken = row[a]
    return taken


def into_whole_numbers(q_values, action):
    taken = torch.zeros_like(action)
    for i, a in enumerate(action):
        taken[i] = q_values[i, a]
    return taken


def sizes_of_the_taken(q_values, action):
    return q_values.gather(1, action[:, None])[:, 0].abs()


def best_in_a_column(q_values, action):
    return q_values.max(1, keepdim=True).values


def pair_of_the_best(q_values, action):
    return q_values.max(dim=1)


def rows_counted_by_actions(q_values, action):
    return q_values[torch.arange(q_values.shape[1]), action[:]]


def gathered_from_the_side(q_values, action):
    return q_values.T.gather(1, action[:, None])[:, 0]


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


def loss_as_a_column(q_value, td_target):
    return ((td_target.clone().detach()[:, None] - q_value) ** 2).mean()


def loss_of_the_diagonal(q_value, td_target):
    return (td_target.detach() - q_value).diagonal().square().mean()


def loss_expanded(q_value, td_target):
    y, q = torch.tensor(td_target.tolist()), q_value.view(-1)
    return (q @ q - 2 * y @ q + y @ y) / len(y)


def loss_of_large_huber(q_value, td_target):
    huber = torch.nn.HuberLoss(delta=1e6)
    return 2 * huber(q_value[:, 0], td_target.detach())


def loss_with_its_axis_kept(q_value, td_target):
    return (td_target.data[:, None] - q_value).square().mean(dim=0)


def loss_of_a_clone(q_value, td_target):
    return torch.square(td_target.clone() - q_value[:, 0]).mean()


def loss_after_no_grad(q_value, td_target):
    with torch.no_grad():
        y = td_target
    return ((y - q_value[:, 0]) ** 2).mean()


def loss_broadcast_in_no_grad(q_value, td_target):
    with torch.no_grad():
        return torch.nn.functional.mse_loss(q_value, td_target)


def loss_of_torch_with_both_faults(q_value, td_target):
    return torch.nn.functional.mse_loss(q_value, td_target)


def squeezed_along_the_wrong_axis(q_value, td_target):
    return ((td_target.detach() - q_value.squeeze(0)) ** 2).mean()


def means_of_columns(q_value, td_target):
    return ((td_target.detach()[:, None] - q_value) ** 2).mean(1)


def loss_of_the_first(q_value, td_target):
    return (td_target.detach()[0] - q_value[0, 0]) ** 2


def loss_returned_in_the_loop(q_value, td_target):
    total = 0
    for i in range(len(td_target)):
        total = total + (td_target[i].detach() - q_value[i, 0]) ** 2
        return total / len(td_target)


def loss_of_the_last(q_value, td_target):
    for q, y in zip(q_value[:, 0], td_target.tolist(), strict=True):
        loss = (q - y) ** 2
    return loss / len(td_target)


def all_to_the_first_target(q_value, td_target):
    return ((td_target[0].item() - q_value[:, 0]) ** 2).mean()


def all_from_the_first_prediction(q_value, td_target):
    return ((td_target.detach() - q_value[0]) ** 2).mean()


def all_to_the_mean(q_value, td_target):
    return ((td_target.mean().detach() - q_value) ** 2).mean()


def with_a_plus(q_value, td_target):
    return ((q_value.flatten() + td_target.detach()) ** 2).mean()


def half_of_the_sum(q_value, td_target):
    return 0.5 * ((td_target.detach() - q_value[:, 0]) ** 2).sum()


def length_of_the_errors(q_value, td_target):
    return torch.linalg.norm(td_target.detach() - q_value[:, 0])


def sum_squared(q_value, td_target):
    return (td_target.detach() - q_value[:, 0]).sum() ** 2


def divided_by_one_less(q_value, td_target):
    errors = td_target.detach() - q_value[:, 0]
    return (errors**2).sum() / (len(errors) - 1)


def spread_of_the_errors(q_value, td_target):
    return torch.var(td_target.detach() - q_value[:, 0], correction=0)


def deviation_of_the_errors(q_value, td_target):
    return (td_target.detach() - q_value[:, 0]).std()


def loss_of_torch_squared(q_value, td_target):
    return torch.nn.functional.mse_loss(q_value[:, 0], td_target.detach()) ** 2


def mean_divided_again(q_value, td_target):
    return loss_by_hand(q_value, td_target) / len(td_target)


def median_of_the_squares(q_value, td_target):
    return ((td_target.detach() - q_value[:, 0]) ** 2).median()


def times_two_for_square(q_value, td_target):
    return ((td_target.detach() - q_value[:, 0]) * 2).mean()


def twice_the_mean(q_value, td_target):
    return 2 * loss_by_hand(q_value, td_target)


def cubed(q_value, td_target):
    return ((td_target.detach() - q_value[:, 0]) ** 3).mean()


def pairs_over_the_batch(q_value, td_target):
    return ((td_target.detach() - q_value) ** 2).sum() / len(td_target)


def a_caret(q_value, td_target):
    return ((td_target.detach() - q_value[:, 0]) ^ 2).mean()


def numpy_too_early(q_value, td_target):
    return torch.tensor(np.mean((td_target.numpy() - q_value.numpy()[:, 0]) ** 2))


def added_up(q_value, td_target):
    return (td_target.detach() - q_value[:, 0]).sum()


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


def step_by_functional_gradient(weight, state, action, td_target, learning_rate):
    def loss(w):
        return (td_target - (state @ w.T)[range(len(action)), action]).square().mean()

    return weight - learning_rate * torch.func.grad(loss)(weight)


def step_of_a_layer(weight, state, action, td_target, learning_rate):
    layer = torch.nn.Linear(weight.shape[1], weight.shape[0], bias=False)
    layer.weight.data = weight.clone()
    optimizer = torch.optim.SGD(layer.parameters(), lr=learning_rate)
    optimizer.zero_grad()
    q_value = layer(state).gather(1, action[:, None])
    torch.nn.functional.mse_loss(q_value, td_target[:, None]).backward()
    optimizer.step()
    return layer.weight


def step_with_one_hot(weight, state, action, td_target, learning_rate):
    mask = torch.nn.functional.one_hot(action, len(weight))
    errors = mask * (td_target[:, None] - state @ weight.T)
    return weight + 2 * learning_rate / len(action) * errors.T @ state


def step_by_loop_in_float64(weight, state, action, td_target, learning_rate):
    old, new = weight.double(), weight.double().clone()
    for k in range(len(weight)):
        for s, a, y in zip(state.double(), action, td_target.double(), strict=True):
            if a == k:
                new[k] += 2 * learning_rate / len(action) * (y - old[k] @ s) * s
    return new


def errors_of(weight, state, action, td_target):
    return td_target - (state @ weight.T)[range(len(action)), action]


def stepped_on(weight, learning_rate, loss_of):
    w = weight.detach().clone().requires_grad_()
    loss_of(w).backward()
    return w.detach() - learning_rate * w.grad


def step_on_the_mean_of_each_action(weight, state, action, td_target, learning_rate):
    new = weight.clone()
    for a in range(len(weight)):
        mine = action == a
        if mine.any():
            error = td_target[mine] - state[mine] @ weight[a]
            new[a] += 2 * learning_rate * (error[:, None] * state[mine]).mean(0)
    return new


def step_of_all_rows(weight, state, action, td_target, learning_rate):
    error = errors_of(weight, state, action, td_target)
    return weight + 2 * learning_rate / len(action) * error @ state


def step_of_adam(weight, state, action, td_target, learning_rate):
    w = torch.nn.Parameter(weight.clone())
    optimizer = torch.optim.Adam([w], lr=learning_rate)
    errors_of(w, state, action, td_target).square().mean().backward()
    optimizer.step()
    return w


def step_forgotten(weight, state, action, td_target, learning_rate):
    w = torch.nn.Parameter(weight.clone())
    optimizer = torch.optim.SGD([w], lr=learning_rate)
    errors_of(w, state, action, td_target).square().mean().backward()
    optimizer.zero_grad()
    optimizer.step()
    return w


def gradient_of_two_losses(weight, state, action, td_target, learning_rate):
    w = weight.clone().requires_grad_()
    for _ in range(2):
        errors_of(w, state, action, td_target).square().mean().backward()
    return w.detach() - learning_rate * w.grad


def backward_twice(weight, state, action, td_target, learning_rate):
    w = weight.clone().requires_grad_()
    loss = errors_of(w, state, action, td_target).square().mean()
    loss.backward()
    loss.backward()
    return w.detach() - learning_rate * w.grad


def backward_of_the_squares(weight, state, action, td_target, learning_rate):
    return stepped_on(
        weight, learning_rate, lambda w: errors_of(w, state, action, td_target) ** 2
    )


def all_q_values_against_the_targets(weight, state, action, td_target, learning_rate):
    return stepped_on(
        weight, learning_rate, lambda w: (td_target - state @ w.T).square().mean()
    )


def product_without_transpose(weight, state, action, td_target, learning_rate):
    return stepped_on(
        weight,
        learning_rate,
        lambda w: (
            (td_target - (state @ w).gather(1, action[:, None])[:, 0]).square().mean()
        ),
    )


def product_with_float64(weight, state, action, td_target, learning_rate):
    return stepped_on(
        weight,
        learning_rate,
        lambda w: (
            errors_of(w, torch.tensor(state.tolist(), dtype=torch.float64), action, 0)
            .square()
            .mean()
        ),
    )


def gradient_of_a_copy(weight, state, action, td_target, learning_rate):
    w = 1 * weight.clone().requires_grad_()
    errors_of(w, state, action, td_target).square().mean().backward()
    return weight - learning_rate * w.grad


def loop_of_full_steps(weight, state, action, td_target, learning_rate):
    w = weight.clone()
    for s, a, y in zip(state, action, td_target, strict=True):
        w[a] += 2 * learning_rate * (y - w[a] @ s) * s
    return w


def loop_of_the_delta_rule(weight, state, action, td_target, learning_rate):
    w = weight.clone()
    for s, a, y in zip(state, action, td_target, strict=True):
        w[a] += learning_rate * (y - w[a] @ s) * s
    return w


def step_up_by_half(weight, state, action, td_target, learning_rate):
    new = weight.clone()
    for s, a, y in zip(state, action, td_target, strict=True):
        new[a] -= learning_rate * (y - weight[a] @ s) * s / len(action)
    return new


def step_of_the_last(weight, state, action, td_target, learning_rate):
    for s, a, y in zip(state, action, td_target, strict=True):
        new = weight.clone()
        new[a] += 2 * learning_rate * (y - weight[a] @ s) * s / len(action)
    return new


def step_assigned(weight, state, action, td_target, learning_rate):
    new = weight.clone()
    for s, a, y in zip(state, action, td_target, strict=True):
        new[a] = weight[a] + 2 * learning_rate / len(action) * (y - weight[a] @ s) * s
    return new


def step_on_columns(weight, state, action, td_target, learning_rate):
    return stepped_on(
        weight,
        learning_rate,
        lambda w: (td_target - (state @ w.T)[:, action]).square().mean(),
    )


def only_the_loss(weight, state, action, td_target, learning_rate):
    return errors_of(weight, state, action, td_target).square().mean()


def rows_of_the_samples(weight, state, action, td_target, learning_rate):
    error = errors_of(weight, state, action, td_target)[:, None]
    return weight[action] + 2 * learning_rate / len(action) * error * state


def step_turned_round(weight, state, action, td_target, learning_rate):
    return step_with_one_hot(weight, state, action, td_target, learning_rate).T


def step_over_the_number_of_actions(weight, state, action, td_target, learning_rate):
    error = errors_of(weight, state, action, td_target)
    return weight.index_add(
        0, action, 2 * learning_rate / len(weight) * error[:, None] * state
    )


def step_towards_the_target(weight, state, action, td_target, learning_rate):
    change = 2 * learning_rate / len(action) * td_target[:, None] * state
    return weight.index_add(0, action, change)


def step_without_targets(weight, state, action, td_target, learning_rate):
    return step_with_index_add(weight, state, action, 0 * td_target, learning_rate)


def step_with_a_plus(weight, state, action, td_target, learning_rate):
    error = td_target + (weight[action] * state).sum(1)
    change = 2 * learning_rate / len(action) * error[:, None] * state
    return weight.index_add(0, action, change)


def step_by_squared_errors(weight, state, action, td_target, learning_rate):
    error = errors_of(weight, state, action, td_target).square()
    change = 2 * learning_rate / len(action) * error[:, None] * state
    return weight.index_add(0, action, change)


def step_on_plain_errors(weight, state, action, td_target, learning_rate):
    return stepped_on(
        weight, learning_rate, lambda w: errors_of(w, state, action, td_target).mean()
    )


def step_on_l1(weight, state, action, td_target, learning_rate):
    return stepped_on(
        weight,
        learning_rate,
        lambda w: errors_of(w, state, action, td_target).abs().mean(),
    )


def step_on_smooth_l1(weight, state, action, td_target, learning_rate):
    return stepped_on(
        weight,
        learning_rate,
        lambda w: torch.nn.functional.smooth_l1_loss(
            (state @ w.T).gather(1, action[:, None])[:, 0], td_target
        ),
    )


def step_on_the_root(weight, state, action, td_target, learning_rate):
    return stepped_on(
        weight,
        learning_rate,
        lambda w: errors_of(w, state, action, td_target).square().mean().sqrt(),
    )


def step_on_the_squared_mean(weight, state, action, td_target, learning_rate):
    return stepped_on(
        weight,
        learning_rate,
        lambda w: errors_of(w, state, action, td_target).mean() ** 2,
    )


def step_along_the_mean_state(weight, state, action, td_target, learning_rate):
    new, error = weight.clone(), errors_of(weight, state, action, td_target)
    for a, e in zip(action, error, strict=True):
        new[a] += 2 * learning_rate / len(action) * e * state.mean(0)
    return new


def ten_steps(weight, state, action, td_target, learning_rate):
    w = weight.clone().requires_grad_()
    optimizer = torch.optim.SGD([w], lr=learning_rate)
    for _ in range(10):
        optimizer.zero_grad()
        errors_of(w, state, action, td_target).square().mean().backward()
        optimizer.step()
    return w


def step_of_the_best_row(weight, state, action, td_target, learning_rate):
    error = errors_of(weight, state, action, td_target)
    best = (state @ weight.T).argmax(1)
    change = 2 * learning_rate / len(action) * error[:, None] * state
    return weight.index_add(0, best, change)


def step_from_the_largest_value(weight, state, action, td_target, learning_rate):
    error = td_target - (state @ weight.T).max(1).values
    change = 2 * learning_rate / len(action) * error[:, None] * state
    return weight.index_add(0, action, change)


def step_divided(weight, state, action, td_target, learning_rate):
    w = weight.clone().requires_grad_()
    errors_of(w, state, action, td_target).square().mean().backward()
    return weight - w.grad / learning_rate


def step_without_state(weight, state, action, td_target, learning_rate):
    new, error = weight.clone(), errors_of(weight, state, action, td_target)
    for a, e in zip(action, error, strict=True):
        new[a] += 2 * learning_rate / len(action) * e
    return new


def step_with_the_state_twice(weight, state, action, td_target, learning_rate):
    new, error = weight.clone(), errors_of(weight, state, action, td_target)
    for s, a, e in zip(state, action, error, strict=True):
        new[a] += 2 * learning_rate / len(action) * e * s**2
    return new


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


def error_with_a_column_kept(q_values, action, reward, next_q, terminated, gamma):
    best = next_q.detach().amax(1, keepdim=True)
    y = reward + gamma * best * ~terminated
    return (y - q_values.gather(1, action[:, None])).mean(1)


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


def error_with_zeros_written(q_values, action, reward, next_q, terminated, gamma):
    following = next_q.detach().clone()
    following[terminated] = 0
    y = (reward + gamma * following.max(1)[0]).double()
    return y - q_values.double().take_along_dim(action[:, None], 1).squeeze(1)


def error_in_columns(q_values, action, reward, next_q, terminated, gamma):
    y = reward[:, None] + gamma * (~terminated)[:, None] * next_q.data.topk(1).values
    return (y - q_values.gather(1, action[:, None])).flatten()


def error_with_flags_as_numbers(q_values, action, reward, next_q, terminated, gamma):
    mask = torch.nn.functional.one_hot(action, q_values.shape[1])
    best = next_q.detach().sort(-1).values[:, -1]
    return reward + gamma * (1 - terminated.float()) * best - (mask * q_values).sum(1)


def error_turned_round_and_live(q_values, action, reward, next_q, terminated, gamma):
    y = reward + gamma * ~terminated * next_q.amax(-1)
    return q_values.gather(1, action[:, None])[:, 0] - y


def error_live_without_mask(q_values, action, reward, next_q, terminated, gamma):
    y = reward + gamma * next_q.max(1).values
    return y - q_values.gather(1, action[:, None])[:, 0]


def error_of_action_0(q_values, action, reward, next_q, terminated, gamma):
    y = reward + gamma * ~terminated * next_q.detach().amax(-1)
    return y - q_values[:, 0]


def error_with_the_old_best(q_values, action, reward, next_q, terminated, gamma):
    best = next_q.detach().gather(1, q_values.argmax(1, keepdim=True))[:, 0]
    y = reward + gamma * ~terminated * best
    return y - q_values.gather(1, action[:, None])[:, 0]


def error_of_the_next_prediction(q_values, action, reward, next_q, terminated, gamma):
    y = reward + gamma * ~terminated * next_q.detach().amax(-1)
    return y - next_q.gather(1, action[:, None])[:, 0]


def error_of_exchanged_states(q_values, action, reward, next_q, terminated, gamma):
    y = reward + gamma * ~terminated * q_values.detach().amax(-1)
    return y - next_q.gather(1, action[:, None])[:, 0]


def error_discounted(q_values, action, reward, next_q, terminated, gamma):
    taken = q_values.gather(1, action[:, None])[:, 0]
    return reward + gamma * (~terminated * next_q.detach().amax(-1) - taken)


def error_in_wide_brackets(q_values, action, reward, next_q, terminated, gamma):
    taken = q_values.gather(1, action[:, None])[:, 0]
    return reward + gamma * ~terminated * (next_q.detach().amax(-1) - taken)


def error_of_the_last_is_the_reward(
    q_values, action, reward, next_q, terminated, gamma
):
    taken = q_values.gather(1, action[:, None])[:, 0]
    error = reward + gamma * next_q.detach().amax(-1) - taken
    return torch.where(terminated, reward, error)


def error_with_a_plus(q_values, action, reward, next_q, terminated, gamma):
    y = reward + gamma * ~terminated * next_q.detach().amax(-1)
    return y + q_values.gather(1, action[:, None])[:, 0]


def only_the_target(q_values, action, reward, next_q, terminated, gamma):
    return reward + gamma * ~terminated * next_q.detach().amax(-1)


def only_the_prediction(q_values, action, reward, next_q, terminated, gamma):
    return q_values.gather(1, action[:, None])[:, 0]


def error_of_columns(q_values, action, reward, next_q, terminated, gamma):
    y = reward + gamma * ~terminated * next_q.detach().amax(-1)
    return y - q_values[:, action]


def error_masked(q_values, action, reward, next_q, terminated, gamma):
    return ~terminated * error_in_steps(
        q_values, action, reward, next_q, terminated, gamma
    )


def error_of_those_that_go_on(q_values, action, reward, next_q, terminated, gamma):
    return error_in_steps(q_values, action, reward, next_q, terminated, gamma)[
        ~terminated
    ]


def error_with_square(*given):
    return error_in_steps(*given) ** 2


def error_without_sign(*given):
    return error_in_steps(*given).abs()


def error_as_a_loss(*given):
    return error_in_steps(*given).square().mean()


def error_in_a_column(q_values, action, reward, next_q, terminated, gamma):
    y = reward + gamma * ~terminated * next_q.detach().amax(-1)
    return y[:, None] - q_values.gather(1, action[:, None])


def error_with_one_end_for_all(q_values, action, reward, next_q, terminated, gamma):
    taken = q_values.gather(1, action[:, None])[:, 0]
    if terminated.any():
        return reward - taken
    return reward + gamma * next_q.detach().amax(1) - taken


def error_of_rows(q_values, action, reward, next_q, terminated, gamma):
    return reward + gamma * ~terminated * next_q.detach().amax(1) - q_values[action]


def error_of_all_actions(q_values, action, reward, next_q, terminated, gamma):
    return reward + gamma * ~terminated * next_q.detach().amax(1) - q_values


def error_gathered_down(q_values, action, reward, next_q, terminated, gamma):
    taken = q_values.gather(0, action[:, None])[:, 0]
    return reward + gamma * ~terminated * next_q.detach().amax(1) - taken


def error_squeezed(*given):
    return error_in_steps(*given).squeeze()


def error_with_one_minus_flags(q_values, action, reward, next_q, terminated, gamma):
    y = reward + gamma * (1 - terminated) * next_q.detach().amax(-1)
    return y - q_values.gather(1, action[:, None])[:, 0]


def error_live_in_a_strange_way(q_values, action, reward, next_q, terminated, gamma):
    y = reward**3 + gamma * ~terminated * next_q.amax(-1)
    return y - q_values.gather(1, action[:, None])[:, 0]


def error_in_a_list(*given):
    return [error.item() for error in error_in_steps(*given)]


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


def luck_of_opposites():
    return torch.tensor([[1.0], [2.0]]), torch.tensor([2.0, 1.0])


def luck_of_shifted_predictions():
    y = torch.arange(3.0)
    return y[:, None], y + 1


def luck_of_tiny_numbers():
    return torch.tensor([[0.0], [1e-4]]), torch.tensor([0.0, 1e-4])


def luck_of_losses():
    return torch.tensor(1.0), torch.tensor(1.0)


def luck_of_a_row():
    return torch.ones(1, 3), torch.zeros(3)


def luck_of_flags():
    return torch.ones(3, 1, dtype=torch.bool), torch.zeros(3, dtype=torch.bool)


def luck_of_none_at_all():
    return torch.ones(0, 1), torch.ones(0)


def luck_of_numbers_off_by_little():
    return [torch.full((4, 1), 1e-3), torch.tensor([0.0, 2e-3, 5e-3, -1e-3])]


def luck_with_gradients_and_halves():
    y = torch.tensor([[1.0], [-1.0], [1.0], [-1.0]], requires_grad=True)
    return y, torch.tensor([1.5, 1.5, -1.5, -1.5], dtype=torch.float64)


def pair_of_whole_numbers():
    return torch.tensor([[1], [1], [1]]), torch.tensor([0, 2, 5])


ANSWERS = {
    "taken_q": Answers(
        correct=[
            taken_by_gather,
            taken_by_pairs,
            taken_by_loop,
            taken_from_the_diagonal,
            taken_with_one_hot,
            taken_by_boolean_mask,
            taken_from_the_flat_table,
            taken_by_matrix_product,
            taken_in_numpy_and_back,
            taken_in_float64,
        ],
        wrong=[
            (taken_by_mask_in_float64, "other type"),
            (numbers_in_a_list, "other type"),
            (only_the_actions, "action returned"),
            (the_actions_as_they_are, "action returned"),
            (counted_from_one_and_clamped, "counted from 1"),
            (counted_from_one, "counted from 1"),
            (counted_one_too_far, "counted from 1"),
            (counted_in_a_ring, "counted from 1"),
            (counted_from_the_last, "counted from the end"),
            (worst_value, "smallest value"),
            (best_number, "number of the best"),
            (action_of_the_first, "action of one sample"),
            (result_left_empty, "nothing written"),
            (times_the_action, "action as factor"),
            (masked_table, "zeros left"),
            (mask_of_the_others, "other actions"),
            (sum_of_all_actions, "all actions added"),
            (mask_summed_down, "summed over the samples"),
            (mask_multiplied_from_the_left, "summed over the samples"),
            (largest_of_the_mask, "maximum of the mask"),
            (mean_of_the_masked, "mean of the mask"),
            (loop_over_the_actions, "as many as actions"),
            (flat_without_stride, "flat index"),
            (flat_with_the_batch_as_stride, "rows of B places"),
            (flat_and_one_too_far, "index too large"),
            (sorted_and_picked, "sorted first"),
            (picked_from_softmax, "softmax"),
            (picked_and_laid_down, "axis in front"),
            (returned_in_the_loop, "one number"),
            (overwritten_in_the_loop, "one number"),
            (into_whole_numbers, "whole numbers"),
            (sizes_of_the_taken, "without sign"),
            (best_in_a_column, "greedy action + axis left over"),
            (pair_of_the_best, "max gives a pair"),
            (rows_counted_by_actions, "indices of two lengths"),
            (gathered_from_the_side, "index longer than table"),
            (column_left, "axis left over"),
            (all_columns, "columns for rows"),
            (whole_rows, "rows by action"),
            (index_without_axis, "index needs an axis"),
            (index_made_float, "float index"),
            (pairs_with_float, "float index"),
            (flat_index, "first sample only"),
            (row_for_column, "first sample only"),
            (gathered_along_batch, "axis of the samples"),
            (indices_swapped, "axes swapped"),
            (pairs_swapped, "axes swapped"),
            (best_value, "greedy action"),
            (gathered_argmax, "greedy action"),
            (gathered_and_squeezed, "squeezed away"),
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
            with_an_axis_of_one,
            loss_as_a_column,
            loss_of_the_diagonal,
            loss_expanded,
            loss_of_large_huber,
            loss_with_its_axis_kept,
        ],
        wrong=[
            (loss_after_no_grad, "target not data"),
            (loss_of_a_clone, "clone keeps the tie"),
            (loss_broadcast_in_no_grad, "prediction cut off + broadcast"),
            (loss_of_torch_with_both_faults, "target not data + broadcast"),
            (squeezed_along_the_wrong_axis, "broadcast"),
            (means_of_columns, "no single number"),
            (loss_of_the_first, "one sample"),
            (loss_returned_in_the_loop, "one sample"),
            (loss_of_the_last, "one sample"),
            (all_to_the_first_target, "first target for all"),
            (all_from_the_first_prediction, "first prediction for all"),
            (all_to_the_mean, "mean of the targets"),
            (with_a_plus, "errors added"),
            (half_of_the_sum, "half the square + sum for mean"),
            (length_of_the_errors, "norm"),
            (sum_squared, "square of the sum"),
            (divided_by_one_less, "B - 1"),
            (spread_of_the_errors, "variance"),
            (deviation_of_the_errors, "variance"),
            (loss_of_torch_squared, "squared twice"),
            (mean_divided_again, "divided twice"),
            (median_of_the_squares, "median"),
            (times_two_for_square, "no square"),
            (added_up, "no square + sum for mean"),
            (a_caret, "caret"),
            (twice_the_mean, "twice the mean"),
            (cubed, "third power"),
            (pairs_over_the_batch, "broadcast"),
            (numpy_too_early, "NumPy takes data"),
            (loss_broadcast, "broadcast"),
            (
                loss_broadcast_and_live_target,
                "target not data + broadcast + sum for mean",
            ),
            (table_of_squares, "broadcast + no single number"),
            (one_for_each, "no single number"),
            (a_pair, "other type"),
            (squares_in_a_list, "other type"),
            (not_returned, "returns nothing"),
            (with_gradients_taken, "backward inside"),
            (with_a_way_back_lost, "no way back"),
            (root, "root"),
            (mean_squared, "square of the mean"),
            (huber, "Huber"),
            (loss_on_a_frozen_target, "changes its input"),
            (loss_on_a_detached_input, "changes its input"),
            (target_live, "target not data"),
            (target_live_and_sum, "target not data + sum for mean"),
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
        correct=[
            step_by_autograd,
            step_of_an_optimizer,
            step_with_index_add,
            step_by_functional_gradient,
            step_of_a_layer,
            step_with_one_hot,
            step_by_loop_in_float64,
        ],
        wrong=[
            (step_on_the_mean_of_each_action, "mean of each action"),
            (step_of_all_rows, "all rows moved"),
            (step_of_adam, "Adam"),
            (step_forgotten, "nothing changed"),
            (gradient_of_two_losses, "twice as long"),
            (backward_twice, "backward inside"),
            (backward_of_the_squares, "backward of many"),
            (all_q_values_against_the_targets, "sizes do not meet"),
            (product_without_transpose, "inner sizes"),
            (product_with_float64, "two dtypes"),
            (gradient_of_a_copy, "no backward"),
            (loop_of_full_steps, "sum for mean + one sample at a time"),
            (
                loop_of_the_delta_rule,
                "factor two + sum for mean + one sample at a time",
            ),
            (step_up_by_half, "uphill + factor two"),
            (step_of_the_last, "one sample only"),
            (step_assigned, "repeated actions lost"),
            (step_on_columns, "columns for rows"),
            (only_the_loss, "loss returned"),
            (rows_of_the_samples, "one row for each sample"),
            (step_turned_round, "transposed"),
            (step_over_the_number_of_actions, "number of actions"),
            (step_towards_the_target, "prediction left out"),
            (step_without_targets, "target left out"),
            (step_with_a_plus, "prediction added"),
            (step_by_squared_errors, "error squared"),
            (step_on_plain_errors, "no square"),
            (step_on_l1, "absolute error"),
            (step_on_smooth_l1, "Huber"),
            (step_on_the_root, "root"),
            (step_on_the_squared_mean, "square of the mean"),
            (step_along_the_mean_state, "mean of the states"),
            (step_without_state, "state left out"),
            (ten_steps, "several steps"),
            (step_of_the_best_row, "row of the best"),
            (step_from_the_largest_value, "greedy action"),
            (step_divided, "divided by the learning rate"),
            (step_with_the_state_twice, "state squared"),
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
            (two_steps, "several steps"),
        ],
    ),
    "network_error": Answers(
        correct=[
            error_in_steps,
            error_with_where,
            error_by_loop,
            error_with_zeros_written,
            error_in_columns,
            error_with_flags_as_numbers,
        ],
        wrong=[
            (error_turned_round_and_live, "target not data + sign"),
            (error_live_without_mask, "ignores terminated + target not data"),
            (error_of_action_0, "ignores the action"),
            (error_with_the_old_best, "action of the same state"),
            (error_of_the_next_prediction, "next state predicts"),
            (error_of_exchanged_states, "same state + next state predicts"),
            (error_discounted, "prediction discounted"),
            (error_in_wide_brackets, "prediction discounted"),
            (error_of_the_last_is_the_reward, "prediction masked"),
            (error_with_a_plus, "prediction added"),
            (only_the_target, "target returned"),
            (only_the_prediction, "prediction returned"),
            (error_of_columns, "columns for rows"),
            (error_masked, "last error masked"),
            (error_of_those_that_go_on, "last steps dropped"),
            (error_with_square, "error squared"),
            (error_without_sign, "absolute error"),
            (error_as_a_loss, "one number"),
            (error_in_a_column, "axis left over"),
            (error_with_one_end_for_all, "one flag"),
            (error_of_rows, "rows by action"),
            (error_of_all_actions, "all actions predicted"),
            (error_gathered_down, "axis of the samples"),
            (error_squeezed, "batch axis squeezed"),
            (error_with_one_minus_flags, "minus of flags"),
            (error_live_in_a_strange_way, "target not data"),
            (error_in_a_list, "other type"),
            (error_turned_round, "sign"),
            (error_with_a_live_target, "target not data"),
            (error_all_data, "prediction cut off"),
            (error_of_pairs, "all pairs"),
            (error_with_a_column_kept, "maximum in a column"),
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
        correct=[
            luck_all_equal,
            luck_equal_targets,
            luck_without_correlation,
            luck_of_numbers_off_by_little,
            luck_with_gradients_and_halves,
        ],
        wrong=[
            (pair_of_whole_numbers, "whole numbers"),
            (luck_of_opposites, "opposite ways"),
            (luck_of_shifted_predictions, "rise together"),
            (luck_of_tiny_numbers, "no errors"),
            (luck_of_losses, "losses returned"),
            (luck_of_a_row, "other shapes"),
            (luck_of_flags, "no tensors"),
            (luck_of_none_at_all, "too few samples"),
            (luck_of_one_sample, "too few samples"),
            (luck_of_perfect_predictions, "no errors"),
            (luck_of_one_shape, "one shape"),
            (luck_of_two_columns, "one shape"),
            (luck_the_other_way_round, "exchanged"),
            (luck_of_two_sizes, "two sizes"),
            (luck_alone, "no pair"),
            (luck_in_lists, "no tensors"),
            (luck_without_numbers, "not finite"),
        ],
    ),
}
