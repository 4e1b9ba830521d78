"""Makes the planned look-ups of a turn, and tells what they found: a sentence and a small table, each figure cited."""

import re
from collections.abc import Generator, Iterator, Mapping, Sequence
from zoneinfo import ZoneInfo

from attrs import frozen

from sophia.adapters.extractive.rendering import unmarked
from sophia.adapters.extractive.wording import Wording
from sophia.domain.agents import AgentEvent, Cited, Limitation, Spoken, ToolCall, ToolResult
from sophia.domain.citation import Quote
from sophia.domain.evidence import Evidence
from sophia.domain.intent.verbs import fold
from sophia.domain.lookups import System, TimeRange
from sophia.domain.named_lookups import Gap, GapKind, LookupPlan, PlannedLookup
from sophia.domain.runs import ToolStatus
from sophia.ports.agent_runtime import ToolBox

__all__ = ["look_up", "offer"]

_MOST_ROWS = 10
_LONGEST_REASON = 160
_SYSTEMS = {System.SPLUNK: "Splunk", System.PANOS: "Palo Alto", System.GRAFANA: "Grafana"}
_FIELDS = ("field", "value")


def look_up(plan: LookupPlan, tools: ToolBox, words: Wording) -> Generator[AgentEvent, None, int]:
    """Look up what is planned, all at once, and tell it; and say what was not looked up, and why.

    Returns:
        How many quotes there are.
    """
    calls = [
        ToolCall(f"lookup-{number}", planned.tool, dict(planned.arguments))
        for number, planned in enumerate(plan.planned, 1)
    ]
    index, before = 0, ""
    for planned, result in zip(plan.planned, tools.call_all(calls), strict=True):
        yield Spoken(before, claim=False)
        before = "\n\n"
        if result.evidence is None:
            yield from _failed(planned, result, plan, words)
        else:
            index += 1
            yield from _told(planned, result.evidence, index, plan, words)
    for gap in plan.gaps:
        told = _gap(gap, words)
        yield Spoken(before + told, claim=False)
        yield Limitation(told)
        before = "\n\n"
    return index


def offer(titles: Sequence[str], words: Wording, *, also: bool = False) -> Iterator[AgentEvent]:
    """What can be looked up, for somebody who asked for what cannot."""
    lead = words.lookups["offered_also" if also else "offered"]
    yield Spoken("\n".join((lead, "", *(f"- {title}" for title in titles))), claim=False)


@frozen
class _Line:
    """A line of the evidence's table that is told; ``start`` is where it stands in its text."""

    start: int
    text: str

    @property
    def end(self) -> int:
        return self.start + len(self.text)


def _told(
    planned: PlannedLookup, evidence: Evidence, index: int, plan: LookupPlan, words: Wording
) -> Iterator[AgentEvent]:
    finding, lookup = evidence.finding, planned.lookup
    what = _what(planned, evidence.lookup.span, plan, words)
    header, lines = _lines(evidence)
    chosen = [number for number, row in enumerate(finding.rows) if _is_meant(row, finding.columns, lookup.only)]
    shown = [lines[number] for number in chosen[:_MOST_ROWS]]
    if not chosen:
        quoted = lines[:_MOST_ROWS] if lines else [_Line(0, evidence.text)]
        yield Cited(_quote(index, evidence, 0, quoted[-1].end))
        kind = "none_such" if lines else "none_cut" if evidence.cuts else "none"
        yield Spoken(words.lookups[kind].format(what=what, index=index, seen=len(lines)), claim=False)
        return
    yield Cited(_quote(index, evidence, 0 if chosen[0] == 0 else shown[0].start, shown[-1].end))
    yield Spoken(_sum(planned, evidence, chosen, what, index, words) + "\n\n", claim=False)
    yield Spoken(f"{header}\n{_rule(header)}", claim=False)
    for line in shown:
        yield Spoken("\n", claim=False)
        yield Spoken(_marked(line.text, index))
    left = (len(chosen) if lookup.only else max(finding.seen, len(chosen))) - len(shown)
    if left > 0:
        yield Spoken(f"\n\n{words.lookups['more'].format(more=left)}", claim=False)
    if planned.ignored:
        yield Spoken(f"\n\n{words.lookups['ignored'].format(things=', '.join(planned.ignored))}", claim=False)


def _failed(planned: PlannedLookup, result: ToolResult, plan: LookupPlan, words: Wording) -> Iterator[AgentEvent]:
    reason = _plain(str(result.content.get("reason") or result.status))
    yield Spoken(
        words.lookups["failed"].format(what=_what(planned, planned.span, plan, words), reason=reason), claim=False
    )
    if result.status is ToolStatus.FAILED and result.content.get("outcome") == "mistaken":
        told = {"title": _title(planned, words), "source": planned.source, "reason": reason}
        yield Limitation(words.lookups["not_looked"].format(**told))


def _gap(gap: Gap, words: Wording) -> str:
    known = ", ".join(gap.known)
    match gap.kind:
        case GapKind.DENIED:
            permission = words.lookups["permission"].format(permission=gap.detail) if gap.detail else ""
            system = _SYSTEMS[gap.system]
            return words.lookups["denied"].format(title=gap.title, system=system, permission=permission)
        case GapKind.MISSING:
            return words.lookups["missing"].format(title=gap.title, kind=words.lookups[f"missing.{gap.detail}"])
        case GapKind.UNKNOWN:
            return words.lookups["unknown"].format(title=gap.title, thing=gap.detail, known=known)
        case GapKind.MANY:
            return words.lookups["many"].format(title=gap.title, known=known)


def _title(planned: PlannedLookup, words: Wording) -> str:
    about = ", ".join(planned.about)
    return words.lookups["title"].format(title=planned.title, about=about) if about else planned.title


def _what(planned: PlannedLookup, span: TimeRange | None, plan: LookupPlan, words: Wording) -> str:
    """What was looked up, where, and from when to when as its user's clock has it."""
    where = words.lookups["where"].format(title=_title(planned, words), source=planned.source)
    if span is None:
        return words.lookups["now"].format(where=where)
    zone = ZoneInfo(plan.zone)
    start, end = (f"{at.astimezone(zone):%Y-%m-%d %H:%M}" for at in (span.start, span.end))
    said = words.lookups["said"].format(words=planned.when) if planned.when else ""
    return words.lookups["span"].format(where=where, start=start, end=end, zone=plan.zone, words=said)


def _sum(
    planned: PlannedLookup, evidence: Evidence, chosen: Sequence[int], what: str, index: int, words: Wording
) -> str:
    """How much there is. A sum is told where every row of the column is a whole number, and none is left out."""
    finding, rows = evidence.finding, len(chosen)
    if finding.columns == _FIELDS:
        return words.lookups["fields"].format(what=what, index=index)
    if planned.lookup.total in finding.columns and not evidence.cuts and finding.seen == len(finding.rows):
        place = finding.columns.index(planned.lookup.total)
        numbers = [finding.rows[number][place] for number in chosen]
        if all(number.isascii() and number.isdigit() for number in numbers):
            kind = "total" if rows > 1 else "total_one"
            return words.lookups[kind].format(what=what, total=sum(map(int, numbers)), rows=rows, index=index)
    if rows == 1:
        return words.lookups["row"].format(what=what, index=index)
    seen = rows if planned.lookup.only else max(finding.seen, rows)
    return words.lookups["rows"].format(what=what, rows=seen, index=index)


def _lines(evidence: Evidence) -> tuple[str, list[_Line]]:
    """The header of the evidence's table, and its rows with their places."""
    if not evidence.finding.rows:
        return "", []
    header, rule, *rows = evidence.text.split("\n")
    lines, at = [], len(header) + len(rule) + 2
    for row in rows:
        lines.append(_Line(at, row))
        at += len(row) + 1
    return header, lines


def _quote(index: int, evidence: Evidence, start: int, end: int) -> Quote:
    return Quote(index, evidence.passage, start, end, evidence.text[start:end])


def _is_meant(row: Sequence[str], columns: Sequence[str], only: Mapping[str, Sequence[str]]) -> bool:
    cells = dict(zip(columns, map(fold, row), strict=True))
    return all(cells.get(column) in wanted for column, wanted in only.items())


def _rule(header: str) -> str:
    return "|" + "---|" * (len(re.findall(r"(?<!\\)\|", header)) - 1)


def _marked(row: str, index: int) -> str:
    """A row with its marker in the last cell; what looks like a marker of ours stands in other brackets."""
    return f"{unmarked(row).removesuffix(' |')} [{index}] |"


def _plain(reason: str) -> str:
    return unmarked(" ".join(reason.split()))[:_LONGEST_REASON].rstrip(".")
