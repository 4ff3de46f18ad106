"""What an edition says to each group of its readers: rendered once for each choice of articles."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import insert

from newsletter.articles.models import Article
from newsletter.core.db import db
from newsletter.core.errors import EditionUnfit, UnsafeMessage
from newsletter.core.words import Figure, said, series
from newsletter.delivery import service as delivery
from newsletter.delivery.models import Mailing
from newsletter.delivery.service import Halves, Letter, Wording
from newsletter.editions.emails import Told, basis_of, called, renderings
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
            told = replace(self.told, articles=articles, edition=titled(self.told, articles))
            made = renderings(told, self._of, self._house)
            refuse_errors(self.told.edition.id, judged(told, made.contents[0], self._of, self._house))
            self._made[key] = made
        return self._made[key]


class Numbers:
    """How the variants of a mailing are counted: `groups` of readers get different articles, or at other hours.

    Without a second subject a group has one variant, its own number. With one it has three: with the edition's own
    subject, with the other one, and for the rest, whose subject is decided later.
    """

    def __init__(self, groups: int, *, is_split: bool) -> None:
        self.groups, self.is_split = groups, is_split

    @property
    def halves(self) -> Halves | None:
        """As the letter says it."""
        return Halves(self.groups) if self.is_split else None

    def group_of(self, variant: int) -> int:
        return variant % self.groups

    def place_of(self, variant: int) -> int:
        """0 with its own subject, 1 for the rest, 2 with the other one."""
        return variant // self.groups

    def of(self, group: int) -> tuple[int, ...]:
        """The variants of one of the groups that the mailing was queued for, by place."""
        return tuple(group + place * self.groups for place in self._places)

    def beyond(self, further: int) -> tuple[int, ...]:
        """The variants of a further group, counted from 0, of those who are told something else by their name."""
        first = len(self._places) * (self.groups + further)
        return tuple(first + place for place in self._places)

    @property
    def _places(self) -> range:
        return range(3 if self.is_split else 1)


class Wordings:
    """What is said to each group of an edition's readers, in one wording, or in two where it has two subjects."""

    def __init__(self, parts: Sequence[Part], worded: Sequence[Worded]) -> None:
        self._worded = worded
        self._parts = [Part(0, worded[0].told.articles, None), *parts]
        self.numbers = Numbers(len(self._parts), is_split=len(worded) > 1)

    def bring(self, mailing: Mailing, letter: Letter) -> list[list[int]]:
        """To each group its own, and to those of other names where the template asks for them.

        What is to be decided for the rest: see `models.Split.wordings`. In the transaction that queued the
        mailing, which has no halves where nobody of it goes first. Raises EditionUnfit, UnsafeMessage.
        """
        if self.numbers.is_split and mailing.up_to_id is None:
            self._worded, self.numbers = self._worded[:1], Numbers(len(self._parts), is_split=False)
        usual = (0,) * len(self._worded)
        told = [_Told(part, self.numbers.of(part.number), usual) for part in self._parts]
        if letter.keeps_names:
            told += self._vary(mailing.id)
        self._add(mailing.id, letter, told)
        if not self.numbers.is_split:
            return []
        return [[rest, own, other] for own, rest, other in (each.variants for each in told)]

    def _add(self, mailing_id: int, letter: Letter, told: Sequence["_Told"]) -> None:
        delivery.add_wordings(
            mailing_id,
            letter,
            (
                Wording(number, worded.with_articles(each.part.articles).contents[which], each.part.due_at)
                for each in told
                for number, worded, which in zip(each.variants[::2], self._worded, each.renderings, strict=True)
                if number
            ),
        )
        whole = self._worded[0].told
        _keep(
            whole.edition.id,
            [
                replace(each.part, number=number)
                for each in told
                for number in each.variants
                if number and (each.part.articles != whole.articles or each.part.due_at)
            ],
        )

    def _vary(self, mailing_id: int) -> list["_Told"]:
        """Those for whom the template says something else get variants of their own beside those of their part."""
        found: dict[tuple[int, tuple[int, ...]], _Told] = {}
        number_of: dict[tuple[int, str], int] = {}
        for variant, name in delivery.names_of(mailing_id):
            part = self._parts[self.numbers.group_of(variant)]
            renderings = tuple(each.with_articles(part.articles).number_of(name) for each in self._worded)
            if any(renderings):
                further = self.numbers.beyond(len(found))
                told = found.setdefault((part.number, renderings), _Told(part, further, renderings))
                number_of[variant, name] = told.variants[self.numbers.place_of(variant)]
        if max(self.numbers.beyond(len(found))) > MOST_VARIANTS:
            problem = said(
                "The edition says something else to each of more than %(most)s groups of readers.",
                most=Figure(MOST_VARIANTS),
            )
            raise UnsafeMessage(problem)
        delivery.vary(mailing_id, number_of)
        return list(found.values())


@dataclass(frozen=True)
class _Told:
    """What a group gets, in which of the `renderings` by subject; `variants` are its numbers by place."""

    part: Part
    variants: tuple[int, ...]
    renderings: tuple[int, ...]


def refuse_errors(edition_id: int, found: Sequence[Finding]) -> None:
    """Raises EditionUnfit when there is an error among them."""
    errors = [each.words for each in found if each.is_error]
    if errors:
        problem = said(
            "Edition %(edition)s cannot leave: %(words)s", edition=edition_id, words=series(errors, " ")
        )
        raise EditionUnfit(problem)


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


def titled(told: Told, articles: Sequence[Article]) -> Edition:
    """The edition as it would be of these articles; a subject that somebody gave by hand stays."""
    whole, titles = [each.title for each in told.articles], [each.title for each in articles]
    edition = told.edition
    if whole == titles:
        return edition
    words = subject(titles) if edition.subject == subject(whole) else edition.subject
    return called(edition, words, preheader(titles))
