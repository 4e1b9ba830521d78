"""The backend that SOPHIA belongs to: tickets, audit entries and the directory, with what can go wrong.

A test says what happens to each report that comes, in order, or decides one by one::

    with BackendEmulator([None, Fault(status=503), Fault(takes=True, cuts=True)], token="t") as backend:
        ...  # report to f"{backend.url}/victoria/report"
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from threading import Lock
from typing import Any
from urllib.parse import parse_qs, unquote

from attrs import define, field, frozen

from sophia.testing.emulators.server import Exchange, LoopbackServer, Request

__all__ = ["BackendEmulator", "Fault", "Faults", "Received"]


@frozen
class Fault:
    """What goes wrong with a report, or with a question to the directory.

    Attributes:
        status, body, headers: of the answer, instead of the usual ones.
        takes: whether the ticket is opened, or the question heard, all the same; where it is, the usual answer is
            meant but for what is named.
        delay: seconds until the answer begins.
        cuts: the connection ends, and no answer comes.
        drips: seconds between the bytes of the answer.
    """

    status: int | None = None
    body: bytes | None = None
    headers: Mapping[str, str] = field(factory=dict, hash=False)
    takes: bool = False
    delay: float = 0.0
    cuts: bool = False
    drips: float = 0.0


_FAILED: tuple[int, Mapping[str, Any]] = 500, {"error": "something went wrong"}

Faults = Callable[[Request], Fault | None]
"""Decides what goes wrong with a report; None: nothing."""


@define
class Received:
    """A ticket as the backend has it.

    Attributes:
        number: that it was given.
        report: as it first came.
        headers: that it first came with, by their names in lower case.
        times: that it came.
    """

    number: str
    report: Mapping[str, Any]
    headers: Mapping[str, str]
    times: int = 1


class BackendEmulator(LoopbackServer):
    """Speaks ``POST /victoria/report``, ``POST /audit_logs`` ``GET /companies`` and ``GET /users/{id}``.

    Args:
        faults: what goes wrong with each report, in order (None: nothing), or what decides on it.
        token: if given, whoever does not come with it gets a 401; may be changed.
        honours_keys: whether the same key of a company is the same ticket; else each report opens one.
        repeated: the status of the answer to a key that came before.
        paths: where tickets are taken.
        companies: what the directory knows, by id: a company's own fields, and ``users`` by their id; may be changed.
        directory_faults: decides what goes wrong with each question to the directory.
        first: the number of the first ticket.
        audit_faults: as ``faults``, of audit entries.
    """

    def __init__(
        self,
        faults: Iterable[Fault | None] | Faults = (),
        *,
        token: str | None = None,
        honours_keys: bool = True,
        repeated: int = 200,
        paths: Sequence[str] = ("/victoria/report",),
        companies: Mapping[str, Mapping[str, Any]] | None = None,
        directory_faults: Faults = lambda _: None,
        first: int = 1,
        audit_faults: Iterable[Fault | None] | Faults = (),
    ) -> None:
        super().__init__(self._answer)
        self.token = token
        self._honours_keys = honours_keys
        self._repeated = repeated
        self._paths = paths
        self._companies = {} if companies is None else companies
        self._directory_fault = directory_faults
        self._first = first
        self._lock = Lock()
        self._received: list[Received] = []
        self._by_key: dict[tuple[str, str], Received] = {}
        self._audited: list[dict[str, Any]] = []
        self._audited_again = 0
        self._fault, self._audit_fault = _script(faults), _script(audit_faults)

    @property
    def tickets(self) -> tuple[Received, ...]:
        """The tickets that are open here, oldest first."""
        with self._lock:
            return tuple(self._received)

    @property
    def audited(self) -> tuple[dict[str, Any], ...]:
        """The audit entries, each once, in the order in which they came."""
        with self._lock:
            return tuple(self._audited)

    @property
    def audited_again(self) -> int:
        """How often an entry came that was here already."""
        with self._lock:
            return self._audited_again

    def _answer(self, request: Request, exchange: Exchange) -> None:
        path = request.path.partition("?")[0]
        if self.token is not None and request.headers.get("authorization") != f"Bearer {self.token}":
            _send(exchange, 401, {"error": "a bearer token is needed"}, {"WWW-Authenticate": "Bearer"})
        elif request.method == "POST" and path in self._paths:
            self._take_in(request, exchange, self._fault, self._take)
        elif (request.method, path) == ("POST", "/audit_logs"):
            self._take_in(request, exchange, self._audit_fault, self._keep)
        elif request.method == "GET" and path == "/companies":
            self._tell(request, exchange, self._listed(parse_qs(request.path.partition("?")[2])))
        elif request.method == "GET" and path.startswith("/users/"):
            self._tell(request, exchange, self._memberships(unquote(path.removeprefix("/users/"))))
        else:
            _send(exchange, 404, {"error": "not found"})

    def _take_in(
        self,
        request: Request,
        exchange: Exchange,
        decide: Faults,
        take: Callable[[Request], tuple[int, Mapping[str, Any]]],
    ) -> None:
        with self._lock:
            fault = decide(request)
        fault = fault or Fault(takes=True)
        status, body = take(request) if fault.takes else _FAILED
        self._send_as(exchange, fault, status, body)

    def _tell(self, request: Request, exchange: Exchange, known: Mapping[str, Any] | None) -> None:
        status, body = (404, {"error": "not found"}) if known is None else (200, known)
        fault = self._directory_fault(request)
        if fault is not None and not fault.takes:
            status, body = _FAILED
        self._send_as(exchange, fault or Fault(), status, body)

    def _send_as(self, exchange: Exchange, fault: Fault, status: int, body: Mapping[str, Any]) -> None:
        exchange.pause(fault.delay)
        if fault.cuts:
            exchange.cut()
            return
        content = json.dumps(body).encode() if fault.body is None else fault.body
        headers = {"Content-Type": "application/json", **fault.headers}
        if fault.drips:
            exchange.begin(fault.status or status, headers)
            for byte in content:
                exchange.pause(fault.drips)
                exchange.write(bytes([byte]))
            exchange.finish()
        else:
            exchange.send(fault.status or status, content, headers)

    def _take(self, request: Request) -> tuple[int, Mapping[str, Any]]:
        report = request.json
        key = request.headers.get("idempotency-key")
        if not isinstance(report, dict) or key is None or report.get("idempotencyKey") != key:
            return 422, {"error": "a report has a key, in its header and in its body"}
        with self._lock:
            known = self._by_key.get((report["companyId"], key))
            if known is not None and self._honours_keys:
                known.times += 1
                return self._repeated, {"ticketId": known.number}
            ticket = Received(f"TCK-{self._first + len(self._received)}", report, request.headers)
            self._received.append(ticket)
            self._by_key[report["companyId"], key] = ticket
        return 201, {"ticketId": ticket.number}

    def _keep(self, request: Request) -> tuple[int, Mapping[str, Any]]:
        """Keep an entry as the next of its company's; one that is here already is the same."""
        entry = request.json
        key = unquote(request.headers.get("idempotency-key", ""))
        if not isinstance(entry, dict) or key != f"{entry.get('companyId')}/{entry.get('sequence')}":
            return 422, {"error": "an entry has a company and a sequence, and both are its key"}
        with self._lock:
            kept = [one for one in self._audited if one["companyId"] == entry["companyId"]]
            if entry in kept:
                self._audited_again += 1
                return 200, {}
            follows = kept[-1]["hash"] if kept else "0" * 64
            if (entry["sequence"], entry["previousHash"]) != (len(kept) + 1, follows):
                return 409, {"error": f"entry {len(kept) + 1} is expected"}
            self._audited.append(entry)
        return 201, {}

    def _listed(self, query: Mapping[str, Sequence[str]]) -> Mapping[str, Any]:
        limit, after = int(query["limit"][0]), int(query.get("cursor", ["0"])[0])
        companies = [
            {"id": id_, **{name: known[name] for name in known if name != "users"}}
            for id_, known in tuple(self._companies.items())
        ]
        end = after + limit
        return {"items": companies[after:end], "nextCursor": str(end) if end < len(companies) else None}

    def _memberships(self, user: str) -> Mapping[str, Any] | None:
        companies = [
            {"id": id_, **known["users"][user]}
            for id_, known in tuple(self._companies.items())
            if user in known.get("users", {})
        ]
        return {"id": user, "companies": companies} if companies else None


def _script(faults: Iterable[Fault | None] | Faults) -> Faults:
    if callable(faults):
        return faults
    script = iter(tuple(faults))
    return lambda _: next(script, None)


def _send(exchange: Exchange, status: int, body: object, headers: Mapping[str, str] | None = None) -> None:
    exchange.send(status, json.dumps(body).encode(), {"Content-Type": "application/json", **(headers or {})})
