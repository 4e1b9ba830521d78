"""Embedding the chunks of documents while a refresh is under way."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TypeVar

from sophia.application.embed_chunks import EmbedChunks
from sophia.application.refresh_work import RefreshWork
from sophia.application.sync_index import SyncIndex
from sophia.domain.knowledge import ChunkText
from sophia.ports.embedder import Embedder
from sophia.ports.records import Records

__all__ = ["EmbedDocuments"]

T = TypeVar("T")

_BATCH = 16
_SYNC_EVERY = 64  # chunks embedded between two updates of the index
_CHARACTERS_A_TOKEN = 4  # an estimate for mixed prose; what a dry run tells is no bill


class EmbedDocuments:
    """Makes the vectors that chunks still lack, and counts what that costs.

    What a chunk says decides its digest, and the digest its vector: what stands in two documents, or has stood
    in one before, is embedded once. A forced refresh embeds everything anew, but each digest once.
    """

    def __init__(self, records: Records, embedder: Embedder, embed_chunks: EmbedChunks, sync: SyncIndex) -> None:
        self._records = records
        self._embedder = embedder
        self._embed_chunks = embed_chunks
        self._sync = sync

    @property
    def version(self) -> str:
        """Of the embedder, which the vectors are stored under."""
        return self._embedder.version

    def estimate(self, work: RefreshWork, texts: Mapping[str, ChunkText]) -> None:
        """Count what a document's chunks, by their digests, would cost."""
        missing = self._missing(work, texts)
        work.count(
            chunks_embedded=len(missing),
            tokens=sum(map(_tokens, missing.values())),
            chunks_reused=len(texts) - len(missing),
        )

    def document(self, work: RefreshWork, texts: Mapping[str, ChunkText]) -> dict[str, bytes]:
        """The vectors that a document's chunks, by their digests, still lack.

        Raises:
            Unavailable: the embedder does not answer.
        """
        missing = self._missing(work, texts)
        work.count(chunks_reused=len(texts) - len(missing))
        work.show(chunks_total=work.progress.chunks_total + len(missing))
        vectors: dict[str, bytes] = {}
        for batch in _batches(list(missing.items()), _BATCH):
            vectors |= self._embed(work, dict(batch))
        return vectors

    def waiting(self, work: RefreshWork) -> None:
        """Embed what was stored without vectors, a batch at a time, telling the index as it goes.

        Raises:
            Unavailable: the embedder does not answer.
        """
        with self._records.read(work.scope) as tx:
            waiting = sum(status.pending for status in tx.documents.sources())
        work.show(chunks_total=work.progress.chunks_total + waiting)
        unsynced = 0
        while True:
            with self._records.read(work.scope) as tx:
                batch = dict(tx.documents.pending(self.version, _BATCH))
            if not batch:
                return
            vectors = self._embed(work, batch)
            with self._records.write(work.scope) as tx:
                tx.documents.add_vectors(vectors, self.version)
            unsynced += len(vectors)
            if unsynced >= _SYNC_EVERY:
                self._sync(work.scope)
                unsynced = 0

    def _missing(self, work: RefreshWork, texts: Mapping[str, ChunkText]) -> dict[str, ChunkText]:
        if work.options.force:
            missing = texts.keys() - work.embedded
        else:
            with self._records.read(work.scope) as tx:
                missing = tx.documents.missing_vectors(list(texts), self.version)
        return {digest: text for digest, text in texts.items() if digest in missing}

    def _embed(self, work: RefreshWork, texts: dict[str, ChunkText]) -> dict[str, bytes]:
        vectors = self._embed_chunks(list(texts.values()))
        work.embedded.update(texts)
        work.count(chunks_embedded=len(texts), tokens=sum(map(_tokens, texts.values())))
        work.show(chunks=work.progress.chunks + len(texts))
        return dict(zip(texts, vectors, strict=True))


def _tokens(text: ChunkText) -> int:
    return len(text.whole) // _CHARACTERS_A_TOKEN


def _batches(items: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]
