"""An edition as one reader would get it: what the sending would bring them, or why it brings nothing."""

from collections.abc import Sequence
from datetime import timedelta

import pytest
from time_machine import Traveller

from newsletter.articles.models import Article
from newsletter.core.clock import now
from newsletter.core.db import db, transaction
from newsletter.core.errors import TemplateRefused
from newsletter.delivery.models import Delivery
from newsletter.editions import service
from newsletter.editions.models import Edition, EditionPart
from newsletter.editions.policy import EVERYBODY, PLAIN_LAYOUT, Readers
from newsletter.editions.queries import articles_of
from newsletter.mail.house import House
from newsletter.newsletters.models import Newsletter
from newsletter.subscriptions.models import Subscriber, Subscription
from newsletter.subscriptions.policy import Cadence
from newsletter.suppressions.models import Reason
from newsletter.suppressions.service import suppress
from newsletter.templates.service import save_template
from tests import make


@pytest.fixture
def of(house: House, clock: Traveller) -> Newsletter:
    return make.newsletter(timezone="Europe/Zurich")


def three() -> list[Article]:
    source = make.source()
    return [
        make.article(source, "Harbour", topics=["Harbour"]),
        make.article(source, "Football", topics=["Sport"], author="Ada Berg"),
        make.article(source, "Harbour regatta", topics=["harbour", "sport"]),
    ]


def drafted(of: Newsletter, carried: Sequence[Article], readers: Readers = EVERYBODY) -> Edition:
    window = service.Window(now() - timedelta(days=1), now())
    return service.draft(of.id, window, carried, PLAIN_LAYOUT, readers)


def as_(whose: Subscription, house: House, **sources: str) -> service.Preview:
    parts = {name.replace("_", "."): source for name, source in sources.items()}
    return service.preview_as(whose.newsletter_id, parts, whose.subscriber_id, house)


def nothing(whose: Subscription, house: House) -> str:
    """The words for why they would get nothing."""
    found = as_(whose, house)
    assert found.content is None
    return " ".join(found.words)


def test_who_follows_topics_sees_those_only_and_the_subject_that_fits(of: Newsletter, house: House) -> None:
    drafted(of, three())
    person = make.subscription(of, house)
    make.wish(person, topics=["SPORT"])

    found = as_(person, house)

    assert found.content
    assert "Football" in found.content.html
    assert ">Harbour</a>" not in found.content.html
    assert found.content.subject == "Football, and 1 more"
    assert "2 of its 3 articles are about what they follow." in found.words


def test_their_name_is_printed_and_no_link_is_theirs(of: Newsletter, house: House) -> None:
    drafted(of, three())
    person = make.subscription(of, house)
    with transaction():
        db.session.get_one(Subscriber, person.subscriber_id).name = "Ada <i>"
    parts = {"header_html": "<p>Dear {{ subscriber.name | upper }}</p>", "footer_html": "{{ unsubscribe_url }}"}

    found = as_(person, house, **parts)

    assert found.content
    assert "Dear ADA &lt;I&gt;" in found.content.html
    text = found.content.html + found.content.text
    page = f"{house.settings.base_url}/courier"
    assert page in text
    assert not any(f"/{path}/" in text for path in ("unsubscribe", "preferences", "c", "confirm", "account"))
    assert "\ue000" not in text


def test_who_would_get_nothing_is_told_apart_by_the_reason(of: Newsletter, house: House) -> None:
    drafted(of, three())

    assert "not confirmed yet" in nothing(make.subscription(of, house, status="pending"), house)
    assert "have unsubscribed" in nothing(make.subscription(of, house, status="unsubscribed"), house)
    paused = make.subscription(of, house, status="paused")
    with transaction():
        paused.paused_until = now() + timedelta(days=3)
    assert f"paused it until {now() + timedelta(days=3):%Y-%m-%d}" in nothing(paused, house)
    art = make.subscription(of, house)
    make.wish(art, topics=["Art"])
    assert "nothing of what they follow is in it" in nothing(art, house)
    complained = make.subscription(of, house)
    suppress(db.session.get_one(Subscriber, complained.subscriber_id).address_key, Reason.HARD_BOUNCE)
    assert "this address is not mailed any more (mail to it came back)" in nothing(complained, house)


def test_who_wants_it_weekly_is_no_reader_of_each_edition(of: Newsletter, house: House) -> None:
    drafted(of, three(), Readers())
    person = make.subscription(of, house)
    make.wish(person, cadence="weekly")

    assert "they want it once a week" in nothing(person, house)


def test_an_hour_of_their_own_is_said_in_their_zone(of: Newsletter, house: House) -> None:
    drafted(of, three())
    person = make.subscription(of, house)
    make.hour(person, 7, "America/New_York")

    assert any("07:00 (America/New_York)" in each for each in as_(person, house).words)


def test_it_is_looked_at_with_what_is_typed_and_nothing_is_written(of: Newsletter, house: House) -> None:
    drafted(of, three())
    person = make.subscription(of, house)
    save_template("courier", "header.html", "<p>Kept</p>", "ada")

    found = as_(person, house, header_html="<p>Typed</p>", style_css="p { color: #8a1f1f }")

    assert found.content
    assert "Typed" in found.content.html
    assert "Kept" not in found.content.html
    assert "color:#8a1f1f" in found.content.html
    assert not db.session.new
    assert not db.session.dirty
    with pytest.raises(TemplateRefused, match=r"^style.css, line 1"):
        as_(person, house, style_css="p { float: left }")


def test_before_the_first_edition_one_is_invented(of: Newsletter, house: House) -> None:
    person = make.subscription(of, house)
    make.wish(person, topics=["Art"])

    for found in (as_(person, house), service.preview_with(of.id, {}, "Ada", house)):
        assert found.content
        assert "The ferry returns on Monday" in found.content.html
        assert found.words[0] == "There is no edition yet; these articles are invented."
    assert "not confirmed" in nothing(make.subscription(of, house, status="pending"), house)
    assert not db.session.new
    assert db.session.query(Edition).count() == 0


@pytest.mark.parametrize("once_in_house", [False, True])
def test_what_is_shown_is_what_the_sending_brings(of: Newsletter, house: House, once_in_house: bool) -> None:  # noqa: FBT001 - a parameter.
    carried, tide = three(), make.newsletter("tide")
    wishes = [(), ("sport",), ("Harbour",), ("art",), ("harbour", "sport")]
    people = [make.subscription(of, house) for _ in wishes]
    for person, topics in zip(people, wishes, strict=True):
        make.wish(person, topics=topics)
    for each in people[::2]:
        make.also(each, tide)
    service.send(drafted(tide, carried[:1]).id, house)
    make.wish(people[4], cadence="weekly")
    make.wish(people[4], cadence="each")
    edition = drafted(of, carried, Readers(riders=tuple(Cadence)[1:], once_in_house=once_in_house))

    shown = {each.subscriber_id: as_(each, house).content for each in people}
    titles = {
        number: [each.title for each in carried if f">{each.title}</a>" in content.html] if content else []
        for number, content in shown.items()
    }
    service.send(edition.id, house)

    assert titles == _brought(edition)
    assert len({tuple(each) for each in titles.values()}) >= 3


def _brought(edition: Edition) -> dict[int, list[str]]:
    """By subscriber, the articles that were queued for them."""
    carried = articles_of(edition.id)
    parts = {
        part.number: part.articles
        for part in db.session.query(EditionPart).filter(EditionPart.edition_id == edition.id)
    }
    found: dict[int, list[str]] = {}
    for each in db.session.query(Delivery).filter(Delivery.mailing_id == edition.mailing_id):
        ids = parts.get(each.variant, [one.id for one in carried])
        found[each.subscriber_id or 0] = (
            [] if each.status == "skipped" else [one.title for one in carried if one.id in ids]
        )
    return found
