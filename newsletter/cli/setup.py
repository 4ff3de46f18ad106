"""`newsletter init`: from nothing to an installation that can start."""

import secrets
from pathlib import Path

import click
from sqlalchemy.engine import make_url

from newsletter import schema
from newsletter.base import create_base
from newsletter.cli.output import Command, answer, open_house
from newsletter.core.errors import SettingsError
from newsletter.core.settings import Settings, from_environment
from newsletter.delivery.service import adopt as adopt_database
from newsletter.operators.policy import Role
from newsletter.operators.queries import operators
from newsletter.operators.service import Post, add_operator

_ENV = """\
# Written by `newsletter init`; .env.example says what each setting is for, and which others there are.
NEWSLETTER_SECRET_KEYS={key}
NEWSLETTER_PEPPER={pepper}
# Mail goes into this folder until you name your mail server: smtp://USER:PASSWORD@HOST:587?tls=starttls
NEWSLETTER_BACKENDS=maildir:var/mail
"""


@click.command(cls=Command)
@click.option("--owner", default="", metavar="EMAIL", help="Let this person in as the first owner of the console.")
def init(owner: str) -> None:
    """Write .env with fresh secrets if there is none, and make or upgrade the database."""
    wrote = _write_env(Path(".env"))
    settings = from_environment()
    prepare_database(settings)
    lines = ["Wrote .env with fresh secrets."] if wrote else []
    lines.append("The database is ready. Next: newsletter newsletter add --help")
    link = _first_owner(owner)
    if link:
        lines.append(f"The console, by a link that works once, within 24 hours:\n\n    {link}\n")
    elif not owner:
        lines.append("The console: newsletter operator add EMAIL --role owner")
    answer({"wrote_env": wrote, "database": "ready", "link": link or None}, "\n".join(lines))


@click.command(cls=Command)
@click.confirmation_option(prompt="Will the original of this database never send again?")
def adopt() -> None:
    """Let a restored or copied database send from here; the original must never send again."""
    with open_house():
        adopt_database()
    answer({"adopted": True}, "This database sends from here now.")


def _first_owner(address: str) -> str:
    """The link of the first owner; "" when none is wanted, or there are operators already."""
    with open_house() as house:
        if not address or operators():
            return ""
        return add_operator((address, ""), Post(Role.OWNER), None, house)[1]


def prepare_database(settings: Settings) -> None:
    """Make the database, or bring it to the newest schema."""
    if settings.is_sqlite:
        Path(str(make_url(settings.database_url).database)).parent.mkdir(parents=True, exist_ok=True)
    with create_base(settings).app_context():
        schema.upgrade()


def _write_env(path: Path) -> bool:
    try:
        from_environment()
    except SettingsError:
        if path.exists():
            raise
        text = _ENV.format(key=secrets.token_urlsafe(32), pepper=secrets.token_urlsafe(32))
        path.touch(mode=0o600)
        path.write_text(text, encoding="utf-8")
        return True
    return False


def register(group: click.Group) -> None:
    group.add_command(init)
    group.add_command(adopt)
