// A phone becomes the door of a location: with a code that works once, and a tap, never by itself.
import { $, config, memory, text } from "./config.js";
import { ask } from "./server.js";
import { fromTyping } from "./pass.js";
import * as sign from "./sign.js";
import * as state from "./state.js";

const ATTEMPT = "door-attempt";
const panel = $("pairing");
const button = $("pair");
const problem = $("pair-problem");

/** The same random text each time that this phone tries this code: the answer may have been lost. */
function attemptFor(code) {
  const [before, attempt] = (memory.get(ATTEMPT) ?? "").split(" ");
  if (before === code) return attempt;
  const fresh = crypto.randomUUID();
  memory.set(ATTEMPT, `${code} ${fresh}`);
  return fresh;
}

function complain(key) {
  problem.textContent = key ? text(key) : "";
  problem.hidden = !key;
}

async function pair(code, onPaired) {
  if (button.getAttribute("aria-disabled") === "true") return;
  button.setAttribute("aria-disabled", "true");
  complain(null);
  try {
    const answer = await ask(config.pair, { code, attempt: attemptFor(code) });
    memory.set(ATTEMPT, null);
    if (answer.refused) return complain("pairing_refused");
    panel.close();
    sign.show("paired", { values: { location: answer.door.location } });
    navigator.storage?.persist?.(); // asks the browser not to clear the outbox
    await state.becomeDoor(answer.door);
    await onPaired();
  } catch {
    complain("pairing_failed");
  } finally {
    button.setAttribute("aria-disabled", "false");
  }
}

let offered = null;

/** Asks whether this phone shall become a door. */
export function offerPairing(code) {
  offered = code;
  complain(null);
  if (!panel.open) panel.showModal();
}

export function setUpPairing(onPaired) {
  button.addEventListener("click", () => pair(offered, onPaired));
  $("pair-typed").addEventListener("submit", (event) => {
    event.preventDefault();
    const typed = $("pair-code").value;
    if (typed) offerPairing(fromTyping(typed) ?? typed);
  });
}
