// When to deliver: at once when something happened, else after 1, 2, 4 ... 60 s, each time a
// random part of it so that phones do not come back all together.
// navigator.onLine is never asked: it knows about a cable, not about an answer.
import { NotAdmitted } from "./server.js";
import { NoStorage } from "./store.js";

const LONGEST_S = 60;
const BUSY_S = 2; // another tab is at it: look again soon, its answers are ours too

/** Returns a function that tries now. `report` hears "empty", "busy", "failed", "notAdmitted" or "noStorage". */
export function retrying(deliver, report) {
  let timer;
  let failures = 0;
  let running = false;
  let again = false;

  async function attempt() {
    try {
      return await deliver();
    } catch (error) {
      if (error instanceof NotAdmitted) return "notAdmitted";
      return error instanceof NoStorage ? "noStorage" : "failed";
    }
  }

  async function run() {
    clearTimeout(timer);
    again = running;
    if (running) return;
    running = true;
    const state = await attempt();
    running = false;
    failures = state === "failed" ? failures + 1 : 0;
    report(state);
    if (again) run();
    else if (state === "failed") wait(Math.min(LONGEST_S, 2 ** (failures - 1)));
    else if (state === "busy") wait(BUSY_S);
    // The rest only a person can mend; coming back to the page tries again.
  }

  function wait(seconds) {
    timer = setTimeout(run, 250 + Math.random() * seconds * 1000);
  }

  return () => {
    failures = 0;
    run();
  };
}
