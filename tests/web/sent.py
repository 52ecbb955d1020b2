"""A form as a test sends it: by whom, where, the struct it fills, and valid answers."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlencode

import msgspec
from msgspec import Struct
from msgspec import inspect as mi

from ateliers.web.fields import specs
from tests.web.scene import Scene

Fields = dict[str, list[str]]


class Sent(Struct, frozen=True, kw_only=True):
    """One form: who sends it where, the struct it fills, and valid answers."""

    at: Callable[[Scene], str]
    by: str = "stranger"
    struct: type[Struct] | None = None
    valid: Callable[[Scene], dict[str, str | list[str]]] = lambda _scene: {}
    counts: frozenset[str] = frozenset()  # tables that a refusal rightly writes to
    file: str = ""  # name of the field that brings a file, where the form cannot do without
    content: str = "%PDF-1.7"  # of that file

    @property
    def names(self) -> dict[str, msgspec.inspect.Type]:
        """Every field, with the type of its answers."""
        return {} if self.struct is None else dict(_names(self.struct))

    def fields(self, scene: Scene) -> Fields:
        """The valid answers as a browser sends them."""
        return {name: value if isinstance(value, list) else [value] for name, value in self.valid(scene).items()}

    def body(self, scene: Scene) -> tuple[bytes, dict[str, str]]:
        """The valid answers, and their file, as a browser sends them: the body and its headers."""
        if not self.file:
            return body(self.fields(scene)), URLENCODED
        part = '--x\r\nContent-Disposition: form-data; name="{}"{}\r\n\r\n{}\r\n'
        told = [part.format(name, "", text) for name, texts in self.fields(scene).items() for text in texts]
        head = "".join([*told, part.format(self.file, '; filename="page.pdf"', self.content), "--x--\r\n"])
        return head.encode(), {"content-type": "multipart/form-data; boundary=x"}


def _names(struct: type[Struct], prefix: str = "") -> list[tuple[str, mi.Type]]:
    found = []
    for spec in specs(struct):
        if isinstance(spec.core, mi.StructType):
            found += _names(spec.core.cls, f"{prefix}{spec.name}.{'0.' if spec.many else ''}")
        else:
            found.append((prefix + spec.name, spec.core))
    return found


def body(fields: Fields) -> bytes:
    """The body that a browser sends."""
    pairs = [(name, text) for name, texts in fields.items() for text in texts]
    return urlencode(pairs, errors="surrogatepass").encode()


URLENCODED = {"content-type": "application/x-www-form-urlencoded"}
