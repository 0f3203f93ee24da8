// The sessions at this door, and which of them this phone counts for.
import * as clock from "./clock.js";
import { dayOf } from "./config.js";
import * as state from "./state.js";

const MARGIN_MS = 30 * 60_000; // doors open before the start and close after the end
const DAY_MS = 24 * 3600_000;
const KNOWN_AHEAD_MS = 7 * DAY_MS; // as far as the server tells the programme
const CHOICE = "door-session";

let choice = remembered();

function remembered() {
  try {
    return JSON.parse(sessionStorage.getItem(CHOICE));
  } catch {
    return null;
  }
}

const start = (session) => Date.parse(session.startsAt);
const end = (session) => Date.parse(session.endsAt);

/** Today's, and yesterday's as long as it may still be counted for. */
export function all() {
  const today = dayOf(clock.now());
  return state.sessions().filter((one) => one.day === today || (one.day < today && isNear(one)));
}

/** Whether it is known what is on today: not before this phone has heard of its door, nor a week after that,
 *  nor by a clock that was put back since. */
export const areKnown = () => state.age() > -DAY_MS && state.age() < KNOWN_AHEAD_MS;

/** Why there is nothing to count for, as the name of a sign. */
export function missing() {
  if (!areKnown()) return "not_loaded";
  const today = all();
  if (today.length === 0) return "nothing_today";
  return today.every((one) => end(one) + MARGIN_MS < clock.now()) ? "session_over" : "choose_session";
}

/** The worker's choice holds as long as the session is on, or half an hour for one that is not:
 *  a forgotten choice must not take the next group's visits. */
export function choose(id) {
  const session = all().find((one) => one.id === id);
  choice = session ? { id, until: Math.max(end(session), clock.now()) + MARGIN_MS } : null;
  try {
    sessionStorage.setItem(CHOICE, JSON.stringify(choice));
  } catch {
    // then a reload goes back to the running one
  }
}

/** 0 while it is really on, else how long until it starts or since it ended. */
const distance = (session) => Math.max(0, start(session) - clock.now(), clock.now() - end(session));
const isNear = (session) => distance(session) <= MARGIN_MS;

function running() {
  // By the clock and not by the server's last word, which may be hours old in a cellar.
  const near = all().filter((one) => one.status === "scheduled" && isNear(one));
  // At two doors at once only the worker knows which one this is.
  if (new Set(near.map((one) => one.locationName)).size > 1) return null;
  // Of several the one that began last: as attendance/checkin/matching.py chooses.
  const order = (a, b) => distance(a) - distance(b) || start(b) - start(a) || (a.id < b.id ? -1 : 1);
  return near.sort(order)[0] ?? null;
}

/** Whether the server lets somebody in by the code on the screen: attendance/walk_ins.py, never after its end. */
export const takesWalkIns = (one) => one?.status === "scheduled" && isNear(one) && clock.now() < end(one);

/** What a check-in of this moment counts for, or null. */
export function current() {
  const chosen = choice?.until > clock.now() && all().find((one) => one.id === choice.id);
  return chosen || running();
}
