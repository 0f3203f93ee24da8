// What this phone counted: rows wait here until the server has named them in an answer.
import { openDB } from "idb";
import { uuid7 } from "./uuid7.js";

const STORE = "checkIns";
const REMEMBERED_MS = 12 * 3600_000;
let opened = null;

/** The browser gives this page no storage, so nothing can be kept on this phone. */
export class NoStorage extends Error {}

const forget = () => (opened = null);

async function openStore() {
  try {
    return await openDB("door", 1, {
      upgrade(db) {
        db.createObjectStore(STORE, { keyPath: "id" }).createIndex("state", "state");
      },
      blocking(_from, _to, event) {
        event.target.close(); // another tab brings a newer version: make way
        forget();
      },
      terminated: forget,
    });
  } catch (error) {
    throw new NoStorage(error.message);
  }
}

function database() {
  if (!opened) {
    opened = openStore();
    opened.catch(forget); // the next scan tries again
  }
  return opened;
}

async function writing() {
  // strict: "complete" must mean on the disk, for the sign that follows is a promise.
  return (await database()).transaction(STORE, "readwrite", { durability: "strict" });
}

/** Resolves with the row once it is on the disk: only then may the phone give a sign. */
export async function add(checkIn) {
  const row = { id: uuid7(), at: Date.now(), state: "waiting", outcome: null, undone: false, ...checkIn };
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
  return (await database()).get(STORE, id);
}

/** The oldest waiting rows; ids are in order of scanning. */
export async function waiting(limit) {
  return (await database()).getAllFromIndex(STORE, "state", "waiting", limit);
}

export async function countWaiting() {
  return (await database()).countFromIndex(STORE, "state", "waiting");
}

/** The latest scans and +1s of this phone, newest first. */
export async function latest(limit) {
  const rows = [];
  let cursor = await (await database()).transaction(STORE).store.openCursor(null, "prev");
  for (; cursor && rows.length < limit; cursor = await cursor.continue()) {
    if (cursor.value.kind !== "void") rows.push(cursor.value);
  }
  return rows;
}

/** Takes over the outcomes and wipes the passes: this phone has no more use for them.
 *  Returns how many rows stopped waiting. */
export async function settle(results) {
  const change = await writing();
  let settled = 0;
  for (const { id, outcome } of results) {
    const row = await change.store.get(id);
    if (row?.state !== "waiting") continue;
    delete row.pass;
    await change.store.put({ ...row, state: "settled", outcome });
    if (row.kind === "void" && outcome !== "voided") await markUndone(change.store, row.checkIn, false);
    settled += 1;
  }
  await change.done;
  return settled;
}

/** Settled rows are kept for the list on the page, and not longer than a working day. */
export async function forgetOld() {
  const change = await writing();
  let cursor = await change.store.index("state").openCursor("settled");
  for (; cursor; cursor = await cursor.continue()) {
    if (cursor.value.at < Date.now() - REMEMBERED_MS) await cursor.delete();
  }
  await change.done;
}
