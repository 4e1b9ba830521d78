"""The scan by meaning misses nothing that may be read, and shows nothing else."""

import tempfile
from pathlib import Path

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from sophia.adapters.embedded_index.dense import DenseSide
from sophia.domain.knowledge import Chunk, DocumentChange, IndexedChunk
from sophia.domain.tenancy import EVERYONE, reader_group, reader_user
from sophia.testing.scopes import system_scope, user_scope

WIDTH = 24
READERS = [frozenset({EVERYONE}), frozenset({reader_group("soc")}), frozenset({reader_user("ana")})]
SCOPES = [user_scope(), user_scope(user="luis"), user_scope(user="luis", groups=["soc"]), system_scope()]

chunk_counts = st.integers(0, 12)
changed_documents = st.dictionaries(st.sampled_from("abcdefgh"), st.tuples(chunk_counts, st.sampled_from(READERS)))


def change(name: str, generation: int, chunks: int, readers: frozenset[str], random: np.random.Generator):
    """A document of random chunks; about one in six waits for its vector, and some are alike."""
    made = []
    for i in range(chunks):
        vector = random.integers(-2, 3, WIDTH).astype("<f4")
        vector /= np.linalg.norm(vector) or 1.0
        waits = random.random() < 0.15
        made.append(IndexedChunk(f"{name}:{generation}:{i}", Chunk(i, 0, 0, ""), None if waits else vector.tobytes()))
    return DocumentChange(name, generation, name, "en", readers, tuple(made))


@given(st.lists(changed_documents, max_size=5), st.sampled_from(SCOPES), st.integers(1, 60), st.integers(0, 2**32 - 1))
def test_the_nearest_are_those_of_a_plain_comparison(steps, scope, count, seed):
    random = np.random.default_rng(seed)
    dense, documents = DenseSide.empty(), {}
    with tempfile.TemporaryDirectory() as folder:
        for generation, step in enumerate(steps, 1):
            changes = [change(name, generation, *about, random) for name, about in step.items()]
            documents |= {each.document_id: each for each in changes}
            dense.replace(changes).save(Path(folder), f"dense-{generation}")
            dense = DenseSide.load(Path(folder), f"dense-{generation}")
        query = random.standard_normal(WIDTH)
        found = dense.compare(scope, tuple(query))
        expected = {
            chunk.id: np.frombuffer(chunk.vector, "<f4").astype(float) @ query
            for document in documents.values()
            if scope.may_read(document.readers)
            for chunk in document.chunks
            if chunk.vector
        }
        best = found.best(count)
        assert len(set(best)) == len(best) == min(count, len(expected))
        # Chunks that are equally near may stand for one another; how near they are may not differ.
        nearest = sorted(expected.values(), reverse=True)[:count]
        np.testing.assert_allclose(sorted((expected[id_] for id_ in best), reverse=True), nearest, atol=1e-5)
        for document in documents.values():
            for chunk in document.chunks:
                cosine = found.of(chunk.id)
                assert (cosine is None) == (chunk.id not in expected)
                assert cosine is None or abs(cosine - expected[chunk.id]) < 1e-5


def test_as_many_as_there_are_and_no_more():
    dense = DenseSide.empty()
    assert dense.compare(user_scope(), [0.0] * WIDTH).best(10) == []
    waiting = change("a", 1, 1, READERS[0], np.random.default_rng(0))
    dense = dense.replace(
        [DocumentChange("a", 1, "a", "en", READERS[0], (IndexedChunk("a:1:0", waiting.chunks[0].chunk),))]
    )
    found = dense.compare(user_scope(), [0.0] * WIDTH)
    assert found.best(10) == []
    assert found.of("a:1:0") is None
    assert found.of("unknown") is None
