"""What is older than it is to be kept is erased, and nothing else."""

from datetime import timedelta
from pathlib import Path

import pytest
from attrs import evolve

from databases import open_sqlite
from sophia import Sophia
from sophia.adapters.sql.records import SqlRecords
from sophia.application.retention import ApplyRetention
from sophia.bootstrap.settings_file import parse_settings
from sophia.domain.audit import breaks
from sophia.domain.retention import Retention
from sophia.domain.runs import MessageDelta, RunCancelled
from sophia.domain.tickets import TicketStatus
from sophia.errors import ConfigurationError, NotFound
from sophia.testing.contracts.records_evidence import found
from sophia.testing.contracts.records_world import ANA, BOB, EVE, OTHER_SYSTEM, SYSTEM, World
from sophia.testing.fakes.embedder import HashingEmbedder
from sophia.testing.fakes.memory import MemoryRecords
from sophia.testing.fakes.system import FrozenClock, SequentialIds

DAY = timedelta(days=1)


@pytest.fixture(params=["memory", "sqlite"])
def world(request, tmp_path: Path):
    clock = FrozenClock()
    if request.param == "memory":
        yield World(MemoryRecords(clock), clock, SequentialIds())
        return
    engine = open_sqlite(tmp_path / "sophia.db")
    yield World(SqlRecords(engine, clock), clock, SequentialIds())
    engine.dispose()


def applied(
    world: World, *, threads: int | None = None, events: int | None = None, evidence: int | None = None
) -> ApplyRetention:
    days = [None if kept is None else timedelta(kept) for kept in (threads, events, evidence)]
    return ApplyRetention(world.records, Retention(*days), world.clock)


def until_done(apply: ApplyRetention, scope=SYSTEM) -> list[int]:
    rounds = []
    while not rounds or rounds[-1]:
        rounds.append(apply(scope))
    return rounds


def trail(world: World, scope=SYSTEM):
    with world.records.read(scope) as tx:
        entries = tx.audit.entries()
        assert list(breaks(scope.company_id, entries)) == []
    return [(entry.event.action, entry.event.subject, entry.event.details) for entry in entries]


def test_threads_go_by_their_last_activity_in_small_batches_each_of_them_in_the_trail(world: World) -> None:
    for _ in range(120):
        world.said(world.thread())
    kept, foreign = world.thread(BOB), world.thread(EVE)
    world.clock.advance(30 * DAY)
    said = world.said(kept, BOB)
    world.clock.advance(timedelta(seconds=1))
    assert until_done(applied(world, threads=30)) == [50, 50, 20, 0]
    with world.records.read(SYSTEM) as tx:
        assert [thread.id for thread in tx.conversations.threads(100).items] == [kept.id]
        assert tx.conversations.messages(kept.id, 10).items == (said,)
    with world.records.read(OTHER_SYSTEM) as tx:
        assert tx.conversations.thread(foreign.id) == foreign
    assert trail(world) == [("threads.deleted", "retention", {"count": count, "days": 30}) for count in (50, 50, 20)]
    assert trail(world, OTHER_SYSTEM) == []


def test_what_is_left_of_a_thread_says_nothing_of_it(world: World) -> None:
    thread = world.thread()
    run, lease = world.started(thread)
    delivered, waiting = world.ticket(thread), world.ticket(thread)
    with world.records.write(ANA) as tx:
        tx.runs.append({lease: [MessageDelta("a canary")]})
        tx.runs.finish(lease, RunCancelled())
        for ticket in (delivered, waiting):
            tx.tickets.add(ticket)
        tx.tickets.update(evolve(delivered, status=TicketStatus.DELIVERED, external_id="TCK-1"))
    world.clock.advance(2 * DAY)
    assert until_done(applied(world, threads=1)) == [1, 0]
    with world.records.read(SYSTEM) as tx:
        with pytest.raises(NotFound):
            tx.runs.get(run.id)
        assert (tx.tickets.get(delivered.id).external_id, tx.tickets.get(delivered.id).user_message) == ("TCK-1", "")
        assert tx.tickets.get(waiting.id).user_message == waiting.user_message  # until it is delivered


def test_a_live_run_is_left_alone_with_its_thread_and_its_log(world: World) -> None:
    thread = world.thread()
    run, lease = world.started(thread, seconds=10**9)
    world.clock.advance(99 * DAY)
    assert until_done(applied(world, threads=1, events=1)) == [0]
    with world.records.write(ANA) as tx:
        tx.runs.finish(lease, RunCancelled())
        assert len(tx.runs.events(run.id)) == 2


def test_logs_go_and_the_answers_stay(world: World) -> None:
    thread = world.thread()
    runs = []
    for _ in range(60):
        run, lease = world.started(thread)
        with world.records.write(ANA) as tx:
            tx.runs.append({lease: [MessageDelta("a"), MessageDelta("b")]})
            tx.runs.finish(lease, RunCancelled())
        runs.append(run)
    world.clock.advance(7 * DAY + timedelta(seconds=1))
    assert until_done(applied(world, events=7)) == [50, 10, 0]
    with world.records.read(ANA) as tx:
        assert {tuple(e.sequence for e in tx.runs.events(run.id)) for run in runs} == {(4,)}
        assert tx.conversations.thread(thread.id)
    assert trail(world) == [("events.deleted", "retention", {"count": count, "days": 7}) for count in (50, 10)]


def test_what_was_found_goes_and_the_thread_stays(world: World) -> None:
    thread = world.thread()
    evidence = found(world, thread)
    with world.records.write(ANA) as tx:
        tx.evidence.add(evidence)
    world.clock.advance(7 * DAY + timedelta(seconds=1))
    assert until_done(applied(world, evidence=7)) == [1, 0]
    with world.records.read(ANA) as tx:
        with pytest.raises(NotFound):
            tx.evidence.get(evidence.id)
        assert tx.conversations.thread(thread.id)
    assert trail(world) == [("evidence.deleted", "retention", {"count": 1, "days": 7})]


def test_where_nothing_is_old_nobody_looks_again_for_an_hour(world: World) -> None:
    world.thread()
    apply = applied(world, threads=1)
    assert apply(SYSTEM) == 0
    world.clock.advance(DAY - timedelta(minutes=30))
    assert apply(SYSTEM) == 0
    world.clock.advance(timedelta(minutes=31))
    assert apply(SYSTEM) == 0  # the hour that began half an hour before it was old enough
    world.clock.advance(timedelta(minutes=30))
    assert apply(SYSTEM) == 1


def test_all_is_kept_unless_the_settings_say_otherwise(tmp_path: Path) -> None:
    assert parse_settings({}, tmp_path).kept == Retention()
    values = {"retention": {"threads": 365, "events": 30, "evidence": 90}}
    assert parse_settings(values, tmp_path).kept == Retention(timedelta(365), timedelta(30), timedelta(90))
    for wrong in ({"threads": -1}, {"events": 10**9}, {"messages": 1}):
        with pytest.raises(ConfigurationError, match="/retention"):
            parse_settings({"retention": wrong}, tmp_path)


def test_the_background_erases_what_is_old(tmp_path: Path) -> None:
    clock = FrozenClock()
    settings = parse_settings({"companies": [{"id": "acme"}], "retention": {"threads": 1}}, tmp_path)
    sophia = Sophia(settings, clock=clock, embedder=HashingEmbedder())
    thread = World(sophia.records, clock, SequentialIds()).thread()
    sophia.services.background.do_chores()
    clock.advance(2 * DAY)
    while sophia.services.background.do_chores():
        pass
    with sophia.records.read(SYSTEM) as tx, pytest.raises(NotFound):
        tx.conversations.thread(thread.id)
