"""Writing the events of runs while they are played."""

import threading
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import groupby

from sophia.application.identity import SystemIdentity
from sophia.application.leases import HeldLease
from sophia.domain.runs import MessageDelta, RunEvent, Standing
from sophia.errors import SophiaError
from sophia.logs import get_logger
from sophia.ports.records import Records

__all__ = ["LogWriter", "RunLog"]

_GATHER = 0.02  # seconds that an event waits for others, of this run and of others, to be written together with it

_STAYS = 10.0  # seconds that the thread waits for more to write: to begin one every few turns takes part of their time

_PAUSE = 0.5  # seconds until the next try after the records did not take what was written

_log = get_logger(__name__)


class LogWriter:
    """Writes the events of all runs that this process plays, from one thread, a transaction a company.

    Nobody waits for it: an event is told to nobody before it is stored, but the run goes on meanwhile.
    """

    def __init__(self, records: Records, system: SystemIdentity) -> None:
        self._records = records
        self._system = system
        self._lock = threading.Lock()
        self._changed = threading.Condition(self._lock)
        self._waiting: dict[HeldLease, list[RunEvent]] = {}
        self._in_hand: frozenset[HeldLease] = frozenset()
        self._thread: threading.Thread | None = None

    def add(self, held: HeldLease, *events: RunEvent) -> None:
        """Write events soon; stretches of text that wait together become one."""
        with self._lock:
            if not self._waiting:
                self._changed.notify_all()
            self._waiting.setdefault(held, []).extend(events)
            if self._thread is None:
                self._thread = threading.Thread(target=self._write, name="log-writer", daemon=True)
                self._thread.start()

    def rest(self, held: HeldLease) -> tuple[RunEvent, ...]:
        """What is not written yet, for whoever ends the run to write; what is being written is stored by then."""
        with self._changed:
            self._changed.wait_for(lambda: held not in self._in_hand)
            return tuple(_together(self._waiting.pop(held, ())))

    def _write(self) -> None:
        while True:
            with self._changed:
                if not self._changed.wait_for(lambda: self._waiting, _STAYS):
                    self._thread = None
                    return
            time.sleep(_GATHER)
            with self._changed:
                batch, self._waiting = self._waiting, {}
                self._in_hand = frozenset(batch)
            companies: defaultdict[str, dict[HeldLease, list[RunEvent]]] = defaultdict(dict)
            for held, events in batch.items():
                companies[held.scope.company_id][held] = list(_together(events))
            for company, news in companies.items():
                self._append(company, news)

    def _append(self, company: str, news: dict[HeldLease, list[RunEvent]]) -> None:
        by_lease = {held.lease: held for held in news}
        failed = False
        try:
            with self._records.write(self._system.scope(company, "run-log")) as tx:
                lost = tx.runs.append({held.lease: events for held, events in news.items()})
        except SophiaError as error:
            _log.warning("run_log.not_written", tenant=company, runs=len(news), error=type(error).__name__)
            failed = True
        else:
            for lease in lost:
                by_lease[lease].hear(Standing.LOST)
        with self._changed:
            if failed:
                self._waiting |= {held: events + self._waiting.get(held, []) for held, events in news.items()}
            self._in_hand -= news.keys()
            self._changed.notify_all()
        if failed:
            time.sleep(_PAUSE)


def _together(events: Iterable[RunEvent]) -> Iterator[RunEvent]:
    """The events with stretches of text that follow one another joined."""
    for is_text, alike in groupby(events, lambda event: isinstance(event, MessageDelta)):
        if is_text:
            yield MessageDelta("".join([event.text for event in alike if isinstance(event, MessageDelta)]))
        else:
            yield from alike


class RunLog:
    """The log of one run, written under its lease."""

    def __init__(self, writer: LogWriter, held: HeldLease) -> None:
        self._writer = writer
        self._held = held

    def check(self) -> None:
        """Pass while the run may go on. Raises as `say`."""
        self._held.check()

    def say(self, text: str) -> None:
        """The next stretch of the answer.

        Raises:
            Cancelled: the run is to stop.
            LeaseLost: somebody else has taken it.
        """
        self.add(MessageDelta(text))

    def add(self, *events: RunEvent) -> None:
        """Events, as they come. Raises as `say`."""
        self._held.check()
        self._writer.add(self._held, *events)

    def rest(self) -> tuple[RunEvent, ...]:
        """The events that are not stored yet, for whoever ends the run to store."""
        return self._writer.rest(self._held)
