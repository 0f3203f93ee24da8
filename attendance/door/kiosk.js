// A tablet on a stand: the front camera, a big welcome, and nothing else until the worker's PIN.
import { $, memory, text } from "./config.js";
import * as pin from "./pin.js";
import { startScanning } from "./scanner.js";
import * as sessions from "./sessions.js";
import * as sign from "./sign.js";
import * as state from "./state.js";
import { showWalkIn } from "./walkin.js";

const ON = "door-kiosk";
const TICK_MS = 1_000;
const body = document.body;
const asking = $("pin");
const input = $("pin-input");
const problem = $("pin-problem");
let timer = null;

export const isKiosk = () => body.dataset.mode === "kiosk";

/** Whether this tablet was a kiosk when it was last used: known before anything else is. */
export const wasKiosk = () => memory.get(ON) === "1";

function draw() {
  const session = sessions.current();
  $("kiosk-title").textContent = session ? session.title : text("kiosk_closed");
  showWalkIn(sessions.takesWalkIns(session) ? state.walkInKey() : null);
}

/** A way back that the browser offers leads here again. */
const stay = () => history.pushState(null, "", location.pathname);

export async function enterKiosk() {
  memory.set(ON, "1");
  body.dataset.mode = "kiosk";
  sign.restAs("kiosk_ready");
  sign.show("kiosk_ready");
  stay();
  addEventListener("popstate", stay);
  timer = setInterval(draw, TICK_MS);
  draw();
  await startScanning("user");
}

function leave() {
  memory.set(ON, null);
  removeEventListener("popstate", stay);
  clearInterval(timer);
  // A fresh page: the other camera, the other words, and nothing of the kiosk.
  location.replace(location.pathname);
}

function ask(purpose) {
  asking.dataset.purpose = purpose;
  $("pin-title").textContent = text(`pin_${purpose}`);
  $("pin-help").textContent = text(`pin_${purpose}_help`);
  $("pin-submit").textContent = text(`pin_${purpose}_submit`);
  problem.hidden = true;
  input.value = "";
  asking.showModal();
}

function complain(key) {
  problem.textContent = text(key);
  problem.hidden = false;
  input.value = "";
  input.focus();
}

async function submit(event) {
  event.preventDefault();
  if (!pin.isPin(input.value)) return complain("pin_misformed");
  if (asking.dataset.purpose === "set") {
    await pin.set(input.value);
    asking.close();
    document.documentElement.requestFullscreen?.().catch(() => {}); // iPads have no such thing in a browser
    return enterKiosk();
  }
  const outcome = await pin.check(input.value);
  return outcome === "right" ? leave() : complain(`pin_${outcome}`);
}

export function setUpKiosk() {
  $("kiosk-start").addEventListener("click", () => ask("set"));
  $("kiosk-leave").addEventListener("click", () => ask("leave"));
  $("pin-form").addEventListener("submit", submit);
}
