// The top of the page: which session, where and when, and how many visits.
import { $, text, timeOfDay } from "./config.js";
import * as sessions from "./sessions.js";

const select = $("session");
const details = $("session-details");
const visits = $("visits");
const visitsLabel = $("visits-label");
let drawn = "";

function nameOf(session) {
  const name = `${session.title}, ${timeOfDay(session.startsAt)}`;
  return session.status === "cancelled" ? `${name} (${text("cancelled_mark")})` : name;
}

function drawOptions(list, isChosen) {
  const options = list.map((session) => new Option(nameOf(session), session.id));
  if (!isChosen) options.unshift(new Option(text(list.length === 0 ? sessions.missing() : "choose"), ""));
  // Only when something changed: a list that is open on the phone must not jump.
  const drawing = JSON.stringify(options.map((option) => [option.value, option.text]));
  if (drawing === drawn) return;
  drawn = drawing;
  select.replaceChildren(...options);
}

function detailsOf(session) {
  if (!session) return text(`${sessions.missing()}_help`);
  if (session.status === "cancelled") return `${text("session_cancelled")} ${session.cancelReason}`.trim();
  const values = { start: timeOfDay(session.startsAt), end: timeOfDay(session.endsAt), place: session.locationName };
  return text("session_details", values);
}

/** Draws `session` as the one that is counted for, or null as "choose one". */
export function drawSession(session) {
  const list = sessions.all();
  drawOptions(list, Boolean(session));
  select.disabled = list.length === 0;
  if (select.value !== (session?.id ?? "")) select.value = session?.id ?? "";
  details.textContent = detailsOf(session);
  details.classList.toggle("warning", session?.status !== "scheduled");
  visits.textContent = session ? session.visits : "–";
  visitsLabel.textContent = text(session?.visits === 1 ? "visit" : "visits");
}

export function onChoice(act) {
  select.addEventListener("change", () => {
    sessions.choose(select.value);
    act();
  });
}
