"""What goes wrong with a model, for the loop of a turn to tell apart."""

from sophia.errors import SophiaError, Unavailable

__all__ = ["MODEL", "Filtered", "OutOfTime", "Transient"]

MODEL = "model"
"""The dependency that the errors name."""


class Transient(Unavailable):
    """It may go well at the next try, at once or after ``retry_after`` seconds. What was asked may be done already."""


class OutOfTime(Unavailable):
    """The turn has taken as long as it may."""


class Filtered(SophiaError):
    """The endpoint's content filter refuses to answer."""
