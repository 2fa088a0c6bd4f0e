// "Watch a DQN learn": a worker trains, by plain.js, and the view draws what it tells.

const SPEEDS = { "slow (0.2)": 0.2, "as CartPole (1)": 1, "fast (5)": 5, "as fast as it can": "full" };
const FIRST = "fast (5)";

// Builds it in an element. `data` holds the worker's source and the stories, `create` is that of live_view.js.
export function play(place, { source, stories }, create) {
  const option = (name) => `<option ${name === FIRST ? "selected" : ""}>${name}</option>`;
  place.innerHTML = `<p><label>Speed <select>${Object.keys(SPEEDS).map(option).join("")}</select></label></p>`;
  const worker = new Worker(URL.createObjectURL(new Blob([source], { type: "text/javascript" })));
  const send = (message) => worker.postMessage(message);
  const view = create(place, send, { stories });
  worker.onmessage = ({ data }) => data.forEach(view.update);
  worker.onerror = ({ message }) => view.update({ run: 0, state: "failed", words: message });
  const select = place.querySelector("select");
  const pace = () => send({ type: "speed", value: SPEEDS[select.value] });
  select.addEventListener("change", pace);
  send({ type: "open", settings: {}, stories });
  pace();
}
