// Opens the empty form of a new request where there is no signal. It keeps that form and the files
// the form is made of, and no other page: what was typed stays in the form's own script.
"use strict";

const KEPT = `intake-${new URL(location.href).searchParams.get("edition")}`;
const FORM = new URL(registration.scope).pathname;
// On a bad line the kept form opens rather than none.
const PATIENCE_MS = 6000;

self.addEventListener("install", () => self.skipWaiting());

self.addEventListener("activate", (event) => {
  event.waitUntil((async () => {
    for (const name of await caches.keys()) {
      if (name.startsWith("intake-") && name !== KEPT) await caches.delete(name);
    }
    await clients.claim();
  })());
});

self.addEventListener("fetch", (event) => {
  const { method, mode, url } = event.request;
  const { origin, pathname, searchParams } = new URL(url);
  if (method !== "GET" || origin !== location.origin) return;
  if (mode === "navigate" && pathname === FORM) {
    const kind = searchParams.get("kind") === "project" ? "project" : "youth";
    event.respondWith(openForm(event.request, `${FORM}?kind=${kind}`));
  } else if (pathname.includes("/static/")) {
    event.respondWith(openFile(event.request));
  }
});

async function openForm(request, address) {
  const cache = await caches.open(KEPT);
  const kept = await cache.match(address, { ignoreVary: true });
  const fresh = fetch(request).then(async (answer) => {
    if (answer.ok) await cache.put(address, answer.clone());
    return answer;
  });
  if (!kept) return fresh;
  const late = new Promise((resolve) => setTimeout(resolve, PATIENCE_MS, kept));
  return Promise.race([fresh.catch(() => kept), late]);
}

async function openFile(request) {
  const cache = await caches.open(KEPT);
  return (await cache.match(request, { ignoreVary: true })) ?? fetch(request);
}
