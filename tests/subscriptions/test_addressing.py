"""Which addresses may sign up, by form, by service and for an operator, and how the form asks about a slip."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from newsletter.core.addresses import parse
from newsletter.core.db import db
from newsletter.core.domain_file import DomainFile
from newsletter.core.errors import InvalidAddress, SettingsError
from newsletter.core.settings import Settings, from_mapping
from newsletter.mail.house import House, make_house
from newsletter.subscriptions.models import SignUp
from newsletter.subscriptions.policy.screening import MACHINES, ROLES, Sort, is_reserved, sort_of
from newsletter.subscriptions.service.addressing import acceptable, check_brought
from tests import make
from tests.conftest import SECRETS


def noted() -> list[str]:
    return list(db.session.scalars(select(SignUp.address).order_by(SignUp.id)).all())


@pytest.mark.parametrize(
    "local",
    [
        *(
            "info",
            "INFO",
            "abuse",
            "postmaster",
            "Postmaster",
            "hostmaster",
            "webmaster",
            "security",
            "noc",
            "sales",
        ),
        *(
            "marketing",
            "support",
            "news",
            "usenet",
            "uucp",
            "ftp",
            "www",
            "abuse+shop",
            "harbour-request",
            "owner-harbour",
        ),
    ],
)
def test_the_offices_of_rfc_2142_are_no_persons(local: str) -> None:
    assert sort_of(local) is Sort.ROLE


@pytest.mark.parametrize(
    "local",
    [
        "noreply",
        "no-reply",
        "NoReply",
        "do-not-reply",
        "mailer-daemon",
        "MAILER-DAEMON",
        "bounces",
        "list-bounces",
        "null",
    ],
)
def test_what_nobody_reads_is_a_machine(local: str) -> None:
    assert sort_of(local) is Sort.MACHINE


@pytest.mark.parametrize(
    "local",
    [
        *(
            "ann",
            "ann.info",
            "information",
            "infomaster",
            "abuser",
            "newsome",
            "salesman",
            "rootes",
            "ann+abuse",
            "+info",
        ),
        *("helper", "allan", "lister", "bouncer", "nobodys", "requester", "owner", "ann-request2", "мария"),
    ],
)
def test_a_person_may_have_a_name_that_looks_like_an_office(local: str) -> None:
    assert sort_of(local) is Sort.PERSON


def test_no_name_is_both_an_office_and_a_machine() -> None:
    assert not ROLES & MACHINES
    assert {name for name in ROLES | MACHINES if name != name.lower()} == set()


@pytest.mark.parametrize(
    "domain",
    [
        *("example", "example.org", "example.com", "example.net", "mail.example.org", "readers.example", "a.test"),
        *(
            "a.invalid",
            "localhost",
            "a.localhost",
            "printer.local",
            "abc.onion",
            "1.in-addr.arpa",
            "home.arpa",
            "a.alt",
        ),
        *("db.internal", "nas.lan", "nas.home", "ad.corp", "localhost.localdomain"),
    ],
)
def test_names_that_are_kept_have_no_mailbox(domain: str) -> None:
    assert is_reserved(domain)


@pytest.mark.parametrize(
    "domain", ["examples.org", "example.co.uk", "test.com", "my-example.org", "onion.com", "local.de"]
)
def test_names_that_only_contain_them_have(domain: str) -> None:
    assert not is_reserved(domain)


def real(house: House, **settings: object) -> House:
    """The same house at a public address."""
    changed = replace(house.settings, base_url="https://letters.harbour-post.com", **settings)  # type: ignore[arg-type]
    return replace(house, settings=changed)


@pytest.mark.parametrize("base_url", ["https://letters.example.org", "http://127.0.0.1:8000", "https://news.test"])
def test_a_house_that_is_at_such_a_name_itself_takes_them(house: House, base_url: str) -> None:
    trying = replace(house, settings=replace(house.settings, base_url=base_url))

    assert acceptable("ann@readers.example", trying).domain == "readers.example"


def test_a_real_house_refuses_them_whoever_brings_them(house: House) -> None:
    for accepts in (lambda text, at: check_brought(parse(text), at), acceptable):
        with pytest.raises(InvalidAddress, match="kept for examples"):
            accepts("ann@example.org", real(house))
        accepts("ann@harbour-post.com", real(house))


def test_an_office_may_be_let_in_by_a_setting_or_by_an_operator_and_a_machine_never(house: House) -> None:
    with pytest.raises(InvalidAddress, match="an office"):
        acceptable("info@example.org", house)

    lenient = replace(house, settings=replace(house.settings, role_addresses="allow"))
    assert acceptable("info@example.org", lenient).local == "info"
    check_brought(parse("abuse@example.org"), house)
    with pytest.raises(InvalidAddress, match="Nobody reads"):
        acceptable("no-reply@example.org", lenient)
    with pytest.raises(InvalidAddress, match="Nobody reads"):
        check_brought(parse("no-reply@example.org"), house)


def test_a_throwaway_domain_cannot_sign_up_and_an_operator_may_bring_it(house: House, tmp_path: Path) -> None:
    (tmp_path / "domains.txt").write_text("throwaway.example\n")
    strict = replace(house, disposable=DomainFile("LIST", tmp_path / "domains.txt"))

    with pytest.raises(InvalidAddress, match="one that you keep"):
        acceptable("ann@mx.throwaway.example", strict)
    check_brought(parse("ann@throwaway.example"), strict)


def test_a_list_that_cannot_be_read_stops_the_start_with_its_setting(settings: Settings, tmp_path: Path) -> None:
    wrong = replace(settings, disposable_domains=tmp_path / "nowhere.txt")

    with pytest.raises(SettingsError, match=r"^NEWSLETTER_DISPOSABLE_DOMAINS: .*nowhere\.txt' is no file"):
        make_house(wrong)
    assert from_mapping({**SECRETS, "NEWSLETTER_DISPOSABLE_DOMAINS": "off"}).disposable_domains is None


@pytest.mark.parametrize("address", ["info@example.org", "noreply@example.org"])
def test_the_form_says_kindly_what_to_do_instead(client: FlaskClient, address: str) -> None:
    make.newsletter()

    answer = client.post("/courier/subscribe", data={"email": address})

    assert answer.status_code == 422
    assert "please use one" in answer.text
    assert f'value="{address}"' in answer.text


def test_a_likely_slip_is_asked_about_and_nothing_is_noted(client: FlaskClient) -> None:
    make.newsletter()
    make.newsletter("evening", name="The Evening")
    typed = {
        "email": " Ann@Gmial.com ",
        "name": 'Ann "<b>" Lee',
        "newsletters": "evening",
        "topics": ["ferries", "fish"],
        "cadence": "weekly",
        "stamp": "a-stamp",
        "website": "",
    }

    answer = client.post("/courier/subscribe", data=typed)

    assert answer.status_code == 200
    assert "Yes, use <bdi>Ann@gmail.com</bdi>" in answer.text
    assert "No, keep <bdi>Ann@Gmial.com</bdi>" in answer.text
    assert "<b>" not in answer.text.partition("<form")[2].partition("</form")[0].replace("<bdi>", "")
    assert noted() == []
    kept = re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', answer.text)
    assert kept == [
        ("email", " Ann@Gmial.com "),
        ("name", "Ann &#34;&lt;b&gt;&#34; Lee"),
        ("newsletters", "evening"),
        ("topics", "ferries"),
        ("topics", "fish"),
        ("cadence", "weekly"),
        ("stamp", "a-stamp"),
    ]


@pytest.mark.parametrize(("keep", "address"), [("typed", "Ann@gmial.com"), ("suggested", "Ann@gmail.com")])
def test_the_answer_decides_what_is_noted(client: FlaskClient, keep: str, address: str) -> None:
    make.newsletter()

    answer = client.post("/courier/subscribe", data={"email": "Ann@Gmial.com", "keep": keep})

    assert answer.status_code == 303
    assert noted() == [address]


@pytest.mark.parametrize("keep", ["", "yes", "ann@evil.example", "Suggested"])
def test_any_other_answer_is_none(client: FlaskClient, keep: str) -> None:
    make.newsletter()

    assert client.post("/courier/subscribe", data={"email": "ann@gmial.com", "keep": keep}).status_code == 200
    assert noted() == []


def test_whoever_is_suggested_something_where_nothing_looks_mistyped_keeps_what_was_typed(
    client: FlaskClient,
) -> None:
    make.newsletter()

    client.post("/courier/subscribe", data={"email": "ann@example.org", "keep": "suggested"})

    assert noted() == ["ann@example.org"]


@pytest.mark.parametrize("address", ["ann@gmial.com", "ann@gmail.com"])
@pytest.mark.parametrize("state", ["pending", "confirmed", "unsubscribed"])
def test_the_question_is_the_same_whoever_is_known(
    client: FlaskClient, house: House, address: str, state: str
) -> None:
    of = make.newsletter()
    before = client.post("/courier/subscribe", data={"email": "ann@gmial.com"}).text

    make.subscription(of, house, address, status=state)

    assert client.post("/courier/subscribe", data={"email": "ann@gmial.com"}).text == before


def test_a_machine_stays_one_after_the_question(client: FlaskClient) -> None:
    make.newsletter()

    answer = client.post("/courier/subscribe", data={"email": "ann@gmial.com", "website": "https://pills.example"})

    assert 'name="website" value="https://pills.example"' in answer.text
