"""What an examination has found."""

from enum import StrEnum

from attrs import frozen

__all__ = ["Diagnosis", "Level"]


class Level(StrEnum):
    """How bad it is. A warning is for somebody to think about; what has failed does not work."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"


@frozen
class Diagnosis:
    """One thing that was looked at.

    Attributes:
        subject: what was looked at.
        told: how it is, in one sentence without a secret; where something is to be done, what.
        company: whose it is; None for the platform's.
    """

    subject: str
    level: Level
    told: str
    company: str | None = None
