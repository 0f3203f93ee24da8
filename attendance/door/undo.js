// The button that takes back the last count, for ten seconds. Later it is done in the list.
import { $ } from "./config.js";

const SECONDS = 10;

const button = $("undo");
const left = $("undo-left");
let offered = null;
let seconds = 0;
let timer;

function draw() {
  // Not `disabled`: that would drop the keyboard's focus each time.
  button.setAttribute("aria-disabled", String(offered === null));
  left.textContent = offered === null ? "" : seconds;
}

function tick() {
  seconds -= 1;
  if (seconds <= 0) withdraw(offered);
  else draw();
}

export function offerUndo(id) {
  offered = id;
  seconds = SECONDS;
  clearInterval(timer);
  timer = setInterval(tick, 1000);
  draw();
}

/** When that check-in turned out not to be counted, or was taken back in the list. */
export function withdraw(id) {
  if (id !== offered) return;
  offered = null;
  clearInterval(timer);
  draw();
}

export function onUndoLast(act) {
  button.addEventListener("click", () => {
    const id = offered;
    if (id === null) return;
    withdraw(id);
    act(id);
  });
}
