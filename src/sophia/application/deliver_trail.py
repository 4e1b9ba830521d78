"""Delivering the audit trail."""

import random
from collections.abc import Callable
from datetime import datetime, timedelta

from sophia.domain.runs import Lease
from sophia.domain.tenancy import TenantScope
from sophia.errors import LeaseLost, Unavailable
from sophia.logs import get_logger
from sophia.ports.audit_sink import AuditSink
from sophia.ports.records import Records, Transaction
from sophia.ports.system import Clock

__all__ = ["DeliverTrail", "undelivered"]

_LEASE = timedelta(seconds=60)
_AT_WORK = timedelta(seconds=30)
"""After this no other entry is begun: a sink may take half a minute for one, and the lease has to last."""

_BATCH = 100
_FIRST_WAIT = timedelta(seconds=2)
_LONGEST_WAIT = timedelta(minutes=5)
_LONGEST_ASKED = timedelta(minutes=15)

_log = get_logger(__name__)


def undelivered(tx: Transaction) -> tuple[int, datetime | None]:
    """How many entries of a company's trail are not delivered yet, and when the oldest of them was made."""
    head, position = tx.audit.head(), tx.delivered.position()
    oldest = tx.audit.entries(position, 1)
    return (head.sequence - position, oldest[0].at) if head is not None and oldest else (0, None)


class DeliverTrail:
    """Hands a company's entries over, strictly in order, from where it was left, until each is taken.

    One process at a time does it for a company. What was handed over by one that died before it could say so is handed
    over again. An entry that is not taken holds up those that follow, for as long as it may be.

    Args:
        chance: from 0 to 1, other each time; spreads what would be tried at the same time.
    """

    def __init__(
        self,
        records: Records,
        sink: AuditSink,
        clock: Clock,
        owner: str,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._records = records
        self._sink = sink
        self._clock = clock
        self._owner = owner
        self._chance = chance

    def __call__(self, scope: TenantScope) -> int:
        """Hand over some of what waits of one company (a scope of SOPHIA's own); how many entries were taken."""
        with self._records.read(scope) as tx:
            head = tx.audit.head()
            if head is None or tx.delivered.position() >= head.sequence:
                return 0
        now = self._clock.now()
        with self._records.write(scope) as tx:
            claimed = tx.delivered.claim(self._owner, now, now + _LEASE)
        return 0 if claimed is None else self._deliver(scope, *claimed, until=now + _AT_WORK)

    def _deliver(self, scope: TenantScope, lease: Lease, position: int, attempts: int, until: datetime) -> int:
        with self._records.read(scope) as tx:
            entries = tx.audit.entries(position, _BATCH)
        taken, due = position, None
        try:
            for entry in entries:
                if self._clock.now() >= until:
                    break
                self._sink.deliver(entry)
                taken = entry.sequence
        except Unavailable as error:
            _log.warning("audit.not_delivered", tenant=scope.company_id, sequence=taken + 1, error=str(error))
            attempts = attempts if taken == position else 0
            due = self._due(attempts, error.retry_after)
        try:
            with self._records.write(scope) as tx:
                tx.delivered.settle(lease, taken, 0 if due is None else attempts + 1, due)
        except LeaseLost:
            # This process was held up; the other began where this one did, and the sink knows what it has.
            _log.info("audit.taken_over", tenant=scope.company_id)
        return taken - position

    def _due(self, attempts: int, asked: float | None) -> datetime:
        backoff = min(_FIRST_WAIT * 2 ** min(attempts, 20), _LONGEST_WAIT)
        least = min(timedelta(seconds=asked or 0), _LONGEST_ASKED)
        due: datetime = self._clock.now() + max(least, backoff / 2) + backoff / 2 * self._chance()
        return due
