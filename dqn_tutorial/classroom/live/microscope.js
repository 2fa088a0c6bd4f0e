// One update of DQN, opened, in a notebook (`render`) and in a page without a kernel (`play`): see microscope.py.

const MINUS = "\u2212";
const text = (value) => String(value).replace("-", MINUS);
const signed = (value) => (value < 0 ? `(${text(value)})` : text(value)); // behind another sign
const at = (facts, path) => path.split(".").reduce((part, name) => part?.[name], facts);
const FLAGS = [["not terminated", "terminated"], ["not truncated", "truncated"]];

// Each step: its name, its result in words, and what stands below. `f` holds all numbers of a trace; `n(path)` is the
// mark-up of one of them. `i` is the action taken, `a` its name.
const STEPS = [
  ["transition", (f, { a }) => `Action ${a} was taken in s, and ${f.rewards} came back with the next state.`,
    (f, { n, a }) => `
    <p>One transition of CartPole, drawn from the memory: a batch of one, small enough to follow. Its numbers are the
    cart's position and speed, the pole's angle and how fast it turns, scaled to about size 1. The pole leans to the left.</p>
    ${table("The transition", f.look.inputs, [["s", "transition.state"], [f.end, "transition.next_state"]], f, n)}
    <p>Action ${a}, ${f.rewards}, ${FLAGS.map((words, k) => words[f.transition.flags[k]]).join(", ")}.
    ${f.m > 1 ? `${f.end} is the state after ${f.m} steps; the flags are those of the last step.` : ""}
    The flags are yours to set: the states stay, so you see what a flag alone does.</p>`],

  ["next value", (f, { v }) => (f.double
    ? `The online network chooses ${f.chosen}, the target network values it: ${v("next.value")}.`
    : `The largest value that the target network gives ${f.end} is ${v("next.value")}, of action ${f.chosen}.`),
    (f, { n }) => `<div class="networks">
    ${f.double ? network(f, n, "The online network chooses", "transition.next_state", "next.online", f.next.chosen) : ""}
    ${network(f, n, f.double ? "The target network values" : "The target network", "transition.next_state", "next.target",
      f.next.chosen)}</div>
    ${sum(f, n, `Q<sub>t</sub>(${f.end}, ${f.chosen})`, "next.target", "look.target", f.next.chosen)}
    <p>${f.double ? "Double DQN: one network chooses the action, the other says what it is worth."
      : "The double ring marks the maximum."} A dashed unit is off: its ReLU gives 0.</p>`],

  ["target", (f, { v }) => `The target is y = ${v("target.y")}.`,
    (f, { n }) => {
      const powers = f.target.powers.map((_, k) => n(`target.powers.${k}`));
      const rewards = f.transition.rewards.map((_, k) => `${k ? `${powers[k - 1]} · ` : ""}${n(`transition.rewards.${k}`)}`);
      const symbols = rewards.map((_, k) => (f.m > 1 ? `${power(k)}r<sub>${k + 1}</sub>` : "r"));
      const value = f.target.goes_on ? n("next.value") : `<s>${n("next.value")}</s>`;
      const next = f.double ? `Q<sub>t</sub>(${f.end}, ${f.chosen})` : `max<sub>a\u2032</sub> Q<sub>t</sub>(${f.end}, a\u2032)`;
      return `<p class="equation">y = ${symbols.join(" + ")} + ${power(f.m)}(1 ${MINUS} terminated) ${next}</p>
      <p class="equation">y = ${rewards.join(" + ")} + ${powers[f.m - 1]} · ${n("target.goes_on")} · ${value}
      = <b>${n("target.y")}</b></p>
      <p>${f.transition.flags[0] ? "Terminated: the factor 0 removes the value of the next state. Only rewards are left."
        : f.transition.flags[1] ? "Truncated does not stand in the equation: the next state keeps its value."
          : "Nothing has ended: the next state counts, discounted."}
      ${f.m > 1 ? `${f.m} rewards are summed, each discounted once more than the one before (Sitting 2).` : ""}</p>`;
    }],

  ["gather", (f, { v, a }) => `Of the outputs for s, that of the action taken is picked: Q(s, ${a}) = ${v("loss.q_value")}.`,
    (f, { n, a, i }) => `<div class="networks">${network(f, n, "The online network", "transition.state", "gather", i)}</div>
    ${sum(f, n, `Q(s, ${a})`, "gather", "look.online", i)}
    <p>The double ring marks the output of the action that was taken, ${a}. It need not be the largest. The other
    output is not compared with y.</p>`],

  ["loss", (f, { v }) => `The TD error is ${v("loss.td_error")}, the loss ${v("loss.loss")}.`,
    (f, { n, v, a, i }) => `<p class="equation">\u03b4 = y ${MINUS} Q(s, ${a}) = ${n("target.y")} ${MINUS} ${n("loss.q_value", signed)}
      = <b>${n("loss.td_error")}</b></p>
    <p class="equation">loss = \u03b4<sup>2</sup> = <b>${n("loss.loss")}</b></p>
    <p class="equation">slope of the loss for Q(s, ${a}): ${MINUS}2\u03b4 = <b>${n(`gradient.outputs.3.${i}`)}</b></p>
    <p class="equation">slope of the loss for Q(s, ${f.look.actions[1 - i]}): ${n(`gradient.outputs.3.${1 - i}`)}</p>
    <p>${f.loss.td_error > 0
      ? `The target is above Q(s, ${a}), so the update will raise it.` : `The target is below Q(s, ${a}), so the update will lower it.`}</p>`],

  ["gradient", (f, { a }) => `The gradient runs back from Q(s, ${a}) only, and never into the target network.`,
    (f, { n, i }) => `<div class="networks">
    ${network(f, n, "Online: thick lines carry a gradient", "transition.state", "gather", i, f.gradient)}
    ${network(f, n, "Target: no gradient, y is data", "transition.next_state", "next.target", -1, {})}</div>
    ${tables("Slope of the loss for each weight", f, (path) =>
      (at(f, `gradient.${path}`) ? `<b>${n(`gradient.${path}`)}</b>` : n(`gradient.${path}`)))}
    <p>Weights to the other output have slope 0, and so have all weights of a unit that is off.
    ${f.double ? `The online network's choice in ${f.end} carries no gradient either.` : ""}</p>`],

  ["step", (f, { v, a, i }) => `Q(s, ${a}) goes from ${v(`gather.q.${i}`)} to ${v(`step.q.${i}`)}.`,
    (f, { n, i }) => `
    ${tables("Online weight before and after,", f, (path) => arrow(f, n, `look.online.${path}`, `step.${path}`))}
    <p>Adam's first step moves each weight with a gradient by the learning rate, ${n("rate")}, against its slope.</p>
    ${table("Q-values of s", f.look.actions.map((name) => `Q(s, ${name})`),
      [["before", "gather.q"], ["after", "step.q"]], f, n)}
    <p>Q(s, ${f.look.actions[1 - i]}) was not trained. It moves because both outputs share the hidden units.</p>`],

  ["follow", (f, { v }) => `The target network goes the share tau = ${v("tau")} of the way to the online network.`,
    (f, { n, a, i }) => {
      const w = `outputs.0.${i}`;
      return `
      ${tables("Target weight before and after,", f, (path) => arrow(f, n, `look.target.${path}`, `follow.${path}`))}
      <p class="equation">Unit 1 to ${a}: ${n(`look.target.${w}`)} + ${n("tau")} · (${n(`step.${w}`)} ${MINUS}
      ${n(`look.target.${w}`, signed)}) = <b>${n(`follow.${w}`)}</b></p>
      ${table("Q-values of s by the target network", f.look.actions.map((name) => `Q<sub>t</sub>(s, ${name})`),
        [["before", "follow.q_before"], ["after", "follow.q"]], f, n)}
      ${table("After more updates, all on this transition", [`Q(s, ${a})`, `Q<sub>t</sub>(s, ${a})`, "y"],
        f.later.map(([k], row) => [`${k} update${k === 1 ? "" : "s"}`, `later.${row}`]), f, n, 1)}
      <p>${f.target.goes_on ? "The target network moves, and so y moves too." : "Terminated: y holds no network's value, so it stays."}</p>`;
    }],
];

const power = (k) => (k ? `\u03b3${k > 1 ? `<sup>${k}</sup>` : ""} ` : "");

// A table of numbers; each row is a head and a path to a list, of which the first `skip` entries are left out.
function table(caption, heads, rows, f, n, skip = 0) {
  const line = ([head, path]) => `<tr><th scope="row">${head}</th>${at(f, path).slice(skip).map((_, k) =>
    `<td>${n(`${path}.${k + skip}`)}</td>`).join("")}</tr>`;
  return `<table><caption>${caption}</caption><tr><td></td>${heads.map((head) => `<th scope="col">${head}</th>`).join("")}</tr>
    ${rows.map(line).join("")}</table>`;
}

// Two tables, one for each layer: a row for each input and one for the biases; `cell(path)` fills them.
function tables(caption, f, cell) {
  const hidden = f.look.online.outputs.slice(0, -1).map((_, k) => `unit ${k + 1}`);
  return `<div class="networks">${[["hidden", f.look.inputs, hidden, "to the hidden units"],
    ["outputs", hidden, f.look.actions, "to the outputs"]].map(([layer, from, to, words]) => `<table>
    <caption>${caption} ${words}</caption><tr><td></td>${to.map((name) => `<th scope="col">${name}</th>`).join("")}</tr>
    ${[...from, "bias"].map((name, row) => `<tr><th scope="row">${name}</th>${to.map((_, k) =>
      `<td>${cell(`${layer}.${row}.${k}`)}</td>`).join("")}</tr>`).join("")}</table>`).join("")}</div>`;
}

const arrow = (f, n, before, after) => (at(f, before) === at(f, after) ? n(before)
  : `${n(before)} <span class="to">\u2192 <b>${n(after)}</b></span>`);

// An output in numbers: units times weights, and the bias.
function sum(f, n, name, seen, weights, k) {
  const parts = at(f, `${seen}.hidden`).map((_, row) => `${n(`${seen}.hidden.${row}`)} · ${n(`${weights}.outputs.${row}.${k}`, signed)}`);
  return `<p class="equation">${name} = ${parts.join(" + ")} + ${n(`${weights}.outputs.${parts.length}.${k}`, signed)}
    = <b>${n(`${seen}.q.${k}`)}</b></p>`;
}

// A network with the numbers that run through it; `ring` is the output marked, `slopes` the tables of its gradient.
function network(f, n, caption, input, seen, ring, slopes) {
  const { inputs, actions } = f.look;
  const [x, y] = [[96, 193, 283], [(k) => 20 + 44 * k, (k) => 36 + 50 * k, (k) => 58 + 56 * k]];
  const has = (layer, row, k) => slopes?.[layer]?.[row][k] !== 0 && slopes?.[layer];
  const lines = [["hidden", 0, 4, 3], ["outputs", 1, 3, 2]].flatMap(([layer, from, rows, columns]) =>
    Array.from({ length: rows * columns }, (_, k) => [Math.floor(k / columns), k % columns]).map(([row, k]) =>
      `<line x1="${x[from] + 27}" y1="${y[from](row)}" x2="${x[from + 1] - 27}" y2="${y[from + 1](k)}"
       class="${has(layer, row, k) ? "live" : ""}"/>`));
  const units = [[input, 0], [`${seen}.hidden`, 1], [`${seen}.q`, 2]].flatMap(([path, layer]) =>
    at(f, path).map((value, k) => `<g class="${layer === 1 && value === 0 ? "off" : ""}">
      <rect class="${n.changed(`${path}.${k}`) ? "changed" : ""}" x="${x[layer] - 27}" y="${y[layer](k) - 14}" rx="14" width="54" height="28"/>
      ${layer === 2 && k === ring ? `<rect class="ring" x="${x[2] - 32}" y="${y[2](k) - 19}" rx="19" width="64" height="38"/>` : ""}
      <text x="${x[layer]}" y="${y[layer](k) + 5}">${n(`${path}.${k}`, text, "tspan")}</text></g>`));
  const names = [...inputs.map((name, k) => `<text class="from" x="64" y="${y[0](k) + 5}">${name}</text>`),
    ...actions.map((name, k) => `<text class="name" x="320" y="${y[2](k) + 5}">${name}</text>`)];
  const told = actions.map((name, k) => `${name} ${text(at(f, `${seen}.q.${k}`))}`).join(", ");
  return `<figure><figcaption>${caption}</figcaption><svg viewBox="0 0 358 170" role="img"
    aria-label="A network of four inputs, three hidden units and two outputs: ${told}">
    ${lines.join("")}${units.join("")}${names.join("")}</svg></figure>`;
}

// Answers from what `microscope.answers()` has computed: for `play` where no kernel runs.
export const recall = ({ parts, keys }) => (key, reply) => reply(Object.fromEntries(
  Object.entries(parts).map(([name, forms], k) => [name, forms[keys[key][k]]])));

// Builds the microscope. `ask(key, reply)` calls `reply(trace)` with the trace of a setting, at once or later.
export function play(element, look, ask) {
  const fields = look.controls.map(({ name, options, start }) => (options.join() === "0,1"
    ? `<label><input type="checkbox" name="${name}" ${start ? "checked" : ""}> ${name}</label>`
    : `<label>${name} <select name="${name}">${options.map((value, k) =>
      `<option ${k === start ? "selected" : ""}>${value}</option>`).join("")}</select></label>`));
  element.className = "microscope";
  element.innerHTML = `<div class="controls">${fields.join("")}</div>
    <div class="controls steps">${STEPS.map(([name], k) => `<button type="button">${k + 1} ${name}</button>`).join("")}</div>
    <div class="controls"><button type="button">back</button><button type="button">next</button>
    <span class="legend" hidden>Framed numbers: your last choice changed them.</span></div>
    <p class="words" role="status"></p><div class="panel"></div>`;
  const find = (selector) => [...element.querySelectorAll(selector)];
  const [inputs, tabs, [words], [panel], [legend]] = [find("input, select"), find(".steps button"), find(".words"),
    find(".panel"), find(".legend")];
  const [back, next] = find("button").slice(tabs.length);
  // their keys are theirs, and not those of JupyterLab
  for (const control of find("input, select, button")) control.dataset.lmSuppressShortcuts = true;
  let [key, facts, before, step] = ["", null, null, 0];

  function show() {
    if (!facts) return; // it is on its way; what is pressed meanwhile counts
    const n = (path, write = text, tag = "span") =>
      `<${tag} data-path="${path}" class="${n.changed(path) ? "changed" : ""}">${write(at(facts, path))}</${tag}>`;
    n.changed = (path) => before && ![undefined, at(facts, path)].includes(at(before, path));
    const help = { n, v: (path) => text(at(facts, path)), i: look.action, a: look.actions[look.action] };
    const [, result, below] = STEPS[step];
    words.textContent = `Step ${step + 1} of ${STEPS.length}. ${result(facts, help)}`;
    panel.innerHTML = below(facts, help);
    tabs.forEach((tab, k) => (k === step ? tab.setAttribute("aria-current", "step") : tab.removeAttribute("aria-current")));
    [back.ariaDisabled, next.ariaDisabled] = [step === 0, step === STEPS.length - 1];
    legend.hidden = !before;
  }
  function set() {
    const values = inputs.map((input) => (input.type === "checkbox" ? Number(input.checked) : Number(input.value)));
    const asked = (key = values.join(" "));
    if (facts) [before, facts] = [facts, null];
    ask(asked, (trace) => {
      if (asked !== key) return;
      const [, , double, m, , rate, tau] = values;
      const rewards = `reward${m > 1 ? "s" : ""} ${trace.transition.rewards.map(text).join(", ")}`;
      const end = m > 1 ? `s${"\u2082\u2083"[m - 2]}` : "s\u2032";
      facts = { ...trace, look, double, m, rate, tau, rewards, end, chosen: look.actions[trace.next.chosen] };
      show();
    });
  }
  const go = (to) => { step = Math.max(0, Math.min(STEPS.length - 1, to)); show(); };
  tabs.forEach((tab, k) => tab.addEventListener("click", () => go(k)));
  back.addEventListener("click", () => go(step - 1));
  next.addEventListener("click", () => go(step + 1));
  inputs.forEach((input) => input.addEventListener("change", set));
  set();
}

function render({ model, el }) {
  let [wanted, reply] = ["", null];
  const answer = () => { if (model.get("answer").key === wanted) reply(model.get("answer")); };
  model.on("change:answer", answer);
  const place = el.appendChild(document.createElement("div"));
  play(place, model.get("look"), (key, then) => {
    [wanted, reply] = [key, then];
    model.set("key", key);
    model.save_changes();
    answer();
  });
  return () => model.off("change:answer", answer);
}

export default { render };
