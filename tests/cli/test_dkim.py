"""From a fresh key to a record for DNS, as an operator does it."""

import json
from pathlib import Path

from tests.cli.test_commands import done, newsletter

KEY = ("dkim", "key", "--domain", "Courier.Example", "--selector", "r2026", "--out", "r2026.pem")
SECOND = ("dkim", "key", "--domain", "courier.example", "--selector", "e2026", "--out", "e2026.pem", "--ed25519")


def test_a_fresh_key_comes_with_its_record_and_its_setting(tmp_path: Path) -> None:
    words = done(tmp_path, *KEY)

    assert "r2026._domainkey.courier.example. IN TXT (" in words
    assert '"v=DKIM1; k=rsa; p=' in words
    assert words.endswith("\n\ncourier.example:r2026:r2026.pem\n")
    assert (tmp_path / "r2026.pem").stat().st_mode & 0o777 == 0o600


def test_the_records_of_all_keys_in_use_are_told_again(tmp_path: Path) -> None:
    done(tmp_path, "init")
    made = [json.loads(done(tmp_path, *words, "--json")) for words in (KEY, SECOND)]
    setting = ", ".join(each["setting"] for each in made)

    told = json.loads(done(tmp_path, "dkim", "record", "--json", NEWSLETTER_DKIM=setting))

    assert [each["name"] for each in told] == [each["name"] for each in made]
    assert [each["value"] for each in told] == [each["value"] for each in made]
    assert ["".join(each["texts"]) for each in told] == [each["value"] for each in told]
    assert [each["algorithm"] for each in told] == ["rsa-sha256", "ed25519-sha256"]


def test_without_a_key_there_is_no_record(tmp_path: Path) -> None:
    done(tmp_path, "init")

    assert "names no key" in done(tmp_path, "dkim", "record")
    assert json.loads(done(tmp_path, "dkim", "record", "--json")) == []


def test_a_key_that_is_there_stays(tmp_path: Path) -> None:
    done(tmp_path, *KEY)
    before = (tmp_path / "r2026.pem").read_bytes()

    ended = newsletter(tmp_path, *KEY)

    assert (ended.returncode, ended.stdout) == (1, "")
    assert "'r2026.pem' exists" in ended.stderr
    assert (tmp_path / "r2026.pem").read_bytes() == before


def test_what_the_setting_could_not_name_is_not_made(tmp_path: Path) -> None:
    spaced = newsletter(tmp_path, *KEY[:-1], "my key.pem")
    wrong = newsletter(tmp_path, *KEY[:3], "courier", *KEY[4:])

    assert (spaced.returncode, wrong.returncode) == (1, 2)
    assert "cannot hold commas or white space" in spaced.stderr
    assert "'courier:r2026:r2026.pem' names no domain" in wrong.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_key_file_that_is_gone_is_told_in_one_line(tmp_path: Path) -> None:
    done(tmp_path, "init")

    ended = newsletter(tmp_path, "dkim", "record", NEWSLETTER_DKIM="courier.example:r2026:gone.pem")

    assert ended.returncode == 2
    assert "NEWSLETTER_DKIM: the key file 'gone.pem' cannot be read" in ended.stderr
    assert len(ended.stderr.splitlines()) == 1
