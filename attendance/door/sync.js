// Delivers the outbox. A row may be sent more than once (an answer can get lost) and the server
// writes each id once: together that is exactly once.
import { config } from "./config.js";
import * as outbox from "./outbox.js";
import { ask } from "./server.js";

const BATCH = 50;

function asCheckIn({ id, kind, at, session, pass, count, checkIn }) {
  // What is undefined is left out of the JSON.
  return { id, kind, scannedAt: new Date(at).toISOString(), session, pass, count, checkIn };
}

async function send(rows) {
  const waiting = Math.max(0, (await outbox.countWaiting()) - rows.length);
  const answer = await ask(config.checkIns, {
    sentAt: new Date().toISOString(), // the server measures this phone's clock by it
    waiting,
    checkIns: rows.map(asCheckIn),
  });
  if (!Array.isArray(answer.results)) throw new Error("not our server");
  const sent = new Set(rows.map((row) => row.id));
  return answer.results.filter((result) => sent.has(result?.id) && result.outcome);
}

/** Sends until nothing waits: "empty". The lock is shared by all tabs of this site, so that one
 *  at a time delivers; the others get "busy". Calls `onSettled` after each batch. */
export function deliver(onSettled) {
  return navigator.locks.request("door-outbox", { ifAvailable: true }, async (lock) => {
    if (!lock) return "busy";
    for (;;) {
      const rows = await outbox.waiting(BATCH);
      if (rows.length === 0) return "empty";
      const settled = await outbox.settle(await send(rows));
      if (settled === 0) throw new Error("an answer without our check-ins");
      onSettled();
    }
  });
}
