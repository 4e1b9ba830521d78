"""What is counted of a service that plays turns."""

from contextlib import AbstractContextManager, nullcontext
from typing import Protocol

__all__ = ["OUTCOMES", "ServiceFigures", "Uncounted"]

OUTCOMES = ("done", "refused", "failed", "stopped", "left_alone")
"""How a request ends. Refused: with an answer that no other try changes. Failed: in a way that may pass.
Stopped: nobody waits for it any more. Left alone: it was not sent, because the service has failed too often."""


class ServiceFigures(Protocol):
    """Counts what goes on between SOPHIA and one service; several threads may."""

    def called(self, operation: str, outcome: str, seconds: float) -> None:
        """A request has ended, with one of `OUTCOMES`; of a stream it is its beginning that counts."""
        ...

    def retried(self) -> None:
        """A request, or a step of a turn, is tried again."""
        ...

    def waiting(self) -> AbstractContextManager[object]:
        """A turn waits for its place in this block."""
        ...

    def playing(self) -> AbstractContextManager[object]:
        """A turn has a place in this block."""
        ...

    def left_alone(self, *, begins: bool) -> None:
        """The service has failed too often and is left alone from now on; or no more."""
        ...


class Uncounted(ServiceFigures):
    """Counts nothing."""

    def called(self, operation: str, outcome: str, seconds: float) -> None:
        """See `ServiceFigures`."""

    def retried(self) -> None:
        """See `ServiceFigures`."""

    def waiting(self) -> AbstractContextManager[object]:
        """See `ServiceFigures`."""
        return nullcontext()

    def playing(self) -> AbstractContextManager[object]:
        """See `ServiceFigures`."""
        return nullcontext()

    def left_alone(self, *, begins: bool) -> None:
        """See `ServiceFigures`."""
