"""What look-ups have found, in memory."""

from collections.abc import Collection
from datetime import datetime

from sophia.domain.evidence import Evidence
from sophia.domain.tenancy import TenantScope
from sophia.errors import NotFound
from sophia.ports.records import EvidenceLog
from sophia.testing.fakes.memory.state import State, is_mine, require_system

__all__ = ["MemoryEvidenceLog"]


class MemoryEvidenceLog(EvidenceLog):
    """`EvidenceLog` in memory."""

    def __init__(self, state: State, scope: TenantScope) -> None:
        self._state = state
        self._scope = scope

    def add(self, evidence: Evidence) -> None:
        thread = self._state.threads.get(evidence.thread_id)
        if thread is None or not is_mine(self._scope, thread.user_id):
            raise NotFound("thread", evidence.thread_id)
        self._state.evidence[evidence.id] = thread.user_id, evidence

    def get(self, evidence_id: str) -> Evidence:
        user_id, evidence = self._state.evidence.get(evidence_id, ("", None))
        if evidence is None or not is_mine(self._scope, user_id):
            raise NotFound("evidence", evidence_id)
        return evidence

    def aged(self, before: datetime, limit: int) -> tuple[str, ...]:
        require_system(self._scope)
        aged = [evidence for _, evidence in self._state.evidence.values() if evidence.taken_at < before]
        return tuple(evidence.id for evidence in sorted(aged, key=lambda evidence: evidence.taken_at)[:limit])

    def forget(self, evidence_ids: Collection[str]) -> int:
        require_system(self._scope)
        return sum(self._state.evidence.pop(id_, None) is not None for id_ in evidence_ids)
