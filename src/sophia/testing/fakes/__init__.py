"""Stand-ins for the outside world: they keep what the ports promise, in memory, and say what they do."""
