// What this phone keeps of a pass: its letters, and the page itself so that it opens without a connection. Nothing is
// kept by who only looks at the page, and nothing is left once the pass is taken off.
import { fromTyping } from "../door/pass.js";

const NAME = "inloop-pass";

export function read() {
  try {
    return fromTyping(localStorage.getItem(NAME) ?? "");
  } catch {
    return null; // storage is switched off
  }
}

/** Whether that could be done. */
export function keep(token) {
  try {
    localStorage.setItem(NAME, token);
    return true;
  } catch {
    return false;
  }
}

export function workOffline({ worker, address }) {
  navigator.serviceWorker?.register(worker, { scope: address }).catch(() => {}); // then it needs a connection
}

/** Of every language of the page. */
export async function forget() {
  try {
    localStorage.removeItem(NAME);
    for (const one of (await navigator.serviceWorker?.getRegistrations()) ?? []) {
      if (one.scope.endsWith("/p")) await one.unregister();
    }
    for (const name of await caches.keys()) if (name.startsWith("pass ")) await caches.delete(name);
  } catch {
    // a browser that keeps nothing has nothing to forget
  }
}
