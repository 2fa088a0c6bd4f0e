// Names the handles of sliders and makes the sentence of a lab one that is read out: ipywidgets has no way to.

function render({ el }) {
  let lab;
  function name() {
    for (const handle of lab.querySelectorAll("[role=slider]:not([aria-label])"))
      handle.setAttribute("aria-label", handle.closest(".widget-inline-hbox")?.querySelector(".widget-label")?.textContent ?? "");
    for (const words of lab.querySelectorAll(".live-words, .lab-result"))
      words.parentElement.setAttribute("role", "status"); // its content is replaced, it stays
  }
  const watch = new MutationObserver(name);
  let timer = setInterval(() => {
    lab = el.closest(".widget-vbox");
    if (!el.isConnected || !lab) return;
    clearInterval(timer);
    name();
    watch.observe(lab, { childList: true, subtree: true });
  }, 100);
  return () => { clearInterval(timer); watch.disconnect(); };
}

export default { render };
