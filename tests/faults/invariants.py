"""What holds in every fault case, whatever died: I1 to I14. `check_all` asks for all of them.

S is the audience as it was frozen, A what a server wrote 250 for (its own ledger, on the disk before the 250
was), D the database.
"""

import email
import re
from collections import defaultdict
from collections.abc import Callable, Sequence
from email import policy
from email.message import EmailMessage
from itertools import pairwise

from newsletter.core.clock import now
from newsletter.core.errors import LinkDamaged
from newsletter.delivery.policy import OPEN, Status
from newsletter.editions.queries import progress
from newsletter.mail.outcomes import Result
from tests.conftest import SECRETS
from tests.faults.book import Entry
from tests.faults.case import Case, wall_clock
from tests.faults.receiver import Receiver
from tests.faults.signatures import verifies

GRACE = 2.0
"""Seconds within which a stop takes effect."""

LARGEST_PROCESS = 200_000_000
"""Bytes of resident memory."""

MOST_READ = 60
"""Messages of a case that are taken apart; all copies of one delivery are compared byte by byte anyway."""

ONCE = ("From", "To", "Subject", "Date", "Message-ID", "MIME-Version", "Content-Type", "List-Id")
ONCE_TOO = ("List-Unsubscribe", "List-Unsubscribe-Post", "Feedback-ID")
_ADDRESS = re.compile(r"[\w.+%-]+@[\w-]+(?:\.[\w-]+)+")
_TOKEN = re.compile(r"(?:confirm|unsubscribe)/([\w.-]{40,})")
_SIGNED = re.compile(r"[\w-]{8,}\.[\w-]{6}\.[\w-]{43}")
_ENCODED_WORD = re.compile(rb"=\?[^?\s]+\?[bBqQ]\?[^?\s]*\?=")


def i1_every_recipient_ends_in_one_state(case: Case) -> None:
    open_ones = [each for each in case.deliveries if each.status in OPEN]
    assert open_ones == []
    assert len(case.recipients) == len(case.deliveries) == case.audience


def i2_acceptance_is_never_claimed_without_it(case: Case) -> None:
    assert case.in_state(Status.ACCEPTED) - frozenset(case.copies) == frozenset()


def i3_nobody_is_lost(case: Case) -> None:
    assert case.losses == frozenset()


def i4_a_copy_too_many_has_an_unknown_behind_it(case: Case) -> None:
    unknowns = {each.address: each.unknowns for each in case.deliveries}
    unexplained = {who: many for who, many in case.copies.items() if many > 1 + unknowns.get(who, 0)}
    assert unexplained == {}
    assert case.duplicates <= case.bounds.duplicates
    assert case.unknowns <= max(case.bounds.unknowns, case.bounds.duplicates)


def i5_all_copies_are_the_same_message(case: Case) -> None:
    versions: dict[str, set[tuple[str, str]]] = defaultdict(set)
    for receiver in case.stage.receivers:
        for each in receiver.dotted:
            versions[each.recipient].add((each.message_id, each.sha256))
    assert {who: seen for who, seen in versions.items() if len(seen) > 1} == {}
    ids = [next(iter(seen))[0] for seen in versions.values()]
    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch(r"<[^<>@\s]+@[^<>@\s]+>", each) for each in ids)


def i6_a_stop_takes_effect_within_two_seconds(case: Case) -> None:
    dotted = [each for receiver in case.stage.receivers for each in receiver.dotted]
    for stop in case.bounds.stops:
        late = [
            each.recipient
            for each in dotted
            if stop.since + GRACE < each.mail_at < stop.until
            and (stop.recipients is None or each.recipient in stop.recipients)
        ]
        assert late == []


def i7_nobody_else_is_mailed_or_named(case: Case) -> None:
    assert frozenset(case.copies) - case.recipients == frozenset()
    subscribers = {each.address: each.subscriber_id for each in case.deliveries}
    for entry, _, message in _read(case):
        text = _whole(message)
        assert _recipient_in(message) == entry.recipient
        assert case.recipients.intersection(_ADDRESS.findall(text)) <= {entry.recipient}
        tokens = set(_TOKEN.findall(text))
        assert tokens
        assert {_subscriber(case, each) for each in tokens} == {subscribers[entry.recipient]}


def i8_nobody_is_tried_too_often_or_too_soon(case: Case) -> None:
    assert [each for each in case.deliveries if each.attempts > case.bounds.tries] == []
    if not case.stage.has_hurried:
        _check_pauses(case)
    for domain, rate in case.bounds.rates.items():
        _check_rate([each.mail_at for _, each in case.taken if each.domain == domain], rate)


def i9_the_counters_add_up(case: Case) -> None:
    shown = progress(case.edition)
    assert shown.is_balanced
    assert shown.audience == case.audience
    assert {state: shown.count(state) for state in Status} == {state: case.states[state] for state in Status}


def i10_a_new_worker_goes_on_by_itself(case: Case) -> None:
    moments = sorted(each.at for each in case.entries if each.kind != "gone")
    for process in case.stage.processes:
        following = [at for at in moments if at > process.started_at]
        if following and process.must_send:
            assert following[0] - process.started_at < case.bounds.patience


def i11_the_bytes_obey_the_standards(case: Case) -> None:
    for _, raw, message in _read(case):
        assert not re.search(rb"\r(?!\n)|(?<!\r)\n", raw)
        assert max(map(len, raw.split(b"\r\n"))) <= 998
        assert raw.isascii()
        for name in (*ONCE, *ONCE_TOO):
            assert len(message.get_all(name, [])) == 1, name
        assert "Bcc" not in message
        head = raw.partition(b"\r\n\r\n")[0]
        assert all(len(word) <= 75 for word in _ENCODED_WORD.findall(head))
        if case.stage.dkim_record:
            assert verifies(raw, case.stage.dkim_record)


def i12_whoever_is_mailed_had_confirmed(case: Case) -> None:
    subscribers = {each.address: each.subscriber_id for each in case.deliveries}
    assert frozenset(subscribers[who] for who in case.copies) - case.confirmed == frozenset()


def i13_memory_and_connections_stay_small(case: Case) -> None:
    assert max((process.largest for process in case.stage.processes), default=0) < LARGEST_PROCESS
    for receiver in case.stage.receivers:
        assert _most_lines(receiver) <= case.bounds.lines


def i14_the_logs_tell_nobodys_address_and_no_secret(case: Case) -> None:
    secrets = [SECRETS["NEWSLETTER_SECRET_KEYS"], SECRETS["NEWSLETTER_PEPPER"], case.stage.password]
    for process in case.stage.processes:
        said = process.said()
        assert case.recipients.intersection(_ADDRESS.findall(said)) == frozenset()
        assert not _SIGNED.search(said)
        assert [secret for secret in secrets if secret and secret in said] == []


INVARIANTS: Sequence[Callable[[Case], None]] = (
    i1_every_recipient_ends_in_one_state,
    i2_acceptance_is_never_claimed_without_it,
    i3_nobody_is_lost,
    i4_a_copy_too_many_has_an_unknown_behind_it,
    i5_all_copies_are_the_same_message,
    i6_a_stop_takes_effect_within_two_seconds,
    i7_nobody_else_is_mailed_or_named,
    i8_nobody_is_tried_too_often_or_too_soon,
    i9_the_counters_add_up,
    i10_a_new_worker_goes_on_by_itself,
    i11_the_bytes_obey_the_standards,
    i12_whoever_is_mailed_had_confirmed,
    i13_memory_and_connections_stay_small,
    i14_the_logs_tell_nobodys_address_and_no_secret,
)


def check_all(case: Case) -> None:
    """Note the case's line for the table, then ask for each invariant."""
    case.stage.told.append(("fault", case.line()))
    for invariant in INVARIANTS:
        invariant(case)


def _read(case: Case) -> list[tuple[Entry, bytes, EmailMessage]]:
    """Some of the messages, evenly over the whole case, taken apart."""
    kept = [(receiver, entry) for receiver, entry in case.taken if entry.length]
    chosen = kept[:: max(1, len(kept) // MOST_READ)]
    bodies = [(entry, receiver.body(entry)) for receiver, entry in chosen]
    return [(entry, raw, email.message_from_bytes(raw, policy=policy.default)) for entry, raw in bodies]


def _whole(message: EmailMessage) -> str:
    """All headers and all text, decoded."""
    parts = [part.get_content() for part in message.walk() if part.get_content_maintype() == "text"]
    return "\n".join([*(f"{name}: {value}" for name, value in message.items()), *parts])


def _recipient_in(message: EmailMessage) -> str:
    return str(message["To"].addresses[0].addr_spec)


def _subscriber(case: Case, token: str) -> object:
    """Whom a link belongs to; None when it was not made by us."""
    try:
        read = case.stage.house.signer.read("unsubscribe", token, now=now(), max_age=None)
    except LinkDamaged:
        return None
    return read.claims["s"]


def _check_pauses(case: Case) -> None:
    """After each deferral at least the pause that is due, less its spread of a quarter."""
    mailed = {entry.recipient: entry.mail_at for _, entry in case.taken}
    for each in case.deliveries:
        tried = list(case.attempts.get(each.id, ()))
        if each.status is Status.ACCEPTED and tried:
            tried.append((wall_clock(mailed[each.address]), Result.ACCEPTED))
        charged = 0
        for (at, result), (later, _) in pairwise(tried):
            charged += result != Result.UNSENT
            if result == Result.DEFERRED:
                due = case.bounds.first_wait * 2 ** (charged - 1) * 0.75
                # The attempt is dated when it was recorded, which may be a moment after the refusal.
                assert (later - at).total_seconds() > due - 0.3


def _check_rate(moments: Sequence[float], rate: float) -> None:
    """In no window of three seconds more than the rate allows, after a burst of one second."""
    ordered = sorted(moments)
    for first, at in enumerate(ordered):
        assert sum(at <= moment < at + 3.0 for moment in ordered[first:]) <= rate * 4


def _most_lines(receiver: Receiver) -> int:
    is_open = most = 0
    for each in receiver.entries("connected", "gone"):
        is_open += 1 if each.kind == "connected" else -1
        most = max(most, is_open)
    return most
