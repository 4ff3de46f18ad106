"""Draws each page of the console by day, by night and on a phone, from the demo: `make console-gallery`."""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Literal

from playwright.sync_api import Browser, Page, sync_playwright

GALLERY = Path(__file__).parents[1] / "var" / "gallery" / "console"
QUIET = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking", "--disable-sync")
Scheme = Literal["light", "dark"]
VIEWS: dict[str, tuple[int, Scheme]] = {"light": (1280, "light"), "dark": (1280, "dark"), "phone": (320, "light")}
PASSWORD = "seven grey gulls at noon"  # noqa: S105 - of an operator who lives as long as the demo.
NOUNS = "editions|digests|sources|newsletters|templates|subscribers|suppressions|operators"
ONE_OF = rf"/console/(?:{NOUNS})/[\w.-]+(?:/[\w.]+)?"


def way_in(output: IO[str]) -> str:
    """The link that lets an operator in once, out of what the demo prints."""
    link = ""
    for line in output:
        found = re.search(r"http://\S+/console/welcome/\S+", line)
        link = found[0] if found else link
        if "Ctrl-C" in line:
            break
    return link


def pages(page: Page, home: str) -> Iterator[str]:
    """The paths of the menu, and of each list the first thing in it."""
    page.goto(home, wait_until="networkidle")
    menu = dict.fromkeys(filter(None, (link.get_attribute("href") for link in page.locator("nav a").all())))
    for path in (each for each in menu if each.startswith("/console")):
        yield path
        page.goto(home.removesuffix("/console") + path, wait_until="networkidle")
        inner = [link.get_attribute("href") or "" for link in page.locator("main a").all()]
        yield from [each for each in inner if re.fullmatch(ONE_OF, each)][:1]


def shoot(browser: Browser, home: str, paths: list[str], view: str) -> None:
    width, scheme = VIEWS[view]
    context = browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme=scheme, storage_state=GALLERY / "state.json"
    )
    page = context.new_page()
    for path in paths:
        page.goto(home.removesuffix("/console") + path, wait_until="load")
        page.wait_for_timeout(300)
        # As high as the page: what is below the fold of a window is not painted in frames.
        page.set_viewport_size({"width": width, "height": page.evaluate("document.documentElement.scrollHeight")})
        page.wait_for_timeout(1000 if page.locator("iframe").count() else 100)
        name = re.sub(r"\W+", "-", path.removeprefix("/console").strip("/")) or "home"
        page.screenshot(path=GALLERY / f"{name}-{view}.png")
        page.set_viewport_size({"width": width, "height": 900})
    context.close()


def main() -> None:
    GALLERY.mkdir(parents=True, exist_ok=True)
    demo = subprocess.Popen([sys.executable, "-m", "newsletter", "demo"], stdout=subprocess.PIPE, text=True)
    try:
        assert demo.stdout
        link = way_in(demo.stdout)
        home = link.partition("/console/")[0] + "/console"
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=list(QUIET))
            context = browser.new_context()
            page = context.new_page()
            page.goto(link)
            page.locator("input[type=password]").first.fill(PASSWORD)
            page.locator("main button[type=submit]").first.click()
            page.wait_for_url(re.compile(r"/console$"))
            # A minute, so that an edition has left and the sums have been made.
            page.wait_for_timeout(60_000)
            paths = list(dict.fromkeys(pages(page, home)))
            context.storage_state(path=GALLERY / "state.json")
            for view in VIEWS:
                shoot(browser, home, paths, view)
            browser.close()
        print(f"drew {len(paths) * len(VIEWS)} pictures into {GALLERY}")
    finally:
        (GALLERY / "state.json").unlink(missing_ok=True)
        demo.terminate()
        demo.wait()


if __name__ == "__main__":
    main()
