"""Before an edition leaves: drafted early, arranged, held, approved, recalled, and stopped by the gate."""

from dataclasses import replace
from datetime import timedelta

import pytest
from time_machine import Traveller

from newsletter.articles.models import Article, Source
from newsletter.core.addresses import parse
from newsletter.core.clock import now
from newsletter.core.db import db
from newsletter.core.errors import Conflict, EditionUnfit, InvalidAddress, InvalidInput
from newsletter.digests.models import Digest
from newsletter.digests.policy import Approval
from newsletter.digests.queries import runs
from newsletter.digests.service import release, run_due
from newsletter.editions import service as editions
from newsletter.editions.models import Edition
from newsletter.editions.policy import GRACE, EditionStatus
from newsletter.editions.queries import articles_of
from newsletter.editions.queries import editions as all_editions
from newsletter.mail.house import House
from newsletter.mail.message import Envelope
from newsletter.suppressions.models import Reason
from newsletter.suppressions.service import suppress
from tests import make

LEAD = timedelta(minutes=30)


@pytest.fixture
def source(house: House, clock: Traveller) -> Source:
    """Of a digest `morning` at 06:30 with one reader, drafted half an hour before, with two articles."""
    of, made = make.newsletter(), make.source()
    make.subscription(of, house, "ann@example.org")
    make.digest(of, [made])
    release("morning", 30, Approval.NOT_NEEDED)
    for hours in (2, 1):
        make.article(made, f"Story {hours}", now() - timedelta(hours=hours))
    return made


def draft(house: House, clock: Traveller) -> Edition:
    """The clock stands at the lead before the slot."""
    clock.move_to(db.session.query(Digest).one().drafts_at)
    run_due(house)
    return all_editions()[0]


def leaves(house: House, clock: Traveller, outbox: list[Envelope], after: timedelta = LEAD) -> int:
    """How many mails there are once the clock has gone on."""
    clock.shift(after)
    editions.send_due(house)
    make.send_all(house)
    return len(outbox)


def test_a_draft_appears_before_its_slot_and_leaves_at_it(
    house: House, source: Source, outbox: list[Envelope], clock: Traveller
) -> None:
    drafted = draft(house, clock)

    assert (drafted.status, drafted.sends_at) == (EditionStatus.SCHEDULED, now() + LEAD)
    assert "it leaves at" in runs(db.session.query(Digest).one().id)[0].reason
    assert leaves(house, clock, outbox, LEAD - timedelta(seconds=1)) == 0
    assert leaves(house, clock, outbox, timedelta(seconds=1)) == 1
    assert leaves(house, clock, outbox, timedelta(seconds=1)) == 1


def test_what_comes_after_the_draft_is_in_the_next_edition(
    house: House, source: Source, outbox: list[Envelope], clock: Traveller
) -> None:
    draft(house, clock)
    clock.shift(timedelta(minutes=5))
    late = make.article(source, "Just in", now())
    leaves(house, clock, outbox)

    drafted = draft(house, clock)

    assert [each.id for each in articles_of(drafted.id)] == [late.id]


def test_a_held_edition_leaves_only_once_it_is_approved(
    house: House, source: Source, outbox: list[Envelope], clock: Traveller
) -> None:
    drafted = draft(house, clock)
    editions.hold(drafted.id, "the lead is wrong")
    with pytest.raises(Conflict, match=r"held \(the lead is wrong\); approve it first"):
        editions.send(drafted.id, house)
    assert leaves(house, clock, outbox, timedelta(hours=1)) == 0

    editions.approve(drafted.id, house)

    assert leaves(house, clock, outbox, timedelta(0)) == 1


def test_approved_early_it_still_leaves_at_its_slot(
    house: House, source: Source, outbox: list[Envelope], clock: Traveller
) -> None:
    release("morning", 30, Approval.NEEDED)
    drafted = draft(house, clock)
    assert (drafted.status, drafted.problem) == (EditionStatus.HELD, "it waits for approval")

    editions.approve(drafted.id, house)

    assert leaves(house, clock, outbox, timedelta(minutes=1)) == 0
    assert leaves(house, clock, outbox) == 1


def test_without_approval_nothing_ever_leaves(
    house: House, source: Source, outbox: list[Envelope], clock: Traveller
) -> None:
    release("morning", 0, Approval.NEEDED)
    drafted = draft(house, clock)

    assert leaves(house, clock, outbox, timedelta(days=2)) == 0
    assert drafted.status == EditionStatus.HELD


def test_a_recalled_edition_gives_its_articles_back(
    house: House, source: Source, outbox: list[Envelope], clock: Traveller
) -> None:
    drafted = draft(house, clock)
    before = [each.id for each in articles_of(drafted.id)]

    editions.cancel(drafted.id)
    assert leaves(house, clock, outbox) == 0

    assert [each.id for each in articles_of(draft(house, clock).id)] == before


def test_it_can_be_arranged_and_named_until_it_leaves(
    house: House, source: Source, outbox: list[Envelope], clock: Traveller
) -> None:
    first, second = _two(house, clock)
    edition_id = all_editions()[0].id

    arranged = editions.arrange(edition_id, [second.id, first.id])
    assert arranged.subject.startswith(second.title)
    with pytest.raises(InvalidInput, match="Name each article once"):
        editions.arrange(edition_id, [second.id, second.id])
    with pytest.raises(InvalidInput, match="Name each article once"):
        editions.arrange(edition_id, [])
    with pytest.raises(InvalidInput, match="1 to 100 characters"):
        editions.call(edition_id, " \r\n")
    editions.arrange(edition_id, [second.id])
    editions.call(edition_id, "By\r\nBcc: all@example.org hand")

    assert leaves(house, clock, outbox) == 1
    mail = make.parsed(outbox[0])
    assert mail["Subject"] == "By Bcc: all@example.org hand"
    assert first.title not in str(mail)
    with pytest.raises(Conflict, match="only what has not left"):
        editions.arrange(edition_id, [second.id])
    with pytest.raises(Conflict, match="only what has not left"):
        editions.call(edition_id, "Late")
    with pytest.raises(Conflict, match="cannot become held"):
        editions.hold(edition_id)


def test_the_gate_holds_what_must_not_leave_and_says_how_to_mend_it(
    house: House, source: Source, outbox: list[Envelope], clock: Traveller
) -> None:
    make.article(source, "Dear {{ first_name }}, the council has met", now())
    drafted = draft(house, clock)

    assert drafted.status == EditionStatus.HELD
    assert "{{ first_name }}" in drafted.problem
    with pytest.raises(EditionUnfit, match="nothing replaces"):
        editions.approve(drafted.id, house)
    assert leaves(house, clock, outbox) == 0

    editions.call(drafted.id, "The council has met")
    editions.approve(drafted.id, house)
    assert leaves(house, clock, outbox, timedelta(0)) == 1


def test_a_change_that_makes_it_unfit_holds_it_at_its_slot(
    house: House, source: Source, outbox: list[Envelope], clock: Traveller
) -> None:
    drafted = draft(house, clock)
    editions.call(drafted.id, "Dear *|FNAME|*")

    assert leaves(house, clock, outbox) == 0
    assert all_editions()[0].status == EditionStatus.HELD


def test_what_is_too_late_is_held_instead_of_sent(
    house: House, source: Source, outbox: list[Envelope], clock: Traveller
) -> None:
    draft(house, clock)

    assert leaves(house, clock, outbox, LEAD + GRACE + timedelta(seconds=1)) == 0
    assert "nothing was running" in all_editions()[0].problem


def test_a_digest_without_a_lead_is_stopped_by_the_gate_too(
    house: House, source: Source, outbox: list[Envelope], clock: Traveller
) -> None:
    release("morning", 0, Approval.NOT_NEEDED)
    make.article(source, "Dear %%NAME%%", now())

    drafted = draft(house, clock)
    make.send_all(house)

    assert (drafted.status, outbox) == (EditionStatus.HELD, [])
    assert "held: " in runs(db.session.query(Digest).one().id)[0].reason


def _two(house: House, clock: Traveller) -> tuple[Article, Article]:
    first, second = articles_of(draft(house, clock).id)
    return first, second


def test_a_draft_is_mailed_to_the_operator_with_the_word_that_holds_it(
    house: House, source: Source, outbox: list[Envelope], clock: Traveller
) -> None:
    told = replace(house, settings=replace(house.settings, operator="desk@paper.example"))

    drafted = draft(told, clock)
    make.send_all(told)

    [mail] = [make.parsed(each) for each in outbox]
    assert (mail["To"], mail["Subject"]) == ("desk@paper.example", f"[Draft] {drafted.subject}")
    assert f"newsletter edition hold {drafted.id}" in str(mail.get_body(("plain",)))
    assert "List-Unsubscribe" not in mail
    for part in ("/unsubscribe/", "/preferences/"):
        assert part not in outbox[0].data.decode()


def test_an_edition_is_tried_on_any_address_but_on_none_that_must_not_be_mailed(
    house: House, source: Source, outbox: list[Envelope], clock: Traveller
) -> None:
    drafted = draft(house, clock)
    suppress(parse("never@paper.example").key(house.settings.pepper), Reason.COMPLAINT)

    editions.send_trial(drafted.id, "desk@paper.example", house)
    editions.send_trial(drafted.id, "never@paper.example", house)
    make.send_all(house)

    assert [each.recipient for each in outbox] == ["desk@paper.example"]
    assert all_editions()[0].status == EditionStatus.SCHEDULED
    with pytest.raises(InvalidAddress):
        editions.send_trial(drafted.id, "nobody", house)


def test_what_is_held_at_its_hour_is_told_to_the_operator(
    house: House, source: Source, outbox: list[Envelope], clock: Traveller
) -> None:
    told = replace(house, settings=replace(house.settings, operator="ines@desk.example"))
    edition = draft(told, clock)
    make.send_all(told)
    before = len(outbox)

    clock.shift(LEAD + GRACE + timedelta(minutes=1))
    editions.send_due(told)
    editions.send_due(told)
    make.send_all(told)

    assert editions.hold(edition.id).status == EditionStatus.HELD
    assert [each.recipient for each in outbox[before:]] == ["ines@desk.example"]
    assert "nothing was running" in make.text_of(outbox[-1])
