"""What the public views share: pages about a newsletter, and where a request came from."""

from dataclasses import replace

from flask import render_template, request
from werkzeug.wrappers import Response

from newsletter.core.logs import without_tokens
from newsletter.newsletters.emails import page_url
from newsletter.newsletters.models import Newsletter
from newsletter.subscriptions.policy.budgets import Trust
from newsletter.subscriptions.policy.keeping import kept_agent, kept_ip
from newsletter.subscriptions.service import Origin
from newsletter.subscriptions.service.consent import NO_NOTICE, Notice
from newsletter.subscriptions.views import wordings
from newsletter.web.current import house

Answer = str | Response | tuple[str | Response, int]


def about(template: str, of: Newsletter, **values: object) -> str:
    """A page of this newsletter."""
    return render_template(template, newsletter=of, newsletter_url=url_of(of), **values)


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
        return Notice(shown.url, shown.version, wordings.LOCALE)
    return Notice(locale=wordings.LOCALE)
