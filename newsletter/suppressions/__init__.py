"""Addresses we must never mail, each with a reason."""
