// Delivers the outbox. A row may be sent more than once (an answer can get lost) and the server
// writes each id once: together that is exactly once. Runs on the page and in the service worker.
import * as clock from "./clock.js";
import * as outbox from "./outbox.js";
import { ask, useCsrf } from "./server.js";

const BATCH = 50;

// A row keeps how wrong the clock was when it was made, if that was known: should the clock have been set
// since, the moment is told as today's clock would have it. The server corrects what the clock is off today.
function asCheckIn({ id, kind, at, correction, session, pass, count, bands, checkIn }) {
  const moment = at + (correction ?? clock.offset()) - clock.offset();
  // What is undefined is left out of the JSON.
  return { id, kind, scannedAt: new Date(moment).toISOString(), session, pass, count, bands, checkIn };
}

async function send(rows, { checkIns }) {
  const waiting = Math.max(0, (await outbox.countWaiting()) - rows.length);
  const answer = await ask(checkIns, {
    sentAt: new Date().toISOString(), // the server measures this phone's clock by it
    waiting,
    checkIns: rows.map(asCheckIn),
  });
  if (!Array.isArray(answer.results)) throw new Error("not our server");
  clock.heard(answer.serverTime);
  const sent = new Set(rows.map((row) => row.id));
  return answer.results.filter((result) => sent.has(result?.id) && result.outcome);
}

async function getReady({ state }) {
  const answer = await ask(state);
  clock.heard(answer.serverTime);
  useCsrf(answer.csrf);
}

/** Sends until nothing waits: "empty". The lock is shared by all tabs of this site and its service worker,
 *  so that one at a time delivers; the others wait, or get "busy" at once with `ifAvailable`.
 *  Calls `onSettled` after each batch. */
export function deliver(addresses, onSettled, ifAvailable) {
  return navigator.locks.request("door-outbox", { ifAvailable }, async (lock) => {
    if (!lock) return "busy";
    for (;;) {
      const rows = await outbox.waiting(BATCH);
      if (rows.length === 0) return "empty";
      if (!clock.isMeasured()) await getReady(addresses);
      const settled = await outbox.settle(await send(rows, addresses));
      if (settled === 0) throw new Error("an answer without our check-ins");
      onSettled();
    }
  });
}
