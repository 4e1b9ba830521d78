"""What every system of record keeps of what look-ups have found."""

from datetime import timedelta

import pytest

from sophia.domain.conversation import Thread
from sophia.domain.evidence import Evidence
from sophia.domain.lookups import Cut, CutKind, Finding, Lookup, System, TimeRange
from sophia.domain.tenancy import TenantScope
from sophia.errors import NotFound, PermissionDenied
from sophia.testing.contracts.records_world import ANA, BOB, EVE, OTHER_SYSTEM, SYSTEM, RecordsCase, World

__all__ = ["EvidenceLogContract"]


class EvidenceLogContract(RecordsCase):
    """What look-ups have found."""

    def test_evidence_reads_back_as_it_was_stored(self, world: World) -> None:
        evidence = found(world, world.thread())
        with world.records.write(ANA) as tx:
            tx.evidence.add(evidence)
        for scope in (ANA, SYSTEM):
            with world.records.read(scope) as tx:
                assert tx.evidence.get(evidence.id) == evidence

    @pytest.mark.parametrize("stranger", [BOB, EVE, OTHER_SYSTEM])
    def test_foreign_evidence_reads_like_none_at_all(self, world: World, stranger: TenantScope) -> None:
        evidence = found(world, world.thread())
        with world.records.write(ANA) as tx:
            tx.evidence.add(evidence)
        with world.records.read(stranger) as tx:
            for id_ in (evidence.id, "ev_none"):
                with pytest.raises(NotFound) as caught:
                    tx.evidence.get(id_)
                assert (caught.value.kind, caught.value.id) == ("evidence", id_)

    @pytest.mark.parametrize("stranger", [BOB, EVE, OTHER_SYSTEM])
    def test_nobody_puts_evidence_into_a_foreign_thread(self, world: World, stranger: TenantScope) -> None:
        evidence = found(world, world.thread())
        with world.records.write(stranger) as tx, pytest.raises(NotFound):
            tx.evidence.add(evidence)

    def test_it_goes_with_its_thread(self, world: World) -> None:
        gone, kept = world.thread(), world.thread()
        evidence, other = found(world, gone), found(world, kept)
        with world.records.write(ANA) as tx:
            tx.evidence.add(evidence)
            tx.evidence.add(other)
        with world.records.write(ANA) as tx:
            tx.conversations.delete_thread(gone.id)
        with world.records.read(ANA) as tx:
            with pytest.raises(NotFound):
                tx.evidence.get(evidence.id)
            assert tx.evidence.get(other.id) == other

    def test_what_was_found_long_ago_can_be_erased_by_sophia(self, world: World) -> None:
        thread, foreign = world.thread(), world.thread(EVE)
        old = [found(world, thread), found(world, thread)]
        other = found(world, foreign)
        before = world.clock.advance(60)
        young = found(world, thread)
        with world.records.write(ANA) as tx:
            for evidence in (*old, young):
                tx.evidence.add(evidence)
        with world.records.write(EVE) as tx:
            tx.evidence.add(other)
        with world.records.write(SYSTEM) as tx:
            assert set(tx.evidence.aged(before, 10)) == {evidence.id for evidence in old}
            assert len(tx.evidence.aged(before, 1)) == 1
            assert tx.evidence.forget([*(evidence.id for evidence in old), other.id, "ev_none"]) == 2
            assert tx.evidence.aged(before, 10) == ()
            assert tx.evidence.get(young.id) == young
        with world.records.write(ANA) as tx:
            for attempt in (lambda: tx.evidence.aged(before, 1), lambda: tx.evidence.forget([young.id])):
                with pytest.raises(PermissionDenied):
                    attempt()
        with world.records.read(EVE) as tx:
            assert tx.evidence.get(other.id) == other


def found(world: World, thread: Thread) -> Evidence:
    """Evidence, not stored."""
    now = world.clock.now()
    lookup = Lookup("search", {"query": "index=vpn «ñ»", "count": 3}, TimeRange(now - timedelta(hours=1), now))
    rows = (("ana", "3"), ("bob | eve", "línea\notra"))
    finding = Finding("Failed logins", "search index=vpn", ("user", "count"), rows, 7, (Cut(CutKind.ROWS, "2"),))
    return Evidence(
        world.ids.new("ev"), thread.id, world.ids.new("run"), "siem", System.SPLUNK, lookup, finding, now, 12
    )
