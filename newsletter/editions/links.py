"""Where editions are on the web: the same for everybody, without a token."""

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


def click_url(signer: Signer, edition_id: int, article_id: int, base_url: str) -> str:
    """The counted way to an article of an edition: the same for all readers, so it says nothing of any."""
    return f"{base_url}/c/{signer.short(CLICK, (edition_id, article_id))}"


def read_click(signer: Signer, mark: str) -> tuple[int, int]:
    """Edition and article of such a link's last part. Raises LinkDamaged."""
    edition_id, article_id = signer.read_short(CLICK, mark, 2)
    return edition_id, article_id
