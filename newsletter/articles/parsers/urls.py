"""Links of strangers, made absolute and checked before they stand in a mail or on a page."""

import re
from urllib.parse import urljoin, urlsplit

from newsletter.core.fetcher import MAX_URL

_NEVER = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ue000\ue001\\<>\"`]")
_SPACES = re.compile(r"[\t\n\r]+")


def web_url(url: str, base: str) -> str:
    """The absolute http or https URL that `url` means at `base`; "" for each other scheme, for one that
    carries a user name, and for one that is no URL."""
    joined = _absolute(url, base)
    try:
        parts = urlsplit(joined)
        has_host = bool(parts.hostname) and "@" not in parts.netloc
    except ValueError:
        return ""
    return joined if has_host and parts.scheme in {"http", "https"} else ""


def link_url(url: str, base: str) -> str:
    """As `web_url`, and mailto: too."""
    joined = _absolute(url, base)
    return joined if joined.lower().startswith("mailto:") else web_url(url, base)


def _absolute(url: str, base: str) -> str:
    # Browsers leave out line ends and tabs inside of a URL, so `java\nscript:` must be read as they read it.
    joined = _SPACES.sub("", url[: 2 * MAX_URL]).strip().replace(" ", "%20")
    if not joined.startswith(("https://", "http://")):
        try:
            joined = urljoin(base, joined) if joined else ""
        except ValueError:
            return ""
    return joined if len(joined) <= MAX_URL and not _NEVER.search(joined) else ""
