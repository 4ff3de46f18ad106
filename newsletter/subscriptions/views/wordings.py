"""What people are told where they agree or withdraw: made here once, for the page and for the consent ledger.

A template prints these parts and adds no word of its own; the ledger keeps the same parts without their markup. So
what is proved later is what was shown.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

from newsletter.core.setting_urls import PrivacyNotice
from newsletter.newsletters.models import Newsletter

NOTHING = ""
"""Of a form on another site, and of a button in a mail program, we do not know what it said."""


PAGE, FOOT, FRAME = "page", "foot", "frame"
"""Our forms whose words we know: of a newsletter's page, at the foot of what people read, and in a frame."""


LOCALE = "en"
"""The language of all these words."""


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
        what="What you get",
        what_words="The newest articles in one mail, each with its headline, its author and a link to read on.",
        often="How often",
        often_words=_often(of),
        before="What came before",
        before_words="Read the past editions",
        leave="How to leave",
        leave_words="With the link in every mail: one page, one button. No account, no questions.",
        heading="Sign up",
        **_following(followed),
        address=_label("E-mail address", "required"),
        address_hint="Your address is never published.",
        own_name=_label("Your name", "optional"),
        button=Markup('Sign up<span class="unseen"> for {}</span>').format(_named(of)),
        after="We first send one mail to ask whether it was you. Nothing else comes until you say yes in it.",
        **_privacy(notice),
    )


def short_form(of: Newsletter, notice: PrivacyNotice | None = None) -> Told:
    """The form at the foot of what people read."""
    return _told(
        heading=Markup("Get {} by mail").format(_named(of)),
        description=Markup('<span lang="{}" dir="{}">{}</span>').format(of.language, of.direction, of.description),
        address="E-mail address",
        button=Markup('Sign up<span class="unseen"> for {}</span>').format(_named(of)),
        after="We first send one mail to ask whether it was you. You can leave with one click.",
        **_privacy(notice),
    )


def framed_form(of: Newsletter, notice: PrivacyNotice | None = None) -> Told:
    """The form in a frame on other sites."""
    return _told(
        heading=_named(of),
        address="E-mail address",
        button=Markup('Sign up<span class="unseen"> for {}</span>').format(_named(of)),
        after="We first send one mail to ask whether it was you. Nothing else comes until you say yes in it.",
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
    often = Markup("") if others or not first.schedule_words else escape(f", {first.schedule_words}")
    return _told(
        heading="Confirm your subscriptions" if others else "Confirm your subscription",
        question=Markup("Do you want {} by mail{}?").format(_all_named(newsletters), often),
        button="Yes, subscribe me",
        after="Was it not you who signed up? Then close this page. Without the button, nothing is ever sent.",
        **_privacy(notice),
    )


def leave(of: Newsletter) -> Told:
    """What the unsubscribe link leads to."""
    return _told(
        heading="Unsubscribe",
        question=Markup("Do you want no more mails of {}?").format(_named(of)),
        button=Markup('Unsubscribe<span class="unseen"> from {}</span>').format(_named(of)),
        less="Only too much for now?",
        pause="Pause it instead",
        after="It takes effect at once. If you want to stay, close this page.",
    )


def never_write() -> Told:
    """What the link "never write to me" leads to."""
    return _told(
        heading="Never write to me",
        question="Shall this address never get a mail from here again, whatever newsletter it is, and whoever "
        "signs it up?",
        button="Never write to me",
        after="It takes effect at once, and signing up again does not undo it. To leave one newsletter only, use "
        "the link in its mails.",
    )


def stay(newsletters: Sequence[Newsletter]) -> Told:
    """What the link in the mail leads to that asks whether to go on."""
    return _told(
        heading="Shall it go on?",
        question=Markup("Do you still want {} by mail?").format(_all_named(newsletters)),
        button="Yes, keep sending",
        after="If you do not want it any more, close this page, and it ends by itself.",
    )


def leave_one(of: Newsletter) -> Told:
    """The button of one newsletter among the preferences."""
    return _told(button=Markup('Unsubscribe<span class="unseen"> from {}</span>').format(_named(of)))


def join_one(of: Newsletter) -> Told:
    """The button of one newsletter among the preferences."""
    return _told(button=Markup('Subscribe<span class="unseen"> to {}</span>').format(_named(of)))


def _following(followed: Sequence[str]) -> Mapping[str, Markup]:
    if not followed:
        return {}
    names = Markup(", ").join(Markup('<b dir="auto">{}</b>').format(each) for each in followed)
    return {
        "follow": Markup("You follow {}.").format(names),
        "follow_words": escape("It is kept with your subscription, and the link in each mail changes it."),
    }


def privacy(notice: PrivacyNotice) -> Markup:
    """The link to the notice; in a tab of its own, because it may stand in a frame."""
    words = Markup('<a href="{}" target="_blank" rel="noopener">How we treat your data</a> (version {})')
    return words.format(notice.url, notice.version)


def _privacy(notice: PrivacyNotice | None) -> Mapping[str, Markup]:
    return {"privacy": privacy(notice)} if notice else {}


def _told(**parts: str | Markup) -> Told:
    return Told({name: escape(part) for name, part in parts.items()})


def _named(of: Newsletter) -> Markup:
    """Its name within a sentence of ours, in its own language and direction."""
    return Markup('<bdi lang="{}" dir="{}">{}</bdi>').format(of.language, of.direction, of.name)


def _all_named(newsletters: Sequence[Newsletter]) -> Markup:
    """One, two and three."""
    *others, last = [_named(each) for each in newsletters]
    return Markup(" and ").join([Markup(", ").join(others), last]) if others else last


def _label(words: str, note: str) -> Markup:
    return Markup('{} <span class="note">({})</span>').format(words, note)


def _often(of: Newsletter) -> str:
    words = of.schedule_words
    if not words:
        return "Now and then, when there is something to tell."
    return f"{words[0].upper()}{words[1:]}, if there is something new."
