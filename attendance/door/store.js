// The phone's own database: the outbox, and what it keeps of its door for when there is no connection.
import { openDB } from "idb";

export const CHECK_INS = "checkIns";
export const KEPT = "kept";
let opened = null;

/** The browser gives this page no storage, so nothing can be kept on this phone. */
export class NoStorage extends Error {}

const forget = () => (opened = null);

async function open() {
  try {
    return await openDB("door", 2, {
      upgrade(db, from, _to, change) {
        const rows = from ? change.objectStore(CHECK_INS) : db.createObjectStore(CHECK_INS, { keyPath: "id" });
        if (!from) rows.createIndex("state", "state");
        rows.createIndex("mark", "mark");
        db.createObjectStore(KEPT);
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

export function database() {
  if (!opened) {
    opened = open();
    opened.catch(forget); // the next scan tries again
  }
  return opened;
}

/** What is kept under this name, or undefined. */
export const kept = async (name) => (await database()).get(KEPT, name);

export const keep = async (name, value) => (await database()).put(KEPT, value, name);

export const drop = async (name) => (await database()).delete(KEPT, name);
