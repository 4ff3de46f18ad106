"""The senders with which one process of the broker's workers sends: one for each backend, in turn."""

from collections.abc import Sequence
from contextlib import ExitStack, suppress

from newsletter.delivery.models import Lane
from newsletter.delivery.sender import Sender, make_shares, open_sender
from newsletter.mail.house import House


class Crew:
    """They send in this lane, or this mailing alone. Raises OSError when they can have no journal."""

    def __init__(self, house: House, lane: Lane, mailing_id: int | None = None) -> None:
        self.mailing_id = mailing_id
        self.is_troubled = False
        shares = make_shares(house)
        with ExitStack() as stack:
            self._senders: Sequence[Sender] = [
                stack.enter_context(open_sender(house, member, shares, lane, mailing_id)) for member in house.pool
            ]
            self._open = stack.pop_all()

    @property
    def is_resting(self) -> bool:
        """Whether one of them waits for its backend, or for a rate."""
        return any(sender.is_resting for sender in self._senders)

    def send_slices(self) -> bool:
        """A slice of each; whether there was anything to do. Raises what a sender raises."""
        self.is_troubled = True
        was_busy = [sender.send_slice() for sender in self._senders]
        self.is_troubled = False
        return any(was_busy)

    def hang_up(self) -> None:
        """Close the lines; the next slice opens them again."""
        for sender in self._senders:
            sender.close()

    def close(self) -> None:
        """Leave nothing behind; but journals that may know more than the rows stay, for others to settle."""
        with suppress(_Abandoned), self._open:
            if self.is_troubled:
                raise _Abandoned


class _Abandoned(Exception):
    """Tells the journals to stay."""
