"""What is a proof of work, and for what: only what a browser found for the challenge that it was given."""

import base64
import hashlib
import hmac
import json
import re
from dataclasses import asdict
from datetime import UTC, datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from newsletter.core.settings import HIGHEST_PROOF
from newsletter.subscriptions.policy.proof import LIFE, LONGEST, Hidden, find_proof, make_challenge, read
from tests.subscriptions.proofs import parts_of, payload, solved

KEY, OLD_KEY, STRANGE_KEY = b"k" * 32, b"o" * 32, b"s" * 32
MOMENT = datetime(2026, 11, 23, 9, tzinfo=UTC)
EXPIRES = MOMENT + LIFE
HIDDEN = Hidden("0123456789ab" * 2, 1234, 5000)
CHALLENGE = make_challenge(HIDDEN, "courier", EXPIRES, KEY)
PROOF = solved(asdict(CHALLENGE))


def test_a_challenge_is_as_the_protocol_has_it() -> None:
    salt = f"{HIDDEN.nonce}?expires={int(EXPIRES.timestamp())}&newsletter=courier&action=subscribe&"

    assert asdict(CHALLENGE) == {
        "algorithm": "SHA-256",
        "challenge": hashlib.sha256(f"{salt}1234".encode()).hexdigest(),
        "maxnumber": 5000,
        "salt": salt,
        "signature": hmac.digest(KEY, CHALLENGE.challenge.encode(), "sha256").hex(),
    }


@pytest.mark.parametrize("keys", [[KEY], [STRANGE_KEY, KEY]])
def test_what_a_browser_found_is_a_proof_under_each_key_of_the_ring(keys: list[bytes]) -> None:
    proof = find_proof(PROOF, "courier", keys)

    assert proof is not None
    assert (proof.slug, proof.number, proof.expires_at) == ("courier", 1234, EXPIRES)
    assert find_proof(PROOF, "courier", [STRANGE_KEY]) is None
    assert find_proof(PROOF, "courier", []) is None


def test_a_proof_for_another_newsletter_is_none() -> None:
    assert find_proof(PROOF, "evening", [KEY]) is None
    assert find_proof(PROOF, "courie", [KEY]) is None


LATER = CHALLENGE.salt.replace(str(int(EXPIRES.timestamp())), str(int(EXPIRES.timestamp()) + 86400))
ELSEWHERE = CHALLENGE.salt.replace("courier", "evening")


@pytest.mark.parametrize("salt", [LATER, ELSEWHERE])
@pytest.mark.parametrize("slug", ["courier", "evening"])
def test_an_altered_moment_or_newsletter_is_refused_also_where_the_work_is_done_anew(salt: str, slug: str) -> None:
    challenge = hashlib.sha256(f"{salt}1234".encode()).hexdigest()
    signature = hmac.digest(STRANGE_KEY, challenge.encode(), "sha256").hex()

    assert find_proof(solved(asdict(CHALLENGE), salt=salt), slug, [KEY]) is None
    assert find_proof(solved(asdict(CHALLENGE), salt=salt, challenge=challenge), slug, [KEY]) is None
    forged = solved(asdict(CHALLENGE), salt=salt, challenge=challenge, signature=signature)
    assert find_proof(forged, slug, [KEY]) is None


@pytest.mark.parametrize("cut", [1, 2, 3, 4])
def test_digits_that_moved_from_the_number_into_the_salt_are_refused(cut: int) -> None:
    digits = "1234"
    spliced = solved(asdict(CHALLENGE), salt=CHALLENGE.salt + digits[:cut], number=int(digits[cut:] or 0))

    assert find_proof(spliced, "courier", [KEY]) is None


def test_an_unterminated_salt_that_could_be_read_in_two_ways_is_refused_although_it_is_signed() -> None:
    """As a service would issue it that is open to CVE-2025-68113."""
    salt = f"{HIDDEN.nonce}?newsletter=courier&action=subscribe&expires={int(EXPIRES.timestamp())}"
    challenge = hashlib.sha256(f"{salt}1234".encode()).hexdigest()
    signature = hmac.digest(KEY, challenge.encode(), "sha256").hex()
    whole = {"algorithm": "SHA-256", "challenge": challenge, "signature": signature}

    assert find_proof(payload({**whole, "salt": salt, "number": 1234}), "courier", [KEY]) is None
    assert find_proof(payload({**whole, "salt": f"{salt}12", "number": 34}), "courier", [KEY]) is None


@pytest.mark.parametrize(
    "altered",
    [
        {"number": 1233},
        {"number": -1},
        {"number": HIGHEST_PROOF + 1},
        {"number": "1234"},
        {"number": 1234.0},
        {"number": True},
        {"number": None},
        {"algorithm": "SHA-1"},
        {"algorithm": "none"},
        {"signature": ""},
        {"signature": CHALLENGE.signature.upper()},
        {"signature": CHALLENGE.signature[:-1] + "é"},
        {"challenge": CHALLENGE.challenge.upper()},
        {"challenge": CHALLENGE.signature},
        {"salt": CHALLENGE.salt[:-1]},
        {"salt": CHALLENGE.salt + "&"},
        {"salt": CHALLENGE.salt + "\n"},
        {"salt": CHALLENGE.salt.replace("&action=subscribe", "")},
        {"salt": CHALLENGE.salt.replace("subscribe", "unsubscribe")},
        {"salt": CHALLENGE.salt.replace("expires=1", "expires=\u0661")},
        {"salt": "\ud800" + CHALLENGE.salt[1:]},
        {"salt": [CHALLENGE.salt]},
    ],
)
def test_whatever_was_altered_is_refused(altered: dict[str, object]) -> None:
    assert find_proof(solved(asdict(CHALLENGE), **altered), "courier", [KEY]) is None


NESTED = base64.b64encode(b"[" * (LONGEST * 3 // 4)).decode()


@given(st.text() | st.binary(max_size=200).map(lambda raw: base64.b64encode(raw).decode()))
@example("")
@example("=")
@example("e30=")
@example("e30=\n")
@example(NESTED)
@example("A" * (LONGEST + 1))
@example(base64.b64encode(b'{"number": ' + b"9" * 700 + b"}").decode())
@example(base64.b64encode('{"a": 1}'.encode("utf-16")).decode())
def test_whatever_is_sent_in_is_read_or_refused_and_breaks_nothing(text: str) -> None:
    assert read(text) is None


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=8,
)
NAMES = st.sampled_from(["algorithm", "challenge", "number", "salt", "signature"])


@given(NAMES, JSON)
def test_whatever_stands_in_place_of_one_part_only_the_part_itself_is_a_proof(name: str, value: object) -> None:
    parts = parts_of(PROOF)
    altered = payload({**parts, name: value})

    found = find_proof(altered, "courier", [KEY])
    assert (found is not None) == (type(value) is type(parts[name]) and value == parts[name])


@given(
    st.text("0123456789abcdef", min_size=24, max_size=24),
    st.integers(0, 300),
    st.from_regex(r"[a-z0-9]([a-z0-9-]{0,58}[a-z0-9])?", fullmatch=True),
    st.integers(1_600_000_000, 4_000_000_000),
)
def test_each_challenge_can_be_solved_and_is_short_enough_to_be_read(
    nonce: str, number: int, slug: str, second: int
) -> None:
    expires_at = datetime.fromtimestamp(second, UTC)
    challenge = make_challenge(Hidden(nonce, number, 300), slug, expires_at, KEY)

    proof = find_proof(solved(asdict(challenge)), slug, [OLD_KEY, KEY])
    assert proof is not None
    assert (proof.slug, proof.expires_at) == (slug, expires_at)


def test_the_script_of_the_page_sends_what_is_read_here() -> None:
    """The widget of the ALTCHA project adds how long it took; more than what is signed is left alone."""
    assert read(payload({**parts_of(PROOF), "took": 812})) == read(PROOF)
    assert not re.search(r"\s", PROOF)
    assert json.loads(base64.b64decode(PROOF))["number"] == 1234
