"""Documents that lie in a folder."""
