// The picture of a run while it learns: in a notebook (`render`), and in a page without a kernel (`create`).
// It draws the frames that it gets and sends what is pressed. Who trains, it does not know.

const [BLUE, ORANGE, GREEN, PURPLE, RED, GREY, BLACK] =
  ["#0072B2", "#E69F00", "#009E73", "#CC79A7", "#D55E00", "#999999", "#222222"];
const WINDOW = 2000; // environment steps over which the behaviour return is averaged
const FIRST_SPAN = 10000; // steps on the axis; doubled when it is full
const MOST_POINTS = 2000; // of a curve; from there on every second one is dropped
const WORDS_EVERY = 5000; // milliseconds between two sentences, which may be read out
const HANDS_OFF = 1000; // milliseconds after which a slider that was moved follows the run again
// the axes of returns and Q-values; they grow where a value does not fit
const SCALES = {
  "CartPole-v1": { returns: [0, 500], q: [-20, 200] },
  "Acrobot-v1": { returns: [-500, 0], q: [-100, 10] },
  "MountainCar-v0": { returns: [-200, 0], q: [-100, 10] },
  "dqn_tutorial/SlipperyGrid-v0": { returns: [-1, 1], q: [-1, 1] },
};
const DECADES = [-4, 3]; // of the errors
// from dark to light, red, green and blue
const CIVIDIS = [[0, 34, 78], [58, 72, 108], [123, 123, 120], [186, 174, 108], [254, 232, 56]];
const [ANGLE, VELOCITY] = [0.21, 2.5]; // ends of the map: rad, rad/s
const spoken = (name) => name.replace("_", " ");
function moved(name, value) {
  if (name === "target") return value === 0 ? "no target network" : "target network";
  return `${spoken(name)} ${value === null ? "free" : short(value)}`;
}
const upTo = (n) => Array.from({ length: n + 1 }, (_, k) => k / n);
const decade = (power) => [1, 1.5, 2, 3, 5, 7].map((digit) => Number(`${digit}e${power}`));
const RATES = [...[-5, -4, -3, -2].flatMap(decade), 0.1];
const SLIDERS = { epsilon: upTo(100), learning_rate: RATES, gamma: upTo(1000) };
const BUTTONS = { start: "Start", pause: "Pause", step: "Step", reset: "Reset" };
const key = (colour, sign) => `<i style="color: ${colour}">${sign}</i>`;
const PANELS = {
  agent: "",
  returns: `Return: ${key(GREY, "●")} episode ${key(BLUE, "━")} mean of 2,000 steps
    ${key(ORANGE, "╍●")} greedy ${key(GREEN, "┈")} solved`,
  map: "Greedy action ◂ ▸ and V <span></span>",
  errors: `${key(BLUE, "━")} loss ${key(ORANGE, "╍")} mean |TD error|, units of reward`,
  q: `Q: ${key(BLUE, "■")} greedy ${key(PURPLE, "▨")} random`,
};
const panel = ([name, words]) => `<figure class="${name}"><figcaption>${words}</figcaption>
  <div><canvas role="img" aria-label="${name}"></canvas></div></figure>`;
const button = ([name, words]) => `<button type="button" data-tell="${name}">${words}</button>`;
const slider = ([name, values]) => `<label>${spoken(name)} <input type="range" name="${name}"
  aria-label="${spoken(name)}" min="0" max="${values.length - 1}"><output></output></label>`;
const MARKUP = `<div class="bar own">${Object.entries(BUTTONS).map(button).join("")}
  <span class="stories"></span>
  <label><input type="checkbox" name="beside"> two runs side by side</label></div>
  <div class="bar"><span class="own">${Object.entries(SLIDERS).map(slider).join("")}
  <button type="button" class="follow">epsilon: schedule</button></span>
  <button type="button" class="present" aria-keyshortcuts="p">Presentation (P)</button></div>
  <p class="own look" role="status"></p><p class="own words" role="status"></p>
  <div class="runs">${[1, 2].map((number) => `<section class="run" aria-label="run ${number}"><h3></h3>
    ${Object.entries(PANELS).map(panel).join("")}</section>`).join("")}</div>`;

const short = (value) => String(Number(Number(value).toPrecision(3)));
const whole = (value) => Math.round(value).toLocaleString("en");

// An empty picture of one run.
const blank = () => ({ episodes: [], means: [], evaluations: [], errors: [], moves: [], now: {}, map: null,
  recent: [], sum: 0, span: FIRST_SPAN, returns: [-1, 1], q: [-1, 1], decades: [...DECADES] });

// Drops every second point of a curve that has too many.
const thin = (points) => (points.length > MOST_POINTS ? points.filter((_, k) => k % 2 === 0) : points);

// Lets an axis reach a value, and beyond, so that it grows seldom.
function reach(axis, value) {
  if (!Number.isFinite(value)) return;
  if (value < axis[0]) axis[0] = Math.min(2 * value, 0);
  if (value > axis[1]) axis[1] = 2 * value;
}

// Takes a frame into a run; returns the panels that must be drawn anew.
export function take(run, frame) {
  const changed = new Set(["agent", "q"]);
  const { episodes, evaluations, errors, moves, map, reset, ...now } = frame;
  const scales = SCALES[frame.env];
  if (reset) Object.assign(run, blank());
  if (scales && frame.env !== run.now.env) [run.returns, run.q] = [[...scales.returns], [...scales.q]];
  Object.assign(run.now, now);
  for (const [step, value] of episodes ?? []) {
    run.recent.push([step, value]);
    run.sum += value;
    while (run.recent[0][0] <= step - WINDOW) run.sum -= run.recent.shift()[1];
    if (run.means.at(-1)?.[0] === step) run.means.pop(); // of those that end together the last knows all
    run.means.push([step, run.sum / run.recent.length]);
    run.episodes.push([step, value]);
    reach(run.returns, value);
  }
  for (const point of evaluations ?? []) reach(run.returns, point[1]);
  for (const value of frame.q_values ?? []) reach(run.q, value);
  for (const values of errors ?? [])
    for (const value of values.slice(1).filter((value) => value > 0 && value < Infinity)) {
      run.decades[0] = Math.min(run.decades[0], Math.floor(Math.log10(value)));
      run.decades[1] = Math.max(run.decades[1], Math.ceil(Math.log10(value)));
    }
  run.evaluations.push(...(evaluations ?? []));
  run.errors.push(...(errors ?? []));
  run.moves.push(...(moves ?? []));
  for (const name of ["episodes", "means", "errors"]) run[name] = thin(run[name]);
  const full = (frame.step ?? 0) > run.span;
  while (run.now.step > run.span) run.span *= 2;
  if (episodes?.length || evaluations?.length || moves?.length || full || reset) changed.add("returns");
  if (errors?.length || moves?.length || full || reset) changed.add("errors");
  if (map || reset) changed.add("map");
  run.map = map ?? run.map;
  return changed;
}

// Gives a canvas as many pixels as the screen has there, and clears it; nothing where it is not to be seen.
function brush(canvas) {
  const [width, height, ratio] = [canvas.clientWidth, canvas.clientHeight, window.devicePixelRatio];
  if (!width || !height) return null;
  const style = getComputedStyle(canvas);
  const size = parseFloat(style.fontSize);
  const pixels = [Math.round(width * ratio), Math.round(height * ratio)];
  if (canvas.width !== pixels[0] || canvas.height !== pixels[1]) [canvas.width, canvas.height] = pixels;
  const c = canvas.getContext("2d");
  c.setTransform(ratio, 0, 0, ratio, 0, 0);
  c.clearRect(0, 0, width, height);
  c.font = `${size}px ${style.fontFamily}`;
  c.fillStyle = c.strokeStyle = style.color;
  return { c, width, height, size, ink: style.color };
}

function stroke(c, points, colour, width = 2, dash = []) {
  c.strokeStyle = colour;
  c.lineWidth = width;
  c.setLineDash(dash);
  c.beginPath();
  let down = false; // a value that is no number leaves a gap
  for (const [x, y] of points) {
    if (Number.isFinite(y)) c[down ? "lineTo" : "moveTo"](x, y);
    down = Number.isFinite(y);
  }
  c.stroke();
  c.setLineDash([]);
}

function dots(c, points, colour, radius) {
  c.fillStyle = colour;
  for (const [x, y] of points) {
    c.beginPath();
    c.arc(x, y, radius, 0, 2 * Math.PI);
    c.fill();
  }
}

const polygon = (points) => new Path2D(`M${points.map((point) => point.join(" ")).join("L")}Z`);

// The round numbers between two that have room, at least two of them.
function ticks(low, high, room) {
  const least = (high - low) / Math.max(2, Math.floor(room));
  const power = 10 ** Math.floor(Math.log10(least));
  const every = [1, 2, 5, 10].map((factor) => factor * power).find((step) => step >= 0.999 * least);
  const first = Math.ceil(low / every);
  return Array.from({ length: Math.floor(high / every) - first + 1 }, (_, k) => (first + k) * every);
}

// Draws the axes of a curve over steps, with room for words above; returns where a step and a value stand.
function axes(p, run, [low, high], rows, name) {
  const { c, width, height, size, ink } = p;
  const [left, right] = [3.6 * size, width - 0.6 * size];
  const [top, bottom] = [(0.6 + 1.2 * rows) * size, height - 1.5 * size];
  const x = (step) => left + (right - left) * (step / run.span);
  const y = (value) => bottom - (bottom - top) * ((value - low) / (high - low));
  c.textBaseline = "middle";
  c.textAlign = "right";
  for (const value of ticks(low, high, (bottom - top) / (1.6 * size))) {
    c.fillText(name(value), left - 0.4 * size, y(value));
    c.globalAlpha = 0.2;
    stroke(c, [[left, y(value)], [right, y(value)]], ink, 1);
    c.globalAlpha = 1;
  }
  c.textBaseline = "bottom";
  for (const [share, align] of [[0, "left"], [0.5, "center"], [1, "right"]]) {
    if (share === 0.5 && right - left < 18 * size) continue; // no room between the ends
    c.textAlign = align;
    c.fillText(whole(share * run.span) + (share === 1 ? " steps" : ""), x(share * run.span), height);
  }
  stroke(c, [[left, top], [left, bottom], [right, bottom]], ink, 1);
  return { ...p, x, y, left, top, right, bottom };
}

// Marks the moves, of a slider that was dragged the last, and names them where there are rows with room.
function mark({ c, x, top, right, bottom, size, ink }, moves, rows) {
  const shown = moves.filter(([step, name], k) =>
    !moves.slice(k + 1, k + 20).some((later) => later[1] === name && x(later[0]) - x(step) < size));
  const ends = Array(rows).fill(0);
  c.fillStyle = ink;
  c.textBaseline = "bottom";
  c.textAlign = "left";
  for (const [step, name, value] of shown) {
    const row = ends.indexOf(Math.min(...ends));
    const words = moved(name, value);
    const [start, length] = [Math.max(x(step), ends[row]), c.measureText(words).width];
    const place = Math.min(start, right - length);
    stroke(c, [[x(step), top], [x(step), bottom]], ink, 1.5, [2, 3]);
    if (!rows || place < ends[row]) continue;
    c.fillText(words, place, top - (0.2 + 1.2 * row) * size);
    ends[row] = place + length + 0.6 * size;
  }
  return shown.length;
}

const DRAW = {
  returns(canvas, run) {
    const p = brush(canvas);
    if (!p) return;
    const q = axes(p, run, run.returns, 2, short);
    const place = (points) => points.map(([step, value]) => [q.x(step), q.y(value)]);
    q.c.globalAlpha = 0.5;
    dots(q.c, place(run.episodes), GREY, 1.5);
    q.c.globalAlpha = 1;
    const solved = run.now.solved_at;
    if (Number.isFinite(solved))
      stroke(q.c, [[q.left, q.y(solved)], [q.right, q.y(solved)]], GREEN, 2, [2, 4]);
    stroke(q.c, place(run.means), BLUE, 2.5);
    stroke(q.c, place(run.evaluations), ORANGE, 2.5, [6, 4]);
    dots(q.c, place(run.evaluations), ORANGE, 4);
    canvas.dataset.marks = mark(q, run.moves, 2);
  },

  errors(canvas, run) {
    const p = brush(canvas);
    if (!p) return;
    const name = (power) => (power % 1 ? "" : power < -2 ? `1e${power}` : short(10 ** power));
    const q = axes(p, run, run.decades, 0, name);
    for (const [k, colour, dash] of [[1, BLUE, []], [2, ORANGE, [5, 3]]])
      stroke(q.c, run.errors.map((row) => [q.x(row[0]), q.y(Math.log10(row[k] ?? NaN))]), colour, 1.5, dash);
    mark(q, run.moves, 0);
  },

  q(canvas, run) {
    const p = brush(canvas);
    const { actions, q_values: values, action, explored } = run.now;
    if (!p || !actions) return;
    const { c, width, height, size, ink } = p;
    const left = Math.max(...actions.map((name) => c.measureText(name).width)) + 0.6 * size;
    const right = width - 3.2 * size;
    const x = (value) => left + (right - left) * ((value - run.q[0]) / (run.q[1] - run.q[0]));
    const row = (height - 1.4 * size) / actions.length;
    actions.forEach((name, k) => {
      const middle = row * (k + 0.5), value = values?.[k];
      c.fillStyle = ink;
      c.textBaseline = "middle";
      c.textAlign = "right";
      c.fillText(name, left - 0.4 * size, middle);
      if (!Number.isFinite(value)) return;
      const [from, to] = [Math.min(x(0), x(value)), Math.max(x(0), x(value))];
      const bar = new Path2D();
      bar.rect(from, middle - 0.32 * row, to - from, 0.64 * row);
      c.fillStyle = k !== action ? "#bbbbbb" : explored ? PURPLE : BLUE;
      c.fill(bar);
      if (k === action && explored) {
        c.save();
        c.clip(bar);
        for (let at = from - row; at < to; at += 8)
          stroke(c, [[at, middle + row / 2], [at + row, middle - row / 2]], BLACK, 1.5);
        c.restore();
      }
      c.fillStyle = ink;
      c.textAlign = "left";
      c.fillText(short(value), to + 0.3 * size, middle);
    });
    stroke(c, [[x(0), 0], [x(0), height - 1.4 * size]], ink, 1);
    c.textBaseline = "bottom";
    c.textAlign = "center";
    c.fillStyle = ink;
    for (const value of [0, run.q[1]]) {
      c.fillText(short(value), x(value), height);
    }
  },

  map(canvas, run) {
    const p = brush(canvas);
    if (!p || !run.map) return;
    const { c, width, height, size, ink } = p;
    const [left, bottom] = [1.6 * size, height - 1.5 * size];
    const { n, value, right } = run.map;
    const [w, h] = [(width - left) / n, bottom / n];
    for (let k = 0; k < n * n; k++) {
      c.fillStyle = blend(value[k] / run.q[1]);
      c.fillRect(left + (k % n) * w, bottom - (Math.floor(k / n) + 1) * h, w + 0.5, h + 0.5);
    }
    c.lineWidth = 1;
    for (let row = 2; row < n; row += 4)
      for (let column = 2; column < n; column += 4) {
        const [x, y] = [left + (column + 0.5) * w, bottom - (row + 0.5) * h];
        const side = right[row * n + column] ? 5 : -5;
        const head = polygon([[x + side, y], [x - side, y - 5], [x - side, y + 5]]);
        c.fillStyle = "white";
        c.strokeStyle = BLACK;
        c.fill(head);
        c.stroke(head);
      }
    c.fillStyle = ink;
    c.textBaseline = "bottom";
    c.textAlign = "center";
    c.fillText(`angle, \u00b1${ANGLE} rad`, (left + width) / 2, height);
    c.save();
    c.translate(1.1 * size, bottom / 2);
    c.rotate(-Math.PI / 2);
    c.fillText(`\u00b1${VELOCITY} rad/s`, 0, 0);
    c.restore();
    const [lowest, highest] = [Math.min(...value), Math.max(...value)];
    canvas.closest("figure").querySelector("figcaption span").textContent =
      `${short(lowest)} to ${short(highest)} (dark 0, light ${short(run.q[1])})`;
  },

  agent(canvas, run) {
    const { observation, greedy_observation: greedy, action, svg } = run.now;
    const place = canvas.parentElement;
    canvas.hidden = Boolean(svg);
    if (svg) {
      if (!place.querySelector("span")) place.append(document.createElement("span"));
      place.querySelector("span").innerHTML = svg;
      return;
    }
    place.querySelector("span")?.remove();
    const p = brush(canvas);
    if (!p || run.now.env && run.now.env !== "CartPole-v1") return;
    const carts = greedy ? [["trains", observation], ["greedy", greedy]] : [["", observation]];
    carts.forEach(([name, state], k) => {
      const [width, left] = [p.width / carts.length, (k * p.width) / carts.length];
      cart(p, left, width, state ?? [0, 0, 0, 0], k || !state ? undefined : action);
      p.c.fillStyle = p.ink;
      p.c.textAlign = "center";
      p.c.textBaseline = "top";
      p.c.fillText(name, left + width / 2, 0);
    });
  },
};

// The colour of a share, 0 dark to 1 light.
function blend(share) {
  const at = Math.min(Math.max(share, 0), 0.9999) * (CIVIDIS.length - 1);
  const [low, high] = [Math.floor(at), Math.floor(at) + 1].map((k) => CIVIDIS[k]);
  return `rgb(${low.map((part, i) => Math.round(part + (at % 1) * (high[i] - part)))})`;
}

// The cart on its track, which ends 2.4 units from the middle, and the push that it gets.
function cart({ c, height, ink }, left, width, [position, , angle], action) {
  const unit = Math.min(width / 5.4, height / 1.9);
  const [middle, floor] = [left + width / 2, height - 0.24 * unit];
  const x = middle + unit * position;
  stroke(c, [[middle - 2.6 * unit, floor], [middle + 2.6 * unit, floor]], GREY, 2);
  const tall = 0.12 * unit;
  for (const end of [middle - 2.4 * unit, middle + 2.4 * unit])
    stroke(c, [[end, floor - tall], [end, floor + tall]], RED, 4);
  c.fillStyle = BLUE;
  c.fillRect(x - 0.4 * unit, floor - 0.18 * unit, 0.8 * unit, 0.36 * unit);
  if (action === 0 || action === 1) {
    const side = action ? unit : -unit;
    c.fillStyle = ink;
    const [tail, tip] = [x + 0.48 * side, x + 0.68 * side];
    c.fill(polygon([[tail, floor - tall], [tip, floor], [tail, floor + tall]]));
  }
  c.lineCap = "round";
  const [dx, dy] = [1.3 * unit * Math.sin(angle), -1.3 * unit * Math.cos(angle)];
  stroke(c, [[x, floor - 0.1 * unit], [x + dx, floor - 0.1 * unit + dy]], ORANGE, 0.1 * unit);
  c.lineCap = "butt";
  dots(c, [[x, floor - 0.1 * unit]], BLACK, 0.05 * unit);
}

// Says where the first run stands, and what each returns.
function sentence(runs) {
  const { state = "idle", step = 0, updates = 0, epsilon } = runs[0].now;
  if (!step && state === "idle") return "Press Start.";
  const is = state[0].toUpperCase() + state.slice(1);
  const at = Number.isFinite(epsilon) ? `, epsilon ${epsilon.toFixed(2)}` : "";
  const sides = runs[1] ? ["Left: m", "Right: m"] : ["M"];
  const told = runs.map((run, k) => {
    const last = (points) => (points.length ? whole(points.at(-1)[1]) : "none yet");
    return `${sides[k]}ean return of 2,000 steps ${last(run.means)}, greedy ${last(run.evaluations)}.`;
  });
  return `${is} at step ${whole(step)}, ${whole(updates)} updates${at}. ${told.join(" ")}`;
}

// Builds the view in an element. `send` gets what is pressed. Options: `stories`, as in stories.json, and
// `controls`, false where only a presentation shows buttons and sliders.
export function create(element, send, { stories = [], controls = true } = {}) {
  const root = document.createElement("div");
  const dialog = document.createElement("dialog");
  root.className = "live-view";
  root.tabIndex = -1;
  root.dataset.frames = 0;
  root.classList.toggle("bare", !controls);
  root.innerHTML = MARKUP;
  dialog.className = "live-dialog";
  dialog.setAttribute("aria-label", "Presentation");
  element.append(root, dialog);
  const find = (selector) => root.querySelector(selector);
  const runs = [blank(), blank()];
  const sections = [...root.querySelectorAll(".run")];
  sections[1].hidden = true;
  const waiting = [new Set(), new Set()]; // the panels to be drawn
  const calm = window.matchMedia("(prefers-reduced-motion: reduce)");
  let [story, frame, nextWords, saidOf, nextMotion, touched] = [null, 0, 0, "", 0, -Infinity];

  function draw() {
    frame = 0;
    const now = performance.now();
    const still = calm.matches && now < nextMotion;
    if (!still) nextMotion = now + 1000;
    runs.forEach((run, k) => {
      for (const name of waiting[k]) {
        if (still && name === "agent") continue;
        DRAW[name](sections[k].querySelector(`.${name} canvas`), run);
        waiting[k].delete(name);
      }
    });
    root.dataset.frames = Number(root.dataset.frames) + 1;
  }
  const later = () => { frame ||= requestAnimationFrame(draw); };
  function all() {
    waiting.forEach((panels) => Object.keys(PANELS).forEach((name) => panels.add(name)));
    later();
  }

  // Labels the two runs; a single one needs none.
  function label() {
    const two = !sections[1].hidden;
    root.classList.toggle("two", two);
    find(".stories").hidden = runs[0].now.env !== "CartPole-v1"; // of which they tell
    sections.forEach((section, k) => {
      const name = runs[k].now.story ?? (k ? story : null);
      section.firstElementChild.hidden = !two;
      section.firstElementChild.textContent = stories.find((one) => one.name === name)?.label ?? "as it is";
    });
  }

  function say(words) {
    const now = performance.now(), { state } = runs[0].now;
    if (now < nextWords && state === saidOf && !words) return;
    [nextWords, saidOf] = [now + WORDS_EVERY, state];
    const seen = runs.filter((_, k) => !sections[k].hidden);
    find(".words").textContent = words || sentence(seen);
    for (const canvas of root.querySelectorAll("canvas"))
      canvas.setAttribute("aria-label", `${canvas.closest("figure").className}. ${sentence(seen)}`);
  }

  function show(name, value) {
    const input = find(`[name=${name}]`);
    const near = SLIDERS[name].map((one) => Math.abs(one - value));
    input.value = near.indexOf(Math.min(...near));
    input.nextElementSibling.value = short(value);
    input.setAttribute("aria-valuetext", short(value));
  }

  function update(news) {
    const k = news.run;
    const was = sections[1].hidden;
    for (const panel of take(runs[k], news)) waiting[k].add(panel);
    if (k || news.reset) sections[1].hidden = !k; // a fresh first run stands alone until the second begins
    if (was !== sections[1].hidden || news.reset || "story" in news) label();
    if (was !== sections[1].hidden) all();
    const { env, step = 0, state = "idle" } = runs[k].now;
    sections[k].classList.toggle("has-map", env === "CartPole-v1");
    const { story: told } = runs[k].now;
    Object.assign(sections[k].dataset, { step, state, story: told ?? "", moves: runs[k].moves.length });
    sections[k].dataset.behaviour = runs[k].means.at(-1)?.[1] ?? 0;
    sections[k].dataset.greedy = runs[k].evaluations.at(-1)?.[1] ?? 0;
    if (!k && performance.now() > touched + HANDS_OFF)
      for (const name of Object.keys(SLIDERS)) if (Number.isFinite(news[name])) show(name, news[name]);
    say(news.words);
    later();
  }

  function present(on) {
    if (on === dialog.open) return;
    if (!on) { dialog.close(); return; }
    element.style.minHeight = `${element.offsetHeight}px`; // so that the page below keeps its place
    dialog.append(root);
    dialog.showModal();
    root.focus();
    find(".present").textContent = "Leave (Esc)";
    root.classList.remove("bare");
    all();
  }
  dialog.addEventListener("close", () => {
    element.prepend(root);
    element.style.minHeight = "";
    find(".present").textContent = "Presentation (P)";
    root.classList.toggle("bare", !controls);
    find(".present").focus();
    all();
  });

  find(".present").addEventListener("click", () => present(!dialog.open));
  root.addEventListener("keydown", (event) => {
    const isPlain = !event.ctrlKey && !event.metaKey && !event.altKey;
    if (isPlain && event.key.toLowerCase() === "p") present(!dialog.open);
  });
  for (const button of root.querySelectorAll("[data-tell]"))
    button.addEventListener("click", () => {
      if (button.dataset.tell === "reset") [story, find(".look").textContent] = [null, ""];
      send({ type: "tell", command: button.dataset.tell });
    });
  for (const one of stories) {
    const button = document.createElement("button");
    [button.type, button.textContent] = ["button", one.label];
    button.addEventListener("click", () => {
      story = one.name;
      find(".look").textContent = one.look;
      send({ type: "story", name: one.name });
      label();
    });
    find(".stories").append(button);
  }
  const beside = find("[name=beside]");
  beside.addEventListener("change", () => send({ type: "beside", on: beside.checked }));
  for (const [name, values] of Object.entries(SLIDERS))
    find(`[name=${name}]`).addEventListener("input", (event) => {
      touched = performance.now();
      const value = values[event.target.value];
      show(name, value);
      send({ type: "move", name, value });
    });
  find(".follow").addEventListener("click", () => send({ type: "move", name: "epsilon", value: null }));

  // their keys are theirs, and not those of JupyterLab
  for (const control of [root, ...root.querySelectorAll("button, input")])
    control.dataset.lmSuppressShortcuts = true;
  const size = new ResizeObserver(all);
  const theme = new MutationObserver(all);
  size.observe(root);
  for (const place of [document.documentElement, document.body]) theme.observe(place, { attributes: true });
  for (const name of Object.keys(SLIDERS)) show(name, SLIDERS[name][0]);
  label();
  all();
  return {
    update,
    close() {
      cancelAnimationFrame(frame);
      size.disconnect();
      theme.disconnect();
      dialog.remove();
      root.remove();
    },
  };
}

function render({ model, el }) {
  const place = el.appendChild(document.createElement("div"));
  const view = create(place, (message) => model.send(message), model.get("options"));
  const hear = (frame) => view.update(frame);
  model.on("msg:custom", hear);
  model.send({ type: "hello" }); // who opens a page late gets everything once
  return () => { model.off("msg:custom", hear); view.close(); };
}

export default { render };
