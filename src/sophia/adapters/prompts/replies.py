"""What comes from a model, as values. Pure functions."""

import json

__all__ = ["arguments", "clean"]


def clean(text: str) -> str:
    """The text without what no UTF-8 file and no database takes: half a surrogate pair, a NUL."""
    return text.replace("\0", "").encode("utf-8", "replace").decode()


def arguments(text: str) -> dict[str, object] | None:
    """The arguments of a tool call; None where they are no JSON object."""
    try:
        found = json.loads(text.strip() or "{}")
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None
