// What this phone tells apart of who comes without a pass: large buttons, each of them optional.
import { $, config, memory } from "./config.js";

const CHOICE = "door-bands";
const rows = $("bands");
const switches = $("band-switches");

const switchedOn = () => new Set((memory.get(CHOICE) ?? "").split(" ").filter((name) => name in config.bands));

function drawRow(name) {
  const { label, choices } = config.bands[name];
  const row = document.createElement("div");
  row.className = "band-row";
  row.setAttribute("role", "group");
  row.setAttribute("aria-label", label);
  for (const [value, word] of choices) {
    const button = Object.assign(document.createElement("button"), { type: "button", textContent: word, value });
    button.dataset.band = name;
    button.setAttribute("aria-pressed", "false");
    row.append(button);
  }
  return row;
}

function draw() {
  const on = switchedOn();
  rows.replaceChildren(...Object.keys(config.bands).filter((name) => on.has(name)).map(drawRow));
  rows.hidden = on.size === 0;
}

function press(button) {
  const pressed = button.getAttribute("aria-pressed") !== "true";
  for (const other of button.parentElement.children) other.setAttribute("aria-pressed", "false");
  button.setAttribute("aria-pressed", String(pressed));
}

/** What was pressed for the one who comes now, as the API wants it; undefined if nothing was. Then it starts anew. */
export function takeBands() {
  const pressed = [...rows.querySelectorAll("[aria-pressed=true]")];
  for (const button of pressed) button.setAttribute("aria-pressed", "false");
  if (pressed.length === 0) return undefined;
  return Object.fromEntries(pressed.map((button) => [button.dataset.band, { [button.value]: 1 }]));
}

export function setUpBands() {
  for (const input of switches.querySelectorAll("input")) input.checked = switchedOn().has(input.value);
  switches.addEventListener("change", () => {
    const on = [...switches.querySelectorAll("input:checked")].map((input) => input.value);
    memory.set(CHOICE, on.join(" "));
    draw();
  });
  rows.addEventListener("click", ({ target }) => target.matches("[data-band]") && press(target));
  draw();
}
