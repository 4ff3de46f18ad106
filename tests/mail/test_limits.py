"""Rate limits: in no stretch of time leaves more than the rate and one bucket, whoever asks."""

import fcntl
import json
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as some

from newsletter.demo.services import free_port
from newsletter.mail.limits import TICKS, FileLimits, Grant, Limits, Rate, RedisLimits, spend

ROOT = Path(__file__).parents[2]
REDIS = "redis://127.0.0.1:6379/15"

RATES = some.builds(
    Rate,
    some.floats(0.01, 20_000, allow_nan=False),
    some.one_of(some.none(), some.integers(1, 1000)),
)
QUESTIONS = some.lists(some.tuples(some.integers(0, 30 * TICKS), some.integers(1, 500)), min_size=1, max_size=40)


@pytest.fixture(params=["file", pytest.param("redis", marks=pytest.mark.scale)])
def limits(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Limits]:
    if request.param == "file":
        yield FileLimits(tmp_path)
        return
    made = RedisLimits(REDIS, f"test:{uuid.uuid4().hex}:")
    yield made
    made.close()


@given(RATES, QUESTIONS)
def test_in_no_stretch_of_time_more_is_granted_than_the_rate_and_one_bucket(
    rate: Rate, questions: list[tuple[int, int]]
) -> None:
    now, full_at, grants = 0, 0, []
    for pause, wanted in questions:
        now += pause
        grant, full_at = spend(full_at, now, wanted, rate)
        grants.append((now, grant.granted))

    for first in range(len(grants)):
        total = 0
        for moment, granted in grants[first:]:
            total += granted
            assert total <= rate.per_second * (moment - grants[first][0]) / TICKS + rate.size


@given(RATES, QUESTIONS)
def test_after_the_wait_one_more_is_granted_and_not_a_tick_before(
    rate: Rate, questions: list[tuple[int, int]]
) -> None:
    now, full_at, wait = 0, 0, 0
    for pause, wanted in questions:
        now += pause
        grant, full_at = spend(full_at, now, wanted, rate)
        wait = round(grant.wait * TICKS)

    assert spend(full_at, now + wait, 1, rate)[0].granted == 1
    if wait:
        assert spend(full_at, now + wait - 1, 1, rate)[0].granted == 0


def test_a_moment_of_another_boot_counts_as_an_empty_bucket_and_no_longer() -> None:
    rate = Rate(10)

    grant, full_at = spend(10**18, 5 * TICKS, 10, rate)

    assert grant == Grant(0, 0.1)
    assert full_at == 6 * TICKS


@pytest.mark.loopback
def test_a_full_bucket_gives_a_burst_and_then_says_how_long_to_wait(limits: Limits) -> None:
    first = limits.take("mx.example.org", 100, Rate(0.5, burst=3))
    second = limits.take("mx.example.org", 100, Rate(0.5, burst=3))

    assert first.granted == 3
    assert second.granted == 0
    assert 1.0 < second.wait <= first.wait <= 2.0


@pytest.mark.loopback
def test_each_key_has_a_bucket_of_its_own(limits: Limits) -> None:
    limits.take("mx1.example.org", 5, Rate(0.1, burst=5))

    assert limits.take("mx1.example.org", 1, Rate(0.1, burst=5)).granted == 0
    assert limits.take("mx2.example.org", 2, Rate(0.1, burst=5)).granted == 2


@pytest.mark.loopback
def test_the_rate_is_kept_over_time(limits: Limits) -> None:
    rate, began, granted = Rate(200, burst=10), time.monotonic(), 0
    while time.monotonic() - began < 0.5:
        grant = limits.take("mx.example.org", 7, rate)
        granted += grant.granted
        time.sleep(grant.wait)
    seconds = time.monotonic() - began

    assert 50 <= granted <= 200 * seconds + 10


ASK_FOR_A_WHILE = """
import sys, time
from pathlib import Path
from newsletter.mail.limits import FileLimits, Rate, RedisLimits

kind, place, name = sys.argv[1:]
limits = FileLimits(Path(place)) if kind == "file" else RedisLimits(place, name)
until, granted = time.monotonic() + 0.7, 0
while time.monotonic() < until:
    granted += limits.take("mx.example.org", 3, Rate(100, burst=20)).granted
print(granted)
"""


@pytest.mark.loopback
@pytest.mark.parametrize("kind", ["file", pytest.param("redis", marks=pytest.mark.scale)])
def test_processes_share_one_bucket(kind: str, tmp_path: Path) -> None:
    place = str(tmp_path) if kind == "file" else REDIS
    program = [sys.executable, "-c", ASK_FOR_A_WHILE, kind, place, f"test:{uuid.uuid4().hex}:"]
    began = time.monotonic()
    asking = [subprocess.Popen(program, stdout=subprocess.PIPE, text=True, cwd=ROOT) for _ in range(4)]
    granted = sum(int(each.communicate(timeout=60)[0]) for each in asking)
    seconds = time.monotonic() - began

    assert 20 <= granted <= 100 * seconds + 20


@pytest.mark.parametrize("text", ["", "{", "[]", '{"mx.example.org": "soon"}', "\0" * 30, "[" * 100_000])
def test_a_damaged_file_is_an_empty_one(text: str, tmp_path: Path) -> None:
    (tmp_path / "limits.json").write_text(text)

    assert FileLimits(tmp_path).take("mx.example.org", 9, Rate(0.1, burst=4)).granted == 4
    assert FileLimits(tmp_path).take("mx.example.org", 9, Rate(0.1, burst=4)).granted == 0


def test_the_file_forgets_full_buckets(tmp_path: Path) -> None:
    for number in range(50):
        FileLimits(tmp_path).take(f"mx{number}.example.org", 1, Rate(100_000))
        time.sleep(0.0001)

    assert len(json.loads((tmp_path / "limits.json").read_text())) < 50


def test_while_somebody_keeps_the_file_nothing_is_granted_and_nobody_waits_for_ever(tmp_path: Path) -> None:
    limits = FileLimits(tmp_path)
    limits.take("mx.example.org", 1, Rate(10))
    with (tmp_path / "limits.json").open("r+") as kept:
        fcntl.flock(kept, fcntl.LOCK_EX)
        grant = limits.take("mx.example.org", 1, Rate(10))

    assert grant == Grant(0, 1.0)
    assert limits.take("mx.example.org", 1, Rate(10)).granted == 1


@pytest.mark.loopback
def test_while_redis_does_not_answer_nothing_is_granted() -> None:
    limits = RedisLimits(f"redis://127.0.0.1:{free_port(0)}", "test:")

    assert limits.take("mx.example.org", 1, Rate(10)) == Grant(0, 1.0)
