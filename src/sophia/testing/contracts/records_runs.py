"""What every system of record keeps of runs and their event logs."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from attrs import evolve

from sophia.domain.asked import Category
from sophia.domain.citation import Citation, Unsupported
from sophia.domain.handoff import Decision, Handoff
from sophia.domain.limits import Whose
from sophia.domain.runs import (
    Answer,
    CitationAdded,
    HandoffMade,
    Lease,
    MessageCompleted,
    MessageDelta,
    Problem,
    Run,
    RunCancelled,
    RunCompleted,
    RunEvent,
    RunFailed,
    RunStarted,
    RunStatus,
    Sequenced,
    Standing,
    ToolCallRecord,
    ToolFinished,
    ToolStarted,
    ToolStatus,
    Usage,
)
from sophia.domain.tenancy import TenantScope
from sophia.domain.tickets import TicketStatus
from sophia.errors import (
    IdempotencyConflict,
    LeaseLost,
    NotFound,
    PermissionDenied,
    RequestInProgress,
    SophiaError,
    ThreadBusy,
)
from sophia.testing.contracts.records_world import ANA, BOB, EVE, OTHER_SYSTEM, SYSTEM, RecordsCase, World

__all__ = ["RunsContract"]

_CITATION = Citation(1, "doc_1", "Guía", "docs", "file:///g", ("A", "B"), "«cita» 🔐", 3, 11, "sha256:0", verified=True)
_HANDOFF = Handoff(Decision.HANDED_OFF, "VICTORIA", Category.CHANGE, "ok", "x", "tkt_1", None, TicketStatus.QUEUED)
_ANSWER = Answer(
    "thr_1",
    "run_1",
    "msg_1",
    "Sí [1]",
    "es",
    (_CITATION,),
    (Unsupported(0, 2, "word-overlap"),),
    (ToolCallRecord("search", ToolStatus.FAILED, 12),),
    _HANDOFF,
    ("splunk: sin respuesta",),
    "extractive-1",
    Usage(1, 2, 3),
    (Handoff(Decision.DECLINED, "NETWORK", Category.PROVISIONING, "no"),),
)
_EVENTS: tuple[RunEvent, ...] = (
    RunStarted("run_1", "thr_1"),
    ToolStarted("call_1", "search"),
    ToolFinished("call_1", ToolStatus.DENIED, "ev_1"),
    MessageDelta("Sí "),
    CitationAdded(_CITATION),
    HandoffMade(_HANDOFF),
    MessageCompleted("msg_1"),
)
_OUTCOMES = [
    (RunCompleted(_ANSWER), RunStatus.COMPLETED),
    (RunFailed(Problem("interrupted", "se interrumpió", 1.5)), RunStatus.FAILED),
    (RunCancelled(), RunStatus.CANCELLED),
]


def _started(run: Run) -> RunStarted:
    return RunStarted(run.id, run.thread_id)


class RunsContract(RecordsCase):
    """Runs and their event logs."""

    def test_a_run_reads_back_as_it_was_started(self, world: World) -> None:
        thread = world.thread()
        run = world.run(thread)
        with world.records.read(ANA) as tx:
            assert tx.runs.get(run.id) == run
            assert tx.runs.live(thread.id) == run
            assert tx.runs.events(run.id) == (Sequenced(1, _started(run)),)

    def test_a_run_needs_its_thread(self, world: World) -> None:
        thread = world.thread()
        for scope, place in ((ANA, evolve(thread, id="thr_none")), (BOB, thread), (EVE, thread)):
            with pytest.raises(NotFound):
                world.run(place, scope)

    @pytest.mark.parametrize("stranger", [BOB, EVE, OTHER_SYSTEM])
    def test_a_foreign_run_reads_like_none_at_all(self, world: World, stranger: TenantScope) -> None:
        thread = world.thread()
        run, lease = world.started(thread, seconds=1)
        now = world.clock.advance(2)
        with world.records.write(stranger) as tx:
            for id_ in (run.id, "run_none"):
                for attempt in (tx.runs.get, tx.runs.events, tx.runs.request_cancel):
                    with pytest.raises(NotFound) as caught:
                        attempt(id_)
                    assert (caught.value.kind, caught.value.id) == ("run", id_)
            assert tx.runs.live(thread.id) is None
            assert tx.runs.claim(run.id, "thief", now, now + timedelta(1)) is None
            assert tx.runs.renew([lease], now) == {lease: Standing.LOST}
            assert tx.runs.append({lease: [MessageDelta("x")]}) == {lease}
            with pytest.raises(LeaseLost):
                tx.runs.finish(lease, RunCancelled())

    def test_a_thread_has_one_live_run(self, world: World) -> None:
        thread, other = world.thread(), world.thread()
        run, lease = world.started(thread)
        with pytest.raises(ThreadBusy) as caught:
            world.run(thread)
        assert caught.value.run_id == run.id
        world.run(other)
        with world.records.write(ANA) as tx:
            tx.runs.finish(lease, RunCancelled())
            assert tx.runs.live(thread.id) is None
        world.run(thread)

    def test_of_many_that_start_at_once_in_a_thread_one_does(self, world: World) -> None:
        thread = world.thread()
        runs = [world.new_run(thread) for _ in range(8)]

        def start(n: int) -> str:
            try:
                with world.records.write(ANA) as tx:
                    tx.runs.start(runs[n], "worker", world.clock.now())
            except ThreadBusy as error:
                return error.run_id
            return runs[n].id

        with ThreadPoolExecutor(8) as pool:
            assert len(set(pool.map(start, range(8)))) == 1

    @pytest.mark.parametrize(("outcome", "status"), _OUTCOMES)
    def test_a_run_ends_with_its_outcome_as_last_event(
        self, world: World, outcome: RunCompleted | RunFailed | RunCancelled, status: RunStatus
    ) -> None:
        run, lease = world.started(world.thread())
        with world.records.write(ANA) as tx:
            assert tx.runs.append({lease: _EVENTS[:2]}) == frozenset()
            assert tx.runs.append({lease: []}) == frozenset()
            tx.runs.finish(lease, outcome, _EVENTS[2:])
        with world.records.read(ANA) as tx:
            ended = tx.runs.get(run.id)
            assert ended == evolve(run, status=status, outcome=outcome)
            assert tx.runs.events(run.id) == tuple(
                Sequenced(n, event) for n, event in enumerate((_started(run), *_EVENTS, outcome), 1)
            )

    def test_the_logs_of_many_runs_grow_at_once(self, world: World) -> None:
        runs = [world.started(world.thread(scope), scope) for scope in (ANA, BOB, ANA)]
        news = {lease: [MessageDelta(f"{n}a"), MessageDelta(f"{n}b")][: n % 3] for n, (_, lease) in enumerate(runs)}
        with world.records.write(SYSTEM) as tx:
            assert tx.runs.append(news) == frozenset()
        with world.records.read(SYSTEM) as tx:
            for run, lease in runs:
                logged = (_started(run), *news[lease])
                assert tx.runs.events(run.id) == tuple(Sequenced(n, event) for n, event in enumerate(logged, 1))

    def test_a_log_is_read_from_anywhere_and_by_stretches(self, world: World) -> None:
        run, lease = world.started(world.thread())
        with world.records.write(ANA) as tx:
            for n in range(2):
                tx.runs.append({lease: [MessageDelta(f"{n}a"), MessageDelta(f"{n}b")]})
            tx.runs.finish(lease, RunCancelled(), [MessageDelta("c")])
        with world.records.read(ANA) as tx:
            whole = tx.runs.events(run.id)
            assert [event.sequence for event in whole] == [1, 2, 3, 4, 5, 6, 7]
            for after in range(9):
                for limit in range(1, 9):
                    assert tx.runs.events(run.id, after, limit) == whole[after : after + limit]

    def test_a_held_run_cannot_be_claimed_until_its_lease_expires(self, world: World) -> None:
        run, first = world.started(world.thread(), seconds=10)
        with world.records.write(ANA) as tx:
            for owner in ("worker", "two"):
                now = world.clock.now()
                assert tx.runs.claim(run.id, owner, now, now + timedelta(seconds=10)) is None
        world.clock.advance(10)
        second = world.claimed(run, SYSTEM, owner="two", seconds=10)
        assert second.fence > first.fence
        with world.records.read(ANA) as tx:
            assert tx.runs.get(run.id) == evolve(run, attempt=2)

    def test_whoever_lost_the_lease_writes_nothing(self, world: World) -> None:
        run, old = world.started(world.thread(), seconds=1)
        other, held = world.started(world.thread(), seconds=9)
        world.clock.advance(2)
        new = world.claimed(run, owner="worker", seconds=1)
        until = world.clock.now() + timedelta(seconds=9)
        wrong = (old, evolve(new, owner="two"), evolve(new, fence=new.fence + 1))
        for lease in wrong:
            with world.records.write(ANA) as tx:
                assert tx.runs.renew([lease, held], until) == {lease: Standing.LOST, held: Standing.HELD}
                assert tx.runs.append({lease: [MessageDelta("x")], held: [MessageDelta("y")]}) == {lease}
            with pytest.raises(LeaseLost), world.records.write(ANA) as tx:
                tx.runs.finish(lease, RunCancelled())
        with world.records.write(ANA) as tx:
            assert len(tx.runs.events(other.id)) == 1 + len(wrong)
            assert len(tx.runs.events(run.id)) == 1
            assert tx.runs.append({new: [MessageDelta("mine")]}) == frozenset()
            tx.runs.finish(new, RunCancelled())
        with world.records.write(ANA) as tx:
            assert tx.runs.renew([new], until) == {new: Standing.LOST}
            assert tx.runs.append({new: [MessageDelta("late")]}) == {new}
        with pytest.raises(LeaseLost), world.records.write(ANA) as tx:
            tx.runs.finish(new, RunCancelled())
        with world.records.read(ANA) as tx:
            assert [event.event for event in tx.runs.events(run.id)] == [
                _started(run),
                MessageDelta("mine"),
                RunCancelled(),
            ]

    def test_renewing_keeps_the_lease(self, world: World) -> None:
        run, lease = world.started(world.thread(), seconds=10)
        world.clock.advance(9)
        with world.records.write(ANA) as tx:
            assert tx.runs.renew([lease], world.clock.now() + timedelta(seconds=10)) == {lease: Standing.HELD}
        now = world.clock.advance(9)
        with world.records.write(ANA) as tx:
            assert tx.runs.claim(run.id, "two", now, now + timedelta(seconds=1)) is None

    def test_of_many_that_claim_at_once_one_gets_it(self, world: World) -> None:
        run = world.run(world.thread())
        now = world.clock.advance(60)

        def claim(owner: int) -> Lease | None:
            with world.records.write(SYSTEM) as tx:
                return tx.runs.claim(run.id, str(owner), now, now + timedelta(seconds=10))

        with ThreadPoolExecutor(8) as pool:
            assert sum(lease is not None for lease in pool.map(claim, range(8))) == 1

    def test_cancelling_is_asked_for_and_seen_when_renewing(self, world: World) -> None:
        run, lease = world.started(world.thread())
        with world.records.write(ANA) as tx:
            assert tx.runs.request_cancel(run.id) == evolve(run, cancel_requested=True)
        with world.records.write(ANA) as tx:
            assert tx.runs.renew([lease], world.clock.now()) == {lease: Standing.TO_STOP}
            tx.runs.finish(lease, RunCancelled())

    def test_cancelling_what_has_ended_changes_nothing(self, world: World) -> None:
        run, lease = world.started(world.thread())
        with world.records.write(ANA) as tx:
            tx.runs.finish(lease, RunCompleted(_ANSWER))
            ended = tx.runs.get(run.id)
            assert tx.runs.request_cancel(run.id) == ended
            assert tx.runs.get(run.id) == ended
        now = world.clock.advance(99)
        with world.records.write(ANA) as tx:
            assert tx.runs.claim(run.id, "two", now, now + timedelta(1)) is None

    def test_abandoned_runs_are_found_with_their_user(self, world: World) -> None:
        (one, _), (two, _) = world.started(world.thread(), seconds=1), world.started(world.thread(BOB), BOB, seconds=1)
        world.started(world.thread(), seconds=60)
        world.started(world.thread(EVE), EVE, seconds=1)
        _, ended = world.started(world.thread(), seconds=1)
        with world.records.write(ANA) as tx:
            tx.runs.finish(ended, RunCancelled())
        now = world.clock.advance(1)
        with world.records.read(SYSTEM) as tx:
            found = tx.runs.abandoned(now, 10)
            assert [(run.id, user) for run, user in found] == [(one.id, "ana"), (two.id, "bob")]
            assert tx.runs.abandoned(now, 1) == found[:1]
        with world.records.read(ANA) as tx, pytest.raises(PermissionDenied):
            tx.runs.abandoned(now, 1)

    def test_live_runs_are_counted_by_user_and_by_company(self, world: World) -> None:
        for scope in (ANA, ANA, BOB, EVE):
            world.run(world.thread(scope), scope)
        _, ended = world.started(world.thread())
        with world.records.write(ANA) as tx:
            assert tx.runs.count_live() == {Whose.USER: 3, Whose.COMPANY: 4}
            tx.runs.finish(ended, RunCancelled())
        for scope, own, company in ((ANA, 2, 3), (BOB, 1, 3), (EVE, 1, 1), (SYSTEM, 0, 3), (OTHER_SYSTEM, 0, 1)):
            with world.records.read(scope) as tx:
                assert tx.runs.count_live() == {Whose.USER: own, Whose.COMPANY: company}

    def test_a_key_gives_back_the_run_it_started(self, world: World) -> None:
        run = world.run(world.thread(), key=world.key())
        now = world.clock.now()
        with world.records.read(ANA) as tx:
            assert tx.runs.replay(world.key(), now) == run
            assert tx.runs.replay(world.key("k-2"), now) is None
            with pytest.raises(IdempotencyConflict):
                tx.runs.replay(world.key(body="another"), now)

    @pytest.mark.parametrize("other", [BOB, EVE])
    def test_a_key_is_its_users_own(self, world: World, other: TenantScope) -> None:
        world.run(world.thread(), key=world.key())
        with world.records.read(other) as tx:
            assert tx.runs.replay(world.key(body="another"), world.clock.now()) is None
        world.run(world.thread(other), other, key=world.key(body="another"))

    def test_a_key_expires_and_can_be_used_anew(self, world: World) -> None:
        world.run(world.thread(), key=world.key(seconds=60))
        now = world.clock.advance(60)
        with world.records.read(ANA) as tx:
            assert tx.runs.replay(world.key(body="another"), now) is None
        run = world.run(world.thread(), key=world.key(body="another"))
        with world.records.read(ANA) as tx:
            assert tx.runs.replay(world.key(body="another"), now) == run

    def test_expired_keys_are_forgotten(self, world: World) -> None:
        for scope, name, seconds in ((ANA, "a", 60), (BOB, "b", 60), (ANA, "c", 61), (EVE, "d", 60)):
            world.run(world.thread(scope), scope, key=world.key(name, seconds=seconds))
        now = world.clock.advance(60)
        with world.records.write(SYSTEM) as tx:
            assert [tx.runs.forget_expired(now, 1) for _ in range(3)] == [1, 1, 0]
        with world.records.read(ANA) as tx:
            assert tx.runs.replay(world.key("c"), now) is not None
        with world.records.write(ANA) as tx, pytest.raises(PermissionDenied):
            tx.runs.forget_expired(now, 1)

    def test_of_many_that_come_with_one_key_one_starts(self, world: World) -> None:
        threads = [world.thread() for _ in range(6)]
        runs = [world.new_run(thread) for thread in threads]
        key = world.key()

        def start(n: int) -> str | None:
            try:
                with world.records.write(ANA) as tx:
                    tx.runs.start(runs[n], "worker", world.clock.now(), key)
            except RequestInProgress as error:
                return error.run_id
            return runs[n].id

        with ThreadPoolExecutor(6) as pool:
            assert len(set(pool.map(start, range(6)))) == 1

    def test_a_run_is_stored_once(self, world: World) -> None:
        thread, other = world.thread(), world.thread()
        run = world.run(thread)
        with pytest.raises(SophiaError), world.records.write(ANA) as tx:
            tx.runs.start(evolve(run, thread_id=other.id), "worker", world.clock.now())

    def test_logs_of_old_runs_are_forgotten_but_for_their_end(self, world: World) -> None:
        thread, foreign = world.thread(), world.thread(EVE)
        old, lease = world.started(thread)
        with world.records.write(ANA) as tx:
            tx.runs.append({lease: [MessageDelta("a"), MessageDelta("b")]})
            tx.runs.finish(lease, RunCompleted(_ANSWER), [MessageDelta("c")])
        _, lease = world.started(foreign, EVE)
        with world.records.write(EVE) as tx:
            tx.runs.finish(lease, RunCancelled())
        live, _ = world.started(world.thread(BOB), BOB)
        before = world.clock.advance(60)
        young, lease = world.started(thread)
        with world.records.write(ANA) as tx:
            tx.runs.finish(lease, RunCancelled())
        with world.records.write(SYSTEM) as tx:
            assert tx.runs.logged(before, 10) == (old.id,)
            assert tx.runs.logged(before, 0) == ()
            assert tx.runs.forget_events([old.id, live.id, "run_none"]) == 1
            assert tx.runs.forget_events([old.id]) == 0
            assert tx.runs.logged(before, 10) == ()
        with world.records.read(SYSTEM) as tx:
            assert tx.runs.events(old.id) == (Sequenced(5, RunCompleted(_ANSWER)),)
            assert tx.runs.events(old.id, 5) == ()
            assert tx.runs.get(old.id).outcome == RunCompleted(_ANSWER)
            assert [len(tx.runs.events(run.id)) for run in (live, young)] == [1, 2]
        with world.records.read(OTHER_SYSTEM) as tx:
            assert len(tx.runs.logged(before, 10)) == 1

    def test_logs_are_forgotten_by_sophia_alone(self, world: World) -> None:
        with world.records.write(ANA) as tx:
            for attempt in (lambda: tx.runs.logged(world.clock.now(), 1), lambda: tx.runs.forget_events(["run_1"])):
                with pytest.raises(PermissionDenied):
                    attempt()
