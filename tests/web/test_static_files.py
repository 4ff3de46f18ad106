"""Files are found only at the address that holds their hash, and may be kept for ever."""

import re

import pytest
from flask import Flask, render_template_string

from newsletter.web.static_files import FOLDER
from tests.web.samples import small_app

BASE = "https://letters.example.org"
NAMES = sorted(path.name for path in FOLDER.iterdir())


def address(app: Flask, name: str) -> str:
    with app.app_context():
        return render_template_string("{{ static_url(name) }}", name=name)


@pytest.mark.parametrize("name", NAMES)
def test_a_file_is_served_whole_and_kept_for_ever(name: str) -> None:
    app = small_app()

    with app.test_client().get(address(app, name), base_url=BASE) as response:
        assert response.data == (FOLDER / name).read_bytes()
        assert "immutable" in response.headers["Cache-Control"]
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert "Access-Control-Allow-Origin" not in response.headers


def test_the_address_changes_with_the_content() -> None:
    assert re.fullmatch(r"/static/style\.[0-9a-f]{12}\.css", address(small_app(), "style.css"))


@pytest.mark.parametrize("path", ["style.css", "style.000000000000.css", "../errors.py", "%2e%2e/errors.py", ""])
def test_nothing_else_is_served(path: str) -> None:
    assert small_app().test_client().get(f"/static/{path}", base_url=BASE).status_code == 404


def test_a_service_below_a_path_links_below_that_path() -> None:
    assert address(small_app(f"{BASE}/letters"), "style.css").startswith("/letters/static/style.")


def test_the_style_sheet_asks_nobody_else_for_anything() -> None:
    style = (FOLDER / "style.css").read_text()

    assert "@import" not in style
    assert "url(" not in style


def test_the_script_asks_nobody_else_and_writes_no_markup() -> None:
    script = (FOLDER / "proof.js").read_text()

    assert not re.search(r"https?:|import|eval|innerHTML|document.write|Function\(|cookie|Storage", script)


def test_the_icon_holds_no_style_and_no_script() -> None:
    icon = (FOLDER / "favicon.svg").read_text()

    assert not re.search(r"<style|style=|<script|href=", icon)
