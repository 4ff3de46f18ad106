"""Drafting, arranging, sending and stopping editions."""

from newsletter.editions.service.arranging import Step, annotate, arrange, call, drop, move, reorder, take_in
from newsletter.editions.service.checking import check_links, links_of, links_waiting, purge_checked_links
from newsletter.editions.service.correcting import correct
from newsletter.editions.service.drafting import (
    Window,
    draft,
    findings,
    preview,
    preview_content,
    slot_of,
)
from newsletter.editions.service.examining import examine, link_fetcher
from newsletter.editions.service.indexing import index_all
from newsletter.editions.service.rehearsing import is_to_be_rehearsed
from newsletter.editions.service.sending import (
    approve,
    cancel,
    expect,
    follow_mailings,
    hold,
    leave,
    let_leave,
    pause,
    recall,
    resend,
    resume,
    schedule,
    send,
    send_due,
)
from newsletter.editions.service.showing import Preview, preview_as, preview_with
from newsletter.editions.service.splitting import choose, split, unsplit
from newsletter.editions.service.trying import send_trial, tell_editor
from newsletter.editions.service.watching import watch_canaries

__all__ = [
    "Preview",
    "Step",
    "Window",
    "annotate",
    "approve",
    "arrange",
    "call",
    "cancel",
    "check_links",
    "choose",
    "correct",
    "draft",
    "drop",
    "examine",
    "expect",
    "findings",
    "follow_mailings",
    "hold",
    "index_all",
    "is_to_be_rehearsed",
    "leave",
    "let_leave",
    "link_fetcher",
    "links_of",
    "links_waiting",
    "move",
    "pause",
    "preview",
    "preview_as",
    "preview_content",
    "preview_with",
    "purge_checked_links",
    "recall",
    "reorder",
    "resend",
    "resume",
    "schedule",
    "send",
    "send_due",
    "send_trial",
    "slot_of",
    "split",
    "take_in",
    "tell_editor",
    "unsplit",
    "watch_canaries",
]
