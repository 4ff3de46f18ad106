"""Draws docs/pictures/ again, from the demo as it runs: `make screenshots`."""

import json
import re
import shutil
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import IO

from playwright.sync_api import Browser, sync_playwright

PICTURES = Path(__file__).parents[1] / "docs" / "pictures"
PASSWORD = "a picture for the readme"  # noqa: S105 - of a demo on this machine.
QUIET = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking", "--disable-sync")


def addresses(output: IO[str]) -> dict[str, str]:
    """What the demo prints when it is ready: paper, newsletter, inbox, and the way into the console."""
    found: dict[str, str] = {}
    for line in output:
        if link := re.search(r"http://\S+/console/welcome/\S+", line):
            found["console"] = link[0]
        named = re.match(r"\s+The (paper|newsletter|inbox)\s+(\S+)", line)
        if named:
            found[named[1]] = named[2]
        if "Ctrl-C" in line:
            break
    return found


def shoot(browser: Browser, url: str, name: str, size: tuple[int, int]) -> None:
    """A picture of the page, dark if its name says so."""
    context = browser.new_context(
        viewport={"width": size[0], "height": size[1]},
        color_scheme="dark" if name.endswith("-dark") else "light",
        device_scale_factor=1.5,
    )
    page = context.new_page()
    page.goto(url, wait_until="networkidle")
    page.screenshot(path=PICTURES / f"{name}.png")
    context.close()
    print(f"drew {name}.png")


def shoot_console(browser: Browser, link: str) -> None:
    """The ledger of an edition in the operators' console."""
    context = browser.new_context(viewport={"width": 1100, "height": 900}, device_scale_factor=1.5)
    page = context.new_page()
    page.goto(link)
    page.locator("input[type=password]").first.fill(PASSWORD)
    page.locator("main button[type=submit]").first.click()
    page.wait_for_url(re.compile(r"/console$"))
    page.goto(f"{page.url}/editions/1", wait_until="networkidle")
    page.screenshot(path=PICTURES / "console.png")
    context.close()
    print("drew console.png")


def main() -> None:
    PICTURES.mkdir(parents=True, exist_ok=True)
    demo = subprocess.Popen([sys.executable, "-m", "newsletter", "demo"], stdout=subprocess.PIPE, text=True)
    try:
        assert demo.stdout
        found = addresses(demo.stdout)
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=list(QUIET))
            with urllib.request.urlopen(f"{found['inbox']}api/messages?to=zoe@readers.example") as answer:
                edition = json.load(answer)[-1]["id"]
            mail = f"{found['inbox']}messages/{edition}/html"
            for tail in ("", "-dark"):
                shoot(browser, found["newsletter"], f"sign-up{tail}", (1100, 760))
                shoot(browser, mail, f"digest{tail}", (700, 1150))
            shoot(browser, found["newsletter"], "sign-up-phone", (320, 640))
            shoot(browser, mail, "digest-phone", (320, 640))
            shoot(browser, found["inbox"], "inbox", (1100, 760))
            shoot(browser, found["paper"], "paper", (1100, 900))
            shoot_console(browser, found["console"])
            browser.close()
    finally:
        demo.terminate()
        demo.wait()


if __name__ == "__main__":
    main()
