"""Why each article is in an edition or out of it, as a page of text."""

from collections.abc import Sequence
from datetime import datetime
from itertools import groupby
from zoneinfo import ZoneInfo

from newsletter.digests.policy import Decision
from newsletter.digests.service import Company, Proposal, gaps

TITLE_WIDTH = 60


def explained(proposal: Proposal, slots: Sequence[datetime]) -> str:
    """First what goes, in its order and by section, then what stays out, and the coming slots."""
    digest, choice = proposal.digest, proposal.choice
    zone = ZoneInfo(digest.timezone)
    start, end = (moment.astimezone(zone) for moment in (proposal.window.start, proposal.window.end))
    head = f"{digest.slug} at {end:%a %Y-%m-%d %H:%M %Z}: {choice.reason}."
    window = f"Looked at what became available from {start:%a %Y-%m-%d %H:%M %Z} on."
    titles = {each.id: each.title for each in proposal.candidates}
    by_id = {each.article_id: each for each in choice.decisions}
    goes = [by_id[each] for each in choice.article_ids]
    lines = [head, window, *(f"Warning: {gap}" for gap in gaps(digest))]
    for section, decisions in groupby(goes, key=lambda each: each.section):
        lines += ["", f"In, {section}:" if section else "In:"]
        lines += [_line(each, titles) for each in decisions]
    out = [each for each in choice.decisions if not each.is_in]
    lines += ["", "Out:", *(_line(each, titles) for each in out)] if out else []
    return "\n".join([*lines, "", "The next slots:", *(f"  {slot:%a %Y-%m-%d %H:%M %Z}" for slot in slots)])


MOST_COMPANIES = 30
"""Groups of readers that are printed; as JSON all."""


def told_of(companies: Sequence[Company]) -> str:
    """Which readers get the next editions when; "" where there are none."""
    lines = ["Readers, and when their next edition comes:"]
    for each in companies[:MOST_COMPANIES]:
        wish = f"{each.cadence}, at {each.hour:02}:00" if each.hour is not None else each.cadence
        where = f" in {each.timezone}" if each.timezone else ""
        some = f", {each.following:,} of them follow something" if each.following else ""
        lines.append(f"  {each.readers:>9,}  {each.due_at:%a %Y-%m-%d %H:%M %Z}  {wish}{where}{some}")
    if rest := sum(each.readers for each in companies[MOST_COMPANIES:]):
        lines.append(f"  {rest:>9,}  in smaller groups")
    return "\n".join(lines) if companies else ""


def _line(decision: Decision, titles: dict[int, str]) -> str:
    title = titles[decision.article_id]
    short = title if len(title) <= TITLE_WIDTH else title[: TITLE_WIDTH - 1] + "…"
    return f"  {decision.article_id:>7}  {short:<{TITLE_WIDTH}}  {decision.reason}"
