"""A recipient's value in a template: printed, asked about, or taken apart.

An edition is rendered once and filled for each recipient, as long as its template only prints their values. When
it asks about one (`{% if subscriber.name %}`), all who give the same answers share a rendering; when it takes one
apart (`{{ subscriber.name | upper }}`), each value has its own. Nobody chooses: the template decides by what it
does.
"""

import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, NoReturn

from newsletter.core.errors import UnsafeMessage
from newsletter.core.words import Figure, said
from newsletter.mail.message import MARKER, Content, StandIn, is_damaged

MOST_RENDERINGS = 1000
"""Of one mailing: what says something else to each of a million readers cannot be made before it is sent."""


class TakenApart(Exception):
    """A template wants to know what the value is made of."""


@dataclass(frozen=True)
class Answer:
    """What was asked about a value, beside what, and the answer."""

    ask: Callable[..., Any]
    beside: tuple[object, ...]
    answer: object

    def fits(self, value: str) -> bool:
        """Whether this value gives the same answer."""
        return bool(self.ask(value, *self.beside) == self.answer)


class Field(StandIn):
    """Stands for one recipient's `value`: prints as a hole, answers as the value, and notes what it was asked.

    Only `Renderer` can print it; whatever else makes text of it takes it apart, and that raises TakenApart.
    """

    def __init__(self, name: str, value: str) -> None:
        super().__init__(name)
        self._value = value
        self.answers: list[Answer] = []

    @property
    def is_empty(self) -> bool:
        """Of the value, without its being noted: for a renderer that says later what was asked."""
        return not self._value

    def _ask(self, ask: Callable[..., Any], *beside: object) -> Any:  # noqa: ANN401 - whatever Python answers.
        answer = Answer(ask, beside, ask(self._value, *beside))
        self.answers.append(answer)
        return answer.answer

    def __bool__(self) -> bool:
        return bool(self._ask(bool))

    def __len__(self) -> int:
        return int(self._ask(len))

    def __eq__(self, other: object) -> bool:
        return bool(self._ask(operator.eq, other))

    def __ne__(self, other: object) -> bool:
        return bool(self._ask(operator.ne, other))

    def __lt__(self, other: str) -> bool:
        return bool(self._ask(operator.lt, other))

    def __le__(self, other: str) -> bool:
        return bool(self._ask(operator.le, other))

    def __gt__(self, other: str) -> bool:
        return bool(self._ask(operator.gt, other))

    def __ge__(self, other: str) -> bool:
        return bool(self._ask(operator.ge, other))

    def __contains__(self, part: str) -> bool:
        return bool(self._ask(operator.contains, part))

    def _take_apart(self, *_args: object) -> NoReturn:
        raise TakenApart

    __str__ = __html__ = __iter__ = __getitem__ = __add__ = __radd__ = __mul__ = __mod__ = _take_apart
    __hash__ = _take_apart

    def __getattr__(self, name: str) -> NoReturn:
        if name.startswith("__"):
            raise AttributeError(name)
        raise TakenApart


@dataclass
class Renderings:
    """The contents of one mailing, made as readers with other values come by.

    `render` makes one for a value, or for a Field called `name` that stands for it; `holes` are the others in it.
    """

    render: Callable[[str | Field], Content]
    name: str
    holes: frozenset[str]
    contents: list[Content] = field(default_factory=list)
    _answers: list[tuple[int, Sequence[Answer]]] = field(default_factory=list)
    _alone: dict[str, int] = field(default_factory=dict)

    @property
    def is_same_for_all(self) -> bool:
        """Whether the first rendering fits whoever reads it, because it only prints the value."""
        return self._answers == [(0, ())] and not self._alone

    def number_of(self, value: str) -> int:
        """Which of `contents` a reader with this value gets. Raises UnsafeMessage when there are too many."""
        if value in self._alone:
            return self._alone[value]
        for number, answers in self._answers:
            if all(answer.fits(value) for answer in answers):
                return number
        if len(self.contents) == MOST_RENDERINGS:
            problem = said(
                "The template says something else to each of more than %(most)s readers; "
                "let it print %(name)s as it is, or ask a yes-or-no question about it.",
                most=Figure(MOST_RENDERINGS),
                name=self.name,
            )
            raise UnsafeMessage(problem)
        return self._rendered(value)

    def _rendered(self, value: str) -> int:
        number = len(self.contents)
        stand_in = Field(self.name, value)
        try:
            content = self.render(stand_in)
        except TakenApart:
            content = None
        if content is None or not self._can_be_filled(content):
            self.contents.append(self.render(value))
            self._alone[value] = number
        else:
            self.contents.append(content)
            self._answers.append((number, tuple(stand_in.answers)))
        return number

    def _can_be_filled(self, content: Content) -> bool:
        """Not a subject, which is encoded as a whole, nor where a filter over a block changed the marker."""
        if MARKER.search(content.subject) or is_damaged(content):
            return False
        return {*MARKER.findall(content.text), *MARKER.findall(content.html)} <= {*self.holes, self.name}
