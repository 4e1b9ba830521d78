"""Domain values to JSON and back, for the columns that hold whole values.

The tags are what is stored: a class can be renamed, its tag cannot.
"""

from typing import Any

from cattrs.preconf.json import make_converter
from cattrs.strategies import configure_tagged_union

from sophia.domain.asked import Action
from sophia.domain.evidence import Evidence
from sophia.domain.knowledge import DocumentFailure
from sophia.domain.refresh import RefreshEvent, RefreshOptions, RefreshProgress, RefreshReport
from sophia.domain.runs import (
    CitationAdded,
    HandoffMade,
    MessageCompleted,
    MessageDelta,
    RunCancelled,
    RunCompleted,
    RunEvent,
    RunFailed,
    RunStarted,
    ToolFinished,
    ToolStarted,
)
from sophia.domain.tickets import Enclosure

__all__ = [
    "actions_from_json",
    "actions_to_json",
    "enclosures_from_json",
    "enclosures_to_json",
    "evidence_from_json",
    "evidence_to_json",
    "failures_from_json",
    "failures_to_json",
    "options_from_json",
    "options_to_json",
    "progress_from_json",
    "progress_to_json",
    "report_from_json",
    "report_to_json",
    "run_event_from_json",
    "run_event_to_json",
]

Json = dict[str, Any]

_TAGS: dict[type, str] = {
    RunStarted: "run.started",
    MessageDelta: "message.delta",
    ToolStarted: "tool.started",
    ToolFinished: "tool.finished",
    CitationAdded: "citation",
    HandoffMade: "handoff",
    MessageCompleted: "message.completed",
    RunCompleted: "run.completed",
    RunFailed: "run.failed",
    RunCancelled: "run.cancelled",
}

_converter = make_converter()
configure_tagged_union(RunEvent, _converter, tag_generator=_TAGS.__getitem__, tag_name="type")


def run_event_to_json(event: RunEvent) -> Json:
    """An event of a run, tagged with its ``type``."""
    if isinstance(event, MessageDelta):
        # By far the most; what the converter does for any event takes longer than to store it.
        return {"text": event.text, "type": _TAGS[MessageDelta]}
    data: Json = _converter.unstructure(event, unstructure_as=RunEvent)
    return data


def run_event_from_json(data: Json) -> RunEvent:
    """The event that was stored."""
    event: RunEvent = _converter.structure(data, RunEvent)  # type: ignore[arg-type]
    return event


def progress_to_json(event: RefreshEvent) -> Json:
    """An event of a refresh other than its last, which is the refresh itself."""
    data: Json = _converter.unstructure(event)
    return data


def progress_from_json(data: Json) -> RefreshProgress:
    """The event that was stored."""
    return _converter.structure(data, RefreshProgress)


def options_to_json(options: RefreshOptions) -> Json:
    """What a refresh was asked for."""
    data: Json = _converter.unstructure(options)
    return data


def options_from_json(data: Json) -> RefreshOptions:
    """What a refresh was asked for."""
    return _converter.structure(data, RefreshOptions)


def report_to_json(report: RefreshReport | None) -> Json | None:
    """What came of a refresh."""
    return None if report is None else _converter.unstructure(report)


def report_from_json(data: Json | None) -> RefreshReport | None:
    """What came of a refresh."""
    return None if data is None else _converter.structure(data, RefreshReport)


def evidence_to_json(evidence: Evidence) -> Json:
    """What a look-up has found."""
    data: Json = _converter.unstructure(evidence)
    return data


def evidence_from_json(data: Json) -> Evidence:
    """What a look-up has found."""
    return _converter.structure(data, Evidence)


def failures_to_json(failures: tuple[DocumentFailure, ...]) -> list[Json]:
    """Documents that could not be taken in."""
    data: list[Json] = _converter.unstructure(failures)
    return data


def failures_from_json(data: list[Json]) -> tuple[DocumentFailure, ...]:
    """Documents that could not be taken in."""
    return _converter.structure(data, tuple[DocumentFailure, ...])


def actions_to_json(actions: tuple[Action, ...]) -> list[Json]:
    """What a ticket asks for."""
    data: list[Json] = _converter.unstructure(actions)
    return data


def actions_from_json(data: list[Json]) -> tuple[Action, ...]:
    """What a ticket asks for."""
    return _converter.structure(data, tuple[Action, ...])


def enclosures_to_json(enclosures: tuple[Enclosure, ...]) -> list[Json]:
    """What was found beside a request."""
    data: list[Json] = _converter.unstructure(enclosures)
    return data


def enclosures_from_json(data: list[Json]) -> tuple[Enclosure, ...]:
    """What was found beside a request."""
    return _converter.structure(data, tuple[Enclosure, ...])
