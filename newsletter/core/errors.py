"""Everything that can go wrong on purpose, as one tree.

    NewsletterError
    ├── SettingsError          a setting is missing or wrong: mend it and start again
    ├── InvalidInput           what a person typed cannot be used: show the words, ask again
    │   ├── InvalidAddress
    │   ├── InvalidSchedule
    │   ├── InvalidPicture     it cannot be shown in a mail: use another one
    │   ├── InvalidUrl
    │   └── TemplateRefused    what an operator wrote for a mail: show part, line and how to mend it
    ├── NotFound               there is no such thing: check the name
    ├── NotAllowed             the operator's role does not reach so far: ask an owner
    ├── TooManyTries           too many wrong passwords or codes: wait, then try again
    ├── Conflict               it exists, or it is in the wrong state: look first
    │   └── EditionUnfit       the gate found errors: mend them, then approve it
    ├── LinkError              a link from a mail cannot be used: offer a fresh one
    │   ├── LinkDamaged
    │   └── LinkExpired
    ├── SourceError            a source could not be read: mark it, go on with the others
    │   ├── FetchRefused       the address is not one we may ask: never retry by itself
    │   ├── FetchFailed        the network or the server failed: retry at the next poll
    │   └── FeedUnreadable     what came back is no feed: retry, tell the operator
    └── MailError              a message cannot be made or handed over
        ├── UnsafeMessage      it would carry headers nobody meant: never send it
        └── BackendUnavailable the backend does not answer: stop, keep everything, retry
            └── BackendRefused it answers, and does not let us in: pause, tell the operator

`newsletter.web.errors` alone maps these to HTTP; `newsletter.cli` alone maps them to exit codes.
The text of each is one sentence for the person who can mend it; the facts are attributes.
"""

from newsletter.core.words import numbered, said

_KINDS: dict[str, str] = {
    each: each
    for each in (
        *(said("article"), said("author"), said("digest"), said("edition"), said("newsletter"), said("source")),
        *(said("file"), said("import"), said("upload"), said("bulk action"), said("page"), said("template")),
        *(said("operator"), said("passkey"), said("subscriber"), said("suppression")),
    )
}
"""What pages say of in the reader's language; of others commands alone speak."""

_PURPOSES: dict[str, str] = {
    each: each for each in (said("one-time"), said("factor"), said("confirm"), said("unsubscribe"))
}
"""The same, for links."""


class NewsletterError(Exception):
    """Root of the tree; never raised itself."""


class SettingsError(NewsletterError):
    """A setting cannot be used; the text names it, its value and what was expected."""

    def __init__(self, name: str, problem: str) -> None:
        super().__init__(f"{name}: {problem}")
        self.name = name


class InvalidInput(NewsletterError):
    """Typed text cannot be used; `field` is the form field or argument it came from."""

    field = "input"

    def __init__(self, problem: str, *, field: str | None = None) -> None:
        super().__init__(problem)
        self.field = field or self.field


class InvalidAddress(InvalidInput):
    """No mail can be sent to this address; the text says why, and never repeats the address."""

    field = "email"


class InvalidSchedule(InvalidInput):
    """The cron text or the time zone cannot be understood."""

    field = "schedule"


class InvalidPicture(InvalidInput):
    """The bytes are no picture, or one that is not safe or not worth to be shown."""

    field = "picture"


class InvalidUrl(InvalidInput):
    """Not an absolute http or https URL."""

    field = "url"


class TemplateRefused(InvalidInput):
    """What an operator wrote for a mail cannot be used; `line` counts from 1, 0 when nobody can say which."""

    field = "template"

    def __init__(self, part: str, line: int, problem: str) -> None:
        facts = {"part": part, "line": line, "problem": problem}
        if part and line:
            words = said("%(part)s, line %(line)s: %(problem)s.", **facts)
        elif part:
            words = said("%(part)s: %(problem)s.", **facts)
        elif line:
            words = said("line %(line)s: %(problem)s.", **facts)
        else:
            words = said("The template cannot be used: %(problem)s.", **facts)
        super().__init__(words)
        self.part, self.line, self.problem = part, line, problem


class NotFound(NewsletterError):
    """There is no such thing; `kind` is the word of the glossary, `name` what was asked for."""

    def __init__(self, kind: str, name: object) -> None:
        super().__init__(said("There is no %(kind)s '%(name)s'.", kind=_KINDS.get(kind, kind), name=name))
        self.kind = kind
        self.name = name


class NotAllowed(NewsletterError):
    """The operator may not do this; somebody with the role that the text names may."""


class TooManyTries(NewsletterError):
    """Whoever it was must wait; `seconds` is how long at most."""

    def __init__(self, seconds: int) -> None:
        super().__init__(
            numbered(
                "Too many tries. Please wait %(num)s minute, or ask an owner for a one-time link.",
                "Too many tries. Please wait %(num)s minutes, or ask an owner for a one-time link.",
                max(1, round(seconds / 60)),
            )
        )
        self.seconds = seconds


class Conflict(NewsletterError):
    """The thing exists already, or its state does not allow this; look at it, then decide."""


class EditionUnfit(Conflict):
    """An edition must not leave as it is; the text says why, and how to mend it."""


class LinkError(NewsletterError):
    """A link from a mail cannot be used; `purpose` says which kind it was."""

    def __init__(self, purpose: str) -> None:
        super().__init__(self.sentence(_PURPOSES.get(purpose, purpose)))
        self.purpose = purpose

    def sentence(self, purpose: str) -> str:
        """What is wrong with it."""
        return said("This %(purpose)s link cannot be used.", purpose=purpose)


class LinkDamaged(LinkError):
    """Not signed by us, cut off, or made for another purpose; ask for a fresh one."""

    def sentence(self, purpose: str) -> str:
        """As above."""
        return said("This %(purpose)s link is not complete or was not made by us.", purpose=purpose)


class LinkExpired(LinkError):
    """Genuine, but too old; ask for a fresh one."""

    def sentence(self, purpose: str) -> str:
        """As above."""
        return said("This %(purpose)s link has expired.", purpose=purpose)


class SourceError(NewsletterError):
    """A source could not be read; the text is shown to the operator as the source's state."""


class FetchRefused(SourceError):
    """The URL leads where we must not go (not http, not public); changing it is the only remedy."""


class FetchFailed(SourceError):
    """Network, time limit, size limit or HTTP status; asking again later may help."""


class FeedUnreadable(SourceError):
    """The answer is no feed we know; the text says what it looked like instead."""


class MailError(NewsletterError):
    """A message cannot be made or handed over."""


class UnsafeMessage(MailError):
    """The finished bytes do not carry exactly the headers that were meant; it must not leave."""


class BackendUnavailable(MailError):
    """The backend cannot take any message now; nothing was sent, so everything may be retried."""


class BackendRefused(BackendUnavailable):
    """It will not take any until somebody changes something: the login, a certificate, our reputation there."""
