"""What the mails of a newsletter say of it, as its publisher types it."""

from dataclasses import fields
from zoneinfo import available_timezones

from wtforms import BooleanField, EmailField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length

from newsletter.console.forms import ConsoleForm
from newsletter.newsletters.service import Statement

_NO = {"autocapitalize": "none", "spellcheck": "false"}


class MastheadForm(ConsoleForm):
    """The fields of `Statement`; what they may say is checked by the service."""

    name = StringField("Name", validators=[InputRequired("Please give it a name."), Length(max=100)])
    description = StringField("In one sentence", description="For its public page.", validators=[Length(max=500)])
    sender_name = StringField(
        "Sender's name", description="The newsletter's own without one.", validators=[Length(max=100)]
    )
    sender_address = EmailField(
        "Sender's address",
        description="Mails come from here; your mail server must be allowed to send for its domain.",
        validators=[InputRequired("Please enter the address that mails come from."), Length(max=320)],
        render_kw=_NO,
    )
    reply_to = EmailField(
        "Answers go to", description="To the sender without one.", validators=[Length(max=320)], render_kw=_NO
    )
    postal_address = TextAreaField(
        "Postal address",
        description="Stands in each mail, as the law of most countries asks.",
        validators=[InputRequired("Please enter a postal address."), Length(max=1100)],
    )
    timezone = StringField(
        "Time zone of its readers",
        description="Such as Europe/Zurich. Its digests keep the zone that they have.",
        render_kw={"list": "zones"},
        validators=[Length(max=60)],
    )
    greets = BooleanField("Begin each edition with the reader's name, where it is known")
    says_welcome = BooleanField("Mail a welcome to whoever confirms")
    says_goodbye = BooleanField("Mail a receipt to whoever leaves")

    def statement(self) -> Statement:
        """All of it, as `state` takes it."""
        said = {each.name: self[each.name].data for each in fields(Statement)}
        texts = {
            name: (value or "").replace("\r\n", "\n")
            for name, value in said.items()
            if not isinstance(value, bool)
        }
        return Statement(**{**said, **texts})

    @staticmethod
    def zones() -> list[str]:
        """What may be typed as a time zone."""
        return sorted(available_timezones())
