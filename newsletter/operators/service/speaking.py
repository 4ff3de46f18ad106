"""In which language the console speaks to whom."""

from newsletter.core.db import transaction
from newsletter.core.errors import InvalidInput
from newsletter.core.words import said
from newsletter.mail.languages import written
from newsletter.operators.queries import operator
from newsletter.operators.service.auditing import note

AREA = "console"
"""Which words of `templates/languages` operators read."""


def choose_language(operator_id: int, language: str) -> None:
    """Speak one of those that are `written` for the console, or with "" whatever their browser asks for.

    Raises NotFound, and InvalidInput for any other.
    """
    if language and language not in written(AREA):
        raise InvalidInput(said("The console does not speak this language."), field="language")
    with transaction():
        one = operator(operator_id)
        one.language = language
        note(one.id, f"chose the language {language or 'of the browser'}", f"operator {one.address}")
