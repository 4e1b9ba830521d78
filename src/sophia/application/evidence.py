"""What look-ups have found: shown again, and looked up again."""

import time
from collections import Counter

from attrs import frozen

from sophia.application.look_up import LookUp
from sophia.domain.audit import AuditEvent
from sophia.domain.evidence import Evidence
from sophia.domain.tenancy import Permission, TenantScope
from sophia.errors import Fault, InvalidInput, Unavailable
from sophia.ports.records import Records
from sophia.ports.security_source import SecuritySource

__all__ = ["ReadEvidence", "Replay", "ReplayEvidence"]


class ReadEvidence:
    """What a look-up has found."""

    def __init__(self, records: Records) -> None:
        self._records = records

    def __call__(self, scope: TenantScope, evidence_id: str) -> Evidence:
        """Evidence of one of the caller's own turns.

        Raises:
            PermissionDenied: without the permission ``chat``.
            NotFound: none, or another user's.
        """
        scope.require(Permission.CHAT)
        with self._records.read(scope) as tx:
            return tx.evidence.get(evidence_id)


@frozen
class Replay:
    """The same look-up, then and now."""

    before: Evidence
    now: Evidence

    @property
    def holds(self) -> bool:
        """Whether the same was found, to the letter."""
        return self.before.digest == self.now.digest

    @property
    def gone(self) -> tuple[tuple[str, ...], ...]:
        """Rows that are not found any more."""
        return tuple((Counter(self.before.finding.rows) - Counter(self.now.finding.rows)).elements())

    @property
    def new(self) -> tuple[tuple[str, ...], ...]:
        """Rows that were not found then."""
        return tuple((Counter(self.now.finding.rows) - Counter(self.before.finding.rows)).elements())


class ReplayEvidence:
    """Looks something up again: the same question, over the same time."""

    def __init__(self, records: Records, look_up: LookUp) -> None:
        self._records = records
        self._look_up = look_up

    def __call__(self, scope: TenantScope, evidence_id: str) -> Replay:
        """Ask the source again, and compare.

        Raises:
            PermissionDenied: the caller may not look at the system (any more).
            NotFound: no such evidence, or another user's.
            InvalidInput: the source is not there any more, or not for the caller.
            QueryRefused: what was let pass then is not now.
            LimitExceeded: the company has looked at the system as often as it may in a day.
            Unavailable: the system does not answer.
        """
        scope.require(Permission.CHAT)
        with self._records.read(scope) as tx:
            before = tx.evidence.get(evidence_id)
        scope.require(before.system.permission)
        source = self._source(scope, before)
        until = time.monotonic() + source.caps.seconds

        def check() -> None:
            if time.monotonic() > until:
                raise Unavailable(source.name, f"timed out after {source.caps.seconds:g} s")

        replay = Replay(before, self._look_up.again(scope, source, before, check))
        event = AuditEvent(
            "evidence.replayed",
            before.id,
            {"source": source.name, "holds": replay.holds, "digest": replay.now.digest},
        )
        with self._records.write(scope) as tx:
            tx.audit.append(event)
        return replay

    def _source(self, scope: TenantScope, before: Evidence) -> SecuritySource:
        try:
            return self._look_up.source(scope, before.system.tool, {"source": before.source})
        except InvalidInput as error:
            told = f"{before.source}, where it was found, is no system any more that this user may look at"
            raise InvalidInput(Fault("", told)) from error
