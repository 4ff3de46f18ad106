"""When a newsletter comes, in the words of its language."""

import pytest

from newsletter.mail.languages import LANGUAGES
from newsletter.mail.schedules import schedule_in_words

OTHERS = [code for code in LANGUAGES if code != "en"]


@pytest.mark.parametrize(
    ("schedule", "language", "words"),
    [
        ("30 6 * * 1-5 Europe/Zurich", "en", "at 06:30 on Monday through Friday (Europe/Zurich)"),
        ("30 6 * * 1-5 Europe/Zurich", "de-CH", "von Montag bis Freitag um 06:30 Uhr (Mitteleuropäische Zeit)"),
        ("30 6 * * MON-FRI UTC", "es", "de lunes a viernes a las 06:30 (UTC)"),
        ("0 7 * * 1,4 UTC", "de", "jeden Montag und Donnerstag um 07:00 Uhr (UTC)"),
        ("0 8 * * 0,6 UTC", "fr", "chaque samedi et dimanche à 08:00 (UTC)"),
        ("0 8 * * 5-7 UTC", "fr", "du vendredi au dimanche à 08:00 (UTC)"),
        ("0 8 * * 1 UTC", "ar", "يوم الاثنين من كل أسبوع الساعة 08:00 (UTC)"),
        ("0 8 * * 1,4 UTC", "ar", "يومي الاثنين والخميس الساعة 08:00 (UTC)"),
        ("30 17,7 * * * UTC", "de", "täglich um 07:30 und 17:30 Uhr (UTC)"),
        ("weekly", "en", "once a week"),
        ("daily", "de-CH", "einmal am Tag"),
        ("monthly", "ar", "مرة في الشهر"),
        ("0 8 15 * * UTC", "es", "el día 15 de cada mes a las 08:00 (UTC)"),
        ("0 9 L * * UTC", "de", "am letzten Tag jedes Monats um 09:00 Uhr (UTC)"),
        ("0 * * * * UTC", "fr", "toutes les heures"),
        ("30 6 * * 1-5 UTC", "it", "at 06:30 on Monday through Friday (UTC)"),
    ],
)
def test_a_schedule_is_told_in_the_language_of_the_newsletter(schedule: str, language: str, words: str) -> None:
    assert schedule_in_words(schedule, language) == words


@pytest.mark.parametrize("language", LANGUAGES)
def test_who_has_no_schedule_is_told_none(language: str) -> None:
    assert schedule_in_words("", language) == ""


@pytest.mark.parametrize("language", OTHERS)
@pytest.mark.parametrize(
    "cron",
    [
        "*/10 * * * *",
        "0 8 1 * 1",
        "0 8 * 6 *",
        "5 * * * *",
        "0 8-18 * * *",
        "0 8 1,15 * *",
        "0 8 * * 5L",
        "0 8 * * 1#2",
    ],
)
def test_what_there_are_no_words_for_is_left_out_and_never_told_wrongly(cron: str, language: str) -> None:
    assert schedule_in_words(f"{cron} UTC", language) == ""
    assert schedule_in_words(f"{cron} UTC")
