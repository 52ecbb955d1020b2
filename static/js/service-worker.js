// Answers in the network's place for attendance lists that were opened on this device, and for nothing else.

const PAGES = "feuilles";
const FIXED = "fixe";
const LISTS = /^(\/en)?\/(espace\/seances\/[0-9a-f-]+\/appel|espace\/appel|appel\/[0-9a-z]+)$/;
const PATIENCE = 6000; // milliseconds: one bar of network is no network

addEventListener("install", () => skipWaiting());
addEventListener("activate", (event) => event.waitUntil(clients.claim()));

addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  if (url.origin !== location.origin) return;
  if (event.request.method === "GET" && url.pathname.startsWith("/static/")) {
    event.respondWith(caches.match(event.request, { cacheName: FIXED }).then((kept) => kept ?? fetch(event.request)));
  } else if (event.request.mode === "navigate" && event.request.method === "GET" && LISTS.test(url.pathname)) {
    event.respondWith(list(event.request, url.pathname));
  } else if (event.request.method === "POST" && /^(\/en)?\/deconnexion$/.test(url.pathname)) {
    event.respondWith(signOut(event.request, url));
  }
});

async function list(request, path) {
  const kept = await caches.match(path, { cacheName: PAGES });
  if (!kept) return fetch(request);
  const late = new Promise((done) => setTimeout(done, PATIENCE));
  const fresh = fetch(request).catch(() => undefined);
  const answer = await Promise.race([fresh, late]);
  return answer && answer.status < 500 ? answer : kept;
}

// Signing out takes the names off this device: not before what was tapped here has left it.
async function signOut(request, url) {
  if (!url.searchParams.has("perdre") && (await unsent())) return Response.redirect("/espace/appel?sortie=1", 303);
  const answer = await fetch(request);
  await Promise.all([caches.delete(PAGES), caches.delete(FIXED), onOps("readwrite", (ops) => ops.clear())]);
  return answer;
}

const unsent = async () => ((await onOps("readonly", (ops) => ops.getAll())) ?? []).some((one) => !one.sent);

// What `work` asks of the queue; undefined where no queue was ever made.
function onOps(mode, work) {
  return new Promise((done) => {
    const request = indexedDB.open("ateliers");
    request.onupgradeneeded = () => request.transaction.abort();
    request.onerror = () => done(undefined);
    request.onsuccess = () => {
      const asked = work(request.result.transaction("ops", mode).objectStore("ops"));
      asked.onsuccess = () => {
        request.result.close();
        done(asked.result);
      };
      asked.onerror = () => done(undefined);
    };
  });
}
