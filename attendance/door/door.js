// The door page: a scan, a typed pass or +1 goes into the outbox, then gets its sign, then is
// delivered. Everything that happens here ends in keep().
import { expectAnswer, showAnswers } from "./answers.js";
import { text } from "./config.js";
import { hear, lastHeard } from "./connection.js";
import { unlockSound } from "./feedback.js";
import * as outbox from "./outbox.js";
import { fromCode, fromTyping } from "./pass.js";
import { drawSession, onChoice } from "./picker.js";
import { drawRecent, onUndo } from "./recent.js";
import { retrying } from "./retry.js";
import { setUpScanner } from "./scanner.js";
import { LoggedOut } from "./server.js";
import * as sessions from "./sessions.js";
import { show } from "./sign.js";
import { deliver } from "./sync.js";
import { offerUndo, onUndoLast, withdraw } from "./undo.js";

const REFRESH_MS = 20_000;
const $ = (id) => document.getElementById(id);

// ---- keeping and delivering
async function keep(checkIn) {
  let row;
  try {
    row = await outbox.add(checkIn); // on the disk first,
  } catch (error) {
    show(error.name === "QuotaExceededError" ? "storage_full" : "storage_unavailable");
    return null;
  }
  expectAnswer(row, lastHeard("delivery") === "ok"); // then the sign,
  send(); // then the server
  await draw();
  return row;
}

async function count(checkIn) {
  const session = sessions.current();
  if (!session) return show(sessions.missing());
  const row = await keep({ ...checkIn, session: session.id });
  if (row) offerUndo(row.id);
}

async function undo(id) {
  withdraw(id);
  await keep({ kind: "void", checkIn: id });
}

async function draw() {
  const number = await outbox.countWaiting();
  const key = number === 0 ? "delivered" : number === 1 ? "waiting_one" : "waiting_many";
  $("waiting").textContent = text(key, { number });
  $("delivery").dataset.waiting = number;
  await drawRecent();
}

async function takeAnswers() {
  const answered = await showAnswers();
  for (const row of answered) if (row.outcome !== "counted") withdraw(row.id);
  if (answered.length > 0) loadSessions(); // the number of visits
  await draw();
}

function onBatch() {
  takeAnswers();
  loadSessions(); // also for what was scanned long ago
}

const send = retrying(() => deliver(onBatch), (state) => {
  if (state !== "busy") hear("delivery", state === "empty" ? "ok" : state);
  if (state !== "noStorage") takeAnswers();
});

// ---- today's sessions
let loading = false;
let outdated = false;
let shown = null;

function drawTop({ byHand = false } = {}) {
  const before = shown;
  shown = sessions.current();
  drawSession(shown);
  const changed = before && shown && before.id !== shown.id;
  if (changed && !byHand) show("session_changed", { values: { title: shown.title } });
}

async function loadSessions() {
  outdated = loading;
  if (loading) return;
  loading = true;
  try {
    await sessions.load();
    if (lastHeard("sessions") === "loggedOut") send(); // logged in again, perhaps in another tab
    hear("sessions", "ok");
  } catch (error) {
    hear("sessions", error instanceof LoggedOut ? "loggedOut" : "failed");
  }
  loading = false;
  drawTop();
  if (outdated) loadSessions();
}

function refresh() {
  if (document.visibilityState === "visible") loadSessions();
}

// ---- what the worker does
function onCode(code) {
  const pass = fromCode(code);
  if (pass) count({ kind: "pass", pass });
  else show("not_a_pass");
}

function onTyped(event) {
  event.preventDefault();
  const input = $("typed-pass");
  const pass = fromTyping(input.value);
  $("typed-error").hidden = Boolean(pass);
  input.setAttribute("aria-invalid", String(!pass));
  if (!pass) return input.focus();
  input.value = "";
  count({ kind: "pass", pass });
}

document.addEventListener("click", unlockSound, { capture: true });
$("tally").addEventListener("click", () => count({ kind: "tally", count: 1 }));
$("typed").addEventListener("submit", onTyped);
$("send").addEventListener("click", () => {
  send();
  loadSessions();
});
onUndoLast(undo);
onUndo(undo);
onChoice(() => drawTop({ byHand: true }));
setUpScanner(onCode, () => {
  show("scanning");
  navigator.storage?.persist?.(); // asks the browser not to clear the outbox
});

addEventListener("online", refresh);
addEventListener("pageshow", refresh);
document.addEventListener("visibilitychange", refresh);
setInterval(refresh, REFRESH_MS);

outbox.forgetOld().then(draw).catch(() => hear("delivery", "noStorage"));
refresh();
send();
