"""`newsletter edition` and `newsletter deliver`: what is sent, and what became of it."""

import sys
from collections.abc import Callable
from datetime import timedelta
from threading import Event

import click

from newsletter.cli import progress
from newsletter.cli.accounts import Facts, account, how_to_go_on, how_to_watch_again, in_words
from newsletter.cli.output import Command, Group, answer, open_house, speaks_json, table
from newsletter.delivery.policy import Status
from newsletter.editions import queries, service
from newsletter.editions.models import Edition
from newsletter.editions.policy import EditionStatus
from newsletter.editions.policy.splitting import Arm
from newsletter.editions.queries.audiences import reach
from newsletter.engine.worker import stop_on_signals
from newsletter.mail.house import House

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
    with open_house() as house:
        _show(queries.edition(number), house)


@group.command()
@NUMBER
@click.option(
    "--follow/--no-follow",
    "follows",
    default=None,
    help="Watch the workers send it, or come back at once; without either, watch on a terminal.",
)
def send(number: int, follows: bool | None) -> None:
    """Queue a draft for its audience; the workers send it."""
    with open_house() as house:
        chosen = service.send(number, house)
        at_terminal = sys.stdout.isatty() and sys.stderr.isatty() and not speaks_json()
        if at_terminal if follows is None else follows:
            _watch(chosen, house, progress.follow)
        else:
            _show(chosen, house)


@group.command()
@NUMBER
def follow(number: int) -> None:
    """Watch the workers send it, with a progress bar; Ctrl-C stops watching, not them."""
    with open_house() as house:
        _watch(queries.edition(number), house, progress.follow)


@group.command()
@NUMBER
def check(number: int) -> None:
    """Ask its links and SpamAssassin, and say what the gate says; exits 1 on an error, which would stop it."""
    with open_house() as house:
        found = service.examine(number, house)
        facts = [{"code": each.code, "error": each.is_error, "words": each.words} for each in found]
        lines = [f"{'error  ' if each.is_error else 'warning'}  {each.words}" for each in found]
        answer(facts, "\n".join(lines) or "Nothing is to be said against it.")
        if any(each.is_error for each in found):
            sys.exit(1)


@group.command()
@NUMBER
@click.argument("articles", type=int, nargs=-1, required=True)
def arrange(number: int, articles: tuple[int, ...]) -> None:
    """Let it carry these of its articles, in this order; those that are not named are taken out."""
    with open_house() as house:
        _show(service.arrange(number, articles), house)


@group.command(name="subject")
@NUMBER
@click.argument("text")
def subject_(number: int, text: str) -> None:
    """Give it a subject by hand."""
    with open_house() as house:
        _show(service.call(number, text), house)


@group.command()
@NUMBER
@click.option("--subject", help="The other subject.")
@click.option("--share", type=float, default=20, show_default=True, help="Percent of the readers who go first.")
@click.option("--minutes", type=int, default=120, show_default=True, help="How long clicks are counted.")
@click.option(
    "--choose", type=click.Choice([*Arm, "none"]), help="The rest get this one, now; none: it has one subject."
)
def split(number: int, subject: str | None, share: float, minutes: int, choose: str | None) -> None:
    """Try a second subject: some get it first, half with each; the rest get the one that is opened more."""
    if (subject is None) == (choose is None):
        problem = "Say either --subject or --choose."
        raise click.UsageError(problem)
    with open_house() as house:
        if choose is None:
            service.split(number, subject or "", share / 100, timedelta(minutes=minutes))
        elif choose == "none":
            service.unsplit(number)
        else:
            service.choose(number, Arm(choose))
        _show(queries.edition(number), house)


@group.command()
@NUMBER
@click.option("--article", type=int, required=True, help="Which of its articles was wrong.")
@click.option(
    "--text", required=True, help="What was wrong and what is right, in Markdown; stands above the article."
)
def correct(number: int, article: int, text: str) -> None:
    """Draft a correction for those alone who have got an article; `edition send` sends it."""
    with open_house():
        drafted = service.correct(number, article, text)
        readers, others = reach(drafted), queries.other_carriers(article, drafted.newsletter_id)
        facts = {"edition": drafted.id, "readers": readers, "carried_by_others": [each.id for each in others]}
        said = f"Edition {drafted.id} is a draft of the correction, for {readers} readers: newsletter edition send"
        also = "".join(f"\nEdition {each.id} of another newsletter carried it, too." for each in others)
        answer(facts, f"{said} {drafted.id}{also}")


@group.command(name="try")
@NUMBER
@click.argument("address")
def try_(number: int, address: str) -> None:
    """Mail it to any address as it stands now, without anybody's own links."""
    with open_house() as house:
        service.send_trial(number, address, house)
        answer({"edition": number}, f"Edition {number} is on its way to that address; a worker sends it.")


@group.command()
@NUMBER
@click.option("--because", default="an operator holds it", help="Why, for whoever looks at it next.")
def hold(number: int, because: str) -> None:
    """Let it not leave before somebody approves it; until its first message has left, that recalls it."""
    with open_house() as house:
        _show(service.hold(number, because), house)


@group.command()
@NUMBER
def approve(number: int) -> None:
    """Let it leave when it was meant to, or at once when that is past."""
    with open_house() as house:
        _show(service.approve(number, house), house)


@group.command()
@NUMBER
def clicks(number: int) -> None:
    """How often each article was opened from it, by people, by scanners, and by who cannot be told apart."""
    with open_house():
        chosen = queries.edition(number)
        facts = [{"article": each.id, "title": each.title, **told} for each, told in queries.clicks_of(chosen.id)]
        columns = ["human", "unknown", "scanner", "title"]
        answer(facts, table(columns, [[fact[column] for column in columns] for fact in facts]))


@group.command()
@NUMBER
def pause(number: int) -> None:
    """Stop handing it over within two seconds; `resume` goes on."""
    with open_house() as house:
        _show(service.pause(number), house)


@group.command()
@NUMBER
def resume(number: int) -> None:
    """Go on with those who have not got it."""
    with open_house() as house:
        _show(service.resume(number), house)


@group.command()
@NUMBER
@click.option("--failed", is_flag=True, help="To those whose servers refused it, or did not take it in time.")
@click.option("--unknown", is_flag=True, help="To those who may have it already; some will get a second copy.")
def resend(number: int, failed: bool, unknown: bool) -> None:
    """Queue it once more for those whom it has missed; the workers send it."""
    which = {Status.FAILED: failed, Status.UNKNOWN: unknown}
    chosen = frozenset(status for status, is_chosen in which.items() if is_chosen)
    if not chosen:
        problem = "Choose --failed, --unknown or both."
        raise click.UsageError(problem)
    with open_house() as house:
        _show(service.resend(number, chosen), house)


@group.command()
@NUMBER
def cancel(number: int) -> None:
    """Send it to nobody further, for good."""
    with open_house() as house:
        _show(service.cancel(number), house)


@click.command(cls=Command)
@click.option("--edition", "number", type=int, required=True, help="Which edition, as `edition list` numbers it.")
def deliver(number: int) -> None:
    """Send what is due of one edition now, with a progress bar; Ctrl-C leaves the rest queued."""
    with open_house() as house:
        chosen = queries.edition(number)
        if chosen.status in {EditionStatus.DRAFT, EditionStatus.SCHEDULED}:
            chosen = service.send(number, house)
        _watch(chosen, house, lambda mailing_id, stop: progress.send_here(mailing_id, house, stop))


def _watch(chosen: Edition, house: House, work: Callable[[int, Event], Facts]) -> None:
    """Do the work until it ends or somebody stops it; print the account, and how to go on if there is a rest."""
    stop = Event()
    stop_on_signals(stop)
    figures = work(chosen.mailing_id, stop) if chosen.mailing_id else {}
    service.follow_mailings()
    chosen = queries.edition(chosen.id)
    _show(chosen, house, figures)
    if queries.progress(chosen).open:
        was_watched_only = work is progress.follow and stop.is_set()
        click.echo(how_to_watch_again(chosen) if was_watched_only else how_to_go_on(chosen), err=True)
        sys.exit(1)


def _show(chosen: Edition, house: House, figures: Facts | None = None) -> None:
    facts = {**account(chosen, house.settings), **(figures or {})}
    answer(facts, in_words(facts))


def register(parent: click.Group) -> None:
    parent.add_command(group)
    parent.add_command(deliver)
