"""QR codes as SVG: black on white whatever the colours around, with the quiet border that readers need."""

from __future__ import annotations

import segno


def qr_svg(text: str) -> str:
    """An SVG drawing to put into a page or a document; it grows with its box and says nothing by itself."""
    code = segno.make(text, error="m", micro=False)
    return str(code.svg_inline(border=4, dark="#000", light="#fff", omitsize=True, svgclass="qr", lineclass=None))
