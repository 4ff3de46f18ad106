"""What a browser does with a challenge, and what somebody else might."""

import base64
import hashlib
import json
from collections.abc import Mapping
from typing import Any


def solved(challenge: Mapping[str, Any], /, **altered: object) -> str:
    """The proof that a browser makes of it; `altered` are parts that somebody changed afterwards."""
    number = next(
        each
        for each in range(challenge["maxnumber"] + 1)
        if hashlib.sha256(f"{challenge['salt']}{each}".encode()).hexdigest() == challenge["challenge"]
    )
    parts = {name: challenge[name] for name in ("algorithm", "challenge", "salt", "signature")}
    return payload({**parts, "number": number, **altered})


def payload(parts: object) -> str:
    return base64.b64encode(json.dumps(parts).encode()).decode()


def parts_of(text: str) -> dict[str, Any]:
    parts: dict[str, Any] = json.loads(base64.b64decode(text))
    return parts
