"""Signatures with Ed25519."""
