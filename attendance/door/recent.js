// The last scans of this phone: time, kind and outcome, never a pass. Each can be undone.
import { $, text, timeOfDay } from "./config.js";
import * as outbox from "./outbox.js";
import { kindOf, kindWhileKept } from "./sign.js";

const SHOWN = 8;
const list = $("recent");
const template = $("recent-row");
let drawn = "";

const kindShown = (row) => {
  if (row.undone) return "voided";
  return row.outcome ? kindOf(row.outcome) : kindWhileKept(row.verdict);
};
const canUndo = (row) => !row.undone && (row.outcome === null || row.outcome === "counted");

function rowOf(row) {
  const item = template.content.firstElementChild.cloneNode(true);
  const kind = kindShown(row);
  const time = timeOfDay(row.at);
  item.dataset.kind = kind;
  item.dataset.id = row.id;
  item.querySelector("time").textContent = time;
  item.querySelector("time").dateTime = new Date(row.at).toISOString();
  item.querySelector(".how-word").textContent = text(`kind_${row.kind}`, { number: row.count });
  item.querySelector(".how-icon use").setAttribute("href", `#icon-kind-${row.kind}`);
  item.querySelector(".outcome-word").textContent = text(kind);
  item.querySelector(".outcome-icon use").setAttribute("href", `#icon-${kind}`);
  const undo = item.querySelector("button");
  if (canUndo(row)) undo.setAttribute("aria-label", text("undo_of", { time }));
  else undo.remove();
  return item;
}

export async function drawRecent() {
  const rows = await outbox.latest(SHOWN);
  const drawing = JSON.stringify(rows);
  if (drawing === drawn) return;
  drawn = drawing;
  const focused = list.contains(document.activeElement) && document.activeElement.closest("li")?.dataset.id;
  list.replaceChildren(...rows.map(rowOf));
  // The button that had the focus is a new one now, or gone: stay near for who uses the keyboard.
  if (focused) (list.querySelector(`[data-id="${focused}"] button`) ?? list).focus();
}

export function onUndo(act) {
  list.addEventListener("click", (event) => {
    const id = event.target.closest("button")?.closest("li").dataset.id;
    if (id) act(id);
  });
}
