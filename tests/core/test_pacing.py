"""Watching costs little, however large the mailing is."""

import time

from flask import Flask

from newsletter.core.pacing import SHARE, Paced


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
