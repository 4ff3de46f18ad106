"""The public pages. No GET changes anything: programs that check mail for safety follow every link."""

from newsletter.subscriptions.views import links, pages, preferences, proofs

BLUEPRINTS = (pages.blueprint, links.blueprint, preferences.blueprint, proofs.blueprint)
