// Narrows the attendance list while a name is typed. Without it, the search form does the same on the server.
const search = document.querySelector("[data-filtre=appel]");
const state = document.getElementById("filtre-etat");
const lines = [...document.querySelectorAll("[data-noms]")];
const fold = (text) =>
  text.toLowerCase().replaceAll("œ", "oe").replaceAll("æ", "ae").normalize("NFD").replace(/\p{M}/gu, "");

function narrow() {
  const words = fold(search.value).split(/[^\p{L}\p{N}]+/u).filter(Boolean);
  let shown = 0;
  for (const line of lines) {
    const names = fold(line.dataset.noms);
    line.hidden = !words.every((word) => names.includes(word));
    shown += !line.hidden;
  }
  state.textContent = shown ? "" : state.dataset.aucun;
  state.classList.toggle("vh", shown > 0);
}

if (search && state) {
  search.addEventListener("input", narrow);
  // Without network the page is the whole list, whatever was looked for.
  const asked = new URLSearchParams(location.search).get("q");
  if (asked && !search.value) {
    search.value = asked;
    narrow();
  }
}
