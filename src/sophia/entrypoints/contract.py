"""Domain values in the shapes of the public contract (``openapi.yaml``); the HTTP API and ``--json`` share them."""

from datetime import datetime
from typing import Any, TypeAlias

from sophia.application.documents import StoredDocument
from sophia.domain.citation import Citation, Unsupported
from sophia.domain.conversation import FoundMessage, Message, Thread
from sophia.domain.evidence import Evidence
from sophia.domain.handoff import Handoff
from sophia.domain.knowledge import Document, DocumentFailure, SourceStatus
from sophia.domain.refresh import Refresh, RefreshEnded, RefreshEvent, RefreshProgress
from sophia.domain.runs import (
    Answer,
    CitationAdded,
    HandoffMade,
    MessageCompleted,
    MessageDelta,
    Problem,
    Run,
    RunCancelled,
    RunCompleted,
    RunEvent,
    RunFailed,
    RunStarted,
    ToolCallRecord,
    ToolFinished,
    ToolStarted,
)
from sophia.domain.tickets import Ticket

__all__ = [
    "JsonObject",
    "answer",
    "document",
    "evidence",
    "found_message",
    "message",
    "problem",
    "refresh",
    "refresh_event",
    "run",
    "run_event",
    "source",
    "stored_document",
    "thread",
    "ticket",
]

JsonObject: TypeAlias = dict[str, Any]


def answer(value: Answer) -> JsonObject:
    """The whole answer of a turn."""
    return {
        "threadId": value.thread_id,
        "runId": value.run_id,
        "messageId": value.message_id,
        "status": "completed",
        "answer": value.text,
        "language": value.language,
        "citations": [_citation(c) for c in value.citations],
        "unsupported": [_unsupported(u) for u in value.unsupported],
        "toolCalls": [_tool_call(t) for t in value.tool_calls],
        "handoff": _handoff(value.handoff) if value.handoff else None,
        "handoffs": [_handoff(h) for h in value.handoffs],
        "limitations": list(value.limitations),
        "agentVersion": value.agent_version,
        "usage": {
            "inputTokens": value.usage.input_tokens,
            "outputTokens": value.usage.output_tokens,
            "latencyMs": value.usage.latency_ms,
        },
    }


def run(value: Run) -> JsonObject:
    """A run, with its answer or its problem once it has ended."""
    ended: JsonObject = {"answer": None, "problem": None}
    match value.outcome:
        case RunCompleted(value_):
            ended["answer"] = answer(value_)
        case RunFailed(problem_):
            ended["problem"] = problem(problem_)
    return {
        "runId": value.id,
        "threadId": value.thread_id,
        "status": value.status.value,
        "createdAt": _time(value.created_at),
        **ended,
    }


def problem(value: Problem) -> JsonObject:
    """Why a run has failed, as a problem document without a status of its own."""
    return {"type": f"urn:sophia:problem:{value.code}", "title": value.code, "detail": value.detail}


def run_event(event: RunEvent) -> tuple[str, JsonObject]:
    """The name and the data of an event of a run."""
    match event:
        case RunStarted(run_id, thread_id):
            return "run.started", {"runId": run_id, "threadId": thread_id}
        case MessageDelta(text):
            return "message.delta", {"text": text}
        case ToolStarted(call_id, name):
            return "tool.started", {"callId": call_id, "name": name}
        case ToolFinished(call_id, status, evidence_id):
            return "tool.finished", {"callId": call_id, "status": status.value, "evidenceId": evidence_id}
        case CitationAdded(citation):
            return "citation", _citation(citation)
        case HandoffMade(handoff):
            return "handoff", _handoff(handoff)
        case MessageCompleted(message_id):
            return "message.completed", {"messageId": message_id}
        case RunCompleted(answer_):
            return "run.completed", answer(answer_)
        case RunFailed(problem_):
            return "run.failed", {"problem": problem(problem_)}
        case RunCancelled():
            return "run.cancelled", {}


def evidence(value: Evidence) -> JsonObject:
    """What a look-up has found."""
    finding, span = value.finding, value.lookup.span
    return {
        "evidenceId": value.id,
        "threadId": value.thread_id,
        "runId": value.run_id,
        "source": value.source,
        "system": value.system.value,
        "operation": value.lookup.operation,
        "title": finding.title,
        "query": finding.query,
        "range": {"start": _time(span.start), "end": _time(span.end)} if span else None,
        "columns": list(finding.columns),
        "rows": [list(row) for row in finding.rows],
        "rowsSeen": finding.seen,
        "cuts": [{"kind": cut.kind.value, "detail": cut.detail} for cut in finding.cuts],
        "uri": finding.uri,
        "takenAt": _time(value.taken_at),
        "durationMs": value.duration_ms,
        "digest": f"sha256:{value.digest}",
        "version": value.version,
        "text": value.text,
    }


def thread(value: Thread) -> JsonObject:
    """A thread as it is listed."""
    return {
        "threadId": value.id,
        "title": value.title,
        "language": value.language,
        "createdAt": _time(value.created_at),
        "updatedAt": _time(value.updated_at),
    }


def message(value: Message) -> JsonObject:
    """A message of a thread."""
    return {
        "messageId": value.id,
        "threadId": value.thread_id,
        "runId": value.run_id,
        "role": value.role.value,
        "text": value.text,
        "language": value.language,
        "createdAt": _time(value.created_at),
    }


def found_message(value: FoundMessage) -> JsonObject:
    """A message that a search has found."""
    return {**message(value.message), "similarity": round(value.similarity, 4)}


def refresh(value: Refresh) -> JsonObject:
    """A refresh, with its report once it has ended."""
    report = value.report
    return {
        "refreshId": value.id,
        "status": value.status.value,
        "sources": list(value.options.sources),
        "force": value.options.force,
        "dryRun": value.options.dry_run,
        "requestedBy": value.requested_by,
        "createdAt": _time(value.created_at),
        "finishedAt": _time(value.finished_at) if value.finished_at else None,
        "problem": value.problem,
        "report": None
        if report is None
        else {
            "unchanged": report.unchanged,
            "added": report.added,
            "updated": report.updated,
            "removed": report.removed,
            "failures": [_failure(f) for f in report.failures],
            "chunksEmbedded": report.chunks_embedded,
            "chunksReused": report.chunks_reused,
            "estimatedTokens": report.tokens,
        },
    }


def refresh_event(event: RefreshEvent) -> tuple[str, JsonObject]:
    """The name and the data of an event of a refresh."""
    match event:
        case RefreshProgress():
            return "refresh.progress", {
                "documents": event.documents,
                "documentsTotal": event.documents_total,
                "chunks": event.chunks,
                "chunksTotal": event.chunks_total,
                "current": event.current,
            }
        case RefreshEnded(refresh_):
            return f"refresh.{refresh_.status}", refresh(refresh_)


def source(value: SourceStatus) -> JsonObject:
    """A source of the knowledge base."""
    return {
        "name": value.name,
        "type": value.type,
        "documents": value.documents,
        "chunks": value.chunks,
        "pendingChunks": value.pending,
        "refreshedAt": _time(value.refreshed_at) if value.refreshed_at else None,
        "failures": [_failure(f) for f in value.failures],
    }


def document(value: Document) -> JsonObject:
    """A document as it is listed."""
    return {
        "documentId": value.id,
        "source": value.source,
        "externalId": value.external_id,
        "title": value.title,
        "uri": value.uri,
        "language": value.language,
        "documentVersion": value.version,
        "size": value.size,
        "chunks": value.chunks,
        "pendingChunks": value.pending,
        "updatedAt": _time(value.updated_at),
        "failure": value.failure,
    }


def stored_document(value: StoredDocument) -> JsonObject:
    """A document with the stored text of one version."""
    return {**document(value.document), "documentVersion": value.version, "text": value.text}


def ticket(value: Ticket) -> JsonObject:
    """A handoff of the caller's."""
    return {
        "ticketId": value.id,
        "target": value.target,
        "category": value.category.value,
        "priority": value.priority.value,
        "title": value.title,
        "threadId": value.thread_id,
        "runId": value.run_id,
        "requestedActions": [{"action": a.action, "objects": list(a.objects)} for a in value.actions],
        "language": value.language,
        "status": value.status.value,
        "externalId": value.external_id,
        "reason": value.reason,
        "priorityReason": value.priority_reason,
        "evidenceCount": len(value.enclosures),
        "state": value.state.value if value.state else None,
        "version": value.version,
        "note": value.note,
        "createdAt": _time(value.created_at),
    }


def _citation(value: Citation) -> JsonObject:
    return {
        "index": value.index,
        "documentId": value.document_id,
        "title": value.title,
        "source": value.source,
        "uri": value.uri,
        "heading": list(value.heading),
        "quote": value.quote,
        "start": value.start,
        "end": value.end,
        "documentVersion": value.document_version,
        "verified": value.verified,
    }


def _unsupported(value: Unsupported) -> JsonObject:
    return {"start": value.start, "end": value.end, "method": value.method}


def _tool_call(value: ToolCallRecord) -> JsonObject:
    return {
        "name": value.name,
        "status": value.status.value,
        "evidenceId": value.evidence_id,
        "durationMs": value.duration_ms,
    }


def _handoff(value: Handoff) -> JsonObject:
    return {
        "decision": value.decision.value,
        "target": value.target,
        "category": value.category.value,
        "ticketId": value.ticket_id,
        "externalId": value.external_id,
        "status": value.status.value if value.status else None,
        "summary": value.summary,
        "reason": value.reason,
    }


def _failure(value: DocumentFailure) -> JsonObject:
    return {"source": value.source, "externalId": value.external_id, "reason": value.reason}


def _time(value: datetime) -> str:
    return value.isoformat().replace("+00:00", "Z")
