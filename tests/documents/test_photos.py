"""Photos lose where, when and with what they were taken, and look as before."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageOps

from ateliers.documents.photos import without_traces

ORIENTATION, MODEL, GPS = 0x0112, 0x0110, 0x8825


def photo(form: str, *, orientation: int = 1) -> bytes:
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    exif[MODEL] = "SecretPhone"
    exif.get_ifd(GPS)[1] = "N"
    exif.get_ifd(GPS)[2] = (46.0, 59.0, 22.5)
    made = io.BytesIO()
    picture = Image.linear_gradient("L").resize((60, 40)).convert("RGB")
    picture.save(made, form, exif=exif, **({"progressive": True} if form == "JPEG" else {}))
    return made.getvalue()


def seen(content: bytes) -> bytes:
    return ImageOps.exif_transpose(Image.open(io.BytesIO(content))).convert("RGB").tobytes()


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("orientation", [1, 6])
def test_a_photo_looks_the_same_and_tells_nothing(form: str, orientation: int):
    before = photo(form, orientation=orientation)
    hidden_film = b"ftypmp42 SecretPlace" if form == "JPEG" else b""

    after = without_traces(before + hidden_film)

    assert b"SecretPhone" in before
    assert (b"Secret" in after, GPS in Image.open(io.BytesIO(after)).getexif()) == (False, False)
    if form == "JPEG":
        assert seen(after) == seen(before)
    else:
        assert Image.open(io.BytesIO(after)).tobytes() == Image.open(io.BytesIO(before)).tobytes()


def test_a_colour_profile_stays():
    made = io.BytesIO()
    Image.new("RGB", (8, 8), "red").save(made, "JPEG", icc_profile=b"colours" * 30)

    assert Image.open(io.BytesIO(without_traces(made.getvalue()))).info["icc_profile"] == b"colours" * 30


@given(
    st.binary(max_size=60),
    st.sampled_from([b"\xff\xd8", b"\xff\xd8\xff\xe1\x00\x10Exif\0\0", b"\x89PNG\r\n\x1a\n", b"RIFF\0\0\0\0WEBP"]),
)
def test_what_is_broken_is_left_or_cut_and_never_a_fault(rest: bytes, start: bytes):
    assert isinstance(without_traces(start + rest), bytes)
