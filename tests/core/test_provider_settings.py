"""The settings of an OpenID provider: whole or not at all, and encrypted but on this machine."""

import pytest

from newsletter.core.errors import SettingsError
from newsletter.core.settings import from_mapping

GOOD = {
    "NEWSLETTER_SECRET_KEYS": "a-key-for-tests-only-0123456789abcdef",
    "NEWSLETTER_PEPPER": "a-pepper-for-tests-only-0123456789ab",
    "NEWSLETTER_BACKENDS": "memory:",
}
PROVIDER = {
    "NEWSLETTER_OIDC_ISSUER": "https://login.example.org/realms/paper/",
    "NEWSLETTER_OIDC_CLIENT_ID": "newsletter",
    "NEWSLETTER_OIDC_CLIENT_SECRET": "s3cret",
}


def test_an_issuer_is_kept_letter_by_letter() -> None:
    settings = from_mapping({**GOOD, **PROVIDER})

    assert settings.oidc_issuer == "https://login.example.org/realms/paper/"
    assert "s3cret" not in repr(settings)


@pytest.mark.parametrize(
    "issuer", ["http://127.0.0.1:9000", "http://localhost:9000/x", "https://login.example.org:8443"]
)
def test_an_issuer_may_be_on_this_machine_or_have_a_port(issuer: str) -> None:
    assert from_mapping({**GOOD, **PROVIDER, "NEWSLETTER_OIDC_ISSUER": issuer}).oidc_issuer == issuer


@pytest.mark.parametrize(
    "issuer",
    [
        "http://login.example.org", "login.example.org", "https://", "https://login.example.org?x=1",
        "https://login.example.org/#x", "https://ann:s3cret@login.example.org", "https://login.example.org:99999",
        "https://.example.org", "ftp://login.example.org", "https://login.example.org/a b", "https://bücher.example",
    ],
)  # fmt: skip
def test_what_is_no_address_of_a_provider_stops_the_start(issuer: str) -> None:
    with pytest.raises(SettingsError, match="NEWSLETTER_OIDC_ISSUER") as refused:
        from_mapping({**GOOD, **PROVIDER, "NEWSLETTER_OIDC_ISSUER": issuer})

    assert "s3cret" not in str(refused.value)


@pytest.mark.parametrize("missing", list(PROVIDER))
def test_half_a_provider_stops_the_start(missing: str) -> None:
    with pytest.raises(SettingsError, match="expected all three or none") as refused:
        from_mapping({**GOOD, **{name: value for name, value in PROVIDER.items() if name != missing}})

    assert refused.value.name == missing
    assert "s3cret" not in str(refused.value)


def test_a_name_alone_is_no_provider() -> None:
    with pytest.raises(SettingsError, match="NEWSLETTER_OIDC_ISSUER"):
        from_mapping({**GOOD, "NEWSLETTER_OIDC_NAME": "The Courier"})
