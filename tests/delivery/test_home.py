"""A database that was copied sends nothing until somebody says that the original never will."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import update
from sqlalchemy.engine import make_url

from newsletter.app import create_app
from newsletter.core.db import db, transaction
from newsletter.core.errors import Conflict
from newsletter.core.settings import Settings
from newsletter.delivery.models import Home
from newsletter.delivery.service import adopt, require_home, settle_in


def test_the_first_place_is_home_and_stays_it(app: Flask) -> None:
    assert settle_in()
    assert settle_in()


def test_a_database_that_is_at_home_elsewhere_is_refused_with_the_remedy(app: Flask) -> None:
    settle_in()
    with transaction():
        db.session.execute(update(Home).values(place="another"))

    with pytest.raises(Conflict, match=r"newsletter adopt"):
        require_home()


def test_who_adopts_it_is_at_home(app: Flask) -> None:
    settle_in()
    with transaction():
        db.session.execute(update(Home).values(place="another"))

    adopt()

    require_home()


def test_a_copied_file_knows_that_it_is_one(app: Flask, settings: Settings, tmp_path: Path) -> None:
    on_file = replace(settings, database_url=f"sqlite:///{tmp_path / 'original.db'}")
    with create_app(on_file).app_context():
        db.create_all()
        original = settle_in()
        db.session.remove()
        db.engine.dispose()
    copy = tmp_path / "copy.db"
    shutil.copy(str(make_url(on_file.database_url).database), copy)

    with create_app(replace(settings, database_url=f"sqlite:///{copy}")).app_context():
        assert original
        assert not settle_in()
        db.session.remove()
        db.engine.dispose()
