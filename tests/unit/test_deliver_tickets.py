"""What becomes of a ticket between the outbox and its desk."""

import threading
from collections.abc import Callable
from contextvars import ContextVar
from datetime import timedelta

import pytest
from attrs import evolve, field, frozen

from sophia.application.deliver_tickets import DeliverTickets
from sophia.application.tickets import TellThread
from sophia.domain.runs import Lease
from sophia.domain.tickets import Target, Ticket, TicketState, TicketStatus
from sophia.errors import SophiaError, TicketRejected, Unanswered, Unavailable
from sophia.ports.ticket_desk import TicketDesk
from sophia.testing.contracts.records_world import ANA, SYSTEM, World
from sophia.testing.fakes.memory.records import MemoryRecords
from sophia.testing.fakes.system import FrozenClock, SequentialIds
from sophia.testing.fakes.ticket_desk import FailingTicketDesk, MemoryTicketDesk

KEEPS, FORGETS = Target("VICTORIA"), Target("VICTORIA", honours_keys=False)
DAY = 86_400


@pytest.fixture
def world() -> World:
    clock = FrozenClock()
    return World(MemoryRecords(clock), clock, SequentialIds())


class Failing(TicketDesk):
    """Always fails the same way."""

    def __init__(self, error: SophiaError) -> None:
        self.error = error
        self.calls = 0

    def open(self, ticket: Ticket) -> str:
        self.calls += 1
        raise self.error


class Gated(MemoryTicketDesk):
    """Answers when it is let."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = threading.Event()
        self.gate = threading.Event()

    def open(self, ticket: Ticket) -> str:
        self.asked.set()
        assert self.gate.wait(30)
        return super().open(ticket)


@frozen
class Delivery:
    """A queued ticket and who delivers it."""

    world: World
    deliver: DeliverTickets
    ticket: Ticket

    def now(self) -> Ticket:
        with self.world.records.read(ANA) as tx:
            return tx.tickets.get(self.ticket.id)

    def depth(self) -> int:
        with self.world.records.read(SYSTEM) as tx:
            return tx.outbox.depth()

    def audited(self) -> list[str]:
        with self.world.records.read(SYSTEM) as tx:
            return [entry.event.action for entry in tx.audit.entries()]


Queued = Callable[..., Delivery]


@pytest.fixture
def queued(world: World) -> Queued:
    def queued(desk: TicketDesk, target: Target = KEEPS, *, chance: float = 0.0, patience: float = 30.0) -> Delivery:
        tell = TellThread(world.clock, world.ids)
        deliver = DeliverTickets(world.records, desk, [target], world.clock, "one", tell, lambda: chance, patience)
        ticket = world.ticket(world.thread())
        with world.records.write(ANA) as tx:
            tx.tickets.add(ticket)
            deliver.queue(tx, ticket)
        return Delivery(world, deliver, ticket)

    return queued


class TestAtOnce:
    def test_a_ticket_has_its_number_when_the_turn_goes_on(self, queued: Queued) -> None:
        delivery = queued(MemoryTicketDesk())
        delivery.deliver.at_once(SYSTEM, delivery.ticket.key)
        assert (delivery.now().status, delivery.now().external_id) == (TicketStatus.DELIVERED, "TCK-1")
        assert delivery.depth() == 0
        assert delivery.audited() == ["ticket.delivered"]

    def test_nobody_else_tries_meanwhile_and_a_second_time_is_none(self, queued: Queued) -> None:
        desk = FailingTicketDesk()
        delivery = queued(desk)
        assert delivery.deliver(SYSTEM) == 0
        for _ in range(2):
            delivery.deliver.at_once(SYSTEM, delivery.ticket.key)
        delivery.world.clock.advance(DAY)
        assert delivery.deliver(SYSTEM) == 0
        assert desk.calls == 1

    def test_a_turn_does_not_wait_for_a_desk_that_takes_long_which_is_heard_out(self, queued: Queued) -> None:
        desk = Gated()
        delivery = queued(desk, patience=0.0)
        delivery.deliver.at_once(SYSTEM, delivery.ticket.key)
        assert desk.asked.wait(30)
        assert delivery.now().status is TicketStatus.QUEUED
        desk.gate.set()
        delivery.deliver.finish()
        assert delivery.now().status is TicketStatus.DELIVERED

    def test_what_a_dead_process_left_is_found_by_the_others(self, queued: Queued) -> None:
        delivery = queued(MemoryTicketDesk())
        delivery.world.clock.advance(10)
        assert delivery.deliver(SYSTEM) == 1
        assert delivery.now().status is TicketStatus.DELIVERED

    def test_it_goes_on_in_the_trace_of_the_turn(self, queued: Queued) -> None:
        trace: ContextVar[str] = ContextVar("trace")
        seen = []

        class Desk(MemoryTicketDesk):
            def open(self, ticket: Ticket) -> str:
                seen.append(trace.get())
                return super().open(ticket)

        trace.set("of the turn")
        delivery = queued(Desk())
        delivery.deliver.at_once(SYSTEM, delivery.ticket.key)
        assert seen == ["of the turn"]


class TestTryingAgain:
    def test_the_pauses_grow_and_never_fall_below_what_the_desk_asks_for(self, queued: Queued) -> None:
        assert self.pauses(queued(Failing(Unavailable("desk", "is down"))), 10) == pytest.approx(
            [1, 2, 4, 8, 16, 32, 64, 128, 150, 150], abs=1
        )
        assert self.pauses(queued(Failing(Unanswered("desk", "is down")), chance=1.0), 10) == pytest.approx(
            [2, 4, 8, 16, 32, 64, 128, 256, 300, 300], abs=1
        )
        assert self.pauses(queued(Failing(Unavailable("desk", "is busy", 30.0))), 3) == pytest.approx([30] * 3, abs=1)
        assert self.pauses(queued(Failing(Unavailable("desk", "is busy", 10.0**9))), 1) == pytest.approx([900], abs=1)

    @staticmethod
    def pauses(delivery: Delivery, count: int) -> list[int]:
        """Whole seconds between one attempt and the next."""
        found = []
        delivery.deliver.at_once(SYSTEM, delivery.ticket.key)
        while len(found) < count:
            seconds = 0
            while not delivery.deliver(SYSTEM):
                delivery.world.clock.advance(1)
                seconds += 1
            found.append(seconds)
        with delivery.world.records.write(SYSTEM) as tx:
            taken = tx.outbox.take(delivery.ticket.key, "x", delivery.world.clock.now(), delivery.world.clock.now())
            assert taken is not None
            tx.outbox.done(taken[0])
        return found

    @pytest.mark.parametrize("lost", [True, False])
    def test_it_is_delivered_once_in_the_end(self, queued: Queued, lost: bool) -> None:
        desk = FailingTicketDesk(failures=5, lost=lost)
        delivery = queued(desk)
        delivery.deliver.at_once(SYSTEM, delivery.ticket.key)
        while delivery.now().status is TicketStatus.QUEUED:
            delivery.world.clock.advance(10)
            delivery.deliver(SYSTEM)
        assert (delivery.now().status, delivery.now().external_id) == (TicketStatus.DELIVERED, "TCK-1")
        assert (desk.calls, len(desk.reports("acme"))) == (6, 1)

    def test_a_round_ends_with_the_first_that_is_not_taken(self, queued: Queued) -> None:
        desk = Failing(Unavailable("desk", "is down"))
        first, _ = queued(desk), queued(desk)
        first.world.clock.advance(10)
        assert first.deliver(SYSTEM) == 1
        assert (desk.calls, first.depth()) == (1, 2)

    def test_a_refusal_ends_it_and_says_why(self, queued: Queued) -> None:
        desk = Failing(TicketRejected("no such category"))
        delivery = queued(desk)
        delivery.deliver.at_once(SYSTEM, delivery.ticket.key)
        delivery.world.clock.advance(DAY)
        assert delivery.deliver(SYSTEM) == 0
        assert (delivery.now().status, delivery.now().reason) == (TicketStatus.REJECTED, "no such category")
        assert delivery.audited() == ["ticket.rejected"]
        assert desk.calls == 1

    @pytest.mark.parametrize(
        ("target", "error", "status"),
        [
            (KEEPS, Unavailable("desk", "is down"), TicketStatus.UNKNOWN),
            (KEEPS, Unanswered("desk", "is down"), TicketStatus.UNKNOWN),
            (FORGETS, Unavailable("desk", "is down"), TicketStatus.REJECTED),
        ],
    )
    def test_after_three_days_it_is_given_up_and_told(
        self, queued: Queued, target: Target, error: Unavailable, status: TicketStatus
    ) -> None:
        delivery = queued(Failing(error), target)
        while delivery.now().status is TicketStatus.QUEUED:
            assert delivery.world.clock.now() - delivery.ticket.created_at < timedelta(days=3, hours=1)
            delivery.world.clock.advance(400)
            delivery.deliver(SYSTEM)
        assert delivery.world.clock.now() - delivery.ticket.created_at >= timedelta(days=3)
        assert delivery.now().status is status
        assert (status is TicketStatus.REJECTED) == ("3 días" in (delivery.now().reason or ""))
        assert delivery.audited() == [f"ticket.{status}"]
        assert delivery.depth() == 0


class TestADeskThatForgetsKeys:
    def test_an_answer_that_never_came_is_unknown_and_not_asked_for_again(self, queued: Queued) -> None:
        desk = FailingTicketDesk(failures=1, lost=True, honours_keys=False)
        delivery = queued(desk, FORGETS)
        delivery.deliver.at_once(SYSTEM, delivery.ticket.key)
        delivery.world.clock.advance(DAY)
        assert delivery.deliver(SYSTEM) == 0
        assert delivery.now().status is TicketStatus.UNKNOWN
        assert delivery.audited() == ["ticket.unknown"]
        assert len(desk.reports("acme")) == 1

    def test_what_was_surely_not_taken_is_sent_again(self, queued: Queued) -> None:
        desk = FailingTicketDesk(failures=2, honours_keys=False)
        delivery = queued(desk, FORGETS)
        delivery.deliver.at_once(SYSTEM, delivery.ticket.key)
        while delivery.now().status is TicketStatus.QUEUED:
            delivery.world.clock.advance(10)
            delivery.deliver(SYSTEM)
        assert delivery.now().external_id == "TCK-1"
        assert len(desk.reports("acme")) == 1

    @pytest.mark.parametrize(("target", "opened"), [(FORGETS, 0), (KEEPS, 1)])
    def test_what_was_on_its_way_when_its_process_died(self, queued: Queued, target: Target, opened: int) -> None:
        desk = MemoryTicketDesk()
        delivery = queued(desk, target)
        self.die_sending(delivery)
        delivery.world.clock.advance(DAY)
        delivery.deliver(SYSTEM)
        assert delivery.now().status is (TicketStatus.DELIVERED if opened else TicketStatus.UNKNOWN)
        assert len(desk.reports("acme")) == opened

    def test_a_death_after_some_failures_is_seen_as_well(self, queued: Queued) -> None:
        desk = FailingTicketDesk(failures=2, honours_keys=False)
        delivery = queued(desk, FORGETS)
        for _ in range(2):
            delivery.world.clock.advance(60)
            assert delivery.deliver(SYSTEM) == 1
        delivery.world.clock.advance(60)
        self.die_sending(delivery)
        delivery.world.clock.advance(DAY)
        delivery.deliver(SYSTEM)
        assert (delivery.now().status, desk.calls) == (TicketStatus.UNKNOWN, 2)

    @staticmethod
    def die_sending(delivery: Delivery) -> None:
        now = delivery.world.clock.now()
        with delivery.world.records.write(SYSTEM) as tx:
            assert tx.outbox.take(delivery.ticket.key, "dead", now, now + timedelta(seconds=60))


@frozen
class Meanwhile(TicketDesk):
    """Something happens before the desk's answer is here."""

    happens: Callable[[], object] = field(eq=False)
    answer: str | Unavailable = "TCK-7"

    def open(self, ticket: Ticket) -> str:
        self.happens()
        if isinstance(self.answer, Unavailable):
            raise self.answer
        return self.answer


class TestWhatHappensMeanwhile:
    @pytest.mark.parametrize("answer", ["TCK-7", Unanswered("desk", "is down")])
    def test_what_the_agent_reports_before_its_answer_is_here_is_kept(
        self, queued: Queued, answer: str | Unavailable
    ) -> None:
        delivery = queued(Meanwhile(lambda: self.report(delivery), answer), FORGETS)
        delivery.deliver.at_once(SYSTEM, delivery.ticket.key)
        now = delivery.now()
        assert (now.status, now.state, now.version) == (TicketStatus.DELIVERED, TicketState.ACCEPTED, 1)
        assert now.external_id == ("TCK-7" if answer == "TCK-7" else None)
        assert delivery.depth() == 0

    @staticmethod
    def report(delivery: Delivery) -> None:
        with delivery.world.records.write(SYSTEM) as tx:
            ticket = tx.tickets.get(delivery.ticket.id)
            tx.tickets.update(evolve(ticket, status=TicketStatus.DELIVERED, state=TicketState.ACCEPTED, version=1))

    def test_a_ticket_that_the_agent_has_reported_on_is_not_sent_again(self, queued: Queued) -> None:
        desk = FailingTicketDesk(failures=1, lost=True)
        delivery = queued(desk)
        delivery.deliver.at_once(SYSTEM, delivery.ticket.key)
        self.report(delivery)
        delivery.world.clock.advance(60)
        delivery.deliver(SYSTEM)
        assert (desk.calls, delivery.depth(), delivery.now().status) == (1, 0, TicketStatus.DELIVERED)

    @pytest.mark.parametrize("answer", ["TCK-7", Unavailable("desk", "is down")])
    def test_whose_lease_is_lost_changes_nothing(self, queued: Queued, answer: str | Unavailable) -> None:
        delivery = queued(Meanwhile(lambda: self.take_over(delivery), answer))
        delivery.deliver.at_once(SYSTEM, delivery.ticket.key)
        assert delivery.now().status is TicketStatus.QUEUED
        assert delivery.audited() == []
        assert delivery.depth() == 1

    @staticmethod
    def take_over(delivery: Delivery) -> Lease:
        now = delivery.world.clock.advance(120)
        with delivery.world.records.write(SYSTEM) as tx:
            ((lease, _, _),) = tx.outbox.claim("another", now, now + timedelta(seconds=60), 1)
        return lease
