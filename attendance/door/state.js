// What the server last told of this door, kept for when there is no connection: whose door it is, and its sessions.
import { config, memory } from "./config.js";
import * as clock from "./clock.js";
import { ask, useCsrf } from "./server.js";
import * as store from "./store.js";

const NAME = "state";
let told = null; // { door, sessions, passes, ahead, at }

/** Takes what this phone knew when it was last used. */
export async function restore() {
  told ??= (await store.kept(NAME)) ?? null;
  if (told) clock.remember(told.ahead);
}

export async function load() {
  const answer = await ask(config.state);
  if (!Array.isArray(answer.sessions)) throw new Error("not our server");
  clock.heard(answer.serverTime);
  useCsrf(answer.csrf);
  const { door, sessions, passes, walkIns } = answer;
  told = { door, sessions, passes, walkIns, ahead: clock.offset(), at: answer.serverTime };
  markPaired(Boolean(door));
  await store.keep(NAME, told).catch(() => {}); // without storage a notice says so
  return told;
}

/** A phone that is paired anew has yet to hear what is on there: what it knew was of another door. */
export function becomeDoor(door) {
  told = { door, sessions: [], ahead: clock.offset() };
  return store.keep(NAME, told).catch(() => {});
}

/** For the page of a pass: on a phone that is a door it checks in (see config/static/pass.js). */
const markPaired = (paired) => memory.set("door-paired", paired ? "1" : null);

/** This phone is no door any more, and its code opens none. */
export async function part() {
  markPaired(false);
  if (!told) return;
  told.walkIns = null;
  await store.keep(NAME, told);
}

export const isKnown = () => told !== null;

/** The door that this phone is, or null: a signed-in worker's own phone. */
export const door = () => told?.door ?? null;

export const sessions = () => told?.sessions ?? [];

/** The key of the rotating code for who has no pass, or null. */
export const walkInKey = () => told?.walkIns ?? null;

/** How old this is, in milliseconds by the server's clock. */
export const age = () => (told ? clock.now() - Date.parse(told.at) : Infinity);
