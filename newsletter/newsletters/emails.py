"""What each mail of a newsletter shares: its letterhead and its look."""

from dataclasses import dataclass, replace
from datetime import datetime

from newsletter.mail.headers import Letterhead, ListFacts, Mailbox
from newsletter.newsletters.models import Newsletter

FEEDBACK_SENDER = "newsletter"
"""The constant last part of Feedback-ID, 5 to 15 characters, by which Gmail groups complaints."""


@dataclass(frozen=True)
class Logo:
    """A picture in place of the name, and how many pixels wide it is shown."""

    url: str
    width: int


@dataclass(frozen=True)
class Look:
    """The newsletter as the mail templates see it; `footer` in Markdown."""

    name: str
    description: str
    sender_name: str
    postal_address: str
    url: str
    language: str
    direction: str
    accent: str
    accent_dark: str
    theme: str
    fonts: str
    logo: Logo | None
    header: str
    footer: str


def look(newsletter: Newsletter, base_url: str) -> Look:
    return Look(
        name=newsletter.name,
        description=newsletter.description,
        sender_name=newsletter.sender_name,
        postal_address=newsletter.postal_address,
        url=page_url(newsletter, base_url),
        language=newsletter.language,
        direction=newsletter.direction,
        accent=newsletter.accent,
        accent_dark=newsletter.accent_dark,
        theme=newsletter.theme,
        fonts=newsletter.fonts,
        logo=Logo(image_url(newsletter.logo, base_url), newsletter.logo_width) if newsletter.logo else None,
        header=newsletter.header,
        footer=newsletter.footer,
    )


def in_english(of: Look) -> Look:
    """For mails to the operator, which speak English whatever the newsletter speaks."""
    return replace(of, language="en", direction="ltr")


def image_url(name: str, base_url: str) -> str:
    """Where a picture of ours is on the web."""
    return f"{base_url}/images/{name}"


def page_url(newsletter: Newsletter, base_url: str) -> str:
    """The public page with the sign-up form."""
    return f"{base_url}/{newsletter.slug}"


def personal_letterhead(newsletter: Newsletter, at: datetime) -> Letterhead:
    """For mails about the subscription itself: from the same sender, but no list mail."""
    sender = Mailbox(newsletter.sender_name, newsletter.sender_address)
    return Letterhead(sender=sender, reply_to=newsletter.reply_to, date=at, of_list=None)


def list_letterhead(newsletter: Newsletter, at: datetime, feedback: str) -> Letterhead:
    """For editions; `feedback` is the first part of Feedback-ID, the same for all recipients of one edition."""
    facts = ListFacts(
        title=newsletter.name,
        label=newsletter.list_label,
        domain=newsletter.list_domain,
        feedback_id=f"{feedback}:{newsletter.list_label}:edition:{FEEDBACK_SENDER}",
    )
    sender = Mailbox(newsletter.sender_name, newsletter.sender_address)
    return Letterhead(sender=sender, reply_to=newsletter.reply_to, date=at, of_list=facts)
