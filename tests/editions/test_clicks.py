"""Clicks are counted for the article, never for a person, and the link leads nowhere else."""

import re

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from newsletter.core.db import db
from newsletter.core.errors import LinkDamaged
from newsletter.core.tokens import Signer
from newsletter.editions import service as editions
from newsletter.editions.models import Edition, EditionClick
from newsletter.editions.policy import ClickKind, click_kind
from newsletter.editions.queries import clicks_of
from newsletter.mail.house import House
from newsletter.mail.message import Envelope
from newsletter.newsletters.service import measure_clicks
from tests import make

BROWSER = {"User-Agent": "Mozilla/5.0 (X11; Linux)", "Sec-Fetch-Mode": "navigate"}


@pytest.fixture
def sent(house: House, outbox: list[Envelope]) -> Edition:
    """An edition of four articles that counts, in the inboxes of two readers."""
    of, source = make.newsletter(), make.source()
    make.subscriptions(of, house, 2)
    measure_clicks(of.slug, counted=True)
    drafted = make.edition(of, make.articles(source, 4))
    edition = editions.send(drafted.id, house)
    make.send_all(house)
    return edition


def marks(envelope: Envelope) -> list[str]:
    return list(dict.fromkeys(re.findall(r"/c/[\w.-]+", make.text_of(envelope))))


def opened(client: FlaskClient, path: str, who: int = 1, method: str = "GET", **headers: str) -> str:
    address = {"REMOTE_ADDR": f"192.0.2.{who}"}
    answer = client.open(path, method=method, headers={**BROWSER, **headers}, environ_base=address)
    assert answer.status_code == 302
    return answer.headers["Location"]


def totals(edition: Edition) -> dict[str, int]:
    counts = [told for _, told in clicks_of(edition.id)]
    return {kind.value: sum(each[kind] for each in counts) for kind in ClickKind}


def test_the_link_is_the_same_for_all_readers_and_leads_to_the_article(
    client: FlaskClient, sent: Edition, outbox: list[Envelope]
) -> None:
    first, second = outbox

    assert marks(first) == marks(second)
    assert len(marks(first)) == 4
    assert "https://harbour.example/articles" not in first.data.decode()
    assert opened(client, marks(first)[1]) == clicks_of(sent.id)[1][0].url
    assert [told["human"] for _, told in clicks_of(sent.id)] == [0, 1, 0, 0]


def test_nothing_is_kept_of_who_clicks(client: FlaskClient, sent: Edition, outbox: list[Envelope]) -> None:
    answer = client.get(marks(outbox[0])[0], headers=BROWSER)

    assert "Set-Cookie" not in answer.headers
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["Cache-Control"] == "no-store"
    columns = {column.name for column in EditionClick.__table__.columns}
    assert columns == {"edition_id", "article_id", "hour", "kind", "arm", "count"}
    assert b"<img" not in outbox[0].data.lower().split(b"</head>")[-1]


def test_off_it_counts_nothing_and_the_links_are_the_articles_own(house: House, outbox: list[Envelope]) -> None:
    of, source = make.newsletter(), make.source()
    make.subscription(of, house)
    editions.send(make.edition(of, make.articles(source, 2)).id, house)
    make.send_all(house)

    assert marks(outbox[0]) == []
    assert "https://harbour.example/articles" in make.text_of(outbox[0])


@pytest.mark.parametrize(
    ("asked", "kind"),
    [
        (("GET", {}), "human"),
        (("HEAD", {}), "scanner"),
        (("GET", {"Sec-Purpose": "prefetch"}), "scanner"),
        (("GET", {"User-Agent": "Mozilla/5.0 (compatible; Safe-Links-Scanner)"}), "scanner"),
        (("GET", {"User-Agent": ""}), "scanner"),
        (("GET", {"Sec-Fetch-Mode": ""}), "unknown"),
        (("GET", {"User-Agent": "Something else"}), "unknown"),
    ],
)
def test_people_scanners_and_others_are_told_apart(
    client: FlaskClient, sent: Edition, outbox: list[Envelope], asked: tuple[str, dict[str, str]], kind: str
) -> None:
    method, headers = asked
    opened(client, marks(outbox[0])[0], 1, method, **headers)

    assert totals(sent) == {"human": 0, "scanner": 0, "unknown": 0} | {kind: 1}


def test_who_follows_all_links_at_once_is_no_reader(
    client: FlaskClient, sent: Edition, outbox: list[Envelope]
) -> None:
    for mark in marks(outbox[0])[:2]:
        opened(client, mark, who=101)
    assert totals(sent) == {"human": 2, "scanner": 0, "unknown": 0}
    for mark in marks(outbox[0])[2:]:
        opened(client, mark, who=101)

    assert totals(sent) == {"human": 0, "scanner": 4, "unknown": 0}


def test_one_who_clicks_a_hundred_times_counts_once_and_makes_one_row(
    client: FlaskClient, sent: Edition, outbox: list[Envelope]
) -> None:
    for _ in range(100):
        opened(client, marks(outbox[0])[0], who=102)

    assert totals(sent)["human"] == 1
    assert len(db.session.scalars(select(EditionClick)).all()) == 1


@pytest.mark.parametrize("change", ["x{}", "{}x", "{}?url=https://evil.example/"])
def test_no_other_target_can_be_asked_for(
    client: FlaskClient, sent: Edition, outbox: list[Envelope], change: str
) -> None:
    path = marks(outbox[0])[0]
    answer = client.get("/c/" + change.format(path.removeprefix("/c/")), headers=BROWSER)

    assert answer.status_code in {302, 404}
    assert "evil" not in answer.headers.get("Location", "")
    assert (answer.status_code == 302) is ("?" in change)


@pytest.mark.parametrize("mark", ["", ".", "1-1", "1-1.AAAAAAAAAAAA", "1.", "\u0661-1.x", "1-1-1.x", "z" * 2000])
def test_what_we_did_not_sign_is_not_followed(client: FlaskClient, sent: Edition, mark: str) -> None:
    assert client.get(f"/c/{mark}").status_code == 404
    assert totals(sent) == {"human": 0, "scanner": 0, "unknown": 0}


def test_an_article_that_the_edition_did_not_carry_is_not_found(
    client: FlaskClient, house: House, sent: Edition
) -> None:
    other = make.article(make.source())

    assert client.get(f"/c/{house.signer.short('click', (sent.id, other.id))}").status_code == 404
    draft = make.edition(make.newsletter("evening"), [other])
    assert client.get(f"/c/{house.signer.short('click', (draft.id, other.id))}").status_code == 404


def test_a_short_token_lives_through_a_change_of_keys_and_is_for_its_purpose() -> None:
    old, both = Signer(("old" * 20,)), Signer(("new" * 20, "old" * 20))
    token = old.short("click", (7, 2**63 - 1))

    assert both.read_short("click", token, 2) == (7, 2**63 - 1)
    assert len(token) < 30
    for reader, purpose, how_many in ((Signer(("new" * 20,)), "click", 2), (both, "other", 2), (both, "click", 3)):
        with pytest.raises(LinkDamaged):
            reader.read_short(purpose, token, how_many)


def test_a_reader_whose_browser_says_nothing_is_not_called_a_machine() -> None:
    assert click_kind("GET", "Mozilla/5.0 (iPhone)", "", "") is ClickKind.UNKNOWN
