"""A refresh under way."""

import time
from collections.abc import Callable
from typing import Any

from attrs import define, evolve, field

from sophia.domain.knowledge import DocumentFailure
from sophia.domain.limits import NO_LIMITS, KnowledgeSize, Limits
from sophia.domain.refresh import RefreshOptions, RefreshProgress, RefreshReport
from sophia.domain.runs import Lease
from sophia.domain.tenancy import TenantScope
from sophia.ports.records import Records

__all__ = ["OnProgress", "RefreshWork"]

OnProgress = Callable[[RefreshProgress], None]
"""Hears how far a refresh is."""

_WRITE_EVERY = 0.25  # seconds between two progress events


@define
class RefreshWork:
    """One refresh under way: what it keeps to, and what it has done so far.

    Attributes:
        scope: SOPHIA's own for the company.
        lease: under which its progress is written.
        limits: of the company.
        size: of the company's knowledge base by now; nobody but this refresh adds to it meanwhile.
        embedded: the digests of the chunks whose vectors it has made.
    """

    scope: TenantScope
    lease: Lease
    options: RefreshOptions
    on_progress: OnProgress
    records: Records
    limits: Limits = NO_LIMITS
    size: KnowledgeSize = field(factory=KnowledgeSize)
    report: RefreshReport = field(factory=RefreshReport)
    progress: RefreshProgress = field(factory=lambda: RefreshProgress(0, 0, 0, 0))
    failures: list[DocumentFailure] = field(factory=list)
    embedded: set[str] = field(factory=set)
    _written: float = field(default=0.0, init=False)

    def count(self, **more: int) -> None:
        """Add to the report's counts."""
        self.report = evolve(self.report, **{name: getattr(self.report, name) + n for name, n in more.items()})

    def grown(self, documents: int, text_bytes: int) -> KnowledgeSize:
        """The size of the knowledge base with so much more in it.

        Raises:
            LimitExceeded: the company has no room for that.
        """
        then = self.size.plus(documents, text_bytes)
        self.limits.check_growth(self.size, then)
        return then

    def show(self, **changes: Any) -> None:
        """Tell how far the refresh is; every now and then write it down.

        Raises:
            LeaseLost: somebody else has taken the refresh.
        """
        self.progress = evolve(self.progress, **changes)
        self.on_progress(self.progress)
        if time.monotonic() - self._written < _WRITE_EVERY:
            return
        self._written = time.monotonic()
        with self.records.write(self.scope) as tx:
            tx.refreshes.append(self.lease, self.progress)
