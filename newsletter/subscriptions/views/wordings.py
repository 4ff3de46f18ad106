"""What people are told where they agree or withdraw: made here once, for the page and for the consent ledger.

A template prints these parts and adds no word of its own; the ledger keeps the same parts without their markup. So
what is proved later is what was shown. They are in the language in which the request is answered.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

from newsletter.core.setting_urls import PrivacyNotice
from newsletter.core.words import Said, said
from newsletter.mail.languages import enumerated
from newsletter.mail.schedules import schedule_in_words
from newsletter.newsletters.models import Newsletter
from newsletter.web.words import language, marked

NOTHING = ""
"""Of a form on another site, and of a button in a mail program, we do not know what it said."""


PAGE, FOOT, FRAME = "page", "foot", "frame"
"""Our forms whose words we know: of a newsletter's page, at the foot of what people read, and in a frame."""


@dataclass(frozen=True)
class Told:
    """The parts in the order in which a page shows them, by the names under which its template prints them."""

    parts: Mapping[str, Markup]

    def __getitem__(self, name: str) -> Markup:
        return self.parts[name]

    @property
    def text(self) -> str:
        """As people read it, a line for each part."""
        lines = (part.striptags() for part in self.parts.values())
        return "\n".join(line for line in lines if line)


def sign_up(of: Newsletter, followed: Sequence[str] = (), notice: PrivacyNotice | None = None) -> Told:
    """The page with the sign-up form; `followed` is what somebody came to follow, of what the newsletter has."""
    return _told(
        name=of.name,
        description=of.description,
        what=said("What you get"),
        what_words=said(
            "The newest articles in one mail, each with its headline, its author and a link to read on."
        ),
        often=said("How often"),
        often_words=_often(of),
        before=said("What came before"),
        before_words=said("Read the past editions"),
        leave=said("How to leave"),
        leave_words=said("With the link in every mail: one page, one button. No account, no questions."),
        heading=said("Sign up"),
        **_following(followed),
        address=said('E-mail address <span class="note">(required)</span>'),
        address_hint=said("Your address is never published."),
        own_name=said('Your name <span class="note">(optional)</span>'),
        button=said('Sign up<span class="unseen"> for %(name)s</span>', name=_named(of)),
        after=said(
            "We first send one mail to ask whether it was you. Nothing else comes until you say yes in it."
        ),
        **_privacy(notice),
    )


def short_form(of: Newsletter, notice: PrivacyNotice | None = None) -> Told:
    """The form at the foot of what people read."""
    return _told(
        heading=said("Get %(name)s by mail", name=_named(of)),
        description=Markup('<span lang="{}" dir="{}">{}</span>').format(of.language, of.direction, of.description),
        address=said("E-mail address"),
        button=said('Sign up<span class="unseen"> for %(name)s</span>', name=_named(of)),
        after=said("We first send one mail to ask whether it was you. You can leave with one click."),
        **_privacy(notice),
    )


def framed_form(of: Newsletter, notice: PrivacyNotice | None = None) -> Told:
    """The form in a frame on other sites."""
    return _told(
        heading=_named(of),
        address=said("E-mail address"),
        button=said('Sign up<span class="unseen"> for %(name)s</span>', name=_named(of)),
        after=said(
            "We first send one mail to ask whether it was you. Nothing else comes until you say yes in it."
        ),
        **_privacy(notice),
    )


def of_form(which: str, of: Newsletter, followed: Sequence[str] = (), notice: PrivacyNotice | None = None) -> str:
    """What that form said; NOTHING of one whose words others may have changed."""
    if which == PAGE:
        return sign_up(of, followed, notice).text
    forms = {FOOT: short_form, FRAME: framed_form}
    return forms[which](of, notice).text if which in forms else NOTHING


def confirm(newsletters: Sequence[Newsletter], notice: PrivacyNotice | None = None) -> Told:
    """What the link in a confirmation leads to, for all newsletters that it confirms."""
    first, *others = newsletters
    often = "" if others else schedule_in_words(first.comes, language())
    names = _all_named(newsletters)
    return _told(
        heading=said("Confirm your subscriptions") if others else said("Confirm your subscription"),
        question=said("Do you want %(names)s by mail, %(often)s?", names=names, often=often)
        if often
        else said("Do you want %(names)s by mail?", names=names),
        button=said("Yes, subscribe me"),
        after=said(
            "Was it not you who signed up? Then close this page. Without the button, nothing is ever sent."
        ),
        **_privacy(notice),
    )


def leave(of: Newsletter) -> Told:
    """What the unsubscribe link leads to."""
    return _told(
        heading=said("Unsubscribe"),
        question=said("Do you want no more mails of %(name)s?", name=_named(of)),
        button=said('Unsubscribe<span class="unseen"> from %(name)s</span>', name=_named(of)),
        less=said("Only too much for now?"),
        pause=said("Pause it instead"),
        after=said("It takes effect at once. If you want to stay, close this page."),
    )


def never_write() -> Told:
    """What the link "never write to me" leads to."""
    return _told(
        heading=said("Never write to me"),
        question=said(
            "Shall this address never get a mail from here again, whatever newsletter it is, "
            "and whoever signs it up?"
        ),
        button=said("Never write to me"),
        after=said(
            "It takes effect at once, and signing up again does not undo it. "
            "To leave one newsletter only, use the link in its mails."
        ),
    )


def stay(newsletters: Sequence[Newsletter]) -> Told:
    """What the link in the mail leads to that asks whether to go on."""
    return _told(
        heading=said("Shall it go on?"),
        question=said("Do you still want %(names)s by mail?", names=_all_named(newsletters)),
        button=said("Yes, keep sending"),
        after=said("If you do not want it any more, close this page, and it ends by itself."),
    )


def leave_one(of: Newsletter) -> Told:
    """The button of one newsletter among the preferences."""
    return _told(button=said('Unsubscribe<span class="unseen"> from %(name)s</span>', name=_named(of)))


def join_one(of: Newsletter) -> Told:
    """The button of one newsletter among the preferences."""
    return _told(button=said('Subscribe<span class="unseen"> to %(name)s</span>', name=_named(of)))


def _following(followed: Sequence[str]) -> Mapping[str, Markup]:
    if not followed:
        return {}
    names = Markup(", ").join(Markup('<b dir="auto">{}</b>').format(each) for each in followed)
    return {
        "follow": marked(said("You follow %(names)s.", names=names)),
        "follow_words": marked(said("It is kept with your subscription, and the link in each mail changes it.")),
    }


def privacy(notice: PrivacyNotice) -> Markup:
    """The link to the notice; in a tab of its own, because it may stand in a frame."""
    start, end = Markup('<a href="{}" target="_blank" rel="noopener">').format(notice.url), Markup("</a>")
    told = said(
        "%(start)sHow we treat your data%(end)s (version %(version)s)",
        start=start,
        end=end,
        version=notice.version,
    )
    return marked(told)


def _privacy(notice: PrivacyNotice | None) -> Mapping[str, Markup]:
    return {"privacy": privacy(notice)} if notice else {}


def _told(**parts: str | Markup) -> Told:
    return Told({name: marked(part) if isinstance(part, Said) else escape(part) for name, part in parts.items()})


def _named(of: Newsletter) -> Markup:
    """Its name within a sentence of ours, in its own language and direction."""
    return Markup('<bdi lang="{}" dir="{}">{}</bdi>').format(of.language, of.direction, of.name)


def _all_named(newsletters: Sequence[Newsletter]) -> Markup:
    """One, two and three."""
    return Markup(enumerated([str(_named(each)) for each in newsletters], language()))  # noqa: S704 - names were escaped.


def _often(of: Newsletter) -> Said:
    words = schedule_in_words(of.comes, language())
    if not words:
        return said("Now and then, when there is something to tell.")
    return said("%(often)s, if there is something new.", often=f"{words[0].upper()}{words[1:]}")
