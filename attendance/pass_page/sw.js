// The service worker of the page with a pass: it opens without a connection. No pass goes through here.
// The server puts VERSION, KEPT (the addresses of all that the page is made of) and ADDRESSES before this.
const { VERSION, KEPT, ADDRESSES } = self;
const OURS = `pass ${ADDRESSES.page} `; // another language of the page has a worker and a cache of its own
const CACHE = OURS + VERSION;

async function fill() {
  const cache = await caches.open(CACHE);
  // All or nothing, and none from the browser's own cache: half a version is none.
  await cache.addAll(KEPT.map((url) => new Request(url, { cache: "reload" })));
  // A page may come from a server that is older than what it is made of: then this is tried again at the next look.
  const page = await (await cache.match(ADDRESSES.page)).text();
  if (!KEPT.every((url) => !/js$|css$/.test(url) || page.includes(url))) throw new Error("two versions");
  await self.skipWaiting(); // nobody is at anything that a newer version could break off
}

async function takeOver() {
  for (const name of await caches.keys()) {
    if (name.startsWith(OURS) && name !== CACHE) await caches.delete(name);
  }
  await self.clients.claim();
}

// Not by caches.open, which would make again what was taken off.
const kept = async (path) => (await caches.match(path, { cacheName: CACHE })) ?? fetch(path);

self.addEventListener("install", (event) => event.waitUntil(fill()));
self.addEventListener("activate", (event) => event.waitUntil(takeOver()));
self.addEventListener("fetch", (event) => {
  const { request } = event;
  const { pathname, origin } = new URL(request.url);
  if (request.method !== "GET" || origin !== location.origin) return;
  if (KEPT.includes(pathname)) event.respondWith(kept(pathname));
  // A scope is a beginning of addresses: /privacy begins with /p too. Where the network fails, a page that helps.
  else if (request.mode === "navigate") event.respondWith(fetch(request).catch(() => kept(ADDRESSES.offline)));
});
