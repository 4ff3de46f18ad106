"""What real servers say, as smtplib hands it over, and what follows from it."""

import pytest

from newsletter.mail.outcomes import Blame, Phase, Reply, Result
from newsletter.mail.replies import judge, reply

MAIL, RCPT, DATA, DOT = Phase.MAIL, Phase.RCPT, Phase.DATA, Phase.DOT

ADDRESS = (Result.FAILED, Blame.ADDRESS)
MAILBOX = (Result.FAILED, Blame.MAILBOX)
SENDER = (Result.FAILED, Blame.SENDER)
LATER = (Result.DEFERRED, Blame.NOBODY)
UNSENT = (Result.UNSENT, Blame.NOBODY)
UNKNOWN = (Result.UNKNOWN, Blame.NOBODY)

REPLIES = [
    # No such mailbox.
    (
        RCPT,
        550,
        "5.1.1 The email account that you tried to reach does not exist. Please try\n5.1.1 checking",
        ADDRESS,
    ),
    (RCPT, 550, "5.1.1 <reader@example.org>: Recipient address rejected: User unknown in local table", ADDRESS),
    (RCPT, 550, "5.1.1: no such user", ADDRESS),
    (RCPT, 550, "#5.1.1 Address rejected.", ADDRESS),
    (RCPT, 550, "sorry, no mailbox here by that name. (#5.1.1)", ADDRESS),
    (RCPT, 550, "5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup", ADDRESS),
    (RCPT, 553, "5.1.3 The recipient address is not a valid RFC 5321 address", ADDRESS),
    (RCPT, 550, "5.1.2 We weren't able to find the recipient domain", ADDRESS),
    (RCPT, 551, "5.1.6 The mailbox has moved", ADDRESS),
    (RCPT, 501, "5.1.3 Bad recipient address syntax", ADDRESS),
    (DOT, 550, "5.1.1 User doesn't exist", ADDRESS),
    (DATA, 554, "5.1.1 no valid recipients", ADDRESS),
    # A mailbox that is full or switched off, and refusals of a recipient that leave open which.
    (RCPT, 550, "5.2.1 The email account that you tried to reach is inactive", MAILBOX),
    (RCPT, 552, "5.2.2 The recipient's inbox is out of storage space", MAILBOX),
    (RCPT, 550, "5.2.1 The user you are trying to contact is receiving mail at a rate that prevents", MAILBOX),
    (DOT, 552, "5.2.2 Mailbox size limit exceeded", MAILBOX),
    (RCPT, 550, "Requested action not taken: mailbox unavailable", MAILBOX),
    (RCPT, 550, "User unknown", MAILBOX),
    (RCPT, 554, "delivery error: dd This user doesn't have an account", MAILBOX),
    (RCPT, 550, "5.4.1 Recipient address rejected: Access denied.", MAILBOX),
    (RCPT, 550, "5.1.0 Address rejected", MAILBOX),
    (RCPT, 550, "#5.1.0 Address rejected.", MAILBOX),
    (RCPT, 550, "5.0.0 refused", MAILBOX),
    (RCPT, 556, "5.1.10 domain has null MX", ADDRESS),
    (RCPT, 550, "", MAILBOX),
    # Us: reputation, authentication, size, content.
    (RCPT, 550, "5.7.1 Service unavailable; client host [192.0.2.1] blocked using a list", SENDER),
    (RCPT, 554, "5.7.1 <reader@example.org>: Relay access denied", SENDER),
    (DOT, 550, "5.7.515 Access denied, sending domain does not meet the required authentication level", SENDER),
    (DOT, 550, "5.7.26 This mail has been blocked because the sender is unauthenticated", SENDER),
    (DOT, 550, "5.7.1 Encoded-word syntax is not permitted in message header", SENDER),
    (DOT, 550, "5.7.25 The IP address sending this message does not have a PTR record", SENDER),
    (DOT, 550, "5.7.30 This mail has been blocked because DKIM does not pass", SENDER),
    (DOT, 552, "5.3.4 Message too big for system", SENDER),
    (MAIL, 552, "5.3.4 Message size exceeds fixed limit", SENDER),
    (DOT, 552, "Message too large", SENDER),
    (DOT, 554, "Message rejected: spam", SENDER),
    (DOT, 554, "5.6.0 Invalid header found", SENDER),
    (DOT, 571, "Delivery not authorized", SENDER),
    (MAIL, 530, "5.7.0 Authentication required", SENDER),
    (MAIL, 553, "5.1.8 Sender address rejected: domain not found", SENDER),
    (RCPT, 553, "5.1.8 sender's domain does not exist", SENDER),
    (RCPT, 550, "5.1.7 sender address is not valid", SENDER),
    (MAIL, 550, "5.1.1 no such sender", SENDER),
    (RCPT, 503, "5.5.1 bad sequence of commands", SENDER),
    (RCPT, 550, "Blocked; see https://block.example/why\n5.7.1 blocked", SENDER),
    # Not now; the first digit wins where the two codes disagree.
    (RCPT, 450, "4.2.0 <reader@example.org>: Recipient address rejected: Greylisted", LATER),
    (RCPT, 451, "4.7.1 Greylisting in action, please come back later", LATER),
    (RCPT, 452, "4.2.2 The recipient's inbox is out of storage space", LATER),
    (RCPT, 452, "4.5.3 Too many recipients", LATER),
    (RCPT, 552, "Too many recipients", LATER),
    (RCPT, 552, "5.5.3 Too many recipients", LATER),
    (RCPT, 450, "5.1.1 says no, means later", LATER),
    (RCPT, 550, "4.1.1 says later, means no", ADDRESS),
    (RCPT, 550, "4.7.1 says later, means us", SENDER),
    (MAIL, 451, "4.3.0 Temporary lookup failure", LATER),
    (MAIL, 452, "4.3.1 Insufficient system storage", LATER),
    (DOT, 451, "4.7.0 Our system has detected an unusual rate of mail", LATER),
    (DOT, 450, "4.1.1 mailbox locked", LATER),
    (DOT, 431, "not enough memory", LATER),
    # The server closes: before a recipient was named it is about no message, afterwards perhaps about this one.
    (MAIL, 421, "4.7.0 [TSS04] Messages temporarily deferred", UNSENT),
    (MAIL, 421, "Service not available, closing transmission channel", UNSENT),
    (RCPT, 421, "4.7.32 Your email has been rate limited", LATER),
    (DOT, 421, "5.7.32 says no, means later", LATER),
    # No answer at all, in the shape of one.
    (RCPT, -1, "what?", UNSENT),
    (MAIL, 999, "", UNSENT),
    (DATA, 250, "fine, but I asked for no body", UNSENT),
    (RCPT, 334, "VXNlcm5hbWU6", UNSENT),
    (DOT, -1, "what?", UNKNOWN),
    (DOT, 354, "go on", UNKNOWN),
    (DOT, 25, "", UNKNOWN),
]


@pytest.mark.parametrize(("phase", "code", "text", "verdict"), REPLIES)
def test_a_reply_is_judged_by_whose_fault_it_is(
    phase: Phase, code: int, text: str, verdict: tuple[Result, Blame]
) -> None:
    assert judge(phase, reply(code, text.encode())) == verdict


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
