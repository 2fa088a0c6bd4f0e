"""Answers to the exercises of 06_agent."""

import math

import numpy as np
import torch

from tests.exercises import Answers


def line_with_min(step, start, end, duration):
    return start + (end - start) * min(step / duration, 1.0)


def line_with_floor(step, start, end, duration):
    return max(end, start - (start - end) * step / duration)


def line_with_branch(step, start, end, duration):
    if step >= duration:
        return end
    share = torch.tensor(step / duration)
    return torch.lerp(torch.tensor(start), torch.tensor(end), share)


def line_interpolated(step, start, end, duration):
    return np.interp(step, [0, duration], [start, end])


def line_for_ever(step, start, end, duration):
    slope = (end - start) / duration
    return slope * step + start


def line_to_zero_with_floor(step, start, end, duration):
    return np.clip(start - start * step / duration, end, start)


def line_falling_by_one(step, start, end, duration):
    return np.maximum(start - step / duration, end)


def line_to_zero(step, start, end, duration):
    return start * max(0.0, 1.0 - step / duration)


def line_upwards(step, start, end, duration):
    return np.interp(step, [0, duration], [end, start])


def line_by_whole_numbers(step, start, end, duration):
    return start + (end - start) * min(step // duration, 1)


def line_again_and_again(step, start, end, duration):
    return np.interp(step % duration, [0, duration], [start, end])


def line_multiplied(step, start, end, duration):
    return math.exp(
        math.log(start) + min(1, step / duration) * (math.log(end) - math.log(start))
    )


def line_of_points(step, start, end, duration):
    return np.linspace(start, end, duration)[min(step, duration - 1)]


def line_one_step_ahead(step, start, end, duration):
    return max(end, start + (end - start) * (step + 1) / duration)


def line_one_step_behind(step, start, end, duration):
    return np.interp(step - 1, [0, duration], [start, end])


def chosen_with_where(q_values, epsilon, rng, is_training):
    greedy = q_values.argmax(-1)
    if not is_training:
        return greedy
    explored = rng.random(len(greedy)) < epsilon
    return np.where(explored, rng.integers(q_values.shape[1], size=len(greedy)), greedy)


def chosen_by_loop(q_values, epsilon, rng, is_training):
    actions = []
    for row in q_values:
        if is_training and rng.random() < epsilon:
            actions.append(int(rng.integers(len(row))))
        else:
            actions.append(max(range(len(row)), key=lambda a, row=row: row[a]))
    return np.array(actions)


def chosen_in_place(q_values, epsilon, rng, is_training):
    actions = torch.as_tensor(q_values).argmax(dim=1)
    explored = torch.as_tensor(rng.uniform(size=len(actions)) < epsilon * is_training)
    actions[explored] = torch.as_tensor(
        rng.choice(q_values.shape[1], int(explored.sum()))
    )
    return actions.numpy().astype(np.int32)


def chosen_from_the_policy(q_values, epsilon, rng, is_training):
    n_states, n_actions = q_values.shape
    epsilon = epsilon if is_training else 0.0
    policy = np.full((n_states, n_actions), epsilon / n_actions)
    policy[np.arange(n_states), q_values.argmax(1)] += 1 - epsilon
    return np.array([rng.choice(n_actions, p=row / row.sum()) for row in policy])


def chosen_by_one_coin(q_values, epsilon, rng, is_training):
    if is_training and rng.random() < epsilon:
        return rng.integers(q_values.shape[1], size=len(q_values))
    return q_values.argmax(-1)


def chosen_by_one_coin_for_one_action(q_values, epsilon, rng, is_training):
    explored, anything = (
        rng.random() < epsilon and is_training,
        rng.integers(q_values.shape[1]),
    )
    return np.full(len(q_values), anything) if explored else q_values.argmax(-1)


def chosen_alike(q_values, epsilon, rng, is_training):
    explored = (rng.random(len(q_values)) < epsilon) & is_training
    return np.where(explored, rng.integers(q_values.shape[1]), q_values.argmax(-1))


def chosen_inverted(q_values, epsilon, rng, is_training):
    n_states, n_actions = q_values.shape
    is_greedy = (rng.random(n_states) < epsilon) | (not is_training)
    return np.where(
        is_greedy, q_values.argmax(-1), rng.integers(n_actions, size=n_states)
    )


def chosen_over_the_batch(q_values, epsilon, rng, is_training):
    return q_values.argmax(0)


def chosen_without_looking_at_training(q_values, epsilon, rng, is_training):
    return chosen_with_where(q_values, epsilon, rng, True)


def chosen_while_not_training(q_values, epsilon, rng, is_training):
    return chosen_with_where(q_values, epsilon, rng, not is_training)


def chosen_as_floats(q_values, epsilon, rng, is_training):
    actions = np.zeros(len(q_values))
    actions[:] = chosen_with_where(q_values, epsilon, rng, is_training)
    return actions


def chosen_from_one(q_values, epsilon, rng, is_training):
    return chosen_with_where(q_values, epsilon, rng, is_training) + 1


def chosen_always_greedy(q_values, epsilon, rng, is_training):
    return q_values.argmax(-1)


def chosen_smallest(q_values, epsilon, rng, is_training):
    return chosen_with_where(-q_values, epsilon, rng, is_training)


def chosen_besides_the_greedy(q_values, epsilon, rng, is_training):
    n_states, n_actions = q_values.shape
    step = rng.integers(1, n_actions, size=n_states) * (
        rng.random(n_states) < epsilon * is_training
    )
    return (q_values.argmax(-1) + step) % n_actions


def chosen_below_the_last(q_values, epsilon, rng, is_training):
    n_states, n_actions = q_values.shape
    explored = rng.random(n_states) < epsilon * is_training
    return np.where(
        explored, rng.integers(0, n_actions - 1, size=n_states), q_values.argmax(-1)
    )


def chosen_mostly_small(q_values, epsilon, rng, is_training):
    n_states, n_actions = q_values.shape
    explored = rng.random(n_states) < epsilon * is_training
    return np.where(
        explored,
        (rng.random(n_states) ** 2 * n_actions).astype(int),
        q_values.argmax(-1),
    )


def chosen_with_half_the_coin(q_values, epsilon, rng, is_training):
    return chosen_with_where(q_values, epsilon**2, rng, is_training)


def chosen_by_a_global_source(q_values, epsilon, rng, is_training):
    return chosen_with_where(q_values, epsilon, np.random.default_rng(), is_training)


def chosen_by_a_seed_of_its_own(q_values, epsilon, rng, is_training):
    return chosen_with_where(q_values, epsilon, np.random.default_rng(0), is_training)


def _explored_with(anything, explored=lambda rng, n: rng.random(n)):
    """The usual function with these random actions, of rng, B and A, and these coins,
    of rng and B.
    """

    def answer(q_values, epsilon, rng, is_training):
        n_states, n_actions = q_values.shape
        if not is_training:
            return q_values.argmax(1)
        chance = explored(rng, n_states) < epsilon
        return np.where(chance, anything(rng, n_states, n_actions), q_values.argmax(1))

    return answer


def drawn(rng, n, n_actions):
    return rng.integers(n_actions, size=n)


chosen_by_number = _explored_with(lambda rng, n, n_actions: np.arange(n) % n_actions)
chosen_by_fixed_chance = _explored_with(
    lambda rng, n, n_actions: np.random.default_rng(1).integers(n_actions, size=n)
)
chosen_from_a_deck = _explored_with(
    lambda rng, n, n_actions: rng.permutation(np.arange(n) % n_actions)
)
chosen_in_turn = _explored_with(
    lambda rng, n, n_actions: (np.arange(n) + rng.integers(n_actions)) % n_actions
)
chosen_in_pairs = _explored_with(
    lambda rng, n, n_actions: np.repeat(drawn(rng, n // 2 + 1, n_actions), 2)[:n]
)
coins_in_pairs = _explored_with(
    drawn, lambda rng, n: np.repeat(rng.random(n // 2 + 1), 2)[:n]
)
coins_in_tens = _explored_with(
    drawn, lambda rng, n: np.repeat(rng.random(n // 10 + 1), 10)[:n]
)
coins_of_half_the_batch = _explored_with(
    drawn, lambda rng, n: np.tile(rng.random(n // 2 + 1), 2)[:n]
)


def chosen_alone(q_values, epsilon, rng, is_training):
    return chosen_with_where(q_values, epsilon, rng, is_training)[0]


def chosen_by_masked_draws(q_values, epsilon, rng, is_training):
    action = np.argmax(q_values, axis=1)
    if is_training:
        explores = rng.binomial(1, epsilon, size=len(action)).astype(bool)
        action[explores] = rng.integers(0, q_values.shape[-1], explores.sum())
    return action


def chosen_from_noise(q_values, epsilon, rng, is_training):
    explores = rng.random((len(q_values), 1)) < (epsilon if is_training else 0)
    return np.where(explores, rng.random(q_values.shape), q_values).argmax(-1)


def chosen_one_by_one(q_values, epsilon, rng, is_training):
    if len(q_values) == 0:
        return np.zeros(0, int)
    head, tail = q_values[0], q_values[1:] if len(q_values) < 400 else ()
    if len(q_values) >= 400:
        return chosen_with_where(q_values, epsilon, rng, is_training)
    first = head.argmax()
    if is_training and rng.random() < epsilon:
        first = rng.integers(len(head))
    rest = chosen_one_by_one(tail, epsilon, rng, is_training)
    return np.concatenate([[first], rest])


def chosen_as_a_list(q_values, epsilon, rng, is_training):
    return chosen_by_loop(q_values, epsilon, rng, is_training).tolist()


def chosen_as_a_tensor(q_values, epsilon, rng, is_training):
    return torch.tensor(chosen_by_loop(q_values, epsilon, rng, is_training))


def chosen_as_a_column(q_values, epsilon, rng, is_training):
    return q_values.argmax(-1, keepdims=True)


def chosen_and_squeezed(q_values, epsilon, rng, is_training):
    return np.squeeze(chosen_with_where(q_values, epsilon, rng, is_training))


def chosen_by_an_if(q_values, epsilon, rng, is_training):
    if is_training and rng.random(len(q_values)) < epsilon:
        return rng.integers(q_values.shape[1], size=len(q_values))
    return q_values.argmax(-1)


def chosen_if_any(q_values, epsilon, rng, is_training):
    if is_training and (rng.random(len(q_values)) < epsilon).any():
        return rng.integers(q_values.shape[1], size=len(q_values))
    return q_values.argmax(-1)


def chosen_values(q_values, epsilon, rng, is_training):
    greedy = q_values.max(-1)
    if not is_training:
        return greedy
    n_states, n_actions = q_values.shape
    explored = rng.random(n_states) < epsilon
    return np.where(explored, rng.integers(n_actions, size=n_states), greedy)


def chosen_only_largest(q_values, epsilon, rng, is_training):
    greedy = np.where(q_values == q_values.max(-1, keepdims=True))[1]
    if not is_training:
        return greedy
    n_states, n_actions = q_values.shape
    explored = rng.random(n_states) < epsilon
    return np.where(explored, rng.integers(n_actions, size=n_states), greedy)


def chosen_by_one_number(q_values, epsilon, rng, is_training):
    n_states, n_actions = q_values.shape
    greedy = q_values.argmax(-1)
    if not is_training:
        return greedy
    u = rng.random(n_states)
    return np.where(u < epsilon, (u * n_actions).astype(int), greedy)


def chosen_with_a_seldom_coin(q_values, epsilon, rng, is_training):
    return chosen_with_where(q_values, epsilon / q_values.shape[1], rng, is_training)


def chosen_with_a_fixed_coin(q_values, epsilon, rng, is_training):
    return chosen_with_where(q_values, 0.1, rng, is_training)


def chosen_with_a_coin_of_its_own_seed(q_values, epsilon, rng, is_training):
    explored = np.random.default_rng(0).random(len(q_values)) < epsilon * is_training
    anything = rng.integers(q_values.shape[1], size=len(q_values))
    return np.where(explored, anything, q_values.argmax(-1))


def chosen_with_the_first_exploring(q_values, epsilon, rng, is_training):
    action = q_values.argmax(-1)
    n = rng.binomial(len(action), epsilon) if is_training else 0
    action[:n] = rng.integers(q_values.shape[1], size=n)
    return action


def chosen_with_a_little_chance(q_values, epsilon, rng, is_training):
    return chosen_with_where(q_values, epsilon if is_training else 0.05, rng, True)


def chosen_over_all(q_values, epsilon, rng, is_training):
    explored = (rng.random(len(q_values)) < epsilon) & is_training
    anything = rng.integers(q_values.shape[1], size=len(q_values))
    return np.where(explored, anything, np.argmax(q_values))


def chosen_from_the_states(q_values, epsilon, rng, is_training):
    explored = (rng.random(len(q_values)) < epsilon) & is_training
    anything = rng.integers(len(q_values), size=len(q_values))
    return np.where(explored, anything, q_values.argmax(1))


def chosen_one_beside(q_values, epsilon, rng, is_training):
    n_actions = q_values.shape[1]
    return (chosen_with_where(q_values, epsilon, rng, is_training) + 1) % n_actions


def chosen_column_by_column(q_values, epsilon, rng, is_training):
    return np.array([q_values[:, k].argmax() for k in range(q_values.shape[1])])


def chosen_from_one_to_last(q_values, epsilon, rng, is_training):
    n_states, n_actions = q_values.shape
    explored = rng.random(n_states) > epsilon * is_training
    anything = rng.integers(1, n_actions, size=n_states)
    return np.where(explored & is_training, anything, q_values.argmax(-1))


def window_by_loop(rewards, terminated, truncated, next_v, gamma):
    y, factor = 0.0, 1.0
    for k in range(len(rewards)):
        y += factor * rewards[k]
        factor *= gamma
        if terminated[k]:
            return y
        if truncated[k]:
            break
    return y + factor * next_v[k]


def window_in_numpy(rewards, terminated, truncated, next_v, gamma):
    ended = terminated | truncated
    m = ended.argmax() + 1 if ended.any() else len(rewards)
    return (
        gamma ** np.arange(m) @ rewards[:m]
        + gamma**m * next_v[m - 1] * ~terminated[m - 1]
    )


def window_backwards(rewards, terminated, truncated, next_v, gamma):
    y = next_v[-1]
    for k in reversed(range(len(rewards))):
        if terminated[k]:
            y = 0.0
        elif truncated[k]:
            y = next_v[k]
        y = rewards[k] + gamma * y
    return y


def window_in_torch(rewards, terminated, truncated, next_v, gamma):
    over, cut = torch.as_tensor(terminated), torch.as_tensor(truncated)
    before = torch.cat([torch.ones(1), (~(over | cut)).float()])[:-1].cumprod(0)
    power = gamma ** torch.arange(len(rewards))
    last = int(before.sum()) - 1
    bootstrap = torch.as_tensor(next_v)[last] * power[last] * gamma * (~over[last])
    return (before * power * torch.as_tensor(rewards)).sum() + bootstrap


def window_through_all(rewards, terminated, truncated, next_v, gamma):
    y = next_v[-1]
    for reward in rewards[::-1]:
        y = reward + gamma * y
    return y


def window_through_all_unless_terminated(rewards, terminated, truncated, next_v, gamma):
    n = len(rewards)
    y = sum(gamma**k * rewards[k] for k in range(n))
    return y if terminated.any() else y + gamma**n * next_v[-1]


def window_with_the_last_flag(rewards, terminated, truncated, next_v, gamma):
    n = len(rewards)
    return gamma ** np.arange(n) @ rewards + gamma**n * next_v[-1] * (
        1 - terminated[-1]
    )


def window_through_truncation(rewards, terminated, truncated, next_v, gamma):
    y = next_v[-1]
    for k in reversed(range(len(rewards))):
        y = rewards[k] + gamma * y * (not terminated[k])
        if terminated[k]:
            y = rewards[k]
    return y


def window_always_bootstrapped(rewards, terminated, truncated, next_v, gamma):
    y = next_v[-1]
    for k in reversed(range(len(rewards))):
        y = rewards[k] + gamma * (next_v[k] if terminated[k] or truncated[k] else y)
    return y


def window_without_bootstrap_at_ends(rewards, terminated, truncated, next_v, gamma):
    y = next_v[-1]
    for k in reversed(range(len(rewards))):
        y = rewards[k] + (0 if terminated[k] or truncated[k] else gamma * y)
    return y


def window_truncated_first(rewards, terminated, truncated, next_v, gamma):
    y = next_v[-1]
    for k in reversed(range(len(rewards))):
        if truncated[k]:
            y = next_v[k]
        elif terminated[k]:
            y = 0
        y = rewards[k] + gamma * y
    return y


def window_with_power_n(rewards, terminated, truncated, next_v, gamma):
    ended = np.append(np.flatnonzero(terminated | truncated), len(rewards) - 1)[0]
    y = np.polyval(rewards[: ended + 1][::-1], gamma)
    return y if terminated[ended] else y + gamma ** len(rewards) * next_v[ended]


def window_with_power_of_last(rewards, terminated, truncated, next_v, gamma):
    ended = np.append(np.flatnonzero(terminated | truncated), len(rewards) - 1)[0]
    y = np.polyval(rewards[: ended + 1][::-1], gamma)
    return y if terminated[ended] else y + gamma**ended * next_v[ended]


def window_with_last_value(rewards, terminated, truncated, next_v, gamma):
    ended = np.append(np.flatnonzero(terminated | truncated), len(rewards) - 1)[0]
    y = np.polyval(rewards[: ended + 1][::-1], gamma)
    return y if terminated[ended] else y + gamma ** (ended + 1) * next_v[-1]


def window_with_first_value(rewards, terminated, truncated, next_v, gamma):
    ended = np.append(np.flatnonzero(terminated | truncated), len(rewards) - 1)[0]
    y = np.polyval(rewards[: ended + 1][::-1], gamma)
    return y if terminated[ended] else y + gamma ** (ended + 1) * next_v[0]


def window_without_last_reward(rewards, terminated, truncated, next_v, gamma):
    y = 0.0
    for k in range(len(rewards)):
        if terminated[k]:
            return y
        if truncated[k]:
            return y + gamma ** (k + 1) * next_v[k]
        y += gamma**k * rewards[k]
    return y + gamma ** (k + 1) * next_v[k]


def window_discounted_at_once(rewards, terminated, truncated, next_v, gamma):
    y, factor = 0.0, 1.0
    for k in range(len(rewards)):
        factor *= gamma
        y += factor * rewards[k]
        if terminated[k] or truncated[k]:
            break
    return y + factor * next_v[k] * (not terminated[k])


def window_of_a_plain_sum(rewards, terminated, truncated, next_v, gamma):
    m = next(
        (k for k, ends in enumerate(terminated | truncated, 1) if ends), len(rewards)
    )
    return sum(rewards[:m]) + gamma**m * (0 if terminated[m - 1] else next_v[m - 1])


def _window_with(stops=lambda over, cut: over, power=lambda m: m, length=None):
    """The target with a rule for what stops its bootstrap, for its power of gamma, and
    for where the window ends.
    """

    def answer(rewards, terminated, truncated, next_v, gamma):
        ended = terminated | truncated
        m = (
            length(ended)
            if length
            else ended.argmax() + 1
            if ended.any()
            else len(rewards)
        )
        future = (
            0
            if stops(terminated, truncated)[m - 1]
            else gamma ** power(m) * next_v[m - 1]
        )
        return gamma ** np.arange(m) @ rewards[:m] + future

    return answer


window_of_argmax = _window_with(length=lambda ended: ended.argmax() + 1)
window_with_power_0 = _window_with(power=lambda m: 0)
window_with_power_1 = _window_with(power=lambda m: 1)
window_for_truncation = _window_with(lambda over, cut: ~cut)
window_for_truncation_alone = _window_with(lambda over, cut: over | ~cut)
window_without_bootstrap = _window_with(lambda over, cut: over | True)
window_that_looks_behind = _window_with(lambda over, cut: over | over.any())


def a_share_of_the_batch(q_values, epsilon, rng, is_training):
    action, n = q_values.argmax(1), int(epsilon * len(q_values))
    if is_training:
        action[rng.choice(len(action), n, replace=False)] = rng.integers(
            q_values.shape[1], size=n
        )
    return action


def line_from_one(step, start, end, duration):
    left = max(0.0, 1 - step / duration)
    return end + left * (1 - end)


def window_of_n_whatever_it_holds(rewards, terminated, truncated, next_v, gamma):
    total = 0.0
    for k, reward in enumerate(rewards):
        total += gamma**k * reward
        if terminated[k]:
            return total
        if truncated[k]:
            break
    return total + gamma ** len(rewards) * next_v[-1]


def learn_in_order(critic, memory, batch_size):
    batch = memory.get_next_batch(batch_size)
    y = critic.get_bellman_target(
        batch.reward, batch.next_state, batch.terminated, batch.discount
    )
    critic.update(batch.state, batch.action, y)
    critic.update_target()


def learn_with_gamma(critic, memory, batch_size):
    state, action, reward, next_state, terminated, *_ = memory.get_next_batch(
        batch_size
    )
    y = critic.get_bellman_target(reward, next_state, terminated)
    critic.update(state, action, y)
    critic.update_target()


def learn_by_hand(critic, memory, batch_size):
    batch = memory.get_next_batch(batch_size)
    with torch.no_grad():
        next_v = critic.Q_t(batch.next_state).max(-1).values
        y = batch.reward + torch.where(
            batch.terminated, torch.zeros(()), batch.discount * next_v
        )
    critic.update(batch.state, batch.action, y)
    critic.update_target()
    return y


def _learn_with(
    flags=None, order="UT", next_state=None, target=None, before=None, discount=None
):
    def learn(critic, memory, batch_size):
        batch = memory.get_next_batch(batch_size)
        y = critic.get_bellman_target(
            batch.reward,
            next_state(batch) if next_state else batch.next_state,
            flags(batch) if flags else batch.terminated,
            discount(batch) if discount else batch.discount,
        )
        y = target(y, batch) if target else y
        for letter in order:
            critic.update_target() if letter == "T" else critic.update(
                before(batch) if before else batch.state, batch.action, y
            )

    return learn


learn_without_target = _learn_with(order="U")
learn_target_first = _learn_with(order="TU")
learn_target_only = _learn_with(order="T")
learn_not_at_all = _learn_with(order="")
learn_two_updates = _learn_with(order="UUT")
learn_truncated_only = _learn_with(lambda batch: batch.truncated)
learn_either_flag = _learn_with(lambda batch: batch.truncated | batch.terminated)
learn_from_the_state = _learn_with(next_state=lambda batch: batch.state)
learn_rewards = _learn_with(target=lambda y, batch: batch.reward)


def learn_from_two_batches(critic, memory, batch_size):
    batch = memory.get_next_batch(batch_size)
    y = critic.get_bellman_target(batch.reward, batch.next_state, batch.terminated)
    batch = memory.get_next_batch(batch_size)
    critic.update(batch.state, batch.action, y)
    critic.update_target()


def step_in_order(agent, env, state, is_reset):
    action = agent.select_action(state)
    next_state, reward, terminated, truncated, _ = env.step(action)
    agent.experience_memory.store(
        state, action, reward, next_state, terminated, truncated, is_reset
    )
    return next_state, terminated | truncated


def step_by_names(agent, env, state, is_reset):
    action = agent.select_action(state, is_training=True)
    next_state, reward, over, cut, _info = env.step(action)
    agent.experience_memory.store(
        state=state,
        action=action,
        reward=reward,
        next_state=next_state,
        terminated=over,
        truncated=cut,
        is_reset=is_reset,
    )
    return [next_state, np.logical_or(over, cut)]


def step_packed(agent, env, state, is_reset):
    memory, action = agent.experience_memory, agent.select_action(state)
    new, reward, *flags, _ = env.step(action)
    memory.store(state, action, reward, new, *flags, is_reset)
    return new, flags[0] | flags[1]


def _step_with(row=None, back=None, is_training=True):
    def step(agent, env, state, is_reset):
        action = agent.select_action(state, is_training)
        new, reward, over, cut, _ = env.step(action)
        entries = (state, new, over, cut, is_reset)
        old, end, *flags = row(*entries) if row else entries
        agent.experience_memory.store(old, action, reward, end, *flags)
        return back(state, new, over, cut) if back else (new, over | cut)

    return step


def step_without_env(agent, env, state, is_reset):
    agent.select_action(state)
    return state, is_reset


def step_without_memory(agent, env, state, is_reset):
    next_state, _, terminated, truncated, _ = env.step(agent.select_action(state))
    return next_state, terminated | truncated


def step_twice(agent, env, state, is_reset):
    action = agent.select_action(state)
    next_state, reward = env.step(action)[:2]
    terminated, truncated = env.step(action)[2:4]
    agent.experience_memory.store(
        state, action, reward, next_state, terminated, truncated, is_reset
    )
    return next_state, terminated | truncated


def step_without_flags(agent, env, state, is_reset):
    return step_in_order(agent, env, state, is_reset)[0]


step_state_lost = _step_with(lambda s, n, o, c, r: (n, n, o, c, r))
step_no_reset_flag = _step_with(lambda s, n, o, c, r: (s, n, o, c))
step_reset_too_early = _step_with(lambda s, n, o, c, r: (s, n, o, c, o | c))
step_flags_exchanged = _step_with(lambda s, n, o, c, r: (s, n, c, o, r))
step_flags_merged = _step_with(lambda s, n, o, c, r: (s, n, o | c, c, r))
step_only_terminated = _step_with(back=lambda s, n, o, c: (n, o))
step_stands_still = _step_with(back=lambda s, n, o, c: (s, o | c))
step_greedily = _step_with(is_training=False)


def line_without_duration(step, start, end, duration):
    return max(end, start - (start - end) * step)


def line_to_zero_after_it(step, start, end, duration):
    if step > duration:
        return 0.0
    return start + (end - start) * step / duration


def line_with_wrong_maximum(step, start, end, duration):
    return max(start, end + (start - end) * (1 - step / duration))


def line_with_the_sign_turned(step, start, end, duration):
    return max(end, start - (end - start) * step / duration)


def line_on_the_end(step, start, end, duration):
    share = step / duration
    return start * (1 - share) + end


def line_of_a_list(step, start, end, duration):
    return np.linspace(start, end, duration + 1)[step]


def line_of_the_share(step, start, end, duration):
    return min(1.0, step / duration)


def line_of_what_fell(step, start, end, duration):
    if step >= duration:
        return end
    return (start - end) * step / duration


def line_of_one_step(step, start, end, duration):
    return start - (start - end) / duration


def line_half_as_steep(step, start, end, duration):
    return max(end, start - (start - end) * step / (2 * duration))


def line_rounded(step, start, end, duration):
    return round(max(end, start - (start - end) * step / duration), 1)


def line_of_a_constant_factor(step, start, end, duration):
    eps = start
    for _ in range(step):
        eps = max(end, eps * 0.99)
    return eps


def window_without_the_terminating_reward(
    rewards, terminated, truncated, next_v, gamma
):
    y, discount = 0.0, 1.0
    for k in range(len(rewards)):
        if terminated[k]:
            return y
        y += discount * rewards[k]
        discount *= gamma
        if truncated[k]:
            break
    return y + discount * next_v[k]


def window_to_the_last_end(rewards, terminated, truncated, next_v, gamma):
    ends = np.flatnonzero(terminated | truncated)
    m = ends[-1] if len(ends) else len(rewards) - 1
    y = (gamma ** np.arange(m + 1) * rewards[: m + 1]).sum()
    return y if terminated[m] else y + gamma ** (m + 1) * next_v[m]


def window_of_one(rewards, terminated, truncated, next_v, gamma):
    return rewards[0] + gamma * (not terminated[0]) * next_v[0]


def window_until_a_flag(rewards, terminated, truncated, next_v, gamma):
    k = 0
    while not (terminated[k] or truncated[k]):
        k += 1
    y = sum(gamma**i * rewards[i] for i in range(k + 1))
    return y if terminated[k] else y + gamma ** (k + 1) * next_v[k]


def window_of_the_living(rewards, terminated, truncated, next_v, gamma):
    done = terminated | truncated
    alive = np.cumprod(~done)
    n = len(rewards)
    disc = gamma ** np.arange(n)
    return (disc * rewards * alive).sum() + gamma**n * next_v[-1] * alive[-1]


def window_one_value_later(rewards, terminated, truncated, next_v, gamma):
    y = 0
    for k in range(len(rewards)):
        y += gamma**k * rewards[k]
        if terminated[k] or truncated[k]:
            break
    if not terminated[k]:
        y += gamma ** (k + 1) * next_v[k + 1 if k + 1 < len(next_v) else k]
    return y


def window_until_both(rewards, terminated, truncated, next_v, gamma):
    y = 0
    for k in range(len(rewards)):
        y += gamma**k * rewards[k]
        if terminated[k] and truncated[k]:
            break
    return y + (0 if terminated[k] else gamma ** (k + 1) * next_v[k])


def window_of_one_flag(rewards, terminated, truncated, next_v, gamma):
    if terminated or truncated:
        return rewards[0]
    return rewards[0] + gamma * next_v[0]


def window_bootstrapped_throughout(rewards, terminated, truncated, next_v, gamma):
    y = 0
    for k in range(len(rewards)):
        y += gamma**k * (rewards[k] + gamma * next_v[k] * (not terminated[k]))
        if terminated[k] or truncated[k]:
            break
    return y


def window_with_one_index(rewards, terminated, truncated, next_v, gamma):
    done = terminated | truncated
    m = np.argmax(done) if done.any() else len(rewards)
    y = sum(gamma**k * rewards[k] for k in range(m))
    if m < len(rewards) and terminated[m]:
        return y
    return y + gamma**m * next_v[min(m, len(rewards) - 1)]


def window_before_the_end(rewards, terminated, truncated, next_v, gamma):
    keep = ~np.logical_or.accumulate(terminated | truncated)
    y = (gamma ** np.arange(len(rewards)) * rewards * keep).sum()
    m = keep.sum()
    return y + gamma**m * next_v[m - 1]


def window_until_truncated(rewards, terminated, truncated, next_v, gamma):
    y = 0
    for k in range(len(rewards)):
        y += gamma**k * rewards[k]
        if truncated[k]:
            break
    return y + (0 if terminated[k] else gamma ** (k + 1) * next_v[k])


def window_by_horner(rewards, terminated, truncated, next_v, gamma):
    y = 0
    for k in range(len(rewards)):
        y = gamma * y + rewards[k]
        if terminated[k] or truncated[k]:
            break
    return y + (0 if terminated[k] else gamma ** (k + 1) * next_v[k])


def window_with_the_largest_value(rewards, terminated, truncated, next_v, gamma):
    y = 0
    for k, r in enumerate(rewards):
        y += gamma**k * r
        if terminated[k] or truncated[k]:
            return y
    return y + gamma ** (k + 1) * max(next_v)


def window_with_raw_bootstrap(rewards, terminated, truncated, next_v, gamma):
    y = 0
    for k in range(len(rewards)):
        y += gamma**k * rewards[k]
        if terminated[k]:
            return y
        if truncated[k]:
            return y + next_v[k]
    return y + gamma ** len(rewards) * next_v[-1]


def learn_thirty_two(critic, memory, batch_size):
    b = memory.get_next_batch(32)
    y = critic.get_bellman_target(b.reward, b.next_state, b.terminated, b.discount)
    critic.update(b.state, b.action, y)
    critic.update_target()


def learn_with_flags_as_discount(critic, memory, batch_size):
    b = memory.get_next_batch(batch_size)
    y = critic.get_bellman_target(b.reward, b.next_state, b.terminated, b.truncated)
    critic.update(b.state, b.action, y)
    critic.update_target()


def learn_from_online_values(critic, memory, batch_size):
    b = memory.get_next_batch(batch_size)
    y = b.reward + b.discount * critic.Q(b.next_state).max(-1).values * ~b.terminated
    critic.update(b.state, b.action, y)
    critic.update_target()


def learn_backwards(critic, memory, batch_size):
    b = memory.get_next_batch(batch_size)
    y = critic.get_bellman_target(b.reward, b.state, b.terminated, b.discount)
    critic.update(b.next_state, b.action, y)
    critic.update_target()


def learn_once_for_each(critic, memory, batch_size):
    b = memory.get_next_batch(batch_size)
    for _ in range(batch_size):
        y = critic.get_bellman_target(b.reward, b.next_state, b.terminated, b.discount)
        critic.update(b.state, b.action, y)
    critic.update_target()


def learn_one_by_one(critic, memory, batch_size):
    for _ in range(batch_size):
        b = memory.get_next_batch(1)
        y = critic.get_bellman_target(b.reward, b.next_state, b.terminated, b.discount)
        critic.update(b.state, b.action, y)
    critic.update_target()


def learn_without_an_end(critic, memory, batch_size):
    b = memory.get_next_batch(batch_size)
    y = critic.get_bellman_target(
        b.reward, b.next_state, torch.zeros_like(b.terminated), b.discount
    )
    critic.update(b.state, b.action, y)
    critic.update_target()


def learn_the_error(critic, memory, batch_size):
    b = memory.get_next_batch(batch_size)
    q = critic.Q(b.state).gather(1, b.action[:, None])[:, 0].detach()
    y = critic.get_bellman_target(b.reward, b.next_state, b.terminated, b.discount)
    critic.update(b.state, b.action, y - q)
    critic.update_target()


def learn_after_the_target(critic, memory, batch_size):
    critic.update_target()
    b = memory.get_next_batch(batch_size)
    y = critic.get_bellman_target(b.reward, b.next_state, b.terminated, b.discount)
    critic.update(b.state, b.action, y)


def step_of_old(agent, env, state, is_reset):
    action = agent.select_action(state)
    n, r, t, c = env.step(action)
    agent.experience_memory.store(state, action, r, n, t, c, is_reset)
    return n, t | c


def step_with_two_flags(agent, env, state, is_reset):
    action = agent.select_action(state)
    n, r, t, c, _ = env.step(action)
    agent.experience_memory.store(state, action, r, n, t | c, is_reset)
    return n, t | c


def step_in_another_order(agent, env, state, is_reset):
    action = agent.select_action(state)
    n, r, t, c, _ = env.step(action)
    agent.experience_memory.store(state, action, n, r, t, c, is_reset)
    return n, t | c


def step_in_place(agent, env, state, is_reset):
    action = agent.select_action(state)
    n, r, t, c, _ = env.step(action)
    agent.experience_memory.store(state, action, r, n, t, c, is_reset)
    is_reset[:] = t | c
    return n, is_reset


def step_with_or(agent, env, state, is_reset):
    action = agent.select_action(state)
    n, r, t, c, _ = env.step(action)
    agent.experience_memory.store(state, action, r, n, t, c, is_reset)
    return n, t or c


def step_and_reset(agent, env, state, is_reset):
    action = agent.select_action(state)
    n, r, t, c, _ = env.step(action)
    if (t | c).any():
        n, _ = env.reset()
    agent.experience_memory.store(state, action, r, n, t, c, is_reset)
    return n, t | c


def step_one_by_one(agent, env, state, is_reset):
    for e in range(len(state)):
        action = agent.select_action(state[e : e + 1])
        n, r, t, c, _ = env.step(action)
        agent.experience_memory.store(state[e], action, r, n, t, c, is_reset[e])
    return n, t | c


def step_exchanged(agent, env, state, is_reset):
    action = agent.select_action(state)
    n, r, t, c, _ = env.step(action)
    agent.experience_memory.store(n, action, r, state, t, c, is_reset)
    return n, t | c


def step_without_resets(agent, env, state, is_reset):
    action = agent.select_action(state)
    n, r, t, c, _ = env.step(action)
    keep = ~is_reset
    agent.experience_memory.store(
        state[keep], action[keep], r[keep], n[keep], t[keep], c[keep], is_reset[keep]
    )
    return n, t | c


def step_in_numbers(agent, env, state, is_reset):
    action = agent.select_action(state)
    n, r, t, c, _ = env.step(action)
    agent.experience_memory.store(state, action, r, n, t, c, is_reset)
    return n, (t | c).astype(int)


def step_with_old_flags(agent, env, state, is_reset):
    action = agent.select_action(state)
    n, r, t, c, _ = env.step(action)
    agent.experience_memory.store(state, action, r, n, t, c, np.zeros_like(is_reset))
    return n, is_reset


def step_with_and(agent, env, state, is_reset):
    action = agent.select_action(state)
    n, r, t, c, _ = env.step(action)
    agent.experience_memory.store(state, action, r, n, t, c, is_reset)
    return n, t & c


def step_asking_again(agent, env, state, is_reset):
    n, r, t, c, _ = env.step(agent.select_action(state))
    agent.experience_memory.store(
        state, agent.select_action(state), r, n, t, c, is_reset
    )
    return n, t | c


def step_turned_round(agent, env, state, is_reset):
    action = agent.select_action(state)
    n, r, t, c, _ = env.step(action)
    agent.experience_memory.store(state, action, r, n, t, c, is_reset)
    return t | c, n


def step_with_signs(agent, env, state, is_reset):
    action = agent.select_action(state)
    n, r, t, c, _ = env.step(action)
    agent.experience_memory.store(state, action, np.sign(r), n, t, c, is_reset)
    return n, t | c


def step_by_dice(agent, env, state, is_reset):
    action = np.random.randint(4, size=len(state))  # noqa: NPY002
    n, r, t, c, _ = env.step(action)
    agent.experience_memory.store(state, action, r, n, t, c, is_reset)
    return n, t | c


def step_with_flags_mixed(agent, env, state, is_reset):
    action = agent.select_action(state)
    n, r, t, c, _ = env.step(action)
    agent.experience_memory.store(state, action, r, n, t, is_reset, c)
    return n, t | c


def line_of_all_points(step, start, end, duration):
    return np.linspace(start, end, duration + 1)[min(step, duration)]


def line_left(step, start, end, duration):
    left = max(duration - step, 0) / duration
    return np.array(end + (start - end) * left)


def window_by_recursion(rewards, terminated, truncated, next_v, gamma):
    r, t, c, v = (x.tolist() for x in (rewards, terminated, truncated, next_v))

    def go(k):
        if t[k]:
            return r[k]
        if c[k] or k == len(r) - 1:
            return r[k] + gamma * v[k]
        return r[k] + gamma * go(k + 1)

    return go(0)


def window_extended(rewards, terminated, truncated, next_v, gamma):
    extended = np.append(rewards, 0.0)
    ended = terminated + truncated
    m = int(np.argmax(np.append(ended, True)))
    m = min(m, len(rewards) - 1)
    extended[m + 1] = 0 if terminated[m] else next_v[m]
    return np.dot(gamma ** np.arange(m + 2), extended[: m + 2])


def window_from_its_end(rewards, terminated, truncated, next_v, gamma):
    try:
        last = (terminated | truncated).tolist().index(True)
    except ValueError:
        last = len(rewards) - 1
    y = 0.0 if terminated[last] else next_v[last]
    while last >= 0:
        y = rewards[last] + gamma * y
        last -= 1
    return torch.tensor(y)


def learn_from_the_iterator(critic, memory, batch_size):
    _, it = memory.get_steps_and_iterator(0, 1, batch_size)
    for b in it:
        y = critic.get_bellman_target(
            terminated=b.terminated, reward=b.reward, next_state=b.next_state
        )
        out = critic.update(state=b.state, action=b.action, y=y)
        critic.update_target()
    return out.loss


def learn_on_foot(critic, memory, batch_size):
    b = memory.get_next_batch(batch_size=batch_size)
    y = critic.get_bellman_target(b.reward, b.next_state, b.terminated, critic.gamma)
    critic.optimizer.zero_grad()
    q = critic.Q(b.state)[torch.arange(batch_size), b.action]
    ((q - y) ** 2).mean().backward()
    critic.optimizer.param_groups[0]["lr"] = critic.learning_rate
    critic.optimizer.step()
    with torch.no_grad():
        for t, o in zip(
            critic.target.parameters(), critic.online.parameters(), strict=True
        ):
            t.lerp_(o, critic.tau)


def step_in_copies(agent, env, state, is_reset):
    a = agent.select_action(state, True)
    out = env.step(a)
    n, r, t, c = out[:4]
    agent.experience_memory.store(*map(np.copy, (state, a, r, n, t, c, is_reset)))
    return n, np.array([x or y for x, y in zip(t, c, strict=True)])


def step_in_torch(agent, env, state, is_reset):
    a = agent.select_action(state)
    n, r, t, c, _info = env.step(a)
    agent.experience_memory.store(state, a, r, n, t, c, is_reset)
    return torch.as_tensor(n), torch.as_tensor(t) | torch.as_tensor(c)


def line_that_starts_again(step, start, end, duration):
    return start if step > duration else start + (end - start) * step / duration


def line_of_the_end(step, start, end, duration):
    return min(end, start - (start - end) * step / duration)


def line_at_its_end(step, start, end, duration):
    return end


def line_that_climbs(step, start, end, duration):
    return start + (start - end) * min(1.0, step / duration)


def line_above_its_end(step, start, end, duration):
    return end + start * max(0.0, 1 - step / duration)


def line_of_what_is_left(step, start, end, duration):
    return (start - end) * max(0.0, 1 - step / duration)


def window_without_its_end(rewards, terminated, truncated, next_v, gamma):
    ended = terminated | truncated
    m = ended.argmax() if ended.any() else len(rewards)
    y = sum(gamma**k * rewards[k] for k in range(m))
    return y if terminated[m - 1] else y + gamma**m * next_v[m - 1]


def window_with_the_best_value(rewards, terminated, truncated, next_v, gamma):
    ended = terminated | truncated
    m = ended.argmax() + 1 if ended.any() else len(rewards)
    y = sum(gamma**k * rewards[k] for k in range(m))
    return y if terminated[m - 1] else y + gamma**m * next_v[:m].max()


def window_of_exclusive_ends(rewards, terminated, truncated, next_v, gamma):
    y = 0.0
    for k in range(len(rewards)):
        y += gamma**k * rewards[k]
        if terminated[k] != truncated[k]:
            break
    return y if terminated[k] else y + gamma ** (k + 1) * next_v[k]


def window_masked_the_wrong_way(rewards, terminated, truncated, next_v, gamma):
    y = 0.0
    for k in range(len(rewards)):
        y += gamma**k * rewards[k]
        if terminated[k] or truncated[k]:
            break
    return y + gamma ** (k + 1) * next_v[k] if terminated[k] else y


def window_with_a_power_too_many(rewards, terminated, truncated, next_v, gamma):
    y, factor = 0.0, gamma
    for k in range(len(rewards)):
        y += gamma**k * rewards[k]
        factor *= gamma
        if terminated[k] or truncated[k]:
            break
    return y if terminated[k] else y + factor * next_v[k]


def window_with_value_before(rewards, terminated, truncated, next_v, gamma):
    ended = terminated | truncated
    last = ended.argmax() if ended.any() else len(rewards) - 1
    y = (gamma ** np.arange(last + 1) * rewards[: last + 1]).sum()
    return y if terminated[last] else y + gamma ** (last + 1) * next_v[last - 1]


def window_of_range_last(rewards, terminated, truncated, next_v, gamma):
    ended = terminated | truncated
    last = ended.argmax() if ended.any() else len(rewards) - 1
    y = sum(gamma**k * rewards[k] for k in range(last))
    return y if terminated[last] else y + gamma ** (last + 1) * next_v[last]


def window_of_the_first_reward(rewards, terminated, truncated, next_v, gamma):
    ended = terminated | truncated
    last = ended.argmax() if ended.any() else len(rewards) - 1
    return rewards[0] + gamma ** (last + 1) * next_v[last] * (not terminated[last])


def window_with_a_single_factor(rewards, terminated, truncated, next_v, gamma):
    y = rewards[0]
    m = 1
    while not (terminated[m - 1] or truncated[m - 1]) and m < len(rewards):
        y += gamma * rewards[m]
        m += 1
    return y if terminated[m - 1] else y + gamma**m * next_v[m - 1]


def window_averaged(rewards, terminated, truncated, next_v, gamma):
    total = window_by_loop(rewards, terminated, truncated, next_v, gamma)
    ended = terminated | truncated
    return total / (ended.argmax() + 1 if ended.any() else len(rewards))


def window_less_its_bootstrap(rewards, terminated, truncated, next_v, gamma):
    y = 0.0
    for k in range(len(rewards)):
        y += gamma**k * rewards[k]
        if terminated[k] or truncated[k]:
            break
    return y if terminated[k] else y - gamma ** (k + 1) * next_v[k]


def window_of_its_bootstrap(rewards, terminated, truncated, next_v, gamma):
    for k in range(len(rewards)):
        if terminated[k]:
            return 0.0
        if truncated[k]:
            break
    return gamma ** (k + 1) * next_v[k]


def window_in_a_list(rewards, terminated, truncated, next_v, gamma):
    return [window_by_loop(rewards, terminated, truncated, next_v, gamma)]


def window_of_its_length(rewards, terminated, truncated, next_v, gamma):
    y = window_by_loop(rewards, terminated, truncated, next_v, gamma)
    return np.array([y])


learn_target_twice = _learn_with(order="UTT")
learn_inverted = _learn_with(lambda batch: batch.terminated.logical_not())
learn_the_next_state = _learn_with(before=lambda batch: batch.next_state)
learn_nothing_at_ends = _learn_with(target=lambda y, batch: y * ~batch.terminated)
learn_the_target_twice = _learn_with(
    target=lambda y, batch: batch.reward + batch.discount * y
)
learn_undiscounted = _learn_with(discount=lambda batch: 1.0)
learn_discounted_twice = _learn_with(discount=lambda batch: batch.discount**2)
learn_rewards_without_target = _learn_with(
    target=lambda y, batch: batch.reward, order="U"
)


def learn_by_copying(critic, memory, batch_size):
    learn_without_target(critic, memory, batch_size)
    with torch.no_grad():
        for old, new in zip(
            critic.target.parameters(), critic.online.parameters(), strict=True
        ):
            old.copy_(new)


def learn_its_own_action(critic, memory, batch_size):
    batch = memory.get_next_batch(batch_size)
    y = critic.get_bellman_target(batch.reward, batch.next_state, batch.terminated)
    action = critic.Q(batch.state).argmax(-1)
    critic.update(batch.state, action, y)
    critic.update_target()


def learn_without_size(critic, memory):
    learn_in_order(critic, memory, 32)


def step_returning_old_flags(agent, env, state, is_reset):
    next_state, _ = step_in_order(agent, env, state, is_reset)
    return next_state, is_reset


step_without_next = _step_with(lambda s, n, o, c, r: (s, s, o, c, r))
step_not_truncated = _step_with(lambda s, n, o, c, r: (s, n, o, c & False, r))
step_resets_inverted = _step_with(lambda s, n, o, c, r: (s, n, o, c, ~r))
step_only_truncated = _step_with(back=lambda s, n, o, c: (n, c))
step_exclusive = _step_with(back=lambda s, n, o, c: (n, o != c))
step_inverted = _step_with(back=lambda s, n, o, c: (n, ~(o | c)))
step_remembering_resets = _step_with(lambda s, n, o, c, r: (s, n, o, c, r | o | c))


def step_without_the_first_reward(agent, env, state, is_reset):
    action = agent.select_action(state)
    next_state, reward, terminated, truncated, _ = env.step(action)
    reward = np.where(is_reset, 0.0, reward)
    agent.experience_memory.store(
        state, action, reward, next_state, terminated, truncated, is_reset
    )
    return next_state, terminated | truncated


def step_stored_one_by_one(agent, env, state, is_reset):
    action = agent.select_action(state)
    next_state, reward, terminated, truncated, _ = env.step(action)
    for row in zip(
        state, action, reward, next_state, terminated, truncated, is_reset, strict=True
    ):
        agent.experience_memory.store(*row)
    return next_state, terminated | truncated


CHANGES = {
    "mask": "D",
    "target": "C",
    "argmin": "E",
    "gradient": "A",
    "coin": "B",
    "mean": "C",
}
FLAGS = [False, False, True, False]

ANSWERS = {
    "behaviour_return": Answers(
        correct=["B", "b", " B "],
        wrong=[
            ("A", "answer A"),
            ("C", "answer C"),
            ("D", "answer D"),
            ("E", "no letter"),
            ("AB", "no letter"),
            (3, "no letter"),
        ],
    ),
    "epsilon_at": Answers(
        correct=[
            line_with_min,
            line_with_floor,
            line_with_branch,
            line_interpolated,
            line_of_all_points,
            line_left,
        ],
        wrong=[
            (line_for_ever, "never flat"),
            (line_to_zero_with_floor, "towards zero"),
            (line_falling_by_one, "falls from 1"),
            (line_to_zero, "towards nothing"),
            (line_upwards, "upside down"),
            (line_by_whole_numbers, "one jump"),
            (line_again_and_again, "starts over"),
            (line_multiplied, "a curve"),
            (line_from_one, "starts at 1"),
            (line_of_points, "one step off"),
            (line_one_step_ahead, "one step off"),
            (line_one_step_behind, "one step off"),
            (line_without_duration, "no duration"),
            (line_to_zero_after_it, "zero behind"),
            (line_that_starts_again, "start behind"),
            (line_with_wrong_maximum, "never falls"),
            (line_of_the_end, "minimum for maximum"),
            (line_at_its_end, "end at once"),
            (line_with_the_sign_turned, "never flat + rises"),
            (line_on_the_end, "never flat + on top of the end"),
            (line_of_what_is_left, "only the fall"),
            (line_of_a_list, "nothing behind"),
            (line_of_the_share, "share alone"),
            (line_of_what_fell, "the way gone"),
            (line_of_one_step, "no step"),
            (line_half_as_steep, "another slope"),
            (line_that_climbs, "rises"),
            (line_above_its_end, "on top of the end"),
            (line_rounded, "rounded"),
            (line_of_a_constant_factor, "other values"),
        ],
    ),
    "choose_actions": Answers(
        correct=[
            chosen_with_where,
            chosen_by_loop,
            chosen_in_place,
            chosen_from_the_policy,
            chosen_by_masked_draws,
            chosen_from_noise,
            chosen_one_by_one,
        ],
        wrong=[
            (a_share_of_the_batch, "fixed number"),
            (chosen_by_one_coin, "one coin"),
            (chosen_by_one_coin_for_one_action, "one coin"),
            (chosen_alike, "one random action"),
            (chosen_inverted, "epsilon inverted"),
            (chosen_over_the_batch, "over the states"),
            (chosen_column_by_column, "over the states"),
            (chosen_without_looking_at_training, "explores when measured"),
            (chosen_while_not_training, "is_training inverted"),
            (chosen_as_floats, "float actions"),
            (chosen_from_one, "no such action"),
            (chosen_always_greedy, "greedy when told to explore"),
            (chosen_smallest, "smallest value"),
            (chosen_besides_the_greedy, "greedy action left out"),
            (chosen_below_the_last, "last action left out"),
            (chosen_mostly_small, "uneven"),
            (chosen_with_half_the_coin, "epsilon twice"),
            (chosen_by_a_global_source, "another generator"),
            (chosen_by_a_seed_of_its_own, "own seed"),
            (chosen_alone, "one action for all"),
            (chosen_as_a_list, "other type"),
            (chosen_as_a_tensor, "other type"),
            (chosen_as_a_column, "other shape"),
            (chosen_and_squeezed, "batch of one"),
            (chosen_by_an_if, "one coin for all"),
            (chosen_if_any, "one coin"),
            (chosen_values, "values for actions"),
            (chosen_only_largest, "several largest"),
            (chosen_by_one_number, "one number twice"),
            (chosen_with_a_seldom_coin, "epsilon over A"),
            (chosen_with_a_fixed_coin, "epsilon not used"),
            (chosen_with_a_coin_of_its_own_seed, "coins by place"),
            (chosen_with_the_first_exploring, "coins by place"),
            (chosen_with_a_little_chance, "explores when measured"),
            (chosen_over_all, "one maximum"),
            (chosen_from_the_states, "no such action"),
            (chosen_one_beside, "not greedy"),
            (chosen_from_one_to_last, "epsilon inverted + first action left out"),
            (chosen_by_number, "dealt out"),
            (chosen_by_fixed_chance, "own seed"),
            (chosen_from_a_deck, "dealt out"),
            (chosen_in_turn, "dealt out"),
            (chosen_in_pairs, "actions shared"),
            (coins_in_pairs, "coins shared"),
            (coins_in_tens, "coins shared"),
            (coins_of_half_the_batch, "coins shared"),
        ],
    ),
    "n_step_target": Answers(
        correct=[
            window_by_loop,
            window_in_numpy,
            window_backwards,
            window_in_torch,
            window_by_recursion,
            window_extended,
            window_from_its_end,
        ],
        wrong=[
            (window_through_all, "crosses the end"),
            (window_through_all_unless_terminated, "crosses the end"),
            (window_with_the_last_flag, "crosses the end"),
            (window_through_truncation, "crosses truncation"),
            (window_always_bootstrapped, "bootstraps at the end"),
            (window_without_bootstrap_at_ends, "stops at truncation"),
            (window_truncated_first, "truncated wins"),
            (window_with_power_n, "gamma to the n"),
            (window_with_power_of_last, "power too small"),
            (window_with_last_value, "last value"),
            (window_with_first_value, "first value"),
            (window_of_n_whatever_it_holds, "last value"),
            (window_without_last_reward, "last reward lost"),
            (window_discounted_at_once, "rewards from gamma"),
            (window_of_a_plain_sum, "no discount"),
            (window_of_argmax, "no end found"),
            (window_with_power_0, "bootstrap not discounted"),
            (window_with_power_1, "one gamma for all"),
            (window_for_truncation, "only where truncated"),
            (window_for_truncation_alone, "only where truncated"),
            (window_without_bootstrap, "no bootstrap"),
            (window_that_looks_behind, "looks behind the end"),
            (window_without_the_terminating_reward, "last reward lost"),
            (window_to_the_last_end, "last end"),
            (window_of_one, "one step only"),
            (window_until_a_flag, "no end in it"),
            (window_of_the_living, "stops at truncation + last reward lost"),
            (window_one_value_later, "value too late"),
            (window_until_both, "both flags needed"),
            (window_of_one_flag, "one flag for all"),
            (window_bootstrapped_throughout, "bootstrap at each step"),
            (window_with_one_index, "power too small + last reward lost"),
            (window_before_the_end, "end left out + bootstraps at the end"),
            (window_until_truncated, "crosses termination"),
            (window_by_horner, "from the wrong end"),
            (window_with_the_largest_value, "stops at truncation + largest value"),
            (window_with_raw_bootstrap, "bootstrap not discounted"),
            (window_without_its_end, "end left out"),
            (window_with_the_best_value, "largest value"),
            (window_of_exclusive_ends, "either or"),
            (window_masked_the_wrong_way, "mask inverted"),
            (window_with_a_power_too_many, "power too large"),
            (window_with_value_before, "value too early"),
            (window_of_range_last, "one reward short"),
            (window_of_the_first_reward, "first reward alone"),
            (window_with_a_single_factor, "reward not discounted further"),
            (window_averaged, "a mean"),
            (window_less_its_bootstrap, "bootstrap subtracted"),
            (window_of_its_bootstrap, "bootstrap alone"),
            (window_in_a_list, "other shape"),
            (window_of_its_length, "other shape"),
        ],
    ),
    "learn_once": Answers(
        correct=[
            learn_in_order,
            learn_with_gamma,
            learn_by_hand,
            learn_from_the_iterator,
            learn_on_foot,
        ],
        wrong=[
            (learn_without_target, "target stays"),
            (learn_target_first, "target first"),
            (learn_target_only, "no update"),
            (learn_not_at_all, "nothing happens"),
            (learn_two_updates, "two updates"),
            (learn_from_two_batches, "several batches"),
            (learn_truncated_only, "truncated stops"),
            (learn_either_flag, "truncated stops"),
            (learn_from_the_state, "the same state"),
            (learn_rewards, "no bootstrap"),
            (learn_target_twice, "target moves twice"),
            (learn_by_copying, "whole copy"),
            (learn_thirty_two, "another size"),
            (learn_with_flags_as_discount, "flags as discount"),
            (learn_from_online_values, "online values"),
            (learn_backwards, "the same state + updates the next state"),
            (learn_once_for_each, "update for each"),
            (learn_one_by_one, "several batches"),
            (learn_without_an_end, "ignores terminated"),
            (learn_the_error, "error for target"),
            (learn_after_the_target, "target first"),
            (learn_inverted, "mask inverted"),
            (learn_the_next_state, "updates the next state"),
            (learn_nothing_at_ends, "reward masked"),
            (learn_the_target_twice, "target as value"),
            (learn_undiscounted, "no discount"),
            (learn_discounted_twice, "discounted twice"),
            (learn_its_own_action, "own action"),
            (learn_rewards_without_target, "target stays + no bootstrap"),
            (learn_without_size, "other arguments"),
        ],
    ),
    "act_and_store": Answers(
        correct=[
            step_in_order,
            step_by_names,
            step_packed,
            step_in_copies,
            step_in_torch,
        ],
        wrong=[
            (step_without_env, "no step"),
            (step_twice, "two steps"),
            (step_without_memory, "nothing stored"),
            (step_without_flags, "no pair"),
            (step_state_lost, "state lost"),
            (step_no_reset_flag, "no reset flag"),
            (step_reset_too_early, "reset too early"),
            (step_flags_exchanged, "flags exchanged"),
            (step_flags_merged, "flags merged"),
            (step_only_terminated, "only terminated"),
            (step_stands_still, "stands still"),
            (step_greedily, "does not explore"),
            (step_of_old, "four values"),
            (step_with_two_flags, "two of three flags"),
            (step_in_another_order, "order of entries"),
            (step_in_place, "changes its input"),
            (step_with_or, "one flag for all"),
            (step_and_reset, "resets by hand"),
            (step_one_by_one, "two steps"),
            (step_exchanged, "states exchanged"),
            (step_without_resets, "resets left out"),
            (step_in_numbers, "other dtype"),
            (step_returning_old_flags, "old reset flags"),
            (step_with_old_flags, "no reset flag + old reset flags"),
            (step_with_and, "only both"),
            (step_asking_again, "another action"),
            (step_turned_round, "pair exchanged"),
            (step_with_signs, "reward cut"),
            (step_by_dice, "agent not asked"),
            (step_with_flags_mixed, "last flags exchanged"),
            (step_without_next, "next state lost"),
            (step_not_truncated, "no truncated"),
            (step_resets_inverted, "reset inverted"),
            (step_only_truncated, "only truncated"),
            (step_exclusive, "either or"),
            (step_inverted, "no end"),
            (step_remembering_resets, "reset too early"),
            (step_without_the_first_reward, "reward of resets"),
            (step_stored_one_by_one, "stored in pieces"),
        ],
    ),
    "price_of_n": Answers(
        correct=["C", "c", " C "],
        wrong=[
            ("A", "answer A"),
            ("B", "answer B"),
            ("D", "answer D"),
            ("E", "no letter"),
            ("AC", "no letter"),
            (0.75, "no letter"),
        ],
    ),
    "newest_step": Answers(
        correct=[
            {"is_end": FLAGS, "newest": 3},
            {"is_end": np.array([True, True, True, False]), "newest": np.int64(3)},
            {"is_end": (False, False, False, True), "newest": 0},
        ],
        wrong=[
            ({"is_end": FLAGS, "newest": 2}, "none longer"),
            ({"is_end": [True] * 4, "newest": 0}, "ends everywhere"),
            ({"is_end": [False] * 4, "newest": 3}, "two longer"),
            ({"is_end": FLAGS, "newest": 1}, "end in the oldest"),
            ({"is_end": FLAGS, "newest": 0}, "end too early"),
            ({"is_end": [False, True, False], "newest": 2}, "not four"),
            ({"is_end": True, "newest": 2}, "not four"),
            ({"is_end": [0, 0, 1, 0], "newest": 3}, "no flags"),
            ({"is_end": FLAGS, "newest": 4}, "no such row"),
            ({"is_end": FLAGS, "newest": [3]}, "no number"),
            ({"is_end": FLAGS, "newest": "3"}, "no number"),
            ({"is_end": FLAGS, "newest": -1}, "no such row"),
            ({"is_end": ["True", "False", "True", "False"], "newest": 1}, "no flags"),
            ({"is_end": FLAGS}, "other names"),
            ([FLAGS, 3], "other names"),
        ],
    ),
    "page_changes": Answers(
        correct=[
            CHANGES,
            {name: letter.lower() for name, letter in CHANGES.items()},
            {name: f" {letter} " for name, letter in reversed(CHANGES.items())},
        ],
        wrong=[
            *(
                (CHANGES | {name: other}, name)
                for name, other in zip(CHANGES, "CBCCEE", strict=True)
            ),
            ({"mask": "D"}, "other names"),
            ("DCEABC", "other names"),
            (CHANGES | {"mask": "F"}, "no letter"),
            (CHANGES | {"mask": 3}, "no letter"),
        ],
    ),
}
