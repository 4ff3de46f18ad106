"""The process in which operators' templates are rendered; run by file, it knows nothing of this service.

It reads one question as JSON from standard input and writes one answer: `texts`, or why they were `refused`, in
which `part` and `line`; and the stand-ins of which it was `asked` whether they are empty. What is refused is
`unknown`, and `words` are the name; or `against` Jinja's rules or `broken`, and `words` are those of the error.
"""

import json
import resource
import sys
from typing import Any, NoReturn

from jinja2 import StrictUndefined, TemplateError, UndefinedError
from jinja2.runtime import LoopContext
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup

CPU_SECONDS = 2
MEMORY = 256 * 1024 * 1024
LONGEST_OUTPUT = 1_000_000
"""Characters of all parts; ten times what a mail may have."""

LONGEST_WORDS = 300
"""Characters of what an error says."""

_OF_LOOP = frozenset({"first", "index", "index0", "last", "length", "revindex", "revindex0"})


class StandIn:
    """Prints as a hole and says whether the value behind it is empty; there is nothing else to it."""

    def __init__(self, told: dict[str, Any], asked: set[str]) -> None:
        self._name, self._marker, self._is_empty = told["$stand-in"], told["marker"], told["is_empty"]
        self._asked = asked

    @property
    def printed(self) -> Markup:
        """The hole, as no filter sees it."""
        return Markup(self._marker)  # noqa: S704 - private-use characters and a name of ours.

    def __bool__(self) -> bool:
        self._asked.add(self._name)
        return not self._is_empty

    def _take_apart(self, *_args: object) -> NoReturn:
        raise TakenApart(self._name)

    __str__ = __html__ = __eq__ = __ne__ = __lt__ = __gt__ = __len__ = __iter__ = _take_apart
    __getitem__ = __contains__ = __hash__ = _take_apart


class TakenApart(Exception):
    """A part wants to know what a recipient's value is made of."""


class Unknown(StrictUndefined):
    """A name that stands for nothing here."""

    @property
    def _undefined_message(self) -> str:
        return str(self._undefined_name)[:80]


class Templates(ImmutableSandboxedEnvironment):
    """Knows data alone: a dot reads an entry, never an attribute."""

    def getattr(self, obj: Any, attribute: str) -> Any:  # noqa: ANN401 - as in Jinja.
        if isinstance(obj, dict) and attribute in obj:
            return obj[attribute]
        if isinstance(obj, LoopContext) and attribute in _OF_LOOP:
            return getattr(obj, attribute)
        return self.undefined(obj=obj, name=attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:  # noqa: ANN401 - as in Jinja.
        try:
            return (
                obj[argument]
                if isinstance(obj, dict | list | str | StandIn)
                else self.undefined(obj=obj, name=argument)
            )
        except (LookupError, TypeError):
            return self.undefined(obj=obj, name=argument)


def answer(question: dict[str, Any]) -> dict[str, Any]:
    """As the top says."""
    asked: set[str] = set()
    values = _revived(question["values"], asked)
    texts: dict[str, str] = {}
    for part, source in question["parts"].items():
        try:
            texts[part] = _rendered(source, values, is_html=part.endswith(".html"))
        except TakenApart as error:
            return {"taken_apart": str(error), "asked": sorted(asked)}
        except TemplateError as error:
            refused = "unknown" if isinstance(error, UndefinedError) else "against"
            return _refused(refused, str(error), part, error) | {"asked": sorted(asked)}
        except (AssertionError, MemoryError, RecursionError, OverflowError, TypeError, ValueError) as error:
            # Jinja asserts what its filters are given: `truncate(2)` is shorter than the dots at its end.
            words = f"{type(error).__name__} {error}"
            return _refused("broken", words, part, error) | {"asked": sorted(asked)}
    return {"texts": texts, "asked": sorted(asked)}


def _refused(why: str, words: str, part: str, error: Exception) -> dict[str, Any]:
    return {"refused": why, "words": words[:LONGEST_WORDS], "part": part, "line": _line(error)}


def _rendered(source: str, values: dict[str, Any], *, is_html: bool) -> str:
    templates = Templates(autoescape=is_html, undefined=Unknown, finalize=_as_printed)
    templates.globals.clear()
    parts, length = [], 0
    for piece in templates.from_string(source).generate(values):
        length += len(piece)
        if length > LONGEST_OUTPUT:
            raise MemoryError(f"over {LONGEST_OUTPUT:,} characters")  # noqa: EM102, TRY003 - read by `answer` alone.
        parts.append(piece)
    return "".join(parts)


def _as_printed(value: object) -> object:
    return value.printed if isinstance(value, StandIn) else value


def _revived(value: Any, asked: set[str]) -> Any:  # noqa: ANN401 - what JSON knows.
    if isinstance(value, dict):
        return StandIn(value, asked) if "$stand-in" in value else {k: _revived(v, asked) for k, v in value.items()}
    return [_revived(each, asked) for each in value] if isinstance(value, list) else value


def _line(error: BaseException) -> int:
    """The last line of a template that the error came through; 0 when there is none."""
    line, frame = 0, error.__traceback__
    while frame:
        if frame.tb_frame.f_code.co_filename == "<template>":
            line = frame.tb_lineno
        frame = frame.tb_next
    return line


def main() -> None:
    """Limits first, so that nothing of the question is read without them."""
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    question = json.load(sys.stdin)
    sys.stdout.write(json.dumps(answer(question)))


if __name__ == "__main__":
    main()
