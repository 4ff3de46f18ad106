"""What an operator types at the door and about themselves; what it means is checked by the services."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from flask_wtf import FlaskForm
from markupsafe import Markup
from wtforms import EmailField, Field, HiddenField, PasswordField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # Newer than its types.
from wtforms.form import BaseForm
from wtforms.i18n import get_translations
from wtforms.validators import InputRequired, Length

from newsletter.core.errors import Conflict, InvalidInput
from newsletter.core.words import said
from newsletter.mail.languages import written
from newsletter.newsletters.models import Newsletter
from newsletter.newsletters.service import Masthead
from newsletter.operators.policy import LONGEST_KEY_NAME, LONGEST_NAME, LONGEST_PASSWORD, SHORTEST_PASSWORD, Role
from newsletter.operators.service.speaking import AREA
from newsletter.subscriptions.policy.languages import name_of
from newsletter.web.words import language, translated

_ROLE_NAMES = {
    Role.VIEWER: said("Viewer"),
    Role.EDITOR: said("Editor"),
    Role.PUBLISHER: said("Publisher"),
    Role.OWNER: said("Owner"),
}
_ROLES = [SelectChoice(role.value, name) for role, name in _ROLE_NAMES.items()]
_NEW = said(
    "At least %(least)s characters. A few words in a row are strong, and easy to keep.", least=SHORTEST_PASSWORD
)


class Spoken:
    """A form in the language of the request: what WTForms says by itself, and what its options say."""

    def get_translations(self, _form: BaseForm) -> object:
        return get_translations([language()])

    def render_field(self, field: Field, render_kw: dict[str, Any]) -> Markup:
        if isinstance(field, SelectField):
            # WTForms writes them, so they do not come by where templates translate.
            choices = [SelectChoice.from_input(each) for each in field.choices or ()]
            field.choices = [replace(each, label=translated(each.label)) for each in choices]
        spoken = {name: translated(value) for name, value in render_kw.items()}
        drawn: Markup = super().render_field(field, spoken)  # type: ignore[misc]  # Of what it is mixed with.
        return drawn


class ConsoleForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF ships no types.
    """With a token against forged requests, as each form of the console has one."""

    class Meta(Spoken, FlaskForm.Meta):  # type: ignore[misc]  # As above.
        """How its messages are found."""

    def note(self, problem: InvalidInput) -> None:
        """Show the problem at its field, or above all fields."""
        if problem.field in self._fields:
            self[problem.field].errors = [str(problem)]
        else:
            self.form_errors.append(str(problem))


class LoginForm(ConsoleForm):
    """`next` is the page they came for."""

    email = EmailField(
        said("E-mail address"),
        validators=[InputRequired(said("Please enter your address.")), Length(max=320)],
        render_kw={"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"},
    )
    password = PasswordField(
        said("Password"),
        validators=[InputRequired(said("Please enter your password."))],
        render_kw={"autocomplete": "current-password"},
    )
    next = HiddenField()


class CodeForm(ConsoleForm):
    """A code of the second factor; `next` as in `LoginForm`."""

    code = StringField(
        said("Code"),
        description=said("Six digits from your app, or one of your recovery codes."),
        validators=[InputRequired(said("Please enter a code.")), Length(max=100)],
        render_kw={"autocomplete": "one-time-code", "autocapitalize": "none", "spellcheck": "false"},
    )
    next = HiddenField()


class WelcomeForm(ConsoleForm):
    """A password to choose, behind a one-time link."""

    password = PasswordField(
        said("New password"),
        description=_NEW,
        validators=[InputRequired(said("Please choose a password.")), Length(max=LONGEST_PASSWORD)],
        render_kw={"autocomplete": "new-password", "minlength": SHORTEST_PASSWORD},
    )


class PasswordForm(ConsoleForm):
    """Another password for whoever knows the old one."""

    old = PasswordField(
        said("Current password"),
        validators=[InputRequired(said("Please enter your password."))],
        render_kw={"autocomplete": "current-password"},
    )
    password = PasswordField(
        said("New password"),
        description=_NEW,
        validators=[InputRequired(said("Please choose a password.")), Length(max=LONGEST_PASSWORD)],
        render_kw={"autocomplete": "new-password", "minlength": SHORTEST_PASSWORD},
    )


class LanguageForm(ConsoleForm):
    """What the console speaks; "" for what the browser asks for."""

    language = SelectField(
        said("The console speaks"),
        choices=[
            SelectChoice("", said("what your browser asks for")),
            *(SelectChoice(each, name_of(each)) for each in written(AREA)),
        ],
        validate_choice=False,
    )


class AgainForm(ConsoleForm):
    """The password once more, before what guards the account is changed."""

    old = PasswordField(
        said("Your password"),
        validators=[InputRequired(said("Please enter your password."))],
        render_kw={"autocomplete": "current-password"},
    )


class PasskeyForm(ConsoleForm):
    """What a device answered, as a script puts it in; `next` as in `LoginForm`."""

    answer = HiddenField()
    next = HiddenField()


class NewPasskeyForm(AgainForm):
    """What to call a passkey that is to be made."""

    name = StringField(
        said("Name"),
        description=said("So that you know it again: the device, or where it is kept."),
        validators=[InputRequired(said("Please give it a name.")), Length(max=LONGEST_KEY_NAME)],
    )


class MadePasskeyForm(ConsoleForm):
    """A passkey that a device has made; `name` is brought along from `NewPasskeyForm`."""

    name = HiddenField()
    answer = HiddenField()


class FactorForm(AgainForm):
    """A code that proves that an app has the secret; `setup` carries which secret that is."""

    setup = HiddenField()
    code = StringField(
        said("Code from the app"),
        validators=[InputRequired(said("Please enter the six digits that your app shows.")), Length(max=100)],
        render_kw={"autocomplete": "one-time-code", "inputmode": "numeric", "spellcheck": "false"},
    )


def places(newsletters: Iterable[Newsletter]) -> list[SelectChoice]:
    """Where a role may hold: "" for the whole house, else a slug."""
    return [
        SelectChoice("", said("The whole house")),
        *(SelectChoice(each.slug, each.name) for each in newsletters),
    ]


class OperatorForm(ConsoleForm):
    """Somebody to let in; `newsletter` is a slug, "" for the whole house."""

    email = EmailField(
        said("E-mail address"), validators=[InputRequired(said("Please enter an address.")), Length(max=320)]
    )
    name = StringField(
        said("Name"), description=said("As colleagues call them."), validators=[Length(max=LONGEST_NAME)]
    )
    role = SelectField(said("Role"), choices=_ROLES)
    newsletter = SelectField(said("Where"))


class RoleForm(ConsoleForm):
    """A role to give; `newsletter` as in `OperatorForm`."""

    role = SelectField(said("Role"), choices=_ROLES)
    newsletter = SelectField(said("Where"))


class NewsletterForm(ConsoleForm):
    """A newsletter to found; `slug` may be empty."""

    name = StringField(said("Name"), validators=[InputRequired(said("Please give it a name.")), Length(max=100)])
    sender_address = EmailField(
        said("Sender's address"),
        description=said("Mails come from here; your mail server must be allowed to send for its domain."),
        validators=[InputRequired(said("Please enter the address that mails come from.")), Length(max=320)],
    )
    sender_name = StringField(
        said("Sender's name"), description=said("The newsletter's own without one."), validators=[Length(max=100)]
    )
    postal_address = TextAreaField(
        said("Postal address"),
        description=said("Stands in each mail, as the law of most countries asks."),
        validators=[InputRequired(said("Please enter a postal address."))],
    )
    description = StringField(
        said("In one sentence"), description=said("For its public page."), validators=[Length(max=500)]
    )
    timezone = StringField(said("Time zone"), default="UTC", render_kw={"list": "zones"})
    slug = StringField(
        said("Last part of its address"),
        description=said("Small letters, digits and hyphens; made from the name without it."),
        validators=[Length(max=60)],
    )

    def masthead(self) -> Masthead:
        """What readers will see of it."""
        return Masthead(
            name=self.name.data or "",
            sender_address=self.sender_address.data or "",
            sender_name=self.sender_name.data or "",
            postal_address=(self.postal_address.data or "").replace("\r\n", "\n"),
            description=self.description.data or "",
            timezone=(self.timezone.data or "").strip(),
        )

    def note_as(self, problem: InvalidInput | Conflict) -> None:
        """Show it at its field; that the slug is taken, at the slug."""
        if isinstance(problem, InvalidInput):
            field = "sender_address" if problem.field == "email" else problem.field
            self.note(InvalidInput(str(problem), field=field))
        else:
            self.note(InvalidInput(str(problem), field="slug"))
