"""Founding newsletters, saying how they look and what their mails say."""

from newsletter.newsletters.service.dressing import Style, dress, hide_logo, show_logo
from newsletter.newsletters.service.founding import (
    Masthead,
    add_newsletter,
    announce_schedule,
    measure_clicks,
    send_first,
)
from newsletter.newsletters.service.stating import Statement, state

__all__ = [
    "Masthead",
    "Statement",
    "Style",
    "add_newsletter",
    "announce_schedule",
    "dress",
    "hide_logo",
    "measure_clicks",
    "send_first",
    "show_logo",
    "state",
]
