"""The second factor: time-based codes (RFC 6238) and recovery codes, each of which counts once."""

import base64
import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pyotp
from sqlalchemy import delete, update

from newsletter.core.addresses import keyed
from newsletter.core.clock import now
from newsletter.core.db import db, rows_written, transaction
from newsletter.core.errors import Conflict, InvalidInput
from newsletter.core.words import said
from newsletter.mail.house import House
from newsletter.operators.models import Operator, Passkey, RecoveryCode
from newsletter.operators.policy import RECOVERY_CODES, plain_code, recovery_code
from newsletter.operators.queries import operator
from newsletter.operators.service.auditing import note
from newsletter.operators.service.staying import Browser, Entered, begin, end_all

if TYPE_CHECKING:
    from cryptography.fernet import Fernet

STEP = 30
"""Seconds for which a code is shown; one step before and after is taken, too (RFC 6238 §5.2)."""

SETUP, SETUP_LIFE = "factor", timedelta(minutes=30)
WRONG_CODE = said("This code is not right, or was used already. Wait for the next one, or take a recovery code.")


@dataclass(frozen=True)
class Setup:
    """A second factor before it is one: `secret` in Base32, `url` for the app, `token` to bring back."""

    secret: str
    url: str
    token: str


def propose(chosen: Operator, issuer: str, house: House) -> Setup:
    """A fresh secret; nothing is kept until a code proves that an app has it."""
    secret = pyotp.random_base32()
    token = house.signer.sign(SETUP, {"o": chosen.id, "s": secret}, at=now())
    return _setup(chosen, secret, issuer, token)


def proposed(chosen: Operator, token: str, issuer: str, house: House) -> Setup:
    """The one that was proposed with this token. Raises LinkError."""
    claims = house.signer.read(SETUP, token, now=now(), max_age=SETUP_LIFE).claims
    if claims["o"] != chosen.id:
        problem = said("This second factor was meant for somebody else; begin again.")
        raise InvalidInput(problem, field="code")
    return _setup(chosen, str(claims["s"]), issuer, token)


def add_factor(
    chosen: Operator, setup: Setup, code: str, browser: Browser, house: House
) -> tuple[Entered, list[str]]:
    """Take the secret, once a code proves it; a session in place of all others, and fresh recovery codes.

    Raises InvalidInput for a wrong code.
    """
    moment = now()
    step = _find_step(setup.secret, code, moment)
    if step is None:
        raise InvalidInput(WRONG_CODE, field="code")
    with transaction():
        one = operator(chosen.id)
        one.factor, one.factor_step = _box(house).encrypt(setup.secret.encode()).decode(), step
        codes = _fresh_codes(one.id, house)
        end_all(one.id)
        note(one.id, "added a second factor", f"operator {one.address}")
        return begin(one, browser, is_complete=True), codes


def renew_codes(operator_id: int, house: House) -> list[str]:
    """Fresh recovery codes in place of the old ones. Raises NotFound, or Conflict without a second factor."""
    with transaction():
        if not operator(operator_id).factor:
            problem = said("Recovery codes stand in for a second factor; set one up first.")
            raise Conflict(problem)
        codes = _fresh_codes(operator_id, house)
        note(operator_id, "made new recovery codes", f"operator {operator(operator_id).address}")
        return codes


def remove_factor(operator_id: int, by: int | None) -> None:
    """Take second factor and passkeys away, and end all sessions; `by` None for a command. Raises NotFound.

    Both lived on what was lost, and either would go on opening the door to whoever found it.
    """
    with transaction():
        one = operator(operator_id)
        one.factor = ""
        for theirs in (RecoveryCode, Passkey):
            db.session.execute(delete(theirs).where(theirs.operator_id == operator_id))
        end_all(operator_id)
        note(by, "removed the second factor and passkeys", f"operator {one.address}")


def takes(one: Operator, typed: str, house: House) -> bool:
    """Whether this is a code that counts, in the caller's transaction; after that it never counts again."""
    code = plain_code(typed)
    if code.isdecimal():
        return _takes_timed(one, code, house)
    used = update(RecoveryCode).where(
        RecoveryCode.operator_id == one.id,
        RecoveryCode.code_key == _code_key(one.id, code, house),
        RecoveryCode.used_at.is_(None),
    )
    if not rows_written(used.values(used_at=now()).execution_options(synchronize_session=False)):
        return False
    note(one.id, "used a recovery code", f"operator {one.address}")
    return True


def _takes_timed(one: Operator, code: str, house: House) -> bool:
    step = _find_step(_box(house).decrypt(one.factor.encode()).decode(), code, now())
    if step is None:
        return False
    # Whoever looked over a shoulder, or was a moment slower, finds that the step has been taken.
    taken = update(Operator).where(Operator.id == one.id, Operator.factor_step < step).values(factor_step=step)
    return rows_written(taken.execution_options(synchronize_session=False)) == 1


def _find_step(secret: str, typed: str, moment: datetime) -> int | None:
    """The step of time to which the code belongs: this one, the one before or the one after; None for none."""
    code, current = plain_code(typed), int(moment.timestamp()) // STEP
    codes = pyotp.TOTP(secret, interval=STEP)
    right = [
        step
        for step in (current, current - 1, current + 1)
        if hmac.compare_digest(codes.generate_otp(step).encode(), code.encode())
    ]
    return right[0] if right else None


def _fresh_codes(operator_id: int, house: House) -> list[str]:
    db.session.execute(delete(RecoveryCode).where(RecoveryCode.operator_id == operator_id))
    codes = [recovery_code(secrets.token_bytes(7)) for _ in range(RECOVERY_CODES)]
    db.session.add_all(
        RecoveryCode(operator_id=operator_id, code_key=_code_key(operator_id, plain_code(code), house))
        for code in codes
    )
    return codes


def _code_key(operator_id: int, code: str, house: House) -> str:
    return keyed(f"recovery:{operator_id}:{code}", house.settings.pepper)


def _setup(chosen: Operator, secret: str, issuer: str, token: str) -> Setup:
    url = pyotp.TOTP(secret, interval=STEP).provisioning_uri(name=chosen.address, issuer_name=issuer)
    return Setup(secret, url, token)


def _box(house: House) -> "Fernet":
    """Seals secrets with a key that a copy of the database does not have."""
    from cryptography.fernet import Fernet  # noqa: PLC0415 - ten megabytes for processes that open nothing.

    key = hmac.digest(house.settings.pepper.encode(), b"newsletter.second-factor", hashlib.sha256)
    return Fernet(base64.urlsafe_b64encode(key))
