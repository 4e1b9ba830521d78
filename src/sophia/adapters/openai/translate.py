"""A turn as messages of the chat completions API, and what comes back as values. Pure functions.

Source: https://platform.openai.com/docs/api-reference/chat/create and .../chat-streaming. Compatible servers differ in
what they leave out, so that nothing but the text, the calls and the end is counted on.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from attrs import define, field, frozen

from sophia.adapters.prompts import (
    arguments,
    as_json,
    block,
    clean,
    fitting,
    handed_over,
    recalled_message,
    shown,
    size,
)
from sophia.domain.agents import Tokens, ToolCall, ToolResult, ToolSpec, Turn
from sophia.domain.citing import without_markers
from sophia.domain.conversation import Message, Role
from sophia.domain.knowledge import Passage

__all__ = [
    "CallPiece",
    "CallPieces",
    "Delta",
    "WireMessage",
    "from_wire",
    "opening",
    "result_message",
    "tool",
]

WireMessage = dict[str, Any]
"""A message as the API has it."""

Number = Callable[[Passage], int]
"""The number under which a passage is shown."""

T = TypeVar("T")

_NAME = re.compile(r"[^\w-]", re.ASCII)
_LANGUAGES = {"es": "Spanish", "en": "English"}


@frozen
class CallPiece:
    """A piece of a tool call; those of one call have the same index, where the endpoint gives one."""

    index: int | None
    id: str
    name: str
    arguments: str


@frozen
class Delta:
    """What one event of the stream adds; ``finish`` says why the model has ended, ``tokens`` what it cost."""

    text: str = ""
    calls: tuple[CallPiece, ...] = ()
    finish: str | None = None
    tokens: Tokens | None = None


def opening(turn: Turn, number: Number, room: int) -> list[WireMessage]:
    """The messages that a turn begins with, in about ``room`` tokens.

    The passages that were found for the question stand before it as data: a line of JSON each, in a block that nothing
    in them can close. What finds no room is left out: the latest messages and the best passages stay longest.
    """
    language = _LANGUAGES.get(turn.language, turn.language)
    system = {"role": "system", "content": f"{turn.agent.instructions}\n\nThe user's question is in {language}."}
    room -= size(system, turn.question)
    passages, room = fitting(turn.passages, room, shown)
    history, room = fitting(map(_said, reversed(turn.history)), room, _itself)
    recalled, room = fitting(map(recalled_message, turn.recalled), room, _itself)
    tickets, _ = fitting(map(handed_over, turn.tickets), room, _itself)
    data = block("passages", [shown(passage, number(passage)) for passage in passages])
    data += block("earlier-messages", recalled)
    data += block("tickets", tickets)
    question = {"role": "user", "content": f"{data}\n\n{turn.question}" if data else turn.question}
    return [system, *_alternating([*reversed(history), question])]


def tool(spec: ToolSpec) -> WireMessage:
    """A tool that the model may ask for."""
    return {
        "type": "function",
        "function": {"name": spec.name, "description": spec.description, "parameters": spec.parameters},
    }


def result_message(wire_id: str, result: ToolResult, number: Number, room: int) -> WireMessage:
    """What came of a tool call, in about ``room`` tokens; its passages are shown under their numbers."""
    content = dict(result.content)
    if result.passages:
        passages, _ = fitting(result.passages, room, shown)
        content["passages"] = [shown(passage, number(passage)) for passage in passages]
        if left_out := len(result.passages) - len(passages):
            content["left_out"] = left_out
    return {"role": "tool", "tool_call_id": wire_id, "content": as_json(content)}


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


@define
class _Pieces:
    id: str
    name: str
    arguments: str


@define
class CallPieces:
    """Puts tool calls together, as their pieces come.

    Pieces belong together by their index. A second call under an index that is taken, as some servers send it, is told
    by its own id.
    """

    _calls: list[_Pieces] = field(factory=list)
    _open: dict[int | None, _Pieces] = field(factory=dict)

    def add(self, piece: CallPiece) -> None:
        """The next piece, of whichever call."""
        begun = self._open.get(piece.index)
        if begun is None or (piece.id and begun.id and piece.id != begun.id):
            begun = self._open[piece.index] = _Pieces("", "", "")
            self._calls.append(begun)
        begun.id = begun.id or piece.id
        begun.name += piece.name
        begun.arguments += piece.arguments

    def __len__(self) -> int:
        return len(self._calls)

    def calls(self, first: int) -> list[tuple[str, ToolCall]]:
        """Each call with its id on the wire. Within a turn calls are named in order, from ``first``."""
        return [
            (pieces.id or f"call_{n}", ToolCall(f"call_{n}", pieces.name, arguments(pieces.arguments)))
            for n, pieces in enumerate(self._calls, first)
        ]

    def message(self, text: str, calls: Iterable[tuple[str, ToolCall]]) -> WireMessage:
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


def _piece(piece: Mapping[str, Any]) -> CallPiece:
    function = piece.get("function") or {}
    arguments = function.get("arguments") or ""
    return CallPiece(
        piece.get("index"),
        piece.get("id") or "",
        function.get("name") or "",
        clean(arguments if isinstance(arguments, str) else as_json(arguments)),
    )


def _said(message: Message) -> WireMessage:
    text = without_markers(message.text) if message.role is Role.ASSISTANT else message.text
    return {"role": str(message.role), "content": text}


def _itself(item: T) -> T:
    return item


def _alternating(messages: Iterable[WireMessage]) -> list[WireMessage]:
    """The messages, user and assistant in turn and the user first: the templates of some models insist."""
    turns: list[WireMessage] = []
    for message in messages:
        if turns and turns[-1]["role"] == message["role"]:
            turns[-1] = {**message, "content": f"{turns[-1]['content']}\n\n{message['content']}"}
        elif turns or message["role"] == "user":
            turns.append(message)
    return turns
