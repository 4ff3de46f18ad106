"""Founding newsletters."""

import pytest
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st

from newsletter.core.errors import Conflict, InvalidAddress, InvalidInput
from newsletter.newsletters.policy import RESERVED, slug_from, slug_problem
from tests import make


def test_a_newsletter_can_be_joined_at_once(client: FlaskClient) -> None:
    make.newsletter("morning", name="The Morning Tide")

    assert "The Morning Tide" in client.get("/").text
    assert client.get("/morning").status_code == 200


def test_a_slug_is_used_once(client: FlaskClient) -> None:
    make.newsletter("morning")

    with pytest.raises(Conflict, match="another slug"):
        make.newsletter("morning")


def test_no_slug_hides_a_page_of_the_service(client: FlaskClient) -> None:
    first_parts = {rule.rule.strip("/").split("/")[0] for rule in client.application.url_map.iter_rules()}
    fixed = {part for part in first_parts if part and not part.startswith("<")}

    assert fixed <= RESERVED
    for slug in RESERVED:
        assert slug_problem(slug)


@pytest.mark.parametrize("slug", ["", "A", "a b", "a_b", "-a", "a-", "ä", "a" * 61, "../x", "a/b", "a.b"])
def test_a_slug_is_small_letters_digits_and_hyphens(slug: str) -> None:
    assert slug_problem(slug)


@given(st.text(max_size=200))
def test_a_slug_made_from_a_name_is_a_slug_or_empty(name: str) -> None:
    slug = slug_from(name)

    assert not slug or slug in RESERVED or slug_problem(slug) is None


@pytest.mark.parametrize(
    ("facts", "error", "field"),
    [
        ({"name": " "}, InvalidInput, "name"),
        ({"name": "x" * 101}, InvalidInput, "name"),
        ({"postal_address": "\n "}, InvalidInput, "postal_address"),
        ({"timezone": "Mars/Olympus"}, InvalidInput, "timezone"),
        ({"sender_address": "post at courier"}, InvalidAddress, "email"),
    ],
)
def test_a_wrong_masthead_names_its_field(
    client: FlaskClient, facts: dict[str, str], error: type[InvalidInput], field: str
) -> None:
    with pytest.raises(error) as refused:
        make.newsletter("morning", **facts)

    assert refused.value.field == field


def test_the_list_id_does_not_change_with_the_name(client: FlaskClient) -> None:
    founded = make.newsletter("morning", sender_address="post@straße.example")

    assert (founded.list_label, founded.list_domain) == ("morning", "xn--strae-oqa.example")


def test_what_a_name_holds_is_shown_as_text(client: FlaskClient) -> None:
    make.newsletter("morning", name="<script>alert(1)</script>", description='"><img src=x onerror=alert(1)>')

    for path in ("/", "/morning", "/morning/check-your-inbox"):
        page = client.get(path).text
        assert "<script" not in page
        assert "<img" not in page
