"""Who is at the door: the session behind the cookie, and whether the role reaches for the page."""

from collections.abc import Callable
from functools import wraps
from typing import Any, NoReturn, ParamSpec
from urllib.parse import urlsplit

from flask import Blueprint, Flask, make_response, redirect, request, url_for
from werkzeug.wrappers import Response

from newsletter.console.naming import in_words
from newsletter.console.policies import is_partial
from newsletter.core.clock import now
from newsletter.core.errors import NotAllowed, NotFound
from newsletter.core.words import said
from newsletter.digests.queries import digest
from newsletter.editions.queries import edition
from newsletter.newsletters.queries import newsletter_id
from newsletter.operators import service
from newsletter.operators.models import Operator
from newsletter.operators.policy import Role
from newsletter.operators.queries import Visit, find_visit, lacks_second_step
from newsletter.operators.service import Browser, Entered
from newsletter.web.current import settings
from newsletter.web.numbers import MOST_DIGITS, whole_number

P = ParamSpec("P")
Answer = str | Response | tuple[str | Response, int]

_NEEDS = "console_needs"
_VISIT, _FROM = "newsletter.visit", "newsletter.seen_from"
LOGIN = "login"
HOUSE = "house"
"""Said of a view that is about the whole house, also where looking is all it does."""


def register(app: Flask) -> None:
    """Let templates ask `may(role, newsletter_id)` and `visit()`."""
    app.jinja_env.globals.update(may=may, visit=find)
    app.teardown_request(_forget)


def guard(blueprint: Blueprint) -> None:
    """Let what a view notes carry where it came from."""
    blueprint.before_request(_remember)


def requires(role: Role, of: str = "") -> Callable[[Callable[P, Answer]], Callable[P, Answer]]:
    """Let only those in whose role reaches.

    A view with an argument `newsletter` (a slug), `edition_id` or `digest` (a slug) is about that newsletter. Any
    other one is about the house, and asks for the role there; but for VIEWER a role anywhere will do, because
    lists show only what one `may_see`, unless `of` is HOUSE.
    """

    def decorated(view: Callable[P, Answer]) -> Callable[P, Answer]:
        @wraps(view)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> Answer:
            seen = find()
            if seen is None:
                return _to_login()
            service.see(seen.session)
            if lacks_second_step(seen, settings().second_factor):
                return _to(url_for("console_account.second_factor"))
            if not _is_let_in(seen, role, of, kwargs):
                _refuse(role)
            return view(*args, **kwargs)

        setattr(guarded, _NEEDS, role)
        return guarded

    return decorated


def requires_login(view: Callable[P, Answer]) -> Callable[P, Answer]:
    """Let in everybody who is logged in: to their own account, with or without a role."""

    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> Answer:
        seen = find()
        if seen is None:
            return _to_login()
        service.see(seen.session)
        return view(*args, **kwargs)

    setattr(guarded, _NEEDS, LOGIN)
    return guarded


def open_to_all(view: Callable[P, Answer]) -> Callable[P, Answer]:
    """Say that the view looks after the door itself."""
    setattr(view, _NEEDS, None)
    return view


def needed_for(view: Callable[..., Any]) -> str | None:
    """The role that a view `requires`, LOGIN, or None if it is open to all. Raises AttributeError for others."""
    needed: str | None = getattr(view, _NEEDS)
    return needed


def find() -> Visit | None:
    """Who is logged in; None for nobody, and while a second factor is still to come."""
    seen = waiting()
    return seen if seen and seen.session.is_complete else None


def waiting() -> Visit | None:
    """As `find`, also while a second factor is still to come."""
    if _VISIT not in request.environ:
        key = request.cookies.get(cookie_name(), "")
        request.environ[_VISIT] = find_visit(key, now()) if key else None
    seen: Visit | None = request.environ[_VISIT]
    return seen


def here() -> Visit:
    """Within a view that `requires` a role."""
    seen = find()
    if seen is None:
        raise NotAllowed("Nobody is logged in.")  # noqa: EM101, TRY003 - a mistake of ours if it ever shows.
    return seen


def operator() -> Operator:
    """Who is logged in, within a view that `requires` a role."""
    return here().operator


def may_see() -> frozenset[int] | None:
    """The newsletters that whoever is logged in may look at; None for all of them."""
    return here().powers.visible()


def may(role: Role | str, newsletter_id: int | None = None) -> bool:
    """Whether the role of whoever is logged in reaches, for this newsletter or, with None, for the house."""
    seen = find()
    return seen is not None and seen.powers.may(Role(role), newsletter_id)


def demand(role: Role, newsletter_id: int | None) -> None:
    """For a view that learns only by itself which newsletter it is about. Raises NotAllowed."""
    if not may(role, newsletter_id):
        _refuse(role)


def browser() -> Browser:
    return Browser(request.remote_addr or "", request.user_agent.string)


def let_in(entered: Entered, to: str) -> Response:
    """Hand the key to the browser, and lead on."""
    return hand_key(redirect(to, 303), entered)


def hand_key(answer: Response, entered: Entered) -> Response:
    """The answer, with the key of the session that has just begun."""
    answer.set_cookie(
        cookie_name(), entered.key, httponly=True, samesite="Lax", secure=settings().base_url.startswith("https:")
    )
    return answer


def let_out() -> Response:
    answer = redirect(url_for("console_door.login"), 303)
    answer.delete_cookie(
        cookie_name(), httponly=True, samesite="Lax", secure=settings().base_url.startswith("https:")
    )
    return answer


def cookie_name() -> str:
    """Under https one that a browser takes from this very host only (RFC 6265bis §4.1.3.2)."""
    return "__Host-console" if settings().base_url.startswith("https:") else "console"


def own_path(wished: str) -> str:
    """Where to go after logging in: the page that was wished for if it is one of the console's, else the first."""
    home = url_for("console_home.home")
    parts = urlsplit(wished)
    is_ours = wished == home or wished.startswith((f"{home}/", f"{home}?"))
    # Browsers read a backslash as a slash, and leave out line ends.
    is_plain = wished.isprintable() and "\\" not in wished and not parts.scheme and not parts.netloc
    return wished if is_ours and is_plain and ".." not in wished else home


def _is_let_in(seen: Visit, role: Role, of: str, arguments: dict[str, Any]) -> bool:
    about = _newsletter_of(arguments)
    if about is None:
        return seen.powers.may_somewhere(role) if role is Role.VIEWER and of != HOUSE else seen.powers.may(role)
    if not seen.powers.may(Role.VIEWER, about):
        # Whoever may not look at it is not told that it is there.
        raise NotFound(kind="page", name=request.path)
    return seen.powers.may(role, about)


def _newsletter_of(arguments: dict[str, Any]) -> int | None:
    if "newsletter" in arguments:
        return newsletter_id(str(arguments["newsletter"]))
    if "edition_id" in arguments:
        return edition(whole_number(str(arguments["edition_id"]), MOST_DIGITS)).newsletter_id
    if "digest" in arguments:
        return digest(str(arguments["digest"])).newsletter_id
    return None


def _refuse(role: Role) -> NoReturn:
    problem = said(
        "This needs the role %(role)s; an owner of the console can give it to you.", role=in_words(role)
    )
    raise NotAllowed(problem)


def _to_login() -> Response:
    wished = request.full_path.rstrip("?") if request.method == "GET" else ""
    return _to(url_for("console_door.login", next=wished or None))


def _to(url: str) -> Response:
    if is_partial():
        # A part of a page must not be replaced by a whole one.
        answer = make_response("", 401)
        answer.headers["HX-Redirect"] = url
        return answer
    return redirect(url, 303)


def _remember() -> None:
    held = service.seen_from(request.remote_addr or "")
    held.__enter__()
    request.environ[_FROM] = held


def _forget(_error: BaseException | None) -> None:
    held = request.environ.pop(_FROM, None)
    if held:
        held.__exit__(None, None, None)
