"""A newsroom for the tests of the desk: two newsletters, a source, a digest and an edition of it."""

from dataclasses import dataclass
from datetime import timedelta

from newsletter.articles.models import Article, Source
from newsletter.core.clock import now
from newsletter.digests.models import Digest
from newsletter.digests.policy import Approval
from newsletter.digests.queries import digest
from newsletter.digests.service import release, run
from newsletter.editions.models import Edition
from newsletter.editions.queries import edition
from newsletter.mail.house import House
from newsletter.newsletters.models import Newsletter
from tests import make


@dataclass(frozen=True)
class Newsroom:
    """An edition of the Courier that waits for approval, and the Herald, which has none."""

    courier: Newsletter
    herald: Newsletter
    source: Source
    digest: Digest
    articles: list[Article]
    edition: Edition

    @property
    def page(self) -> str:
        return f"/console/editions/{self.edition.id}"


def newsroom(
    house: House, titles: tuple[str, ...] = ("Ferry runs again", "Council meets", "Race is won")
) -> Newsroom:
    courier, herald = make.newsletter(), make.newsletter("herald", name="The Herald")
    source = make.source()
    articles = [
        make.article(source, title, now() - timedelta(minutes=10 * (place + 1)))
        for place, title in enumerate(titles)
    ]
    make.digest(courier, [source])
    release("morning", 0, Approval.NEEDED)
    of = digest("morning")
    # A minute ago: there is one edition for each second at most.
    ran = run(of.id, now() - timedelta(minutes=1), house)
    return Newsroom(courier, herald, source, of, articles, edition(ran.edition_id or 0))
