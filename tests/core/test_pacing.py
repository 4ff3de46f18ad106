"""Watching costs little, however large the mailing is."""

import time
from threading import Event

from flask import Flask

from newsletter.core.clock import now
from newsletter.core.pacing import SHARE, Glance, Paced


def test_a_question_is_not_asked_again_before_ten_times_as_long_as_it_took(app: Flask) -> None:
    asked = []

    def slowly() -> int:
        time.sleep(0.06)
        asked.append(1)
        return len(asked)

    paced = Paced(slowly, seconds=0.0)
    for _ in range(100):
        paced.refresh()

    assert paced.answer == 1
    assert paced.due_in > 0.05 * (SHARE - 1)


def test_a_quick_question_is_asked_again_after_its_time(app: Flask) -> None:
    asked = []

    def quickly() -> int:
        asked.append(1)
        return len(asked)

    paced = Paced(quickly, seconds=0.01)
    time.sleep(0.1)
    paced.refresh()

    assert paced.answer == 2
    assert paced.ask_now() == 3


def test_nobody_waits_for_what_takes_long_and_the_next_one_has_it(app: Flask) -> None:
    goes_on = Event()

    def slowly() -> int:
        goes_on.wait(30)
        return 7

    glance = Glance(slowly)
    before = now()
    assert glance.look(patience=0) is None
    assert glance.look(patience=0.01) is None
    goes_on.set()
    found = glance.look(patience=30)

    assert found
    assert found.value == 7
    assert before <= found.at <= now()


def test_however_many_look_one_thread_asks(app: Flask) -> None:
    asked, goes_on = [], Event()

    def slowly() -> int:
        asked.append(1)
        goes_on.wait(30)
        return len(asked)

    glance = Glance(slowly, seconds=60)
    for _ in range(20):
        glance.look(patience=0)
    goes_on.set()

    found = [glance.look(patience=30) for _ in range(20)]
    assert {each.value for each in found if each} == {1}
    assert len(asked) == 1


def test_an_answer_from_before_a_moment_is_neither_given_nor_kept(app: Flask) -> None:
    asked: list[int] = []

    def quickly() -> int:
        asked.append(1)
        return len(asked)

    glance = Glance(quickly, seconds=60)
    first = glance.look(patience=30)
    again = glance.look(patience=30, since=now())

    assert first
    assert again
    assert (first.value, again.value) == (1, 2)


def test_a_question_that_failed_is_asked_again(app: Flask) -> None:
    asked = []

    def badly() -> int:
        asked.append(1)
        if len(asked) == 1:
            raise ZeroDivisionError
        return len(asked)

    glance = Glance(badly)
    assert glance.look(patience=30) is None
    found = glance.look(patience=30)

    assert found
    assert found.value == 2
