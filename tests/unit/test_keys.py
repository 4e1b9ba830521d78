"""Access keys: their form, their life, and who may make them."""

import re
from datetime import timedelta

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from sophia.application.access_keys import AccessKeyVerifier, CreateKey, ImportKey, ListKeys, RevokeKey
from sophia.domain.access_keys import KEY_BYTES, is_mistyped, key_digest, make_key
from sophia.errors import Conflict, InvalidInput, PermissionDenied, Unauthenticated
from sophia.testing.fakes.access_keys import MemoryAccessKeys
from sophia.testing.fakes.identity import MemoryTenantDirectory
from sophia.testing.fakes.memory.records import MemoryRecords
from sophia.testing.fakes.system import FrozenClock, SequentialIds
from sophia.testing.scopes import system_scope, user_scope

ACME, GLOBEX = system_scope("acme"), system_scope("globex")


class World:
    def __init__(self):
        self.clock, self.keys, ids = FrozenClock(), MemoryAccessKeys(), SequentialIds()
        self.records = MemoryRecords(self.clock)
        self.create = CreateKey(self.keys, self.records, self.clock, ids)
        self.take_over = ImportKey(self.keys, self.records, self.clock, ids)
        self.list = ListKeys(self.keys)
        self.revoke = RevokeKey(self.keys, self.records, self.clock)

    def company_of(self, key):
        """What a process that has just started says."""
        return AccessKeyVerifier(self.keys, MemoryTenantDirectory(), self.clock).verify(key).company_id

    def recorded(self, scope=ACME):
        with self.records.read(scope) as tx:
            return [(entry.event.action, entry.event.subject) for entry in tx.audit.entries()]


@pytest.fixture
def world():
    return World()


@given(st.binary(min_size=KEY_BYTES, max_size=KEY_BYTES))
def test_a_key_has_the_form_of_the_contract(random):
    key_id, key = make_key(random)
    assert re.fullmatch(f"sph_{key_id}_[0-9A-Za-z]{{39}}", key.reveal())
    assert not is_mistyped(key.reveal())


@given(st.binary(min_size=KEY_BYTES, max_size=KEY_BYTES), st.data())
def test_one_wrong_character_is_seen_without_a_look_at_what_is_stored(random, data):
    key = make_key(random)[1].reveal()
    place = data.draw(st.integers(4, len(key) - 1))
    wrong = data.draw(st.characters().filter(lambda c: c != key[place]))
    assert is_mistyped(key[:place] + wrong + key[place + 1 :])


@given(st.binary(min_size=KEY_BYTES, max_size=KEY_BYTES), st.binary(min_size=KEY_BYTES, max_size=KEY_BYTES))
def test_different_bytes_make_different_keys(one, other):
    assert (make_key(one)[1] == make_key(other)[1]) == (one == other)


def test_a_new_key_opens_its_company_and_is_recorded(world):
    created = world.create(ACME)
    assert world.company_of(created.secret.reveal()) == "acme"
    assert world.list(ACME)[0].id == created.key.id
    assert world.list(GLOBEX) == ()
    assert world.recorded() == [("key.created", created.key.id)]
    assert created.secret.reveal() not in repr(created) + repr(world.keys.list(ACME))


def test_a_key_expires(world):
    created = world.create(ACME, world.clock.now() + timedelta(days=1))
    world.clock.advance(timedelta(hours=23))
    assert world.company_of(created.secret.reveal()) == "acme"
    world.clock.advance(timedelta(hours=1))
    with pytest.raises(Unauthenticated):
        world.company_of(created.secret.reveal())


def test_a_key_that_would_have_expired_already_is_not_made(world):
    for make in (world.create, lambda scope, until: world.take_over(scope, key_digest("x"), until)):
        with pytest.raises(InvalidInput):
            make(ACME, world.clock.now())
    assert world.list(ACME) == ()


def test_a_revoked_key_lets_nobody_in(world):
    created = world.create(ACME)
    world.revoke(ACME, created.key.id)
    with pytest.raises(Unauthenticated):
        world.company_of(created.secret.reveal())
    assert world.recorded() == [("key.created", created.key.id), ("key.revoked", created.key.id)]


def test_a_running_process_hears_of_a_revocation(world, monkeypatch):
    now = [1000.0]
    monkeypatch.setattr("sophia.application.access_keys.time.monotonic", lambda: now[0])
    created = world.create(ACME)
    verifier = AccessKeyVerifier(world.keys, MemoryTenantDirectory(), world.clock)
    assert verifier.verify(created.secret.reveal()).company_id == "acme"
    world.revoke(ACME, created.key.id)
    now[0] += 1.0
    for _ in range(2):
        with pytest.raises(Unauthenticated):
            verifier.verify(created.secret.reveal())


def test_the_key_that_a_backend_made_is_taken_over_once(world):
    theirs = "kf93hfKDJ3-of-the-backend-kd8"
    imported = world.take_over(ACME, key_digest(theirs))
    assert world.company_of(theirs) == "acme"
    with pytest.raises(Conflict):
        world.take_over(GLOBEX, key_digest(theirs))
    assert world.recorded() == [("key.imported", imported.id)]


@pytest.mark.parametrize("digest", ["", "a" * 63, "A" * 64, "g" * 64, "a" * 65])
def test_what_is_no_digest_is_not_taken_over(world, digest):
    with pytest.raises(InvalidInput):
        world.take_over(ACME, digest)


def test_only_who_may_manages_keys(world):
    usual = user_scope("acme", "ana")
    assert not usual.permissions & {"keys"}
    created = world.create(ACME)
    for attempt in (
        lambda: world.create(usual),
        lambda: world.take_over(usual, key_digest("x")),
        lambda: world.list(usual),
        lambda: world.revoke(usual, created.key.id),
    ):
        with pytest.raises(PermissionDenied):
            attempt()
    assert world.list(ACME) == (created.key,)


def test_it_is_noted_when_a_key_was_last_used(world):
    created = world.create(ACME)
    used = []
    for seconds in (0, 30, 40, 300):
        world.clock.advance(seconds)
        world.company_of(created.secret.reveal())
        used.append(world.list(ACME)[0].last_used_at)
    began = created.key.created_at
    assert used == [began, began, began + timedelta(seconds=70), began + timedelta(seconds=370)]
    assert evolve(world.list(ACME)[0], last_used_at=None) == created.key
