"""Workbooks (XLSX, ODS) written row after row in flat memory; text is text, whatever it looks like."""

from __future__ import annotations

import enum
import io
import re
import zipfile
from collections.abc import Iterable, Sequence
from datetime import date
from typing import IO

import msgspec

MOST_NAME = 31  # letters of a sheet's name, as Excel wants it
NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
NOT_IN_NAMES = re.compile(r"[\[\]:*?/\\]")
REFERENCE = re.compile(r"\b([A-Z]{1,3}[0-9]+)(?::([A-Z]{1,3}[0-9]+))?\b")


class Format(enum.Enum):
    """A kind of workbook; the value ends the file's name."""

    XLSX = "xlsx"
    ODS = "ods"

    @property
    def media_type(self) -> str:
        """As HTTP names it."""
        return _MEDIA[self]


_MEDIA = {
    Format.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    Format.ODS: "application/vnd.oasis.opendocument.spreadsheet",
}


class Style(enum.IntEnum):
    """How a cell looks; the numbers are the order of the styles in both formats."""

    PLAIN = 0
    HEAD = 1  # bold, wrapped
    WRAPPED = 2
    SHARE = 3  # 0.0 %
    DECIMAL = 4  # 0.0
    DAY = 5  # what a date looks like


class Styled(msgspec.Struct, frozen=True):
    """A text or number that does not look plain; with `formula` (`SUM(B2:B9)`), the number is what it comes to."""

    value: str | float
    style: Style
    formula: str = ""


Cell = str | int | float | date | Styled | None
DAY_ZERO = date(1899, 12, 30)  # XLSX counts days from it


class Workbook:
    """Sheets one after the other: `start`, `write` as often as there are rows, then `close` for the bytes."""

    def __init__(self, format: Format) -> None:
        self._format = format
        self._bytes = io.BytesIO()
        self._zip = zipfile.ZipFile(self._bytes, "w", zipfile.ZIP_DEFLATED, compresslevel=1)
        self._names: list[str] = []
        self._part: IO[bytes] | None = None
        if format is Format.ODS:
            # First and not compressed: how programs know the file (ODF 1.3, part 2, 3.3).
            self._zip.writestr("mimetype", format.media_type, zipfile.ZIP_STORED)
            self._part = self._zip.open("content.xml", "w", force_zip64=True)
            self._part.write(_ODS_HEAD.encode())

    def start(self, name: str, *, widths: Sequence[int] = (), frozen: int = 0) -> None:
        """A new sheet: widths of its first columns in letters, and how many rows stay when one scrolls."""
        self._end()
        name = NOT_IN_NAMES.sub(" ", name)[:MOST_NAME]
        self._names.append(name)
        if self._format is Format.XLSX:
            self._part = self._zip.open(f"xl/worksheets/sheet{len(self._names)}.xml", "w", force_zip64=True)
            pane = f'<pane ySplit="{frozen}" topLeftCell="A{frozen + 1}" activePane="bottomLeft" state="frozen"/>'
            view = f'<sheetViews><sheetView workbookViewId="0">{pane}</sheetView></sheetViews>' if frozen else ""
            columns = "".join(
                f'<col min="{n}" max="{n}" width="{width}" customWidth="1"/>' for n, width in enumerate(widths, start=1)
            )
            self._write(
                f"{_XML}<worksheet {_XLSX_MAIN}>{view}{f'<cols>{columns}</cols>' if columns else ''}<sheetData>"
            )
        else:
            columns = "".join(f'<table:table-column table:style-name="w{min(width, 80)}"/>' for width in widths)
            rest = '<table:table-column table:number-columns-repeated="50"/>'
            self._write(f'<table:table table:name="{_escaped(name)}">{columns}{rest}')

    def write(self, rows: Iterable[Sequence[Cell]]) -> None:
        """More rows of the sheet."""
        if self._format is Format.XLSX:
            self._write("".join([f"<row>{''.join(map(_xlsx_cell, row))}</row>" for row in rows]))
        else:
            self._write("".join([f"<table:table-row>{''.join(map(_ods_cell, row))}</table:table-row>" for row in rows]))

    def close(self) -> bytes:
        """The file."""
        self._end()
        if self._format is Format.XLSX:
            for path, text in _xlsx_parts(self._names):
                self._zip.writestr(path, text)
        else:
            self._write("</office:spreadsheet></office:body></office:document-content>")
            if self._part is not None:
                self._part.close()
            self._zip.writestr("META-INF/manifest.xml", _ODS_MANIFEST)
        self._zip.close()
        return self._bytes.getvalue()

    def _write(self, text: str) -> None:
        if self._part is not None:
            self._part.write(text.encode())

    def _end(self) -> None:
        if not self._names:
            return
        if self._format is Format.ODS:
            self._write("</table:table>")
        elif self._part is not None:
            self._write("</sheetData></worksheet>")
            self._part.close()


def column_name(number: int) -> str:
    """'A' for 1, 'AA' for 27."""
    name = ""
    while number:
        number, rest = divmod(number - 1, 26)
        name = chr(65 + rest) + name
    return name


def _escaped(text: str) -> str:
    if not text.isprintable():
        text = NOT_IN_XML.sub("", text)
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")


def _xlsx_cell(cell: Cell) -> str:
    if cell is None:
        return "<c/>"
    look = formula = ""
    if isinstance(cell, Styled):
        look = f' s="{int(cell.style)}"'
        formula = f"<f>{_escaped(cell.formula)}</f>" if cell.formula else ""
        cell = cell.value
    if isinstance(cell, date):
        return f'<c s="{int(Style.DAY)}"><v>{(cell - DAY_ZERO).days}</v></c>'
    if isinstance(cell, str):
        return f'<c{look} t="inlineStr"><is><t xml:space="preserve">{_escaped(cell)}</t></is></c>'
    return f"<c{look}>{formula}<v>{cell}</v></c>"


def _ods_cell(cell: Cell) -> str:
    if cell is None:
        return "<table:table-cell/>"
    look, kind = "", "float"
    if isinstance(cell, Styled):
        look = f' table:style-name="s{int(cell.style)}"'
        kind = "percentage" if cell.style is Style.SHARE else kind
        if cell.formula:
            written = REFERENCE.sub(lambda found: f"[.{found[1]}{f':.{found[2]}' if found[2] else ''}]", cell.formula)
            look += f' table:formula="of:={_escaped(written)}"'
        cell = cell.value
    if isinstance(cell, date):
        look = f'table:style-name="s{int(Style.DAY)}" office:value-type="date" office:date-value="{cell}"'
        return f"<table:table-cell {look}><text:p>{cell}</text:p></table:table-cell>"
    if isinstance(cell, str):
        lines = "".join(f"<text:p>{line}</text:p>" for line in _escaped(cell).split("\n"))
        return f'<table:table-cell{look} office:value-type="string">{lines}</table:table-cell>'
    return f'<table:table-cell{look} office:value-type="{kind}" office:value="{cell}"><text:p>{cell}</text:p></table:table-cell>'


_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_XLSX_MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_SHEETML = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_XLSX_STYLES = f"""{_XML}<styleSheet {_XLSX_MAIN}>
<numFmts count="2"><numFmt numFmtId="164" formatCode="0.0\\ %"/><numFmt numFmtId="165" formatCode="#,##0.0"/></numFmts>
<fonts count="2"><font><sz val="11"/><name val="Calibri"/></font><font><b/><sz val="11"/><name val="Calibri"/></font></fonts>
<fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills>
<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>
<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>
<cellXfs count="6"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>
<xf numFmtId="0" fontId="1" fillId="0" borderId="0" xfId="0" applyFont="1" applyAlignment="1"><alignment vertical="top" wrapText="1"/></xf>
<xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0" applyAlignment="1"><alignment vertical="top" wrapText="1"/></xf>
<xf numFmtId="164" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>
<xf numFmtId="165" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>
<xf numFmtId="14" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/></cellXfs>
<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles>
</styleSheet>"""


def _xlsx_parts(names: Sequence[str]) -> Iterable[tuple[str, str]]:
    numbers = range(1, len(names) + 1)
    kinds = "".join(
        f'<Override PartName="/xl/worksheets/sheet{n}.xml" ContentType="{_SHEETML}.worksheet+xml"/>' for n in numbers
    )
    yield (
        "[Content_Types].xml",
        (
            f'{_XML}<Types xmlns="{_PACKAGE}/content-types">'
            '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
            '<Default Extension="xml" ContentType="application/xml"/>'
            f'<Override PartName="/xl/workbook.xml" ContentType="{_SHEETML}.sheet.main+xml"/>'
            f'<Override PartName="/xl/styles.xml" ContentType="{_SHEETML}.styles+xml"/>{kinds}</Types>'
        ),
    )
    yield (
        "_rels/.rels",
        (
            f'{_XML}<Relationships xmlns="{_PACKAGE}/relationships">'
            f'<Relationship Id="rId1" Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>'
        ),
    )
    sheets = "".join(f'<sheet name="{_escaped(names[n - 1])}" sheetId="{n}" r:id="rId{n}"/>' for n in numbers)
    yield (
        "xl/workbook.xml",
        f'{_XML}<workbook {_XLSX_MAIN} xmlns:r="{_OFFICE}"><sheets>{sheets}</sheets></workbook>',
    )
    links = "".join(
        f'<Relationship Id="rId{n}" Type="{_OFFICE}/worksheet" Target="worksheets/sheet{n}.xml"/>' for n in numbers
    )
    styles = f'<Relationship Id="rId{len(names) + 1}" Type="{_OFFICE}/styles" Target="styles.xml"/>'
    yield (
        "xl/_rels/workbook.xml.rels",
        f'{_XML}<Relationships xmlns="{_PACKAGE}/relationships">{links}{styles}</Relationships>',
    )
    yield "xl/styles.xml", _XLSX_STYLES


_ODS_NAMES = " ".join(
    f'xmlns:{short}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
    for short, name in (
        ("office", "office"), ("table", "table"), ("text", "text"), ("style", "style"), ("number", "datastyle"),
        ("fo", "xsl-fo-compatible"),
    )
)  # fmt: skip
_ODS_FORMULAS = 'xmlns:of="urn:oasis:names:tc:opendocument:xmlns:of:1.2"'
_ODS_CELL = 'style:family="table-cell" style:parent-style-name="Default"'
_ODS_WRAP = '<style:table-cell-properties fo:wrap-option="wrap" style:vertical-align="top"/>'
_ODS_HEAD = (
    f'{_XML}<office:document-content {_ODS_NAMES} {_ODS_FORMULAS} office:version="1.3"><office:automatic-styles>'
    + "".join(
        f'<style:style style:name="w{n}" style:family="table-column">'
        f'<style:table-column-properties style:column-width="{n * 0.2:.1f}cm"/></style:style>'
        for n in range(1, 81)
    )
    + '<number:percentage-style style:name="n3"><number:number number:decimal-places="1" number:min-integer-digits="1"/>'
    "<number:text>\u00a0%</number:text></number:percentage-style>"
    '<number:number-style style:name="n4"><number:number number:decimal-places="1" number:min-integer-digits="1" '
    'number:grouping="true"/></number:number-style>'
    '<number:date-style style:name="n5" number:automatic-order="true"><number:day number:style="long"/><number:text>/</number:text>'
    '<number:month number:style="long"/><number:text>/</number:text><number:year number:style="long"/></number:date-style>'
    f'<style:style style:name="s0" {_ODS_CELL}/>'
    f'<style:style style:name="s1" {_ODS_CELL}>{_ODS_WRAP}<style:text-properties fo:font-weight="bold"/></style:style>'
    f'<style:style style:name="s2" {_ODS_CELL}>{_ODS_WRAP}</style:style>'
    f'<style:style style:name="s3" {_ODS_CELL} style:data-style-name="n3"/>'
    f'<style:style style:name="s4" {_ODS_CELL} style:data-style-name="n4"/>'
    f'<style:style style:name="s5" {_ODS_CELL} style:data-style-name="n5"/>'
    "</office:automatic-styles><office:body><office:spreadsheet>"
)
_ODS_MANIFEST = f"""{_XML}<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0" manifest:version="1.3">
<manifest:file-entry manifest:full-path="/" manifest:media-type="{Format.ODS.media_type}"/>
<manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"/>
</manifest:manifest>"""
