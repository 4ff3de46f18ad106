"""What is queued can be sent: a letter that nobody could finish is refused before there is a row for anybody."""

import pytest

from newsletter.core.clock import now
from newsletter.core.errors import UnsafeMessage
from newsletter.delivery import service
from newsletter.delivery.service import Letter
from newsletter.mail.house import House
from newsletter.mail.message import Content, Hole
from newsletter.newsletters.emails import list_letterhead
from tests import make


def test_a_letter_with_a_hole_that_nothing_fills_is_refused_before_anybody_is_queued(house: House) -> None:
    of = make.newsletter()
    content = Content("News", f"Hello {Hole('secret')}", "")
    letter = Letter("edition", list_letterhead(of, now(), "e1"), content, {})

    with pytest.raises(UnsafeMessage, match="secret, unsubscribe_url"):
        service.queue_to_one(letter, service.Recipient(1, "ann@example.org", "key"))
