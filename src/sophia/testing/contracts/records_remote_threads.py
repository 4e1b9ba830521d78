"""What every system of record keeps of the threads that services outside keep for ours."""

import pytest
from attrs import evolve

from sophia.domain.remote_threads import RemoteThread
from sophia.domain.tenancy import TenantScope
from sophia.errors import NotFound, PermissionDenied
from sophia.testing.contracts.records_world import ANA, BOB, EVE, OTHER_SYSTEM, SYSTEM, RecordsCase, World

__all__ = ["RemoteThreadsContract"]


class RemoteThreadsContract(RecordsCase):
    """Threads that services outside keep for ours."""

    def test_a_remote_thread_reads_back_as_it_was_stored_last(self, world: World) -> None:
        thread = world.thread()
        remote = RemoteThread("there", "thread_1", thread.id)
        for stored in (remote, evolve(remote, run_id="run_1", messages=3, numbered=8)):
            with world.records.write(ANA) as tx:
                tx.remote_threads.put(stored)
            for scope in (ANA, SYSTEM):
                with world.records.read(scope) as tx:
                    assert tx.remote_threads.get("there", thread.id) == stored
                    assert tx.remote_threads.get("elsewhere", thread.id) is None
        with world.records.read(SYSTEM) as tx:
            assert tx.remote_threads.orphans("there", 10) == ()

    @pytest.mark.parametrize("stranger", [BOB, EVE, OTHER_SYSTEM])
    def test_nobody_else_sees_or_stores_it(self, world: World, stranger: TenantScope) -> None:
        remote = RemoteThread("there", "thread_1", world.thread().id)
        with world.records.write(ANA) as tx:
            tx.remote_threads.put(remote)
        with world.records.write(stranger) as tx:
            assert tx.remote_threads.get("there", remote.thread_id) is None
            with pytest.raises(NotFound):
                tx.remote_threads.put(remote)

    def test_what_is_replaced_or_loses_its_thread_is_an_orphan_until_it_is_forgotten(self, world: World) -> None:
        kept, gone, foreign = world.thread(), world.thread(), world.thread(EVE)
        with world.records.write(ANA) as tx:
            tx.remote_threads.put(RemoteThread("there", "thread_1", kept.id, "run_1"))
            tx.remote_threads.put(RemoteThread("there", "thread_2", kept.id))
            tx.remote_threads.put(RemoteThread("there", "thread_3", gone.id))
            tx.remote_threads.put(RemoteThread("elsewhere", "thread_3", gone.id))
            tx.conversations.delete_thread(gone.id)
        with world.records.write(EVE) as tx:
            tx.remote_threads.put(RemoteThread("there", "thread_4", foreign.id))
            tx.conversations.delete_thread(foreign.id)
        with world.records.write(SYSTEM) as tx:
            assert tx.remote_threads.get("there", kept.id) == RemoteThread("there", "thread_2", kept.id)
            assert tx.remote_threads.orphans("there", 10) == ("thread_1", "thread_3")
            assert tx.remote_threads.orphans("there", 1) == ("thread_1",)
            tx.remote_threads.forget("there", ["thread_1", "thread_2", "thread_4", "thread_none"])
        with world.records.read(SYSTEM) as tx:
            assert tx.remote_threads.orphans("there", 10) == ("thread_3",)
            assert tx.remote_threads.orphans("elsewhere", 10) == ("thread_3",)
            assert tx.remote_threads.get("there", kept.id) is not None
        with world.records.read(OTHER_SYSTEM) as tx:
            assert tx.remote_threads.orphans("there", 10) == ("thread_4",)

    def test_what_holds_words_of_a_thread_that_is_erased_is_an_orphan(self, world: World) -> None:
        told, erased, other = world.thread(), world.thread(), world.thread()
        remote = RemoteThread("there", "thread_1", told.id, recalled=frozenset({erased.id, other.id}))
        with world.records.write(ANA) as tx:
            tx.remote_threads.put(remote)
            tx.remote_threads.put(RemoteThread("elsewhere", "thread_2", other.id, recalled=frozenset({told.id})))
        for stranger in (BOB, EVE):
            with world.records.write(stranger) as tx, pytest.raises(NotFound):
                tx.conversations.delete_thread(erased.id)
        with world.records.write(ANA) as tx:
            assert tx.remote_threads.get("there", told.id) == remote
            tx.conversations.delete_thread(erased.id)
            assert tx.remote_threads.get("there", told.id) is None
            assert tx.remote_threads.get("elsewhere", other.id) is not None
            tx.remote_threads.put(evolve(remote, run_id="run_1"))  # a turn that was under way
            assert tx.remote_threads.get("there", told.id) is None
            tx.remote_threads.put(RemoteThread("there", "thread_3", told.id))
            tx.remote_threads.put(evolve(remote, run_id="run_1"))
            assert tx.remote_threads.get("there", told.id) == RemoteThread("there", "thread_3", told.id)
        with world.records.read(SYSTEM) as tx:
            assert tx.remote_threads.orphans("there", 10) == ("thread_1",)
            assert tx.remote_threads.orphans("elsewhere", 10) == ()

    def test_what_is_shown_words_of_a_thread_that_was_just_erased_is_an_orphan_at_once(self, world: World) -> None:
        told, erased = world.thread(), world.thread()
        with world.records.write(ANA) as tx:
            tx.conversations.delete_thread(erased.id)
            tx.remote_threads.put(RemoteThread("there", "thread_1", told.id, recalled=frozenset({erased.id})))
            assert tx.remote_threads.get("there", told.id) is None
        with world.records.read(SYSTEM) as tx:
            assert tx.remote_threads.orphans("there", 10) == ("thread_1",)

    def test_retention_lets_go_of_what_holds_words_of_a_thread_too(self, world: World) -> None:
        told, erased = world.thread(), world.thread()
        with world.records.write(ANA) as tx:
            tx.remote_threads.put(RemoteThread("there", "thread_1", told.id, recalled=frozenset({erased.id})))
        with world.records.write(SYSTEM) as tx:
            tx.conversations.delete_thread(erased.id)
            assert tx.remote_threads.get("there", told.id) is None
            assert tx.remote_threads.orphans("there", 10) == ("thread_1",)

    def test_orphans_are_sophias_own_business(self, world: World) -> None:
        with world.records.write(ANA) as tx:
            for attempt in (
                lambda: tx.remote_threads.orphans("there", 1),
                lambda: tx.remote_threads.forget("there", ["thread_1"]),
            ):
                with pytest.raises(PermissionDenied):
                    attempt()
