"""Threads and the messages in them. A thread belongs to one user of one company."""

import hmac
from datetime import datetime
from enum import StrEnum

from attrs import field, frozen

__all__ = ["FoundMessage", "Message", "Role", "Thread", "thread_title"]


class Role(StrEnum):
    """Who said a message; what became of a ticket is told by nobody who takes part, and is no part of what was said."""

    USER = "user"
    ASSISTANT = "assistant"
    TICKET = "ticket"


@frozen
class Thread:
    """A conversation.

    Attributes:
        title: the beginning of its first message.
        salt: random bytes that are erased with the thread; a digest made with them tells nobody anything any more.
    """

    id: str
    title: str
    language: str
    created_at: datetime
    updated_at: datetime
    salt: bytes = field(repr=False)

    def digest(self, text: str) -> str:
        """What the audit trail keeps of something that was said here: its HMAC-SHA256 (RFC 2104), in hexadecimal."""
        return hmac.digest(self.salt, text.encode(), "sha256").hex()


@frozen
class Message:
    """One thing said in a thread.

    Attributes:
        vector: of the text, as float32 bytes; empty until it is embedded, and for what became of a ticket always.
    """

    id: str
    thread_id: str
    run_id: str
    role: Role
    text: str = field(repr=False)
    language: str
    created_at: datetime
    vector: bytes = field(default=b"", repr=False)


@frozen
class FoundMessage:
    """A message of the caller's history that is near what was asked; ``similarity`` is a cosine."""

    message: Message
    similarity: float


def thread_title(text: str, limit: int = 80) -> str:
    """The first line of a message, cut at a word."""
    line = " ".join(text.split())
    return line if len(line) <= limit else line[:limit].rsplit(" ", 1)[0] + "…"
