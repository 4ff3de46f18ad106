"""A careless line leaks neither address nor token, whoever writes it: we, a library, an exception."""

import json
import logging
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
import structlog
from werkzeug._internal import _log as werkzeug_log

from newsletter.core.addresses import parse
from newsletter.core.logs import configure, logger, redacted
from newsletter.core.tokens import Signer

TOKEN = Signer(("k" * 40,)).sign("unsubscribe", {"s": 7, "n": 3}, at=datetime(2026, 11, 23, tzinfo=UTC))
SIGNATURE = TOKEN.rpartition(".")[2]
ADDRESS = "ines.marlow@example.org"


@pytest.fixture(autouse=True)
def _restored() -> Iterator[None]:
    root = logging.getLogger()
    former = root.handlers, root.level
    yield
    root.handlers, root.level = former
    structlog.reset_defaults()


either_form = pytest.mark.parametrize("as_json", [True, False])


def fail_because(cause: Exception) -> None:
    problem = f"/unsubscribe/{TOKEN}"
    raise RuntimeError(problem) from cause


def printed(capsys: pytest.CaptureFixture[str]) -> str:
    text = capsys.readouterr().err
    assert text
    assert "Logging error" not in text
    assert "marlow" not in text
    assert SIGNATURE not in text
    assert "hush" not in text
    return text


@either_form
@pytest.mark.parametrize(
    "facts",
    [
        {"address": ADDRESS},
        {"address": parse(ADDRESS)},
        {"to": [ADDRESS, (ADDRESS, {ADDRESS})]},
        {"form": {"email": ADDRESS, ADDRESS: 1, "password": "hush"}},
        {"data": ADDRESS.encode()},
        {"problem": ValueError(f"no such reader {ADDRESS}")},
        {"link": f"https://letters.example.org/unsubscribe/{TOKEN}?x=1"},
        {"path": f"/confirm/{TOKEN}"},
        {"token": TOKEN, "password": "hush", "key": "hush", "secret": "hush", "authorization": "Basic hush"},
        {"text": f"the link is {TOKEN}"},
        {"query": f"/subscribe?email={ADDRESS.replace('@', '%40')}&x=1"},
        {"backend": "smtp://post:hush-hush@mx.example.org:587"},
        {"next": f"/login?next=%2Fpreferences%2F{TOKEN}"},
    ],
    ids=lambda facts: next(iter(facts)),
)
def test_a_fact_shows_neither_address_nor_token(
    facts: dict[str, object], capsys: pytest.CaptureFixture[str], *, as_json: bool
) -> None:
    configure(level="DEBUG", as_json=as_json)
    logger("newsletter.test").info("something happened", **facts)

    assert "something happened" in printed(capsys)


@either_form
def test_the_event_itself_and_its_arguments_are_clean(
    capsys: pytest.CaptureFixture[str], *, as_json: bool
) -> None:
    configure(level="DEBUG", as_json=as_json)
    logger("newsletter.test").info(f"mail to {ADDRESS}")
    logger("newsletter.test").info("mail to %s with %s", ADDRESS, f"/unsubscribe/{TOKEN}")

    assert printed(capsys)


@either_form
def test_an_exception_and_its_causes_are_clean(capsys: pytest.CaptureFixture[str], *, as_json: bool) -> None:
    configure(level="DEBUG", as_json=as_json)
    try:
        fail_because(KeyError(ADDRESS))
    except RuntimeError:
        logger("newsletter.test").exception("request failed")

    text = printed(capsys)
    assert "RuntimeError" in text
    assert "KeyError" in text


@either_form
def test_the_lines_of_libraries_are_clean(capsys: pytest.CaptureFixture[str], *, as_json: bool) -> None:
    configure(level="DEBUG", as_json=as_json)
    line = '127.0.0.1 - - [23/Nov/2026 09:00:00] "GET /unsubscribe/%s HTTP/1.1" 200 -'
    werkzeug_log("info", line, TOKEN)
    logging.getLogger("somebody.else").warning("could not mail %s", ADDRESS)
    try:
        fail_because(ValueError(ADDRESS))
    except RuntimeError:
        logging.getLogger("another.one").exception("gave up on %(who)s", {"who": ADDRESS})

    text = printed(capsys)
    assert "GET /unsubscribe/…" in text
    assert "i…@example.org" in text


def test_json_is_one_object_a_line_that_keeps_numbers_as_numbers(capsys: pytest.CaptureFixture[str]) -> None:
    configure(level="INFO", as_json=True)
    logger("newsletter.test").info(
        "slice sent", accepted=7, seconds=0.5, whole=True, at=datetime(2026, 11, 23, tzinfo=UTC)
    )
    logging.getLogger("somebody.else").info("two\nlines")

    first, second = (json.loads(line) for line in printed(capsys).splitlines())
    assert (first["accepted"], first["seconds"], first["whole"]) == (7, 0.5, True)
    assert (first["event"], first["level"], first["logger"]) == ("slice sent", "info", "newsletter.test")
    assert second["event"] == "two\nlines"


def test_configuring_twice_writes_each_line_once(capsys: pytest.CaptureFixture[str]) -> None:
    configure(level="INFO", as_json=True)
    configure(level="INFO", as_json=True)
    logger("newsletter.test").info("once")

    assert len(printed(capsys).splitlines()) == 1
    assert logging.getLogger().handlers[0].stream is sys.stderr  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("mail to ann@example.org.", "mail to a…@example.org."),
        ("<ann@example.org>,bo@example.org", "<a…@example.org>,b…@example.org"),
        ("jørgen@xn--bcher-kva.example", "j…@xn--bcher-kva.example"),
        ("o'brien@example.org", "o…@example.org"),
        ("customer/department@example.org", "c…@example.org"),
        ("smtp://post:hush@mx.example.org:587", "smtp://…@mx.example.org:587"),
        ("/unsubscribe/abc?List-Unsubscribe=One-Click", "/unsubscribe/…?List-Unsubscribe=One-Click"),
        ("/CONFIRM/abc", "/CONFIRM/…"),
        ("nothing to hide @ all, 1.2.3", "nothing to hide @ all, 1.2.3"),
        ("a…@example.org", "a…@example.org"),
    ],
)
def test_what_a_clean_text_looks_like(text: str, clean: str) -> None:
    assert redacted(text) == clean
    assert redacted(clean) == clean


@pytest.mark.parametrize(
    "text", ["a" * 300_000, "a@" * 100_000, "://" * 100_000, "a.b-" * 80_000, "%40" * 100_000]
)
def test_a_hostile_line_of_300_kilobytes_costs_no_time(text: str) -> None:
    began = time.process_time()
    redacted(text)

    assert time.process_time() - began < 20
