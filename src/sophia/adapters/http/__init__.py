"""What all that is spoken over HTTP has in common."""
