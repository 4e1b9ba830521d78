"""What every adapter of a port has to pass: inherit a suite, give it the adapter, run pytest."""
