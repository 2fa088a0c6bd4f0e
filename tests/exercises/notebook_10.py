"""Answers to the exercises of 10_build_your_own_model."""

import numpy as np
import torch

from dqn_tutorial.targets import double_td_target
from tests.exercises import Answers


def excess_in_one_line(q_values, q_star, terminal):
    return (q_values.max(-1) - q_star.max(-1))[:, ~terminal].mean(-1)


def excess_by_loop(q_values, q_star, terminal):
    result = []
    for q in q_values:
        errors = [
            max(row) - max(truth)
            for row, truth, over in zip(q, q_star, terminal, strict=True)
            if not over
        ]
        result.append(sum(errors) / len(errors))
    return result


def excess_by_weights(q_values, q_star, terminal):
    weight = ~terminal / (~terminal).sum()
    return np.max(q_values, axis=2) @ weight - q_star.max(1) @ weight


def excess_in_torch(q_values, q_star, terminal):
    largest, truth = (
        torch.tensor(q_values).float().amax(-1),
        torch.tensor(q_star).float().amax(-1),
    )
    return (largest - truth)[:, torch.tensor(~terminal)].mean(dim=1)


def excess_everywhere(q_values, q_star, terminal):
    return np.mean(q_values.max(2), axis=1) - q_star.max(1).mean()


def excess_at_terminal(q_values, q_star, terminal):
    return (
        np.mean(q_values.max(2)[:, terminal], axis=1) - q_star.max(1)[terminal].mean()
    )


def excess_summed_but_divided_by_all(q_values, q_star, terminal):
    return np.where(terminal, 0, q_values.max(2) - q_star.max(1)).sum(1) / len(terminal)


def excess_of_the_truth(q_values, q_star, terminal):
    return (q_star.max(-1) - q_values.max(-1))[:, ~terminal].mean(-1)


def excess_absolute(q_values, q_star, terminal):
    return np.sqrt((q_values.max(-1) - q_star.max(-1))[:, ~terminal] ** 2).mean(1)


def excess_maximum_last(q_values, q_star, terminal):
    return np.max(q_values - q_star[None], axis=-1)[:, ~terminal].mean(1)


def excess_of_all_actions(q_values, q_star, terminal):
    return np.array([(q[~terminal] - q_star[~terminal]).mean() for q in q_values])


def excess_at_the_best(q_values, q_star, terminal):
    best = np.broadcast_to(q_star.argmax(1)[None, :, None], (*q_values.shape[:2], 1))
    return (np.take_along_axis(q_values, best, 2)[..., 0] - q_star.max(1))[
        :, ~terminal
    ].mean(1)


def excess_over_its_own_choice(q_values, q_star, terminal):
    rows = np.arange(len(q_star))
    return np.array(
        [(q.max(1) - q_star[rows, q.argmax(1)])[~terminal].mean() for q in q_values]
    )


def excess_of_all_agents(q_values, q_star, terminal):
    return np.mean(q_values.max(-1)[:, ~terminal]) - np.mean(q_star.max(-1)[~terminal])


def excess_summed(q_values, q_star, terminal):
    return np.where(terminal, 0, q_values.max(2) - q_star.max(1)).sum(1)


def excess_at_one_minus_the_mask(q_values, q_star, terminal):
    return np.mean((q_values.max(2) - q_star.max(1))[:, 1 - terminal], axis=1)


def excess_at_inverted_bits(q_values, q_star, terminal):
    return np.mean((q_values.max(2) - q_star.max(1)).T[~terminal.astype(int)], axis=0)


def excess_at_the_first_two(q_values, q_star, terminal):
    keep = 1 - np.int64(terminal)
    return np.take(q_values.max(2) - q_star.max(1), keep, axis=1).mean(1)


def excess_squeezed_early(q_values, q_star, terminal):
    return (q_values.max(2) - q_star.max(1))[:, ~terminal].squeeze().mean(-1)


def excess_squeezed_late(q_values, q_star, terminal):
    return excess_in_one_line(q_values, q_star, terminal).squeeze()


def double_taken(reward, next_q_online, next_q_target, terminated, gamma):
    next_v = next_q_target.detach().take(next_q_online.argmax(1))
    return torch.where(terminated, reward, reward + gamma * next_v)


def double_masked_early(reward, next_q_online, next_q_target, terminated, gamma):
    masked = next_q_online.masked_fill(terminated[:, None], float("-inf"))
    best = masked.argmax(1)
    return (reward + gamma * next_q_target[range(len(best)), best]).detach()


def double_with_gather(reward, next_q_online, next_q_target, terminated, gamma):
    chosen = next_q_online.argmax(1, keepdim=True)
    return (
        reward + gamma * ~terminated * next_q_target.gather(1, chosen).squeeze(1)
    ).detach()


def double_by_loop(reward, next_q_online, next_q_target, terminated, gamma):
    y = []
    for r, online, lagged, over in zip(
        reward.tolist(),
        next_q_online.tolist(),
        next_q_target.tolist(),
        terminated,
        strict=True,
    ):
        y.append(r if over else r + gamma * lagged[online.index(max(online))])
    return torch.tensor(y, dtype=torch.float64)


def double_in_numpy(reward, next_q_online, next_q_target, terminated, gamma):
    online, lagged = next_q_online.detach().numpy(), next_q_target.detach().numpy()
    next_v = lagged[np.arange(len(lagged)), online.argmax(1)]
    return np.where(terminated, reward.numpy(), reward.numpy() + gamma * next_v)


def double_with_one_hot(reward, next_q_online, next_q_target, terminated, gamma):
    with torch.no_grad():
        chosen = torch.nn.functional.one_hot(
            next_q_online.max(-1).indices, next_q_online.shape[1]
        )
        next_v = (chosen * next_q_target).sum(-1)
        next_v[terminated] = 0
        return reward + gamma * next_v


def double_exchanged(reward, next_q_online, next_q_target, terminated, gamma):
    return double_by_loop(reward, next_q_target, next_q_online, terminated, gamma)


def double_of_the_target(reward, next_q_online, next_q_target, terminated, gamma):
    return reward + gamma * ~terminated * next_q_target.detach().amax(1)


def double_of_the_online(reward, next_q_online, next_q_target, terminated, gamma):
    return reward + gamma * ~terminated * next_q_online.detach().amax(1)


def double_of_two_maxima(reward, next_q_online, next_q_target, terminated, gamma):
    best = torch.stack(
        [next_q_online.detach().amax(1), next_q_target.detach().amax(1)]
    ).amin(0)
    return reward + gamma * ~terminated * best


def double_of_the_smaller_values(
    reward, next_q_online, next_q_target, terminated, gamma
):
    smaller = np.minimum(next_q_online.detach().numpy(), next_q_target.detach().numpy())
    return np.where(terminated, reward.numpy(), reward.numpy() + gamma * smaller.max(1))


def double_all_discounted(reward, next_q_online, next_q_target, terminated, gamma):
    return gamma * double_in_numpy(reward, next_q_online, next_q_target, terminated, 1)


def double_by_index(reward, next_q_online, next_q_target, terminated, gamma):
    return np.where(
        terminated,
        reward.numpy(),
        reward.numpy() + gamma * next_q_online.detach().numpy().argmax(1),
    )


def double_through_termination(reward, next_q_online, next_q_target, terminated, gamma):
    return double_by_loop(
        reward, next_q_online, next_q_target, [False] * len(reward), gamma
    )


def double_where_it_ended(reward, next_q_online, next_q_target, terminated, gamma):
    return double_by_loop(
        reward, next_q_online, next_q_target, [not over for over in terminated], gamma
    )


def double_masked_around_all(reward, next_q_online, next_q_target, terminated, gamma):
    return np.where(
        terminated,
        0,
        double_by_loop(reward, next_q_online, next_q_target, terminated, gamma).numpy(),
    )


def double_in_full(reward, next_q_online, next_q_target, terminated, gamma):
    return double_in_numpy(reward, next_q_online, next_q_target, terminated, 1)


def double_of_columns(reward, next_q_online, next_q_target, terminated, gamma):
    return reward + gamma * ~terminated * next_q_target[:, next_q_online.argmax(1)]


def double_with_a_kept_axis(reward, next_q_online, next_q_target, terminated, gamma):
    return reward + gamma * ~terminated * next_q_target.detach().gather(
        1, next_q_online.argmax(1, keepdim=True)
    )


def double_with_gradient(reward, next_q_online, next_q_target, terminated, gamma):
    rows = torch.arange(len(reward))
    return torch.where(
        terminated,
        reward,
        reward + gamma * next_q_target[rows, next_q_online.argmax(1)],
    )


def double_gathered_flat(reward, next_q_online, next_q_target, terminated, gamma):
    return (
        reward
        + gamma
        * ~terminated
        * next_q_target.gather(-1, next_q_online.argmax(-1)).detach()
    )


def maxmin_by_axes(reward, next_q, terminated, gamma):
    return reward + gamma * ~terminated * next_q.detach().amin(dim=0).amax(dim=1)


def maxmin_by_loop(reward, next_q, terminated, gamma):
    n_members, size, n_actions = next_q.shape
    y = reward.tolist()
    for b in range(size):
        if not terminated[b]:
            cautious = [
                min(next_q[k, b, a].item() for k in range(n_members))
                for a in range(n_actions)
            ]
            y[b] += gamma * max(cautious)
    return y


def maxmin_in_numpy(reward, next_q, terminated, gamma):
    next_v = next_q.detach().numpy().astype(float).min(0).max(1)
    next_v[terminated.numpy()] = 0
    return reward.numpy() + gamma * next_v


def maxmin_pair_by_pair(reward, next_q, terminated, gamma):
    with torch.no_grad():
        cautious = next_q[0]
        for other in next_q[1:]:
            cautious = torch.minimum(cautious, other)
        return torch.where(terminated, reward, reward + gamma * cautious.max(-1).values)


def members_maximum_first(reward, next_q, terminated, gamma):
    best = next_q.detach().numpy().max(2).min(0)
    return np.where(terminated, reward.numpy(), reward.numpy() + gamma * best)


def members_averaged(reward, next_q, terminated, gamma):
    best = (next_q.detach().sum(0) / len(next_q)).amax(1)
    return torch.where(terminated, reward, reward + gamma * best)


def members_but_one_forgotten(reward, next_q, terminated, gamma):
    best = next_q[:1].detach().amin(0).amax(1)
    return torch.where(terminated, reward, reward + gamma * best)


def members_largest(reward, next_q, terminated, gamma):
    best = next_q.detach().numpy().max(axis=0).max(axis=1)
    return np.where(terminated, reward.numpy(), reward.numpy() + gamma * best)


def members_smallest(reward, next_q, terminated, gamma):
    best = next_q.detach().numpy().min(axis=0).min(axis=1)
    return np.where(terminated, reward.numpy(), reward.numpy() + gamma * best)


def members_each_alone(reward, next_q, terminated, gamma):
    return torch.stack(
        [
            torch.where(terminated, reward, reward + gamma * q.detach().amax(1))
            for q in next_q
        ]
    )


def members_through_termination(reward, next_q, terminated, gamma):
    return reward + gamma * next_q.detach().min(0).values.max(1).values


def members_where_it_ended(reward, next_q, terminated, gamma):
    return torch.where(
        terminated, reward + gamma * next_q.detach().amin(0).amax(1), reward
    )


def members_masked_around_all(reward, next_q, terminated, gamma):
    y = reward + gamma * next_q.detach().amin(0).amax(1)
    return y.masked_fill(terminated, 0.0)


def members_in_full(reward, next_q, terminated, gamma):
    return maxmin_by_axes(reward, next_q, terminated, 1.0)


def members_all_discounted(reward, next_q, terminated, gamma):
    return gamma * maxmin_by_axes(reward, next_q, terminated, 1.0)


def members_believed_and_actions_feared(reward, next_q, terminated, gamma):
    next_v = next_q.detach().numpy().max(axis=0).min(axis=1)
    return np.where(terminated, reward.numpy(), reward.numpy() + gamma * next_v)


def members_with_gradient(reward, next_q, terminated, gamma):
    return reward + gamma * ~terminated * next_q.amin(dim=0).amax(dim=1)


def members_with_a_kept_axis(reward, next_q, terminated, gamma):
    return reward + gamma * ~terminated * next_q.detach().amin(0).amax(-1, keepdim=True)


def members_of_pairs(reward, next_q, terminated, gamma):
    return reward + gamma * ~terminated * next_q.detach().amin(0).max(-1)


def members_feared_and_actions_believed(reward, next_q, terminated, gamma):
    worst = next_q.detach().min(-1).values
    return reward + gamma * ~terminated * worst.max(0).values


def excess_of_states(q_values, q_star, terminal):
    return (q_values.max(-1) - q_star.max(-1))[:, ~terminal].mean(0)


def excess_of_actions(q_values, q_star, terminal):
    return (q_values[:, ~terminal].max(1) - q_star[~terminal].max(0)).mean(-1)


def excess_of_the_boldest_agent(q_values, q_star, terminal):
    return (q_values.max(0) - q_star)[~terminal].mean(0)


def excess_with_nan(q_values, q_star, terminal):
    differences = q_values.max(axis=-1) - q_star.max(axis=-1)
    return np.nanmean(np.where(terminal, np.nan, differences), axis=1)


def excess_sorted(q_values, q_star, terminal):
    largest, truth = np.sort(q_values)[..., -1], np.sort(q_star)[..., -1]
    kept = np.flatnonzero(~terminal)
    return np.einsum("ns->n", largest[:, kept] - truth[kept]) / kept.size


def excess_in_float32(q_values, q_star, terminal):
    total = np.zeros(len(q_values), np.float32)
    for s in range(len(terminal)):
        if not terminal[s]:
            total += q_values[:, s].max(1) - q_star[s].max()
    return total / np.float32((~terminal).sum())


def excess_over_the_ends(q_values, q_star, terminal):
    differences = (q_values.max(-1) - q_star.max(-1))[:, ~terminal]
    return differences.sum(-1) / terminal.sum()


def excess_in_the_middle(q_values, q_star, terminal):
    return np.median((q_values.max(-1) - q_star.max(-1))[:, ~terminal], axis=1)


def excess_of_the_worst_state(q_values, q_star, terminal):
    return (q_values.max(-1) - q_star.max(-1))[:, ~terminal].max(-1)


def excess_of_the_first_agent(q_values, q_star, terminal):
    for q in q_values:
        return np.mean((q.max(-1) - q_star.max(-1))[~terminal])


def excess_of_each_state(q_values, q_star, terminal):
    return (q_values.max(-1) - q_star.max(-1))[:, ~terminal]


def excess_of_the_last_state(q_values, q_star, terminal):
    result = np.zeros(len(q_values))
    for s in np.flatnonzero(~terminal):
        result = q_values[:, s].max(1) - q_star[s].max()
    return result / (~terminal).sum()


def excess_squared(q_values, q_star, terminal):
    return ((q_values.max(-1) - q_star.max(-1))[:, ~terminal] ** 2).mean(-1)


def excess_of_what_is_too_large(q_values, q_star, terminal):
    return np.clip((q_values.max(-1) - q_star.max(-1))[:, ~terminal], 0, None).mean(-1)


def excess_without_truth(q_values, q_star, terminal):
    return q_values.max(-1)[:, ~terminal].mean(-1)


def excess_in_shares(q_values, q_star, terminal):
    truth = q_star.max(-1)[~terminal]
    return ((q_values.max(-1)[:, ~terminal] - truth) / truth).mean(-1)


def excess_of_sizes(q_values, q_star, terminal):
    sizes = np.abs(q_values.max(-1)) - np.abs(q_star.max(-1))
    return sizes[:, ~terminal].mean(-1)


def excess_of_the_average_value(q_values, q_star, terminal):
    return (q_values.mean(-1) - q_star.max(-1))[:, ~terminal].mean(-1)


def excess_over_the_average_truth(q_values, q_star, terminal):
    return (q_values.max(-1) - q_star.mean(-1))[:, ~terminal].mean(-1)


def excess_of_numbers(q_values, q_star, terminal):
    return (q_values.argmax(-1) - q_star.argmax(-1))[:, ~terminal].mean(-1)


def excess_of_one_maximum(q_values, q_star, terminal):
    kept = q_values[:, ~terminal].reshape(len(q_values), -1)
    return kept.max(1) - q_star[~terminal].max()


def excess_averaged_early(q_values, q_star, terminal):
    return q_values[:, ~terminal].mean(1).max(-1) - q_star[~terminal].mean(0).max(-1)


def excess_where_the_truth_is_not_0(q_values, q_star, terminal):
    return (q_values.max(-1) - q_star.max(-1))[:, np.any(q_star != 0, 1)].mean(-1)


def excess_of_the_smallest(q_values, q_star, terminal):
    return (q_values.min(-1) - q_star.min(-1))[:, ~terminal].mean(-1)


def excess_with_not(q_values, q_star, terminal):
    return (q_values.max(-1) - q_star.max(-1))[:, not terminal].mean(-1)


def excess_masked_in_front(q_values, q_star, terminal):
    return (q_values.max(-1)[~terminal] - q_star.max(-1)[~terminal]).mean(-1)


def excess_everywhere_with_another_sign(q_values, q_star, terminal):
    return q_star.max(-1).mean() - q_values.max(-1).mean(-1)


def double_by_nested_loops(reward, next_q_online, next_q_target, terminated, gamma):
    y = reward.clone()
    for b in range(len(reward)):
        best = 0
        for a in range(next_q_online.shape[1]):
            if next_q_online[b, a] > next_q_online[b, best]:
                best = a
        if not terminated[b].item():
            y[b] += gamma * next_q_target[b, best].item()
    return y


def double_by_take(reward, next_q_online, next_q_target, terminated, gamma):
    n_actions = next_q_target.size(1)
    place = torch.arange(len(reward)) * n_actions + next_q_online.max(1)[1]
    next_v = torch.take(next_q_target.detach(), place)
    return torch.where(terminated, reward, torch.add(reward, next_v, alpha=gamma))


def double_chosen(chooses, values):
    """Make a target of what chooses and what values, of the two tables."""

    def target(reward, next_q_online, next_q_target, terminated, gamma):
        tables = next_q_online.detach(), next_q_target.detach()
        best = chooses(*tables).argmax(1, keepdim=True)
        next_v = values(*tables).gather(1, best).squeeze(1)
        return reward + gamma * ~terminated * next_v

    return target


def double_of(value):
    """Make a target of a value of the next state."""

    def target(reward, next_q_online, next_q_target, terminated, gamma):
        next_v = value(next_q_online.detach(), next_q_target.detach())
        return reward + gamma * next_v * ~terminated

    return target


def online(q, lagged):
    return q


def lagged(q, lagged):
    return lagged


def double_by_the_package(reward, next_q_online, next_q_target, terminated, gamma):
    return double_td_target(reward, next_q_online, next_q_target, terminated, gamma)


def double_in_a_list(*inputs):
    return double_by_loop(*inputs).tolist()


def double_in_whole_numbers(*inputs):
    return double_by_loop(*inputs).round().long()


def double_of_nothing(reward, next_q_online, next_q_target, terminated, gamma):
    return gamma * double_chosen(online, lagged)(
        torch.zeros_like(reward), next_q_online, next_q_target, terminated, 1.0
    )


def double_exchanged_in_full(reward, next_q_online, next_q_target, terminated, gamma):
    return double_exchanged(reward, next_q_online, next_q_target, terminated, 1)


def maxmin_flat(reward, next_q, terminated, gamma):
    n_members, size, n_actions = next_q.shape
    smallest = next_q.detach().reshape(n_members, -1).sort(0).values[0]
    next_v = smallest.reshape(size, n_actions).topk(1, -1).values[:, 0]
    next_v[terminated] = 0
    return next_v.double() * gamma + reward


def maxmin_by_signs(reward, next_q, terminated, gamma):
    cautious = -(-next_q.detach()).max(dim=0)[0]
    best = -torch.min(-cautious, dim=1)[0]
    return reward + (1 - terminated.float()) * gamma * best


def maxmin_of(value):
    """Make a target of a value of the next states."""

    def target(reward, next_q, terminated, gamma):
        return reward + gamma * value(next_q.detach()) * ~terminated

    return target


def chosen(chooses, values):
    return values[torch.arange(len(values)), chooses.argmax(-1)]


def members_without_maximum(reward, next_q, terminated, gamma):
    return reward + gamma * ~terminated * next_q.detach().amin(0)


def members_of_the_worst_and_masked(reward, next_q, terminated, gamma):
    return (reward + gamma * next_q.detach().amin((0, 2))) * ~terminated


def all_of_the_equal_added(reward, next_q_online, next_q_target, terminated, gamma):
    on, tg = next_q_online.detach(), next_q_target.detach()
    greedy = (on == on.max(dim=1, keepdim=True).values).float()
    return reward + gamma * (1 - terminated.float()) * (greedy * tg).sum(dim=1)


ANSWERS = {
    "why_too_large": Answers(
        correct=["D", "d", " D "],
        wrong=[
            ("A", "answer A"),
            ("B", "answer B"),
            ("C", "answer C"),
            ("E", "no letter"),
            ("AD", "no letter"),
            (4, "no letter"),
        ],
    ),
    "mean_excess": Answers(
        correct=[
            excess_in_one_line,
            excess_by_weights,
            excess_with_nan,
            excess_sorted,
            excess_in_float32,
        ],
        wrong=[
            (excess_by_loop, "other type"),
            (excess_in_torch, "other type"),
            (excess_everywhere, "terminal states"),
            (excess_at_terminal, "only terminal"),
            (excess_summed_but_divided_by_all, "divided by all"),
            (excess_of_the_truth, "other sign"),
            (excess_absolute, "absolute"),
            (excess_maximum_last, "error at each action"),
            (excess_of_all_actions, "all actions"),
            (excess_at_the_best, "action of Q*"),
            (excess_over_its_own_choice, "action of the agent"),
            (excess_of_all_agents, "one number"),
            (excess_summed, "sum for mean"),
            (excess_at_one_minus_the_mask, "numbers for a mask"),
            (excess_at_inverted_bits, "inverted numbers"),
            (excess_at_the_first_two, "numbers for a mask"),
            (excess_squeezed_early, "axis squeezed"),
            (excess_squeezed_late, "single agent"),
            (excess_of_states, "mean over agents"),
            (excess_of_actions, "maximum over states"),
            (excess_of_the_boldest_agent, "maximum over agents"),
            (excess_over_the_ends, "other divisor"),
            (excess_in_the_middle, "no mean"),
            (excess_of_the_worst_state, "largest state"),
            (excess_of_the_first_agent, "one agent"),
            (excess_of_each_state, "one for each state"),
            (excess_of_the_last_state, "last state"),
            (excess_squared, "squares"),
            (excess_of_what_is_too_large, "cut at 0"),
            (excess_without_truth, "truth left out"),
            (excess_in_shares, "relative"),
            (excess_of_sizes, "sizes compared"),
            (excess_of_the_average_value, "mean of the agent"),
            (excess_over_the_average_truth, "mean of Q*"),
            (excess_of_numbers, "action for value"),
            (excess_of_one_maximum, "one maximum"),
            (excess_averaged_early, "mean before maximum"),
            (excess_where_the_truth_is_not_0, "mask from Q*"),
            (excess_of_the_smallest, "minimum for maximum"),
            (excess_with_not, "one flag for all"),
            (excess_masked_in_front, "mask on another axis"),
            (excess_everywhere_with_another_sign, "terminal states + other sign"),
        ],
    ),
    "double_target": Answers(
        correct=[
            double_with_gather,
            double_by_loop,
            double_with_one_hot,
            double_by_nested_loops,
            double_by_take,
        ],
        wrong=[
            (all_of_the_equal_added, "equals added"),
            (double_in_numpy, "other type"),
            (double_exchanged, "roles exchanged"),
            (double_of_the_target, "maximum of the target"),
            (double_of_the_online, "online does both"),
            (double_of_two_maxima, "smaller value"),
            (double_of_the_smaller_values, "smaller value"),
            (double_all_discounted, "reward discounted"),
            (double_by_index, "action for value"),
            (double_through_termination, "ignores terminated"),
            (double_where_it_ended, "mask inverted"),
            (double_masked_around_all, "reward masked"),
            (double_in_full, "no discount"),
            (double_of_columns, "broadcast"),
            (double_with_a_kept_axis, "broadcast"),
            (double_with_gradient, "value not data"),
            (double_taken, "flat table"),
            (double_masked_early, "mask on the choice"),
            (double_gathered_flat, "index needs an axis"),
            (double_chosen(lambda q, lag: q + lag, lagged), "both choose"),
            (double_chosen(online, lambda q, lag: q.add(lag).div(2)), "both value"),
            (double_chosen(online, lambda q, lag: q + lag), "values added"),
            (double_of(lambda q, lag: torch.maximum(q, lag).amax(1)), "larger value"),
            (
                double_of(lambda q, lag: (q.amax(1) + lag.amax(1)) / 2),
                "mean of the maxima",
            ),
            (
                double_of(lambda q, lag: lag.gather(1, q.min(1, True)[1])[:, 0]),
                "worst action",
            ),
            (double_chosen(lambda q, lag: abs(q), lagged), "size for value"),
            (double_of(lambda q, lag: (q.softmax(1) * lag).sum(1)), "soft choice"),
            (
                double_of(lambda q, lag: lag[:, q.mean(0).argmax()]),
                "one action for all",
            ),
            (double_of(lambda q, lag: lag.flatten()[q.argmax()]), "one maximum"),
            (double_of(lambda q, lag: lag[q.argmax(1)]), "rows for columns"),
            (double_of(lambda q, lag: lag[0, q.argmax(1)]), "first row"),
            (double_of(lambda q, lag: lag.mean(1)), "mean of actions"),
            (
                double_of(lambda q, lag: lag[range(len(q)), q.argmax(0)]),
                "max over the batch",
            ),
            (double_exchanged_in_full, "roles exchanged + no discount"),
            (double_of_nothing, "reward left out"),
            (double_by_the_package, "calls the package"),
            (double_in_a_list, "other type"),
            (double_in_whole_numbers, "other values"),
        ],
    ),
    "maxmin_target": Answers(
        correct=[
            maxmin_by_axes,
            maxmin_pair_by_pair,
            maxmin_flat,
            maxmin_by_signs,
        ],
        wrong=[
            (maxmin_by_loop, "other type"),
            (maxmin_in_numpy, "other type"),
            (members_maximum_first, "maximum first"),
            (members_averaged, "mean of members"),
            (
                maxmin_of(lambda q: q.view(q.shape[1], len(q), -1).amin(1).amax(-1)),
                "reshaped",
            ),
            (members_but_one_forgotten, "first member"),
            (members_largest, "largest of all"),
            (members_smallest, "smallest of all"),
            (members_each_alone, "each its own"),
            (members_feared_and_actions_believed, "axes exchanged"),
            (members_through_termination, "ignores terminated"),
            (members_where_it_ended, "mask inverted"),
            (members_masked_around_all, "reward masked"),
            (members_in_full, "no discount"),
            (members_all_discounted, "reward discounted"),
            (members_believed_and_actions_feared, "exchanged"),
            (members_with_gradient, "gradient"),
            (members_with_a_kept_axis, "broadcast"),
            (members_of_pairs, "max gives a pair"),
            (maxmin_of(lambda q: torch.minimum(q[0], q[1]).amax(-1)), "two members"),
            (maxmin_of(lambda q: q.amin(0).max()), "one maximum"),
            (maxmin_of(lambda q: q.min()), "minimum of the batch"),
            (maxmin_of(lambda q: q.sum(0).amax(-1)), "sum of members"),
            (maxmin_of(lambda q: (q.mean(0) - q.std(0)).amax(-1)), "less the spread"),
            (maxmin_of(lambda q: q.min(0).indices.amax(-1)), "member for value"),
            (maxmin_of(lambda q: min(q).amax(-1)), "Python's min"),
            (
                maxmin_of(lambda q: chosen(q.amin(0), q.mean(0))),
                "chosen by others",
            ),
            (
                maxmin_of(lambda q: q[q.sum((1, 2)).argmin()].amax(-1)),
                "one member for all",
            ),
            (
                maxmin_of(lambda q: q.amin(0).clamp(max=0).amax(-1)),
                "minimum from 0",
            ),
            (maxmin_of(lambda q: q.amax(1).amin(0)), "max over the batch"),
            (
                maxmin_of(lambda q: q.amax(-1).mean(0)),
                "maximum first + mean of members",
            ),
            (members_without_maximum, "no maximum"),
            (members_of_the_worst_and_masked, "smallest of all + reward masked"),
        ],
    ),
}
