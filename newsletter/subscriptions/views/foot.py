"""The short form at the foot of what people read."""

from dataclasses import dataclass

from flask import url_for

from newsletter.mail.message import Hole
from newsletter.newsletters.models import Newsletter
from newsletter.subscriptions.views import wordings
from newsletter.subscriptions.views.proofs import AskedProof, asked_proof
from newsletter.subscriptions.views.wordings import Told
from newsletter.web.caching import STAMP
from newsletter.web.current import house


@dataclass(frozen=True)
class Foot:
    """What the form is made of; `stamp` stands for the one that `shared_with_form` puts in."""

    url: str
    told: Told
    proof: AskedProof | None
    stamp: Hole | str


def foot(of: Newsletter) -> Foot:
    url = url_for("public.subscribe", slug=of.slug, form=wordings.FOOT)
    return Foot(url, wordings.short_form(of, house().settings.privacy_notice), asked_proof(of), STAMP)
