"""Editions that some readers get first: what became of them decides about the rest."""

from sqlalchemy import select

from newsletter.core.db import db, transaction
from newsletter.core.logs import logger
from newsletter.delivery.policy import CanaryState
from newsletter.delivery.service import canaries_to_watch, watch_canary
from newsletter.editions.models import Edition
from newsletter.editions.service.sending import follow_mailings
from newsletter.editions.service.splitting import settle_split
from newsletter.editions.service.trying import tell_editor
from newsletter.mail.house import House

log = logger(__name__)


def watch_canaries(house: House) -> None:
    """Let the rest follow, or stop, and tell the operator so in the same transaction."""
    for mailing_id in canaries_to_watch():
        with transaction():
            state = watch_canary(mailing_id)
            edition_id = db.session.scalar(select(Edition.id).where(Edition.mailing_id == mailing_id))
            if state == CanaryState.PASSED and edition_id:
                settle_split(edition_id)
            if state == CanaryState.STOPPED:
                follow_mailings()
                log.error("edition stopped after the first readers", edition=edition_id)
                if edition_id:
                    tell_editor(edition_id, house)
