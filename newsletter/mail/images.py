"""Pictures that others made, checked, made smaller and kept under the hash of what came out.

Nothing of what came in is handed on: a picture is decoded and written anew, so comments, places and cameras (EXIF)
are gone, and what only pretends to be a picture ends here.
"""

import hashlib
import os
import re
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import TYPE_CHECKING

from newsletter.core.clock import now
from newsletter.core.errors import InvalidPicture
from newsletter.core.words import Figure, said

if TYPE_CHECKING:
    from PIL.Image import Image

NAME = re.compile(r"[0-9a-f]{32}\.(?:jpg|png)")
"""What a kept picture is called."""

MOST_PIXELS = 24_000_000
"""Of what comes in, looked at before it is decoded: a small file can hold gigabytes of one colour."""

MOST_BYTES = 5_000_000

_KINDS = {b"\x89PNG\r\n\x1a\n": "PNG", b"\xff\xd8\xff": "JPEG", b"GIF87a": "GIF", b"GIF89a": "GIF"}
_QUALITY, _IN_HAND = 82, 3600
_TALLEST = 3  # Times its width; what is taller is a banner that nobody scrolls past.


@dataclass(frozen=True)
class Kept:
    """A picture of ours: its name, and its size in pixels."""

    name: str
    width: int
    height: int


class Images:
    """The pictures of one folder; may be shared by threads and processes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def keep(self, data: bytes, widest: int, narrowest: int = 1) -> Kept:
        """Keep what these bytes show, at most `widest` pixels wide; the same picture is kept once, as if new.

        Raises InvalidPicture, which says why it cannot be shown.
        """
        image = _decoded(data, widest)
        if image.width < narrowest or image.height < narrowest:
            problem = said(
                "The picture has %(width)s by %(height)s pixels; less than %(least)s is an icon.",
                width=image.width,
                height=image.height,
                least=narrowest,
            )
            raise InvalidPicture(problem)
        image.thumbnail((widest, widest * _TALLEST))
        written, suffix = _written(image)
        name = f"{hashlib.sha256(written).hexdigest()[:32]}.{suffix}"
        self._store(name, written)
        return Kept(name, image.width, image.height)

    def find(self, name: str) -> Path | None:
        """Where the picture of this name lies; None if there is none, or if the name is none of ours."""
        path = self.folder / name
        return path if NAME.fullmatch(name) and path.is_file() else None

    def forget(self, name: str) -> None:
        """Let go of the picture of this name, unless it was kept within the last hour: somebody will show it."""
        path = self.find(name)
        if path and now().timestamp() - path.stat().st_mtime > _IN_HAND:
            path.unlink(missing_ok=True)

    def _store(self, name: str, written: bytes) -> None:
        if path := self.find(name):
            moment = now().timestamp()
            os.utime(path, (moment, moment))
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        # Whole under its name or not there at all, whenever the process dies.
        with NamedTemporaryFile(dir=self.folder, delete=False) as file:
            file.write(written)
            file.flush()
            os.fsync(file.fileno())
        path = Path(file.name)
        path.chmod(0o644)
        path.replace(self.folder / name)


def kind_of(data: bytes) -> str:
    """PNG, JPEG, GIF or WEBP by its first bytes, whatever its name or its server says. Raises InvalidPicture."""
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "WEBP"
    for start, kind in _KINDS.items():
        if data.startswith(start):
            return kind
    if b"<svg" in data[:2000].lower():
        # It is a document that can hold scripts and links, and most mail programs do not show it.
        problem = said("The picture is SVG, which mail programs do not show; use PNG or JPEG.")
        raise InvalidPicture(problem)
    problem = said("That is no picture of a kind that mail programs show; use PNG, JPEG, GIF or WebP.")
    raise InvalidPicture(problem)


def _decoded(data: bytes, widest: int) -> "Image":
    from PIL import Image, ImageOps  # noqa: PLC0415 - megabytes for those who link pictures.

    if len(data) > MOST_BYTES:
        problem = said("The picture is larger than %(most)s MB; make it smaller.", most=MOST_BYTES // 1_000_000)
        raise InvalidPicture(problem)
    kind = kind_of(data)
    try:
        image = Image.open(BytesIO(data), formats=[kind])
        if image.width * image.height > MOST_PIXELS:
            problem = said(
                "The picture has %(width)s by %(height)s pixels, and at most %(most)s altogether are decoded.",
                width=image.width,
                height=image.height,
                most=Figure(MOST_PIXELS),
            )
            raise InvalidPicture(problem)
        # JPEG can be decoded at a part of its size, which is most of the work.
        image.draft("RGB", (widest, widest))
        image.load()
        upright = ImageOps.exif_transpose(image)
    except Image.DecompressionBombError as error:
        problem = said(
            "The picture has far more pixels than the %(most)s that are decoded.", most=Figure(MOST_PIXELS)
        )
        raise InvalidPicture(problem) from error
    # Decoders have their own ways to fall over what was made to make them fall.
    except (OSError, ValueError, SyntaxError, EOFError, MemoryError) as error:
        problem = said("The picture is damaged and cannot be decoded.")
        raise InvalidPicture(problem) from error
    has_alpha = upright.mode in {"RGBA", "LA", "PA"} or "transparency" in upright.info
    return upright.convert("RGBA" if has_alpha else "RGB")


def _written(image: "Image") -> tuple[bytes, str]:
    out = BytesIO()
    clean = image.copy()
    clean.info = {}
    if image.mode == "RGBA":
        clean.save(out, "PNG", optimize=True)
        return out.getvalue(), "png"
    clean.save(out, "JPEG", quality=_QUALITY, progressive=True, optimize=True)
    return out.getvalue(), "jpg"
