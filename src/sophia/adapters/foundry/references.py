"""What SOPHIA remembers of the conversations that it has at Foundry."""

from typing import Protocol

from sophia.domain.agents import Turn

__all__ = ["MemoryReferences", "References"]


class References(Protocol):
    """Which conversation at Foundry is that of a thread."""

    def get(self, turn: Turn) -> str:
        """The conversation of the turn's thread; empty where there is none."""
        ...

    def put(self, turn: Turn, conversation: str) -> None:
        """Keep this as the conversation of the turn's thread; it outlives this process.

        The one that was there is to be erased at Foundry, as is this one when the thread is erased: whoever keeps them
        hands them to `FoundryAgentRuntime.erase`, until it succeeds.
        """
        ...


class MemoryReferences(References):
    """Remembers until the process ends; what it has forgotten by then stays at Foundry."""

    def __init__(self) -> None:
        self._kept: dict[str, str] = {}

    def get(self, turn: Turn) -> str:
        """The conversation of the thread."""
        return self._kept.get(turn.thread_id, "")

    def put(self, turn: Turn, conversation: str) -> None:
        """Keep the conversation of the thread."""
        self._kept[turn.thread_id] = conversation
