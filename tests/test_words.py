"""Every message has its plain French: complete, typeset, in short sentences and in the words we agreed on (K3, K4)."""

from __future__ import annotations

import ast
import re
from functools import lru_cache
from pathlib import Path

import msgspec
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from ateliers.refusals import Refusal
from ateliers.resources import resource
from ateliers.web.fields import specs

KEYWORDS = {"_": None, "gettext": None, "T": None, "ngettext": (1, 2)}
METHODS = [("**/*.py", "python"), ("**/*.html", "jinja2.ext.babel_extract"), ("**/*.txt", "jinja2.ext.babel_extract")]
OPTIONS = {"**/*.html": {"trim_blocks": "true"}, "**/*.txt": {"trim_blocks": "true"}}
LONGEST_SENTENCE = 30  # words
NEVER_SAID = re.compile(
    r"\b(tickets?|billets?|créneaux?|files? d’attente|uploader|cliquer ici|digital|workflow)\b", re.IGNORECASE
)
PLACEHOLDER = re.compile(r"%\(\w+\)s")


def french() -> dict[str, list[str]]:
    """Message id to its French forms, from all catalogues."""
    found: dict[str, list[str]] = {}
    for path in sorted((resource("locale") / "fr").glob("*.po")):
        with path.open("rb") as file:
            for message in read_po(file, locale="fr"):
                if message.id:
                    key = message.id if isinstance(message.id, str) else message.id[0]
                    found[key] = [message.string] if isinstance(message.string, str) else list(message.string)
    return found


@lru_cache
def messages_in_code() -> dict[str, str]:
    """Every message id that code, templates, refusals and form fields can show, and where it stands."""
    found: dict[str, str] = {}
    for folder in (Path(resource("templates")).parent / "src", resource("templates")):
        for file, line, message, *_rest in extract_from_dir(
            folder, METHODS, OPTIONS, KEYWORDS, callback=None, directory_filter=lambda name: "__pycache__" not in name
        ):
            key = message if isinstance(message, str) else message[0]
            found[key] = f"{file}:{line}"
    return found


def all_subclasses(kind: type) -> set[type]:
    return {kind}.union(*(all_subclasses(below) for below in kind.__subclasses__()))


def test_every_message_has_its_french():
    known = french()
    missing = {key: where for key, where in messages_in_code().items() if key and not any(known.get(key, []))}
    assert missing == {}


def test_nothing_is_translated_that_nobody_says():
    said = set(messages_in_code())
    for file in (Path(resource("templates")).parent / "src").rglob("*.py"):
        nodes = ast.walk(ast.parse(file.read_text()))
        said |= {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    # Some are chosen among in a template, and translated by a variable.
    pages = "".join(
        file.read_text() for ending in ("html", "txt") for file in resource("templates").rglob(f"*.{ending}")
    )
    assert [key for key in french() if key not in said and f'"{key}"' not in pages] == []


def test_every_refusal_has_a_title_in_french():
    import ateliers.web.app  # noqa: F401 - imports every room, and with them every refusal

    known = french()
    assert {kind.__name__: kind.title for kind in all_subclasses(Refusal) if kind.title not in known} == {}


def test_every_question_of_a_form_has_its_french():
    import ateliers.web.app  # noqa: F401

    known = french()
    missing = set()
    for struct in all_subclasses(msgspec.Struct):
        if struct.__module__.startswith("ateliers.") and struct.__struct_fields__:
            try:
                fields = specs(struct)
            except (TypeError, StopIteration, NameError):  # no form: generic or with types that forms do not know
                continue
            for field in fields:
                told = [field.meta.get("title"), field.meta.get("description"), field.extra.get("error")]
                missing |= {text for text in told if text and text not in known}
    assert missing == set()


def test_french_is_typeset():
    """U+00A0 before : ; ? ! and inside « », never an ordinary space and never U+202F; ’ is the apostrophe."""
    wrong = re.compile(r"[^\u00a0][:;?!](?=\s|$)|« | »|\u202f|'")
    bare = {text: re.sub(r"https?://\S+|<[^>]*>", "", text) for texts in french().values() for text in texts}
    assert [text for text, seen in bare.items() if wrong.search(seen)] == []


def test_french_is_plain():
    """One word for one thing, no jargon, short sentences."""
    texts = [text for texts in french().values() for text in texts]
    assert [text for text in texts if NEVER_SAID.search(text)] == []
    sentences = [sentence for text in texts for sentence in re.split(r"[.?!:;\n](?:\s|$)", text)]
    assert [sentence for sentence in sentences if len(sentence.split()) > LONGEST_SENTENCE] == []


def test_french_keeps_the_places_where_facts_go():
    def places(text: str) -> set[str]:
        return set(PLACEHOLDER.findall(text)) - {"%(num)s"}

    assert [key for key, texts in french().items() for text in texts if not places(text) <= places(key)] == []
