"""How the editions of a newsletter leave, as its publisher says it."""

from datetime import timedelta

from wtforms import BooleanField, Field, FloatField, Form, IntegerField
from wtforms.validators import InputRequired, NumberRange, StopValidation

from newsletter.console.forms import ConsoleForm
from newsletter.core.words import said
from newsletter.delivery.policy import CanaryRule
from newsletter.newsletters.models import Newsletter

_PERCENT, _MOST_DIGITS = 100, 9


def _short(_form: Form, field: Field) -> None:
    """Numbers without end are turned away before anybody reckons with them."""
    if any(len(str(typed)) > _MOST_DIGITS for typed in field.raw_data or ()):
        problem = said("Please enter a shorter number.")
        raise StopValidation(problem)


class SendingForm(ConsoleForm):
    """Who goes first, and whether clicks are counted; `share` and `most` in per cent, `wait` in minutes."""

    share = FloatField(
        said("Readers who get each edition first, in per cent"),
        description=said("Chosen by chance. 0: all get it together."),
        validators=[InputRequired(said("Please enter a number; 0 for none.")), _short, NumberRange(0, 50)],
    )
    least = IntegerField(
        said("At least so many of them"),
        validators=[InputRequired(said("Please enter a number.")), _short, NumberRange(1, 10_000)],
    )
    wait = IntegerField(
        said("Minutes for which they are watched"),
        validators=[InputRequired(said("Please enter a number.")), _short, NumberRange(1, 720)],
    )
    most = FloatField(
        said("Per cent of them that may be in trouble"),
        description=said(
            "Failed, deferred, unknown or complaining. More stop the rest, until somebody resumes it."
        ),
        validators=[InputRequired(said("Please enter a number.")), _short, NumberRange(0, 99)],
    )
    measures_clicks = BooleanField(said("Count how often articles are opened, and nothing of who opens them"))

    @classmethod
    def of(cls, newsletter: Newsletter) -> "SendingForm":
        """As it is now, whatever was typed into another form."""
        return cls(
            formdata=None,
            share=round(newsletter.canary_share * _PERCENT, 3),
            least=newsletter.canary_least,
            wait=newsletter.canary_minutes,
            most=round(newsletter.canary_most * _PERCENT, 3),
            measures_clicks=newsletter.measures_clicks,
        )

    def rule(self) -> CanaryRule | None:
        """Who goes first; None for nobody. Of a form that is valid."""
        share, most = float(self.share.data or 0), float(self.most.data or 0)
        wait = timedelta(minutes=self.wait.data or 0)
        return CanaryRule(share / _PERCENT, self.least.data or 0, wait, most / _PERCENT) if share else None
