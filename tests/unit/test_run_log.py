"""Writing the events of runs: soon, in order, all of them, and under their leases."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest

from sophia.application.identity import SystemIdentity
from sophia.application.leases import RUNS, HeldLease, LeaseKeeper
from sophia.application.run_log import LogWriter, RunLog
from sophia.domain.asked import Category
from sophia.domain.handoff import Decision, Handoff
from sophia.domain.runs import HandoffMade, MessageDelta, RunCancelled, RunStarted, Standing
from sophia.domain.tenancy import Company
from sophia.errors import Cancelled, LeaseLost, Unavailable
from sophia.testing.contracts.records_world import ANA, BOB, EVE, World
from sophia.testing.fakes.identity import MemoryTenantDirectory
from sophia.testing.fakes.memory.records import MemoryRecords
from sophia.testing.fakes.system import FrozenClock, SequentialIds
from sophia.testing.scopes import system_scope

PATIENCE = 30

HANDOFF = Handoff(Decision.DECLINED, "VICTORIA", Category.CHANGE, "no permission")


class UnreliableRecords(MemoryRecords):
    """Records that take nothing for a while, or take their time."""

    failing = False
    writes = 0

    def __init__(self, clock) -> None:
        super().__init__(clock)
        self.reached, self.gate = threading.Event(), threading.Event()
        self.gate.set()

    @contextmanager
    def write(self, scope) -> Iterator:
        if self.failing:
            raise Unavailable("database", "is away")
        self.writes += 1
        self.reached.set()
        assert self.gate.wait(PATIENCE)
        with super().write(scope) as tx:
            yield tx


@pytest.fixture
def world() -> World:
    clock = FrozenClock()
    return World(UnreliableRecords(clock), clock, SequentialIds())


@pytest.fixture
def system() -> SystemIdentity:
    directory = MemoryTenantDirectory()
    for company in ("acme", "globex"):
        directory.add(Company(company, company, "es"))
    return SystemIdentity(directory)


@pytest.fixture
def writer(world, system) -> LogWriter:
    return LogWriter(world.records, system)


def held(world, scope=ANA) -> HeldLease:
    _, lease = world.started(world.thread(scope), scope)
    return HeldLease(scope, lease, RUNS)


def log_of(world, held, length):
    """The log, once it is this long."""
    until = time.monotonic() + PATIENCE
    while True:
        with world.records.read(held.scope) as tx:
            events = [sequenced.event for sequenced in tx.runs.events(held.lease.work_id)]
        if len(events) >= length or time.monotonic() > until:
            assert isinstance(events.pop(0), RunStarted)
            return events
        time.sleep(0.005)


def test_what_is_said_is_stored_soon_though_nothing_follows(world, writer):
    lease = held(world)
    RunLog(writer, lease).say("hola")
    assert log_of(world, lease, 2) == [MessageDelta("hola")]


def test_what_comes_quickly_is_written_together_for_all_runs_of_a_company(world, writer):
    first, *leases = held(world), held(world), held(world, BOB), held(world, EVE)
    before = world.records.writes
    world.records.reached.clear()
    world.records.gate.clear()
    RunLog(writer, first).say("cero")
    assert world.records.reached.wait(PATIENCE)  # what is said from now on waits together
    for word in ("uno ", "dos ", "tres"):
        for lease in leases:
            RunLog(writer, lease).say(word)
    world.records.gate.set()
    for lease in leases:
        assert log_of(world, lease, 2) == [MessageDelta("uno dos tres")]
    assert world.records.writes == before + 3


def test_events_keep_their_order(world, writer):
    lease = held(world)
    log = RunLog(writer, lease)
    log.say("a")
    log.add(HandoffMade(HANDOFF))
    log.say("b")
    log.say("c")
    assert log_of(world, lease, 4) == [MessageDelta("a"), HandoffMade(HANDOFF), MessageDelta("bc")]


def test_the_rest_is_what_is_not_stored(world, writer):
    lease = held(world)
    log = RunLog(writer, lease)
    said = [str(n) for n in range(200)]
    for word in said:
        log.say(word)
        time.sleep(0.001)
    with world.records.write(ANA) as tx:
        tx.runs.finish(lease.lease, RunCancelled(), log.rest())
    *events, end = log_of(world, lease, 0)
    assert end == RunCancelled()
    assert "".join(event.text for event in events) == "".join(said)
    assert 1 < len(events) < len(said)
    assert log.rest() == ()


def test_nothing_is_lost_while_the_records_are_away(world, writer):
    lease = held(world)
    log = RunLog(writer, lease)
    world.records.failing = True
    log.say("a")
    time.sleep(0.1)
    log.add(HandoffMade(HANDOFF))
    log.say("b")
    world.records.failing = False
    assert log_of(world, lease, 4) == [MessageDelta("a"), HandoffMade(HANDOFF), MessageDelta("b")]


def test_who_has_lost_the_lease_hears_of_it(world, writer):
    lease, other = held(world), held(world)
    with world.records.write(ANA) as tx:
        tx.runs.finish(lease.lease, RunCancelled())
    log = RunLog(writer, lease)
    RunLog(writer, other).say("unharmed")
    log.say("x")
    assert log_of(world, other, 2) == [MessageDelta("unharmed")]
    with pytest.raises(LeaseLost):
        log.say("y")
    lease.hear(Standing.HELD)
    with pytest.raises(LeaseLost):
        log.add()


def test_the_keeper_renews_all_leases_and_hears_how_they_stand(world, system):
    keeper = LeaseKeeper(world.records, system, world.clock, timedelta(seconds=60))
    kept = []
    for scope in (ANA, BOB, EVE):
        _, lease = world.started(world.thread(scope), scope, seconds=1)
        kept.append(keeper.take(scope, lease, RUNS))
    with world.records.write(BOB) as tx:
        tx.runs.request_cancel(kept[1].lease.work_id)
    with world.records.write(EVE) as tx:
        tx.runs.finish(kept[2].lease, RunCancelled())
    until = time.monotonic() + PATIENCE
    while kept[2].standing is Standing.HELD and time.monotonic() < until:
        time.sleep(0.01)
    kept[0].check()
    with pytest.raises(Cancelled):
        kept[1].check()
    with pytest.raises(LeaseLost):
        kept[2].check()
    now = world.clock.advance(59)
    with world.records.read(system_scope("acme")) as tx:
        assert tx.runs.abandoned(now, 10) == ()
    for lease in kept:
        keeper.let_go(lease)
