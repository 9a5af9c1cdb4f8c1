// The page's half of the quiz: one question at a time, options as buttons, letters as their short cuts.
// Python notes each answer and says what becomes of it; this file shows that.

const PATIENCE = 5000; // milliseconds until a silent kernel is mentioned
const SILENT = "The kernel does not answer. Run this cell again.";

/** make("p", {class: "note"}, "text", child) makes an element. */
function make(tag, attributes, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

/** A line of text; what stands in backticks becomes code. */
function inline(text) {
  return text.split("`").map((part, i) => (i % 2 ? make("code", {}, part) : part));
}

function render({ model, el }) {
  const questions = model.get("questions");
  const judges = model.get("judges");
  const chosen = {}; // letters of which Python has said nothing yet
  let place = 0;
  let waiting = null;

  const count = make("p", { class: "quiz-count" });
  const heading = make("p", { class: "quiz-question", tabindex: "-1" });
  const options = make("div", { class: "quiz-options", role: "group" });
  const said = make("p", { class: "quiz-said", role: "status", "aria-live": "polite" });
  const back = make("button", { type: "button" }, "Back");
  const judge = make("button", { type: "button" }, "Judge my answer");
  const next = make("button", { type: "button" }, "Next");
  const buttons = make("div", { class: "quiz-buttons" }, back, ...(judges ? [judge] : []), next);
  const rule = make("p", { class: "quiz-rule" }, model.get("rule"));

  const letterOf = (name) => chosen[name] ?? model.get("answers")[name]?.letter ?? "";

  const send = (letter) => {
    const { name } = questions[place];
    clearTimeout(waiting);
    waiting = setTimeout(() => (said.textContent = SILENT), PATIENCE);
    model.send({ name, letter });
  };

  const choose = (letter) => {
    const { name } = questions[place];
    chosen[name] = letter;
    if (!judges) send(letter);
    show();
  };

  /** Shows the state; options are made anew only when another question is asked. */
  const show = () => {
    const { name, title, prompt, options: texts } = questions[place];
    const answers = model.get("answers");
    const done = Object.keys(answers).length;
    count.textContent = `Question ${place + 1} of ${questions.length} · ${done} of ${questions.length} answered`;
    if (options.dataset.name !== name) {
      options.dataset.name = name;
      options.setAttribute("aria-label", `${title}: options`);
      heading.replaceChildren(make("strong", {}, `${title}. `), ...inline(prompt));
      options.replaceChildren(
        ...texts.map(([letter, text]) => {
          const button = make("button", { type: "button", "data-letter": letter });
          button.append(make("b", {}, letter), " ", make("span", {}, ...inline(text)));
          button.addEventListener("click", () => choose(letter));
          return button;
        }),
      );
    }
    for (const button of options.children) {
      button.setAttribute("aria-pressed", String(button.dataset.letter === letterOf(name)));
    }
    const words = name in chosen ? "" : (answers[name]?.said ?? "");
    if (said.textContent !== words) said.textContent = words;
    back.disabled = place === 0;
    next.disabled = place === questions.length - 1;
    judge.disabled = !letterOf(name);
  };

  const go = (step) => {
    place += step;
    clearTimeout(waiting);
    show();
    heading.focus();
  };
  back.addEventListener("click", () => go(-1));
  next.addEventListener("click", () => go(1));
  judge.addEventListener("click", () => send(letterOf(questions[place].name)));

  const answered = () => {
    clearTimeout(waiting);
    delete chosen[model.get("reply")[0]];
    show();
  };

  const section = make("section", { class: "quiz", "aria-label": model.get("title") });
  section.append(count, heading, options, said, buttons, rule);
  section.addEventListener("keydown", (event) => {
    // plain keys are for the quiz: the notebook would take a letter for a command
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    event.stopPropagation();
    if (questions[place].options.some(([letter]) => letter === event.key.toLowerCase())) {
      choose(event.key.toLowerCase());
    }
  });
  el.append(section);
  show();
  model.on("change:reply", answered);
  return () => {
    clearTimeout(waiting);
    model.off("change:reply", answered);
  };
}

export default { render };
