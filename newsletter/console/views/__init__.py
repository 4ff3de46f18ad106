"""The pages of the console, one module for each noun."""

from flask import Blueprint

from newsletter.console.views import (
    account,
    articles,
    audit,
    backends,
    bulk,
    desk,
    digests,
    door,
    editions,
    home,
    imports,
    newsletters,
    numbers,
    operators,
    passkeys,
    person,
    previews,
    schedules,
    sending,
    settings,
    snippets,
    sources,
    subscribers,
    suppressions,
    templates,
)

BLUEPRINTS: tuple[Blueprint, ...] = (
    *(home.blueprint, door.blueprint, account.blueprint, passkeys.blueprint),
    *(subscribers.blueprint, bulk.blueprint, person.blueprint),
    *(imports.blueprint, suppressions.blueprint, numbers.blueprint, snippets.blueprint),
    *(editions.blueprint, desk.blueprint, sending.blueprint, previews.blueprint),
    *(digests.blueprint, schedules.blueprint, sources.blueprint, articles.blueprint),
    *(
        templates.blueprint,
        newsletters.blueprint,
        backends.blueprint,
        operators.blueprint,
        audit.blueprint,
        settings.blueprint,
    ),
)
