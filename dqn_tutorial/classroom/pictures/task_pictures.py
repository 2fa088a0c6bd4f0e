"""The tasks of notebook 08 in a row of boxes each."""

from dqn_tutorial.classroom.pictures.diagrams import arrow, bold, label, svg
from dqn_tutorial.classroom.pictures.figures import BLACK, BLUE, GREEN, GREY
from dqn_tutorial.envs import longest_episode
from dqn_tutorial.mdp import MDP
from dqn_tutorial.tasks import casino, combination_lock, forward_chain, house_numbers

WIDTH, HEIGHT, STEP = 44, 34, 88  # of a box; from one to the next
LEFT, ENDS = 18, 8  # boxes of a row at most


def task_strips() -> tuple[str, str]:
    """Draw street, casino, lock and chain: boxes in a row, the reward on the arrow, the
    right action thick, and how often random steps reach the end.

    Source: as in `dqn_tutorial.tasks`.
    """
    body = _street(62) + _casino(190) + _lock(340) + _chain(496)
    words = "Thick arrow: the right action. With a sign: its reward, if that is not 0."
    body += label(LEFT, 574, words, "start")
    return svg(700, 588, body), "picture-task-strips"


def reaches(mdp: MDP, state: int, steps: int) -> float:
    """Return the probability that random actions lead to a state, where the episode
    ends, within so many steps. Source: Kemeny & Snell (1976).
    """
    at = mdp.start
    for _ in range(steps):
        at = at @ mdp.transition.mean(1)
    return float(at[state])


def _box(x: float, y: float, words: str, ends: bool = False, width: int = WIDTH) -> str:
    """Draw a state; a double border ends the episode."""
    inner = (
        f'<rect x="{x + 4:g}" y="{y - HEIGHT / 2 + 4:g}" width="{width - 8}"'
        f' height="{HEIGHT - 8}" fill="none" stroke="{GREEN}" stroke-width="1.5"/>'
    )
    return (
        f'<rect x="{x:g}" y="{y - HEIGHT / 2:g}" width="{width}" height="{HEIGHT}"'
        f' fill="white" stroke="{GREEN if ends else BLUE}" stroke-width="2"/>'
        + (inner if ends else "")
        + label(x + width / 2, y + 5, words)
    )


def _right(x: float, to_x: float, y: float, reward: float) -> str:
    """Draw the right action, with its reward unless that is 0."""
    words = label((x + to_x) / 2, y - 10, bold(f"{reward:+g}")) if reward else ""
    line = f'<path d="M{x:g} {y:g} H{to_x - 12:g}" stroke="{BLACK}" stroke-width="5"/>'
    head = f'<path d="M{to_x - 13:g} {y - 8:g} L{to_x:g} {y:g} l-13 8 z"/>'
    return words + line + head


def _told(y: float, name: str, chance: str) -> str:
    return label(LEFT, y - 36, name, "start") + label(LEFT, y + 44, chance, "start")


def _chance(mdp: MDP, state: int, name: str) -> str:
    steps = longest_episode(name)
    share = 100 * reaches(mdp, state, steps)
    number = f"{share:.0f}" if share >= 2 else f"{share:.1f}"
    return (
        f"Random steps reach the end within {steps} steps in {number} of 100 episodes."
    )


def _street(y: float) -> str:
    mdp = house_numbers()
    last = mdp.n_states - 1
    body = _told(
        y,
        bold("street") + ": on or back, seen is the house number only",
        _chance(mdp, last, "housenumbers"),
    )
    for house in range(last):
        x = LEFT + STEP * house
        body += _box(x, y, str(house))
        reward = float(mdp.reward[house, 1, house + 1])
        body += _right(x + WIDTH, x + STEP, y - 6, reward)
        if house:
            body += arrow(f"M{x} {y + 10} H{x - STEP + WIDTH + 3}", GREY, "4 3")
    return body + _box(LEFT + STEP * last, y, str(last), ends=True)


def _casino(y: float) -> str:
    mdp = casino()
    n = mdp.n_actions
    enters = float(mdp.transition[0, :, 1].mean())
    body = _told(
        y,
        bold("casino") + f": {n} machines, each loses a little on average",
        "",
    )
    prizes = [float(mdp.reward[1, 0, state]) for state in (3, 4)]
    chances = [float(mdp.transition[1, 0, state]) for state in (3, 4)]
    body += _box(LEFT + 180, y, "street", width=70)
    body += _box(LEFT, y, "home", ends=True, width=70)
    body += (
        f'<path d="M{LEFT + 180} {y} H{LEFT + 84}" stroke="{BLACK}" stroke-width="5"/>'
        f'<path d="M{LEFT + 85} {y - 8} L{LEFT + 72} {y} l13 8 z"/>'
    )
    body += label(LEFT + 126, y - 10, bold("reward 0"))
    body += arrow(f"M{LEFT + 250} {y} H{LEFT + 347}", GREY, "4 3")
    body += label(LEFT + 298, y - 10, "reward 0")
    body += _box(LEFT + 350, y, "casino", width=70)
    for place, name, prize, chance in zip(
        (y - 26, y + 26), ("won", "lost"), prizes, chances, strict=True
    ):
        body += arrow(f"M{LEFT + 420} {y} L{LEFT + 545} {place}", GREY, "4 3")
        body += _box(LEFT + 550, place, name, ends=True, width=60)
        money = f"{prize:+g}".replace("-", "&#8722;")
        up = -12 if place < y else 22
        body += label(LEFT + 478, (y + place) / 2 + up, f"{money}, {chance:.0%}")
    told = (
        f"Random steps enter the casino from the street in {100 * enters:.0f} of 100"
        f" episodes; to enter is worth {mdp.transition[1, 0] @ mdp.reward[1, 0]:.1f}."
    ).replace("-", "&#8722;")
    return body + label(LEFT, y + 68, told, "start")


def _lock(y: float) -> str:
    mdp = combination_lock()
    last = mdp.n_states - 1
    body = _told(
        y,
        bold("lock")
        + ": two doors in each room; on the arrow the number of the right one",
        "",
    )
    for room in range(last):
        x = LEFT + STEP * room
        right = room % 2
        body += _box(x, y, str(room))
        reward = float(mdp.reward[room, right, room + 1])
        body += _right(x + WIDTH, x + STEP, y, 0.0)
        middle = x + (STEP + WIDTH) / 2
        body += label(middle, y - 10, bold(f"{right}"))
        body += label(middle, y - 28, bold(f"{reward:+g}")) if reward else ""
        if room:
            body += (
                f'<path d="M{x + WIDTH / 2} {y + HEIGHT / 2} V{y + 38}" fill="none"'
                f' stroke="{GREY}" stroke-width="1.8" stroke-dasharray="4 3"/>'
            )
    start, end = LEFT + WIDTH / 2, LEFT + STEP * (last - 1) + WIDTH / 2
    back = f"M{end} {y + 38} H{start} V{y + HEIGHT / 2 + 3}"
    body += arrow(back, GREY, "4 3") + _box(LEFT + STEP * last, y, str(last), ends=True)
    lost = float(mdp.reward[0, 1, 0])
    body += label((start + end) / 2, y + 57, f"wrong door: back to room 0, {lost:+g}")
    return body + label(LEFT, y + 82, _chance(mdp, last, "combinationlock"), "start")


def _chain(y: float) -> str:
    mdp = forward_chain()
    last = mdp.n_states - 1
    body = _told(
        y,
        bold("chain") + f": one action, {last} steps, a reward at the end only",
        _chance(mdp, last, "forwardchain"),
    )
    shown = [0, 1, 2, -1, last - 3, last - 2, last - 1]
    for place, state in enumerate(shown):
        x = LEFT + STEP * place
        if state < 0:
            body += label(x + WIDTH / 2, y + 4, bold("&#183; &#183; &#183;"))
        else:
            body += _box(x, y, str(state))
        reward = float(mdp.reward[state, 0, state + 1]) if state >= 0 else 0.0
        body += _right(x + WIDTH, x + STEP, y, reward)
    return body + _box(LEFT + STEP * len(shown), y, str(last), ends=True)
