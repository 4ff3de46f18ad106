"""The commands, as an operator types them: real processes, a real folder, plain words."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from flask import Flask

from newsletter.demo.serving import LoopbackServer
from tests.trips.test_whole_ways import feeds

pytestmark = pytest.mark.loopback

FOUND = (
    *("newsletter", "add", "--name", "The Courier", "--from", "post@courier.example"),
    *("--postal-address", r"Quay 1\n1234 Port Example", "--slug", "courier"),
)


def newsletter(folder: Path, *words: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """Run the command in a folder of its own, with no setting from outside."""
    outside = {name: value for name, value in os.environ.items() if not name.startswith("NEWSLETTER_")}
    return subprocess.run(
        [sys.executable, "-m", "newsletter", *words],
        cwd=folder, env=outside | settings, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


def done(folder: Path, *words: str, **settings: str) -> str:
    ended = newsletter(folder, *words, **settings)
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


def test_from_nothing_to_a_sent_edition(tmp_path: Path) -> None:
    with LoopbackServer(feeds(), 0) as site:
        assert "Wrote .env" in done(tmp_path, "init")
        allow = {"NEWSLETTER_FETCH_ALLOW": f"127.0.0.1:{site.port}"}
        assert "http://127.0.0.1:8000/courier" in done(tmp_path, *FOUND)
        added = json.loads(done(tmp_path, "source", "add", f"{site.url}/feed.xml", "--json", **allow))
        assert (added["new"], added["problem"]) == (1, "")
        assert json.loads(done(tmp_path, "source", "poll", "--json", **allow))[0]["new"] == 0

    rule = ("--newsletter", "courier", "--when", "weekdays at 06:30", "--source", "1")
    words = done(tmp_path, "digest", "add", "morning", *rule)
    assert "at 06:30 on Monday through Friday (UTC). The next ten:" in words
    preview = done(tmp_path, "digest", "preview", "morning")
    assert "Subject: Ferry & storm" in preview
    assert "https://harbour.example/ferry" in (tmp_path / "var/morning.html").read_text()
    ran = json.loads(done(tmp_path, "digest", "run", "morning", "--json"))
    assert ran["outcome"] == "edition"
    shown = json.loads(done(tmp_path, "deliver", "--edition", str(ran["edition"]), "--json"))
    assert shown["ledger"]["audience"] == 0
    assert "nothing new" in done(tmp_path, "digest", "run", "morning")
    assert [run["outcome"] for run in json.loads(done(tmp_path, "digest", "runs", "morning", "--json"))] == [
        "nothing_new",
        "edition",
    ]


def test_init_twice_keeps_the_secrets(tmp_path: Path) -> None:
    done(tmp_path, "init")
    secrets = (tmp_path / ".env").read_text()

    assert "Wrote" not in done(tmp_path, "init")
    assert (tmp_path / ".env").read_text() == secrets
    assert (tmp_path / ".env").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        (
            {"NEWSLETTER_BACKENDS": "stmp://mail.example.org"},
            (
                "NEWSLETTER_BACKENDS: 'stmp://mail.example.org' has scheme 'stmp'; "
                "expected smtp, maildir, console or memory"
            ),
        ),
        ({"NEWSLETTER_LISTEN": "8000"}, "NEWSLETTER_LISTEN: '8000' is no place to listen or connect"),
        ({"NEWSLETTER_BASE_URL": "http://x.example"}, "NEWSLETTER_BASE_URL: 'http://x.example' is not encrypted"),
        ({"NEWSLETTER_CHECK_DSN": "yes"}, "NEWSLETTER_CHECK_DSN: there is no such setting"),
        ({"NEWSLETTER_DATABASE_URL": "mysql://x/y"}, "NEWSLETTER_DATABASE_URL: has driver 'mysql'"),
    ],
)
def test_a_wrong_setting_stops_the_start_with_one_line(
    tmp_path: Path, settings: dict[str, str], sentence: str
) -> None:
    done(tmp_path, "init")

    for command in (("run",), ("newsletter", "list")):
        ended = newsletter(tmp_path, *command, **settings)
        assert ended.returncode == 2
        assert ended.stderr.startswith(f"newsletter: {sentence}")
        assert len(ended.stderr.splitlines()) == 1


def test_a_missing_secret_says_what_makes_one(tmp_path: Path) -> None:
    ended = newsletter(tmp_path, "web")

    assert ended.returncode == 2
    assert "NEWSLETTER_SECRET_KEYS: is not set" in ended.stderr
    assert "newsletter init" in ended.stderr


def test_services_do_not_start_on_an_old_database(tmp_path: Path) -> None:
    done(tmp_path, "init")
    (tmp_path / "var/newsletter.db").unlink()

    for command in ("run", "web", "worker"):
        ended = newsletter(tmp_path, command)
        assert (ended.returncode, "newsletter init" in ended.stderr) == (1, True)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("digest", "preview", "nowhere"), "There is no digest 'nowhere'."),
        (("edition", "show", "7"), "There is no edition '7'."),
        (("edition", "pause", "7"), "There is no edition '7'."),
        (("subscriber", "show", "no address"), "This does not look like an e-mail address"),
        (("source", "add", "ftp://feeds.example.org/x"), "http"),
        (("newsletter", "add", "--name", "X", "--from", "a@b.example", "--postal-address", ""), "postal address"),
    ],
)
def test_what_cannot_be_done_is_told_in_one_sentence(
    tmp_path: Path, words: tuple[str, ...], sentence: str
) -> None:
    done(tmp_path, "init")

    ended = newsletter(tmp_path, *words)

    assert ended.returncode == 1
    assert sentence in ended.stderr
    assert "Traceback" not in ended.stderr
    assert len(ended.stderr.splitlines()) == 1


def test_every_command_speaks_json(app: Flask) -> None:
    from click import Command, Context, Group  # noqa: PLC0415

    from newsletter.cli import root  # noqa: PLC0415

    def leaves(command: Command) -> list[Command]:
        if isinstance(command, Group):
            context = Context(command)
            children = [command.get_command(context, name) for name in command.list_commands(context)]
            return [leaf for child in children if child for leaf in leaves(child)]
        return [command]

    silent = [leaf.name for leaf in leaves(root) if not any("--json" in option.opts for option in leaf.params)]
    assert silent == []


@pytest.mark.parametrize("command", [("beat",), ("worker", "--only-timetable")])
def test_what_needs_a_broker_says_so_in_one_sentence(tmp_path: Path, command: tuple[str, ...]) -> None:
    done(tmp_path, "init")

    ended = newsletter(tmp_path, *command)

    assert ended.returncode == 1
    assert "needs a broker, and NEWSLETTER_ENGINE is local" in ended.stderr
    assert len(ended.stderr.splitlines()) == 1
