"""What is taken for a slip of the finger, and what is left alone."""

import pytest

from newsletter.subscriptions.policy.providers import OTHER, PROVIDERS, provider_of
from newsletter.subscriptions.policy.typos import LOOK_ALIKE, TYPED_OFTEN, find_meant, slips

MEANT = {
    # One letter wrong, missing, too many, or swapped with the next.
    "gmial.com": "gmail.com",
    "gamil.com": "gmail.com",
    "mgail.com": "gmail.com",
    "gmaill.com": "gmail.com",
    "gmal.com": "gmail.com",
    "gmil.com": "gmail.com",
    "gmai.com": "gmail.com",
    "gnail.com": "gmail.com",
    "gmaik.com": "gmail.com",
    "ggmail.com": "gmail.com",
    "yaho.com": "yahoo.com",
    "yahooo.com": "yahoo.com",
    "yhaoo.com": "yahoo.com",
    "yahho.com": "yahoo.com",
    "yaho.co.uk": "yahoo.co.uk",
    "yahooo.fr": "yahoo.fr",
    "hotmal.com": "hotmail.com",
    "hotmai.com": "hotmail.com",
    "hotmial.com": "hotmail.com",
    "hotnail.com": "hotmail.com",
    "homtail.com": "hotmail.com",
    "htomail.com": "hotmail.com",
    "hotmial.co.uk": "hotmail.co.uk",
    "hotmal.fr": "hotmail.fr",
    "outlok.com": "outlook.com",
    "outloo.com": "outlook.com",
    "oultook.com": "outlook.com",
    "otlook.com": "outlook.com",
    "outlool.de": "outlook.de",
    "iclod.com": "icloud.com",
    "icloude.com": "icloud.com",
    "iclould.com": "icloud.com",
    "t-onlin.de": "t-online.de",
    "t-onine.de": "t-online.de",
    "frenet.de": "freenet.de",
    "bluwin.ch": "bluewin.ch",
    "wandoo.fr": "wanadoo.fr",
    "lapsote.net": "laposte.net",
    "comast.net": "comcast.net",
    # Two slips in a long name.
    "protnmial.com": "protonmail.com",
    "gogglemial.com": "googlemail.com",
    "rocktmial.com": "rocketmail.com",
    "sbcgobl.net": "sbcglobal.net",
    "btinernt.com": "btinternet.com",
    # The ending.
    "gmail.con": "gmail.com",
    "gmail.co": "gmail.com",
    "gmail.cm": "gmail.com",
    "gmail.om": "gmail.com",
    "gmail.cmo": "gmail.com",
    "gmail.vom": "gmail.com",
    "gmail.de": "gmail.com",
    "gmail.co.uk": "gmail.com",
    "gmail.com.br": "gmail.com",
    "gmail.c": "gmail.com",
    "icloud.co": "icloud.com",
    "yahoo.co": "yahoo.com",
    "yahoo.uk": "yahoo.co.uk",
    "hotmail.con": "hotmail.com",
    "hotmail.couk": "hotmail.co.uk",
    "outlook.comm": "outlook.com",
    "gmx.ne": "gmx.net",
    "gmx.nett": "gmx.net",
    "gmx.dee": "gmx.de",
    "web.deu": "web.de",
    "aol.con": "aol.com",
    "me.con": "me.com",
    # Both, and what belongs before a page.
    "gmial.con": "gmail.com",
    "hotmial.cmo": "hotmail.com",
    "www.gmail.com": "gmail.com",
    "www.gmx.de": "gmx.de",
    # An ending that nobody has, whoever's domain it is.
    "harbour-post.con": "harbour-post.com",
    "mail.harbour-post.cmo": "mail.harbour-post.com",
    "harbour.ogr": "harbour.org",
}

LEFT_ALONE = [
    # Well known themselves, although near to another one.
    *(
        "gmail.com",
        "mail.com",
        "email.com",
        "ymail.com",
        "gmx.com",
        "gmx.net",
        "gmx.de",
        "gmx.at",
        "gmx.ch",
        "web.de",
    ),
    *("yahoo.com", "yahoo.de", "yahoo.co.uk", "yahoo.com.br", "hotmail.com", "hotmail.se", "live.com", "live.nl"),
    *(
        "outlook.com",
        "outlook.fr",
        "outlook.com.br",
        "me.com",
        "mac.com",
        "aol.com",
        "aim.com",
        "love.com",
        "msn.com",
    ),
    *(
        "icloud.com",
        "qq.com",
        "163.com",
        "126.com",
        "free.fr",
        "sfr.fr",
        "pm.me",
        "proton.me",
        "protonmail.ch",
        "ya.ru",
    ),
    *(
        "mail.ru",
        "inbox.ru",
        "bk.ru",
        "wp.pl",
        "o2.pl",
        "sky.com",
        "cox.net",
        "att.net",
        "googlemail.com",
        "mail.de",
    ),
    # Those of others that look alike.
    *(
        "grail.com",
        "gail.com",
        "hushmail.com",
        "verizon.com",
        "comcast.com",
        "yahoo-inc.com",
        "hotmail.dk",
        "inmail.com",
    ),
    # Near in letters to a short name only, or only by the first letter.
    *(
        "gmx.org",
        "wub.de",
        "lime.com",
        "lives.com",
        "man.com",
        "mab.com",
        "fred.fr",
        "al.com",
        "aon.at",
        "263.com",
    ),
    *("tmail.com", "hmail.com", "fmail.com", "kmail.com", "lahoo.com", "cloud.com", "lotmail.com"),
    # Too far away.
    *("gmelin.com", "gmtail.net", "gm.com", "ge.com", "hotel.com", "hotmanual.com", "outdoors.com", "yale.edu"),
    *(
        "online.de",
        "proton.example",
        "blue.ch",
        "orange.com",
        "comcast.org",
        "fast.com",
        "postel.com",
        "outback.com",
    ),
    # Anybody's.
    *(
        "example.org",
        "harbour-post.example",
        "harbour.co",
        "harbour.cm",
        "bank.om",
        "bbc.co.uk",
        "ethz.ch",
        "epfl.ch",
    ),
    *(
        "a.b",
        "x.y.z.example",
        "xn--gmil-63d.com",
        "sub.gmail.com",
        "gmail.com.example",
        "mail.gmail.example",
        "gmail.example",
        "b.bet",
    ),
    ("x" * 63 + ".com"),
]


@pytest.mark.parametrize(("typed", "meant"), MEANT.items())
def test_a_slip_is_found(typed: str, meant: str) -> None:
    assert find_meant(typed) == meant


@pytest.mark.parametrize("domain", LEFT_ALONE)
def test_a_domain_that_is_somebody_elses_is_left_alone(domain: str) -> None:
    assert find_meant(domain) is None


def test_nothing_is_suggested_instead_of_a_domain_that_is_known() -> None:
    assert [domain for domain in (*PROVIDERS, *LOOK_ALIKE) if find_meant(domain)] == []


def test_only_what_is_known_is_suggested_and_never_what_itself_looks_mistyped() -> None:
    assert set(TYPED_OFTEN) <= set(PROVIDERS)
    assert {find_meant(meant) for meant in MEANT.values()} == {None}


@pytest.mark.parametrize(
    ("one", "other", "how_many"),
    [
        ("", "", 0),
        ("abc", "abc", 0),
        ("", "abc", 3),
        ("abc", "acb", 1),
        ("abcd", "badc", 2),
        ("kitten", "sitting", 3),
        ("ca", "abc", 3),
    ],
)
def test_slips_are_counted_as_letters_wrong_missing_too_many_or_swapped(
    one: str, other: str, how_many: int
) -> None:
    assert slips(one, other) == slips(other, one) == how_many


@pytest.mark.parametrize(
    ("domain", "provider"),
    [
        ("gmail.com", "Gmail"),
        ("googlemail.com", "Gmail"),
        ("hotmail.co.uk", "Outlook"),
        ("live.nl", "Outlook"),
        ("yahoo.co.jp", "Yahoo"),
        ("me.com", "iCloud"),
        ("gmx.at", "GMX"),
        ("web.de", "web.de"),
        ("pm.me", "Proton"),
        ("ann-marlow.example", OTHER),
        ("mail.gmail.com", OTHER),
    ],
)
def test_a_provider_is_who_keeps_many_peoples_mailboxes_and_nobody_else_is_named(
    domain: str, provider: str
) -> None:
    assert provider_of(domain) == provider
