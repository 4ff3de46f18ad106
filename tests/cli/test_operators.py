"""`newsletter operator …`, and the first owner of `newsletter init`."""

import json
import re
from pathlib import Path

import pytest

from tests.cli.test_commands import done, newsletter

pytestmark = pytest.mark.loopback

LINK = r"http://127\.0\.0\.1:8000/console/welcome/[\w.-]+"


def test_an_operator_is_added_given_a_role_and_removed(tmp_path: Path) -> None:
    first = json.loads(done(tmp_path, "init", "--owner", "ines@desk.example", "--json"))
    assert re.fullmatch(LINK, first["link"])
    assert json.loads(done(tmp_path, "init", "--owner", "eve@desk.example", "--json"))["link"] is None

    added = done(tmp_path, "operator", "add", "gus@desk.example", "--role", "viewer", "--name", "Gus")
    assert re.search(LINK, added)
    assert re.search(LINK, done(tmp_path, "operator", "link", "gus@desk.example"))
    assert "publisher of the house" in done(tmp_path, "operator", "role", "gus@desk.example", "publisher")
    assert "no second factor" in done(tmp_path, "operator", "reset-second-factor", "gus@desk.example")

    told = json.loads(done(tmp_path, "operator", "list", "--json"))
    assert [(each["address"], each["roles"][0]["role"]) for each in told] == [
        ("gus@desk.example", "publisher"),
        ("ines@desk.example", "owner"),
    ]
    assert "gus@desk.example" in done(tmp_path, "operator", "remove", "gus@desk.example")
    assert "gus@" not in done(tmp_path, "operator", "list")


def test_the_last_owner_is_not_removed_by_a_command_either(tmp_path: Path) -> None:
    done(tmp_path, "init", "--owner", "ines@desk.example")

    refused = newsletter(tmp_path, "operator", "role", "ines@desk.example", "none")

    assert refused.returncode == 1
    assert "last owner" in refused.stderr
