"""How long what was said and done is kept."""

from datetime import timedelta

from attrs import frozen

__all__ = ["Retention"]


@frozen
class Retention:
    """How long each kind of thing is kept; None: until somebody deletes it.

    Attributes:
        threads: since something happened in them last.
        events: the logs of runs since these were begun, of refreshes since these have ended.
        evidence: what look-ups have found, since they did.
    """

    threads: timedelta | None = None
    events: timedelta | None = None
    evidence: timedelta | None = None
