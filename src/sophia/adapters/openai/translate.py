"""A turn as messages of the chat completions API, and what comes back as values. Pure functions.

Source: https://platform.openai.com/docs/api-reference/chat/create and .../chat-streaming. Compatible servers differ in
what they leave out, so that nothing but the text, the calls and the end is counted on.
"""

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

from attrs import define, field, frozen

from sophia.domain.agents import Tokens, ToolCall, ToolResult, ToolSpec, Turn
from sophia.domain.citing import without_markers
from sophia.domain.conversation import FoundMessage, Message, Role
from sophia.domain.knowledge import Passage
from sophia.domain.tickets import Ticket

__all__ = [
    "CallPiece",
    "CallPieces",
    "Delta",
    "WireMessage",
    "estimate",
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

_CHARACTERS_PER_TOKEN = 3
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


def estimate(*messages: object) -> int:
    """About how many tokens this takes on the wire, where nobody tells: one for three characters."""
    return sum(len(json.dumps(message, ensure_ascii=False)) for message in messages) // _CHARACTERS_PER_TOKEN


def opening(turn: Turn, number: Number, room: int) -> list[WireMessage]:
    """The messages that a turn begins with, in about ``room`` tokens.

    The passages that were found for the question stand before it as data: a line of JSON each, in a block that nothing
    in them can close. What finds no room is left out: the latest messages and the best passages stay longest.
    """
    language = _LANGUAGES.get(turn.language, turn.language)
    system = {"role": "system", "content": f"{turn.agent.instructions}\n\nThe user's question is in {language}."}
    room -= estimate(system, turn.question)
    passages, room = _fitting(turn.passages, room, _shown)
    history, room = _fitting(map(_said, reversed(turn.history)), room, _itself)
    recalled, room = _fitting(map(_recalled, turn.recalled), room, _itself)
    tickets, _ = _fitting(map(_handed_over, turn.tickets), room, _itself)
    data = _block("passages", [_shown(passage, number(passage)) for passage in passages])
    data += _block("earlier-messages", recalled)
    data += _block("tickets", tickets)
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
        passages, _ = _fitting(result.passages, room, _shown)
        content["passages"] = [_shown(passage, number(passage)) for passage in passages]
        if left_out := len(result.passages) - len(passages):
            content["left_out"] = left_out
    return {"role": "tool", "tool_call_id": wire_id, "content": _json(content)}


def from_wire(chunk: Mapping[str, Any]) -> Delta:
    """An event of the stream.

    Raises:
        ValueError: it is no chunk of a chat completion.
    """
    try:
        choice = next(iter(chunk.get("choices") or ()), None)
        delta = (choice or {}).get("delta") or {}
        text = _clean((delta.get("content") or "") + (delta.get("refusal") or ""))
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
            (pieces.id or f"call_{n}", ToolCall(f"call_{n}", pieces.name, _arguments(pieces.arguments)))
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
                    "arguments": _json(call.arguments or {}),
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
        _clean(arguments if isinstance(arguments, str) else _json(arguments)),
    )


def _clean(text: str) -> str:
    """The text without what no UTF-8 file and no database takes: half a surrogate pair, a NUL."""
    return text.replace("\0", "").encode("utf-8", "replace").decode()


def _arguments(text: str) -> dict[str, object] | None:
    try:
        arguments = json.loads(text.strip() or "{}")
    except (ValueError, RecursionError):
        return None
    return arguments if isinstance(arguments, dict) else None


def _shown(passage: Passage, number: int = 0) -> dict[str, object]:
    section = " > ".join(passage.heading)
    return {"n": number, "title": passage.title, "section": section, "text": passage.text}


def _said(message: Message) -> WireMessage:
    text = without_markers(message.text) if message.role is Role.ASSISTANT else message.text
    return {"role": str(message.role), "content": text}


def _recalled(found: FoundMessage) -> dict[str, object]:
    return {"said_by": str(found.message.role), "text": found.message.text}


def _handed_over(ticket: Ticket) -> dict[str, object]:
    return {
        "number": ticket.external_id or ticket.id,
        "handed_to": ticket.target,
        "asked": ticket.title,
        "asked_at": f"{ticket.created_at:%Y-%m-%d %H:%M} UTC",
        "delivery": str(ticket.status),
        "state": ticket.state and str(ticket.state),
        "note": ticket.note,
    }


def _itself(item: T) -> T:
    return item


def _fitting(items: Iterable[T], room: int, shown: Callable[[T], object]) -> tuple[list[T], int]:
    """The items up to the first that finds no room as it is shown, and the room that is left."""
    taken = []
    for item in items:
        size = estimate(shown(item))
        if size > room:
            break
        room -= size
        taken.append(item)
    return taken, room


def _block(name: str, lines: Sequence[Mapping[str, object]]) -> str:
    if not lines:
        return ""
    return "\n".join((f"<{name}>", *map(_json, lines), f"</{name}>\n"))


def _json(value: object) -> str:
    # "<\\/" is "</" to whoever reads JSON, and closes no block.
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).replace("</", "<\\/")


def _alternating(messages: Iterable[WireMessage]) -> list[WireMessage]:
    """The messages, user and assistant in turn and the user first: the templates of some models insist."""
    turns: list[WireMessage] = []
    for message in messages:
        if turns and turns[-1]["role"] == message["role"]:
            turns[-1] = {**message, "content": f"{turns[-1]['content']}\n\n{message['content']}"}
        elif turns or message["role"] == "user":
            turns.append(message)
    return turns
