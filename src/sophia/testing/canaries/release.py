"""Asking for everything as everybody else."""

import random
import re
import time
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import httpx2
import yaml
from attrs import field, frozen

from sophia.testing.canaries.marks import CanaryReport, Identity, Leak, Mark, Planted, unseen
from sophia.testing.canaries.planting import KEY, Garden, plant

__all__ = ["release_canaries"]

_PAUSE = 0.25  # seconds
_METHODS = ("get", "post", "put", "patch", "delete")
_DESTROYING = {"deleteThread", "deleteDocument", "cancelRun"}
_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_VARYING = {"date", "content-length", "x-request-id", "server", "connection", "keep-alive", "transfer-encoding"}


@frozen
class _Operation:
    id: str
    method: str
    path: str
    parameters: tuple[str, ...]
    is_open: bool

    def url(self, value: str) -> str:
        return re.sub(r"\{\w+\}", value, self.path)


@frozen
class _Ask:
    """One request: the operation, who asks, and what the caller puts into it."""

    operation: _Operation
    caller: Identity | None
    value: str = ""
    params: dict[str, str] = field(factory=dict, hash=False)
    headers: dict[str, str] = field(factory=dict, hash=False)
    body: dict[str, Any] | None = field(default=None, hash=False)


def release_canaries(
    client: httpx2.Client,
    identities: Sequence[Identity],
    *,
    documents: Iterable[Planted] = (),
    question: str = "How often are backups made?",
    action: str = "Block the IP 203.0.113.7 on the perimeter firewall.",
    lookup: str = "",
    requests: int = 500,
    seed: int = 0,
    patience: float = 30.0,
) -> CanaryReport:
    """Plant canaries as each identity, then look for them as every other one and as nobody.

    First every operation of the deployment's ``openapi.yaml`` is asked for every id that was learned, by everybody
    whose it is not, next to an id that nobody has: the two have to answer alike. Then come lists, searches, streams and
    repeated requests with what belongs to others, then requests put together by chance. Nothing of the identities' own
    is deleted or cancelled; the threads and tickets that were made for the test stay.

    Args:
        client: with the ``base_url`` of the deployment and a timeout that a whole answer fits in.
        identities: users who may ask and refresh; two of one company and one of another at the least.
        documents: texts in documents of the companies, which nobody else may see.
        question: what is asked; a canary is put after it.
        action: asks for action, and opens a ticket for each identity; empty: none is opened.
        lookup: asks for something that SOPHIA looks up in a system of the identities' companies; empty: nothing is.
        requests: how many are put together by chance, after the systematic ones.
        seed: of that chance.
        patience: seconds until what was said has to be found by a search.

    Returns:
        What was tried and what was found.

    Raises:
        ValueError: the identities are too few to tell anything, or nothing was looked up.
        httpx2.HTTPError: the deployment does not answer, or does not let an identity ask.
    """
    companies = [identity.company for identity in identities]
    if len(set(companies)) < 2 or len(companies) == len(set(companies)) or len(set(identities)) < len(companies):
        raise ValueError("it takes two companies, and two users of one of them")
    listed = yaml.safe_load(client.get("/openapi.yaml").raise_for_status().text)
    garden = plant(client, identities, documents, question, action, lookup)
    search = _Search(client, tuple(_operations(listed)), tuple(identities), garden, seed)
    search.compare_ids()
    search.wait_for_search(patience)
    search.ask_with_what_is_others()
    search.ask_by_chance(requests)
    search.find_own()
    return search.report


class _Search:
    def __init__(
        self,
        client: httpx2.Client,
        operations: tuple[_Operation, ...],
        identities: tuple[Identity, ...],
        garden: Garden,
        seed: int,
    ) -> None:
        self._client = client
        self._operations = operations
        self._identities = identities
        self._garden = garden
        self._chance = random.Random(seed)  # noqa: S311 -- can be repeated by its seed
        self.report = CanaryReport(seed, marks=len(garden.marks))

    def compare_ids(self) -> None:
        """What is another's reads like what is not there, for every id and everybody whose it is not."""
        for operation, kind in self._with_ids():
            for mark in self._garden.ids.get(kind, ()):
                for caller in (*self._identities, None):
                    if not mark.is_for(caller):
                        self._compare(_Ask(operation, caller, mark.text, body=self._body(operation, caller)), mark.text)

    def wait_for_search(self, patience: float) -> None:
        """A search that finds nothing yet would keep a secret that it does not have."""
        until = time.monotonic() + patience
        for identity, message in self._garden.told.items():
            canary = message.split()[-1]
            ask = _Ask(self._operation("searchMessages"), identity, params={"q": canary, "limit": "100"})
            while canary not in self._send(ask).text:
                if time.monotonic() > until:
                    self.report.lost.append(f"{identity} does not find {canary} by a search")
                    break
                time.sleep(_PAUSE)

    def ask_with_what_is_others(self) -> None:
        """Lists, searches, streams, going on with a thread, repeating a request: with what others have."""
        companies = {identity.company for identity in self._identities}
        for caller in (*self._identities, None):
            for operation in self._operations:
                if "{" in operation.path:
                    continue
                for params in (
                    {},
                    {"limit": "100"},
                    *({"companyId": company} for company in sorted(companies)),
                    *({"cursor": cursor} for cursor in self._garden.cursors if "cursor" in operation.parameters),
                ):
                    self._send(_Ask(operation, caller, params=params | self._needed(operation), body=self._dry(caller)))
                if "q" in operation.parameters:
                    for mark in self._garden.texts:
                        self._send(_Ask(operation, caller, params={"q": mark.text, "limit": "100"}))
            self._send_chats(caller)

    def _send_chats(self, caller: Identity | None) -> None:
        chat = self._operation("chat")
        company = caller.company if caller else self._identities[0].company
        for owner, message in self._garden.told.items():
            if owner != caller:
                for body in ({"companyId": company}, {"companyId": owner.company}):
                    self._send(_Ask(chat, caller, headers={"Idempotency-Key": KEY}, body={**body, "message": message}))
        for mark in self._garden.ids["threadId"]:
            if not mark.is_for(caller):
                body = {"companyId": company, "message": "And now?", "threadId": mark.text}
                self._compare(_Ask(chat, caller, body=body), mark.text)

    def ask_by_chance(self, count: int) -> None:
        """Put together requests of what is known, mangled at times."""
        ids = [mark for marks in self._garden.ids.values() for mark in marks]
        for _ in range(count):
            operation = self._chance.choice(self._operations)
            caller = self._chance.choice((*self._identities, None))
            others = [mark for mark in ids if not mark.is_for(caller)]
            mark = self._chance.choice(others if operation.id in _DESTROYING else ids)
            headers = {name: self._header(name) for name in self._some(["Last-Event-ID", "Idempotency-Key", "Accept"])}
            params = {name: self._query(name, mark) for name in self._some(["cursor", "limit", "q", "companyId"])}
            if caller and "X-User-Id" in caller.headers and self._chance.random() < 0.3:
                caller = Identity.by_key(
                    caller.company,
                    self._chance.choice(self._identities).user,
                    caller.headers["X-Agent-Access-Key"],
                )
                if operation.id in _DESTROYING and mark.is_for(caller):
                    continue
            self._send(_Ask(operation, caller, self._mangled(mark.text), params, headers, self._dry(caller)))

    def find_own(self) -> None:
        """Each owner still finds what is theirs: nothing was deleted by others, and the canaries can be found."""
        for operation, kind in self._with_ids():
            if operation.id not in {"readThread", "readRun", "readTicket", "readDocument", "readRefresh"}:
                continue
            for mark in self._garden.ids.get(kind, ()):
                owner = next(identity for identity in self._identities if mark.is_for(identity))
                if self._send(_Ask(operation, owner, mark.text)).status_code != httpx2.codes.OK:
                    self.report.lost.append(f"{owner} does not find {mark.text}")
        for identity in self._identities:
            shown = "".join(self._all_of(identity))
            own = [mark for mark in self._garden.marks if mark.is_for(identity) and mark.users == {identity.user}]
            self.report.lost += [
                f"{identity} does not find {mark.text}"
                for mark in own
                if "_" not in mark.text and mark.text not in shown
            ]

    def _all_of(self, identity: Identity) -> Iterator[str]:
        for kind, operation in (("threadId", "listMessages"), ("documentId", "readDocument")):
            for mark in self._garden.ids.get(kind, ()):
                if mark.is_for(identity):
                    yield self._send(_Ask(self._operation(operation), identity, mark.text)).text

    def _with_ids(self) -> Iterator[tuple[_Operation, str]]:
        for operation in self._operations:
            for kind in re.findall(r"\{(\w+Id)\}", operation.path):
                yield operation, kind

    def _operation(self, id_: str) -> _Operation:
        return next(operation for operation in self._operations if operation.id == id_)

    def _compare(self, ask: _Ask, foreign: str) -> None:
        """Ask for what is another's and for what nobody has; the answers differ in nothing but what was asked for."""
        unknown = foreign[:4] + "".join(self._chance.choices(_ALPHABET, k=len(foreign) - 4))
        other = _Ask(
            ask.operation,
            ask.caller,
            unknown if ask.value else "",
            body=ask.body and {k: unknown if v == foreign else v for k, v in ask.body.items()},
        )
        told = []
        for asked, id_ in ((ask, foreign), (other, unknown)):
            response = self._send(asked)
            request_id = response.headers.get("x-request-id", "")
            headers = {name: value for name, value in response.headers.items() if name not in _VARYING}
            told.append((response.status_code, response.text.replace(id_, "ID").replace(request_id, ""), headers))
        self.report.compared += 1
        expected = {401} if ask.caller is None or "webhook-signature" in ask.operation.parameters else {403, 404}
        if told[0][0] not in expected:
            self._leak(ask, "status", f"{told[0][0]} for {foreign}")
        if told[0] != told[1]:
            self._leak(ask, "difference", f"{told[0]} for {foreign}, {told[1]} for {unknown}")

    def _send(self, ask: _Ask) -> httpx2.Response:
        caller = ask.caller
        headers = {**(caller.headers if caller else {}), **ask.headers}
        response = self._client.request(
            ask.operation.method,
            ask.operation.url(ask.value),
            params=ask.params,
            headers=[(name.encode(), value.encode()) for name, value in headers.items()],
            json=ask.body if ask.operation.method == "post" else None,
        )
        self.report.requests[ask.operation.id] += 1
        self.report.statuses[response.status_code] += 1
        marks = [*self._garden.marks]
        if ask.operation.id == "metrics":
            # A label that names a company or a user tells of both.
            marks += [Mark(f'"{name}"', "") for who in self._identities for name in (who.company, who.user)]
        for where, text in unseen(marks, caller, response):
            self._leak(ask, where, text)
        if caller is None and not ask.operation.is_open and response.status_code not in {401, 404, 405}:
            self._leak(ask, "status", f"{response.status_code} without a credential")
        return response

    def _leak(self, ask: _Ask, where: str, what: str) -> None:
        request = f"{ask.operation.method.upper()} {ask.operation.url(ask.value)}"
        more = [f"{name}={value}" for name, value in (*ask.params.items(), *ask.headers.items())]
        self.report.leaks.append(Leak(str(ask.caller) if ask.caller else None, " ".join([request, *more]), where, what))

    def _body(self, operation: _Operation, caller: Identity | None) -> dict[str, Any] | None:
        if operation.method != "post":
            return None
        return {"version": 1, "state": "resolved"} if operation.id == "updateTicket" else self._dry(caller)

    def _dry(self, caller: Identity | None) -> dict[str, Any]:
        """A body that a refresh takes, and does nothing by; to a chat it is bad input, whose error is looked at."""
        company = caller.company if caller else self._identities[0].company
        return {
            "companyId": self._chance.choice([company, self._chance.choice(self._identities).company]),
            "dryRun": True,
        }

    def _needed(self, operation: _Operation) -> dict[str, str]:
        return {"q": "backups"} if "q" in operation.parameters else {}

    def _some(self, names: Sequence[str]) -> list[str]:
        return [name for name in names if self._chance.random() < 0.25]

    def _header(self, name: str) -> str:
        values = {
            "Last-Event-ID": ("0", "1", "999999", "-1", "x"),
            "Idempotency-Key": (KEY,),
            "Accept": ("text/event-stream", "application/json", "text/html"),
        }
        return self._chance.choice(values[name])

    def _query(self, name: str, mark: Mark) -> str:
        values = {
            "cursor": (*self._garden.cursors, mark.text, "%"),
            "limit": ("1", "100", "0", "x"),
            "q": (mark.text, "%", "canary"),
            "companyId": tuple(identity.company for identity in self._identities),
        }
        return self._chance.choice(values[name])

    def _mangled(self, text: str) -> str:
        """An id as it is, most of the time; or so that a careless comparison takes it for the id."""
        odd = (text.upper(), f"{text}%20", f"%20{text}", f"{text}%00", f"{text[:-1]}%25", f"..%2F{text}", f"{text}'--")
        return text if self._chance.random() < 0.7 else self._chance.choice(odd)


def _operations(document: dict[str, Any]) -> Iterator[_Operation]:
    for path, item in document["paths"].items():
        for method in _METHODS:
            if method in item:
                found = [*item.get("parameters", ()), *item[method].get("parameters", ())]
                names = tuple(_resolved(document, parameter)["name"] for parameter in found)
                yield _Operation(item[method]["operationId"], method, path, names, item[method].get("security") == [])


def _resolved(document: dict[str, Any], item: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in item:
        found: Any = document
        for part in item["$ref"].removeprefix("#/").split("/"):
            found = found[part]
        item = found
    return item
