"""The mail of an edition leads to its page, which is the same for everybody."""

from datetime import timedelta

from flask.testing import FlaskClient
from selectolax.lexbor import LexborHTMLParser

from newsletter.core.clock import now
from newsletter.editions import service
from newsletter.editions.policy import Layout
from newsletter.mail.house import House
from newsletter.mail.message import Envelope
from tests import make
from tests.web.samples import SETTINGS

PAGE = f"{SETTINGS.base_url}/courier/archive/1"


def test_each_mail_leads_to_the_same_page(house: House, outbox: list[Envelope]) -> None:
    of = make.newsletter()
    make.subscriptions(of, house, 2)
    service.send(make.edition(of, make.articles(make.source(), 3)).id, house)
    make.send_all(house)

    assert len(outbox) == 2
    for envelope in outbox:
        html = make.parsed(envelope).get_body(("html",))
        assert html
        assert f'href="{PAGE}"' in html.get_content()
        assert f"Read on the web: {PAGE}" in make.text_of(envelope)


def test_notes_and_sections_stand_where_the_mail_has_them(client: FlaskClient, house: House) -> None:
    of, source = make.newsletter(), make.source()
    titles = ("Ferry runs again", "Gale warning", "A light is dark", "Chess cup")
    articles = [make.article(source, title) for title in titles]
    evil = "<script>alert(1)</script> [here](javascript:alert(1))"
    layout = Layout(
        sections={articles[1].id: "Coast & sea", articles[2].id: "Coast & sea"},
        notes={"": f"Good *morning*. {evil}", "Coast & sea": "Wind from the **west**."},
    )
    window = service.Window(now() - timedelta(days=1), now())
    service.send(service.draft(of.id, window, articles, layout).id, house)
    page = client.get("/courier/archive/1").text
    parsed = LexborHTMLParser(page)

    assert [node.text() for node in parsed.css("main h2:not(#sign-up)")] == [
        *("Ferry runs again", "Coast & sea", "Gale warning", "A light is dark", "More", "Chess cup"),
    ]
    assert [node.text().strip()[:4] for node in parsed.css(".note-text")] == ["Good", "Wind"]
    assert page.count("<em>morning</em>") == 1
    assert not parsed.css("a[href^='javascript:'], .note-text script")


def test_nobodys_links_and_addresses_are_on_the_pages(client: FlaskClient, house: House) -> None:
    of, source = make.newsletter(greets=True), make.source()
    make.subscription(of, house, "ann@example.org")
    articles = make.articles(source, 3)
    edition = make.edition(of, articles)
    service.send(edition.id, house)
    make.send_all(house)
    service.follow_mailings()
    make.digest(of, [source])

    for path in ("archive", "archive/1", "feed.xml"):
        page = client.get(f"/courier/{path}").text
        assert edition.subject.split(",")[0] in page
        for word in ("/unsubscribe/", "/preferences/", "/confirm/", "/account/", "/never/", "ann@", "Dear reader"):
            assert word not in page
