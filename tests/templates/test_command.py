"""`newsletter template`: set, listed, compared, restored."""

import json
from pathlib import Path

import pytest

from tests.cli.test_commands import done, newsletter

pytestmark = pytest.mark.loopback

FOUND = (
    "newsletter",
    "add",
    "--name",
    "The Courier",
    "--from",
    "post@courier.example",
    "--postal-address",
    "Quay 1",
)


def test_a_template_is_set_listed_compared_and_restored(tmp_path: Path) -> None:
    done(tmp_path, "init")
    done(tmp_path, *FOUND, "--slug", "courier")
    head = tmp_path / "head.html"
    for text in ("<h1>{{ newsletter.name }}</h1>", "<h2>{{ newsletter.name }}</h2>"):
        head.write_text(text)
        saved = json.loads(done(tmp_path, "template", "set", "courier", "header.html", str(head), "--json"))
    assert saved == {"part": "header.html", "version": 2}
    assert "header.html  2        written" in done(tmp_path, "template", "list", "courier")
    assert "-<h1>" in done(tmp_path, "template", "diff", "courier", "header.html", "1", "2")
    done(tmp_path, "template", "restore", "courier", "header.html", "1")
    assert done(tmp_path, "template", "show", "courier", "header.html") == "<h1>{{ newsletter.name }}</h1>\n"
    assert len(json.loads(done(tmp_path, "template", "history", "courier", "header.html", "--json"))) == 3

    head.write_text("{{ newsletter.__class__ }}")
    refused = newsletter(tmp_path, "template", "set", "courier", "header.html", str(head))
    assert (refused.returncode, "names begin with a letter" in refused.stderr) == (1, True)


def test_a_whole_look_is_taken_from_a_theme_or_from_another_newsletter(tmp_path: Path) -> None:
    done(tmp_path, "init")
    for slug in ("courier", "herald"):
        done(tmp_path, *FOUND, "--slug", slug)
    sheet = tmp_path / "style.css"
    sheet.write_text("h1 { color: #224466 }")
    done(tmp_path, "template", "set", "herald", "style.css", str(sheet))

    taken = json.loads(done(tmp_path, "template", "take", "courier", "--theme", "letter", "--json"))
    assert {each["part"] for each in taken} == {"header.html", "body.html", "footer.html", "body.txt", "style.css"}
    assert "Saved as version 2 of style.css." in done(tmp_path, "template", "take", "courier", "--from", "herald")
    assert done(tmp_path, "template", "show", "courier", "style.css") == "h1 { color: #224466 }\n"
    assert "Say either --theme or --from." in newsletter(tmp_path, "template", "take", "courier").stderr

    sheet.write_text("h1 {\n  position: fixed;\n}")
    refused = newsletter(tmp_path, "template", "set", "courier", "style.css", str(sheet))
    assert (refused.returncode, "style.css, line 2: it has the property 'position'" in refused.stderr) == (1, True)
