"""What npm brought is what the lock file names, byte for byte."""

import hashlib
import json

from tests.house.test_house_rules import ROOT

STATIC = ROOT / "newsletter" / "web" / "static"

VENDORED = {
    "htmx.min.js": ("htmx.org", "2.0.11", "d6fdc75f204e6bdefa99b69bf1e6d4ac69b8a364f77929f45c13476b4000f717"),
    "sse.min.js": ("htmx-ext-sse", "2.2.4", "98a46496de0c3605fbffdce9167ba427bdd9553184f83f149c261891a92c0136"),
}


def test_each_vendored_script_is_the_one_that_was_looked_at() -> None:
    found = {name: hashlib.sha256((STATIC / name).read_bytes()).hexdigest() for name in VENDORED}

    assert found == {name: digest for name, (_, _, digest) in VENDORED.items()}


def test_the_lock_has_the_same_versions_and_names_no_host() -> None:
    text = (ROOT / "package-lock.json").read_text()
    packages = json.loads(text)["packages"]

    assert "://" not in text
    for package, version, _ in VENDORED.values():
        assert packages[f"node_modules/{package}"]["version"] == version
        assert packages[f"node_modules/{package}"]["integrity"].startswith("sha512-")
