// What is tapped on an attendance list, kept on this device and sent in order once the network is back.
// It asks for no page: `pointage.js` is the page's part, and tests drive this one alone.

const BATCH = 50;
const SLACK = 10_000; // milliseconds: by less, the answer may as well have been on its way
export const PATIENCE = 10_000; // milliseconds that the network is given for one batch

const asked = (request) =>
  new Promise((done, failed) => {
    request.onsuccess = () => done(request.result);
    request.onerror = () => failed(request.error);
  });

const opened = (name) => {
  const request = indexedDB.open(name, 1);
  request.onupgradeneeded = () => {
    const ops = request.result.createObjectStore("ops", { keyPath: "op" });
    ops.createIndex("list", "list");
    request.result.createObjectStore("device", { keyPath: "key" });
  };
  return asked(request);
};

const byList = (ops) => {
  const lists = new Map();
  for (const one of ops) {
    if (!lists.has(one.list)) lists.set(one.list, []);
    lists.get(one.list).push(one);
  }
  return lists;
};

// What an operation says, without what only this device needs to know.
const said = ({ list, author, url, sent, isRefused, about, ...operation }) => operation;

/** The device's queue. `list` is a session's id; `author` is who taps: what one person tapped is never sent by another. */
export async function openQueue({ name = "ateliers", send = fetch, clock = Date.now } = {}) {
  const database = await opened(name);

  // Written to the disk before the tap shows: a phone that dies keeps it.
  const writing = async (work) => {
    const transaction = database.transaction(["ops", "device"], "readwrite", { durability: "strict" });
    const ended = new Promise((done, failed) => {
      transaction.oncomplete = done;
      transaction.onabort = transaction.onerror = () => failed(transaction.error);
    });
    const result = await work(transaction.objectStore("ops"), transaction.objectStore("device"));
    await ended;
    return result;
  };

  const device = async () => {
    const known = await asked(database.transaction("device").objectStore("device").get("device"));
    return known?.name ?? "";
  };

  /** Keep taps: one operation each, numbered in order, named as no other is. */
  const add = (list, author, url, taps, about = "") =>
    writing(async (ops, meta) => {
      const kept = (await asked(meta.get("device"))) ?? {
        key: "device",
        name: [...crypto.getRandomValues(new Uint8Array(10))].map((byte) => byte.toString(36)).join(""),
        seq: 0,
      };
      const at = new Date(clock()).toISOString();
      const added = taps.map((tap) => {
        kept.seq += 1;
        return { at, ...tap, op: `${kept.name}-${kept.seq}`, seq: kept.seq, list, author, url, about, sent: false };
      });
      // Several seats of one tap are taken back together.
      if (added.length > 1) for (const one of added) one.action ??= added[0].op;
      meta.put(kept);
      for (const one of added) ops.put(one);
      return added;
    });

  /** Everything kept of a list (or of all), in order; what was sent (at `sent`, by the server's clock) stays until a page shows it. */
  const all = async (list) => {
    const store = database.transaction("ops").objectStore("ops");
    const found = await asked(list ? store.index("list").getAll(list) : store.getAll());
    return found.sort((one, other) => one.seq - other.seq);
  };

  const waiting = async (list) => (await all(list)).filter((one) => !one.sent);

  const forget = (names) => writing((ops) => names.forEach((name) => ops.delete(name)));

  const ahead = async () => (await asked(database.transaction("device").objectStore("device").get("clock")))?.ahead ?? 0;

  /** Remember by how many milliseconds this clock is ahead of the server's, which just said that it is `time`. */
  const heard = async (time) => {
    const found = clock() - time;
    if (Math.abs(found - (await ahead())) > SLACK) await writing((ops, meta) => meta.put({ key: "clock", ahead: found }));
  };

  /** Send what waits, list by list and in order. Says what came of it: "sent", "away", "sign-in", "failed" or "refused". */
  const flush = async (author, headers = {}) => {
    const mine = (await waiting()).filter((one) => one.author === author);
    let result = "sent";
    for (const ops of byList(mine).values()) {
      for (let from = 0; from < ops.length; from += BATCH) {
        const came = await sendBatch(ops.slice(from, from + BATCH), headers);
        if (came === "away" || came === "sign-in") return came;
        if (came !== "sent") {
          result = came;
          break; // the other lists go on
        }
      }
    }
    return result;
  };

  const sendBatch = async (ops, headers) => {
    let at, answers;
    try {
      const answer = await send(ops[0].url, {
        method: "POST",
        headers: { "content-type": "application/json", ...headers },
        body: JSON.stringify({
          device: await device(),
          now: new Date(clock()).toISOString(),
          by: ops[0].author,
          operations: ops.map(said),
        }),
        redirect: "error",
        signal: AbortSignal.timeout(PATIENCE),
      });
      if (answer.status === 401) return "sign-in";
      if (answer.status >= 400 && answer.status < 500 && ![408, 425, 429].includes(answer.status)) {
        await writing((store) => ops.forEach((one) => store.put({ ...one, isRefused: true })));
        return "refused";
      }
      if (!answer.ok) return "failed";
      const told = await answer.json();
      [at, answers] = [told.at, new Set(told.answers.map((one) => one.op))];
    } catch {
      return "away"; // no network, or not enough of it: what was taken in will be known the next time
    }
    await writing((store) => {
      for (const one of ops) if (answers.has(one.op)) store.put({ ...one, sent: at });
    });
    return ops.every((one) => answers.has(one.op)) ? "sent" : "failed";
  };

  /** What waits here, whoever tapped it, for somebody else to send in a file (`attendance/device_file.py`). */
  const bundle = async () => ({
    format: "ateliers-reponses/1",
    device: await device(),
    ahead: await ahead(),
    lists: [...byList(await waiting())].map(([list, ops]) => ({ session: list, operations: ops.map(said) })),
  });

  /** Somebody answers for what another person tapped here: it leaves in their name. */
  const adopt = (taps, author) =>
    writing((ops) => taps.forEach((one) => ops.put({ ...one, author, isRefused: false })));

  return { add, all, waiting, flush, forget, adopt, ahead, heard, bundle, close: () => database.close() };
}
