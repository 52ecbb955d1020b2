"""What a program asks: bodies, queries, identifiers and tokens read into structs, every wrong field told at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime
from typing import Any, TypeVar
from uuid import UUID

import msgspec
from litestar import Request
from msgspec import Struct

from ateliers.network.people import Person
from ateliers.network.tokens import PREFIX, ApiToken, find_token
from ateliers.refusals import Invalid, NotAllowed, NotFound, Refusal
from ateliers.web.fields import UNKNOWN, parse, specs
from ateliers.words import T, plain

Asked = Request[Any, Any, Any]
S = TypeVar("S", bound=Struct)

FIRST_YEAR, LAST_YEAR = 2000, 2100
UUID_LENGTH = 36


class TokenNeeded(Refusal):
    """No token, or not one that works."""

    status = 401
    title = "Give a token that works: Authorization: Bearer …"


class ScopeNeeded(NotAllowed):
    """The token was not made for this."""

    title = "This token does not allow “%(scope)s”."


class BrokenJson(Refusal):
    """The body is not JSON."""

    status = 400
    title = "The body is not JSON: %(fault)s"


class NotJson(Refusal):
    """The body says it is something else."""

    status = 415
    title = "Send JSON, with Content-Type: application/json."


def id_of(text: str) -> UUID:
    """The identifier in a path; one that cannot be ours is simply not there. Raises NotFound."""
    if len(text) != UUID_LENGTH:
        raise NotFound
    try:
        return UUID(text)
    except ValueError:
        raise NotFound from None


async def body_of(request: Asked, struct: type[S]) -> S:
    """The body as a struct. Raises NotJson, BrokenJson, or Invalid naming every wrong field."""
    return read_body(await raw_body(request), struct)


async def raw_body(request: Asked) -> bytes:
    """The body's bytes. Raises NotJson."""
    kind = request.headers.get("content-type", "application/json")
    if "json" not in kind.lower():
        raise NotJson
    return await request.body()


def read_body(content: bytes, struct: type[S]) -> S:
    """`content` as a struct, texts made plain before they are judged. Raises BrokenJson, or Invalid with every field."""
    try:
        raw = msgspec.json.decode(content or b"{}")
    except msgspec.DecodeError as fault:
        raise BrokenJson(fault=str(fault)) from None
    except RecursionError:
        raise BrokenJson(fault=str(T("nested too deeply."))) from None
    except UnicodeDecodeError:
        raise BrokenJson(fault=str(T("not UTF-8."))) from None
    if not isinstance(raw, dict):
        raise Invalid({"": "Give an object."})
    found, errors = parse(struct, raw, typed=True)
    if found is None:
        raise WrongFields(errors)
    return found


def query_of(request: Asked, struct: type[S]) -> S:
    """The query string as a struct; of a name given twice the last counts, lists go on or are apart by commas.

    Raises Invalid with every wrong parameter.
    """
    given: dict[str, list[str]] = {}
    many = {spec.name for spec in specs(struct) if spec.many}
    for name, value in request.query_params.multi_items():
        given.setdefault(name, []).extend(plain(value).split(",") if name in many else [plain(value)])
    found, errors = parse(struct, given, typed=False)
    known = {spec.name for spec in specs(struct)}
    errors |= {name: [UNKNOWN] for name in given if name not in known}
    if found is None or errors:
        raise WrongFields(errors)
    return found


def check_days(start: date | None, end: date | None) -> None:
    """Refuse days that nobody can mean. Raises Invalid beside `start` or `end`."""
    wrong = {
        name: "Write a date between 2000 and 2100."
        for name, day in (("start", start), ("end", end))
        if day is not None and not FIRST_YEAR <= day.year <= LAST_YEAR
    }
    if wrong:
        raise Invalid(wrong)


def check_moment(name: str, moment: datetime) -> None:
    """Refuse an instant that nobody can mean, and that no database keeps. Raises Invalid beside `name`."""
    if not FIRST_YEAR <= moment.year <= LAST_YEAR:
        raise Invalid({name: "Write a date between 2000 and 2100."})


@contextmanager
def renamed(names: Mapping[str, str]) -> Iterator[None]:
    """Inside, a refusal names fields as the asker does: `names` maps ours to theirs."""
    try:
        yield
    except Invalid as refusal:
        errors = {names.get(name, name): message for name, message in refusal.errors.items()}
        raise Invalid(errors, **refusal.facts) from None


class WrongFields(Invalid):
    """What the struct could not take in; messages are in the reader's language already."""

    def __init__(self, errors: Mapping[str, list[T]]) -> None:
        # A per cent sign of a message that is already filled in must stay one.
        texts = {name: " ".join(str(message) for message in messages) for name, messages in errors.items()}
        super().__init__(texts)

    @property
    def slug(self) -> str:
        """As Invalid: the reader need not know which of the two it was."""
        return "invalid"


def bearer_of(request: Asked) -> str:
    """What stands behind "Bearer" in the Authorization header, or ''."""
    scheme, _, text = request.headers.get("authorization", "").partition(" ")
    return text.strip() if scheme.lower() == "bearer" else ""


async def token_of(request: Asked, scope: str) -> ApiToken:
    """The structure's token. Raises TokenNeeded, ScopeNeeded."""
    text = bearer_of(request)
    token = await find_token(text) if text.startswith(PREFIX) else None
    if token is None:
        raise TokenNeeded
    if not token.allows(scope):
        raise ScopeNeeded(scope=scope)
    return token


async def author_of(request: Asked, scope: str) -> Person:
    """Who acts when the token does. Raises TokenNeeded, ScopeNeeded."""
    return (await token_of(request, scope)).person


async def reader_of(request: Asked) -> Person | None:
    """Who reads, when a token came along; nobody otherwise. Raises TokenNeeded for one that does not work."""
    text = bearer_of(request)
    if not text:
        return None
    token = await find_token(text) if text.startswith(PREFIX) else None
    if token is None:
        raise TokenNeeded
    return token.person
