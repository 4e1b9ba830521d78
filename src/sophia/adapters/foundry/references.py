"""What SOPHIA remembers of the conversations that it has at Foundry."""

from typing import Protocol

from sophia.domain.agents import Turn

__all__ = ["MemoryReferences", "References"]


class References(Protocol):
    """For each thread a text that means something at Foundry alone. It is erased with the thread.

    Whoever erases a thread hands its text to `FoundryAgentRuntime.forget` as well.
    """

    def get(self, turn: Turn) -> str:
        """What is kept for the thread of a turn; empty where there is nothing."""
        ...

    def put(self, turn: Turn, reference: str) -> None:
        """Keep this for the thread of a turn, in place of what was there; it outlives this process."""
        ...


class MemoryReferences(References):
    """Remembers until the process ends; what it has forgotten stays at Foundry."""

    def __init__(self) -> None:
        self._kept: dict[str, str] = {}

    def get(self, turn: Turn) -> str:
        """What is kept for the thread."""
        return self._kept.get(turn.thread_id, "")

    def put(self, turn: Turn, reference: str) -> None:
        """Keep this for the thread."""
        self._kept[turn.thread_id] = reference
