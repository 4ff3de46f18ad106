"""Who asked for what: sign up, confirm, unsubscribe, and the consent ledger."""
