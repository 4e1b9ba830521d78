"""Look-ups as tools of a turn."""

from datetime import timedelta

import pytest
from attrs import evolve
from test_toolbox import HeardLog, Search, box

from sophia.application.toolbox import TurnToolBox
from sophia.domain.agents import ToolCall, ToolResult
from sophia.domain.evidence import Evidence
from sophia.domain.lookups import CutKind, LookupCaps, System, TimeRange, instant
from sophia.domain.runs import ToolFinished, ToolStarted, ToolStatus
from sophia.domain.tenancy import USUAL, Permission, reader_group
from sophia.errors import InvalidInput
from sophia.testing.fakes.memory import MemoryRecords
from sophia.testing.fakes.security_source import FailingSecuritySource, HangingSecuritySource, MemorySecuritySource
from sophia.testing.fakes.system import FrozenClock
from sophia.testing.scopes import user_scope

LOGINS = {"failed logins": (("user", "count"), (("ana", "3"), ("bob", "2")))}
NOW = FrozenClock().now()


@pytest.fixture
def log() -> HeardLog:
    return HeardLog()


def look(tools: TurnToolBox, name: str = "splunk_query", **arguments: object) -> ToolResult:
    return tools.call(ToolCall("call-1", name, {"operation": "search", "query": "failed logins", **arguments}))


def make(log: HeardLog, *systems: MemorySecuritySource, **more: object) -> TurnToolBox:
    return box(Search(), log, systems=systems, **more)


def test_what_is_found_is_evidence_that_can_be_cited(log) -> None:
    tools = make(log, MemorySecuritySource(tables=LOGINS))
    result = look(tools)
    evidence = log.evidence[0]
    assert result.status is ToolStatus.COMPLETED
    assert result.evidence == evidence
    assert result.content["evidence"] == evidence.id
    assert (evidence.thread_id, evidence.run_id, evidence.source) == ("thr_1", "run_1", "siem")
    assert evidence.lookup.span == TimeRange(NOW - timedelta(hours=24), NOW)
    passage = result.passages[0]
    assert passage.text == "| user | count |\n|---|---|\n| ana | 3 |\n| bob | 2 |" == evidence.text
    assert (passage.document_id, passage.document_version) == (evidence.id, evidence.version)
    assert [call.evidence_id for call in tools.calls] == [evidence.id]
    assert log.events == [
        ToolStarted("call-1", "splunk_query"),
        ToolFinished("call-1", ToolStatus.COMPLETED, evidence.id),
    ]
    assert tools.limitations == ()


def test_there_is_a_tool_for_each_kind_of_system_that_the_caller_may_look_at(log) -> None:
    systems = [
        MemorySecuritySource("siem", System.SPLUNK),
        MemorySecuritySource("fw-1", System.PANOS),
        MemorySecuritySource("fw-2", System.PANOS, readers=frozenset({reader_group("network")})),
        MemorySecuritySource("board", System.GRAFANA),
    ]

    def offered(*permissions: Permission, groups: tuple[str, ...] = ()) -> dict[str, list[str]]:
        tools = make(log, *systems, scope=user_scope(permissions=permissions, groups=groups))
        return {
            spec.name: spec.parameters["properties"]["source"]["enum"]
            for spec in tools.specs
            if "source" in spec.parameters["properties"]
        }

    assert offered(*USUAL) == {"splunk_query": ["siem"], "palo_alto_status": ["fw-1"], "grafana_fetch": ["board"]}
    assert offered(Permission.LOOKUP_PANOS) == {"palo_alto_status": ["fw-1"]}
    assert offered(Permission.LOOKUP_PANOS, groups=("network",)) == {"palo_alto_status": ["fw-1", "fw-2"]}
    assert offered(Permission.CHAT) == {}


def test_a_system_that_the_caller_may_not_look_at_is_none(log) -> None:
    hidden = MemorySecuritySource("fw-2", System.PANOS, readers=frozenset({reader_group("network")}), tables=LOGINS)
    tools = make(log, MemorySecuritySource("fw-1", System.PANOS), hidden)
    result = look(tools, "palo_alto_status", source="fw-2")
    assert result.status is ToolStatus.FAILED
    assert "fw-1" in str(result.content["reason"])
    assert hidden.asked == []


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({"operation": "delete"}, "operation"),
        ({"query": ""}, "query"),
        ({"rows": 3}, "rows"),
        ({"source": "siam"}, "source"),
        ({"earliest": "yesterday"}, "/earliest: expected now, -24h or"),
        ({"latest": "2026-01-01T00:00:00"}, "/latest: expected"),
        ({"earliest": "-1h", "latest": "-2h"}, "/latest: expected a time after"),
        ({"query": "no such table"}, "/query: there is no table"),
    ],
)
def test_a_mistake_is_explained_and_nothing_is_kept_of_it(log, arguments, told) -> None:
    tools = make(log, MemorySecuritySource(tables=LOGINS))
    result = look(tools, **arguments)
    assert result.status is ToolStatus.FAILED
    assert told in str(result.content["reason"])
    assert log.evidence == []


def test_a_mistake_is_named_to_the_user_unless_it_is_made_good(log) -> None:
    tools = make(log, MemorySecuritySource(tables=LOGINS))
    look(tools, query="no such table")
    (told,) = tools.limitations
    assert told.startswith("splunk_query: gave no result (/query: there is no table")
    look(tools)
    assert tools.limitations == ()


def test_a_query_that_is_refused_is_named_to_the_agent_and_to_the_user(log) -> None:
    source = MemorySecuritySource(tables=LOGINS, refused=frozenset({"failed logins"}))
    tools = make(log, source)
    result = look(tools)
    assert (result.status, source.asked, log.evidence) == (ToolStatus.DENIED, [], [])
    assert "failed logins" in str(result.content["reason"])
    (told,) = tools.limitations
    assert told.startswith("splunk_query: the query was not run (")
    assert "failed logins" in told


def test_a_system_that_does_not_answer_is_named(log) -> None:
    tools = make(log, FailingSecuritySource())
    assert look(tools).status is ToolStatus.FAILED
    assert list(tools.limitations) == [
        "splunk_query: gave no result (siem: does not answer); the answer does without it"
    ]


def test_what_was_cut_is_named(log) -> None:
    tools = make(log, MemorySecuritySource(tables=LOGINS, caps=LookupCaps(hours=2, rows=1)))
    result = look(tools, earliest="-3h")
    assert result.evidence.lookup.span == TimeRange(NOW - timedelta(hours=2), NOW)
    assert [cut.kind for cut in result.evidence.cuts] == [CutKind.RANGE, CutKind.ROWS]
    assert list(tools.limitations) == [
        "siem: only the end of the period was looked at (at most 2 h)",
        "siem: 1 of 2 rows were kept (at most 1)",
    ]


def test_look_ups_run_side_by_side(log) -> None:
    sources = [HangingSecuritySource(name, tables=LOGINS) for name in ("one", "two")]
    tools = make(log, *sources)
    for first, second in (sources, sources[::-1]):
        first.released = second.reached  # each answers only once the other is asked as well
    arguments = {"operation": "search", "query": "failed logins"}
    calls = [ToolCall(f"call-{s.name}", "splunk_query", {**arguments, "source": s.name}) for s in sources]
    results = tools.call_all(calls)
    assert [result.call_id for result in results] == ["call-one", "call-two"]
    assert [result.evidence.source for result in results] == ["one", "two"]


def test_a_system_is_told_to_stop_when_the_turn_is_cancelled(log) -> None:
    source = HangingSecuritySource(tables=LOGINS)
    tools = make(log, source)
    log.cancelled_after(source.reached)
    with pytest.raises(Exception, match="cancelled"):
        look(tools)
    assert source.stopped.wait(30)
    assert log.evidence == []


def test_a_system_is_told_to_stop_when_its_time_is_over(log) -> None:
    source = HangingSecuritySource(tables=LOGINS, caps=LookupCaps(seconds=-1.9))  # and the grace of two seconds
    tools = make(log, source)
    assert look(tools).status is ToolStatus.FAILED
    assert source.stopped.wait(30)
    assert "timed out after 0.1 s" in tools.limitations[0]


def test_the_digest_is_of_the_table_alone(log) -> None:
    tools = make(log, MemorySecuritySource(tables=LOGINS))
    first, second = (look(tools).evidence for _ in range(2))
    assert first.id != second.id
    assert first.digest == second.digest
    other = evolve(first, finding=evolve(first.finding, rows=(("ana", "4"),)))
    assert other.digest != first.digest


@pytest.mark.parametrize(
    ("cell", "shown"),
    [("a|b", "a\\|b"), ("two\nlines", "two lines"), ("x" * 400, "x" * 300 + "…"), ("", "")],
)
def test_a_cell_cannot_leave_its_place(log, cell, shown) -> None:
    evidence = look(make(log, MemorySecuritySource(tables={"failed logins": (("c",), ((cell,),))}))).evidence
    assert evidence.text == f"| c |\n|---|\n| {shown} |"


def test_a_company_looks_at_each_system_so_often_a_day(log) -> None:
    clock = FrozenClock()
    records = MemoryRecords(clock)
    caps = LookupCaps(a_day=2)
    systems = [MemorySecuritySource(name, tables=LOGINS, caps=caps) for name in ("siem", "archive")]

    def status(source: str, company: str = "acme") -> ToolStatus:
        there = [MemorySecuritySource(s.name, company_id=company, tables=LOGINS, caps=caps) for s in systems]
        tools = make(log, *there, scope=user_scope(company), records=records)
        status = look(tools, source=source).status
        told.extend(tools.limitations)
        return status

    told: list[str] = []
    assert [status("siem") for _ in range(3)] == [ToolStatus.COMPLETED, ToolStatus.COMPLETED, ToolStatus.DENIED]
    assert told == [
        "splunk_query: the 2 look-ups at siem that a day (UTC) allows are used up; the answer does without it"
    ]
    assert status("archive") is ToolStatus.COMPLETED
    assert status("siem", "globex") is ToolStatus.COMPLETED
    clock.advance(timedelta(days=1))
    later = make(log, systems[0], records=records, clock=clock)
    assert look(later).status is ToolStatus.COMPLETED


def test_look_ups_at_the_same_time_are_counted_one_by_one(log) -> None:
    source = MemorySecuritySource(tables=LOGINS, caps=LookupCaps(a_day=5))
    tools = make(log, source, calls=16)
    calls = [ToolCall(f"call-{n}", "splunk_query", {"operation": "search", "query": "failed logins"}) for n in range(9)]
    assert sorted(result.status for result in tools.call_all(calls)) == ["completed"] * 5 + ["denied"] * 4
    assert len(source.asked) == 5


def test_a_mistake_is_not_counted(log) -> None:
    source = MemorySecuritySource(tables=LOGINS, caps=LookupCaps(a_day=1))
    tools = make(log, source)
    assert look(tools, earliest="yesterday").status is ToolStatus.FAILED
    assert look(tools).status is ToolStatus.COMPLETED


def test_nothing_found_is_a_finding(log) -> None:
    result = look(make(log, MemorySecuritySource(tables={"failed logins": (("c",), ())})))
    assert isinstance(result.evidence, Evidence)
    assert result.evidence.text == "(0 rows)"


@pytest.mark.parametrize(
    ("text", "ago"),
    [("now", 0), ("-30s", 30), ("-5m", 300), ("-24h", 86_400), ("-2d", 172_800), ("-1w", 604_800)],
)
def test_a_time_can_be_told_from_now(text, ago) -> None:
    assert instant(text, NOW, "/earliest") == NOW - timedelta(seconds=ago)


def test_a_time_has_its_zone() -> None:
    assert instant("2026-01-31T08:00:00+01:00", NOW, "/earliest").isoformat() == "2026-01-31T07:00:00+00:00"
    for text in ("2026-01-31T08:00:00", "2026-01-31", "", "-24", "24h", "-999999h", "-1y"):
        with pytest.raises(InvalidInput, match="/earliest"):
            instant(text, NOW, "/earliest")
