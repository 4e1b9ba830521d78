"""What is recorded of refusals: who was refused what and how often, in few entries."""

from collections import Counter
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sophia.application.identity import Impersonate, SystemIdentity
from sophia.application.refusals import RecordRefusals
from sophia.domain.tenancy import PLATFORM, Company
from sophia.errors import NotFound, Unavailable
from sophia.testing.fakes.identity import MemoryTenantDirectory
from sophia.testing.fakes.memory.records import MemoryRecords
from sophia.testing.fakes.system import FrozenClock
from sophia.testing.scopes import system_scope, user_scope

SCOPES = (user_scope(), user_scope(user="bob"), user_scope("globex", "eve"))
MINUTE = timedelta(minutes=1)


class World:
    def __init__(self):
        self.clock = FrozenClock()
        self.records = MemoryRecords(self.clock)
        self.refusals = RecordRefusals(self.records, SystemIdentity(MemoryTenantDirectory()), self.clock)

    def entries(self, company="acme"):
        with self.records.read(system_scope(company)) as tx:
            return tx.audit.entries(limit=100_000)


@pytest.fixture
def world():
    return World()


def test_an_entry_names_who_was_refused_what_and_how_often(world):
    since = world.clock.now()
    for _ in range(1000):
        world.refusals.denied(user_scope(), "audit")
    assert world.refusals(system_scope()) == 0
    world.clock.advance(MINUTE)
    assert world.refusals(system_scope("globex")) == 0
    assert world.refusals(system_scope()) == 1
    (entry,) = world.entries()
    assert (entry.actor, entry.event.action, entry.event.subject) == ("ana", "permission.refused", "audit")
    assert entry.event.details == {"times": 1000, "since": since.isoformat()}
    assert world.refusals(system_scope()) == 0


def test_strangers_are_counted_in_the_platforms_trail(world):
    for _ in range(100_000):
        world.refusals.not_let_in("bearer")
    world.refusals.not_let_in("access-key", "user")
    world.clock.advance(MINUTE)
    assert world.refusals(system_scope()) == 0
    assert world.refusals(system_scope(PLATFORM)) == 2
    told = {entry.event.subject: entry.event.details["times"] for entry in world.entries(PLATFORM)}
    assert told == {"bearer": 100_000, "access-key/user": 1}
    assert {(entry.actor, entry.event.action) for entry in world.entries(PLATFORM)} == {
        ("system:sign-in", "sign_in.refused")
    }
    assert world.entries() == ()


def test_no_company_is_the_platform():
    directory = MemoryTenantDirectory()
    directory.add(Company(PLATFORM, "Mallory"))
    directory.add(Company("acme", "Acme"))
    system = SystemIdentity(directory)
    for make in (lambda: system.scope(PLATFORM, "test"), lambda: Impersonate(directory)(PLATFORM)):
        with pytest.raises(NotFound):
            make()
    assert [scope.company_id for scope in system.scopes("test")] == ["acme"]


def test_what_was_counted_is_written_when_the_process_ends(world):
    world.refusals.denied(user_scope(), "audit")
    world.refusals.finish()
    assert world.refusals(system_scope()) == 1
    assert len(world.entries()) == 1


def test_nothing_is_lost_while_the_records_do_not_answer(world, monkeypatch):
    def fail(_):
        raise Unavailable("database", "gone")

    for permission in ("audit", "keys", "audit"):
        world.refusals.denied(user_scope(), permission)
    world.clock.advance(MINUTE)
    with monkeypatch.context() as broken:
        broken.setattr(world.records, "write", fail)
        with pytest.raises(Unavailable):
            world.refusals(system_scope())
    world.refusals.denied(user_scope(), "audit")
    assert world.refusals(system_scope()) == 2
    assert {entry.event.subject: entry.event.details["times"] for entry in world.entries()} == {"audit": 3, "keys": 1}


@given(
    st.lists(
        st.tuples(st.sampled_from(SCOPES), st.sampled_from(["audit", "keys", "company"]), st.integers(0, 40)),
        max_size=60,
    )
)
def test_every_refusal_is_counted_once_and_a_minute_has_one_entry_of_a_kind(refused):
    world, seconds = World(), 0
    for scope, permission, wait in refused:
        world.refusals.denied(scope, permission)
        world.clock.advance(wait)
        seconds += wait
        for company in ("acme", "globex"):
            world.refusals(system_scope(company))
    world.refusals.finish()
    counted, entries = Counter(), Counter()
    for company in ("acme", "globex"):
        world.refusals(system_scope(company))
        for entry in world.entries(company):
            counted[company, entry.actor, entry.event.subject] += entry.event.details["times"]
            entries[company, entry.actor, entry.event.subject] += 1
    assert counted == Counter((scope.company_id, scope.user_id, permission) for scope, permission, _ in refused)
    assert all(times <= seconds // 60 + 1 for times in entries.values())
