"""Reading what anybody may have sent."""

import pytest

from newsletter.demo.reading import for_frame, read

ONE_CLICK = b"List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"


def test_both_texts_of_an_alternative_are_found() -> None:
    mail = read(
        b'Content-Type: multipart/alternative; boundary="b"\r\n\r\n'
        b"--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nGr\xc3\xbc\xc3\x9fe\r\n"
        b"--b\r\nContent-Type: text/html; charset=iso-8859-1\r\n\r\n<p>Gr\xfc\xdfe</p>\r\n--b--\r\n"
    )

    assert mail.text == "Grüße"
    assert mail.html == "<p>Grüße</p>"


def test_a_subject_is_decoded_and_stays_on_one_line() -> None:
    mail = read(b"Subject: =?utf-8?q?Gale_=0D=0ABcc=3A_x?=\r\n =?utf-8?q?_warning?=\r\n\r\n")

    assert mail.subject == "Gale \ufffd\ufffdBcc: x warning"


def test_a_subject_in_bare_utf_8_is_read() -> None:
    assert read("Subject: Möwen über Wrenmouth\r\n\r\n".encode()).subject == "Möwen über Wrenmouth"


def test_a_folded_header_becomes_whole_again() -> None:
    mail = read(b"List-Unsubscribe:\r\n <https://courier.example/u/1>\r\n" + ONE_CLICK + b"\r\n")

    assert mail.header("list-unsubscribe") == "<https://courier.example/u/1>"
    assert mail.one_click == "https://courier.example/u/1"


@pytest.mark.parametrize(
    "headers",
    [
        b"List-Unsubscribe: <https://courier.example/u/1>\r\n",
        b"List-Unsubscribe: <mailto:stop@courier.example>\r\n" + ONE_CLICK,
        b"List-Unsubscribe: <javascript:alert(1)>\r\n" + ONE_CLICK,
        ONE_CLICK,
    ],
)
def test_without_both_headers_and_a_web_address_there_is_no_one_click(headers: bytes) -> None:
    assert read(headers + b"\r\n").one_click is None


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\r\n\r\n",
        b"no headers at all",
        b"Subject: =?bogus?b?!!!?=\r\n\r\n",
        b"Subject: \xff\xfe\r\nFrom: \x00\r\n\r\n\x00\xff",
        b"Content-Type: multipart/mixed\r\n\r\nno boundary",
        b"Content-Type: text/html; charset=nope\r\nContent-Transfer-Encoding: base64\r\n\r\n!!!",
        b"Content-Type: text/plain; charset*=x'y'%zz\r\n\r\nx",
        b"Content-Type: message/rfc822\r\n\r\n",
        b"".join(b"Content-Type: multipart/mixed; boundary=%d\r\n\r\n--%d\r\n" % (n, n) for n in range(3000)),
    ],
)
def test_no_message_is_too_broken_to_look_at(raw: bytes) -> None:
    mail = read(raw)

    assert isinstance(mail.subject, str)
    assert mail.text is None or isinstance(mail.text, str)


def test_an_attached_page_is_not_shown_as_the_mail() -> None:
    raw = b"Content-Type: text/html\r\nContent-Disposition: attachment\r\n\r\n<p>x</p>"

    assert read(raw).html is None


def test_links_of_a_framed_mail_open_in_a_new_tab_and_its_doctype_stays_first() -> None:
    assert for_frame("<!DOCTYPE html><html>") == '<!DOCTYPE html><base target="_blank"><html>'
    assert for_frame("<p>x") == '<base target="_blank"><p>x'
