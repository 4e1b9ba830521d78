"""Keeps a company's vector store equal to its documents."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from enum import StrEnum
from typing import TypeVar

from attrs import define, evolve, field, frozen

from sophia.adapters.azure_agents.errors import Refused
from sophia.adapters.azure_agents.store_plan import Failure, Plan, make_plan
from sophia.adapters.azure_agents.translate import document_in, file_name
from sophia.adapters.azure_agents.vector_stores import Batch, File, Store, VectorStores
from sophia.adapters.http.transport import Check
from sophia.adapters.http.waiting import wait
from sophia.errors import LimitExceeded
from sophia.logs import get_logger

__all__ = ["OnProgress", "Progress", "Report", "Step", "StoreKeeper", "StoreLimits", "TextOf"]

T = TypeVar("T")
R = TypeVar("R")

TextOf = Callable[[str, str], str | None]
"""The stored text of a version of a document; None: it is not there any more."""

_AT_ONCE = 8
_FIRST_LOOK, _LONGEST_LOOK = 0.25, 5.0

_log = get_logger(__name__)


class Step(StrEnum):
    """What is under way."""

    UPLOADING = "uploading"
    INDEXING = "indexing"
    REMOVING = "removing"


@frozen
class Progress:
    """How far a step is, in files."""

    step: Step
    done: int
    total: int


OnProgress = Callable[[Progress], None]


@frozen
class StoreLimits:
    """What the service takes, and how long it is waited for.

    Source: https://learn.microsoft.com/azure/ai-services/agents/quotas-limits

    Attributes:
        files: in one store.
        file_bytes: of one file.
        batch: files that are taken in together.
        patience: seconds that the service may take to index one batch.
    """

    files: int = 10_000
    file_bytes: int = 512 * 2**20
    batch: int = 500
    patience: float = 600.0


@frozen
class Report:
    """What was done to a store. Counts of files.

    Attributes:
        uploaded: new files of the project.
        indexed: new files of the store.
        waiting: files that the service had not done with in time; it goes on with them.
        failures: documents that the store does not hold.
    """

    store: Store
    kept: int = 0
    uploaded: int = 0
    indexed: int = 0
    waiting: int = 0
    removed: int = 0
    failures: tuple[Failure, ...] = ()


_LIMITS = StoreLimits()


class StoreKeeper:
    """Looks what a vector store lacks and what it holds too much of, and mends that.

    What a store is to hold is told by document and version, and so is what it holds, by the names of its files: what is
    done twice is done once, and what was left half-way is carried on by the next plan.

    Args:
        stores: the service.
        limits: what it takes.
    """

    def __init__(self, stores: VectorStores, limits: StoreLimits = _LIMITS) -> None:
        self._stores = stores
        self._limits = limits

    def plan(self, store: Store, wanted: Mapping[str, str], check: Check, *, retry: bool = False) -> Plan:
        """What there is to do so that a store holds these documents and no others of SOPHIA's. Changes nothing.

        Args:
            store: as `VectorStores.in_use` or `VectorStores.provide` have it.
            wanted: documents by id, with the version that is to be there.
            check: passes while the work may go on.
            retry: also try again what the store has refused for good.

        Raises:
            Unavailable: the service does not answer as it should.
        """
        names = {file_name(document, version) for document, version in wanted.items()}
        held, beside = self._stores.files_of(store.id, names, check)
        return make_plan(store, held, beside, wanted, retry=retry)

    def carry_out(self, plan: Plan, text_of: TextOf, check: Check, on_progress: OnProgress = lambda _: None) -> Report:
        """Do it: erase what is gone, upload what is new and have it indexed, then erase what that replaces.

        Args:
            plan: as `plan` has made it.
            text_of: gives what is uploaded; asked by several threads.
            check: passes while the work may go on.
            on_progress: hears how far it is.

        Raises:
            LimitExceeded: the store would hold more files than the service takes; nothing was done.
            Unavailable: the service does not answer as it should. What was done is done; a new plan has the rest.
        """
        if plan.files > self._limits.files:
            told = f"a vector store of Azure's holds {self._limits.files} files at the most; this needs {plan.files}"
            raise LimitExceeded("documents", told)
        work = _Work(self._stores, self._limits, plan, text_of, check, on_progress)
        work.carry_out()
        _log.info(
            "azure.store_kept",
            store=plan.store.id,
            uploaded=work.report.uploaded,
            indexed=work.report.indexed,
            waiting=work.report.waiting,
            removed=work.report.removed,
            failed=len(work.report.failures),
        )
        return work.report


@define
class _Work:
    stores: VectorStores
    limits: StoreLimits
    plan: Plan
    text_of: TextOf
    check: Check
    on_progress: OnProgress
    report: Report = field(init=False)
    _removing: int = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.report = Report(self.plan.store, kept=self.plan.kept, failures=self.plan.failures)
        self._removing = len(self.plan.gone) + len(self.plan.replaced)

    def carry_out(self) -> None:
        self._remove(self.plan.gone)
        for files in _batches(self.plan.attach, self.limits.batch):
            self._index([file.id for file in files])
        for names in _batches(self.plan.upload, self.limits.batch):
            if file_ids := self._upload(names):
                self._index(file_ids)
        self._remove(self.plan.replaced)

    def _upload(self, names: Sequence[str]) -> list[str]:
        uploaded = []
        for outcome in _each(self._upload_one, names):
            if isinstance(outcome, Failure):
                self._fail(outcome)
            elif outcome is not None:
                uploaded.append(outcome)
                self._count(uploaded=1)
                self.on_progress(Progress(Step.UPLOADING, self.report.uploaded, len(self.plan.upload)))
        return uploaded

    def _upload_one(self, name: str) -> str | Failure | None:
        document_id, version = document_in(name) or ("", "")
        text = self.text_of(document_id, version)
        if text is None:
            return None  # it has changed meanwhile; the next plan has its new version
        content = text.encode()
        if len(content) > self.limits.file_bytes:
            told = f"its text has {len(content)} bytes; a file at Azure has {self.limits.file_bytes} at the most"
            return Failure(document_id, told)
        try:
            return self.stores.upload(name, content, self.check)
        except Refused as error:
            return Failure(document_id, str(error))

    def _index(self, file_ids: Sequence[str]) -> None:
        batch = self.stores.attach(self.plan.store.id, file_ids, self.check)
        self._wait_for(batch)
        for file in self.stores.outcome(self.plan.store.id, batch, self.check):
            if file.status == "completed":
                self._count(indexed=1)
            elif file.status == "in_progress":
                self._count(waiting=1)
            elif named := document_in(file.name):
                reason = file.reason or f"the file is {file.status} in the vector store"
                self._fail(Failure(named[0], reason))

    def _wait_for(self, batch: Batch) -> None:
        pause, until = _FIRST_LOOK, time.monotonic() + self.limits.patience
        total = len(self.plan.upload) + len(self.plan.attach)
        before = self.report.indexed + self.report.waiting
        while left := self.stores.under_way(self.plan.store.id, batch, self.check):
            self.on_progress(Progress(Step.INDEXING, before + len(batch.file_ids) - left, total))
            if time.monotonic() + pause >= until:
                return
            wait(pause, self.check)
            pause = min(2 * pause, _LONGEST_LOOK)
        self.on_progress(Progress(Step.INDEXING, before + len(batch.file_ids), total))

    def _remove(self, files: Sequence[File]) -> None:
        for _ in _each(lambda file: self.stores.remove(self.plan.store.id, file.id, self.check), files):
            self._count(removed=1)
            self.on_progress(Progress(Step.REMOVING, self.report.removed, self._removing))

    def _count(self, **more: int) -> None:
        self.report = evolve(self.report, **{name: getattr(self.report, name) + n for name, n in more.items()})

    def _fail(self, failure: Failure) -> None:
        self.report = evolve(self.report, failures=(*self.report.failures, failure))


def _each(do: Callable[[T], R], items: Sequence[T]) -> Iterator[R]:
    """What comes of each item, several at a time; after a failure no more are begun."""
    pool = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="azure-store")
    try:
        begun = [pool.submit(copy_context().run, do, item) for item in items]
        for one in begun:
            yield one.result()
    finally:
        pool.shutdown(cancel_futures=True)


def _batches(items: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]
