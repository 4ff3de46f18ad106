"""The large mailbox providers: who they are, and under which domains people have addresses with them.

For counting and for finding slips of the finger, never for identity. A domain that few people share would name
them, so it is not here and counts as OTHER.
"""

from collections.abc import Mapping

OTHER = "other"

_COUNTRIES = (
    "at be ca ch cz de dk es fi fr gr hu ie in it nl no pl pt ro ru se sk com.ar com.au com.br com.mx co.in"
)
_MORE_COUNTRIES = "co.id co.jp co.kr co.nz co.th co.uk co.za com.ph com.sg com.tr com.tw com.vn com.hk com.my"


def _everywhere(label: str) -> tuple[str, ...]:
    countries = f"com {_COUNTRIES} {_MORE_COUNTRIES}".split()
    return tuple(f"{label}.{country}" for country in countries)


DOMAINS: Mapping[str, tuple[str, ...]] = {
    "Gmail": ("gmail.com", "googlemail.com"),
    "Outlook": tuple(
        domain for label in ("outlook", "hotmail", "live", "msn", "windowslive") for domain in _everywhere(label)
    ),
    "Yahoo": (*_everywhere("yahoo"), "ymail.com", "rocketmail.com", "myyahoo.com"),
    "iCloud": ("icloud.com", "me.com", "mac.com"),
    "AOL": ("aol.com", "aol.de", "aol.fr", "aol.co.uk", "aol.it", "aim.com", "love.com", "netscape.net"),
    "GMX": tuple(f"gmx.{country}" for country in "de net at ch com org fr es co.uk info eu li us".split()),  # noqa: SIM905
    "web.de": ("web.de", "email.de"),
    "mail.com": ("mail.com", "email.com", "usa.com", "europe.com", "post.com", "consultant.com", "engineer.com"),
    "T-Online": ("t-online.de", "magenta.de"),
    "freenet": ("freenet.de", "mail.de"),
    "Proton": ("proton.me", "protonmail.com", "protonmail.ch", "pm.me"),
    "Bluewin": ("bluewin.ch", "hispeed.ch", "sunrise.ch", "swissonline.ch"),
    "Orange": ("orange.fr", "wanadoo.fr"),
    "Free": ("free.fr", "sfr.fr", "neuf.fr", "bbox.fr", "laposte.net"),
    "Libero": ("libero.it", "virgilio.it", "tiscali.it", "tin.it", "alice.it", "iol.it", "inwind.it"),
    "Comcast": ("comcast.net", "xfinity.com"),
    "AT&T": (
        "att.net",
        "sbcglobal.net",
        "bellsouth.net",
        "verizon.net",
        "cox.net",
        "charter.net",
        "earthlink.net",
    ),
    "BT": ("btinternet.com", "btopenworld.com", "sky.com", "virginmedia.com", "ntlworld.com", "talktalk.net"),
    "Yandex": ("yandex.ru", "yandex.com", "ya.ru", "yandex.by", "yandex.kz", "yandex.ua"),
    "Mail.ru": ("mail.ru", "inbox.ru", "list.ru", "bk.ru", "internet.ru", "rambler.ru"),
    "QQ": ("qq.com", "foxmail.com"),
    "NetEase": ("163.com", "126.com", "yeah.net", "sina.com", "sohu.com"),
    "Naver": ("naver.com", "hanmail.net", "daum.net", "nate.com"),
    "Seznam": ("seznam.cz", "email.cz", "centrum.cz", "post.cz", "azet.sk", "centrum.sk"),
    "WP": ("wp.pl", "o2.pl", "onet.pl", "poczta.onet.pl", "op.pl", "interia.pl", "gazeta.pl", "tlen.pl"),
    "UOL": ("uol.com.br", "bol.com.br", "terra.com.br", "ig.com.br", "globo.com"),
    "Rediffmail": ("rediffmail.com",),
    "Zoho": ("zoho.com", "zohomail.com", "zoho.eu", "zohomail.eu", "zoho.in"),
    "Fastmail": ("fastmail.com", "fastmail.fm"),
    "Posteo": ("posteo.de", "posteo.net", "mailbox.org", "tutanota.com", "tutanota.de", "tuta.io", "tuta.com"),
}
"""Small neighbours of one country or kind stand together, so that none of them is alone in a table."""

PROVIDERS: Mapping[str, str] = {domain: name for name, domains in DOMAINS.items() for domain in domains}


def provider_of(domain: str) -> str:
    """Who keeps the mailboxes of this domain (A-labels, lower case), if many people have one there; else OTHER."""
    return PROVIDERS.get(domain, OTHER)
