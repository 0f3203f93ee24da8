// What we last heard from the server, by who asked, and the notices that follow from it.
import { notice } from "./notices.js";
import * as state from "./state.js";

const heard = { delivery: "ok", state: "ok" };

/** `what` is "ok", "failed", "notAdmitted" or "noStorage". */
export function hear(who, what) {
  heard[who] = what;
  const all = Object.values(heard);
  const out = all.includes("notAdmitted");
  // A phone was parted; a person was logged out.
  notice("not_paired", out && state.door() !== null);
  notice("logged_out", out && state.isKnown() && state.door() === null);
  notice("no_connection", all.includes("failed"));
  notice("no_storage", all.includes("noStorage"));
}

export const lastHeard = (who) => heard[who];
