"""The service's own citation markers, 【4:0†source】, made into ours while the text still comes."""

import re
from collections.abc import Callable

__all__ = ["MARKER", "Markers"]

MARKER = re.compile(r"【[^【】\n]{0,100}†[^【】\n]{0,100}】")
_UNFINISHED = re.compile(r"【[^【】\n]{0,200}\Z")


class Markers:
    """Reads a text as it comes. However it is cut into pieces, no marker gets through.

    Args:
        number: under which passage the model cites with a marker; None: it has none, and the marker is left out.
    """

    def __init__(self, number: Callable[[str], int | None]) -> None:
        self._number = number
        self._held = ""

    def read(self, text: str) -> str:
        """The next piece, with our markers; what may be the beginning of one of the service's waits for the next."""
        text = self._held + text
        unfinished = _UNFINISHED.search(text)
        cut = unfinished.start() if unfinished else len(text)
        self._held = text[cut:]
        return self._ours(text[:cut])

    def close(self) -> str:
        """The text has come to its end: what waits was no marker, unless its end is missing."""
        text, self._held = self._held, ""
        return "" if "†" in text else text

    def _ours(self, text: str) -> str:
        return MARKER.sub(self._one, text)

    def _one(self, marker: re.Match[str]) -> str:
        number = self._number(marker[0])
        return "" if number is None else f"[{number}]"
