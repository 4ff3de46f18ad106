"""The same story from two feeds: found quickly, and exactly as by comparing each with each."""

from collections.abc import Sequence

from hypothesis import example, given
from hypothesis import strategies as st
from rapidfuzz.fuzz import token_sort_ratio
from rapidfuzz.utils import default_process

from newsletter.digests.policy import Known, Selection, choose
from newsletter.digests.policy.alike import FEWEST_WORDS, LONGEST_COMPARED, TITLE_WEIGHT, Story, Told
from tests.digests.pieces import SLOT, Piece

HEADLINE = "Council votes to keep the ferry to the outer islands"

WORDS = ("ferry", "quay", "council", "votes", "keeps", "the", "Outer", "islands", "storm", "Ärger", "-", "7:30")
texts = st.lists(st.sampled_from(WORDS), max_size=9).map(" ".join)


@st.composite
def stories(draw: st.DrawFn) -> list[Piece]:
    """Few words, sources and addresses, so that much is alike; numbered from 1."""
    address = st.sampled_from(("", "", "https://a.example/1", "https://a.example/2"))
    facts = draw(st.lists(st.tuples(texts, texts, st.integers(1, 3), address), max_size=14))
    return [Piece(number, *fact) for number, fact in enumerate(facts, 1)]


def slow_likeness(one: Story, other: Story) -> int:
    titles, summaries = (
        [default_process(text) for text in pair]
        for pair in ((one.title, other.title), [each.summary[:LONGEST_COMPARED] for each in (one, other)])
    )
    if min(len(title.split()) for title in titles) < FEWEST_WORDS:
        return 0
    of_titles = token_sort_ratio(*titles)
    if not all(summary.split() for summary in summaries):
        return int(of_titles)
    return int(TITLE_WEIGHT * of_titles + (1 - TITLE_WEIGHT) * token_sort_ratio(*summaries))


def slow_find(of: Story, told: Sequence[Story], least: int) -> tuple[Story, int | None] | None:
    """Each with each, nothing left out."""
    others = [each for each in told if each.source_id != of.source_id]
    for each in others:
        if of.canonical and each.canonical == of.canonical:
            return each, None
    best = max(others, key=lambda each: slow_likeness(of, each), default=None)
    if best is None or not least or slow_likeness(of, best) < least:
        return None
    return best, slow_likeness(of, best)


@given(told=stories(), asked=stories(), least=st.sampled_from((0, 1, 40, 60, 85, 99, 100)))
@example(
    told=[Piece(1, HEADLINE, "One two three four five", 1)],
    asked=[Piece(1, HEADLINE.replace("ferry", "boats"), "One two three four five", 2)],
    least=85,
)
def test_what_is_alike_is_found_as_by_comparing_each_with_each(
    told: list[Piece], asked: list[Piece], least: int
) -> None:
    quick = Told(told, least)

    for each in asked:
        found = quick.find(each)
        assert (found and (found.story, found.per_cent)) == slow_find(each, told, least)


@given(articles=stories(), told=stories(), least=st.sampled_from((0, 60, 85)))
def test_a_digest_leaves_out_what_the_slow_way_leaves_out_and_names_the_same_pair(
    articles: list[Piece], told: list[Piece], least: int
) -> None:
    choice = choose(articles, Known(told=told), Selection(alike=least), SLOT)

    going: list[Story] = list(told)
    for piece, decision in zip(articles, choice.decisions, strict=True):
        found = slow_find(piece, going, least)
        assert decision.is_in == (found is None)
        if found is None:
            going.append(piece)
        else:
            assert found[0].title[:100] in decision.reason


def test_the_same_words_at_two_addresses_are_not_said_to_have_one() -> None:
    here, there = (Piece(number, HEADLINE, source_id=number) for number in (1, 2))

    [_, second] = choose([here, there], Known(), Selection(), SLOT).decisions

    assert second.reason == f"the same story as “{HEADLINE}”: it is 100 % alike"


def test_headlines_of_signs_alone_are_no_story_that_two_share() -> None:
    signs = [Piece(number, "? - ! … *", source_id=number) for number in (1, 2)]

    assert choose(signs, Known(), Selection(), SLOT).article_ids == [1, 2]
