// One update of DQN, opened, in a notebook (`render`) and in a page without a kernel (`play`).
// Its numbers are a trace, as microscope.py makes it.

const text = (value) => String(value).replace("-", "\u2212");
const QT = "Q<sub>t</sub>";
const signed = (value) => (value < 0 ? `(${text(value)})` : text(value)); // behind another sign
const at = (facts, path) => path.split(".").reduce((part, name) => part?.[name], facts);
const each = (list, write) => list.map(write).join("");

// What a step says and shows. `f` is a trace and what belongs to it: `f.n(path)` marks up a number of it,
// `f.v(path)` writes it; `f.i` is the action taken, `f.q` and `f.qt` name Q-values of s, `f.end` is s' or so.
const STEPS = {
  transition: [
    (f) => `Action ${f.action} was taken in s, and ${f.rewards} came back with the next state.`,
    (f) => `<p>One transition of CartPole, drawn from the memory: a batch of one, small enough to follow.
      Its numbers are the cart's position and speed, the pole's angle and how fast it turns, scaled to about
      size 1. The pole leans to the left.</p>
      ${rows(f, "The transition", f.look.inputs, [["s", f.state], [f.end, f.next_state]])}
      <p>Action ${f.action}, ${f.rewards}, ${f.terminated ? "" : "not "}terminated,
      ${f.truncated ? "" : "not "}truncated.
      ${f.m > 1 ? `${f.end} is the state after ${f.m} steps; the flags are those of the last step.` : ""}
      The flags are yours to set: the states stay, so you see what a flag alone does.</p>`],

  "next value": [
    (f) => (f.double
      ? `The online network chooses ${f.chosen}, the target network values it: ${f.v("next.value")}.`
      : `The largest value that the target network gives ${f.end} is ${f.v("next.value")}, of ${f.chosen}.`),
    (f) => `<div class="side">
      ${f.double ? network(f, "The online network chooses", f.next_state, "next.online", f.next.chosen) : ""}
      ${network(f, `The target network${f.double ? " values" : ""}`, f.next_state, "next.target",
        f.next.chosen)}</div>
      ${sum(f, `${QT}(${f.end}, ${f.chosen})`, "next.target", "look.target", f.next.chosen)}
      <p>${f.double ? "Double DQN: one network chooses the action, the other says what it is worth."
        : "The double ring marks the maximum."} A dashed unit is off: its ReLU gives 0.</p>`],

  target: [
    (f) => `The target is y = ${f.v("target.y")}.`,
    (f) => {
      const powers = f.target.powers.map((_, k) => f.n(`target.powers.${k}`));
      const rewards = f.transition.rewards.map((_, k) => f.n(`transition.rewards.${k}`));
      const symbols = rewards.map((_, k) => (f.m > 1 ? `${power(k)}r<sub>${k + 1}</sub>` : "r"));
      const numbers = rewards.map((reward, k) => (k ? `${powers[k - 1]} · ${reward}` : reward));
      const next = f.double ? `${QT}(${f.end}, ${f.chosen})` : `max<sub>a′</sub> ${QT}(${f.end}, a′)`;
      const value = f.terminated ? `<s>${f.n("next.value")}</s>` : f.n("next.value");
      return `<p class="sum">y = ${symbols.join(" + ")} + ${power(f.m)}(1 \u2212 terminated) ${next}</p>
        <p class="sum">y = ${numbers.join(" + ")} + ${powers.at(-1)} · ${f.n("target.goes_on")} · ${value}
        = <b>${f.n("target.y")}</b></p>
        <p>${f.terminated ? "Terminated: the factor 0 removes the value of the next state. Rewards are left."
          : f.truncated ? "Truncated does not stand in the equation: the next state keeps its value."
            : "Nothing has ended: the next state counts, discounted."}
        ${f.m > 1 ? `${f.m} rewards are summed, each discounted once more than the one before.` : ""}</p>`;
    }],

  gather: [
    (f) => `Of the outputs for s, that of the action taken is picked: ${f.q[f.i]} = ${f.v("loss.q_value")}.`,
    (f) => `<div class="side">${network(f, "The online network", f.state, "gather", f.i)}</div>
      ${sum(f, f.q[f.i], "gather", "look.online", f.i)}
      <p>The double ring marks the output of the action that was taken, ${f.action}. It need not be the
      largest. The other output is not compared with y.</p>`],

  loss: [
    (f) => `The TD error is ${f.v("loss.td_error")}, the loss ${f.v("loss.loss")}.`,
    (f) => `<p class="sum">\u03b4 = y \u2212 ${f.q[f.i]}
      = ${f.n("target.y")} \u2212 ${f.n("loss.q_value", signed)} = <b>${f.n("loss.td_error")}</b></p>
      <p class="sum">loss = \u03b4<sup>2</sup> = <b>${f.n("loss.loss")}</b></p>
      <p class="sum">slope of the loss for ${f.q[f.i]}:
      \u22122\u03b4 = <b>${f.n(`gradient.outputs.3.${f.i}`)}</b></p>
      <p class="sum">slope of the loss for ${f.q[1 - f.i]}: ${f.n(`gradient.outputs.3.${1 - f.i}`)}</p>
      <p>The target is ${f.loss.td_error > 0 ? "above" : "below"} ${f.q[f.i]}, so the update will
      ${f.loss.td_error > 0 ? "raise" : "lower"} it.</p>`],

  gradient: [
    (f) => `The gradient runs back from ${f.q[f.i]} only, and never into the target network.`,
    (f) => `<div class="side">
      ${network(f, "Online: thick lines carry a gradient", f.state, "gather", f.i, f.gradient)}
      ${network(f, "Target: no gradient, y is data", f.next_state, "next.target")}</div>
      ${weights(f, "Slope of the loss for each weight", (path) => {
        const slope = f.n(`gradient.${path}`);
        return at(f.gradient, path) ? `<b>${slope}</b>` : slope;
      })}
      <p>Weights to the other output have slope 0, and so have all weights of a unit that is off.
      ${f.double ? `The online network's choice in ${f.end} carries no gradient either.` : ""}</p>`],

  step: [
    (f) => `${f.q[f.i]} goes from ${f.v(`gather.q.${f.i}`)} to ${f.v(`step.q.${f.i}`)}.`,
    (f) => `${weights(f, "Online weight before and after,", arrow(f, "look.online", "step"))}
      <p>Adam's first step moves each weight with a gradient by the learning rate, ${f.n("rate")}, against its
      slope.</p>
      ${rows(f, "Q-values of s", f.q, [["before", "gather.q"], ["after", "step.q"]])}
      <p>${f.q[1 - f.i]} was not trained, but may move a little: both outputs share the hidden units.</p>`],

  follow: [
    (f) => `The target network goes the share tau = ${f.v("tau")} of the way to the online network.`,
    (f) => {
      const w = `outputs.0.${f.i}`;
      return `${weights(f, "Target weight before and after,", arrow(f, "look.target", "follow"))}
        <p class="sum">Unit 1 to ${f.action}: ${f.n(`look.target.${w}`)}
        + ${f.n("tau")} · (${f.n(`step.${w}`)} \u2212 ${f.n(`look.target.${w}`, signed)})
        = <b>${f.n(`follow.${w}`)}</b></p>
        ${rows(f, "Q-values of s by the target network", f.qt,
          [["before", "follow.q_before"], ["after", "follow.q"]])}
        ${rows(f, "After more updates, all on this transition", [f.q[f.i], f.qt[f.i], "y"],
          f.later.map(([k], row) => [`${k} update${k === 1 ? "" : "s"}`, `later.${row}`]), 1)}
        <p>${f.terminated ? "Terminated: y holds no network's value, so it stays."
          : "The target network moves, and so y moves too."}</p>`;
    }],
};

const power = (k) => (k ? `\u03b3${k > 1 ? `<sup>${k}</sup>` : ""} ` : "");

function table(caption, heads, lines) {
  const line = ([head, cells]) =>
    `<tr><th scope="row">${head}</th>${each(cells, (cell) => `<td>${cell}</td>`)}</tr>`;
  return `<table><caption>${caption}</caption>
    <tr><td></td>${each(heads, (head) => `<th scope="col">${head}</th>`)}</tr>${each(lines, line)}</table>`;
}

// A table of lists, each [its head, its path], of which the first `skip` entries are left out.
function rows(f, caption, heads, lists, skip = 0) {
  const cells = (path) => at(f, path).map((_, k) => f.n(`${path}.${k}`)).slice(skip);
  return table(caption, heads, lists.map(([head, path]) => [head, cells(path)]));
}

// A table for each layer: a row for each input and one for the biases, filled by `cell(path)`.
function weights(f, caption, cell) {
  const units = f.look.online.outputs.slice(1).map((_, k) => `unit ${k + 1}`); // but the biases
  const layers = [["hidden", f.look.inputs, units], ["outputs", units, f.look.actions]];
  return `<div class="side">${each(layers, ([layer, from, to]) => table(
    `${caption} to the ${layer === "hidden" ? "hidden units" : layer}`, to,
    [...from, "bias"].map((name, row) => [name, to.map((_, k) => cell(`${layer}.${row}.${k}`))])))}</div>`;
}

// Fills a cell with a weight, and what it becomes if that is another number.
const arrow = (f, old, now) => (path) => {
  const [before, after] = [`${old}.${path}`, `${now}.${path}`];
  const moved = f.v(before) === f.v(after) ? "" : ` <span class="to">\u2192 <b>${f.n(after)}</b></span>`;
  return f.n(before) + moved;
};

// An output in numbers: units times weights, and the bias.
function sum(f, name, seen, net, k) {
  const units = at(f, `${seen}.hidden`).map((_, row) => `${f.n(`${seen}.hidden.${row}`)} · `);
  const parts = [...units, ""].map((unit, row) => unit + f.n(`${net}.outputs.${row}.${k}`, signed));
  return `<p class="sum">${name} = ${parts.join(" + ")} = <b>${f.n(`${seen}.q.${k}`)}</b></p>`;
}

// A network and the numbers that run through it; `ring` is the output that is marked, `slopes` its gradient.
function network(f, caption, input, seen, ring, slopes) {
  const layers = [[96, 20, 44, input], [193, 36, 50, `${seen}.hidden`], [283, 58, 56, `${seen}.q`]];
  const units = layers.map(([x, first, apart, path]) =>
    at(f, path).map((value, k) => ({ x, y: first + apart * k, value, path: `${path}.${k}` })));
  const line = (from, to, slope) => `<line class="${slope ? "live" : ""}" x1="${from.x + 27}" y1="${from.y}"
    x2="${to.x - 27}" y2="${to.y}"/>`;
  const lines = ["hidden", "outputs"].map((layer, l) => each(units[l], (from, row) =>
    each(units[l + 1], (to, k) => line(from, to, slopes?.[layer][row][k]))));
  const pill = ({ x, y }, name, more = 0) => `<rect class="${name}" x="${x - 27 - more}" y="${y - 14 - more}"
    width="${54 + 2 * more}" height="${28 + 2 * more}" rx="20"/>`;
  const kind = (unit, l) => (f.changed(unit.path) ? "changed" : l === 1 && !unit.value ? "off" : "");
  const drawn = (unit, l) => pill(unit, kind(unit, l))
    + `<text x="${unit.x}" y="${unit.y + 5}">${f.n(unit.path, text, "tspan")}</text>`;
  const name = (word, { y }, x, side) => `<text class="${side}" x="${x}" y="${y + 5}">${word}</text>`;
  const told = f.look.actions.map((action, k) => `${action} ${f.v(`${seen}.q.${k}`)}`).join(", ");
  return `<figure><figcaption>${caption}</figcaption><svg viewBox="0 0 358 172" role="img"
    aria-label="A network of four inputs, three hidden units and two outputs: ${told}">${lines.join("")}
    ${each(units, (layer, l) => each(layer, (unit) => drawn(unit, l)))}
    ${ring === undefined ? "" : pill(units[2][ring], "ring", 5)}
    ${each(f.look.inputs, (word, k) => name(word, units[0][k], 64, "left"))}
    ${each(f.look.actions, (word, k) => name(word, units[2][k], 320, "right"))}</svg></figure>`;
}

// Answers from what `microscope.answers()` has computed: for `play` where no kernel runs.
export const recall = ({ parts, keys }) => (key, reply) => reply(Object.fromEntries(
  Object.entries(parts).map(([name, forms], k) => [name, forms[keys[key][k]]])));

// Builds the microscope. `ask(key, reply)` calls `reply` with the trace of a setting, at once or later.
export function play(element, look, ask) {
  const option = (value, chosen) => `<option ${chosen ? "selected" : ""}>${value}</option>`;
  const controls = each(look.controls, ({ name, options, start }) => (options.join() === "0,1"
    ? `<label><input type="checkbox" ${start ? "checked" : ""}> ${name}</label>`
    : `<label>${name} <select>${each(options, (value, k) => option(value, k === start))}</select></label>`));
  const names = Object.keys(STEPS);
  element.className = "microscope";
  element.innerHTML = `<div class="bar" role="group" aria-label="Choices">${controls}</div>
    <div class="bar steps" role="group" aria-label="Steps">
    ${each(names, (name, k) => `<button type="button">${k + 1} ${name}</button>`)}</div>
    <div class="bar walk"><button type="button">back</button><button type="button">next</button>
    <span hidden>Framed numbers: your last choice changed them.</span></div>
    <p class="words" role="status"></p><div class="panel"></div>`;
  const find = (selector) => [...element.querySelectorAll(selector)];
  const [inputs, tabs, [back, next]] = ["input, select", ".steps button", ".walk button"].map(find);
  const [[legend], [words], [panel]] = [".walk span", ".words", ".panel"].map(find);
  // their keys are theirs, and not those of JupyterLab
  for (const control of [...inputs, ...tabs, back, next]) control.dataset.lmSuppressShortcuts = true;
  let [key, facts, before, step] = ["", null, null, 0];

  function show() {
    if (!facts) return; // the first is on its way; what is pressed meanwhile counts
    const [says, shows] = STEPS[names[step]];
    words.textContent = `Step ${step + 1} of ${names.length}. ${says(facts)}`;
    panel.innerHTML = shows(facts);
    tabs.forEach((tab, k) => tab.setAttribute("aria-current", k === step ? "step" : "false"));
    back.setAttribute("aria-disabled", step === 0);
    next.setAttribute("aria-disabled", step === names.length - 1);
    legend.hidden = !before;
  }
  // What a trace and the choices that it belongs to make known.
  function known(trace, [terminated, truncated, double, m, , rate, tau]) {
    const f = { ...trace, look, terminated, truncated, double, m, rate, tau, i: look.action };
    f.v = (path) => text(at(f, path));
    f.changed = (path) => before && ![undefined, at(f, path)].includes(at(before, path));
    f.n = (path, write = text, tag = "span") => {
      const kind = f.changed(path) ? "changed" : "";
      return `<${tag} data-path="${path}" class="${kind}">${write(at(f, path))}</${tag}>`;
    };
    [f.state, f.next_state] = ["transition.state", "transition.next_state"];
    f.end = `s${"\u2032\u2082\u2083"[m - 1]}`;
    [f.action, f.chosen] = [look.actions[f.i], look.actions[f.next.chosen]];
    [f.q, f.qt] = ["Q", QT].map((name) => look.actions.map((action) => `${name}(s, ${action})`));
    f.rewards = `reward${m > 1 ? "s" : ""} ${f.transition.rewards.join(", ")}`;
    return f;
  }
  function set() {
    const values = inputs.map((input) => Number(input.type === "checkbox" ? input.checked : input.value));
    const asked = (key = values.join(" "));
    ask(asked, (trace) => {
      if (asked === key) [before, facts] = [facts, known(trace, values)];
      show();
    });
  }
  const go = (to) => { step = Math.max(0, Math.min(names.length - 1, to)); show(); };
  tabs.forEach((tab, k) => tab.addEventListener("click", () => go(k)));
  back.addEventListener("click", () => go(step - 1));
  next.addEventListener("click", () => go(step + 1));
  inputs.forEach((input) => input.addEventListener("change", set));
  set();
}
