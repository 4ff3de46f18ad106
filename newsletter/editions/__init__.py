"""What is sent: one edition to the confirmed subscribers of one newsletter."""
