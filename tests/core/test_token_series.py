"""Tokens made for an audience are those that would be made one by one."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from newsletter.core.tokens import Signer

KEYS = st.lists(st.text(min_size=16, max_size=60), min_size=1, max_size=3).map(tuple)
NAMES = st.text(st.characters(codec="utf-8"), max_size=12).filter(lambda name: name not in {"v", "s"})
CLAIMS = st.dictionaries(NAMES, st.none() | st.booleans() | st.integers() | st.text(max_size=40), max_size=4)
MOMENTS = st.datetimes(datetime(2020, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


@given(KEYS, st.text(max_size=20), CLAIMS, st.lists(st.none() | st.integers(0, 2**63), max_size=5), MOMENTS)
def test_a_series_signs_as_one_by_one(
    keys: tuple[str, ...], purpose: str, claims: dict[str, object], subscribers: list[int | None], at: datetime
) -> None:
    signer = Signer(keys)

    made = list(map(signer.series(purpose, claims, "s", at=at), subscribers))

    assert made == [signer.sign(purpose, {**claims, "s": subscriber}, at=at) for subscriber in subscribers]
