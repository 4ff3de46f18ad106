"""Getting in: by password and second factor, or by a link that works once."""

from sqlalchemy import update

from newsletter.core.addresses import parse
from newsletter.core.clock import now
from newsletter.core.db import db, rows_written, transaction
from newsletter.core.errors import InvalidAddress, InvalidInput, LinkDamaged
from newsletter.core.logs import logger
from newsletter.core.words import said
from newsletter.mail.house import House
from newsletter.operators.models import Operator
from newsletter.operators.policy import LINK_LIFE, digest_of, password_problem
from newsletter.operators.queries import Visit, find_by_login, find_link, has_second_step, operator
from newsletter.operators.service import factors, passwords
from newsletter.operators.service.auditing import note
from newsletter.operators.service.counting import forgive, note_try
from newsletter.operators.service.staying import Browser, Entered, begin, end_all

PURPOSE = "one-time"
"""What a one-time link is signed for, and what is said of one that cannot be used."""

WRONG = said("The address or the password is not right.")

log = logger(__name__)


def log_in(address: str, password: str, browser: Browser, house: House) -> Entered:
    """Begin a session, which waits for the second factor if there is one.

    Raises InvalidInput, the same for every address, and TooManyTries. An address that nobody has costs as much.
    """
    login = _login_of(address)
    tried = note_try(login, browser.ip, house.settings.pepper)
    found = find_by_login(login)
    if not passwords.is_right(password, found.password_hash if found else "") or found is None:
        log.warning("login failed", address=login, ip=browser.ip)
        raise InvalidInput(WRONG, field="password")
    fresh = passwords.kept(password) if passwords.is_dated(found.password_hash) else ""
    with transaction():
        forgive(tried)
        one = operator(found.id)
        if fresh:
            one.password_hash = fresh
        return begin(one, browser, is_complete=not has_second_step(one, house.settings.second_factor))


def pass_factor(visit: Visit, code: str, browser: Browser, house: House) -> Entered:
    """Complete a session that waits for the second factor; it goes on under another key.

    Raises InvalidInput for a code that is wrong or was used, and TooManyTries.
    """
    tried = note_try(visit.operator.login, browser.ip, house.settings.pepper)
    with transaction():
        one = operator(visit.operator.id)
        if one.factor and factors.takes(one, code, house):
            forgive(tried)
            db.session.delete(visit.session)
            return begin(one, browser, is_complete=True)
    log.warning("second factor failed", address=visit.operator.address, ip=browser.ip)
    raise InvalidInput(factors.WRONG_CODE, field="code")


def make_link(chosen: Operator, nonce: str, house: House) -> str:
    """The address behind which they choose a password: once, within a day. In the caller's transaction."""
    chosen.link_hash = digest_of(nonce)
    token = house.signer.sign(PURPOSE, {"o": chosen.id, "n": nonce}, at=now())
    return f"{house.settings.base_url}/console/welcome/{token}"


def opened_by(token: str, house: House) -> Operator:
    """Whose link this is. Raises LinkDamaged, also when it was used, or LinkExpired."""
    claims = house.signer.read(PURPOSE, token, now=now(), max_age=LINK_LIFE).claims
    found = find_link(int(claims["o"]), str(claims["n"]))
    if found is None:
        raise LinkDamaged(PURPOSE)
    return found


def enter_by_link(token: str, password: str, browser: Browser, house: House) -> Entered:
    """Choose a password and begin a session; all others end, and the link with them.

    Raises InvalidInput for a password that will not do, and then the link still works; otherwise as `opened_by`.
    """
    found = opened_by(token, house)
    hashed = _chosen(password, found)
    with transaction():
        claimed = update(Operator).where(Operator.id == found.id, Operator.link_hash == found.link_hash)
        if not rows_written(claimed.values(link_hash="").execution_options(synchronize_session=False)):
            raise LinkDamaged(PURPOSE)
        one = operator(found.id)
        one.password_hash = hashed
        end_all(one.id)
        note(one.id, "chose a password by a link", f"operator {one.address}")
        return begin(one, browser, is_complete=not has_second_step(one, house.settings.second_factor))


def prove_again(visit: Visit, password: str, browser: Browser, house: House) -> None:
    """Whoever sits at the browser must know the password before what guards the account is changed.

    Raises InvalidInput, and TooManyTries.
    """
    tried = note_try(visit.operator.login, browser.ip, house.settings.pepper)
    if not passwords.is_right(password, visit.operator.password_hash):
        problem = said("This is not your password.")
        raise InvalidInput(problem, field="old")
    with transaction():
        forgive(tried)


def change_password(visit: Visit, old: str, fresh: str, browser: Browser, house: House) -> Entered:
    """Choose another password; a session in place of all others. Raises InvalidInput, and TooManyTries."""
    prove_again(visit, old, browser, house)
    hashed = _chosen(fresh, visit.operator)
    with transaction():
        one = operator(visit.operator.id)
        one.password_hash, one.link_hash = hashed, ""
        end_all(one.id)
        note(one.id, "changed the password", f"operator {one.address}")
        return begin(one, browser, is_complete=True)


def _chosen(password: str, by: Operator) -> str:
    if problem := password_problem(password, by.address):
        raise InvalidInput(problem, field="password")
    return passwords.kept(password)


def _login_of(address: str) -> str:
    try:
        return parse(address).identity
    except InvalidAddress:
        # It is counted like any other, so that nothing shows that nobody can have it.
        return address.strip().lower()[:254]
