"""What every system of record keeps of refreshes."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from attrs import evolve

from sophia.domain.knowledge import DocumentFailure
from sophia.domain.refresh import Refresh, RefreshEnded, RefreshProgress, RefreshReport, RefreshStatus
from sophia.domain.runs import Lease, Sequenced, Standing
from sophia.errors import LeaseLost, NotFound, PermissionDenied, RefreshInProgress
from sophia.testing.contracts.records_world import ANA, BOB, EVE, OTHER_SYSTEM, SYSTEM, Attempt, RecordsCase, World

__all__ = ["RefreshesContract"]

_REPORT = RefreshReport(1, 2, 3, 4, (DocumentFailure("docs", "a.pdf", "está vacío"),), 5, 6, 7)


class RefreshesContract(RecordsCase):
    """Refreshes, one at a time."""

    def begun(self, world: World, owner: str = "one", seconds: float = 10) -> tuple[Refresh, Lease]:
        """A refresh under way."""
        refresh = world.refresh()
        now = world.clock.now()
        with world.records.write(SYSTEM) as tx:
            lease = tx.refreshes.start(refresh, owner, now, now + timedelta(seconds=seconds))
        assert (lease.work_id, lease.owner) == (refresh.id, owner)
        return refresh, lease

    def test_a_refresh_reads_back(self, world: World) -> None:
        refresh, _ = self.begun(world)
        for scope in (SYSTEM, ANA, BOB):
            with world.records.read(scope) as tx:
                assert tx.refreshes.get(refresh.id) == refresh
                assert tx.refreshes.last() == refresh
                assert tx.refreshes.events(refresh.id) == ()

    def test_another_companys_refresh_reads_like_none(self, world: World) -> None:
        refresh, lease = self.begun(world)
        for scope in (EVE, OTHER_SYSTEM):
            with world.records.write(scope) as tx:
                assert tx.refreshes.last() is None
                for attempt in (tx.refreshes.get, tx.refreshes.events):
                    with pytest.raises(NotFound) as caught:
                        attempt(refresh.id)
                    assert caught.value.kind == "refresh"
                assert tx.refreshes.renew([lease], world.clock.now()) == {lease: Standing.LOST}
        now = world.clock.now()
        other = world.refresh()
        with world.records.write(OTHER_SYSTEM) as tx:
            tx.refreshes.start(other, "x", now, now + timedelta(1))
        with world.records.read(SYSTEM) as tx:
            assert tx.refreshes.last() == refresh

    def test_one_at_a_time(self, world: World) -> None:
        refresh, _ = self.begun(world)
        with pytest.raises(RefreshInProgress) as caught:
            self.begun(world, owner="two")
        assert caught.value.refresh_id == refresh.id

    def test_of_many_that_start_at_once_one_does(self, world: World) -> None:
        now = world.clock.now()
        refreshes = [world.refresh() for _ in range(6)]

        def start(n: int) -> str:
            try:
                with world.records.write(SYSTEM) as tx:
                    return tx.refreshes.start(refreshes[n], "x", now, now + timedelta(1)).work_id
            except RefreshInProgress as error:
                return error.refresh_id

        with ThreadPoolExecutor(6) as pool:
            assert len(set(pool.map(start, range(6)))) == 1

    def test_one_whose_lease_has_expired_is_ended_as_failed(self, world: World) -> None:
        old, lease = self.begun(world)
        with world.records.write(SYSTEM) as tx:
            tx.refreshes.append(lease, RefreshProgress(1, 2, 3, 4, "a.md"))
        now = world.clock.advance(10)
        new, _ = self.begun(world, owner="two")
        with world.records.read(SYSTEM) as tx:
            ended = tx.refreshes.get(old.id)
            assert ended == evolve(old, status=RefreshStatus.FAILED, finished_at=now, problem=ended.problem)
            assert ended.problem
            assert tx.refreshes.events(old.id)[-1] == Sequenced(2, RefreshEnded(ended))
            assert tx.refreshes.last() == new
        attempts: tuple[Attempt, ...] = (
            lambda tx: tx.refreshes.append(lease, RefreshProgress(0, 0, 0, 0)),
            lambda tx: tx.refreshes.finish(lease, RefreshEnded(old)),
        )
        for attempt in attempts:
            with pytest.raises(LeaseLost), world.records.write(SYSTEM) as tx:
                attempt(tx)
        with world.records.write(SYSTEM) as tx:
            assert tx.refreshes.renew([lease], now + timedelta(seconds=5)) == {lease: Standing.LOST}

    def test_renewing_keeps_the_lease(self, world: World) -> None:
        _, lease = self.begun(world)
        world.clock.advance(9)
        with world.records.write(SYSTEM) as tx:
            until = world.clock.now() + timedelta(seconds=10)
            assert tx.refreshes.renew([lease], until) == {lease: Standing.HELD}
        world.clock.advance(9)
        with pytest.raises(RefreshInProgress):
            self.begun(world, owner="two")

    def test_it_ends_with_itself_as_last_event(self, world: World) -> None:
        refresh, lease = self.begun(world)
        steps = [RefreshProgress(n, 3, n, 9, f"{n}.md") for n in range(3)]
        now = world.clock.advance(1)
        ended = evolve(refresh, status=RefreshStatus.COMPLETED, finished_at=now, report=_REPORT)
        with world.records.write(SYSTEM) as tx:
            for step in steps:
                tx.refreshes.append(lease, step)
            tx.refreshes.finish(lease, RefreshEnded(ended))
        with world.records.read(ANA) as tx:
            assert tx.refreshes.get(refresh.id) == ended
            whole = tx.refreshes.events(refresh.id)
            assert whole == tuple(Sequenced(n, event) for n, event in enumerate((*steps, RefreshEnded(ended)), 1))
            for after in range(6):
                for limit in range(1, 6):
                    assert tx.refreshes.events(refresh.id, after, limit) == whole[after : after + limit]
        with pytest.raises(LeaseLost), world.records.write(SYSTEM) as tx:
            tx.refreshes.append(lease, steps[0])
        self.begun(world)

    def test_logs_of_old_refreshes_are_forgotten_but_for_their_end(self, world: World) -> None:
        old, lease = self.begun(world)
        ended = evolve(old, status=RefreshStatus.COMPLETED, report=_REPORT, finished_at=world.clock.now())
        with world.records.write(SYSTEM) as tx:
            tx.refreshes.append(lease, RefreshProgress(1, 2, 3, 4, "a.pdf"))
            tx.refreshes.finish(lease, RefreshEnded(ended))
        before = world.clock.advance(60)
        live, lease = self.begun(world)
        with world.records.write(SYSTEM) as tx:
            tx.refreshes.append(lease, RefreshProgress(1, 2, 3, 4, "b.pdf"))
            assert tx.refreshes.logged(before, 10) == (old.id,)
            assert tx.refreshes.forget_events([old.id, live.id, "ref_none"]) == 1
            assert tx.refreshes.forget_events([old.id]) == 0
        with world.records.read(SYSTEM) as tx:
            assert tx.refreshes.logged(before, 10) == ()
            assert tx.refreshes.events(old.id) == (Sequenced(2, RefreshEnded(ended)),)
            assert len(tx.refreshes.events(live.id)) == 1
        with world.records.write(OTHER_SYSTEM) as tx:
            assert tx.refreshes.logged(world.clock.now(), 10) == ()
            assert tx.refreshes.forget_events([old.id]) == 0
        with world.records.write(ANA) as tx:
            for attempt in (lambda: tx.refreshes.logged(before, 1), lambda: tx.refreshes.forget_events([old.id])):
                with pytest.raises(PermissionDenied):
                    attempt()
