"""The square of a booking, held before a real camera of Chromium's: the line on the attendance list is pressed by itself."""

from __future__ import annotations

import hashlib
import io
import re
from pathlib import Path

import segno
from PIL import Image

from tests.browser.conftest import ARGUMENTS, CHROMIUM, PATIENCE
from tests.browser.hands import publish_workshop

KEPT = """async (paths) => {
  const kept = (await (await caches.open("fixe")).keys()).map((one) => new URL(one.url).pathname);
  return paths.every((path) => kept.includes(path));
}"""
READER = Path(__file__).parents[2] / "static" / "js" / "qr"


def film_of(text: str, path: Path) -> Path:
    """A film of one picture (MJPEG): a table with the square on it, a little askew and grey."""
    square = io.BytesIO()
    segno.make(text, error="m", micro=False).save(square, kind="png", scale=6, border=4)
    scene = Image.new("L", (640, 480), 205)
    code = Image.open(square).convert("L")
    scene.paste(code.rotate(7, expand=True, fillcolor=205, resample=Image.Resampling.BICUBIC), (150, 60))
    frame = io.BytesIO()
    scene.convert("RGB").save(frame, "JPEG", quality=80)
    path.write_bytes(frame.getvalue() * 20)
    return path


def test_a_square_before_the_camera_marks_its_line(chromium, demo, signed_in_state, managers_tab, tmp_path):
    page = managers_tab(scripts=False)
    session = publish_workshop(page, "Sous l’œil de l’appareil photo").replace("/seances/", "/espace/seances/")
    page.goto(f"{session}/inscrire")
    page.locator("[name='contact.name']").fill("Rosa Carré")
    with page.expect_navigation():
        page.locator("[name='contact.name']").press("Enter")
    told = page.locator("main [role=status]").first
    code = re.sub(r"\s", "", told.locator(".code").inner_text())

    film = film_of(f"{demo.base}/ma-reservation/{code}/abcdefghijklmnop", tmp_path / "film.mjpeg")
    camera = [
        "--use-fake-ui-for-media-stream",
        "--use-fake-device-for-media-stream",
        f"--use-file-for-fake-video-capture={film}",
    ]
    browser = chromium.browser_type.launch(executable_path=CHROMIUM, args=[*ARGUMENTS, *camera])
    try:
        context = browser.new_context(
            base_url=demo.base, storage_state=signed_in_state(0), viewport={"width": 320, "height": 700}
        )
        phone = context.new_page()
        phone.set_default_timeout(PATIENCE)
        faults: list[str] = []
        phone.on("console", lambda said: faults.append(said.text) if "Content Security Policy" in said.text else None)
        phone.goto(f"{session}/appel")
        # Before anybody asks for it: at a stand it would be too late.
        phone.wait_for_function(KEPT, arg=["/static/js/qr/decode.js", "/static/js/qr/index.js"])
        phone.get_by_role("button", name="Lire le carré d’une réservation").click()
        line = phone.locator(f"#place-{code}-1 button.present[aria-pressed=true]")
        line.wait_for()
        # The page came back by itself and reads on: the same square is known now.
        phone.get_by_text("Rosa Carré est déjà noté·e présent·e.").wait_for()
        phone.get_by_role("button", name="Éteindre l’appareil photo").click()
        phone.locator("video").wait_for(state="hidden")
        assert faults == []
    finally:
        browser.close()


def test_the_reader_is_the_one_that_was_looked_at():
    known = dict(reversed(line.split()) for line in (READER / "SHA256SUMS").read_text().splitlines())
    found = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in READER.glob("*.js")}

    assert found == known
