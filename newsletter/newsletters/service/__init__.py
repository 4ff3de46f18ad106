"""Founding newsletters, and saying how they look."""

from newsletter.newsletters.service.dressing import Style, dress, hide_logo, show_logo
from newsletter.newsletters.service.founding import (
    Masthead,
    add_newsletter,
    announce_schedule,
    measure_clicks,
    send_first,
)

__all__ = [
    "Masthead",
    "Style",
    "add_newsletter",
    "announce_schedule",
    "dress",
    "hide_logo",
    "measure_clicks",
    "send_first",
    "show_logo",
]
