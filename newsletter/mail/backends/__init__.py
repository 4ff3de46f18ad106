"""The ways out, chosen by URL: smtp, maildir, console, memory, and what others add.

A third party adds a scheme by an entry point in the group `newsletter.backends`: a function that takes the URL
and returns a `Backend`, raising ValueError with one sentence when the URL is wrong.
"""

from collections.abc import Callable
from importlib.metadata import entry_points

from newsletter.core.errors import SettingsError
from newsletter.mail.backends import console, maildir, memory, smtp
from newsletter.mail.backends.base import Backend
from newsletter.mail.backends.url import BackendUrl

_SETTING = "NEWSLETTER_BACKENDS"
_BUILT_IN: dict[str, Callable[[BackendUrl], Backend]] = {
    "smtp": smtp.from_url,
    "maildir": maildir.from_url,
    "console": console.from_url,
    "memory": memory.from_url,
}


def make_backend(url: BackendUrl) -> Backend:
    """The backend of this URL.

    Raises SettingsError, which names the setting, its value without the password, and what was expected.
    """
    try:
        return _factory(url)(url)
    except ValueError as error:
        raise SettingsError(_SETTING, f"'{url.without_secrets}' {error}") from error


def _factory(url: BackendUrl) -> Callable[[BackendUrl], Backend]:
    if built_in := _BUILT_IN.get(url.scheme):
        return built_in
    for found in entry_points(group="newsletter.backends", name=url.scheme):
        factory: Callable[[BackendUrl], Backend] = found.load()
        return factory
    *most, last = _BUILT_IN
    problem = f"has scheme '{url.scheme}'; expected {', '.join(most)} or {last}"
    raise ValueError(problem)
