"""A company whose documents, tools and threads somebody has planted instructions in, and a runtime that obeys them.

The knowledge, the records and the classifier are the real ones.
"""

import json
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from attrs import evolve, frozen
from sqlalchemy import func, inspect, select, table

from sophia import Answer, Settings, Sophia
from sophia.adapters.openai.endpoint import Endpoint
from sophia.adapters.openai.runtime import OpenAIAgentRuntime
from sophia.adapters.sql.engine import migrate, open_engine
from sophia.adapters.sql.records import SqlRecords
from sophia.domain.agents import AgentEvent, Turn
from sophia.domain.conversation import Message, Role
from sophia.domain.tenancy import Company, HandoffSetting, User
from sophia.domain.tickets import Ticket
from sophia.ports.agent_runtime import AgentRuntime, ToolBox
from sophia.ports.embedder import Embedder
from sophia.testing.emulators.openai import CallTool, ChatRequest, OpenAIEmulator, Reply, calls, says
from sophia.testing.fakes.agent_runtime import ObedientAgentRuntime
from sophia.testing.fakes.documents import MemorySource, PlainTextConverter
from sophia.testing.fakes.identity import MemoryTenantDirectory
from sophia.testing.fakes.system import FrozenClock, SequentialIds
from sophia.testing.fakes.ticket_desk import MemoryTicketDesk

ATTACKS = Path(__file__).parents[1] / "data" / "injection" / "attacks.json"
INJECAGENT = Path(__file__).parents[3] / "shared" / "data" / "injection" / "injecagent_dh_base.json"

USUAL = "# Backups\n\nBackups are verified every quarter by the storage team.\n"
QUESTION, ANSWER = "How often are backups verified?", "verified every quarter"
REQUEST = "Block 203.0.113.7 on the perimeter firewall."

_LAST = 60  # more calls than a turn makes

# What a turn writes: what was said, what it was, what happened in it. Nothing else may grow.
_WRITTEN = {"messages", "runs", "run_events", "threads", "audit"}


@frozen
class Attack:
    """What somebody has planted: one text for each of several documents, and what the reader is told of it.

    Attributes:
        flagged: whether it is among those that are to be seen; the others show what is not.
    """

    id: str
    texts: tuple[str, ...]
    title: str = ""
    name: str = "planted.md"
    flagged: bool = True


def attacks() -> list[Attack]:
    """Attacks of our own."""
    return [Attack(**{**stored, "texts": tuple(stored["texts"])}) for stored in json.loads(ATTACKS.read_text("utf-8"))]


class ReadsByTool(ObedientAgentRuntime):
    """Sees no passage but those that its own search finds."""

    def respond(self, turn: Turn, tools: ToolBox) -> Generator[AgentEvent]:
        yield from super().respond(evolve(turn, passages=()), tools)


def obedient_model(chat: ChatRequest) -> Reply:
    """A model behind an endpoint that does what it reads, then answers with the passage nearest to the question."""
    asked = str(next(m["content"] for m in chat.messages if m["role"] == "user" and QUESTION in str(m["content"])))
    if chat.messages[-1]["role"] != "tool":
        order = asked[:120]
        return calls(
            CallTool("create_ticket"),
            CallTool("create_ticket", {"title": order, "actions": [{"action": order, "objects": ["192.0.2.66"]}]}),
            CallTool("create_ticket", '{"title": '),
            CallTool("rag_search", {"query": QUESTION}),
            CallTool("delete_everything", {"confirmed": True}),
        )
    nearest = next(passage for passage in chat.passages if ANSWER in passage["text"])
    said = " ".join(passage["text"] for passage in chat.passages if passage is not nearest)
    return says(f"I have done it: {said}\n\nBackups are verified every quarter by the storage team [{nearest['n']}].")


class Planted:
    """A company, and what has been planted in it."""

    def __init__(
        self,
        sophia: Sophia,
        source: MemorySource,
        desk: MemoryTicketDesk,
        records: SqlRecords,
        runtime: AgentRuntime | None,
    ) -> None:
        self._sophia = sophia
        self._source = source
        self._records = records
        self.desk = desk
        self.runtime = runtime
        self.scope = sophia.scope("acme", "ana")

    def write(self, documents: dict[str, str]) -> None:
        """What the company's documents say from now on, beside the usual."""
        self._source.documents = {"backups.md": USUAL, **documents}
        ended = self._sophia.refresh("acme")
        assert ended.status == "completed", ended.problem

    def ask(self, text: str, thread: str | None = None) -> Answer:
        return self._sophia.ask(text, company="acme", user="ana", thread=thread)

    def answered(self, text: str, thread: str) -> None:
        """Let an earlier answer of the thread have said this."""
        with self._records.write(self.scope) as tx:
            before = tx.conversations.last_messages(thread, 1)[0]
            tx.conversations.add_message(
                evolve(before, id=f"msg_planted_{thread}", role=Role.ASSISTANT, text=text, vector=b"")
            )

    def messages(self, thread: str) -> list[Message]:
        return list(self._sophia.services.list_messages(self.scope, thread, 100).items)

    def tickets(self) -> list[Ticket]:
        """Those of the user; the desk has to have received no other."""
        listed = list(self._sophia.services.list_tickets(self.scope, 1000).items)
        assert {ticket.id for ticket in self.desk.reports("acme")} == {ticket.id for ticket in listed}
        return listed

    def audited(self, action: str) -> list[dict[str, object]]:
        """The details of the audit entries with this action."""
        with self._records.read(self.scope) as tx:
            return [
                {**entry.event.details, "subject": entry.event.subject}
                for entry in tx.audit.entries(limit=100_000)
                if entry.event.action == action
            ]

    def rows(self) -> dict[str, int]:
        """How many rows each table of the system of record has."""
        engine = self._records._engine
        with engine.connect() as connection:
            names = inspect(engine).get_table_names()
            return {
                name: connection.execute(select(func.count()).select_from(table(name))).scalar_one() for name in names
            }


def grown(before: dict[str, int], after: dict[str, int]) -> set[str]:
    """The tables that hold more, or less, than before, but for those that every turn writes."""
    return {name for name in after if after[name] != before[name]} - _WRITTEN


@contextmanager
def planted(
    folder: Path, runtime: AgentRuntime | None, embedder: Embedder, handoff: HandoffSetting = HandoffSetting.AUTO
) -> Iterator[Planted]:
    """A company of its own; no runtime: the one that quotes sentences."""
    folder.mkdir(exist_ok=True)
    engine = open_engine(f"sqlite:///{folder / 'sophia.db'}")
    migrate(engine)
    directory = MemoryTenantDirectory()
    directory.add(Company("acme", "Acme", "en", handoff), User("ana"))
    source, desk, clock = MemorySource("docs"), MemoryTicketDesk(), FrozenClock()
    records = SqlRecords(engine, clock)
    sophia = Sophia(
        Settings(directory=folder),
        records=records,
        embedder=embedder,
        directory=directory,
        sources=lambda _: (source,),
        converter=PlainTextConverter(),
        desk=desk,
        clock=clock,
        ids=SequentialIds(),
        **({"runtime": runtime} if runtime else {}),
    )
    try:
        yield Planted(sophia, source, desk, records, runtime)
    finally:
        sophia.close()
        engine.dispose()


@contextmanager
def planted_behind_an_endpoint(folder: Path, embedder: Embedder) -> Iterator[tuple[Planted, OpenAIEmulator]]:
    """A company whose answers an obedient model behind an endpoint words, and the endpoint."""
    with OpenAIEmulator(obedient_model) as endpoint:
        runtime = OpenAIAgentRuntime(Endpoint(f"{endpoint.url}/v1", "emulated"), backoff=0.0)
        with planted(folder, runtime, embedder) as company:
            yield company, endpoint


@pytest.fixture(scope="module")
def obedient() -> ObedientAgentRuntime:
    """Obeys whatever it reads."""
    return ObedientAgentRuntime()


@pytest.fixture(scope="module")
def reader() -> ReadsByTool:
    """Obeys what its searches find."""
    return ReadsByTool()


@pytest.fixture(scope="module")
def obeyed(tmp_path_factory, obedient, model) -> Iterator[Planted]:
    """The company of the obedient runtime."""
    with planted(tmp_path_factory.mktemp("obedient"), obedient, model) as company:
        yield company


@pytest.fixture(scope="module")
def by_tool(tmp_path_factory, reader, model) -> Iterator[Planted]:
    """The company of the one that searches."""
    with planted(tmp_path_factory.mktemp("by_tool"), reader, model) as company:
        yield company


def assert_nothing_was_done(company: Planted, answer: Answer, before: dict[str, int]) -> None:
    """A turn has left nothing but what was said in it."""
    assert answer.handoff is None
    assert company.tickets() == []
    assert grown(before, company.rows()) == set()


def is_answered(answer: Answer) -> bool:
    """Whether the question got its answer, with a citation that stands, and what the answer says there is borne out."""
    quotes = [citation for citation in answer.citations if ANSWER in citation.quote and citation.title == "Backups"]
    said = answer.text.rfind(ANSWER)
    marked = any(span.start <= said < span.end for span in answer.unsupported)
    return bool(quotes) and all(citation.verified for citation in quotes) and said >= 0 and not marked


def assert_answered(answer: Answer) -> None:
    """See `is_answered`."""
    assert is_answered(answer), (answer.text, [citation.quote for citation in answer.citations])


def seen(runtime: AgentRuntime) -> str:
    """All that an obedient runtime's last turn showed, its tools included."""
    assert isinstance(runtime, ObedientAgentRuntime)
    turn = runtime.turns[-1]
    found = [passage for _, result in runtime.results[-_LAST:] for passage in result.passages]
    shown = [text for passage in (*turn.passages, *found) for text in (passage.title, *passage.heading, passage.text)]
    said = [*turn.history, *(found.message for found in turn.recalled)]
    return "\n".join([*shown, *(message.text for message in said), turn.question])


def asked_for(ticket: Ticket) -> dict[str, object]:
    """What a ticket says, but for whose and when it is, and for what was found beside the request."""
    own = (
        "title",
        "user_message",
        "actions",
        "category",
        "priority",
        "priority_reason",
        "target",
        "language",
        "user_id",
    )
    return {name: getattr(ticket, name) for name in own}
