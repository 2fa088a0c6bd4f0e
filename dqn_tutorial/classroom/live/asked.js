// What shows a lab in a notebook: the kernel answers. It stands behind the lab's own script, which has `play`.

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
