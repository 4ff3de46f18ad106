"""No sequence of events ever mails an edition to who did not ask, has not confirmed, has left or is suppressed."""

from collections import defaultdict
from contextlib import suppress as ignoring
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import partial
from itertools import count, pairwise

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test
from time_machine import Traveller

from newsletter.core.addresses import parse
from newsletter.core.clock import now
from newsletter.core.db import transaction
from newsletter.core.errors import LinkError
from newsletter.editions import service as editions
from newsletter.mail.house import House
from newsletter.mail.message import Envelope
from newsletter.subscriptions.service import Origin, answer_sign_ups, confirm, sign_up, unsubscribe
from newsletter.suppressions.models import Reason
from newsletter.suppressions.service import suppress
from tests import make

PEOPLE, PAPERS = 3, 2
BETWEEN_CONFIRMATIONS = timedelta(minutes=10)

_rounds = count(1)

PERSON, PAPER = st.integers(0, PEOPLE - 1), st.integers(0, PAPERS - 1)


class Consenting(RuleBasedStateMachine):
    """What people want is written down here by hand; `mailed` is compared with it at the moment of sending.

    `links` are all that ever came by mail to a person, by purpose; each may be pressed at any later time.
    """

    def __init__(self, house: House, outbox: list[Envelope], clock: Traveller) -> None:
        super().__init__()
        self.house, self.outbox, self.clock = house, outbox, clock
        self.round = next(_rounds)
        self.people = [f"reader{number}.{self.round}@example.org" for number in range(PEOPLE)]
        self.papers = [make.newsletter(f"paper{number}-{self.round}") for number in range(PAPERS)]
        self.source = make.source()
        self.wanted: set[tuple[str, int]] = set()
        self.suppressed: set[str] = set()
        self.asked: dict[str, list[datetime]] = defaultdict(list)
        self.links: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
        outbox.clear()

    def send(self) -> None:
        """Hand over all that waits, and look at each message that left."""
        make.send_all(self.house)
        for mail in self.outbox:
            self.look_at(mail)
        self.outbox.clear()

    def look_at(self, mail: Envelope) -> None:
        person, subject = mail.recipient, str(make.parsed(mail)["Subject"])
        assert person not in self.suppressed
        if "confirm" in subject:
            self.asked[person].append(parsedate_to_datetime(make.parsed(mail)["Date"]))
            self.links[person]["confirm"].append(make.token_in(mail, "confirm"))
            return
        token = make.token_in(mail, "unsubscribe")
        self.links[person]["unsubscribe"].append(token)
        of = self.house.signer.read("unsubscribe", token, now=now(), max_age=None).claims["n"]
        assert (person, of) in self.wanted

    @rule(person=PERSON, papers=st.sets(PAPER, min_size=1))
    def sign_up(self, person: int, papers: set[int]) -> None:
        slugs = [self.papers[paper].slug for paper in sorted(papers)]
        sign_up(self.people[person], slugs, Origin("form"), self.house)

    @rule()
    def answer(self) -> None:
        answer_sign_ups(self.house)

    @rule(person=PERSON, which=st.integers(0, 5))
    def press_confirm(self, person: int, which: int) -> None:
        address = self.people[person]
        if tokens := self.links[address]["confirm"]:
            with ignoring(LinkError):
                confirmed = confirm(tokens[which % len(tokens)], Origin("link"), self.house)
                self.wanted |= {(address, of.id) for of in confirmed}

    @rule(person=PERSON, which=st.integers(0, 5))
    def press_unsubscribe(self, person: int, which: int) -> None:
        address = self.people[person]
        if tokens := self.links[address]["unsubscribe"]:
            of = unsubscribe(tokens[which % len(tokens)], Origin("one-click"), self.house)
            self.wanted.discard((address, of.id))

    @rule(person=PERSON, reason=st.sampled_from([Reason.COMPLAINT, Reason.HARD_BOUNCE, Reason.NEVER_WRITE]))
    @precondition(lambda self: len(self.suppressed) < PEOPLE - 1 and len(self.wanted) > 1)
    def suppress(self, person: int, reason: Reason) -> None:
        suppress(parse(self.people[person]).key(self.house.settings.pepper), reason)
        self.suppressed.add(self.people[person])

    @rule(paper=PAPER)
    def queue_an_edition(self, paper: int) -> None:
        self.clock.shift(timedelta(seconds=1))
        article = make.article(self.source)
        with transaction():
            editions.send(make.edition(self.papers[paper], [article]).id, self.house)

    @rule()
    def send_what_waits(self) -> None:
        self.send()

    @rule(minutes=st.sampled_from([1, 11, 60, 80 * 60]))
    def let_time_pass(self, minutes: int) -> None:
        self.clock.shift(timedelta(minutes=minutes))

    @invariant()
    def nobody_is_asked_twice_within_ten_minutes(self) -> None:
        for moments in self.asked.values():
            assert all(later - earlier >= BETWEEN_CONFIRMATIONS for earlier, later in pairwise(moments))

    def teardown(self) -> None:
        self.send()


def test_no_sequence_of_events_mails_who_did_not_ask_or_said_stop(
    house: House, outbox: list[Envelope], clock: Traveller
) -> None:
    run_state_machine_as_test(
        partial(Consenting, house, outbox, clock),  # type: ignore[arg-type]
        settings=settings(max_examples=60, stateful_step_count=40, deadline=None, derandomize=True, database=None),
    )
