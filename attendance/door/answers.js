// The signs of a check-in: what this phone thinks of it, and the server's answer when that comes.
import * as outbox from "./outbox.js";
import * as sign from "./sign.js";

const SOON_MS = 400;
const STALE_MS = 10_000; // by then the child has gone in: the list tells, not the sign

const expected = new Map(); // id -> { since: when it was scanned, seenAt: the frame it was in }

/** What needs a person is said at once. That it is only kept is said when the server is slow to answer,
 *  or at once when `reachable` is false: then nobody needs to wait. */
export function expectAnswer(row, { reachable, seenAt }) {
  expected.set(row.id, { since: Date.now(), seenAt });
  const own = sign.kindWhileKept(row.verdict);
  const say = () => expected.has(row.id) && sign.show(own, { about: row.id, seenAt });
  if (own !== "kept" || !reachable) say();
  else setTimeout(say, SOON_MS);
}

/** Looks in the outbox, for another tab may have delivered it. Returns the answered rows. */
export async function showAnswers() {
  const answered = [];
  const timely = [];
  for (const [id, { since, seenAt }] of expected) {
    const stale = Date.now() - since > STALE_MS && !sign.isAbout(id);
    const row = await outbox.get(id);
    if (row?.state === "waiting" && !stale) continue;
    if (!expected.delete(id)) continue; // a call beside this one was faster
    if (row?.state !== "settled") continue;
    answered.push(row);
    if (!stale) timely.push({ ...row, seenAt });
  }
  // Of several at once the one that needs a person is shown.
  const shown = timely.findLast((row) => sign.needsAttention(row.outcome)) ?? timely.at(-1);
  const kind = shown && sign.kindOf(shown.outcome);
  // What stands there already is not said again.
  if (kind && !(sign.isAbout(shown.id) && sign.isShown(kind))) {
    sign.show(kind, { about: shown.id, seenAt: shown.seenAt });
  }
  return answered;
}
