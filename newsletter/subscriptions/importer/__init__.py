"""People from another service's export: read, recognised, shown, and only then taken in."""

from newsletter.subscriptions.importer.previewing import Order, Preview, preview
from newsletter.subscriptions.importer.recognising import Choices, Standing
from newsletter.subscriptions.importer.taking import take_in, undo

__all__ = [
    "Choices",
    "Order",
    "Preview",
    "Standing",
    "Table",
    "Taking",
    "opened",
    "preview",
    "recognise",
    "take_in",
    "undo",
]
