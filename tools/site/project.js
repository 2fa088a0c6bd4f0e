// One question at a time: read, vote, talk, vote again, answer. Without this script the
// page lists all questions.
(function () {
  const PHASES = ["Read", "First vote", "Talk", "Second vote", "Answer"];
  const WORDS = [
    "Read alone. Do not speak yet.",
    "Show a letter. Tap a choice, or press its letter, for each hand.",
    "Two minutes: find somebody with another letter, and convince them.",
    "Show a letter once more. You may have changed your mind.",
    "",
  ];
  const questions = [...document.querySelectorAll(".question")];
  const votes = new Map(); // of a question: two counts for each letter
  let place = 0, phase = 0;

  function make(tag, attributes, text) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    if (text) element.textContent = text;
    return element;
  }

  const header = document.querySelector("header");
  const chooser = make("select", {"aria-label": "Question"});
  for (const [number, question] of questions.entries())
    chooser.append(make("option", {value: number}, question.querySelector("h2").textContent));
  const back = make("button", {type: "button", "aria-label": "Back"}, "←");
  const next = make("button", {type: "button", "aria-label": "Next"}, "→");
  const steps = make("ol", {class: "steps", "aria-label": "Steps"});
  for (const name of PHASES) steps.append(make("li", {}, name));
  const says = make("p", {class: "says", role: "status"});
  header.append(chooser, steps, back, next);
  document.querySelector("main").before(says);

  function rows() {
    return [...questions[place].querySelectorAll(".choices > li")];
  }

  function counts(letter) {
    const of = votes.get(place) || votes.set(place, {}).get(place);
    return of[letter] || (of[letter] = [0, 0]);
  }

  function add(letter, change) {
    const round = {1: 0, 3: 1}[phase];
    if (round === undefined) return;
    const own = counts(letter);
    own[round] = Math.max(0, own[round] + change);
    show();
  }

  function share(letter, round) {
    const all = rows().reduce((sum, row) => sum + counts(row.dataset.letter)[round], 0);
    return all ? counts(letter)[round] / all : 0;
  }

  // what a row shows behind its choice: a field for hands, or the two results
  function tally(row) {
    const letter = row.dataset.letter, round = {1: 0, 3: 1}[phase];
    const box = make("span", {class: "tally"});
    if (round !== undefined) {
      const field = make("input", {
        type: "number", min: 0, "aria-label": `Hands for ${letter}`, value: counts(letter)[round],
      });
      field.addEventListener("input", () => {
        counts(letter)[round] = Math.max(0, Number(field.value) || 0);
      });
      const more = make("button", {type: "button", "aria-label": `One more hand for ${letter}`}, "+1");
      more.addEventListener("click", () => {
        add(letter, 1);
        row.querySelector("button").focus();
      });
      box.append(field, more);
    } else if (phase === 4) {
      if ("right" in row.dataset) box.append(make("b", {class: "right"}, "✓ right"));
      for (const [number, name] of ["first", "second"].entries()) {
        const part = share(letter, number), percent = Math.round(100 * part);
        const bar = make("span", {class: `bar ${name}`});
        bar.append(make("i", {style: `width: ${percent}%`}), `${name} ${percent} %`);
        box.append(bar);
      }
    }
    return box;
  }

  function show() {
    for (const [number, question] of questions.entries()) question.hidden = number !== place;
    const question = questions[place];
    chooser.value = place;
    for (const [number, step] of [...steps.children].entries())
      if (number === phase) step.setAttribute("aria-current", "step");
      else step.removeAttribute("aria-current");
    says.textContent = WORDS[phase];
    question.querySelector(".answer").open = phase === 4;
    document.body.dataset.phase = phase;
    for (const row of rows()) {
      row.querySelector(".tally")?.remove();
      row.append(tally(row));
    }
    back.disabled = place === 0 && phase === 0;
    next.disabled = place === questions.length - 1 && phase === 4;
  }

  function go(number, at) {
    place = Math.min(questions.length - 1, Math.max(0, number));
    phase = at;
    history.replaceState(null, "", `#${questions[place].id}`);
    scrollTo(0, 0);
    show();
  }

  function move(by) {
    const to = phase + by;
    if (to > 4) { if (place < questions.length - 1) go(place + 1, 0); }
    else if (to < 0) { if (place > 0) go(place - 1, 0); }
    else go(place, to);
  }

  function fromAddress() {
    const named = questions.findIndex((question) => question.id === location.hash.slice(1));
    go(Math.max(0, named), 0);
  }

  chooser.addEventListener("change", () => go(Number(chooser.value), 0));
  back.addEventListener("click", () => move(-1));
  next.addEventListener("click", () => move(1));
  for (const list of document.querySelectorAll(".choices"))
    list.addEventListener("click", (event) => {
      const row = event.target.closest("li");
      if (row && !event.target.closest(".tally")) add(row.dataset.letter, 1);
    });
  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest("input, select")) return;
    const letter = event.key.toUpperCase();
    if (["ArrowRight", "PageDown"].includes(event.key)) move(1);
    else if (["ArrowLeft", "PageUp"].includes(event.key)) move(-1);
    else if (/^[A-D]$/.test(letter) && rows().some((row) => row.dataset.letter === letter))
      add(letter, event.shiftKey ? -1 : 1);
    else return;
    event.preventDefault();
  });
  addEventListener("hashchange", fromAddress);
  document.body.classList.add("live");
  fromAddress();
})();
