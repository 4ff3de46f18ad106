"""Style sheet, icon and script, served by whitenoise in front of Flask.

The address of each file holds a hash of its content, so a browser may keep it for ever and never shows an
old one; the bare name is served to nobody.
"""

import hashlib
from pathlib import Path
from urllib.parse import urlsplit
from wsgiref.headers import Headers

from flask import Flask
from whitenoise import WhiteNoise

from newsletter.web import current

FOLDER = Path(__file__).parent / "static"
PREFIX = "/static/"


def register(app: Flask) -> None:
    """Put whitenoise in front of the app, and give templates `static_url('style.css')`."""
    files = {path.name: path for path in sorted(FOLDER.iterdir())}
    addresses = {name: PREFIX + _hashed_name(path) for name, path in files.items()}
    server = WhiteNoise(
        app.wsgi_app,
        allow_all_origins=False,
        immutable_file_test=lambda _path, _url: True,
        add_headers_function=_add_headers,
    )
    for name, path in files.items():
        server.add_file_to_dictionary(addresses[name], str(path))
    app.wsgi_app = server  # type: ignore[method-assign]

    def static_url(name: str) -> str:
        return urlsplit(current.settings().base_url).path + addresses[name]

    app.jinja_env.globals["static_url"] = static_url


def _hashed_name(path: Path) -> str:
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return f"{path.stem}.{digest[:12]}{path.suffix}"


def _add_headers(headers: Headers, _path: str, _url: str) -> None:
    headers["Content-Security-Policy"] = "default-src 'none'; frame-ancestors 'none'"
    headers["X-Content-Type-Options"] = "nosniff"
    # Webmail that shows a mail of ours may show its pictures.
    headers["Cross-Origin-Resource-Policy"] = "cross-origin"
