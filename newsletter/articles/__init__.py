"""Pieces of content, and the sources they are read from."""
