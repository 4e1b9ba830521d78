import threading
from collections.abc import Iterator, Sequence

import pytest

from sophia.application.handoff import HandoffOutcome
from sophia.application.limits import AdmitLookup
from sophia.application.look_up import LookUp
from sophia.application.retrieve import Retrieve
from sophia.application.run_log import RunLog
from sophia.application.toolbox import ToolLimits, TurnToolBox
from sophia.domain.agents import ToolCall, ToolResult
from sophia.domain.asked import Category
from sophia.domain.evidence import Evidence
from sophia.domain.handoff import Course, Decision, Handoff, HandoffDecision, HandoffReason
from sophia.domain.knowledge import Passage
from sophia.domain.named_lookups import CompanyLookups
from sophia.domain.runs import Run, RunEvent, RunStatus, ToolCallRecord, ToolFinished, ToolStarted, ToolStatus
from sophia.domain.tenancy import TenantScope
from sophia.errors import Cancelled, Unavailable
from sophia.ports.security_source import SecuritySource
from sophia.testing.contracts.agent_runtime import make_passage
from sophia.testing.fakes.embedder import HashingEmbedder
from sophia.testing.fakes.memory import MemoryRecords
from sophia.testing.fakes.system import FrozenClock, SequentialIds
from sophia.testing.scopes import user_scope

RUN = Run("run_1", "thr_1", "msg_1", RunStatus.RUNNING, FrozenClock().now())
FOUND = make_passage("Backups are made every night.")


class HeardLog(RunLog):
    """Keeps what it is told; a cancelled turn hears of it."""

    def __init__(self) -> None:
        self.events: list[RunEvent] = []
        self.ran: list[ToolCallRecord] = []
        self.evidence: list[Evidence] = []
        self.cancelled = threading.Event()

    def cancelled_after(self, event: threading.Event) -> None:
        """Have the turn cancelled as soon as something has happened."""
        self.cancelled = event

    def record(self, call: ToolCallRecord, evidence: Evidence | None) -> None:
        self.ran.append(call)
        if evidence is not None:
            self.evidence.append(evidence)

    def check(self) -> None:
        if self.cancelled.is_set():
            raise Cancelled

    def add(self, *events: RunEvent) -> None:
        self.events += events


class Search(Retrieve):
    """Finds one passage; when it is shut, it hangs until the test is over."""

    def __init__(self) -> None:
        self.queries: list[str] = []
        self.error: Exception | None = None
        self.begun = threading.Event()
        self.gate = threading.Event()
        self.gate.set()

    def __call__(self, scope: TenantScope, text: str, vector: tuple[float, ...]) -> tuple[Passage, ...]:
        self.begun.set()
        self.gate.wait(30)
        if self.error:
            raise self.error
        self.queries.append(text)
        return (FOUND,)


@pytest.fixture
def search() -> Iterator[Search]:
    search = Search()
    yield search
    search.gate.set()


@pytest.fixture
def log() -> HeardLog:
    return HeardLog()


def box(
    search: Search,
    log: HeardLog,
    handoff: Handoff | None = None,
    systems: Sequence[SecuritySource] = (),
    scope: TenantScope | None = None,
    records: MemoryRecords | None = None,
    clock: FrozenClock | None = None,
    **limits: float,
) -> TurnToolBox:
    decision = HandoffDecision(Course.ANSWER, HandoffReason.ONLY_PROPOSED, Category.KNOWLEDGE, answers=True)
    clock = clock or FrozenClock()
    outcome = HandoffOutcome(decision, (handoff,) if handoff else ())
    return TurnToolBox(
        scope or user_scope("acme"),
        RUN,
        search,
        LookUp(
            lambda _: systems,
            lambda _: CompanyLookups(),
            AdmitLookup(records or MemoryRecords(clock), clock),
            clock,
            SequentialIds(),
        ),
        HashingEmbedder(),
        lambda: outcome,
        log.record,
        log,
        "en",
        limits=ToolLimits(**limits),
    )


def ask(tools: TurnToolBox, name: str = "rag_search", **arguments: object) -> ToolResult:
    return tools.call(ToolCall("call-1", name, arguments))


def test_a_search_comes_back_with_its_passages_and_is_recorded(search, log) -> None:
    tools = box(search, log)
    result = ask(tools, query="backups")
    assert (result.status, result.passages, search.queries) == (ToolStatus.COMPLETED, (FOUND,), ["backups"])
    assert log.events == [ToolStarted("call-1", "rag_search"), ToolFinished("call-1", ToolStatus.COMPLETED)]
    assert [(call.name, call.status) for call in tools.calls] == [("rag_search", ToolStatus.COMPLETED)]
    assert log.ran == tools.calls
    assert tools.limitations == ()


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ({}, "$: 'query' is a required property"),
        ({"query": ""}, "$.query: '' should be non-empty"),
        ({"query": "  "}, "the query is empty"),
        ({"query": 3}, "$.query: 3 is not of type 'string'"),
        ({"query": "x", "company": "globex"}, "Additional properties are not allowed ('company' was unexpected)"),
        (None, "the arguments are no JSON object"),
    ],
)
def test_arguments_that_a_tool_does_not_take_are_explained(search, log, arguments, reason) -> None:
    tools = box(search, log)
    result = tools.call(ToolCall("call-1", "rag_search", arguments))
    assert result.status is ToolStatus.FAILED
    assert reason in str(result.content["reason"])
    assert search.queries == []
    assert tools.limitations == ()  # the agent can do better; nothing is missing yet


def test_what_goes_back_about_a_mistake_is_short(search, log) -> None:
    tools = box(search, log)
    for result in (ask(tools, query="x" * 100_000), ask(tools, "x" * 100_000)):
        assert len(str(result.content["reason"])) < 400


def test_an_invented_tool_is_named_with_those_that_there_are(search, log) -> None:
    result = ask(box(search, log), "delete_everything")
    assert result.status is ToolStatus.FAILED
    assert result.content["reason"] == "there is no tool 'delete_everything'; there are rag_search, create_ticket"
    assert log.events == []


def test_mistakes_are_bounded(search, log) -> None:
    tools = box(search, log, mistakes=2)
    ask(tools, "invented")
    ask(tools)
    result = ask(tools, query="backups")
    assert result.content["reason"] == "no more tools in this turn; answer with what there is"
    assert search.queries == []


def test_calls_are_bounded(search, log) -> None:
    tools = box(search, log, calls=2)
    assert [ask(tools, query="backups").status for _ in range(4)] == ["completed", "completed", "failed", "failed"]
    assert len(search.queries) == len(tools.calls) == 2


def test_a_tool_that_does_not_answer_is_named_as_a_limitation_once(search, log) -> None:
    search.error = Unavailable("index", "is being rebuilt")
    tools = box(search, log)
    assert [ask(tools, query="backups").status for _ in range(2)] == ["failed", "failed"]
    assert list(tools.limitations) == [
        "rag_search: gave no result (index: is being rebuilt); the answer does without it"
    ]


def test_a_tool_that_hangs_is_left_behind(search, log) -> None:
    search.gate.clear()
    tools = box(search, log, seconds=0.01)
    result = ask(tools, query="backups")
    assert (result.status, result.content["reason"]) == (ToolStatus.FAILED, "timed out after 0.01 s")
    assert [call.status for call in tools.calls] == [ToolStatus.FAILED]
    assert "timed out after 0.01 s" in tools.limitations[0]


def test_a_cancelled_turn_does_not_wait_for_its_tool(search, log) -> None:
    search.gate.clear()

    def cancel() -> None:
        search.begun.wait(30)
        log.cancelled.set()

    threading.Thread(target=cancel).start()
    with pytest.raises(Cancelled):
        ask(box(search, log, seconds=30), query="backups")
    assert not search.gate.is_set()
    assert [(call.name, call.status) for call in log.ran] == [("rag_search", ToolStatus.FAILED)]


def test_a_bug_in_a_tool_is_not_swallowed(search, log) -> None:
    search.error = KeyError("bug")
    with pytest.raises(KeyError, match="bug"):
        ask(box(search, log), query="backups")


@pytest.mark.parametrize(
    ("handoff", "status", "outcome"),
    [
        (None, ToolStatus.DENIED, "refused"),
        (Handoff(Decision.DECLINED, "VICTORIA", Category.CHANGE, "no permission"), ToolStatus.DENIED, "declined"),
        (Handoff(Decision.HANDED_OFF, "VICTORIA", Category.CHANGE, "asked"), ToolStatus.COMPLETED, "handed_off"),
    ],
)
def test_a_ticket_is_what_the_users_words_have_made_of_it(search, log, handoff, status, outcome) -> None:
    result = ask(box(search, log, handoff), "create_ticket")
    assert (result.status, result.content["outcome"]) == (status, outcome)


def test_a_ticket_takes_nothing_from_the_agent(search, log) -> None:
    result = ask(box(search, log), "create_ticket", title="Open port 22")
    assert result.status is ToolStatus.FAILED
    assert "'title' was unexpected" in str(result.content["reason"])
