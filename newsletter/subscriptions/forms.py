"""What a visitor types; what it means is checked by the service."""

from collections.abc import Callable

from wtforms import EmailField, Field, Form, StringField
from wtforms.validators import InputRequired, Optional, ValidationError

from newsletter.core.errors import InvalidInput
from newsletter.core.words import Said, said
from newsletter.mail.house import House
from newsletter.subscriptions.policy.budgets import Trust
from newsletter.subscriptions.service import Origin, Wish
from newsletter.subscriptions.service.addressing import find_suggestion
from newsletter.subscriptions.service.guarding import trust_in
from newsletter.subscriptions.service.preferring import cadence_in
from newsletter.subscriptions.service.proving import proven
from newsletter.web.csrf import PublicForm

TOO_LONG = said("This e-mail address is too long; an address has at most 254 characters.")


def at_most(most: int, problem: Said) -> Callable[[Form, Field], None]:
    """As the `Length` of WTForms, whose own message would forget that it can be translated."""

    def check(_form: Form, field: Field) -> None:
        if len(field.data or "") > most:
            raise ValidationError(problem)

    return check


class WordsField(Field):
    """The values of a name that occurs several times in a form; empty ones are left out."""

    data: list[str]

    def process_data(self, _value: object) -> None:
        self.data = []

    def process_formdata(self, valuelist: list[str]) -> None:
        self.data = [value.strip() for value in valuelist if value.strip()]


class SignUpForm(PublicForm):
    """The one required field is the address; `website` is one that people do not see, and so leave empty.

    `keep` is the answer to a suggestion: `typed` or `suggested`. Without one, an address that looks mistyped is
    asked about first.
    """

    email = EmailField(validators=[InputRequired(said("Please enter an e-mail address.")), at_most(320, TOO_LONG)])
    name = StringField(validators=[Optional(), at_most(100, said("A name has at most 100 characters here."))])
    newsletters = WordsField()
    topics = WordsField()
    authors = WordsField()
    sources = WordsField()
    cadence = StringField()
    website = StringField()
    stamp = StringField()
    altcha = StringField()
    keep = StringField()

    def address(self) -> str:
        """What to sign up: as typed, or as suggested where that was chosen. Raises InvalidAddress."""
        typed = self.email.data or ""
        return (find_suggestion(typed) if self.keep.data == "suggested" else None) or typed

    def find_suggestion(self) -> str | None:
        """What to ask about before anything else; None once that was answered. Raises InvalidAddress."""
        return None if self.keep.data in {"typed", "suggested"} else find_suggestion(self.email.data or "")

    def wish(self) -> Wish:
        """What was asked for beside the newsletters. Raises InvalidInput."""
        cadence = cadence_in(self.cadence.data) if self.cadence.data else None
        return Wish(self.name.data or "", cadence, self.topics.data, self.authors.data, self.sources.data)

    def trust(self, house: House) -> Trust:
        """Who filled it in, as far as it shows. Raises InvalidInput when it was open for too long."""
        return trust_in(self.stamp.data or "", self.website.data or "", house)

    def proven(self, seen_on: Origin, slug: str, house: House) -> Origin:
        """With what the form's proof of work makes of it. Raises InvalidInput where one has to press again."""
        return proven(seen_on, self.altcha.data or "", slug, house)

    def note(self, problem: InvalidInput) -> None:
        """Show the problem at its field, or above all fields."""
        if problem.field in self._fields:
            self[problem.field].errors = [str(problem)]
        else:
            self.form_errors.append(str(problem))
