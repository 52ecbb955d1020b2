"""The feeds for readers and websites, read by programs that share no code with us nor with one another: feedparser and feedsmith."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import feedparser

from ateliers.words import plain
from tests.engines.readers import feedsmith, instant, python_icalendar
from tests.world import NOON

GOLDEN = Path(__file__).parent.parent / "exchange" / "golden"
ATOM, JSON, ICS = ((GOLDEN / f"feed.{extension}").read_bytes() for extension in ("atom", "json", "ics"))
PAGE = "http://ateliers.test/signataires/ccas-de-nevers"


def moments(entry: dict[str, Any]) -> tuple[Any, Any]:
    return entry["updated"], entry["published"]


def test_atom_is_read_without_a_complaint_and_alike_by_both():
    one, other = feedparser.parse(ATOM), feedsmith(ATOM)

    assert (one.bozo, one.version, other["format"]) == (False, "atom10", "atom")
    assert (one.feed.title, one.feed.language) == (other["feed"]["title"]["value"], other["feed"]["xml"]["lang"])
    assert one.feed.updated == other["feed"]["updated"] == instant(NOON)
    assert [link.href for link in one.feed.links] == [link["href"] for link in other["feed"]["links"]]
    entries = other["feed"]["entries"]
    assert [entry.id for entry in one.entries] == [entry["id"] for entry in entries]
    assert [moments(entry) for entry in one.entries] == [moments(entry) for entry in entries]
    for mine, yours in zip(one.entries, entries, strict=True):
        assert (mine.title, mine.summary) == (yours["title"]["value"], yours["summary"]["value"])
        assert mine.content[0].value == yours["content"]["value"]
        assert (mine.link, mine.author) == (yours["links"][0]["href"], yours["authors"][0]["name"])


def test_json_feed_says_what_atom_says():
    found = feedsmith(JSON)
    feed, items = found["feed"], found["feed"]["items"]
    atom = feedparser.parse(ATOM)

    assert (found["format"], feed["title"], feed["home_page_url"]) == ("json", atom.feed.title, PAGE)
    assert [(item["url"], plain(item["title"]), item["summary"]) for item in items] == [
        (entry.link, entry.title, entry.summary) for entry in atom.entries
    ]
    # Nothing of it is lost on a reader: all that is not ours alone comes out as it went in.
    written = [{k: v for k, v in item.items() if not k.startswith("_")} for item in json.loads(JSON)["items"]]
    assert items == written


def test_the_calendar_holds_the_same_sessions():
    events = python_icalendar(ICS)["events"]

    assert [event["url"] for event in events] == [entry.link for entry in feedparser.parse(ATOM).entries]


def test_a_mistake_would_be_noticed():
    assert feedparser.parse(ATOM.replace(b"</title>", b"", 1)).bozo
    assert "problem" in feedsmith(b"{}")
