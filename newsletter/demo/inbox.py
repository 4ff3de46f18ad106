"""The catcher's inbox as a web page: what came, newest first, and each message as its reader sees it."""

from http import HTTPStatus

from flask import Flask, Response, abort, jsonify, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from newsletter.core.errors import FetchRefused
from newsletter.demo import reading
from newsletter.demo.mailstore import Caught, MailStore
from newsletter.demo.oneclick import press

PAGE = 25
"""Messages on one page of the list."""

REFRESH = 5
"""Seconds after which the list loads itself again."""

SHOWN_HEADERS = (
    "From",
    "To",
    "Subject",
    "Date",
    "Message-ID",
    "Reply-To",
    "List-Id",
    "List-Unsubscribe",
    "List-Unsubscribe-Post",
    "Feedback-ID",
    "Auto-Submitted",
)

_PAGE_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; frame-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
# A mail may show pictures from this machine and nothing else: no script, no form, no word to the outside.
_MAIL_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data: http://127.0.0.1:* http://localhost:*; "
    "form-action 'none'; base-uri 'none'; frame-ancestors 'self'; "
    "sandbox allow-popups allow-popups-to-escape-sandbox"
)


def make_app(store: MailStore) -> Flask:
    """The inbox as a Flask app."""
    app = Flask(__name__)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.filters["read"] = lambda caught: reading.read(caught.raw)

    @app.before_request
    def _own_forms_only() -> None:
        origin = request.headers.get("Origin")
        if request.method == "POST" and origin not in {None, request.host_url.rstrip("/")}:
            abort(HTTPStatus.FORBIDDEN)

    @app.after_request
    def _guard(response: Response) -> Response:
        response.headers.setdefault("Content-Security-Policy", _PAGE_POLICY)
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Referrer-Policy"] = "same-origin"
        response.headers.setdefault("Cache-Control", "no-store")
        return response

    _add_pages(app, store)
    _add_message(app, store)
    _add_api(app, store)
    return app


def _add_pages(app: Flask, store: MailStore) -> None:
    @app.get("/")
    def messages() -> str:
        search = request.args.get("to", "").strip()[:254]
        matching = store.count_matching(search)
        pages = max(1, -(-matching // PAGE))
        page = min(max(request.args.get("page", 1, type=int), 1), pages)
        return render_template(
            "inbox/list.html",
            caught=store.page(search, start=(page - 1) * PAGE, size=PAGE),
            count=store.count(),
            matching=matching,
            search=search,
            place=(page, pages),
            refresh=None if request.args.get("refresh") == "off" else REFRESH,
        )

    @app.errorhandler(404)
    def not_found(_error: Exception) -> tuple[str, int]:
        return render_template("inbox/not_found.html"), HTTPStatus.NOT_FOUND


def _add_message(app: Flask, store: MailStore) -> None:
    def found(number: int) -> Caught:
        return store.find(number) or abort(404)

    @app.get("/messages/<int(max=2147483647):number>")
    def message(number: int) -> str:
        caught = found(number)
        mail = reading.read(caught.raw)
        view = request.args.get("view", "html" if mail.html is not None else "text")
        return render_template(
            "inbox/message.html",
            caught=caught,
            mail=mail,
            headers=[(name, mail.header(name)) for name in SHOWN_HEADERS if mail.header(name)],
            view=view if view in {"html", "phone", "text", "source"} else "text",
            answer=request.args.get("answer", type=int),
            source=caught.raw.decode("utf-8", "replace"),
        )

    @app.get("/messages/<int(max=2147483647):number>/html")
    def html(number: int) -> Response:
        body = reading.read(found(number).raw).html or ""
        response = Response(reading.for_frame(body), content_type="text/html; charset=utf-8")
        response.headers["Content-Security-Policy"] = _MAIL_POLICY
        return response

    @app.post("/messages/<int(max=2147483647):number>/unsubscribe")
    def unsubscribe(number: int) -> AnyResponse:
        target = reading.read(found(number).raw).one_click or abort(404)
        try:
            answer = press(target)
        except FetchRefused as refusal:
            page = render_template("inbox/refused.html", problem=str(refusal), number=number)
            return Response(page, HTTPStatus.FORBIDDEN)
        return redirect(url_for("message", number=number, answer=answer), HTTPStatus.SEE_OTHER)


def _add_api(app: Flask, store: MailStore) -> None:
    @app.get("/api/messages")
    def api_messages() -> Response:
        after = min(max(request.args.get("after", 0, type=int), 0), 2**31)
        return jsonify([_as_json(caught) for caught in store.messages(request.args.get("to"), after)])

    @app.get("/api/count")
    def api_count() -> Response:
        return jsonify(count=store.count(), distinct=store.count_distinct())


def _as_json(caught: Caught) -> dict[str, object]:
    mail = reading.read(caught.raw)
    return {
        "id": caught.id,
        "received_at": caught.received_at.isoformat(),
        "sender": caught.sender,
        "recipient": caught.recipient,
        "message_id": caught.message_id,
        "subject": mail.subject,
        "text": mail.text,
    }
