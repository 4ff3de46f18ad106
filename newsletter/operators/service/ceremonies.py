"""What is asked of a device and how its answer is judged (WebAuthn): the one place that speaks to the library.

The library is loaded where it is used: with it come twenty megabytes, which processes that see no passkey save.
"""

# ruff: noqa: PLC0415 - as the lines above say.

import json
from collections.abc import Iterable
from dataclasses import dataclass

from newsletter.core.errors import InvalidInput
from newsletter.core.words import said
from newsletter.operators.policy import CHALLENGE_LIFE, LONGEST_ANSWER, LONGEST_CREDENTIAL, RelyingParty

SHOWN_AS = "Newsletters"
"""How a device calls this console."""

REFUSED = said("This passkey cannot be used here.")

_MILLISECONDS = int(CHALLENGE_LIFE.total_seconds() * 1000)


@dataclass(frozen=True)
class Holder:
    """Whose passkey it will be: `handle` is what their device will name them by, and says nothing of them."""

    handle: bytes
    address: str
    name: str


@dataclass(frozen=True)
class Made:
    """A passkey that a device has just made: the public half."""

    credential_id: str
    public_key: bytes
    sign_count: int


def options_to_add(holder: Holder, challenge: str, held: Iterable[str], party: RelyingParty) -> str:
    """What to ask a browser for, as JSON; `held` are the ids of the passkeys that they have already."""
    from webauthn import base64url_to_bytes, generate_registration_options, options_to_json
    from webauthn.helpers.structs import (
        AuthenticatorSelectionCriteria,
        PublicKeyCredentialDescriptor,
        ResidentKeyRequirement,
        UserVerificationRequirement,
    )

    return options_to_json(
        generate_registration_options(
            rp_id=party.id,
            rp_name=SHOWN_AS,
            user_id=holder.handle,
            user_name=holder.address,
            user_display_name=holder.name,
            challenge=challenge.encode(),
            timeout=_MILLISECONDS,
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.REQUIRED,
                user_verification=UserVerificationRequirement.REQUIRED,
            ),
            exclude_credentials=[PublicKeyCredentialDescriptor(id=base64url_to_bytes(each)) for each in held],
        )
    )


def options_to_enter(challenge: str, party: RelyingParty) -> str:
    """As above, for whoever has a passkey of this console: the device knows which one."""
    from webauthn import generate_authentication_options, options_to_json
    from webauthn.helpers.structs import UserVerificationRequirement

    return options_to_json(
        generate_authentication_options(
            rp_id=party.id,
            challenge=challenge.encode(),
            timeout=_MILLISECONDS,
            user_verification=UserVerificationRequirement.REQUIRED,
        )
    )


def credential_in(answer: str) -> str:
    """The id of the credential that an answer names, in base64url; "" for what is no answer."""
    try:
        named = json.loads(answer)["id"] if len(answer) <= LONGEST_ANSWER else ""
    except (ValueError, TypeError, KeyError, RecursionError):
        return ""
    return named if isinstance(named, str) and len(named) <= LONGEST_CREDENTIAL and named.isascii() else ""


def added(answer: str, challenge: str, party: RelyingParty) -> Made:
    """The passkey that a device made for this challenge. Raises InvalidInput."""
    from webauthn import verify_registration_response
    from webauthn.helpers import bytes_to_base64url

    _refuse_long(answer)
    try:
        made = verify_registration_response(
            credential=answer,
            expected_challenge=challenge.encode(),
            expected_rp_id=party.id,
            expected_origin=party.origin,
            require_user_verification=True,
        )
    # A stranger's bytes go through parsers of JSON, CBOR, COSE and X.509, which fail in more ways than they name.
    except Exception as error:
        raise InvalidInput(REFUSED) from error
    credential_id = bytes_to_base64url(made.credential_id)
    if len(credential_id) > LONGEST_CREDENTIAL:
        raise InvalidInput(REFUSED)
    return Made(credential_id, made.credential_public_key, made.sign_count)


def counted(answer: str, challenge: str, made: Made, handle: bytes, party: RelyingParty) -> int:
    """What the device has counted, if this passkey has signed the challenge for who has the handle.

    Whether the count went on is for the caller to judge. Raises InvalidInput.
    """
    from webauthn import verify_authentication_response
    from webauthn.helpers import parse_authentication_credential_json

    _refuse_long(answer)
    try:
        credential = parse_authentication_credential_json(answer)
        verified = verify_authentication_response(
            credential=credential,
            expected_challenge=challenge.encode(),
            expected_rp_id=party.id,
            expected_origin=party.origin,
            credential_public_key=made.public_key,
            # Judged by the caller together with the write, so that of two at the same moment one comes in.
            credential_current_sign_count=0,
            require_user_verification=True,
        )
    except Exception as error:
        raise InvalidInput(REFUSED) from error
    # The device names whose passkey it was (WebAuthn 3, §7.2 step 6); nobody else told us who is at the browser.
    if credential.response.user_handle != handle:
        raise InvalidInput(REFUSED)
    return verified.new_sign_count


def _refuse_long(answer: str) -> None:
    if len(answer) > LONGEST_ANSWER:
        raise InvalidInput(REFUSED)
