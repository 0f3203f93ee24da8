// Today's sessions here, and which of them this phone counts for.
import { config } from "./config.js";
import { ask } from "./server.js";

const MARGIN_MS = 30 * 60_000; // doors open before the start and close after the end
const CHOICE = "door-session";

let sessions = [];
let loaded = false;
let ahead = 0; // how far the server's clock is ahead of this phone's
let choice = remembered();

function remembered() {
  try {
    return JSON.parse(sessionStorage.getItem(CHOICE));
  } catch {
    return null;
  }
}

const now = () => Date.now() + ahead;
const start = (session) => Date.parse(session.startsAt);
const end = (session) => Date.parse(session.endsAt);

export async function load() {
  const answer = await ask(config.sessions);
  if (!Array.isArray(answer.sessions)) throw new Error("not our server");
  sessions = answer.sessions;
  ahead = Date.parse(answer.serverTime) - Date.now();
  loaded = true;
}

export const all = () => sessions;

/** Why there is nothing to count for, as the name of a sign. */
export function missing() {
  if (!loaded) return "not_loaded";
  return sessions.length === 0 ? "nothing_today" : "choose_session";
}

/** The worker's choice holds as long as the session is on, or half an hour for one that is not:
 *  a forgotten choice must not take the next group's visits. */
export function choose(id) {
  const session = sessions.find((one) => one.id === id);
  choice = session ? { id, until: Math.max(end(session), now()) + MARGIN_MS } : null;
  try {
    sessionStorage.setItem(CHOICE, JSON.stringify(choice));
  } catch {
    // then a reload goes back to the running one
  }
}

/** 0 while it is really on, else how long until it starts or since it ended. */
const distance = (session) => Math.max(0, start(session) - now(), now() - end(session));

function running() {
  // By the clock and not by the server's last word, which may be hours old in a cellar.
  const near = sessions.filter((one) => one.status === "scheduled" && distance(one) <= MARGIN_MS);
  // At two doors at once only the worker knows which one this is.
  if (new Set(near.map((one) => one.locationName)).size > 1) return null;
  return near.reduce((best, one) => (best && distance(best) <= distance(one) ? best : one), null);
}

/** What a check-in of this moment counts for, or null. */
export function current() {
  const chosen = choice?.until > now() && sessions.find((one) => one.id === choice.id);
  return chosen || running();
}
