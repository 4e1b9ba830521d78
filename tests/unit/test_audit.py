"""The chain of the audit trail: any one change of it shows, and where."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from sophia.domain.audit import BEGINNING, AuditEntry, AuditEvent, breaks, entry_from_json, entry_to_json

NOW = datetime(2026, 1, 1, tzinfo=UTC)

values = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**53) + 1, 2**53 - 1),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(),
)
events = st.builds(AuditEvent, st.text(), st.text(), st.dictionaries(st.text(), values, max_size=4))


def chain(listed, company_id="acme"):
    written, last = [], BEGINNING
    for n, event in enumerate(listed, 1):
        written.append(AuditEntry(company_id, n, NOW + timedelta(seconds=n), f"user-{n % 3}", event, last).sealed())
        last = written[-1].hash
    return written


CHAIN = chain([AuditEvent("did", f"run_{n}", {"n": n}) for n in range(1, 13)])
other = AuditEvent("did", "something else")


@given(st.lists(events, max_size=12))
def test_a_chain_as_it_was_written_is_whole(listed):
    written = chain(listed)
    assert list(breaks("acme", written, [entry.head for entry in written])) == []


@given(st.lists(events, max_size=5))
def test_an_entry_that_was_exported_reads_back(listed):
    for entry in chain(listed):
        assert entry_from_json(json.loads(json.dumps(entry_to_json(entry)))) == entry


@pytest.mark.parametrize("data", [{}, {"companyId": "acme"}, [], "text", {**entry_to_json(CHAIN[0]), "at": "soon"}])
def test_what_is_no_entry_is_refused(data):
    with pytest.raises(ValueError):
        entry_from_json(data)


CHANGES = {
    "company_id": "globex",
    "at": NOW,
    "actor": "mallory",
    "event": other,
    "previous_hash": "f" * 64,
    "hash": "f" * 64,
}


@given(st.integers(0, 11), st.sampled_from(sorted(CHANGES)))
def test_a_changed_entry_is_found_where_it_stands(place, name):
    changed = [*CHAIN]
    changed[place] = evolve(changed[place], **{name: CHANGES[name]})
    assert next(breaks("acme", changed)).sequence == place + 1


@given(st.integers(0, 11), st.integers(1, 20).filter(bool))
def test_a_changed_sequence_is_found(place, by):
    changed = [*CHAIN]
    changed[place] = evolve(changed[place], sequence=changed[place].sequence + by)
    assert place + 1 in {found.sequence for found in breaks("acme", changed)}


@given(st.integers(0, 10))
def test_a_removed_entry_is_found_where_it_stood(place):
    assert next(breaks("acme", CHAIN[:place] + CHAIN[place + 1 :])).sequence == place + 1


@given(st.integers(0, 11), st.integers(0, 11))
def test_entries_in_another_order_are_found(one, other_):
    changed = [*CHAIN]
    changed[one], changed[other_] = changed[other_], changed[one]
    assert (next(breaks("acme", changed), None) is None) == (one == other_)


@given(st.integers(0, 11))
def test_an_inserted_entry_is_found_where_it_stands(place):
    last = CHAIN[place - 1].hash if place else BEGINNING
    inserted = AuditEntry("acme", place + 1, NOW, "mallory", other, last).sealed()
    found = next(breaks("acme", [*CHAIN[:place], inserted, *CHAIN[place:]], [CHAIN[-1].head]))
    assert found.sequence == place + 1


@given(st.integers(0, 11))
def test_a_cut_chain_is_found_beside_a_noted_head(length):
    assert list(breaks("acme", CHAIN[:length])) == []
    assert next(breaks("acme", CHAIN[:length], [CHAIN[-1].head])).sequence == length + 1


@given(st.integers(0, 11))
def test_a_chain_that_was_written_anew_is_found_beside_a_noted_head(place):
    anew = chain([*(entry.event for entry in CHAIN[:place]), other, *(entry.event for entry in CHAIN[place + 1 :])])
    assert list(breaks("acme", anew)) == []
    found = list(breaks("acme", anew, [entry.head for entry in CHAIN]))
    assert [one.sequence for one in found] == list(range(place + 1, 13))


@given(st.integers(1, 11))
def test_a_head_that_was_noted_of_the_chain_before_does_not_hide_behind_a_later_one(place):
    anew = chain([*(entry.event for entry in CHAIN[:place]), other])
    for heads in ([CHAIN[place].head, anew[-1].head], [anew[-1].head, CHAIN[place].head]):
        assert [found.sequence for found in breaks("acme", anew, heads)] == [place + 1]


def seen_in(lines, written):
    """Whether lines that are not as they were exported are no entries, or no whole chain; or say the same otherwise."""
    try:
        read = [entry_from_json(json.loads(line)) for line in lines]
    except (ValueError, RecursionError):
        return True
    return read == written or next(breaks("acme", read, [written[-1].head]), None) is not None


def test_any_character_of_an_export_that_is_another_or_gone_is_found():
    written = chain([AuditEvent("did", f"run_{n}", {"n": n, "of": "Muñoz", "share": 0.5}) for n in range(3)])
    lines = [json.dumps(entry_to_json(entry)) for entry in written]
    tried = 0
    for n, line in enumerate(lines):
        for place, was in enumerate(line):
            for changed in {"", "0", "a", " ", '"', "}"} - {was}:
                mutated = line[:place] + changed + line[place + 1 :]
                assert seen_in([*lines[:n], mutated, *lines[n + 1 :]], written), mutated
                tried += 1
    assert tried == 5887  # none is left out


def test_another_companys_chain_is_not_taken_for_ones_own():
    assert next(breaks("acme", chain([other], "globex"))).sequence == 1
    assert list(breaks("acme", CHAIN, [chain([other], "globex")[0].head])) == []
