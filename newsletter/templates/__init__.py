"""What operators write for the mails of a newsletter, in versions; the sandbox renders it."""
