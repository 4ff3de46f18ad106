"""Pages say what was said in the language that the request is answered in."""

import pickle
from gettext import NullTranslations

import pytest
from flask import Flask, render_template_string

from newsletter.core.errors import Conflict
from newsletter.core.words import Figure, Said, numbered, said, series
from newsletter.web import words


class Shouted(NullTranslations):
    """Another language, for whoever reads English."""

    def gettext(self, message: str) -> str:
        return message.replace("is paused", "RUHT")

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return (msgid1 if n == 1 else msgid2).replace("articles", "ARTIKEL, VIELE").replace("article", "ARTIKEL")


@pytest.fixture
def app() -> Flask:
    app = Flask(__name__)
    words.register(app, lambda _language, _area: Shouted())
    return app


def printed(app: Flask, template: str, **values: object) -> str:
    with app.test_request_context():
        words.speak("de-CH", "pages")
        return render_template_string(template, **values)


def test_what_was_said_is_english_wherever_nobody_translates_it() -> None:
    sentence = said("%(name)s is paused", name="Courier")

    assert sentence == "Courier is paused"
    assert isinstance(sentence, str)


def test_what_was_said_is_translated_where_it_is_printed(app: Flask) -> None:
    assert printed(app, "{{ told }}", told=said("%(name)s is paused", name="Courier")) == "Courier RUHT"


def test_an_error_still_knows_its_sentence(app: Flask) -> None:
    problem = Conflict(said("%(name)s is paused", name="Courier"))

    assert printed(app, "{{ told }}", told=str(problem)) == "Courier RUHT"


def test_a_sentence_within_a_sentence_is_translated_too(app: Flask) -> None:
    inner = said("it is paused")

    assert printed(app, "{{ told }}", told=said("Look: %(why)s.", why=inner)) == "Look: it RUHT."


def test_a_figure_is_written_as_people_of_the_language_write_it(app: Flask) -> None:
    told = said("%(size)s bytes", size=Figure(102_400))

    assert told == "102,400 bytes"
    assert printed(app, "{{ told }}", told=told) == "102.400 bytes"


def test_several_sentences_are_translated_one_by_one_whatever_stands_in_them(app: Flask) -> None:
    told = series(["50 % off %(part1)s", said("it is paused"), "<b>"], " % ")

    assert told == "50 % off %(part1)s % it is paused % <b>"
    assert printed(app, "{{ told }}", told=told) == "50 % off %(part1)s % it RUHT % &lt;b&gt;"
    assert series([]) == ""


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("de-CH, en;q=0.5", "de"),
        ("tlh, en;q=0.4, ar-EG;q=0.5", "ar"),
        ("de;q=0, fr;q=0.1", "fr"),
        ("*", "en"),
        ("", "en"),
        ("\x00;q=;;,,../../de, ;q=9", "en"),
    ],
)
def test_a_browser_is_answered_in_the_language_that_it_wants_most(app: Flask, header: str, language: str) -> None:
    with app.test_request_context(headers={"Accept-Language": header}):
        assert words.wanted_by_browser() == language


@pytest.mark.parametrize(("count", "told"), [(1, "1 ARTIKEL"), (2, "2 ARTIKEL, VIELE")])
def test_what_counts_has_the_plurals_of_the_language(app: Flask, count: int, told: str) -> None:
    assert numbered("%(num)s article", "%(num)s articles", 1) == "1 article"
    assert printed(app, "{{ told }}", told=numbered("%(num)s article", "%(num)s articles", count)) == told
    template = "{% trans num=count %}{{ num }} article{% pluralize %}{{ num }} articles{% endtrans %}"
    assert printed(app, template, count=count) == told


def test_a_template_translates_and_escapes_what_people_wrote(app: Flask) -> None:
    template = (
        "{% autoescape true %}{% trans name=name %}<b>{{ name }}</b> is paused{% endtrans %}{% endautoescape %}"
    )

    assert printed(app, template, name="<script>") == "<b>&lt;script&gt;</b> RUHT"


def test_what_was_said_is_escaped_like_everything_else(app: Flask) -> None:
    told = said("%(name)s is paused", name="<script>")

    assert printed(app, "{% autoescape true %}{{ told }}{% endautoescape %}", told=told) == "&lt;script&gt; RUHT"


def test_what_was_said_survives_being_handed_to_another_process() -> None:
    told = pickle.loads(pickle.dumps(said("%(name)s is paused", name="Courier")))  # noqa: S301 - our own bytes.

    assert isinstance(told, Said)
    assert (told, told.sentence, told.values) == (
        "Courier is paused",
        "%(name)s is paused",
        {"name": "Courier"},
    )


def test_a_page_is_english_before_anybody_chose(app: Flask) -> None:
    with app.test_request_context():
        assert words.language() == "en"
        assert render_template_string("{% trans %}It is paused{% endtrans %}") == "It is paused"
