// Reads the square of a booking with the phone's camera and presses « présent » on its line. The list and the search always suffice.
const box = document.querySelector("[data-lecteur]");
const AGAIN = 2500; // milliseconds before the same square is read once more
const PAUSE = 150; // between two looks
const WIDEST = 640; // pixels of the picture that is looked at

function codeOf(text) {
  const found = text.match(/\/ma-reservation\/([A-Z0-9]{6})(?:\/|$)/i) || text.trim().match(/^([A-Z0-9]{6})$/i);
  return found ? found[1].toUpperCase() : "";
}

const hasOwn = async () =>
  "BarcodeDetector" in window && (await BarcodeDetector.getSupportedFormats()).includes("qr_code");

// Kept with the list before anybody asks for it, in the cache that its service worker answers from: a stand has no network.
async function keep() {
  if (!("caches" in window) || (await hasOwn())) return;
  const fixed = await caches.open("fixe");
  await fixed.addAll(["./qr/decode.js", "./qr/index.js"].map((name) => new URL(name, import.meta.url).href));
}

async function reader() {
  if (await hasOwn()) {
    const detector = new BarcodeDetector({ formats: ["qr_code"] });
    return async (video) => (await detector.detect(video))[0]?.rawValue ?? "";
  }
  const { default: decode } = await import("./qr/decode.js");
  const canvas = document.createElement("canvas");
  const brush = canvas.getContext("2d", { willReadFrequently: true });
  return async (video) => {
    const scale = Math.min(1, WIDEST / video.videoWidth);
    canvas.width = Math.round(video.videoWidth * scale);
    canvas.height = Math.round(video.videoHeight * scale);
    brush.drawImage(video, 0, 0, canvas.width, canvas.height);
    try {
      return decode(brush.getImageData(0, 0, canvas.width, canvas.height));
    } catch {
      return ""; // no square in this picture
    }
  };
}

function start() {
  const open = box.querySelector("[data-ouvrir]");
  const close = box.querySelector("[data-fermer]");
  const view = box.querySelector("[data-vue]");
  const video = box.querySelector("video");
  const state = box.querySelector("[role=status]");
  let stream = null;
  let last = { code: "", at: 0 };

  const say = (which, name = "") => {
    state.textContent = box.dataset[which].replace("%s", name);
  };

  function take(text) {
    const code = codeOf(text);
    if (code === last.code && Date.now() - last.at < AGAIN) return;
    last = { code, at: Date.now() };
    const lines = code ? [...document.querySelectorAll(`li[id^="place-${code}-"]`)] : [];
    if (!lines.length) return say("inconnu");
    navigator.vibrate?.(80);
    const button = (line) => line.querySelector("button[name=state][value=present]");
    const left = lines.filter((line) => button(line)?.getAttribute("aria-pressed") !== "true");
    const name = lines[0].querySelector(".qui")?.textContent.trim() ?? code;
    if (!left.length) return say("deja", name);
    const line = left[0];
    line.hidden = false;
    line.scrollIntoView({ block: "center" });
    if (lines.length > 1) {
      say("plusieurs", name);
      return button(line).focus({ preventScroll: true });
    }
    say("present", name);
    sessionStorage.setItem("lecteur", "1");
    button(line).click();
  }

  async function look(read) {
    while (stream) {
      if (video.readyState >= 2 && video.videoWidth) {
        const text = await read(video);
        if (text) take(text);
      }
      await new Promise((resume) => setTimeout(resume, PAUSE));
    }
  }

  async function begin() {
    open.disabled = true;
    try {
      const camera = { video: { facingMode: "environment" }, audio: false };
      stream = await navigator.mediaDevices.getUserMedia(camera);
      video.srcObject = stream;
      view.hidden = false;
      await video.play();
      say("pret");
      look(await reader());
    } catch {
      end();
      say("refus");
    }
    open.disabled = false;
  }

  function end() {
    stream?.getTracks().forEach((track) => track.stop());
    stream = null;
    video.srcObject = null;
    view.hidden = true;
    sessionStorage.removeItem("lecteur");
    state.textContent = "";
  }

  open.addEventListener("click", begin);
  close.addEventListener("click", () => {
    end();
    open.focus();
  });
  box.hidden = false;
  const idle = window.requestIdleCallback ?? ((work) => setTimeout(work, 2000));
  idle(() => keep().catch(() => {})); // without network, what was kept before stays
  if (sessionStorage.getItem("lecteur")) begin(); // the page was loaded anew by the tap that a square made
}

if (box && navigator.mediaDevices?.getUserMedia) start();
