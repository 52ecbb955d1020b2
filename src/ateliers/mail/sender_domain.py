"""What the sender's domain says of itself in the DNS, and what large providers want it to say (rules E1 and E6)."""

from __future__ import annotations

import asyncio
import base64
import binascii
from collections.abc import Coroutine

import msgspec
from dkim.crypto import UnparsableKeyError, parse_public_key

from ateliers.mail.records import NoAnswer, Records

PROOFS = ("SPF", "DKIM", "DMARC")
SHORTEST_KEY = 2048  # bits
MOST_LOOKUPS = 10  # RFC 7208 4.6.4; more, and receivers take the record for broken
_LOOKS_UP = {"include", "a", "mx", "ptr", "exists", "redirect"}


class Opinion(msgspec.Struct, frozen=True, kw_only=True):
    """One record: whether it is as it should be, in a sentence, and what to do about it."""

    subject: str
    is_well: bool
    text: str
    remedy: str = ""
    is_known: bool = True  # the name servers answered


async def examine_domain(domain: str, selector: str, records: Records) -> list[Opinion]:
    """What to think of the domain's MX, SPF, DKIM and DMARC records."""
    checks = {
        "MX": _mx(domain, records),
        "SPF": _spf(domain, records),
        "DKIM": _dkim(domain, selector, records),
        "DMARC": _dmarc(domain, records),
    }
    return list(await asyncio.gather(*(_answered(subject, check) for subject, check in checks.items())))


async def why_not_to_send(domain: str, selector: str, records: Records) -> str:
    """What must be mended before mail goes out in earnest (rule E6); '' when SPF, DKIM and DMARC are well, or nobody can tell.

    Large providers count against a domain for ever what it sends without them.
    """
    told = [
        f"{one.subject}: {one.text} {one.remedy}"
        for one in await examine_domain(domain, selector, records)
        if one.subject in PROOFS and one.is_known and not one.is_well
    ]
    return "\n".join(told)


async def _answered(subject: str, check: Coroutine[None, None, Opinion]) -> Opinion:
    try:
        return await check
    except NoAnswer as why:
        text = f"The name servers do not answer: {why}"
        bad = _bad(subject, text, "Look again from a machine that can ask the DNS.")
        return msgspec.structs.replace(bad, is_known=False)


async def _mx(domain: str, records: Records) -> Opinion:
    servers = await records.mx(domain)
    if not servers or servers == ["."]:
        why = "says that it takes no mail" if servers else "has no MX record"
        return _bad("MX", f"{domain} {why}: answers and bounces cannot come back.", "Name the server that takes it.")
    return _good("MX", f"Mail for {domain} goes to {servers[0]}.")


async def _spf(domain: str, records: Records) -> Opinion:
    found = [text for text in await records.txt(domain) if text.lower().split()[:1] == ["v=spf1"]]
    if not found:
        example = f'{domain}. TXT "v=spf1 mx -all"'
        return _bad("SPF", f"{domain} has no SPF record.", f"Name the servers that send for it, as in: {example}")
    if len(found) > 1:
        return _bad("SPF", f"{domain} has {len(found)} SPF records: receivers then trust none.", "Make one of them.")
    terms = [term.lower() for term in found[0].split()[1:]]
    bare = [term.lstrip("+-~?") for term in terms]
    lookups = sum(map(_is_lookup, bare))
    if lookups > MOST_LOOKUPS:
        text = f"The SPF record asks {lookups} questions; receivers stop after {MOST_LOOKUPS}."
        return _bad("SPF", text, "Name addresses (ip4:, ip6:) in the place of names.")
    if not any(term.startswith("redirect=") for term in bare) and terms[-1:] not in (["-all"], ["~all"]):
        return _bad("SPF", "The SPF record lets anybody send for this domain.", "End it with -all or ~all.")
    return _good("SPF", found[0])


def _is_lookup(term: str) -> bool:
    return term.partition(":")[0].partition("/")[0].partition("=")[0] in _LOOKS_UP


async def _dkim(domain: str, selector: str, records: Records) -> Opinion:
    if not selector:
        return _bad(
            "DKIM",
            "The selector that your mail server signs with is not known here.",
            "Give it in ATELIERS_DKIM_SELECTOR, so that its record can be looked at.",
        )
    name = f"{selector}._domainkey.{domain}"
    texts = await records.txt(name)
    if not texts:
        return _bad("DKIM", f"{name} has no record: signatures cannot be verified.", "Publish the public key there.")
    return _key(name, _tags(texts[0]))


def _key(name: str, tags: dict[str, str]) -> Opinion:
    key = "".join(tags.get("p", "").split())
    if not key:
        return _bad("DKIM", f"The key at {name} is revoked (p= is empty).", "Sign with another selector.")
    if tags.get("k", "rsa") != "rsa":
        text = f"The key at {name} is {tags['k']}: most receivers verify RSA only."
        return _bad("DKIM", text, f"Sign with RSA of {SHORTEST_KEY} bits as well.")
    try:
        bits = parse_public_key(base64.b64decode(key, validate=True))["modulus"].bit_length()
    except (UnparsableKeyError, binascii.Error, ValueError, IndexError, TypeError):
        return _bad(
            "DKIM", f"The key at {name} cannot be read.", "Publish it again, on one line, without quotes inside."
        )
    if bits < SHORTEST_KEY:
        return _bad("DKIM", f"The key at {name} has {bits} bits.", f"Make one of {SHORTEST_KEY} bits.")
    return _good("DKIM", f"A key of {bits} bits at {name}.")


async def _dmarc(domain: str, records: Records) -> Opinion:
    labels = domain.split(".")
    # The domain's own, else that of the domains above it: the policy of an organisation counts for its subdomains.
    for start in range(max(1, len(labels) - 1)):
        above = ".".join(labels[start:])
        found = [text for text in await records.txt(f"_dmarc.{above}") if text.replace(" ", "").startswith("v=DMARC1")]
        if len(found) > 1:
            return _bad("DMARC", f"_dmarc.{above} has {len(found)} records: receivers then see none.", "Keep one.")
        if found:
            tags = _tags(found[0])
            policy = (tags.get("sp") if start else None) or tags.get("p", "")
            if policy not in {"none", "quarantine", "reject"}:
                return _bad("DMARC", f"_dmarc.{above} has no policy that is known.", "Write p=quarantine or p=reject.")
            if policy == "none":
                return _good("DMARC", f"_dmarc.{above} only watches (p=none); quarantine or reject protects the name.")
            return _good("DMARC", f"_dmarc.{above}: {policy}.")
    example = f'_dmarc.{domain}. TXT "v=DMARC1; p=quarantine; rua=mailto:postmaster@{domain}"'
    return _bad("DMARC", f"{domain} has no DMARC record; large providers want one.", f"For example: {example}")


def _tags(text: str) -> dict[str, str]:
    pairs = (part.partition("=") for part in text.split(";"))
    return {name.strip().lower(): value.strip() for name, _, value in pairs if name.strip()}


def _good(subject: str, text: str) -> Opinion:
    return Opinion(subject=subject, is_well=True, text=text)


def _bad(subject: str, text: str, remedy: str) -> Opinion:
    return Opinion(subject=subject, is_well=False, text=text, remedy=remedy)
