"""What look-ups have found."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import bindparam, delete, insert, select

from sophia.adapters.sql.tables import evidence, threads
from sophia.adapters.sql.translate import evidence_from_json, evidence_to_json
from sophia.adapters.sql.unit import Unit, mine, require_system
from sophia.domain.evidence import Evidence
from sophia.errors import NotFound
from sophia.ports.records import EvidenceLog

__all__ = ["SqlEvidenceLog"]

_OWNER = select(threads.c.user_id).where(mine(threads), threads.c.id == bindparam("thread"))
_INSERT = insert(evidence)
_BODY = select(evidence.c.body).where(mine(evidence), evidence.c.id == bindparam("id"))

_AGED = (
    select(evidence.c.id)
    .where(evidence.c.company_id == bindparam("company"), evidence.c.taken_at < bindparam("before"))
    .order_by(evidence.c.taken_at)
    .limit(bindparam("count"))
)
_FORGET = delete(evidence).where(evidence.c.company_id == bindparam("company"), evidence.c.id == bindparam("id"))


class SqlEvidenceLog(EvidenceLog):
    """What look-ups have found, in SQL."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit

    def add(self, evidence: Evidence) -> None:
        """See `EvidenceLog`."""
        owner = self._unit.first(_OWNER, self._unit.of_user(thread=evidence.thread_id))
        if owner is None:
            raise NotFound("thread", evidence.thread_id)
        self._unit.change(
            _INSERT,
            {
                "company_id": self._unit.scope.company_id,
                "id": evidence.id,
                "user_id": owner.user_id,
                "thread_id": evidence.thread_id,
                "taken_at": evidence.taken_at,
                "body": evidence_to_json(evidence),
            },
        )

    def get(self, evidence_id: str) -> Evidence:
        """See `EvidenceLog`."""
        row = self._unit.first(_BODY, self._unit.of_user(id=evidence_id))
        if row is None:
            raise NotFound("evidence", evidence_id)
        return evidence_from_json(row.body)

    def aged(self, before: datetime, limit: int) -> tuple[str, ...]:
        """See `EvidenceLog`."""
        require_system(self._unit.scope)
        return tuple(row.id for row in self._unit.rows(_AGED, self._unit.of_company(before=before, count=limit)))

    def forget(self, evidence_ids: Collection[str]) -> int:
        """See `EvidenceLog`."""
        require_system(self._unit.scope)
        return sum(self._unit.change(_FORGET, self._unit.of_company(id=id_)) for id_ in evidence_ids)
