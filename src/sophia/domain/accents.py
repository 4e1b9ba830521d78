"""Letters without their accents, for comparing words."""

import unicodedata

__all__ = ["without_accents"]

_FIRST_COMBINING = "\u0300"


def without_accents(text: str) -> str:
    """A text in compatibility form (NFKD, Unicode Standard Annex 15) without what combines with a letter."""
    if text.isascii():
        return text
    parts = unicodedata.normalize("NFKD", text)
    return "".join([c for c in parts if c < _FIRST_COMBINING or not unicodedata.combining(c)])
