"""Canonical JSON (RFC 8785, the JSON Canonicalization Scheme), for what is hashed or signed."""

import json
from typing import Any

import rfc8785

__all__ = ["canonical_json"]

# Sorts by code points, which is by UTF-16 among ASCII keys, and escapes in strings what RFC 8785 (3.2.2.2) escapes.
_encode = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode
_SAFE = 2**53


def canonical_json(value: Any) -> bytes:
    """A value in canonical JSON.

    Without fractions and with ASCII keys, as is what is audited, the encoder of the standard library writes the same,
    and in C.

    Raises:
        ValueError: it has no such form: a whole number beyond 2^53 - 1, one that is not finite, a lone surrogate.
    """
    return _encode(value).encode() if _is_plain(value) else rfc8785.dumps(value)


def _is_plain(value: Any) -> bool:
    if isinstance(value, str) or value is None or value is True or value is False:
        return True
    if type(value) is int:
        return -_SAFE < value < _SAFE
    if isinstance(value, dict):
        return all(isinstance(key, str) and key.isascii() for key in value) and all(map(_is_plain, value.values()))
    return isinstance(value, list | tuple) and all(map(_is_plain, value))
