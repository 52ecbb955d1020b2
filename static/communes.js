// Suggests communes while one is being typed. Without it the field works as well: the server understands what is typed.
const field = document.querySelector("input[list=communes]");
const list = document.getElementById("communes");
let waiting = 0;

async function suggest() {
  const typed = field.value.trim();
  if (typed.length < 2) return;
  try {
    const answer = await fetch(`/communes.json?q=${encodeURIComponent(typed)}`);
    if (!answer.ok || field.value.trim() !== typed) return;
    const labels = await answer.json();
    list.replaceChildren(...labels.map((label) => Object.assign(document.createElement("option"), { value: label })));
  } catch {
    // No network: what is typed is sent as it is.
  }
}

if (field && list) {
  field.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(suggest, 150);
  });
}
