"""The gate asks links beforehand, keeps what they answered, and stops an edition with a dead one."""

import socket
from collections.abc import Iterator
from datetime import timedelta

import pytest
from time_machine import Traveller

from newsletter.core.clock import now
from newsletter.core.errors import EditionUnfit
from newsletter.core.fetcher import Fetcher
from newsletter.core.settings import HostPort
from newsletter.digests.policy import Approval
from newsletter.digests.service import links_ahead, release
from newsletter.editions import service as editions
from newsletter.editions.models import Edition
from newsletter.editions.policy import EditionStatus
from newsletter.editions.service.checking import link_findings
from newsletter.mail.gate import Finding
from newsletter.mail.house import House
from tests import make
from tests.core.servers import page, redirect, serving

pytestmark = pytest.mark.loopback

BASE = "https://letters.example.org"
STATUSES = {"/gone": "410 Gone", "/missing": "404 Not Found", "/broken": "500 Oops", "/closed": "403 Forbidden"}


class Site:
    """Answers by path, and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.statuses = dict(STATUSES)

    def __call__(self, line: socket.socket, request: bytes) -> None:
        method, path, _ = request.split(b"\r\n")[0].decode().split(" ")
        self.asked.append(f"{method} {path}")
        if path == "/moved":
            line.sendall(redirect("/fine"))
        elif path == "/no-head" and method == "HEAD":
            line.sendall(page(b"", status="405 Method Not Allowed"))
        else:
            line.sendall(page(b"", status=self.statuses.get(path, "200 OK")))


@pytest.fixture
def site() -> Site:
    return Site()


@pytest.fixture
def place(site: Site) -> Iterator[HostPort]:
    with serving(lambda line: site(line, line.recv(65536)), reads_first=False) as place:
        yield place


def edition(place: HostPort, *paths: str, newsletter: str = "courier") -> Edition:
    source = make.source()
    carried = [make.article(source, url=f"http://{place}{path}") for path in paths]
    return make.edition(make.newsletter(newsletter), carried)


def examined(of: Edition, house: House, place: HostPort) -> list[Finding]:
    return editions.examine(of.id, house, Fetcher((place,)), lambda _message: b"1.2/5.0\nfine")


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/gone", ("dead", True)),
        ("/missing", ("dead", True)),
        ("/broken", ("unreachable", False)),
        ("/closed", ("unreachable", False)),
    ],
)
def test_what_leads_to_nothing_is_an_error_and_what_may_be_open_to_others_a_warning(
    house: House, place: HostPort, path: str, expected: tuple[str, bool]
) -> None:
    [found] = examined(edition(place, "/fine", path), house, place)

    assert (found.code, found.is_error) == expected
    assert path in found.words


@pytest.mark.parametrize("path", ["/fine", "/moved", "/no-head"])
def test_what_opens_for_a_reader_passes(house: House, place: HostPort, path: str) -> None:
    assert examined(edition(place, path), house, place) == []


def test_a_server_that_is_not_there_is_a_warning(house: House) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        place = HostPort("127.0.0.1", closed.getsockname()[1])

    [found] = examined(edition(place, "/any"), house, place)

    assert (found.code, found.is_error) == ("unreachable", False)


def test_an_edition_with_a_dead_link_never_leaves_until_it_is_mended(
    house: House, place: HostPort, site: Site, clock: Traveller
) -> None:
    drafted = edition(place, "/fine", "/gone")
    examined(drafted, house, place)

    with pytest.raises(EditionUnfit, match="leads to nothing"):
        editions.send(drafted.id, house)
    assert editions.schedule(drafted.id, now(), house).status == EditionStatus.HELD

    del site.statuses["/gone"]
    clock.shift(timedelta(seconds=11))
    assert examined(drafted, house, place) == []
    assert editions.approve(drafted.id, house).status == EditionStatus.SCHEDULED


def test_each_link_is_asked_once_a_day_and_a_bad_one_each_hour(
    house: House, place: HostPort, site: Site, clock: Traveller
) -> None:
    urls = [f"http://{place}/fine", f"http://{place}/broken"]

    for _ in range(3):
        editions.check_links(urls, Fetcher((place,)))
    assert sorted(site.asked) == ["GET /broken", "HEAD /broken", "HEAD /fine"]
    clock.shift(timedelta(minutes=61))
    editions.check_links(urls, Fetcher((place,)))
    assert sorted(site.asked) == ["GET /broken"] * 2 + ["HEAD /broken"] * 2 + ["HEAD /fine"]
    clock.shift(timedelta(hours=24))
    editions.check_links(urls, Fetcher((place,)))
    assert site.asked.count("HEAD /fine") == 2


def test_sending_asks_nobody_and_says_what_was_not_asked(house: House, place: HostPort, site: Site) -> None:
    drafted = edition(place, "/fine", "/gone")

    found = editions.findings(drafted.id, house)
    editions.send(drafted.id, house)

    assert [(each.code, each.is_error) for each in found] == [("unasked", False)]
    assert site.asked == []


def test_our_own_pages_are_not_asked(house: House) -> None:
    source = make.source()
    articles = [
        make.article(source, url=url)
        for url in (BASE, f"{BASE}/articles/1/x", f"{BASE}.evil.example/", "https://other.example/a")
    ]

    waiting = make.edition(make.newsletter(), articles)

    assert waiting.status == EditionStatus.DRAFT
    assert editions.links_waiting(BASE) == [f"{BASE}.evil.example/", "https://other.example/a"]


def test_a_link_into_our_own_network_is_not_opened(house: House, place: HostPort, site: Site) -> None:
    url = f"http://{place}/fine"

    editions.check_links([url], Fetcher())

    [found] = link_findings([url])
    assert (found.code, found.is_error, site.asked) == ("unreachable", False, [])


def test_the_links_of_a_digest_that_leaves_at_once_are_asked_before_its_slot(
    house: House, place: HostPort, clock: Traveller
) -> None:
    of, source = make.newsletter(), make.source()
    made = make.digest(of, [source])
    release("morning", 0, Approval.NOT_NEEDED)
    clock.move_to(made.next_due_at - timedelta(minutes=10))
    make.article(source, url=f"http://{place}/gone")

    urls = links_ahead(BASE)
    editions.check_links(urls, Fetcher((place,)))

    assert urls == [f"http://{place}/gone"]
    assert [each.code for each in link_findings(urls)] == ["dead"]


def test_what_was_asked_long_ago_is_forgotten(house: House, place: HostPort, clock: Traveller) -> None:
    url = f"http://{place}/gone"
    editions.check_links([url], Fetcher((place,)))

    clock.shift(timedelta(days=31))
    editions.purge_checked_links()
    clock.shift(-timedelta(days=31))

    assert [each.code for each in link_findings([url])] == ["unasked"]
