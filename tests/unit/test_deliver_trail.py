"""What the backend gets of the audit trail: every entry, in order, once."""

import logging
import multiprocessing
import os
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sophia import Sophia
from sophia.adapters.backend.audit import RestAuditSink
from sophia.adapters.sql import SqlRecords, migrate, open_engine
from sophia.application.credentials import CachedCredential
from sophia.application.deliver_trail import DeliverTrail
from sophia.bootstrap.settings_file import parse_settings
from sophia.domain.audit import AuditEvent, breaks, entry_from_json, entry_to_json
from sophia.domain.secrets import Secret
from sophia.errors import ConfigurationError, Unavailable
from sophia.ports.audit_sink import AuditSink
from sophia.testing.emulators.backend import BackendEmulator, Fault
from sophia.testing.fakes.embedder import HashingEmbedder
from sophia.testing.fakes.memory.records import MemoryRecords
from sophia.testing.fakes.system import FrozenClock
from sophia.testing.fakes.vault import MemoryPlatformVault
from sophia.testing.scopes import system_scope

TOKEN = "s3cret-t0ken"
ACME, GLOBEX = system_scope(), system_scope("globex")
DOWN = Fault(status=503)
FAULTS = (
    None,
    DOWN,
    Fault(status=429, headers={"Retry-After": "60"}),
    Fault(cuts=True),
    Fault(takes=True, cuts=True),
    Fault(takes=True, status=502),
    Fault(status=401),
    Fault(status=422),
    Fault(status=307, headers={"Location": "http://127.0.0.1:9/"}),
)
_SPAWN = multiprocessing.get_context("spawn")


def record(records, count, scope=ACME):
    for n in range(count):
        with records.write(scope) as tx:
            tx.audit.append(AuditEvent("did", f"run_{n}", {"said": "ñ", "x": 1.5}))


def position(records, scope=ACME):
    with records.read(scope) as tx:
        return tx.delivered.position()


class Office:
    """A trail, who delivers it, and a backend."""

    def __init__(self, backend, patience=10.0, token=TOKEN):
        self.backend = backend
        self.clock = FrozenClock()
        self.records = MemoryRecords(self.clock)
        sink = RestAuditSink(backend.url, CachedCredential(lambda: Secret(token)), patience)
        self.deliver = DeliverTrail(self.records, sink, self.clock, "one", lambda: 0.5)

    def until_all_is_there(self, tries, scope=ACME):
        """Hours may pass."""
        for _ in range(tries):
            self.deliver(scope)
            self.clock.advance(timedelta(minutes=16))

    def audited(self, company="acme"):
        return [entry for entry in self.backend.audited if entry["companyId"] == company]


@pytest.fixture
def opened():
    """Makes offices whose backend fails as a test says."""
    backends = []

    def opened(*faults, **more):
        weather = faults[0] if faults and callable(faults[0]) else faults
        backend = BackendEmulator(audit_faults=weather, token=TOKEN)
        backends.append(backend)
        return Office(backend.__enter__(), **more)

    yield opened
    for backend in backends:
        backend.__exit__(None, None, None)


def test_the_trail_arrives_whole_as_it_is_exported(opened):
    office = opened()
    record(office.records, 250)
    record(office.records, 2, GLOBEX)
    assert [office.deliver(ACME) for _ in range(4)] == [100, 100, 50, 0]
    assert office.deliver(GLOBEX) == 2
    with office.records.read(ACME) as tx:
        assert office.audited() == [entry_to_json(entry) for entry in tx.audit.entries()]
    assert list(breaks("acme", map(entry_from_json, office.audited()))) == []
    assert office.backend.audited_again == 0
    record(office.records, 1)
    assert office.deliver(ACME) == 1
    assert office.audited()[-1]["sequence"] == 251


@settings(max_examples=25)
@given(st.lists(st.sampled_from(FAULTS), max_size=14), st.integers(1, 8))
def test_whatever_goes_wrong_every_entry_arrives_once_and_in_order(faults, count):
    with BackendEmulator(audit_faults=faults, token=TOKEN) as backend:
        office = Office(backend)
        record(office.records, count)
        office.until_all_is_there(len(faults) + 1)
        assert [entry["sequence"] for entry in office.audited()] == list(range(1, count + 1))
        assert list(breaks("acme", map(entry_from_json, office.audited()))) == []
        assert position(office.records) == count


def test_nothing_is_lost_while_the_backend_is_down_for_hours(opened):
    asked, down = [], [True]

    def weather(request):
        asked.append(request)
        return DOWN if down[0] else None

    office = opened(weather)
    for _ in range(6 * 60):
        record(office.records, 1)
        office.deliver(ACME)
        office.clock.advance(60)
    assert office.audited() == []
    assert len(asked) < 6 * 60 / 3
    down[0] = False
    office.until_all_is_there(5)
    assert [entry["sequence"] for entry in office.audited()] == list(range(1, 361))


def test_a_pause_that_the_backend_asks_for_is_kept(opened):
    office = opened(Fault(status=429, headers={"Retry-After": "60"}))
    record(office.records, 1)
    office.deliver(ACME)
    office.clock.advance(59)
    assert office.deliver(ACME) == 0
    office.clock.advance(31)
    assert office.deliver(ACME) == 1


def test_what_is_refused_holds_the_rest_up_and_is_told(opened, caplog):
    office = opened(None, Fault(status=422))
    record(office.records, 3)
    with caplog.at_level(logging.ERROR, "sophia"):
        assert office.deliver(ACME) == 1
    assert position(office.records) == 1
    (told,) = [r.msg for r in caplog.records]
    assert (told["event"], told["sequence"], told["status"]) == ("audit.refused", 2, 422)
    assert TOKEN not in caplog.text


def test_a_backend_that_falls_silent_is_not_waited_for(opened):
    office = opened(Fault(delay=5, takes=True), patience=0.2)
    record(office.records, 2)
    assert office.deliver(ACME) == 0
    office.until_all_is_there(2)
    assert [entry["sequence"] for entry in office.audited()] == [1, 2]


def test_another_entry_in_the_place_of_one_is_not_taken(opened):
    office = opened()
    record(office.records, 1)
    office.deliver(ACME)
    other = MemoryRecords(office.clock)
    with other.write(ACME) as tx:
        forged = tx.audit.append(AuditEvent("did", "something else"))
    with pytest.raises(Unavailable, match="409"):
        RestAuditSink(office.backend.url, CachedCredential(lambda: Secret(TOKEN))).deliver(forged)
    assert len(office.audited()) == 1


def test_plain_http_is_for_this_machine_only():
    with pytest.raises(ConfigurationError, match="/backend/base_url"):
        RestAuditSink("http://192.0.2.1", CachedCredential(lambda: Secret(TOKEN)))


class Overtaken(AuditSink):
    """Is so slow that another process takes over meanwhile."""

    def __init__(self, clock, meanwhile):
        self.clock = clock
        self.meanwhile = meanwhile
        self.sent = []

    def deliver(self, entry):
        self.sent.append(entry.sequence)
        if entry.sequence == 1:
            self.clock.advance(120)
            self.meanwhile()


def test_who_was_overtaken_sends_no_more_and_sets_nothing_back(opened):
    office = opened()
    record(office.records, 3)
    slow = Overtaken(office.clock, lambda: office.deliver(ACME))
    DeliverTrail(office.records, slow, office.clock, "two")(ACME)
    assert slow.sent == [1]
    assert position(office.records) == 3


class Dying(RestAuditSink):
    """Its process is gone as soon as so many entries are there."""

    left = 3

    def deliver(self, entry):
        super().deliver(entry)
        self.left -= 1
        if not self.left:
            os._exit(9)


def _die(database, url):
    clock = FrozenClock()
    records = SqlRecords(open_engine(database), clock)
    DeliverTrail(records, Dying(url, CachedCredential(lambda: Secret(TOKEN))), clock, "one")(ACME)


def test_what_a_process_has_sent_that_died_before_it_said_so_is_sent_again_and_is_the_same(opened, tmp_path):
    office, database = opened(), f"sqlite:///{tmp_path}/sophia.db"
    engine = open_engine(database)
    migrate(engine)
    records = SqlRecords(engine, office.clock)
    record(records, 5)
    process = _SPAWN.Process(target=_die, args=(database, office.backend.url))
    process.start()
    process.join(60)
    assert process.exitcode == 9
    assert (len(office.audited()), position(records)) == (3, 0)
    sink = RestAuditSink(office.backend.url, CachedCredential(lambda: Secret(TOKEN)))
    deliver = DeliverTrail(records, sink, office.clock, "two")
    assert deliver(ACME) == 0  # its lease holds still
    office.clock.advance(61)
    assert deliver(ACME) == 5
    assert [entry["sequence"] for entry in office.audited()] == [1, 2, 3, 4, 5]
    assert office.backend.audited_again == 3
    engine.dispose()


def test_the_settings_have_the_trails_delivered(opened, tmp_path):
    office, vault = opened(), MemoryPlatformVault()
    vault.put("backend", "token", Secret(TOKEN))
    backend = {"base_url": office.backend.url, "credential": "platform:backend/token"}
    for audit, found in ((False, []), (True, ["acme", "globex"])):
        values = {"backend": {**backend, "audit": audit}, "companies": [{"id": "acme"}, {"id": "globex"}]}
        sophia = Sophia(parse_settings(values, tmp_path), platform_vault=vault, embedder=HashingEmbedder())
        for company in ("acme", "globex"):
            sophia.set_credential(company, "splunk", "api", Secret("x"))
        sophia.services.refusals.not_let_in("bearer")
        sophia.services.background.do_chores()
        sophia.close()
        assert [entry["companyId"] for entry in office.backend.audited if entry["sequence"] == 1] == found


@pytest.mark.parametrize(
    ("backend", "pointer"),
    [
        ({}, "/backend/base_url"),
        ({"base_url": "http://127.0.0.1:9"}, "/backend/credential"),
    ],
)
def test_a_trail_needs_somewhere_to_go(backend, pointer, tmp_path):
    target = {"name": "V", "credential": "platform:v/token"}
    with pytest.raises(ConfigurationError) as caught:
        parse_settings({"backend": {**backend, "audit": True}, "targets": [target]}, tmp_path)
    assert [fault.pointer for fault in caught.value.faults] == [pointer]
