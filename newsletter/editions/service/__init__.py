"""Drafting, arranging, sending and stopping editions."""

from newsletter.editions.service.checking import check_links, links_of, links_waiting, purge_checked_links
from newsletter.editions.service.correcting import correct
from newsletter.editions.service.drafting import (
    Window,
    arrange,
    call,
    draft,
    findings,
    preview_content,
    slot_of,
)
from newsletter.editions.service.examining import examine, link_fetcher
from newsletter.editions.service.indexing import index_all
from newsletter.editions.service.sending import (
    approve,
    cancel,
    expect,
    follow_mailings,
    hold,
    leave,
    pause,
    resend,
    resume,
    schedule,
    send,
    send_due,
)
from newsletter.editions.service.trying import send_trial, tell_editor
from newsletter.editions.service.watching import watch_canaries

__all__ = [
    "Window",
    "approve",
    "arrange",
    "call",
    "cancel",
    "check_links",
    "correct",
    "draft",
    "examine",
    "expect",
    "findings",
    "follow_mailings",
    "hold",
    "index_all",
    "leave",
    "link_fetcher",
    "links_of",
    "links_waiting",
    "pause",
    "preview_content",
    "purge_checked_links",
    "resend",
    "resume",
    "schedule",
    "send",
    "send_due",
    "send_trial",
    "slot_of",
    "tell_editor",
    "watch_canaries",
]
