// The attendance list without network: what is kept on this device (`gardees.js`) is laid over the server's page.
// Without this script every button is a form of its own.

const EVERY = 20_000; // milliseconds between two tries
const PAGES = "feuilles"; // cache of lists, as the server last showed them
const FIXED = "fixe"; // cache of what they are made of
const KEPT_FOR = 7 * 24 * 3600 * 1000; // milliseconds that a list stays on the device

const root = document.querySelector("[data-feuille]");
// By an address that changes when its content does: an older one kept on the device is never taken for it.
const { openQueue, PATIENCE } = root ? await import(root.dataset.gardees) : {};
if (root && "indexedDB" in globalThis && "locks" in navigator) start(root).catch((fault) => console.warn(fault));

async function start(root) {
  const queue = await openQueue();
  const { feuille: list, chemin: path, envoi: url, qui: author, jeton: bearer } = root.dataset;
  let drawn = Date.parse(root.dataset.dessine); // when the server drew what the page shows
  const headers = bearer ? { authorization: `Bearer ${bearer}` } : {};
  const words = document.getElementById("reseau").dataset;
  let state = "sent";
  let ahead = await queue.ahead(); // of this clock before the server's
  let keeping = 0; // taps on their way to the disk
  let busy = false;
  let wanted = false;

  // Called off or closed: nothing is noted on it any more, and what waits leaves all the same.
  const isOpen = Boolean(document.getElementById("venues-ici"));

  const line = (seat) => document.getElementById(`place-${seat}`);

  // What the page shows: the server's page, and on top of it what is kept here.
  const show = async () => {
    const ops = await queue.all();
    // Once the page shows it, it is not laid over it again: a walk-in would be two.
    if (isOpen) overlay(ops.filter((one) => one.list === list && !(Date.parse(one.sent) < drawn)));
    const waiting = ops.filter((one) => !one.sent);
    const refused = waiting.filter((one) => one.author === author && one.isRefused);
    const mine = waiting.filter((one) => one.author === author && !one.isRefused);
    const box = document.getElementById("reseau");
    const parts = [];
    if (mine.length) parts.push((mine.length > 1 ? words.plusieurs : words.une).replace("{n}", mine.length));
    const others = waiting.length - mine.length - refused.length;
    if (others) parts.push(words.autre.replace("{n}", others));
    if (state === "away") parts.unshift(words.horsLigne);
    if (state === "failed") parts.unshift(words.panne);
    if (state === "sign-in") parts.push(words.connexion);
    if (state === "over") parts.push(words.fini);
    if (refused.length) parts.push(words.refus.replace("{n}", refused.length));
    const text = parts.join(" ");
    const said = document.getElementById("reseau-texte");
    if (said.textContent !== text) said.textContent = text;
    box.hidden = !text;
    document.getElementById("reseau-connexion").hidden = state !== "sign-in";
    const isStuck = ["sign-in", "over"].includes(state) || mine.length < waiting.length;
    document.getElementById("reseau-garder").hidden = !(isStuck && waiting.length);
    const unsent = document.getElementById("attente"); // in the bar that stays in sight
    if (unsent) {
      unsent.hidden = !waiting.length;
      unsent.querySelector(".n").textContent = waiting.length;
    }
    const decide = document.getElementById("reseau-listes");
    if (decide) decide.hidden = mine.length === waiting.length;
    for (const item of document.querySelectorAll("[data-attend]")) {
      const n = waiting.filter((one) => one.list === item.dataset.attend).length;
      item.hidden = !n;
      item.textContent = n ? (n > 1 ? words.plusieurs : words.une).replace("{n}", n) : "";
    }
    const why = new URLSearchParams(location.search).get("sortie");
    const leave = document.getElementById("sortie");
    if (leave) leave.hidden = !(waiting.length && why === "1");
    for (const told of document.querySelectorAll("#sortie [data-connecte]"))
      told.hidden = (told.dataset.connecte === "non") !== (state === "sign-in");
    if (!list) stranded(waiting.filter((one) => one.author !== author || one.isRefused));
    const stay = document.getElementById("sortie-reseau");
    if (stay) stay.hidden = why !== "reseau" || state === "sign-in";
  };

  // What does not leave by itself, list by list: of somebody else, or refused. Somebody answers for it, or it is put away.
  const stranded = (ops) => {
    const box = document.getElementById("en-souffrance");
    const groups = new Map();
    for (const one of ops) groups.set(`${one.list} ${one.author}`, [...(groups.get(`${one.list} ${one.author}`) ?? []), one]);
    box.hidden = !ops.length;
    const shown = ops.map((one) => one.op + one.author).join();
    if (box.dataset.dit === shown) return; // nothing moves under the finger
    box.dataset.dit = shown;
    box.querySelector("ul").replaceChildren(
      ...[...groups.values()].map((group) => {
        const item = document.getElementById("modele-souffrance").content.firstElementChild.cloneNode(true);
        const isMine = group[0].author === author;
        item.querySelector(".qui").textContent = group[0].about;
        const n = group.length > 1 ? item.dataset.plusieurs : item.dataset.une;
        const on = new Date(group[0].at).toLocaleString(document.documentElement.lang, { dateStyle: "long", timeStyle: "short" });
        item.querySelector(".det").textContent = n.replace("{n}", group.length).replace("{date}", on);
        for (const told of item.querySelectorAll("[data-a]")) told.hidden = (told.dataset.a === "moi") !== isMine;
        item.querySelector("[data-prendre]").addEventListener("click", () => queue.adopt(group, author).then(sync));
        item.querySelector("[data-oublier]").addEventListener("click", () =>
          queue.forget(group.map((one) => one.op)).then(show),
        );
        return item;
      }),
    );
  };

  const overlay = (ops) => {
    const undone = new Set(ops.filter((one) => one.kind === "undo").map((one) => one.action));
    const live = ops.filter((one) => one.kind !== "undo" && !undone.has(one.action || one.op));
    for (const item of document.querySelectorAll("[data-serveur]")) {
      const isUndone = undone.has(item.dataset.action);
      press(item, isUndone ? "" : item.dataset.serveur, isUndone);
    }
    for (const one of live) if (one.kind === "mark" && line(one.seat)) press(line(one.seat), one.state ?? "", !one.sent);
    const added = document.getElementById("venues-ici");
    const arrived = live.filter((one) => one.kind === "walk_in");
    const shown = arrived.map((one) => one.op + one.sent).join();
    if (added.dataset.dit !== shown) {
      added.dataset.dit = shown; // nothing moves under the finger, nor loses the focus
      added.replaceChildren(
        ...arrived.map((one) => {
          const item = document.getElementById("modele-venue").content.firstElementChild.cloneNode(true);
          const who = item.querySelector(".qui");
          if (one.name) who.textContent = one.name;
          who.id = `venu-${one.op}`;
          item.querySelector("button").setAttribute("aria-describedby", who.id);
          item.querySelector(".enattente").hidden = one.sent;
          item.querySelector("form").dataset.action = one.op;
          return item;
        }),
      );
    }
    for (const total of document.querySelectorAll("[data-total]")) {
      const name = total.dataset.compteur;
      const here = live.filter((one) => one.kind === "count" && one.counter === name);
      total.textContent = Math.max(0, Number(total.dataset.total) + here.reduce((sum, one) => sum + one.amount, 0));
    }
    // Taps taken back that the server's page still shows.
    for (const item of document.querySelectorAll("[data-venue]")) item.hidden = undone.has(item.dataset.venue);
    const pressed = (value) => document.querySelectorAll(`.appel [name=state][value=${value}][aria-pressed=true]`).length;
    const came = pressed("present") + document.querySelectorAll("#venues > li:not([hidden]), #venues-ici > li").length;
    const left = unrecorded().length;
    if (!new URLSearchParams(location.search).get("q")) {
      document.getElementById("venus-n").textContent = came;
      document.getElementById("reste-n").textContent = left;
    }
    const isAhead = Date.now() - ahead < Date.parse(root.dataset.debut);
    for (const item of document.querySelectorAll("[data-avant]")) item.hidden = !isAhead;
    for (const item of document.querySelectorAll("[data-apres]")) item.hidden = isAhead;
    const somebody = came > 0 || [...document.querySelectorAll("[data-total]")].some((total) => Number(total.textContent));
    const said = document.querySelector("[data-paroles]");
    if (said) said.hidden = said.dataset.paroles.split(" ").every((op) => undone.has(op));
    const here = live.some((one) => one.kind === "nobody");
    document.getElementById("personne-ici").hidden = !here || somebody;
    const nobody = document.getElementById("personne");
    if (nobody) nobody.hidden = isAhead || somebody || here || Boolean(said && !said.hidden);
    const everyone = document.getElementById("tous");
    if (everyone) everyone.hidden = left < 2;
    const nothing = document.getElementById("rien-reste");
    if (nothing) nothing.hidden = left > 0;
    const undo = document.getElementById("defaire");
    const last = live.at(-1);
    const before = undone.has(undo.dataset.serveurAction) ? "" : undo.dataset.serveurAction;
    undo.hidden = !last && !before;
    undo.dataset.action = last ? last.action || last.op : before;
    if (last) document.getElementById("defaire-quoi").textContent = "";
  };

  const unrecorded = () =>
    [...document.querySelectorAll("[data-serveur]")].filter((item) => !item.querySelector("[aria-pressed=true]"));

  const press = (item, state, isWaiting) => {
    for (const button of item.querySelectorAll("[name=state]")) {
      if (button.value) button.setAttribute("aria-pressed", String(button.value === state));
      else button.hidden = !state;
    }
    item.querySelector(".enattente").hidden = !isWaiting;
  };

  // Each form of the list, as operations; null: the server alone can do it.
  const taps = async (form, button) => {
    const kept = (await queue.all(list)).filter((one) => one.kind === "mark");
    const mark = (item, state) => {
      const mine = kept.filter((one) => one.seat === item.dataset.place).map((one) => one.op);
      // What this line shows: the server's marks, or the latest of those made here since.
      const saw = mine.length ? [mine.at(-1), ...item.dataset.vu.split(" ")] : item.dataset.vu.split(" ");
      return { kind: "mark", seat: item.dataset.place, state, saw: saw.filter(Boolean) };
    };
    switch (form.dataset.geste) {
      case "mark":
        return [mark(form.closest("[data-serveur]"), button.value || null)];
      case "everyone":
        return unrecorded().map((item) => mark(item, "present"));
      case "nobody":
        return [{ kind: "nobody" }, ...unrecorded().map((item) => mark(item, "absent"))];
      case "walk_in":
        return [{ kind: "walk_in", name: form.elements.name.value.trim() }];
      case "count":
        return [{ kind: "count", counter: form.elements.counter.value, amount: 1 }];
      case "undo":
        return form.dataset.action ? form.dataset.action.split(" ").map((action) => ({ kind: "undo", action })) : null;
      default:
        return null;
    }
  };

  document.addEventListener("submit", (event) => {
    const form = event.target.closest("form[data-geste]");
    if (!form || !list) {
      if (event.target.method === "post" && state === "away") needNetwork(event);
      return;
    }
    event.preventDefault();
    // Where the device has no room, and for what the server alone can do, the network must do.
    keep(form, event.submitter).catch(() => ask(form, event.submitter));
  });

  // Only the server can do it: better said here than on a page of the browser's own.
  const needNetwork = async (event) => {
    const { target: form, submitter: button } = event;
    if (form.action.split("?")[0].endsWith("/deconnexion")) return; // answered by the service worker
    event.preventDefault();
    await sync();
    if (state !== "away") return form.requestSubmit(button);
    const heard = document.getElementById("besoin-reseau");
    heard.hidden = false;
    heard.scrollIntoView({ block: "center" });
  };

  const ask = (form, button) => {
    delete form.dataset.geste;
    form.requestSubmit(button);
  };

  const keep = async (form, button) => {
    keeping += 1;
    try {
      const found = await taps(form, button);
      if (!found) return ask(form, button);
      await queue.add(list, author, url, found, root.dataset.titre);
    } finally {
      keeping -= 1;
    }
    if (form.dataset.geste === "walk_in") form.reset();
    await show();
    const heard = document.getElementById("fait");
    heard.textContent = "";
    requestAnimationFrame(() => (heard.textContent = form.dataset.dit ?? ""));
    navigator.storage?.persist?.();
    sync();
  };

  // Send what waits; then bring the page up to date from the server, and forget what it shows.
  const sync = async () => {
    wanted = true;
    if (busy) return;
    busy = true;
    try {
      // One tab at a time; what is tapped meanwhile goes with the next turn.
      await navigator.locks.request("ateliers", async () => {
        while (wanted) {
          wanted = false;
          state = await queue.flush(author, headers);
          if (state !== "away" && state !== "sign-in") await refresh();
          await show();
        }
      });
    } finally {
      busy = false;
    }
  };

  const refresh = async () => {
    let answer;
    try {
      answer = await fetch(path, { redirect: "manual", signal: AbortSignal.timeout(PATIENCE) });
    } catch {
      state = "away";
      return;
    }
    if (answer.type === "opaqueredirect") state = "sign-in";
    if (!answer.ok) {
      // While something waits to be sent, the page that says so stays.
      const over = answer.status === 410 || answer.status === 404;
      if (over) state = "over";
      if (over && !(await queue.waiting(list)).length) await (await caches.open(PAGES)).delete(path);
      return;
    }
    await queue.heard(Date.parse(answer.headers.get("date")));
    ahead = await queue.ahead();
    const text = await answer.clone().text();
    await (await caches.open(PAGES)).put(path, answer);
    const fresh = new DOMParser().parseFromString(text, "text/html");
    if (isOther(fresh)) return location.reload();
    if (list) renew(fresh);
    await queue.forget((await queue.all(list)).filter((one) => Date.parse(one.sent) < (list ? drawn : long())).map((one) => one.op));
  };

  // Called off, moved, closed, the first booking, or somebody else signed in: another page.
  // Not while a name is typed or a tap is on its way to the disk.
  const isOther = (fresh) => {
    const { titre, forme, qui } = fresh.querySelector("[data-feuille]").dataset;
    const isTyping = keeping || document.querySelector("form[data-geste=walk_in] [name=name]")?.value;
    return !isTyping && (titre !== root.dataset.titre || forme !== root.dataset.forme || qui !== author);
  };

  const long = () => Date.now() - KEPT_FOR;

  // Only what changed, where it stands: nothing moves under the finger.
  const renew = (fresh) => {
    drawn = Date.parse(fresh.querySelector("[data-feuille]").dataset.dessine);
    for (const item of document.querySelectorAll("[data-serveur]")) {
      const other = fresh.getElementById(item.id);
      if (!other) {
        item.remove();
      } else {
        item.dataset.serveur = other.dataset.serveur;
        item.dataset.vu = other.dataset.vu;
        item.dataset.action = other.dataset.action;
        swap(item.querySelector(".desaccord"), other.querySelector(".desaccord"));
      }
    }
    const isNarrowed = new URLSearchParams(location.search).get("q");
    const to = isNarrowed ? null : document.querySelector("ul.appel[data-liste]");
    for (const other of fresh.querySelectorAll("[data-serveur]"))
      if (to && !document.getElementById(other.id)) to.append(document.adoptNode(other));
    for (const name of ["venues", "bilan", "mis-a-part", "libres", "defaire-quoi"])
      swap(document.getElementById(name), fresh.getElementById(name));
    for (const total of document.querySelectorAll("[data-total]"))
      total.dataset.total = fresh.getElementById(total.id)?.dataset.total ?? total.dataset.total;
    const undo = document.getElementById("defaire");
    if (undo) undo.dataset.serveurAction = fresh.getElementById("defaire")?.dataset.serveurAction ?? "";
  };

  const swap = (old, fresh) => {
    if (old && fresh && old.innerHTML !== fresh.innerHTML) old.innerHTML = fresh.innerHTML;
  };

  document.querySelector("#reseau-garder button").addEventListener("click", async () => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([JSON.stringify(await queue.bundle())], { type: "application/json" }));
    link.download = `presences-${new Date().toISOString().slice(0, 10)}.json`;
    link.click();
  });

  await show();
  addEventListener("online", sync);
  addEventListener("offline", () => {
    state = "away";
    show();
  });
  document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && sync());
  setInterval(sync, EVERY);
  await Promise.allSettled([sync(), keepForLater(root.dataset)]);
  document.getElementById("gardee").hidden = !(await isKept(path));
}

/**
 * Have the page and what it is made of at hand without network, the list of lists, and the page that stands for all others;
 * forget lists that are over.
 */
async function keepForLater({ chemin: path, accueil: home, secours: last }) {
  if (!("serviceWorker" in navigator)) return;
  await navigator.serviceWorker.register("/service-worker.js");
  const pages = await caches.open(PAGES);
  const fixed = await caches.open(FIXED);
  // Where signing out without network leads; a volunteer's link has none.
  if (home && home !== path) await take(pages, home);
  await take(fixed, last);
  const used = [import.meta.url, ...performance.getEntriesByType("resource").map((one) => one.name.split("#")[0])];
  for (const address of new Set(used.filter((name) => new URL(name).pathname.startsWith("/static/")))) {
    if (await fixed.match(address)) continue;
    await fixed.delete(address, { ignoreSearch: true });
    await fixed.add(address).catch(() => {});
  }
  for (const request of await pages.keys()) {
    const kept = await pages.match(request);
    const age = Date.now() - Date.parse(kept?.headers.get("date") ?? "");
    const stays = [path, home].includes(new URL(request.url).pathname);
    if (!stays && !(age < KEPT_FOR)) await pages.delete(request);
  }
}

/** Whether this page would open without network. */
async function isKept(path) {
  if (!("serviceWorker" in navigator) || !(await caches.match(path, { cacheName: PAGES }))) return false;
  return Boolean((await navigator.serviceWorker.ready).active && (await caches.match(import.meta.url, { cacheName: FIXED })));
}

// A page as the server shows it now, if it does; else the one kept before stays.
async function take(cache, path) {
  const answer = await fetch(path, { redirect: "manual", signal: AbortSignal.timeout(PATIENCE) }).catch(() => undefined);
  if (answer?.ok) await cache.put(path, answer);
}
