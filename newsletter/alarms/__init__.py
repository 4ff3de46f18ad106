"""What the operator is told of: since when something lasts, whether they know, and the mail that says so."""
