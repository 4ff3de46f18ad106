"""Which column is what, and what a status of another service means here. Pure.

Where two readings are possible the less active one counts: nobody is mailed because we guessed.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property, lru_cache
from typing import NamedTuple

from newsletter.core.errors import InvalidInput
from newsletter.core.words import said


class Standing(StrEnum):
    """What somebody was in the service they come from."""

    ACTIVE = "active"
    PENDING = "pending"
    UNSUBSCRIBED = "unsubscribed"
    BOUNCED = "bounced"
    COMPLAINED = "complained"


RANK = {standing: rank for rank, standing in enumerate(Standing)}
"""The less active, the higher."""


class Column(StrEnum):
    """What a column can be taken for."""

    EMAIL = "email"
    NAME = "name"
    FIRST = "first name"
    LAST = "last name"
    STATUS = "status"
    LISTED = "status on the list"
    SUBSCRIBED = "subscribed (yes or no)"
    BLOCKED = "blocked (yes or no)"
    REQUESTED = "signed up at"
    CONFIRMED = "confirmed at"
    ENDED = "unsubscribed at"
    CLEANED = "bounced at"
    CADENCE = "cadence"
    TOPICS = "topics"
    LANGUAGE = "language"
    ZONE = "time zone"
    HOUR = "hour of the day"


_NAMES: Mapping[Column, str] = {
    Column.EMAIL: "email emailaddress mail subscriberemail useremail address",
    Column.NAME: "name fullname subscribername displayname",
    Column.FIRST: "firstname vorname prenom fname",
    Column.LAST: "lastname surname nachname nom lname",
    Column.STATUS: "status state subscriptionstatus subscriberstatus emailstatus globalstatus",
    Column.LISTED: "liststatus",
    Column.SUBSCRIBED: "subscribedtoemails",
    Column.BLOCKED: "emailblacklisted emaildisabled blocklisted blacklisted",
    Column.REQUESTED: "optintime createdat subscribedat dateregistered addedtime datecreated requestedat "
    "subscriptiontime",
    Column.CONFIRMED: "confirmtime confirmedat confirmationtime",
    Column.ENDED: "unsubtime unsubscribedat endedat",
    Column.CLEANED: "cleantime bouncedat",
    Column.CADENCE: "cadence",
    Column.TOPICS: "topics",
    Column.LANGUAGE: "language lang sprache langue",
    Column.ZONE: "timezone tz",
    Column.HOUR: "localhour",
}

_WORDS: Mapping[Standing, str] = {
    Standing.ACTIVE: "active subscribed confirmed enabled free paid comp premium",
    Standing.PENDING: "pending unconfirmed notconfirmed waiting unverified paused inactive validating",
    Standing.UNSUBSCRIBED: "unsubscribed optedout optout cancelled canceled disabled blocklisted blacklisted "
    "archived deleted removed suppressed unsub unknown",
    Standing.BOUNCED: "bounced cleaned hardbounce hardbounced invalid undeliverable",
    Standing.COMPLAINED: "complained complaint spam abuse reported markedasspam",
}

_BY_LETTERS = "The Newsletter Plugin"
_LETTERS = {
    "c": Standing.ACTIVE,
    "s": Standing.PENDING,
    "u": Standing.UNSUBSCRIBED,
    "b": Standing.BOUNCED,
    "p": Standing.COMPLAINED,
}
"""How that plugin of WordPress writes a status; elsewhere a letter may mean anything."""

_SERVICES = (
    ("Mailchimp", {"leid", "euid"}),
    ("Brevo", {"emailblacklisted"}),
    ("Ghost", {"subscribedtoemails"}),
    ("Substack", {"emaildisabled"}),
    ("Substack", {"activesubscription"}),
    ("beehiiv", {"tier", "stripecustomerid"}),
    ("MailPoet", {"globalstatus"}),
    ("MailPoet", {"liststatus"}),
    (_BY_LETTERS, {"surname", "sex", "status", "token"}),
    (_BY_LETTERS, {"lastname", "gender", "status", "token"}),
    ("Curated", {"utmsource", "emailaddress"}),
    ("listmonk", {"attributes"}),
    ("this service", {"endreason", "cadence"}),
)

LONGEST_WORD = 100
"""Letters of a status; what is longer is none that anybody knows."""

IGNORED = "-"
"""What a column is taken for that means nothing here."""

_YES = {"1", "true", "yes", "y", "ja", "oui"}
_YES_OR_NO = _YES | {"0", "false", "no", "n", "nein", "non", ""}


@dataclass(frozen=True)
class Choices:
    """What the operator says where recognising errs: columns by their names, statuses by their words.

    `IGNORED` for a column takes it for nothing. `encoding` and `delimiter` are "" where the file tells.
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    statuses: Mapping[str, str] = field(default_factory=dict)
    encoding: str = ""
    delimiter: str = ""


@dataclass(frozen=True)
class Taking:
    """How a file's rows are read: the place of each column that means something, and what a status means."""

    service: str
    places: Mapping[Column, int]
    statuses: Mapping[str, Standing]

    def cells(self, row: Sequence[str]) -> "Cells":
        """What the row says in each column that means something."""
        last = len(row)
        return Cells._make(
            [row[place].strip() if place is not None and place < last else "" for place in self._in_order]
        )

    @cached_property
    def _in_order(self) -> Sequence[int | None]:
        return [self.places.get(column) for column in Column]

    def standing_of(self, cells: "Cells") -> Standing:
        """The least active of all that the row says. Raises InvalidInput for a word that nobody knows."""
        told = [Standing.ACTIVE, *self._by_columns(cells)]
        return max(told, key=RANK.__getitem__)

    def _by_columns(self, cells: "Cells") -> list[Standing]:
        told = []
        for column, word in ((Column.STATUS, cells.status), (Column.LISTED, cells.listed)):
            if word:
                told.append(self._meaning(word))
            elif column in self.places:
                told.append(Standing.PENDING)
        if Column.SUBSCRIBED in self.places and not _is_yes(cells.subscribed):
            told.append(Standing.UNSUBSCRIBED)
        if Column.BLOCKED in self.places and _is_yes(cells.blocked):
            told.append(Standing.UNSUBSCRIBED)
        if cells.ended:
            told.append(Standing.UNSUBSCRIBED)
        if cells.cleaned:
            told.append(Standing.BOUNCED)
        return told

    def find_meaning(self, word: str) -> Standing | None:
        """What a status means; None where nobody knows."""
        return self.statuses.get(_plain(word[:LONGEST_WORD]))

    def _meaning(self, word: str) -> Standing:
        found = self.find_meaning(word)
        if found is None:
            problem = said(
                "The status '%(word)s' is not known; say what it means with --status '%(word)s=…'.", word=word[:40]
            )
            raise InvalidInput(problem, field="status")
        return found


class Cells(NamedTuple):
    """A row by what its columns mean, in the order of `Column`; "" where there is nothing."""

    email: str
    name: str
    first: str
    last: str
    status: str
    listed: str
    subscribed: str
    blocked: str
    requested: str
    confirmed: str
    ended: str
    cleaned: str
    cadence: str
    topics: str
    language: str
    zone: str
    hour: str

    @property
    def whole_name(self) -> str:
        return self.name or f"{self.first} {self.last}".strip()


def recognise(header: Sequence[str], choices: Choices) -> Taking:
    """Raises InvalidInput when no column holds addresses, or a choice names what is not there."""
    plain = [_plain(name) for name in header]
    places: dict[Column, int] = {}
    for column, names in _NAMES.items():
        known = names.split()
        place = next((plain.index(name) for name in known if name in plain), None)
        if place is not None and place not in places.values():
            places[column] = place
    if Column.NAME in places and Column.LAST in places and Column.FIRST not in places:
        places[Column.FIRST] = places.pop(Column.NAME)
    for name, meaning in choices.columns.items():
        place = _place(name, header)
        places = {column: there for column, there in places.items() if there != place}
        if meaning != IGNORED:
            places[_column(meaning)] = place
    if Column.EMAIL not in places:
        problem = said(
            "No column of %(header)s holds addresses; say which with --column 'NAME=email'.",
            header=", ".join(header)[:300],
        )
        raise InvalidInput(problem, field="column")
    statuses = {word: standing for standing, words in _WORDS.items() for word in words.split()}
    service = next((name for name, marks in _SERVICES if marks <= set(plain)), "an unknown service")
    if service == _BY_LETTERS:
        statuses |= _LETTERS
    statuses |= {_plain(word): _standing(meaning) for word, meaning in choices.statuses.items()}
    return Taking(service, places, statuses)


@lru_cache(maxsize=1000)
def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


def _is_yes(text: str) -> bool:
    word = text.lower()
    if word not in _YES_OR_NO:
        problem = said("'%(text)s' is neither yes nor no.", text=text[:40])
        raise InvalidInput(problem, field="status")
    return word in _YES


def _place(name: str, header: Sequence[str]) -> int:
    if name not in header:
        problem = said(
            "There is no column '%(name)s'; there are %(header)s.", name=name, header=", ".join(header)[:300]
        )
        raise InvalidInput(problem, field="column")
    return list(header).index(name)


def _column(meaning: str) -> Column:
    try:
        return Column(meaning)
    except ValueError as error:
        problem = said(
            "A column cannot be '%(meaning)s'; expected one of %(those)s.",
            meaning=meaning,
            those=", ".join(Column),
        )
        raise InvalidInput(problem, field="column") from error


def _standing(meaning: str) -> Standing:
    try:
        return Standing(meaning)
    except ValueError as error:
        problem = said(
            "A status cannot mean '%(meaning)s'; expected one of %(those)s.",
            meaning=meaning,
            those=", ".join(Standing),
        )
        raise InvalidInput(problem, field="status") from error
