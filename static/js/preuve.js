// Proof of work of the booking form (ALTCHA version 2, SHA-256): counts up until a digest begins as asked. See web/shield.py.
(() => {
  "use strict";
  const box = document.getElementById("preuve");
  const form = box && box.closest("form");
  if (!form) return;
  const challenge = JSON.parse(box.dataset.challenge);
  const { nonce, salt, keyPrefix } = challenge.parameters;
  const status = box.querySelector("[role=status]");
  const field = form.elements.namedItem("proof");
  const AT_ONCE = 256;
  let wanted = null; // the button that was pressed too early

  const bytes = (hex) => Uint8Array.from(hex.match(/../g) || [], (pair) => parseInt(pair, 16));
  const hex = (buffer) => Array.from(new Uint8Array(buffer), (byte) => byte.toString(16).padStart(2, "0")).join("");
  const head = bytes(salt + nonce);
  const digest = (counter) => {
    const text = new Uint8Array(head.length + 4);
    text.set(head);
    new DataView(text.buffer).setUint32(head.length, counter);
    return crypto.subtle.digest("SHA-256", text).then(hex);
  };
  const solve = async () => {
    for (let from = 0; ; from += AT_ONCE) {
      const found = await Promise.all(Array.from({ length: AT_ONCE }, (_, n) => digest(from + n)));
      const n = found.findIndex((key) => key.startsWith(keyPrefix));
      if (n >= 0) return { counter: from + n, derivedKey: found[n] };
    }
  };

  if (!window.crypto || !crypto.subtle) {
    status.textContent = box.dataset.impossible;
    return;
  }
  status.textContent = box.dataset.working;
  form.addEventListener("submit", (event) => {
    if (field.value) return;
    event.preventDefault();
    wanted = event.submitter || true;
    status.textContent = box.dataset.waiting;
  });
  solve().then((solution) => {
    field.value = btoa(JSON.stringify({ challenge, solution }));
    status.textContent = box.dataset.done;
    if (wanted) form.requestSubmit(wanted === true ? undefined : wanted);
  });
})();
