"""Pictures of ours, under names that are hashes of what they hold, so that they may be kept for ever."""

from flask import Flask, Response, request

from newsletter.core.errors import NotFound
from newsletter.web.current import house


def register(app: Flask) -> None:
    app.add_url_rule("/images/<name>", endpoint="images", view_func=image)


def image(name: str) -> Response:
    """Raises NotFound."""
    path = house().images.find(name)
    if path is None:
        raise NotFound(kind="picture", name=name)
    kind = "image/png" if path.suffix == ".png" else "image/jpeg"
    answer = Response(path.read_bytes(), mimetype=kind)
    answer.set_etag(path.stem)
    answer.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    answer.headers["Content-Security-Policy"] = "default-src 'none'; frame-ancestors 'none'"
    # Webmail that shows a mail of ours may show its pictures.
    answer.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    answer.make_conditional(request)
    return answer
