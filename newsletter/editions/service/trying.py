"""Showing an edition to who makes it, before it leaves."""

from zoneinfo import ZoneInfo

from newsletter.core.addresses import parse
from newsletter.core.db import db, transaction
from newsletter.delivery.queries import mailing
from newsletter.delivery.service import queue_to_operator
from newsletter.editions.emails import Told, trial_letter
from newsletter.editions.models import Edition
from newsletter.editions.policy import EditionStatus
from newsletter.editions.queries import articles_of, edition, layout_of
from newsletter.mail.house import House
from newsletter.newsletters.models import Newsletter


def send_trial(edition_id: int, address: str, house: House) -> None:
    """Mail it to any address as it stands, with a word above it that says so. Raises NotFound, InvalidAddress.

    It has no link that is somebody's own. Who must not be mailed gets none of these either.
    """
    mailbox = parse(address)
    with transaction():
        chosen = edition(edition_id)
        of = db.session.get_one(Newsletter, chosen.newsletter_id)
        told = Told(chosen, articles_of(edition_id), layout_of(chosen), notice=_notice(chosen, of))
        letter = trial_letter(told, of, house)
        queue_to_operator(letter, str(mailbox), mailbox.key(house.settings.pepper))


def tell_editor(edition_id: int, house: House) -> None:
    """Mail a draft, or what was paused, to the operator, if there is an address for that. Raises NotFound."""
    if house.settings.operator:
        send_trial(edition_id, house.settings.operator, house)


def _notice(chosen: Edition, of: Newsletter) -> str:
    name = f"This is how edition {chosen.id} looks now."
    at = chosen.sends_at.astimezone(ZoneInfo(of.timezone)) if chosen.sends_at else None
    if chosen.status == EditionStatus.HELD:
        return f"{name} It is held: {chosen.problem} To let it leave: newsletter edition approve {chosen.id}"
    if chosen.status == EditionStatus.PAUSED and chosen.mailing_id:
        return (
            f"Edition {chosen.id} is paused: {mailing(chosen.mailing_id).problem} "
            f"To go on: newsletter edition resume {chosen.id} To stop it: newsletter edition cancel {chosen.id}"
        )
    if chosen.status == EditionStatus.SCHEDULED and at:
        return f"{name} It leaves at {at:%H:%M %Z}. To keep it back: newsletter edition hold {chosen.id}"
    return name
