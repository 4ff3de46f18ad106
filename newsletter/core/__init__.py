"""What every feature stands on: settings, database, clock, tokens, addresses, errors, logs."""
