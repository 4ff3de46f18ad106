"""The engine on Celery, without a broker: what it is told, and what it tells."""

from datetime import timedelta

import pytest
from celery import Celery

from newsletter.core.settings import Settings, from_mapping
from newsletter.engine.beat import MOST_WAITING, MOST_WAITING_OF_RARE, Clock, schedule
from newsletter.engine.broker import make_broker
from newsletter.engine.station import QUEUE_OF, QUEUES, SENDING, TIMETABLE
from newsletter.jobs import timetable
from newsletter.mail.house import House
from tests.conftest import SECRETS
from tests.engine.calls import NoBroker, NotedCalls


def settings_with(engine: str) -> Settings:
    return from_mapping(
        {**SECRETS, "NEWSLETTER_ENGINE": engine, "NEWSLETTER_DATABASE_URL": "postgresql:///newsletter"}
    )


def clock(calls: NotedCalls | NoBroker, house: House) -> Clock:
    """A clock at its start."""
    broker = make_broker(settings_with("redis://127.0.0.1"))
    broker.conf.beat_schedule = schedule(timetable(house))
    return Clock(calls, app=broker)


def turn(clock: Clock, how_often: int) -> None:
    for _ in range(how_often):
        clock.tick()


def test_the_schedule_is_the_timetable_and_the_dispatch_of_what_is_due(house: House) -> None:
    made = schedule(timetable(house))

    assert {name: entry["schedule"] for name, entry in made.items()} == {
        "dispatch": timedelta(seconds=1),
        **{job.name: job.every for job in timetable(house) if not job.on_each_machine},
    }


def test_what_looks_after_one_machine_is_left_to_the_processes_there(house: House) -> None:
    assert [job.name for job in timetable(house) if job.on_each_machine] == [
        "work on imports",
        "settle dead senders",
        "settle expired leases",
    ]


def test_everything_is_called_for_when_the_clock_starts(house: House) -> None:
    calls, entries = NotedCalls(), schedule(timetable(house))

    turn(clock(calls, house), len(entries))

    assert sorted(calls.made) == sorted((entry["task"], *entry.get("args", ())) for entry in entries.values())


@pytest.mark.parametrize(
    ("waiting", "expected"),
    [
        (MOST_WAITING - 1, {"run digests", "answer sign-ups", "poll sources"}),
        (MOST_WAITING, {"poll sources"}),
        (MOST_WAITING_OF_RARE, set()),
    ],
)
def test_while_no_worker_takes_them_calls_do_not_pile_up(waiting: int, expected: set[str], house: House) -> None:
    calls = NotedCalls(tick=waiting)

    turn(clock(calls, house), len(schedule(timetable(house))))

    called = {name for task, *rest in calls.made if task == "tick" for name in rest}
    assert called & {"run digests", "answer sign-ups", "poll sources"} == expected


def test_a_clock_without_a_broker_goes_on(house: House) -> None:
    made = clock(NoBroker(), house)

    turn(made, len(schedule(timetable(house))))

    assert made.tick() > 0


def test_every_task_has_a_queue_and_each_queue_somebody_who_serves_it() -> None:
    assert set(QUEUE_OF.values()) == set(QUEUES) == {*SENDING, *TIMETABLE}


@pytest.fixture(params=["redis://u:hush@broker.example/1", "rediss://broker.example", "amqps://broker.example/x"])
def broker(request: pytest.FixtureRequest) -> Celery:
    return make_broker(settings_with(request.param))


def test_only_json_crosses_the_broker_and_no_result_comes_back(broker: Celery) -> None:
    assert broker.conf.accept_content == ["json"]
    assert broker.conf.task_serializer == "json"
    assert broker.conf.task_ignore_result
    assert broker.conf.result_backend is None
    assert not broker.conf.worker_enable_remote_control


def test_a_call_of_a_process_that_died_is_given_to_another_one(broker: Celery) -> None:
    assert broker.conf.task_acks_late
    assert broker.conf.task_reject_on_worker_lost
    assert broker.conf.worker_prefetch_multiplier == 1


def test_the_queues_are_those_of_this_installation_alone(broker: Celery) -> None:
    name = settings_with("redis://127.0.0.1").installation

    assert [queue.name for queue in broker.conf.task_queues] == [f"newsletter.{name}.{each}" for each in QUEUES]


@pytest.mark.parametrize(
    ("engine", "verified"),
    [
        ("rediss://broker.example", {"ssl_cert_reqs": 2}),
        ("amqps://broker.example:5671/x", {"cert_reqs": 2, "server_hostname": "broker.example"}),
    ],
)
def test_the_certificate_of_a_broker_is_verified(engine: str, verified: dict[str, object]) -> None:
    assert make_broker(settings_with(engine)).conf.broker_use_ssl == verified
