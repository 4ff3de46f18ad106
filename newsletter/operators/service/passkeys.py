"""Passkeys: kept on operators' devices, which ask for a finger, a face or a PIN before they sign (WebAuthn)."""

import hashlib
import hmac
from dataclasses import dataclass

from sqlalchemy import update

from newsletter.core.clock import now
from newsletter.core.db import db, insert_ignoring, rows_written, transaction
from newsletter.core.errors import Conflict, InvalidInput
from newsletter.core.logs import logger
from newsletter.core.words import said
from newsletter.mail.house import House
from newsletter.mail.message import plain
from newsletter.operators.models import Operator, Passkey
from newsletter.operators.policy import (
    LONGEST_KEY_NAME,
    MOST_PASSKEYS,
    RelyingParty,
    digest_of,
    relying_party,
)
from newsletter.operators.queries import Visit, find_passkey, operator, passkey, passkeys_of
from newsletter.operators.service import ceremonies, challenges
from newsletter.operators.service.auditing import note
from newsletter.operators.service.ceremonies import Holder, Made
from newsletter.operators.service.counting import forgive, note_try
from newsletter.operators.service.entering import prove_again
from newsletter.operators.service.staying import Browser, Entered, begin, end_all

ADDING, ENTERING = "passkey to add", "passkey to enter"
"""What a challenge is made for; one never stands for the other."""

BY_PASSKEY = "by a passkey"

log = logger(__name__)


@dataclass(frozen=True)
class Asked:
    """`options` is JSON for the browser, `token` for its session."""

    options: str
    token: str


@dataclass(frozen=True)
class Answered:
    """What came back: the token from the browser's session, and the device's answer as JSON."""

    token: str
    answer: str


def ask_to_enter(house: House) -> Asked:
    """A challenge for whoever has a passkey. Raises Conflict where the house's address takes none."""
    party = _party(house)
    challenge = challenges.make(ENTERING, {}, house)
    return Asked(ceremonies.options_to_enter(challenge.text, party), challenge.token)


def enter_by_passkey(given: Answered, browser: Browser, house: House) -> Entered:
    """Begin a session: a passkey stands for the password and the second factor.

    Guesses are counted by passkey and by network, so that wrong passwords of others keep nobody's passkey out.
    Raises InvalidInput, TooManyTries, or Conflict.
    """
    party, named = _party(house), ceremonies.credential_in(given.answer)
    tried = note_try(f"passkey:{named}", browser.ip, house.settings.pepper)
    challenge = challenges.spend(ENTERING, given.token, house)
    found = find_passkey(named)
    if found is None:
        log.warning("passkey unknown", ip=browser.ip)
        raise InvalidInput(ceremonies.REFUSED)
    held, whose = found
    made = Made(held.credential_id, held.public_key, held.sign_count)
    try:
        count = ceremonies.counted(given.answer, challenge["c"], made, handle_of(whose.id, house), party)
    except InvalidInput:
        log.warning("passkey refused", address=whose.address, ip=browser.ip)
        raise
    with transaction():
        if _goes_on(held.id, count):
            forgive(tried)
            return begin(operator(whose.id), browser, is_complete=True, way=BY_PASSKEY)
    _tell_of_copy(whose, held)
    raise InvalidInput(ceremonies.REFUSED)


def ask_to_add(visit: Visit, password: str, browser: Browser, house: House) -> Asked:
    """A challenge for a passkey to be made. Raises InvalidInput, TooManyTries, or Conflict for too many."""
    party, whose = _party(house), visit.operator
    prove_again(visit, password, browser, house)
    held = [each.credential_id for each in passkeys_of(whose.id)]
    if len(held) >= MOST_PASSKEYS:
        problem = said("You have %(most)s passkeys; remove one first.", most=MOST_PASSKEYS)
        raise Conflict(problem)
    challenge = challenges.make(ADDING, {"s": _mark(visit)}, house)
    holder = Holder(handle_of(whose.id, house), whose.address, whose.called)
    return Asked(ceremonies.options_to_add(holder, challenge.text, held, party), challenge.token)


def add_passkey(visit: Visit, given: Answered, name: str, browser: Browser, house: House) -> Entered:
    """Take the passkey; a session in place of all others. Raises InvalidInput, or Conflict."""
    party, named = _party(house), _name(name)
    challenge = challenges.spend(ADDING, given.token, house)
    if challenge["s"] != _mark(visit):
        raise InvalidInput(challenges.STALE)
    made = ceremonies.added(given.answer, challenge["c"], party)
    with transaction():
        one = operator(visit.operator.id)
        kept = {"sign_count": made.sign_count, "name": named, "added_at": now(), "operator_id": one.id}
        row = {"credential_id": made.credential_id, "public_key": made.public_key, **kept}
        if not rows_written(insert_ignoring(Passkey).values(**row)):
            problem = said("This passkey is known here already.")
            raise Conflict(problem)
        end_all(one.id)
        note(one.id, f"added the passkey {named}", f"operator {one.address}")
        return begin(one, browser, is_complete=True, way=BY_PASSKEY)


def remove_passkey(visit: Visit, passkey_id: int, password: str, browser: Browser, house: House) -> Entered:
    """Take it no more; a session in place of all others. Raises NotFound, InvalidInput, and TooManyTries."""
    passkey(visit.operator.id, passkey_id)
    prove_again(visit, password, browser, house)
    with transaction():
        one, gone = operator(visit.operator.id), passkey(visit.operator.id, passkey_id)
        db.session.delete(gone)
        end_all(one.id)
        note(one.id, f"removed the passkey {gone.name}", f"operator {one.address}")
        return begin(one, browser, is_complete=True)


def handle_of(operator_id: int, house: House) -> bytes:
    """What devices name an operator by: the same for all their passkeys, and no word about them."""
    return hmac.digest(house.settings.pepper.encode(), b"newsletter.passkey:%d" % operator_id, hashlib.sha256)


def _mark(visit: Visit) -> str:
    """Which session it is, said so that nobody learns anything of its key."""
    return digest_of(f"adding:{visit.session.key_hash}")


def _goes_on(passkey_id: int, count: int) -> bool:
    """Note the use, in the caller's transaction; False where the device has counted no further than before."""
    further = Passkey.sign_count < count if count else Passkey.sign_count == 0
    used = update(Passkey).where(Passkey.id == passkey_id, further).values(sign_count=count, used_at=now())
    return rows_written(used.execution_options(synchronize_session=False)) == 1


def _tell_of_copy(whose: Operator, held: Passkey) -> None:
    """A count that does not go on means that two devices have the same key, one of which should not."""
    log.warning("passkey counts backwards: it may have been copied", address=whose.address)
    with transaction():
        note(whose.id, f"was refused: the passkey {held.name} may be a copy", f"operator {whose.address}")


def _name(typed: str) -> str:
    name = plain(typed).strip()
    if not 0 < len(name) <= LONGEST_KEY_NAME:
        problem = said(
            "A passkey has a name of at most %(most)s characters, such as that of the device.",
            most=LONGEST_KEY_NAME,
        )
        raise InvalidInput(problem, field="name")
    return name


def _party(house: House) -> RelyingParty:
    party = relying_party(house.settings.base_url)
    if party is None:
        problem = said("Passkeys need an address with a name: NEWSLETTER_BASE_URL is a number.")
        raise Conflict(problem)
    return party
