"""A form: the struct it fills, what was typed, and what is wrong beside each field.

A handler reads it (`read_form`), shows it again while `data` is None (`form.page`, 422, everything typed is kept),
hands `data` to one use case, and gives a refusal back to it (`form.refuse(refusal).page(…)`).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Generic, TypeVar, cast
from urllib.parse import parse_qsl

import msgspec
from litestar import Request, Response
from litestar.datastructures import UploadFile
from litestar.exceptions import HTTPException
from msgspec import NODEFAULT, Struct
from msgspec import inspect as mi

from ateliers.documents.files import LARGEST_FILE, Upload
from ateliers.refusals import Invalid, NotFound, Refusal
from ateliers.web.answers import page
from ateliers.web.fields import Errors, Spec, close_up, parse, specs
from ateliers.words import T

S = TypeVar("S", bound=Struct)

MAX_FIELDS = 500
URLENCODED = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data"
# Bytes of a form with a file: `request_max_body_size` of its handler. A file above its own limit, and not far above, is told
# of beside its field, and what was typed is kept.
LARGEST_UPLOAD = 3 * LARGEST_FILE
INPUTS: dict[type, str] = {
    mi.IntType: "number",
    mi.BoolType: "checkbox",
    mi.DateType: "date",
    mi.DateTimeType: "datetime-local",
    mi.TimeType: "time",
}
LIMITS = (("min", "ge"), ("max", "le"), ("minlength", "min_length"), ("maxlength", "max_length"))


class UnreadableForm(HTTPException):
    """No page of ours sends this; read as a form, all its answers would seem to be left empty."""

    status_code = 415


class TooManyFields(HTTPException):
    """No page of ours sends as many; taking some of them would lose the others without a word."""

    status_code = 413


class Field:
    """What a template needs to draw one field."""

    def __init__(self, spec: Spec, name: str, texts: list[str], errors: list[T]) -> None:
        self.spec = spec
        self.name = name
        self.texts = texts
        self.errors = errors

    @property
    def id(self) -> str:
        """Id of the input; its error is `<id>-err`, its help `<id>-aide`."""
        return "f-" + self.name.replace(".", "-").replace("_", "-")

    @property
    def label(self) -> str:
        """The question (`Meta(title=…)`)."""
        return str(T(self.spec.meta.get("title", self.spec.name)))

    @property
    def help(self) -> str:
        """One line below the question (`Meta(description=…)`)."""
        return str(T(self.spec.meta.get("description", "")))

    @property
    def value(self) -> str:
        """What was typed, or the initial value, as text."""
        if self.spec.many and self.spec.is_long:
            return "\n".join(self.texts)
        return self.texts[-1] if self.texts else ""

    @property
    def is_required(self) -> bool:
        """Whether an answer must be given."""
        if isinstance(self.spec.core, mi.StrType) and not self.spec.optional and self.spec.core.min_length:
            return True
        return self.spec.required and not self.spec.optional and self.type != "checkbox" and not self.spec.many

    @property
    def is_answered(self) -> bool:
        """Whether it is a list that stands on an answer already: nobody needs to choose, and nothing is left empty."""
        return self.type == "select" and not self.spec.optional and not self.spec.required and bool(self.value)

    @property
    def options(self) -> list[tuple[str, str]]:
        """Value and label of each answer offered; empty for a free answer."""
        if not isinstance(self.spec.core, mi.EnumType):
            return []
        members = self.spec.core.cls
        return [(str(member.value), str(getattr(member, "label", member.name))) for member in members]

    @property
    def type(self) -> str:
        """'text', 'email', 'textarea', 'select', 'radio', 'checkbox', 'checkboxes', 'number', 'date' or another input type."""
        if "input" in self.spec.extra:
            return str(self.spec.extra["input"])
        if self.options:
            return "checkboxes" if self.spec.many else "select"
        return INPUTS.get(type(self.spec.core), "text")

    @property
    def attributes(self) -> dict[str, Any]:
        """HTML attributes that follow from the struct."""
        made: dict[str, Any] = {}
        is_list = self.type == "select"
        if self.is_required and not (is_list and self.value):  # a list that offers no empty answer cannot lack one
            made["required"] = ""
        for attribute, source in () if is_list else LIMITS:
            limit = getattr(self.spec.core, source, None)
            if limit is not None and not (attribute == "minlength" and limit <= 1):
                made[attribute] = limit
        for attribute in ("autocomplete", "inputmode", "autocapitalize", "list", "placeholder", "form"):
            if attribute in self.spec.extra:
                made[attribute] = self.spec.extra[attribute]
        described = [f"{self.id}-aide"] if self.help else []
        if self.errors:
            made["aria-invalid"] = "true"
            described.append(f"{self.id}-err")
        if described:
            made["aria-describedby"] = " ".join(described)
        return made


class Form(Generic[S]):
    """A struct as a form. `data` is the filled struct, or None while something is wrong or nothing was sent."""

    def __init__(
        self, struct: type[S], raw: dict[str, list[str]], data: S | None, errors: Errors, *, sent: bool
    ) -> None:
        self.struct = struct
        self.raw = raw
        self.data = data
        self.errors = errors
        self.sent = sent
        self.uploads: dict[str, Upload] = {}  # by the name of a field with `extra={"input": "file"}`
        self.added: dict[str, Field] = {}  # fields that the struct does not have (an event's own questions)

    @classmethod
    def of(cls, struct: type[S], instance: Struct | None = None, **initial: Any) -> Form[S]:
        """A form to show first: empty, or with the values of `instance` (any struct with such fields) and `initial`."""
        given = msgspec.to_builtins(instance) if instance is not None else {}
        raw: dict[str, list[str]] = {}
        for name, value in _flat({**given, **msgspec.to_builtins(initial)}):
            raw[name] = _texts(value)
        return cls(struct, raw, None, {}, sent=False)

    def refuse(self, refusal: Refusal) -> Form[S]:
        """Show a use case's no beside its field, or at the top of the form when it belongs to none."""
        if isinstance(refusal, Invalid):
            for name, message in refusal.errors.items():
                self.errors.setdefault(name, []).append(T(message, **refusal.facts))
        else:
            self.errors.setdefault(refusal.field, []).append(T(refusal.title, **refusal.facts))
        self.data = None
        return self

    def also(self, wrong: dict[str, str]) -> Form[S]:
        """Say what a refused form has wrong besides, in fields without an error yet: everything is said at once."""
        for name, message in wrong.items():
            self.errors.setdefault(name, [T(message)])
        return self

    def __getitem__(self, name: str) -> Field:
        if name in self.added:
            return self.added[name]
        struct: type[Struct] = self.struct
        *path, last = name.split(".")
        for step in path:
            if not step.isdecimal():  # the number of a row
                struct = cast("mi.StructType", _spec(struct, step).core).cls
        spec = _spec(struct, last)
        if name in self.raw or self.sent:
            texts = self.raw.get(name, [])
        else:
            texts = _texts(msgspec.to_builtins(spec.default)) if spec.default is not NODEFAULT else []
        return Field(spec, name, texts, self.errors.get(name, []))

    def has(self, name: str) -> bool:
        """Whether `name` is a field of this form (an error may belong to none)."""
        try:
            self[name]
        except KeyError:
            return False
        return True

    @property
    def wrong(self) -> list[tuple[str, list[T]]]:
        """Each wrong field with its messages, in the order of the form; first what belongs to none."""
        order = [spec.name for spec in specs(self.struct)]
        places = {name: n for n, name in enumerate([*order, *self.added])}
        return sorted(self.errors.items(), key=lambda error: places.get(error[0].partition(".")[0], -1))

    def __iter__(self) -> Iterator[Field]:
        return iter([self[spec.name] for spec in specs(self.struct) if not isinstance(spec.core, mi.StructType)])

    def page(self, template: str, *, status: int | None = None, **context: Any) -> Response[bytes]:
        """The page with this form in it (as `form`): 422 when something is wrong, else 200."""
        return page(template, status=status or (422 if self.errors else 200), form=self, **context)


async def read_form(request: Request[Any, Any, Any], struct: type[S], *, files: bool = False) -> Form[S]:
    """The form as a browser sent it; with `files`, the ones it brought are in `uploads`, and their fields hold their names.

    Raises UnreadableForm when a body is neither application/x-www-form-urlencoded nor, with `files`, multipart/form-data.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    uploads: dict[str, Upload] = {}
    if files and kind == MULTIPART:
        fields, uploads = await _read_multipart(request)
    else:
        sent = await request.body()
        if sent and kind != URLENCODED:
            raise UnreadableForm
        fields = form_fields(sent)
    raw = close_up(struct, fields)
    data, errors = parse(struct, raw, typed=False)
    form = Form(struct, raw, data, errors, sent=True)
    form.uploads = uploads
    return form


async def read_tap(request: Request[Any, Any, Any], struct: type[S]) -> S:
    """What a button says. Raises NotFound: only a page that is not ours sends something else."""
    data = (await read_form(request, struct)).data
    if data is None:
        raise NotFound
    return data


async def _read_multipart(request: Request[Any, Any, Any]) -> tuple[dict[str, list[str]], dict[str, Upload]]:
    fields: dict[str, list[str]] = {}
    uploads: dict[str, Upload] = {}
    try:
        sent = list((await request.form()).multi_items())
    except UnicodeDecodeError:
        raise UnreadableForm from None
    if len(sent) > MAX_FIELDS:
        raise TooManyFields
    for name, value in sent:
        if isinstance(value, UploadFile):
            uploads[name] = Upload(name=value.filename, content=await value.read(LARGEST_FILE + 1))
            fields.setdefault(name, []).append(value.filename)
        else:
            fields.setdefault(name, []).append(str(value))
    return fields, uploads


def form_fields(body: bytes) -> dict[str, list[str]]:
    """Names and texts of a form's body or a query. Broken UTF-8 becomes replacement characters. Raises TooManyFields."""
    raw: dict[str, list[str]] = {}
    pairs = parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True, errors="replace")
    if len(pairs) > MAX_FIELDS:
        raise TooManyFields
    for name, text in pairs:
        raw.setdefault(name, []).append(text)
    return raw


def _spec(struct: type[Struct], name: str) -> Spec:
    for spec in specs(struct):
        if spec.name == name:
            return spec
    raise KeyError(name)


def _texts(value: Any) -> list[str]:
    if value is None or value is False:
        return []
    if isinstance(value, list):
        return [str(item) for item in value]
    return ["1" if value is True else str(value)]


def _flat(values: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in values.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{name}.")
        elif isinstance(value, list) and any(isinstance(item, dict) for item in value):
            yield from _flat({str(n): item for n, item in enumerate(value)}, f"{prefix}{name}.")
        else:
            yield prefix + name, value
