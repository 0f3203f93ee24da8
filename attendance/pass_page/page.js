// A young person's pass. It stands after the # of the address, which is sent to no server, and this phone keeps it: so
// the page opens from the home screen too. It is drawn here: with this script nothing is asked of a server at all.
import { generate } from "lean-qr/nano";
import { fromTyping } from "../door/pass.js";
import * as kept from "./kept.js";

const QUIET_ZONE = 4; // modules, as ISO/IEC 18004 asks

const place = document.getElementById("pass");
const part = (name) => place.querySelector(`[data-part=${name}]`);
const isShown = () => !part("card").hidden;

/** Whether this phone is a door (see attendance/door/state.js): its own camera opened the pass of a visitor. */
function isDoor() {
  try {
    return localStorage.getItem("door-paired") === "1";
  } catch {
    return false; // storage is switched off
  }
}

// ---- what is seen
function draw(token) {
  const modules = generate(`${place.dataset.code}${token}`);
  const side = modules.size + 2 * QUIET_ZONE;
  let black = "";
  for (let y = 0; y < modules.size; y += 1) {
    for (let x = 0, end; x < modules.size; x = end + 1) {
      for (end = x; end < modules.size && modules.get(end, y); end += 1);
      if (end > x) black += `M${x + QUIET_ZONE} ${y + QUIET_ZONE}h${end - x}v1H${x + QUIET_ZONE}z`;
    }
  }
  place.querySelector(".qr").innerHTML =
    `<svg viewBox="0 0 ${side} ${side}"><path fill="#fff" d="M0 0h${side}v${side}H0z"/><path d="${black}"/></svg>`;
}

function showOnly(...names) {
  for (const one of place.querySelectorAll("[data-part]")) one.hidden = !names.includes(one.dataset.part);
}

/** After a button that is gone now. */
function goToCard() {
  scrollTo(0, 0);
  part("card").focus({ preventScroll: true });
}

async function stayAwake() {
  if (document.hidden || !isShown()) return;
  try {
    await navigator.wakeLock?.request("screen"); // the browser lets go when the page is left
  } catch {
    // an almost empty battery: the phone may decide
  }
}

// ---- which pass
function open() {
  const carried = fromTyping(location.hash.slice(1));
  if (carried && isDoor()) return location.replace(`${place.dataset.door}#pass=${carried}`);
  const own = kept.read();
  if (!carried && own) return location.replace(`#${own}`); // and comes back here by its event
  for (const link of document.querySelectorAll(".languages a")) link.hash = location.hash;
  if (!carried) return;
  draw(carried);
  const isKept = own ? own === carried : kept.keep(carried);
  showOnly("card", "rules", own && !isKept ? "other" : isKept ? "keeps" : "cannot");
  if (isKept) kept.workOffline(place.dataset);
  stayAwake();
}

const pressed = {
  keep() {
    kept.keep(fromTyping(location.hash.slice(1)));
    open();
    goToCard();
  },
  other() {
    location.replace(`#${kept.read()}`);
    goToCard();
  },
  async remove() {
    await kept.forget();
    location.replace("#");
    showOnly("removed", "ask");
    part("removed").focus();
  },
  print() {
    print();
  },
};

place.addEventListener("click", ({ target }) => pressed[target.closest("[data-press]")?.dataset.press]?.());
place.addEventListener("submit", (event) => {
  const token = fromTyping(event.target.elements.token?.value ?? "");
  if (!token) return; // the server says what is wrong with it
  event.preventDefault();
  location.replace(`#${token}`);
});
document.addEventListener("visibilitychange", stayAwake);
addEventListener("hashchange", open);

// ---- on the home screen
// iOS gives what stands there a storage of its own, without the pass. Without a manifest it keeps the whole address
// of the moment instead, and that has the pass after its #.
if ("standalone" in navigator) document.querySelector("link[rel=manifest]")?.remove();
addEventListener("beforeinstallprompt", (offer) => {
  offer.preventDefault();
  const button = place.querySelector("[data-install]");
  button.hidden = false;
  button.onclick = () => offer.prompt();
});

open();
