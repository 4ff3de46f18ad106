"""What each changing page does around its call: one transaction with its line in the trail, a word, a way back."""

from collections.abc import Iterator
from contextlib import contextmanager

from flask import redirect
from werkzeug.wrappers import Response

from newsletter.console.gate import operator
from newsletter.console.speaking import tell
from newsletter.core.db import transaction
from newsletter.operators.service import note


@contextmanager
def noting(what: str, about: str) -> Iterator[None]:
    """Do the block and note it, or neither; `what` is a verb in the past, `about` the thing as people call it."""
    with transaction():
        yield
        note(operator().id, what, about)


def done(words: str, to: str) -> Response:
    """Say that it is done, on the page where one goes on."""
    tell(words)
    return redirect(to, 303)
