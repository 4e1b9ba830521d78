"""What a model is shown as data: lines of JSON, in blocks that nothing in them can close. Pure functions."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TypeVar

from sophia.domain.conversation import FoundMessage
from sophia.domain.knowledge import Passage
from sophia.domain.tickets import Ticket

__all__ = ["as_json", "block", "fitting", "handed_over", "recalled_message", "shown", "size"]

T = TypeVar("T")

_CHARACTERS_PER_TOKEN = 3


def size(*values: object) -> int:
    """About how many tokens this takes on the wire, where nobody tells: one for three characters."""
    return sum(len(json.dumps(value, ensure_ascii=False)) for value in values) // _CHARACTERS_PER_TOKEN


def shown(passage: Passage, number: int = 0) -> dict[str, object]:
    """A passage under its number."""
    section = " > ".join(passage.heading)
    return {"n": number, "title": passage.title, "section": section, "text": passage.text}


def recalled_message(found: FoundMessage) -> dict[str, object]:
    """An earlier message of the same user, from any thread."""
    return {"said_by": str(found.message.role), "text": found.message.text}


def handed_over(ticket: Ticket) -> dict[str, object]:
    """How far a ticket is."""
    return {
        "number": ticket.external_id or ticket.id,
        "handed_to": ticket.target,
        "asked": ticket.title,
        "asked_at": f"{ticket.created_at:%Y-%m-%d %H:%M} UTC",
        "delivery": str(ticket.status),
        "state": ticket.state and str(ticket.state),
        "note": ticket.note,
    }


def fitting(items: Iterable[T], room: int, shown: Callable[[T], object]) -> tuple[list[T], int]:
    """The items up to the first that finds no room (tokens) as it is shown, and the room that is left."""
    taken = []
    for item in items:
        taking = size(shown(item))
        if taking > room:
            break
        room -= taking
        taken.append(item)
    return taken, room


def block(name: str, lines: Sequence[Mapping[str, object]]) -> str:
    """Lines of JSON between tags of this name; nothing where there is none."""
    if not lines:
        return ""
    return "\n".join((f"<{name}>", *map(as_json, lines), f"</{name}>\n"))


def as_json(value: object) -> str:
    """Compact JSON that closes no block: a solidus after "<" is escaped, which says the same to whoever reads JSON."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).replace("</", "<\\/")
