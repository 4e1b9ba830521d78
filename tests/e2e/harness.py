"""SOPHIA behind its HTTP API, with an outside world that a test decides on, and those who call it."""

import json
import queue
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import attrs
import httpx
from conformance import Contract, Event
from flask import Flask
from leaks import overheard, telling
from standardwebhooks import Webhook

from sophia.adapters.standard_webhooks.verifier import StandardWebhookVerifier, mint_webhook_secrets
from sophia.bootstrap.services import Services
from sophia.bootstrap.sophia import Sophia
from sophia.domain.agents import AgentEvent, Cited, Spoken, ToolCall, Turn
from sophia.domain.citation import Quote
from sophia.domain.knowledge import DocumentText, RawDocument
from sophia.domain.tenancy import Company, Permission, User, reader_group
from sophia.entrypoints.http.app import create_app
from sophia.errors import Unavailable
from sophia.ports.agent_runtime import ToolBox
from sophia.ports.identity import Claims
from sophia.testing.fakes.agent_runtime import ScriptedAgentRuntime
from sophia.testing.fakes.documents import MemorySource, PlainTextConverter
from sophia.testing.fakes.embedder import HashingEmbedder
from sophia.testing.fakes.identity import MemoryTenantDirectory, MemoryTokenVerifier
from sophia.testing.fakes.knowledge_index import MemoryKnowledgeIndex
from sophia.testing.fakes.security_source import MemorySecuritySource
from sophia.testing.fakes.system import FrozenClock
from sophia.testing.fakes.ticket_desk import MemoryTicketDesk

PATIENCE = 30.0  # seconds after which what should have come is taken not to come

QUESTION = "How often are backups made?"
ACTION = "Block the IP 203.0.113.7 on the perimeter firewall"

# What the scripted runtime listens for.
WAIT, ENDLESS, FAIL, BUG, TOOL, LOOK = (
    f"{QUESTION} ({word})" for word in ("wait", "endless", "unanswered", "bug", "tool", "look")
)

SECRETS = mint_webhook_secrets(["acme", "globex"])

KEYS = {"acme": "the-key-of-acme", "globex": "the-key-of-globex"}

DOCUMENTS = {
    "backups.md": "# Backups\n\nBackups are made every night at two. The night shift checks them.\n",
    "passwords.md": "# Passwords\n\nA password has at least fourteen characters and lasts a year.\n",
}


class GatedConverter(PlainTextConverter):
    """Converts at once, unless its gate is shut."""

    def __init__(self) -> None:
        super().__init__()
        self.begun = threading.Event()
        self.gate = threading.Event()
        self.gate.set()

    def convert(self, document: RawDocument) -> DocumentText:
        self.begun.set()
        assert self.gate.wait(PATIENCE)
        return super().convert(document)


class Outside:
    """What SOPHIA is given in a test.

    Attributes:
        gate: a turn whose question is `WAIT` goes on when it is set, one whose question is `ENDLESS` ends.
        begun: the runs whose turn has begun, as they begin.
    """

    def __init__(self) -> None:
        self.gate = threading.Event()
        self.begun: queue.Queue[str] = queue.Queue()
        self.clock = FrozenClock()
        self.desk = MemoryTicketDesk()
        self.converter = GatedConverter()
        self.sources = {
            "acme": [
                MemorySource("docs", dict(DOCUMENTS)),
                MemorySource("private", {"pay.md": "# Pay\n\nPaid monthly."}),
            ],
            "globex": [MemorySource("docs", {"policy.md": "# Policy\n\nGlobex backs up on Sundays.\n"})],
        }
        self.sources["acme"][1].readers = frozenset({reader_group("hr")})
        logins = {"failed logins": (("user", "count"), (("ana", "3"),))}
        self.systems = {company: [MemorySecuritySource(company_id=company, tables=logins)] for company in KEYS}
        self.directory = MemoryTenantDirectory()
        reader = User("reader", permissions=frozenset({Permission.CHAT}))
        nobody = User("nobody", permissions=frozenset())
        self.directory.add(Company("acme", "Acme", "en"), User("ana", frozenset({"hr"})), User("luis"), reader, nobody)
        self.directory.add(Company("globex", "Globex", "en"), User("ana"))

    def script(self, turn: Turn, tools: ToolBox) -> Iterable[AgentEvent]:
        self.begun.put(turn.run_id)
        if "(wait)" in turn.question:
            yield Spoken("One moment. ", claim=False)
            assert self.gate.wait(PATIENCE)
        while "(endless)" in turn.question and not self.gate.wait(0.01):
            yield Spoken("and so on ", claim=False)
        if "(unanswered)" in turn.question:
            raise Unavailable("model", "does not answer", 2.5)
        if "(bug)" in turn.question:
            raise RuntimeError("a secret that nobody may see")
        if "(tool)" in turn.question:
            tools.call(ToolCall("call-1", "rag_search", {"query": "backups"}))
            tools.call(ToolCall("call-2", "rag_search", {}))
            tools.call(ToolCall("call-3", "create_ticket", {}))
        if "(look)" in turn.question:
            tools.call(ToolCall("call-1", "splunk_query", {"operation": "search", "query": "failed logins"}))
        if turn.passages:
            best = turn.passages[0]
            yield Cited(Quote(1, best, best.start, best.end, best.text))
            yield Spoken(f"{' '.join(best.text.split())} [1]")
        yield Spoken(" Dragons are made of cheese.")

    def adapters(self) -> dict[str, object]:
        return {
            "clock": self.clock,
            "desk": self.desk,
            "directory": self.directory,
            "sources": self.sources.__getitem__,
            "systems": lambda company_id: self.systems.get(company_id, ()),
            "converter": self.converter,
            "embedder": HashingEmbedder(),
            "index": MemoryKnowledgeIndex(),
            "runtime": ScriptedAgentRuntime(self.script),
            "webhooks": StandardWebhookVerifier(SECRETS.get),
            "key_verifier": MemoryTokenVerifier({key: Claims(company) for company, key in KEYS.items()}),
        }


class Caller:
    """Somebody who uses the API; every response is held to the contract."""

    def __init__(self, http: httpx.Client, contract: Contract, company: str = "acme") -> None:
        self.http = http
        self.contract = contract
        self.company = company

    def __call__(self, method: str, path: str, **more: Any) -> httpx.Response:
        response = self.http.request(method, path, **more)
        self.contract.check(response)
        return response

    def get(self, path: str, **more: Any) -> httpx.Response:
        return self("GET", path, **more)

    def post(self, path: str, **more: Any) -> httpx.Response:
        return self("POST", path, **more)

    def delete(self, path: str, **more: Any) -> httpx.Response:
        return self("DELETE", path, **more)

    def ask(self, message: str = QUESTION, *, key: str | None = None, **more: Any) -> httpx.Response:
        headers = {} if key is None else {"Idempotency-Key": key}
        overheard.plant("a message", message)
        return self.post("/chat", json={"companyId": self.company, "message": message, **more}, headers=headers)

    @contextmanager
    def stream(self, path: str, method: str = "GET", after: int = 0, **more: Any) -> Iterator[Iterator[Event]]:
        headers = {"Last-Event-ID": str(after)} if after else {}
        with self.http.stream(method, path, headers={**headers, **more.pop("headers", {})}, **more) as response:
            self.contract.check(response)
            assert response.status_code == 200
            yield self.contract.events(response, after)

    @contextmanager
    def ask_streaming(
        self, message: str = QUESTION, *, key: str | None = None, **more: Any
    ) -> Iterator[Iterator[Event]]:
        headers = {} if key is None else {"Idempotency-Key": key}
        overheard.plant("a message", message)
        body = {"companyId": self.company, "message": message, "stream": True, **more}
        with self.stream("/chat", "POST", json=body, headers=headers) as events:
            yield events


def overheard_app(services: Services, *, loopback_only: bool = False) -> Flask:
    """The app, with whoever searches what it has told for the keys, and for what documents say, listening."""
    for what, texts in (("a key", KEYS.values()), ("a document", DOCUMENTS.values())):
        for text in texts:
            overheard.plant(what, text.splitlines()[-1])
    app = create_app(services, loopback_only=loopback_only)
    app.wsgi_app = telling(app.wsgi_app)  # type: ignore[method-assign]
    return app


class World:
    """One SOPHIA, its outside, and whoever calls it."""

    def __init__(self, sophia: Sophia, outside: Outside, contract: Contract) -> None:
        self.sophia = sophia
        self.outside = outside
        self.contract = contract
        self.app = overheard_app(sophia.services)
        self._clients: list[httpx.Client] = []

    def caller(
        self,
        user: str | None = "ana",
        company: str = "acme",
        *,
        key: str | None = None,
        app: Flask | None = None,
        address: str = "127.0.0.1",
    ) -> Caller:
        headers = {"X-Agent-Access-Key": KEYS[company] if key is None else key}
        if user is not None:
            headers["X-User-Id"] = user
        transport = httpx.WSGITransport(app or self.app, remote_addr=address)
        client = httpx.Client(transport=transport, base_url="http://127.0.0.1", headers=headers)
        self._clients.append(client)
        return Caller(client, self.contract, company)

    def nobody(self, **more: Any) -> Caller:
        """A caller without a credential."""
        caller = self.caller(**more)
        caller.http.headers.clear()
        return caller

    def report(
        self,
        ticket: str,
        body: object,
        *,
        company: str = "acme",
        secret_of: str | None = None,
        minutes: float = 0,
        **headers: str,
    ) -> httpx.Response:
        """What a company's backend reports of a ticket, signed; a body that is no bytes is sent as JSON."""
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        at = datetime.now(UTC) + timedelta(minutes=minutes)
        secret = SECRETS[secret_of or company]
        signed = {
            "webhook-id": "msg_1",
            "webhook-timestamp": str(int(at.timestamp())),
            "webhook-signature": Webhook(secret).sign("msg_1", at, content.decode(errors="replace")),
            "Content-Type": "application/json",
        }
        path, query = f"/tickets/{ticket}/updates", {"companyId": company}
        return self.nobody().post(path, params=query, content=content, headers=signed | headers)

    def app_with(self, *, loopback_only: bool = False, **use_cases: object) -> Flask:
        """The same app with other use cases in it."""
        return overheard_app(attrs.evolve(self.sophia.services, **use_cases), loopback_only=loopback_only)

    def close(self) -> None:
        self.outside.gate.set()
        self.outside.converter.gate.set()
        for client in self._clients:
            client.close()
        self.sophia.close()
