// Draws the preview anew while the form to publish is filled in; the server keeps the draft at the same time.
// Without it the buttons « Voir l’aperçu » and « Enregistrer le brouillon » do the same.
const form = document.querySelector("form[data-apercu]");
const aside = document.getElementById("apercu");
const PAUSE = 1000; // milliseconds without a key pressed
let waiting = 0;
let turn = 0;

async function draw() {
  const mine = ++turn;
  try {
    const answer = await fetch(form.dataset.apercu, { method: "POST", body: new URLSearchParams(new FormData(form)) });
    const text = await answer.text();
    if (answer.ok && mine === turn) aside.innerHTML = text;
  } catch {
    // No network: the form stays as it is, and is kept at the next change.
  }
}

if (form && aside) {
  form.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(draw, PAUSE);
  });
  form.addEventListener("submit", () => clearTimeout(waiting));
}
