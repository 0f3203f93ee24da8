// The service worker: the page works without a connection, and what it kept is delivered also when it is closed.
// The server puts VERSION, KEPT (the addresses of all that the page is made of) and ADDRESSES before this.
import { deliver } from "./sync.js";

const { VERSION, KEPT, ADDRESSES } = self;
const OURS = `door ${ADDRESSES.page} `; // another language of the page has a worker and a cache of its own
const CACHE = OURS + VERSION;

async function fill() {
  const cache = await caches.open(CACHE);
  // All or nothing, and none from the browser's own cache: half a version is none.
  await cache.addAll(KEPT.map((url) => new Request(url, { cache: "reload" })));
  // The page may come from a server that is older than what it is made of: then this is tried again at the next look.
  const page = await (await cache.match(ADDRESSES.page)).text();
  if (!KEPT.every((url) => !/js$|css$|wasm$/.test(url) || page.includes(url))) throw new Error("two versions");
}

async function takeOver() {
  for (const name of await caches.keys()) {
    if (name.startsWith(OURS) && name !== CACHE) await caches.delete(name);
  }
  await self.clients.claim();
}

async function kept(path, request) {
  const cache = await caches.open(CACHE);
  return (await cache.match(path)) ?? fetch(request);
}

async function deliverAndTell() {
  let some = false;
  await deliver(ADDRESSES, () => (some = true));
  if (!some) return;
  for (const page of await self.clients.matchAll()) page.postMessage("delivered");
}

self.addEventListener("install", (event) => event.waitUntil(fill()));
self.addEventListener("activate", (event) => event.waitUntil(takeOver()));
self.addEventListener("fetch", (event) => {
  const { request } = event;
  const { pathname, origin } = new URL(request.url);
  if (request.method !== "GET" || origin !== location.origin || !KEPT.includes(pathname)) return;
  event.respondWith(kept(pathname, request));
});
// A newer version waits until the page says that nobody is at the door.
self.addEventListener("message", ({ data }) => data === "take over" && self.skipWaiting());
self.addEventListener("sync", (event) => event.tag === "door-outbox" && event.waitUntil(deliverAndTell()));
