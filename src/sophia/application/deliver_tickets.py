"""Delivering what waits in the outbox."""

from datetime import timedelta

from attrs import evolve

from sophia.domain.audit import AuditEvent
from sophia.domain.runs import Lease
from sophia.domain.tenancy import TenantScope
from sophia.domain.tickets import Ticket, TicketStatus
from sophia.errors import LeaseLost, TicketRejected, Unavailable
from sophia.logs import get_logger
from sophia.ports.records import Records
from sophia.ports.system import Clock
from sophia.ports.ticket_desk import TicketDesk

__all__ = ["DeliverTickets"]

_LEASE = timedelta(seconds=60)
_FIRST_WAIT = timedelta(seconds=2)
_LONGEST_WAIT = timedelta(minutes=10)
_BATCH = 20

_log = get_logger(__name__)


class DeliverTickets:
    """Opens the tickets that wait at the desk: each at least once, and once at a desk that honours its key."""

    def __init__(self, records: Records, desk: TicketDesk, clock: Clock, owner: str) -> None:
        self._records = records
        self._desk = desk
        self._clock = clock
        self._owner = owner

    def __call__(self, scope: TenantScope) -> int:
        """Try what is due for one company (a scope of SOPHIA's own); how many deliveries were tried."""
        now = self._clock.now()
        with self._records.write(scope) as tx:
            claimed = tx.outbox.claim(self._owner, now, now + _LEASE, _BATCH)
        for lease, ticket_id, attempts in claimed:
            try:
                self._deliver(scope, lease, ticket_id, attempts)
            except LeaseLost:
                _log.info("ticket.taken_over", tenant=scope.company_id, ticket=ticket_id)
        return len(claimed)

    def _deliver(self, scope: TenantScope, lease: Lease, ticket_id: str, attempts: int) -> None:
        with self._records.read(scope) as tx:
            ticket = tx.tickets.get(ticket_id)
        try:
            number = self._desk.open(ticket)
        except TicketRejected as error:
            rejected = evolve(ticket, status=TicketStatus.REJECTED, reason=error.reason)
            self._settle(scope, lease, rejected, AuditEvent("ticket.rejected", ticket.id))
        except Unavailable as error:
            due = self._clock.now() + _wait(attempts)
            with self._records.write(scope) as tx:
                tx.outbox.again(lease, due)
            _log.warning("ticket.not_delivered", tenant=scope.company_id, ticket=ticket.id, dependency=error.dependency)
        else:
            delivered = evolve(ticket, status=TicketStatus.DELIVERED, external_id=number)
            self._settle(scope, lease, delivered, AuditEvent("ticket.delivered", ticket.id, {"number": number}))

    def _settle(self, scope: TenantScope, lease: Lease, ticket: Ticket, event: AuditEvent) -> None:
        with self._records.write(scope) as tx:
            tx.outbox.done(lease)
            tx.tickets.update(ticket)
            tx.audit.append(event)


def _wait(attempts: int) -> timedelta:
    return min(_FIRST_WAIT * (1 << min(attempts, 20)), _LONGEST_WAIT)
