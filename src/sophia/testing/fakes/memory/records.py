"""The system of record in memory."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from threading import Condition, Lock

from attrs import evolve, frozen

from sophia.domain.audit import BEGINNING, AuditEntry, AuditEvent, Head
from sophia.domain.limits import Counted, Tally, Whose
from sophia.domain.runs import Lease, Sequenced
from sophia.domain.tenancy import TenantScope
from sophia.errors import LeaseLost
from sophia.ports.records import AuditLog, Delivered, LogTail, Records, Tallies, Transaction
from sophia.ports.system import Clock
from sophia.testing.fakes.memory.conversations import MemoryConversations
from sophia.testing.fakes.memory.documents import MemoryDocuments
from sophia.testing.fakes.memory.evidence import MemoryEvidenceLog
from sophia.testing.fakes.memory.refreshes import MemoryRefreshes
from sophia.testing.fakes.memory.remote_threads import MemoryRemoteThreads
from sophia.testing.fakes.memory.runs import MemoryRuns
from sophia.testing.fakes.memory.state import Claim, State, StoredTrail, require_system
from sophia.testing.fakes.memory.tickets import MemoryOutbox, MemoryTickets

__all__ = ["MemoryRecords"]


class MemoryAuditLog(AuditLog):
    def __init__(self, state: State, scope: TenantScope, clock: Clock) -> None:
        self._state = state
        self._scope = scope
        self._clock = clock

    def append(self, event: AuditEvent) -> AuditEntry:
        trail, scope = self._state.audit, self._scope
        previous = trail[-1].hash if trail else BEGINNING
        entry = AuditEntry(scope.company_id, len(trail) + 1, self._clock.now(), scope.user_id, event, previous).sealed()
        self._state.audit += (entry,)
        return entry

    def head(self) -> Head | None:
        return self._state.audit[-1].head if self._state.audit else None

    def entries(self, after: int = 0, limit: int = 1000) -> tuple[AuditEntry, ...]:
        return self._state.audit[after : after + limit]


class MemoryDelivered(Delivered):
    def __init__(self, state: State, scope: TenantScope) -> None:
        self._state = state
        self._scope = scope

    def position(self) -> int:
        return self._state.trail.position

    def claim(self, owner: str, now: datetime, until: datetime) -> tuple[Lease, int, int] | None:
        require_system(self._scope)
        trail = self._state.trail
        if not trail.claim.is_free(now) or (trail.due is not None and trail.due > now):
            return None
        claim = Claim(owner, until, trail.claim.fence + 1)
        self._state.trail = evolve(trail, claim=claim)
        return Lease("audit", owner, claim.fence), trail.position, trail.attempts

    def settle(self, lease: Lease, position: int, attempts: int, due: datetime | None) -> None:
        claim = self._state.trail.claim
        if (claim.owner, claim.fence) != (lease.owner, lease.fence):
            raise LeaseLost("the delivery of the audit trail is somebody else's by now")
        self._state.trail = StoredTrail(position, attempts, due, Claim(fence=claim.fence))


class MemoryTallies(Tallies):
    def __init__(self, state: State, scope: TenantScope) -> None:
        self._state = state
        self._scope = scope

    def get(self, what: Counted, whose: Whose, beginning: datetime, of: str = "") -> Tally:
        return self._state.tallies.get((what, of, self._user(whose)), Tally(beginning)).at(beginning)

    def put(self, what: Counted, whose: Whose, tally: Tally, of: str = "") -> None:
        self._state.tallies[what, of, self._user(whose)] = tally

    def _user(self, whose: Whose) -> str:
        return self._scope.user_id if whose is Whose.USER else ""


class MemoryTransaction(Transaction):
    def __init__(self, state: State, scope: TenantScope, clock: Clock) -> None:
        self._state = state
        self._scope = scope
        self._clock = clock

    @property
    def conversations(self) -> MemoryConversations:
        return MemoryConversations(self._state, self._scope)

    @property
    def runs(self) -> MemoryRuns:
        return MemoryRuns(self._state, self._scope)

    @property
    def documents(self) -> MemoryDocuments:
        return MemoryDocuments(self._state, self._scope)

    @property
    def refreshes(self) -> MemoryRefreshes:
        return MemoryRefreshes(self._state, self._scope)

    @property
    def tickets(self) -> MemoryTickets:
        return MemoryTickets(self._state, self._scope)

    @property
    def outbox(self) -> MemoryOutbox:
        return MemoryOutbox(self._state, self._scope)

    @property
    def evidence(self) -> MemoryEvidenceLog:
        return MemoryEvidenceLog(self._state, self._scope)

    @property
    def remote_threads(self) -> MemoryRemoteThreads:
        return MemoryRemoteThreads(self._state, self._scope)

    @property
    def audit(self) -> MemoryAuditLog:
        return MemoryAuditLog(self._state, self._scope, self._clock)

    @property
    def delivered(self) -> MemoryDelivered:
        return MemoryDelivered(self._state, self._scope)

    @property
    def tallies(self) -> MemoryTallies:
        return MemoryTallies(self._state, self._scope)


@frozen
class MemoryTail(LogTail):
    _committed: Condition
    _log: Callable[[], tuple[object, ...]]

    def wait(self, after: int, timeout: float) -> tuple[Sequenced, ...]:
        with self._committed:
            self._committed.wait_for(lambda: len(self._log()) > after, timeout)
            return tuple(Sequenced(n, event) for n, event in enumerate(self._log()[after:], after + 1))


class MemoryRecords(Records):
    """The system of record, gone with the process. Transactions work on a copy that a commit puts in place."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._companies: dict[str, State] = {}
        self._writing = Lock()
        self._committed = Condition()

    def check(self) -> None:
        pass

    @contextmanager
    def read(self, scope: TenantScope) -> Iterator[Transaction]:
        yield MemoryTransaction(self._snapshot(scope), scope, self._clock)

    @contextmanager
    def write(self, scope: TenantScope) -> Iterator[Transaction]:
        with self._writing:
            state = self._snapshot(scope)
            yield MemoryTransaction(state, scope, self._clock)
            with self._committed:
                self._companies = {**self._companies, scope.company_id: state}
                self._committed.notify_all()

    @contextmanager
    def tail(self, scope: TenantScope, log_id: str) -> Iterator[LogTail]:
        yield MemoryTail(self._committed, lambda: self._log(scope, log_id))

    def _snapshot(self, scope: TenantScope) -> State:
        return self._companies.get(scope.company_id, State()).snapshot()

    def _log(self, scope: TenantScope, log_id: str) -> tuple[object, ...]:
        state = self._companies.get(scope.company_id, State())
        stored = state.runs.get(log_id) or state.refreshes.get(log_id)
        return () if stored is None else stored.log
