"""Texts to vectors."""

from collections.abc import Sequence
from typing import Protocol

__all__ = ["Embedder"]


class Embedder(Protocol):
    """Turns texts into unit vectors whose dot product says how near in meaning they are.

    Deterministic: the same text gives the same vector as long as ``version`` stays the same.
    Safe to call from several threads.
    """

    @property
    def version(self) -> str:
        """Names model and file; vectors of different versions are never compared."""
        ...

    @property
    def dimension(self) -> int:
        """Length of every vector."""
        ...

    def embed_query(self, text: str) -> tuple[float, ...]:
        """The vector of what somebody asks. An empty text has one, too.

        Raises:
            Unavailable: the model does not answer.
        """
        ...

    def embed_passages(self, texts: Sequence[str]) -> list[bytes]:
        """The vectors of stored texts, in order, each as little-endian float32 bytes.

        Raises:
            Unavailable: the model does not answer; nothing of the batch is returned.
        """
        ...
