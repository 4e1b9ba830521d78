"""Erasing, at a service outside, the threads whose own thread was erased here."""

from datetime import datetime, timedelta

from sophia.domain.tenancy import TenantScope
from sophia.errors import Unavailable
from sophia.logs import get_logger
from sophia.ports.agent_runtime import ThreadKeeper
from sophia.ports.records import Records
from sophia.ports.system import Clock

__all__ = ["EraseRemoteThreads"]

_BATCH = 20
_REST = timedelta(minutes=1)
"""Where the service fails, nobody asks it again before."""

_log = get_logger(__name__)


class EraseRemoteThreads:
    """Erases what a service keeps for threads that are no more: at least once each, until the service has done it."""

    def __init__(self, records: Records, keeper: ThreadKeeper, clock: Clock) -> None:
        self._records = records
        self._keeper = keeper
        self._clock = clock
        self._rests_until: dict[str, datetime] = {}

    def __call__(self, scope: TenantScope) -> int:
        """Erase a batch for one company (a scope of SOPHIA's own); how many there were.

        Raises:
            Unavailable: the records do not answer, or the service does not; what was erased by then is forgotten.
        """
        now = self._clock.now()
        if now < self._rests_until.get(scope.company_id, now):
            return 0
        with self._records.read(scope) as tx:
            orphans = tx.remote_threads.orphans(self._keeper.service, _BATCH)
        erased = list[str]()
        try:
            for remote_id in orphans:
                self._keeper.erase(remote_id)
                erased.append(remote_id)
        except Unavailable:
            self._rests_until[scope.company_id] = now + _REST
            raise
        finally:
            if erased:
                with self._records.write(scope) as tx:
                    tx.remote_threads.forget(self._keeper.service, erased)
                _log.info("remote_threads.erased", tenant=scope.company_id, count=len(erased))
        return len(erased)
