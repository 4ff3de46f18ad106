"""Past editions on the web: which are shown, how they are found, and that nobody's own links are in them."""

from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from selectolax.lexbor import LexborHTMLParser, LexborNode
from time_machine import Traveller

from newsletter.core.clock import now
from newsletter.core.db import db, transaction
from newsletter.editions import service
from newsletter.editions.models import Edition
from newsletter.editions.policy import PUBLIC, EditionStatus
from newsletter.newsletters.models import Newsletter
from tests import make

EVIL = "\"'><script>alert(1)</script><img src=x onerror=alert(1)>"


def sent(of: Newsletter, *titles: str, **facts: Any) -> Edition:  # noqa: ANN401 - the columns of an article.
    """An edition that has gone out, with articles of these titles."""
    source = make.source()
    edition = make.edition(of, [make.article(source, title, **facts) for title in titles or ("Ferry runs again",)])
    return put(edition, EditionStatus.SENT)


def first(parsed: LexborHTMLParser, selector: str) -> LexborNode:
    found = parsed.css_first(selector)
    assert found is not None, selector
    return found


def put(edition: Edition, status: EditionStatus) -> Edition:
    with transaction():
        edition.status = status
    service.index_all()
    return edition


def several(of: Newsletter, how_many: int) -> list[Edition]:
    """Editions that have gone out, one a day."""
    source = make.source()
    made = []
    for number in range(1, how_many + 1):
        end = now() - timedelta(days=how_many - number)
        window = service.Window(end - timedelta(days=1), end)
        article = make.article(source, f"Story of day {number}")
        made.append(put(service.draft(of.id, window, [article]), EditionStatus.SENT))
    return made


def numbers(client: FlaskClient, path: str) -> list[int]:
    """Which editions the list shows, in its order."""
    parsed = LexborHTMLParser(client.get(path).text)
    return [int((link.attributes["href"] or "").rpartition("/")[2]) for link in parsed.css(".issues h2 a")]


def turn(client: FlaskClient, path: str, rel: str) -> str:
    """Where the link to the older (`next`) or newer (`prev`) page leads; "" where there is none."""
    link = LexborHTMLParser(client.get(path).text).css_first(f"nav.pages a[rel={rel}]")
    return (link.attributes["href"] or "") if link else ""


def test_what_was_sent_is_listed_with_the_newest_first(client: FlaskClient) -> None:
    several(make.newsletter(), 3)

    assert numbers(client, "/courier/archive") == [3, 2, 1]


@pytest.mark.parametrize("status", list(EditionStatus))
def test_only_what_was_sent_or_is_being_sent_is_shown(client: FlaskClient, status: EditionStatus) -> None:
    edition = put(sent(make.newsletter(), "A secret for now"), status)
    pages = [client.get(path) for path in ("/courier/archive", f"/courier/archive/{edition.number}")]

    assert [page.status_code for page in pages] == [200, 200 if status in PUBLIC else 404]
    assert all(("A secret for now" in page.text) == (status in PUBLIC) for page in pages)
    assert numbers(client, "/courier/archive?q=secret") == ([1] if status in PUBLIC else [])


def test_the_pages_turn_there_and_back_without_a_gap(client: FlaskClient) -> None:
    several(make.newsletter(), 47)
    first = "/courier/archive"
    second = turn(client, first, "next")
    third = turn(client, second, "next")

    assert [numbers(client, path) for path in (first, second, third)] == [
        list(range(47, 27, -1)),
        list(range(27, 7, -1)),
        list(range(7, 0, -1)),
    ]
    assert turn(client, third, "next") == turn(client, first, "prev") == ""
    back = turn(client, third, "prev")
    assert numbers(client, back) == list(range(27, 7, -1))
    assert numbers(client, turn(client, back, "prev")) == list(range(47, 27, -1))
    assert numbers(client, turn(client, back, "next")) == list(range(7, 0, -1))


def test_a_page_that_is_exactly_full_has_no_page_after_it(client: FlaskClient) -> None:
    several(make.newsletter(), 20)

    assert turn(client, "/courier/archive", "next") == ""


@pytest.mark.parametrize("key", ["x", "-1", "1.5", "1e3", "01", "٣", "9" * 40, "1;DROP", "%00"])
def test_a_page_that_cannot_be_is_not_found(client: FlaskClient, key: str) -> None:
    several(make.newsletter(), 1)
    paths = (f"archive?before={key}", f"archive?after={key}", f"archive/{key}")

    assert {client.get(f"/courier/{path}").status_code for path in paths} == {404}


def test_a_page_before_the_first_edition_leads_back(client: FlaskClient) -> None:
    several(make.newsletter(), 2)
    page = client.get("/courier/archive?before=1").text

    assert "There is nothing on this page" in page
    assert "Go to the newest editions" in page


def test_what_is_not_there_yet_says_what_to_do(client: FlaskClient) -> None:
    make.newsletter()

    assert "Nothing has been sent yet. Sign up below" in client.get("/courier/archive").text
    sent(db.session.get_one(Newsletter, 1))
    assert "look through all editions" in client.get("/courier/archive?q=balloon").text
    assert client.get("/nowhere/archive").status_code == 404


def test_an_edition_is_shown_whole_with_the_ones_beside_it(client: FlaskClient, clock: Traveller) -> None:
    of = make.newsletter(timezone="Asia/Tokyo")
    editions = several(of, 3)
    put(editions[1], EditionStatus.CANCELLED)
    page = client.get("/courier/archive/3").text
    parsed = LexborHTMLParser(page)

    assert "Story of day 3" in page
    assert (
        first(parsed, "link[rel=canonical]").attributes["href"] == "https://letters.example.org/courier/archive/3"
    )
    assert first(parsed, ".flag time").attributes["datetime"] == "2026-11-23T18:00:00+09:00"
    assert (first(parsed, "nav.pages a[rel=prev]").attributes["href"] or "").endswith("/courier/archive/1")
    assert parsed.css_first("nav.pages a[rel=next]") is None


def test_an_article_with_its_text_can_be_read_here_too(client: FlaskClient) -> None:
    sent(make.newsletter(), "Ferry runs again", url="https://harbour.example/ferry", body_html="<p>At noon.</p>")
    parsed = LexborHTMLParser(client.get("/courier/archive/1").text)
    page = first(parsed, ".byline a").attributes["href"] or ""

    assert first(parsed, ".lead h2 a").attributes["href"] == "https://harbour.example/ferry"
    assert page == "https://letters.example.org/articles/1/ferry-runs-again"
    assert "At noon." in client.get(page).text


def test_an_edition_introduces_itself_to_who_shares_it(client: FlaskClient) -> None:
    sent(
        make.newsletter(),
        "Ferry runs again",
        "Fish market moves",
        image_url="https://harbour.example/f.jpg?a=1&b=2",
    )
    parsed = LexborHTMLParser(client.get("/courier/archive/1").text)
    said = {
        node.attributes.get("property") or node.attributes.get("name"): node.attributes.get("content")
        for node in parsed.css("meta")
    }

    assert said["og:title"] == said["twitter:title"] == "Ferry runs again, and 1 more"
    assert said["og:description"] == said["description"] == "Fish market moves"
    assert said["og:image"] == said["twitter:image"] == "https://harbour.example/f.jpg?a=1&b=2"
    assert said["og:url"] == "https://letters.example.org/courier/archive/1"
    assert said["twitter:card"] == "summary_large_image"


def test_what_feeds_say_is_shown_as_text_and_leads_to_the_web_only(client: FlaskClient) -> None:
    sent(
        make.newsletter(),
        EVIL,
        EVIL + "2",
        author=EVIL,
        credit=EVIL,
        summary_text=EVIL,
        topics=[EVIL],
        image_alt=EVIL,
        image_url="javascript:alert(1)",
        url="javascript:alert(1)",
    )

    for path in ("/courier/archive", "/courier/archive/1", "/courier/archive?q=script"):
        page = client.get(path).text
        assert "&lt;script&gt;" in page
        assert "<script" not in page
        assert "<img" not in page
        assert "javascript:" not in page


def test_an_edition_may_be_kept_and_is_not_sent_twice_to_who_has_it(client: FlaskClient, clock: Traveller) -> None:
    several(make.newsletter(), 2)
    for path in ("/courier/archive", "/courier/archive/2", "/courier/feed.xml"):
        first = client.get(path)
        clock.shift(61)
        again = client.get(path, headers={"If-None-Match": first.headers["ETag"]})
        by_date = client.get(path, headers={"If-Modified-Since": first.headers["Last-Modified"]})

        assert first.headers["Cache-Control"] == "public, max-age=300"
        assert (again.status_code, again.data, by_date.status_code) == (304, b"", 304)
        assert "Set-Cookie" not in first.headers


def test_a_page_with_a_form_grows_old(client: FlaskClient, clock: Traveller) -> None:
    several(make.newsletter(), 1)
    first = client.get("/courier/archive/1")
    clock.shift(timedelta(hours=6))
    had = {"If-None-Match": first.headers["ETag"], "If-Modified-Since": first.headers["Last-Modified"]}

    assert client.get("/courier/archive/1", headers=had).status_code == 200


def test_what_changes_on_a_page_changes_its_tag(client: FlaskClient, clock: Traveller) -> None:
    of = make.newsletter()
    several(of, 1)
    tag = {"If-None-Match": client.get("/courier/archive/1").headers["ETag"]}
    with transaction():
        of.name = "The Evening Courier"

    assert client.get("/courier/archive/1", headers=tag).status_code == 200


def test_the_form_at_the_foot_signs_up(client: FlaskClient, clock: Traveller) -> None:
    several(make.newsletter(), 1)
    parsed = LexborHTMLParser(client.get("/courier/archive/1").text)
    form = first(parsed, "form[method=post]")
    fields = {node.attributes["name"] or "": node.attributes.get("value") or "" for node in form.css("input")}
    clock.shift(30)
    answer = client.post(form.attributes["action"] or "", data={**fields, "email": "ann@example.org"})

    assert answer.status_code == 303
    assert answer.headers["Location"].endswith("/courier/check-your-inbox")


def test_pictures_of_articles_may_show_and_nothing_else_is_let_in(client: FlaskClient) -> None:
    sent(make.newsletter(), image_url="https://harbour.example/f.jpg")
    policy = client.get("/courier/archive/1").headers["Content-Security-Policy"]

    assert "img-src 'self' https: data:" in policy
    assert "default-src 'none'" in policy
    assert "https:" not in client.get("/courier/archive").headers["Content-Security-Policy"]
