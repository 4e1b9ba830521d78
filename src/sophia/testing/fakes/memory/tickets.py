"""Tickets and their deliveries in memory."""

from datetime import datetime

from attrs import evolve

from sophia.domain.paging import Page
from sophia.domain.runs import Lease
from sophia.domain.tenancy import Actor, TenantScope
from sophia.domain.tickets import Ticket, TicketStatus
from sophia.errors import CompanyMismatch, Conflict, LeaseLost, NotFound
from sophia.ports.records import Outbox, Tickets
from sophia.testing.fakes.memory.conversations import erased
from sophia.testing.fakes.memory.state import Claim, State, StoredDelivery, is_mine, page, require_system

__all__ = ["MemoryOutbox", "MemoryTickets"]


class MemoryTickets(Tickets):
    """`Tickets` in memory."""

    def __init__(self, state: State, scope: TenantScope) -> None:
        self._state = state
        self._scope = scope

    def add(self, ticket: Ticket) -> Ticket:
        if ticket.company_id != self._scope.company_id:
            raise CompanyMismatch
        there = next((t for t in self._state.tickets.values() if t.key == ticket.key), None)
        if there is not None:
            if not is_mine(self._scope, there.user_id):
                raise Conflict("this key is another user's")
            return there
        user_id = ticket.user_id if self._scope.actor is Actor.SYSTEM else self._scope.user_id
        self._state.tickets[ticket.id] = evolve(ticket, user_id=user_id)
        return self._state.tickets[ticket.id]

    def get(self, ticket_id: str) -> Ticket:
        ticket = self._state.tickets.get(ticket_id)
        if ticket is None or not is_mine(self._scope, ticket.user_id):
            raise NotFound("ticket", ticket_id)
        return ticket

    def list(self, limit: int, cursor: str | None = None) -> Page[Ticket]:
        mine = {t.id: t for t in self._state.tickets.values() if is_mine(self._scope, t.user_id)}
        return page("tickets", mine, limit, cursor, falling=True)

    def of_thread(self, thread_id: str, limit: int) -> tuple[Ticket, ...]:
        return tuple(ticket for ticket in self._newest_first() if ticket.thread_id == thread_id)[:limit]

    def update(self, ticket: Ticket) -> None:
        updated = evolve(
            self.get(ticket.id),
            status=ticket.status,
            external_id=ticket.external_id,
            reason=ticket.reason,
            state=ticket.state,
            version=ticket.version,
            note=ticket.note,
        )
        if ticket.status is not TicketStatus.QUEUED and updated.thread_id not in self._state.threads:
            updated = erased(updated)
        self._state.tickets[ticket.id] = updated

    def _newest_first(self) -> tuple[Ticket, ...]:
        mine = (ticket for ticket in self._state.tickets.values() if is_mine(self._scope, ticket.user_id))
        return tuple(sorted(mine, key=lambda ticket: ticket.id, reverse=True))


class MemoryOutbox(Outbox):
    """`Outbox` in memory."""

    def __init__(self, state: State, scope: TenantScope) -> None:
        self._state = state
        self._scope = scope

    def add(self, ticket_id: str, key: str, due: datetime) -> None:
        self._state.outbox.setdefault(key, StoredDelivery(ticket_id, due))

    def claim(self, owner: str, now: datetime, until: datetime, limit: int) -> tuple[tuple[Lease, str, int], ...]:
        require_system(self._scope)
        ready = [
            (stored.due, key)
            for key, stored in self._state.outbox.items()
            if stored.due <= now and stored.claim.is_free(now)
        ]
        taken = []
        for _, key in sorted(ready)[:limit]:
            stored = self._state.outbox[key]
            claim = Claim(owner, until, stored.claim.fence + 1)
            self._state.outbox[key] = evolve(stored, claim=claim)
            taken.append((Lease(key, owner, claim.fence), stored.ticket_id, stored.attempts))
        return tuple(taken)

    def done(self, lease: Lease) -> None:
        self._held(lease)
        del self._state.outbox[lease.work_id]

    def again(self, lease: Lease, due: datetime) -> None:
        held = self._held(lease)
        claim = Claim(fence=held.claim.fence)
        self._state.outbox[lease.work_id] = evolve(held, due=due, attempts=held.attempts + 1, claim=claim)

    def depth(self) -> int:
        return len(self._state.outbox)

    def _held(self, lease: Lease) -> StoredDelivery:
        stored = self._state.outbox.get(lease.work_id)
        if stored is None or (stored.claim.owner, stored.claim.fence) != (lease.owner, lease.fence):
            raise LeaseLost(f"delivery {lease.work_id!r} is somebody else's by now, or done")
        return stored
