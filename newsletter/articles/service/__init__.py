"""Sources and what they bring: which are read, what is kept of them, and who writes."""

from newsletter.articles.service.describing import describe_author, forget_author
from newsletter.articles.service.recording import (
    Recorded,
    keep_picture,
    mark_failing,
    mark_unchanged,
    record,
)
from newsletter.articles.service.sourcing import add_source, pause_source, remove_source, resume_source

__all__ = [
    "Recorded",
    "add_source",
    "describe_author",
    "forget_author",
    "keep_picture",
    "mark_failing",
    "mark_unchanged",
    "pause_source",
    "record",
    "remove_source",
    "resume_source",
]
