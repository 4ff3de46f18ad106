"""The engine on Celery: only names and ids cross the broker, and no result ever comes back.

Only this module and `engine.beat` import Celery, which is installed where somebody scales out.
"""

import logging
import mmap
import os
import socket
import ssl
from collections.abc import Callable, Collection
from typing import Any
from urllib.parse import urlsplit

from celery import Celery, signals
from flask import Flask
from kombu.entity import Queue
from kombu.exceptions import KombuError, OperationalError

from newsletter.core.logs import logger
from newsletter.core.settings import Settings
from newsletter.engine.station import QUEUE_OF, QUEUES, Station
from newsletter.mail.house import senders_of

VISIBILITY = 120
"""Seconds after which Redis gives a call away again that nobody acknowledged; that is harmless."""

log = logger(__name__)


def make_broker(settings: Settings) -> Celery:
    """Celery for this installation; connects to nothing yet."""
    queue: Any = Queue  # It has no types.
    app = Celery("newsletter", broker=settings.engine, set_as_current=False)
    app.conf.update(
        accept_content=["json"],
        task_serializer="json",
        task_ignore_result=True,
        result_backend=None,
        result_expires=None,
        task_queues=[queue(_queue(settings, name), routing_key=_queue(settings, name)) for name in QUEUES],
        task_create_missing_queues=False,
        task_default_queue=_queue(settings, "timetable"),
        task_default_exchange=_queue(settings, "calls"),
        task_default_delivery_mode="transient",
        task_acks_late=True,
        task_reject_on_worker_lost=True,
        worker_prefetch_multiplier=1,
        worker_proc_alive_timeout=60,
        worker_hijack_root_logger=False,
        worker_redirect_stdouts=False,
        # Nobody steers our processes through the broker.
        worker_enable_remote_control=False,
        beat_enable_remote_control=False,
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,
        broker_use_ssl=_tls(settings.engine),
        broker_transport_options=_transport_options(settings),
    )
    return app


def _queue(settings: Settings, name: str) -> str:
    """Named after the installation, so that two of them may use one broker."""
    return f"newsletter.{settings.installation}.{name}"


def _tls(url: str) -> dict[str, object] | None:
    """Certificates are always verified, against those that the system trusts."""
    parts = urlsplit(url)
    if parts.scheme == "rediss":
        return {"ssl_cert_reqs": ssl.CERT_REQUIRED}
    if parts.scheme == "amqps":
        return {"cert_reqs": ssl.CERT_REQUIRED, "server_hostname": parts.hostname}
    return None


def _transport_options(settings: Settings) -> dict[str, object]:
    if not settings.engine.startswith("redis"):
        return {}
    return {
        "global_keyprefix": f"newsletter:{settings.installation}:",
        "queue_order_strategy": "priority",
        "visibility_timeout": VISIBILITY,
        "socket_keepalive": True,
    }


class CeleryCalls:
    """`station.Calls` on a broker."""

    def __init__(self, broker: Celery, settings: Settings) -> None:
        self._broker = broker
        self._settings = settings
        unused = broker.connection_for_write()
        self._troubles = (OperationalError, KombuError, *unused.connection_errors)
        self._absences = unused.channel_errors
        self._asking: Any = None

    def call(self, task: str, *arguments: int | str) -> None:
        queue = _queue(self._settings, QUEUE_OF[task])
        try:
            self._broker.send_task(task, arguments, queue=queue, retry=False)
        except self._troubles as error:
            raise OSError(str(error)) from error

    def waiting(self, task: str) -> int:
        queue = _queue(self._settings, QUEUE_OF[task])
        # A line of its own: those of Celery's pool may be left over from before the fork.
        self._asking = self._asking or self._broker.connection_for_write()
        try:
            with self._asking.channel() as channel:
                return int(channel.queue_declare(queue=queue, passive=True).message_count)
        except self._absences:
            # There is no such queue yet, or no longer: Redis has none that are empty.
            return 0
        except self._troubles as error:
            self._asking = None
            raise OSError(str(error)) from error


def work(broker: Celery, settings: Settings, make_app: Callable[[], Flask], queues: Collection[str]) -> int:
    """Serve these queues until SIGTERM or SIGINT, with a process for each sender; the exit code.

    Each process makes an app of its own after it was forked, because no connection may be shared.
    """
    _register(broker, settings, make_app)
    keep_quiet()
    node = broker.Worker(
        hostname=f"{settings.installation}-{os.getpid()}@{socket.gethostname()}",
        concurrency=senders_of(settings),
        pool="prefork",
        queues=[_queue(settings, name) for name in queues],
        without_gossip=True,
        without_mingle=True,
        without_heartbeat=True,
        quiet=True,
    )
    log.info("worker started", queues=",".join(queues), processes=node.concurrency)
    node.start()
    log.info("worker stopped")
    return int(node.exitcode or 0)


def _register(broker: Celery, settings: Settings, make_app: Callable[[], Flask]) -> None:
    """Make the tasks, and the station of each process when it begins; both live as long as the process."""
    stations: list[Station] = []
    # One byte that all processes see. A lock in its place would stay locked when a process is killed.
    stopping = mmap.mmap(-1, 1)

    def begin(**_: object) -> None:
        stations.append(Station(make_app(), CeleryCalls(broker, settings), lambda: stopping[0] != 0))

    def end(**_: object) -> None:
        while stations:
            stations.pop().close()

    def stop(**_: object) -> None:
        stopping[0] = 1

    def task(name: str) -> None:
        def perform(*arguments: int | str) -> None:
            stations[0].perform(name, *arguments)

        broker.task(perform, name=name, ignore_result=True)

    signals.worker_shutting_down.connect(stop, weak=False)
    signals.worker_process_init.connect(begin, weak=False)
    signals.worker_process_shutdown.connect(end, weak=False)
    for name in QUEUE_OF:
        task(name)


def keep_quiet() -> None:
    """The logs are ours: Celery would set up its own, and write two lines for each call."""
    signals.setup_logging.connect(lambda **_: None, weak=False)
    for name in ("celery", "kombu", "amqp"):
        logging.getLogger(name).setLevel(logging.WARNING)
