"""The rule and schedule that turn new articles into an edition."""
