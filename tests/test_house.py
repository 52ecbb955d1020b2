"""The house's own rules: floors, e-mails in threes, one clock, one owner per table, words in both languages."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages

import pytest
from jinja2 import nodes

import ateliers
from ateliers import words
from ateliers.refusals import Refusal
from ateliers.rendering import environment

ROOT = Path(__file__).parent.parent
SOURCE = ROOT / "src" / "ateliers"
TEMPLATES = ROOT / "templates"
CODE = sorted(SOURCE.rglob("*.py"))
EVERYTHING = [*CODE, *sorted((ROOT / "tests").rglob("*.py")), *sorted((ROOT / "scripts").rglob("*.py"))]
LINES = 400

# Who writes to which table. What a room below needs written, it writes itself, in a use case of its own.
OWNERS = {
    "place": "places",
    "file": "documents",
    "outbox": "mail",
    "inbound": "mail",
    "bounce": "mail",
    "structure": "network",
    "person": "network",
    "role": "network",
    "structure_history": "network",
    "application_message": "network",
    "structure_note": "network",
    "candidate": "network",
    "charter": "network",
    "signature": "network",
    "invitation": "network",
    "sign_in": "network",
    "staff_session": "network",
    "api_token": "network",
    "territory_rule": "network",
    "training": "network",
    "alert": "agenda",
    "series": "agenda",
    "unfinished_event": "agenda",
    "event_template": "agenda",
    "co_organiser": "agenda",
    "kit_item": "agenda",
    "kit_version": "agenda",
    "moderation": "agenda",
    "event": "agenda",
    "session": "agenda",
    "booking": "bookings",
    "booking_journal": "bookings",
    "reminder_round": "bookings",
    "calendar_reply": "bookings",
    "reply": "bookings",
    "session_message": "bookings",
    "survey": "experiences",
    "survey_answer": "experiences",
    "survey_done": "experiences",
    "follow_up": "experiences",
    "experience": "experiences",
    "experience_step": "experiences",
    "experience_consent": "experiences",
    "experience_document": "experiences",
    "mail_stop": "mail",
    "mail_day": "mail",
    "slow_domain": "mail",
    "sms_gateway": "mail",
    "mail_opt_out": "mail",
    "attendance_mark": "attendance",
    "attendance": "attendance",
    "walk_in": "attendance",
    "tally": "attendance",
    "closed_period": "attendance",
    "volunteer_link": "attendance",
    "attendance_conflict": "attendance",
    "taken_back": "attendance",
    "count_tap": "attendance",
    "count_sum": "attendance",
    "kept_aside": "attendance",
    "nobody_came": "attendance",
    "signed_sheet": "attendance",
    "certificate": "attendance",
    "figure_day": "reports",
    "figure_month": "reports",
    "figure_quarter": "reports",
    "structure_month": "reports",
    "rolled_day": "reports",
    "stale_day": "reports",
    "snapshot": "reports",
    "report_link": "reports",
    "effort": "attendance",
    "effort_sum": "attendance",
    "feed_revision": "exchange",
    "personal_feed": "exchange",
    "open_session": "exchange",
    "import_file": "exchange",
}
# bookings alone keeps a session's counters: the desk decides under the lock of the session's row.
MAY_ALSO_WRITE = {("bookings", "session")}
UNCHECKED = {"demo", "bench"}  # invented worlds are written straight into the tables
WRITES = re.compile(r"\b(?:INSERT INTO|UPDATE|DELETE FROM|COPY)\s+(?:ONLY\s+)?\"?([a-z_]+)\"?", re.ASCII)
NO_TABLE = {"set", "of", "skip", "no", "nowait", "on", "or", "migration"}
LEFT_TO_DO = re.compile(r"\b(?:TO" r"DO|FIX" r"ME|XX" r"X)\b")


def room_of(path: Path) -> str:
    return path.relative_to(SOURCE).parts[0].removesuffix(".py")


def strings_of(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def refusals() -> list[type[Refusal]]:
    for info in walk_packages(ateliers.__path__, "ateliers."):
        if not info.name.endswith("__main__"):
            import_module(info.name)
    found: list[type[Refusal]] = []
    waiting = [Refusal]
    while waiting:
        kind = waiting.pop()
        found.append(kind)
        waiting += kind.__subclasses__()
    return [kind for kind in found if kind.__module__.startswith("ateliers.")]


def test_a_module_imports_only_from_the_floors_below():
    done = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout


def test_only_the_room_that_owns_a_table_writes_to_it():
    strangers = {
        f"{path.relative_to(SOURCE)} writes to {table}"
        for path in CODE
        if room_of(path) not in UNCHECKED
        for text in strings_of(path)
        for table in WRITES.findall(text)
        if table not in NO_TABLE
        and table in OWNERS
        and OWNERS[table] != room_of(path)
        and (room_of(path), table) not in MAY_ALSO_WRITE
    }

    assert strangers == set()


def test_every_table_has_an_owner():
    made = {
        name
        for file in (ROOT / "migrations").glob("*.sql")
        for name in re.findall(r"CREATE TABLE (?:IF NOT EXISTS )?([a-z_]+)", file.read_text(encoding="utf-8"))
    }
    written = {
        (room_of(path), table)
        for path in CODE
        if room_of(path) not in UNCHECKED
        for text in strings_of(path)
        for table in WRITES.findall(text)
        if table in made - OWNERS.keys()
    }

    # A table of a later migration may be missing above, as long as one room alone writes to it.
    assert len({table for _room, table in written}) == len(written), written


def test_only_the_clock_asks_what_time_it_is():
    asks = re.compile(r"datetime\.now\(|datetime\.utcnow\(|date\.today\(|datetime\.today\(|\btime\.time\(")
    strangers = [
        str(path.relative_to(SOURCE))
        for path in CODE
        if path.name != "clock.py" and asks.search(path.read_text(encoding="utf-8"))
    ]

    assert strangers == []


def test_only_doors_the_worker_and_commands_ask_the_clock():
    doors = {"web", "worker", "cli", "demo", "doctor", "bench", "clock"}
    strangers = [
        str(path.relative_to(SOURCE))
        for path in CODE
        if room_of(path) not in doors
        and re.search(r"\bclock\.now\(|from ateliers\.clock import", path.read_text(encoding="utf-8"))
    ]

    assert strangers == []


def test_no_file_is_longer_than_400_lines():
    long = {
        str(path.relative_to(ROOT)): count
        for path in EVERYTHING
        if (count := len(path.read_text(encoding="utf-8").splitlines())) > LINES
    }

    assert long == {}


def test_nothing_is_left_to_do_in_a_comment():
    files = [*EVERYTHING, *TEMPLATES.rglob("*.*"), *(ROOT / "migrations").glob("*.sql")]
    left = [str(path.relative_to(ROOT)) for path in files if LEFT_TO_DO.search(path.read_text(encoding="utf-8"))]

    assert left == []


def test_there_is_no_room_for_everything():
    names = {path.stem for path in SOURCE.rglob("*")}

    assert names & {"utils", "util", "helpers", "common", "core", "services", "misc"} == set()


def test_every_module_says_what_it_is_about():
    silent = [
        str(path.relative_to(SOURCE))
        for path in CODE
        if path.stat().st_size and ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) is None
    ]

    assert silent == []


def test_every_refusal_is_said_in_french():
    french = words.catalogue("fr")
    unsaid = {kind.__name__: kind.title for kind in refusals() if french.gettext(kind.title) == kind.title}

    assert unsaid == {}


def test_emails_come_in_threes():
    folders = {
        path.name: {file.name for file in path.iterdir()} for path in (TEMPLATES / "emails").iterdir() if path.is_dir()
    }

    assert folders
    assert {name: files for name, files in folders.items() if files != {"subject.txt", "body.txt", "body.html"}} == {}


def test_every_email_has_a_composer_and_every_composer_an_email():
    from ateliers.agenda.emails import COMPOSERS as AGENDA
    from ateliers.attendance.nudges import COMPOSERS as ATTENDANCE
    from ateliers.bookings.emails import COMPOSERS as BOOKINGS
    from ateliers.experiences.emails import COMPOSERS as EXPERIENCES
    from ateliers.network.emails import COMPOSERS as NETWORK

    folders = {path.name for path in (TEMPLATES / "emails").iterdir() if path.is_dir()}

    assert sorted([*NETWORK, *AGENDA, *BOOKINGS, *ATTENDANCE, *EXPERIENCES]) == sorted(folders)


def test_every_template_is_used():
    names = {str(path.relative_to(TEMPLATES)) for path in TEMPLATES.rglob("*.*") if path.is_file()}
    said = " ".join(text for path in CODE for text in strings_of(path))
    said += " ".join(path.read_text(encoding="utf-8") for path in TEMPLATES.rglob("*.*"))
    kept_by_kind = {name for name in names if re.fullmatch(r"emails/\w+/(?:subject\.txt|body\.txt|body\.html)", name)}

    assert {name for name in names - kept_by_kind if name not in said} == set()


@pytest.mark.parametrize(
    "name", sorted(str(path.relative_to(TEMPLATES)) for path in TEMPLATES.rglob("*.*") if path.is_file())
)
def test_every_template_compiles(name: str):
    environment().get_template(name)


def test_templates_import_what_they_use():
    unused = set()
    for path in TEMPLATES.rglob("*.html"):
        tree = environment().parse(path.read_text(encoding="utf-8"))
        used = {name.name for name in tree.find_all(nodes.Name) if name.ctx == "load"}
        for line in tree.find_all(nodes.FromImport):
            named = {name if isinstance(name, str) else name[1] for name in line.names}
            unused |= {f"{path.relative_to(TEMPLATES)}: {name}" for name in named - used}

    assert unused == set()


def test_every_message_of_a_template_is_said_in_french():
    said = re.compile(r"""\b_\(\s*"((?:[^"\\]|\\.)+)"|\bngettext\(\s*"((?:[^"\\]|\\.)+)\"""")
    known = words.catalogue("fr")._catalog  # type: ignore[attr-defined]
    unsaid = set()
    for path in TEMPLATES.rglob("*.*"):
        for one, many in said.findall(path.read_text(encoding="utf-8")):
            message = (one or many).replace('\\"', '"').replace("\\n", "\n")
            if message not in known and (message, 0) not in known:
                unsaid.add(f"{path.relative_to(TEMPLATES)}: {message}")

    assert unsaid == set()


def test_every_message_of_the_code_is_said_in_french():
    known = words.catalogue("fr")._catalog  # type: ignore[attr-defined]
    unsaid = set()
    for path in CODE:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or not node.args:
                continue
            name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
            first = node.args[0]
            if (
                (
                    name in {"T", "_", "gettext", "ngettext"}
                    and isinstance(first, ast.Constant)
                    and isinstance(first.value, str)
                )
                and first.value not in known
                and (first.value, 0) not in known
            ):
                unsaid.add(f"{path.relative_to(SOURCE)}: {first.value}")

    assert unsaid == set()


def test_french_is_set_with_non_breaking_spaces():
    wrong = []
    for file in sorted((ROOT / "locale" / "fr").glob("*.po")):
        text = file.read_text(encoding="utf-8")
        for number, line in enumerate(text.splitlines(), 1):
            if line.startswith("msgstr") and re.search(r"[^\s] [:;?!»](?!\S)|« \S| »|\u202f", line):
                wrong.append(f"{file.name}:{number}: {line}")

    assert wrong == []


def test_a_message_has_one_translation():
    found: dict[str, dict[str, str]] = {}
    pattern = re.compile(r'^msgid "(.+)"\nmsgstr "(.+)"$', re.MULTILINE)
    for file in sorted((ROOT / "locale" / "fr").glob("*.po")):
        for message, text in pattern.findall(file.read_text(encoding="utf-8")):
            found.setdefault(message, {})[text] = file.name

    assert {message: texts for message, texts in found.items() if len(texts) > 1} == {}


def test_placeholders_are_the_same_in_both_languages():
    holes = re.compile(r"%\((\w+)\)s")
    wrong = {
        message: text
        for message, text in words.catalogue("fr")._catalog.items()  # type: ignore[attr-defined]
        if isinstance(message, str) and message and set(holes.findall(message)) != set(holes.findall(text))
    }

    assert wrong == {}


def test_a_suppression_carries_its_reason():
    bare = re.compile(r"# noqa(?:: [A-Z0-9, ]+)?\s*$|# noqa\s*$")
    wrong = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in CODE
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if bare.search(line)
    ]

    assert wrong == []


def test_pages_carry_no_script_or_style_inside():
    inside = re.compile(
        r"<script(?![^>]*\bsrc=)(?![^>]*application/ld\+json)|<style|\sstyle=|\son[a-z]+=", re.IGNORECASE
    )
    wrong = [
        f"{path.relative_to(TEMPLATES)}: {found[0]}"
        for path in TEMPLATES.rglob("*.html")
        if "emails" not in path.parts
        for found in [inside.search(path.read_text(encoding="utf-8"))]
        if found
    ]

    assert wrong == []


def test_the_package_asks_for_what_the_requirements_pin():
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["dependencies"]
    pinned = (ROOT / "requirements" / "run.in").read_text(encoding="utf-8").split()

    assert sorted(declared) == sorted(pinned)
