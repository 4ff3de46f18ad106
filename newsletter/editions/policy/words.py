"""The words by which an edition is found, the same for what is kept and what is typed, on each database. Pure."""

import re
import unicodedata
from collections.abc import Iterable, Iterator

from newsletter.mail.message import plain

LONGEST_SEARCH, MOST_WORDS = 100, 12
LONGEST_WORD = 40
MOST_KEPT = 20_000
"""Different words of one edition; a hundred articles with a long summary each have fewer."""

_UNSPACED = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
"""Thai, Lao, Burmese, Khmer, kana and Chinese characters: written without spaces between words."""

_RUNS = re.compile(rf"(?P<pairs>[{_UNSPACED}]+)|[^\W_{_UNSPACED}]+")


def search_words(typed: str) -> tuple[str, ...]:
    """What to look for: each word once, the first twelve of what is within the first hundred characters."""
    return tuple(dict.fromkeys(_words(plain(typed[:LONGEST_SEARCH]), is_whole=False)))[:MOST_WORDS]


def kept_words(texts: Iterable[str]) -> str:
    """All the words of an edition, each once, with a space between them."""
    found = dict.fromkeys(word for text in texts for word in _words(text, is_whole=True))
    return " ".join(list(found)[:MOST_KEPT])


def is_beginning(word: str) -> bool:
    """Whether it stands for all words that begin like it; a single letter would stand for too many."""
    return len(word) > 1 or re.match(rf"[{_UNSPACED}]", word) is not None


def _words(text: str, *, is_whole: bool) -> Iterator[str]:
    """Letters and digits alone, without case and accents; pairs of characters where nobody writes spaces."""
    for run in _RUNS.finditer(_folded(text)):
        word = run[0]
        if run["pairs"] is None:
            yield word[:LONGEST_WORD]
            continue
        yield from (word[at : at + 2] for at in range(len(word) - 1))
        if is_whole or len(word) == 1:
            yield word[-1]


def _folded(text: str) -> str:
    # Twice, because taken apart some signs show capitals: the mark of a service is S and M.
    apart = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text.casefold()).casefold())
    return unicodedata.normalize("NFC", "".join(each for each in apart if not unicodedata.combining(each)))
