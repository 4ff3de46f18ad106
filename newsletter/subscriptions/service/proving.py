"""Proofs of work: what a browser is asked to do before its form counts, and that each proof counts once."""

import hmac
import secrets
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from sqlalchemy import delete

from newsletter.core.clock import now
from newsletter.core.db import insert_ignoring, rows_written, transaction
from newsletter.core.errors import InvalidInput, NotFound
from newsletter.core.words import said
from newsletter.mail.house import House
from newsletter.newsletters.queries import newsletter
from newsletter.subscriptions.models import SpentProof
from newsletter.subscriptions.policy.budgets import Trust
from newsletter.subscriptions.policy.proof import LIFE, Challenge, Hidden, Proof, find_proof, make_challenge
from newsletter.subscriptions.service.consent import Origin

PURPOSE = b"newsletter.proof:v1"
"""What the key of the proofs is derived for, so that nothing signed for them is worth anything elsewhere."""

KEPT_AFTER = timedelta(hours=1)
"""How long a spent proof is kept once it has expired: clocks of two machines differ."""


def issue(slug: str, house: House) -> Challenge:
    """A challenge for the form of this newsletter; nothing is written. Raises NotFound, also when it is off."""
    asked, of = house.settings.proof_of_work, newsletter(slug)
    if asked is None:
        raise NotFound(kind="challenge", name=slug)
    hidden = Hidden(secrets.token_hex(12), secrets.randbelow(asked.most + 1), asked.most)
    return make_challenge(hidden, of.slug, now() + LIFE, _keys(house)[0])


def proven(origin: Origin, payload: str, slug: str, house: House) -> Origin:
    """The origin of a form with what its proof, "" if it brought none, makes of it.

    Raises InvalidInput where a person has to press again: the proof is too old, or one is required and missing.
    """
    asked = house.settings.proof_of_work
    if asked is None or origin.trust is Trust.MACHINE:
        return origin
    if not payload and asked.is_required:
        problem = said(
            "To keep programs away, this form has your browser solve a small task, and for that it needs "
            "JavaScript. Please switch it on if it is off, load this page again, and press the button once more."
        )
        raise InvalidInput(problem, field="form")
    if not payload:
        return replace(origin, trust=Trust.UNSIGNED)
    proof = find_proof(payload, slug, _keys(house))
    if proof is None:
        return replace(origin, trust=Trust.MACHINE)
    if proof.expires_at < now():
        problem = said(
            "This form has waited for more than ten minutes. Nothing is lost; please press the button once more."
        )
        raise InvalidInput(problem, field="form")
    return replace(origin, proof=proof)


def spend(proof: Proof) -> bool:
    """Whether the proof is used for the first time, in the caller's transaction."""
    spent = insert_ignoring(SpentProof).values(signature=proof.signature, expires_at=proof.expires_at)
    return rows_written(spent) == 1


def purge_proofs() -> int:
    """Forget the spent ones that have expired anyway; how many that were."""
    with transaction():
        return rows_written(delete(SpentProof).where(SpentProof.expires_at < now() - KEPT_AFTER))


def _keys(house: House) -> Sequence[bytes]:
    """One for each of the secret keys, newest first."""
    return [hmac.digest(each.encode(), PURPOSE, "sha256") for each in house.settings.secret_keys]
