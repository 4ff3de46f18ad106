"""All that can be found against an edition, also by asking others: for a person who waits for the answer."""

from datetime import timedelta

from newsletter.core.db import db, reading
from newsletter.core.fetcher import Fetcher
from newsletter.core.words import said
from newsletter.editions.emails import Told, edition_letter, renderings
from newsletter.editions.queries import articles_of, edition, layout_of
from newsletter.editions.service.checking import SECONDS_EACH, check_links, links_of
from newsletter.editions.service.drafting import findings
from newsletter.mail.gate import Finding
from newsletter.mail.house import House
from newsletter.mail.mime import compile_message
from newsletter.mail.spam import Run, Score, ask_spamc, score
from newsletter.newsletters.models import Newsletter

AGAIN_AFTER = timedelta(seconds=10)
"""A bad link is asked again this soon when a person looks, because they may have just mended it."""


def examine(edition_id: int, house: House, fetcher: Fetcher | None = None, run: Run = ask_spamc) -> list[Finding]:
    """What the gate says of it once its links were asked, and SpamAssassin's score. Raises NotFound.

    Never within a transaction: it asks other people's servers, for a minute at most.
    """
    with reading():
        chosen = edition(edition_id)
        urls = links_of(articles_of(edition_id), layout_of(chosen), house.settings.base_url)
        message = _message(edition_id, house)
    check_links(urls, fetcher or link_fetcher(house), AGAIN_AFTER)
    with reading():
        found = findings(edition_id, house)
    return [*found, *_spam(score(message, run))]


def link_fetcher(house: House) -> Fetcher:
    """What asks links: as for sources, but it waits for nobody long."""
    return Fetcher(allow=house.settings.fetch_allow, seconds=SECONDS_EACH)


def _spam(score: Score | str) -> list[Finding]:
    if isinstance(score, str):
        return [Finding("spam", is_error=False, words=score)]
    if score.points < score.required:
        return []
    words = said(
        "SpamAssassin gives it %(points)s points, and calls spam what has %(required)s; "
        "`spamc -R` tells which rules, mostly words of the subject or the sender's DNS.",
        points=f"{score.points:g}",
        required=f"{score.required:g}",
    )
    return [Finding("spam", is_error=False, words=words)]


def _message(edition_id: int, house: House) -> bytes:
    """As a reader gets it, but for their own links and the seal."""
    chosen = edition(edition_id)
    of = db.session.get_one(Newsletter, chosen.newsletter_id)
    told = Told(chosen, articles_of(edition_id), layout_of(chosen))
    letter = edition_letter(chosen, renderings(told, of, house), of, house)
    template = compile_message(letter.letterhead, letter.content)
    stand_ins = dict.fromkeys(template.holes, f"{house.settings.base_url}/{of.slug}")
    return template.fill(stand_ins | {"to": of.sender_address, "message_id": f"<check@{of.list_domain}>"})
