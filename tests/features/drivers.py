"""Two ways into SOPHIA, told in the same words: its Python object, and its HTTP API.

A scenario speaks to a `Driver` and cannot tell which of the two it has.
"""

import json
import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from attrs import field, frozen
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from sophia import Sophia
from sophia.application.start_run import Question
from sophia.domain.citation import Citation
from sophia.domain.handoff import Handoff
from sophia.domain.knowledge import Document, DocumentFailure, SourceStatus
from sophia.domain.refresh import Refresh, RefreshEnded, RefreshOptions
from sophia.domain.runs import Answer, MessageDelta, RunCompleted
from sophia.domain.tickets import Ticket, TicketReport, TicketState
from sophia.entrypoints.http.app import create_app
from sophia.errors import AnswerFailed, SophiaError

JSON = dict[str, Any]


@frozen
class Person:
    """A user of a company."""

    company: str
    id: str

    @property
    def token(self) -> str:
        return f"token-of-{self.id}-at-{self.company}"


@frozen
class Reply:
    """An answer, as far as scenarios look at it; ``marked`` are the stretches that nothing bears out."""

    text: str
    language: str
    thread: str
    run: str
    citations: tuple[Citation, ...]
    marked: tuple[str, ...]
    handoff: Handoff | None
    handoffs: tuple[Handoff, ...]
    limitations: tuple[str, ...]

    @property
    def unsupported(self) -> int:
        return len(self.marked)


@frozen
class Heard:
    """An answer that came in pieces: the stretches of text as they came, and what stood at the end."""

    pieces: tuple[str, ...]
    reply: Reply


@frozen
class Said:
    """A message of a thread, or one that a search has found."""

    text: str
    role: str
    thread: str


@frozen
class Slip:
    """A ticket, as its user sees it."""

    id: str
    number: str | None
    status: str
    title: str
    actions: tuple[str, ...]
    thread: str
    state: str | None
    version: int
    note: str | None


@frozen
class Report:
    """How a refresh went. Failures are (document, reason)."""

    status: str
    counts: dict[str, int] = field(factory=dict, hash=False)
    failures: tuple[tuple[str, str], ...] = ()
    problem: str | None = None


@frozen
class Listed:
    """A document, as the list of the knowledge base shows it."""

    id: str
    name: str
    pending: int
    failure: str | None


@frozen
class SourceState:
    """A source, as the list of sources shows it. Failures are (document, reason)."""

    name: str
    failures: tuple[tuple[str, str], ...]


class Refused(Exception):
    """SOPHIA said no; ``code`` is the last part of the problem's type, ``seconds`` when to come again."""

    def __init__(self, code: str, detail: str, seconds: float | None = None) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.seconds = seconds


class Driver(ABC):
    """What a scenario can do. Every method raises `Refused` when SOPHIA says no."""

    @abstractmethod
    def ask(self, who: Person, text: str, *, thread: str | None = None, key: str | None = None) -> Reply: ...

    @abstractmethod
    def listen(self, who: Person, text: str) -> Heard:
        """Ask, and hear the answer while it is being written."""

    @abstractmethod
    def run_status(self, who: Person, run: str) -> str: ...

    @abstractmethod
    def run_events(self, who: Person, run: str) -> int:
        """How many events the log of a finished run holds."""

    @abstractmethod
    def threads(self, who: Person) -> list[str]: ...

    @abstractmethod
    def messages(self, who: Person, thread: str) -> list[Said]: ...

    @abstractmethod
    def search(self, who: Person, text: str) -> list[Said]: ...

    @abstractmethod
    def delete_thread(self, who: Person, thread: str) -> None: ...

    @abstractmethod
    def tickets(self, who: Person) -> list[Slip]: ...

    @abstractmethod
    def report(self, company: str, ticket: str, body: bytes, headers: dict[str, str]) -> Slip:
        """What a company's backend reports of a ticket; the ticket as it stands then."""

    @abstractmethod
    def begin_refresh(self, who: Person, *, dry_run: bool = False) -> str:
        """Set a refresh going; its id."""

    @abstractmethod
    def end_refresh(self, who: Person, refresh: str) -> Report:
        """Follow a refresh to its end."""

    @abstractmethod
    def documents(self, who: Person) -> list[Listed]: ...

    @abstractmethod
    def document_text(self, who: Person, document: str, version: str) -> str: ...

    @abstractmethod
    def sources(self, who: Person) -> list[SourceState]: ...


class LibraryDriver(Driver):
    """Through ``import sophia``."""

    def __init__(self, sophia: Sophia) -> None:
        self._sophia = sophia
        self._services = sophia.services

    def ask(self, who: Person, text: str, *, thread: str | None = None, key: str | None = None) -> Reply:
        with _refusals():
            if key is None:
                return _reply(self._sophia.ask(text, company=who.company, user=who.id, thread=thread))
            scope = self._scope(who)
            started = self._services.start_run(scope, Question(text, thread), key)
            self._services.background.play(started)
            return _reply(self._services.read_answer(scope, started.run))

    def listen(self, who: Person, text: str) -> Heard:
        with _refusals():
            *events, last = self._sophia.stream(text, company=who.company, user=who.id)
        assert isinstance(last, RunCompleted)
        return Heard(tuple(e.text for e in events if isinstance(e, MessageDelta)), _reply(last.answer))

    def run_status(self, who: Person, run: str) -> str:
        with _refusals():
            return self._services.read_run(self._scope(who), run).status

    def run_events(self, who: Person, run: str) -> int:
        with _refusals():
            scope = self._scope(who)
            return sum(1 for _ in self._services.follow_run(scope, self._services.read_run(scope, run)))

    def threads(self, who: Person) -> list[str]:
        with _refusals():
            return [thread.id for thread in self._services.list_threads(self._scope(who), 100).items]

    def messages(self, who: Person, thread: str) -> list[Said]:
        with _refusals():
            found = self._services.list_messages(self._scope(who), thread, 100).items
        return [Said(m.text, m.role, m.thread_id) for m in found]

    def search(self, who: Person, text: str) -> list[Said]:
        with _refusals():
            found = self._services.search_messages(self._scope(who), text, 100)
        return [Said(f.message.text, f.message.role, f.message.thread_id) for f in found]

    def delete_thread(self, who: Person, thread: str) -> None:
        with _refusals():
            self._services.delete_thread(self._scope(who), thread)

    def tickets(self, who: Person) -> list[Slip]:
        with _refusals():
            return [_slip(ticket) for ticket in self._services.list_tickets(self._scope(who), 100).items]

    def report(self, company: str, ticket: str, body: bytes, headers: dict[str, str]) -> Slip:
        with _refusals():
            scope = self._services.authenticate_webhook(company, body, headers)
            told = json.loads(body)
            report = TicketReport(told["version"], TicketState(told["state"]), told.get("note"), told.get("externalId"))
            return _slip(self._services.update_ticket(scope, ticket, report))

    def begin_refresh(self, who: Person, *, dry_run: bool = False) -> str:
        with _refusals():
            started = self._services.start_refresh(self._scope(who), RefreshOptions(dry_run=dry_run))
            self._services.background.refresh(started, who.company)
        return started.refresh.id

    def end_refresh(self, who: Person, refresh: str) -> Report:
        with _refusals():
            scope = self._scope(who)
            *_, last = self._services.follow_refresh(scope, self._services.read_refresh(scope, refresh))
        assert last is not None
        assert isinstance(last.event, RefreshEnded)
        return _report(last.event.refresh)

    def documents(self, who: Person) -> list[Listed]:
        with _refusals():
            return [_listed(document) for document in self._services.list_documents(self._scope(who), 100).items]

    def document_text(self, who: Person, document: str, version: str) -> str:
        with _refusals():
            return self._services.read_document(self._scope(who), document, version).text

    def sources(self, who: Person) -> list[SourceState]:
        with _refusals():
            return [_source(source) for source in self._services.list_sources(self._scope(who))]

    def _scope(self, who: Person) -> Any:
        return self._sophia.scope(who.company, who.id)


class HttpDriver(Driver):
    """Through the HTTP API, as a client sees it: JSON, problem documents and server-sent events."""

    def __init__(self, sophia: Sophia) -> None:
        self._client: FlaskClient = create_app(sophia.services).test_client()

    def ask(self, who: Person, text: str, *, thread: str | None = None, key: str | None = None) -> Reply:
        body = {"companyId": who.company, "message": text} | ({"threadId": thread} if thread else {})
        headers = {"Idempotency-Key": key} if key else {}
        return _reply_of(self._call("POST", "/chat", who, body, headers))

    def listen(self, who: Person, text: str) -> Heard:
        body = {"companyId": who.company, "message": text, "stream": True}
        *events, (name, last) = self._stream("POST", "/chat", who, body)
        assert name == "run.completed", last
        return Heard(tuple(data["text"] for name, data in events if name == "message.delta"), _reply_of(last))

    def run_status(self, who: Person, run: str) -> str:
        return self._call("GET", f"/runs/{run}", who)["status"]

    def run_events(self, who: Person, run: str) -> int:
        return len(self._stream("GET", f"/runs/{run}/events", who))

    def threads(self, who: Person) -> list[str]:
        return [thread["threadId"] for thread in self._call("GET", "/threads?limit=100", who)["items"]]

    def messages(self, who: Person, thread: str) -> list[Said]:
        return [_said(m) for m in self._call("GET", f"/threads/{thread}/messages?limit=100", who)["items"]]

    def search(self, who: Person, text: str) -> list[Said]:
        return [_said(m) for m in self._call("GET", "/messages/search", who, query={"q": text})["items"]]

    def delete_thread(self, who: Person, thread: str) -> None:
        self._call("DELETE", f"/threads/{thread}", who)

    def tickets(self, who: Person) -> list[Slip]:
        return [_slip_of(ticket) for ticket in self._call("GET", "/tickets?limit=100", who)["items"]]

    def report(self, company: str, ticket: str, body: bytes, headers: dict[str, str]) -> Slip:
        path, query = f"/tickets/{ticket}/updates", {"companyId": company}
        sent = {"Content-Type": "application/json"} | headers
        with self._answered(self._client.post(path, query_string=query, data=body, headers=sent)) as response:
            return _slip_of(response.get_json())

    def begin_refresh(self, who: Person, *, dry_run: bool = False) -> str:
        return self._call("POST", "/refresh", who, {"companyId": who.company, "dryRun": dry_run})["refreshId"]

    def end_refresh(self, who: Person, refresh: str) -> Report:
        *_, (name, ended) = self._stream("GET", f"/refresh/{refresh}/events", who)
        assert name == f"refresh.{ended['status']}"
        report = ended["report"]
        counts = {
            "unchanged": report["unchanged"],
            "added": report["added"],
            "updated": report["updated"],
            "removed": report["removed"],
            "embedded": report["chunksEmbedded"],
            "reused": report["chunksReused"],
        }
        return Report(ended["status"], counts, _failures_of(report), ended["problem"])

    def documents(self, who: Person) -> list[Listed]:
        return [
            Listed(d["documentId"], d["externalId"], d["pendingChunks"], d["failure"])
            for d in self._call("GET", "/documents?limit=100", who)["items"]
        ]

    def document_text(self, who: Person, document: str, version: str) -> str:
        return self._call("GET", f"/documents/{document}", who, query={"version": version})["text"]

    def sources(self, who: Person) -> list[SourceState]:
        return [SourceState(s["name"], _failures_of(s)) for s in self._call("GET", "/sources", who)["items"]]

    def _call(
        self,
        method: str,
        path: str,
        who: Person,
        body: JSON | None = None,
        headers: dict[str, str] | None = None,
        query: dict[str, str] | None = None,
    ) -> JSON:
        with self._open(method, path, who, body, headers, query) as response:
            return response.get_json() if response.data else {}

    def _stream(self, method: str, path: str, who: Person, body: JSON | None = None) -> list[tuple[str, JSON]]:
        with self._open(method, path, who, body) as response:
            assert response.mimetype == "text/event-stream"
            return list(_events(response.get_data(as_text=True)))

    @contextmanager
    def _open(
        self,
        method: str,
        path: str,
        who: Person,
        body: JSON | None = None,
        headers: dict[str, str] | None = None,
        query: dict[str, str] | None = None,
    ) -> Iterator[TestResponse]:
        sent = {"Authorization": f"Bearer {who.token}"} | (headers or {})
        with self._answered(
            self._client.open(path, method=method, json=body, headers=sent, query_string=query)
        ) as response:
            yield response

    @contextmanager
    def _answered(self, answered: TestResponse) -> Iterator[TestResponse]:
        with answered as response:
            if response.status_code >= 400:
                problem = json.loads(response.data)
                assert response.mimetype == "application/problem+json"
                assert problem["status"] == response.status_code
                seconds = response.headers.get("Retry-After")
                raise Refused(problem["type"].rpartition(":")[2], problem["detail"], seconds and float(seconds))
            yield response


DRIVERS: dict[str, Callable[[Sophia], Driver]] = {"library": LibraryDriver, "http": HttpDriver}


@contextmanager
def _refusals() -> Iterator[None]:
    """The library's errors under the names that the HTTP API has for them."""
    try:
        yield
    except SophiaError as error:
        name = re.sub(r"(?<!^)(?=[A-Z])", "-", type(error).__name__).lower()
        code = error.code if isinstance(error, AnswerFailed) else name
        raise Refused(code, str(error), getattr(error, "retry_after", None)) from error


def _reply(answer: Answer) -> Reply:
    return Reply(
        answer.text,
        answer.language,
        answer.thread_id,
        answer.run_id,
        answer.citations,
        tuple(answer.text[span.start : span.end] for span in answer.unsupported),
        answer.handoff,
        answer.handoffs,
        answer.limitations,
    )


def _slip(ticket: Ticket) -> Slip:
    actions = tuple(action.action for action in ticket.actions)
    return Slip(
        ticket.id,
        ticket.external_id,
        ticket.status,
        ticket.title,
        actions,
        ticket.thread_id,
        ticket.state,
        ticket.version,
        ticket.note,
    )


def _slip_of(ticket: JSON) -> Slip:
    return Slip(
        ticket["ticketId"],
        ticket["externalId"],
        ticket["status"],
        ticket["title"],
        tuple(action["action"] for action in ticket["requestedActions"]),
        ticket["threadId"],
        ticket["state"],
        ticket["version"],
        ticket["note"],
    )


def _report(refresh: Refresh) -> Report:
    report = refresh.report
    assert report is not None
    counts = {
        "unchanged": report.unchanged,
        "added": report.added,
        "updated": report.updated,
        "removed": report.removed,
        "embedded": report.chunks_embedded,
        "reused": report.chunks_reused,
    }
    return Report(refresh.status, counts, _failures(report.failures), refresh.problem)


def _listed(document: Document) -> Listed:
    return Listed(document.id, document.external_id, document.pending, document.failure)


def _source(source: SourceStatus) -> SourceState:
    return SourceState(source.name, _failures(source.failures))


def _failures(failures: tuple[DocumentFailure, ...]) -> tuple[tuple[str, str], ...]:
    return tuple((failure.external_id, failure.reason) for failure in failures)


def _reply_of(answer: JSON) -> Reply:
    citations = tuple(Citation(**_snake(c) | {"heading": tuple(c["heading"])}) for c in answer["citations"])
    return Reply(
        answer["answer"],
        answer["language"],
        answer["threadId"],
        answer["runId"],
        citations,
        tuple(answer["answer"][span["start"] : span["end"]] for span in answer["unsupported"]),
        Handoff(**_snake(answer["handoff"])) if answer["handoff"] else None,
        tuple(Handoff(**_snake(handoff)) for handoff in answer["handoffs"]),
        tuple(answer["limitations"]),
    )


def _said(message: JSON) -> Said:
    return Said(message["text"], message["role"], message["threadId"])


def _failures_of(value: JSON) -> tuple[tuple[str, str], ...]:
    return tuple((failure["externalId"], failure["reason"]) for failure in value["failures"])


def _snake(value: JSON) -> JSON:
    return {re.sub(r"(?=[A-Z])", "_", name).lower(): item for name, item in value.items()}


def _events(stream: str) -> Iterator[tuple[str, JSON]]:
    """The events of a stream; their ids have to count from 1."""
    blocks = [block for block in stream.split("\n\n") if block and not block.startswith(":")]
    for number, block in enumerate(blocks, start=1):
        fields = dict(line.split(": ", 1) for line in block.split("\n"))
        assert fields["id"] == str(number)
        yield fields["event"], json.loads(fields["data"])
