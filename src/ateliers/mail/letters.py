"""Letters: the three templates of an e-mail into subject, text and HTML.

`templates/emails/<kind>/` holds `subject.txt`, `body.txt` and `body.html`; `layout.html` and `layout.txt` stand around them. The
style sheet `emails/letters.css` is written into the tags when a template is loaded, because many readers drop style sheets; only
what a tag cannot say (dark mode) stays in the head of the layout.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import css_inline
from jinja2 import BaseLoader, Environment, FileSystemLoader

from ateliers import rendering, words
from ateliers.resources import resource

EMAILS = "emails"
STYLE = "emails/letters.css"
_JINJA = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", re.DOTALL)
_MARK = re.compile(r"jinja(\d+)x")
_GAPS = re.compile(r"\n{3,}")


class InliningLoader(FileSystemLoader):
    """Templates from disk; HTML ones with their styles in the tags."""

    def get_source(self, environment: Environment, template: str) -> tuple[str, str, Callable[[], bool]]:
        source, path, fresh = super().get_source(environment, template)
        return (_inlined(source) if template.endswith(".html") else source), path, fresh


def letter(kind: str, language: str, **facts: Any) -> tuple[str, str, str]:
    """Subject on one line, text and HTML of an e-mail in the reader's language."""
    found = _environment()
    with words.speaking(language):
        subject, text, html = (
            found.get_template(f"{EMAILS}/{kind}/{part}").render(facts)
            for part in ("subject.txt", "body.txt", "body.html")
        )
    return words.plain(subject), _GAPS.sub("\n\n", text).strip() + "\n", html


@lru_cache(maxsize=1)
def _environment() -> Environment:
    loader: BaseLoader = InliningLoader(resource("templates"))
    return rendering.environment().overlay(loader=loader)


@lru_cache(maxsize=1)
def _style() -> str:
    return (resource("templates") / STYLE).read_text(encoding="utf-8")


def _inlined(source: str) -> str:
    """`source` with styles in its tags; what is Jinja in it is hidden from the HTML parser meanwhile."""
    pieces: list[str] = []

    def hide(match: re.Match[str]) -> str:
        pieces.append(match[0])
        return f"jinja{len(pieces) - 1}x"

    hidden = _JINJA.sub(hide, source)
    inliner = css_inline.CSSInliner(keep_style_tags=True, load_remote_stylesheets=False, extra_css=_style())
    whole = "<html" in hidden
    styled = inliner.inline(hidden) if whole else inliner.inline_fragment(hidden, _style())
    return _MARK.sub(lambda match: pieces[int(match[1])], styled)
