"""What every system of record keeps of threads and messages."""

import pytest
from attrs import evolve
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sophia.domain.conversation import Role
from sophia.domain.runs import MessageDelta
from sophia.domain.tenancy import TenantScope
from sophia.domain.tickets import TicketStatus
from sophia.errors import InvalidInput, NotFound, PermissionDenied
from sophia.testing.contracts.records_world import ANA, BOB, EVE, SYSTEM, RecordsCase, World, vector
from sophia.testing.scopes import system_scope, user_scope

__all__ = ["ConversationsContract"]

_SETTINGS = settings(
    max_examples=20,
    deadline=None,
    suppress_health_check=[
        HealthCheck.function_scoped_fixture,
        HealthCheck.differing_executors,
        HealthCheck.too_slow,
    ],
)


class ConversationsContract(RecordsCase):
    """Threads and messages."""

    def test_a_thread_reads_back_as_it_was_stored(self, world: World) -> None:
        thread = world.thread()
        with world.records.read(ANA) as tx:
            assert tx.conversations.thread(thread.id) == thread
            assert tx.conversations.threads(10).items == (thread,)

    @pytest.mark.parametrize("stranger", [BOB, EVE])
    def test_a_foreign_thread_reads_like_none_at_all(self, world: World, stranger: TenantScope) -> None:
        thread = world.thread()
        world.said(thread)
        for thread_id in (thread.id, "thr_none"):
            with world.records.write(stranger) as tx:
                for attempt in (
                    lambda tx=tx, id_=thread_id: tx.conversations.thread(id_),
                    lambda tx=tx, id_=thread_id: tx.conversations.messages(id_, 10),
                    lambda tx=tx, id_=thread_id: tx.conversations.delete_thread(id_),
                    lambda tx=tx, id_=thread_id: tx.conversations.add_message(world.message(id_)),
                ):
                    with pytest.raises(NotFound) as caught:
                        attempt()
                    assert (caught.value.kind, caught.value.id) == ("thread", thread_id)
                assert tx.conversations.last_messages(thread_id, 10) == ()
                assert tx.conversations.threads(10).items == ()
        with world.records.read(ANA) as tx:
            assert len(tx.conversations.messages(thread.id, 10).items) == 1

    def test_sophias_own_scope_sees_the_whole_company_and_no_other(self, world: World) -> None:
        threads = [world.thread(ANA), world.thread(BOB)]
        foreign = world.thread(EVE)
        with world.records.read(SYSTEM) as tx:
            assert set(tx.conversations.threads(10).items) == set(threads)
            assert tx.conversations.thread(threads[1].id) == threads[1]
            with pytest.raises(NotFound):
                tx.conversations.thread(foreign.id)

    def test_what_sophia_adds_to_a_thread_is_its_owners(self, world: World) -> None:
        thread = world.thread(BOB)
        message = world.said(thread, SYSTEM)
        with world.records.read(BOB) as tx:
            assert tx.conversations.messages(thread.id, 10).items == (message,)

    def test_threads_come_newest_first(self, world: World) -> None:
        threads = [world.thread() for _ in range(3)]
        with world.records.read(ANA) as tx:
            assert tx.conversations.threads(10).items == tuple(reversed(threads))

    def test_messages_come_oldest_first_and_as_they_were_stored(self, world: World) -> None:
        thread = world.thread()
        messages = [world.said(thread, text=f"mensaje {n} 🔐") for n in range(5)]
        with world.records.read(ANA) as tx:
            assert tx.conversations.messages(thread.id, 10).items == tuple(messages)
            assert tx.conversations.last_messages(thread.id, 2) == tuple(messages[-2:])

    def test_a_message_goes_to_the_end_whatever_its_id(self, world: World) -> None:
        thread = world.thread()
        early, late = world.message(thread.id), world.message(thread.id)
        with world.records.write(ANA) as tx:
            tx.conversations.add_message(late)
            page = tx.conversations.messages(thread.id, 1)
            tx.conversations.add_message(early)
            assert tx.conversations.messages(thread.id, 10).items == (late, early)
            assert tx.conversations.last_messages(thread.id, 1) == (early,)
        assert page.items == (late,)

    def test_a_message_touches_its_thread(self, world: World) -> None:
        thread = world.thread()
        later = world.clock.advance(5)
        world.said(thread)
        with world.records.read(ANA) as tx:
            touched = tx.conversations.thread(thread.id)
        assert (touched.created_at, touched.updated_at) == (thread.created_at, later)

    @_SETTINGS
    @given(limit=st.integers(1, 4), inserts=st.lists(st.integers(0, 2), min_size=1, max_size=6))
    def test_paging_loses_nothing_and_repeats_nothing(self, world: World, limit: int, inserts: list[int]) -> None:
        scope = user_scope("acme", world.ids.new("usr"))
        first = [world.thread(scope) for _ in range(5)]
        messages = [world.said(first[0], scope) for _ in range(5)]
        seen_threads, seen_messages = [], []
        threads_cursor = messages_cursor = None
        threads_over = messages_over = False
        pauses = iter(inserts)
        while not (threads_over and messages_over):
            with world.records.read(scope) as tx:
                if not threads_over:
                    threads = tx.conversations.threads(limit, threads_cursor)
                    seen_threads += [thread.id for thread in threads.items]
                    threads_cursor, threads_over = threads.next, threads.next is None
                if not messages_over:
                    said = tx.conversations.messages(first[0].id, limit, messages_cursor)
                    seen_messages += [message.id for message in said.items]
                    messages_cursor, messages_over = said.next, said.next is None
            for _ in range(next(pauses, 0)):
                world.thread(scope)
                messages.append(world.said(first[0], scope))
        assert seen_threads == [thread.id for thread in reversed(first)]
        assert seen_messages == [message.id for message in messages][: len(seen_messages)]
        assert len(seen_messages) >= 5

    def test_a_page_that_ends_exactly_has_no_next(self, world: World) -> None:
        thread = world.thread()
        for _ in range(2):
            world.said(thread)
        with world.records.read(ANA) as tx:
            assert tx.conversations.messages(thread.id, 2).next is None
            assert tx.conversations.threads(1).next is None

    @pytest.mark.parametrize("cursor", ["", "x", "%%%", "dGhyZWFkcw", "AAAA", "ñ", "a" * 500])
    def test_a_cursor_that_was_never_given_out_is_refused(self, world: World, cursor: str) -> None:
        thread = world.thread()
        with world.records.read(ANA) as tx:
            for listing in (
                lambda: tx.conversations.threads(1, cursor),
                lambda: tx.conversations.messages(thread.id, 1, cursor),
            ):
                with pytest.raises(InvalidInput) as caught:
                    listing()
                assert caught.value.faults[0].pointer == "/cursor"

    def test_a_cursor_of_another_list_is_refused(self, world: World) -> None:
        thread, other = world.thread(), world.thread()
        for _ in range(2):
            world.said(thread)
        with world.records.read(ANA) as tx:
            of_threads = tx.conversations.threads(1).next
            of_messages = tx.conversations.messages(thread.id, 1).next
            assert of_threads
            assert of_messages
            with pytest.raises(InvalidInput):
                tx.conversations.threads(1, of_messages)
            with pytest.raises(InvalidInput):
                tx.conversations.messages(thread.id, 1, of_threads)
            with pytest.raises(InvalidInput):
                tx.conversations.messages(other.id, 1, of_messages)

    def test_the_nearest_messages_come_first(self, world: World) -> None:
        here, there = world.thread(), world.thread()
        near = world.said(there, text="cerca", vector=vector(0.9, 0.1, 0))
        far = world.said(there, text="lejos", vector=vector(0, 1, 0))
        world.said(there, text="sin vector")
        world.said(here, text="aquí", vector=vector(1, 0, 0))
        world.said(world.thread(BOB), BOB, vector=vector(1, 0, 0))
        world.said(world.thread(EVE), EVE, vector=vector(1, 0, 0))
        with world.records.read(ANA) as tx:
            found = tx.conversations.nearest((1, 0, 0), 10, without_thread=here.id)
            assert [f.message for f in found] == [near, far]
            assert found[0].similarity == pytest.approx(0.9 / (0.82**0.5), abs=1e-5)
            assert found[1].similarity == pytest.approx(0, abs=1e-6)
            assert [f.message.text for f in tx.conversations.nearest((1, 0, 0), 2)] == ["aquí", "cerca"]

    def test_vectors_of_another_length_are_left_out(self, world: World) -> None:
        world.said(world.thread(), vector=vector(1, 0))
        with world.records.read(ANA) as tx:
            assert tx.conversations.nearest((1, 0, 0), 10) == ()

    def test_messages_wait_for_their_vector(self, world: World) -> None:
        first = world.said(world.thread(ANA))
        second = world.said(world.thread(BOB), BOB)
        world.said(world.thread(EVE), EVE)
        with world.records.write(SYSTEM) as tx:
            assert tx.conversations.unembedded(10) == (first, second)
            assert tx.conversations.unembedded(1) == (first,)
            tx.conversations.set_vectors({first.id: vector(1, 0, 0), "msg_gone": vector(1, 0, 0)})
            assert tx.conversations.unembedded(10) == (second,)
        with world.records.read(ANA) as tx:
            assert tx.conversations.nearest((1, 0, 0), 1)[0].message.vector == vector(1, 0, 0)

    def test_what_became_of_a_ticket_is_listed_and_no_part_of_what_was_said(self, world: World) -> None:
        thread = world.thread()
        said = world.said(thread)
        told = evolve(world.message(thread.id, "TCK-1: hecho"), role=Role.TICKET)
        with world.records.write(SYSTEM) as tx:
            tx.conversations.add_message(told)
        last = world.said(thread)
        with world.records.read(ANA) as tx:
            assert tx.conversations.messages(thread.id, 10).items == (said, told, last)
            assert tx.conversations.last_messages(thread.id, 2) == (said, last)
            assert tx.conversations.nearest((1.0, 0.0), 10) == ()
        with world.records.read(SYSTEM) as tx:
            assert tx.conversations.unembedded(10) == (said, last)

    def test_a_vector_of_anothers_message_cannot_be_set(self, world: World) -> None:
        message = world.said(world.thread())
        for stranger in (BOB, EVE):
            with world.records.write(stranger) as tx:
                tx.conversations.set_vectors({message.id: vector(1, 0, 0)})
        with world.records.read(SYSTEM) as tx:
            assert tx.conversations.unembedded(10) == (message,)

    def test_only_sophia_asks_for_the_whole_companys_messages(self, world: World) -> None:
        with world.records.read(ANA) as tx, pytest.raises(PermissionDenied):
            tx.conversations.unembedded(1)

    def test_deleting_a_thread_erases_all_of_it(self, world: World) -> None:
        thread, kept = world.thread(), world.thread()
        world.said(thread, vector=vector(1, 0, 0))
        other = world.said(kept, vector=vector(1, 0, 0))
        run, lease = world.started(thread, key=world.key())
        with world.records.write(ANA) as tx:
            tx.runs.append({lease: [MessageDelta("hola")]})
        with world.records.write(ANA) as tx:
            tx.conversations.delete_thread(thread.id)
        with world.records.read(ANA) as tx:
            assert [t.id for t in tx.conversations.threads(10).items] == [kept.id]
            assert tx.conversations.last_messages(thread.id, 10) == ()
            assert [f.message for f in tx.conversations.nearest((1, 0, 0), 10)] == [other]
            assert tx.runs.replay(world.key(), world.clock.now()) is None
            assert tx.runs.live(thread.id) is None
            for gone in (
                lambda: tx.conversations.thread(thread.id),
                lambda: tx.conversations.messages(thread.id, 1),
                lambda: tx.runs.get(run.id),
                lambda: tx.runs.events(run.id),
            ):
                with pytest.raises(NotFound):
                    gone()
        with world.records.write(ANA) as tx:
            assert tx.runs.append({lease: [MessageDelta("más")]}) == {lease}
        with world.records.write(ANA) as tx, pytest.raises(NotFound):
            tx.conversations.delete_thread(thread.id)

    def test_settled_tickets_of_a_deleted_thread_lose_their_text(self, world: World) -> None:
        thread, kept = world.thread(), world.thread()
        tickets = [world.ticket(thread), world.ticket(thread), world.ticket(kept)]
        states = (TicketStatus.DELIVERED, TicketStatus.REJECTED, TicketStatus.DELIVERED)
        with world.records.write(ANA) as tx:
            for ticket, status in zip(tickets, states, strict=True):
                tx.tickets.add(ticket)
                tx.tickets.update(evolve(ticket, status=status, external_id="TCK-1"))
            tx.conversations.delete_thread(thread.id)
        with world.records.read(ANA) as tx:
            for ticket, status in zip(tickets[:2], states, strict=False):
                bare = evolve(
                    ticket, status=status, external_id="TCK-1", title="", user_message="", actions=(), enclosures=()
                )
                assert tx.tickets.get(ticket.id) == bare
            assert tx.tickets.get(tickets[2].id).user_message == tickets[2].user_message

    @pytest.mark.parametrize("status", [TicketStatus.DELIVERED, TicketStatus.REJECTED])
    def test_a_waiting_ticket_is_delivered_whole_before_its_text_goes(self, world: World, status: TicketStatus) -> None:
        thread = world.thread()
        ticket = world.ticket(thread)
        with world.records.write(ANA) as tx:
            tx.tickets.add(ticket)
            tx.outbox.add(ticket.id, ticket.key, world.clock.now())
            tx.conversations.delete_thread(thread.id)
        with world.records.write(SYSTEM) as tx:
            assert tx.outbox.depth() == 1
            assert tx.tickets.get(ticket.id) == ticket
            tx.tickets.update(evolve(ticket, reason="a first try"))
            assert tx.tickets.get(ticket.id) == evolve(ticket, reason="a first try")
            tx.tickets.update(evolve(ticket, status=status))
            assert tx.tickets.get(ticket.id) == evolve(
                ticket, status=status, title="", user_message="", actions=(), enclosures=()
            )

    def test_threads_in_which_nothing_happens_are_found(self, world: World) -> None:
        old, woken, busy, foreign = world.thread(), world.thread(BOB), world.thread(), world.thread(EVE)
        world.started(busy)
        before = world.clock.advance(60)
        world.said(woken, BOB)
        world.thread()
        with world.records.read(SYSTEM) as tx:
            assert tx.conversations.idle(before, 10) == (old.id,)
            assert tx.conversations.idle(before, 0) == ()
            assert tx.conversations.idle(old.updated_at, 10) == ()
        with world.records.read(system_scope("globex")) as tx:
            assert tx.conversations.idle(before, 10) == (foreign.id,)
        with world.records.read(ANA) as tx, pytest.raises(PermissionDenied):
            tx.conversations.idle(before, 10)
