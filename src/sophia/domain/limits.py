"""How much a company and each of its users may use, and what is over that."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from math import ceil
from typing import TypeAlias

from attrs import evolve, frozen

from sophia.errors import LimitExceeded

__all__ = [
    "DAY",
    "MINUTE",
    "NO_LIMITS",
    "Counted",
    "KnowledgeSize",
    "Limits",
    "LimitsOf",
    "Tally",
    "Whose",
    "beginning",
    "check_lookups",
]

MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SOON = 2.0  # seconds; nobody knows when a run will end

_DRAWS = 20
"""In how many portions, at the most, a process takes what may be used in a window."""


class Counted(StrEnum):
    """What is counted by windows of time."""

    REQUESTS = "requests"
    TOKENS = "tokens"
    LOOKUPS = "lookups"


class Whose(StrEnum):
    """Whose use is counted."""

    COMPANY = "company"
    USER = "user"


@frozen
class Tally:
    """How much was used in the window of time that began at ``began``."""

    began: datetime
    used: int = 0

    def at(self, beginning: datetime) -> "Tally":
        """What counts in a window: nothing yet in a later one. A clock that lags behind counts in the later one."""
        return Tally(beginning) if self.began < beginning else self

    def plus(self, amount: int) -> "Tally":
        """After so much more was used."""
        return evolve(self, used=self.used + amount)


@frozen
class KnowledgeSize:
    """Documents of a knowledge base, and bytes of their texts as they are now (UTF-8)."""

    documents: int = 0
    text_bytes: int = 0

    def plus(self, documents: int, text_bytes: int) -> "KnowledgeSize":
        """With so many more, or less."""
        return KnowledgeSize(self.documents + documents, self.text_bytes + text_bytes)


@frozen
class Limits:
    """What a company may use, and each of its users. 0: as much as they like.

    Attributes:
        requests, user_requests: in a minute of the clock.
        runs, user_runs: under way at the same time, those that wait for their turn included.
        tokens, user_tokens: that models take and give, in a day (UTC).
        documents: in the knowledge base.
        storage: bytes of their texts, see `KnowledgeSize`.
    """

    requests: int = 0
    user_requests: int = 0
    runs: int = 0
    user_runs: int = 0
    tokens: int = 0
    user_tokens: int = 0
    documents: int = 0
    storage: int = 0

    def but(self, own: Mapping[str, int]) -> "Limits":
        """With others, by their names here, in place of these."""
        return evolve(self, **own) if own else self

    @property
    def of_requests(self) -> dict[Whose, int]:
        """The limits of requests that there are; the narrower first, so that who is over it uses up nothing else."""
        return _set({Whose.USER: self.user_requests, Whose.COMPANY: self.requests})

    @property
    def of_runs(self) -> dict[Whose, int]:
        """The limits of runs at once that there are."""
        return _set({Whose.USER: self.user_runs, Whose.COMPANY: self.runs})

    @property
    def of_tokens(self) -> dict[Whose, int]:
        """The limits of tokens that there are."""
        return _set({Whose.USER: self.user_tokens, Whose.COMPANY: self.tokens})

    def check_runs(self, whose: Whose, live: int) -> None:
        """Pass where one more run may begin.

        Raises:
            LimitExceeded: ``runs`` or ``user_runs``.
        """
        if live >= (most := self.of_runs[whose]):
            raise LimitExceeded(_name(whose, "runs"), f"{_WHO[whose]} at once at the most {most:,} runs", _SOON)

    def check_tokens(self, whose: Whose, today: Tally, now: datetime) -> None:
        """Pass where models may be asked for more.

        Raises:
            LimitExceeded: ``tokens`` or ``user_tokens``.
        """
        if today.used >= (most := self.of_tokens[whose]):
            detail = f"{_WHO[whose]} at the most {most:,} tokens a day, and they are used up"
            raise LimitExceeded(_name(whose, "tokens"), detail, _left(now, DAY))

    def portion(self, whose: Whose, tally: Tally) -> int:
        """How many requests a process may let in before it asks again; 0: none are left in this window."""
        most = self.of_requests[whose]
        return max(0, min(most - tally.used, ceil(most / _DRAWS)))

    def no_more_requests(self, whose: Whose, now: datetime) -> LimitExceeded:
        """The refusal of a request: ``requests`` or ``user_requests``."""
        detail = f"{_WHO[whose]} at the most {self.of_requests[whose]:,} requests a minute"
        return LimitExceeded(_name(whose, "requests"), detail, _left(now, MINUTE))

    def check_growth(self, now: KnowledgeSize, then: KnowledgeSize) -> None:
        """Pass where a knowledge base may become another; what takes up no more room than before always may.

        Raises:
            LimitExceeded: ``documents`` or ``storage``.
        """
        if self.documents and then.documents > max(self.documents, now.documents):
            raise LimitExceeded("documents", f"the company has the {self.documents:,} documents that it may have")
        if self.storage and then.text_bytes > max(self.storage, now.text_bytes):
            detail = f"with it the company's texts would have {then.text_bytes:,} bytes; {self.storage:,} are allowed"
            raise LimitExceeded("storage", detail)


def check_lookups(source: str, most: int, today: Tally, now: datetime) -> None:
    """Pass where a company may look at one of its systems, by its name there, once more in a day (UTC).

    Raises:
        LimitExceeded: ``lookups``.
    """
    if today.used >= most:
        detail = f"{_WHO[Whose.COMPANY]} at the most {most:,} look-ups a day at {source}, and they are used up"
        raise LimitExceeded("lookups", detail, _left(now, DAY))


NO_LIMITS = Limits()

LimitsOf: TypeAlias = Callable[[str], Limits]
"""The limits of a company."""

_WHO = {Whose.COMPANY: "the company may have", Whose.USER: "a user may have"}


def beginning(now: datetime, length: timedelta) -> datetime:
    """When the window began that a time lies in; windows follow one another from 1970 on, in UTC."""
    return now - (now - _EPOCH) % length


def _left(now: datetime, length: timedelta) -> float:
    return (length - (now - _EPOCH) % length).total_seconds()


def _name(whose: Whose, what: str) -> str:
    return f"user_{what}" if whose is Whose.USER else what


def _set(limits: dict[Whose, int]) -> dict[Whose, int]:
    return {whose: limit for whose, limit in limits.items() if limit}
