// How far the server's clock is ahead of this phone's. A phone may be hours or years off, and may
// be put right in the middle of a day.
const JUMP_MS = 2_000;
const SET_RIGHT_MS = 60_000;

let ahead = 0;
let zero = null; // the phone's clock at performance.now() = 0, when it was measured

/** How far the clock was set since it was measured, or how long the phone slept. */
const jump = () => (zero === null ? 0 : Date.now() - performance.now() - zero);

export function heard(serverTime) {
  ahead = Date.parse(serverTime) - Date.now();
  zero = Date.now() - performance.now();
}

/** What was measured before this page was opened: good enough to tell which session is on. */
export function remember(milliseconds) {
  if (zero === null) ahead = milliseconds;
}

/** Whether it was measured on this page, and the phone's clock has not been set since. */
export const isMeasured = () => zero !== null && Math.abs(jump()) < JUMP_MS;

/** In milliseconds, or null when that is not known for certain. */
export const correction = () => (isMeasured() ? ahead : null);

/** In milliseconds, as far as it is known: a clock that was set by just as much as it was wrong is right now. */
export const offset = () => (!isMeasured() && Math.abs(jump() - ahead) < SET_RIGHT_MS ? 0 : ahead);

/** The server's time of day. */
export const now = () => Date.now() + offset();
