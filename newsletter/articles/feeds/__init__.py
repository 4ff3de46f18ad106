"""Reads from other people's servers: feeds, and the pictures of articles."""

from newsletter.articles.feeds.pictures import fetch_pictures
from newsletter.articles.feeds.polling import Polled, poll, poll_all

__all__ = ["Polled", "fetch_pictures", "poll", "poll_all"]
