"""Putting canaries where the API lets a user put something, and learning every id that comes back."""

import re
import secrets
from collections.abc import Iterable, Iterator
from typing import Any

import httpx2
from attrs import Factory, define

from sophia.testing.canaries.marks import Identity, Mark, Planted

__all__ = ["KEY", "Garden", "plant"]

KEY = f"canary-{secrets.token_hex(8)}"
"""The idempotency key that every caller uses: what counts is who uses it."""

_OWN = {"threadId", "runId", "messageId", "ticketId", "evidenceId"}
_OF_COMPANY = {"refreshId"}


@define
class Garden:
    """What was planted.

    Attributes:
        texts: what was said and what stands in documents.
        ids: what names something, by the name that the contract has for it (such as ``threadId``).
        cursors: what lists have given out.
        told: what each caller has asked, to be asked again with the same key.
    """

    texts: list[Mark] = Factory(list)
    ids: dict[str, list[Mark]] = Factory(dict)
    cursors: list[str] = Factory(list)
    told: dict[Identity, str] = Factory(dict)

    @property
    def marks(self) -> list[Mark]:
        """Both: what may not be seen by others."""
        return [*self.texts, *(mark for marks in self.ids.values() for mark in marks)]

    def name(self, kind: str, mark: Mark) -> None:
        """Watch for an id."""
        known = self.ids.setdefault(kind, [])
        if mark not in known:
            known.append(mark)


def plant(
    client: httpx2.Client,
    identities: Iterable[Identity],
    documents: Iterable[Planted],
    question: str,
    action: str,
    lookup: str,
) -> Garden:
    """Ask, ask for action, have something looked up, stream and refresh (a dry run) as each identity.

    Raises:
        httpx2.HTTPStatusError: an identity cannot do that; there is nothing to test then.
        ValueError: nothing was looked up for an identity that asked for it.
    """
    garden = Garden([Mark(p.text, p.company, p.users) for p in documents])
    for identity in identities:
        _plant_as(client, identity, garden, question, action, lookup)
    return garden


def _plant_as(
    client: httpx2.Client, identity: Identity, garden: Garden, question: str, action: str, lookup: str
) -> None:
    own = frozenset({identity.user})

    def call(method: str, path: str, **more: Any) -> httpx2.Response:
        headers = {**identity.headers, **more.pop("headers", {})}
        response = client.request(method, path, headers=headers, **more)
        response.raise_for_status()
        return response

    def ask(text: str, **more: Any) -> httpx2.Response:
        canary = f"canary{secrets.token_hex(8)}"
        garden.texts.append(Mark(canary, identity.company, own))
        message = f"{text} {canary}"
        garden.told.setdefault(identity, message)
        return call("POST", "/chat", json={"companyId": identity.company, "message": message}, **more)

    found: list[httpx2.Response] = [ask(question, headers={"Idempotency-Key": KEY})]
    found.append(ask(question, headers={"Accept": "text/event-stream"}))
    if action:
        found.append(ask(action))
    if lookup:
        found.append(ask(lookup))
        if "evidenceId" not in dict(_named(found[-1].text)):
            raise ValueError(f"nothing was looked up for {identity}, who asked {lookup!r}")
    for response in found:
        for kind, value in _named(response.text):
            if kind in _OWN:
                garden.name(kind, Mark(value, identity.company, own))
    started = client.post("/refresh", headers=identity.headers, json={"companyId": identity.company, "dryRun": True})
    for kind, value in _named(started.text):
        if kind in _OF_COMPANY:
            garden.name(kind, Mark(value, identity.company))
    for path in ("/threads", "/tickets", "/documents"):
        garden.cursors += filter(None, [call("GET", path, params={"limit": 1}).json()["nextCursor"]])
    _learn_documents(call("GET", "/documents", params={"limit": 100}), identity, garden)


def _learn_documents(listed: httpx2.Response, identity: Identity, garden: Garden) -> None:
    """A document is for all who are shown it in the list of their company; a list that shows too much shows a text."""
    known = {mark.text: mark for mark in garden.ids.get("documentId", ()) if mark.company == identity.company}
    for item in listed.json()["items"]:
        id_ = item["documentId"]
        users = frozenset({identity.user})
        if id_ in known:
            garden.ids["documentId"].remove(known[id_])
            users |= known[id_].users
        garden.name("documentId", Mark(id_, identity.company, users))


def _named(text: str) -> Iterator[tuple[str, str]]:
    """Every id in a JSON text or a stream of them, with the name it goes by."""
    yield from re.findall(r'"(\w+Id)": ?"(\w+)"', text)
