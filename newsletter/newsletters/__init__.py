"""What one subscribes to: name, sender, look, postal address, time zone, public page."""
