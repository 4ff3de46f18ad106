"""Where editions are on the web: the same for everybody, without a token."""

from typing import NamedTuple

from newsletter.core.tokens import Signer
from newsletter.newsletters.emails import page_url
from newsletter.newsletters.models import Newsletter


def archive_url(of: Newsletter, base_url: str) -> str:
    return f"{page_url(of, base_url)}/archive"


def edition_url(of: Newsletter, number: int, base_url: str) -> str:
    return f"{archive_url(of, base_url)}/{number}"


def feed_url(of: Newsletter, base_url: str) -> str:
    return f"{page_url(of, base_url)}/feed.xml"


CLICK = "click"


class Clicked(NamedTuple):
    """What a counted link says: an article in an edition; `arm` is which of two subjects it had, 0 for the one."""

    edition_id: int
    article_id: int
    arm: int = 0


def click_url(signer: Signer, clicked: Clicked, base_url: str) -> str:
    """The counted way to an article: the same for all readers of a subject, so it says nothing of any."""
    numbers = clicked if clicked.arm else clicked[:2]
    return f"{base_url}/c/{signer.short(CLICK, tuple(numbers))}"


def read_click(signer: Signer, mark: str) -> Clicked:
    """What such a link's last part says. Raises LinkDamaged."""
    return Clicked(*signer.read_short(CLICK, mark, 2, 3))
