// Questions in a page without a kernel, see questions.py: takes answers, replies, and keeps them.

const KEY = "dqn-tutorial answers";
const FORGET = "dqn-tutorial forget"; // an event, for the questions of all cells
const UNSURE = "?";
// the line of the fold with what was predicted
const [CLOSED, OPEN] = ["Answer first, then open", "What you predicted"];
let unkept = {}; // answers, where the browser keeps nothing

function load() {
  let kept = {};
  try {
    kept = JSON.parse(localStorage.getItem(KEY));
  } catch { /* refused, or written by something else */ }
  return { ...unkept, ...kept };
}

// Keeps them, and says how long.
function save(answers) {
  unkept = answers;
  try {
    localStorage.setItem(KEY, JSON.stringify(answers));
    return "Your answers are kept in this browser only.";
  } catch {
    return "This browser keeps no answers: they are gone when you leave the page.";
  }
}

function told(answer, then) {
  const words = document.createElement("p");
  const strong = document.createElement("strong");
  strong.textContent = answer;
  words.append(...(answer === UNSURE ? ["You did not know."] : ["You said ", strong, "."]), ` ${then}`);
  return words;
}

// The fold of the prediction's result is the next one that waits for an answer.
function foldAfter(question) {
  const waits = (fold) => question.compareDocumentPosition(fold) & Node.DOCUMENT_POSITION_FOLLOWING &&
    fold.querySelector("summary")?.textContent.trim() === CLOSED;
  return [...document.querySelectorAll("details")].find(waits);
}

// Gives a question its buttons; `noted` is called when an answer is kept.
function begin(question, noted) {
  const { name, kind, letters, key, within } = question.dataset;
  const [status, isOnce] = [question.querySelector("[role=status]"), kind !== "ask"];
  const fold = kind === "predict" && foldAfter(question);
  const row = document.createElement("div");
  row.className = "answers";
  const button = (words, name = words) => `<button type="button" aria-label="${name}">${words}</button>`;
  const choices = [...(letters ?? "")].map((letter) => button(letter, `Answer ${letter}`));
  const number = `<label>Your number <input type="number" step="any"></label>${button("That is it")}`;
  row.innerHTML = (letters ? choices.join("") : number) + button("I don\u2019t know");
  status.before(row);
  const [field, buttons] = [row.querySelector("input"), [...row.querySelectorAll("button")]];

  // The reply that questions.py wrote; a comparison begins with what was said.
  function reply(answer) {
    const isRight = Math.abs(answer - key) <= within;
    const prepared = letters || answer === UNSURE ? answer : isRight ? key : "inf";
    const found = [...question.querySelectorAll("template")].find((one) => one.dataset.answer === prepared);
    const words = document.createElement("div");
    if (found) words.append(found.content.cloneNode(true));
    if (field && kind === "predict" && answer !== UNSURE) words.querySelector("strong").textContent = answer;
    return words;
  }

  function show(answer) {
    const isGiven = answer !== undefined;
    const words = { ask: reply, predict: (said) => told(said, "Now look at the next result."),
      before: (said) => told(said, "It is noted.") }[kind];
    status.replaceChildren(...(isGiven ? [words(answer)] : []));
    for (const [k, one] of buttons.entries()) {
      const own = one === buttons.at(-1) ? UNSURE : letters?.[k];
      one.setAttribute("aria-pressed", isGiven && own === answer);
      one.setAttribute("aria-disabled", isOnce && isGiven);
    }
    if (field) [field.value, field.readOnly] = [answer ?? "", isOnce && isGiven]; // "?" leaves it empty
    if (!fold) return;
    fold.querySelector(".compared")?.remove();
    const summary = fold.querySelector("summary");
    summary.textContent = isGiven ? OPEN : CLOSED;
    if (isGiven) summary.after(Object.assign(reply(answer), { className: "compared" }));
    fold.open = isGiven;
  }

  function press(answer) {
    const answers = load();
    const isFirst = !(name in answers); // only the first is kept
    if (isOnce && !isFirst) return;
    if (isFirst) noted(save({ ...answers, [name]: answer }));
    show(answer);
  }

  function pressNumber() {
    if (field.value) press(String(Number(field.value)));
    else status.textContent = "Write a number first, such as 0.5.";
  }
  const givers = letters ? [...letters].map((letter) => () => press(letter)) : [pressNumber];
  givers.forEach((give, k) => buttons[k].addEventListener("click", give));
  buttons.at(-1).addEventListener("click", () => press(UNSURE));
  field?.addEventListener("keydown", (event) => { if (event.key === "Enter") pressNumber(); });
  document.addEventListener(FORGET, () => {
    unkept = {}; // each cell has its own
    show();
  });
  const kept = load();
  show(kept[name]);
  return name in kept;
}

// Begins the questions of a cell, once the page with their results is there.
export function play(place) {
  if (document.readyState === "loading") {
    document.addEventListener("DOMContentLoaded", () => play(place));
    return;
  }
  const foot = document.createElement("p");
  foot.className = "kept";
  foot.innerHTML = `<span role="status"></span> <button type="button">Forget my answers</button>`;
  const say = (words) => {
    foot.hidden = false;
    foot.firstChild.textContent = words;
  };
  foot.hidden = true;
  foot.lastChild.addEventListener("click", () => {
    say(save({}).replace("kept in this browser only", "forgotten"));
    document.dispatchEvent(new Event(FORGET));
  });
  place.append(foot);
  const isKept = [...place.querySelectorAll(".question")].map((question) => begin(question, say));
  if (isKept.includes(true)) say(save(load()));
}
