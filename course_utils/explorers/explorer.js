// The page's half of every explorer: the browser's own inputs, one picture and one readout.
// Python describes the controls and draws; this file builds them, sends `values` and shows `frame`.

const PLAY = "▶ Play";
const PAUSE = "❚❚ Pause";
const TYPING_PAUSE = 500; // milliseconds without a key before a typed number is sent
const PLAY_INTERVAL = 120; // milliseconds between two steps while playing
const PATIENCE = 5000; // milliseconds until a silent kernel is mentioned
const SILENT = "The kernel does not answer. If it has stopped, run this cell to play.";

/** make("p", {class: "note"}, "text", child) makes an element. */
function make(tag, attributes, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

/** The place in a list of numbers that is nearest to a value. */
function nearest(numbers, value) {
  const distances = numbers.map((number) => Math.abs(number - value));
  return distances.indexOf(Math.min(...distances));
}

/** The values that a control can step through. */
function stopsOf(control) {
  return control.stops ?? control.options.map(([value]) => value);
}

/** A box for a number. The arrow keys step it; what is typed goes to Python, which judges it. */
function numberBox(control, id, send, next) {
  const input = make("input", { type: "text", inputmode: "decimal", autocomplete: "off", id });
  let timer;
  const commit = () => {
    clearTimeout(timer);
    send({ [control.name]: input.value });
  };
  input.addEventListener("change", commit);
  input.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(commit, TYPING_PAUSE);
  });
  input.addEventListener("keydown", (event) => {
    const direction = { ArrowUp: 1, ArrowDown: -1 }[event.key];
    const value = parseFloat(input.value);
    if (!direction || !Number.isFinite(value)) return;
    event.preventDefault();
    clearTimeout(timer);
    send({ [control.name]: next(value, direction) });
  });
  const show = (value) => {
    if (input.value !== String(value)) input.value = value;
  };
  return { label: input, box: input, nodes: [input], show };
}

function number(control, id, send) {
  const next = (value, direction) => Number((value + direction * control.step).toPrecision(12));
  return numberBox(control, id, send, next);
}

/** The browser's slider over a list of stops, with a box for the values between them. */
function slider(control, id, send) {
  const { name, label, stops, unit } = control;
  const range = make("input", { type: "range", id, min: 0, max: stops.length - 1, step: 1 });
  range.addEventListener("input", () => send({ [name]: stops[range.value] }));
  const next = (value, direction) =>
    stops[Math.min(Math.max(nearest(stops, value) + direction, 0), stops.length - 1)];
  const typed = numberBox(control, `${id}-typed`, send, next);
  typed.box.setAttribute("aria-label", `${label}, typed`);
  const show = (value) => {
    if (Number.isFinite(parseFloat(value))) range.value = nearest(stops, value);
    range.setAttribute("aria-valuetext", `${value} ${unit}`.trim());
    typed.show(value);
  };
  return { label: range, box: typed.box, nodes: [range, typed.box], show };
}

/** A box for words. They go to Python a moment after the last key, or at once with Enter. */
function text(control, id, send) {
  const input = make("input", { type: "text", autocomplete: "off", maxlength: control.longest, id });
  let timer;
  const commit = () => {
    clearTimeout(timer);
    send({ [control.name]: input.value });
  };
  input.addEventListener("change", commit);
  input.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(commit, TYPING_PAUSE);
  });
  const show = (value) => {
    if (input.value !== value) input.value = value;
  };
  return { label: input, box: input, nodes: [input], show };
}

function choice(control, id, send) {
  const select = make("select", { id });
  control.options.forEach(([, text], i) => select.append(make("option", { value: i }, text)));
  select.addEventListener("change", () => send({ [control.name]: control.options[select.value][0] }));
  const show = (value) => {
    select.value = control.options.findIndex(([option]) => option === value);
  };
  return { label: select, box: select, nodes: [select], show };
}

/** Reads a picture and gives it as PNG in base64, no side longer than `side`; "" if it is no picture. */
async function shrink(file, side) {
  try {
    const bitmap = await createImageBitmap(file);
    const share = Math.min(1, side / Math.max(bitmap.width, bitmap.height));
    const [width, height] = [bitmap.width, bitmap.height].map((n) => Math.max(1, Math.round(n * share)));
    const canvas = make("canvas", { width, height });
    const context = canvas.getContext("2d");
    context.imageSmoothingQuality = "high";
    context.drawImage(bitmap, 0, 0, width, height);
    return canvas.toDataURL("image/png").split(",")[1];
  } catch {
    return "";
  }
}

/** A button to choose a picture from the student's disk; Python judges whether it is one. */
function upload(control, id, send) {
  const input = make("input", { type: "file", accept: "image/png, image/jpeg", id });
  input.addEventListener("change", async () => {
    const [file] = input.files;
    if (!file) return;
    const data = await shrink(file, control.side);
    send({ [control.name]: { file: file.name, data }, ...control.sets });
  });
  const show = (value) => {
    if (!value) input.value = "";
  };
  return { label: input, box: input, nodes: [input], show };
}

const KINDS = { slider, number, choice, text, upload };

function render({ model, el }) {
  const controls = model.get("controls");
  const shown = {};
  let waiting = null; // the timer while a picture is awaited
  let playing = null; // the timer while a slider plays

  const send = (changes) => {
    const values = { ...model.get("values"), ...changes };
    if (JSON.stringify(values) === JSON.stringify(model.get("values"))) return;
    clearTimeout(waiting);
    waiting = setTimeout(() => (problem.textContent = SILENT), PATIENCE);
    model.set("values", values); // while a message is under way, ipywidgets keeps only the newest
    model.save_changes();
  };

  const image = make("img", { draggable: "false" });
  const readout = make("p", { class: "explorer-readout", role: "status", "aria-live": "polite" });
  const problem = make("p", { class: "explorer-problem", role: "alert", id: `explorer-${Math.random()}` });
  const panel = make("div", { class: "explorer-controls" });

  const stop = () => {
    clearInterval(playing);
    playing = null;
    readout.setAttribute("aria-live", "polite");
    for (const button of panel.querySelectorAll(".explorer-play")) button.textContent = PLAY;
  };

  /** Walks a slider through its stops, each after the picture of the one before. */
  const play = (control, button) => {
    const place = () => nearest(control.stops, model.get("values")[control.name]);
    const last = control.stops.length - 1;
    button.textContent = PAUSE;
    readout.setAttribute("aria-live", "off"); // nobody can listen as fast as it plays
    if (place() === last) send({ [control.name]: control.stops[0] });
    playing = setInterval(() => {
      if (waiting) return;
      if (place() < last) send({ [control.name]: control.stops[place() + 1] });
      else stop();
    }, PLAY_INTERVAL);
  };

  const groups = new Map();
  for (const control of controls) {
    const id = `explorer-${Math.random()}`; // every explorer runs this file anew: a count would repeat itself
    const part = KINDS[control.kind](control, id, send);
    shown[control.name] = part;
    const unit = control.unit ? ` (${control.unit})` : "";
    const row = make("div", { class: `explorer-row explorer-${control.kind}` });
    row.append(make("label", { for: part.label.id }, control.label + unit), ...part.nodes);
    if (control.play) {
      const button = make("button", { type: "button", class: "explorer-play" }, PLAY);
      button.addEventListener("click", () => (playing ? stop() : play(control, button)));
      row.append(button);
    }
    if (!groups.has(control.group)) {
      const legend = control.group ? [make("legend", {}, control.group)] : [];
      groups.set(control.group, make("fieldset", {}, ...legend));
      panel.append(groups.get(control.group));
    }
    groups.get(control.group).append(row);
  }
  const reset = make("button", { type: "button" }, "Reset");
  reset.addEventListener("click", () => {
    stop();
    send(Object.fromEntries(controls.map(({ name, value }) => [name, value])));
  });
  panel.append(reset);

  /** A click or drag on the picture sets the controls that its axes show. */
  const point = (event) => {
    const picture = image.getBoundingClientRect();
    const across = (event.clientX - picture.left) / picture.width;
    const up = (picture.bottom - event.clientY) / picture.height;
    for (const { x, y, box, x_limits, y_limits } of model.get("pointers")) {
      const [left, bottom, width, height] = box;
      const along = [(across - left) / width, (up - bottom) / height];
      if (along.some((share) => share < 0 || share > 1)) continue;
      const changes = {};
      [[x, along[0], x_limits], [y, along[1], y_limits]].forEach(([name, share, [from, to]]) => {
        if (!name) return;
        const stops = stopsOf(controls.find((control) => control.name === name));
        changes[name] = stops[nearest(stops, from + share * (to - from))];
      });
      send(changes);
    }
  };
  image.addEventListener("pointerdown", (event) => {
    image.setPointerCapture(event.pointerId);
    point(event);
  });
  image.addEventListener("pointermove", (event) => {
    if (event.buttons) point(event);
  });

  const showValues = () => {
    for (const [name, value] of Object.entries(model.get("values"))) shown[name]?.show(value);
  };
  const showFrame = () => {
    clearTimeout(waiting);
    waiting = null;
    const { png, alt, words, problems } = model.get("frame");
    const old = image.src;
    image.src = URL.createObjectURL(new Blob([png], { type: "image/png" }));
    image.alt = alt;
    URL.revokeObjectURL(old);
    if (readout.textContent !== words) readout.textContent = words;
    problem.textContent = Object.values(problems).join(" ");
    for (const [name, { box }] of Object.entries(shown)) {
      const marks = { "aria-invalid": "true", "aria-describedby": problem.id };
      for (const [mark, value] of Object.entries(marks)) {
        if (name in problems) box.setAttribute(mark, value);
        else box.removeAttribute(mark);
      }
    }
  };

  const view = make("div", { class: "explorer-view" }, image, problem, readout);
  const layout = make("div", { class: "explorer-layout" }, view, panel); // in the order in which it is read
  el.append(make("section", { class: "explorer", "aria-label": model.get("title") }, layout));
  el.addEventListener("keydown", (event) => {
    // plain keys are for the controls: the notebook would take an arrow or a letter for a command
    if (!event.ctrlKey && !event.metaKey && !event.altKey) event.stopPropagation();
  });
  if (model.get("pointers").length) image.classList.add("explorer-pointed");
  showValues();
  showFrame();
  model.on("change:values", showValues);
  model.on("change:frame", showFrame);
  return () => {
    stop();
    clearTimeout(waiting);
    model.off("change:values", showValues);
    model.off("change:frame", showFrame);
    URL.revokeObjectURL(image.src);
  };
}

export default { render };
