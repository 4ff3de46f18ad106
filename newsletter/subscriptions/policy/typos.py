"""Slips of the finger in the domain of an address: what was most likely meant. Only ever shown, never applied.

A suggestion that is wrong costs everybody of that domain a click, so there is one only for a domain that is
nobody's we know, and near to one that many people have. A first letter is hardly ever the one that slips, and
short names are all near to each other, so neither counts.
"""

import re
from collections.abc import Iterator

from newsletter.subscriptions.policy.providers import PROVIDERS

TYPED_OFTEN = (
    *("gmail.com", "googlemail.com", "yahoo.com", "hotmail.com", "outlook.com", "icloud.com", "protonmail.com"),
    *("yahoo.co.uk", "yahoo.fr", "yahoo.de", "yahoo.it", "yahoo.es", "yahoo.co.in", "yahoo.com.br", "yahoo.ca"),
    *("hotmail.co.uk", "hotmail.fr", "hotmail.de", "hotmail.it", "hotmail.es", "hotmail.ch", "hotmail.ca"),
    *("outlook.de", "outlook.fr", "outlook.es", "outlook.it", "rocketmail.com", "rediffmail.com", "fastmail.com"),
    *("t-online.de", "freenet.de", "bluewin.ch", "wanadoo.fr", "orange.fr", "laposte.net", "libero.it"),
    *("comcast.net", "verizon.net", "sbcglobal.net", "bellsouth.net", "btinternet.com", "yandex.ru"),
)
"""What is compared letter by letter, most frequent first: large ones of at least five letters before the dot."""

SHORT, LONG = 5, 8
"""From LONG letters before the dot two slips may be meant, from SHORT one; fewer than SHORT, none."""

LOOK_ALIKE = frozenset(
    {
        "comcash.net",
        "freeset.de",
        "gail.com",
        "grail.com",
        "iclouds.com",
        "lacoste.net",
        "libera.it",
        "libere.it",
        "liberi.it",
        "oranges.fr",
        "orangey.fr",
        "outlooks.com",
    }
)
"""Domains of others that look like a slip and are none."""

_NO_SUCH_ENDINGS = {
    **dict.fromkeys(
        ("con", "cpm", "vom", "xom", "cmo", "ocm", "comm", "coom", "ccom", "comn", "copm", "c0m", "conm", "cim"),
        "com",
    ),
    **dict.fromkeys(("nte", "nett", "met", "nrt", "ney", "neet", "nwt"), "net"),
    **dict.fromkeys(("ogr", "orgg", "prg", "irg", "rog", "orh"), "org"),
    **dict.fromkeys(("dee", "dde", "deu"), "de"),
    **dict.fromkeys(("couk", "co.ik", "co.ul", "co.yk", "co.uj"), "co.uk"),
}
"""What nobody has: the ending is wrong whatever stands before it."""

_OTHER_PLACES = {"co": "com", "cm": "com", "om": "com", "ne": "net", "et": "net", "uk": "co.uk", "cok": "co.uk"}
"""Endings that exist, so that only a known provider before one tells that another was meant."""

_ONE_DOMAIN = {"gmail": "gmail.com", "googlemail": "googlemail.com", "icloud": "icloud.com"}
"""Providers that have one domain for the whole world: another ending, such as of a country, is a slip."""

_OF_A_COUNTRY = re.compile(r"[a-z0-9]{1,4}|com?\.[a-z]{2}", re.ASCII)


def find_meant(domain: str) -> str | None:
    """Which domain was most likely meant instead of this one (in A-labels); None if there is no telling."""
    if domain in PROVIDERS or domain in LOOK_ALIKE or domain.startswith("xn--"):
        return None
    meant = next((each for each in _readings(domain) if each in PROVIDERS), None) or _nearest(domain)
    return meant or _with_an_ending(domain)


def _readings(domain: str) -> Iterator[str]:
    """What it says if only its ending, or the www before it, is a slip."""
    yield domain.removeprefix("www.")
    label, _, ending = domain.removeprefix("www.").partition(".")
    if _OF_A_COUNTRY.fullmatch(ending):
        yield _ONE_DOMAIN.get(label, "")
    for slips in (_NO_SUCH_ENDINGS, _OTHER_PLACES):
        if ending in slips:
            yield f"{label}.{slips[ending]}"


def _nearest(domain: str) -> str | None:
    label, _, ending = domain.partition(".")
    ending = _NO_SUCH_ENDINGS.get(ending, ending)
    for known in TYPED_OFTEN:
        name, _, place = known.partition(".")
        if place == ending and _is_near(label, name):
            return known
    return None


def _is_near(label: str, name: str) -> bool:
    most = 2 if len(name) >= LONG else 1 if len(name) >= SHORT else 0
    if abs(len(label) - len(name)) > most:
        return False
    begins_alike = label[:1] == name[0] or label[:2] == name[1] + name[0]
    return begins_alike and slips(label, name) <= most


def _with_an_ending(domain: str) -> str | None:
    front, _, ending = domain.rpartition(".")
    return f"{front}.{_NO_SUCH_ENDINGS[ending]}" if ending in _NO_SUCH_ENDINGS else None


def slips(one: str, other: str) -> int:
    """How many letters too many, missing, wrong or swapped with the next: optimal string alignment."""
    before, last = [0] * (len(other) + 1), list(range(len(other) + 1))
    for i, letter in enumerate(one, 1):
        row = [i]
        for j, wanted in enumerate(other, 1):
            least = min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (letter != wanted))
            if i > 1 and j > 1 and letter == other[j - 2] and one[i - 2] == wanted:
                least = min(least, before[j - 2] + 1)
            row.append(least)
        before, last = last, row
    return last[-1]
