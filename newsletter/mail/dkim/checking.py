"""Has our own signatures verified by dkimpy, which shares no code with what made them."""

from collections.abc import Sequence

import dkim

from newsletter.core.errors import UnsafeMessage
from newsletter.mail.dkim import SigningKey, relaxed
from newsletter.mail.dkim.keys import keys_for


def verify_own(message: bytes, keys: Sequence[SigningKey]) -> None:
    """Check each signature that the message must carry; nobody is asked, the public keys are those of `keys`.

    Raises UnsafeMessage for the first that is missing or does not verify. A sender for whom no key stands needs
    none.
    """
    if not keys:
        return
    head = relaxed.fields(message.partition(b"\r\n\r\n")[0])
    expected = keys_for(keys, relaxed.sender_domain(head))
    records = {f"{key.record_name}.".encode(): key.record.encode() for key in expected}
    checker = dkim.DKIM(message)
    for index, key in enumerate(expected):
        reason = "it is missing or its signature is wrong"
        try:
            verifies = checker.verify(idx=index, dnsfunc=lambda name, **_: records.get(name))
        except dkim.DKIMException as error:
            verifies, reason = False, str(error)
        signer = (checker.domain, checker.selector)
        if not verifies or signer != (key.domain.encode(), key.selector.encode()):
            problem = f"The DKIM signature {key.record_name} ({key.algorithm}) does not verify: {reason}."
            raise UnsafeMessage(problem)
