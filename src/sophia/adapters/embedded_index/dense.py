"""The vectors of one company's chunks, in one matrix that is scanned whole.

An exact scan of a tenant's own vectors is quicker than an approximate index with a filter, and misses nothing.
The matrix has a column a chunk: BLAS then reads long stretches, which takes half the time of short rows.
"""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from attrs import frozen

from sophia.domain.knowledge import DocumentChange
from sophia.domain.tenancy import TenantScope

__all__ = ["DenseSide", "Similarities"]

_Vectors = np.ndarray[tuple[int, int], np.dtype[np.float32]]


@frozen(eq=False)
class Similarities:
    """The cosine of a query with every chunk; -inf for chunks that may not be read or have no vector."""

    chunk_ids: Sequence[str]
    places: dict[str, int]
    cosines: np.ndarray[tuple[int], np.dtype[np.float32]]

    def best(self, count: int) -> list[str]:
        """The nearest chunks, in no order."""
        count = min(count, len(self.cosines))
        if not count:
            return []
        nearest = np.argpartition(self.cosines, -count)[-count:]
        return [self.chunk_ids[place] for place in nearest if self.cosines[place] > -np.inf]

    def of(self, chunk_id: str) -> float | None:
        """The cosine of one chunk; None when there is none."""
        place = self.places.get(chunk_id)
        if place is None or self.cosines[place] == -np.inf:
            return None
        return float(self.cosines[place])


@frozen(eq=False)
class DenseSide:
    """A matrix with a column a chunk, and what each column is.

    Attributes:
        audiences: the different sets of readers; ``audience_of`` has the number of each chunk's.
        embedded: False for chunks that wait for their vector.
        vectors: float32, (dimension, chunks).
        places: the column of each chunk.
    """

    chunk_ids: tuple[str, ...]
    document_ids: tuple[str, ...]
    audiences: tuple[frozenset[str], ...]
    audience_of: np.ndarray[tuple[int], np.dtype[np.int32]]
    embedded: np.ndarray[tuple[int], np.dtype[np.bool_]]
    vectors: _Vectors
    places: dict[str, int]

    @classmethod
    def empty(cls) -> "DenseSide":
        """No chunks."""
        return cls((), (), (), np.empty(0, np.int32), np.empty(0, np.bool_), np.empty((0, 0), np.float32), {})

    @classmethod
    def load(cls, folder: Path, name: str) -> "DenseSide":
        """What `save` has written; the vectors stay in the file, whose pages all processes share."""
        columns = json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
        return cls._of(
            columns["chunks"],
            columns["documents"],
            [frozenset(readers) for readers in columns["audiences"]],
            np.array(columns["audience_of"], np.int32),
            np.array(columns["embedded"], np.bool_),
            np.asarray(np.load(folder / f"{name}.npy", mmap_mode="r")),
        )

    @classmethod
    def _of(
        cls,
        chunk_ids: Sequence[str],
        document_ids: Sequence[str],
        audiences: Sequence[frozenset[str]],
        audience_of: np.ndarray[tuple[int], np.dtype[np.int32]],
        embedded: np.ndarray[tuple[int], np.dtype[np.bool_]],
        vectors: _Vectors,
    ) -> "DenseSide":
        places = {chunk_id: place for place, chunk_id in enumerate(chunk_ids)}
        return cls(tuple(chunk_ids), tuple(document_ids), tuple(audiences), audience_of, embedded, vectors, places)

    def save(self, folder: Path, name: str) -> None:
        """Write everything to two files."""
        columns = {
            "chunks": self.chunk_ids,
            "documents": self.document_ids,
            "audiences": [sorted(readers) for readers in self.audiences],
            "audience_of": self.audience_of.tolist(),
            "embedded": self.embedded.tolist(),
        }
        (folder / f"{name}.json").write_text(json.dumps(columns), encoding="utf-8")
        # Never written over: another process may have the file of this name mapped.
        np.save(folder / "vectors.new.npy", self.vectors)
        (folder / "vectors.new.npy").replace(folder / f"{name}.npy")

    def replace(self, changes: Sequence[DocumentChange]) -> "DenseSide":
        """The same without the changed documents' old chunks, and with their new ones."""
        changed = {change.document_id for change in changes}
        stays = [document_id not in changed for document_id in self.document_ids]
        kept = np.flatnonzero(np.array(stays, np.bool_))
        added = [(change, chunk) for change in changes for chunk in change.chunks]
        audiences = {readers: number for number, readers in enumerate(self.audiences)}
        for change in changes:
            audiences.setdefault(change.readers, len(audiences))
        return self._of(
            [*(self.chunk_ids[place] for place in kept), *(chunk.id for _, chunk in added)],
            [*(self.document_ids[place] for place in kept), *(change.document_id for change, _ in added)],
            list(audiences),
            np.array([*self.audience_of[kept], *(audiences[change.readers] for change, _ in added)], np.int32),
            np.array([*self.embedded[kept], *(bool(chunk.vector) for _, chunk in added)], np.bool_),
            self._replaced(kept, [chunk.vector for _, chunk in added]),
        )

    def _replaced(self, kept: np.ndarray[tuple[int], np.dtype[np.intp]], added: Sequence[bytes | None]) -> _Vectors:
        width = next((len(vector) // 4 for vector in added if vector), len(self.vectors))
        vectors = np.zeros((width, len(kept) + len(added)), np.float32)
        for old, new in zip(self.vectors, vectors, strict=False):  # as long as no chunk had a vector there are none
            new[: len(kept)] = old[kept]
        rows = np.frombuffer(b"".join(vector or bytes(4 * width) for vector in added), "<f4")
        vectors[:, len(kept) :] = rows.reshape(len(added), width).T
        return vectors

    def compare(self, scope: TenantScope, vector: Sequence[float]) -> Similarities:
        """The cosine of a vector with every chunk that the scope may read."""
        cosines = np.full(len(self.chunk_ids), -np.inf, np.float32)
        if self.vectors.size:
            allowed = np.array([scope.may_read(readers) for readers in self.audiences], np.bool_)
            readable = allowed[self.audience_of] & self.embedded
            cosines = np.where(readable, np.asarray(vector, np.float32) @ self.vectors, -np.inf)
        return Similarities(self.chunk_ids, self.places, cosines)
