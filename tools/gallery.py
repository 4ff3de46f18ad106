"""Draws each theme and language by day, by night, on a phone and without pictures: `make gallery`."""

import shutil
from html import escape
from io import BytesIO
from pathlib import Path
from typing import Literal

from PIL import Image, ImageDraw
from playwright.sync_api import Browser, Route, sync_playwright

ROOT = Path(__file__).parents[1]
GOLDEN, GALLERY = ROOT / "tests" / "mail" / "golden" / "looks", ROOT / "var" / "gallery"
QUIET = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking", "--disable-sync")
Scheme = Literal["light", "dark"]

VIEWS: dict[str, tuple[int, Scheme]] = {
    "light": (700, "light"),
    "dark": (700, "dark"),
    "phone": (375, "light"),
    "off": (375, "dark"),
}
"""Width in pixels and palette; `off` has no pictures."""


def drawn() -> bytes:
    """A picture for every article: a sea under a sky."""
    image = Image.new("RGB", (1088, 680), "#b9d3e0")
    pen = ImageDraw.Draw(image)
    pen.rectangle((0, 400, 1088, 680), fill="#2f5d73")
    pen.ellipse((760, 120, 900, 260), fill="#f3e3b3")
    pen.polygon(((300, 400), (420, 200), (430, 400)), fill="#f7f5ef")
    out = BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def shoot(browser: Browser, mail: Path, view: str, picture: bytes) -> None:
    """A picture of the whole mail."""
    width, scheme = VIEWS[view]

    def answer(route: Route) -> None:
        if route.request.resource_type != "image":
            route.continue_()
        elif view == "off":
            route.abort()
        else:
            route.fulfill(body=picture, content_type="image/png")

    context = browser.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme)
    page = context.new_page()
    page.route("**/*", answer)
    page.goto(mail.as_uri(), wait_until="load")
    page.screenshot(path=GALLERY / f"{mail.stem}-{view}.png", full_page=True)
    context.close()


def index(names: list[str]) -> str:
    """The page that shows them all."""
    rows = "".join(
        f"<h2>{escape(name)}</h2><div>"
        + "".join(f'<img src="{name}-{view}.png" alt="{escape(name)}, {view}" width="340">' for view in VIEWS)
        + "</div>"
        for name in names
    )
    style = "body{font:16px sans-serif;margin:24px}div{display:flex;gap:16px;align-items:start}"
    return f'<!doctype html><html lang="en"><meta charset="utf-8"><title>Mails</title><style>{style}</style>{rows}'


def main() -> None:
    GALLERY.mkdir(parents=True, exist_ok=True)
    mails, picture = sorted(GOLDEN.glob("*.html")), drawn()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=list(QUIET))
        for mail in mails:
            for view in VIEWS:
                shoot(browser, mail, view, picture)
    (GALLERY / "index.html").write_text(index([mail.stem for mail in mails]))
    print(f"Open {GALLERY / 'index.html'}")


if __name__ == "__main__":
    main()
