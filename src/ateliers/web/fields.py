"""What a struct tells a form: its fields, how to draw them, how to read what was typed, and what to say when it is wrong."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, TypeVar, cast

import msgspec
from msgspec import NODEFAULT, Struct
from msgspec import inspect as mi

from ateliers.refusals import Invalid
from ateliers.words import T, plain

S = TypeVar("S", bound=Struct)
Errors = dict[str, list[T]]

REQUIRED = T("Fill in this answer.")
UNKNOWN = T("This field does not exist.")
BIGGEST = 2**31 - 1  # what an integer column holds; larger figures are refused before they get there


class Spec(Struct, frozen=True):
    """One field of a struct, its annotations unwrapped."""

    name: str
    type: Any  # the real annotation, given to msgspec.convert
    core: mi.Type  # what is inside Annotated, Optional, list
    many: bool
    most: int | None  # of many
    optional: bool  # may be None
    required: bool
    default: Any
    meta: dict[str, Any]
    extra: dict[str, Any]

    @property
    def is_hidden(self) -> bool:
        """Whether it is carried along without being seen."""
        return self.extra.get("input") == "hidden"

    @property
    def is_long(self) -> bool:
        """Whether the text may have several lines."""
        return self.extra.get("input") == "textarea"


@lru_cache
def specs(struct: type[Struct]) -> tuple[Spec, ...]:
    """The fields of `struct`, in order."""
    found = []
    inspected = cast("mi.StructType", mi.type_info(struct)).fields
    for field, info in zip(msgspec.structs.fields(struct), inspected, strict=True):
        core, many, optional = info.type, False, False
        most: int | None = None
        meta: dict[str, Any] = {}
        extra: dict[str, Any] = {}
        while True:
            if isinstance(core, mi.Metadata):
                meta |= core.extra_json_schema or {}
                extra |= core.extra or {}
                core = core.type
            elif isinstance(core, mi.UnionType):
                optional = core.includes_none
                core = next(kind for kind in core.types if not isinstance(kind, mi.NoneType))
            elif isinstance(core, mi.ListType):
                many, most, core = True, core.max_length, core.item_type
            else:
                break
        default = field.default if field.default_factory is NODEFAULT else field.default_factory()
        found.append(
            Spec(field.encode_name, field.type, core, many, most, optional, field.required, default, meta, extra)
        )
    return tuple(found)


# msgspec says what is wrong in English for programmers; these say it to people.
EXPLANATIONS = [
    (re.compile(pattern), message)
    for pattern, message in (
        (r"Expected `str` of length >= 1( |$)", "Fill in this answer."),
        (r"Expected `str` of length >= (?P<n>\d+)", "Write at least %(n)s characters."),
        (r"Expected `str` of length <= (?P<n>\d+)", "Write at most %(n)s characters."),
        (r"Expected `array` of length >= (?P<n>\d+)", "Choose at least %(n)s."),
        (r"Expected `array` of length <= (?P<n>\d+)", "Choose at most %(n)s."),
        (r"Expected `\w+` >= (?P<n>[-\d.]+)", "The smallest number possible is %(n)s."),
        (r"Expected `\w+` <= (?P<n>[-\d.]+)", "The largest number possible is %(n)s."),
        (r"Expected `\w+` > (?P<n>[-\d.]+)", "Write a number above %(n)s."),
        (r"Expected `\w+` < (?P<n>[-\d.]+)", "Write a number below %(n)s."),
        (r"Expected `int|Integer value out of range", "Write a whole number."),
        (r"Expected `(float|decimal)|Invalid decimal", "Write a number."),
        (r"Expected `bool", "Answer yes or no."),
        (r"Expected `str`", "Write text."),
        (r"Expected `array`", "Give a list."),
        (r"Expected `object`", "Give an object."),
        (r"Invalid enum value", "Choose one of the answers offered."),
        (r"encoded date( |$)|`date`", "Write a date that exists."),
        (r"(date|time)", "Write a date and time that exist."),
        (r"uuid", "This is not one of our identifiers."),
        (r"matching regex", "This is not written as expected."),
    )
]


def explain(message: str, spec: Spec) -> T:
    """The message of msgspec for a reader, in the field's own words where it has some (`extra={"error": …}`)."""
    if "error" in spec.extra and "matching regex" in message:
        told: str = spec.extra["error"]
        return T(told)
    for pattern, text in EXPLANATIONS:
        if found := pattern.search(message):
            return T(text, **found.groupdict())
    return T("This is not written as expected.")


def parse(struct: type[S], raw: Mapping[str, Any], *, typed: bool, prefix: str = "") -> tuple[S | None, Errors]:
    """The struct that `raw` fills, or every wrong field with its messages.

    `typed`: the values have JSON types and nest; otherwise they are lists of texts as a browser sends them, nested
    names joined by dots. Text is made plain before it is judged.
    """
    errors: Errors = {}
    values: dict[str, Any] = {}
    for spec in specs(struct):
        key = prefix + spec.name
        if isinstance(spec.core, mi.StructType) and spec.many:
            value, wrong = _parse_each(spec, raw, key, typed=typed)
        elif isinstance(spec.core, mi.StructType):
            value, wrong = _parse_nested(spec, raw, key, typed=typed)
        else:
            value, wrong = _parse_one(spec, raw, spec.name if typed else key, typed=typed)
            wrong = {key: wrong[""]} if wrong else {}
        if wrong:
            errors |= wrong
        elif value is not NODEFAULT:
            values[spec.name] = value
    if typed and struct.__struct_config__.forbid_unknown_fields:
        known = {spec.name for spec in specs(struct)}
        errors |= {prefix + str(name): [UNKNOWN] for name in raw if name not in known}
    if errors:
        return None, errors
    by_field = {spec.name: name for spec, name in zip(specs(struct), struct.__struct_fields__, strict=True)}
    try:
        return struct(**{by_field[name]: value for name, value in values.items()}), {}
    except Invalid as refusal:
        return None, {prefix + name: [T(message, **refusal.facts)] for name, message in refusal.errors.items()}


def _parse_nested(spec: Spec, raw: Mapping[str, Any], key: str, *, typed: bool) -> tuple[Any, Errors]:
    inner = cast("mi.StructType", spec.core).cls
    if not typed:
        return parse(inner, raw, typed=False, prefix=key + ".")
    given = raw.get(spec.name)
    if given is None and (spec.optional or not spec.required) and (spec.name not in raw or spec.optional):
        return (None if spec.optional else spec.default), {}
    if given is None:
        return None, {key: [REQUIRED]}
    if not isinstance(given, Mapping):
        return None, {key: [T("Give an object.")]}
    return parse(inner, given, typed=True, prefix=key + ".")


def _parse_each(spec: Spec, raw: Mapping[str, Any], key: str, *, typed: bool) -> tuple[Any, Errors]:
    """A list of structs; in a form their fields are `key.0.name`, `key.1.name`… (see `close_up`)."""
    inner = cast("mi.StructType", spec.core).cls
    given = raw.get(spec.name, spec.default) if typed else [raw] * len(_rows(raw, key))
    if not isinstance(given, list):
        return None, {key: [T("Give a list.")]}
    if spec.most is not None and len(given) > spec.most:
        return None, {key: [T("Choose at most %(n)s.", n=spec.most)]}
    found: list[Any] = []
    errors: Errors = {}
    for n, one in enumerate(given):
        if isinstance(one, Mapping):
            value, wrong = parse(inner, one, typed=typed, prefix=f"{key}.{n}.")
            found.append(value)
            errors |= wrong
        else:
            errors[f"{key}.{n}"] = [T("Give an object.")]
    return found, errors


def close_up(struct: type[Struct], raw: dict[str, list[str]]) -> dict[str, list[str]]:
    """What a browser sent, without the blank rows of its lists of structs, the others numbered from 0.

    A row is blank when nothing is written in it: what was chosen or carried along unseen does not count.
    """
    for spec in specs(struct):
        if not (spec.many and isinstance(spec.core, mi.StructType)):
            continue
        fields = specs(spec.core.cls)
        written = [field.name for field in fields if isinstance(field.core, mi.StrType) and not field.is_hidden]
        rows = [
            {
                field.name: raw[f"{spec.name}.{n}.{field.name}"]
                for field in fields
                if f"{spec.name}.{n}.{field.name}" in raw
            }
            for n in _rows(raw, spec.name)
        ]
        rows = [row for row in rows if any(text.strip() for name in written for text in row.get(name, []))]
        raw = {name: texts for name, texts in raw.items() if not _row_of(name, spec.name)}
        raw |= {f"{spec.name}.{n}.{name}": texts for n, row in enumerate(rows) for name, texts in row.items()}
    return raw


def _rows(raw: Mapping[str, Any], key: str) -> list[str]:
    """Numbers of the rows of a list of structs, in order."""
    return sorted({row for name in raw if (row := _row_of(name, key))}, key=int)


def _row_of(name: str, key: str) -> str:
    """'3' of 'key.3.name', '' of other names."""
    found = re.fullmatch(rf"{re.escape(key)}\.([0-9]{{1,3}})\..*", name, re.ASCII)
    return str(int(found[1])) if found else ""


def _parse_one(spec: Spec, raw: Mapping[str, Any], name: str, *, typed: bool) -> tuple[Any, Errors]:
    value = raw.get(name, NODEFAULT) if typed else _from_browser(spec, raw.get(name))
    if value is NODEFAULT:
        return (NODEFAULT, {"": [REQUIRED]}) if spec.required else (NODEFAULT, {})
    if value is None:
        return (None, {}) if spec.optional else (NODEFAULT, {"": [REQUIRED]})
    value = _made_plain(spec, value)
    if isinstance(spec.core, mi.IntType) and isinstance(value, int) and abs(value) > BIGGEST and spec.core.le is None:
        return NODEFAULT, {"": [T("The largest number possible is %(n)s.", n=BIGGEST)]}
    try:
        return msgspec.convert(value, spec.type, strict=typed), {}
    except msgspec.ValidationError as wrong:
        return NODEFAULT, {"": [explain(str(wrong), spec)]}


def _made_plain(spec: Spec, value: Any) -> Any:
    if isinstance(value, str):
        return plain(value, lines=spec.is_long)
    if isinstance(value, list):
        return [plain(item, lines=spec.is_long) if isinstance(item, str) else item for item in value]
    return value


def _from_browser(spec: Spec, texts: list[str] | None) -> Any:
    """What a browser sends, as the value that msgspec expects; an empty answer is no answer."""
    if spec.many:
        each = "\n".join(texts or []).splitlines() if spec.is_long else texts or []
        return [_as_typed(spec, text.strip()) for text in each if text.strip()]
    if isinstance(spec.core, mi.BoolType):
        return texts is not None and texts[-1].strip().lower() not in ("", "0", "false", "no", "off")
    text = texts[-1].strip() if texts else ""
    if not text:
        if spec.optional:
            return None
        return "" if isinstance(spec.core, mi.StrType) and texts is not None and not spec.required else NODEFAULT
    return _as_typed(spec, text)


def _as_typed(spec: Spec, text: str) -> str:
    """One answer, as msgspec reads it: browsers leave seconds out, people write decimal commas and spaces in numbers."""
    if isinstance(spec.core, mi.DateTimeType | mi.TimeType) and re.fullmatch(r"(.*T)?\d\d:\d\d", text):
        text += ":00"
    if isinstance(spec.core, mi.FloatType | mi.DecimalType):
        text = text.replace(",", ".")
    if isinstance(spec.core, mi.IntType):
        text = re.sub(r"[\s\u00a0]+", "", text)
    return text


def number_of(text: str) -> int | None:
    """A number of at most four digits, as an address has it; None for anything else."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 4 else None
