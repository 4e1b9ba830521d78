"""What every system of record keeps of transactions, and of listening to a log."""

import time
from concurrent.futures import ThreadPoolExecutor
from threading import Thread

import pytest
from attrs import evolve

from sophia.domain.audit import AuditEvent
from sophia.domain.refresh import RefreshProgress
from sophia.domain.runs import MessageDelta, RunCancelled, Sequenced
from sophia.domain.tenancy import TenantScope
from sophia.testing.contracts.records_world import ANA, EVE, OTHER_SYSTEM, SYSTEM, RecordsCase, World, chunked

__all__ = ["TransactionsContract"]

_SOON = 2.0
"""Seconds within which a waiter has to be woken; a busy machine needs some."""


class TransactionsContract(RecordsCase):
    """Transactions and listening."""

    def test_it_is_as_this_version_expects(self, world: World) -> None:
        world.records.check()

    def test_a_block_that_raises_leaves_nothing_behind(self, world: World) -> None:
        thread = world.thread()
        run, lease = world.started(thread)
        document = world.document("claves", "texto\n")
        other = evolve(thread, id=world.ids.new("thr"))

        def write_all_of_it() -> None:
            with world.records.write(ANA) as tx:
                tx.conversations.add_thread(other)
                tx.conversations.add_message(world.message(thread.id))
                tx.runs.append({lease: [MessageDelta("x")]})
                tx.runs.finish(lease, RunCancelled())
                tx.documents.put(document, "texto\n", chunked("texto\n"))
                tx.tickets.add(world.ticket(thread))
                tx.outbox.add("tkt", "key", world.clock.now())
                tx.audit.append(AuditEvent("did", "x"))
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            write_all_of_it()
        with world.records.read(SYSTEM) as tx:
            assert tx.conversations.threads(10).items == (thread,)
            assert tx.conversations.last_messages(thread.id, 10) == ()
            assert tx.runs.get(run.id).status.is_live
            assert len(tx.runs.events(run.id)) == 1
            assert tx.documents.generation() == 0
            assert tx.documents.list(10).items == ()
            assert tx.tickets.list(10).items == ()
            assert tx.outbox.depth() == 0
            assert tx.audit.entries() == ()

    def test_a_write_sees_itself_and_others_see_it_once_committed(self, world: World) -> None:
        now = world.clock.now()
        thread = evolve(world.thread(), id=world.ids.new("thr"), created_at=now)
        with world.records.write(ANA) as tx:
            tx.conversations.add_thread(thread)
            assert tx.conversations.thread(thread.id) == thread
            with world.records.read(ANA) as other:
                assert len(other.conversations.threads(10).items) == 1
        with world.records.read(ANA) as tx:
            assert len(tx.conversations.threads(10).items) == 2

    def test_a_reading_sees_one_state_throughout(self, world: World) -> None:
        world.thread()
        with world.records.read(ANA) as tx:
            assert len(tx.conversations.threads(10).items) == 1
            writer = Thread(target=world.thread)
            writer.start()
            writer.join(10)
            assert not writer.is_alive(), "a reader must not hold up a writer"
            assert len(tx.conversations.threads(10).items) == 1

    def test_nothing_written_in_a_reading_stays(self, world: World) -> None:
        thread = world.thread()
        with world.records.read(ANA) as tx:
            tx.conversations.add_message(world.message(thread.id))
        with world.records.read(ANA) as tx:
            assert tx.conversations.last_messages(thread.id, 10) == ()

    def test_writers_wait_for_one_another(self, world: World) -> None:
        thread = world.thread()

        def count(_: int) -> None:
            with world.records.write(ANA) as tx:
                (before,) = tx.conversations.last_messages(thread.id, 1) or (None,)
                number = 0 if before is None else int(before.text)
                tx.conversations.add_message(world.message(thread.id, str(number + 1)))

        with ThreadPoolExecutor(8) as pool:
            list(pool.map(count, range(40)))
        with world.records.read(ANA) as tx:
            (last,) = tx.conversations.last_messages(thread.id, 1)
        assert last.text == "40"

    def test_who_listens_hears_of_what_is_written(self, world: World) -> None:
        run, lease = world.started(world.thread())
        events = [MessageDelta("x"), MessageDelta("y")]

        def write() -> None:
            time.sleep(0.05)
            with world.records.write(ANA) as tx:
                tx.runs.append({lease: events[:1]})
                tx.runs.append({lease: events[1:]})

        writer = Thread(target=write)
        begun = time.monotonic()
        with world.records.tail(ANA, run.id) as tail:
            writer.start()
            heard = tail.wait(1, 30)
        waited = time.monotonic() - begun
        writer.join(10)
        assert waited < _SOON
        assert heard in ((), (Sequenced(2, events[0]), Sequenced(3, events[1])))

    def test_what_is_heard_is_what_follows(self, world: World) -> None:
        run, lease = world.started(world.thread())
        with world.records.tail(ANA, run.id) as tail:
            for n in range(4):
                with world.records.write(ANA) as tx:
                    tx.runs.append({lease: [MessageDelta(str(n))]})
            with world.records.write(ANA) as tx:
                tx.runs.finish(lease, RunCancelled(), [MessageDelta("last")])
            with world.records.read(ANA) as tx:
                whole = tx.runs.events(run.id)
            for after in range(len(whole)):
                heard = tail.wait(after, 30)
                assert heard in ((), whole[after:])

    def test_what_is_rolled_back_is_not_heard(self, world: World) -> None:
        run, lease = world.started(world.thread())

        def write_in_vain() -> None:
            with world.records.write(ANA) as tx:
                tx.runs.append({lease: [MessageDelta("x")]})
                raise ZeroDivisionError

        with world.records.tail(ANA, run.id) as tail:
            with pytest.raises(ZeroDivisionError):
                write_in_vain()
            assert tail.wait(1, 0.3) == ()

    def test_what_is_there_already_is_heard_soon(self, world: World) -> None:
        run, lease = world.started(world.thread())
        refresh = world.refresh()
        now = world.clock.now()
        with world.records.write(ANA) as tx:
            tx.runs.append({lease: [MessageDelta("x")]})
            tx.runs.finish(lease, RunCancelled())
        with world.records.write(SYSTEM) as tx:
            held = tx.refreshes.start(refresh, "x", now, now)
            tx.refreshes.append(held, RefreshProgress(0, 0, 0, 0))
        begun = time.monotonic()
        for log_id, after in ((run.id, 0), (run.id, 2), (refresh.id, 0)):
            with world.records.tail(ANA, log_id) as tail:
                tail.wait(after, 30)
        assert time.monotonic() - begun < _SOON

    def test_listening_in_vain_ends_in_time(self, world: World) -> None:
        run = world.run(world.thread())
        begun = time.monotonic()
        with world.records.tail(ANA, run.id) as tail:
            assert tail.wait(1, 0.2) == ()
        with world.records.tail(ANA, "run_none") as tail:
            assert tail.wait(0, 0) == ()
        assert 0.15 < time.monotonic() - begun < _SOON

    @pytest.mark.parametrize("stranger", [EVE, OTHER_SYSTEM])
    def test_another_company_hears_nothing(self, world: World, stranger: TenantScope) -> None:
        run, lease = world.started(world.thread())
        with world.records.tail(ANA, run.id) as mine, world.records.tail(stranger, run.id) as theirs:
            with world.records.write(ANA) as tx:
                tx.runs.append({lease: [MessageDelta("x")]})
            mine.wait(1, 30)
            assert theirs.wait(0, 0.3) == ()

    def test_many_can_listen_to_one_log(self, world: World) -> None:
        run, lease = world.started(world.thread())

        def listen(_: int) -> None:
            with world.records.tail(ANA, run.id) as tail:
                tail.wait(1, 30)

        with ThreadPoolExecutor(6) as pool:
            begun = time.monotonic()
            waits = [pool.submit(listen, n) for n in range(6)]
            time.sleep(0.1)
            with world.records.write(ANA) as tx:
                tx.runs.append({lease: [MessageDelta("x")]})
            for wait in waits:
                wait.result(30)
            assert time.monotonic() - begun < _SOON
