"""What the service can do, measured from queue to record beside other programs, on this machine alone."""
