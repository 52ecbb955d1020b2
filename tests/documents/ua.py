"""What PDF/UA-1 (ISO 14289-1) asks of a file's structure, as far as a machine can tell; the clauses are the Matterhorn Protocol's."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import pypdf
from pypdf.generic import ArrayObject, ContentStream, DictionaryObject, IndirectObject

PAINTS = {
    b"Tj",
    b"TJ",
    b"'",
    b'"',
    b"f",
    b"F",
    b"f*",
    b"S",
    b"s",
    b"B",
    b"B*",
    b"b",
    b"b*",
    b"sh",
    b"Do",
    b"INLINE IMAGE",
}
STANDARD = {
    "Document",
    "Part",
    "Art",
    "Sect",
    "Div",
    "BlockQuote",
    "Caption",
    "TOC",
    "TOCI",
    "Index",
    "NonStruct",
    "Private",
    "P",
    "H",
    "H1",
    "H2",
    "H3",
    "H4",
    "H5",
    "H6",
    "L",
    "LI",
    "Lbl",
    "LBody",
    "Table",
    "TR",
    "TH",
    "TD",
    "THead",
    "TBody",
    "TFoot",
    "Span",
    "Quote",
    "Note",
    "Reference",
    "BibEntry",
    "Code",
    "Link",
    "Annot",
    "Ruby",
    "RB",
    "RT",
    "RP",
    "Warichu",
    "WT",
    "WP",
    "Figure",
    "Formula",
    "Form",
}
HOLDS = {
    "L": {"LI", "Caption", "L"},
    "LI": {"Lbl", "LBody"},
    "TR": {"TH", "TD"},
    "THead": {"TR"},
    "TBody": {"TR"},
    "TFoot": {"TR"},
}
EMBEDDED = ("/FontFile", "/FontFile2", "/FontFile3")


def ua_faults(content: bytes) -> list[str]:
    """What is wrong with the file; empty when nothing is."""
    document = pypdf.PdfReader(io.BytesIO(content))
    root = document.trailer["/Root"]
    faults = [*_of_the_whole(document, root)]
    if "/StructTreeRoot" not in root:
        return [*faults, "01: no structure tree"]
    tree = root["/StructTreeRoot"]
    roles = {name[1:]: str(role)[1:] for name, role in tree.get("/RoleMap", {}).items()}
    elements = list(_elements(tree, roles))
    faults += _of_elements(elements)
    told = {(page, mcid) for _kind, element, _children in elements for page, mcid in _marks(element)}
    for number, page in enumerate(document.pages):
        faults += [f"page {number + 1}: {fault}" for fault in _of_page(page, document, told)]
    return faults


def headings(content: bytes) -> list[str]:
    """'H1', 'H2'… in the order of reading."""
    tree = pypdf.PdfReader(io.BytesIO(content)).trailer["/Root"]["/StructTreeRoot"]
    return [kind for kind, _element, _children in _elements(tree, {}) if kind[0] == "H" and kind[1:].isdigit()]


def _of_the_whole(document: pypdf.PdfReader, root: DictionaryObject) -> Iterator[str]:
    if not _is_true(root.get("/MarkInfo", {}).get("/Marked")):
        yield "06: not marked as tagged"
    if _is_true(root.get("/MarkInfo", {}).get("/Suspects")):
        yield "06: suspects"
    if not root.get("/Lang"):
        yield "11: no language"
    if not _is_true(root.get("/ViewerPreferences", {}).get("/DisplayDocTitle")):
        yield "07: the window does not show the title"
    metadata = root["/Metadata"].get_data() if "/Metadata" in root else b""
    if b"<pdfuaid:part>1</pdfuaid:part>" not in metadata:
        yield "06: does not say that it is PDF/UA-1"
    if b"<dc:title>" not in metadata or not (document.metadata and document.metadata.title):
        yield "06: no title"
    if document.is_encrypted or "/XFA" in root.get("/AcroForm", {}):
        yield "26: closed to assistive technology"
    for font in _fonts(document):
        name = font.get("/BaseFont")
        inner = font["/DescendantFonts"][0].get_object() if "/DescendantFonts" in font else font
        if not any(file in inner.get("/FontDescriptor", {}) for file in EMBEDDED):
            yield f"31: {name} is not embedded"
        if "/ToUnicode" not in font:
            yield f"10: {name} does not say its letters"


def _is_true(value: object) -> bool:
    """Whether pypdf's own kind of true, of which Python's `bool` knows nothing."""
    return getattr(value, "value", None) is True


def _fonts(document: pypdf.PdfReader) -> list[DictionaryObject]:
    found = {}
    for page in document.pages:
        for font in page.get("/Resources", {}).get("/Font", {}).values():
            found[str(font.get_object().get("/BaseFont"))] = font.get_object()
    return list(found.values())


def _elements(node: Any, roles: dict[str, str]) -> Iterator[tuple[str, DictionaryObject, list[str]]]:
    """Each element in the order of reading: its standard kind, itself, the kinds within."""
    for child in _kids(node):
        kind = str(child["/S"])[1:]
        within = [roles.get(one, one) for one in (str(kid["/S"])[1:] for kid in _kids(child))]
        yield roles.get(kind, kind), child, within
        yield from _elements(child, roles)


def _kids(node: Any) -> list[DictionaryObject]:
    return [kid for kid in _raw_kids(node) if isinstance(kid, DictionaryObject) and "/S" in kid]


def _raw_kids(node: Any) -> list[Any]:
    kids = node.get("/K", [])
    kids = kids.get_object() if isinstance(kids, IndirectObject) else kids
    return [kid.get_object() for kid in (kids if isinstance(kids, ArrayObject) else [kids])]


def _marks(element: DictionaryObject) -> Iterator[tuple[int, int]]:
    """The number of the page's object and of the piece on it, for each piece of content of the element's own."""
    for kid in _raw_kids(element):
        if isinstance(kid, int):
            yield element.raw_get("/Pg").idnum, int(kid)
        elif isinstance(kid, DictionaryObject) and "/MCID" in kid:
            yield (kid if "/Pg" in kid else element).raw_get("/Pg").idnum, int(kid["/MCID"])


def _of_elements(elements: list[tuple[str, DictionaryObject, list[str]]]) -> Iterator[str]:
    level = 0
    for kind, element, within in elements:
        if kind not in STANDARD:
            yield f"02: {kind} is no kind of element"
        if kind in {"Figure", "Formula"} and not (element.get("/Alt") or element.get("/ActualText")):
            yield f"13: a {kind} without a text"
        if kind == "Link" and not any("/Obj" in kid for kid in _raw_kids(element) if isinstance(kid, DictionaryObject)):
            yield "28: a link that leads nowhere"
        if kind[0] == "H" and kind[1:].isdigit():
            if int(kind[1:]) > level + 1:
                yield f"14: {kind} after H{level}"
            level = int(kind[1:])
        if kind in HOLDS and not HOLDS[kind].issuperset(within):
            yield f"09: {kind} holds {sorted(set(within) - HOLDS[kind])}"
        if kind == "TH" and not any("/Scope" in one for one in _attributes(element)):
            yield "15: a heading of a table that does not say of what"
    if level == 0:
        yield "14: no heading"
    if any(kind == "Table" for kind, _element, _within in elements) and not any(
        kind == "TH" for kind, _e, _w in elements
    ):
        yield "15: a table without headings"


def _attributes(element: DictionaryObject) -> list[DictionaryObject]:
    given = element.get("/A", [])
    given = given.get_object()
    return [one.get_object() for one in given] if isinstance(given, ArrayObject) else [given]


def _of_page(page: pypdf.PageObject, document: pypdf.PdfReader, told: set[tuple[int, int]]) -> Iterator[str]:
    if "/StructParents" not in page:
        yield "01: not tied to the structure tree"
    annotations = [one.get_object() for one in page.get("/Annots", [])]
    if annotations and page.get("/Tabs") != "/S":
        yield "28: the Tab key does not follow the structure"
    for one in annotations:
        if one.get("/Subtype") == "/Link" and not one.get("/Contents"):
            yield "28: a link that does not say where it leads"
        if "/StructParent" not in one and one.get("/Subtype") != "/Popup":
            yield "28: an annotation outside the structure"
    page_number = page.indirect_reference.idnum if page.indirect_reference else 0
    inside: list[int | str | None] = []
    for values, operator in ContentStream(page.get_contents(), document).operations:
        if operator in {b"BDC", b"BMC"}:
            mcid = values[1].get("/MCID") if len(values) > 1 and isinstance(values[1], DictionaryObject) else None
            inside.append("artifact" if values[0] == "/Artifact" else mcid)
            if mcid is not None and (page_number, int(mcid)) not in told:
                yield f"01: piece {mcid} is in no element"
        elif operator == b"EMC":
            inside.pop()
        elif operator in PAINTS and not any(one is not None for one in inside):
            yield f"01: {operator.decode()} paints what is neither tagged nor an artifact"
