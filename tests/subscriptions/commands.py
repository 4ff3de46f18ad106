"""Commands on the database of a test, in a process of their own whose end closes what they have opened."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from newsletter.core.settings import Settings
from tests.conftest import SECRETS

ROOT = Path(__file__).parents[2]

# One process for all, because the start costs more than the command.
_EACH = """
import json, sys
from newsletter.cli import root
ends = []
for words in json.load(sys.stdin):
    try:
        root.main(words, standalone_mode=False)
        ends.append("")
    except Exception as error:
        ends.append(type(error).__name__)
json.dump(ends, sys.stderr)
"""


def ran(settings: Settings, *words: str) -> str:
    """What the command says."""
    ended = _python(settings, "-m", "newsletter", *words)
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


def ends_of(settings: Settings, commands: Sequence[Sequence[str]]) -> list[str]:
    """How each of the commands ends: the name of its error, or "" without one."""
    ended = _python(settings, "-c", _EACH, said=json.dumps(commands))
    found: list[str] = json.loads(ended.stderr)
    return found


def _python(settings: Settings, *words: str, said: str = "") -> subprocess.CompletedProcess[str]:
    outside = {name: value for name, value in os.environ.items() if not name.startswith("NEWSLETTER_")}
    chosen = {
        **SECRETS,
        "NEWSLETTER_DATABASE_URL": settings.database_url,
        "NEWSLETTER_SPOOL": str(settings.spool),
        "PYTHONPATH": str(ROOT),
    }
    return subprocess.run(
        [sys.executable, *words],
        cwd=settings.spool.parent, env=outside | chosen, input=said,
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
