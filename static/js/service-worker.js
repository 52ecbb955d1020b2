// Answers in the network's place for attendance lists that were opened on this device; other pages say that there is none.

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
    event.respondWith(fixed(event.request));
  } else if (event.request.method === "GET" && event.request.mode === "navigate") {
    event.respondWith(LISTS.test(url.pathname) ? list(event.request, url.pathname) : other(event.request, url.pathname));
  } else if (event.request.method === "POST" && /^(\/en)?\/deconnexion$/.test(url.pathname)) {
    event.respondWith(signOut(event.request, url));
  }
});

// What a page is made of; without network an older one does.
async function fixed(request) {
  const kept = await caches.match(request, { cacheName: FIXED });
  return kept ?? fetch(request).catch(async () => (await match(request)) ?? Response.error());
}

const match = (request) => caches.match(request, { cacheName: FIXED, ignoreSearch: true });

async function list(request, path) {
  const kept = await caches.match(path, { cacheName: PAGES });
  if (!kept) return other(request, path);
  const late = new Promise((done) => setTimeout(done, PATIENCE));
  const fresh = fetch(request).catch(() => undefined);
  const answer = await Promise.race([fresh, late]);
  if (!answer || answer.status >= 500) return kept;
  // A list that this person may not see, or not before they sign in, stays as long as something tapped waits here: it says so.
  const isOver = [404, 410].includes(answer.status);
  if ((isOver || answer.type === "opaqueredirect") && (await unsent())) return kept;
  if (isOver) await (await caches.open(PAGES)).delete(path);
  return answer;
}

// A page that is not kept: without network, one that says so and leads to those that are.
const other = (request, path) =>
  fetch(request).catch(async () => (await match(`${language(path)}/hors-ligne`)) ?? Response.error());

const language = (path) => (path.startsWith("/en/") ? "/en" : "");

// Signing out takes the names off this device: not before what was tapped here has left it, and only once the server knows.
async function signOut(request, url) {
  const stay = (why) => Response.redirect(`${language(url.pathname)}/espace/appel?sortie=${why}`, 303);
  if (!url.searchParams.has("perdre") && (await unsent())) return stay("1");
  let answer;
  try {
    answer = await fetch(request);
  } catch {
    return stay("reseau");
  }
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
