"""Several ways out from one setting: weights, rates, ramps, limits for recipient domains, and what is refused."""

from datetime import date

import pytest

from newsletter.core.errors import SettingsError
from newsletter.mail.backends.smtp import SmtpBackend
from newsletter.mail.limits import Rate
from newsletter.mail.pool import DomainLimit, Ramp, domain_limits, make_pool

TWO = "smtp://mx1.example.org:587?weight=3&rate=200/s, smtp://user:a%2Cb@mx2.example.org?connections=6, maildir:///var/x"


def test_each_url_is_a_member_with_its_own_weight_and_rate() -> None:
    first, second, third = make_pool(TWO)

    assert (first.backend.name, first.weight, first.rate) == ("smtp://mx1.example.org:587", 3, Rate(200, 200))
    assert (second.backend.name, second.weight, second.rate) == ("smtp://mx2.example.org:587", 1, None)
    assert third.backend.name == "maildir:///var/x"


@pytest.mark.parametrize(("senders", "each"), [(1, 6), (2, 3), (4, 1), (64, 1)])
def test_the_processes_of_a_machine_share_the_connections(senders: int, each: int) -> None:
    backend = make_pool("smtp://mx.example.org?connections=6", senders)[0].backend

    assert isinstance(backend, SmtpBackend)
    assert backend.connections == each


@pytest.mark.parametrize(
    ("text", "rate"),
    [("200/s", Rate(200, 200)), ("90/m", Rate(1.5, 1)), ("7200/h", Rate(2, 2)), ("86400/d", Rate(1, 1))],
)
def test_a_rate_is_a_number_and_a_unit(text: str, rate: Rate) -> None:
    assert make_pool(f"memory:?rate={text}")[0].rate == rate


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("memory:?rate=fast", "has rate=fast; expected a number and a unit"),
        ("memory:?rate=0/s", "has rate=0/s"),
        ("memory:?rate=5", "has rate=5"),
        ("memory:?weight=0", "has weight=0; expected a whole number from 1 to 1000"),
        ("memory:?warmup=2026-13-01:500", "has warmup=2026-13-01:500; expected the first day"),
        ("memory:?warmup=2026-12-01:0", "has warmup=2026-12-01:0"),
        ("smtp://mx.example.org, smtp://other@mx.example.org:587", "names smtp://mx.example.org:587 twice"),
        ("memory:?speed=5", "has the unknown option speed"),
    ],
)
def test_what_cannot_be_meant_is_told_in_one_line(text: str, problem: str) -> None:
    with pytest.raises(SettingsError) as refused:
        make_pool(text)

    assert str(refused.value).startswith("NEWSLETTER_BACKENDS: ")
    assert problem in str(refused.value)


def test_a_ramp_grows_by_half_a_day_and_never_doubles() -> None:
    ramp = Ramp(date(2026, 12, 1), 500)
    volumes = [round(ramp.on(date(2026, 12, day)).per_second * 86400) for day in (1, 2, 3)]

    assert volumes == [500, 750, 1125]
    assert ramp.on(date(2026, 11, 30)) == ramp.on(date(2026, 12, 1))
    assert ramp.on(date(2026, 12, 1)).burst == 20


def test_a_member_that_warms_up_holds_its_rate_and_its_ramp() -> None:
    member = make_pool("memory:?rate=10/s&warmup=2026-12-01:24")[0]

    assert member.rates(date(2026, 12, 1)) == {
        "backend memory:": Rate(10, 10),
        "warm-up memory:": Rate(24 / 86400, burst=1),
    }


def test_domains_have_limits_by_name_and_all_others_one_each() -> None:
    limits = domain_limits("Gmail.example rate=20/s connections=4, * connections=2")

    assert limits.of("gmail.EXAMPLE") == DomainLimit(Rate(20, 20), 4)
    assert limits.of("other.example") == DomainLimit(None, 2)
    assert limits.most_of("other.example") == 2
    assert domain_limits("").is_empty


@pytest.mark.parametrize(
    "text", ["a.example speed=5", "a.example rate=x", "a.example connections=0", "a.example 5"]
)
def test_a_domain_limit_that_says_nothing_known_is_refused(text: str) -> None:
    with pytest.raises(SettingsError, match=r"NEWSLETTER_DOMAIN_LIMITS: .*expected"):
        domain_limits(text)
