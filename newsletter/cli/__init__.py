"""The `newsletter` command: one file per noun; each command also speaks JSON with `--json`."""

import sys
from collections.abc import Sequence
from importlib import import_module

import click
from flask import Flask
from sqlalchemy.exc import OperationalError

from newsletter.cli.output import Group
from newsletter.core.errors import NewsletterError, SettingsError
from newsletter.core.logs import logger, redacted

log = logger(__name__)


_COMMANDS = {
    "setup": ("init", "adopt"),
    "running": ("run", "web", "worker", "beat"),
    "newsletters": ("newsletter",),
    "sources": ("source",),
    "authors": ("author",),
    "subscribers": ("subscriber",),
    "retention": ("retention",),
    "digests": ("digest",),
    "editions": ("edition", "deliver"),
    "templates": ("template",),
    "operators": ("operator",),
    "dkim": ("dkim",),
    "demo": ("demo",),
    "bench": ("bench",),
}
_FILES = {command: name for name, commands in _COMMANDS.items() for command in commands}
"""Where each command is. A file is loaded once somebody asks for it: a worker needs one, and takes less memory."""


class _Root(Group):
    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's own signature.
        return sorted(_FILES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name in _FILES and cmd_name not in self.commands:
            import_module(f"newsletter.cli.{_FILES[cmd_name]}").register(self)
        return super().get_command(ctx, cmd_name)


@click.group(cls=_Root, name="newsletter")
@click.version_option(package_name="newsletter")
def root() -> None:
    """A newsletter and subscription service for publishers."""


def main(arguments: Sequence[str] | None = None, app: Flask | None = None) -> None:  # noqa: C901 - one line an end.
    """Entry point: what can be mended is told in one sentence, never as a stack trace; None takes `sys.argv`.

    `app` is that of the process from which this one was forked, if it was.
    """
    try:
        root.main(arguments, prog_name="newsletter", standalone_mode=False, obj=app)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except click.Abort:
        sys.exit(130)
    except click.exceptions.Exit as ended:
        sys.exit(ended.exit_code)
    except SettingsError as error:
        _fail(str(error), 2)
    except NewsletterError as error:
        _fail(str(error), 1)
    except OperationalError as error:
        _fail(f"The database does not answer: {redacted(str(error.orig)).splitlines()[0]}", 1)
    except OSError as error:
        _fail(str(error), 1)
    except Exception as error:
        # A mistake of ours: the trace goes to the log of whoever wants it, not to whoever typed a command.
        log.debug("command failed", exc_info=error)
        _fail(f"a mistake of ours, {type(error).__name__}: {error}. NEWSLETTER_LOG_LEVEL=DEBUG shows more.", 70)


def _fail(sentence: str, code: int) -> None:
    click.echo(f"newsletter: {sentence}", err=True)
    sys.exit(code)
