// Shows a picture that changes: a whole one, and over it the parts that have changed since; below it the agent.

const decode = (png) => createImageBitmap(new Blob([png], { type: "image/png" }));

// Hides the picture that a page stored before it was opened again: the kernel no longer reaches it.
function hideStored(el) {
  let cell = el;
  while (cell && !cell.querySelector("img[alt^='Live lab:']")) cell = cell.parentElement;
  for (const image of cell?.querySelectorAll("img[alt^='Live lab:'], img[alt^='The agent in its']") ?? [])
    image.style.display = "none";
}

function render({ model, el }) {
  const live = document.createElement("div");
  const canvas = document.createElement("canvas");
  const agent = document.createElement("div");
  live.className = "live-canvas";
  canvas.setAttribute("role", "img");
  live.append(canvas, agent);
  el.append(live);
  let whole, base, drawn;

  async function draw() {
    if (model.get("is_alone")) hideStored(el);
    const [png, frame] = [model.get("whole"), model.get("frame")];
    if (!frame.number || frame === drawn) return; // there is none yet, or it came while an older one was drawn
    drawn = frame;
    const parts = await Promise.all(frame.patches.map(([x, y, patch]) => decode(patch)));
    if (png !== whole) {
      [base, whole] = [await decode(png), png];
      [canvas.width, canvas.height] = [base.width, base.height];
    }
    const context = canvas.getContext("2d");
    context.drawImage(base, 0, 0);
    frame.patches.forEach(([x, y], k) => context.drawImage(parts[k], x, y));
    canvas.setAttribute("aria-label", frame.about);
    agent.innerHTML = frame.agent;
  }

  let queue = Promise.resolve();
  const next = () => (queue = queue.then(draw).catch(console.error));
  model.on("change:frame change:is_alone", next);
  next();
  model.set("n_views", model.get("n_views") + 1);
  model.save_changes();
  return () => model.off("change:frame change:is_alone", next);
}

export default { render };
