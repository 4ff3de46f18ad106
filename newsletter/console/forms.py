"""What an operator types at the door and about themselves; what it means is checked by the services."""

from flask_wtf import FlaskForm
from wtforms import EmailField, HiddenField, PasswordField, SelectField, StringField
from wtforms.validators import InputRequired, Length

from newsletter.core.errors import InvalidInput
from newsletter.operators.policy import LONGEST_NAME, LONGEST_PASSWORD, SHORTEST_PASSWORD, Role

_NEW = f"At least {SHORTEST_PASSWORD} characters. A few words in a row are strong, and easy to keep."


class ConsoleForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF ships no types.
    """With a token against forged requests, as each form of the console has one."""

    def note(self, problem: InvalidInput) -> None:
        """Show the problem at its field, or above all fields."""
        if problem.field in self._fields:
            self[problem.field].errors = [str(problem)]
        else:
            self.form_errors.append(str(problem))


class LoginForm(ConsoleForm):
    """`next` is the page they came for."""

    email = EmailField(
        "E-mail address",
        validators=[InputRequired("Please enter your address."), Length(max=320)],
        render_kw={"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"},
    )
    password = PasswordField(
        "Password",
        validators=[InputRequired("Please enter your password.")],
        render_kw={"autocomplete": "current-password"},
    )
    next = HiddenField()


class CodeForm(ConsoleForm):
    """A code of the second factor; `next` as in `LoginForm`."""

    code = StringField(
        "Code",
        description="Six digits from your app, or one of your recovery codes.",
        validators=[InputRequired("Please enter a code."), Length(max=100)],
        render_kw={"autocomplete": "one-time-code", "autocapitalize": "none", "spellcheck": "false"},
    )
    next = HiddenField()


class WelcomeForm(ConsoleForm):
    """A password to choose, behind a one-time link."""

    password = PasswordField(
        "New password",
        description=_NEW,
        validators=[InputRequired("Please choose a password."), Length(max=LONGEST_PASSWORD)],
        render_kw={"autocomplete": "new-password", "minlength": SHORTEST_PASSWORD},
    )


class PasswordForm(ConsoleForm):
    """Another password for whoever knows the old one."""

    old = PasswordField(
        "Password until today",
        validators=[InputRequired("Please enter your password.")],
        render_kw={"autocomplete": "current-password"},
    )
    password = PasswordField(
        "New password",
        description=_NEW,
        validators=[InputRequired("Please choose a password."), Length(max=LONGEST_PASSWORD)],
        render_kw={"autocomplete": "new-password", "minlength": SHORTEST_PASSWORD},
    )


class AgainForm(ConsoleForm):
    """The password once more, before what guards the account is changed."""

    old = PasswordField(
        "Your password",
        validators=[InputRequired("Please enter your password.")],
        render_kw={"autocomplete": "current-password"},
    )


class FactorForm(AgainForm):
    """A code that proves that an app has the secret; `setup` carries which secret that is."""

    setup = HiddenField()
    code = StringField(
        "Code from the app",
        validators=[InputRequired("Please enter the six digits that your app shows."), Length(max=100)],
        render_kw={"autocomplete": "one-time-code", "inputmode": "numeric", "spellcheck": "false"},
    )


class OperatorForm(ConsoleForm):
    """Somebody to let in; `newsletter` is a slug, "" for the whole house."""

    email = EmailField("E-mail address", validators=[InputRequired("Please enter an address."), Length(max=320)])
    name = StringField("Name", description="As colleagues call them.", validators=[Length(max=LONGEST_NAME)])
    role = SelectField("Role", choices=[(role.value, role.value.capitalize()) for role in Role])
    newsletter = SelectField("Where")


class RoleForm(ConsoleForm):
    """A role to give; `newsletter` as in `OperatorForm`."""

    role = SelectField("Role", choices=[(role.value, role.value.capitalize()) for role in Role])
    newsletter = SelectField("Where")
