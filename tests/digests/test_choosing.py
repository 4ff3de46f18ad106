"""Which articles a digest takes, in which order, and why."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from newsletter.digests.policy import (
    Choice,
    Known,
    Mark,
    MarkKind,
    Order,
    Outcome,
    Rest,
    Section,
    Selection,
    choose,
)
from tests.digests.pieces import SLOT, Piece, pieces

FERRY = "Council votes to keep the ferry to the outer islands"
SUMMARY = "Seven votes to six: the boat that carries the post and the doctor will sail on until April."


def chosen(articles: list[Piece], known: Known | None = None, **rule: object) -> Choice:
    return choose(articles, known or Known(), Selection(**rule), SLOT)  # type: ignore[arg-type]


def reasons(choice: Choice) -> dict[int, str]:
    return {each.article_id: each.reason for each in choice.decisions}


def test_new_articles_are_taken_in_order_up_to_the_most() -> None:
    choice = chosen(pieces(5), most=3)

    assert choice.outcome is Outcome.EDITION
    assert choice.article_ids == [1, 2, 3]
    assert reasons(choice)[4] == "over the most of 3"


def test_the_oldest_come_first_where_the_rule_says_so() -> None:
    assert chosen(pieces(3), order=Order.OLDEST).article_ids == [3, 2, 1]


def test_what_an_edition_has_carried_is_left_out() -> None:
    choice = chosen(pieces(3), Known(carried={1: "No. 4 carried it", 3: "No. 5 carried it"}))

    assert choice.article_ids == [2]
    assert reasons(choice)[3] == "No. 5 carried it"


def test_nothing_new_is_no_edition_and_says_so() -> None:
    for articles, known in ((pieces(0), Known()), (pieces(2), Known(carried={1: "old", 2: "old"}))):
        choice = chosen(articles, known)
        assert (choice.outcome, choice.article_ids) == (Outcome.NOTHING_NEW, ())
        assert "nothing new" in choice.reason
    assert "2 old" in choice.reason


def test_too_few_wait_for_the_next_slot() -> None:
    choice = chosen(pieces(2), least=3, most=10)

    assert (choice.outcome, choice.article_ids) == (Outcome.TOO_FEW, ())
    assert "the least is 3" in choice.reason


def test_what_is_older_than_the_limit_is_left_out() -> None:
    choice = chosen([Piece(1, hours=48), Piece(2, hours=48.1)], max_age_hours=48)

    assert choice.article_ids == [1]
    assert reasons(choice)[2] == "older than 48 hours"


def test_words_are_whole_and_of_any_case_and_alphabet() -> None:
    articles = [Piece(1, "An ADVERT for ships"), Piece(2, "Adverts"), Piece(3, "Ågot åpner", topics=["Ærlig"])]

    assert reasons(chosen(articles, exclude=("advert",)))[1] == "has the word “advert”"
    assert chosen(articles, exclude=("advert",)).article_ids == [2, 3]
    assert chosen(articles, include=("ærlig", "ågot")).article_ids == [3]


def test_a_word_is_never_a_pattern() -> None:
    assert chosen([Piece(1, "Anything"), Piece(2, "C++ (.*) news")], include=("(.*)", "c++")).article_ids == [2]


def test_one_address_from_two_feeds_is_one_story() -> None:
    here, there = (Piece(number, canonical="https://x.example/a", source_id=number) for number in (1, 2))

    choice = chosen([here, there])

    assert choice.article_ids == [1]
    assert "the same address" in reasons(choice)[2]


def test_nearly_the_same_words_from_two_sources_are_one_story_and_the_pair_is_shown() -> None:
    other = Piece(2, "The council votes to keep the outer islands' ferry", SUMMARY, source_id=2)

    choice = chosen([Piece(1, FERRY, SUMMARY), other])

    assert choice.article_ids == [1]
    assert FERRY in reasons(choice)[2]
    assert "% alike" in reasons(choice)[2]
    assert chosen([Piece(1, FERRY, SUMMARY), other], alike=0).article_ids == [1, 2]


def test_one_source_may_repeat_itself_and_short_headlines_say_too_little() -> None:
    assert chosen([Piece(1, FERRY, SUMMARY), Piece(2, FERRY, SUMMARY)]).article_ids == [1, 2]
    assert chosen([Piece(1, "Weather"), Piece(2, "Weather", source_id=2)]).article_ids == [1, 2]


def test_a_story_that_an_earlier_edition_told_is_not_told_again_by_another_source() -> None:
    choice = chosen([Piece(2, FERRY, SUMMARY, source_id=2)], Known(told=[Piece(1, FERRY, SUMMARY)]))

    assert choice.outcome is Outcome.NOTHING_NEW


def test_sections_stand_in_their_order_with_their_quotas() -> None:
    sections = (
        Section("Sport", topics=("sport",), most=1),
        Section("Wires", sources=(7,)),
        Section("Ada", authors=("ada berg",)),
    )
    articles = [
        *(Piece(1, topics=["Sport"]), Piece(2), Piece(3, topics=["SPORT"]), Piece(4, source_id=7)),
        *(Piece(5, author="Ada Berg"), Piece(6, source_id=7, topics=["sport"])),
    ]

    choice = chosen(articles, sections=sections)

    assert choice.article_ids == [2, 1, 4, 5]
    assert choice.sections == {1: "Sport", 4: "Wires", 5: "Ada"}
    assert reasons(choice)[3] == "Sport has its 1"
    assert chosen(articles, sections=sections, rest=Rest.LAST).article_ids == [1, 4, 5, 2]
    assert reasons(chosen(articles, sections=sections, rest=Rest.NONE))[2] == "is in no section"


def test_an_editor_pins_drops_and_keeps_back() -> None:
    marks = {
        1: Mark(MarkKind.DROP),
        3: Mark(MarkKind.PIN),
        2: Mark(MarkKind.KEEP_BACK, SLOT + timedelta(minutes=1)),
        4: Mark(MarkKind.KEEP_BACK, SLOT),
    }
    articles = [*pieces(2), Piece(3, hours=500), *pieces(5)[3:]]

    choice = chosen(articles, Known(marks=marks), max_age_hours=24)

    assert choice.article_ids == [3, 4, 5]
    assert reasons(choice)[1] == "an editor dropped it"
    assert reasons(choice)[2] == "an editor keeps it back until 2026-11-23 06:31 UTC"
    assert reasons(choice)[3] == "an editor pinned it"


def test_what_was_kept_back_is_as_old_as_the_moment_from_which_it_may_go() -> None:
    kept, later, forgotten = (Mark(MarkKind.KEEP_BACK, SLOT + timedelta(hours=hours)) for hours in (-1, 1, -25))
    articles = [Piece(number, hours=500) for number in (1, 2, 3, 4)]

    choice = chosen(articles, Known(marks={1: kept, 2: later, 3: forgotten}), max_age_hours=24)

    assert choice.article_ids == [1]
    assert reasons(choice)[2].startswith("an editor keeps it back")
    assert reasons(choice)[3] == reasons(choice)[4] == "older than 24 hours"


def test_what_was_carried_goes_again_not_even_when_it_is_pinned() -> None:
    known = Known(carried={1: "No. 4 carried it"}, marks={1: Mark(MarkKind.PIN)})

    assert chosen(pieces(2), known).article_ids == [2]


@given(
    count=st.integers(0, 40),
    carried=st.sets(st.integers(1, 40)),
    dropped=st.sets(st.integers(1, 40)),
    pinned=st.sets(st.integers(1, 40)),
    least=st.integers(1, 20),
    more=st.integers(0, 20),
    quota=st.integers(0, 5),
)
def test_every_candidate_has_one_reason_and_the_bounds_hold(  # noqa: PLR0913, PLR0917 - what Hypothesis draws.
    count: int, carried: set[int], dropped: set[int], pinned: set[int], least: int, more: int, quota: int
) -> None:
    marks = {key: Mark(MarkKind.PIN) for key in pinned} | {key: Mark(MarkKind.DROP) for key in dropped}
    articles = [Piece(number, topics=["even"] * (number % 2 == 0)) for number in range(1, count + 1)]
    known = Known(carried=dict.fromkeys(carried, "carried"), marks=marks)
    sections = (Section("Even", topics=("even",), most=quota),)

    choice = chosen(articles, known, least=least, most=least + more, sections=sections)

    assert sorted(each.article_id for each in choice.decisions) == [piece.id for piece in articles]
    assert all(each.reason for each in choice.decisions)
    assert not set(choice.article_ids) & (carried | dropped)
    assert len(choice.article_ids) == 0 or least <= len(choice.article_ids) <= least + more
    assert len(set(choice.article_ids)) == len(choice.article_ids)
    even = [each for each in choice.article_ids if each % 2 == 0 and each not in pinned]
    assert not quota or len(even) <= quota
