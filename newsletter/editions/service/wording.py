"""What an edition says to each group of its readers: rendered once for each choice of articles."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from sqlalchemy import insert

from newsletter.articles.models import Article
from newsletter.core.db import db
from newsletter.core.errors import EditionUnfit, UnsafeMessage
from newsletter.delivery import service as delivery
from newsletter.delivery.service import Letter, Wording
from newsletter.editions.emails import Told, basis_of, renderings
from newsletter.editions.models import Edition, EditionPart
from newsletter.editions.policy import preheader, subject
from newsletter.editions.service.drafting import judged
from newsletter.editions.service.grouping import Part
from newsletter.mail.fields import Renderings
from newsletter.mail.gate import Finding
from newsletter.mail.house import House
from newsletter.newsletters.models import Newsletter

MOST_VARIANTS = 30_000
"""Of one mailing; a column counts them."""


class Worded:
    """The renderings of an edition by the articles in them, each made and looked at by the gate once."""

    def __init__(self, told: Told, of: Newsletter, house: House) -> None:
        self.told = told
        self._of, self._house = of, house
        self._basis: object = None
        self._made: dict[tuple[int, ...], Renderings] = {}

    def note_basis(self) -> object:
        """What all of it is made of, as it is when this is first asked. Raises UnsafeMessage."""
        if self._basis is None:
            self._basis = basis_of(self.told, self._of, self._house)
        return self._basis

    def adopt(self, ahead: Iterable["Worded"]) -> None:
        """Take over what was rendered ahead of the same things; the whole, and what the gate says of it, never."""
        for each in ahead:
            if each.note_basis() == self.note_basis():
                self._made |= each._made  # noqa: SLF001 - it is one of us.
        self._made.pop(_key(self.told.articles), None)

    @property
    def whole(self) -> Renderings:
        """With all its articles. Raises EditionUnfit, UnsafeMessage."""
        return self.with_articles(self.told.articles)

    def with_articles(self, articles: Sequence[Article]) -> Renderings:
        """With these of its articles alone. Raises EditionUnfit, UnsafeMessage."""
        key = _key(articles)
        if key not in self._made:
            told = replace(self.told, articles=articles, edition=_titled(self.told, articles))
            made = renderings(told, self._of, self._house)
            refuse_errors(self.told.edition.id, judged(told, made.contents[0], self._of, self._house))
            self._made[key] = made
        return self._made[key]


def word(mailing_id: int, letter: Letter, parts: Sequence[Part], worded: Worded) -> None:
    """Bring what each part says to its readers, and to those of other names where the template asks for them."""
    delivery.add_wordings(
        mailing_id,
        letter,
        (Wording(each.number, worded.with_articles(each.articles).contents[0], each.due_at) for each in parts),
    )
    _keep(worded.told.edition.id, parts)
    if letter.keeps_names:
        _vary(mailing_id, letter, parts, worded)


def refuse_errors(edition_id: int, found: Sequence[Finding]) -> None:
    """Raises EditionUnfit when there is an error among them."""
    errors = [each.words for each in found if each.is_error]
    if errors:
        problem = f"Edition {edition_id} cannot leave: {' '.join(errors)}"
        raise EditionUnfit(problem)


def _vary(mailing_id: int, letter: Letter, parts: Sequence[Part], worded: Worded) -> None:
    """Those for whom the template says something else get a variant of their own beside that of their part."""
    part_of = {0: Part(0, worded.told.articles, None), **{each.number: each for each in parts}}
    numbers: dict[tuple[int, int], int] = {}
    number_of: dict[tuple[int, str], int] = {}
    for variant, name in delivery.names_of(mailing_id):
        rendering = worded.with_articles(part_of[variant].articles).number_of(name)
        if rendering:
            number_of[variant, name] = numbers.setdefault((variant, rendering), len(parts) + len(numbers) + 1)
    if len(parts) + len(numbers) > MOST_VARIANTS:
        problem = f"The edition says something else to each of more than {MOST_VARIANTS:,} groups of readers."
        raise UnsafeMessage(problem)
    own = [replace(part_of[variant], number=number) for (variant, _), number in numbers.items()]
    contents = [worded.with_articles(part_of[variant].articles).contents[which] for variant, which in numbers]
    delivery.add_wordings(
        mailing_id,
        letter,
        (Wording(each.number, content, each.due_at) for each, content in zip(own, contents, strict=True)),
    )
    _keep(worded.told.edition.id, [each for each in own if each.articles != worded.told.articles or each.due_at])
    delivery.vary(mailing_id, number_of)


def _keep(edition_id: int, parts: Sequence[Part]) -> None:
    rows = [
        {
            "edition_id": edition_id,
            "number": each.number,
            "articles": [article.id for article in each.articles],
            "due_at": each.due_at,
        }
        for each in parts
    ]
    if rows:
        db.session.execute(insert(EditionPart), rows)


def _key(articles: Sequence[Article]) -> tuple[int, ...]:
    return tuple(each.id for each in articles)


def _titled(told: Told, articles: Sequence[Article]) -> Edition:
    """The edition as it would be of these articles; a subject that somebody gave by hand stays."""
    whole, titles = [each.title for each in told.articles], [each.title for each in articles]
    edition = told.edition
    if whole == titles:
        return edition
    return Edition(
        id=edition.id,
        newsletter_id=edition.newsletter_id,
        slot=edition.slot,
        number=edition.number,
        subject=subject(titles) if edition.subject == subject(whole) else edition.subject,
        preheader=preheader(titles),
        notes=edition.notes,
        window_start=edition.window_start,
        window_end=edition.window_end,
    )
