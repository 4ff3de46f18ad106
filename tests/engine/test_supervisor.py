"""`newsletter run`: what dies is started again, and everything stops together."""

import os
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
import pytest
from flask import Flask

from newsletter.core.settings import Settings
from newsletter.demo.services import free_port
from tests.conftest import SECRETS
from tests.patience import PATIENCE, until

pytestmark = pytest.mark.loopback


@contextmanager
def service(
    settings: Settings, folder: Path, senders: int = 1, web: int = 1
) -> Iterator[tuple[psutil.Process, str]]:
    """`newsletter run` as a process, and the address of its web server."""
    listen = f"127.0.0.1:{free_port(0)}"
    environment = {
        **os.environ,
        **SECRETS,
        "NEWSLETTER_DATABASE_URL": settings.database_url,
        "NEWSLETTER_SPOOL": str(settings.spool),
        "NEWSLETTER_BACKENDS": f"maildir:{folder}/mail",
        "NEWSLETTER_LISTEN": listen,
        "NEWSLETTER_SENDERS": str(senders),
        "NEWSLETTER_WEB_PROCESSES": str(web),
    }
    started = subprocess.Popen([sys.executable, "-m", "newsletter", "run"], env=environment, cwd=folder)
    process = psutil.Process(started.pid)
    try:
        yield process, f"http://{listen}/readyz"
    finally:
        for each in [*process.children(recursive=True), process] if process.is_running() else []:
            with suppress(psutil.NoSuchProcess):
                each.kill()
        started.wait()


def answers(url: str) -> bool:
    with suppress(OSError), urllib.request.urlopen(url, timeout=2) as answer:
        return bool(answer.status == 200)
    return False


def children(process: psutil.Process) -> dict[str, psutil.Process]:
    """The web server and the worker, by name; what has died and was not yet noticed is left out."""
    found: dict[str, psutil.Process] = {}
    for child in process.children():
        with suppress(psutil.NoSuchProcess, psutil.ZombieProcess):
            # One that was only just forked still has its parent's name.
            found |= {name: child for name in ("web 1", "worker") if child.name() == f"nl {name}"}
    return found


def test_a_killed_process_is_started_again(app: Flask, settings: Settings, tmp_path: Path) -> None:
    with service(settings, tmp_path) as (process, url):
        until(lambda: answers(url))
        first = children(process)
        # One that dies within five seconds of its birth is given a rest before it is started again.
        for child in first.values():
            child.kill()

        until(lambda: len(children(process)) == 2 and answers(url))
        assert {child.pid for child in children(process).values()}.isdisjoint({c.pid for c in first.values()})


def test_sigterm_stops_everything_cleanly(app: Flask, settings: Settings, tmp_path: Path) -> None:
    with service(settings, tmp_path) as (process, url):
        until(lambda: answers(url))
        family = process.children()
        # The worker says by its journal that it is up.
        until(lambda: any(settings.spool.glob("*.journal")))

        process.send_signal(signal.SIGTERM)

        assert process.wait(timeout=PATIENCE) == 0
        assert not any(child.is_running() for child in family)
        assert list(settings.spool.iterdir()) == []


def test_children_do_not_outlive_a_killed_parent(app: Flask, settings: Settings, tmp_path: Path) -> None:
    with service(settings, tmp_path) as (process, url):
        until(lambda: answers(url))
        family = process.children()
        process.kill()
        try:
            until(lambda: not any(child.is_running() for child in family))
        finally:
            for child in family:
                with suppress(psutil.NoSuchProcess):
                    child.kill()


def test_each_sender_is_a_process_and_one_worker_keeps_the_timetable(
    app: Flask, settings: Settings, tmp_path: Path
) -> None:
    with service(settings, tmp_path, senders=3) as (process, url):
        until(lambda: answers(url))
        until(lambda: len(list(settings.spool.glob("*.journal"))) == 4)

        names = sorted(child.name() for child in process.children())
        assert names == ["nl sender 2", "nl sender 3", "nl web 1", "nl worker"]


def test_several_processes_answer_at_one_door_and_while_one_of_them_is_dead_too(
    app: Flask, settings: Settings, tmp_path: Path
) -> None:
    with service(settings, tmp_path, web=2) as (process, url):
        until(lambda: answers(url))
        until(lambda: sum(child.name().startswith("nl web") for child in process.children()) == 2)
        next(child for child in process.children() if child.name() == "nl web 1").kill()

        assert all(answers(url) for _ in range(20))


def test_neither_a_worker_nor_a_web_server_loads_what_only_developers_and_upgrades_need(
    app: Flask, settings: Settings, tmp_path: Path
) -> None:
    asked = (
        "import sys; import newsletter.cli; from newsletter.app import create_app; create_app(); "
        "print(sorted({name.partition('.')[0] for name in sys.modules}))"
    )
    environment = {**os.environ, **SECRETS, "NEWSLETTER_DATABASE_URL": settings.database_url}

    loaded = subprocess.check_output([sys.executable, "-c", asked], env=environment, text=True)

    assert "'newsletter'" in loaded
    for heavy in ("alembic", "flask_migrate", "mako", "rich", "pygments", "celery", "dkim", "pytest", "psutil"):
        assert f"'{heavy}'" not in loaded
