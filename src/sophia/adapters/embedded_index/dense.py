"""The vectors of one company's chunks, in one matrix that is scanned whole.

An exact scan of a tenant's own vectors is quicker than an approximate index with a filter, and misses nothing.
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
    """The cosine of a query with every chunk that may be read."""

    chunk_ids: Sequence[str]
    rows: dict[str, int]
    cosines: np.ndarray[tuple[int], np.dtype[np.float32]]

    def best(self, count: int) -> list[str]:
        """The nearest chunks, in no order; chunks that may not be read or have no vector are never among them."""
        count = min(count, len(self.cosines))
        if not count:
            return []
        nearest = np.argpartition(-self.cosines, count - 1)[:count]
        return [self.chunk_ids[row] for row in nearest if self.cosines[row] > -np.inf]

    def of(self, chunk_id: str) -> float | None:
        """The cosine of one chunk; None when it has no vector."""
        row = self.rows.get(chunk_id)
        if row is None or self.cosines[row] == -np.inf:
            return None
        return float(self.cosines[row])


@frozen(eq=False)
class DenseSide:
    """A matrix with a row a chunk, and what each row is.

    Attributes:
        audiences: the different sets of readers; ``audience_of`` has the number of each row's.
        embedded: False for rows that wait for their vector.
    """

    chunk_ids: tuple[str, ...]
    document_ids: tuple[str, ...]
    audiences: tuple[frozenset[str], ...]
    audience_of: np.ndarray[tuple[int], np.dtype[np.int32]]
    embedded: np.ndarray[tuple[int], np.dtype[np.bool_]]
    vectors: _Vectors
    rows: dict[str, int]

    @classmethod
    def empty(cls) -> "DenseSide":
        """No chunks."""
        return cls((), (), (), np.empty(0, np.int32), np.empty(0, np.bool_), np.empty((0, 0), np.float32), {})

    @classmethod
    def load(cls, folder: Path, name: str) -> "DenseSide":
        """What `save` has written; the vectors stay in the file and are read as they are needed."""
        rows = json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
        vectors = np.load(folder / f"{name}.npy", mmap_mode="r")
        return cls._of(
            rows["chunks"],
            rows["documents"],
            [frozenset(readers) for readers in rows["audiences"]],
            np.array(rows["audience_of"], np.int32),
            np.array(rows["embedded"], np.bool_),
            vectors,
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
        rows = {chunk_id: row for row, chunk_id in enumerate(chunk_ids)}
        return cls(tuple(chunk_ids), tuple(document_ids), tuple(audiences), audience_of, embedded, vectors, rows)

    def save(self, folder: Path, name: str) -> None:
        """Write everything to two files."""
        rows = {
            "chunks": self.chunk_ids,
            "documents": self.document_ids,
            "audiences": [sorted(readers) for readers in self.audiences],
            "audience_of": self.audience_of.tolist(),
            "embedded": self.embedded.tolist(),
        }
        (folder / f"{name}.json").write_text(json.dumps(rows), encoding="utf-8")
        # Never written over: another process may have the file of this name mapped.
        np.save(folder / "vectors.new.npy", self.vectors)
        (folder / "vectors.new.npy").replace(folder / f"{name}.npy")

    def replace(self, changes: Sequence[DocumentChange]) -> "DenseSide":
        """The same without the changed documents' old chunks, and with their new ones."""
        changed = {change.document_id for change in changes}
        kept = [row for row, document_id in enumerate(self.document_ids) if document_id not in changed]
        added = [(change, chunk) for change in changes for chunk in change.chunks]
        width = next((len(chunk.vector) // 4 for _, chunk in added if chunk.vector), self.vectors.shape[1])
        vectors = np.zeros((len(kept) + len(added), width), np.float32)
        if kept and self.vectors.shape[1]:
            vectors[: len(kept)] = self.vectors[kept]
        for row, (_, chunk) in enumerate(added, len(kept)):
            if chunk.vector:
                vectors[row] = np.frombuffer(chunk.vector, "<f4")
        audiences = {readers: number for number, readers in enumerate(self.audiences)}
        for change in changes:
            audiences.setdefault(change.readers, len(audiences))
        return self._of(
            [*(self.chunk_ids[row] for row in kept), *(chunk.id for _, chunk in added)],
            [*(self.document_ids[row] for row in kept), *(change.document_id for change, _ in added)],
            list(audiences),
            np.array([*self.audience_of[kept], *(audiences[change.readers] for change, _ in added)], np.int32),
            np.array([*self.embedded[kept], *(bool(chunk.vector) for _, chunk in added)], np.bool_),
            vectors,
        )

    def compare(self, scope: TenantScope, vector: Sequence[float]) -> Similarities:
        """The cosine of a vector with every chunk that the scope may read."""
        allowed = np.array([scope.may_read(readers) for readers in self.audiences], np.bool_)
        cosines = np.full(len(self.chunk_ids), -np.inf, np.float32)
        if len(self.chunk_ids) and self.vectors.shape[1]:
            cosines = self.vectors @ np.asarray(vector, np.float32)
            cosines[~(allowed[self.audience_of] & self.embedded)] = -np.inf
        return Similarities(self.chunk_ids, self.rows, cosines)
