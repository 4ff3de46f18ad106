"""What servers say and what follows from it: as the world's servers say it, and where the codes leave it open."""

from pathlib import Path

import pytest

from newsletter.mail.outcomes import Blame, Phase, Reply, Result
from newsletter.mail.replies import ADDRESS, MAILBOX, NOT_NOW, SENDER, TABLE, UNSENT, Judgement, judge, reply

MAIL, RCPT, DATA, DOT = Phase.MAIL, Phase.RCPT, Phase.DATA, Phase.DOT

UNKNOWN = (Result.UNKNOWN, Blame.NOBODY)

BY_NAME = {"address": ADDRESS, "mailbox": MAILBOX, "sender": SENDER, "not now": NOT_NOW, "unsent": UNSENT}


def real_replies() -> list[tuple[Phase, Reply, Judgement]]:
    lines = Path(__file__).with_name("real_replies.txt").read_text().splitlines()
    said = [[part.strip() for part in line.split("|", 3)] for line in lines if line and not line.startswith("#")]
    return [
        (Phase(phase), reply(int(words[:3]), words[4:].replace(r"\n", "\n").encode()), BY_NAME[name])
        for _, phase, name, words in said
    ]


REAL = real_replies()

EDGES = [
    # Which recipient, and why.
    (RCPT, 551, "5.1.6 The mailbox has moved", ADDRESS),
    (DOT, 550, "5.1.1 User doesn't exist", ADDRESS),
    (DATA, 554, "5.1.1 no valid recipients", ADDRESS),
    (MAIL, 550, "5.1.1 no such sender", SENDER),
    (RCPT, 550, "5.1.0 Address rejected", MAILBOX),
    (RCPT, 550, "5.0.0 refused", MAILBOX),
    (RCPT, 550, "", MAILBOX),
    (RCPT, 550, "5.1.7 sender address is not valid", SENDER),
    (RCPT, 550, "5.1.1 rejected, 192.0.2.1 is on a block list", SENDER),
    (RCPT, 550, "5.1.1 <barracuda@reputation.example>: User unknown", ADDRESS),
    (RCPT, 503, "5.5.1 bad sequence of commands", SENDER),
    (RCPT, 550, "Blocked; see https://block.example/why\n5.7.1 blocked", SENDER),
    # Which message, and whether it is the message or the mailbox.
    (DOT, 552, "5.2.2 Mailbox size limit exceeded", MAILBOX),
    (DOT, 552, "Message too large", SENDER),
    (DOT, 554, "5.6.0 Invalid header found", SENDER),
    (DOT, 571, "Delivery not authorized", SENDER),
    # Not now; the first digit wins where the two codes disagree.
    (RCPT, 552, "Too many recipients", NOT_NOW),
    (RCPT, 552, "5.5.3 Too many recipients", NOT_NOW),
    (RCPT, 450, "5.1.1 says no, means later", NOT_NOW),
    (RCPT, 550, "4.1.1 says later, means no", ADDRESS),
    (RCPT, 550, "4.7.1 says later, means us", SENDER),
    (DOT, 450, "4.1.1 mailbox locked", NOT_NOW),
    (DOT, 431, "not enough memory", NOT_NOW),
    (DOT, 421, "5.7.32 says no, means later", NOT_NOW),
    # The server closes: before a recipient was named it is about no message, afterwards perhaps about this one.
    (MAIL, 421, "Service not available, closing transmission channel", UNSENT),
    (RCPT, 421, "4.7.32 Your email has been rate limited", NOT_NOW),
    # No answer at all, in the shape of one.
    (RCPT, -1, "what?", UNSENT),
    (MAIL, 999, "", UNSENT),
    (DATA, 250, "fine, but I asked for no body", UNSENT),
    (RCPT, 334, "VXNlcm5hbWU6", UNSENT),
    (DOT, -1, "what?", UNKNOWN),
    (DOT, 354, "go on", UNKNOWN),
    (DOT, 25, "", UNKNOWN),
]


@pytest.mark.parametrize(("phase", "answer", "judgement"), REAL)
def test_what_the_worlds_servers_say_is_judged_by_whose_fault_it_is(
    phase: Phase, answer: Reply, judgement: Judgement
) -> None:
    assert judge(phase, answer) == judgement


def test_there_are_sixty_replies_at_least_and_each_row_of_the_table_decides_one() -> None:
    deciding = {next(row for row in TABLE if row.fits(phase, answer)) for phase, answer, _ in REAL}

    assert len(REAL) >= 60
    assert deciding == set(TABLE)


@pytest.mark.parametrize(("phase", "code", "text", "judgement"), EDGES)
def test_a_reply_that_leaves_things_open_is_judged_with_care(
    phase: Phase, code: int, text: str, judgement: Judgement
) -> None:
    assert judge(phase, reply(code, text.encode())) == judgement


@pytest.mark.parametrize("phase", [MAIL, RCPT, DATA, DOT])
def test_every_refusal_is_in_the_table(phase: Phase) -> None:
    judged = {code: judge(phase, reply(code, "")) for code in range(400, 600) if (phase, code) != (MAIL, 421)}

    assert {code for code, judgement in judged.items() if judgement in {UNKNOWN, UNSENT}} == set()


@pytest.mark.parametrize(
    ("code", "text", "words"),
    [
        (550, "5.1.1 No such\n5.1.1 reader here", "550 5.1.1 No such reader here"),
        (550, "\n\n", "550"),
        (250, "2.0.0 Ok: queued as 4XyZ", "250 2.0.0 Ok: queued as 4XyZ"),
        (550, "5.1.1", "550 5.1.1"),
        (550, "5.1.1.2 is no code, it is a machine", "550 5.1.1.2 is no code, it is a machine"),
        (-1, "what?", "0 what?"),
        (550, "\x1b[2Jgone\x07 \u202eevil", "550 [2Jgone evil"),
    ],
)
def test_the_words_of_a_reply_stand_on_one_clean_line(code: int, text: str, words: str) -> None:
    assert " ".join(str(reply(code, text)).split()) == words


def test_bytes_that_are_no_text_are_shown_as_such() -> None:
    assert reply(550, b"caf\xe9 ferm\xe9").text == "caf\ufffd ferm\ufffd"


def test_a_reply_without_end_is_cut_off() -> None:
    answer = reply(550, b"5.1.1 " + b"no such reader\n" * 100_000)

    assert len(answer.text) <= 500
    assert answer.enhanced == "5.1.1"


@pytest.mark.parametrize("code", [-1, 0, 1, 25, 199, 600, 999, 10**12])
def test_a_code_no_server_may_use_counts_as_none(code: int) -> None:
    assert reply(code, b"") == Reply(0, "", "")
