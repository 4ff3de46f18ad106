"""Editions whose parts an operator wrote: what they say goes out, and what must stand in each mail stays."""

from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select, update

from newsletter.core.db import db, transaction
from newsletter.delivery.models import MailingVariant
from newsletter.editions import service as editions
from newsletter.editions.emails import Reader, Told, values_of
from newsletter.mail.fields import Field
from newsletter.mail.house import House
from newsletter.mail.message import Envelope, StandIn
from newsletter.newsletters.models import Newsletter
from newsletter.subscriptions.models import Subscriber
from newsletter.templates.emails import data_of
from newsletter.templates.policy import ORDINARY, samples
from newsletter.templates.service import save_template
from tests import make

NAMES = {"ann@example.org": "Ann", "bo@example.org": "", "cy@example.org": "Cy <b>"}


@pytest.fixture
def courier(house: House) -> Newsletter:
    """A newsletter with three readers, one of whom has no name."""
    of = make.newsletter()
    for address, name in NAMES.items():
        made = make.subscription(of, house, address)
        with transaction():
            db.session.execute(update(Subscriber).where(Subscriber.id == made.subscriber_id).values(name=name))
    return of


def _send(of: Newsletter, house: House, **parts: str) -> int:
    for name, source in parts.items():
        save_template("courier", name.replace("_", "."), source, "ada@example.org")
    titled = make.article(make.source(), "Ferry <script>alert(1)</script>", summary_text="She is back.")
    chosen = editions.send(make.edition(of, [titled]).id, house)
    make.send_all(house)
    return chosen.mailing_id or 0


def _html(envelope: Envelope) -> str:
    part = make.parsed(envelope).get_body(("html",))
    assert part
    return str(part.get_content())


def test_each_part_stands_in_its_place(courier: Newsletter, house: House, outbox: list[Envelope]) -> None:
    _send(
        courier,
        house,
        subject="{{ newsletter.name }}: {{ articles[0].title if articles else 'nothing' }}",
        header_html="<h1>Head of {{ newsletter.name }}</h1>",
        body_html="{% for a in articles %}<h2>{{ a.title }}</h2>{% endfor %}",
        footer_html="<p>Printed on nothing.</p>",
        body_txt="{% for a in articles %}* {{ a.title }}{% endfor %}",
    )

    mail, html, text = make.parsed(outbox[0]), _html(outbox[0]), make.text_of(outbox[0])
    assert mail["Subject"] == "The Courier: Ferry <script>alert(1)</script>"
    assert "Head of The Courier" in html
    assert "Ferry &lt;script&gt;alert(1)&lt;/script&gt;</h2>" in html
    assert "She is back" not in html + text
    assert "Printed on nothing." in html
    assert "* Ferry <script>" in text


def test_reason_postal_address_and_unsubscribe_link_stand_whatever_is_written(
    courier: Newsletter, house: House, outbox: list[Envelope]
) -> None:
    hiding = '<div style="display:none"><table><tr><td>'
    _send(courier, house, header_html=hiding, body_html=hiding, footer_html=hiding, body_txt=" . ")

    html, text = _html(outbox[0]), make.text_of(outbox[0])
    for said in ("Quay 1", "/unsubscribe/", "/preferences/"):
        assert said in html
        assert said in text
    # What was left open is closed where it was written, so nothing of ours is inside of it.
    assert html[html.index("display:none") :].index("</div>") < html[html.index("display:none") :].index("Quay 1")


def test_a_name_that_is_asked_about_makes_two_wordings(
    courier: Newsletter, house: House, outbox: list[Envelope]
) -> None:
    asks = "{% if subscriber.name %}Good morning, {{ subscriber.name }}{% else %}Good morning{% endif %}!"
    mailing = _send(courier, house, body_txt=asks)

    said = {mail.recipient: next(x for x in make.text_of(mail).splitlines() if "Good" in x) for mail in outbox}
    assert said == {
        "ann@example.org": "Good morning, Ann!",
        "bo@example.org": "Good morning!",
        "cy@example.org": "Good morning, Cy <b>!",
    }
    wordings = select(func.count()).select_from(MailingVariant).where(MailingVariant.mailing_id == mailing)
    assert db.session.scalar(wordings) == 1


def test_a_name_that_is_taken_apart_has_a_wording_for_each(
    courier: Newsletter, house: House, outbox: list[Envelope]
) -> None:
    _send(courier, house, subject="{{ subscriber.name | upper | default('You', true) }}, the ferry is back")

    assert {mail.recipient: make.parsed(mail)["Subject"].split(",")[0] for mail in outbox} == {
        "ann@example.org": "ANN",
        "bo@example.org": "You",
        "cy@example.org": "CY <B>",
    }


def test_the_samples_have_the_shape_of_an_edition(courier: Newsletter, house: House) -> None:
    carried = [make.article(make.source(), topics=["Harbour"], image_url="https://news.example.org/a.jpg")]
    told = Told(make.edition(courier, carried), carried, reader=Reader(Field("name", "Ann")))

    data = data_of(values_of(told, courier, house), ZoneInfo("UTC"))
    assert _shape(data) == _shape(samples()[ORDINARY])


def _shape(value: object) -> object:
    if isinstance(value, dict):
        return {key: _shape(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_shape(each) for each in value[:1]]
    return "stand-in" if isinstance(value, StandIn | Field) else type(value).__name__
