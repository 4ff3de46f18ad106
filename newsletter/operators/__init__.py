"""Who runs the console: accounts, roles, sessions, and the trail of what they did."""
