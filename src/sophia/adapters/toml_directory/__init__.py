"""The tenant directory that is written in the settings file."""
