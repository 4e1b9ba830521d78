"""Who may see which mark, and what was found."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Self

import httpx2
from attrs import Factory, define, field, frozen

__all__ = ["CanaryReport", "Identity", "Leak", "Mark", "Planted", "unseen"]


@frozen
class Identity:
    """Somebody who calls the API.

    Attributes:
        company: whose they are.
        user: their id.
        headers: the credential that says so.
    """

    company: str
    user: str
    headers: Mapping[str, str] = field(hash=False, repr=False)

    @classmethod
    def by_key(cls, company: str, user: str, key: str) -> Self:
        """A user on whose behalf a service of the company asks."""
        return cls(company, user, {"X-Agent-Access-Key": key, "X-User-Id": user})

    @classmethod
    def by_token(cls, company: str, user: str, token: str) -> Self:
        """A user with a bearer token."""
        return cls(company, user, {"Authorization": f"Bearer {token}"})

    def __str__(self) -> str:
        return f"{self.user}@{self.company}"


@frozen
class Planted:
    """A text that stands in a document (its name, its title, its words), one of the first hundred that are listed.

    Attributes:
        users: of the company, who may read the document; empty: all of them.
    """

    text: str
    company: str
    users: frozenset[str] = frozenset()


@frozen
class Mark:
    """A text that only some may see; an id that is a mark belongs to a kind, its prefix."""

    text: str
    company: str
    users: frozenset[str] = frozenset()

    def is_for(self, caller: Identity | None) -> bool:
        """Whether the caller may see it."""
        return caller is not None and caller.company == self.company and (not self.users or caller.user in self.users)


@frozen
class Leak:
    """Something that told a caller of what is not theirs.

    Attributes:
        caller: who asked; None without a credential.
        request: method and address.
        where: the part of the response: ``body``, ``header NAME``, ``status`` or ``difference``.
        what: the mark that was seen, or how a foreign id answers otherwise than an unknown one.
    """

    caller: str | None
    request: str
    where: str
    what: str


@define
class CanaryReport:
    """What was tried, and what was found.

    Attributes:
        seed: gives the same choice of requests again.
        marks: how many texts and ids were watched for.
        requests: how many requests each operation of ``openapi.yaml`` was sent, by its id.
        compared: how many times a foreign id was held against an unknown one.
        statuses: how many responses had which status.
        lost: marks that their owner does not find (any more): where a canary cannot be found by anybody, that nobody
            else finds it says nothing.
        leaks: what crossed.
    """

    seed: int
    marks: int = 0
    compared: int = 0
    requests: Counter[str] = Factory(Counter)
    statuses: Counter[int] = Factory(Counter)
    lost: list[str] = Factory(list)
    leaks: list[Leak] = Factory(list)

    @property
    def is_clean(self) -> bool:
        """Nothing crossed, nothing was lost, nothing broke."""
        return not self.leaks and not self.lost and not self.statuses[500]

    def __str__(self) -> str:
        lines = [
            f"{self.requests.total()} requests, {self.marks} marks, {self.compared} ids held against unknown ones",
            f"{len(self.leaks)} leaks, {len(self.lost)} lost (seed {self.seed})",
            "statuses: " + ", ".join(f"{status} {count}" for status, count in sorted(self.statuses.items())),
            "requests: " + ", ".join(f"{name} {count}" for name, count in sorted(self.requests.items())),
            *(f"lost: {what}" for what in self.lost),
            *(f"leak: {leak.caller} {leak.request}: {leak.what} in {leak.where}" for leak in self.leaks),
        ]
        return "\n".join(lines)


def unseen(marks: Iterable[Mark], caller: Identity | None, response: httpx2.Response) -> list[tuple[str, str]]:
    """What is in a response that its caller may not see, and where; what they have sent themselves does not count."""
    request = response.request
    sent = "\n".join([str(request.url), request.content.decode(errors="replace"), *request.headers.values()])
    parts = {"body": response.text, **{f"header {name}": value for name, value in response.headers.items()}}
    foreign = {mark.text for mark in marks if not mark.is_for(caller) and mark.text not in sent}
    return [(where, text) for where, part in parts.items() for text in sorted(foreign) if text in part]
