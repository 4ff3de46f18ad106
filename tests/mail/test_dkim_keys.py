"""Which keys are taken, whose mail each signs, and what is noticed before a mailing leaves."""

import base64
import re
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1
from cryptography.hazmat.primitives.asymmetric.ec import generate_private_key as make_ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from newsletter.core import logs
from newsletter.core.errors import Conflict, SettingsError, UnsafeMessage
from newsletter.core.settings import DkimKeyFile
from newsletter.mail.dkim.checking import verify_own
from newsletter.mail.dkim.keys import Key, keys_for, load_keys, make_rsa, write_key
from tests.mail.letters import VALUES, letter
from tests.mail.signing import ED25519, KEYS, RSA, sealed

SIGNED = sealed(letter())


def in_a_file(key: Key, folder: Path) -> DkimKeyFile:
    file = DkimKeyFile(key.domain, key.selector, folder / f"{key.selector}.pem")
    write_key(file, key.private)
    return file


def openssl_key(folder: Path, *words: str) -> DkimKeyFile:
    path = folder / "openssl.pem"
    subprocess.run(
        ["openssl", "genpkey", *words, "-out", str(path)],  # noqa: S607 - whichever openssl there is.
        check=True, capture_output=True,
    )  # fmt: skip
    return DkimKeyFile("courier.example", "r2026", path)


def test_keys_are_read_from_their_files_rsa_first(tmp_path: Path) -> None:
    files = [in_a_file(ED25519, tmp_path), in_a_file(RSA, tmp_path)]

    keys = load_keys(files)

    assert [(key.selector, key.algorithm) for key in keys] == [
        ("r2026", "rsa-sha256"),
        ("e2026", "ed25519-sha256"),
    ]
    assert [key.record for key in keys] == [RSA.record, ED25519.record]


def test_a_key_made_with_openssl_is_taken(tmp_path: Path) -> None:
    file = openssl_key(tmp_path, "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048")

    assert load_keys([file])[0].algorithm == "rsa-sha256"


@pytest.mark.parametrize("bits", [512, 1024])
def test_a_short_rsa_key_is_refused(tmp_path: Path, bits: int) -> None:
    file = openssl_key(tmp_path, "-algorithm", "RSA", "-pkeyopt", f"rsa_keygen_bits:{bits}")

    with pytest.raises(SettingsError, match=rf"openssl\.pem' has {bits} bits; expected 2048 to 4096"):
        load_keys([file])


def test_ed25519_alone_is_refused(tmp_path: Path) -> None:
    other = in_a_file(replace(RSA, domain="else.example"), tmp_path)

    with pytest.raises(SettingsError, match=r"only an Ed25519 key for courier\.example; add an RSA key"):
        load_keys([in_a_file(ED25519, tmp_path), other])


def pem(key: Ed25519PrivateKey, password: bytes) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(password))


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "holds no private key in PEM"),
        (b"not a key", "holds no private key in PEM"),
        (RSA.record.encode(), "holds no private key in PEM"),
        (pem(Ed25519PrivateKey.generate(), b"hush"), "is locked with a password"),
        (
            make_ec(SECP256R1()).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
            "is neither RSA nor Ed25519",
        ),
    ],
    ids=range(5),
)
def test_a_file_without_a_key_that_signs_is_refused(tmp_path: Path, content: bytes, problem: str) -> None:
    path = tmp_path / "some.pem"
    path.write_bytes(content)

    with pytest.raises(SettingsError, match=rf"NEWSLETTER_DKIM: .*some\.pem' {problem}"):
        load_keys([DkimKeyFile("courier.example", "r2026", path)])


def test_a_missing_file_is_told_with_what_makes_one(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"gone\.pem' cannot be read .*`newsletter dkim key` makes one"):
        load_keys([DkimKeyFile("courier.example", "r2026", tmp_path / "gone.pem")])


def test_a_key_that_others_may_read_is_taken_with_a_warning(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    file = in_a_file(RSA, tmp_path)
    file.path.chmod(0o640)
    logs.configure(level="WARNING", as_json=False)

    assert load_keys([file])
    assert "dkim key open to others" in caplog.text + "".join(capsys.readouterr())


def test_a_written_key_is_for_its_owner_alone_and_never_written_over(tmp_path: Path) -> None:
    file = in_a_file(RSA, tmp_path)
    before = file.path.read_bytes()

    with pytest.raises(Conflict, match="never written over"):
        write_key(file, make_rsa())

    assert file.path.read_bytes() == before
    assert file.path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("sender", "signer"),
    [
        ("courier.example", "courier.example"),
        ("mail.courier.example", "courier.example"),
        ("news.courier.example", "news.courier.example"),
        ("eu.news.courier.example", "news.courier.example"),
        ("another-courier.example", None),
        ("example", None),
        ("else.example", None),
    ],
)
def test_the_nearest_domain_signs(sender: str, signer: str | None) -> None:
    keys = [RSA, replace(RSA, domain="news.courier.example"), ED25519]

    assert {key.domain for key in keys_for(keys, sender)} == ({signer} if signer else set())


def test_all_keys_of_the_domain_sign() -> None:
    assert keys_for([RSA, replace(RSA, domain="else.example"), ED25519], "courier.example") == (RSA, ED25519)


def test_the_record_holds_the_public_key_in_texts_that_dns_can_keep() -> None:
    assert RSA.record_name == "r2026._domainkey.courier.example"
    assert re.fullmatch(r"v=DKIM1; k=rsa; p=MII[A-Za-z0-9+/]+=*", RSA.record)
    assert "".join(RSA.record_texts) == RSA.record
    assert [len(text) <= 255 for text in RSA.record_texts] == [True, True]
    assert len(base64.b64decode(ED25519.record.removeprefix("v=DKIM1; k=ed25519; p="))) == 32


def test_a_message_of_ours_verifies() -> None:
    verify_own(SIGNED, [*KEYS, replace(RSA, domain="else.example")])


def test_a_message_that_no_key_stands_for_needs_no_signature() -> None:
    verify_own(letter().fill(VALUES), [replace(RSA, domain="else.example")])
    verify_own(letter().fill(VALUES), [])


@pytest.mark.parametrize("wrong", [replace(RSA, private=make_rsa()), replace(RSA, selector="r2027")])
def test_a_signature_of_another_key_is_named(wrong: Key) -> None:
    with pytest.raises(UnsafeMessage, match=rf"{wrong.selector}\._domainkey\.courier\.example \(rsa-sha256\)"):
        verify_own(SIGNED, [wrong, ED25519])


def test_a_wrong_second_signature_is_named() -> None:
    wrong = replace(ED25519, private=Ed25519PrivateKey.generate())

    with pytest.raises(UnsafeMessage, match=r"e2026\._domainkey\.courier\.example \(ed25519-sha256\)"):
        verify_own(SIGNED, [RSA, wrong])


@pytest.mark.parametrize(
    "message",
    [
        letter().fill(VALUES),
        sealed(letter(), keys=[RSA]),
        SIGNED.replace(b"Good morning", b"Good evening"),
        SIGNED.replace(b"Subject: Tide", b"Subject: Ebbs"),
        SIGNED.replace(b"bh=", b"bh=AAAA"),
    ],
    ids=["unsigned", "half signed", "body", "subject", "body hash"],
)
def test_a_message_that_does_not_verify_is_refused(message: bytes) -> None:
    with pytest.raises(UnsafeMessage, match="does not verify"):
        verify_own(message, KEYS)
