"""The alphabet of SMS (GSM 03.38): a text with other letters costs more than twice as many messages."""

from __future__ import annotations

import unicodedata

BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENDED = frozenset("^{}\\[~]|€\f")  # two places each
ONE = 160  # places of a message that stands alone
EACH = 153  # of each message of a longer text
INSTEAD = str.maketrans(
    {
        "’": "'",
        "‘": "'",
        "“": '"',
        "”": '"',
        "«": '"',
        "»": '"',
        "–": "-",
        "—": "-",
        "‑": "-",
        "…": "...",
        "œ": "oe",
        "Œ": "OE",
        "•": "-",
        "\u00a0": " ",
        "\u202f": " ",
        "\t": " ",
        "°": "o",
    }
)


def transliterated(text: str) -> str:
    """`text` in letters that every telephone has, without the spaces of French typography around quotation marks."""
    text = text.replace("«\u00a0", "«").replace("\u00a0»", "»").translate(INSTEAD)
    return "".join(letter if letter in BASIC or letter in EXTENDED else _bare(letter) for letter in text)


def places(text: str) -> int:
    """How many of a message's places a transliterated text takes."""
    return sum(2 if letter in EXTENDED else 1 for letter in text)


def messages(text: str) -> int:
    """How many messages are paid for."""
    taken = places(text)
    return 1 if taken <= ONE else -(-taken // EACH)


def _bare(letter: str) -> str:
    """The letter without what stands above or below it; '?' for what has no likeness."""
    bare = "".join(one for one in unicodedata.normalize("NFKD", letter) if not unicodedata.combining(one))
    return "".join(one if one in BASIC or one in EXTENDED else "?" for one in bare)
