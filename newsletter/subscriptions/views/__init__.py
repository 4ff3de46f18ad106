"""The public pages. No GET changes anything: programs that check mail for safety follow every link."""

from newsletter.subscriptions.views import embed, links, pages, preferences, proofs

BLUEPRINTS = (embed.blueprint, pages.blueprint, links.blueprint, preferences.blueprint, proofs.blueprint)
