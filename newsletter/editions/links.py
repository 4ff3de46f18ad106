"""Where editions are on the web: the same for everybody, without a token."""

from newsletter.newsletters.emails import page_url
from newsletter.newsletters.models import Newsletter


def archive_url(of: Newsletter, base_url: str) -> str:
    return f"{page_url(of, base_url)}/archive"


def edition_url(of: Newsletter, number: int, base_url: str) -> str:
    return f"{archive_url(of, base_url)}/{number}"


def feed_url(of: Newsletter, base_url: str) -> str:
    return f"{page_url(of, base_url)}/feed.xml"
