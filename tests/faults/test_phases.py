"""F-01 to F-03: the line breaks, at each step of the conversation and around the final dot."""

import pytest

from newsletter.delivery.policy import Status
from tests.faults.book import FAULT
from tests.faults.case import Bounds, Case
from tests.faults.certificates import certificate
from tests.faults.invariants import check_all
from tests.faults.orders import PHASES, Actions
from tests.faults.receiver import rule
from tests.faults.stage import Stage, readers

pytestmark = [pytest.mark.faults, pytest.mark.loopback]

READERS, LINES, BROKEN = 50, 2, 2
CERTAIN = [phase for phase in PHASES if phase not in {"body", "dot", "rset"}]
"""Where the line can break and everybody knows what became of the message."""

SHORT = "command_timeout=3&data_timeout=3&dot_timeout=3"


def play(stage: Stage, phase: str, actions: Actions) -> Case:
    """An edition over encrypted lines with a login, of which the first few break at this phase."""
    files = certificate(stage.folder)
    receiver = stage.receiver(
        rule(phase, actions, times=BROKEN),
        extensions=["PIPELINING", "STARTTLS", "AUTH PLAIN"],
        **files.config,
    )
    stage.password = "tell-nobody"
    stage.settings["NEWSLETTER_BACKENDS"] = (
        f"smtp://post:{stage.password}@127.0.0.1:{receiver.port}"
        f"?tls=starttls&ca={files.path}&connections={LINES}&{SHORT}"
    )
    edition = stage.publish(readers(READERS))
    worker = stage.worker()
    stage.finish(edition)
    worker.stop()
    assert len(receiver.entries(FAULT)) == BROKEN
    name = f"smtp_drop_matrix {'after 250' if len(actions) > 1 else phase}"
    return Case("F-01", name, stage, edition, Bounds(unknowns=BROKEN, lines=LINES))


@pytest.mark.parametrize("phase", CERTAIN)
def test_a_line_that_breaks_where_all_is_certain_makes_no_copy_and_no_unknown(stage: Stage, phase: str) -> None:
    case = play(stage, phase, [["close"]])

    check_all(case)
    assert case.states == {Status.ACCEPTED: READERS}
    assert (case.duplicates, case.unknowns) == (0, 0)
    assert {each.attempts for each in case.deliveries} == {1}


# A message that fits into the buffers of both machines has left with its dot before a server can hang up in its
# middle, so that its sender cannot tell the two apart.
@pytest.mark.parametrize("phase", ["body", "dot"])
def test_a_line_that_breaks_with_the_dot_on_its_way_makes_its_message_unknown_and_no_other(
    stage: Stage, phase: str
) -> None:
    case = play(stage, phase, [["close"]])

    check_all(case)
    assert case.states == {Status.ACCEPTED: READERS}
    assert (case.duplicates, case.unknowns) == (0, BROKEN)


def test_a_line_that_breaks_after_the_250_makes_no_copy_and_no_unknown(stage: Stage) -> None:
    case = play(stage, "dot", [["usual"], ["close"]])

    check_all(case)
    assert (case.duplicates, case.unknowns) == (0, 0)


@pytest.mark.parametrize("words", [[["reply", "421 4.3.2 closing\r\n"], ["close"]], [["rst"]]], ids=["421", "rst"])
def test_what_is_said_at_quit_changes_nothing(stage: Stage, words: Actions) -> None:
    stage.receiver(rule("quit", words))
    edition = stage.publish(readers(READERS))

    worker = stage.worker()
    stage.wait_until_ended(edition)
    worker.stop()

    case = Case("F-02", "quit_421_after_250", stage, edition)
    check_all(case)
    assert case.states == {Status.ACCEPTED: READERS}
    assert {each.attempts for each in case.deliveries} == {1}
    assert case.unknowns == 0


@pytest.mark.parametrize(("policy", "copies", "end"), [("resend_once", 2, "accepted"), ("hold", 1, "unknown")])
def test_an_answer_that_comes_too_late_leaves_one_copy_too_many_at_most(
    stage: Stage, policy: str, copies: int, end: str
) -> None:
    receiver = stage.receiver()
    late, others = readers(4, "once-late-after-dot"), readers(20)
    stage.settings |= {
        "NEWSLETTER_BACKENDS": receiver.url(f"tls=none&connections={LINES}&{SHORT}"),
        "NEWSLETTER_ON_UNKNOWN": policy,
    }
    edition = stage.publish([*late, *others])

    worker = stage.worker()
    stage.finish(edition)
    worker.stop()

    case = Case("F-03", f"dot_timeout_but_accepted {policy}", stage, edition, Bounds(duplicates=4))
    check_all(case)
    assert {case.copies[who] for who in late} == {copies}
    assert {case.copies[who] for who in others} == {1}
    assert case.in_state(Status(end)) >= set(late)
