"""Answers to the exercises of 05_critic."""

import numpy as np
import torch
from torch.nn import functional

from dqn_tutorial import targets
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
    best = next_q.detach().max(dim=0)[0]
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


def share_of_twenty_steps(gamma, prize):
    low, high = 0.0, 1.0
    while high - low > 1e-9:
        share = (low + high) / 2
        goes_on = gamma * (1 - share)
        work = sum(goes_on**k for k in range(20))
        low, high = (share, high) if work > prize else (low, share)
    return high


def share_tried_in_percents(gamma, prize):
    for percent in range(101):
        if 1 / (1 - gamma * (1 - percent / 100)) < prize:
            return percent / 100
    return 1.0


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


def loss_asked_too_late(*inputs):
    return loss_without_a_record(*inputs).requires_grad_()


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


def target_by_scatter(reward, next_q, terminated, truncated, gamma):
    y = torch.empty_like(reward)
    ended = terminated.nonzero().flatten()
    goes_on = (~terminated).nonzero().flatten()
    y[ended] = reward[ended]
    y[goes_on] = reward[goes_on] + gamma * next_q[goes_on].detach().topk(1)[0].flatten()
    return y


def target_by_einsum(reward, next_q, terminated, truncated, gamma):
    goes_on = 1 - terminated.long()
    one_hot = functional.one_hot(next_q.argmax(-1), next_q.shape[1]).float()
    best = torch.einsum("ba,ba->b", one_hot, next_q.detach())
    return torch.addcmul(reward, goes_on.float(), best, value=gamma)


def target_of_a_doubled_end(reward, next_q, terminated, truncated, gamma):
    best = next_q.detach().amax(1)
    return reward + gamma * ~(terminated ^ truncated) * best


def target_of_nothing_where_cut(reward, next_q, terminated, truncated, gamma):
    y = target_with_where(reward, next_q, terminated, truncated, gamma)
    return y.masked_fill(truncated, 0)


def target_without_reward(reward, next_q, terminated, truncated, gamma):
    return gamma * next_q.detach().amax(1) * ~terminated


def target_of_the_reward(reward, next_q, terminated, truncated, gamma):
    return reward.clone()


def target_less_reward(reward, next_q, terminated, truncated, gamma):
    return gamma * next_q.detach().amax(1) * ~terminated - reward


def target_less_future(reward, next_q, terminated, truncated, gamma):
    return reward - gamma * next_q.detach().amax(1) * ~terminated


def target_as_a_mean(reward, next_q, terminated, truncated, gamma):
    return (1 - gamma) * reward + gamma * next_q.detach().amax(1) * ~terminated


def target_with_the_rest(reward, next_q, terminated, truncated, gamma):
    return reward + (1 - gamma) * next_q.detach().amax(1) * ~terminated


def target_two_steps_on(reward, next_q, terminated, truncated, gamma):
    return reward + gamma**2 * next_q.detach().amax(1) * ~terminated


def target_on_average(reward, next_q, terminated, truncated, gamma):
    return target_with_where(reward, next_q, terminated, truncated, gamma).mean()


def target_squeezed(reward, next_q, terminated, truncated, gamma):
    best = next_q.detach().max(1, keepdim=True).values
    y = reward[:, None] + gamma * best * ~terminated[:, None]
    return y.squeeze()


def target_in_a_column(reward, next_q, terminated, truncated, gamma):
    best = next_q.detach().max(1, keepdim=True).values
    return reward.view(-1, 1) + gamma * best * ~terminated.view(-1, 1)


def target_of_the_first_step(reward, next_q, terminated, truncated, gamma):
    for b in range(len(reward)):
        future = 0.0 if terminated[b] else next_q[b].max().item()
        return reward[b] + gamma * future


def target_of_what_goes_on(reward, next_q, terminated, truncated, gamma):
    go = ~terminated
    return reward[go] + gamma * next_q.detach()[go].amax(1)


def target_of_the_sum(reward, next_q, terminated, truncated, gamma):
    return reward + gamma * ~terminated * next_q.detach().sum(dim=1)


def target_of_the_worst(reward, next_q, terminated, truncated, gamma):
    return reward + gamma * ~terminated * next_q.detach().min(1).values


def target_of_the_last_action(reward, next_q, terminated, truncated, gamma):
    y = []
    for b in range(len(reward)):
        for a in range(next_q.shape[1]):
            best = next_q[b, a].item()
        y.append(reward[b].item() + (0 if terminated[b] else gamma * best))
    return torch.tensor(y)


def target_of_a_running_maximum(reward, next_q, terminated, truncated, gamma):
    y = reward.tolist()
    for b, row in enumerate(next_q.tolist()):
        best = 0.0
        for q in row:
            best = q if q > best else best
        y[b] += gamma * best * (not terminated[b])
    return torch.tensor(y)


def target_of_sizes(reward, next_q, terminated, truncated, gamma):
    return reward + gamma * ~terminated * next_q.detach().abs().amax(1)


def target_of_weights(reward, next_q, terminated, truncated, gamma):
    q = next_q.detach()
    return reward + gamma * ~terminated * (torch.softmax(q, 1) * q).sum(1)


def target_without_maximum(reward, next_q, terminated, truncated, gamma):
    return reward + gamma * ~terminated * next_q.detach()


def target_of_a_difference(reward, next_q, terminated, truncated, gamma):
    return reward + gamma * (1 - terminated) * next_q.detach().amax(1)


def target_zeroed_in_place(reward, next_q, terminated, truncated, gamma):
    next_q[terminated] = 0
    return (reward + gamma * next_q.amax(1)).detach()


def target_zeroed_in_data(reward, next_q, terminated, truncated, gamma):
    next_q.data[terminated] = 0
    return reward + gamma * next_q.detach().amax(1)


def target_by_the_package(reward, next_q, terminated, truncated, gamma):
    return targets.td_target(reward, next_q.detach(), terminated, gamma)


def target_of_both_flags_in_full(reward, next_q, terminated, truncated, gamma):
    return reward + ~(terminated | truncated) * next_q.detach().amax(1)


def target_of_whole_numbers(reward, next_q, terminated, truncated, gamma):
    return target_with_where(reward, next_q, terminated, truncated, gamma).int()


def target_of_one_flag(reward, next_q, terminated, truncated, gamma):
    if terminated.any():
        return reward.clone()
    return reward + gamma * next_q.detach().amax(1)


def share_by_steps(gamma, prize):
    low, high = np.float64(0), np.float64(1)
    while high - low > 1e-12:
        middle = (low + high) / 2
        q = 0.0
        for _ in range(5_000):
            q, last = 1 + gamma * (1 - middle) * max(q, prize), q
            if abs(q - last) < 1e-12:
                break
        low, high = (middle, high) if q > prize else (low, middle)
    return low


def share_of_the_gap(gamma, prize):
    for_ever = 1 / (1 - gamma)
    return (for_ever - prize) / for_ever


def share_of_lost_steps(gamma, prize):
    """Of q = (1 - share)(1 + gamma q)."""
    return 1 - prize / (1 + gamma * prize)


@torch.no_grad()
def moved_by_foreach(target, online, tau):
    torch._foreach_lerp_(target, online, tau)


def moved_number_by_number(target, online, tau):
    for slow, fast in zip(target, online, strict=True):
        old, new = slow.data.flatten(), fast.detach().flatten()
        slow.data = torch.stack(
            [(1 - tau) * a + tau * b for a, b in zip(old, new, strict=True)]
        ).reshape(slow.shape)


def moved_or_shared(target, online, tau):
    for slow, fast in zip(target, online, strict=True):
        if tau == 1:
            slow.data = fast.data
        else:
            slow.data.lerp_(fast.data, tau)


@torch.no_grad()
def moved_half_the_way(target, online, tau):
    for slow, fast in zip(target, online, strict=True):
        slow.copy_((slow + fast) / 2)


@torch.no_grad()
def moved_the_other(target, online, tau):
    for slow, fast in zip(target, online, strict=True):
        fast += tau * (slow - fast)


@torch.no_grad()
def moved_with_the_new_in_full(target, online, tau):
    for slow, fast in zip(target, online, strict=True):
        slow.mul_(1 - tau).add_(fast)


@torch.no_grad()
def moved_by_one_share(target, online, tau):
    for slow, fast in zip(target, online, strict=True):
        slow.copy_(tau * (slow + fast))


@torch.no_grad()
def moved_to_the_step(target, online, tau):
    for slow, fast in zip(target, online, strict=True):
        slow.copy_(tau * (fast - slow))


@torch.no_grad()
def moved_by_a_minus(target, online, tau):
    for slow, fast in zip(target, online, strict=True):
        slow.mul_(1 - tau).sub_(tau * fast)


@torch.no_grad()
def moved_in_two_lines(target, online, tau):
    for slow, fast in zip(target, online, strict=True):
        slow *= 1 - tau
        slow += tau * (fast - slow)


@torch.no_grad()
def moved_by_the_square(target, online, tau):
    for slow, fast in zip(target, online, strict=True):
        slow += tau * (tau * fast - tau * slow)


@torch.no_grad()
def moved_to_everything(target, online, tau):
    for slow in target:
        for fast in online:
            slow += tau * (fast - slow)


@torch.no_grad()
def moved_first_and_reversed(target, online, tau):
    target[0].lerp_(online[0], 1 - tau)


def moved_in_double(target, online, tau):
    for slow, fast in zip(target, online, strict=True):
        slow.data = torch.lerp(slow.data.double(), fast.data.double(), tau)


def loss_of_one_number_in_a_row(*inputs):
    return loss_with_rows(*inputs).reshape(1)


def loss_by_dot(
    online, target_network, state, action, reward, next_state, terminated, gamma
):
    rows = torch.arange(len(action))
    with torch.no_grad():
        following = torch.stack([target_network(s).max() for s in next_state])
    y = reward.clone()
    y[~terminated] += gamma * following[~terminated]
    error = torch.index_put(y, (rows,), -online(state)[rows, action], accumulate=True)
    return error.dot(error).div(len(rows))


def loss_from(error_to_loss):
    """Make a loss of a function of the errors."""

    def loss(*inputs):
        return error_to_loss(error_of(*inputs))

    return loss


def loss_of_double_exchanged(
    online, target_network, state, action, reward, next_state, terminated, gamma
):
    with torch.no_grad():
        best = target_network(next_state).argmax(1)
        y = reward + gamma * ~terminated * online(next_state)[range(len(best)), best]
    return functional.mse_loss(online(state)[range(len(best)), action], y)


def loss_of_the_smaller_network(
    online, target_network, state, action, reward, next_state, terminated, gamma
):
    with torch.no_grad():
        both = torch.stack([online(next_state), target_network(next_state)])
        y = reward + gamma * ~terminated * both.amin(0).amax(-1)
    return functional.mse_loss(online(state)[range(len(action)), action], y)


def loss_predicted(predict):
    """Make a loss of another prediction, for which it gets all that there is."""

    def loss(
        online, target_network, state, action, reward, next_state, terminated, gamma
    ):
        with torch.no_grad():
            y = reward + gamma * ~terminated * target_network(next_state).amax(1)
        return predict(online, state, action, next_state, terminated, y)

    return loss


def loss_of_all_actions(q, s, a, n, t, y):
    return (q(s) - y.unsqueeze(1)).pow(2).mean()


def loss_of_a_masked_table(q, s, a, n, t, y):
    mask = functional.one_hot(a, q(s).shape[1])
    return ((q(s) - y.unsqueeze(1)) * mask).pow(2).mean()


def loss_of_zeros(q, s, a, n, t, y):
    mask = functional.one_hot(a, q(s).shape[1])
    return (q(s) * mask - y.unsqueeze(1)).pow(2).mean()


def loss_of_the_rest(q, s, a, n, t, y):
    goes_on = ~t
    return functional.mse_loss(q(s)[range(len(a)), a][goes_on], y[goes_on])


def loss_of_the_next_prediction(q, s, a, n, t, y):
    return functional.mse_loss(q(n).gather(1, a[:, None]).squeeze(1), y)


def loss_of_a_masked_prediction(q, s, a, n, t, y):
    return functional.mse_loss(~t * q(s).gather(1, a[:, None]).squeeze(1), y)


def loss_of_the_mean_prediction(q, s, a, n, t, y):
    return functional.mse_loss(q(s).mean(1), y)


def loss_of_the_first_prediction(q, s, a, n, t, y):
    return functional.mse_loss(q(s)[:, 0], y)


def loss_of_everything(q, s, a, n, t, y):
    return (q(s) - y).pow(2).mean()


def loss_of_rows(q, s, a, n, t, y):
    return functional.mse_loss(q(s)[a], y)


def loss_masked_and_summed(*inputs):
    return loss_masked_around_all(*inputs) * len(inputs[3])


def loss_cut_off(*inputs):
    return loss_with_rows(*inputs).detach()


def loss_of_the_first_sample(
    online, target_network, state, action, reward, next_state, terminated, gamma
):
    for b in range(len(action)):
        y = reward[b]
        if not terminated[b]:
            y = y + gamma * target_network(next_state[b]).max().detach()
        return (online(state[b])[action[b]] - y) ** 2


def loss_by_the_package(*inputs):
    online, target_network, state, action, reward, next_state, terminated, gamma = (
        inputs
    )
    next_q = target_network(next_state).detach()
    y = targets.td_target(reward, next_q, terminated, gamma)
    return functional.mse_loss(online(state).gather(1, action[:, None])[:, 0], y)


def target_detached(target, online, tau):
    for t, o in zip(target, online, strict=True):
        t.detach_()
        t.copy_(t + tau * (o.detach() - t))


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
        correct=[
            target_by_loop,
            target_with_where,
            target_in_place,
            target_by_scatter,
            target_by_einsum,
        ],
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
            (target_of_a_doubled_end, "exclusive or"),
            (target_of_nothing_where_cut, "truncated masked"),
            (target_without_reward, "reward left out"),
            (target_of_the_reward, "no next value"),
            (target_less_reward, "reward subtracted"),
            (target_less_future, "next value subtracted"),
            (target_as_a_mean, "reward times 1 - gamma"),
            (target_with_the_rest, "1 - gamma for gamma"),
            (target_two_steps_on, "discounted twice"),
            (target_on_average, "one number"),
            (target_squeezed, "batch axis squeezed"),
            (target_in_a_column, "axis left over"),
            (target_of_the_first_step, "one transition"),
            (target_of_what_goes_on, "rows left out"),
            (target_of_the_sum, "sum of actions"),
            (target_of_the_worst, "minimum for maximum"),
            (target_of_the_last_action, "first action"),
            (target_of_a_running_maximum, "maximum from 0"),
            (target_of_sizes, "size for value"),
            (target_of_weights, "soft maximum"),
            (target_without_maximum, "no maximum"),
            (target_of_one_flag, "one flag"),
            (target_of_a_difference, "minus of flags"),
            (target_zeroed_in_place, "recorded step"),
            (target_zeroed_in_data, "changes its input"),
            (target_by_the_package, "calls the package"),
            (target_of_both_flags_in_full, "stops at truncation + no discount"),
            (target_of_whole_numbers, "other values"),
        ],
    ),
    "cut_share": Answers(
        correct=[
            share_by_formula,
            share_in_one_fraction,
            share_by_bisection,
            share_by_steps,
            lambda gamma, prize: torch.tensor(share_by_formula(gamma, prize)),
        ],
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
            (lambda gamma, prize: gamma / prize, "no discount + reward discounted"),
            (lambda gamma, prize: (prize - 1) / (gamma * prize) - 1, "other sign"),
            (
                lambda gamma, prize: 1 - (prize - 1) / prize / gamma**2,
                "discounted twice",
            ),
            (lambda gamma, prize: 1 - (prize - 1) * gamma / prize, "gamma upside down"),
            (
                lambda gamma, prize: 1 - (prize - gamma) / (gamma * prize),
                "reward discounted",
            ),
            (
                lambda gamma, prize: 1 - (prize + 1) / (gamma * prize),
                "reward subtracted",
            ),
            (lambda gamma, prize: 1 - (prize - 1) / gamma, "prize left out"),
            (share_of_the_gap, "survives once"),
            (lambda gamma, prize: prize * (1 - gamma), "share of the truth"),
            (lambda gamma, prize: 1 / prize - 1 + gamma, "loss added"),
            (
                lambda gamma, prize: share_by_formula(gamma, gamma * prize),
                "prize discounted",
            ),
            (lambda gamma, prize: 1 - gamma, "prize unused"),
            (
                lambda gamma, prize: prize * (1 - gamma) / (1 - gamma * prize),
                "only cut steps pay",
            ),
            (share_of_twenty_steps, "few steps"),
            (share_tried_in_percents, "even steps"),
            (share_of_lost_steps, "reward cut"),
            (lambda gamma, prize: 1 - (prize - 1) / gamma * prize, "brackets"),
            (
                lambda gamma, prize: round(share_by_formula(gamma, prize), 2),
                "even steps",
            ),
            (lambda gamma, prize: str(share_by_formula(gamma, prize)), "other type"),
            (lambda gamma, prize: None, "returns nothing"),
        ],
    ),
    "diverging_features": Answers(
        correct=[
            lambda gamma: (gamma / 2, 1.0),
            lambda gamma: [-(gamma**2), -1],
            lambda gamma: np.array([0.01, 1.0]),
            lambda gamma: torch.tensor([gamma / 3, 0.5]),
            lambda gamma: (1e-12, 1),
        ],
        wrong=[
            (lambda gamma: gamma / 2, "no pair"),
            (lambda gamma: (gamma, 1.0, 0.0), "no pair"),
            (lambda gamma: (1.0, 2.0), "too large"),
            (lambda gamma: (1.0, 2 / gamma), "too large"),
            (lambda gamma: (0.0, 1.0), "stands still"),
            (lambda gamma: (gamma - 0.05, 1.0), "stands still"),
            (lambda gamma: (round(gamma / 2, 1), 1.0), "rounded to 0"),
            (lambda gamma: (-gamma / 2, 1.0), "opposite signs"),
            (lambda gamma: (1.0, gamma / 2), "second not larger"),
            (lambda gamma: (gamma, 1.0), "on the border"),
            (lambda gamma: (0.5, 1.0), "same at every gamma"),
            (lambda gamma: (0.05, 1.0), "same at every gamma"),
            (lambda gamma: (gamma * 1.01, 1.0), "not for every gamma"),
            (lambda gamma: (1 - gamma, 1.0), "not for every gamma"),
            (lambda gamma: (gamma**2, gamma), "on the border"),
            (lambda gamma: f"{gamma / 2}, 1", "no pair"),
        ],
    ),
    "polyak": Answers(
        correct=[
            moved_by_lerp,
            moved_in_data,
            moved_by_the_difference,
            moved_in_numpy,
            moved_by_foreach,
            moved_number_by_number,
        ],
        wrong=[
            (target_detached, "target frozen"),
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
            (moved_or_shared, "shared memory"),
            (moved_half_the_way, "half the way"),
            (moved_the_other, "roles exchanged"),
            (moved_with_the_new_in_full, "new share whole"),
            (moved_by_one_share, "one share for both"),
            (moved_to_the_step, "difference only"),
            (moved_by_a_minus, "subtracted"),
            (moved_in_two_lines, "reads what it wrote"),
            (moved_by_the_square, "tau squared"),
            (moved_to_everything, "each with each"),
            (moved_first_and_reversed, "not all tensors + reversed"),
            (moved_in_double, "other dtype"),
        ],
    ),
    "critic_loss": Answers(
        correct=[
            loss_with_gather,
            loss_with_rows,
            loss_by_loop,
            loss_with_one_hot,
            loss_of_one_number_in_a_row,
            loss_by_dot,
        ],
        wrong=[
            (loss_of_the_online_network_alone, "online in the target"),
            (loss_with_full_gradient, "full gradient"),
            (loss_through_the_target, "gradient to the target"),
            (loss_of_exchanged_networks, "networks exchanged"),
            (loss_without_a_record, "no gradient"),
            (loss_asked_too_late, "asked too late"),
            (loss_as_a_number, "plain number"),
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
            (loss_cut_off, "no gradient"),
            (loss_of_double_exchanged, "roles exchanged"),
            (loss_of_the_smaller_network, "both networks"),
            (loss_predicted(loss_of_all_actions), "all actions"),
            (loss_predicted(loss_of_a_masked_table), "divided by the actions"),
            (loss_predicted(loss_of_zeros), "zeros for the others"),
            (loss_predicted(loss_of_the_rest), "ends left out"),
            (loss_predicted(loss_of_the_next_prediction), "prediction of s'"),
            (loss_predicted(loss_of_a_masked_prediction), "prediction masked"),
            (loss_predicted(loss_of_the_mean_prediction), "mean for taken"),
            (loss_predicted(loss_of_the_first_prediction), "one action for all"),
            (loss_from(lambda error: -(error**2).mean()), "ascent"),
            (loss_from(lambda error: (error**2).max()), "largest error"),
            (loss_from(lambda error: (error**2).mean() / len(error)), "divided twice"),
            (loss_from(torch.var), "variance"),
            (
                loss_from(lambda error: (error**2).sum() / 2),
                "half the square + sum for mean",
            ),
            (
                loss_from(lambda error: error.clip(-1, 1).pow(2).mean()),
                "errors clipped",
            ),
            (loss_predicted(loss_of_everything), "not gathered"),
            (loss_predicted(loss_of_rows), "rows for columns"),
            (loss_of_the_first_sample, "one sample"),
            (loss_masked_and_summed, "reward masked + sum for mean"),
            (loss_by_the_package, "calls the package"),
            (loss_of(target_without_reward), "reward left out"),
            (loss_of(target_of_sizes), "size for value"),
        ],
    ),
}
