"""PDF files from a Typst template, tagged for screen readers (PDF/UA-1) and set in our own letters; pictures of them."""

from __future__ import annotations

import asyncio
from datetime import datetime
from functools import lru_cache
from typing import Any, Literal

import msgspec
import typst

from ateliers.resources import resource


@lru_cache(maxsize=1)
def _fonts() -> typst.Fonts:
    """Ours first; the embedded ones draw the letters that ours lack. None of the machine's: a document looks alike everywhere."""
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=True, font_paths=[resource("data") / "fonts"])


async def make_pdf(template: str, data: Any, *, now: datetime) -> bytes:
    """`template` ('documents/….typ') filled with `data`, which it finds as JSON in `sys.inputs.data`. Made in a thread."""
    return await asyncio.to_thread(_compile, template, msgspec.json.encode(data).decode(), now)


async def make_png(template: str, data: Any, *, now: datetime) -> bytes:
    """The first page of the same as a picture, 150 points an inch. Made in a thread."""
    return await asyncio.to_thread(_draw, template, msgspec.json.encode(data).decode(), now)


def _draw(template: str, data: str, now: datetime) -> bytes:
    made = _compiler().compile(
        input=str(resource("templates") / template),
        format="png",
        ppi=150.0,
        sys_inputs={"data": data},
        timestamp=int(now.timestamp()),
    )
    page = made[0] if isinstance(made, list) else made
    if page is None:
        raise TypeError(template)
    return page


def _compile(template: str, data: str, now: datetime) -> bytes:
    try:
        return _compile_as(template, data, now, "ua-1")
    except typst.TypstError as wrong:
        if "could not be displayed" not in str(wrong):
            raise
    # A name in letters that none of our fonts draws: PDF/UA allows no empty box, but the rest of the paper is worth having.
    return _compile_as(template, data, now, "1.7")


def _compile_as(template: str, data: str, now: datetime, standard: Literal["ua-1", "1.7"]) -> bytes:
    made = _compiler().compile(
        input=str(resource("templates") / template),
        format="pdf",
        sys_inputs={"data": data},
        pdf_standards=standard,
        timestamp=int(now.timestamp()),
    )
    if not isinstance(made, bytes):
        raise TypeError(template)
    return made


def _compiler() -> typst.Compiler:
    return typst.Compiler(root=resource("templates"), font_paths=_fonts(), ignore_system_fonts=True)
