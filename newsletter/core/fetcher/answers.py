"""Reads an HTTP answer whose sender is not trusted: whole, decompressed, and never more than `MAX_BYTES`."""

import re
import zlib
from dataclasses import dataclass
from http import HTTPStatus
from http.client import HTTPResponse

from newsletter.core.errors import FetchFailed
from newsletter.core.words import said

MAX_BYTES = 5_000_000
"""The longest body, counted after decompression."""

_MAX_MEMBERS = 16
_MAX_VALIDATOR = 500
_ZLIB_OR_GZIP = 32 + zlib.MAX_WBITS
_CHARSET = re.compile(r";\s*charset\s*=\s*[\"']?([A-Za-z0-9_.:-]{1,40})", re.IGNORECASE)


@dataclass(frozen=True)
class Fetched:
    """What a server answered: status 200 with a body, or 304 without.

    `url` is where the body came from; `permanent_url` is as far as permanent redirects alone led, so that it
    may replace the URL that was asked for. `charset` is the one that the content type names, or "".
    """

    status: int
    url: str
    permanent_url: str
    body: bytes
    content_type: str = ""
    charset: str = ""
    etag: str = ""
    last_modified: str = ""
    link: str = ""


def read(response: HTTPResponse, url: str, permanent_url: str) -> Fetched:
    """The answer, if it is 200 or 304; raises FetchFailed for each other status and for a body too large."""
    status = response.status
    if status not in {HTTPStatus.OK, HTTPStatus.NOT_MODIFIED}:
        raise FetchFailed(_refusal(status))
    content_type = response.headers.get("content-type", "")
    charset = _CHARSET.search(content_type)
    return Fetched(
        status=status,
        url=url,
        permanent_url=permanent_url,
        body=_body(response) if status == HTTPStatus.OK else b"",
        content_type=content_type.partition(";")[0].strip().lower(),
        charset=charset.group(1).lower() if charset else "",
        etag=_validator(response.headers.get("etag", "")),
        last_modified=_validator(response.headers.get("last-modified", "")),
        link=response.headers.get("link", ""),
    )


def _refusal(status: int) -> str:
    if status == HTTPStatus.GONE:
        return said("The server says that this address is gone for good (410).")
    return said("The server answers with status %(status)s.", status=status)


def _validator(value: str) -> str:
    """An ETag or date that can be sent back as it is; "" if it is too long to keep or not plain."""
    return value if len(value) <= _MAX_VALIDATOR and value.isascii() and value.isprintable() else ""


def _body(response: HTTPResponse) -> bytes:
    encoded = response.read(MAX_BYTES + 1)
    if len(encoded) > MAX_BYTES:
        raise _too_large()
    # With a size to read, http.client does not itself complain that the body is shorter than it was said to be.
    if response.length:
        problem = said("The server breaks off its answer.")
        raise FetchFailed(problem)
    coding = response.headers.get("content-encoding", "").strip().lower()
    if coding in {"", "identity"}:
        return encoded
    if coding not in {"gzip", "x-gzip", "deflate"}:
        problem = said("The answer is compressed in a way that was not asked for.")
        raise FetchFailed(problem)
    return _decompressed(encoded)


def _decompressed(encoded: bytes) -> bytes:
    try:
        return _inflate(encoded, _ZLIB_OR_GZIP)
    except zlib.error:
        pass
    try:
        # Some servers call a stream without the header of zlib "deflate" (RFC 9110 §8.4.1.2).
        return _inflate(encoded, -zlib.MAX_WBITS)
    except zlib.error as error:
        problem = said("The answer is compressed and damaged.")
        raise FetchFailed(problem) from error


def _inflate(encoded: bytes, window: int) -> bytes:
    body = b""
    for _ in range(_MAX_MEMBERS):
        stream = zlib.decompressobj(window)
        body += stream.decompress(encoded, MAX_BYTES + 1 - len(body))
        if len(body) > MAX_BYTES:
            raise _too_large()
        if not stream.eof:
            break
        encoded = stream.unused_data
        if not encoded:
            return body
    problem = "unfinished, or in more members than anybody needs"
    raise zlib.error(problem)


def _too_large() -> FetchFailed:
    return FetchFailed(said("The answer is larger than %(most)s MB.", most=MAX_BYTES // 1_000_000))
