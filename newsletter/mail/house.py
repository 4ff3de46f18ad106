"""What this installation makes and sends mail with; made once at start and handed to the services."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from newsletter.core.domain_file import DomainFile
from newsletter.core.settings import PREFIX, Settings
from newsletter.core.tokens import Signer
from newsletter.mail.backends.base import Backend
from newsletter.mail.dkim import SigningKey
from newsletter.mail.images import Images
from newsletter.mail.limits import Limits, make_limits
from newsletter.mail.pool import DomainLimits, Pool, domain_limits, make_pool
from newsletter.mail.render import Renderer

TEMPLATES = Path(__file__).parents[2] / "templates"


@dataclass(frozen=True)
class House:
    """Its settings, and what is made from them."""

    settings: Settings
    signer: Signer
    renderer: Renderer
    pool: Pool
    domain_limits: DomainLimits
    limits: Limits
    dkim: Sequence[SigningKey]
    disposable: DomainFile
    images: Images

    @property
    def backend(self) -> Backend:
        """The first one, which in most installations is the only one."""
        return self.pool[0].backend

    @property
    def takes_international(self) -> bool:
        """Whether each way out takes addresses with a non-ASCII local part (SMTPUTF8, RFC 6531)."""
        return all(member.backend.takes_international for member in self.pool)


def senders_of(settings: Settings) -> int:
    """How many processes of this machine send."""
    return settings.senders or os.cpu_count() or 1


def make_house(settings: Settings) -> House:
    """Raises SettingsError when a backend's URL, a limit, a key or a list of domains cannot be used."""
    domains = domain_limits(settings.domain_limits)
    return House(
        settings=settings,
        signer=Signer(settings.secret_keys),
        renderer=Renderer(TEMPLATES / "emails"),
        pool=make_pool(settings.backends, senders_of(settings), domains),
        domain_limits=domains,
        limits=make_limits(settings),
        dkim=_dkim_keys(settings),
        disposable=DomainFile(PREFIX + "DISPOSABLE_DOMAINS", settings.disposable_domains),
        images=Images(settings.images),
    )


def _dkim_keys(settings: Settings) -> Sequence[SigningKey]:
    if not settings.dkim:
        return ()
    from newsletter.mail.dkim.keys import load_keys  # noqa: PLC0415 - ten megabytes for those who sign nothing.

    return load_keys(settings.dkim)
