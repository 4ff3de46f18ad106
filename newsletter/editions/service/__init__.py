"""Drafting, arranging, sending and stopping editions."""

from newsletter.editions.service.arranging import Step, annotate, arrange, call, drop, move, reorder, take_in
from newsletter.editions.service.drafting import Window, draft, findings, preview, preview_content, slot_of
from newsletter.editions.service.sending import (
    approve,
    cancel,
    follow_mailings,
    hold,
    let_leave,
    pause,
    recall,
    resend,
    resume,
    schedule,
    send,
    send_due,
)
from newsletter.editions.service.trying import send_trial, tell_editor

__all__ = [
    "Step",
    "Window",
    "annotate",
    "approve",
    "arrange",
    "call",
    "cancel",
    "draft",
    "drop",
    "findings",
    "follow_mailings",
    "hold",
    "let_leave",
    "move",
    "pause",
    "preview",
    "preview_content",
    "recall",
    "reorder",
    "resend",
    "resume",
    "schedule",
    "send",
    "send_due",
    "send_trial",
    "slot_of",
    "take_in",
    "tell_editor",
]
