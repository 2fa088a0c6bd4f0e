// Shows a picture that changes: a whole one, and over it the parts that have changed since; below it the agent.

const decode = (png) => createImageBitmap(new Blob([png], { type: "image/png" }));

function render({ model, el }) {
  const live = document.createElement("div");
  const canvas = document.createElement("canvas");
  const agent = document.createElement("div");
  live.className = "live-canvas";
  live.hidden = true;
  canvas.setAttribute("role", "img");
  live.append(canvas, agent);
  el.append(live);
  let whole, base, drawn;

  async function draw() {
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
    live.hidden = false;
  }

  let queue = Promise.resolve();
  const next = () => (queue = queue.then(draw).catch(console.error));
  model.on("change:frame", next);
  next();
  return () => model.off("change:frame", next);
}

export default { render };
