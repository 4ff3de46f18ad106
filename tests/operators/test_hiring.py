"""Who may come in and what each may do; and the trail of it, which nobody can change."""

from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select, text
from sqlalchemy.exc import DatabaseError

from newsletter.core.clock import now
from newsletter.core.db import db, transaction
from newsletter.core.errors import Conflict, NotFound
from newsletter.mail.house import House
from newsletter.operators.models import AuditEvent, Operator
from newsletter.operators.policy import IDLE, LONGEST, Powers, Role, must_add_factor
from newsletter.operators.queries import PAGE, find_visit, operators, powers, trail
from newsletter.operators.service import (
    Browser,
    Post,
    add_operator,
    give_role,
    log_in,
    log_out_everywhere,
    note,
    remove_operator,
    see,
    seen_from,
    take_role,
)
from tests import make

HERE = Browser("192.0.2.1", "Firefox")


def is_in(key: str) -> bool:
    return find_visit(key, now()) is not None


def came_in(who: Operator, house: House) -> str:
    return log_in(who.address, make.PASSWORD, HERE, house).key


def test_each_role_may_what_those_before_it_may() -> None:
    ranks = [[higher.reaches(lower) for lower in Role] for higher in Role]

    assert ranks == [[column <= row for column in range(4)] for row in range(4)]


def test_a_role_of_the_house_holds_for_every_newsletter_and_the_higher_one_counts() -> None:
    held = Powers(Role.VIEWER, {7: Role.PUBLISHER})

    assert held.may(Role.VIEWER, 9)
    assert held.may(Role.PUBLISHER, 7)
    assert not held.may(Role.EDITOR, 9)
    assert not held.may(Role.EDITOR)
    assert held.visible() is None
    assert Powers(None, {7: Role.VIEWER}).visible() == frozenset({7})


def test_who_must_have_a_second_factor() -> None:
    editor, publisher = Powers(Role.EDITOR), Powers(None, {7: Role.PUBLISHER})

    assert [must_add_factor(editor, rule) for rule in ("optional", "publishers", "everybody")] == [
        False,
        False,
        True,
    ]
    assert [must_add_factor(publisher, rule) for rule in ("optional", "publishers", "everybody")] == [
        False,
        True,
        True,
    ]


def test_a_role_is_given_in_place_of_the_one_they_had_there(app: Flask, house: House) -> None:
    tide = make.newsletter("tide")
    who = make.operator(house, Role.VIEWER)
    give_role(who.id, Post(Role.EDITOR), None)
    give_role(who.id, Post(Role.PUBLISHER, "tide"), None)

    assert powers(who.id) == Powers(Role.EDITOR, {tide.id: Role.PUBLISHER})
    take_role(who.id, None, None)
    assert powers(who.id) == Powers(None, {tide.id: Role.PUBLISHER})


def test_any_change_of_a_role_ends_all_sessions(app: Flask, house: House) -> None:
    who = make.operator(house, Role.VIEWER)
    key = came_in(who, house)
    give_role(who.id, Post(Role.EDITOR), None)
    assert not is_in(key)

    key = came_in(who, house)
    take_role(who.id, None, None)
    assert not is_in(key)


def test_whoever_is_removed_is_out_at_once_and_may_be_let_in_again(app: Flask, house: House) -> None:
    make.operator(house)
    who = make.operator(house, Role.EDITOR, address="gus@desk.example")
    key = came_in(who, house)

    remove_operator(who.id, None)

    assert not is_in(key)
    assert "gus@desk.example" not in [each.address for each in operators()]
    back, _ = add_operator(("Gus@Desk.example", "Gus"), Post(Role.VIEWER), None, house)
    assert (back.id, back.password_hash, powers(back.id)) == (who.id, "", Powers(Role.VIEWER))


def test_the_same_address_is_one_operator_however_it_is_written(app: Flask, house: House) -> None:
    make.operator(house, address="gus@desk.example")

    with pytest.raises(Conflict):
        add_operator((" GUS@DESK.EXAMPLE ", ""), Post(Role.OWNER), None, house)


def test_the_house_is_never_left_without_an_owner(app: Flask, house: House) -> None:
    only = make.operator(house, Role.OWNER)
    make.operator(house, Role.PUBLISHER)
    with pytest.raises(Conflict, match="last owner"):
        give_role(only.id, Post(Role.VIEWER), None)
    with pytest.raises(Conflict, match="last owner"):
        take_role(only.id, None, None)
    with pytest.raises(Conflict, match="last owner"):
        remove_operator(only.id, None)

    make.operator(house, Role.OWNER)
    remove_operator(only.id, None)


def test_a_role_for_a_newsletter_that_is_not_there_is_none(app: Flask, house: House) -> None:
    with pytest.raises(NotFound):
        add_operator(("gus@desk.example", ""), Post(Role.EDITOR, "nowhere"), None, house)

    assert operators() == []


def test_a_session_ends_when_nothing_is_asked_for_two_hours(
    app: Flask, house: House, clock: time_machine.Traveller
) -> None:
    key = came_in(make.operator(house), house)
    clock.shift(IDLE - timedelta(seconds=1))
    assert is_in(key)
    clock.shift(timedelta(seconds=2))

    assert not is_in(key)


def test_a_session_that_is_used_all_the_time_ends_after_twelve_hours(
    app: Flask, house: House, clock: time_machine.Traveller
) -> None:
    key = came_in(make.operator(house), house)
    for _ in range(11):
        clock.shift(timedelta(hours=1))
        visit = find_visit(key, now())
        assert visit
        see(visit.session)
    clock.shift(LONGEST - timedelta(hours=11) + timedelta(seconds=1))

    assert not is_in(key)


def test_all_sessions_of_one_are_ended_and_nobody_elses(app: Flask, house: House) -> None:
    one, other = make.operator(house), make.operator(house)
    keys, kept = [came_in(one, house) for _ in range(2)], came_in(other, house)

    log_out_everywhere(one.id, other.id)

    assert [is_in(key) for key in keys] == [False, False]
    assert is_in(kept)


def test_what_is_done_is_noted_with_who_and_from_where(app: Flask, house: House) -> None:
    who = make.operator(house)
    with seen_from("192.0.2.77"), transaction():
        note(who.id, "approved", "edition 7")
    with transaction():
        note(None, "approved", "edition 8")
    by_command, by_them = trail().events[:2]

    assert (by_them.who, by_them.what, by_them.about, by_them.ip) == (
        who.address, "approved", "edition 7", "192.0.2.0/24",
    )  # fmt: skip
    assert (by_command.who, by_command.operator_id, by_command.ip) == ("command", None, "")


def test_what_was_not_done_is_not_noted(app: Flask, house: House) -> None:
    who = make.operator(house)
    before = len(trail().events)
    with pytest.raises(Conflict):
        _note_and_fail(who.id)

    assert len(trail().events) == before


def _note_and_fail(operator_id: int) -> None:
    with transaction():
        note(operator_id, "removed", "the last owner")
        remove_operator(operator_id, operator_id)


@pytest.mark.parametrize(
    "statement",
    ["UPDATE audit_events SET who = 'nobody'", "DELETE FROM audit_events", "UPDATE audit_events SET ip = ''"],
)
def test_the_database_refuses_to_change_the_trail(app: Flask, house: House, statement: str) -> None:
    make.operator(house)

    with pytest.raises(DatabaseError, match="append-only"), transaction():
        db.session.execute(text(statement))
    assert db.session.scalars(select(AuditEvent)).all()


def test_the_trail_is_read_page_by_page_both_ways(app: Flask, house: House) -> None:
    with transaction():
        for each in range(PAGE * 2 + 5):
            note(None, "counted", str(each))
    first = trail()
    second = trail(older_than=first.older_than)
    third = trail(older_than=second.older_than)
    back = trail(newer_than=third.newer_than)

    assert [len(page.events) for page in (first, second, third)] == [PAGE, PAGE, 5]
    assert (first.newer_than, third.older_than) == (None, None)
    assert [each.id for each in back.events] == [each.id for each in second.events]
