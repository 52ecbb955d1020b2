"""Whatever people write, a feed stays one: XML that parses, JSON that parses, and the same words in it."""

from __future__ import annotations

import json
from xml.etree import ElementTree as ET

from hypothesis import example, given
from hypothesis import strategies as st

from ateliers.exchange.feeds import atom, jscalendar, json_feed
from ateliers.exchange.feeds.head import Head
from ateliers.words import plain
from tests.agenda.values import a_session
from tests.world import NOON

HEAD = Head(
    name="x", address="http://ateliers.test/x?a=1&b=2", page="http://ateliers.test/", language="fr", modified=NOON
)
ATOM = {"a": "http://www.w3.org/2005/Atom"}
NASTY = '</title><script>&amp;]]>\x00\x0b\ufffe\uffff\ud800 "quoted" \u2028\r\n\\'


@given(st.text(max_size=200), st.text(max_size=200))
@example(NASTY, NASTY)
def test_atom_parses_and_keeps_the_words(title, description):
    session = a_session(title=title, description=description, structure_name=title, called_off_reason=description)
    root = ET.fromstring(atom.whole(HEAD, [atom.entry(session)]))  # noqa: S314 - our own bytes

    (entry,) = root.findall("a:entry", ATOM)
    assert (entry.find("a:title", ATOM).text or "") == plain(title, lines=True)
    assert plain(description, lines=True) in entry.find("a:content", ATOM).text


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=200))
@example(NASTY.replace("\ud800", ""))
def test_json_parses_and_keeps_the_words(title):
    session = a_session(title=title, description=title)
    feed = json.loads(json_feed.whole(HEAD, [json_feed.item(session)] * 2))
    group = json.loads(jscalendar.whole(HEAD, [jscalendar.event(session)] * 2))

    assert [item["title"] for item in feed["items"]] == [title, title]
    assert [event["title"] for event in group["entries"]] == [title, title]
