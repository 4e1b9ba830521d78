"""Keys for trying SOPHIA out: made at each start, kept nowhere."""
