// The two signs of a check-in: "kept" when the server takes long, and its answer when it comes.
import * as outbox from "./outbox.js";
import * as sign from "./sign.js";

const SOON_MS = 400;
const STALE_MS = 10_000; // by then the child has gone in: the list tells, not the sign

const expected = new Map(); // id -> the moment of the scan

/** `reachable` is false when the last attempt failed: then nobody needs to wait for the sign. */
export function expectAnswer(row, reachable) {
  expected.set(row.id, Date.now());
  const keptSign = () => expected.has(row.id) && sign.show("kept", { about: row.id });
  setTimeout(keptSign, reachable ? SOON_MS : 0);
}

/** Looks in the outbox, for another tab may have delivered it. Returns the answered rows. */
export async function showAnswers() {
  const answered = [];
  const timely = [];
  for (const [id, since] of expected) {
    const stale = Date.now() - since > STALE_MS && !sign.isAbout(id);
    const row = await outbox.get(id);
    if (row?.state === "waiting" && !stale) continue;
    if (!expected.delete(id)) continue; // a call beside this one was faster
    if (row?.state !== "settled") continue;
    answered.push(row);
    if (!stale) timely.push(row);
  }
  // Of several at once the one that needs a person is shown.
  const shown = timely.findLast((row) => sign.needsAttention(row.outcome)) ?? timely.at(-1);
  if (shown) sign.show(sign.kindOf(shown.outcome), { about: shown.id });
  return answered;
}
