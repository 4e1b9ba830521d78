"""Delivering what waits in the outbox."""

import random
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextvars import copy_context
from datetime import timedelta
from typing import Any

from attrs import evolve

from sophia.application.tickets import TellThread
from sophia.application.wording import wording
from sophia.domain.audit import AuditEvent
from sophia.domain.runs import Lease
from sophia.domain.tenancy import TenantScope
from sophia.domain.tickets import Target, Ticket, TicketStatus
from sophia.errors import LeaseLost, SophiaError, TicketRejected, Unanswered, Unavailable
from sophia.logs import get_logger
from sophia.ports.records import Records, Transaction
from sophia.ports.system import Clock
from sophia.ports.ticket_desk import TicketDesk

__all__ = ["DeliverTickets"]

_LEASE = timedelta(seconds=60)
"""Longer than any desk takes: whose delivery another process takes up has died."""

_HEAD_START = timedelta(seconds=5)
"""What whoever has made a ticket is given to deliver it before others look for it."""

_FIRST_WAIT = timedelta(seconds=2)
_LONGEST_WAIT = timedelta(minutes=5)
_LONGEST_ASKED = timedelta(minutes=15)
_GIVEN_UP_AFTER = timedelta(days=3)

_BATCH = 20
_AT_ONCE = 8

_log = get_logger(__name__)


class DeliverTickets:
    """Opens the tickets that wait at their desk, and says what has become of each.

    A ticket is sent until there is an answer, at growing intervals, for three days. At a target that honours keys it
    is opened once, however often it is sent. At one that does not it is sent again only if it was surely not taken: if
    an answer never came, or whoever was sending it has died, its status is ``unknown``, and nobody sends it again.

    Args:
        chance: from 0 to 1, other each time; spreads what would be tried at the same time.
        patience: seconds that a turn waits for the number of its ticket.
    """

    def __init__(
        self,
        records: Records,
        desk: TicketDesk,
        targets: Sequence[Target],
        clock: Clock,
        owner: str,
        tell: TellThread,
        chance: Callable[[], float] = random.random,
        patience: float = 2.0,
    ) -> None:
        self._records = records
        self._desk = desk
        self._honour_keys = {target.name for target in targets if target.honours_keys}
        self._clock = clock
        self._owner = owner
        self._tell = tell
        self._chance = chance
        self._patience = patience
        self._threads = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="delivery")
        self._begun: set[Future[Any]] = set()

    def queue(self, tx: Transaction, ticket: Ticket) -> None:
        """Have a ticket delivered, whatever becomes of this process; in the transaction that stores it."""
        tx.outbox.add(ticket.id, ticket.key, self._clock.now() + _HEAD_START)

    def at_once(self, scope: TenantScope, key: str) -> None:
        """Begin to deliver what was queued under this key, and wait some seconds for the end of it.

        A desk that takes longer is heard out; the ticket reads ``queued`` meanwhile.

        Args:
            scope: of SOPHIA's own work for the ticket's company.
            key: of the ticket. Nothing happens where it is delivered already, or being delivered.
        """
        begun = self._threads.submit(copy_context().run, self._take, scope, key)
        self._begun.add(begun)
        begun.add_done_callback(self._begun.discard)
        try:
            begun.result(self._patience)
        except TimeoutError:
            begun.add_done_callback(_report)

    def __call__(self, scope: TenantScope) -> int:
        """Deliver what is due for one company (a scope of SOPHIA's own), one after the other; how many were tried.

        Ends with the first that its desk does not take: what else is due would wait for the same desk.
        """
        for tried in range(_BATCH):
            now = self._clock.now()
            # One at a time: whoever dies leaves nothing in doubt but what was on its way.
            with self._records.write(scope) as tx:
                claimed = tx.outbox.claim(self._owner, now, now + _LEASE, 1)
            if not claimed:
                return tried
            if not self._deliver(scope, *claimed[0]):
                return tried + 1
        return _BATCH

    def finish(self, within: float | None = None) -> None:
        """Wait for what was begun, so many seconds at the most if they are given."""
        wait(tuple(self._begun), within)

    def _take(self, scope: TenantScope, key: str) -> None:
        now = self._clock.now()
        with self._records.write(scope) as tx:
            taken = tx.outbox.take(key, self._owner, now, now + _LEASE)
        if taken is not None:
            self._deliver(scope, *taken)

    def _deliver(self, scope: TenantScope, lease: Lease, ticket_id: str, attempts: int) -> bool:
        """Whether the ticket need not be sent again."""
        with self._records.read(scope) as tx:
            ticket = tx.tickets.get(ticket_id)
        try:
            return self._send(scope, lease, ticket, attempts)
        except LeaseLost:
            _log.info("ticket.taken_over", tenant=scope.company_id, ticket=ticket.id)
            return True

    def _send(self, scope: TenantScope, lease: Lease, ticket: Ticket, attempts: int) -> bool:
        again_is_safe = ticket.target in self._honour_keys
        was_on_its_way = lease.fence > attempts + 1
        if ticket.status is TicketStatus.QUEUED and was_on_its_way and not again_is_safe:
            self._settle(scope, lease, ticket, TicketStatus.UNKNOWN)
            return True
        try:
            number = self._desk.open(ticket) if ticket.status is TicketStatus.QUEUED else ticket.external_id
        except TicketRejected as error:
            self._settle(scope, lease, ticket, TicketStatus.REJECTED, reason=error.reason)
        except Unavailable as error:
            _log.warning("ticket.not_delivered", tenant=scope.company_id, ticket=ticket.id, error=str(error))
            if isinstance(error, Unanswered) and not again_is_safe:
                self._settle(scope, lease, ticket, TicketStatus.UNKNOWN)
            elif self._clock.now() - ticket.created_at < _GIVEN_UP_AFTER:
                self._again(scope, lease, attempts, error.retry_after)
            elif again_is_safe:
                # One of the answers that never came may have been a yes.
                self._settle(scope, lease, ticket, TicketStatus.UNKNOWN)
            else:
                reason = wording(ticket.language).given_up(_GIVEN_UP_AFTER.days)
                self._settle(scope, lease, ticket, TicketStatus.REJECTED, reason=reason)
            return False
        else:
            self._settle(scope, lease, ticket, TicketStatus.DELIVERED, number=number)
        return True

    def _again(self, scope: TenantScope, lease: Lease, attempts: int, asked: float | None) -> None:
        backoff = min(_FIRST_WAIT * 2 ** min(attempts, 20), _LONGEST_WAIT)
        least = min(timedelta(seconds=asked or 0), _LONGEST_ASKED)
        due = self._clock.now() + max(least, backoff / 2) + backoff / 2 * self._chance()
        with self._records.write(scope) as tx:
            tx.outbox.again(lease, due)

    def _settle(
        self,
        scope: TenantScope,
        lease: Lease,
        ticket: Ticket,
        status: TicketStatus,
        *,
        number: str | None = None,
        reason: str | None = None,
    ) -> None:
        """The one place where a delivery ends: what became of it, and the record of that, are stored together."""
        with self._records.write(scope) as tx:
            tx.outbox.done(lease)
            # As it stands by now: the agent may have reported on it before its answer was here.
            before = tx.tickets.get(ticket.id)
            settled = evolve(before, status=status, external_id=number or before.external_id, reason=reason)
            if before.status is not TicketStatus.QUEUED and status is not TicketStatus.DELIVERED:
                settled = before
            tx.tickets.update(settled)
            tx.audit.append(AuditEvent(f"ticket.{settled.status}", ticket.id, {"number": settled.external_id}))
            self._tell(tx, before, settled)
        _log.info("ticket.settled", tenant=scope.company_id, ticket=ticket.id, status=settled.status)


def _report(done: Future[Any]) -> None:
    """What nobody waits for any more is told to the operator; the ticket is tried again once its lease has expired."""
    match done.exception():
        case None:
            pass
        case SophiaError() as error:
            _log.warning("ticket.not_settled", error=type(error).__name__)
        case error:
            _log.error("ticket.not_settled", exc_info=error)
