"""Past editions for everybody: on the web, without anybody's own links."""

from newsletter.editions.views import archive, atom, clicks

BLUEPRINTS = (archive.blueprint, atom.blueprint, clicks.blueprint)
