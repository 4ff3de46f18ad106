"""What an edition is called."""

from hypothesis import given
from hypothesis import strategies as st

from newsletter.editions.policy import LONGEST_SUBJECT, preheader, shortened, subject


def test_the_subject_is_the_first_headline_and_how_many_more() -> None:
    assert subject(["Ferry runs again"]) == "Ferry runs again"
    assert subject(["Ferry runs again", "Fish"]) == "Ferry runs again, and 1 more"
    assert subject(["Does the ferry run?", "Fish", "Rain"]) == "Does the ferry run? and 2 more"


def test_a_long_headline_is_cut_between_words() -> None:
    cut = subject(["word " * 40, "another"])

    assert cut == f"{'word ' * 16}word… and 1 more"
    assert len(cut) <= LONGEST_SUBJECT


def test_the_preheader_goes_on_where_the_subject_ends() -> None:
    assert preheader(["One", "Two", "Three", "Four", "Five"]) == "Two · Three · Four"
    assert preheader(["One"]) == ""


@given(st.text(min_size=1, max_size=400), st.integers(2, 200))
def test_nothing_is_longer_than_it_may_be(text: str, longest: int) -> None:
    assert len(shortened(text, longest)) <= longest


@given(st.lists(st.text(min_size=1, max_size=300), min_size=1, max_size=120))
def test_no_subject_is_longer_than_it_may_be(titles: list[str]) -> None:
    assert len(subject(titles)) <= LONGEST_SUBJECT
