"""Structured logs: one event per line, addresses masked, tokens never shown.

Whatever a caller or a library logs passes `_redact` last, so that a careless line cannot leak: addresses keep
their first letter and domain, the token of a link path becomes `…`.
"""

import logging
import re
import sys
from collections.abc import Mapping, MutableMapping
from typing import Any

# Where rich is installed, structlog loads it to draw traces with: eight megabytes in each process for what nobody
# asks of it here. A name that is None in this table cannot be imported.
_LEFT_OUT = "rich" not in sys.modules
if _LEFT_OUT:
    sys.modules["rich"] = None  # type: ignore[assignment]
import structlog  # noqa: E402 - see above.

if _LEFT_OUT:
    del sys.modules["rich"]

from newsletter.core.addresses import masked  # noqa: E402 - as above.

# Each begins only where a run of letters begins, so that a long line costs one look at each letter.
_ADDRESS = re.compile(r"(?<![^\s<>\"@,;:()\[\]…])[^\s<>\"@,;:()\[\]…]+(?:@|%40)[^\s<>\"'@,;:/()\[\]&]+")
_LOGIN = re.compile(r"(://)[^\s/]+@")
_LINKS = "account|confirm|email-change|never|still|unsubscribe|preferences|console(?:/|%2F)welcome"
_TOKEN_PATH = re.compile(rf"((?:/|%2F)(?:{_LINKS})(?:/|%2F))[^\s?#&\"']+", re.IGNORECASE)
_TOKEN = re.compile(r"(?<![\w-])[\w-]{8,}\.[\w-]{6}\.[\w-]{43}", re.ASCII)
"""What a signed string looks like wherever it stands: payload, moment, SHA-256."""
_SECRET_FIELDS = frozenset({"token", "password", "secret", "key", "authorization"})

EventDict = MutableMapping[str, Any]


def redacted(text: str) -> str:
    """The text with each address masked and the token of each link path taken out."""
    clean = without_tokens(_LOGIN.sub(r"\1…@", text))
    return _ADDRESS.sub(lambda found: masked(re.sub("%40", "@", found.group())), clean)


def without_tokens(text: str) -> str:
    """The text without what opens somebody's page, wherever it stands."""
    return _TOKEN.sub("…", _TOKEN_PATH.sub(r"\1…", text))


def configure(*, level: str, as_json: bool) -> None:
    """Send the logs of this process to standard error; calling it again replaces the former choice."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        _redact,
    ]
    renderer: Any = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if as_json
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    # Both repeat at length what our own lines say.
    logging.getLogger("alembic").setLevel(logging.WARNING)
    logging.getLogger("waitress").setLevel(logging.ERROR)
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )


def logger(name: str) -> structlog.stdlib.BoundLogger:
    """The logger of a module; events are nouns with a past verb (`edition sent`), facts are fields."""
    bound: structlog.stdlib.BoundLogger = structlog.stdlib.get_logger(name)
    return bound


def _redact(_logger: object, _method: str, event: EventDict) -> EventDict:
    for field, value in event.items():
        # What structlog keeps for itself beside a library's line is taken away before anything is printed.
        if not field.startswith("_"):
            event[field] = "…" if field in _SECRET_FIELDS else _clean(value)
    return event


def _clean(value: object) -> object:
    """The value without addresses and tokens, whatever it is made of."""
    match value:
        case bool() | int() | float() | None:
            return value
        case Mapping():
            return {
                redacted(str(name)): "…" if name in _SECRET_FIELDS else _clean(part)
                for name, part in value.items()
            }
        case list() | tuple() | set() | frozenset():
            return [_clean(part) for part in value]
        case _:
            return redacted(str(value))
