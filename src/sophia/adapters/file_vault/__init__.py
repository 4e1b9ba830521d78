"""Secrets in encrypted files."""
