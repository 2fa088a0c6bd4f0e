"""Real bugs of DQN programs, each a small change to the source of the package. Reading
on spoils the clinic.

Where a comment names a repository and a number, an issue or a pull request there tells
of such a bug.
"""

from typing import NamedTuple

from dqn_tutorial.agent import DQN
from dqn_tutorial.buffer import ReplayBuffer
from dqn_tutorial.classroom.clinic.surgery import Function, replace_once, source_of
from dqn_tutorial.critic import DQNCritic
from dqn_tutorial.ensemble import CriticEnsemble
from dqn_tutorial.schedules import SCHEDULES
from dqn_tutorial.targets import bootstrap, epsilon_greedy
from dqn_tutorial.training import train


class Edit(NamedTuple):
    """A piece of a function's source, and what stands there in the sick package."""

    function: Function
    healthy: str
    sick: str


class Disease(NamedTuple):
    """A bug. Attributes: edits: what it changes. instrument, reading: what shows it.
    story: how it comes about and what it does.
    """

    edits: tuple[Edit, ...]
    instrument: str
    reading: str
    story: str

    def sources(self) -> dict[Function, str]:
        """Return the sick source of each function that it changes."""
        sick: dict[Function, str] = {}
        for function, old, new in self.edits:
            sick[function] = replace_once(
                sick.get(function) or source_of(function), old, new
            )
        return sick


STORE = "state, action, scaled, next_state, terminated, truncated, is_reset"
STEP = "next_state, reward, terminated, truncated = step_all(envs, action)"
TARGET_READ = "networks = self.target if self.has_target else self.online"

DISEASES = {
    "terminated ignored": Disease(
        (Edit(bootstrap, "discount * (~terminated) * next_v", "discount * next_v"),),
        "pulse",
        "future in the target of a terminated step",
        "The mask was left out of the target, so the network's guess for a state after"
        " the end is added to the last reward.",
    ),
    "truncation masked": Disease(
        (
            Edit(
                train,
                STORE,
                STORE.replace(
                    "terminated, truncated", "terminated | truncated, truncated"
                ),
            ),
        ),
        "probes",
        "endless work",
        "One flag for both ends, as in the old `done`: where the clock cuts an episode,"
        " its future is lost.",
    ),
    "reset step stored": Disease(
        (Edit(train, STORE, STORE.replace(", is_reset", "")),),
        "batch",
        "rows that break the laws of motion",
        "A vector environment needs one step to reset. Stored as a transition, it leads"
        " from the end of an episode to the start of the next.",
    ),
    "same seed at every reset": Disease(
        (
            Edit(
                train,
                STEP,
                "if is_reset.any():  # start over\n                    for env, seed in"
                " zip(envs, agent.critic.seeds, strict=True):\n                       "
                " env.unwrapped._np_random = np.random.default_rng(seed)\n"
                f"                {STEP}",
            ),
        ),
        "batch",
        "first states that are distinct",
        "`reset(seed=...)` at every episode: all episodes begin in the same state.",
    ),
    "target network never read": Disease(
        (Edit(CriticEnsemble.Q_t, TARGET_READ, "networks = self.online"),),
        "pulse",
        "change of the target when the online network changes",
        "The target is computed from the online network. The target network is built,"
        " updated, and read by nobody.",
    ),
    "target network never updated": Disease(
        (Edit(DQN.learn, "self.critic.update_target()", "self.critic.update_target"),),
        "pulse",
        "distance that the target network moves in 50 updates",
        "The brackets of a call are missing. The target network keeps its first, random"
        " weights.",
    ),
    "gradient through the target": Disease(
        (
            Edit(CriticEnsemble.Q_t, "with torch.no_grad():", "if True:"),
            Edit(CriticEnsemble.Q_t, TARGET_READ, "networks = self.online"),
            Edit(DQNCritic.get_bellman_target, "with torch.no_grad():", "if True:"),
            Edit(CriticEnsemble.update, "y.detach(), q", "y, q"),
            Edit(
                CriticEnsemble.update, "td_error(target, ", "td_error(target.detach(), "
            ),
        ),
        "pulse",
        "gradient in the target",
        "The target comes from the network that learns, and nothing cuts the graph: the"
        " loss also moves the value of the next state towards that of this one.",
    ),
    "loss broadcast to [B, B]": Disease(
        (
            Edit(
                CriticEnsemble.update,
                "self.loss(q_value, target)",
                "self.sample_loss(*torch.broadcast_tensors(q_value[..., None, :],"
                " target[..., None])).mean((-2, -1))",
            ),
        ),
        "probes",
        "two observations",
        "Prediction or target has an axis too many, [B, 1] not [B]. Each prediction is"
        " pulled to every target of the batch, that is to their mean.",
    ),
    "next_state is a view": Disease(
        (
            Edit(
                train,
                STEP,
                "stepped = step_all(envs, action)\n                state[:] ="
                " stepped[0]  # one array is enough\n                next_state,"
                " (reward, terminated, truncated) = state, stepped[1:]",
            ),
        ),
        "batch",
        "rows whose next_state is their state",
        "State and next state are two names of one array that the environment writes"
        " into, so both hold the newest observation.",
    ),
    "ring overwrites the newest": Disease(
        (
            Edit(
                ReplayBuffer.store,
                "first = (self._n_stored % self.length) * self.n_envs",
                "first = min(self._n_stored, self.length - 1) * self.n_envs",
            ),
        ),
        "batch",
        "share of a full memory that is renewed",
        "The index stops at the end instead of going back to 0. Once full, the memory"
        " keeps the oldest experience and overwrites its last row for ever.",
    ),
    "one coin for all environments": Disease(
        (
            Edit(
                epsilon_greedy,
                "rng.random(q_values.shape[:-1]) < epsilon",
                "np.full(q_values.shape[:-1], rng.random() < epsilon)",
            ),
        ),
        "actions",
        "spread of the share that explores",
        "Epsilon-greedy with one draw for the whole batch: all environments explore at"
        " the same steps.",
    ),
    "greedy action stored": Disease(
        (
            Edit(
                train,
                STORE,
                STORE.replace(" action,", " q_values.argmax(-1),"),
            ),
        ),
        "batch",
        "rows whose action is the one that moved the cart",
        "Exploration happens behind the agent's back: one action is executed, another"
        " is remembered.",
    ),
    "reward clipped to one sign": Disease(
        (
            Edit(
                train, "scaled = reward * config", "scaled = reward.clip(0, 1) * config"
            ),
        ),
        "oracle",
        "distance to Q*",
        "Rewards are clipped to the range from 0 to 1, so a punishment counts as"
        " nothing.",
    ),
    "observation scale forgotten in evaluation": Disease(
        (
            Edit(
                DQNCritic.choose,
                "q = self.Q_t(state) if",
                "state = torch.as_tensor(state) / (1 if is_training else"
                " self._scale)\n        q = self.Q_t(state) if",
            ),
        ),
        "actions",
        "Q of evaluation less Q of training",
        "Training scales what the network sees, evaluation shows it raw numbers. The"
        " agent is well, its evaluation is sick.",
    ),
    "softmax on Q-values": Disease(
        (
            Edit(
                CriticEnsemble._evaluate,
                "networks(x.reshape(self.n_networks, -1, *self._of_state))",
                "networks(x.reshape(self.n_networks, -1, *self._of_state)).softmax(-1)",
            ),
        ),
        "pulse",
        "spread over states of the sum of Q over the actions",
        "The last layer turns Q-values into probabilities, as in a classifier. They lie"
        " between 0 and 1 and sum to 1; returns do not.",
    ),
    # harvitronix/reinforcement-learning-car 15, conditionWang/DRQN_Stock_Trading 3
    "epsilon never falls": Disease(
        (Edit(SCHEDULES["epsilon"][0], "duration, step)", "duration, 0)"),),
        "actions",
        "share that explores, last steps",
        "The schedule is asked for step 0 each time. So epsilon stays at its start, and"
        " the agent meets only what chance reaches.",
    ),
    # philtabor/Deep-Q-Learning-Paper-To-Code 11
    "evaluation explores": Disease(
        (Edit(DQNCritic.choose, "if not is_training:", "if not (is_training or 1):"),),
        "actions",
        "share that explores in evaluation",
        "The flag for evaluation is ignored: epsilon acts there too. The agent is well,"
        " its evaluation is sick.",
    ),
    # google-research/recsim 26
    "target from the current state": Disease(
        (Edit(DQN.learn_from, "next_state, batch.t", "state, batch.t"),),
        "probes",
        "two steps",
        "The target asks for the value of the state that was left, not of the one that"
        " was reached. So no reward gets back to an earlier state.",
    ),
    # PacktPublishing/Tensorflow-2-Reinforcement-Learning-Cookbook 32
    "loss on all actions": Disease(
        (
            Edit(
                CriticEnsemble.update,
                "self.loss(q_value, target)",
                "self.loss(*torch.broadcast_tensors(self.Q(state), target[..., None]))"
                ".mean(-1)",
            ),
        ),
        "probes",
        "two actions",
        "The loss compares all Q-values of a state with the target of the one action"
        " that was taken, so all actions get the same value.",
    ),
    "optimiser of another network": Disease(
        (
            Edit(
                CriticEnsemble.reset,
                "torch.optim.Adam(self._weights,",
                "torch.optim.Adam(self._target_weights,",
            ),
        ),
        "pulse",
        "longest first step of a weight, in learning rates",
        "The optimiser was given the weights of the target network, which get no"
        " gradient. The online network never changes.",
    ),
    "gradients not cleared": Disease(
        (
            Edit(
                CriticEnsemble.update,
                "self.optimizer.zero_grad()\n    total.backward()",
                "total.backward()",
            ),
        ),
        "pulse",
        "gradient of an update done twice, second by first",
        "`zero_grad` is missing, so the gradients of all batches so far are summed, and"
        " the oldest count as much as the newest.",
    ),
    "learning rate ten times too high": Disease(
        (
            Edit(
                CriticEnsemble.update,
                "= self.learning_rate",
                "= 10 * self.learning_rate",
            ),
        ),
        "pulse",
        "longest first step of a weight, in learning rates",
        "A zero too many where the optimiser gets its learning rate: each step is ten"
        " times as long as the settings say.",
    ),
    "target network copied the wrong way": Disease(
        (
            Edit(
                CriticEnsemble.update_target,
                "(self._target_weights, self._weights, ",
                "(self._weights, self._target_weights, ",
            ),
        ),
        "pulse",
        "distance that the target network moves in 50 updates",
        "Source and destination are exchanged. The target network stays as it was, and"
        " pulls the online network back to its first weights.",
    ),
    # rlberry-py/rlberry 66
    "only the newest replayed": Disease(
        (
            Edit(
                ReplayBuffer.sample_rows,
                "rows = generator.integers(n_rows, size=batch_size)",
                "rows = generator.integers(min(n_rows, batch_size), size=batch_size)\n"
                "    rows = (self._n_stored * self.n_envs - 1 - rows) % self.capacity",
            ),
        ),
        "batch",
        "share of a batch from the older half",
        "Batches are drawn from the last rows alone, as if the memory were not larger"
        " than a batch. Neighbours in time fill them.",
    ),
    "reward reduced to its sign": Disease(
        (Edit(train, "scaled = reward * config", "scaled = np.sign(reward) * config"),),
        "batch",
        "largest reward stored on endless work",
        "As for Atari's games, a reward is 1, 0 or -1. A reward of 7 is worth no more"
        " than one of 1.",
    ),
}
