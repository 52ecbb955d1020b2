"""Templates into text: one Jinja environment for pages, e-mails and documents."""

from __future__ import annotations

import hashlib
from contextvars import ContextVar
from functools import lru_cache
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from ateliers import words
from ateliers.resources import resource
from ateliers.settings import settings

_here: ContextVar[str] = ContextVar("here", default="/")


def stand_at(path: str) -> None:
    """Say which page is being answered: path and query, without the language's prefix."""
    _here.set(path)


def url(path: str) -> str:
    """A path of this site, in the reader's language: '/en' comes before it in English."""
    return f"/en{path}" if words.language() == "en" else path


def absolute(path: str) -> str:
    """`url(path)` with scheme and host, for e-mails, feeds and print."""
    return settings().base_url + url(path)


@lru_cache
def static(name: str) -> str:
    """The address of a static file, which changes when its content does."""
    digest = hashlib.blake2b((resource("static") / name).read_bytes(), digest_size=5).hexdigest()
    return f"/static/{name}?v={digest}"


@lru_cache(maxsize=1)
def environment() -> Environment:
    """The environment: undefined names are errors, HTML is escaped, messages are translated."""
    made = Environment(
        loader=FileSystemLoader(resource("templates")),
        autoescape=select_autoescape(("html",)),
        undefined=StrictUndefined,
        auto_reload=False,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n", "jinja2.ext.do"],
    )
    made.install_gettext_callables(words.gettext, words.ngettext, newstyle=True)  # type: ignore[attr-defined]
    made.globals.update(
        url=url,
        here=_here.get,
        absolute=absolute,
        static=static,
        lang=words.language,
        day_in_words=words.day_in_words,
        date_in_words=words.date_in_words,
        time_in_words=words.time_in_words,
        when_in_words=words.when_in_words,
        zone_in_words=words.zone_in_words,
        local=words.local,
    )
    made.filters.update(
        month=words.month_in_words, weekday=words.weekday_in_words, phone=words.phone_in_words, dial=words.phone_to_dial
    )
    return made


def render(template: str, **context: Any) -> str:
    """`template` filled from `context`, in the reader's language."""
    return environment().get_template(template).render(context)
