"""The rule as an editor writes it."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.core.errors import InvalidInput
from newsletter.digests.policy import Once, Order, Rest, Section, Selection
from newsletter.digests.policy.rules import LONGEST_DOCUMENT, document, parsed, restored, stored

WORDS = st.lists(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20), max_size=3).map(tuple)
TITLES = st.text(st.characters(categories=("L", "N", "P")), min_size=1, max_size=30)
SECTIONS = st.builds(
    Section,
    title=TITLES,
    topics=WORDS,
    sources=st.lists(st.integers(1, 2**31), min_size=1, max_size=3).map(tuple),
    authors=WORDS,
    most=st.integers(0, 100),
)
RULES = st.builds(
    Selection,
    least=st.just(1),
    most=st.integers(1, 100),
    order=st.sampled_from(Order),
    max_age_hours=st.integers(0, 24 * 366),
    include=WORDS,
    exclude=WORDS,
    alike=st.integers(0, 100),
    once=st.sampled_from(Once),
    rest=st.sampled_from(Rest),
    sections=st.lists(SECTIONS, max_size=3, unique_by=lambda each: each.title.casefold()).map(tuple),
)


def test_a_rule_is_read_as_it_is_written() -> None:
    rule = parsed(
        """
        least = 3
        most = 12
        exclude = ["sponsored"]
        once = "house"
        rest = "last"
        [[section]]
        title = "Sport"
        topics = ["sport", "regatta"]
        most = 5
        """
    )

    assert rule == Selection(
        least=3,
        most=12,
        exclude=("sponsored",),
        once=Once.HOUSE,
        rest=Rest.LAST,
        sections=(Section("Sport", topics=("sport", "regatta"), most=5),),
    )


def test_an_empty_document_is_the_rule_of_a_new_digest() -> None:
    assert parsed("") == Selection()


@given(RULES)
def test_any_rule_comes_back_from_the_document_and_from_the_database(rule: Selection) -> None:
    assert parsed(document(rule)) == rule
    assert restored(json.loads(json.dumps(stored(rule)))) == rule


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("most = ", "is no TOML"),
        ("[[[", "is no TOML"),
        ("# " + "x" * LONGEST_DOCUMENT, "are enough for any"),
        ("loudest = 1", "There is no 'loudest' in a rule; expected alike, exclude"),
        ("sections = []", "There is no 'sections'"),
        ("most = 0", "least <= most"),
        ("most = 101", "<= 100 articles"),
        ("least = 21", "least <= most"),
        ("most = true", "most is True; expected a whole number"),
        ("most = 3.5", "expected a whole number"),
        ("alike = 101", "from 0 to 100"),
        ("max_age_hours = -1", "from 0 to"),
        ('order = "random"', 'expected "newest" or "oldest"'),
        ("order = 1", 'expected "newest" or "oldest"'),
        ("order = []", 'expected "newest" or "oldest"'),
        ('include = "harbour"', "expected a list of words in quotes"),
        ("include = [1]", "expected a list of words in quotes"),
        ("section = 3", r"begin with \[\[section\]\]"),
        ("section = [3]", r"begin with \[\[section\]\]"),
        ('[[section]]\ntopics = ["a"]', "needs a title"),
        ('[[section]]\ntitle = "A"', "needs topics, sources or authors"),
        ('[[section]]\ntitle = "A"\nsources = ["1"]', "expected a list of source ids"),
        ('[[section]]\ntitle = "A"\ntopics = ["a"]\nmost = -1', "negative quota"),
        ('[[section]]\ntitle = "A"\ntopics = ["a"]\nleast = 1', "There is no 'least' in a rule"),
        ('[[section]]\ntitle = "A"\ntopics = ["a"]\n' * 2, "the same title"),
        ('[[section]]\ntitle = "A"\ntopics = ["a"]\n' * 21, "at most 20 parts"),
    ],
)
def test_a_rule_that_cannot_be_used_says_what_was_expected(text: str, says: str) -> None:
    with pytest.raises(InvalidInput, match=says):
        parsed(text)


@given(st.text(max_size=300))
def test_no_document_does_more_than_be_refused(text: str) -> None:
    try:
        rule = parsed(text)
    except InvalidInput as problem:
        assert str(problem)  # noqa: PT017 - either is right.
    else:
        assert 1 <= rule.least <= rule.most
