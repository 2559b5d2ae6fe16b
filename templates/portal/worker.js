// Opens the card without network. Pages always come from the network while there is one; only the card is kept.
"use strict";
const KEPT = JSON.parse("{{ kept_json|escapejs }}");
const STORE = KEPT.prefix + KEPT.version;

self.addEventListener("install", (event) => {
  event.waitUntil(caches.open(STORE).then((store) => store.addAll(KEPT.files)).then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => {
  const old = (name) => name.startsWith(KEPT.prefix) && name !== STORE;
  event.waitUntil(
    caches.keys().then((names) => Promise.all(names.filter(old).map((name) => caches.delete(name))))
      .then(() => self.clients.claim()).then(keep)
  );
});

// the card of who is signed in: an answer that leads elsewhere is of nobody, and is not followed there; one that was
// asked for before she signed out may come after, and is not kept
let forgotten = 0;
async function keep() {
  const before = forgotten;
  try {
    const answer = await fetch(KEPT.card, { credentials: "same-origin", cache: "no-store", redirect: "manual" });
    const store = await caches.open(STORE);
    if (answer.ok && forgotten === before) await store.put(KEPT.card, answer);
    if (answer.type === "opaqueredirect" || forgotten !== before) await store.delete(KEPT.card);
  } catch {
    // no network: what was kept before stays
  }
}
async function forget() {
  forgotten += 1;
  await (await caches.open(STORE)).delete(KEPT.card);
}

self.addEventListener("message", (event) => {
  if (event.data === "keep") event.waitUntil(keep());
  if (event.data === "forget") event.waitUntil(forget());
});

self.addEventListener("fetch", (event) => {
  const request = event.request;
  if (request.method !== "GET") return;
  if (request.mode === "navigate") {
    event.respondWith(fetch(request).catch(async () => (await caches.match(KEPT.card)) || Response.error()));
  } else if (KEPT.files.includes(new URL(request.url).pathname)) {
    event.respondWith(fetch(request).catch(async () => (await caches.match(request, { ignoreSearch: true })) || Response.error()));
  }
});
