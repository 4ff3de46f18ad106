"""What a visitor types; what it means is checked by the service."""

from wtforms import EmailField, StringField
from wtforms.validators import InputRequired, Length, Optional

from newsletter.web.csrf import PublicForm


class SignUpForm(PublicForm):
    """The one required field is the address."""

    email = EmailField(validators=[InputRequired("Please enter an e-mail address."), Length(max=320)])
    name = StringField(validators=[Optional(), Length(max=100, message="A name has at most 100 characters here.")])
