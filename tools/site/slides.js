// One slide at a time: arrows, space, Home and End; N shows the notes.
(function () {
  const slides = [...document.querySelectorAll(".slide")];
  let place = -1;

  function show(number) {
    const next = Math.min(slides.length - 1, Math.max(0, number));
    if (next === place) return;
    const first = place < 0;
    place = next;
    for (const [own, slide] of slides.entries()) slide.classList.toggle("now", own === place);
    scrollTo(0, 0);
    history.replaceState(null, "", `#${slides[place].id}`);
    // so that a screen reader reads on from here
    if (!first) slides[place].querySelector("h1, h2").focus({preventScroll: true});
  }

  function fromAddress() {
    show(slides.findIndex((slide) => `#${slide.id}` === location.hash));
  }

  const moves = {
    ArrowRight: () => show(place + 1), PageDown: () => show(place + 1), " ": () => show(place + 1),
    ArrowLeft: () => show(place - 1), PageUp: () => show(place - 1),
    Home: () => show(0), End: () => show(slides.length - 1),
    n: () => document.body.classList.toggle("told"),
  };
  addEventListener("keydown", (event) => {
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    if (event.ctrlKey || event.metaKey || event.altKey || !(key in moves)) return;
    if (key === " " && event.target.closest("button, a")) return; // it presses them
    moves[key]();
    event.preventDefault();
  });
  addEventListener("hashchange", fromAddress);

  const bar = document.createElement("nav");
  bar.className = "turn";
  bar.setAttribute("aria-label", "Slides");
  for (const [sign, words, key] of [["←", "Back", "ArrowLeft"], ["→", "Next", "ArrowRight"], ["N", "Notes", "n"]]) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = sign;
    button.setAttribute("aria-label", words);
    button.addEventListener("click", moves[key]);
    bar.append(button);
  }
  document.body.append(bar);
  document.body.classList.add("live");
  fromAddress();
})();
