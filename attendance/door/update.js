// The service worker keeps this page for when there is no connection, and brings newer versions of it.
import { config } from "./config.js";

const LOOK_EVERY_MS = 3600_000;
const SOON_MS = 3_000;
const BACKGROUND_SYNC = "door-outbox";

let registration = null;

/** Calls `onWaiting` when a newer version waits, with a function that takes it; and `onDelivered` when the
 *  service worker delivered something by itself. A version that waits when the page opens is taken at once. */
export async function setUpUpdates({ onWaiting, onDelivered }) {
  const worker = navigator.serviceWorker;
  if (!worker) return;
  let isControlled = Boolean(worker.controller);
  worker.addEventListener("controllerchange", () => {
    if (isControlled) location.reload();
    isControlled = true; // the first one ever is no news
  });
  worker.addEventListener("message", ({ data }) => data === "delivered" && onDelivered());
  registration = await worker.register(config.worker, { scope: config.page, updateViaCache: "none" });
  const take = () => registration.waiting?.postMessage("take over");
  // Chromium forgets to, when the page asks for something just then: so it is asked until it does.
  const insist = () => setInterval(take, 300);
  const offer = () => registration.waiting && isControlled && onWaiting(insist);
  if (isControlled) take();
  setTimeout(offer, SOON_MS); // what was busy then takes over when it is asked again
  registration.addEventListener("updatefound", () => registration.installing?.addEventListener("statechange", offer));
  const look = () => registration.update().catch(() => {}); // no connection: next time
  setInterval(look, LOOK_EVERY_MS);
  document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && look());
}

/** Has the browser deliver when there is a connection again, also after the page was closed. Chromium only. */
export async function deliverLater() {
  try {
    await registration?.sync?.register(BACKGROUND_SYNC);
  } catch {
    // not allowed: the page does it when it is opened
  }
}
