"""The ensemble of Q-networks: shapes, targets that are read and move, members that all
learn.
"""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from dqn_tutorial import (
    DQN,
    MLP,
    CriticEnsemble,
    DoubleDQNCritic,
    DQNCritic,
    DQNNet,
    get_model,
    train,
)
from dqn_tutorial.mdp import slippery_grid
from dqn_tutorial.nets import stack
from dqn_tutorial.schedules import SCHEDULES
from dqn_tutorial.targets import gather, td_target
from dqn_tutorial.training import q_table
from tests.conftest import small_config

MakeCritic = Callable[..., DQNCritic]


def batch(size: int = 8, seed: int = 0) -> tuple[torch.Tensor, ...]:
    """Random state, action, reward, next_state, terminated of a batch."""
    g = torch.Generator().manual_seed(seed)
    return (
        torch.randn(size, 4, generator=g),
        torch.randint(3, (size,), generator=g),
        torch.randn(size, generator=g),
        torch.randn(size, 4, generator=g),
        torch.rand(size, generator=g) < 0.3,
    )


def perturb(network: nn.Module) -> None:
    with torch.no_grad():
        for weight in network.parameters():
            weight += 1


def test_shapes_of_q(make_critic: MakeCritic) -> None:
    critic = make_critic(n_members=2, n_seeds=3)
    assert critic.n_networks == 6
    assert critic.Q(torch.zeros(5, 4)).shape == (2, 3, 5, 3)
    assert critic.Q(torch.zeros(3, 5, 4)).shape == (2, 3, 5, 3)
    for wrong in ((6, 5, 4), (2, 3, 5, 4), (2, 5, 4), (1, 5, 4)):
        with pytest.raises(
            ValueError, match=r"nothing may lead them but the agents, \[3\]"
        ):
            critic.Q(torch.zeros(wrong))
    assert make_critic(n_members=2).Q(np.zeros((5, 4))).shape == (2, 5, 3)
    assert make_critic(n_seeds=2).Q(np.zeros(4)).shape == (2, 3)
    for lead in ((), (5,), (1, 5), (6, 7, 5)):  # one network: any axes
        assert make_critic().Q(np.zeros((*lead, 4))).shape == (*lead, 3)


def test_a_shared_batch_equals_the_same_batch_for_each(make_critic: MakeCritic) -> None:
    critic, (state, *_) = make_critic(n_seeds=3), batch()
    assert torch.allclose(critic.Q(state), critic.Q(state.expand(3, -1, -1)))


def test_a_batch_of_one_is_a_batch(make_critic: MakeCritic) -> None:
    critic = make_critic(n_members=2)
    state, action, reward, next_state, terminated = batch(1)
    y = critic.get_bellman_target(reward, next_state, terminated)
    assert y.shape == (1,)
    assert critic.update(state, action, y).loss.shape == (2,)


def test_stacked_networks_equal_the_networks_one_by_one() -> None:
    for has_norm in (False, True):
        members = [
            DQNNet(
                4,
                3,
                depth=2,
                width=8,
                has_norm=has_norm,
                generator=torch.Generator().manual_seed(k),
            )
            for k in range(3)
        ]
        state = batch()[0]
        one_by_one = torch.stack([member(state) for member in members])
        assert torch.allclose(
            stack(members)(state.expand(3, -1, -1)), one_by_one, atol=1e-6
        )


def test_a_network_with_weights_of_its_own_cannot_be_stacked() -> None:
    class Scaled(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.scale = nn.Parameter(torch.ones(1))

    with pytest.raises(TypeError, match="Scaled holds weights of its own"):
        stack([Scaled(), Scaled()])


def test_depth_counts_hidden_layers() -> None:
    linear = [
        layer
        for layer in DQNNet(4, 2, depth=3, width=8)
        if isinstance(layer, nn.Linear)
    ]
    assert len(linear) == 4
    assert next(iter(MLP(4, 2, depth=0))).weight.shape == (2, 4)
    with pytest.raises(ValueError, match="act = 'sigmoidal'"):
        DQNNet(4, 2, act="sigmoidal")


def test_targets_are_read_from_the_target_networks(make_critic: MakeCritic) -> None:
    critic = make_critic()
    _, _, reward, next_state, terminated = batch()
    before = critic.get_bellman_target(reward, next_state, terminated)
    perturb(critic.online)
    assert torch.equal(
        critic.get_bellman_target(reward, next_state, terminated), before
    )
    perturb(critic.target)
    assert not torch.equal(
        critic.get_bellman_target(reward, next_state, terminated), before
    )


def test_perturbing_the_targets_leaves_the_online_networks(
    make_critic: MakeCritic,
) -> None:
    critic, (state, *_) = make_critic(), batch()
    before = critic.Q(state)
    perturb(critic.target)
    assert torch.equal(critic.Q(state), before)


def test_without_a_target_the_online_networks_stand_in() -> None:
    critic, (state, *_) = (
        CriticEnsemble(small_config(), 4, 3, has_target=False),
        batch(),
    )
    perturb(critic.online)
    assert torch.equal(critic.Q_t(state), critic.Q(state).detach())


def test_the_bellman_target_is_the_equation(make_critic: MakeCritic) -> None:
    critic = make_critic(gamma=0.7)
    perturb(critic.online)
    _, _, reward, next_state, terminated = batch()
    expected = td_target(reward, critic.Q_t(next_state), terminated, 0.7)
    assert torch.allclose(
        critic.get_bellman_target(reward, next_state, terminated), expected
    )
    critic.gamma = 0.0
    assert torch.equal(
        critic.get_bellman_target(reward, next_state, terminated), reward
    )


@pytest.mark.parametrize("kind", [DQNCritic, DoubleDQNCritic])
def test_a_target_of_several_steps_brings_its_own_discount(
    kind: type[DQNCritic],
) -> None:
    critic = kind(small_config(gamma=0.7), 4, 3)
    _, _, reward, next_state, terminated = batch()
    discount = torch.full_like(reward, 0.7**3)
    expected = td_target(reward, critic.Q_t(next_state), terminated, discount)
    y = critic.get_bellman_target(reward, next_state, terminated, discount)
    assert torch.allclose(y, expected)  # both networks are still the same


def test_the_double_target_asks_each_network_for_its_part() -> None:
    critic = DoubleDQNCritic(small_config(gamma=0.7), 4, 3)
    g = torch.Generator().manual_seed(3)
    with torch.no_grad():
        for weight in critic.online.parameters():
            weight += torch.randn(weight.shape, generator=g)
    _, _, reward, next_state, terminated = batch(64)
    chosen = critic.Q(next_state).argmax(-1)
    assert (chosen != critic.Q_t(next_state).argmax(-1)).any()
    value = critic.Q_t(next_state)[torch.arange(64), chosen]
    expected = reward + 0.7 * ~terminated * value
    assert torch.allclose(
        critic.get_bellman_target(reward, next_state, terminated), expected
    )


@pytest.mark.parametrize(
    ("how", "expected"), [("mean", 2.0), ("min", 1.0), ("max", 3.0)]
)
def test_members_are_reduced_within_their_agent(
    make_critic: MakeCritic, how: str, expected: float
) -> None:
    critic = make_critic(n_members=2, n_seeds=2, reduce=how)
    q = torch.tensor([[1.0, 11.0], [3.0, 13.0]])[..., None, None].expand(2, 2, 5, 3)
    reduced = critic.reduce(q)
    assert reduced.shape == (2, 5, 3)
    assert reduced[0].unique().tolist() == [expected] and reduced[
        1
    ].unique().tolist() == [expected + 10]


def test_targets_carry_no_gradient(make_critic: MakeCritic) -> None:
    critic = make_critic()
    _, _, reward, next_state, terminated = batch()
    y = critic.get_bellman_target(reward, next_state, terminated)
    assert not y.requires_grad
    assert all(weight.grad is None for weight in critic.target.parameters())


def test_no_gradient_flows_into_a_target_that_carries_one(
    make_critic: MakeCritic,
) -> None:
    one, other = make_critic(), make_critic()
    state, action, _, next_state, _ = batch()
    one.update(state, action, one.Q(next_state).max(-1).values)
    other.update(state, action, other.Q(next_state).max(-1).values.detach())
    assert all(
        torch.equal(a, b)
        for a, b in zip(one.online.parameters(), other.online.parameters(), strict=True)
    )


def test_every_member_learns_and_each_alone(make_critic: MakeCritic) -> None:
    critic = make_critic(n_members=3)
    before = [weight.detach().clone() for weight in critic.online.parameters()]
    state, action, *_ = batch()
    critic.update(state, action, torch.ones(8))
    for weight, old in zip(critic.online.parameters(), before, strict=True):
        assert ((weight - old).abs().flatten(1).max(1).values > 0).all()


def test_the_gradient_of_an_update_is_that_of_its_batch_alone(
    make_critic: MakeCritic,
) -> None:
    critic = make_critic()
    state, action, *_ = batch()
    critic.update(state, action, torch.ones(8))
    no_error = gather(critic.Q(state), action).detach()
    critic.update(state, action, no_error)
    for weight in critic.online.parameters():
        assert weight.grad is not None and weight.grad.abs().max() < 1e-6


def test_an_update_equals_the_same_step_on_one_plain_network(
    make_critic: MakeCritic,
) -> None:
    scale = (1.0, 2.0, 3.0, 4.0)
    critic = make_critic(
        n_members=2,
        loss="HuberLoss",
        act="relu",
        learning_rate=0.01,
        observation_scale=scale,
    )
    state, action, reward, *_ = batch()
    plain = DQNNet(4, 3, depth=1, width=16)
    with torch.no_grad():
        for own, stacked in zip(
            plain.parameters(), critic.online.parameters(), strict=True
        ):
            own.copy_(stacked[1].T if own.ndim == 2 else stacked[1, 0])
    optimizer = torch.optim.Adam(plain.parameters(), lr=0.01)
    q = plain(state * torch.tensor(scale))[torch.arange(8), action]
    loss = nn.HuberLoss()(q, reward)
    loss.backward()
    optimizer.step()
    update = critic.update(state, action, reward)
    assert torch.allclose(update.loss[1], loss.detach())
    for own, stacked in zip(
        plain.parameters(), critic.online.parameters(), strict=True
    ):
        # the sum over members: each has its own full gradient
        assert stacked.grad is not None and own.grad is not None
        assert torch.allclose(
            own.grad,
            stacked.grad[1].T if own.ndim == 2 else stacked.grad[1, 0],
            atol=1e-6,
        )
        assert torch.allclose(
            own, stacked[1].T if own.ndim == 2 else stacked[1, 0], atol=1e-6
        )


def test_clipping_is_per_network(make_critic: MakeCritic) -> None:
    critic = make_critic(n_seeds=2, max_grad_norm=0.1, loss="MSELoss")
    state, action, *_ = batch()
    y = torch.stack(
        [
            gather(critic.Q(state), action)[0].detach() + 1e-3,
            torch.full((8,), 1e3),
        ]
    )
    free = make_critic(n_seeds=2, max_grad_norm=1e9, loss="MSELoss")
    for one in (critic, free):
        one.update(state, action, y)
    clipped, whole = (
        [w.grad for w in one.online.parameters()] for one in (critic, free)
    )
    norm = torch.stack([g[1].norm() for g in clipped]).norm()
    assert norm.item() == pytest.approx(0.1, rel=1e-3)
    assert all(torch.equal(a[0], b[0]) for a, b in zip(clipped, whole, strict=True))


@pytest.mark.parametrize("tau", [0.0, 0.005, 1.0])
def test_polyak_moves_the_targets_by_tau(make_critic: MakeCritic, tau: float) -> None:
    critic = make_critic(tau=tau)
    old = [weight.clone() for weight in critic.target.parameters()]
    perturb(critic.online)
    critic.update_target()
    for target, before, online in zip(
        critic.target.parameters(), old, critic.online.parameters(), strict=True
    ):
        assert torch.allclose(target, before + tau * (online - before), atol=1e-6)
    assert all(
        a.data_ptr() != b.data_ptr()
        for a, b in zip(
            critic.target.parameters(), critic.online.parameters(), strict=True
        )
    )


def test_reset_restores_weights_optimiser_and_chance(make_critic: MakeCritic) -> None:
    critic, fresh = make_critic(), make_critic()
    state, action, reward, *_ = batch()
    critic.update(state, action, reward)
    critic.act(state)
    critic.epsilon, critic.tau = 0.3, 0.9
    critic.reset()
    for one in (critic, fresh):
        one.update(state, action, reward)
    assert all(
        torch.equal(a, b)
        for a, b in zip(
            critic.online.parameters(), fresh.online.parameters(), strict=True
        )
    )
    assert (critic.epsilon, critic.tau) == (fresh.epsilon, fresh.tau)
    assert np.array_equal(critic.act(state), fresh.act(state))


def test_members_and_seeds_start_apart_and_seeds_start_as_alone(
    make_critic: MakeCritic,
) -> None:
    state = batch()[0]
    q = make_critic(n_members=2, n_seeds=2, seed=4).Q(state).detach()
    assert len({round(float(x), 4) for x in q[..., 0, 0].ravel()}) == 4
    assert torch.allclose(q[:, 1], make_critic(n_members=2, seed=5).Q(state), atol=1e-6)


def test_actions_of_a_batch_are_drawn_independently(make_critic: MakeCritic) -> None:
    critic = make_critic()
    critic.epsilon = 0.5
    same = torch.zeros(4_000, 4)
    action, _, explored = critic.choose(same)
    assert explored.mean() == pytest.approx(0.5, abs=0.04)
    assert np.bincount(action[explored], minlength=3) / explored.sum() == pytest.approx(
        [1 / 3] * 3, abs=0.05
    )
    assert np.unique(action[~explored]).tolist() == [critic.Q(same)[0].argmax().item()]


def test_epsilon_one_is_random_and_greedy_is_not_disturbed_by_it(
    make_critic: MakeCritic,
) -> None:
    critic, state = make_critic(), batch(64)[0]
    critic.epsilon = 1.0
    assert critic.act(state).dtype == np.int64
    assert critic.choose(state).explored.all()
    greedy = critic.choose(state, is_training=False)
    assert np.array_equal(greedy.action, critic.Q(state).argmax(-1))
    assert not greedy.explored.any()


def test_choosing_builds_no_graph(make_critic: MakeCritic) -> None:
    critic, asked = make_critic(), []
    critic.online.register_forward_hook(lambda *x: asked.append(x[-1].requires_grad))
    critic.choose(batch()[0])
    assert asked == [False]
    assert not make_critic().Q_t(batch()[0]).requires_grad


def test_act_can_ask_the_target_networks(make_critic: MakeCritic) -> None:
    critic, state = make_critic(), batch(64)[0]
    with torch.no_grad():
        for weight in critic.target.parameters():
            weight.neg_()
    assert np.array_equal(
        critic.act(state, target=True, is_training=False), critic.Q_t(state).argmax(-1)
    )


def test_errors_a_learner_meets(make_critic: MakeCritic) -> None:
    critic = make_critic()
    state, action, reward, *_ = batch()
    with pytest.raises(ValueError, match=r"shape \(5, 3\).*S = \[4\]"):
        critic.Q(torch.zeros(5, 3))
    with pytest.raises(TypeError, match=r"torch\.float32: gather picks by index"):
        critic.update(state, action.float(), reward)
    for wrong in (action[:, None], action[:5]):
        with pytest.raises(
            ValueError,
            match=rf"action \({len(wrong)},.*\) is not one for each of \(8,\) states",
        ):
            critic.update(state, wrong, reward[: len(wrong)])
    with pytest.raises(ValueError, match=r"y has shape \(8, 1\)"):
        critic.update(state, action, reward[:, None])
    with pytest.raises(
        ValueError, match="observation_scale has 2 numbers, but a state has 4"
    ):
        make_critic(observation_scale=(1.0, 2.0))


def test_a_device_that_is_not_there_is_refused(make_critic: MakeCritic) -> None:
    missing = "mps" if not torch.backends.mps.is_available() else "cuda"
    with pytest.raises(ValueError, match=f"device = '{missing}' is not available"):
        make_critic(device=missing)


def test_a_network_that_ignores_the_generator_is_copied_and_restored() -> None:
    chance = torch.Generator().manual_seed(5)
    critic = DQNCritic(
        small_config(n_members=2),
        4,
        3,
        lambda *sizes: DQNNet(*sizes[:-1], generator=chance),
    )
    state, action, reward, *_ = batch()
    first = critic.Q(state).detach()
    assert torch.equal(critic.Q_t(state), first)
    critic.update(state, action, reward)
    critic.reset()
    assert torch.equal(critic.Q(state), first) and torch.equal(critic.Q_t(state), first)


class Heads(nn.Module):
    """A network of a value and advantages, whose mean is taken over one axis or the
    other.
    """

    def __init__(self, axis: int, zero: bool = False) -> None:
        super().__init__()
        self.value, self.advantages, self.axis = nn.Linear(4, 1), nn.Linear(4, 3), axis
        if zero:
            for weight in self.parameters():
                nn.init.zeros_(weight)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        advantages = self.advantages(x)
        return self.value(x) + advantages - advantages.mean(self.axis, keepdim=True)


class Flat(nn.Module):
    """A network that is right alone and fails on [K, B, S]."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(4, 3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        size, _ = x.shape
        return self.layer(x.reshape(size, 4))


class Shared(nn.Module):
    """A network of two layers with one weight."""

    def __init__(self) -> None:
        super().__init__()
        self.one, self.two, self.last = (
            nn.Linear(4, 4),
            nn.Linear(4, 4),
            nn.Linear(4, 3),
        )
        self.two.weight = self.one.weight

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.last(self.two(self.one(x)))


@pytest.mark.parametrize("zero", [False, True])
@pytest.mark.parametrize("n_members", [1, 2])
def test_a_network_that_stacking_would_change_is_refused(
    n_members: int, zero: bool
) -> None:
    with torch.random.fork_rng():  # these networks draw from the global generator
        DQNCritic(small_config(n_members=n_members), 4, 3, lambda *_: Heads(-1, zero))
        with pytest.raises(
            ValueError,
            match=r"Heads computes something else .*its values differ.*mean\(-1\)",
        ):
            DQNCritic(
                small_config(n_members=n_members), 4, 3, lambda *_: Heads(1, zero)
            )
        with pytest.raises(
            ValueError,
            match=r"Flat computes something else .*ValueError: too many values",
        ):
            DQNCritic(small_config(n_members=n_members), 4, 3, lambda *_: Flat())
        with pytest.raises(ValueError, match="Shared shares a weight between layers"):
            DQNCritic(small_config(n_members=n_members), 4, 3, lambda *_: Shared())


class Tied(nn.Module):
    """A network without some of its biases, a normalisation of its own kind, and one
    layer under two names.
    """

    def __init__(self) -> None:
        super().__init__()
        self.one = nn.Sequential(
            nn.Linear(4, 4, bias=False), nn.LayerNorm(4, eps=0.5), nn.Tanh()
        )
        self.two, self.three = (
            self.one,
            nn.Sequential(self.one[0], nn.LayerNorm(4, elementwise_affine=False)),
        )
        self.four, self.last = nn.LayerNorm(4, bias=False), nn.Linear(4, 3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.last(self.four(self.three(self.two(self.one(x)))))


def test_layers_without_bias_of_another_eps_or_used_twice_are_stacked() -> None:
    with torch.random.fork_rng():
        members = [Tied() for _ in range(3)]
    state = batch()[0]
    one_by_one = torch.stack([member(state) for member in members]).detach()
    n_weights = len(list(members[1].parameters()))
    stacked = stack(members)
    assert torch.allclose(stacked(state.expand(3, -1, -1)), one_by_one, atol=1e-6)
    assert stacked.one[0] is stacked.two[0] is stacked.three[0]
    assert len(list(stacked.parameters())) == n_weights
    assert torch.equal(members[0](state), one_by_one[0]), "stack left its members"


def test_whole_numbers_are_states_too(make_critic: MakeCritic) -> None:
    critic = make_critic()
    pixels = np.arange(20, dtype=np.uint8).reshape(5, 4)
    assert torch.equal(critic.Q(pixels), critic.Q(pixels.astype(np.float32)))


class OwnDouble(DQNCritic):
    """Double DQN as notebook 10 writes it: right for one member only."""

    def get_bellman_target(  # type: ignore[override]
        self, reward: Any, next_state: Any, terminated: Any, discount: Any = None
    ) -> torch.Tensor:
        chosen = self.Q(next_state).argmax(-1, keepdim=True)
        next_v = self.Q_t(next_state).gather(-1, chosen).squeeze(-1)
        return reward + self.gamma * ~terminated * next_v


def test_a_target_for_each_member_is_refused() -> None:
    state, action, reward, next_state, terminated = batch()
    for seeds in (1, 3):
        alone = OwnDouble(small_config(n_seeds=seeds), 4, 3)
        y = alone.get_bellman_target(reward, next_state, terminated)
        alone.update(state, action, y)
        several = OwnDouble(small_config(n_seeds=seeds, n_members=2), 4, 3)
        y = several.get_bellman_target(reward, next_state, terminated)
        with pytest.raises(ValueError, match="members of an agent share one target"):
            several.update(state, action, y)


def test_each_live_number_has_one_owner() -> None:
    agent = get_model(small_config(max_steps=100, exploration_fraction=1.0))
    of_memory = agent.experience_memory
    for value, owner in ((0.5, agent), (0.6, agent.critic), (0.7, of_memory)):
        owner.gamma = value
        assert agent.gamma == agent.critic.gamma == of_memory.gamma == value
    del agent.critic.gamma
    assert of_memory.gamma == agent.config.training.gamma
    agent.step = 50
    assert agent.epsilon == agent.critic.epsilon == pytest.approx((1 + 0.5) / 2)
    agent.critic.epsilon = 0.0
    for record in train(agent):
        assert record.epsilon == 0.0 and not record.explored
    agent.reset()
    assert agent.epsilon == 1.0 and agent.step == 0


@pytest.mark.parametrize("name", SCHEDULES)
@pytest.mark.parametrize("value", [math.nan, math.inf, -0.1])
def test_live_numbers_are_finite_and_in_range(name: str, value: float) -> None:
    agent = get_model(small_config())
    before = getattr(agent, name)
    with pytest.raises(ValueError, match=f"{name} = {value} is not allowed"):
        setattr(agent, name, value)
    assert getattr(agent, name) == before


def test_a_number_alone_is_no_target_and_no_action_of_a_batch(
    make_critic: MakeCritic,
) -> None:
    critic, (state, action, *_) = make_critic(), batch()
    with pytest.raises(ValueError, match=r"action \(\) is not one for each"):
        critic.update(state, torch.tensor(2), torch.zeros(8))
    with pytest.raises(ValueError, match=r"y has shape \(\)"):
        critic.update(state, action, torch.tensor(1.0))


@pytest.mark.parametrize("n_members", [1, 4])
def test_a_loss_that_is_no_number_for_each_sample_is_refused(n_members: int) -> None:
    class Mean(DQNCritic):
        def sample_loss(
            self, q_value: torch.Tensor, target: torch.Tensor
        ) -> torch.Tensor:
            return (q_value - target).square().mean()

    state, action, reward, *_ = batch()
    with pytest.raises(ValueError, match=r"Mean\.sample_loss has shape \(\)"):
        Mean(small_config(n_members=n_members), 4, 3).update(state, action, reward)


def test_an_agent_and_its_critic_have_one_config() -> None:
    with pytest.raises(ValueError, match="config is not the critic's"):
        DQN(small_config(gamma=0.5), DQNCritic(small_config(gamma=0.9), 4, 2))


def test_a_table_of_q_values_is_in_reward_units() -> None:
    agent = get_model(small_config("slipperygrid", reward_scale=0.1, max_steps=1))
    record = next(train(agent))
    table = q_table(agent, slippery_grid())
    np.testing.assert_allclose(table[record.state.argmax()], record.q_values, rtol=1e-5)
