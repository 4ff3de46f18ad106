"""What an editor changes in an edition before it leaves: order, sections, what is in it, and the words."""

from collections.abc import Callable

import pytest

from newsletter.articles.models import Article
from newsletter.core.db import db, transaction
from newsletter.core.errors import Conflict, EditionUnfit, InvalidInput, NotFound
from newsletter.editions import service as editions
from newsletter.editions.models import Edition
from newsletter.editions.policy import EditionStatus, Layout, moved
from newsletter.editions.queries import articles_of, edition, layout_of
from newsletter.editions.service import Step, Window
from newsletter.mail.house import House
from newsletter.mail.message import Envelope
from newsletter.newsletters.queries import newsletter
from tests import make


@pytest.fixture
def four(house: House) -> tuple[Edition, list[Article]]:
    """An edition with two articles at its head and two under Sport."""
    of, source = make.newsletter(), make.source()
    articles = [make.article(source, f"Story {number}") for number in range(4)]
    layout = Layout(sections={each.id: "Sport" for each in articles[2:]})
    window = Window(articles[0].available_at, articles[0].available_at)
    return editions.draft(of.id, window, articles, layout), articles


def order(of: Edition) -> list[str]:
    return [each.title[-1] for each in articles_of(of.id)]


@pytest.mark.parametrize(
    ("which", "step", "after"),
    [
        (1, Step.UP, "1023"),
        (0, Step.UP, "0123"),
        (0, Step.DOWN, "1023"),
        (1, Step.DOWN, "0123"),
        (2, Step.UP, "0123"),
        (2, Step.DOWN, "0132"),
        (3, Step.TOP, "0132"),
        (1, Step.TOP, "1023"),
    ],
)
def test_an_article_moves_within_its_section(
    four: tuple[Edition, list[Article]], which: int, step: Step, after: str
) -> None:
    of, articles = four

    editions.move(of.id, articles[which].id, step)

    assert order(of) == list(after)
    assert set(layout_of(of).sections) == {each.id for each in articles[2:]}


def test_a_torn_section_moves_as_one() -> None:
    assert moved([1, 2, 3, 4], {1: "A", 3: "A"}, 3, "up") == [3, 2, 1, 4]
    assert moved([1, 2, 3, 4], {1: "A", 3: "A"}, 4, "top") == [1, 4, 3, 2]


def test_a_subject_by_hand_stays_and_an_automatic_one_follows(four: tuple[Edition, list[Article]]) -> None:
    of, articles = four
    editions.move(of.id, articles[1].id, Step.TOP)
    assert edition(of.id).subject == "Story 1, and 3 more"

    editions.call(of.id, "The ferry is back")
    editions.move(of.id, articles[0].id, Step.TOP)

    assert edition(of.id).subject == "The ferry is back"
    assert edition(of.id).preheader == "Story 1 · Story 2 · Story 3"


def test_what_was_dropped_can_be_taken_in_again(four: tuple[Edition, list[Article]]) -> None:
    of, articles = four

    editions.drop(of.id, articles[1].id)
    assert order(of) == ["0", "2", "3"]
    editions.take_in(of.id, articles[1].id)

    assert order(of) == ["0", "2", "3", "1"]
    assert edition(of.id).subject == "Story 0, and 3 more"
    with pytest.raises(Conflict, match="already"):
        editions.take_in(of.id, articles[1].id)
    with pytest.raises(NotFound):
        editions.take_in(of.id, 999)


def test_the_last_article_cannot_be_dropped(four: tuple[Edition, list[Article]]) -> None:
    of, articles = four
    editions.arrange(of.id, [articles[0].id])

    with pytest.raises(Conflict, match="last article"):
        editions.drop(of.id, articles[0].id)
    with pytest.raises(InvalidInput, match="not any more"):
        editions.drop(of.id, articles[1].id)
    with pytest.raises(InvalidInput, match="not any more"):
        editions.move(of.id, articles[1].id, Step.UP)


def test_readers_are_sent_no_article_twice(four: tuple[Edition, list[Article]], house: House) -> None:
    of, articles = four
    another = editions.draft(
        of.newsletter_id, Window(of.window_end, of.window_end.replace(year=2027)), [make.article(make.source())]
    )

    with pytest.raises(Conflict, match=r"No\. 1 of The Courier carried it"):
        editions.take_in(another.id, articles[0].id)

    editions.cancel(of.id)
    editions.take_in(another.id, articles[0].id)
    assert len(articles_of(another.id)) == 2


def test_an_order_made_on_an_old_page_is_refused(four: tuple[Edition, list[Article]]) -> None:
    of, articles = four
    ids = [each.id for each in articles]
    editions.reorder(of.id, ids[::-1])
    assert order(of) == ["3", "2", "1", "0"]
    editions.drop(of.id, ids[0])

    with pytest.raises(Conflict, match="Somebody else"):
        editions.reorder(of.id, ids)
    with pytest.raises(Conflict, match="Somebody else"):
        editions.reorder(of.id, ids[1:3])
    with pytest.raises(InvalidInput, match="once"):
        editions.reorder(of.id, [*ids[1:], ids[1]])
    assert order(of) == ["3", "2", "1"]


def test_notes_stand_before_the_whole_or_a_section(four: tuple[Edition, list[Article]], house: House) -> None:
    of, _ = four
    editions.annotate(of.id, "Good *morning*.  ")
    editions.annotate(of.id, "A fine race.", "Sport")

    assert edition(of.id).notes == {"": "Good *morning*.", "Sport": "A fine race."}
    html = editions.preview(of.id, house).html
    assert "<em>morning</em>" in html
    assert "A fine race." in html
    editions.annotate(of.id, " ")
    assert edition(of.id).notes == {"Sport": "A fine race."}
    with pytest.raises(InvalidInput, match="no section 'Weather'"):
        editions.annotate(of.id, "Rain.", "Weather")
    with pytest.raises(InvalidInput, match="at most 5000"):
        editions.annotate(of.id, "x" * 5001)


def test_nothing_of_it_changes_once_it_is_on_its_way(four: tuple[Edition, list[Article]], house: House) -> None:
    of, articles = four
    with transaction():
        db.session.get_one(Edition, of.id).status = EditionStatus.SENDING

    changes: list[Callable[[], object]] = [
        lambda: editions.move(of.id, articles[1].id, Step.UP),
        lambda: editions.drop(of.id, articles[1].id),
        lambda: editions.take_in(of.id, articles[1].id),
        lambda: editions.reorder(of.id, [each.id for each in articles]),
        lambda: editions.annotate(of.id, "Late"),
    ]
    for change in changes:
        with pytest.raises(Conflict, match="only what has not left"):
            change()
    assert order(of) == ["0", "1", "2", "3"]


def test_a_preview_has_nobodys_own_links(four: tuple[Edition, list[Article]], house: House) -> None:
    content = editions.preview(four[0].id, house)

    assert "unsubscribe_url" not in content.html + content.text
    assert "https://letters.example.org/courier" in content.html


def test_it_leaves_by_the_next_worker_that_looks(
    four: tuple[Edition, list[Article]], house: House, outbox: list[Envelope]
) -> None:
    of, _ = four
    make.subscription(newsletter("courier"), house)

    editions.let_leave(of.id, house)
    assert edition(of.id).mailing_id is None
    editions.send_due(house)
    make.send_all(house)

    assert len(outbox) == 1
    with pytest.raises(Conflict, match="it cannot be sent"):
        editions.let_leave(of.id, house)
    with pytest.raises(Conflict, match="it cannot be recalled; cancel the rest of it"):
        editions.recall(of.id)
    assert edition(of.id).status == EditionStatus.SENDING


def test_what_is_held_or_unfit_does_not_leave(four: tuple[Edition, list[Article]], house: House) -> None:
    of, _ = four
    editions.hold(of.id, "the lead is wrong")
    with pytest.raises(Conflict, match="approve it first"):
        editions.let_leave(of.id, house)
    editions.approve(of.id, house)
    editions.call(of.id, "Dear {{ name }}")
    with pytest.raises(EditionUnfit, match="which nothing replaces"):
        editions.let_leave(of.id, house)

    assert editions.recall(of.id).status == EditionStatus.CANCELLED
    with pytest.raises(Conflict, match="cannot be recalled"):
        editions.recall(of.id)
