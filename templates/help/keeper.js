// Keeps one page for when there is no connection: help. It sees no other page of this site.
"use strict";
const KEPT = {{ ("teduh-help-" ~ version)|tojson }};
const HELP = {{ help|tojson }};
const PAGES = {{ pages|tojson }};
const FILES = {{ files|tojson }};
const PATIENCE = 6000;
const language = new URL(self.location).searchParams.get("bahasa") === "en" ? "en" : "id";

self.addEventListener("install", (event) => {
  self.skipWaiting();
  event.waitUntil((async () => {
    const kept = await caches.open(KEPT);
    // Without cookies: what is kept is the same for everybody.
    await kept.addAll([...Object.values(PAGES), ...FILES].map(
      (address) => new Request(address, {credentials: "omit", cache: "reload"})));
  })());
});

self.addEventListener("activate", (event) => {
  event.waitUntil((async () => {
    for (const name of await caches.keys()) if (name !== KEPT) await caches.delete(name);
  })());
});

self.addEventListener("fetch", (event) => {
  const {request} = event;
  const address = new URL(request.url);
  if (request.method !== "GET" || address.origin !== self.location.origin) return;
  if (FILES.includes(address.pathname + address.search)) {
    event.respondWith(caches.match(request).then((found) => found || fetch(request)));
  } else if (request.mode === "navigate" && address.pathname === HELP) {
    event.respondWith(online(request).catch(() => caches.match(PAGES[language])));
  } else if (request.mode === "navigate" && Object.values(PAGES).includes(address.pathname)) {
    event.respondWith(online(request).catch(() => caches.match(address.pathname)));
  }
});

// A line that hangs is as good as none.
function online(request) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(reject, PATIENCE);
    fetch(request).then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
