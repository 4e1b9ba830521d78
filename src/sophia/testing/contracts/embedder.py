"""What every `Embedder` keeps."""

import math
import struct
from concurrent.futures import ThreadPoolExecutor

import pytest

from sophia.ports.embedder import Embedder

__all__ = ["EmbedderContract"]

TEXTS = (
    "Reinicie el cortafuegos después de cambiar la regla.",
    "The VPN certificate expires after 90 days.",
    "",
    "con \0 NUL, \ufdfa y \ud800 suelto",
    "palabra " * 600,
)


class EmbedderContract:
    """Override ``embedder``."""

    @pytest.fixture
    def embedder(self) -> Embedder:
        """The embedder under test."""
        raise NotImplementedError

    def test_version_is_stable(self, embedder: Embedder) -> None:
        assert embedder.version
        before = embedder.version
        embedder.embed_query("x")
        assert embedder.version == before

    @pytest.mark.parametrize("text", TEXTS, ids=["es", "en", "empty", "odd", "long"])
    def test_vectors_have_unit_length(self, embedder: Embedder, text: str) -> None:
        (passage,) = embedder.embed_passages([text])
        for vector in (embedder.embed_query(text), self.unpacked(passage)):
            assert len(vector) == embedder.dimension
            assert math.hypot(*vector) == pytest.approx(1, abs=1e-4)

    def test_no_passages_no_vectors(self, embedder: Embedder) -> None:
        assert embedder.embed_passages([]) == []

    def test_keeps_the_order_whatever_the_batch(self, embedder: Embedder) -> None:
        one_by_one = [embedder.embed_passages([text])[0] for text in TEXTS]
        assert embedder.embed_passages(TEXTS) == one_by_one

    def test_is_deterministic(self, embedder: Embedder) -> None:
        assert embedder.embed_query(TEXTS[0]) == embedder.embed_query(TEXTS[0])
        assert embedder.embed_passages(TEXTS[:2]) == embedder.embed_passages(TEXTS[:2])

    def test_a_query_finds_its_passage(self, embedder: Embedder) -> None:
        vectors = [self.unpacked(vector) for vector in embedder.embed_passages(TEXTS[:2])]
        query = embedder.embed_query("cambiar la regla del cortafuegos")
        first, second = (sum(a * b for a, b in zip(query, vector, strict=True)) for vector in vectors)
        assert first > second

    def test_several_threads_get_what_one_gets(self, embedder: Embedder) -> None:
        alone = [embedder.embed_query(text) for text in TEXTS[:3]]
        with ThreadPoolExecutor(4) as pool:
            together = list(pool.map(embedder.embed_query, TEXTS[:3] * 4))
        assert together == alone * 4

    @staticmethod
    def unpacked(vector: bytes) -> tuple[float, ...]:
        """The numbers in a passage's vector."""
        return struct.unpack(f"<{len(vector) // 4}f", vector)
