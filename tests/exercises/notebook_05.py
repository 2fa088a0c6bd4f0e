"""Answers to the exercises of 05_critic."""

import numpy as np
import torch
from torch.nn import functional

from tests.exercises import Answers


def target_by_loop(reward, next_q, terminated, truncated, gamma):
    return torch.tensor(
        [
            r if end else r + gamma * max(q)
            for r, q, end in zip(reward, next_q.tolist(), terminated, strict=True)
        ]
    )


def target_with_where(reward, next_q, terminated, truncated, gamma):
    with torch.no_grad():
        return torch.where(terminated, reward, reward + gamma * next_q.amax(dim=1))


def target_in_numpy(reward, next_q, terminated, truncated, gamma):
    return reward.numpy().astype(
        np.float64
    ) + gamma * ~terminated.numpy() * next_q.detach().numpy().max(axis=1)


def target_in_place(reward, next_q, terminated, truncated, gamma):
    best = next_q.detach().sort(dim=1).values[:, -1].double()
    best[terminated] = 0
    return best.mul_(gamma).add_(reward)


def target_through_termination(reward, next_q, terminated, truncated, gamma):
    return reward + gamma * next_q.detach().max(dim=-1)[0]


def target_cut_by_both(reward, next_q, terminated, truncated, gamma):
    goes_on = 1 - torch.maximum(terminated.int(), truncated.int())
    return reward + gamma * goes_on * next_q.detach().max(1)[0]


def target_where_it_ended(reward, next_q, terminated, truncated, gamma):
    return torch.where(terminated, reward + gamma * next_q.detach().amax(1), reward)


def target_masked_around_all(reward, next_q, terminated, truncated, gamma):
    return (1.0 - terminated.float()) * (reward + gamma * next_q.detach().amax(1))


def target_in_full(reward, next_q, terminated, truncated, gamma):
    best = next_q.detach().amax(1)
    best[terminated] = 0
    return reward + best


def target_discounted_in_all(reward, next_q, terminated, truncated, gamma):
    best = next_q.detach().numpy().max(1)
    return np.where(terminated, reward.numpy(), reward.numpy() + best) * gamma


def target_of_one_for_all(reward, next_q, terminated, truncated, gamma):
    best = next_q.detach().numpy().max()
    return [
        float(r) if end else float(r) + gamma * float(best)
        for r, end in zip(reward, terminated, strict=True)
    ]


def target_of_the_mean(reward, next_q, terminated, truncated, gamma):
    n_actions = next_q.shape[1]
    return reward + gamma * (~terminated) * (next_q.detach().sum(1) / n_actions)


def target_with_gradient(reward, next_q, terminated, truncated, gamma):
    return torch.where(terminated, reward, reward + gamma * next_q.max(dim=1).values)


def target_with_a_kept_axis(reward, next_q, terminated, truncated, gamma):
    return reward + gamma * ~terminated * next_q.max(dim=1, keepdim=True).values


def target_over_the_batch(reward, next_q, terminated, truncated, gamma):
    with torch.no_grad():
        return torch.where(terminated, reward, reward + gamma * next_q.max(0).values)


def target_over_the_batch_masked_last(reward, next_q, terminated, truncated, gamma):
    best = next_q.max(dim=0)[0]
    return reward + gamma * best * (1 - terminated.float())


def target_of_pairs(reward, next_q, terminated, truncated, gamma):
    return reward + next_q.detach().max(-1) * gamma


def target_of_pairs_added(reward, next_q, terminated, truncated, gamma):
    return reward + ~terminated * torch.max(next_q.detach(), -1) + gamma


def target_with_inverted_floats(reward, next_q, terminated, truncated, gamma):
    return reward + gamma * ~terminated.float() * next_q.detach().amax(1)


def share_by_formula(gamma, prize):
    return 1 - (prize - 1) / (gamma * prize)


def share_in_one_fraction(gamma, prize):
    return (1 - prize * (1 - gamma)) / (gamma * prize)


def share_by_bisection(gamma, prize):
    low, high = 0.0, 1.0
    for _ in range(60):
        share = (low + high) / 2
        work = 1 / (1 - gamma * (1 - share))
        low, high = (share, high) if work > prize else (low, share)
    return share


def share_with_the_true_value(gamma, prize):
    for_ever = 1 / (1 - gamma)
    return 1 - (prize - 1) / (gamma * for_ever)


def moved_by_lerp(target, online, tau):
    with torch.no_grad():
        for slow, fast in zip(target, online, strict=True):
            slow.lerp_(fast, tau)


def moved_in_data(target, online, tau):
    for i in range(len(target)):
        target[i].data = (1 - tau) * target[i].data + tau * online[i].data


@torch.no_grad()
def moved_by_the_difference(target, online, tau):
    for slow, fast in zip(target, online, strict=True):
        slow -= tau * (slow - fast)
    return target


def moved_in_numpy(target, online, tau):
    for slow, fast in zip(target, online, strict=True):
        slow.detach().numpy()[...] += tau * (
            fast.detach().numpy() - slow.detach().numpy()
        )


def assigned(target, online, tau):
    for slow, fast in zip(target, online, strict=True):
        slow.data = fast.data


def assigned_in_the_list(target, online, tau):
    target[:] = online


def listed_anew(target, online, tau):
    for i, fast in enumerate(online):
        target[i] = (1 - tau) * target[i] + tau * fast


def returned_anew(target, online, tau):
    return [
        slow + tau * (fast - slow) for slow, fast in zip(target, online, strict=True)
    ]


@torch.no_grad()
def rebound(target, online, tau):
    for slow, fast in zip(target, online, strict=True):
        slow = slow + tau * (fast - slow)


@torch.no_grad()
def moved_almost_all_the_way(target, online, tau):
    for slow, fast in zip(target, online, strict=True):
        slow.lerp_(fast, 1 - tau)


@torch.no_grad()
def moved_away(target, online, tau):
    for slow, fast in zip(target, online, strict=True):
        slow.add_(slow - fast, alpha=tau)


def copied(target, online, tau):
    for slow, fast in zip(target, online, strict=True):
        slow.data = fast.detach().clone()


@torch.no_grad()
def moved_with_the_old_in_full(target, online, tau):
    for slow, fast in zip(target, online, strict=True):
        slow += fast * tau


def moved_and_returned_early(target, online, tau):
    for slow, fast in zip(target, online, strict=True):
        slow.data.mul_(1 - tau).add_(tau * fast.data)
        return target


@torch.no_grad()
def moved_online(target, online, tau):
    for slow, fast in zip(target, online, strict=True):
        fast.mul_(tau).add_((1 - tau) * slow)
        slow.copy_(fast)


def moved_with_a_record(target, online, tau):
    for slow, fast in zip(target, online, strict=True):
        slow.mul_(1 - tau).add_(tau * fast)


@torch.no_grad()
def moved_and_frozen(target, online, tau):
    for slow, fast in zip(target, online, strict=True):
        slow.lerp_(fast.requires_grad_(False), tau)


def moved_and_detached_in_place(target, online, tau):
    for slow, fast in zip(target, online, strict=True):
        slow.data.mul_(1 - tau).add_(tau * fast.detach_())


@torch.no_grad()
def moved_to_the_new_share(target, online, tau):
    for slow, fast in zip(target, online, strict=True):
        slow.copy_(tau * fast)


@torch.no_grad()
def moved_to_the_old_share(target, online, tau):
    for slow in target:
        slow *= 1 - tau


@torch.no_grad()
def moved_without_biases(target, online, tau):
    for slow, fast in zip(target, online, strict=True):
        if slow.ndim > 1:
            slow.lerp_(fast, tau)


@torch.no_grad()
def moved_at_the_end(target, online, tau):
    for slow, fast in zip(target, online, strict=True):
        new = slow + tau * (fast - slow)
    slow.copy_(new)


def moved_twice(target, online, tau):
    moved_by_lerp(target, online, tau)
    moved_in_data(target, online, tau)


def moved_too_far(target, online, tau):
    moved_twice(target, online, tau)
    moved_by_lerp(target, online, tau)


def listed_as_arrays(target, online, tau):
    target[:] = [(1 - tau) * slow.detach().numpy() for slow in target]


def loss_with_gather(
    online, target_network, state, action, reward, next_state, terminated, gamma
):
    with torch.no_grad():
        y = reward + gamma * ~terminated * target_network(next_state).max(-1).values
    return functional.mse_loss(
        online(state).gather(1, action.unsqueeze(1)).squeeze(1), y
    )


def loss_with_rows(
    online, target_network, state, action, reward, next_state, terminated, gamma
):
    y = torch.where(
        terminated, reward, reward + gamma * target_network(next_state).amax(1)
    ).detach()
    return (online(state)[torch.arange(len(action)), action] - y).pow(2).mean()


def loss_by_loop(
    online, target_network, state, action, reward, next_state, terminated, gamma
):
    total = 0.0
    for b in range(len(action)):
        y = reward[b].item()
        if not terminated[b]:
            y += gamma * target_network(next_state[b]).max().item()
        total = total + (y - online(state[b])[action[b]]) ** 2
    return total / len(action)


def loss_with_one_hot(
    online, target_network, state, action, reward, next_state, terminated, gamma
):
    best = target_network(next_state).detach().double().max(1)[0]
    q = (
        online(state).double() * functional.one_hot(action, online(state).shape[1])
    ).sum(1)
    error = reward + gamma * best.masked_fill(terminated, 0) - q
    return error @ error / len(error)


def loss_of_the_online_network_alone(
    online, target_network, state, action, reward, next_state, terminated, gamma
):
    y = torch.where(
        terminated, reward, reward + gamma * online(next_state).amax(1)
    ).detach()
    return (online(state)[torch.arange(len(action)), action] - y).pow(2).mean()


def loss_with_full_gradient(
    online, target_network, state, action, reward, next_state, terminated, gamma
):
    y = torch.where(terminated, reward, reward + gamma * online(next_state).amax(1))
    return functional.mse_loss(online(state)[torch.arange(len(action)), action], y)


def loss_through_the_target(
    online, target_network, state, action, reward, next_state, terminated, gamma
):
    y = torch.where(
        terminated, reward, reward + gamma * target_network(next_state).amax(1)
    )
    return functional.mse_loss(online(state)[torch.arange(len(action)), action], y)


def loss_of_exchanged_networks(online, target_network, *batch):
    return loss_with_rows(target_network, online, *batch)


def loss_without_a_record(*inputs):
    with torch.no_grad():
        return loss_with_rows(*inputs)


def loss_as_a_number(*inputs):
    return loss_with_rows(*inputs).item()


def loss_of_the_largest(online, target_network, state, action, *rest):
    return loss_with_gather(
        online, target_network, state, online(state).max(1)[1], *rest
    )


def loss_of_columns(
    online, target_network, state, action, reward, next_state, terminated, gamma
):
    y = torch.where(
        terminated, reward, reward + gamma * target_network(next_state).amax(1)
    ).detach()
    return (online(state)[:, action] - y).pow(2).mean()


def loss_with_a_kept_axis(
    online, target_network, state, action, reward, next_state, terminated, gamma
):
    y = torch.where(
        terminated, reward, reward + gamma * target_network(next_state).amax(1)
    ).detach()
    return (online(state).gather(1, action[:, None]) - y).pow(2).mean()


def loss_with_a_kept_axis_in_the_target(
    online, target_network, state, action, reward, next_state, terminated, gamma
):
    q = online(state)[torch.arange(len(action)), action]
    y = reward.view(-1, 1) + gamma * target_network(next_state).detach().amax(
        1, keepdim=True
    ) * ~terminated.view(-1, 1)
    return (q - y).pow(2).mean()


def loss_through_termination(
    online, target_network, state, action, reward, next_state, terminated, gamma
):
    y = reward + gamma * target_network(next_state).detach().amax(1)
    return (online(state)[torch.arange(len(action)), action] - y).pow(2).mean()


def loss_masked_around_all(
    online, target_network, state, action, reward, next_state, terminated, gamma
):
    y = (1 - terminated.float()) * (
        reward + gamma * target_network(next_state).detach().amax(1)
    )
    return (online(state)[torch.arange(len(action)), action] - y).pow(2).mean()


def loss_added_up(*inputs):
    return loss_with_rows(*inputs) * len(inputs[3])


def loss_not_averaged(
    online, target_network, state, action, reward, next_state, terminated, gamma
):
    y = torch.where(
        terminated, reward, reward + gamma * target_network(next_state).amax(1)
    ).detach()
    return (online(state)[torch.arange(len(action)), action] - y).pow(2)


def loss_not_squared(
    online, target_network, state, action, reward, next_state, terminated, gamma
):
    y = torch.where(
        terminated, reward, reward + gamma * target_network(next_state).amax(1)
    ).detach()
    return y.mean() - online(state)[torch.arange(len(action)), action].mean()


def loss_gathered_flat(
    online, target_network, state, action, reward, next_state, terminated, gamma
):
    return (online(state).gather(1, action) - reward).pow(2).mean()


def loss_gone_back_through(*inputs):
    loss = loss_with_gather(*inputs)
    loss.backward()
    return loss


def loss_kept_after_backward(*inputs):
    loss = loss_with_rows(*inputs)
    loss.backward(retain_graph=True)
    return loss


def loss_with_gradients_taken(online, *inputs):
    loss = loss_with_rows(online, *inputs)
    torch.autograd.grad(loss, list(online.parameters()))
    return loss


def loss_and_copy(online, target_network, *batch):
    loss = loss_with_rows(online, target_network, *batch)
    target_network.load_state_dict(online.state_dict())
    return loss


def loss_and_polyak(online, target_network, *batch):
    loss = loss_with_gather(online, target_network, *batch)
    with torch.no_grad():
        for slow, fast in zip(
            target_network.parameters(), online.parameters(), strict=True
        ):
            slow.lerp_(fast, 0.005)
    return loss


def loss_and_step(online, *inputs):
    loss = loss_with_gather(online, *inputs)
    loss.backward()
    torch.optim.SGD(online.parameters(), lr=0.1).step()
    return loss


def loss_with_moved_weights(online, *inputs):
    loss = loss_with_gather(online, *inputs)
    with torch.no_grad():
        for weight in online.parameters():
            weight.mul_(0.99)
    return loss


def loss_in_double_weights(
    online, target_network, state, action, reward, next_state, *rest
):
    online, target_network = online.double(), target_network.double()
    return loss_with_gather(
        online,
        target_network,
        state.double(),
        action,
        reward,
        next_state.double(),
        *rest,
    )


def loss_on_a_frozen_target(online, target_network, *batch):
    for weight in target_network.parameters():
        weight.requires_grad = False
    return loss_with_gather(online, target_network, *batch)


def loss_on_a_frozen_prediction(online, *inputs):
    return loss_with_gather(online.requires_grad_(False), *inputs)


def loss_with_a_way_back_lost(*inputs):
    error = error_of(*inputs)
    loss = error.square().mean()
    error.zero_()
    return loss


def loss_not_returned(*inputs):
    loss_with_gather(*inputs)


def loss_in_a_pair(*inputs):
    return loss_with_gather(*inputs), 0


def loss_in_a_list(*inputs):
    return [error**2 for error in error_of(*inputs)]


def loss_of(target):
    """Make a loss of an answer to the exercise of the target."""

    def loss(
        online, target_network, state, action, reward, next_state, terminated, gamma
    ):
        y = target(
            reward,
            target_network(next_state).detach(),
            terminated,
            torch.zeros_like(terminated),
            gamma,
        )
        return (
            (torch.as_tensor(y).float() - online(state)[range(len(action)), action])
            .square()
            .mean()
        )

    loss.__name__ = f"loss_of_{target.__name__}"
    return loss


def loss_of_the_action_taken_before(
    online, target_network, state, action, reward, next_state, terminated, gamma
):
    index = action[:, None]
    with torch.no_grad():
        y = torch.where(
            terminated,
            reward,
            reward + gamma * target_network(next_state).gather(1, index).squeeze(1),
        )
    return functional.mse_loss(online(state).gather(1, index).squeeze(1), y)


def loss_halved(*inputs):
    return 0.5 * error_of(*inputs).pow(2).mean()


def loss_of_the_root(*inputs):
    return loss_with_rows(*inputs) ** 0.5


def loss_of_sizes(*inputs):
    return functional.l1_loss(error_of(*inputs), torch.zeros(len(inputs[3])))


def loss_plus_one(*inputs):
    return loss_with_rows(*inputs) + 1


def target_cut_by_truncation(reward, next_q, terminated, truncated, gamma):
    return torch.where(truncated, reward, reward + gamma * next_q.detach().amax(1))


def target_cut_where_both(reward, next_q, terminated, truncated, gamma):
    return reward + gamma * next_q.detach().amax(1) * ~(terminated & truncated)


def target_with_brackets(reward, next_q, terminated, truncated, gamma):
    return (reward + gamma) * ~terminated * next_q.detach().amax(1)


def target_with_inverted_ints(reward, next_q, terminated, truncated, gamma):
    return reward + gamma * ~terminated.int() * next_q.detach().amax(1)


def target_of_the_number(reward, next_q, terminated, truncated, gamma):
    return reward + gamma * ~terminated * next_q.argmax(1)


def target_at_a_clock(reward, next_q, terminated, truncated, gamma):
    ended = terminated & ~truncated
    return reward + gamma * ~ended * next_q.detach().amax(1)


def target_with_not(reward, next_q, terminated, truncated, gamma):
    return reward + gamma * (not terminated) * next_q.detach().amax(1)


def error_of(
    online, target_network, state, action, reward, next_state, terminated, gamma
):
    with torch.no_grad():
        y = reward + gamma * ~terminated * target_network(next_state).amax(1)
    return y - online(state).gather(1, action[:, None])[:, 0]


def loss_of_here(
    online, target_network, state, action, reward, next_state, terminated, gamma
):
    error = error_of(
        online, target_network, state, action, reward, state, terminated, gamma
    )
    return (error**2).mean()


def loss_of_double(
    online, target_network, state, action, reward, next_state, terminated, gamma
):
    with torch.no_grad():
        best = online(next_state).argmax(1, keepdim=True)
        y = (
            reward
            + gamma * ~terminated * target_network(next_state).gather(1, best)[:, 0]
        )
    return ((y - online(state).gather(1, action[:, None])[:, 0]) ** 2).mean()


def loss_of_huber(*inputs):
    error = error_of(*inputs)
    return torch.nn.functional.smooth_l1_loss(error, torch.zeros_like(error))


def loss_of_the_mean_error(*inputs):
    return error_of(*inputs).mean() ** 2


ANSWERS = {
    "copies_on_the_star": Answers(
        correct=["C", "c", " C "],
        wrong=[
            ("A", "answer A"),
            ("B", "answer B"),
            ("D", "answer D"),
            ("E", "no letter"),
            ("CD", "no letter"),
            (3, "no letter"),
        ],
    ),
    "td_target": Answers(
        correct=[target_by_loop, target_with_where, target_in_place],
        wrong=[
            (target_in_numpy, "other type"),
            (target_through_termination, "ignores terminated"),
            (target_cut_by_both, "stops at truncation"),
            (target_where_it_ended, "mask inverted"),
            (target_masked_around_all, "reward masked"),
            (target_in_full, "no discount"),
            (target_discounted_in_all, "reward discounted"),
            (target_of_one_for_all, "one maximum"),
            (target_of_the_mean, "mean of actions"),
            (target_of_the_number, "action for value"),
            (target_at_a_clock, "truncation wins"),
            (target_with_not, "one flag for all"),
            (target_with_gradient, "gradient"),
            (target_with_a_kept_axis, "broadcast"),
            (target_over_the_batch, "max over the batch"),
            (target_over_the_batch_masked_last, "max over the batch"),
            (target_of_pairs, "max gives a pair"),
            (target_of_pairs_added, "max gives a pair"),
            (target_with_inverted_floats, "inverts a number"),
            (target_with_inverted_ints, "bits flipped"),
            (target_cut_by_truncation, "truncation for termination"),
            (target_cut_where_both, "both flags needed"),
            (target_with_brackets, "reward times value"),
        ],
    ),
    "cut_share": Answers(
        correct=[share_by_formula, share_in_one_fraction, share_by_bisection],
        wrong=[
            (lambda gamma, prize: (prize - 1) / gamma / prize, "share that goes on"),
            (lambda gamma, prize: 1 - (prize - 1) / prize, "no discount"),
            (lambda gamma, prize: (gamma - 1) / gamma, "reward forgotten"),
            (lambda gamma, prize: 1 / 21, "one for all"),
            (
                lambda gamma, prize: gamma * prize / (gamma * prize - prize + 1),
                "steps for share",
            ),
            (share_with_the_true_value, "truth for the maximum"),
            (lambda gamma, prize: gamma / prize, "other values"),
            (lambda gamma, prize: None, "returns nothing"),
        ],
    ),
    "diverging_features": Answers(
        correct=[
            lambda gamma: (gamma / 2, 1.0),
            lambda gamma: [-(gamma**2), -1],
            lambda gamma: np.array([0.01, 1.0]),
            lambda gamma: torch.tensor([gamma / 3, 0.5]),
        ],
        wrong=[
            (lambda gamma: gamma / 2, "no pair"),
            (lambda gamma: (gamma, 1.0, 0.0), "no pair"),
            (lambda gamma: (1.0, 2.0), "too large"),
            (lambda gamma: (1.0, 2 / gamma), "too large"),
            (lambda gamma: (0.0, 1.0), "stands still"),
            (lambda gamma: (-gamma / 2, 1.0), "opposite signs"),
            (lambda gamma: (1.0, gamma / 2), "second not larger"),
            (lambda gamma: (gamma, 1.0), "on the border"),
            (lambda gamma: (0.5, 1.0), "not for every gamma"),
            (lambda gamma: (gamma * 1.01, 1.0), "not for every gamma"),
        ],
    ),
    "polyak": Answers(
        correct=[moved_by_lerp, moved_in_data, moved_by_the_difference, moved_in_numpy],
        wrong=[
            (assigned, "shared memory"),
            (assigned_in_the_list, "shared memory"),
            (listed_anew, "other tensors"),
            (returned_anew, "not in place"),
            (rebound, "not in place"),
            (moved_almost_all_the_way, "reversed"),
            (moved_away, "wrong way"),
            (copied, "whole copy"),
            (moved_with_the_old_in_full, "old share kept whole"),
            (moved_and_returned_early, "not all tensors"),
            (moved_without_biases, "not all tensors"),
            (moved_at_the_end, "not all tensors"),
            (moved_to_the_new_share, "one share only"),
            (moved_to_the_old_share, "one share only"),
            (moved_twice, "two steps"),
            (moved_too_far, "other values"),
            (moved_and_frozen, "online frozen"),
            (moved_and_detached_in_place, "online frozen"),
            (listed_as_arrays, "other tensors"),
            (moved_online, "online moved"),
            (moved_with_a_record, "recorded step"),
        ],
    ),
    "critic_loss": Answers(
        correct=[loss_with_gather, loss_with_rows, loss_by_loop, loss_with_one_hot],
        wrong=[
            (loss_of_the_online_network_alone, "online in the target"),
            (loss_with_full_gradient, "full gradient"),
            (loss_through_the_target, "gradient to the target"),
            (loss_of_exchanged_networks, "networks exchanged"),
            (loss_without_a_record, "no gradient"),
            (loss_as_a_number, "no gradient"),
            (loss_of_the_largest, "largest for taken"),
            (loss_of_columns, "pairs"),
            (loss_with_a_kept_axis, "pairs"),
            (loss_with_a_kept_axis_in_the_target, "pairs"),
            (loss_through_termination, "ignores terminated"),
            (loss_masked_around_all, "reward masked"),
            (loss_added_up, "sum for mean"),
            (loss_of_here, "value of s"),
            (loss_of_double, "Double DQN"),
            (loss_of_huber, "Huber"),
            (loss_of_the_mean_error, "square of the mean"),
            (loss_not_averaged, "not one number"),
            (loss_not_squared, "no square"),
            (loss_gathered_flat, "index needs an axis"),
            (loss_gone_back_through, "backward inside"),
            (loss_kept_after_backward, "backward inside"),
            (loss_with_gradients_taken, "backward inside"),
            (loss_and_step, "backward inside"),
            (loss_and_copy, "weights moved"),
            (loss_and_polyak, "weights moved"),
            (loss_with_moved_weights, "weights moved"),
            (loss_in_double_weights, "weights moved"),
            (loss_on_a_frozen_target, "weights frozen"),
            (loss_on_a_frozen_prediction, "weights frozen"),
            (loss_with_a_way_back_lost, "no way back"),
            (loss_not_returned, "returns nothing"),
            (loss_in_a_pair, "other type"),
            (loss_in_a_list, "not one number"),
            (loss_of(target_where_it_ended), "mask inverted"),
            (loss_of(target_in_full), "no discount"),
            (loss_of(target_discounted_in_all), "reward discounted"),
            (loss_of(target_of_the_mean), "mean of actions"),
            (loss_of(target_of_one_for_all), "one maximum"),
            (loss_of(target_of_the_number), "action for value"),
            (loss_of(target_with_brackets), "reward times value"),
            (loss_of(target_with_inverted_ints), "bits flipped"),
            (loss_of(target_over_the_batch), "max over the batch"),
            (loss_of_the_action_taken_before, "old action"),
            (loss_halved, "half the square"),
            (loss_of_the_root, "root"),
            (loss_of_sizes, "absolute error"),
            (loss_plus_one, "other values"),
        ],
    ),
}
