"""`newsletter author`: said, listed, forgotten."""

import json
from pathlib import Path

import pytest

from tests.cli.test_commands import done, newsletter

pytestmark = pytest.mark.loopback


def test_what_is_said_of_an_author_is_listed_and_forgotten(tmp_path: Path) -> None:
    done(tmp_path, "init")
    said = json.loads(done(tmp_path, "author", "set", "Ines Marlow", "--about", "Writes of ships.", "--json"))
    assert said == {"name": "Ines Marlow", "about": "Writes of ships.", "url": ""}
    assert "Ines Marlow  Writes of ships.  -" in done(tmp_path, "author", "list")
    assert "Nothing is said of ines marlow any more." in done(tmp_path, "author", "forget", "ines marlow")
    assert json.loads(done(tmp_path, "author", "list", "--json")) == []

    refused = newsletter(tmp_path, "author", "forget", "Ines Marlow")
    assert (refused.returncode, refused.stderr) == (1, "newsletter: There is no author 'Ines Marlow'.\n")
