"""Bytes of an answer as text, by the encoding that is most likely true rather than the one that is claimed."""

import codecs
import re

from newsletter.core.fetcher import Fetched

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
    (b"<\x00?\x00", "utf-16-le"),
    (b"\x00<\x00?", "utf-16-be"),
)
_DECLARED = re.compile(rb"\s{0,1000}<\?xml[^>]{0,200}?encoding\s{0,20}=\s{0,20}[\"']([A-Za-z0-9_.:-]{1,40})[\"']")
# Names that mean, in the wild, a superset of what they say (WHATWG Encoding §4.2).
_MEANT = {
    "ascii": "cp1252", "iso8859-1": "cp1252", "iso8859-9": "cp1254", "iso8859-11": "cp874",
    "gb2312": "gb18030", "gbk": "gb18030", "shift_jis": "cp932", "euc_kr": "cp949",
}  # fmt: skip
# No UTF-7, in which markup can hide, and none of the codecs of Python that are no character sets.
_TRUSTED = re.compile(r"utf-8|utf-16.*|utf-32.*|cp\d+|iso8859-.*|koi8-.*|gb.*|big5.*|euc_.*|iso2022_.*|mac-.*")


def decoded(fetched: Fetched) -> str:
    """The text; bytes that cannot be read become U+FFFD.

    A byte order mark decides first. Then UTF-8 wins over each claim of a single-byte set, because text of
    another set is never UTF-8 by chance. Then the HTTP header, then the XML declaration, then windows-1252.
    """
    body = fetched.body
    for mark, encoding in _MARKS:
        if body.startswith(mark):
            return body.decode(encoding, "replace").removeprefix("\ufeff")
    declared = _DECLARED.match(body)
    claims = [fetched.charset, declared.group(1).decode() if declared else ""]
    named = [encoding for encoding in map(_encoding, claims) if encoding]
    may_be_utf8 = not named or named[0].startswith(("utf-8", "cp", "iso8859", "koi8", "mac"))
    for encoding in (["utf-8"] if may_be_utf8 else []) + named:
        try:
            return body.decode(encoding)
        except UnicodeDecodeError:
            continue
    fallback = next((encoding for encoding in named if encoding != "utf-8"), "")
    # A document that says UTF-8 and is not quite: its few wrong bytes must not spoil the others.
    return body.decode(fallback or ("utf-8" if named else "cp1252"), "replace")


def _encoding(claimed: str) -> str:
    try:
        name = codecs.lookup(claimed).name if claimed else ""
    except LookupError:
        return ""
    name = _MEANT.get(name, name)
    return name if _TRUSTED.fullmatch(name) else ""
