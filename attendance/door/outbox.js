// What this phone counted: rows wait here until the server has named them in an answer.
import * as clock from "./clock.js";
import { CHECK_INS, database } from "./store.js";
import { uuid7 } from "./uuid7.js";

const REMEMBERED_MS = 12 * 3600_000;
const LOOK_EVERY_MS = 600_000;
// Waiting for an answer, or one of these: then its pass is in.
const IN = [null, "counted", "already_in"];

async function writing() {
  // strict: "complete" must mean on the disk, for the sign that follows is a promise.
  return (await database()).transaction(CHECK_INS, "readwrite", { durability: "strict" });
}

/** Resolves with the row once it is on the disk: only then may the phone give a sign. */
export async function add(checkIn) {
  const times = { at: Date.now(), correction: clock.correction() };
  const row = { id: uuid7(), ...times, state: "waiting", outcome: null, undone: false, ...checkIn };
  const change = await writing();
  const steps = [change.store.add(row), change.done];
  if (row.kind === "void") steps.push(markUndone(change.store, row.checkIn, true));
  await Promise.all(steps);
  return row;
}

async function markUndone(store, id, undone) {
  const row = await store.get(id);
  if (row) await store.put({ ...row, undone });
}

export async function get(id) {
  return (await database()).get(CHECK_INS, id);
}

/** The oldest waiting rows; ids are in order of scanning. */
export async function waiting(limit) {
  return (await database()).getAllFromIndex(CHECK_INS, "state", "waiting", limit);
}

export async function countWaiting() {
  return (await database()).countFromIndex(CHECK_INS, "state", "waiting");
}

// A second look at a pass says nothing more than the first; should that one be taken back, it is not in.
const standing = ({ undone, outcome, verdict }) =>
  !undone && verdict !== "already_in" && IN.includes(outcome);

/** Whether this phone has let in the pass behind this mark; what was taken back or refused is not in. */
export async function isIn(mark) {
  return (await (await database()).getAllFromIndex(CHECK_INS, "mark", mark)).some(standing);
}

/** The latest scans and +1s of this phone, newest first. */
export async function latest(limit) {
  const rows = [];
  let cursor = await (await database()).transaction(CHECK_INS).store.openCursor(null, "prev");
  for (; cursor && rows.length < limit; cursor = await cursor.continue()) {
    if (cursor.value.kind !== "void") rows.push(cursor.value);
  }
  return rows;
}

/** Takes over the outcomes and wipes the passes, and the marks of those who are not in: they are of no more use here.
 *  Returns how many rows stopped waiting. */
export async function settle(results) {
  const change = await writing();
  let settled = 0;
  for (const { id, outcome } of results) {
    const row = await change.store.get(id);
    if (row?.state !== "waiting") continue;
    delete row.pass;
    if (!IN.includes(outcome)) delete row.mark;
    await change.store.put({ ...row, state: "settled", outcome });
    if (row.kind === "void" && outcome !== "voided") await markUndone(change.store, row.checkIn, false);
    settled += 1;
  }
  await change.done;
  return settled;
}

let lookedAt;

/** Settled rows are kept for the list on the page, and not longer than a working day;
 *  of a clock that was put back nothing stays in the future either. Looks now and then, however often it is called. */
export async function forgetOld() {
  const now = Date.now();
  if (Math.abs(now - lookedAt) < LOOK_EVERY_MS) return;
  lookedAt = now;
  const change = await writing();
  let cursor = await change.store.index("state").openCursor("settled");
  for (; cursor; cursor = await cursor.continue()) {
    if (Math.abs(now - cursor.value.at) > REMEMBERED_MS) await cursor.delete();
  }
  await change.done;
}
