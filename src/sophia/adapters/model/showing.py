"""How a turn is shown to a model: as data in blocks that nothing in them can close. Pure functions."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from sophia.adapters.prompts import as_json, block, fitting, handed_over, recalled_message, shown
from sophia.domain.agents import ToolResult, Turn
from sophia.domain.citing import without_markers
from sophia.domain.conversation import Message, Role
from sophia.domain.knowledge import Passage

__all__ = ["Number", "instructions_of", "opening", "result_text"]

Number = Callable[[Passage], int]
"""The number under which a passage is shown."""

T = TypeVar("T")

_LANGUAGES = {"es": "Spanish", "en": "English"}


def instructions_of(turn: Turn) -> str:
    """What a model is told that is to play a turn."""
    language = _LANGUAGES.get(turn.language, turn.language)
    return f"{turn.agent.instructions}\n\nThe user's question is in {language}."


def opening(turn: Turn, history: Sequence[Message], number: Number, room: int) -> tuple[list[dict[str, str]], str]:
    """What a turn begins with, in about ``room`` tokens: earlier messages (role and content), and the question.

    The passages that were found for the question stand before it as data: a line of JSON each, in a block that nothing
    in them can close. What finds no room is left out: the latest messages and the best passages stay longest.
    """
    passages, room = fitting(turn.passages, room, shown)
    said, room = fitting(map(_said, reversed(history)), room, _itself)
    recalled, room = fitting(map(recalled_message, turn.recalled), room, _itself)
    tickets, _ = fitting(map(handed_over, turn.tickets), room, _itself)
    data = block("passages", [shown(passage, number(passage)) for passage in passages])
    data += block("earlier-messages", recalled)
    data += block("tickets", tickets)
    return said[::-1], f"{data}\n\n{turn.question}" if data else turn.question


def result_text(result: ToolResult, number: Number, room: int) -> str:
    """What came of a tool call, in about ``room`` tokens; its passages are shown under their numbers."""
    content = dict(result.content)
    if result.passages:
        passages, _ = fitting(result.passages, room, shown)
        content["passages"] = [shown(passage, number(passage)) for passage in passages]
        if left_out := len(result.passages) - len(passages):
            content["left_out"] = left_out
    return as_json(content)


def _said(message: Message) -> dict[str, str]:
    text = without_markers(message.text) if message.role is Role.ASSISTANT else message.text
    return {"role": str(message.role), "content": text}


def _itself(item: T) -> T:
    return item
