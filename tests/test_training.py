"""Agent and loop: what is stored, when it learns, that it reaches known values, that a
seed is a run.
"""

import copy
from pathlib import Path

import gymnasium as gym
import numpy as np
import pytest
import torch
from numpy.typing import ArrayLike, NDArray

from dqn_tutorial import DQN, DQNCritic, evaluate, get_model, train
from dqn_tutorial.agent import Agent
from dqn_tutorial.config import override
from dqn_tutorial.critic import Choice
from dqn_tutorial.ensemble import Update
from dqn_tutorial.envs import env_seed, make_vector_env
from dqn_tutorial.mdp import slippery_grid, value_iteration
from dqn_tutorial.runs import load_agent, save_agent
from dqn_tutorial.schedules import linear_schedule
from dqn_tutorial.stats import bootstrap_interval
from dqn_tutorial.tasks import probes
from dqn_tutorial.training import Rollout, play
from tests.conftest import small_config


def run(agent: Agent) -> list[object]:
    return list(train(agent))


def weights(agent: Agent) -> list[torch.Tensor]:
    return [weight.detach() for weight in agent.critic.online.parameters()]


def short_run(**settings: object) -> Agent:
    agent = get_model(
        small_config(
            **(
                {"max_steps": 800, "learning_starts": 200, "update_ratio": 0.25}
                | settings
            )
        )
    )
    run(agent)
    return agent


def test_a_seed_is_a_run_bit_for_bit() -> None:
    one, same, other = short_run(), short_run(), short_run(seed=1)
    assert all(
        torch.equal(a, b) for a, b in zip(weights(one), weights(same), strict=True)
    )
    assert not all(
        torch.equal(a, b) for a, b in zip(weights(one), weights(other), strict=True)
    )


def test_reset_makes_a_fresh_agent() -> None:
    agent, fresh = short_run(), short_run()
    agent.epsilon = 0.2
    agent.reset()
    assert (
        agent.step,
        agent.n_updates,
        len(agent.experience_memory),
        agent.live.held,
    ) == (
        0,
        0,
        0,
        {},
    )
    run(agent)
    assert all(
        torch.equal(a, b) for a, b in zip(weights(agent), weights(fresh), strict=True)
    )


def test_tau_matters() -> None:
    ends = [
        torch.cat([w.flatten() for w in weights(short_run(tau=tau))])
        for tau in (0.0, 0.005, 1.0)
    ]
    assert (
        not torch.equal(ends[0], ends[1])
        and not torch.equal(ends[1], ends[2])
        and not torch.equal(ends[0], ends[2])
    )


def test_a_hard_copy_comes_every_so_many_updates() -> None:
    agent = get_model(
        small_config(
            tau=1.0,
            target_update_every=3,
            learning_starts=16,
            max_steps=160,
            learning_rate_end=1.0,
        )
    )
    run(agent)
    agent.learn(max_iter=3 - agent.n_updates % 3)
    online, target = agent.critic.online, agent.critic.target
    assert all(
        torch.equal(a, b)
        for a, b in zip(online.parameters(), target.parameters(), strict=True)
    )
    agent.learn()
    assert not all(
        torch.equal(a, b)
        for a, b in zip(online.parameters(), target.parameters(), strict=True)
    )


def test_learn_counts_random_batches_or_passes() -> None:
    agent = short_run(update_ratio=0.0)
    agent.learn(max_iter=4)
    assert agent.n_updates == 4
    agent.learn(n_epochs=2)
    assert agent.n_updates == 4 + 2 * -(-len(agent.experience_memory) // 32)


def test_the_stored_action_is_the_executed_one_and_the_rest_fits() -> None:
    config = small_config(
        "acrobot", max_steps=320, n_envs=4, reward_scale=0.5, n_step=1
    )
    agent, executed = get_model(config), []
    for record in train(agent):
        executed.append((record.state, record.action))
    stored = {}
    _, batches = agent.experience_memory.get_steps_and_iterator(1, 0, 64)
    for batch in batches:
        for state, action in zip(
            batch.state.numpy(), batch.action.tolist(), strict=True
        ):
            stored[state.tobytes()] = action
        assert set(batch.reward.tolist()) <= {-0.5, 0.0}
    assert all(stored[state.tobytes()] == action for state, action in executed)
    assert {action for _, action in executed} == {0, 1, 2}


def test_every_stored_transition_is_one_of_the_environment() -> None:
    """Follow the same actions in single environments: states, next states and flags
    agree, resets are left out.
    """
    config = small_config(max_steps=4_000, n_envs=4, n_step=1, learning_starts=10_000)
    agent = get_model(config)
    run(agent)
    _, batches = agent.experience_memory.get_steps_and_iterator(1, 0, 64)
    env = gym.make("CartPole-v1").unwrapped
    n_ends = 0
    for batch in batches:
        for state, action, next_state, terminated, truncated in zip(
            batch.state,
            batch.action,
            batch.next_state,
            batch.terminated,
            batch.truncated,
            strict=True,
        ):
            env.reset(seed=0)
            env.state = state.double().numpy()
            expected, _, ends, _, _ = env.step(int(action))
            assert next_state.numpy() == pytest.approx(expected, abs=1e-4)
            assert bool(terminated) == ends and not truncated
            n_ends += ends
    assert n_ends > 50


def test_every_episode_starts_in_a_state_of_its_own() -> None:
    """Seeding at each reset would train on a single start state."""
    config = small_config(max_steps=2_000, n_envs=4, n_step=1, learning_starts=10_000)
    agent = get_model(config)
    run(agent)
    _, batches = agent.experience_memory.get_steps_and_iterator(1, 0, 10_000)
    batch = next(batches)
    reached = set(map(tuple, batch.next_state.tolist()))
    starts = [
        state for state in map(tuple, batch.state.tolist()) if state not in reached
    ]
    assert len(starts) > 50 and len(set(starts)) == len(starts)


def test_episode_returns_of_training_are_complete() -> None:
    config = small_config(max_steps=4_000, n_envs=4)
    episodes = [
        episode for record in train(get_model(config)) for episode in record.episodes
    ]
    assert len(episodes) > 50
    assert all(episode.episode_return == episode.length > 7 for episode in episodes)


def test_evaluation_counts_each_episode_once() -> None:
    agent = short_run()
    slow = []
    env = make_vector_env("cartpole", 42)
    state, _ = env.reset(seed=env_seed(3, "evaluation"))
    returns, over = np.zeros(42), np.zeros(42, bool)
    # a slow reference: one environment after the other, one step at a time
    while not over.all():
        action = np.array(
            [agent.select_action(one, is_training=False) for one in state]
        )
        state, reward, terminated, truncated, _ = env.step(action)
        for e in range(42):
            if not over[e]:
                returns[e] += reward[e]
                over[e] = terminated[e] or truncated[e]
                if over[e]:
                    slow.append(returns[e])
    assert len(slow) == 42
    assert evaluate(agent, episodes=42, seed=3) == pytest.approx(returns)


@pytest.mark.parametrize("network", ["online", "target"])
def test_greedy_actions_come_from_the_networks_that_are_named(
    network: str, tmp_path: Path
) -> None:
    agent = short_run(greedy_network=network)
    states = np.random.default_rng(0).normal(size=(500, 4))
    q = {"online": agent.critic.Q(states), "target": agent.critic.Q_t(states)}
    assert not torch.equal(q["online"].argmax(-1), q["target"].argmax(-1))
    assert (
        agent.select_action(states, is_training=False).tolist()
        == q[network].argmax(-1).tolist()
    )
    agent.epsilon = 0.0
    assert agent.select_action(states).tolist() == q["online"].argmax(-1).tolist()
    save_agent(agent, tmp_path)
    assert torch.equal(load_agent(tmp_path).critic.Q(states), q[network])


def test_evaluation_is_greedy_and_fresh() -> None:
    agent = short_run()
    agent.epsilon = 1.0
    once, again, other = (evaluate(agent, 20, seed) for seed in (1, 1, 2))
    assert (once == again).all() and (once != other).any()


def test_play_gives_one_episode_from_its_first_state_to_its_last() -> None:
    agent = short_run()
    states = play(agent, seed=5)
    assert np.array_equal(play(agent), play(agent, seed=0))
    assert states.shape[1] == 4 and np.abs(states[0]).max() <= 0.05
    assert (
        np.abs(states[-1, 2]) > 0.209
        or np.abs(states[-1, 0]) > 2.4
        or len(states) == 501
    )


@pytest.mark.parametrize(
    ("step", "value"), [(0, 1.0), (50, 0.6), (100, 0.2), (1_000, 0.2)]
)
def test_the_linear_schedule(step: int, value: float) -> None:
    assert linear_schedule(1.0, 0.2, 100, step) == pytest.approx(value)
    assert linear_schedule(1.0, 0.2, 0, step) == 0.2


def test_live_values_follow_their_schedule_until_held_and_again_when_released() -> None:
    config = small_config(
        max_steps=1_600, exploration_fraction=0.5, exploration_rate=0.05
    )
    agent, seen = get_model(config), {}
    for record in train(agent):
        if record.step == 320:
            agent.epsilon = 1.0
        if record.step == 640:
            del agent.epsilon
        seen[record.step] = record.epsilon
    assert seen[320] < 1 and seen[352] == seen[640] == 1.0
    assert seen[672] == pytest.approx(linear_schedule(1.0, 0.05, 800, 672))
    assert seen[1_600] == pytest.approx(0.05)


def test_the_learning_rate_falls_to_its_share() -> None:
    config = small_config(max_steps=1_600, learning_rate=0.01, learning_rate_end=0.5)
    rates = [record.learning_rate for record in train(get_model(config))]
    assert rates[-1] == pytest.approx(0.005) and rates[
        len(rates) // 2 - 1
    ] == pytest.approx(0.0075)


def test_live_values_out_of_range_are_refused() -> None:
    agent = get_model(small_config())
    with pytest.raises(ValueError, match=r"epsilon = 1\.5 is not allowed"):
        agent.epsilon = 1.5
    with pytest.raises(
        ValueError,
        match=r"learning_rate = -1\.0 is not allowed: it must be finite and 0 or more",
    ):
        agent.learning_rate = -1.0
    assert agent.epsilon == 1.0


def test_the_update_ratio_is_kept_over_a_run() -> None:
    assert short_run(update_ratio=0.1, learning_starts=16).n_updates == 80
    assert short_run(update_ratio=0.03125, learning_starts=16).n_updates == 25


def test_breaking_off_closes_the_environments_and_restores_the_threads() -> None:
    before, used = torch.get_num_threads(), []
    agents = [get_model(small_config(n_threads=before + more)) for more in (1, 2)]
    for agent in agents:
        choose = agent.choose
        agent.choose = lambda state, choose=choose: (  # type: ignore[method-assign]
            used.append(torch.get_num_threads()) or choose(state)
        )
    first, second = (train(agent) for agent in agents)
    next(first), next(second), next(first)
    assert used == [before + 1, before + 2, before + 1]
    assert torch.get_num_threads() == before
    rollout = Rollout(agents[0])
    records = train(agents[0], rollout=rollout)
    next(records)
    assert rollout.envs
    records.close()
    assert not rollout.envs


def learned_q(env: str, **settings: object) -> np.ndarray:
    """Q of each state of an MDP after training a small population on it, `[N, S, A]`,
    in the units of its reward.
    """
    common = {
        "n_seeds": 4,
        "n_envs": 4,
        "max_steps": 3_000,
        "learning_starts": 400,
        "update_ratio": 0.25,
        "batch_size": 64,
        "learning_rate": 3e-3,
        "learning_rate_end": 0.0,
        "gamma": 0.9,
        "tau": 0.1,
        "exploration_rate": 1.0,
        "width": 32,
    }
    agent = get_model(small_config(env, **(common | settings)))
    run(agent)
    mdp = (
        slippery_grid()
        if env == "slipperygrid"
        else {p.title().replace(" ", ""): q.mdp for p, q in probes().items()}[env[5:]]
    )
    with torch.no_grad():
        return agent.critic.Q(
            torch.as_tensor(mdp.observations, dtype=torch.float32)
        ).numpy()


@pytest.mark.parametrize("name", list(probes()))
def test_probe_environments(name: str) -> None:
    mdp = probes()[name].mdp
    q = learned_q("Probe" + name.title().replace(" ", ""))
    assert q[:, ~mdp.terminal] == pytest.approx(
        np.broadcast_to(value_iteration(mdp)[~mdp.terminal], q[:, ~mdp.terminal].shape),
        abs=0.35,
    )


def test_only_the_last_probe_finds_truncation_taken_for_termination(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """With truncation masked, endless work is worth what fits before the time limit,
    and cashing in looks better.
    """
    from dqn_tutorial.buffer import ReplayBuffer

    batch_of = ReplayBuffer._batch

    def masked(self: ReplayBuffer, rows: np.ndarray) -> object:
        batch = batch_of(self, rows)
        return batch._replace(terminated=batch.terminated | batch.truncated)

    monkeypatch.setattr(ReplayBuffer, "_batch", masked)
    # every start has the same age: with a limit of 5 the present step is the k-th of 5,
    # each as likely while working on
    q = learned_q("ProbeEndlessWork")[:, 0]
    assert (q[:, 0] < 8.5).all()
    assert learned_q("ProbeTwoSteps")[:, :2, 0] == pytest.approx(
        np.broadcast_to([0.9, 1.0], (4, 2)), abs=0.1
    )


def test_dqn_reaches_q_star_on_the_oracle() -> None:
    mdp = slippery_grid()
    q = learned_q(
        "slipperygrid",
        max_steps=40_000,
        n_envs=8,
        buffer_size=40_000,
        tau=0.05,
        update_ratio=0.1,
        width=64,
    )
    apart = np.abs(q - value_iteration(mdp))[:, ~mdp.terminal]
    assert apart.max(axis=(1, 2)).mean() < 0.2
    assert apart.mean() < 0.05


def test_an_agent_of_a_population_sees_the_data_of_its_seed_alone() -> None:
    """Before the first update the closed loop is open: the same data to the bit. After
    it, roundings differ.
    """
    together = get_model(
        small_config(
            seed=3,
            n_seeds=3,
            max_steps=480,
            learning_starts=10_000,
            learning_rate_end=1.0,
        )
    )
    alone = get_model(
        small_config(
            seed=5, max_steps=480, learning_starts=10_000, learning_rate_end=1.0
        )
    )
    run(together), run(alone)
    ours, theirs = together.experience_memory, alone.experience_memory
    for name in (
        "_state",
        "_action",
        "_reward",
        "_next_state",
        "_terminated",
        "_truncated",
        "is_transition",
    ):
        assert np.array_equal(getattr(ours, name)[2], getattr(theirs, name)[0]), name
    for _ in range(20):  # from the same recorded data the same updates, up to rounding
        together.learn(), alone.learn()
    assert not torch.equal(weights(alone)[0], weights(get_model(alone.config))[0]), (
        "nothing was learned"
    )
    for a, b in zip(weights(together), weights(alone), strict=True):
        assert torch.allclose(a[2], b[0], atol=1e-5)


def test_finished_runs_of_a_population_and_of_single_agents_agree_in_distribution() -> (
    None
):
    """A closed loop amplifies roundings, so runs of one seed part; what 16 seeds reach
    must be alike all the same.
    """
    settings = {
        "max_steps": 3_200,
        "learning_starts": 400,
        "width": 64,
        "depth": 2,
        "exploration_fraction": 0.5,
    }
    together = get_model(small_config(seed=30, n_seeds=16, **settings))
    run(together)
    of_population = evaluate(together, episodes=20, seed=1).mean(1)
    of_single = []
    for seed in range(30, 46):
        alone = get_model(small_config(seed=seed, **settings))
        run(alone)
        of_single.append(
            evaluate(alone, episodes=20, seed=seed).mean()
        )  # first states of its own, as in the population
    assert of_population.std() > 20, "all agents are alike, the comparison says nothing"
    low, high = bootstrap_interval(of_population - np.array(of_single), level=0.99)
    assert low <= 0 <= high
    assert np.quantile(of_population, [0.25, 0.75]) == pytest.approx(
        np.quantile(of_single, [0.25, 0.75]), rel=0.5
    )


def test_cartpole_is_solved_from_the_start_of_the_budget_to_its_end() -> None:
    from dqn_tutorial import make_config

    agent = get_model(make_config("cartpole", seed=21))
    run(agent)
    assert evaluate(agent, 100, seed=99).mean() >= 475


def test_seeds_begin_in_states_of_their_own() -> None:
    first = {}
    for seed in (0, 1):
        records = train(get_model(small_config(seed=seed)))
        first[seed] = next(records).state
        records.close()
    assert not np.array_equal(first[0], first[1])


def test_an_agent_is_trained_with_its_own_settings() -> None:
    agent = get_model(small_config(max_steps=64))
    with pytest.raises(
        ValueError,
        match=r"batch_size = 8 \(agent: 32\), training\.gamma = 0\.5 \(agent: 0\.995\)",
    ):
        next(train(agent, small_config(max_steps=64, gamma=0.5, batch_size=8)))
    # equal settings need not be the same object
    assert len(list(train(agent, small_config(max_steps=64)))) == 2


def test_training_again_does_not_join_two_runs_into_one_window() -> None:
    config = small_config(
        "forwardchain", max_steps=100, n_step=3, learning_starts=1_000
    )
    agent = get_model(config)
    for record in train(agent):
        if record.step == 6:
            break
    run(agent)
    assert len(agent.experience_memory) > 100
    _, batches = agent.experience_memory.get_steps_and_iterator(1, 0, 1_000)
    batch = next(batches)
    steps = batch.next_state.argmax(-1) - batch.state.argmax(-1)
    assert torch.equal(batch.discount, torch.tensor(config.training.gamma) ** steps)


def test_an_agent_whose_actions_would_not_be_asked_is_refused() -> None:
    with pytest.raises(TypeError, match=r"Constant\.select_action would not be asked"):

        class Constant(DQN):
            def select_action(
                self, state: ArrayLike | torch.Tensor, is_training: bool = True
            ) -> NDArray[np.int64]:
                return np.zeros(np.shape(state)[:-1], np.int64)


def test_an_agent_that_chooses_by_itself_is_trained_by_its_own_actions() -> None:
    class Constant(DQN):
        def choose(
            self, state: ArrayLike | torch.Tensor, is_training: bool = True
        ) -> Choice:
            chosen = super().choose(state, is_training)
            return chosen._replace(action=np.ones_like(chosen.action))

    config = small_config(max_steps=64)
    agent = Constant(config, DQNCritic(config, 4, 2))
    assert {record.action for record in train(agent)} == {1}
    assert agent.select_action(np.zeros(4)) == 1


def test_the_older_call_with_the_settings_warns_and_works() -> None:
    config = small_config(max_steps=64)
    with pytest.warns(DeprecationWarning, match=r"train\(agent\) is enough"):
        records = list(train(get_model(config), config))
    again = list(train(get_model(config)))
    assert [r.action for r in records] == [r.action for r in again]


@pytest.mark.parametrize("env", ["rotatingcontext", "cartpole"])
def test_learning_waits_where_the_memory_holds_no_transition(env: str) -> None:
    """Such a small ring holds nothing but reset steps now and then."""
    n_envs = 16 if env == "rotatingcontext" else 1
    config = small_config(
        env, n_envs=n_envs, buffer_size=n_envs, learning_starts=0, max_steps=n_envs * 40
    )
    agent = get_model(config)
    can_sample = set()
    for _ in train(agent):
        can_sample.add(agent.experience_memory.can_sample)
    assert can_sample == {True, False}
    assert agent.n_updates > 0


def test_the_state_of_an_agent_holds_what_learning_needs() -> None:
    """Two agents with memories of unlike lengths, one update of each later."""
    one = short_run(n_seeds=2, buffer_size=400)
    kept = copy.deepcopy(one.state_dict())
    other = get_model(one.config)
    other.load_state_dict(kept)
    for agent in (one, other):
        assert agent.experience_memory.is_transition.any()
        agent.learn(max_iter=2)
    for a, b in zip(weights(one), weights(other), strict=True):
        torch.testing.assert_close(a, b, rtol=0, atol=0)
    assert len(one.experience_memory) == len(other.experience_memory)
    moments = other.critic.state_dict()["optimizer"]["0"]
    assert moments["step"] > 2 and moments["exp_avg"].abs().sum() > 0


def test_each_agents_transitions_are_counted_apart() -> None:
    """The first stores a reset step, the second none, over a ring that is full."""
    memory = get_model(
        small_config(n_seeds=2, n_envs=1, buffer_size=4)
    ).experience_memory
    zeros = np.zeros((2, 1))
    for step in range(6):
        is_reset = np.array([[step in (1, 5)], [False]])
        memory.store(
            np.zeros((2, 1, 4), np.float32),
            zeros.astype(int),
            zeros,
            np.zeros((2, 1, 4), np.float32),
            zeros.astype(bool),
            zeros.astype(bool),
            is_reset,
        )
        held = memory.is_transition.sum(-1)
        assert memory._n_transitions.tolist() == held.tolist()
    assert held.tolist() == [3, 4]


def test_where_the_environments_stand_comes_back() -> None:
    agent = short_run()
    rollout = Rollout(agent)
    records = train(agent, rollout=rollout)
    for _ in range(3):
        next(records)
    kept = copy.deepcopy(rollout.state_dict())
    next(records)
    later = rollout.state_dict()
    assert later["step"] > kept["step"]
    assert not np.array_equal(later["state"], kept["state"])
    again = Rollout(agent)
    again.load_state_dict(kept)
    assert again.step == kept["step"] and np.array_equal(again.state, kept["state"])
    assert len(again.envs) == len(kept["envs"]) == 1


def test_an_environment_that_does_not_come_back_breaks_the_windows_off(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    agent = short_run(n_step=3)
    rollout = Rollout(agent)
    kept, before = rollout.state_dict(), rollout.state
    monkeypatch.setattr("dqn_tutorial.training.restore", lambda env, own: False)
    broken: list[bool] = []
    monkeypatch.setattr(
        agent.experience_memory, "break_off", lambda: broken.append(True)
    )
    kept["step"] = 17
    with pytest.warns(UserWarning, match="does not come back"):
        rollout.load_state_dict(kept)
    assert broken == [True] and len(rollout.envs) == 1
    assert not np.array_equal(rollout.state, before)


def test_errors_and_values_are_told_in_units_of_the_reward(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Learned are hundredths; the loss stays as it is."""
    settings = {"env.reward_scale": 0.01, "training.learning_starts": 1}
    agent = get_model(override(small_config("slipperygrid", max_steps=40), settings))
    update = Update(torch.tensor(0.3), torch.tensor([0.05]), torch.tensor([-0.02]))
    monkeypatch.setattr(agent, "learn", lambda **_: update)
    last = list(train(agent))[-1]
    assert (last.loss, last.td_error, last.mean_q) == pytest.approx((0.3, 2.0, 5.0))


def test_the_td_error_of_an_update_is_target_less_prediction() -> None:
    critic = get_model(small_config()).critic
    state, action = torch.zeros(2, 4), torch.tensor([0, 1])
    before = critic.Q(state).detach()[torch.arange(2), action]
    update = critic.update(state, action, before + torch.tensor([3.0, -2.0]))
    torch.testing.assert_close(update.td_error, torch.tensor([3.0, -2.0]))


def test_an_agent_is_shown_without_random_actions() -> None:
    agent = short_run()
    agent.epsilon = 0.0
    calm = play(agent, seed=3)
    agent.epsilon = 1.0
    assert np.array_equal(play(agent, seed=3), calm)


def test_passes_take_as_many_batches_as_the_shorter_memory_fills() -> None:
    agent = get_model(small_config(n_seeds=2, n_envs=1, buffer_size=64, batch_size=4))
    memory, zeros = agent.experience_memory, np.zeros((2, 1))
    state, flags = np.zeros((2, 1, 4), np.float32), zeros.astype(bool)
    for step in range(17):  # of the second agent the last eight only reset
        is_reset = np.array([[False], [step >= 9]])
        memory.store(state, zeros.astype(int), zeros, state, flags, flags, is_reset)
    n_steps, _ = memory.get_steps_and_iterator(n_epochs=1, max_iter=0, batch_size=4)
    assert n_steps == 3  # nine transitions: two batches of four, and one of one
