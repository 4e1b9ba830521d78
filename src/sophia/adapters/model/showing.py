"""How a turn is shown to a model: as data in blocks that nothing in them can close. Pure functions."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TypeVar

from sophia.domain.agents import ToolResult, Turn
from sophia.domain.citing import without_markers
from sophia.domain.conversation import FoundMessage, Message, Role
from sophia.domain.knowledge import Passage
from sophia.domain.tickets import Ticket

__all__ = ["Number", "as_json", "estimate", "instructions_of", "opening", "result_text"]

Number = Callable[[Passage], int]
"""The number under which a passage is shown."""

T = TypeVar("T")

_CHARACTERS_PER_TOKEN = 3
_LANGUAGES = {"es": "Spanish", "en": "English"}


def estimate(*messages: object) -> int:
    """About how many tokens this takes on the wire, where nobody tells: one for three characters."""
    return sum(len(json.dumps(message, ensure_ascii=False)) for message in messages) // _CHARACTERS_PER_TOKEN


def instructions_of(turn: Turn) -> str:
    """What a model is told that is to play a turn."""
    language = _LANGUAGES.get(turn.language, turn.language)
    return f"{turn.agent.instructions}\n\nThe user's question is in {language}."


def opening(turn: Turn, history: Sequence[Message], number: Number, room: int) -> tuple[list[dict[str, str]], str]:
    """What a turn begins with, in about ``room`` tokens: earlier messages (role and content), and the question.

    The passages that were found for the question stand before it as data: a line of JSON each, in a block that nothing
    in them can close. What finds no room is left out: the latest messages and the best passages stay longest.
    """
    passages, room = _fitting(turn.passages, room, _shown)
    said, room = _fitting(map(_said, reversed(history)), room, _itself)
    recalled, room = _fitting(map(_recalled, turn.recalled), room, _itself)
    tickets, _ = _fitting(map(_handed_over, turn.tickets), room, _itself)
    data = _block("passages", [_shown(passage, number(passage)) for passage in passages])
    data += _block("earlier-messages", recalled)
    data += _block("tickets", tickets)
    return said[::-1], f"{data}\n\n{turn.question}" if data else turn.question


def result_text(result: ToolResult, number: Number, room: int) -> str:
    """What came of a tool call, in about ``room`` tokens; its passages are shown under their numbers."""
    content = dict(result.content)
    if result.passages:
        passages, _ = _fitting(result.passages, room, _shown)
        content["passages"] = [_shown(passage, number(passage)) for passage in passages]
        if left_out := len(result.passages) - len(passages):
            content["left_out"] = left_out
    return as_json(content)


def _shown(passage: Passage, number: int = 0) -> dict[str, object]:
    section = " > ".join(passage.heading)
    return {"n": number, "title": passage.title, "section": section, "text": passage.text}


def _said(message: Message) -> dict[str, str]:
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
    return "\n".join((f"<{name}>", *map(as_json, lines), f"</{name}>\n"))


def as_json(value: object) -> str:
    """JSON in one line that closes no block."""
    # "<\\/" is "</" to whoever reads JSON, and closes no block.
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).replace("</", "<\\/")
