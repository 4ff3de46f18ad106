"""Pictures of articles from our own address: fetched once, made anew, and left out where they cannot be had."""

import struct
import zlib
from datetime import timedelta
from io import BytesIO
from pathlib import Path

import pytest
import time_machine
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from pytest_httpserver import HTTPServer

from newsletter.articles.feeds import fetch_pictures
from newsletter.articles.queries import pictures_of
from newsletter.core.errors import InvalidPicture
from newsletter.core.fetcher import Fetcher
from newsletter.core.settings import HostPort
from newsletter.editions import service as editions
from newsletter.editions.emails import Told, edition_content
from newsletter.mail.house import House
from newsletter.mail.images import Images, kind_of
from tests import make

pytestmark = pytest.mark.loopback


def photo(width: int = 1600, height: int = 900) -> bytes:
    """A JPEG with the place where it was taken."""
    exif = Image.Exif()
    exif[0x010F] = "A camera of somebody"
    out = BytesIO()
    Image.new("RGB", (width, height), "teal").save(out, "JPEG", exif=exif)
    return out.getvalue()


def bomb() -> bytes:
    """A PNG of a few bytes that says it has 40,000 by 40,000 pixels."""
    head = struct.pack(">IIBBBBB", 40_000, 40_000, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in ((b"IHDR", head), (b"IDAT", zlib.compress(bytes(1000))), (b"IEND", b""))
    )


def fetcher(server: HTTPServer) -> Fetcher:
    return Fetcher(allow=(HostPort(server.host, server.port),))


def test_a_picture_is_fetched_once_made_smaller_and_shown_from_our_address(
    httpserver: HTTPServer, house: House, client: FlaskClient
) -> None:
    httpserver.expect_request("/a.jpg").respond_with_data(photo(), content_type="text/plain")
    of = make.newsletter(pictures="fetch")
    article = make.article(make.source(), image_url=httpserver.url_for("/a.jpg"))

    assert fetch_pictures(house.images, fetcher(httpserver)) == 1
    assert fetch_pictures(house.images, fetcher(httpserver)) == 0

    kept = pictures_of([article.id])[article.id]
    html = edition_content(Told(make.edition(of, [article]), [article]), of, house).html
    assert f"https://letters.example.org/images/{kept.name}" in html
    assert httpserver.host not in html
    answer = client.get(f"/images/{kept.name}")
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert answer.mimetype == "image/jpeg"
    with Image.open(BytesIO(answer.data)) as shown:
        assert shown.size == (1088, 612)
    assert b"camera" not in answer.data
    assert client.get(f"/images/{kept.name}", headers={"If-None-Match": answer.headers["ETag"]}).status_code == 304


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", "SVG"),
        (b"<html>no picture</html>", "no picture of a kind"),
        (photo()[:400], "damaged"),
        (photo(60, 60), "icon"),
        (bomb(), "pixels"),
    ],
    ids=["svg", "page", "broken", "icon", "bomb"],
)
def test_what_cannot_be_shown_is_left_out_and_the_reason_is_said(
    httpserver: HTTPServer, house: House, data: bytes, words: str
) -> None:
    httpserver.expect_request("/a.png").respond_with_data(data, content_type="image/png")
    of = make.newsletter(pictures="fetch")
    article = make.article(make.source(), image_url=httpserver.url_for("/a.png"))
    fetch_pictures(house.images, fetcher(httpserver))

    edition = make.edition(of, [article])

    assert fetch_pictures(house.images, fetcher(httpserver)) == 0
    assert "<img" not in edition_content(Told(edition, [article]), of, house).html
    (said,) = [each.words for each in editions.findings(edition.id, house) if each.code == "picture"]
    assert words in said


def test_a_server_that_fails_is_asked_three_times(
    httpserver: HTTPServer, house: House, clock: time_machine.Traveller
) -> None:
    make.newsletter(pictures="fetch")
    make.article(make.source(), image_url=httpserver.url_for("/gone.png"))

    tried = []
    for _ in range(5):
        tried.append(fetch_pictures(house.images, fetcher(httpserver)))
        clock.shift(timedelta(minutes=2))

    assert tried == [1, 1, 1, 0, 0]


def test_nothing_is_fetched_from_inside_or_where_nobody_wants_it(httpserver: HTTPServer, house: House) -> None:
    article = make.article(make.source(), image_url=httpserver.url_for("/a.jpg"))
    make.newsletter("linking")
    assert fetch_pictures(house.images, Fetcher()) == 0

    make.newsletter("fetching", pictures="fetch")
    assert fetch_pictures(house.images, Fetcher()) == 1

    assert pictures_of([article.id])[article.id].name == ""
    assert httpserver.log == []


def test_a_newsletter_without_pictures_shows_none(house: House) -> None:
    of = make.newsletter(pictures="none")
    article = make.article(make.source(), image_url="https://pictures.example/a.jpg")

    assert "<img" not in edition_content(Told(make.edition(of, [article]), [article]), of, house).html


@pytest.mark.parametrize(
    "name", ["..%2f..%2f.env", "x.png", "0" * 32 + ".svg", "0" * 32 + ".png", "0" * 32 + ".png%00"]
)
def test_no_other_file_is_served(client: FlaskClient, name: str) -> None:
    assert client.get(f"/images/{name}").status_code == 404


def test_the_same_picture_is_kept_once_and_its_name_tells_what_is_in_it(house: House) -> None:
    names = {house.images.keep(photo(), 500).name for _ in range(2)}

    assert [path.name for path in house.images.folder.iterdir()] == list(names)


@given(
    st.binary(max_size=300),
    st.sampled_from([b"", b"GIF89a", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"RIFF0000WEBP"]),
)
def test_no_bytes_make_the_decoder_fall(rest: bytes, start: bytes) -> None:
    with pytest.raises(InvalidPicture):
        Images(Path("unused")).keep(start + rest, 500)
    assert kind_of(b"GIF87a") == "GIF"
