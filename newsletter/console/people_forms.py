"""What an operator types to find people, to act on them, and to bring them."""

from collections.abc import Sequence

from flask_wtf.file import FileField
from wtforms import BooleanField, DateField, Form, HiddenField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # Its stubs are older.
from wtforms.meta import DefaultMeta
from wtforms.validators import InputRequired, Length

from newsletter.console.forms import ConsoleForm, Spoken
from newsletter.console.naming import in_words
from newsletter.core.words import said
from newsletter.newsletters.models import Newsletter
from newsletter.subscriptions.importer.reading import DELIMITERS, ENCODINGS
from newsletter.subscriptions.importer.recognising import IGNORED, Column, Standing
from newsletter.subscriptions.policy import Cadence, SubscriptionStatus
from newsletter.subscriptions.policy.wanting import LONGEST, PROVIDERS
from newsletter.subscriptions.service.acting import LONGEST_REASON
from newsletter.suppressions.models import Reason

_ANY = SelectChoice("", said("any"))
_BECAUSE = said("It is noted beside what you do, for whoever asks later.")
DELIMITER_NAMES = {",": said("comma"), ";": said("semicolon"), "\t": said("tab"), "|": said("bar")}


class AskingForm(Form):
    """Sent by GET, so that a list has an address; it changes nothing and needs no token."""

    class Meta(Spoken, DefaultMeta):  # type: ignore[misc]  # Its stubs are older.
        """How its messages are found."""


class FilterForm(AskingForm):
    """Whom a list shows."""

    newsletter = SelectField(said("Newsletter"), validate_choice=False)
    status = SelectField(
        said("State"),
        choices=[_ANY, *(SelectChoice(each, in_words(each)) for each in SubscriptionStatus)],
        validate_choice=False,
    )
    text = StringField(said("Address begins with, or @domain"), validators=[Length(max=LONGEST)])
    form = StringField(said("Form"), validators=[Length(max=40)])
    since = DateField(said("Signed up from"))
    until = DateField(said("Signed up until"))
    topic = StringField(said("Topic"), validators=[Length(max=100)])
    cadence = SelectField(
        said("Cadence"),
        choices=[_ANY, *(SelectChoice(each, in_words(each)) for each in Cadence)],
        validate_choice=False,
    )
    provider = SelectField(
        said("Mailbox provider"),
        choices=[_ANY, *(SelectChoice(each, in_words(each)) for each in PROVIDERS)],
        validate_choice=False,
    )

    def offer(self, newsletters: Sequence[Newsletter]) -> None:
        """These are to be chosen from."""
        self.newsletter.choices = [
            SelectChoice("", said("all")),
            *(SelectChoice(each.slug, each.name) for each in newsletters),
        ]


class AddressForm(ConsoleForm):
    """One whole address; it is never part of an address of ours, so it is sent by POST."""

    email = StringField(
        said("Address"),
        validators=[InputRequired(said("Please enter an address.")), Length(max=320)],
        render_kw={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false", "inputmode": "email"},
    )


class BecauseForm(ConsoleForm):
    """Why it is done."""

    because = StringField(
        said("Why"),
        description=_BECAUSE,
        validators=[InputRequired(said("Please say why.")), Length(max=LONGEST_REASON)],
    )


class LeaveForm(BecauseForm):
    """From which newsletter, by its number."""

    newsletter = HiddenField()


class EraseForm(ConsoleForm):
    """The second step."""

    sure = BooleanField(
        said("Yes, erase this person for good"), validators=[InputRequired(said("Please tick the box first."))]
    )


class SuppressForm(AddressForm, BecauseForm):
    """An address to suppress, whoever it belongs to."""


class ReasonForm(AskingForm):
    """Which suppressions are shown."""

    reason = SelectField(
        said("Reason"),
        choices=[_ANY, *(SelectChoice(each, in_words(each)) for each in Reason)],
        validate_choice=False,
    )


class WordsForm(ConsoleForm):
    """On whose word people are brought."""

    provenance = TextAreaField(
        said("Where and how did these people agree?"),
        description=said(
            "In words that you could show to somebody who asks, such as: Signed up on the old site, "
            "2021 to 2026, exported by Ines Marlow."
        ),
        validators=[Length(max=500)],
        render_kw={"rows": 3},
    )
    consent_note = TextAreaField(
        said("If you answer for it that they have confirmed: why?"),
        description=said("Left empty, they are pending here until they confirm by mail."),
        validators=[Length(max=500)],
        render_kw={"rows": 2},
    )
    asks = BooleanField(said("Ask those who are pending by mail, as fast as the budgets allow"))


class UploadForm(WordsForm):
    """A file of people."""

    newsletter = SelectField(said("Newsletter"), validate_choice=False)
    file = FileField(
        said("File"), description=said("CSV with any delimiter, or one address on each line; up to 200 MB.")
    )


class ChoicesForm(WordsForm):
    """Other words and choices; columns and statuses are fields named by their places, which the page makes."""

    encoding = SelectField(
        said("Encoding"),
        choices=[SelectChoice("", said("as recognised")), *(SelectChoice(each, each) for each in ENCODINGS)],
    )
    delimiter = SelectField(
        said("Cells are apart by"),
        choices=[
            SelectChoice("", said("as recognised")),
            *(SelectChoice(each, DELIMITER_NAMES[each]) for each in DELIMITERS),
        ],
    )


MEANINGS = [(IGNORED, said("nothing")), *((each.value, in_words(each)) for each in Column)]
"""What a column can be chosen to be."""

STATUS_MEANINGS = [("", said("not known: rejected")), *((each.value, in_words(each)) for each in Standing)]
"""What a status word can be chosen to mean."""
