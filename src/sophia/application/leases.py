"""Keeping hold of work while it is done."""

import threading
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from itertools import groupby

from attrs import define, field

from sophia.application.identity import SystemIdentity
from sophia.domain.runs import Lease, Standing
from sophia.domain.tenancy import TenantScope
from sophia.errors import Cancelled, LeaseLost, SophiaError
from sophia.logs import get_logger
from sophia.ports.records import Records, Transaction
from sophia.ports.system import Clock

__all__ = ["HeldLease", "LeaseKeeper", "Renew", "renew_refreshes", "renew_runs"]

Renew = Callable[[Transaction, Collection[Lease], datetime], Mapping[Lease, Standing]]
"""Renews leases of one kind until a time and tells how they stand."""

TTL = timedelta(seconds=20)
"""How long work stands still, at the most, after its process has died."""

_RENEW_EVERY = 0.5  # seconds; a cancelled run hears of it within this time

_log = get_logger(__name__)


@define(eq=False)
class HeldLease:
    """A lease that is being renewed; tells when the work has to stop."""

    scope: TenantScope
    lease: Lease
    renew: Renew
    _standing: Standing = field(default=Standing.HELD, init=False)

    def check(self) -> None:
        """Pass while the work may go on.

        Raises:
            Cancelled: it is to stop.
            LeaseLost: somebody else has taken it.
        """
        if self._standing is Standing.LOST:
            raise LeaseLost(f"the lease on {self.lease.work_id} is lost")
        if self._standing is Standing.TO_STOP:
            raise Cancelled

    def hear(self, standing: Standing) -> None:
        """Take in how the lease stands; what is lost stays lost."""
        if self._standing is not Standing.LOST:
            self._standing = standing


class LeaseKeeper:
    """Renews the leases of all work that this process does, from one thread, a transaction a company."""

    def __init__(self, records: Records, system: SystemIdentity, clock: Clock, ttl: timedelta = TTL) -> None:
        self.ttl = ttl
        self._records = records
        self._system = system
        self._clock = clock
        self._held: set[HeldLease] = set()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def take(self, scope: TenantScope, lease: Lease, renew: Renew) -> HeldLease:
        """Keep a lease until it is let go."""
        held = HeldLease(scope, lease, renew)
        with self._lock:
            self._held.add(held)
            if self._thread is None:
                self._thread = threading.Thread(target=self._keep, name="lease-keeper", daemon=True)
                self._thread.start()
        return held

    def let_go(self, held: HeldLease) -> None:
        """Renew a lease no longer."""
        with self._lock:
            self._held.discard(held)

    def abandon(self) -> None:
        """Renew nothing any more, and tell who works under a lease to stop: others take the work up."""
        with self._lock:
            for held in self._held:
                held.hear(Standing.LOST)
            self._held.clear()

    @contextmanager
    def hold(self, scope: TenantScope, lease: Lease, renew: Renew) -> Iterator[HeldLease]:
        """Keep a lease for as long as the block runs."""
        held = self.take(scope, lease, renew)
        try:
            yield held
        finally:
            self.let_go(held)

    def _keep(self) -> None:
        pause = threading.Event()
        while True:
            pause.wait(_RENEW_EVERY)
            with self._lock:
                held = sorted(self._held, key=_kind)
                if not held:
                    self._thread = None
                    return
            for _, alike in groupby(held, key=_kind):
                self._renew(list(alike))

    def _renew(self, alike: list[HeldLease]) -> None:
        company = alike[0].scope.company_id
        leases = {held.lease: held for held in alike}
        try:
            with self._records.write(self._system.scope(company, "leases")) as tx:
                standings = alike[0].renew(tx, leases.keys(), self._clock.now() + self.ttl)
        except SophiaError as error:
            # A lease outlives several missed renewals; the next one tries again.
            _log.warning("leases.renewal_failed", tenant=company, error=type(error).__name__)
        else:
            for lease, standing in standings.items():
                leases[lease].hear(standing)


def renew_runs(tx: Transaction, leases: Collection[Lease], until: datetime) -> Mapping[Lease, Standing]:
    """Renew leases on runs."""
    return tx.runs.renew(leases, until)


def renew_refreshes(tx: Transaction, leases: Collection[Lease], until: datetime) -> Mapping[Lease, Standing]:
    """Renew leases on refreshes."""
    return tx.refreshes.renew(leases, until)


def _kind(held: HeldLease) -> tuple[str, int]:
    return held.scope.company_id, id(held.renew)
