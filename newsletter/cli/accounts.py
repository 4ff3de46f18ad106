"""The account of one edition: its ledger, why it is not accepted everywhere, and what can be done."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from newsletter.core.settings import Settings
from newsletter.delivery import queries as delivery
from newsletter.delivery.models import MailingState
from newsletter.delivery.policy import ADVICE, CanaryState
from newsletter.delivery.queries import Reason
from newsletter.editions.models import Edition, Split
from newsletter.editions.policy import OPEN, EditionStatus
from newsletter.editions.policy.splitting import HOW_DECIDED, Arm, DecidedBy
from newsletter.editions.queries import articles_of, layout_of, progress
from newsletter.editions.queries.readers import groups
from newsletter.editions.queries.splits import split_of, tallies

MOST_SHOWN = 10
"""Wordings of one reason that are printed; as JSON fifty."""

MOST_TOLD = 50

Facts = Mapping[str, Any]


def account(chosen: Edition, settings: Settings) -> Facts:
    """As `edition show --json` answers; `problem` is why it is held or paused; moments are None when none is due.

    `sends_at` and `articles` are there until it is sent.
    """
    ledger = progress(chosen)
    facts = {
        "edition": chosen.id,
        "slot": chosen.slot,
        "status": chosen.status,
        "subject": chosen.subject,
        "problem": "",
        "ledger": ledger.as_dict(),
        "next_try_at": None,
        "expires_at": None,
        "groups": [],
        "reasons": [],
    }
    if found := split_of(chosen.id):
        facts["split"] = _split(chosen, found)
    if chosen.status in OPEN:
        facts |= {"problem": chosen.problem, "sends_at": chosen.sends_at, "articles": _articles(chosen)}
    if chosen.mailing_id:
        mailing = delivery.mailing(chosen.mailing_id)
        facts["problem"] = mailing.problem if mailing.state == MailingState.PAUSED else ""
        facts["next_try_at"] = delivery.next_due(mailing.id)
        facts["expires_at"] = mailing.tried_since + settings.retry_within if ledger.open else None
        facts["groups"] = [asdict(each) for each in groups(chosen)]
        facts["canary"] = _canary(mailing.id)
        facts["reasons"] = [_told(reason) for reason in delivery.reasons(mailing.id)]
    return facts


def _canary(mailing_id: int) -> Facts | None:
    found = delivery.canary(mailing_id)
    if found is None:
        return None
    return {
        "state": found.state,
        "size": found.size,
        "troubled": found.troubled,
        "most": found.most,
        "ends_at": found.ends_at,
    }


def _split(chosen: Edition, found: Split) -> Facts:
    told = {arm.value: asdict(each) for arm, each in tallies(chosen, found).items()}
    return {
        "subject": found.own_subject or chosen.subject,
        "other_subject": found.subject,
        "share": found.share,
        "minutes": found.wait_minutes,
        "winner": found.winner,
        "decided_by": found.decided_by,
        **told,
    }


def _of_its_trials(facts: Facts) -> list[str]:
    """Why it stands still, and what became of those who got it first."""
    lines = [f"It is {facts['status']}: {facts['problem']}"] if facts["problem"] else []
    if facts.get("split"):
        lines += _of_two_subjects(facts["split"])
    if facts.get("canary"):
        lines.append(_of_the_first(facts["canary"]))
    return lines


def _of_two_subjects(split: Facts) -> list[str]:
    """Which subjects are tried on whom, and how they did, in lines."""
    lines = [f"Two subjects on {split['share']:.0%} of the readers, for {split['minutes']} minutes:"]
    for arm, words in ((Arm.OWN, split["subject"]), (Arm.OTHER, split["other_subject"])):
        sign = "→" if split["winner"] == arm else " "
        lines.append(f"{sign} {arm:<5} {split[arm]['sent']:>7,} sent {split[arm]['clicks']:>7,} clicks  {words}")
    if split["decided_by"]:
        lines.append(f"The rest get the one with the arrow: {HOW_DECIDED[DecidedBy(split['decided_by'])]}.")
    return lines


def _of_the_first(canary: Facts) -> str:
    """What became of those who went first, in a sentence."""
    until = f" until {minute(canary['ends_at'])}" if canary["state"] == CanaryState.WATCHED else ""
    words = {
        CanaryState.FIRST: "get it first; it is on its way to them",
        CanaryState.WATCHED: "got it first and are watched",
        CanaryState.PASSED: "got it first, and the rest followed",
        CanaryState.STOPPED: "got it first, and it was stopped for them",
    }
    return f"{canary['size']:,} {words[canary['state']]}{until}; trouble with {canary['troubled']:,} of them."


def _articles(chosen: Edition) -> list[Facts]:
    sections = layout_of(chosen).sections
    return [
        {"article": each.id, "title": each.title, "section": sections.get(each.id, "")}
        for each in articles_of(chosen.id)
    ]


def in_words(facts: Facts) -> str:
    """The same for people."""
    lines = ["Edition {edition}, {slot}, {status}: {subject}".format(**facts), *_of_its_trials(facts)]
    if facts.get("sends_at"):
        lines.append(
            f"It {'leaves' if facts['status'] == EditionStatus.SCHEDULED else 'was meant to leave'} "
            f"{minute(facts['sends_at'])}."
        )
    lines += _carried(facts)
    lines += ["", *(f"  {name:<10} {count:>9,}" for name, count in facts["ledger"].items())]
    if len(facts["groups"]) > 1:
        lines += ["", *(_group(each) for each in facts["groups"][:MOST_TOLD])]
    if facts["next_try_at"]:
        lines += ["", f"  Next due {minute(facts['next_try_at'])}; tried until {minute(facts['expires_at'])}."]
    for reason in facts["reasons"]:
        lines += ["", *_lines(reason)]
    if facts.get("seconds"):
        lines += ["", "  {seconds:,.1f} s, {rate:,.1f} mails/s".format(**facts)]
    return "\n".join(lines)


def _carried(facts: Facts) -> list[str]:
    if "articles" not in facts:
        return []
    return ["", *("  {article:>7}  {title}".format(**each) for each in facts["articles"])]


def _group(each: Facts) -> str:
    at = f" at {minute(each['due_at'])}" if each["due_at"] else ""
    waits = f", {each['waiting']:,} wait" if each["waiting"] else ""
    return "  {readers:>9,}  get {articles} articles".format(**each) + at + waits


def how_to_go_on(chosen: Edition) -> str:
    """For an edition that is not all out yet: what is left, and what to type."""
    of = delivery.mailing(chosen.mailing_id or 0)
    if of.state == MailingState.CANCELLED:
        return "It is cancelled; what a worker has in its hands still ends."
    due = delivery.next_due(of.id)
    left = f"Nothing is lost: {progress(chosen).open:,} are open{f', due from {minute(due)} on' if due else ''}."
    if of.state == MailingState.PAUSED:
        return f"{left} It is paused. To go on, once the cause is mended: newsletter edition resume {chosen.id}"
    return (
        f"{left} To go on: newsletter deliver --edition {chosen.id}, or newsletter run, which does it by itself. "
        f"To stop it for good: newsletter edition cancel {chosen.id}"
    )


def how_to_watch_again(chosen: Edition) -> str:
    """For somebody who has watched the workers and stops it."""
    return (
        f"The workers go on sending it. To watch again: newsletter edition follow {chosen.id}. "
        f"To stop them: newsletter edition pause {chosen.id}"
    )


def minute(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"


def _told(reason: Reason) -> dict[str, Any]:
    return {
        "status": reason.status,
        "cause": reason.cause,
        "count": reason.count,
        "advice": ADVICE[reason.cause],
        "wordings": [
            {"words": each.gist, "count": each.count, "example": each.example}
            for each in reason.wordings[:MOST_TOLD]
        ],
    }


def _lines(reason: Facts) -> Sequence[str]:
    shown = reason["wordings"][:MOST_SHOWN]
    lines = ["  {status}, {cause}: {count:,}. {advice}".format(**reason)]
    for each in shown:
        lines.append("  {count:>9,}  {words}".format(**each))
        if each["example"] != each["words"]:
            lines.append(f"{'':>11}  such as: {each['example']}")
    if rest := reason["count"] - sum(each["count"] for each in shown):
        lines.append(f"  {rest:>9,}  in other words")
    return lines
