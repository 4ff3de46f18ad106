"""The one guarded fetcher: what other people's URLs lead to is read here and nowhere else.

client > answers > metered
client > places, public
"""

from newsletter.core.fetcher.answers import Fetched
from newsletter.core.fetcher.client import Fetcher
from newsletter.core.fetcher.places import MAX_URL, parse_url

__all__ = ["MAX_URL", "Fetched", "Fetcher", "parse_url"]
