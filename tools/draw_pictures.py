"""Draws the demo paper's pictures: each SVG in newsletter/demo/paper/pictures/ becomes the PNG beside it.

Run it with `.venv/bin/python tools/draw_pictures.py [NAME …]` after a change to an SVG; it needs the `browser`
extra and the installed Chromium. The drawings are flat colours, so a palette holds all the eye can see.
"""

import base64
import struct
import sys
import zlib
from collections import Counter
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

CHROMIUM = "/usr/bin/chromium"
FOLDER = Path(__file__).parent.parent / "newsletter" / "demo" / "paper" / "pictures"
WIDTH, HEIGHT = 1200, 630
LARGEST = 60_000
"""Bytes a picture may have: a mail shows several of them, and some are read on a train."""

_PIXELS_OF_SVG = """
async ([svg, width, height]) => {
  const image = new Image();
  image.src = "data:image/svg+xml;charset=utf-8," + encodeURIComponent(svg);
  await image.decode();
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext("2d");
  context.drawImage(image, 0, 0);
  const bytes = context.getImageData(0, 0, width, height).data;
  let text = "";
  for (let at = 0; at < bytes.length; at += 32768)
    text += String.fromCharCode(...bytes.subarray(at, at + 32768));
  return btoa(text);
}
"""

Colour = tuple[int, int, int]


def main(names: list[str]) -> None:
    """Draw the pictures of these names, or all."""
    sources = sorted(FOLDER.glob("*.svg"))
    with sync_playwright() as player:
        browser = player.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page()
        for source in sources:
            if not names or source.stem in names:
                data = palette_png(pixels(page, source.read_text(encoding="utf-8")))
                source.with_suffix(".png").write_bytes(data)
                print(f"{source.stem:12} {len(data):6} bytes{' (too large)' * (len(data) > LARGEST)}")
        browser.close()


def pixels(page: Page, svg: str) -> list[Colour]:
    """The drawing as the browser paints it, row by row from the top left."""
    raw = base64.b64decode(page.evaluate(_PIXELS_OF_SVG, [svg, WIDTH, HEIGHT]))
    return list(zip(raw[0::4], raw[1::4], raw[2::4], strict=True))


def palette_png(image: list[Colour]) -> bytes:
    """A PNG with 256 colours at most: the most frequent ones, and for each other the nearest of them."""
    counted = Counter(image)
    palette = [colour for colour, _ in counted.most_common(256)]
    places = {colour: place for place, colour in enumerate(palette)}
    for colour in counted:
        if colour not in places:
            places[colour] = min(range(256), key=lambda place: _distance(colour, palette[place]))
    indices = bytes(places[colour] for colour in image)
    rows = b"".join(b"\0" + indices[at : at + WIDTH] for at in range(0, WIDTH * HEIGHT, WIDTH))
    return (
        b"\x89PNG\r\n\x1a\n"
        + _chunk(b"IHDR", struct.pack(">IIBBBBB", WIDTH, HEIGHT, 8, 3, 0, 0, 0))
        + _chunk(b"PLTE", b"".join(map(bytes, palette)))
        + _chunk(b"IDAT", zlib.compress(rows, 9))
        + _chunk(b"IEND", b"")
    )


def _distance(one: Colour, other: Colour) -> int:
    return sum((a - b) ** 2 for a, b in zip(one, other, strict=True))


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


if __name__ == "__main__":
    main(sys.argv[1:])
