// A class comes in: one number for all of them.
import { $, text } from "./config.js";

const MOST = 500;
const dialog = $("group");
const input = $("group-count");
const submit = $("group-submit");

const number = () => Number(input.value);
const isRight = () => Number.isInteger(number()) && number() >= 1 && number() <= MOST;

function draw() {
  submit.textContent = text("count_group", { number: isRight() ? number() : "…" });
  submit.setAttribute("aria-disabled", String(!isRight()));
}

function step(by) {
  input.value = Math.min(MOST, Math.max(1, (number() || 0) + by));
  draw();
}

/** Calls `act` with the number of people. */
export function setUpGroup(act) {
  $("group-open").addEventListener("click", () => {
    input.value = "";
    draw();
    dialog.showModal();
  });
  input.addEventListener("input", draw);
  dialog.addEventListener("click", ({ target }) => {
    if (target.dataset.step) step(Number(target.dataset.step));
    if (target.dataset.number) {
      input.value = target.dataset.number;
      draw();
    }
  });
  $("group-form").addEventListener("submit", (event) => {
    event.preventDefault();
    if (!isRight()) return input.focus();
    dialog.close();
    act(number());
  });
}
