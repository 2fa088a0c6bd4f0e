"""What stands for the page in which a DQN learns where JavaScript is off: a run of the
package, in pictures and in a table.
"""

from dqn_tutorial.classroom.pictures.agent_view import draw_agent
from dqn_tutorial.models import get_model, make_config
from dqn_tutorial.training import evaluate, play, train

SHOWN = (320, 1_600, 3_200, 6_400, 12_800)  # environment steps
EPISODES = 20


def strip() -> str:
    """Return the pictures and the table as HTML."""
    agent = get_model(make_config("cartpole", seed=0))
    pictures, rows = [], []
    for record in train(agent):
        if record.step in SHOWN:
            states = play(agent)
            up = f"the pole stays up {len(states) - 1} steps"
            words = f"After {record.step:,} steps {up}."
            picture = draw_agent("CartPole-v1", states[-1], words)
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
