"""What the doctor thinks of a sender's domain, its records read from zone files."""

from __future__ import annotations

import subprocess
from base64 import b64encode

import pytest

from ateliers import doctor, mailbox
from ateliers.doctor import Health
from ateliers.mail.lmtp import lmtp_server
from ateliers.mail.records import NoAnswer, ZoneFile
from ateliers.mail.sender_domain import examine_domain, why_not_to_send
from ateliers.settings import read_settings
from tests.mail.letters_back import public_record, zone

DOMAIN = "ateliers.example.test"
GOOD = """
@ IN MX 20 second.example.test.
@ IN MX 10 mx.example.test.
@ IN TXT "v=spf1 mx ip4:192.0.2.1 -all"
@ IN TXT "some-site-verification=1"
_dmarc IN TXT "v=DMARC1; p=quarantine; rua=mailto:x@example.test"
"""
SUBJECTS = ["MX", "SPF", "DKIM", "DMARC"]


def world(text: str, *, key: str | None = None) -> ZoneFile:
    """The zone of DOMAIN, with a key at selector « s »."""
    record = key if key is not None else public_record()
    pieces = " ".join(f'"{record[n : n + 200]}"' for n in range(0, len(record), 200)) or '""'
    soa = f"$TTL 300\n. IN SOA a.test. b.test. 1 2 3 4 5\n. IN NS a.test.\n$ORIGIN {DOMAIN}.\n"
    return ZoneFile(f"{soa}s._domainkey IN TXT {pieces}\n{text}\n")


async def opinions(text: str = GOOD, *, key: str | None = None, selector: str = "s") -> dict[str, tuple[bool, str]]:
    found = await examine_domain(DOMAIN, selector, world(text, key=key))
    assert [one.subject for one in found] == SUBJECTS
    assert all(one.is_well == (one.remedy == "") for one in found)
    return {one.subject: (one.is_well, one.text) for one in found}


async def test_a_domain_that_is_as_it_should_be():
    assert await opinions() == {
        "MX": (True, f"Mail for {DOMAIN} goes to mx.example.test."),
        "SPF": (True, "v=spf1 mx ip4:192.0.2.1 -all"),
        "DKIM": (True, f"A key of 2048 bits at s._domainkey.{DOMAIN}."),
        "DMARC": (True, f"_dmarc.{DOMAIN}: quarantine."),
    }


async def test_a_domain_that_says_nothing():
    found = await examine_domain("elsewhere.test", "s", zone())

    assert [(one.subject, one.is_well) for one in found] == [(subject, False) for subject in SUBJECTS]


class Silent(ZoneFile):
    """Name servers that do not answer."""

    def _find(self, _name, _kind):
        raise NoAnswer("timed out")


async def test_production_sends_nothing_for_a_domain_that_proves_nothing():
    assert await why_not_to_send(DOMAIN, "s", world(GOOD)) == ""
    nothing = await why_not_to_send("elsewhere.test", "s", zone())
    assert [line.partition(":")[0] for line in nothing.splitlines()] == ["SPF", "DKIM", "DMARC"]
    # What cannot be known now is no reason to keep everybody's reminders back.
    silent = Silent("$TTL 300\n. IN SOA a.test. b.test. 1 2 3 4 5\n. IN NS a.test.\n")
    assert await why_not_to_send(DOMAIN, "s", silent) == ""


LOOKUPS = " ".join(f"include:{n}.test" for n in range(11))
MISTAKES = {
    "takes no mail": (
        "MX",
        GOOD.replace("@ IN MX 10 mx.example.test.", "@ IN MX 0 .").replace("@ IN MX 20 second.example.test.", ""),
    ),
    "two SPF": ("SPF", GOOD + '@ IN TXT "v=spf1 -all"'),
    "SPF of everybody": ("SPF", GOOD.replace("-all", "+all")),
    "SPF that asks": ("SPF", GOOD.replace("-all", "?all")),
    "SPF without an end": ("SPF", GOOD.replace(" -all", "")),
    "SPF with too many questions": ("SPF", GOOD.replace("mx ip4", f'{LOOKUPS}" " ip4')),
    "DMARC without a policy": ("DMARC", GOOD.replace("p=quarantine", "p=later")),
    "two DMARC": ("DMARC", GOOD + '_dmarc IN TXT "v=DMARC1; p=none"'),
}


@pytest.mark.parametrize("mistake", MISTAKES)
async def test_a_mistake_is_noticed_and_nothing_else(mistake):
    subject, text = MISTAKES[mistake]

    found = await opinions(text)

    assert {name for name, (is_well, _text) in found.items() if not is_well} == {subject}


def short_record() -> str:
    """A key of 1,024 bits."""
    key = subprocess.run(["openssl", "genrsa", "1024"], capture_output=True, check=True).stdout
    public = subprocess.run(
        ["openssl", "rsa", "-pubout", "-outform", "DER"], input=key, capture_output=True, check=True
    )
    return "v=DKIM1; p=" + b64encode(public.stdout).decode()


KEYS = {
    "revoked": ("v=DKIM1; p=", "is revoked"),
    "not readable": ("v=DKIM1; p=AAAA", "cannot be read"),
    "not base64": ("v=DKIM1; p=é!", "cannot be read"),
    "of a kind that few know": ("v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=", "ed25519"),
}


@pytest.mark.parametrize("key", KEYS)
async def test_a_key_that_will_not_do(key):
    record, said = KEYS[key]

    is_well, text = (await opinions(key=record))["DKIM"]

    assert (is_well, said in text) == (False, True)


async def test_a_key_that_is_too_short():
    assert (await opinions(key=short_record()))["DKIM"] == (False, f"The key at s._domainkey.{DOMAIN} has 1024 bits.")


async def test_without_a_selector_there_is_nothing_to_look_at():
    assert (await opinions(selector=""))["DKIM"][0] is False


@pytest.mark.parametrize(
    ("above", "said"), [("p=reject", "reject"), ("p=reject; sp=quarantine", "quarantine"), ("p=none", "only watches")]
)
async def test_the_policy_of_the_organisation_counts_for_its_subdomains(above, said):
    own = GOOD.replace("_dmarc IN", "other IN")
    text = f'{own}\n$ORIGIN example.test.\n_dmarc IN TXT "v=DMARC1; {above}"'

    is_well, found = (await opinions(text))["DMARC"]

    assert (is_well, said in found) == (True, True)


class Silence:
    """Name servers that are away."""

    async def txt(self, _name: str) -> list[str]:
        raise NoAnswer("timed out")

    async def mx(self, _name: str) -> list[str]:
        raise NoAnswer("timed out")


async def test_silence_is_told_apart_from_absence():
    found = await examine_domain(DOMAIN, "s", Silence())

    assert {one.text for one in found} == {"The name servers do not answer: timed out"}


PRODUCTION = {
    "ATELIERS_PRODUCTION": "1",
    "ATELIERS_BASE_URL": "https://a.fr",
    "ATELIERS_SECRET_KEY": "s" * 40,
    "ATELIERS_MAIL_FROM": f"rendez-vous@{DOMAIN}",
}


async def test_in_production_the_domain_must_be_in_order():
    trial = read_settings({"ATELIERS_MAIL_FROM": f"rendez-vous@{DOMAIN}"})

    assert [one.health for one in await doctor.examine_sender(trial, zone())] == [Health.REMARK] * 4
    assert [one.health for one in await doctor.examine_sender(read_settings(PRODUCTION), zone())] == [Health.WRONG] * 4


async def test_the_doctor_says_whether_answers_are_read():
    async def take(_received) -> bool:
        return True

    place = f"127.0.0.1:{mailbox.free_port()}"
    chosen = read_settings({"ATELIERS_LMTP": place})
    [unread] = await doctor.examine_answers(read_settings({}))
    [absent] = await doctor.examine_answers(chosen)
    async with lmtp_server(place, take):
        [there] = await doctor.examine_answers(chosen)
    box = read_settings({"ATELIERS_IMAP_URL": f"imap://u:p@127.0.0.1:{mailbox.free_port()}/INBOX"})
    [closed] = await doctor.examine_answers(box)

    assert [one.health for one in (unread, absent, there, closed)] == [
        Health.REMARK,
        Health.WRONG,
        Health.WELL,
        Health.WRONG,
    ]
