"""What a form says of who filled it in: people take their time, and do not fill in what they cannot see."""

from datetime import timedelta

from newsletter.core.clock import now
from newsletter.core.errors import InvalidInput, LinkDamaged
from newsletter.core.words import said
from newsletter.mail.house import House
from newsletter.subscriptions.policy.budgets import Trust

FORM = "form"
SHORTEST, LONGEST = timedelta(seconds=2), timedelta(hours=24)
"""How long a form is open before somebody sends it in."""


def stamp(house: House) -> str:
    """What a form of ours carries, so that it can be told when it was opened."""
    return house.signer.sign(FORM, {}, at=now())


def trust_in(stamped: str, unseen: str, house: House) -> Trust:
    """Who sent in a form with this stamp ("" if it has none) and this text in the field that nobody sees.

    Raises InvalidInput when it was open for too long: a person may do that, and has only to press again.
    """
    if unseen:
        return Trust.MACHINE
    if not stamped:
        return Trust.UNSIGNED if house.settings.signed_forms == "optional" else Trust.MACHINE
    try:
        opened_at = house.signer.read(FORM, stamped, now=now(), max_age=None).signed_at
    except LinkDamaged:
        return Trust.MACHINE
    age = now() - opened_at
    if age > LONGEST:
        problem = said(
            "This form was open for more than a day. Nothing is lost; please press the button once more."
        )
        raise InvalidInput(problem, field="form")
    # A stamp has whole seconds, and the clocks of two machines differ: a form from the future is no sign of haste.
    return Trust.MACHINE if timedelta(0) <= age < SHORTEST else Trust.SIGNED
