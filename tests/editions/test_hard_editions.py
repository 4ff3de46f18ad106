"""Editions of what nobody expects of a headline: each passes the gate, leaves, and arrives as it was meant."""

from typing import Any

import pytest

from newsletter.editions import service as editions
from newsletter.mail.house import House
from newsletter.mail.message import Envelope
from newsletter.mail.render import HTML_LIMIT
from tests import make

WORD = "Donau" + "dampfschiff" * 27
ARABIC = "ميناء المدينة يستقبل أول سفينة كهربائية هذا الصباح"
EMOJI = "🐟🦀 Crab season opens 👩\u200d🔧🇳🇴 ☀\ufe0f"


def arrived(
    house: House,
    outbox: list[Envelope],
    how_many: int,
    **facts: Any,  # noqa: ANN401 - the fields of an article.
) -> tuple[str, str, str]:
    """Subject, text and HTML of an edition of these articles, as its only reader, who has no name, gets it."""
    of, source = make.newsletter(greets=True), make.source()
    make.subscription(of, house, "ann@example.org")
    drafted = make.edition(of, [make.article(source, **facts) for _ in range(how_many)])
    assert [each.words for each in editions.findings(drafted.id, house) if each.is_error] == []
    editions.send(drafted.id, house)
    make.send_all(house)
    [envelope] = outbox
    mail = make.parsed(envelope)
    assert max(map(len, envelope.data.split(b"\r\n"))) <= 998
    parts = [mail.get_body((kind,)) for kind in ("plain", "html")]
    text, html = (str(part.get_content()) for part in parts if part)
    return str(mail["Subject"]), text, html


def test_a_word_of_three_hundred_letters(house: House, outbox: list[Envelope]) -> None:
    subject, text, html = arrived(house, outbox, 2, title=WORD, summary_text=WORD, author=WORD[:100])

    assert len(WORD) > 300
    assert len(subject) <= 100
    assert WORD[:200] in text
    assert WORD[:200] in html


@pytest.mark.parametrize(
    "title", [ARABIC, EMOJI, "\u202egro.live\u202c moc.evil", "=?utf-8?b?QmNj?= \r\nBcc: a@b.example"]
)
def test_letters_of_all_kinds(house: House, outbox: list[Envelope], title: str) -> None:
    subject, text, html = arrived(house, outbox, 1, title=title, summary_text=title)

    assert not {"\u202e", "\r", "\n"} & set(subject)
    assert subject.split()[-1] in text
    assert subject.split()[-1] in html


def test_a_hundred_articles_are_cut_before_a_mail_program_cuts_them(house: House, outbox: list[Envelope]) -> None:
    _, text, html = arrived(house, outbox, 100, summary_text="What happened at the quay. " * 40)

    assert len(html.encode()) <= HTML_LIMIT + 1000
    assert "more on the page of" in text or text.count("https://harbour.example/articles/") == 100


def test_nobody_has_a_name_and_nothing_a_summary(house: House, outbox: list[Envelope]) -> None:
    _, text, html = arrived(house, outbox, 3, author="", summary_text="", summary_html="", topics=[])

    assert "Dear reader," in text
    assert "Dear reader," in html
    assert "By -" not in text
