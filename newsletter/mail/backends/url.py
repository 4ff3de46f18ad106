"""The URL that names a backend, taken apart: `smtp://user:password@host:587?tls=starttls`."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, unquote, urlsplit

from newsletter.core.errors import SettingsError

_SETTING = "NEWSLETTER_BACKENDS"


@dataclass(frozen=True)
class BackendUrl:
    """Its parts, percent-decoded; `options` are what stood behind the question mark.

    `senders` is how many processes of this machine share what the URL allows; `most_of` says how many messages for
    a recipient domain may be under way in one of them.
    """

    scheme: str
    user: str
    password: str = field(repr=False)
    host: str
    port: int | None
    path: str
    options: Mapping[str, str]
    senders: int = 1
    most_of: Callable[[str], int | None] | None = None

    @classmethod
    def parse(
        cls, text: str, senders: int = 1, most_of: Callable[[str], int | None] | None = None
    ) -> "BackendUrl":
        """Raises SettingsError when it is no URL at all; what is wrong for a scheme, its backend says."""
        try:
            parts = urlsplit(text.strip())
        except ValueError as error:
            problem = "is no URL; expected SCHEME://USER:PASSWORD@HOST:PORT"
            raise SettingsError(_SETTING, problem) from error
        if parts.fragment or (parts.netloc and "@" in parts.path + parts.query):
            # The rest of a password would be taken for a path or an option, and shown.
            problem = "has '/', '?' or '#' where none can stand; expected %2F, %3F or %23 in a password"
            raise SettingsError(_SETTING, problem)
        try:
            port = parts.port
        except ValueError as error:
            problem = f"'{parts.scheme}://{parts.hostname}' has a port that is no number up to 65535"
            raise SettingsError(_SETTING, problem) from error
        return cls(
            scheme=parts.scheme,
            user=unquote(parts.username or ""),
            password=unquote(parts.password or ""),
            host=parts.hostname or "",
            port=port,
            path=unquote(parts.path),
            options=dict(parse_qsl(parts.query, keep_blank_values=True)),
            senders=senders,
            most_of=most_of,
        )

    @property
    def without_secrets(self) -> str:
        """For messages, logs and attempts: no user, no password, no options."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        place = f"{host}:{self.port}" if self.port else host
        return f"{self.scheme}://{place}{self.path}"

    def option(self, name: str, default: str, allowed: tuple[str, ...]) -> str:
        """One of the allowed words; raises ValueError with a sentence for the operator."""
        value = self.options.get(name, default)
        if value not in allowed:
            problem = f"has {name}={value}; expected {' or '.join(allowed)}"
            raise ValueError(problem)
        return value

    def refuse_options_but(self, *known: str) -> None:
        """Raises ValueError for a misspelt option, which would otherwise be ignored in silence."""
        for name in self.options:
            if name not in known:
                expected = f"expected {', '.join(known)}" if known else "it takes none"
                problem = f"has the unknown option {name}; {expected}"
                raise ValueError(problem)

    def share(self, name: str, default: int, most: int) -> int:
        """This process's part of a number that holds for the whole machine; at least 1."""
        return max(1, self.number(name, default, most) // self.senders)

    def number(self, name: str, default: int, most: int) -> int:
        """A whole number from 1 to `most`; raises ValueError with a sentence for the operator."""
        text = self.options.get(name, str(default))
        if not re.fullmatch(r"[0-9]{1,9}", text) or not 1 <= int(text) <= most:
            problem = f"has {name}={text}; expected a whole number from 1 to {most}"
            raise ValueError(problem)
        return int(text)
