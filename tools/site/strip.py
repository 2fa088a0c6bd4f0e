"""What stands for the page in which a DQN learns where JavaScript is off: a run of the
package, in pictures and in a table.
"""

from numpy.typing import NDArray

from dqn_tutorial.agent import Agent
from dqn_tutorial.classroom.pictures.agent_view import draw_agent
from dqn_tutorial.envs import env_seed, make_vector_env
from dqn_tutorial.models import get_model, make_config
from dqn_tutorial.training import evaluate, train

SHOWN = (320, 1_600, 3_200, 6_400, 12_800)  # environment steps
EPISODES = 20


def last_state(agent: Agent) -> tuple[NDArray, int]:
    """Return how a greedy episode ends: the state `[4]`, and its number of steps."""
    env = make_vector_env("cartpole", 1)
    state, _ = env.reset(seed=env_seed(0, "strip"))
    n_steps, is_over = 0, False
    while not is_over:
        action = agent.select_action(state, is_training=False)
        state, _, terminated, truncated, _ = env.step(action)
        n_steps, is_over = n_steps + 1, bool(terminated[0] or truncated[0])
    env.close()
    return state[0], n_steps


def strip() -> str:
    """Return the pictures and the table as HTML."""
    agent = get_model(make_config("cartpole", seed=0))
    pictures, rows = [], []
    for record in train(agent):
        if record.step in SHOWN:
            state, n_steps = last_state(agent)
            words = f"After {record.step:,} steps the pole stays up {n_steps} steps."
            picture = draw_agent("CartPole-v1", state, words)
            told = f"<figcaption>{words}</figcaption>"
            pictures.append(f"<figure>{picture}{told}</figure>")
            mean = evaluate(agent, EPISODES).mean()
            rows.append(f"<tr><td>{record.step:,}</td><td>{mean:.0f}</td></tr>")
        if record.step >= SHOWN[-1]:
            break
    return (
        f'<div class="strip">{"".join(pictures)}<table><thead><tr>'
        f"<th>steps of learning</th><th>mean return of {EPISODES} greedy episodes</th>"
        f"</tr></thead><tbody>{''.join(rows)}</tbody></table></div>"
    )
