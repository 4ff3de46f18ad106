"""What must hold before a mail to many may leave: errors stop it, warnings are shown; each says how to mend it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from newsletter.core.words import Figure, said
from newsletter.mail.legibility import Pale, pale
from newsletter.mail.message import MARKER, Content, plain
from newsletter.mail.render import HTML_LIMIT

if TYPE_CHECKING:
    from selectolax.lexbor import LexborHTMLParser

UNSUBSCRIBE = "unsubscribe_url"
SHORTEST_TEXT = 40
LONGEST_SEEN = 70
"""Characters of a subject that a mail program on a desk shows; a phone shows forty."""

MOST_PALE = 5
"""Pairs of colours that are told; who mends these sees the next."""

_FEWEST_LETTERS, _MOSTLY = 12, 0.7
_ABSOLUTE = re.compile(r"https?://[^\s/]|mailto:[^\s@]+@")
_PLACEHOLDER = re.compile(
    r"\{\{.{0,60}?\}\}|\{%.{0,60}?%\}|\*\|\w{1,40}\|\*|%%\w{1,40}%%|\[\[\w{1,40}\]\]|%(?:FNAME|LNAME|NAME|EMAIL)%"
    r"|\{(?:first_?name|last_?name|name|email)\}",
    re.IGNORECASE,
)
_REPLY = re.compile(r"\s*(?:re|fwd?|aw|wg)\s*:", re.IGNORECASE)
# UTF-8 that somebody read as Latin-1 or Windows-1252, and what a decoder writes when it gives up.
_GARBLED = re.compile("\u00c3[\u0080-\u00bf]|\u00e2\u20ac[\u2122\u0153\u201c\u009d]|\ufffd")


@dataclass(frozen=True)
class Finding:
    """Something a mail has or lacks; `words` say what, and how to mend it."""

    code: str
    is_error: bool
    words: str


def inspect(content: Content, postal_address: str) -> list[Finding]:
    """All that is to be said of a rendered mail with its holes, errors first."""
    found = [*_errors(content, postal_address), *_warnings(content)]
    return sorted(found, key=lambda each: not each.is_error)


def pale_findings(content: Content) -> list[Finding]:
    """What cannot be read for its colours, which only operators' style sheets can bring about.

    Never an error: nobody sees the mails of a digest before they leave, and a pale one is better than none.
    """
    return [_warning("contrast", _pale_words(each)) for each in pale(content.html)[:MOST_PALE]]


def _pale_words(found: Pale) -> str:
    facts = {"words": found.words, "ink": found.ink, "ground": found.ground, "better": found.better}
    if found.when == "dark":
        return said(
            "In the dark '%(words)s' is %(ink)s on %(ground)s, which is hard to read; try %(better)s.", **facts
        )
    return said("'%(words)s' is %(ink)s on %(ground)s, which is hard to read; try %(better)s.", **facts)


def _errors(content: Content, postal_address: str) -> Iterator[Finding]:
    from selectolax.lexbor import LexborHTMLParser  # noqa: PLC0415 - senders need no parser.

    page = LexborHTMLParser(content.html)
    size = len(content.html.encode())
    if size > HTML_LIMIT:
        yield _error(
            "size",
            said(
                "The HTML has %(size)s bytes, and Gmail cuts what is too long; take out articles.",
                size=Figure(size),
            ),
        )
    if len(content.text.strip()) < SHORTEST_TEXT:
        yield _error(
            "empty", said("The text part says next to nothing; a reader without HTML would see an empty mail.")
        )
    yield from _subject_errors(content.subject)
    yield from _link_errors(page)
    holes = [set(MARKER.findall(part)) for part in (content.html, content.text)]
    if not all(UNSUBSCRIBE in each for each in holes):
        yield _error("unsubscribe", said("HTML or text has no link to unsubscribe; put it back into the footer."))
    seen = [_collapsed(part) for part in (page.text(separator=" "), content.text)]
    for line in filter(None, map(plain, postal_address.splitlines())):
        if not all(line in part for part in seen):
            yield _error(
                "address",
                said("The postal address is not whole: '%(line)s' is missing in HTML or text.", line=line),
            )


def _subject_errors(subject: str) -> Iterator[Finding]:
    if not subject.strip():
        yield _error("subject", said("There is no subject; give the first article a headline."))
    if MARKER.search(subject):
        yield _error(
            "subject", said("The subject has a hole that nothing fills; take the reader's value out of it.")
        )
    if found := _PLACEHOLDER.search(subject):
        yield _error(
            "placeholder",
            said("The subject has '%(found)s', which nothing replaces; write it out.", found=found[0]),
        )


def _link_errors(page: "LexborHTMLParser") -> Iterator[Finding]:
    for node in page.css("a"):
        href = node.attributes.get("href") or ""
        if not (MARKER.fullmatch(href) or _ABSOLUTE.match(href)):
            yield _error(
                "link", said("The link '%(url)s' leads nowhere; write it with https:// and a host.", url=href[:80])
            )
    for node in page.css("img"):
        if node.attributes.get("alt") is None:
            src = (node.attributes.get("src") or "")[:80]
            yield _error(
                "alt", said("The picture %(url)s has no alternative text; give it one, or an empty one.", url=src)
            )


def _warnings(content: Content) -> Iterator[Finding]:
    subject = content.subject
    letters = [each for each in subject if each.isalpha()]
    if len(letters) >= _FEWEST_LETTERS and sum(map(str.isupper, letters)) > _MOSTLY * len(letters):
        yield _warning(
            "shouting", said("The subject is in capitals, which spam filters count; use small letters.")
        )
    if len(subject) > LONGEST_SEEN:
        yield _warning(
            "subject",
            said(
                "The subject has %(number)s characters; most programs show %(most)s.",
                number=len(subject),
                most=LONGEST_SEEN,
            ),
        )
    if re.search(r"[!?]{2}|!.*!", subject):
        yield _warning("marks", said("The subject has several exclamation or question marks; one is enough."))
    if _REPLY.match(subject):
        yield _warning("reply", said("The subject begins like an answer, which readers take for a trick."))
    if found := _GARBLED.search(subject + content.text):
        yield _warning(
            "garbled",
            said("'%(found)s' looks like letters in a wrong encoding; look at the source.", found=found[0]),
        )
    if found := _PLACEHOLDER.search(content.text):
        yield _warning("placeholder", said("The text has '%(found)s', which nothing replaces.", found=found[0]))
    if 'src="http://' in content.html:
        yield _warning("picture", said("A picture is linked without https, and some programs will not show it."))


def _collapsed(text: str) -> str:
    return " ".join(text.split())


def _error(code: str, words: str) -> Finding:
    return Finding(code, is_error=True, words=words)


def _warning(code: str, words: str) -> Finding:
    return Finding(code, is_error=False, words=words)
