"""What the mails of a newsletter say of it, as its publisher types it."""

from dataclasses import fields
from zoneinfo import available_timezones

from wtforms import BooleanField, EmailField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # Its stubs are older.
from wtforms.validators import InputRequired, Length

from newsletter.console.forms import ConsoleForm
from newsletter.core.words import said
from newsletter.newsletters.policy import Cadence
from newsletter.newsletters.service import Statement

_OFTEN = {
    Cadence.EACH: said("every edition"),
    Cadence.DAILY: said("once a day"),
    Cadence.WEEKLY: said("once a week"),
    Cadence.MONTHLY: said("once a month"),
}
_NO = {"autocapitalize": "none", "spellcheck": "false"}


class MastheadForm(ConsoleForm):
    """The fields of `Statement`; what they may say is checked by the service."""

    name = StringField(said("Name"), validators=[InputRequired(said("Please give it a name.")), Length(max=100)])
    description = StringField(
        said("In one sentence"), description=said("For its public page."), validators=[Length(max=500)]
    )
    sender_name = StringField(
        said("Sender's name"), description=said("The newsletter's own without one."), validators=[Length(max=100)]
    )
    sender_address = EmailField(
        said("Sender's address"),
        description=said("Mails come from here; your mail server must be allowed to send for its domain."),
        validators=[InputRequired(said("Please enter the address that mails come from.")), Length(max=320)],
        render_kw=_NO,
    )
    reply_to = EmailField(
        said("Answers go to"),
        description=said("To the sender without one."),
        validators=[Length(max=320)],
        render_kw=_NO,
    )
    postal_address = TextAreaField(
        said("Postal address"),
        description=said("Stands in each mail, as the law of most countries asks."),
        validators=[InputRequired(said("Please enter a postal address.")), Length(max=1100)],
    )
    timezone = StringField(
        said("Time zone of its readers"),
        description=said("Such as Europe/Zurich. Its digests keep the zone that they have."),
        render_kw={"list": "zones"},
        validators=[Length(max=60)],
    )
    cadence = SelectField(
        said("How often readers get it"),
        choices=[SelectChoice(each.value, words) for each, words in _OFTEN.items()],
        description=said("Those who sign up or are imported from now on and say nothing; each can change it."),
        validate_choice=False,
    )
    greets = BooleanField(said("Begin each edition with the reader's name, where it is known"))
    says_welcome = BooleanField(said("Mail a welcome to whoever confirms"))
    says_goodbye = BooleanField(said("Mail a receipt to whoever leaves"))

    def statement(self) -> Statement:
        """All of it, as `state` takes it."""
        typed = {each.name: self[each.name].data for each in fields(Statement)}
        texts = {
            name: (value or "").replace("\r\n", "\n")
            for name, value in typed.items()
            if not isinstance(value, bool)
        }
        return Statement(**{**typed, **texts})

    @staticmethod
    def zones() -> list[str]:
        """What may be typed as a time zone."""
        return sorted(available_timezones())
