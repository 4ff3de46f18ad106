"""An edition as one reader would get it, with templates that nobody has kept yet; nothing is written down.

What is found here for one reader is what `grouping` finds for all of them at once; a test holds the two together.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo

from sqlalchemy import select

from newsletter.articles.models import Article
from newsletter.articles.policy import people_in
from newsletter.articles.queries import source_titles
from newsletter.core.db import db
from newsletter.core.words import Said, numbered, said
from newsletter.delivery.models import Delivery
from newsletter.editions.emails import A_READER, Reader, Told, edition_content
from newsletter.editions.models import Edition
from newsletter.editions.policy import MOST_BITS
from newsletter.editions.queries import articles_of, editions, layout_of
from newsletter.editions.queries.audiences import recipients
from newsletter.editions.queries.readers import carried_before, is_first_of_its_kind
from newsletter.editions.queries.splits import split_of
from newsletter.editions.service.drafting import for_nobody
from newsletter.editions.service.hours import due_for, zone_called
from newsletter.editions.service.sampling import sample
from newsletter.editions.service.shares import HAS_IT
from newsletter.editions.service.wording import titled
from newsletter.mail.gate import pale_findings
from newsletter.mail.house import House
from newsletter.mail.message import Content, plain
from newsletter.newsletters.models import Newsletter
from newsletter.subscriptions.models import Subscriber, Subscription
from newsletter.subscriptions.policy import Cadence, FollowKind, SubscriptionStatus
from newsletter.subscriptions.policy.following import Offered, places
from newsletter.subscriptions.queries import find_subscription
from newsletter.suppressions.models import Reason
from newsletter.suppressions.queries import find_suppression
from newsletter.templates.queries import kept_sources
from newsletter.templates.service import look_at

_UNMAILED = {
    Reason.HARD_BOUNCE: said("mail to it came back"),
    Reason.COMPLAINT: said("they complained"),
    Reason.NEVER_WRITE: said("they asked never to be written to"),
    Reason.ERASED: said("they were erased"),
    Reason.MANUAL: said("an operator said so"),
}
_OFTEN = {
    Cadence.EACH: said("each time"),
    Cadence.DAILY: said("once a day"),
    Cadence.WEEKLY: said("once a week"),
    Cadence.MONTHLY: said("once a month"),
}


@dataclass(frozen=True)
class Preview:
    """The newest edition as somebody would get it; `content` None: they would get nothing, and `words` say why.

    Its links are the public page's where they would be the reader's own. `words` are sentences for the operator.
    """

    edition: Edition
    content: Content | None
    words: Sequence[str]


def preview_with(newsletter_id: int, sources: Mapping[str, str], name: str, house: House) -> Preview:
    """For a reader of this name who gets all of it, as it would look with other templates in some parts.

    Before there is an edition, it is an invented one. Raises TemplateRefused, UnsafeMessage.
    """
    told, of, words = _told(newsletter_id, sources)
    return _rendered(replace(told, reader=Reader(plain(name))), of, house, words)


def preview_as(newsletter_id: int, sources: Mapping[str, str], subscriber_id: int, house: House) -> Preview:
    """For this subscriber: what they would get if it left now. Raises as `preview_with`."""
    told, of, words = _told(newsletter_id, sources)
    person = db.session.get_one(Subscriber, subscriber_id)
    if why := _why_not(told.edition, of, person):
        return Preview(told.edition, None, [why])
    share, about = _share(told, person)
    words += about
    if not share:
        return Preview(told.edition, None, words)
    words += _further(told.edition, of, person)
    mine = replace(
        told, articles=share, edition=titled(told, share), reader=Reader(person.name) if person.name else A_READER
    )
    return _rendered(mine, of, house, words)


def share_of(of: Edition, articles: Sequence[Article], subscriber_id: int) -> tuple[list[Article], list[Article]]:
    """Of these articles, those that one of its readers wants, and those of them that they had not before."""
    wanted, had = _wanted(of, articles, subscriber_id), _had(of, subscriber_id)
    return wanted, [each for each in wanted if each.id not in had]


def _told(newsletter_id: int, sources: Mapping[str, str]) -> tuple[Told, Newsletter, list[str]]:
    """The newest edition, or an invented one, with a word about that."""
    for part, source in sources.items():
        look_at(part, source)
    parts, of = {**kept_sources(newsletter_id), **sources}, db.session.get_one(Newsletter, newsletter_id)
    newest = next(iter(editions(newsletter_id, limit=1)), None)
    if newest is None:
        invented, articles = sample(newsletter_id)
        words: list[str] = [said("There is no edition yet; these articles are invented.")]
        return Told(invented, articles, sources=parts), of, words
    return Told(newest, articles_of(newest.id), layout_of(newest), sources=parts), of, []


def _rendered(told: Told, of: Newsletter, house: House, words: list[str]) -> Preview:
    content = edition_content(told, of, house)
    words += [each.words for each in pale_findings(content)]
    return Preview(told.edition, for_nobody(content, of, house), words)


def _why_not(of: Edition, letter: Newsletter, person: Subscriber) -> Said | None:
    """Why they are not among its readers; None if they are."""
    if db.session.execute(recipients(of).where(Subscriber.id == person.id)).first():
        return None
    if suppression := find_suppression(person.address_key):
        return said(
            "They would get nothing: this address is not mailed any more (%(why)s).",
            why=_UNMAILED[Reason(suppression.reason)],
        )
    theirs = find_subscription(person.id, of.newsletter_id)
    if theirs is None:
        return said("They would get nothing: they do not subscribe to it.")
    return _standing(theirs, letter) or _not_for_them(of, theirs)


def _standing(theirs: Subscription, letter: Newsletter) -> Said | None:
    match theirs.status:
        case SubscriptionStatus.PENDING:
            return said("They would get nothing: they have not confirmed yet.")
        case SubscriptionStatus.UNSUBSCRIBED:
            return said("They would get nothing: they have unsubscribed.")
        case SubscriptionStatus.PAUSED:
            until = theirs.paused_until and theirs.paused_until.astimezone(ZoneInfo(letter.timezone))
            day = f"{until:%Y-%m-%d}" if until else "?"
            return said("They would get nothing: they have paused it until %(day)s.", day=day)
    return None


def _not_for_them(of: Edition, theirs: Subscription) -> Said:
    if of.corrects is not None:
        return said("They would get nothing: it corrects an article that they have not got.")
    return said(
        "They would get nothing: they want it %(often)s, and this edition is for other readers.",
        often=_OFTEN[Cadence(theirs.cadence)],
    )


def _share(told: Told, person: Subscriber) -> tuple[list[Article], list[str]]:
    whole = list(told.articles)
    # A correction goes to whoever has the article (`grouping`), and nobody follows what is invented.
    if told.edition.corrects is not None or not told.edition.id or len(whole) > MOST_BITS:
        return whole, []
    wanted, left = share_of(told.edition, whole, person.id)
    if not wanted:
        return [], [said("They would get nothing: nothing of what they follow is in it.")]
    if not left:
        return [], [said("They would get nothing: they have had all of it already.")]
    words: list[str] = []
    if len(wanted) < len(whole):
        words.append(
            numbered(
                "%(num)s of its %(whole)s articles is about what they follow.",
                "%(num)s of its %(whole)s articles are about what they follow.",
                len(wanted),
                whole=len(whole),
            )
        )
    if had := len(wanted) - len(left):
        words.append(
            numbered(
                "%(num)s article is left out, because they have had it already.",
                "%(num)s articles are left out, because they have had them already.",
                had,
            )
        )
    return left, words


def _wanted(of: Edition, articles: Sequence[Article], subscriber_id: int) -> list[Article]:
    theirs = find_subscription(subscriber_id, of.newsletter_id)
    if theirs is None or not theirs.follows:
        return list(articles)
    titles = source_titles({each.source_id for each in articles})
    names = [
        Offered(each.topics, people_in(each.author), titles.get(each.source_id, "")).names() for each in articles
    ]
    found = {place for each in theirs.follows for place in places(FollowKind(each.kind), each.value, names)}
    return [articles[place] for place in sorted(found)]


def _had(of: Edition, subscriber_id: int) -> set[int]:
    """The articles of this edition that earlier ones have brought them."""
    before = carried_before(of)
    if not before:
        return set()
    theirs = find_subscription(subscriber_id, of.newsletter_id)
    # As for all readers: who goes on as before has had no article of it by its own newsletter.
    counts_own = is_first_of_its_kind(of) or bool(theirs and theirs.stints)
    got = {
        (row.mailing_id, row.variant)
        for row in db.session.execute(
            select(Delivery.mailing_id, Delivery.variant).where(
                Delivery.subscriber_id == subscriber_id,
                Delivery.mailing_id.in_({each.mailing_id for each in before}),
                Delivery.status.in_(HAS_IT),
            )
        )
    }
    return {
        article_id
        for each in before
        if (counts_own or not each.is_own) and (each.mailing_id, each.variant) in got
        for article_id in each.article_ids
    }


def _further(of: Edition, letter: Newsletter, person: Subscriber) -> Iterator[Said]:
    if due := due_for(of, person.timezone, person.local_hour):
        zone = zone_called(person.timezone, letter.timezone)
        time = f"{due.astimezone(zone):%Y-%m-%d %H:%M}"
        yield said("It comes to them at %(time)s (%(zone)s).", time=time, zone=zone.key)
    split = split_of(of.id)
    if split and split.winner is None:
        yield said("Two subjects are tried; some readers get this one: %(subject)s", subject=split.subject)
    if not person.name:
        yield said("They have given no name.")
