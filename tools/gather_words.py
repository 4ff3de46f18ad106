"""Brings `templates/languages/` up to what is said: `make words`. What is untranslated is listed.

Three areas, by who reads: `mails` and `pages` are for readers, the `console` is for operators. The console falls
back on the words of the pages, so what both say is written once.
"""

import ast
from collections.abc import Iterator, Sequence
from pathlib import Path

from babel import Locale
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).parents[1]
LANGUAGES = ROOT / "templates" / "languages"
KEYWORDS = {"gettext": None, "ngettext": (1, 2)}
FUNCTIONS = {"said": 1, "numbered": 2}
"""Those of `newsletter.core.words`, each with how many sentences it is given."""
JINJA = {"trimmed": "true", "newstyle_gettext": "true", "silent": "false"}

Message = str | tuple[str, ...]

TOLD_TO_READERS = (
    *("addressing", "following", "guarding", "holding", "joining", "preferring", "profile", "proving"),
    *("readdressing", "signing_up"),
)
"""Services of subscriptions whose refusals pages show to readers."""

AREAS = {
    "mails": ("templates/emails", "newsletter/mail/schedules.py"),
    "pages": (
        "templates/pages",
        "templates/embed",
        "templates/errors",
        "newsletter/core/addresses.py",
        "newsletter/web",
        "newsletter/subscriptions/forms.py",
        "newsletter/subscriptions/views",
        "newsletter/editions/views",
        "newsletter/digests/views.py",
        *(f"newsletter/subscriptions/service/{name}.py" for name in TOLD_TO_READERS),
    ),
    "console": ("templates/console", "newsletter"),
}
"""Folders and files of each area. What is within two areas' folders belongs to the first that names it."""


def words(area: str) -> Catalog:
    """All that this area says, in English."""
    said = Catalog(project="newsletter", charset="utf-8")
    for file, message, context in _said(area):
        said.add(message, locations=[(file, 0)], context=context)
    return said


def _said(area: str) -> Iterator[tuple[str, Message, str | None]]:
    before = list(AREAS)[: list(AREAS).index(area)]
    taken = [ROOT / place for earlier in before for place in AREAS[earlier]]
    for place in AREAS[area]:
        for file, message, context in (*_in_templates(ROOT / place), *_in_code(ROOT / place)):
            if not any(file.is_relative_to(each) for each in taken):
                yield str(file.relative_to(ROOT)), message, context


def _in_templates(place: Path) -> Iterator[tuple[Path, Message, str | None]]:
    methods = [("**.html", "jinja2.ext:babel_extract"), ("**.txt", "jinja2.ext:babel_extract")]
    methods.append(("**.xml", "jinja2.ext:babel_extract"))
    options = {pattern: JINJA for pattern, _ in methods}
    if place.is_dir():
        found = extract_from_dir(place, methods, options, KEYWORDS, directory_filter=lambda _: True)
        for file, _, message, _, context in found:
            yield place / file, message, context


def _in_code(place: Path) -> Iterator[tuple[Path, Message, str | None]]:
    for file in sorted(place.rglob("*.py")) if place.is_dir() else [place]:
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in FUNCTIONS:
                sentences = tuple(_literal(each, file) for each in node.args[: FUNCTIONS[node.func.id]])
                yield file, sentences if len(sentences) > 1 else sentences[0], None


def _literal(node: ast.expr, file: Path) -> str:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    message = f"{file}:{node.lineno}: a sentence is a literal, or nobody finds it to translate it"
    raise SystemExit(message)


def main() -> None:
    """Write each catalogue anew; a translation of words that are gone is dropped."""
    for area in AREAS:
        said = words(area)
        for path in sorted((LANGUAGES / area).glob("*.po")):
            with path.open("rb") as file:
                known = read_po(file, locale=path.stem)
            known.update(said, no_fuzzy_matching=True)
            known.obsolete.clear()
            save(known, path)
            for missing in (each.id for each in known if each.id and not all(_strings(each.string))):
                print(f"{area}/{path.name}: {missing!r} has no translation")


def save(catalogue: Catalog, path: Path) -> None:
    """With a header that says what is needed and no more, so that it changes with the words alone."""
    name = Locale.parse(path.stem).english_name
    with path.open("wb") as file:
        file.write(
            f"# The words of the {path.parent.name} in {name}; `make words` brings them up to what is said.\n"
            'msgid ""\nmsgstr ""\n'
            f'"Language: {path.stem}\\n"\n"Plural-Forms: {catalogue.plural_forms}\\n"\n'
            '"Content-Type: text/plain; charset=utf-8\\n"\n"Content-Transfer-Encoding: 8bit\\n"\n\n'.encode()
        )
        write_po(file, catalogue, width=100, sort_output=True, include_lineno=False, omit_header=True)


def _strings(string: str | Sequence[str] | None) -> Sequence[str]:
    return (string or "",) if isinstance(string, str | None) else string


if __name__ == "__main__":
    main()
