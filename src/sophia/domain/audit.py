"""The audit trail: who did what, without what was said."""

from datetime import datetime

from attrs import field, frozen

__all__ = ["AuditEntry", "AuditEvent"]


@frozen
class AuditEvent:
    """Something worth recording; ``details`` never hold message text or secrets."""

    action: str
    subject: str
    details: dict[str, str | int | float | bool | None] = field(factory=dict, hash=False)


@frozen
class AuditEntry:
    """An event in its place in the company's trail; sequences start at 1 and have no gap."""

    sequence: int
    at: datetime
    actor: str
    event: AuditEvent
