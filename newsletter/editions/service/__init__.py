"""Drafting, arranging, sending and stopping editions."""

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

__all__ = [
    "Window",
    "approve",
    "arrange",
    "call",
    "cancel",
    "correct",
    "draft",
    "expect",
    "findings",
    "follow_mailings",
    "hold",
    "index_all",
    "leave",
    "pause",
    "preview_content",
    "resend",
    "resume",
    "schedule",
    "send",
    "send_due",
    "send_trial",
    "slot_of",
    "tell_editor",
]
