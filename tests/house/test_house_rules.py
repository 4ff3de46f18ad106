"""The rules of the house that no linter knows."""

import ast
import re
import subprocess
from pathlib import Path

import pytest

from newsletter.core import errors
from newsletter.schema import FEATURES
from newsletter.web.errors import answer_to

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "newsletter"
LONGEST_FILE, LONGEST_TEST_FILE, LONGEST_FUNCTION = 400, 300, 40
BINS = {"utils", "helpers", "common", "manager", "misc"}


def tracked(*patterns: str) -> list[Path]:
    """The files under version control, so that what lies about locally does not count."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", *patterns],  # noqa: S607 - whichever git there is.
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return [ROOT / name for name in listed.stdout.splitlines() if (ROOT / name).is_file()]


MODULES = tracked("newsletter/**/*.py", "newsletter/*.py")
TESTS = tracked("tests/**/*.py")


def test_there_is_something_to_check() -> None:
    assert len(MODULES) > 60
    assert len(TESTS) > 20


def test_no_module_is_too_long() -> None:
    long = {path.name: lines for path in MODULES if (lines := len(path.read_text().splitlines())) > LONGEST_FILE}

    assert long == {}


def test_no_test_file_is_too_long() -> None:
    long = {
        path.name: lines for path in TESTS if (lines := len(path.read_text().splitlines())) > LONGEST_TEST_FILE
    }

    assert long == {}


def test_no_function_is_too_long() -> None:
    long = [
        f"{path.name}:{node.name}"
        for path in MODULES
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.end_lineno is not None
        and node.end_lineno - node.lineno >= LONGEST_FUNCTION
    ]

    assert long == []


def test_no_module_is_a_bin() -> None:
    assert [path for path in MODULES if path.stem in BINS or path.parent.name in BINS] == []


def test_every_module_says_what_it_is_for() -> None:
    silent = [path for path in MODULES if not ast.get_docstring(ast.parse(path.read_text()))]

    assert silent == []


def test_every_mail_has_exactly_three_files() -> None:
    folders = [path for path in (ROOT / "templates/emails").iterdir() if path.is_dir() and path.name != "_base"]

    assert {path.name for path in folders} >= {"confirmation", "welcome", "goodbye", "digest"}
    for folder in folders:
        assert {path.name for path in folder.iterdir()} == {"subject.txt", "body.txt", "body.html"}


def test_every_model_module_is_known_to_the_schema() -> None:
    known = {Path(str(module.__file__)) for module in FEATURES}

    assert {*PACKAGE.glob("*/models.py"), *PACKAGE.glob("*/models/__init__.py")} == known


@pytest.mark.parametrize(
    "error",
    [
        kind
        for kind in vars(errors).values()
        if isinstance(kind, type)
        and issubclass(kind, errors.NewsletterError)
        and kind is not errors.NewsletterError
    ],
)
def test_every_error_has_an_answer(error: type[errors.NewsletterError]) -> None:
    assert answer_to(error.__new__(error)).status >= 400


def test_every_error_stands_in_the_drawing_of_the_tree() -> None:
    drawing = errors.__doc__ or ""
    names = {name for name, kind in vars(errors).items() if isinstance(kind, type)}

    assert {name for name in names if not re.search(rf"\b{name}\b", drawing)} == set()


def test_tests_never_patch() -> None:
    patching = [
        path.name
        for path in TESTS
        if re.search(r"\b(?:monkey" + r"patch|unittest\.mo" + r"ck|mo" + r"cker)\b", path.read_text())
    ]

    assert patching == []


def test_lock_files_name_no_host_and_every_package_has_hashes() -> None:
    for lock in (ROOT / "requirements").glob("*.lock"):
        text = lock.read_text()
        assert "://" not in text
        packages = re.findall(r"^[a-z0-9][\w.-]*(?:\[[\w,-]+\])?==", text, re.MULTILINE)
        assert len(packages) > 30
        assert text.count("--hash=sha256:") >= len(packages)


def test_no_machine_path_or_real_address_is_in_any_file() -> None:
    wrong = [
        path.relative_to(ROOT)
        for path in tracked()
        if path.suffix in {".py", ".md", ".html", ".txt", ".toml", ".yaml", ".example", ".css"}
        and path.name != Path(__file__).name
        and re.search(r"/(?:home|Users|root|work)/\w", path.read_text(errors="ignore"))
    ]

    assert wrong == []


def test_top_level_is_as_the_design_has_it() -> None:
    for name in (
        "pyproject.toml",
        "wsgi.py",
        "newsletter",
        "templates/emails",
        "migrations",
        "tests",
        ".env.example",
    ):
        assert (ROOT / name).exists()
