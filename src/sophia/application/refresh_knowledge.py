"""Refreshing a company's knowledge from its sources."""

from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import Future, as_completed, wait
from contextvars import copy_context
from threading import Thread
from typing import TypeAlias

from attrs import evolve

from sophia.application.embed_documents import EmbedDocuments
from sophia.application.leases import REFRESHES, LeaseKeeper
from sophia.application.refresh_work import OnProgress, RefreshWork
from sophia.application.start_refresh import SourcesOf, StartedRefresh
from sophia.application.sync_index import SyncIndex
from sophia.application.take_in import TakeIn
from sophia.domain.audit import AuditEvent
from sophia.domain.knowledge import Document, DocumentFailure, DocumentListing
from sophia.domain.limits import LimitsOf
from sophia.domain.refresh import Refresh, RefreshEnded, RefreshStatus
from sophia.domain.tenancy import TenantScope
from sophia.errors import LeaseLost, SophiaError, Unavailable
from sophia.logs import get_logger
from sophia.ports.documents import DocumentSource
from sophia.ports.identity import TenantDirectory
from sophia.ports.knowledge_index import KnowledgeIndex
from sophia.ports.records import Records
from sophia.ports.system import Clock

__all__ = ["RefreshKnowledge"]

Listed: TypeAlias = DocumentListing | DocumentFailure

_LISTING_PATIENCE = 2.0  # seconds after which a source that has not said what it has is come back to

_log = get_logger(__name__)


class RefreshKnowledge:
    """Carries a refresh out: what is new is taken in, what changed is replaced, what is gone is erased.

    A document that fails is named and keeps its last good version. What a limit of the company has no room for is
    named as well, and tried again by the next refresh.
    """

    def __init__(
        self,
        records: Records,
        directory: TenantDirectory,
        sources: SourcesOf,
        take_in: TakeIn,
        embed: EmbedDocuments,
        sync: SyncIndex,
        index: KnowledgeIndex,
        limits: LimitsOf,
        keeper: LeaseKeeper,
        clock: Clock,
    ) -> None:
        self._records = records
        self._directory = directory
        self._sources = sources
        self._take_in = take_in
        self._embed = embed
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
        work = RefreshWork(scope, started.lease, started.refresh.options, on_progress, self._records)
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

    def _refresh(self, work: RefreshWork) -> None:
        sources = [
            source
            for source in self._sources(work.scope.company_id)
            if not work.options.sources or source.name in work.options.sources
        ]
        with self._records.read(work.scope) as tx:
            work.size = tx.documents.size()
        self._directory.company(work.scope.company_id).require_active()
        work.limits = self._limits(work.scope.company_id)
        # In the order of the settings; but one that is slow to say what it has keeps no other waiting.
        listed = {_begin_listing(source): source for source in sources}
        for items in _as_they_answer(listed):
            self._refresh_source(work, listed[items], items)
        if not work.options.dry_run:
            if not work.options.sources:
                self._forget_sources(work, {source.name for source in sources})
            self._embed.waiting(work)
            self._sync(work.scope)
            work.failures += self._index.settle(
                work.scope, lambda what, done, total: work.show(current=f"{what} {done}/{total}")
            )

    def _refresh_source(self, work: RefreshWork, source: DocumentSource, items: Future[list[Listed]]) -> None:
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
        work.show(documents_total=work.progress.documents_total + len(listings))
        wrong, full = self._take_in(work, source, listings, known, refused)
        failures += wrong
        seen = {item.external_id for item in listed}
        # What cannot be looked into, such as a folder, may still hold what it held.
        unseen = tuple(failure.external_id for failure in failures if failure.external_id.endswith("/"))
        gone = sorted(id_ for id_ in known.keys() - seen if not id_.startswith(unseen))
        for external_id in gone:
            self._remove(work, known[external_id])
        if gone and full:  # there may be room by now: a document may just have another name
            again = [listing for listing in listings if listing.external_id in full]
            wrong, full = self._take_in(work, source, again, known, refused)
            failures += wrong
        failures += full.values()
        work.show(documents=work.progress.documents + len(full))
        readers = {listing.external_id: listing.readers for listing in listings}
        for failure in failures:
            if failure.external_id in known:
                self._keep_last_good(work, known[failure.external_id], failure, readers.get(failure.external_id))
        self._note_source(work, source, failures)

    def _remove(self, work: RefreshWork, document: Document) -> None:
        if not work.options.dry_run:
            with self._records.write(work.scope) as tx:
                tx.documents.remove(document.id)
                tx.audit.append(AuditEvent("document.removed", document.id, {"source": document.source}))
        work.size = work.size.plus(-1, -document.text_bytes)
        work.count(removed=1)

    def _keep_last_good(
        self, work: RefreshWork, document: Document, failure: DocumentFailure, readers: frozenset[str] | None
    ) -> None:
        """Keep the version that is there, for those who may read it now (None: the source does not tell)."""
        if not work.options.dry_run:
            with self._records.write(work.scope) as tx:
                tx.documents.touch(evolve(document, failure=failure.reason, readers=readers or document.readers))

    def _note_source(
        self, work: RefreshWork, source: DocumentSource, failures: Sequence[DocumentFailure], *, read: bool = True
    ) -> None:
        work.failures += failures
        if not work.options.dry_run:
            with self._records.write(work.scope) as tx:
                now = self._clock.now() if read else None
                tx.documents.set_source(source.name, source.type, now, failures)
            self._sync(work.scope)

    def _forget_sources(self, work: RefreshWork, configured: set[str]) -> None:
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

    def _end(self, work: RefreshWork, refresh: Refresh, status: RefreshStatus, problem: str | None) -> Refresh:
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
