"""States, kinds and reasons as pages call them: what is stored stays as it is, the language is the operator's."""

from flask import Flask

from newsletter.core.words import said

_NAMES: dict[str, str] = {
    each: each
    for each in (
        # Subscriptions, and how they end.
        *(said("pending"), said("confirmed"), said("paused"), said("unsubscribed")),
        *(said("never write"), said("complaint"), said("bounced"), said("inactive"), said("imported")),
        said("operator"),
        # Cadences.
        *(said("each"), said("daily"), said("weekly"), said("monthly")),
        # Suppressions.
        *(said("hard bounce"), said("erased"), said("manual"), said("suppressed")),
        # Files and imports, and what becomes of people in them.
        *(said("looking"), said("shown"), said("taking"), said("taken"), said("failed")),
        *(said("running"), said("done"), said("undoing"), said("undone")),
        said("an unknown service"),
        *(said("active"), said("complained"), said("rejected"), said("repeated")),
        *(said("stays pending"), said("stays confirmed"), said("stays paused"), said("stays unsubscribed")),
        *(said("suppressed: hard bounce"), said("suppressed: complaint")),
        *(
            said("left out: hard bounce here"),
            said("left out: complaint here"),
            said("left out: never write here"),
        ),
        *(said("left out: erased here"), said("left out: manual here")),
        # What a column of a file holds.
        *(said("email"), said("name"), said("first name"), said("last name"), said("status")),
        said("status on the list"),
        *(said("subscribed (yes or no)"), said("blocked (yes or no)")),
        *(said("signed up at"), said("confirmed at"), said("unsubscribed at"), said("bounced at")),
        *(said("cadence"), said("topics"), said("language"), said("time zone"), said("hour of the day")),
        # What the story of a subscriber tells, and the facts about it.
        *(said("requested"), said("withdrawn"), said("unsuppressed"), said("moved")),
        *(said("mail: edition"), said("mail: confirmation"), said("mail: welcome"), said("mail: reminder")),
        *(said("mail: fresh link"), said("mail: goodbye"), said("mail: still there")),
        *(said("mail: address change"), said("mail: address changed")),
        *(said("newsletter"), said("by"), said("form"), said("on page"), said("from"), said("with")),
        *(said("by link of edition"), said("nonce"), said("asked by mail"), said("told")),
        *(said("privacy notice"), said("in language"), said("note")),
        *(said("link"), said("one-click"), said("reminder"), said("change"), said("preferences")),
        *(said("still-there"), said("email-change"), said("command")),
        *(said("mailing"), said("state"), said("at server"), said("via")),
        # Deliveries.
        *(said("queued"), said("leased"), said("deferred"), said("accepted"), said("unknown"), said("skipped")),
        said("cancelled"),
        # Editions, and what became of them.
        *(said("draft"), said("scheduled"), said("held"), said("sending"), said("sent")),
        *(said("joined"), said("left")),
        # Acts on many.
        *(said("suppress"), said("unsubscribe")),
        # Mailings.
        *(said("edition"), said("confirmation"), said("welcome"), said("goodbye"), said("fresh link")),
        *(
            said("still there"),
            said("address change"),
            said("address changed"),
            said("trial"),
            said("alarm"),
            said("watch"),
        ),
        # Why deliveries were not accepted.
        *(said("address"), said("mailbox"), said("sender"), said("not now"), said("expired")),
        *(said("unable"), said("again"), said("nothing for them")),
        # Roles.
        *(said("viewer"), said("editor"), said("publisher"), said("owner")),
        # Providers of mailboxes that have no name of their own, and colours of a frame.
        *(said("other"), said("light"), said("dark")),
    )
}


def register(app: Flask) -> None:
    """The filter `in_words`."""
    app.jinja_env.filters["in_words"] = in_words


def in_words(name: object) -> str:
    """`hard_bounce` is a `hard bounce`; what nobody has listed here is shown as it is."""
    text = str(name).replace("_", " ")
    return _NAMES.get(text, text)
