"""`newsletter edition` and `newsletter deliver`: what is sent, and what became of it."""

import sys
from threading import Event

import click
from tqdm import tqdm

from newsletter.cli.output import Command, Group, answer, open_house, speaks_json, table
from newsletter.delivery.queries import reasons
from newsletter.delivery.sender import IDLE_SECONDS, Means, Sender
from newsletter.delivery.service import settle_estates
from newsletter.editions import queries, service
from newsletter.editions.models import Edition
from newsletter.engine.worker import stop_on_signals
from newsletter.mail.house import House
from newsletter.mail.journal import FileJournal

NUMBER = click.argument("number", type=int)


@click.group(cls=Group, name="edition")
def group() -> None:
    """What is sent, and what became of it."""


@group.command(name="list")
def list_() -> None:
    """The last fifty editions, newest first; the first column is what other commands take as NUMBER."""
    with open_house():
        facts = [
            {"edition": each.id, "slot": each.slot, "status": each.status, "subject": each.subject}
            | {name: queries.progress(each).as_dict()[name] for name in ("audience", "accepted")}
            for each in queries.editions()
        ]
        columns = ["edition", "slot", "status", "audience", "accepted", "subject"]
        answer(facts, table(columns, [[fact[column] for column in columns] for fact in facts]))


@group.command()
@NUMBER
def show(number: int) -> None:
    """The ledger of one edition, and the reasons of all that was not accepted."""
    with open_house():
        _show(queries.edition(number))


@group.command()
@NUMBER
def send(number: int) -> None:
    """Queue a draft for its audience; the workers send it."""
    with open_house() as house:
        _show(service.send(number, house))


@group.command()
@NUMBER
def pause(number: int) -> None:
    """Stop handing it over within two seconds; `resume` goes on."""
    with open_house():
        _show(service.pause(number))


@group.command()
@NUMBER
def resume(number: int) -> None:
    """Go on with those who have not got it."""
    with open_house():
        _show(service.resume(number))


@group.command()
@NUMBER
def cancel(number: int) -> None:
    """Send it to nobody further, for good."""
    with open_house():
        _show(service.cancel(number))


@click.command(cls=Command)
@click.option("--edition", "number", type=int, required=True, help="Which edition, as `edition list` numbers it.")
def deliver(number: int) -> None:
    """Send what is due of one edition now, with a progress bar; Ctrl-C leaves the rest queued."""
    with open_house() as house:
        chosen = queries.edition(number)
        if chosen.mailing_id is None:
            chosen = service.send(number, house)
        stop = Event()
        stop_on_signals(stop)
        _deliver(chosen, house, stop)
        service.follow_mailings()
        _show(queries.edition(number))
        if queries.progress(chosen).open:
            click.echo(f"Not all of it is out yet. To go on: newsletter deliver --edition {number}", err=True)
            sys.exit(1)


def _deliver(chosen: Edition, house: House, stop: Event) -> None:
    settings = house.settings
    settle_estates(settings.spool, settings.on_unknown)
    journal = FileJournal(settings.spool)
    sender = Sender(Means(house.backend, journal, house.signer, settings.on_unknown), chosen.mailing_id)
    audience = queries.progress(chosen).audience
    with tqdm(total=audience, unit="mail", disable=None if not speaks_json() else True) as bar:
        while not stop.is_set():
            busy = sender.send_slice()
            ledger = queries.progress(chosen)
            bar.set_postfix({str(status): count for status, count in ledger.states.items()})
            bar.update(audience - ledger.open - bar.n)
            if not busy and not sender.is_resting:
                break
            if sender.is_resting:
                stop.wait(IDLE_SECONDS)
    sender.close()
    journal.close()


def _show(chosen: Edition) -> None:
    ledger = queries.progress(chosen)
    why = reasons(chosen.mailing_id) if chosen.mailing_id else []
    facts = {
        "edition": chosen.id,
        "slot": chosen.slot,
        "status": chosen.status,
        "subject": chosen.subject,
        "ledger": ledger.as_dict(),
        "reasons": [{"status": status, "words": words, "count": count} for status, words, count in why],
    }
    lines = [f"Edition {chosen.id}, {chosen.slot}, {chosen.status}: {chosen.subject}", ""]
    lines += [f"  {name:<10} {count:>9,}" for name, count in ledger.as_dict().items()]
    if why:
        lines += [
            "",
            table(["state", "how many", "why"], [[status, count, words] for status, words, count in why]),
        ]
    answer(facts, "\n".join(lines))


def register(parent: click.Group) -> None:
    parent.add_command(group)
    parent.add_command(deliver)
