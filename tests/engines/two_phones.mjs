// Two phones tap on one attendance list: the queue of static/js/gardees.js itself, on a network that fails in every way.
// One line of JSON comes in for each run; one line goes out with all that was tapped, when nothing waits any more.
import "fake-indexeddb/auto";
import { readFileSync } from "node:fs";
import { webcrypto } from "node:crypto";
import { createInterface } from "node:readline";

globalThis.crypto ??= webcrypto;
const source = readFileSync(new URL("../../static/js/gardees.js", import.meta.url), "utf8");
const { openQueue } = await import(`data:text/javascript,${encodeURIComponent(source)}`);

const LINE = /data-place="([^"]+)" data-serveur="[^"]*" data-vu="([^"]*)"/g;
const STATES = ["present", "absent", "excused", null];
const SKEW = 3_600_000; // an hour either way

// mulberry32: the same seed, the same run
const dice = (seed) => () => {
  seed = (seed + 0x6d2b79f5) | 0;
  let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
};

async function run({ base, cookie, author, list, seats, seed, operations }) {
  const random = dice(seed);
  const pick = (all) => all[Math.floor(random() * all.length)];
  const url = `${base}/api/v1/sessions/${list}/operations`;
  const page = `${base}/espace/seances/${list}/appel`;
  const made = [];
  let faulty = true;

  // Requests get lost on their way, answers on their way back; the server stumbles, or answers halfway.
  const send = async (address, options) => {
    const chance = faulty ? random() : 1;
    if (chance < 0.15) throw new TypeError("no network");
    if (chance < 0.25) return new Response("Internal Server Error", { status: 500 });
    const answer = await fetch(address, { ...options, headers: { ...options.headers, cookie } });
    if (chance < 0.4) throw new DOMException("timeout", "TimeoutError");
    if (chance < 0.45) return new Response((await answer.text()).slice(0, 40), { status: 200 });
    return answer;
  };

  const phones = [];
  for (const device of [0, 1]) {
    const skew = Math.round((random() * 2 - 1) * SKEW);
    const name = `${list}-${device}`;
    const open = () => openQueue({ name, send, clock: () => Date.now() + skew });
    phones.push({ open, queue: await open(), shown: new Map(), taps: [] });
  }

  const tap = async (phone) => {
    const chance = random();
    let taps;
    if (chance < 0.6) {
      const several = chance < 0.05 ? seats.slice(0, 4) : [pick(seats)];
      const state = pick(STATES);
      taps = several.map((seat) => ({ kind: "mark", seat, state, saw: phone.shown.get(seat) ?? [] }));
    } else if (chance < 0.62) {
      taps = [{ kind: "nobody" }];
    } else if (chance < 0.75) {
      taps = [{ kind: "walk_in", name: random() < 0.5 ? "" : "Rosa" }];
    } else if (chance < 0.9 || !phone.taps.length) {
      taps = [{ kind: "count", counter: "shown", amount: random() < 0.2 ? 5 : 1 }];
    } else {
      taps = [{ kind: "undo", action: pick(phone.taps) }];
    }
    const added = await phone.queue.add(list, author, url, taps);
    for (const one of added) {
      if (one.kind === "mark") phone.shown.set(one.seat, [one.op]);
      made.push({ ...one, true_at: Date.now() });
    }
    if (added[0].kind !== "undo") phone.taps.push(added[0].action ?? added[0].op);
  };

  const look = async (phone) => {
    if ((await phone.queue.waiting()).length) return;
    const text = await (await fetch(page, { headers: { cookie } })).text();
    for (const [, seat, saw] of text.matchAll(LINE)) phone.shown.set(seat, saw.split(" ").filter(Boolean));
    await phone.queue.forget((await phone.queue.all()).filter((one) => one.sent).map((one) => one.op));
  };

  while (made.length < operations) {
    const phone = pick(phones);
    const chance = random();
    if (chance < 0.9) await tap(phone);
    else if (chance < 0.96) await phone.queue.flush(author);
    else if (chance < 0.98) await look(phone);
    else {
      // The browser is killed, and opened again.
      phone.queue.close();
      phone.queue = await phone.open();
    }
  }
  faulty = false;
  for (const phone of phones) {
    let came;
    for (let turn = 0; turn < 5 && (await phone.queue.waiting()).length; turn += 1) came = await phone.queue.flush(author);
    if ((await phone.queue.waiting()).length) throw new Error(`still waiting: ${came}`);
    phone.queue.close();
  }
  return made;
}

for await (const line of createInterface({ input: process.stdin })) {
  console.log(JSON.stringify(await run(JSON.parse(line)).catch((fault) => ({ fault: String(fault?.stack ?? fault) }))));
}
