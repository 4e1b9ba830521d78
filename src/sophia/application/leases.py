"""Keeping hold of work while it is done."""

import threading
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from itertools import groupby

from attrs import define, field, frozen

from sophia.application.identity import SystemIdentity
from sophia.domain.audit import AuditEvent
from sophia.domain.runs import Lease, RunCancelled, Standing
from sophia.domain.tenancy import TenantScope
from sophia.errors import Cancelled, LeaseLost, SophiaError
from sophia.logs import get_logger
from sophia.ports.records import Records, Transaction
from sophia.ports.system import Clock

__all__ = ["REFRESHES", "RUNS", "HeldLease", "Kind", "LeaseKeeper"]

TTL = timedelta(seconds=20)
"""How long work stands still, at the most, after its process has died."""

_RENEW_EVERY = 0.4  # seconds; a cancelled run hears of it within this time, and is ended after it if it does not stop

_log = get_logger(__name__)


@frozen
class Kind:
    """A kind of work.

    Attributes:
        name: tells it from others.
        renew: renews leases until a time, and tells how they stand.
        cancel: ends work that does not stop by itself; None where nobody can ask it to stop.
    """

    name: str
    renew: Callable[[Transaction, Collection[Lease], datetime], Mapping[Lease, Standing]]
    cancel: Callable[[Transaction, Lease], None] | None = None


def _cancel_run(tx: Transaction, lease: Lease) -> None:
    tx.runs.finish(lease, RunCancelled())
    tx.audit.append(AuditEvent("run.cancelled", lease.work_id))


RUNS = Kind("run", lambda tx, leases, until: tx.runs.renew(leases, until), _cancel_run)
REFRESHES = Kind("refresh", lambda tx, leases, until: tx.refreshes.renew(leases, until))


@define(eq=False)
class HeldLease:
    """A lease that is being renewed; tells when the work has to stop."""

    scope: TenantScope
    lease: Lease
    kind: Kind
    standing: Standing = field(default=Standing.HELD, init=False)

    def check(self) -> None:
        """Pass while the work may go on.

        Raises:
            Cancelled: it is to stop.
            LeaseLost: somebody else has taken it, or has ended it.
        """
        if self.standing is Standing.LOST:
            raise LeaseLost(f"the lease on {self.lease.work_id} is lost")
        if self.standing is Standing.TO_STOP:
            raise Cancelled

    def hear(self, standing: Standing) -> None:
        """Take in how the lease stands; what is lost stays lost."""
        if self.standing is not Standing.LOST:
            self.standing = standing


class LeaseKeeper:
    """Renews the leases of all work that this process does, from one thread, a transaction a company.

    Work that is asked to stop has until the next round to do so itself. What still waits then, for a model that says
    nothing or for its turn, is ended here.
    """

    def __init__(self, records: Records, system: SystemIdentity, clock: Clock, ttl: timedelta = TTL) -> None:
        self.ttl = ttl
        self._records = records
        self._system = system
        self._clock = clock
        self._held: set[HeldLease] = set()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def take(self, scope: TenantScope, lease: Lease, kind: Kind) -> HeldLease:
        """Keep a lease until it is let go."""
        held = HeldLease(scope, lease, kind)
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
        """Tell who works under a lease to stop, and let all leases expire: others may take the work up at once."""
        with self._lock:
            held, self._held = self._held, set()
        for lease in held:
            lease.hear(Standing.LOST)
        for alike in _alike(held):
            self._renew(alike, self._clock.now())

    @contextmanager
    def hold(self, scope: TenantScope, lease: Lease, kind: Kind) -> Iterator[HeldLease]:
        """Keep a lease for as long as the block runs."""
        held = self.take(scope, lease, kind)
        try:
            yield held
        finally:
            self.let_go(held)

    def _keep(self) -> None:
        pause = threading.Event()
        while True:
            pause.wait(_RENEW_EVERY)
            with self._lock:
                held = tuple(self._held)
                if not held:
                    self._thread = None
                    return
            overdue = [lease for lease in held if lease.standing is Standing.TO_STOP]
            for alike in _alike(held):
                self._renew(alike, self._clock.now() + self.ttl)
            for lease in overdue:
                if lease.kind.cancel is not None:
                    self._end(lease, lease.kind.cancel)

    def _renew(self, alike: list[HeldLease], until: datetime) -> None:
        company, kind = alike[0].scope.company_id, alike[0].kind
        leases = {held.lease: held for held in alike}
        try:
            with self._records.write(self._system.scope(company, "leases")) as tx:
                standings = kind.renew(tx, leases.keys(), until)
        except SophiaError as error:
            # A lease outlives several missed renewals; the next one tries again.
            _log.warning("leases.renewal_failed", tenant=company, kind=kind.name, error=type(error).__name__)
        else:
            for lease, standing in standings.items():
                leases[lease].hear(standing)

    def _end(self, held: HeldLease, cancel: Callable[[Transaction, Lease], None]) -> None:
        held.hear(Standing.LOST)
        self.let_go(held)
        try:
            with self._records.write(held.scope) as tx:
                cancel(tx, held.lease)
        except SophiaError as error:
            # It has ended by itself meanwhile, or its lease will expire and whoever takes it up ends it.
            _log.info("lease.not_ended", tenant=held.scope.company_id, work=held.lease.work_id, error=str(error))


def _alike(held: Collection[HeldLease]) -> list[list[HeldLease]]:
    return [list(alike) for _, alike in groupby(sorted(held, key=_place), key=_place)]


def _place(held: HeldLease) -> tuple[str, str]:
    return held.scope.company_id, held.kind.name
