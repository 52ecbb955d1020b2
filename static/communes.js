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
    const communes = await answer.json();
    list.replaceChildren(
      ...communes.map(([value, departement]) => Object.assign(document.createElement("option"), { value, label: departement })),
    );
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

// "Around me" asks the device where it is only when it is pressed; what leaves it is rounded to about a kilometre.
const around = document.getElementById("autour");
const told = document.getElementById("autour-etat");

function located({ coords }) {
  const point = `lat=${coords.latitude.toFixed(2)}&lon=${coords.longitude.toFixed(2)}`;
  fetch(`/communes.json?${point}`)
    .then((answer) => answer.json())
    .then(([label]) => {
      if (!label) throw new Error("far away");
      field.value = label;
      field.form.requestSubmit();
    })
    .catch(refused);
}

function refused() {
  told.textContent = around.dataset.refus;
  field.focus();
}

if (around && field && navigator.geolocation) {
  around.hidden = false;
  around.addEventListener("click", () => navigator.geolocation.getCurrentPosition(located, refused, { timeout: 10000 }));
}
