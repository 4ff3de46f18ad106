"""Templates that operators write: read against a short grammar, rendered in a process of their own.

What an operator may write is Jinja without its powers: values are plain data, nothing can be called, included or
imported, and the list of filters is short (`grammar`). That keeps people out of our process; it does not keep a
template from asking for all the memory there is. So it is rendered by a child that has a little CPU time, a little
memory, no file to write and no environment (`child`), and is ended when it wants more.
"""

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from newsletter.core.errors import TemplateRefused
from newsletter.core.words import said
from newsletter.mail.fields import Field, TakenApart
from newsletter.mail.message import StandIn
from newsletter.mail.sandbox.grammar import check

__all__ = ["check", "render"]

WALL_SECONDS = 10
"""For a child on a machine that has other things to do; of CPU it has `child.CPU_SECONDS`."""

_ANY = ""  # The part of which nobody can say which it was.
_TOO_MUCH = said("it takes too much time or memory; take loops and long repeats out")

_CHILD = Path(__file__).with_name("child.py")


def render(parts: Mapping[str, str], values: Mapping[str, Any]) -> dict[str, str]:
    """Each part's text; those whose name ends in `.html` have their values escaped.

    `values` are what JSON knows, and stand-ins for what differs by recipient: those are printed as holes. A Field
    is told when a part asked whether it is empty; whatever else is asked of one raises TakenApart, of a Hole
    TemplateRefused. Raises TemplateRefused with part and line, also for what wants too much time or memory.
    """
    for name, source in parts.items():
        check(name, source)
    stand_ins: dict[str, StandIn] = {}
    asked = json.dumps({"parts": dict(parts), "values": _as_data(values, stand_ins)})
    answer = _child_answer(asked)
    for name in answer.get("asked", ()):
        _ask(stand_ins[name])
    if "taken_apart" in answer:
        if isinstance(stand_ins[answer["taken_apart"]], Field):
            raise TakenApart
        _ask(stand_ins[answer["taken_apart"]])
    if "refused" in answer:
        raise TemplateRefused(answer["part"], answer["line"], _problem(answer["refused"], answer["words"]))
    texts: dict[str, str] = answer["texts"]
    return texts


def _child_answer(asked: str) -> dict[str, Any]:
    try:
        done = subprocess.run(  # noqa: S603 - our own program, by our own interpreter.
            [sys.executable, "-I", str(_CHILD)],
            input=asked.encode(),
            capture_output=True,
            timeout=WALL_SECONDS,
            check=False,
            cwd="/",
            env={},
        )
        answer: dict[str, Any] = json.loads(done.stdout)
    except (subprocess.TimeoutExpired, ValueError) as error:
        # Ended by its limits, in the middle of whatever it was doing: nobody can say which line that was.
        part = ", ".join(json.loads(asked)["parts"])
        raise TemplateRefused(part, 0, _TOO_MUCH) from error
    return answer


def _problem(refused: str, words: str) -> str:
    """What the child refused, as a sentence; it knows no more than these words itself."""
    if refused == "unknown":
        return said("there is nothing called '%(name)s' here", name=words)
    if refused == "broken":
        return said("it cannot be rendered: %(words)s", words=words)
    return words


def _ask(stand_in: StandIn) -> None:
    """Whether it is empty: a Field notes that it was asked, and the answer decides who gets this rendering."""
    if not isinstance(stand_in, Field):
        problem = said("it asks about '%(name)s', which it can only print", name=stand_in.name)
        raise TemplateRefused(_ANY, 0, problem)
    bool(stand_in)


def _as_data(value: object, stand_ins: dict[str, StandIn]) -> object:
    if isinstance(value, StandIn):
        stand_ins[value.name] = value
        empty = isinstance(value, Field) and value.is_empty
        return {"$stand-in": value.name, "marker": value.marker, "is_empty": empty}
    if isinstance(value, Mapping):
        return {str(key): _as_data(each, stand_ins) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_as_data(each, stand_ins) for each in value]
    return value
