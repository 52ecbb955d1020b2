"""Photos and films lose where, when and with what they were taken, and look as before."""

from __future__ import annotations

import io
import struct

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


def box(kind: bytes, *content: bytes) -> bytes:
    told = b"".join(content)
    return struct.pack(">I4s", len(told) + 8, kind) + told


def heic() -> bytes:
    """Two items, EXIF and the picture, found by their distance from the start."""
    items = [
        box(b"infe", b"\2\0\0\0", struct.pack(">HH4s", number, 0, kind), b"\0")
        for number, kind in ((1, b"hvc1"), (2, b"Exif"))
    ]
    told = [b"looks as before", b"SecretPhone, SecretPlace"]
    brand = box(b"ftyp", b"heic\0\0\0\0mif1heic")
    start = len(brand) + 150  # where `mdat` has its content

    def meta(filler: int) -> bytes:
        places = [(1, start, len(told[0])), (2, start + len(told[0]), len(told[1]))]
        extents = [struct.pack(">HHHII", item, 0, 1, at, length) for item, at, length in places]
        located = box(b"iloc", b"\0\0\0\0\x44\0", struct.pack(">H", 2), *extents)
        return box(b"meta", b"\0\0\0\0", box(b"iinf", b"\0\0\0\0", struct.pack(">H", 2), *items), located) + box(
            b"free", b"\0" * filler
        )

    head = brand + meta(start - 8 - len(brand) - len(meta(0)))
    return head + box(b"mdat", *told)


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("orientation", [1, 6])
def test_a_photo_looks_the_same_and_tells_nothing(form: str, orientation: int):
    before = photo(form, orientation=orientation)

    after = without_traces(before + b"ftypmp42 SecretPlace" * (form != "WEBP"))

    assert b"SecretPhone" in before
    assert (b"Secret" in after, GPS in Image.open(io.BytesIO(after)).getexif()) == (False, False)
    assert seen(after) == seen(before)


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
def test_a_photo_that_is_cut_short_tells_nothing_either(form: str):
    whole = photo(form)

    assert [cut for cut in range(len(whole)) if b"SecretPhone" in without_traces(whole[:cut])] == []


def test_photos_of_telephones_and_films_tell_nothing():
    times, moved = b"SecretTimes!", b"how loud, how fast"
    film = box(b"ftyp", b"isom") + box(
        b"moov", box(b"mvhd", b"\0\0\0\0", times[:8], moved), box(b"udta", box(b"\xa9xyz", b"SecretPlace"))
    )

    blank, bare = without_traces(heic()), without_traces(film)

    assert (b"Secret" in blank, b"looks as before" in blank, len(blank)) == (False, True, len(heic()))
    assert (b"Secret" in bare, moved in bare, len(bare)) == (False, True, len(film))


def test_a_colour_profile_stays():
    made = io.BytesIO()
    Image.new("RGB", (8, 8), "red").save(made, "JPEG", icc_profile=b"colours" * 30)

    assert Image.open(io.BytesIO(without_traces(made.getvalue()))).info["icc_profile"] == b"colours" * 30


@given(
    st.binary(max_size=60),
    st.sampled_from(
        [
            b"\xff\xd8",
            b"\xff\xd8\xff\xe1\x00\x10Exif\0\0",
            b"\x89PNG\r\n\x1a\n",
            b"RIFF\0\0\0\0WEBP",
            heic()[:130],
            box(b"ftyp", b"isom") + b"\0\0\0\x40moov\0\0\0\x20udta",
        ]
    ),
)
def test_what_is_broken_is_left_or_cut_and_never_a_fault(rest: bytes, start: bytes):
    assert isinstance(without_traces(start + rest), bytes)
