"""Links that people keep for years, cut off, double and forge."""

import base64
import hashlib
import json
from datetime import UTC, datetime, timedelta, timezone
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from itsdangerous import TimestampSigner, URLSafeTimedSerializer

from newsletter.core.errors import LinkDamaged, LinkExpired
from newsletter.core.tokens import LEEWAY, Signer

OLD, NEW, FOREIGN = "old-" * 10, "new-" * 10, "foreign-" * 5
NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
PURPOSES = ("confirm", "unsubscribe", "preferences")
CLAIMS = {"s": 7, "n": 3, "j": "once"}


def token(purpose: str = "confirm", key: str = NEW) -> str:
    return Signer((key,)).sign(purpose, CLAIMS, at=NOON)


def read(text: str, purpose: str = "confirm", *keys: str) -> dict[str, object]:
    return dict(Signer(keys or (NEW,)).read(purpose, text, now=NOON, max_age=None).claims)


@pytest.mark.parametrize("purpose", PURPOSES)
def test_a_token_says_what_was_signed_and_when(purpose: str) -> None:
    made = Signer((NEW,)).read(purpose, token(purpose), now=NOON + SECOND, max_age=timedelta(hours=1))

    assert dict(made.claims) == {"v": 1, **CLAIMS}
    assert made.signed_at == NOON


@pytest.mark.parametrize(("made_for", "used_for"), list(permutations(PURPOSES, 2)))
def test_a_token_for_one_purpose_opens_no_other_door(made_for: str, used_for: str) -> None:
    with pytest.raises(LinkDamaged) as refused:
        read(token(made_for), used_for)

    assert refused.value.purpose == used_for


def test_the_same_mail_made_again_carries_the_same_token() -> None:
    assert token() == token()


def test_a_token_fits_in_a_url_unquoted_and_holds_no_address() -> None:
    assert set(token()) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.")


def test_an_old_key_still_verifies_while_the_new_one_signs() -> None:
    ring = Signer((NEW, OLD))

    assert ring.read("confirm", token(key=OLD), now=NOON, max_age=None).claims["s"] == 7
    assert ring.sign("confirm", CLAIMS, at=NOON) == token(key=NEW)


@pytest.mark.parametrize("key", [OLD, FOREIGN])
def test_a_removed_key_and_a_foreign_one_verify_nothing(key: str) -> None:
    with pytest.raises(LinkDamaged):
        read(token(key=key))


def test_variants_of_the_text_verify_with_equal_claims_so_single_use_rests_on_the_claims() -> None:
    genuine = token()
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    verified = {}
    for variant in [genuine[:-1] + letter for letter in letters] + [genuine + "=", genuine + "=="]:
        try:
            verified[variant] = read(variant)
        except LinkDamaged:
            continue

    assert genuine in verified
    assert len(verified) > 1
    assert all(claims == verified[genuine] for claims in verified.values())


@pytest.mark.parametrize("cut", range(1, 100, 7))
def test_a_token_that_was_cut_off_is_damaged(cut: int) -> None:
    with pytest.raises(LinkDamaged):
        read(token()[:-cut])


@pytest.mark.parametrize("position", range(0, 90, 5))
def test_one_changed_letter_in_front_of_the_last_damages_it(position: int) -> None:
    genuine = token()
    other = "A" if genuine[position] != "A" else "B"

    with pytest.raises(LinkDamaged):
        read(genuine[:position] + other + genuine[position + 1 :])


@pytest.mark.parametrize(
    "text", ["", ".", "..", "...", "a.b.c", "\0", "ünsub", "\ud800", "x" * 10_240, "." * 10_240]
)
def test_what_is_no_token_is_damaged(text: str) -> None:
    with pytest.raises(LinkDamaged):
        read(text)


def test_a_genuine_token_of_ten_kilobytes_is_refused_unread() -> None:
    long = Signer((NEW,)).sign("confirm", {"j": [str(number) for number in range(4000)]}, at=NOON)

    assert len(long) > 1024
    with pytest.raises(LinkDamaged):
        read(long)


@given(st.text(max_size=200))
def test_no_text_whatever_breaks_the_reader(text: str) -> None:
    with pytest.raises(LinkDamaged):
        read(text)


@pytest.mark.parametrize("payload", [[1, 2], "text", 7, None, {}, {"v": 0}, {"v": "1"}, {"s": 7}])
def test_a_payload_of_another_shape_or_version_is_damaged(payload: object) -> None:
    def signed(payload: object) -> str:
        serializer = URLSafeTimedSerializer(
            NEW,
            salt="newsletter.confirm:v1",
            signer=TimestampSigner,
            signer_kwargs={"digest_method": hashlib.sha256, "key_derivation": "hmac"},
        )
        return str(serializer.dumps(payload))

    def opened(payload: object) -> object:
        moment = datetime.max.replace(tzinfo=UTC)
        return Signer((NEW,)).read("confirm", signed(payload), now=moment, max_age=None)

    assert opened({"v": 1})
    with pytest.raises(LinkDamaged):
        opened(payload)


@pytest.mark.parametrize(("age", "fits"), [(0, True), (3599, True), (3600, True), (3601, False), (10**9, False)])
def test_a_token_expires_when_it_is_older_than_its_age(age: int, *, fits: bool) -> None:
    def opened() -> object:
        moment = NOON + timedelta(seconds=age)
        return Signer((NEW,)).read("confirm", token(), now=moment, max_age=timedelta(hours=1))

    if fits:
        assert opened()
    else:
        with pytest.raises(LinkExpired):
            opened()


def test_a_token_without_an_age_works_after_twenty_years() -> None:
    later = NOON.replace(year=2046)

    assert Signer((NEW,)).read("unsubscribe", token("unsubscribe"), now=later, max_age=None).signed_at == NOON


@pytest.mark.parametrize("max_age", [None, timedelta(hours=1)])
def test_a_clock_that_steps_back_a_little_makes_no_link_expire(max_age: timedelta | None) -> None:
    signer = Signer((NEW,))

    assert signer.read("confirm", token(), now=NOON - LEEWAY, max_age=max_age).signed_at == NOON
    with pytest.raises(LinkDamaged):
        signer.read("confirm", token(), now=NOON - LEEWAY - SECOND, max_age=max_age)


def test_the_zone_of_the_reader_does_not_matter() -> None:
    there = NOON.astimezone(timezone(timedelta(hours=13, minutes=45)))

    assert Signer((NEW,)).read("confirm", token(), now=there, max_age=SECOND).signed_at == NOON


def test_the_payload_can_be_read_by_its_holder_so_it_names_nobody() -> None:
    payload = token().split(".")[0]
    claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))

    assert claims == {"v": 1, **CLAIMS}
