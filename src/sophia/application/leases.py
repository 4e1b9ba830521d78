"""Keeping hold of work while it is done."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

import structlog
from attrs import define, field

from sophia.domain.runs import Lease
from sophia.domain.tenancy import TenantScope
from sophia.errors import Cancelled, LeaseLost, SophiaError
from sophia.ports.records import Records, Transaction
from sophia.ports.system import Clock

__all__ = ["HeldLease", "LeaseKeeper", "Renew"]

Renew = Callable[[Transaction, Lease, datetime], bool]
"""Renews a lease until a time and tells whether the work is to stop; raises LeaseLost."""

TTL = timedelta(seconds=20)
"""How long work stands still, at the most, after its process has died."""

_RENEW_EVERY = 0.5  # seconds; a cancelled run hears of it within this time

_log = structlog.get_logger(__name__)


@define(eq=False)
class HeldLease:
    """A lease that is being renewed; tells when the work has to stop."""

    scope: TenantScope
    lease: Lease
    _renew: Renew
    _cancelled: threading.Event = field(factory=threading.Event)
    _lost: threading.Event = field(factory=threading.Event)

    def check(self) -> None:
        """Pass while the work may go on.

        Raises:
            Cancelled: it is to stop.
            LeaseLost: somebody else has taken it.
        """
        if self._lost.is_set():
            raise LeaseLost(f"the lease on {self.lease.work_id} is lost")
        if self._cancelled.is_set():
            raise Cancelled

    def renew(self, records: Records, until: datetime) -> None:
        """Renew it once, and hear whether the work is to stop."""
        try:
            with records.write(self.scope) as tx:
                stop = self._renew(tx, self.lease, until)
        except LeaseLost:
            self._lost.set()
        except SophiaError as error:
            # The lease outlives several missed renewals; the next one tries again.
            _log.warning("lease.renewal_failed", work=self.lease.work_id, error=type(error).__name__)
        else:
            if stop:
                self._cancelled.set()


class LeaseKeeper:
    """Renews the leases of all work that this process does, from one thread."""

    def __init__(self, records: Records, clock: Clock, ttl: timedelta = TTL) -> None:
        self.ttl = ttl
        self._records = records
        self._clock = clock
        self._held: set[HeldLease] = set()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    @contextmanager
    def hold(self, scope: TenantScope, lease: Lease, renew: Renew) -> Iterator[HeldLease]:
        """Keep a lease for as long as the block runs."""
        held = HeldLease(scope, lease, renew)
        with self._lock:
            self._held.add(held)
            if self._thread is None:
                self._thread = threading.Thread(target=self._keep, name="lease-keeper", daemon=True)
                self._thread.start()
        try:
            yield held
        finally:
            with self._lock:
                self._held.discard(held)

    def _keep(self) -> None:
        pause = threading.Event()
        while True:
            pause.wait(_RENEW_EVERY)
            with self._lock:
                held = tuple(self._held)
                if not held:
                    self._thread = None
                    return
            for lease in held:
                lease.renew(self._records, self._clock.now() + self.ttl)
