// The door page: a scan, a typed pass or +1 goes into the outbox, then gets its sign, then is
// delivered. Everything that happens here ends in keep().
import { expectAnswer, showAnswers } from "./answers.js";
import { setUpBands, takeBands } from "./bands.js";
import * as clock from "./clock.js";
import { $, config, text } from "./config.js";
import { hear, lastHeard } from "./connection.js";
import { unlockSound } from "./feedback.js";
import { setUpGroup } from "./group.js";
import { enterKiosk, isKiosk, setUpKiosk, wasKiosk } from "./kiosk.js";
import { notice } from "./notices.js";
import * as outbox from "./outbox.js";
import { fromCode, fromTyping, pairingCode } from "./pass.js";
import { offerPairing, setUpPairing } from "./pairing.js";
import * as passes from "./passes.js";
import { drawSession, onChoice } from "./picker.js";
import { drawRecent, onUndo } from "./recent.js";
import { retrying } from "./retry.js";
import { setUpScanner } from "./scanner.js";
import { NotAdmitted } from "./server.js";
import * as sessions from "./sessions.js";
import { show } from "./sign.js";
import * as state from "./state.js";
import { deliver } from "./sync.js";
import { offerUndo, onUndoLast, withdraw } from "./undo.js";
import { deliverLater, setUpUpdates } from "./update.js";

const REFRESH_MS = 20_000;
const WRONG_CLOCK_MS = 5 * 60_000;
const QUIET_FOR_UPDATE_MS = 5 * 60_000;

// ---- keeping and delivering
let lastKept = 0;

async function keep(checkIn, { seenAt = null } = {}) {
  let row;
  try {
    row = await outbox.add(checkIn); // on the disk first,
  } catch (error) {
    show(error.name === "QuotaExceededError" ? "storage_full" : "storage_unavailable");
    return null;
  }
  lastKept = performance.now();
  expectAnswer(row, { reachable: lastHeard("delivery") === "ok", seenAt }); // then the sign,
  send(); // then the server
  deliverLater();
  await draw();
  return row;
}

/** The session to count for; undefined where there is one to choose first, null where only the server can know. */
function sessionToCount() {
  const session = sessions.current();
  if (session) return session.id;
  if (state.isKnown() && !sessions.areKnown()) return null; // a week without a connection: it is found later
  show(state.isKnown() || lastHeard("state") !== "notAdmitted" ? sessions.missing() : "not_paired");
  return undefined;
}

async function count(checkIn, options) {
  const session = sessionToCount();
  if (session === undefined) return;
  const row = await keep({ ...checkIn, session: session ?? undefined }, options);
  if (row && row.verdict !== "already_in") offerUndo(row.id);
}

async function countPass(pass, seenAt = null) {
  const session = sessions.current()?.id;
  const judged = await passes.judge(pass, session).catch(() => ({ verdict: null })); // no storage: keep() says so
  await count({ kind: "pass", pass, ...judged }, { seenAt });
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
  if (answered.length > 0) refreshState(); // the number of visits
  await draw();
}

function onBatch() {
  takeAnswers();
  refreshState(); // also for what was scanned long ago
}

const send = retrying(() => deliver(config, onBatch, true), (outcome) => {
  if (outcome !== "busy") hear("delivery", outcome === "empty" ? "ok" : outcome);
  if (outcome !== "noStorage") takeAnswers();
});

// ---- what the server tells of this door
let loading = false;
let outdated = false;
let shown = null;

function drawTop({ byHand = false } = {}) {
  const before = shown;
  shown = sessions.current();
  drawSession(shown);
  const changed = before && shown && before.id !== shown.id;
  if (changed && !byHand && !isKiosk()) show("session_changed", { values: { title: shown.title } });
}

function drawDoor() {
  if (!isKiosk()) document.body.dataset.mode = state.isKnown() ? "worker" : "unknown";
  const door = state.door();
  $("door-name").textContent = door ? text("this_door", door) : text("own_phone");
  $("kiosk-settings").hidden = !door;
}

async function refreshState() {
  outdated = loading;
  if (loading) return;
  loading = true;
  try {
    const told = await state.load();
    if (lastHeard("delivery") === "notAdmitted") send(); // logged in again, paired anew, or it was a mistake
    hear("state", "ok");
    notice("clock_wrong", Math.abs(clock.offset()) > WRONG_CLOCK_MS);
    await passes.update(told.passes);
  } catch (error) {
    await onNoState(error);
  }
  loading = false;
  drawDoor();
  drawTop();
  if (outdated) refreshState();
}

async function onNoState(error) {
  const isOut = error instanceof NotAdmitted;
  if (isOut) await Promise.all([state.part(), passes.forget()]).catch(() => {});
  hear("state", isOut ? "notAdmitted" : "failed");
}

function refresh() {
  outbox.forgetOld().then(draw).catch(() => {}); // also on a stand, where nobody ever opens the page anew
  if (document.visibilityState === "visible") refreshState();
}

/** There may be a connection again; also as the page is put away, for it may not come back. */
function comeBack() {
  send();
  refresh();
}

// ---- what the worker does
function onCode(code, seenAt) {
  const pairing = isKiosk() ? null : pairingCode(code);
  if (pairing) return offerPairing(pairing);
  const pass = fromCode(code);
  if (pass) countPass(pass, seenAt);
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
  countPass(pass);
}

/** What the address says after the #: a code to pair with, or a pass that the phone's own camera has opened. */
function takeHash() {
  const said = new URLSearchParams(location.hash.slice(1));
  if (!location.hash) return;
  history.replaceState(null, "", location.pathname); // a reload does not do it again
  if (isKiosk()) return;
  if (said.get("pair")) offerPairing(said.get("pair"));
  const pass = fromTyping(said.get("pass") ?? "");
  if (pass) countPass(pass);
}

/** Nobody is kept waiting by a newer version: it is taken when the worker says so, or by a kiosk that stands idle. */
function onUpdate(take) {
  if ($("update").onclick) return; // known already
  $("update").onclick = take;
  notice("update_waiting", true);
  setInterval(() => {
    if (isKiosk() && performance.now() - lastKept > QUIET_FOR_UPDATE_MS) take();
  }, 60_000);
}

/** The buttons stay at the bottom, however many there are: what lies above leaves them room. */
function leaveRoom([{ target }]) {
  document.documentElement.style.setProperty("--actions", `${target.offsetHeight}px`);
}

async function start() {
  new ResizeObserver(leaveRoom).observe($("actions"));
  if (wasKiosk()) document.body.dataset.mode = "kiosk";
  document.addEventListener("click", unlockSound, { capture: true });
  $("tally").addEventListener("click", () => count({ kind: "tally", count: 1, bands: takeBands() }));
  $("typed").addEventListener("submit", onTyped);
  $("send").addEventListener("click", comeBack);
  setUpBands();
  setUpGroup((number) => count({ kind: "group", count: number }));
  setUpKiosk();
  setUpPairing(refreshState);
  onUndoLast(undo);
  onUndo(undo);
  onChoice(() => drawTop({ byHand: true }));
  setUpScanner(onCode, () => {
    show(isKiosk() ? "kiosk_ready" : "scanning");
    navigator.storage?.persist?.(); // asks the browser not to clear the outbox
  });
  try {
    await Promise.all([state.restore(), passes.restore(), outbox.forgetOld()]);
  } catch {
    hear("delivery", "noStorage");
  }
  drawDoor();
  drawTop();
  draw().catch(() => hear("delivery", "noStorage"));
  if (isKiosk()) enterKiosk();
  takeHash();
  addEventListener("hashchange", takeHash);
  addEventListener("online", comeBack);
  addEventListener("pageshow", comeBack);
  document.addEventListener("visibilitychange", comeBack);
  setInterval(refresh, REFRESH_MS);
  comeBack();
  setUpUpdates({ onWaiting: onUpdate, onDelivered: takeAnswers }).catch(() => {}); // private mode
  document.documentElement.dataset.ready = "";
}

start();
