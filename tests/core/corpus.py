"""F-34: what people type, import and attack with. The one parser must say the same of it wherever it stands.

`ACCEPTED` maps what is taken to what is kept; it is a golden file (`UPDATE_GOLDEN=1` writes it anew), so that no
change of the parser, or of a library, takes or refuses another address unnoticed.
"""

import json
from pathlib import Path

GOLDEN = Path(__file__).with_name("data") / "accepted_addresses.json"

L64, L65 = "x" * 64, "x" * 65
LONG_DOMAIN = ".".join(["d" * 60] * 3)

TYPED = [
    *("ann@example.org", "Ann@Example.ORG", " ann@example.org ", "\tann@example.org\r\n"),
    *("ann@example.org\u3000", "ann.marlow@example.org", "ann+news@example.org", "ann+news+more@example.org"),
    *("a@example.org", "a@b.c", "1@example.org", "_@example.org", "ann_marlow@example.org"),
    *("ann-marlow@example.org", "ann-@example.org", "o'brien@example.org"),
    *("customer/department=shipping@example.org", "a%b@example.org", "a!b@example.org", "a=b@example.org"),
    *("a=?b@example.org", "ann@mail.sub.example.org", "ann@xn--strae-oqa.example", "ann@XN--STRAE-OQA.example"),
    *("ann@straße.example", "ann@STRASSE.example", "ann@bücher.example", "ann@BÜCHER.example"),
    *("ann@bu\u0308cher.example", "ann@例え.example", "ann@مثال.example", "ann@пример.example"),
    *("ann@example。org", "ann@\uff45xample.org", "jørgen@example.org", "jo\u0308rgen@example.org"),
    *("用户@例え.example", "иван@example.org", "👍@example.org", "ann@1.example", "ann@a-b.example"),
    "ann@a--b.example",
    *("!#$%&'*+/=?^_`{|}~@example.org", f"{L64}@example.org", "é" * 32 + "@example.org"),
    *(f"ann@{'d' * 63}.example", f"ann@{LONG_DOMAIN}.example.org", f"{'x' * 59}@{LONG_DOMAIN}.example.org"),
    # International twice over: right to left, both forms of one letter, and letters that need no mark.
    *("أحمد@مثال.example", "דוד@example.org", "josé@example.org", "jose\u0301@example.org", "ǅ@example.org"),
    *("\uff21nn@example.org", "ann@ex\uff41mple.org", "ann@EXAMPLE。ORG", "ann@faß.example", "ann@FASS.example"),
    *("ann@σς.example", "ann@ΣΣ.example", "иван@ПРИМЕР.example", "ann@नमस्ते.example"),
    # Nothing, or not all of it.
    *("", " ", "\n", "@", "ann", "ann@", "@example.org", "ann@example", "ann.example.org", "ann@localhost"),
    # Dots.
    *(".ann@example.org", "ann.@example.org", "a..b@example.org", "ann@example..org", "ann@.example.org"),
    *("ann@example.org.", "ann@example.", "ann@.", "ann@..", "."),
    # At signs, lists, names, comments.
    *("a@b@example.org", "ann@@example.org", "@@", "ann@example.org@", "ann@example.org,bo@example.org"),
    *("ann@example.org;bo@example.org", "ann@example.org bo@example.org", "<ann@example.org>", "ann@example.org>"),
    *("Ann <ann@example.org>", '"Ann" <ann@example.org>', "alice@ok<evil@x>", "ann(comment)@example.org"),
    *("ann@example.org(comment)", "(c)ann@example.org", "mailto:ann@example.org", "ann@example.org?subject=x"),
    *("ann:list@example.org", "ann,marlow@example.org", "a;b@example.org", "a[b@example.org", "a\\b@example.org"),
    # Quotes and literals.
    *('"ann"@example.org', '"a b"@example.org', '"x@a.example x"@internal.example', '""@example.org'),
    *('"a\\"b"@example.org', 'a"b@example.org', "ann@[127.0.0.1]", "ann@[IPv6:::1]", "ann@127.0.0.1", "ann@[x]"),
    # White space and controls.
    *("ann marlow@example.org", "ann @example.org", "ann@ example.org", "ann@exam ple.org", "an\tn@example.org"),
    *("ann@example.org\r\nRCPT TO:<x@y.example>", "ann\r\n@example.org", "ann@exa\nmple.org", "a\rb@example.org"),
    *("ann@example.org\r\nBcc: x@y.example", "ann\0@example.org", "ann@example.org\0", "a\x7fb@example.org"),
    *("a\x1bb@example.org", "a\x85b@example.org", "a\u2028b@example.org", "a\u2029b@example.org"),
    *("a\xa0b@example.org", "a\u200bb@example.org", "\u202eann@example.org", "ann@exam\u200dple.org"),
    *("\ufeffann@example.org", "a\u00adb@example.org", "a\ud800b@example.org", "ann@\udc80.example"),
    "\ue000to\ue001@example.org",
    # What some mail program would take for something else.
    *("-ann@example.org", "--help@example.org", "=?utf-8?q?=0ABcc?=@example.org", "a=?us?B?b@example.org"),
    *("%0aBcc:x@example.org", "$(id)@example.org", "<script>@example.org", "ann@example.org/../x"),
    # Domains.
    *("ann@-a.example", "ann@a-.example", "ann@a_b.example", "ann@_a.example", "ann@a!b.example", "ann@a$.org"),
    *("ann@xn--a.example", "ann@xn--.example", "ann@☃.example", "ann@👍.example", "ann@exa%6dple.org"),
    *("ann@example.org:25", "ann@//example.org", "ann@example.org#x", "ann@ann@", "ann@*.example.org"),
    *("ann@sub.local", "ann@sub.invalid", "ann@sub.localhost", "ann@sub.test", "ann@sub.onion", "ann@1.2.3"),
    *("ann@ab--c\u0301.example", "ann@\u0301a.example", "ann@a·b.example.", "ann@example.123"),
    # Length, in octets.
    *(f"{L65}@example.org", "é" * 33 + "@example.org", f"ann@{'d' * 64}.example", "x" * 400 + "@example.org"),
    *(f"{'x' * 60}@{LONG_DOMAIN}.example.org", f"ann@{'d.' * 130}example", "a@" + "b" * 100_000, "@" * 100_000),
    f"ann@{'ü' * 60}.example",
    # International, and not as it should be: leading marks, mixed directions, letters that are none.
    *("\u0301ann@example.org", "ann@\u0645\u062b\u0644a.example", "ann@a\u0660b.example"),
    *("\u2067ann@example.org", "ann@\u2764.example", "ann\u2028@example.org"),
    *("a\u061cnn@example.org", "ann\ufffe@example.org", "ann@xn--0.example", "ann@xn--ls8h.example"),
]  # fmt: skip

ACCEPTED: dict[str, str] = json.loads(GOLDEN.read_text())
REFUSED = [each for each in TYPED if each not in ACCEPTED]
