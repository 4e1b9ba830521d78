"""Embedders that need no model."""

import hashlib
import math
import re
import struct
import threading
import unicodedata
from collections.abc import Sequence

from sophia.errors import Unavailable
from sophia.ports.embedder import Embedder

__all__ = ["FailingEmbedder", "HashingEmbedder", "MemoisingEmbedder"]

DIMENSION = 64


class HashingEmbedder(Embedder):
    """Texts are near when they share words: each word (folded, without accents) is hashed to one of 64 directions.

    Attributes:
        passages: every passage embedded so far, in order.
        queries: every query embedded so far, in order.
    """

    def __init__(self, version: str = "hashing/1") -> None:
        self._version = version
        self.passages: list[str] = []
        self.queries: list[str] = []

    @property
    def version(self) -> str:
        return self._version

    @property
    def dimension(self) -> int:
        return DIMENSION

    def embed_query(self, text: str) -> tuple[float, ...]:
        self.queries.append(text)
        return struct.unpack(f"<{DIMENSION}f", _vector(text))

    def embed_passages(self, texts: Sequence[str]) -> list[bytes]:
        self.passages.extend(texts)
        return [_vector(text) for text in texts]


class FailingEmbedder(HashingEmbedder):
    """Has a version and a dimension but does not answer, until ``working`` is set."""

    working = False

    def embed_query(self, text: str) -> tuple[float, ...]:
        self._check()
        return super().embed_query(text)

    def embed_passages(self, texts: Sequence[str]) -> list[bytes]:
        self._check()
        return super().embed_passages(texts)

    def _check(self) -> None:
        if not self.working:
            raise Unavailable("embedder", "the model does not answer")


class MemoisingEmbedder(Embedder):
    """Asks another for each text once, and remembers the vector: for tests with a real model."""

    def __init__(self, inner: Embedder) -> None:
        self._inner = inner
        self._lock = threading.Lock()
        self._queries: dict[str, tuple[float, ...]] = {}
        self._passages: dict[str, bytes] = {}

    @property
    def version(self) -> str:
        return self._inner.version

    @property
    def dimension(self) -> int:
        return self._inner.dimension

    def embed_query(self, text: str) -> tuple[float, ...]:
        with self._lock:
            if text not in self._queries:
                self._queries[text] = self._inner.embed_query(text)
            return self._queries[text]

    def embed_passages(self, texts: Sequence[str]) -> list[bytes]:
        with self._lock:
            missing = [text for text in dict.fromkeys(texts) if text not in self._passages]
            self._passages.update(zip(missing, self._inner.embed_passages(missing), strict=True))
            return [self._passages[text] for text in texts]


def _vector(text: str) -> bytes:
    folded = unicodedata.normalize("NFKD", text.casefold())
    words = re.findall(r"\w+", "".join(char for char in folded if not unicodedata.combining(char)))
    values = [0.0] * DIMENSION
    for word in words or [""]:
        digest = hashlib.blake2b(word.encode("utf-8", "replace"), digest_size=2).digest()
        values[digest[0] % DIMENSION] += 1.0 if digest[1] & 1 else -1.0
    length = math.hypot(*values)
    if length == 0:
        # Two words may cancel each other out.
        values[0] = length = 1.0
    return struct.pack(f"<{DIMENSION}f", *(value / length for value in values))
