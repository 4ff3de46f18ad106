"""People from other services: recognised, shown, taken in, taken back; who had left never becomes active."""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select
from time_machine import Traveller

from newsletter.core.addresses import parse
from newsletter.core.db import db
from newsletter.core.errors import Conflict, InvalidInput
from newsletter.editions import service as editions
from newsletter.mail.house import House
from newsletter.mail.message import Envelope
from newsletter.subscriptions.importer import Choices, Order, Preview, preview, take_in, undo
from newsletter.subscriptions.models import ConsentEvent, Import, Subscriber, Subscription
from newsletter.subscriptions.service import answer_sign_ups, erase
from newsletter.suppressions.models import Reason
from newsletter.suppressions.queries import find_suppression
from newsletter.suppressions.service import suppress
from tests import make

ORDER = Order("courier", "Signed up on the old site, 2021 to 2026, exported by Ines Marlow")
SURE = Order("courier", ORDER.provenance, "Each had confirmed there; the export says when")

EXPORTS: dict[str, dict[str, int]] = {
    "Mailchimp": {"active": 1, "unsubscribed": 1},
    "Mailchimp cleaned": {"bounced": 1},
    "Brevo": {"active": 1, "unsubscribed": 1},
    "Ghost": {"active": 1, "unsubscribed": 1},
    "Substack": {"active": 1, "unsubscribed": 1},
    "beehiiv": {"active": 1, "pending": 1},
    "Kit": {"active": 1, "unsubscribed": 1, "bounced": 1, "complained": 1},
    "Keila": {"active": 1},
    "listmonk": {"active": 1},
    "Mailman roster": {"active": 3},
    "MailPoet": {"active": 1, "pending": 1, "unsubscribed": 2, "bounced": 1},
    "The Newsletter Plugin": {"active": 1, "pending": 1, "unsubscribed": 1, "bounced": 1},
}
"""The exports in the folder of that name, with the real headers of each service: who was what there."""


def exported(service: str) -> str:
    return (Path(__file__).parent / "exports" / f"{service.lower().replace(' ', '-')}.csv").read_text()


def nobody(*_args: object) -> None:
    """Hears of rejected rows and of how far it got, and does nothing."""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "people.csv"


def shown(file: Path, house: House, order: Order = ORDER) -> Preview:
    return preview(file, order, house, nobody)


def taken(file: Path, house: House, order: Order = ORDER) -> Import:
    return take_in(file, shown(file, house, order).plan, order, house, nobody, nobody)


def statuses() -> dict[str, str]:
    db.session.rollback()
    rows = db.session.execute(
        select(Subscriber.address, Subscription.status).join(
            Subscription, Subscription.subscriber_id == Subscriber.id
        )
    )
    return {row.address: str(row.status) for row in rows}


@pytest.mark.parametrize("service", EXPORTS)
def test_the_export_of_each_service_is_recognised(service: str, file: Path, house: House) -> None:
    make.newsletter()
    file.write_text(exported(service))

    seen = shown(file, house)

    assert dict(seen.standings) == EXPORTS[service]
    assert seen.service.split()[0] in {service.split(maxsplit=1)[0], "an"}
    assert seen.samples[0]["address"] == "a…@example.org"
    assert statuses() == {}


@pytest.mark.parametrize(
    ("encoding", "delimiter"), [("utf-8-sig", ","), ("utf-16", ";"), ("cp1252", "\t"), ("utf-8", "|")]
)
def test_encoding_and_delimiter_are_told_from_the_file(
    encoding: str, delimiter: str, file: Path, house: House
) -> None:
    make.newsletter()
    rows = [["Email", "Name"], ["zoë@example.org".replace("ë", "e"), "Zoë Müller"]]
    file.write_text("\r\n".join(delimiter.join(row) for row in rows), encoding=encoding)

    taken(file, house)

    assert db.session.scalars(select(Subscriber.name)).all() == ["Zoë Müller"]


def test_people_are_pending_and_get_no_mail_unless_somebody_answers_for_it(
    file: Path, house: House, outbox: list[Envelope]
) -> None:
    make.newsletter()
    file.write_text("email\nann@example.org\n")
    taken(file, house)
    answer_sign_ups(house)
    make.send_all(house)

    assert (statuses(), outbox) == ({"ann@example.org": "pending"}, [])


def test_who_is_answered_for_is_confirmed_as_of_then_and_the_ledger_says_who_said_so(
    file: Path, house: House
) -> None:
    make.newsletter()
    file.write_text(exported("Mailchimp"))
    taken(file, house, SURE)

    assert statuses() == {"ann@example.org": "confirmed", "bob@example.org": "unsubscribed"}
    kept = db.session.execute(
        select(ConsentEvent.kind, ConsentEvent.method, ConsentEvent.at, ConsentEvent.note)
    ).all()
    assert [(str(row.kind), row.method, f"{row.at:%Y-%m-%d}") for row in kept] == [
        ("confirmed", "import", "2021-03-01"),
        ("withdrawn", "import", "2022-01-01"),
    ]
    assert kept[0].note == SURE.consent_note


def test_those_who_are_pending_can_be_asked(file: Path, house: House, outbox: list[Envelope]) -> None:
    make.newsletter()
    file.write_text("email\nann@example.org\nbob@example.org\n")
    taken(file, house, Order("courier", ORDER.provenance, asks=True))
    answer_sign_ups(house)
    make.send_all(house)

    assert sorted(mail.recipient for mail in outbox) == ["ann@example.org", "bob@example.org"]


@pytest.mark.parametrize("order", [ORDER, SURE], ids=["pending", "sure"])
def test_whoever_had_left_or_may_not_be_mailed_never_becomes_active(
    order: Order, file: Path, house: House
) -> None:
    of = make.newsletter()
    known = {
        name: make.subscription(of, house, f"{name}@example.org", status=status)
        for name, status in (
            ("left", "unsubscribed"),
            ("waits", "pending"),
            ("rests", "paused"),
            ("here", "confirmed"),
        )
    }
    gone = make.subscription(of, house, "erased@example.org")
    erase(gone.subscriber_id)
    suppress(parse("never@example.org").key(house.settings.pepper), Reason.NEVER_WRITE)
    suppress(parse("bounces@example.org").key(house.settings.pepper), Reason.HARD_BOUNCE)
    names = [*known, "erased", "never", "bounces", "ERASED", "Left"]
    file.write_text("email,status\n" + "".join(f"{name}@example.org,active\n" for name in names))
    before = statuses()

    done = taken(file, house, order)

    assert statuses() == before
    assert done.counts["left out: erased here"] == 1
    assert done.counts["stays unsubscribed"] == 1


def test_who_bounced_or_complained_elsewhere_is_suppressed_here(file: Path, house: House) -> None:
    make.newsletter()
    file.write_text(exported("Kit"))
    taken(file, house, SURE)

    assert statuses() == {"ann@example.org": "confirmed", "bob@example.org": "unsubscribed"}
    for name, reason in (("cleo", Reason.HARD_BOUNCE), ("dan", Reason.COMPLAINT)):
        kept = find_suppression(parse(f"{name}@example.org").key(house.settings.pepper))
        assert kept
        assert kept.reason == reason


def test_an_unknown_status_is_rejected_until_somebody_says_what_it_means(file: Path, house: House) -> None:
    make.newsletter()
    file.write_text("email,status\nann@example.org,verliehen\n")

    assert list(shown(file, house).rejected) == [
        "The status 'verliehen' is not known; say what it means with --status 'verliehen=…'."
    ]
    told = Order("courier", ORDER.provenance, choices=Choices(statuses={"Verliehen": "unsubscribed"}))
    assert dict(shown(file, house, told).standings) == {"unsubscribed": 1}


def test_a_letter_is_a_status_only_where_we_know_the_service(file: Path, house: House) -> None:
    make.newsletter()
    file.write_text("email,status\nann@example.org,C\nben@example.org,U\n")

    assert sum(shown(file, house).rejected.values()) == 2


def test_who_had_left_one_list_or_all_of_them_never_becomes_active(file: Path, house: House) -> None:
    make.newsletter()
    file.write_text(exported("MailPoet"))

    taken(file, house, SURE)

    assert statuses() == {
        "ann@example.org": "confirmed",
        "ben@example.org": "unsubscribed",
        "cleo@example.org": "unsubscribed",
        "eve@example.org": "pending",
    }


def test_a_column_that_was_not_recognised_can_be_named(file: Path, house: House) -> None:
    make.newsletter()
    file.write_text("Kontakt;Rufname\nann@example.org;Ann\n")

    with pytest.raises(InvalidInput, match="--column"):
        shown(file, house)
    told = Order("courier", choices=Choices(columns={"Kontakt": "email", "Rufname": "name"}))
    assert shown(file, house, told).samples[0]["name"] == "Ann"


def test_only_what_was_shown_is_done(file: Path, house: House) -> None:
    make.newsletter()
    file.write_text("email\nann@example.org\n")
    plan = shown(file, house).plan
    file.write_text("email\nann@example.org\nmallory@example.org\n")

    with pytest.raises(Conflict, match="has changed"):
        take_in(file, plan, ORDER, house, nobody, nobody)
    with pytest.raises(InvalidInput, match="Say where and how"):
        take_in(file, plan, Order("courier", "trust me"), house, nobody, nobody)
    assert statuses() == {}


def test_an_import_is_taken_back_but_for_what_people_did_themselves(
    file: Path, house: House, outbox: list[Envelope]
) -> None:
    of = make.newsletter()
    stays = make.subscription(of, house, "known@example.org")
    file.write_text(exported("Kit") + "K,known@example.org,,active\nEve,eve@example.org,,active\n")
    done = taken(file, house)
    make.signed_up("eve@example.org", house)

    undo(done.id)

    assert statuses() == {"known@example.org": "confirmed", "eve@example.org": "pending"}
    assert find_suppression(parse("cleo@example.org").key(house.settings.pepper)) is None
    assert stays.status == "confirmed"
    with pytest.raises(Conflict, match="undone before"):
        undo(done.id)


def test_once_an_edition_has_gone_to_them_it_cannot_be_taken_back(
    file: Path, house: House, clock: Traveller
) -> None:
    of = make.newsletter()
    file.write_text("email\nann@example.org\n")
    done = taken(file, house, SURE)
    clock.shift(timedelta(minutes=1))
    editions.send(make.edition(of, [make.article(make.source())]).id, house)

    with pytest.raises(Conflict, match="an edition has gone"):
        undo(done.id)


def test_one_that_was_killed_goes_on_where_its_last_batch_ended(file: Path, house: House) -> None:
    make.newsletter()
    file.write_text("email\n" + "".join(f"r{number}@example.org\n" for number in range(48_000)))
    plan, seen = shown(file, house).plan, []

    def killed(rows: int) -> None:
        seen.append(rows)
        if len(seen) == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        take_in(file, plan, ORDER, house, nobody, killed)
    assert len(statuses()) == 40_000
    done = take_in(file, plan, ORDER, house, nobody, seen.append)

    assert seen == [20_000, 40_000, 48_000]
    assert (done.rows_done, done.counts["pending"], len(statuses())) == (48_000, 48_000, 48_000)
    assert db.session.scalar(select(func.count()).select_from(Import)) == 1
