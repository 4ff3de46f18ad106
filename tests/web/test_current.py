"""What views ask the running app for."""

from newsletter.web import current
from tests.web.samples import SETTINGS, small_app


def test_views_see_what_the_app_was_started_with() -> None:
    app = small_app()

    with app.app_context():
        assert current.settings() == SETTINGS
        assert current.house().backend.name == "memory:"
