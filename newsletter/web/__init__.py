"""Flask helpers that every surface shares: errors, headers, CSRF, settings of the running app."""
