"""What becomes of a ticket after it was made."""

from contextlib import AbstractContextManager
from datetime import UTC, datetime

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from sophia.application.deliver_tickets import DeliverTickets
from sophia.application.tickets import AnswerStatus, TellThread, UpdateTicket
from sophia.domain.asked import Action, Category
from sophia.domain.conversation import Message, Role, Thread
from sophia.domain.runs import Run, RunCancelled, RunStatus
from sophia.domain.tenancy import TenantScope
from sophia.domain.tickets import (
    NOTE_LIMIT,
    Priority,
    Target,
    Ticket,
    TicketReport,
    TicketState,
    TicketStatus,
    delivery_key,
)
from sophia.errors import InvalidInput, NotFound
from sophia.ports.records import Transaction
from sophia.ports.ticket_desk import TicketDesk
from sophia.testing.fakes.memory import MemoryRecords
from sophia.testing.fakes.system import FrozenClock, SequentialIds
from sophia.testing.fakes.ticket_desk import FailingTicketDesk, MemoryTicketDesk
from sophia.testing.scopes import system_scope, user_scope

ANA = user_scope("acme", "ana")
SYSTEM = system_scope("acme")
NOW = datetime(2026, 11, 21, 13, 5, tzinfo=UTC)

TICKET = Ticket(
    id="tkt_1",
    key=delivery_key("acme", "thr_1", "run_1", "VICTORIA"),
    target="VICTORIA",
    company_id="acme",
    user_id="ana",
    thread_id="thr_1",
    run_id="run_1",
    category=Category.CHANGE,
    priority=Priority.NORMAL,
    title="Block 203.0.113.7",
    user_message="Block 203.0.113.7",
    actions=(Action("block", ("203.0.113.7",)),),
    language="en",
    created_at=NOW,
)

states = st.sampled_from(TicketState)
numbers = st.none() | st.sampled_from(["TCK-1", "CHG-7"])
one_a_version = st.dictionaries(st.integers(1, 9), st.tuples(states, st.none() | st.text(max_size=9)), min_size=1)


@st.composite
def deliveries(draw: st.DrawFn) -> tuple[list[TicketReport], list[TicketReport]]:
    """Reports by version, and the same as they may come: in any order, some of them again and again."""
    sent = [TicketReport(version, *said) for version, said in sorted(draw(one_a_version).items())]
    again = draw(st.lists(st.sampled_from(sent), max_size=9))
    return sent, draw(st.permutations([*sent, *again]))


@given(deliveries())
def test_whatever_the_order_the_highest_version_holds(reports: tuple[list[TicketReport], list[TicketReport]]) -> None:
    sent, came = reports
    ticket = TICKET
    for report in came:
        before = ticket.version
        ticket = ticket.after(report)
        assert ticket.version >= before
    assert (ticket.version, ticket.state, ticket.note) == (sent[-1].version, sent[-1].state, sent[-1].note)


@given(st.integers(1, 5), st.integers(-3, 5), states, st.none() | st.text(max_size=9), numbers)
def test_a_repeat_and_an_older_one_are_nothing(
    version: int, other: int, state: TicketState, note: str | None, number: str | None
) -> None:
    ticket = TICKET.after(TicketReport(version, TicketState.ACCEPTED))
    again = ticket.after(TicketReport(other, state, note, number))
    assert (again is ticket) == (other <= version)


@pytest.mark.parametrize("status", TicketStatus)
def test_who_reports_on_a_ticket_has_it(status: TicketStatus) -> None:
    ticket = evolve(TICKET, status=status, reason="no answer").after(TicketReport(1, TicketState.ACCEPTED))
    assert (ticket.status, ticket.reason) == (TicketStatus.DELIVERED, None)


def test_a_number_stays_where_none_is_told() -> None:
    ticket = evolve(TICKET, external_id="TCK-1").after(TicketReport(1, TicketState.ACCEPTED))
    assert ticket.external_id == "TCK-1"
    assert ticket.after(TicketReport(2, TicketState.ACCEPTED, external_id="CHG-7")).external_id == "CHG-7"


class Kept:
    """A ticket in its thread, as it is after the answer that has told of it, or while it is still being made."""

    def __init__(self, *, answering: bool = False) -> None:
        self.clock = FrozenClock()
        self.records = MemoryRecords(self.clock)
        self.tell = TellThread(self.clock, SequentialIds())
        now = self.clock.now()
        with self.records.write(ANA) as tx:
            tx.conversations.add_thread(Thread("thr_1", "Block", "en", now, now, b"salt"))
            self.lease = tx.runs.start(Run("run_1", "thr_1", "msg_1", RunStatus.RUNNING, now, 1), "here", now)
            tx.conversations.add_message(Message("msg_1", "thr_1", "run_1", Role.USER, "Block it", "en", now))
            tx.tickets.add(TICKET)
            tx.outbox.add(TICKET.id, TICKET.key, now)
            if not answering:
                tx.runs.finish(self.lease, RunCancelled())

    def deliver(self, desk: TicketDesk) -> None:
        DeliverTickets(self.records, desk, [Target("VICTORIA")], self.clock, "here", self.tell)(SYSTEM)
        self.clock.advance(60)

    @property
    def ticket(self) -> Ticket:
        with self.records.read(ANA) as tx:
            return tx.tickets.get(TICKET.id)

    @property
    def told(self) -> list[str]:
        with self.records.read(ANA) as tx:
            return [m.text for m in tx.conversations.messages("thr_1", 9).items if m.role is Role.TICKET]


def test_the_answer_under_way_tells_of_the_delivery_itself() -> None:
    kept = Kept(answering=True)
    kept.deliver(MemoryTicketDesk())
    assert kept.ticket.status is TicketStatus.DELIVERED
    assert kept.told == []


@pytest.mark.parametrize(
    ("desk", "told"),
    [
        (
            MemoryTicketDesk(),
            "The ticket tkt_1 is not queued any more: VICTORIA has it as TCK-1 (“Block 203.0.113.7”).",
        ),
        (FailingTicketDesk(rejection="not ours"), "tkt_1 (“Block 203.0.113.7”): VICTORIA has not taken it: not ours"),
    ],
)
def test_a_delivery_after_the_answer_is_told_in_the_thread_once(desk: TicketDesk, told: str) -> None:
    kept = Kept()
    kept.deliver(desk)
    kept.deliver(desk)
    assert kept.told == [told]


class ReportingDesk(MemoryTicketDesk):
    """An agent that is so quick that its report is here before the answer to the delivery."""

    def __init__(self, update: UpdateTicket) -> None:
        super().__init__()
        self._update = update

    def open(self, ticket: Ticket) -> str:
        number = super().open(ticket)
        self._update(SYSTEM, ticket.id, TicketReport(1, TicketState.RESOLVED, "done at once"))
        return number


def test_a_report_that_overtakes_the_answer_to_the_delivery_is_not_lost() -> None:
    kept = Kept()
    kept.deliver(ReportingDesk(UpdateTicket(kept.records, kept.tell)))
    ticket = kept.ticket
    assert (ticket.status, ticket.external_id) == (TicketStatus.DELIVERED, "TCK-1")
    assert (ticket.state, ticket.version, ticket.note) == (TicketState.RESOLVED, 1, "done at once")
    assert kept.told == [
        "tkt_1 (“Block 203.0.113.7”): VICTORIA says that it is resolved. Note from VICTORIA: “done at once”"
    ]


@pytest.mark.parametrize(
    "report",
    [
        TicketReport(0, TicketState.ACCEPTED),
        TicketReport(2**31, TicketState.ACCEPTED),
        TicketReport(1, TicketState.ACCEPTED, note="x" * (NOTE_LIMIT + 1)),
        TicketReport(1, TicketState.ACCEPTED, note="a\0"),
        TicketReport(1, TicketState.ACCEPTED, note="\udc00"),
        TicketReport(1, TicketState.ACCEPTED, external_id="x" * 201),
    ],
)
def test_what_cannot_be_stored_is_refused(report: TicketReport) -> None:
    kept = Kept()
    with pytest.raises(InvalidInput):
        UpdateTicket(kept.records, kept.tell)(SYSTEM, TICKET.id, report)
    assert kept.ticket == TICKET


def test_another_companys_ticket_is_not_found() -> None:
    kept = Kept()
    with pytest.raises(NotFound):
        UpdateTicket(kept.records, kept.tell)(system_scope("globex"), TICKET.id, TicketReport(1, TicketState.ACCEPTED))
    assert kept.ticket == TICKET


class CountedRecords(MemoryRecords):
    """Counts how often somebody looks into it."""

    looks = 0

    def read(self, scope: TenantScope) -> AbstractContextManager[Transaction]:
        self.looks += 1
        return super().read(scope)


@pytest.mark.parametrize(
    ("text", "of_thread", "looks"),
    [
        ("How often are backups made?", (), 0),
        ("Block 203.0.113.7 on the firewall", (TICKET,), 0),
        ("How is my ticket?", (TICKET,), 0),
        ("any news?", (), 0),
        ("How is my ticket?", (), 1),
    ],
)
def test_only_who_asks_for_tickets_of_other_threads_costs_a_look(
    text: str, of_thread: tuple[Ticket, ...], looks: int
) -> None:
    records = CountedRecords(FrozenClock())
    AnswerStatus(records, [Target("VICTORIA")])(
        ANA, Message("msg_1", "thr_1", "run_1", Role.USER, text, "en", NOW), of_thread
    )
    assert records.looks == looks
