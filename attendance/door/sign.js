// The one large sign after each scan: colour, icon, word, a sentence what to do, sound and buzz.
import { $, hasText, text } from "./config.js";
import { give } from "./feedback.js";
import { measured } from "./measuring.js";

const FRESH_MS = 4_000; // then it steps back: the next child must not take it for theirs
const QUIET = new Set(["ready", "scanning", "session_changed", "not_loaded", "kiosk_ready"]);
const FINE = new Set(["counted", "already_in", "voided"]);

const frame = $("scan");
const sign = $("sign");
const icon = document.querySelector("#sign use");
const word = $("sign-word");
const sentence = $("sign-sentence");
const still = matchMedia("(prefers-reduced-motion: reduce)");
let timer;
let shownFor = null;
let resting = null;

/** An outcome that this page has no words for is shown as one that needs a look. */
export const kindOf = (outcome) => (hasText(outcome) ? outcome : "invalid");

/** The sign of what the server has not answered yet, by what this phone thinks of it. */
export function kindWhileKept(verdict) {
  if (!verdict || verdict === "known") return "kept";
  return verdict === "unknown_pass" ? "unknown_kept" : verdict;
}

export const needsAttention = (outcome) => !FINE.has(outcome);

/** Whether the sign on the page is about this check-in. */
export const isAbout = (id) => id === shownFor;
export const isShown = (kind) => frame.dataset.kind === kind;

/** A visitor who stands alone before a kiosk is spoken to otherwise than the worker. */
const wording = (key) => (document.body.dataset.mode === "kiosk" && hasText(`kiosk_${key}`) ? `kiosk_${key}` : key);

/** What a fresh sign goes back to; none lets it step back where it is. */
export const restAs = (kind) => (resting = kind);

export function show(kind, { about = null, values = {}, seenAt = null } = {}) {
  shownFor = about;
  frame.dataset.kind = kind;
  icon.setAttribute("href", `#icon-${kind}`);
  // New nodes, not new text: "Counted" twice in a row must be read out twice.
  word.replaceChildren(text(wording(kind), values));
  sentence.replaceChildren(text(wording(`${kind}_help`), values));
  delete sign.dataset.past;
  clearTimeout(timer);
  timer = setTimeout(stepBack, FRESH_MS, kind);
  if (!still.matches) sign.animate([{ transform: "scale(0.94)" }, { transform: "none" }], 140);
  if (!QUIET.has(kind)) give(kind);
  measured(seenAt);
}

function stepBack(kind) {
  if (resting && kind !== resting) show(resting);
  else sign.dataset.past = "";
}
