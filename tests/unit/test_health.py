"""What is ready, what is degraded, what is down; and that a dependency which hangs keeps nobody waiting."""

import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from attrs import evolve

from sophia.adapters.sql.engine import migrate, open_engine
from sophia.adapters.sql.records import SqlRecords
from sophia.application.backlog import Backlog, MeasureBacklog
from sophia.application.health import CheckHealth, Health, HealthState
from sophia.application.identity import SystemIdentity
from sophia.application.probe import Probe
from sophia.domain.knowledge import DocumentFailure
from sophia.domain.tenancy import Company, TenantScope
from sophia.errors import NotFound, Unavailable
from sophia.ports.embedder import Embedder
from sophia.ports.security_source import Access
from sophia.testing.contracts.records_world import SYSTEM, World, chunked
from sophia.testing.fakes.agent_runtime import QuotingAgentRuntime
from sophia.testing.fakes.documents import MemorySource
from sophia.testing.fakes.embedder import FailingEmbedder, HashingEmbedder
from sophia.testing.fakes.identity import MemoryTenantDirectory
from sophia.testing.fakes.knowledge_index import MemoryKnowledgeIndex
from sophia.testing.fakes.memory import MemoryRecords
from sophia.testing.fakes.security_source import FailingSecuritySource, MemorySecuritySource
from sophia.testing.fakes.system import FrozenClock, SequentialIds


class DownRecords(MemoryRecords):
    def check(self) -> None:
        raise Unavailable("database", "it does not answer as it should")

    def read(self, scope: TenantScope):
        raise Unavailable("database", "it does not answer as it should")


class HangingEmbedder(HashingEmbedder):
    """Does not answer until it is let go."""

    def __init__(self) -> None:
        super().__init__()
        self.let_go = threading.Event()
        self.asked = 0

    def embed_query(self, text: str) -> tuple[float, ...]:
        self.asked += 1
        assert self.let_go.wait(30)
        return super().embed_query(text)


class UnreachableRuntime(QuotingAgentRuntime):
    def check(self) -> None:
        raise Unavailable("model", "it cannot be reached")


class CountingSource(MemorySecuritySource):
    """Tells what its credential can do, at once or when it is let go."""

    def __init__(self, name: str, *, hangs: bool = False) -> None:
        super().__init__(name)
        self.asked_for_access = 0
        self.was_asked, self.let_go = threading.Event(), threading.Event()
        if not hangs:
            self.let_go.set()

    def access(self, scope: TenantScope) -> Access:
        self.asked_for_access += 1
        self.was_asked.set()
        assert self.let_go.wait(30)
        return super().access(scope)


@pytest.fixture
def clock() -> FrozenClock:
    return FrozenClock()


@pytest.fixture
def world(clock: FrozenClock) -> World:
    return World(MemoryRecords(clock), clock, SequentialIds())


@pytest.fixture
def system() -> SystemIdentity:
    directory = MemoryTenantDirectory()
    directory.add(Company("acme", "Acme"))
    directory.add(Company("globex", "Globex"))
    return SystemIdentity(directory)


@pytest.fixture
def hanging() -> Iterator[HangingEmbedder]:
    embedder = HangingEmbedder()
    yield embedder
    embedder.let_go.set()


def check(world: World, system: SystemIdentity, embedder: Embedder | None = None, **more) -> CheckHealth:
    return CheckHealth(
        more.pop("records", world.records),
        MemoryKnowledgeIndex(),
        embedder or HashingEmbedder(),
        more.pop("runtime", QuotingAgentRuntime()),
        more.pop("directory", MemoryTenantDirectory()),
        system,
        more.pop("systems", lambda _: ()),
        **{"patience": 5.0, "good_for": 0.0} | more,
    )


def states(found: dict[str, Health]) -> dict[str, str]:
    return {name: health.state.value for name, health in found.items() if health.state is not HealthState.OK}


def test_all_is_well(world: World, system: SystemIdentity) -> None:
    found = check(world, system)()
    assert list(found) == ["database", "index", "embedder", "agent", "directory", "tickets", "systems"]
    assert set(found.values()) == {Health()}


def test_without_the_embedder_answers_are_less_good(world: World, system: SystemIdentity) -> None:
    embedder = FailingEmbedder()
    asked = check(world, system, embedder)
    assert asked()["embedder"] == Health(HealthState.DEGRADED, "embedder: the model does not answer")
    embedder.working = True
    assert states(asked()) == {}


def test_without_the_database_nothing_goes(world: World, system: SystemIdentity, clock: FrozenClock) -> None:
    found = check(world, system, records=DownRecords(clock))()
    assert states(found) == {"database": "down", "index": "down", "tickets": "down"}
    assert found["database"].detail == "database: it does not answer as it should"


def test_without_the_model_nothing_is_answered(world: World, system: SystemIdentity) -> None:
    found = check(world, system, runtime=UnreachableRuntime())()
    assert states(found) == {"agent": "down"}


class FailingDirectory(MemoryTenantDirectory):
    """Does not answer now; it may still know what it was told before."""

    def __init__(self, *, knows: bool) -> None:
        super().__init__()
        self.knows = knows

    def check(self) -> None:
        raise Unavailable("backend", "cannot be reached")

    def companies(self) -> tuple[Company, ...]:
        if not self.knows:
            self.check()
        return super().companies()


@pytest.mark.parametrize(("knows", "state"), [(True, "degraded"), (False, "down")])
def test_a_directory_that_does_not_answer_is_told(
    world: World, system: SystemIdentity, knows: bool, state: str
) -> None:
    found = check(world, system, directory=FailingDirectory(knows=knows))()
    assert states(found) == {"directory": state}
    assert found["directory"].detail.startswith("backend: cannot be reached")


def test_an_index_that_lags_behind_is_told(world: World, system: SystemIdentity) -> None:
    with world.records.write(SYSTEM) as tx:
        tx.documents.put(world.document("claves", "texto\n"), "texto\n", chunked("texto\n"))
    assert states(check(world, system)()) == {"index": "degraded"}


def test_tickets_that_wait_are_told(world: World, system: SystemIdentity) -> None:
    with world.records.write(SYSTEM) as tx:
        tx.outbox.add("tkt_1", "key", world.clock.now())
    assert states(check(world, system)()) == {"tickets": "degraded"}


def test_what_hangs_is_down_and_asked_once(world: World, system: SystemIdentity, hanging: HangingEmbedder) -> None:
    asked = check(world, system, hanging, patience=1.0)
    for _ in range(3):
        assert states(asked()) == {"embedder": "down"}
    assert hanging.asked == 1
    hanging.let_go.set()
    assert states(check(world, system, hanging)()) == {}


def test_a_change_is_logged_and_what_stays_is_not(
    world: World, system: SystemIdentity, caplog: pytest.LogCaptureFixture
) -> None:
    embedder = FailingEmbedder()
    asked = check(world, system, embedder)
    asked()
    asked()
    embedder.working = True
    asked()
    changes = [record.msg for record in caplog.records if record.msg["event"] == "health.changed"]
    assert [(change["dependency"], change["state"]) for change in changes] == [
        ("embedder", "degraded"),
        ("embedder", "ok"),
    ]


class TestProbe:
    def test_an_answer_is_good_for_a_while(self) -> None:
        answers = iter(range(10))
        probe = Probe("x", lambda: next(answers), good_for=60)
        assert [probe.result(30), probe.result(30)] == [0, 0]
        fresh = Probe("x", lambda: next(answers), good_for=0)
        assert [fresh.result(30), fresh.result(30)] == [1, 2]

    def test_an_error_is_raised(self) -> None:
        def ask() -> None:
            raise NotFound("x", "y")

        with pytest.raises(NotFound):
            Probe("x", ask, good_for=60).result(30)


class TestTables:
    def test_those_of_no_version_are_told(self, tmp_path: Path, clock: FrozenClock) -> None:
        engine = open_engine(f"sqlite:///{tmp_path}/sophia.db")
        records = SqlRecords(engine, clock)
        with pytest.raises(Unavailable, match="not of this version"):
            records.check()
        migrate(engine)
        records.check()
        with engine.begin() as connection:
            connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
        with pytest.raises(Unavailable, match="not of this version"):
            records.check()
        engine.dispose()


class TestBacklog:
    def measure(self, world: World, system: SystemIdentity, records: MemoryRecords | None = None) -> Backlog | None:
        sources = {"acme": [MemorySource("docs", {}), MemorySource("wiki", {})], "globex": [MemorySource("docs", {})]}
        return MeasureBacklog(records or world.records, sources.__getitem__, system, world.clock)()

    def test_nothing_waits(self, world: World, system: SystemIdentity) -> None:
        assert self.measure(world, system) == Backlog(sources_unread=3)

    def test_it_adds_the_companies_up(self, world: World, system: SystemIdentity) -> None:
        document, failure = world.document("claves", "texto\n"), DocumentFailure("docs", "x.pdf", "it is empty")
        for scope in system.scopes("test"):
            with world.records.write(scope) as tx:
                tx.documents.put(evolve(document, id=f"doc_{scope.company_id}"), "texto\n", chunked("texto\n"))
                tx.documents.set_source("docs", "folder", world.clock.now(), [failure])
                tx.outbox.add("tkt_1", "key", world.clock.now())
            world.clock.advance(timedelta(minutes=1))
        assert self.measure(world, system) == Backlog(
            deliveries=2, documents=2, failures=2, pending=2, sources_unread=1, refresh_age=120.0
        )

    def test_it_is_unknown_when_the_database_is_down(
        self, world: World, system: SystemIdentity, clock: FrozenClock
    ) -> None:
        assert self.measure(world, system, DownRecords(clock)) is None


def latest(check_health: CheckHealth) -> Health:
    """What is known of the systems once they have answered: nobody waits for them."""
    for _ in range(3000):
        if (health := check_health()["systems"]).state is not HealthState.OK:
            return health
        time.sleep(0.01)
    return health


def test_systems_that_are_silent_degrade_and_are_nobodys_by_name(world: World, system: SystemIdentity) -> None:
    systems = {
        "acme": [MemorySecuritySource("siem-of-acme"), FailingSecuritySource("fw-of-acme")],
        "globex": [FailingSecuritySource("siem-of-globex", company_id="globex")],
    }
    check_health = check(world, system, systems=lambda company: systems.get(company, ()))
    assert check_health()["systems"].state is HealthState.OK  # they are not waited for
    told = "2 of 3 systems that are looked at do not answer, or refuse the credential"
    assert latest(check_health) == Health(HealthState.DEGRADED, told)


def test_systems_are_asked_once_a_while_whoever_looks(world: World, system: SystemIdentity) -> None:
    source = CountingSource("siem")
    check_health = check(world, system, systems=lambda company: [source] if company == "acme" else ())
    for _ in range(20):
        check_health()
    assert source.was_asked.wait(30)
    assert source.asked_for_access == 1


def test_a_system_that_hangs_keeps_nobody_waiting(world: World, system: SystemIdentity) -> None:
    source = CountingSource("siem", hangs=True)
    check_health = check(world, system, systems=lambda company: [source] if company == "acme" else (), patience=60)
    assert check_health()["systems"] == Health()
    assert source.was_asked.wait(30)
    assert check_health()["systems"] == Health()
    source.let_go.set()
