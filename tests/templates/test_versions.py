"""What operators write: tried before it is kept, kept for good."""

import pytest

from newsletter.core.errors import Conflict, InvalidInput, NotFound, TemplateRefused
from newsletter.newsletters.queries import newsletter
from newsletter.templates.policy import difference
from newsletter.templates.queries import current, versions
from newsletter.templates.service import restore_template, save_template
from tests import make

HEADER = "<h1>{{ newsletter.name }}</h1>"


@pytest.fixture(autouse=True)
def _courier(app: object) -> None:
    make.newsletter()


def _current(part: str) -> str:
    return current(newsletter("courier").id)[part].source


def test_each_save_is_a_version_and_the_newest_counts() -> None:
    save_template("courier", "header.html", HEADER, "ada@example.org")
    saved = save_template("courier", "header.html", HEADER + "<p>Daily</p>", "bob@example.org")

    assert (saved.number, saved.saved_by) == (2, "bob@example.org")
    assert _current("header.html") == HEADER + "<p>Daily</p>"


def test_going_back_makes_a_new_version_and_loses_none() -> None:
    save_template("courier", "header.html", HEADER, "ada")
    save_template("courier", "header.html", "<p>Oh</p>", "ada")
    restore_template("courier", "header.html", 1, "bob")

    found = versions(newsletter("courier").id, "header.html")
    assert [(each.number, each.source) for each in found] == [(3, HEADER), (2, "<p>Oh</p>"), (1, HEADER)]


def test_an_empty_text_gives_the_part_back_to_the_theme() -> None:
    save_template("courier", "subject", "No. {{ edition.number }}", "ada")
    save_template("courier", "subject", "  \r\n", "ada")

    assert not _current("subject")


def test_to_save_what_it_says_already_is_refused() -> None:
    save_template("courier", "subject", "No. {{ edition.number }}", "ada")

    with pytest.raises(Conflict, match="says that already"):
        save_template("courier", "subject", "No. {{ edition.number }}\r\n", "ada")


def test_what_breaks_with_any_sample_is_not_kept() -> None:
    with pytest.raises(TemplateRefused, match=r"body.html, line 2: .*tried with no article"):
        save_template("courier", "body.html", "<p>First:\n{{ articles[0].title }}</p>", "ada")

    assert not current(newsletter("courier").id)


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("{{ articles[0].author if articles and not subscriber.name else '' }}", "it says nothing"),
        ("x" * 201, "it has 201 characters"),
    ],
)
def test_a_subject_says_something_and_is_short(source: str, said: str) -> None:
    with pytest.raises(TemplateRefused, match=said):
        save_template("courier", "subject", source, "ada")


def test_a_part_and_a_newsletter_must_exist() -> None:
    with pytest.raises(InvalidInput, match=r"There is no part 'style'; there are subject, header.html"):
        save_template("courier", "style", "x", "ada")
    with pytest.raises(NotFound):
        save_template("herald", "subject", "x", "ada")
    with pytest.raises(NotFound, match="There is no version of subject '7'"):
        restore_template("courier", "subject", 7, "ada")


def test_characters_that_nobody_sees_are_refused() -> None:
    with pytest.raises(TemplateRefused, match="line 2: it has a character that nobody sees"):
        save_template("courier", "footer.html", "<p>\n\ue000unsubscribe_url\ue001</p>", "ada")


def test_the_difference_shows_lines_taken_out_and_put_in() -> None:
    assert difference("a\nb\nc", "a\nB\nc").splitlines()[-4:] == [" a", "-b", "+B", " c"]
    assert not difference("a", "a")
