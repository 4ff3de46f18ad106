"""Presses "unsubscribe" as a mail provider does: one POST from a server, without cookies or redirects."""

from urllib.parse import urlsplit

import requests

from newsletter.core.errors import FetchRefused

_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


def press(url: str) -> int:
    """Post the body of RFC 8058 §3.2 and return the HTTP status, or 0 if nobody answered.

    Raises FetchRefused for a URL that leaves this machine: the catcher takes any mail, and a mail must not
    choose whom it talks to.
    """
    try:
        request = requests.Request("POST", url, data={"List-Unsubscribe": "One-Click"}).prepare()
    except requests.RequestException as error:
        problem = "The mail's unsubscribe address is no web address."
        raise FetchRefused(problem) from error
    target = urlsplit(request.url or "")
    if target.scheme not in {"http", "https"} or target.hostname not in _LOOPBACK:
        problem = "The mail's unsubscribe address is not on this machine, so it was not called."
        raise FetchRefused(problem)
    with requests.Session() as session:
        session.trust_env = False
        try:
            return session.send(request, timeout=10, allow_redirects=False).status_code
        except requests.RequestException:
            return 0
