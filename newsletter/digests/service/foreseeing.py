"""What the digests that are due soon would carry, so that its links are asked before anything leaves."""

from collections.abc import Sequence
from datetime import timedelta

from newsletter.core.clock import now
from newsletter.core.db import db, reading
from newsletter.digests.models import Digest
from newsletter.digests.queries import due_digests
from newsletter.digests.service.proposing import propose
from newsletter.editions.service import links_of

AHEAD = timedelta(minutes=15)
"""How long before a digest is drafted the links it would carry are asked."""


def links_ahead(base_url: str) -> Sequence[str]:
    """The links that would leave if what is due soon were due at once."""
    moment = now()
    with reading():
        proposals = [
            propose(db.session.get_one(Digest, digest_id), moment) for digest_id in due_digests(moment + AHEAD)
        ]
        found = [url for each in proposals for url in links_of(each.articles, each.layout, base_url)]
    return list(dict.fromkeys(found))
