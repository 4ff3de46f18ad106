"""Sources are paused, resumed and removed in the console and by command, and lists say so."""

import json

import pytest
from flask.testing import FlaskClient

from newsletter.articles.models import Source
from newsletter.articles.queries import source
from newsletter.articles.service import mark_failing, pause_source, remove_source
from newsletter.core.db import db
from newsletter.digests.policy import Section, Selection
from newsletter.digests.service import rule_by
from newsletter.mail.house import House
from newsletter.operators.policy import Role
from tests import make
from tests.subscriptions.commands import ends_of, ran

PAGE = "/console/sources"


@pytest.fixture
def harbour(house: House) -> Source:
    """A source that a digest takes from and its rule names."""
    of = make.source()
    make.digest(make.newsletter(), [of, make.source(title="Council")])
    rule_by("morning", Selection(sections=(Section("Port", sources=(of.id,)),)))
    make.articles(of, 3)
    return of


def now_is(of: Source) -> Source:
    db.session.expire_all()
    return source(of.id)


def test_a_source_is_paused_and_resumed(operator: FlaskClient, harbour: Source) -> None:
    mark_failing(harbour.id, "gone")
    answer = make.press(operator, f"{PAGE}/{harbour.id}/pause")

    page = operator.get(answer.location).text
    assert now_is(harbour).paused_at
    assert "paused since" in page
    assert "none before it is resumed" in page
    assert "Read it now" not in page
    assert "paused since" in operator.get(PAGE).text
    assert "paused since" in operator.get("/console/digests/+add").text
    assert "is paused; nothing new comes from it" in operator.get("/console/digests/morning").text

    make.press(operator, f"{PAGE}/{harbour.id}/resume")
    assert now_is(harbour).is_read
    assert "paused" not in operator.get(PAGE).text


def test_before_a_source_is_removed_it_is_told_what_hangs_on_it(operator: FlaskClient, harbour: Source) -> None:
    page = operator.get(f"{PAGE}/{harbour.id}/remove").text

    assert "3, which stay" in page
    assert "/console/digests/morning" in page
    assert "morning: Port" in page
    assert now_is(harbour).is_read


def test_a_removed_source_leaves_the_list_and_can_be_brought_back(operator: FlaskClient, harbour: Source) -> None:
    answer = make.press(operator, f"{PAGE}/{harbour.id}/remove")

    assert answer.location == PAGE
    assert now_is(harbour).removed_at
    assert "Removed: 1" in operator.get(PAGE).text
    assert "The Harbour Desk" not in operator.get("/console/digests/+add").text
    page = operator.get(f"{PAGE}/{harbour.id}").text
    assert "its articles stay" in page
    assert f'name="url" value="{harbour.url}"' in page
    assert "Headline number" in operator.get(f"/console/articles?source={harbour.id}").text
    assert "the rule names it in “Port”" in operator.get("/console/digests/morning").text
    assert make.press(operator, f"{PAGE}/{harbour.id}/remove").status_code == 303
    assert make.press(operator, f"{PAGE}/{harbour.id}/pause").status_code == 409

    make.press(operator, PAGE, url=harbour.url)
    assert now_is(harbour).removed_at is None


def test_each_of_it_is_noted_with_a_name(operator: FlaskClient, harbour: Source) -> None:
    for act in ("pause", "resume", "remove"):
        make.press(operator, f"{PAGE}/{harbour.id}/{act}")

    trail = operator.get("/console/audit").text
    assert [each in trail for each in ("paused", "resumed", "removed")] == [True] * 3


@pytest.mark.parametrize("act", ["pause", "resume", "remove"])
def test_what_is_not_there_and_what_is_not_allowed(
    client: FlaskClient, house: House, harbour: Source, act: str
) -> None:
    editor = make.log_in(client, make.operator(house, Role.EDITOR), house)
    assert make.press(editor, f"{PAGE}/999/{act}").status_code == 404
    assert make.press(editor, f"{PAGE}/x/{act}").status_code == 404

    of_one = make.log_in(client, make.operator(house, Role.OWNER, "courier"), house)
    assert make.press(of_one, f"{PAGE}/{harbour.id}/{act}").status_code == 403
    assert now_is(harbour).is_read
    assert "Pause" not in of_one.get(f"{PAGE}/{harbour.id}").text


def test_the_list_of_a_rule_that_lost_its_source_says_so_where_it_is_kept(
    operator: FlaskClient, harbour: Source
) -> None:
    remove_source(harbour.id)

    rule = f'[[section]]\ntitle = "Port"\nsources = [{harbour.id}]\n'
    answer = make.press(operator, "/console/digests/morning/rule", rule=rule)

    assert answer.status_code == 422
    assert "which was removed; take it out of the rule" in answer.text


@pytest.mark.loopback
def test_the_commands_do_the_same(house: House, harbour: Source) -> None:
    number = str(harbour.id)
    acts = [["source", act, number] for act in ("pause", "resume", "pause")]
    assert ends_of(house.settings, [*acts, ["source", "pause", "99"]]) == ["", "", "", "NotFound"]
    assert "paused" in ran(house.settings, "source", "list")
    told = json.loads(ran(house.settings, "source", "remove", number, "--yes", "--json"))

    assert (told["articles"], told["digests"], told["sections"]) == (3, ["morning"], ["morning: Port"])
    assert now_is(harbour).removed_at
    explained = ran(house.settings, "digest", "explain", "morning")
    assert f"Warning: Source {number} (The Harbour Desk) was removed" in explained


def test_nothing_is_wrong_with_a_source_that_rests(operator: FlaskClient, harbour: Source) -> None:
    mark_failing(harbour.id, "gone")
    pause_source(harbour.id)

    assert "gone" in operator.get(PAGE).text
    assert "Wrong now" not in operator.get("/console").text
