"""The audit trail: who did what, without what was said, in a chain that shows where it was tampered with.

An entry's hash is the SHA-256 of its canonical JSON (RFC 8785), which holds the hash of the entry before. Whoever
changes, removes, inserts or reorders entries has to write all that follow anew; that shows beside a head that was noted
elsewhere.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from attrs import evolve, field, frozen

from sophia.domain.canonical import canonical_json

__all__ = ["BEGINNING", "AuditEntry", "AuditEvent", "Break", "Head", "breaks", "entry_from_json", "entry_to_json"]

BEGINNING = "0" * 64
"""What stands for the hash before the first entry's."""


@frozen
class AuditEvent:
    """Something worth recording; ``details`` never hold message text or secrets."""

    action: str
    subject: str
    details: dict[str, str | int | float | bool | None] = field(factory=dict, hash=False)


@frozen
class AuditEntry:
    """An event in its place in the company's trail; sequences start at 1 and have no gap.

    Attributes:
        previous_hash, hash: SHA-256 in hexadecimal digits, of the entry before and of this one.
    """

    company_id: str
    sequence: int
    at: datetime
    actor: str
    event: AuditEvent
    previous_hash: str
    hash: str = ""

    def sealed(self) -> "AuditEntry":
        """The entry with its hash."""
        said = {name: value for name, value in entry_to_json(self).items() if name != "hash"}
        return evolve(self, hash=hashlib.sha256(canonical_json(said)).hexdigest())

    @property
    def head(self) -> "Head":
        """What is noted elsewhere of a chain that ends here."""
        return Head(self.company_id, self.sequence, self.hash)


@frozen
class Head:
    """How far a company's chain was at some time, and its hash there."""

    company_id: str
    sequence: int
    hash: str


@frozen
class Break:
    """Where a chain is not as it was written.

    Attributes:
        sequence: of the first entry that is not, or is not there.
        detail: what is wrong there.
    """

    sequence: int
    detail: str


def breaks(company_id: str, entries: Iterable[AuditEntry], heads: Iterable[Head] = ()) -> Iterator[Break]:
    """Every place where a company's chain, read from its beginning, is not as it was written.

    Args:
        company_id: whose chain it is said to be.
        entries: the chain, as it is stored.
        heads: what was noted of it elsewhere, at any times.
    """
    noted = defaultdict[int, set[str]](set)
    for head in heads:
        if head.company_id == company_id:
            noted[head.sequence].add(head.hash)
    sequence, last = 0, BEGINNING
    for entry in entries:
        if entry.sequence <= sequence:
            yield Break(entry.sequence, f"is out of order: it follows {sequence}")
        elif entry.sequence > sequence + 1:
            yield Break(sequence + 1, f"is missing, and all up to {entry.sequence - 1}")
        elif entry.previous_hash != last:
            yield Break(entry.sequence, "does not follow the one before: one of them is not as it was written")
        if entry.company_id != company_id:
            yield Break(entry.sequence, f"is of {entry.company_id!r}")
        if entry.sealed().hash != entry.hash:
            yield Break(entry.sequence, "was changed: its hash is another")
        if noted.get(entry.sequence, {entry.hash}) != {entry.hash}:
            yield Break(entry.sequence, "or one before was written anew: another hash was noted")
        sequence, last = entry.sequence, entry.hash
    if noted and max(noted) > sequence:
        yield Break(sequence + 1, f"is missing: the chain was cut, {max(noted)} was noted")


def entry_to_json(entry: AuditEntry) -> dict[str, Any]:
    """An entry as it is exported and delivered; what its hash is of, but for the hash itself."""
    return {
        "companyId": entry.company_id,
        "sequence": entry.sequence,
        "at": entry.at.astimezone(UTC).isoformat(timespec="microseconds"),
        "actor": entry.actor,
        "action": entry.event.action,
        "subject": entry.event.subject,
        "details": entry.event.details,
        "previousHash": entry.previous_hash,
        "hash": entry.hash,
    }


def entry_from_json(data: Mapping[str, Any]) -> AuditEntry:
    """An entry that was exported.

    Raises:
        ValueError: it is none.
    """
    try:
        return AuditEntry(
            data["companyId"],
            int(data["sequence"]),
            datetime.fromisoformat(data["at"]),
            data["actor"],
            AuditEvent(data["action"], data["subject"], dict(data["details"])),
            data["previousHash"],
            data["hash"],
        )
    except (KeyError, TypeError) as error:
        raise ValueError(f"not an audit entry: {error}") from error
