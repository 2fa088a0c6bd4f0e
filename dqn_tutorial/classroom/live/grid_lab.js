// The lab of the slippery grid, in a notebook (`render`) and in a page without a kernel (`play`): see grid_lab.py.

const ARROWS = "\u2190\u2193\u2192\u2191";
const ROBOT = `<svg role="img" aria-label="robot" viewBox="0 0 26 26"><path d="M13 2v5" stroke="#222" stroke-width="2"/>
  <rect x="3" y="7" width="20" height="16" rx="4" fill="#222"/><circle cx="9" cy="14" r="3" fill="#fff"/>
  <circle cx="17" cy="14" r="3" fill="#fff"/></svg>`;
const ENDS = { G: ["#a6dbcb", "goal +1"], H: ["#f0c3a6", "hole \u22121"] };

// Orange for -1, white for 0, blue for 1: never so strong that dark letters are hard to read.
function colour(value) {
  const share = 0.65 * Math.min(1, Math.abs(value));
  const strong = value < 0 ? [230, 159, 0] : [0, 114, 178];
  return `rgb(${strong.map((part) => Math.round(255 + share * (part - 255)))})`;
}

const number = (value) => value.toFixed(2).replace("-", "\u2212");

// Draws one moment: {layout, values, arrows, robot, step, words}; `arrows` holds digits (left, down, right, up) or "-".
export function draw(element, data) {
  if (!element.querySelector("table")) {
    const colours = [-1, 0, 1].map(colour);
    element.innerHTML = `<p class="words" role="status"></p><table aria-label="The grid and its values"></table>
      <div class="scale">\u22121 <i style="background: linear-gradient(to right, ${colours})"></i> +1</div>`;
  }
  const cells = [...data.layout].map((kind, state) => {
    const robot = state === data.robot ? ROBOT : "";
    const corner = `<span class="number">${state}</span>${robot}`;
    if (ENDS[kind]) return `<td style="background: ${ENDS[kind][0]}">${corner}<b>${kind}</b>${ENDS[kind][1]}</td>`;
    const value = data.values[state];
    return `<td style="background: ${colour(value)}">${corner}<span class="value">${number(value)}</span>
      <span class="arrow">${ARROWS[data.arrows[state]] ?? "&nbsp;"}</span></td>`;
  });
  const side = Math.sqrt(cells.length);
  const rows = cells.map((cell, state) => (state % side ? cell : `<tr>${cell}`)); // a row ends where the next begins
  element.querySelector("table").innerHTML = rows.join("");
  element.dataset.step = data.step;
  element.querySelector(".words").textContent = data.words;
}

const last = (track) => (track.values?.length ?? track.steps.split(" ").length + 1) - 1;

// Returns what `draw` needs of one step of a track.
export function moment(look, track, step) {
  const end = step === last(track) ? " This is the end." : "";
  const shown = { layout: look.layout, step, robot: -1 };
  if (track.values) {
    const words = step ? `Sweep ${step}: the largest change is ${track.changes[step - 1]}.` : "Sweep 0: every value is 0.";
    return { ...shown, values: track.values[step], arrows: track.arrows[step], words: words + end };
  }
  const q = [...look.layout].map(() => [0, 0, 0, 0]);
  const arrows = q.map(() => "-");
  let words = "Step 0: every value is 0.";
  for (const [k, word] of track.steps.split(" ").slice(0, step).entries()) {
    const [state, action, next] = [...word.slice(0, 3)].map((digit) => parseInt(digit, 16));
    const [before, after] = [q[state][action], Number(word.slice(4))];
    const place = { G: ", the goal", H: ", a hole" }[look.layout[next]] ?? "";
    words = `Step ${k + 1}: ${state === shown.robot ? "" : "a new episode. "}In state ${state} the robot aims ` +
      `${look.actions[action]} and comes to state ${next}${place}. ` +
      `q(${state}, ${look.actions[action]}) ` +
      (before === after ? `stays ${number(after)}.` : `goes from ${number(before)} to ${number(after)}.`);
    [q[state][action], arrows[state], shown.robot] = [after, word[3], next];
  }
  return { ...shown, values: q.map((row) => Math.max(...row)), arrows, words: words + end };
}

// Builds the lab. `ask(key, reply)` calls `reply(track)` with the track of a setting, at once or later.
export function play(element, look, ask) {
  const sliders = Object.entries(look.sliders).map(([name, { options, start }]) =>
    `<label>${name} <input type="range" name="${name}" min="0" max="${options.length - 1}" value="${start}">
     <output></output></label>`);
  element.className = "grid-lab";
  element.innerHTML = `<div class="controls"><label>method <select><option>value iteration<option>Q-learning</select></label>
    ${sliders.join("")}</div><div class="controls">${"<button type='button'></button>".repeat(4)}</div><div></div>`;
  const [method, inputs, buttons, picture] = [element.querySelector("select"), [...element.querySelectorAll("input")],
    [...element.querySelectorAll("button")], element.lastElementChild];
  // their keys are theirs, and not those of JupyterLab
  for (const control of [method, ...inputs, ...buttons]) control.dataset.lmSuppressShortcuts = true;
  let [key, track, step] = ["", null, 0];

  function show() {
    if (!track) return; // it is on its way; what is pressed meanwhile counts
    step = Math.min(step, last(track));
    draw(picture, moment(look, track, step));
  }
  function set() {
    const learns = method.value === "Q-learning";
    for (const [k, input] of inputs.entries()) {
      const value = look.sliders[input.name].options[input.value];
      input.nextElementSibling.value = value;
      input.setAttribute("aria-valuetext", value);
      input.parentElement.hidden = k > 1 && !learns;
    }
    const unit = learns ? "step" : "sweep";
    [`one ${unit}`, `ten ${unit}s`, "to the end", "back to the start"].forEach((name, k) => (buttons[k].textContent = name));
    const asked = (key = inputs.slice(0, learns ? 4 : 2).map((input) => input.nextElementSibling.value).join(" "));
    track = null;
    ask(asked, (answer) => { if (asked === key) { track = answer; show(); } });
  }
  buttons.forEach((button, k) => button.addEventListener("click", () => { step = [step + 1, step + 10, Infinity, 0][k]; show(); }));
  inputs.forEach((input) => input.addEventListener("input", set));
  method.addEventListener("change", () => { step = 0; set(); });
  set();
}
