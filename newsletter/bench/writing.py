"""An edition whose finished message has a wanted size: headlines and summaries of invented news, cut to fit."""

from collections.abc import Sequence
from datetime import timedelta
from itertools import cycle, islice

from newsletter.articles.models import Article
from newsletter.core.clock import now
from newsletter.core.errors import InvalidInput
from newsletter.editions.emails import Told, edition_letter, renderings
from newsletter.editions.models import Edition
from newsletter.mail.house import House
from newsletter.mail.mime import compile_message
from newsletter.newsletters.models import Newsletter

TOLERANCE = 0.02
"""How far, as a part of the wanted size, a message may be from it."""

LONGEST_SUMMARY, SHORTEST_SUMMARY = 300, 0
MOST_ARTICLES = 100

_HEADLINES = (
    "Dredger clears the bar a week ahead of the spring tides",
    "Council keeps the Thursday market on the quay until autumn",
    "Lifeboat crew of four brings in a trawler with no engine",
    "School choir sings on the ferry, and the ferry waits for the end",
    "Ropeworks takes on nine apprentices after a quiet winter",
)
_NEWS = (
    "Work began before dawn and was over when the first boats came in. ",
    "Nobody on the pier had expected it so soon, least of all the harbour master. ",
    "It costs the town less than the plan of last year had said. ",
    "The decision is open to objections until the end of the month. ",
    "Those who were there spoke of little else in the evening. ",
)


def articles_for(size: int, of: Newsletter, house: House, source_id: int) -> list[Article]:
    """Articles, not stored yet, that make an edition's message about so many bytes long.

    Raises InvalidInput when no edition comes within the tolerance.
    """

    def bytes_with(count: int, letters: int) -> int:
        return len(message(_articles(source_id, count, letters), of, house))

    count = next((n for n in range(1, MOST_ARTICLES) if bytes_with(n, n * LONGEST_SUMMARY) >= size), MOST_ARTICLES)
    low, high = count * SHORTEST_SUMMARY, count * LONGEST_SUMMARY
    while low < high:
        middle = (low + high) // 2
        if bytes_with(count, middle) < size:
            low = middle + 1
        else:
            high = middle
    # One article more is a step: with one less and all its words the message may be nearer.
    shapes = [(count, low), (count - 1, (count - 1) * LONGEST_SUMMARY)] if count > 1 else [(count, low)]
    sizes = {shape: bytes_with(*shape) for shape in shapes}
    nearest = min(shapes, key=lambda shape: abs(sizes[shape] - size))
    if abs(sizes[nearest] - size) > size * TOLERANCE:
        problem = f"No edition's message has {size} bytes; the nearest has {sizes[nearest]}."
        raise InvalidInput(problem, field="size")
    return _articles(source_id, *nearest)


def message(articles: Sequence[Article], of: Newsletter, house: House) -> bytes:
    """An edition of these articles as one subscriber gets it."""
    edition = _edition(of)
    letter = edition_letter(edition, renderings(Told(edition, articles), of, house), of, house)
    template = compile_message(letter.letterhead, letter.content)
    token = house.signer.sign("unsubscribe", {"n": of.id, "e": 1, "s": 100_000}, at=now())
    own = house.signer.sign("preferences", {"s": 100_000}, at=now())
    values = {
        "to": "reader100000@d100.example.org",
        "message_id": f"<{'0' * 32}@{of.list_domain}>",
        "unsubscribe_url": f"{house.settings.base_url}/unsubscribe/{token}",
        "preferences_url": f"{house.settings.base_url}/preferences/{own}",
    }
    return template.fill(values)


def _articles(source_id: int, count: int, letters: int) -> list[Article]:
    """So many articles whose summaries have so many letters together, all about equally long."""
    shares = [letters // count + (place < letters % count) for place in range(count)]
    headlines = islice(cycle(_HEADLINES), count)
    return [
        _article(source_id, number, headline, share)
        for number, (headline, share) in enumerate(zip(headlines, shares, strict=True), start=1)
    ]


def _article(source_id: int, number: int, headline: str, letters: int) -> Article:
    moment = now() - timedelta(hours=1)
    text = (_NEWS[number % len(_NEWS)] + "".join(_NEWS) * 2)[:letters]
    return Article(
        source_id=source_id,
        url=f"https://tidewater.example/news/{number}",
        title=f"{headline} ({number})",
        summary_html="",
        summary_text=text,
        body_html="",
        author="Ines Marlow",
        credit="",
        image_url="",
        image_alt="",
        topics=["Harbour"],
        published_at=moment,
        date_is_guess=False,
        recorded_at=moment,
        available_at=moment,
    )


def _edition(of: Newsletter) -> Edition:
    return Edition(
        id=1,
        newsletter_id=of.id,
        slot="2026-01-01T06:00:00Z",
        number=1,
        subject=f"{_HEADLINES[0]} (1), and more",
        preheader=_HEADLINES[1],
        window_start=now() - timedelta(days=1),
        window_end=now(),
        created_at=now(),
    )
