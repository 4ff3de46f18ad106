"""`newsletter subscriber erase`, `erased` and `unsuppress`: who must not be mailed any more, and who again."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

import click

from newsletter.cli.output import Command, answer, open_house
from newsletter.core.addresses import parse
from newsletter.core.errors import InvalidInput
from newsletter.subscriptions.service import erase_address, erase_again
from newsletter.subscriptions.service.unsuppressing import unsuppress as lift
from newsletter.suppressions.queries import erased_keys


@click.command(cls=Command)
@click.argument("address", required=False)
@click.option("--again", is_flag=True, help="Those who were erased and are there again, out of a backup.")
@click.option(
    "--keys", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="What `erased` has told."
)
@click.confirmation_option(prompt="Erase all that is known? It cannot be undone.")
def erase(address: str | None, again: bool, keys: Path | None) -> None:
    """Erase all that is known of ADDRESS; only a key stays, so that nobody writes to it again."""
    if bool(address) == again or (keys and not again):
        problem = "Say either an ADDRESS, or --again, perhaps with --keys."
        raise click.UsageError(problem)
    if address:
        _erase_one(address)
    else:
        _erase_again(keys)


@click.command(cls=Command)
def erased() -> None:
    """The key of everybody who was erased and when, for `erase --again --keys` after a backup was restored."""
    with open_house():
        keys = {key: at.isoformat() for key, at in erased_keys()}
        answer(keys, "\n".join(f"{key} {at}" for key, at in keys.items()))


@click.command(cls=Command)
@click.argument("address")
@click.option("--because", required=True, metavar="TEXT", help="Why; it is noted in the consent ledger.")
def unsuppress(address: str, because: str) -> None:
    """Mail ADDRESS again, which a server refused or an operator suppressed; never against the person's word."""
    with open_house() as house:
        reason = lift(parse(address), because, house)
        answer({"lifted": reason}, f"This address may be mailed again. It was suppressed as {reason}.")


def _erase_one(address: str) -> None:
    with open_house() as house:
        left = erase_address(parse(address), house)
        lines = ["Erased. Nothing is kept but that this address is not to be written to."]
        lines += [f"It still stands in {path}, which is yours to mend." for path in left]
        answer({"erased": True, "still_in": [str(path) for path in left]}, "\n".join(lines))


def _erase_again(keys: Path | None) -> None:
    with open_house():
        done = erase_again(_read(keys) if keys else None)
        answer({"erased": done}, f"Erased {done} again.")


def _read(path: Path) -> Mapping[str, datetime]:
    lines = path.read_text(encoding="utf-8").splitlines()
    try:
        return {key: _moment(at) for key, at in (line.split() for line in lines if line.strip())}
    except ValueError as error:
        problem = f"{path} is not what `newsletter subscriber erased` has told: each line is a key and a moment."
        raise InvalidInput(problem, field="keys") from error


def _moment(text: str) -> datetime:
    found = datetime.fromisoformat(text)
    if found.tzinfo is None:
        raise ValueError(text)
    return found


def register(group: click.Group) -> None:
    for command in (erase, erased, unsuppress):
        group.add_command(command)
