"""Brings `templates/languages/*.po` up to the words of the mails: `make words`. What is untranslated is listed."""

from collections.abc import Sequence
from pathlib import Path

from babel import Locale
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

TEMPLATES = Path(__file__).parents[1] / "templates"
KEYWORDS = {"_": None, "gettext": None, "ngettext": (1, 2)}
METHODS = [("emails/**.html", "jinja2.ext:babel_extract"), ("emails/**.txt", "jinja2.ext:babel_extract")]
OPTIONS = {pattern: {"trimmed": "true", "newstyle_gettext": "true", "silent": "false"} for pattern, _ in METHODS}


def words() -> Catalog:
    """All that the templates of the mails say, in English."""
    said = Catalog(project="newsletter", charset="utf-8")
    found = extract_from_dir(TEMPLATES, METHODS, OPTIONS, KEYWORDS, directory_filter=lambda _: True)
    for file, _, message, _, context in found:
        said.add(message, locations=[(file, 0)], context=context)
    return said


def main() -> None:
    """Write each catalogue anew; a translation of words that are gone is dropped."""
    said = words()
    for path in sorted((TEMPLATES / "languages").glob("*.po")):
        with path.open("rb") as file:
            known = read_po(file, locale=path.stem)
        known.update(said, no_fuzzy_matching=True)
        known.obsolete.clear()
        save(known, path)
        for missing in (each.id for each in known if each.id and not all(_strings(each.string))):
            print(f"{path.name}: {missing!r} has no translation")


def save(catalogue: Catalog, path: Path) -> None:
    """With a header that says what is needed and no more, so that it changes with the words alone."""
    name = Locale.parse(path.stem).english_name
    with path.open("wb") as file:
        file.write(
            f"# The fixed words of the mails in {name}; `make words` brings them up to the templates.\n"
            'msgid ""\nmsgstr ""\n'
            f'"Language: {path.stem}\\n"\n"Plural-Forms: {catalogue.plural_forms}\\n"\n'
            '"Content-Type: text/plain; charset=utf-8\\n"\n"Content-Transfer-Encoding: 8bit\\n"\n\n'.encode()
        )
        write_po(file, catalogue, width=100, sort_output=True, include_lineno=False, omit_header=True)


def _strings(string: str | Sequence[str] | None) -> Sequence[str]:
    return (string or "",) if isinstance(string, str | None) else string


if __name__ == "__main__":
    main()
