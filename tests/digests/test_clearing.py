"""Pictures that were fetched and that no edition carried are let go of; what a mail or a page shows is not."""

import os
from datetime import timedelta
from io import BytesIO

from flask.testing import FlaskClient
from PIL import Image
from selectolax.lexbor import LexborHTMLParser
from time_machine import Traveller

from newsletter.articles.feeds.pictures import Picture
from newsletter.articles.links import article_url
from newsletter.articles.models import Article, Source
from newsletter.articles.queries import pictures_of, pictures_to_fetch
from newsletter.articles.service import keep_picture
from newsletter.core.clock import now
from newsletter.core.db import db, transaction
from newsletter.digests.policy import Mark, MarkKind
from newsletter.digests.service import mark, pictures_step
from newsletter.digests.service.clearing import GONE
from newsletter.editions import service as editions
from newsletter.jobs import timetable
from newsletter.mail.house import House
from newsletter.subscriptions.service import retain
from tests import make

LATER = timedelta(days=91)


def painted(colour: str) -> bytes:
    out = BytesIO()
    Image.new("RGB", (400, 300), colour).save(out, "PNG")
    return out.getvalue()


def with_picture(of: Source, house: House, colour: str) -> tuple[Article, str]:
    """An article whose picture was fetched when it came, and what its file is called."""
    article = make.article(of, image_url=f"https://harbour.example/{colour}.png")
    kept = house.images.keep(painted(colour), 300)
    keep_picture(article.id, Picture(kept.name, kept.name, kept.width))
    path = house.images.find(kept.name)
    assert path
    os.utime(path, (now().timestamp(), now().timestamp()))
    return article, kept.name


def cleared(house: House) -> int:
    return retain(house.settings, pictures_step(house.images))["pictures"]


def test_the_picture_of_an_article_that_no_edition_carried_goes_after_ninety_days(
    house: House, clock: Traveller
) -> None:
    of, source = make.newsletter(pictures="fetch"), make.source()
    article, name = with_picture(source, house, "teal")

    assert (cleared(house), bool(house.images.find(name))) == (0, True)
    clock.shift(LATER)
    assert pictures_step(house.images).count_due() == 1
    assert [cleared(house) for _ in range(2)] == [1, 0]

    assert house.images.find(name) is None
    assert pictures_of([article.id])[article.id].problem == GONE
    assert not pictures_to_fetch(), "a small paper's newest articles are old, and are not fetched again"
    drafted = make.edition(of, [article])
    assert any(GONE in each.words for each in editions.findings(drafted.id, house))


def test_what_a_draft_or_an_edition_carries_and_what_an_editor_keeps_back_stays(
    house: House, clock: Traveller
) -> None:
    of, source = make.newsletter(pictures="fetch"), make.source()
    make.digest(of, [source])
    carried, waiting = with_picture(source, house, "teal"), with_picture(source, house, "navy")
    make.edition(of, [carried[0]])
    mark("morning", waiting[0].id, Mark(MarkKind.KEEP_BACK, now() + timedelta(days=120)))
    clock.shift(LATER)

    assert cleared(house) == 0
    assert all(house.images.find(name) for _, name in (carried, waiting))


def test_a_file_that_something_else_shows_stays(house: House, clock: Traveller) -> None:
    of, source = make.newsletter(pictures="fetch"), make.source()
    unused, same = with_picture(source, house, "teal"), with_picture(source, house, "teal")
    _, logo = with_picture(source, house, "navy")
    make.edition(of, [same[0]])
    with transaction():
        of.logo = logo
        db.session.add(of)
    clock.shift(LATER)

    assert unused[1] == same[1]
    assert cleared(house) == 2
    assert house.images.find(same[1])
    assert house.images.find(logo)


def test_a_picture_that_another_process_keeps_this_very_hour_stays(house: House, clock: Traveller) -> None:
    _, name = with_picture(make.source(), house, "teal")
    clock.shift(LATER)

    house.images.keep(painted("teal"), 300)

    assert cleared(house) == 1
    assert house.images.find(name)


def test_whoever_dies_before_the_end_does_it_again(house: House, clock: Traveller) -> None:
    _, name = with_picture(make.source(), house, "teal")
    clock.shift(LATER)
    path = house.images.find(name)
    assert path
    path.unlink()

    assert [cleared(house) for _ in range(2)] == [1, 0]


def test_the_job_does_it(house: House, clock: Traveller) -> None:
    _, name = with_picture(make.source(), house, "teal")
    clock.shift(LATER)

    next(job for job in timetable(house) if job.name == "retain").work(house)

    assert house.images.find(name) is None


def test_pages_show_our_picture_where_mails_do_and_none_where_they_have_none(
    house: House, client: FlaskClient
) -> None:
    of, source = make.newsletter(pictures="fetch"), make.source()
    make.digest(of, [source])
    make.subscription(of, house, "ann@example.org")
    article, name = with_picture(source, house, "teal")
    sent = make.edition(of, [article])
    editions.send(sent.id, house)
    pages = (f"/courier/archive/{sent.number}", article_url(article, ""))

    for path in pages:
        seen = LexborHTMLParser(client.get(path).text)
        places = [node.attributes["content"] for node in seen.css("meta[property='og:image']")]
        places += [node.attributes["src"] for node in seen.css("main img")]
        assert set(places) == {f"https://letters.example.org/images/{name}"}, path
    with transaction():
        of.pictures = "none"
    for path in pages:
        assert "harbour.example/teal.png" not in client.get(path).text
        assert name not in client.get(path).text
