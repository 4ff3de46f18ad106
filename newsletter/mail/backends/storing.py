"""What the backends share that hand a message over in one step and cannot half fail: store it, or say why not."""

from collections.abc import Callable, Iterable, Iterator

from newsletter.mail.backends.base import Journal
from newsletter.mail.message import Envelope
from newsletter.mail.outcomes import Blame, Outcome, Phase, Result


class StoringConnection:
    """A connection over a `store` that raises OSError, and then has not stored."""

    def __init__(self, store: Callable[[Envelope], None]) -> None:
        self._store = store
        self.is_usable = True

    def send(self, envelopes: Iterable[Envelope], journal: Journal) -> Iterator[Outcome]:
        for envelope in envelopes:
            journal.dotting(envelope.key)
            outcome = self._stored(envelope)
            journal.answered(outcome)
            journal.flush()
            yield outcome
            if not self.is_usable:
                return

    def close(self) -> None:
        self.is_usable = False

    def _stored(self, envelope: Envelope) -> Outcome:
        try:
            self._store(envelope)
        except OSError as error:
            self.is_usable = False
            return Outcome(envelope.key, Result.UNSENT, Blame.NOBODY, Phase.DATA, str(error))
        return Outcome(envelope.key, Result.ACCEPTED, Blame.NOBODY, Phase.DOT, "stored")
