"""Every wrong setting stops the start with one line that says which, what, and what was expected."""

import re
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from newsletter.core.errors import SettingsError
from newsletter.core.settings import DkimKeyFile, HostPort, ProofOfWork, Settings, from_mapping

GOOD = {
    "NEWSLETTER_SECRET_KEYS": "a-key-for-tests-only-0123456789abcdef",
    "NEWSLETTER_PEPPER": "a-pepper-for-tests-only-0123456789ab",
    "NEWSLETTER_BACKENDS": "smtp://post:hush-hush-hush@mx.example.org:587",
}
EXAMPLE = Path(__file__).parents[2] / ".env.example"

WRONG = [
    ("SECRET_KEYS", "s3cret", "has 6 characters; expected at least 32"),
    ("SECRET_KEYS", ",", "expected one or more random texts"),
    ("SECRET_KEYS", " , , ", "expected one or more random texts"),
    ("SECRET_KEYS", GOOD["NEWSLETTER_SECRET_KEYS"] + ",s3cret", "has 6 characters"),
    ("SECRET_KEYS", "s3" * 40, "is not random"),
    ("SECRET_KEYS", "s3cret-with-\ud800-" + GOOD["NEWSLETTER_SECRET_KEYS"], "cannot be printed"),
    ("PEPPER", "s3cret", "has 6 characters"),
    ("PEPPER", "s3" * 40, "is not random"),
    ("PEPPER", "s3cret\n" + GOOD["NEWSLETTER_PEPPER"], "cannot be printed"),
    ("BACKENDS", "smtp://post:s3cret@mx.example.org\nX", "cannot be printed"),
    ("DATABASE_URL", "newsletter.db", "expected sqlite:///PATH or postgresql"),
    ("DATABASE_URL", "mysql://u:s3cret@db.example/x", "has driver 'mysql'"),
    ("DATABASE_URL", "sqlite://", "in memory"),
    ("DATABASE_URL", "sqlite:///:memory:", "in memory"),
    ("DATABASE_URL", "postgresql://u:s3cret@db.example:port/x", "cannot be read"),
    ("BASE_URL", "letters.example.org", "'letters.example.org' is no web address"),
    ("BASE_URL", "http://letters.example.org", "is not encrypted; expected https"),
    ("BASE_URL", "ftp://letters.example.org", "expected https://HOST"),
    ("BASE_URL", "https://", "expected https://HOST"),
    ("BASE_URL", "https://[::1", "expected https://HOST"),
    ("BASE_URL", "https://letters.example.org?x=1", "expected https://HOST"),
    ("BASE_URL", "https://letters.example.org/#top", "expected https://HOST"),
    ("BASE_URL", "https://letters.example.org/a b", "expected https://HOST"),
    ("BASE_URL", "https://letters.example.org/post", "expected https://HOST"),
    ("BASE_URL", "https://letters.example.org/>,<x", "expected https://HOST"),
    ("BASE_URL", "https://bücher.example", "plain ASCII"),
    ("BASE_URL", "https://ann:s3cret@letters.example.org", "holds a user or password"),
    ("ENGINE", "celery", "'celery' is not known; expected local, redis://, rediss://, amqp:// or amqps://"),
    ("ENGINE", "kafka://u:s3cret@broker.example", "has another scheme; expected local, redis://"),
    ("ENGINE", "u:s3cret@broker.example", "has another scheme"),
    ("ENGINE", "redis://u:s3cret@", "names no host and port; expected redis://USER:PASSWORD@HOST:PORT/NAME"),
    ("ENGINE", "amqp://u:s3cret@broker.example:port", "names no host and port"),
    ("ENGINE", "redis://u:s3cret@broker.example", "a broker needs NEWSLETTER_DATABASE_URL to be PostgreSQL"),
    (
        "LIMITS",
        "amqp://u:s3cret@broker.example",
        "has another scheme; expected auto, local, redis:// or rediss://",
    ),
    ("LIMITS", "global", "'global' is not known; expected auto, local, redis:// or rediss://"),
    ("LISTEN", "8000", "'8000' is no place"),
    ("LISTEN", "127.0.0.1", "expected HOST:PORT"),
    ("LISTEN", "127.0.0.1:0", "expected HOST:PORT"),
    ("LISTEN", "127.0.0.1:65536", "expected HOST:PORT"),
    ("LISTEN", "127.0.0.1:" + "9" * 5000, "expected HOST:PORT"),
    ("LISTEN", "http://127.0.0.1:8000", "expected HOST:PORT"),
    ("LISTEN", "::1:8000", "expected HOST:PORT"),
    ("LISTEN", "127.0.0.1:٨٠", "expected HOST:PORT"),
    ("SPOOL", "var\nspool", "cannot be printed"),
    ("CONFIRM_HOURS", "0", "expected a whole number from 1 to 336"),
    ("CONFIRM_HOURS", "337", "expected a whole number from 1 to 336"),
    ("CONFIRM_HOURS", "1.5", "'1.5' is not expected"),
    ("CONFIRM_HOURS", "-1", "'-1' is not expected"),
    ("CONFIRM_HOURS", "9" * 5000, "expected a whole number"),
    ("CHECK_DNS", "perhaps", "'perhaps' is neither yes nor no"),
    ("RETRY_FIRST_SECONDS", "0", "expected a whole number from 1 to 3600"),
    ("RETRY_FIRST_SECONDS", "3601", "expected a whole number from 1 to 3600"),
    ("RETRY_LONGEST_SECONDS", "299", "is shorter than NEWSLETTER_RETRY_FIRST_SECONDS; expected at least 300"),
    ("RETRY_HOURS", "241", "expected a whole number from 1 to 240"),
    ("LEASE_SECONDS", "1", "expected a whole number from 2 to 7200"),
    ("ON_UNKNOWN", "resend", "'resend' is not expected; expected resend_once, resend_anywhere or hold"),
    ("POLL_SECONDS", "4", "expected a whole number from 5 to 86400"),
    ("POLL_SECONDS", "5m", "expected a whole number"),
    ("FETCH_ALLOW", "127.0.0.1", "expected HOST:PORT"),
    ("FETCH_ALLOW", "127.0.0.1:80,:81", "':81' is no place"),
    ("PROOF_OF_WORK", "required 999", "'required 999' is no proof of work; expected off, or offered or required"),
    ("PROOF_OF_WORK", "offered 10000001", "with a number from 1000 to 10000000, such as offered 50000"),
    ("PROOF_OF_WORK", "50000", "is no proof of work"),
    ("OPERATOR", "s3cret desk", "is no e-mail address; expected one, such as desk@example.org"),
    ("PROXY_HOPS", "11", "expected a whole number from 0 to 10"),
    ("PROXY_HOPS", "²", "expected a whole number"),
    ("DKIM", "example.org", "'example.org' names no domain, selector and file; expected DOMAIN:SELECTOR:PATH"),
    ("DKIM", "example.org:k1", "names no domain, selector and file"),
    ("DKIM", "example.org::key.pem", "names no domain, selector and file"),
    ("DKIM", "example.org:k_1:key.pem", "names no domain, selector and file"),
    ("DKIM", "example.org:é:key.pem", "names no domain, selector and file"),
    ("DKIM", "example:k1:key.pem", "names no domain, selector and file"),
    ("DKIM", "example.org.:k1:key.pem", "names no domain, selector and file"),
    ("DKIM", "@example.org:k1:key.pem", "names no domain, selector and file"),
    ("DKIM", "ex ample.org:k1:key.pem", "'ex' names no domain"),
    ("DKIM", "a" * 64 + ".example:k1:key.pem", "names no domain, selector and file"),
    ("DKIM", "example.org:k1:a.pem,Example.org:K1:b.pem", "has selector 'k1' of example.org twice"),
    ("LOG_LEVEL", "info", "expected DEBUG, INFO, WARNING or ERROR"),
    ("LOG_JSON", "2", "expected yes or no"),
    ("LOGLEVEL", "INFO", "there is no such setting"),
    ("", "x", "there is no such setting"),
]


@pytest.mark.parametrize(("name", "value", "problem"), WRONG, ids=range(len(WRONG)))
def test_a_wrong_value_is_told_in_one_line_that_repeats_no_secret(name: str, value: str, problem: str) -> None:
    with pytest.raises(SettingsError) as refused:
        from_mapping({**GOOD, f"NEWSLETTER_{name}": value})

    text = str(refused.value)
    assert refused.value.name == f"NEWSLETTER_{name}"
    assert text.startswith(f"NEWSLETTER_{name}: ")
    assert problem in text
    assert "\n" not in text
    assert "s3" not in text


@pytest.mark.parametrize("name", GOOD)
@pytest.mark.parametrize("value", ["", "   ", None])
def test_a_secret_has_no_default(name: str, value: str | None) -> None:
    with pytest.raises(SettingsError, match=f"^{name}: is not set; expected "):
        from_mapping({**GOOD, name: value})


def test_the_settings_never_show_a_secret() -> None:
    shown = repr(from_mapping({**GOOD, "NEWSLETTER_DATABASE_URL": "postgresql://u:hush-hush-hush@db.example/x"}))

    assert "hush" not in shown
    assert "only-0123456789" not in shown


def test_what_is_not_set_has_its_default() -> None:
    chosen = from_mapping(GOOD)

    assert chosen.base_url == "http://127.0.0.1:8000"
    assert chosen.confirm_within == timedelta(hours=72)
    assert chosen.is_sqlite


def test_values_are_read_as_what_they_mean() -> None:
    chosen = from_mapping(
        {
            **GOOD,
            "NEWSLETTER_SECRET_KEYS": " " + "new0123456789abc" * 3 + ", " + "old0123456789abc" * 3,
            "NEWSLETTER_DATABASE_URL": "postgresql://u:pa%2Fss@db.example/x",
            "NEWSLETTER_BASE_URL": "https://letters.example.org/",
            "NEWSLETTER_LISTEN": "[::1]:8000",
            "NEWSLETTER_FETCH_ALLOW": "127.0.0.1:8001, feeds.internal.example:80",
            "NEWSLETTER_CHECK_DNS": "YES",
            "NEWSLETTER_DKIM": "Bücher.example:R1:/etc/keys/a:b.pem, straße.example:e1:key.pem",
            "NEWSLETTER_ON_UNKNOWN": "hold",
            "NEWSLETTER_OPERATOR": "Desk@Bücher.example",
            "NEWSLETTER_PROOF_OF_WORK": "required 2000",
        }
    )

    assert chosen.secret_keys == ("new0123456789abc" * 3, "old0123456789abc" * 3)
    assert chosen.database_url == "postgresql+psycopg://u:pa%2Fss@db.example/x"
    assert chosen.base_url == "https://letters.example.org"
    assert chosen.listen == HostPort("::1", 8000)
    assert str(chosen.listen) == "[::1]:8000"
    assert chosen.fetch_allow == (HostPort("127.0.0.1", 8001), HostPort("feeds.internal.example", 80))
    assert chosen.check_dns
    assert chosen.dkim == (
        DkimKeyFile("xn--bcher-kva.example", "r1", Path("/etc/keys/a:b.pem")),
        DkimKeyFile("xn--strae-oqa.example", "e1", Path("key.pem")),
    )
    assert chosen.on_unknown == "hold"
    assert chosen.operator == "Desk@xn--bcher-kva.example"
    assert chosen.proof_of_work == ProofOfWork(2000, is_required=True)


def test_the_environment_wins_over_the_file_and_paths_are_relative_to_the_start(tmp_path: Path) -> None:
    lines = [f"{name}='{value}'" for name, value in GOOD.items()]
    (tmp_path / ".env").write_text("\n".join([*lines, "NEWSLETTER_CONFIRM_HOURS=5", "NEWSLETTER_PROXY_HOPS=2"]))
    program = (
        "from newsletter.core.settings import from_environment as read; chosen = read();"
        "print(chosen.confirm_within, chosen.proxy_hops, chosen.database_url, sep='|')"
    )

    run = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        env={"NEWSLETTER_CONFIRM_HOURS": "6", "PYTHONPATH": str(EXAMPLE.parent)},
        capture_output=True,
        text=True,
        check=True,
    )

    assert run.stdout.strip() == f"6:00:00|2|sqlite:///{tmp_path}/var/newsletter.db"


def examples() -> dict[str, str]:
    return dict(re.findall(r"^(NEWSLETTER_\w+)=(.*)$", EXAMPLE.read_text(), re.MULTILINE))


def test_the_example_lists_exactly_the_settings() -> None:
    for name in examples():
        with pytest.raises(SettingsError) as refused:
            from_mapping({name: "\n\x01\n"})
        assert "no such setting" not in str(refused.value)
    assert len(examples()) == len(Settings.__dataclass_fields__)


def test_the_example_shows_the_defaults() -> None:
    defaults = from_mapping(GOOD)
    shown = from_mapping({**{name: value for name, value in examples().items() if value}, **GOOD})

    assert shown == defaults


def test_only_what_is_required_has_no_value_in_the_example() -> None:
    assert {name for name, value in examples().items() if not value} == {
        *GOOD,
        "NEWSLETTER_OPERATOR",
        "NEWSLETTER_METRICS_TOKEN",
        "NEWSLETTER_FETCH_ALLOW",
        "NEWSLETTER_DKIM",
        "NEWSLETTER_DOMAIN_LIMITS",
        "NEWSLETTER_OIDC_ISSUER",
        "NEWSLETTER_OIDC_CLIENT_ID",
        "NEWSLETTER_OIDC_CLIENT_SECRET",
        "NEWSLETTER_OIDC_NAME",
    }


BROKERS = {**GOOD, "NEWSLETTER_DATABASE_URL": "postgresql://u@db.example/x"}


@pytest.mark.parametrize(
    ("engine", "limits", "redis"),
    [
        ("local", "auto", None),
        ("redis://one.example", "auto", "redis://one.example"),
        ("redis://one.example", "local", None),
        ("redis://one.example", "redis://two.example/1", "redis://two.example/1"),
        ("amqps://one.example/letters", "auto", None),
        ("amqps://one.example/letters", "rediss://two.example", "rediss://two.example"),
    ],
)
def test_limits_are_kept_in_the_redis_that_is_there(engine: str, limits: str, redis: str | None) -> None:
    chosen = from_mapping({**BROKERS, "NEWSLETTER_ENGINE": engine, "NEWSLETTER_LIMITS": limits})

    assert chosen.limits_redis == redis
    assert chosen.has_broker == (engine != "local")


def test_the_name_of_the_installation_tells_nothing_of_the_pepper_and_differs_with_it() -> None:
    one, two = from_mapping(GOOD), from_mapping({**GOOD, "NEWSLETTER_PEPPER": "other-pepper-0123456789abcdefghi"})

    assert re.fullmatch(r"[0-9a-f]{16}", one.installation)
    assert one.installation != two.installation


def test_a_broker_without_celery_is_refused_with_the_remedy() -> None:
    program = (
        "import sys; sys.modules['celery'] = None;"
        "from newsletter.core.errors import SettingsError;"
        "from newsletter.core.settings import from_environment as read\n"
        "try: read()\n"
        "except SettingsError as error: print(error)"
    )

    run = subprocess.run(
        [sys.executable, "-c", program],
        env={**BROKERS, "NEWSLETTER_ENGINE": "redis://one.example", "PYTHONPATH": str(EXAMPLE.parent)},
        capture_output=True,
        text=True,
        check=True,
    )

    assert run.stdout == (
        "NEWSLETTER_ENGINE: is a URL, and for that Celery must be installed; "
        "install requirements/scale.lock, or choose local\n"
    )
