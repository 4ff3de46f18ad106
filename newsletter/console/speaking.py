"""In which language a page of the console is answered: the operator's own, or else what their browser asks for."""

from flask import Blueprint, Response, flash, request

from newsletter.console import gate
from newsletter.mail.languages import written
from newsletter.operators.service.speaking import AREA
from newsletter.web.words import speak, translated, wanted_by_browser

_ASKED = "newsletter.browser_was_asked"


def guard(blueprint: Blueprint) -> None:
    """Choose before its views run."""
    blueprint.before_request(_choose)
    blueprint.after_request(_vary)


def tell(words: str, kind: str = "message") -> None:
    """Say it on the next page, in the language of this one; `problem` for what was not done."""
    # It waits in the session, which keeps plain text.
    flash(str(translated(words)), kind)


def _choose() -> None:
    seen = gate.waiting()
    own = seen.operator.language if seen else ""
    if not own:
        request.environ[_ASKED] = True
    speak(own or wanted_by_browser(written(AREA)), AREA)


def _vary(answer: Response) -> Response:
    if _ASKED in request.environ:
        answer.vary.add("Accept-Language")
    return answer
