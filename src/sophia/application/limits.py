"""Holding companies and users to their limits."""

from datetime import datetime
from threading import Lock

from attrs import define, field

from sophia.domain.limits import DAY, MINUTE, Counted, Limits, LimitsOf, Whose, beginning, check_lookups
from sophia.domain.tenancy import Actor, TenantScope
from sophia.ports.records import Records, Transaction
from sophia.ports.security_source import SecuritySource
from sophia.ports.system import Clock

__all__ = ["AdmitLookup", "AdmitRequest", "admit_run", "count_tokens"]


@define(eq=False)
class _Portion:
    """Requests that this process may let in without asking again; whoever finds none draws for all who wait."""

    left: int = 0
    is_last: bool = False
    lock: Lock = field(factory=Lock)


class AdmitRequest:
    """Counts the requests of companies and users, and refuses those beyond their limits.

    The count is in the records, for all processes. Each draws a twentieth of what a minute allows at a time, so that
    few requests pay for a transaction, and those that are refused for none. Together they never let in more than the
    limit; a process goes without, at the most, what the others have drawn and do not need.
    """

    def __init__(self, records: Records, limits: LimitsOf, clock: Clock) -> None:
        self._records = records
        self._limits = limits
        self._clock = clock
        self._lock = Lock()
        self._minute = beginning(clock.now(), MINUTE)
        self._portions: dict[tuple[str, str, int], _Portion] = {}

    def __call__(self, scope: TenantScope) -> None:
        """Count one request of the scope's company and of its user, who is none where it is SOPHIA's own.

        Raises:
            LimitExceeded: it is one too many.
            Unavailable: the records do not answer.
        """
        limits = self._limits(scope.company_id)
        for whose in limits.of_requests:
            if whose is Whose.COMPANY or scope.actor is not Actor.SYSTEM:
                self._admit(scope, limits, whose, self._clock.now())

    def _admit(self, scope: TenantScope, limits: Limits, whose: Whose, now: datetime) -> None:
        portion = self._portion(scope, whose, limits, beginning(now, MINUTE))
        with portion.lock:
            if not portion.left and not portion.is_last:
                portion.left = self._draw(scope, limits, whose, now)
                portion.is_last = not portion.left
            if not portion.left:
                raise limits.no_more_requests(whose, now)
            portion.left -= 1

    def _portion(self, scope: TenantScope, whose: Whose, limits: Limits, minute: datetime) -> _Portion:
        user_id = scope.user_id if whose is Whose.USER else ""
        with self._lock:
            if self._minute < minute:  # a thread that is late, or a clock that was put back, counts in the present one
                self._minute, self._portions = minute, {}
            key = scope.company_id, user_id, limits.of_requests[whose]  # another limit is drawn from anew
            return self._portions.setdefault(key, _Portion())

    def _draw(self, scope: TenantScope, limits: Limits, whose: Whose, now: datetime) -> int:
        with self._records.write(scope) as tx:
            tally = tx.tallies.get(Counted.REQUESTS, whose, beginning(now, MINUTE))
            drawn = limits.portion(whose, tally)
            if drawn:
                tx.tallies.put(Counted.REQUESTS, whose, tally.plus(drawn))
        return drawn


class AdmitLookup:
    """Counts the look-ups of companies at each of their systems, and refuses those beyond a day's."""

    def __init__(self, records: Records, clock: Clock) -> None:
        self._records = records
        self._clock = clock

    def __call__(self, scope: TenantScope, source: SecuritySource) -> None:
        """Count one look-up at a system of the scope's company, whatever comes of it.

        Raises:
            LimitExceeded: it is one too many today (UTC).
            Unavailable: the records do not answer.
        """
        now = self._clock.now()
        with self._records.write(scope) as tx:
            today = tx.tallies.get(Counted.LOOKUPS, Whose.COMPANY, beginning(now, DAY), source.name)
            check_lookups(source.name, source.caps.a_day, today, now)
            tx.tallies.put(Counted.LOOKUPS, Whose.COMPANY, today.plus(1), source.name)


def admit_run(tx: Transaction, limits: Limits, now: datetime) -> None:
    """Pass where the scope's user may begin a run, in the transaction that begins it: no other can come in between.

    Raises:
        LimitExceeded: of runs at once, or of the day's tokens.
    """
    if limits.of_runs:
        live = tx.runs.count_live()
        for whose in limits.of_runs:
            limits.check_runs(whose, live[whose])
    for whose in limits.of_tokens:
        limits.check_tokens(whose, tx.tallies.get(Counted.TOKENS, whose, beginning(now, DAY)), now)


def count_tokens(tx: Transaction, tokens: int, now: datetime) -> None:
    """Count what a model has taken and given for the scope's user: a limit may be set later in the day."""
    if tokens:
        for whose in Whose:
            tally = tx.tallies.get(Counted.TOKENS, whose, beginning(now, DAY))
            tx.tallies.put(Counted.TOKENS, whose, tally.plus(tokens))
