// "Watch a DQN learn": a worker trains, by plain.js, and the view draws what it tells.

const SPEEDS = { "slow (0.2)": 0.2, "as CartPole (1)": 1, "fast (5)": 5, "as fast as it can": "full" };
const FIRST = "as CartPole (1)"; // a person can follow it; some 8 seconds until the pole stands
const HANDS_OFF = 1000; // milliseconds for which what a person has just set is not overwritten
const TAUS = [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1];

// Builds it in an element. `data` holds the worker's source and the stories, `create` is that of live_view.js.
export function play(place, { source, stories }, create) {
  const option = (name) => `<option ${name === FIRST ? "selected" : ""}>${name}</option>`;
  place.className = "play";
  place.innerHTML = `<div></div><p class="more"><label>speed
    <select>${Object.keys(SPEEDS).map(option).join("")}</select></label>
    <label>tau <input type="range" name="tau" min="0" max="${TAUS.length - 1}"><output></output></label>
    <label><input type="checkbox" name="target" checked> target network</label></p>`;
  const worker = new Worker(URL.createObjectURL(new Blob([source], { type: "text/javascript" })));
  const send = (message) => worker.postMessage(message);
  const view = create(place.firstElementChild, send, { stories });
  const [select, tau, target] = ["select", "[name=tau]", "[name=target]"].map((one) => place.querySelector(one));

  function showTau(value) {
    const near = TAUS.map((one) => Math.abs(one - value));
    tau.value = near.indexOf(Math.min(...near));
    tau.nextElementSibling.value = value;
    tau.setAttribute("aria-valuetext", value);
  }
  let touched = -Infinity;
  place.lastElementChild.addEventListener("input", () => { touched = performance.now(); });
  worker.onmessage = ({ data }) => {
    data.forEach(view.update);
    if (performance.now() < touched + HANDS_OFF) return;
    showTau(data[0].tau ?? TAUS[3]);
    target.checked = data[0].target ?? true;
  };
  worker.onerror = ({ message }) => view.update({ run: 0, state: "failed", words: message });
  const pace = () => send({ type: "speed", value: SPEEDS[select.value] });
  select.addEventListener("change", pace);
  tau.addEventListener("input", () => {
    showTau(TAUS[tau.value]);
    send({ type: "move", name: "tau", value: TAUS[tau.value] });
  });
  target.addEventListener("change", () => send({ type: "move", name: "target", value: target.checked ? null : 0 }));
  send({ type: "open", settings: {}, stories });
  pace();
  const isCalm = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
  if (!isCalm) send({ type: "tell", command: "start" });
}
