"""The public pages. No GET changes anything: programs that check mail for safety follow every link."""

from newsletter.subscriptions.views import account, links, pages, preferences

BLUEPRINTS = (pages.blueprint, links.blueprint, preferences.blueprint, account.blueprint)
