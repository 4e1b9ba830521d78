"""Writing a run's events while it is played."""

import time

from sophia.application.leases import HeldLease
from sophia.domain.runs import MessageDelta, RunEvent
from sophia.ports.records import Records

__all__ = ["RunLog"]

_LONGEST_BUFFER = 0.05  # seconds that a stretch of text may wait to be written together with what follows


class RunLog:
    """Appends events under the run's lease; stretches of text that come quickly are written as one."""

    def __init__(self, records: Records, held: HeldLease) -> None:
        self._records = records
        self._held = held
        self._text: list[str] = []
        self._written = 0.0

    def say(self, text: str) -> None:
        """The next stretch of the answer.

        Raises:
            Cancelled: the run is to stop.
            LeaseLost: somebody else has taken it.
        """
        self._held.check()
        self._text.append(text)
        if time.monotonic() - self._written > _LONGEST_BUFFER:
            self.flush()

    def add(self, *events: RunEvent) -> None:
        """Events, after whatever text waits. Raises as `say`."""
        self._held.check()
        self._write((*self._waiting(), *events))

    def flush(self) -> None:
        """Write the text that waits."""
        self._write(self._waiting())

    def _waiting(self) -> tuple[RunEvent, ...]:
        text, self._text = "".join(self._text), []
        return (MessageDelta(text),) if text else ()

    def _write(self, events: tuple[RunEvent, ...]) -> None:
        if events:
            with self._records.write(self._held.scope) as tx:
                tx.runs.append(self._held.lease, events)
        self._written = time.monotonic()
