// Tells that the phone was paired, as soon as it is. The code was shown for this once: a reload leads to the list.
const EVERY_MS = 3000;
const place = document.getElementById("pairing");
let state = place.querySelector("[data-state]").dataset.state;

history.replaceState(null, "", place.dataset.list);

async function look() {
  if (document.hidden) return;
  try {
    const answer = await fetch(place.dataset.address, { cache: "no-store" });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = answer.ok && page.querySelector("[data-state]");
    if (!fresh) return; // logged out, or a fault: the list says it too
    if (fresh.dataset.state === state) return;
    state = fresh.dataset.state;
    place.replaceChildren(fresh);
  } catch {
    return; // no connection: the next look will do
  }
  if (state === "waiting") return;
  clearInterval(timer);
  for (const part of document.querySelectorAll("[data-code]")) part.hidden = true;
  document.querySelector("[data-again]").hidden = state === "paired" || state === "parted";
}

const timer = setInterval(look, EVERY_MS);
document.addEventListener("visibilitychange", () => { if (state === "waiting") look(); });
