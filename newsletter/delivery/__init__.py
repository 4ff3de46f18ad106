"""Every mail we ever send: one mailing, one delivery row for each recipient."""
