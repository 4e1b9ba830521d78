"""A turn as messages of the chat completions API, and what comes back as values. Pure functions.

Source: https://platform.openai.com/docs/api-reference/chat/create and .../chat-streaming. Compatible servers differ in
what they leave out, so that nothing but the text, the calls and the end is counted on.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from sophia.adapters.model.reply import CallPiece, Delta
from sophia.adapters.model.showing import Number, instructions_of, opening, result_text
from sophia.adapters.prompts import as_json, clean, size
from sophia.domain.agents import Tokens, ToolCall, ToolResult, ToolSpec, Turn

__all__ = ["WireMessage", "calls_message", "from_wire", "result_message", "tool", "turn_messages"]

WireMessage = dict[str, Any]
"""A message as the API has it."""

_NAME = re.compile(r"[^\w-]", re.ASCII)


def turn_messages(turn: Turn, number: Number, room: int) -> list[WireMessage]:
    """The messages that a turn begins with, in about ``room`` tokens; see `sophia.adapters.model.showing.opening`."""
    system = {"role": "system", "content": instructions_of(turn)}
    history, question = opening(turn, turn.history, number, room - size(system, turn.question))
    return [system, *_alternating([*history, {"role": "user", "content": question}])]


def tool(spec: ToolSpec) -> WireMessage:
    """A tool that the model may ask for."""
    return {
        "type": "function",
        "function": {"name": spec.name, "description": spec.description, "parameters": spec.parameters},
    }


def result_message(wire_id: str, result: ToolResult, number: Number, room: int) -> WireMessage:
    """What came of a tool call, in about ``room`` tokens; its passages are shown under their numbers."""
    return {"role": "tool", "tool_call_id": wire_id, "content": result_text(result, number, room)}


def calls_message(text: str, calls: Iterable[tuple[str, ToolCall]]) -> WireMessage:
    """What the model has said and asked for, as it is told in the next request; only what any server takes."""
    asked = [
        {
            "id": wire_id,
            "type": "function",
            "function": {
                "name": _NAME.sub("_", call.name)[:64] or "unnamed",
                "arguments": as_json(call.arguments or {}),
            },
        }
        for wire_id, call in calls
    ]
    return {"role": "assistant", "content": text, "tool_calls": asked}


def from_wire(chunk: Mapping[str, Any]) -> Delta:
    """An event of the stream.

    Raises:
        ValueError: it is no chunk of a chat completion.
    """
    try:
        choice = next(iter(chunk.get("choices") or ()), None)
        delta = (choice or {}).get("delta") or {}
        text = clean((delta.get("content") or "") + (delta.get("refusal") or ""))
        calls = tuple(map(_piece, delta.get("tool_calls") or ()))
        usage = chunk.get("usage")
        tokens = Tokens(int(usage["prompt_tokens"]), int(usage["completion_tokens"])) if usage else None
        return Delta(text, calls, (choice or {}).get("finish_reason"), tokens)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise ValueError("no chunk of a chat completion") from error


def _piece(piece: Mapping[str, Any]) -> CallPiece:
    function = piece.get("function") or {}
    arguments = function.get("arguments") or ""
    return CallPiece(
        piece.get("index"),
        piece.get("id") or "",
        function.get("name") or "",
        clean(arguments if isinstance(arguments, str) else as_json(arguments)),
    )


def _alternating(messages: Iterable[WireMessage]) -> list[WireMessage]:
    """The messages, user and assistant in turn and the user first: the templates of some models insist."""
    turns: list[WireMessage] = []
    for message in messages:
        if turns and turns[-1]["role"] == message["role"]:
            turns[-1] = {**message, "content": f"{turns[-1]['content']}\n\n{message['content']}"}
        elif turns or message["role"] == "user":
            turns.append(message)
    return turns
