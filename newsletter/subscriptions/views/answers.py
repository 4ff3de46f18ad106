"""What the public views share: pages about a newsletter, and where a request came from."""

from dataclasses import replace

from flask import render_template, request
from werkzeug.wrappers import Response

from newsletter.core.logs import without_tokens
from newsletter.mail.languages import LANGUAGES, spoken
from newsletter.newsletters.emails import page_url
from newsletter.newsletters.models import Newsletter
from newsletter.subscriptions.models import Subscriber
from newsletter.subscriptions.policy.budgets import Trust
from newsletter.subscriptions.policy.keeping import kept_agent, kept_ip
from newsletter.subscriptions.queries import writes_to
from newsletter.subscriptions.service import Origin
from newsletter.subscriptions.service.consent import NO_NOTICE, Notice
from newsletter.subscriptions.views import wordings
from newsletter.web.current import house
from newsletter.web.words import language, speak, speak_by_browser

AREA = "pages"
"""Whose words these views use."""

Answer = str | Response | tuple[str | Response, int]


def about(template: str, of: Newsletter, **values: object) -> str:
    """A page of this newsletter."""
    return render_template(template, newsletter=of, newsletter_url=url_of(of), **values)


def speak_as(of: Newsletter) -> Newsletter:
    """The rest of the answer is in the language of this newsletter, whoever asks."""
    speak(of.language, AREA)
    return of


def speak_to(person: Subscriber | None, about: Newsletter | None = None) -> None:
    """In the language that this person chose, else in that of the newsletter, else of one that writes to them.

    Only for who has shown a link of their own: another answer would tell strangers what is kept. What was shown in
    a language is answered in it, so that what is noted of a button is what stood on it.
    """
    shown = request.form.get("spoken", "")
    if shown in LANGUAGES:
        speak(shown, AREA)
    elif person is None:
        speak_by_browser(AREA)
    else:
        speak_as_wished(person, about)


def speak_as_wished(person: Subscriber, about: Newsletter | None = None) -> None:
    """As `speak_to`, whatever was shown before."""
    if person.language and spoken(person.language) == person.language.partition("-")[0].lower():
        speak(person.language, AREA)
    else:
        speak_as(about or writes_to(person.id))


def url_of(of: Newsletter) -> str:
    return page_url(of, house().settings.base_url)


def trace(method: str, wording: str) -> Origin:
    """As `origin`, with what of it is to be kept."""
    seen, how = origin(method, wording), house().settings.keep_ip
    return replace(seen, ip=kept_ip(seen.ip, how), user_agent=kept_agent(seen.user_agent, how))


def origin(method: str, wording: str, form: str = "", trust: Trust = Trust.SIGNED) -> Origin:
    """Where this request came from; `wording` is all that the page said, `form` which form that was."""
    return Origin(
        method=method,
        ip=request.remote_addr or "",
        user_agent=request.user_agent.string,
        # A link of ours that stood there opens somebody's page for whoever reads the ledger.
        page=without_tokens(request.referrer or ""),
        wording=wording,
        form=form,
        trust=trust,
        notice=_notice(wording),
    )


def _notice(wording: str) -> Notice:
    """What our page named and the language it spoke; of what is not our page we know neither."""
    shown = house().settings.privacy_notice
    if not wording:
        return NO_NOTICE
    if shown and wordings.privacy(shown).striptags() in wording:
        return Notice(shown.url, shown.version, language())
    return Notice(locale=language())
