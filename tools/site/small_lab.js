// A small lab in a page without a kernel: its controls, and the answer to each setting, computed in advance.
// `lab` is a file of answers/, see small_labs.py; a grid is drawn by `draw` of grid_lab.js.

const [BLUE, GREEN, GREY] = ["#0072B2", "#009E73", "#767676"];
const [LEFT, TOP, WIDTH, HEIGHT] = [66, 28, 306, 200]; // of the field of a panel, in a picture of 400 x 276

// Returns places for 3 to 6 ticks; on a logarithmic axis these are powers of ten.
function ticks(low, high, isLog) {
  if (isLog) {
    const powers = [];
    for (let k = Math.ceil(Math.log10(low)); k <= Math.log10(high); k++) powers.push(k);
    const step = Math.ceil(powers.length / 7);
    return powers.filter((k) => k % step === 0).map((k) => 10 ** k);
  }
  const size = 10 ** Math.floor(Math.log10((high - low) / 2.5));
  const step = [5, 2, 1].map((k) => k * size).find((own) => (high - low) / own >= 2.5);
  const places = [];
  for (let k = Math.ceil(low / step); k <= high / step; k++) places.push(k * step);
  return places;
}

const plain = (value) => Number(value.toPrecision(6)).toLocaleString("en").replace("-", "\u2212");
const power = (value) =>
  `10<tspan dy="-5" font-size="11">${Math.round(Math.log10(value))}</tspan>`.replace(">-", ">\u2212");

// Returns a panel: the mean with its interval, and the mean before the move.
function panelSvg(panel, data, curves, before) {
  const [low, high] = panel.ylim;
  const end = data.x.at(-1);
  const scaled = panel.is_log ? Math.log : (y) => y;
  const across = (x) => (WIDTH * x) / end;
  const down = (y) => (HEIGHT * (scaled(high) - scaled(y))) / (scaled(high) - scaled(low));
  const points = (curve) => curve.map((y, k) => `${across(data.x[k]).toFixed(1)},${down(y).toFixed(1)}`);
  const line = (curve, stroke, dashes, name) => `<polyline class="${name}" points="${points(curve).join(" ")}"
    fill="none" stroke="${stroke}" stroke-width="2" stroke-dasharray="${dashes}"/>`;
  const [mean, from, to] = curves;
  const band = [...points(from), ...points(to).reverse()].join(" ");
  const text = (x, y, anchor, words) => `<text x="${x}" y="${y}" text-anchor="${anchor}">${words}</text>`;
  const xTicks = ticks(0, end, false).map((x) =>
    text(LEFT + across(x), TOP + HEIGHT + 18, "middle", plain(x)));
  const yTicks = ticks(low, high, panel.is_log).map((y) =>
    `<path d="M${LEFT} ${TOP + down(y)}h${WIDTH}" stroke="#ddd"/>` +
    text(LEFT - 6, TOP + down(y) + 5, "end", (panel.is_log ? power : plain)(y)));
  const truth = panel.truth === null ? "" : line(data.x.map(() => panel.truth), GREEN, "2 3", "truth");
  return `<svg viewBox="0 0 400 276">${xTicks.join("")}${yTicks.join("")}
    ${text(LEFT, 16, "start", panel.title)}${text(LEFT + WIDTH / 2, TOP + HEIGHT + 40, "middle", data.xlabel)}
    <g transform="translate(15 ${TOP + HEIGHT / 2}) rotate(-90)">${text(0, 0, "middle", panel.ylabel)}</g>
    <svg x="${LEFT}" y="${TOP}" width="${WIDTH}" height="${HEIGHT}">
      ${before ? line(before[0], GREY, "7 4", "before") : ""}
      <polygon points="${band}" fill="${BLUE}" fill-opacity="0.3"/>${line(mean, BLUE, "", "mean")}${truth}
    </svg><path d="M${LEFT} ${TOP}v${HEIGHT}h${WIDTH}" fill="none" stroke="#222"/></svg>`;
}

// Draws the answer to a setting, and says it in words.
function drawBands(element, data, before) {
  if (!element.querySelector(".words"))
    element.innerHTML =
      `<div class="panels" role="img"></div><p class="legend"></p><p class="words" role="status"></p>`;
  const panels = data.panels.map((panel, i) => panelSvg(panel, data, data.curves[i], before?.curves[i]));
  const [{ truth_label: truth }] = data.panels;
  const legend = [[`mean of ${data.seeds} seeds`, BLUE, 2, ""], ["its 99 % interval", `${BLUE}4d`, 10, ""],
    [before && "before the move", GREY, 2, "7 4"], [truth, GREEN, 2, "2 3"]];
  const samples = legend.filter(([name]) => name).map(([name, stroke, width, dashes]) =>
    `<span><svg width="30" height="12" aria-hidden="true"><path d="M0 6h30" stroke="${stroke}"
      stroke-width="${width}" stroke-dasharray="${dashes}"/></svg> ${name}</span>`);
  element.querySelector(".panels").setAttribute("aria-label", data.alt);
  element.querySelector(".panels").innerHTML = panels.join("");
  element.querySelector(".legend").innerHTML = samples.join("");
  element.querySelector(".words").textContent = data.words;
}

// Draws a grid of values with one framed cell.
function framed(drawGrid) {
  return (element, data) => {
    element.classList.add("grid-lab");
    drawGrid(element, { ...data, step: 0 });
    element.querySelectorAll("td")[data.framed].classList.add("framed");
  };
}

export function play(element, lab, drawGrid) {
  const controls = lab.controls.map(({ label, hint, options, start, is_list: isList }) => {
    const items = options.map((name, k) => `<option${k === start ? " selected" : ""}>${name}</option>`);
    const slider = `<input type="range" min="0" max="${options.length - 1}" value="${start}">`;
    const input = isList ? `<select>${items.join("")}</select>` : `${slider}<span class="value"></span>`;
    return `<label title="${hint}">${label} ${input}</label>`;
  });
  element.querySelector("img")?.remove(); // the picture that the notebook stored
  element.insertAdjacentHTML("beforeend", `<div class="small-lab">
    <div class="controls">${controls.join("")}</div><div class="picture"></div></div>`);
  const inputs = [...element.querySelectorAll("input, select")];
  const picture = element.querySelector(".picture");
  const draw = "layout" in lab.shared ? framed(drawGrid) : drawBands;
  let [shown, before] = [null, null];

  function show() {
    let number = 0; // of the setting: the last control's value changes fastest
    for (const [k, input] of inputs.entries()) {
      const { options, is_list: isList } = lab.controls[k];
      const chosen = isList ? input.selectedIndex : Number(input.value);
      if (!isList) {
        input.setAttribute("aria-valuetext", options[chosen]);
        input.nextElementSibling.textContent = options[chosen];
      }
      number = number * options.length + chosen;
    }
    shown = lab.answers[number];
    draw(picture, { alt: lab.alt, ...lab.shared, ...shown }, before);
  }
  const rest = () => (before = shown); // a control was let go: the next move is compared with this
  for (const input of inputs) {
    input.addEventListener("input", show);
    input.addEventListener("change", rest);
  }
  show();
  rest();
}
