// What we last heard from the server, by who asked, and the notices that follow from it.
import { notice } from "./notices.js";

const heard = { delivery: "ok", sessions: "ok" };

/** `state` is "ok", "failed", "loggedOut" or "noStorage". */
export function hear(who, state) {
  heard[who] = state;
  const states = Object.values(heard);
  notice("logged_out", states.includes("loggedOut"));
  notice("no_connection", states.includes("failed"));
  notice("no_storage", states.includes("noStorage"));
}

export const lastHeard = (who) => heard[who];
