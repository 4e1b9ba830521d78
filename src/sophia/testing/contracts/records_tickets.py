"""What every system of record keeps of tickets, deliveries and the audit trail."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta

import pytest
from attrs import evolve

from sophia.domain.audit import BEGINNING, AuditEntry, AuditEvent, breaks
from sophia.domain.tenancy import TenantScope
from sophia.domain.tickets import Ticket, TicketState, TicketStatus
from sophia.errors import CompanyMismatch, InvalidInput, LeaseLost, NotFound, PermissionDenied
from sophia.testing.contracts.records_world import ANA, BOB, EVE, OTHER_SYSTEM, SYSTEM, RecordsCase, World

__all__ = ["AuditLogContract", "DeliveredContract", "OutboxContract", "TicketsContract"]


class TicketsContract(RecordsCase):
    """Tickets."""

    def test_a_ticket_reads_back_as_it_was_stored(self, world: World) -> None:
        ticket = world.ticket(world.thread())
        with world.records.write(ANA) as tx:
            assert tx.tickets.add(ticket) == ticket
        with world.records.read(ANA) as tx:
            assert tx.tickets.get(ticket.id) == ticket

    def test_the_same_key_is_the_same_ticket(self, world: World) -> None:
        ticket = world.ticket(world.thread())
        again = evolve(ticket, id=world.ids.new("tkt"), title="another")
        with world.records.write(ANA) as tx:
            tx.tickets.add(ticket)
        with world.records.write(SYSTEM) as tx:
            assert tx.tickets.add(again) == ticket
            with pytest.raises(NotFound):
                tx.tickets.get(again.id)

    @pytest.mark.parametrize("stranger", [BOB, EVE, OTHER_SYSTEM])
    def test_a_foreign_ticket_reads_like_none_at_all(self, world: World, stranger: TenantScope) -> None:
        ticket = world.ticket(world.thread())
        with world.records.write(ANA) as tx:
            tx.tickets.add(ticket)
        with world.records.write(stranger) as tx:
            assert tx.tickets.list(10).items == ()
            for id_ in (ticket.id, "tkt_none"):
                with pytest.raises(NotFound) as caught:
                    tx.tickets.get(id_)
                assert (caught.value.kind, caught.value.id) == ("ticket", id_)
            with pytest.raises(NotFound):
                tx.tickets.update(evolve(ticket, status=TicketStatus.REJECTED))
        with world.records.read(ANA) as tx:
            assert tx.tickets.get(ticket.id) == ticket

    def test_a_ticket_of_another_company_is_not_stored(self, world: World) -> None:
        ticket = world.ticket(world.thread())
        for scope in (EVE, OTHER_SYSTEM):
            with world.records.write(scope) as tx, pytest.raises(CompanyMismatch):
                tx.tickets.add(ticket)

    def test_a_state_is_stored_and_the_text_stays(self, world: World) -> None:
        ticket = world.ticket(world.thread())
        delivered = evolve(ticket, status=TicketStatus.DELIVERED, external_id="TCK-7", reason="ok")
        delivered = evolve(delivered, state=TicketState.ACCEPTED, version=3, note="tomorrow")
        with world.records.write(ANA) as tx:
            tx.tickets.add(ticket)
        with world.records.write(SYSTEM) as tx:
            tx.tickets.update(evolve(delivered, title="changed", user_message="changed", actions=()))
        with world.records.read(ANA) as tx:
            assert tx.tickets.get(ticket.id) == delivered

    def test_tickets_come_newest_first_and_paging_loses_none(self, world: World) -> None:
        thread = world.thread()
        tickets = [world.ticket(thread) for _ in range(5)]
        with world.records.write(ANA) as tx:
            for ticket in tickets:
                tx.tickets.add(ticket)
        seen: list[Ticket] = []
        cursor = None
        while True:
            with world.records.write(ANA) as tx:
                page = tx.tickets.list(2, cursor)
                tx.tickets.add(world.ticket(thread))
            seen += page.items
            if (cursor := page.next) is None:
                break
        assert seen == tickets[::-1]
        with world.records.read(ANA) as tx, pytest.raises(InvalidInput):
            tx.tickets.list(2, "nonsense")

    def test_the_tickets_of_a_thread_come_newest_first_and_no_more_than_asked(self, world: World) -> None:
        thread, another = world.thread(), world.thread()
        first, second, third = (world.ticket(thread) for _ in range(3))
        with world.records.write(ANA) as tx:
            for ticket in (first, second, world.ticket(another), third):
                tx.tickets.add(ticket)
        with world.records.read(ANA) as tx:
            assert tx.tickets.of_thread(thread.id, 10) == (third, second, first)
            assert tx.tickets.of_thread(thread.id, 2) == (third, second)
            assert tx.tickets.of_thread("thr_none", 10) == ()

    def test_a_ticket_is_found_by_either_of_its_numbers(self, world: World) -> None:
        thread = world.thread()
        ticket, other = (evolve(world.ticket(thread), external_id=number) for number in ("TCK-42", "TCK-4"))
        with world.records.write(ANA) as tx:
            tx.tickets.add(ticket)
            tx.tickets.add(other)
            tx.tickets.add(world.ticket(thread))
        with world.records.read(ANA) as tx:
            for number in (ticket.id, ticket.id.upper(), "TCK-42", "tck-42"):
                assert tx.tickets.numbered(number) == (ticket,)
            for number in ("", "42", "TCK", "TCK-%", "none"):
                assert tx.tickets.numbered(number) == ()

    @pytest.mark.parametrize("stranger", [BOB, EVE, OTHER_SYSTEM])
    def test_nobody_else_finds_it_by_thread_or_number(self, world: World, stranger: TenantScope) -> None:
        ticket = evolve(world.ticket(world.thread()), external_id="TCK-42")
        with world.records.write(ANA) as tx:
            tx.tickets.add(ticket)
        with world.records.read(stranger) as tx:
            assert tx.tickets.of_thread(ticket.thread_id, 10) == ()
            assert tx.tickets.numbered("TCK-42") == tx.tickets.numbered(ticket.id) == ()
        with world.records.read(SYSTEM) as tx:
            assert tx.tickets.of_thread(ticket.thread_id, 10) == tx.tickets.numbered("TCK-42") == (ticket,)


class OutboxContract(RecordsCase):
    """Deliveries."""

    def queued(self, world: World, *keys: str, scope: TenantScope = ANA) -> None:
        """Deliveries that are due now."""
        with world.records.write(scope) as tx:
            for key in keys:
                tx.outbox.add(f"tkt_{key}", key, world.clock.now())

    def test_what_is_due_and_free_is_taken_once(self, world: World) -> None:
        self.queued(world, "a", "b")
        now, until = world.clock.now(), world.clock.now() + timedelta(seconds=10)
        with world.records.write(ANA) as tx:
            tx.outbox.add("tkt_c", "c", now + timedelta(seconds=5))
        with world.records.write(SYSTEM) as tx:
            assert tx.outbox.depth() == 3
            taken = tx.outbox.claim("one", now, until, 10)
            assert [(lease.work_id, lease.owner, ticket, tries) for lease, ticket, tries in taken] == [
                ("a", "one", "tkt_a", 0),
                ("b", "one", "tkt_b", 0),
            ]
            assert tx.outbox.claim("two", now, until, 10) == ()
            assert tx.outbox.depth() == 3

    def test_the_earliest_is_taken_first_and_no_more_than_asked(self, world: World) -> None:
        self.queued(world, "late")
        with world.records.write(ANA) as tx:
            tx.outbox.add("tkt_early", "early", world.clock.now() - timedelta(seconds=1))
        now = world.clock.now()
        with world.records.write(SYSTEM) as tx:
            ((lease, _, _),) = tx.outbox.claim("one", now, now + timedelta(1), 1)
        assert lease.work_id == "early"

    def test_a_certain_one_is_taken_before_it_is_due_and_by_one(self, world: World) -> None:
        now = world.clock.now()
        until = now + timedelta(seconds=10)
        with world.records.write(ANA) as tx:
            tx.outbox.add("tkt_a", "a", now + timedelta(seconds=5))
            tx.outbox.add("tkt_b", "b", now)
        with world.records.write(SYSTEM) as tx:
            assert tx.outbox.take("c", "one", now, until) is None
            taken = tx.outbox.take("a", "one", now, until)
            assert taken is not None
            lease, ticket_id, attempts = taken
            assert (lease.work_id, lease.owner, lease.fence, ticket_id, attempts) == ("a", "one", 1, "tkt_a", 0)
            assert tx.outbox.take("a", "two", now, until) is None
        now = world.clock.advance(10)
        with world.records.write(SYSTEM) as tx:
            again = tx.outbox.take("a", "two", now, now + timedelta(seconds=10))
            assert again is not None
            assert (again[0].fence, again[2]) == (2, 0)
            with pytest.raises(LeaseLost):
                tx.outbox.done(lease)
            tx.outbox.done(again[0])
            assert tx.outbox.take("a", "one", now, until) is None

    def test_the_same_key_is_queued_once(self, world: World) -> None:
        self.queued(world, "a", "a")
        self.queued(world, "a")
        with world.records.read(SYSTEM) as tx:
            assert tx.outbox.depth() == 1

    def test_only_sophia_takes_deliveries_and_only_of_one_company(self, world: World) -> None:
        self.queued(world, "a")
        now = world.clock.now()
        with world.records.write(ANA) as tx, pytest.raises(PermissionDenied):
            tx.outbox.claim("x", now, now, 1)
        with world.records.write(ANA) as tx, pytest.raises(PermissionDenied):
            tx.outbox.take("a", "x", now, now)
        with world.records.write(OTHER_SYSTEM) as tx:
            assert tx.outbox.claim("x", now, now + timedelta(1), 1) == ()
            assert tx.outbox.take("a", "x", now, now + timedelta(1)) is None
            assert tx.outbox.depth() == 0
        self.queued(world, "a", scope=EVE)
        with world.records.read(OTHER_SYSTEM) as tx:
            assert tx.outbox.depth() == 1

    def test_done_is_forgotten(self, world: World) -> None:
        self.queued(world, "a")
        now = world.clock.now()
        with world.records.write(SYSTEM) as tx:
            ((lease, _, _),) = tx.outbox.claim("one", now, now + timedelta(seconds=1), 1)
            tx.outbox.done(lease)
            assert tx.outbox.depth() == 0
            with pytest.raises(LeaseLost):
                tx.outbox.done(lease)

    def test_what_failed_is_tried_again_when_due(self, world: World) -> None:
        self.queued(world, "a")
        now = world.clock.now()
        with world.records.write(SYSTEM) as tx:
            ((lease, _, _),) = tx.outbox.claim("one", now, now + timedelta(seconds=60), 1)
            tx.outbox.again(lease, now + timedelta(seconds=5))
            assert tx.outbox.claim("one", now, now + timedelta(seconds=60), 1) == ()
            with pytest.raises(LeaseLost):
                tx.outbox.again(lease, now)
        now = world.clock.advance(5)
        with world.records.write(SYSTEM) as tx:
            ((later, ticket_id, attempts),) = tx.outbox.claim("one", now, now + timedelta(seconds=60), 1)
        assert (ticket_id, attempts) == ("tkt_a", 1)
        assert later.fence > lease.fence

    def test_an_expired_lease_is_anothers_to_take(self, world: World) -> None:
        self.queued(world, "a")
        now = world.clock.now()
        with world.records.write(SYSTEM) as tx:
            ((old, _, _),) = tx.outbox.claim("one", now, now + timedelta(seconds=1), 1)
        now = world.clock.advance(1)
        with world.records.write(SYSTEM) as tx:
            ((new, _, _),) = tx.outbox.claim("one", now, now + timedelta(seconds=1), 1)
            assert new.fence > old.fence
            with pytest.raises(LeaseLost):
                tx.outbox.done(old)
            with pytest.raises(LeaseLost):
                tx.outbox.again(old, now)
            tx.outbox.done(new)

    def test_of_many_that_claim_at_once_each_delivery_goes_to_one(self, world: World) -> None:
        keys = [f"k{n}" for n in range(12)]
        self.queued(world, *keys)
        now = world.clock.now()

        def claim(owner: int) -> list[str]:
            with world.records.write(SYSTEM) as tx:
                return [lease.work_id for lease, _, _ in tx.outbox.claim(str(owner), now, now + timedelta(1), 3)]

        with ThreadPoolExecutor(6) as pool:
            taken = [key for part in pool.map(claim, range(6)) for key in part]
        assert sorted(taken) == sorted(keys)


class AuditLogContract(RecordsCase):
    """The audit trail."""

    def test_entries_are_numbered_without_a_gap(self, world: World) -> None:
        events = [
            AuditEvent("did", f"run_{n}", {"n": n, "ok": True, "none": None, "x": 1.5, "s": "ñ"}) for n in range(4)
        ]
        written = []
        for scope, event in zip((ANA, BOB, SYSTEM, ANA), events, strict=True):
            now = world.clock.advance(1)
            with world.records.write(scope) as tx:
                written.append(tx.audit.append(event))
            previous = written[-2].hash if written[1:] else BEGINNING
            assert written[-1] == AuditEntry("acme", len(written), now, scope.user_id, event, previous).sealed()
        with world.records.read(SYSTEM) as tx:
            assert tx.audit.entries() == tuple(written)
            assert tx.audit.head() == written[-1].head
            assert tx.audit.entries(after=1, limit=2) == tuple(written[1:3])
        with world.records.read(EVE) as tx:
            assert tx.audit.head() is None
        assert list(breaks("acme", written)) == []

    def test_a_rolled_back_entry_leaves_no_gap(self, world: World) -> None:
        with suppress(ZeroDivisionError), world.records.write(ANA) as tx:
            tx.audit.append(AuditEvent("did", "x"))
            raise ZeroDivisionError
        with world.records.write(ANA) as tx:
            assert tx.audit.append(AuditEvent("did", "x")).sequence == 1

    def test_each_company_has_its_own(self, world: World) -> None:
        for scope in (ANA, EVE):
            with world.records.write(scope) as tx:
                assert tx.audit.append(AuditEvent("did", scope.company_id)).sequence == 1
        with world.records.read(OTHER_SYSTEM) as tx:
            assert [entry.event.subject for entry in tx.audit.entries()] == ["globex"]

    def test_many_that_write_at_once_leave_no_gap(self, world: World) -> None:
        def write(_: int) -> int:
            with world.records.write(ANA) as tx:
                return tx.audit.append(AuditEvent("did", "x")).sequence

        with ThreadPoolExecutor(8) as pool:
            assert sorted(pool.map(write, range(24))) == list(range(1, 25))
        with world.records.read(SYSTEM) as tx:
            assert list(breaks("acme", tx.audit.entries())) == []


class DeliveredContract(RecordsCase):
    """How far the audit trail was delivered."""

    def test_a_place_is_kept_and_held_by_one_at_a_time(self, world: World) -> None:
        now, minute = world.clock.now(), timedelta(minutes=1)
        with world.records.write(SYSTEM) as tx:
            assert tx.delivered.position() == 0
            claimed = tx.delivered.claim("one", now, now + minute)
            assert claimed is not None
            lease, position, attempts = claimed
            assert (position, attempts) == (0, 0)
            assert tx.delivered.claim("two", now, now + minute) is None
        with world.records.write(SYSTEM) as tx:
            tx.delivered.settle(lease, 7, 2, now + minute)
            assert tx.delivered.position() == 7
            assert tx.delivered.claim("two", now, now + minute) is None
        now = world.clock.advance(minute)
        with world.records.write(SYSTEM) as tx:
            again = tx.delivered.claim("two", now, now + minute)
            assert again is not None
            assert again[1:] == (7, 2)

    def test_who_was_too_slow_changes_nothing(self, world: World) -> None:
        now, minute = world.clock.now(), timedelta(minutes=1)
        with world.records.write(SYSTEM) as tx:
            first = tx.delivered.claim("one", now, now + minute)
        now = world.clock.advance(minute)
        with world.records.write(SYSTEM) as tx:
            second = tx.delivered.claim("one", now, now + minute)
        assert first is not None
        assert second is not None
        for lease in (first[0], second[0]):
            with suppress(LeaseLost), world.records.write(SYSTEM) as tx:
                tx.delivered.settle(lease, lease.fence, 0, None)
        with world.records.write(SYSTEM) as tx:
            assert tx.delivered.position() == second[0].fence
            with pytest.raises(LeaseLost):
                tx.delivered.settle(second[0], 9, 0, None)

    def test_each_company_has_its_own(self, world: World) -> None:
        now, minute = world.clock.now(), timedelta(minutes=1)
        for scope in (SYSTEM, OTHER_SYSTEM):
            with world.records.write(scope) as tx:
                claimed = tx.delivered.claim("one", now, now + minute)
                assert claimed is not None
                tx.delivered.settle(claimed[0], len(scope.company_id), 0, None)
        with world.records.read(SYSTEM) as tx:
            assert tx.delivered.position() == len("acme")

    def test_only_sophia_itself_delivers(self, world: World) -> None:
        with pytest.raises(PermissionDenied), world.records.write(ANA) as tx:
            tx.delivered.claim("one", world.clock.now(), world.clock.now())
