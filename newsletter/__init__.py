"""A newsletter and subscription service for publishers."""
