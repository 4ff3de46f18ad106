"""What this installation makes and sends mail with; made once at start and handed to the services."""

from dataclasses import dataclass
from pathlib import Path

from newsletter.core.settings import Settings
from newsletter.core.tokens import Signer
from newsletter.mail.backends import make_backend
from newsletter.mail.backends.base import Backend
from newsletter.mail.render import Renderer

TEMPLATES = Path(__file__).parents[2] / "templates"


@dataclass(frozen=True)
class House:
    """Its settings, and the three things made from them."""

    settings: Settings
    signer: Signer
    renderer: Renderer
    backend: Backend


def make_house(settings: Settings) -> House:
    """Raises SettingsError when the backend's URL cannot be used."""
    return House(
        settings=settings,
        signer=Signer(settings.secret_keys),
        renderer=Renderer(TEMPLATES / "emails"),
        backend=make_backend(settings.backends),
    )
