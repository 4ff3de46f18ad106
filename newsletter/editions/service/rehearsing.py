"""What an edition says to groups of its readers, rendered before anybody has to wait for it.

Where one transaction keeps all others from writing, nobody could sign up or leave while hundreds of choices of
articles are rendered. So the groups are counted and rendered by reading alone; the transaction then counts them
anew, and renders what has come since, or everything when what it is made of has changed.
"""

from collections.abc import Sequence
from contextlib import suppress

from newsletter.core.db import all_writers_wait, db, is_writing, reading
from newsletter.core.errors import EditionUnfit, UnsafeMessage
from newsletter.editions.emails import Told, told_by_subject
from newsletter.editions.policy import EditionStatus
from newsletter.editions.queries import articles_of, edition, layout_of
from newsletter.editions.service.grouping import grouped
from newsletter.editions.service.shares import is_followed
from newsletter.editions.service.wording import Worded
from newsletter.mail.house import House
from newsletter.newsletters.models import Newsletter


def is_to_be_rehearsed(edition_id: int) -> bool:
    """Whether sending it is better left to a moment at which no transaction is open yet. Raises NotFound."""
    return all_writers_wait() and is_followed(edition(edition_id))


def rehearsed(edition_id: int, house: House) -> Sequence[Worded]:
    """What was rendered ahead, for `Worded.adopt`; nothing where nobody waits, or nobody has a wish.

    It changes nothing and finds no fault: that is for the transaction. Raises NotFound.
    """
    if is_writing() or not all_writers_wait():
        return ()
    with reading():
        try:
            made = _rehearsed(edition_id, house)
        except BaseException:
            # Else the tables of the groups would be kept with what is written next.
            db.session.rollback()
            raise
    if made:
        # They are held by what was rendered, and the transaction must not take them for the newest.
        db.session.expire_all()
    return made


def _rehearsed(edition_id: int, house: House) -> Sequence[Worded]:
    chosen = edition(edition_id)
    if chosen.status not in {EditionStatus.DRAFT, EditionStatus.SCHEDULED}:
        return ()
    of = db.session.get_one(Newsletter, chosen.newsletter_id, populate_existing=True)
    told = Told(chosen, articles_of(edition_id), layout_of(chosen), is_counted=of.measures_clicks)
    with grouped(chosen, told.articles) as groups:
        shares = [each.articles for each in groups.parts if len(each.articles) < len(told.articles)]
    if not shares:
        return ()
    worded = [Worded(each, of, house) for each in told_by_subject(told)]
    for each in worded:
        with suppress(EditionUnfit, UnsafeMessage):
            each.note_basis()
            for share in shares:
                made = each.with_articles(share)
                if not made.is_same_for_all:
                    # Who has said no name is mostly told something else.
                    made.number_of("")
    return worded
