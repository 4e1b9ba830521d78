"""Refreshing a company's knowledge from its sources."""

import hashlib
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import Future, as_completed, wait
from contextvars import copy_context
from threading import Thread
from typing import Any, TypeAlias, TypeVar

from attrs import define, evolve, field, frozen

from sophia.application.embed_chunks import EmbedChunks
from sophia.application.leases import REFRESHES, LeaseKeeper
from sophia.application.start_refresh import SourcesOf, StartedRefresh
from sophia.application.sync_index import SyncIndex
from sophia.domain.audit import AuditEvent
from sophia.domain.chunking import CHUNKER_VERSION, chunk
from sophia.domain.knowledge import (
    Chunk,
    ChunkText,
    Document,
    DocumentFailure,
    DocumentListing,
    document_id,
    text_version,
)
from sophia.domain.language import detect_language
from sophia.domain.limits import KnowledgeSize, LimitsOf
from sophia.domain.refresh import (
    Refresh,
    RefreshEnded,
    RefreshOptions,
    RefreshProgress,
    RefreshReport,
    RefreshStatus,
)
from sophia.domain.runs import Lease
from sophia.domain.tenancy import TenantScope
from sophia.errors import DocumentRejected, LeaseLost, LimitExceeded, NotFound, SophiaError, Unavailable
from sophia.logs import get_logger
from sophia.ports.documents import DocumentConverter, DocumentSource
from sophia.ports.embedder import Embedder
from sophia.ports.identity import TenantDirectory
from sophia.ports.knowledge_index import KnowledgeIndex
from sophia.ports.records import Records
from sophia.ports.system import Clock

__all__ = ["OnProgress", "RefreshKnowledge"]

OnProgress = Callable[[RefreshProgress], None]
"""Hears how far a refresh is."""

T = TypeVar("T")

Listed: TypeAlias = DocumentListing | DocumentFailure

_LISTING_PATIENCE = 2.0  # seconds after which a source that has not said what it has is come back to
_WRITE_EVERY = 0.25  # seconds between two progress events
_EMBED_BATCH = 16
_SYNC_EVERY = 64  # chunks embedded between two updates of the index
_CHARACTERS_A_TOKEN = 4  # an estimate for mixed prose; what a dry run tells is no bill

_log = get_logger(__name__)


@frozen
class _Taken:
    """A document read, converted and cut, ready to be stored."""

    document: Document
    text: str
    chunks: tuple[Chunk, ...]

    @property
    def digests(self) -> tuple[str, ...]:
        return tuple(chunk.digest(self.document.title) for chunk in self.chunks)


@define
class _Work:
    """One refresh under way: where it writes, and what it has done so far."""

    scope: TenantScope
    lease: Lease
    options: RefreshOptions
    on_progress: OnProgress
    report: RefreshReport = field(factory=RefreshReport)
    progress: RefreshProgress = field(factory=lambda: RefreshProgress(0, 0, 0, 0))
    failures: list[DocumentFailure] = field(factory=list)
    size: KnowledgeSize = field(factory=KnowledgeSize)
    fresh_digests: set[str] = field(factory=set)
    written: float = 0.0

    def count(self, **more: int) -> None:
        """Add to the report's counts."""
        self.report = evolve(self.report, **{name: getattr(self.report, name) + n for name, n in more.items()})


class RefreshKnowledge:
    """Carries a refresh out: what is new is taken in, what changed is replaced, what is gone is erased.

    A document that is new is found by its words at once and by its meaning when its vectors are made.
    One that changed is embedded first and then replaced in one transaction. One that fails is named and
    keeps its last good version. What a limit of the company has no room for is named as well, and tried again by the
    next refresh.
    """

    def __init__(
        self,
        records: Records,
        directory: TenantDirectory,
        sources: SourcesOf,
        converter: DocumentConverter,
        embedder: Embedder,
        embed_chunks: EmbedChunks,
        sync: SyncIndex,
        index: KnowledgeIndex,
        limits: LimitsOf,
        keeper: LeaseKeeper,
        clock: Clock,
    ) -> None:
        self._records = records
        self._directory = directory
        self._sources = sources
        self._converter = converter
        self._embedder = embedder
        self._embed_chunks = embed_chunks
        self._sync = sync
        self._index = index
        self._limits = limits
        self._keeper = keeper
        self._clock = clock

    def __call__(
        self, scope: TenantScope, started: StartedRefresh, on_progress: OnProgress = lambda _: None
    ) -> Refresh:
        """Carry a started refresh out, under a scope of SOPHIA's own; its end is in its log when this returns.

        What nobody foresaw ends the refresh as failed, and is raised.
        """
        work = _Work(scope, started.lease, started.refresh.options, on_progress)
        try:
            with self._keeper.hold(scope, started.lease, REFRESHES):
                self._refresh(work)
        except LeaseLost:
            _log.warning("refresh.lease_lost", tenant=scope.company_id, refresh=started.refresh.id)
            raise
        except SophiaError as error:
            return self._end(work, started.refresh, RefreshStatus.FAILED, str(error))
        except KeyboardInterrupt:
            self._end(work, started.refresh, RefreshStatus.FAILED, "interrupted")
            raise
        except Exception:
            self._end(work, started.refresh, RefreshStatus.FAILED, "something went wrong inside SOPHIA")
            raise
        return self._end(work, started.refresh, RefreshStatus.COMPLETED, None)

    def _refresh(self, work: _Work) -> None:
        sources = [
            source
            for source in self._sources(work.scope.company_id)
            if not work.options.sources or source.name in work.options.sources
        ]
        with self._records.read(work.scope) as tx:
            work.size = tx.documents.size()
        self._directory.company(work.scope.company_id).require_active()
        # In the order of the settings; but one that is slow to say what it has keeps no other waiting.
        listed = {_begin_listing(source): source for source in sources}
        for items in _as_they_answer(listed):
            self._refresh_source(work, listed[items], items)
        if not work.options.dry_run:
            if not work.options.sources:
                self._forget_sources(work, {source.name for source in sources})
            self._embed_waiting(work)
            self._sync(work.scope)
            work.failures += self._index.settle(
                work.scope, lambda what, done, total: self._show(work, current=f"{what} {done}/{total}")
            )

    def _refresh_source(self, work: _Work, source: DocumentSource, items: Future[list[Listed]]) -> None:
        self._directory.company(work.scope.company_id).require_active()
        failures: list[DocumentFailure] = []
        with self._records.read(work.scope) as tx:
            known = tx.documents.of_source(source.name)
            refused = {
                failure.external_id: failure
                for status in tx.documents.sources()
                if status.name == source.name
                for failure in status.failures
                if failure.fingerprint
            }
        try:
            listed = items.result()
        except Unavailable as error:
            failures.append(DocumentFailure(source.name, "", str(error)))
            self._note_source(work, source, failures, read=False)
            return
        failures += [item for item in listed if isinstance(item, DocumentFailure)]
        listings = [item for item in listed if isinstance(item, DocumentListing)]
        self._show(work, documents_total=work.progress.documents_total + len(listings))
        wrong, full = self._take_in_all(work, source, listings, known, refused)
        failures += wrong
        seen = {item.external_id for item in listed}
        # What cannot be looked into, such as a folder, may still hold what it held.
        unseen = tuple(failure.external_id for failure in failures if failure.external_id.endswith("/"))
        gone = sorted(id_ for id_ in known.keys() - seen if not id_.startswith(unseen))
        for external_id in gone:
            self._remove(work, known[external_id])
        if gone and full:  # there may be room by now: a document may just have another name
            again = [listing for listing in listings if listing.external_id in full]
            wrong, full = self._take_in_all(work, source, again, known, refused)
            failures += wrong
        failures += full.values()
        self._show(work, documents=work.progress.documents + len(full))
        readers = {listing.external_id: listing.readers for listing in listings}
        for failure in failures:
            if failure.external_id in known:
                self._keep_last_good(work, known[failure.external_id], failure, readers.get(failure.external_id))
        self._note_source(work, source, failures)

    def _take_in_all(
        self,
        work: _Work,
        source: DocumentSource,
        listings: Sequence[DocumentListing],
        known: Mapping[str, Document],
        refused: Mapping[str, DocumentFailure],
    ) -> tuple[list[DocumentFailure], dict[str, DocumentFailure]]:
        """Bring documents up to date: what went wrong, and which ones there is no room for."""
        failures: list[DocumentFailure] = []
        full: dict[str, DocumentFailure] = {}
        for listing in listings:
            id_ = listing.external_id
            try:
                failure = self._take_in(work, source, listing, known.get(id_), refused.get(id_))
            except LimitExceeded as error:
                # Without its fingerprint: there may be room for the same content another time.
                full[id_] = DocumentFailure(source.name, id_, str(error))
                continue
            if failure is not None:
                failures.append(failure)
            self._show(work, documents=work.progress.documents + 1, current=id_)
        return failures, full

    def _take_in(
        self,
        work: _Work,
        source: DocumentSource,
        listing: DocumentListing,
        known: Document | None,
        refused: DocumentFailure | None,
    ) -> DocumentFailure | None:
        """Bring one document up to date; what went wrong with it, if anything.

        Raises:
            LimitExceeded: there is no room for it.
        """
        fingerprint = _fingerprint(listing, self._converter)
        if refused is not None and refused.fingerprint == fingerprint and not work.options.force:
            return refused
        if known is not None and known.fingerprint == fingerprint and not work.options.force:
            if (known.readers, known.failure) != (listing.readers, None) and not work.options.dry_run:
                with self._records.write(work.scope) as tx:
                    tx.documents.touch(evolve(known, readers=listing.readers, failure=None))
            work.count(unchanged=1)
            return None
        if known is None:
            self._grown(work, 1, 0)  # or it would be converted for nothing
        try:
            taken = self._read(work, source, listing, fingerprint)
        except DocumentRejected as error:
            return DocumentFailure(source.name, listing.external_id, str(error), fingerprint)
        except (NotFound, Unavailable) as error:
            return DocumentFailure(source.name, listing.external_id, str(error))
        more, before = (1, 0) if known is None else (0, known.text_bytes)
        size = self._grown(work, more, taken.document.text_bytes - before)
        work.count(**{"added" if known is None else "updated": 1})
        if work.options.dry_run:
            self._estimate(work, taken)
        elif known is None:
            self._store(work, taken, {})
        else:
            try:
                self._store(work, taken, self._vectors(work, taken))
            except Unavailable as error:
                work.count(updated=-1)
                return DocumentFailure(source.name, listing.external_id, str(error))
        work.size = size
        return None

    def _grown(self, work: _Work, documents: int, text_bytes: int) -> KnowledgeSize:
        """The size of the knowledge base with so much more in it; nobody but this refresh adds to it meanwhile."""
        then = work.size.plus(documents, text_bytes)
        self._limits(work.scope.company_id).check_growth(work.size, then)
        return then

    def _read(self, work: _Work, source: DocumentSource, listing: DocumentListing, fingerprint: str) -> _Taken:
        company = self._directory.company(work.scope.company_id)
        company.require_active()  # before it costs anything
        raw = source.fetch(listing.external_id)
        converted = self._converter.convert(raw)
        chunks = chunk(converted.text)
        if not chunks:
            raise DocumentRejected("it holds no text but headings")
        document = Document(
            id=document_id(company.id, source.name, listing.external_id),
            source=source.name,
            external_id=listing.external_id,
            title=converted.title,
            uri=raw.uri,
            language=detect_language(converted.text, company.language),
            version=text_version(converted.text),
            fingerprint=fingerprint,
            size=len(raw.content),
            chunks=len(chunks),
            updated_at=self._clock.now(),
            readers=listing.readers,
            text_bytes=len(converted.text.encode()),
        )
        return _Taken(document, converted.text, chunks)

    def _estimate(self, work: _Work, taken: _Taken) -> None:
        missing = self._missing(work, taken.digests)
        for digest, piece in zip(taken.digests, taken.chunks, strict=True):
            if digest in missing:
                text = piece.embedded_text(taken.document.title)
                work.count(chunks_embedded=1, tokens=_tokens(text))
            else:
                work.count(chunks_reused=1)

    def _missing(self, work: _Work, digests: Sequence[str]) -> set[str]:
        """The digests to embed: all of them when forced, but each once a refresh."""
        if work.options.force:
            return set(digests) - work.fresh_digests
        with self._records.read(work.scope) as tx:
            return tx.documents.missing_vectors(digests, self._embedder.version)

    def _vectors(self, work: _Work, taken: _Taken) -> dict[str, bytes]:
        """The vectors that a document's chunks still lack."""
        missing = self._missing(work, taken.digests)
        work.count(chunks_reused=len(set(taken.digests) - missing))
        texts = {
            digest: piece.embedded_text(taken.document.title)
            for digest, piece in zip(taken.digests, taken.chunks, strict=True)
            if digest in missing
        }
        self._show(work, chunks_total=work.progress.chunks_total + len(texts))
        vectors: dict[str, bytes] = {}
        for batch in _batches(list(texts.items()), _EMBED_BATCH):
            vectors |= self._embed(work, dict(batch))
        return vectors

    def _store(self, work: _Work, taken: _Taken, vectors: dict[str, bytes]) -> None:
        with self._records.write(work.scope) as tx:
            if vectors:
                tx.documents.add_vectors(vectors, self._embedder.version)
            tx.documents.put(taken.document, taken.text, taken.chunks)

    def _remove(self, work: _Work, document: Document) -> None:
        if not work.options.dry_run:
            with self._records.write(work.scope) as tx:
                tx.documents.remove(document.id)
                tx.audit.append(AuditEvent("document.removed", document.id, {"source": document.source}))
        work.size = work.size.plus(-1, -document.text_bytes)
        work.count(removed=1)

    def _keep_last_good(
        self, work: _Work, document: Document, failure: DocumentFailure, readers: frozenset[str] | None
    ) -> None:
        """Keep the version that is there, for those who may read it now (None: the source does not tell)."""
        if not work.options.dry_run:
            with self._records.write(work.scope) as tx:
                tx.documents.touch(evolve(document, failure=failure.reason, readers=readers or document.readers))

    def _note_source(
        self, work: _Work, source: DocumentSource, failures: Sequence[DocumentFailure], *, read: bool = True
    ) -> None:
        work.failures += failures
        if not work.options.dry_run:
            with self._records.write(work.scope) as tx:
                now = self._clock.now() if read else None
                tx.documents.set_source(source.name, source.type, now, failures)
            self._sync(work.scope)

    def _forget_sources(self, work: _Work, configured: set[str]) -> None:
        """Erase what came from sources that the company no longer has."""
        with self._records.read(work.scope) as tx:
            gone = [status.name for status in tx.documents.sources() if status.name not in configured]
        for name in gone:
            with self._records.read(work.scope) as tx:
                documents = tx.documents.of_source(name)
            for document in documents.values():
                self._remove(work, document)
            with self._records.write(work.scope) as tx:
                tx.documents.forget_source(name)

    def _embed_waiting(self, work: _Work) -> None:
        """Embed what was stored without vectors, a batch at a time, telling the index as it goes."""
        with self._records.read(work.scope) as tx:
            waiting = sum(status.pending for status in tx.documents.sources())
        self._show(work, chunks_total=work.progress.chunks_total + waiting)
        unsynced = 0
        while True:
            with self._records.read(work.scope) as tx:
                batch = dict(tx.documents.pending(self._embedder.version, _EMBED_BATCH))
            if not batch:
                return
            vectors = self._embed(work, batch)
            with self._records.write(work.scope) as tx:
                tx.documents.add_vectors(vectors, self._embedder.version)
            unsynced += len(vectors)
            if unsynced >= _SYNC_EVERY:
                self._sync(work.scope)
                unsynced = 0

    def _embed(self, work: _Work, texts: dict[str, ChunkText]) -> dict[str, bytes]:
        vectors = self._embed_chunks(list(texts.values()))
        work.fresh_digests.update(texts)
        work.count(chunks_embedded=len(texts), tokens=sum(map(_tokens, texts.values())))
        self._show(work, chunks=work.progress.chunks + len(texts))
        return dict(zip(texts, vectors, strict=True))

    def _show(self, work: _Work, **changes: Any) -> None:
        """Tell how far the refresh is; every now and then write it down."""
        work.progress = evolve(work.progress, **changes)
        work.on_progress(work.progress)
        if time.monotonic() - work.written < _WRITE_EVERY:
            return
        work.written = time.monotonic()
        with self._records.write(work.scope) as tx:
            tx.refreshes.append(work.lease, work.progress)

    def _end(self, work: _Work, refresh: Refresh, status: RefreshStatus, problem: str | None) -> Refresh:
        report = evolve(work.report, failures=tuple(work.failures))
        ended = evolve(refresh, status=status, finished_at=self._clock.now(), report=report, problem=problem)
        with self._records.write(work.scope) as tx:
            tx.refreshes.finish(work.lease, RefreshEnded(ended))
            tx.audit.append(AuditEvent(f"refresh.{status}", refresh.id, {"failures": len(work.failures)}))
        _log.info(
            "refresh.ended",
            tenant=work.scope.company_id,
            refresh=refresh.id,
            status=status,
            added=report.added,
            updated=report.updated,
            removed=report.removed,
            failed=len(report.failures),
        )
        return ended


def _fingerprint(listing: DocumentListing, converter: DocumentConverter) -> str:
    parts = "\0".join((listing.fingerprint, converter.version, CHUNKER_VERSION))
    return hashlib.sha256(parts.encode()).hexdigest()


def _begin_listing(source: DocumentSource) -> Future[list[Listed]]:
    listed = Future[list[Listed]]()

    def run() -> None:
        try:
            listed.set_result(list(source.list()))
        except BaseException as error:  # noqa: BLE001 -- raised again where the list is awaited
            listed.set_exception(error)

    # A pool's threads would be waited for at the end of the process.
    Thread(target=copy_context().run, args=(run,), name=f"list-{source.name}", daemon=True).start()
    return listed


def _as_they_answer(listed: Collection[Future[list[Listed]]]) -> Iterator[Future[list[Listed]]]:
    slow = []
    for items in listed:
        if wait([items], _LISTING_PATIENCE).done:
            yield items
        else:
            slow.append(items)
    yield from as_completed(slow)


def _tokens(text: ChunkText) -> int:
    return len(text.whole) // _CHARACTERS_A_TOKEN


def _batches(items: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]
