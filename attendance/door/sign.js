// The one large sign after each scan: colour, icon, word, a sentence what to do, sound and buzz.
import { hasText, text } from "./config.js";
import { give } from "./feedback.js";

const FRESH_MS = 4_000; // then it steps back: the next child must not take it for theirs
const QUIET = new Set(["scanning", "session_changed", "not_loaded"]);
const FINE = new Set(["counted", "already_in", "voided"]);

const frame = document.getElementById("scan");
const sign = document.getElementById("sign");
const icon = document.querySelector("#sign use");
const word = document.getElementById("sign-word");
const sentence = document.getElementById("sign-sentence");
const still = matchMedia("(prefers-reduced-motion: reduce)");
let timer;
let shownFor = null;

/** An outcome that this page has no words for is shown as one that needs a look. */
export const kindOf = (outcome) => (hasText(outcome) ? outcome : "invalid");

export const needsAttention = (outcome) => !FINE.has(outcome);

/** Whether the sign on the page is about this check-in. */
export const isAbout = (id) => id === shownFor;

export function show(kind, { about = null, values = {} } = {}) {
  shownFor = about;
  frame.dataset.kind = kind;
  icon.setAttribute("href", `#icon-${kind}`);
  // New nodes, not new text: "Counted" twice in a row must be read out twice.
  word.replaceChildren(text(kind, values));
  sentence.replaceChildren(text(`${kind}_help`, values));
  delete sign.dataset.past;
  clearTimeout(timer);
  timer = setTimeout(() => (sign.dataset.past = ""), FRESH_MS);
  if (!still.matches) sign.animate([{ transform: "scale(0.94)" }, { transform: "none" }], 140);
  if (!QUIET.has(kind)) give(kind);
}
