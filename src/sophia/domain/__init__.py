"""Frozen values and pure rules, one file a concept. Nothing here does I/O or knows a technology."""
