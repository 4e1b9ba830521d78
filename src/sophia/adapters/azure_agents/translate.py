"""A turn as the service takes it, and what comes back as values. Pure functions.

Source: https://learn.microsoft.com/rest/api/aifoundry/aiagents
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from attrs import evolve, frozen

from sophia.adapters.azure_agents.endpoint import Limits
from sophia.adapters.model.showing import Number, instructions_of, result_text
from sophia.adapters.prompts import arguments, clean
from sophia.domain.agents import Tokens, ToolCall, ToolResult, ToolSpec, Turn
from sophia.domain.citing import without_markers
from sophia.domain.conversation import Message, Role

__all__ = [
    "Found",
    "calls_in",
    "document_in",
    "earlier",
    "file_name",
    "found_in",
    "output",
    "run_body",
    "text_of",
    "usage_of",
]

_FILE = re.compile(r"(doc_[0-9a-f]{26})\.([0-9a-f]{64})\.\w+")
_RESERVED = "error"


@frozen
class Found:
    """What the service's search has found in a file."""

    file_id: str
    file_name: str
    text: str


def file_name(document_id: str, version: str) -> str:
    """The name under which a version of a document is uploaded: it tells what is in the file, wherever it is met."""
    return f"{document_id}.{version.removeprefix('sha256:')}.md"


def document_in(name: str) -> tuple[str, str] | None:
    """Document and version that a file holds, by its name; None for a file that is not ours."""
    named = _FILE.fullmatch(name)
    return (named[1], f"sha256:{named[2]}") if named else None


def earlier(messages: Sequence[Message], run_id: str | None) -> list[dict[str, Any]]:
    """What was said since a run, as messages for the service; all where the run is none of theirs."""
    known = max((at for at, message in enumerate(messages) if message.run_id == run_id), default=-1)
    return [
        {
            "role": "user" if message.role is Role.USER else "assistant",
            "content": without_markers(message.text) if message.role is not Role.USER else message.text,
            "metadata": {"sophia_message": message.id},
        }
        for message in messages[known + 1 :]
        if message.text.strip()
    ]


def run_body(
    turn: Turn, agent_id: str, specs: Sequence[ToolSpec], store_id: str | None, limits: Limits
) -> dict[str, Any]:
    """A run of this turn. What SOPHIA is, and which tools there are, is told with each run: both are the turn's."""
    body: dict[str, Any] = {
        "assistant_id": agent_id,
        "stream": True,
        "instructions": instructions_of(turn),
        "tools": list(_tools(specs, store_id)),
        "max_completion_tokens": limits.tokens,
        "truncation_strategy": {"type": "last_messages", "last_messages": limits.history},
    }
    if store_id is not None:
        body["tool_resources"] = {"file_search": {"vector_store_ids": [store_id]}}
    return body


def calls_in(run: Mapping[str, Any], first: int) -> list[tuple[str, ToolCall]]:
    """The calls that a run waits for, each with its id there. Within a turn calls are named in order from ``first``."""
    action = (run.get("required_action") or {}).get("submit_tool_outputs") or {}
    return [
        (
            str(call.get("id")),
            ToolCall(
                f"call_{n}",
                clean(str((call.get("function") or {}).get("name") or "")),
                arguments(clean(str((call.get("function") or {}).get("arguments") or ""))),
            ),
        )
        for n, call in enumerate(action.get("tool_calls") or (), first)
    ]


def output(wire_id: str, result: ToolResult, number: Number, room: int) -> dict[str, str]:
    """What came of a call, in about ``room`` tokens: an object without a key that the SDK takes for a failure."""
    content = {("failure" if key == _RESERVED else key): value for key, value in result.content.items()}
    return {"tool_call_id": wire_id, "output": result_text(evolve(result, content=content), number, room)}


def text_of(message: Mapping[str, Any]) -> tuple[str, dict[str, str]]:
    """The text of a message or of its delta, and the files that its markers stand for."""
    texts = [one.get("text") or {} for one in message.get("content") or () if one.get("type") == "text"]
    files = {
        str(note.get("text")): str((note.get("file_citation") or {}).get("file_id"))
        for text in texts
        for note in text.get("annotations") or ()
        if note.get("type") == "file_citation"
    }
    return clean("".join(text.get("value") or "" for text in texts)), files


def found_in(step: Mapping[str, Any]) -> Iterator[list[Found]]:
    """What the searches of a step have found, best first."""
    for call in (step.get("step_details") or {}).get("tool_calls") or ():
        if call.get("type") == "file_search":
            yield [
                Found(
                    str(result.get("file_id")),
                    str(result.get("file_name")),
                    clean("\n".join(str(part.get("text") or "") for part in result.get("content") or ())),
                )
                for result in (call.get("file_search") or {}).get("results") or ()
            ]


def usage_of(run: Mapping[str, Any]) -> Tokens:
    """What a run has cost."""
    usage = run.get("usage") or {}
    return Tokens(int(usage.get("prompt_tokens") or 0), int(usage.get("completion_tokens") or 0))


def _tools(specs: Sequence[ToolSpec], store_id: str | None) -> Iterator[dict[str, Any]]:
    if store_id is not None:
        yield {"type": "file_search"}
    for spec in specs:
        if store_id is None or spec.name != "rag_search":
            function = {"name": spec.name, "description": spec.description, "parameters": spec.parameters}
            yield {"type": "function", "function": function}
