"""Why each article is in an edition or out of it, as a page of text."""

from collections.abc import Sequence
from datetime import datetime
from itertools import groupby
from zoneinfo import ZoneInfo

from newsletter.digests.policy import Decision
from newsletter.digests.service import Proposal

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
    lines = [head, window]
    for section, decisions in groupby(goes, key=lambda each: each.section):
        lines += ["", f"In, {section}:" if section else "In:"]
        lines += [_line(each, titles) for each in decisions]
    out = [each for each in choice.decisions if not each.is_in]
    lines += ["", "Out:", *(_line(each, titles) for each in out)] if out else []
    return "\n".join([*lines, "", "The next slots:", *(f"  {slot:%a %Y-%m-%d %H:%M %Z}" for slot in slots)])


def _line(decision: Decision, titles: dict[int, str]) -> str:
    title = titles[decision.article_id]
    short = title if len(title) <= TITLE_WIDTH else title[: TITLE_WIDTH - 1] + "…"
    return f"  {decision.article_id:>7}  {short:<{TITLE_WIDTH}}  {decision.reason}"
