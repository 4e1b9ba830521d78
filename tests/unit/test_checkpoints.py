"""Checkpoints: only what the platform's key has signed is believed, and then no cut or rewritten trail gets past it."""

import json

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from sophia.adapters.ed25519.signer import Ed25519Signer
from sophia.application.audit import MakeCheckpoint, ReadTrail, VerifyTrail
from sophia.domain.audit import AuditEvent, Head
from sophia.domain.checkpoints import Checkpoint, checkpoint_from_json, checkpoint_to_json
from sophia.domain.secrets import Secret
from sophia.errors import InvalidInput, NotFound, PermissionDenied, Unavailable
from sophia.testing.fakes.memory.records import MemoryRecords
from sophia.testing.fakes.system import FrozenClock
from sophia.testing.fakes.vault import MemoryPlatformVault
from sophia.testing.scopes import system_scope, user_scope

ACME = system_scope()


class World:
    def __init__(self):
        self.vault, self.clock = MemoryPlatformVault(), FrozenClock()
        self.signer = Ed25519Signer(self.vault)
        self.begin()

    def begin(self):
        """A trail with nothing in it."""
        self.records = MemoryRecords(self.clock)
        self.make = MakeCheckpoint(self.records, self.signer, self.clock)
        self.verify = VerifyTrail(ReadTrail(self.records), self.signer)

    def record(self, *subjects, scope=ACME):
        with self.records.write(scope) as tx:
            for subject in subjects:
                tx.audit.append(AuditEvent("did", subject))


WORLD = World()
WORLD.record("a", "b", "c")
MADE = WORLD.make(ACME)


def test_a_trail_agrees_with_its_checkpoints_and_goes_on():
    world, made = World(), []
    assert world.make(ACME) is None
    for subject in "abc":
        world.record(subject)
        made.append(world.make(ACME))
    world.record("d", "e")
    assert [checkpoint.head.sequence for checkpoint in made] == [1, 2, 3]
    assert list(world.verify(ACME, (), made)) == []
    assert list(world.verify(ACME, (), made, world.signer.public_key())) == []


@given(st.integers(0, 6), st.integers(1, 6), st.integers(0, 6))
def test_a_cut_or_rewritten_trail_is_found(kept, signed, more):
    world = World()
    subjects = [f"run_{n}" for n in range(6)]
    world.record(*subjects[:signed])
    made = world.make(ACME)
    world.begin()
    same = subjects[: min(kept, signed)]
    world.record(*same, *(f"other_{n}" for n in range(more)))
    found = list(world.verify(ACME, (), [made]))
    if len(same) == signed:
        assert found == []
    else:
        assert [broken.sequence for broken in found] == [signed if len(same) + more >= signed else len(same) + more + 1]


@pytest.mark.parametrize(
    "changed",
    [
        evolve(MADE, head=Head("globex", 3, MADE.head.hash)),
        evolve(MADE, head=Head("acme", 2, MADE.head.hash)),
        evolve(MADE, head=Head("acme", 3, "f" * 64)),
        evolve(MADE, at=MADE.at.replace(year=2027)),
        evolve(MADE, signature=b""),
        evolve(MADE, signature=Ed25519Signer(MemoryPlatformVault()).sign(MADE.signed)),
    ],
)
def test_a_checkpoint_that_is_not_signed_is_shown_and_not_believed(changed):
    (found,) = WORLD.verify(ACME, (), [changed])
    assert "not signed" in found.detail
    assert list(WORLD.verify(ACME, (), [MADE])) == []


@given(st.integers(0, 63), st.integers(0, 7))
def test_no_bit_of_a_signature_can_be_changed(place, bit):
    signature = bytearray(MADE.signature)
    signature[place] ^= 1 << bit
    assert len(list(WORLD.verify(ACME, (), [evolve(MADE, signature=bytes(signature))]))) == 1


@given(st.text(), st.integers(0, 2**53 - 1), st.text(), st.datetimes(), st.binary())
def test_a_checkpoint_reads_back(company, sequence, digest, at, signature):
    checkpoint = Checkpoint(Head(company, sequence, digest), at.astimezone(), signature)
    read = checkpoint_from_json(json.loads(json.dumps(checkpoint_to_json(checkpoint))))
    assert read == checkpoint


@pytest.mark.parametrize(
    "data", [{}, [], "text", {**checkpoint_to_json(MADE), "signature": "?"}, {**checkpoint_to_json(MADE), "at": "soon"}]
)
def test_what_is_no_checkpoint_is_refused(data):
    with pytest.raises(ValueError):
        checkpoint_from_json(data)


def test_the_key_is_made_once_and_kept_in_the_platforms_vault():
    vault = MemoryPlatformVault()
    signer = Ed25519Signer(vault)
    with pytest.raises(NotFound):
        signer.public_key()
    signature = signer.sign(b"x")
    assert vault.names() == (("audit", "checkpoint-key"),)
    again = Ed25519Signer(vault)
    assert again.public_key() == signer.public_key()
    assert again.is_signed(b"x", signature, signer.public_key())


def test_a_key_that_is_none_is_told():
    with pytest.raises(InvalidInput, match="/key"):
        WORLD.signer.is_signed(b"", b"", "no key")
    vault = MemoryPlatformVault()
    vault.put("audit", "checkpoint-key", Secret("canary"))
    with pytest.raises(Unavailable) as caught:
        Ed25519Signer(vault).sign(b"x")
    assert "canary" not in str(caught.value)


def test_a_checkpoint_needs_the_permission():
    with pytest.raises(PermissionDenied):
        WORLD.make(user_scope())
