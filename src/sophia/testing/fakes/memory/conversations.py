"""Threads and messages in memory."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

import numpy as np
from attrs import evolve

from sophia.domain.conversation import FoundMessage, Message, Role, Thread
from sophia.domain.paging import Page
from sophia.domain.tenancy import TenantScope
from sophia.domain.tickets import Ticket, TicketStatus
from sophia.errors import Conflict, NotFound
from sophia.ports.records import Conversations
from sophia.testing.fakes.memory.state import State, StoredThread, is_mine, page, require_system

__all__ = ["MemoryConversations", "erased"]


def erased(ticket: Ticket) -> Ticket:
    """What is left of a ticket once its thread is gone."""
    return evolve(ticket, title="", user_message="", actions=(), enclosures=(), note=None)


class MemoryConversations(Conversations):
    """`Conversations` in memory."""

    def __init__(self, state: State, scope: TenantScope) -> None:
        self._state = state
        self._scope = scope

    def add_thread(self, thread: Thread) -> None:
        if thread.id in self._state.threads:
            raise Conflict(f"there is a thread {thread.id!r}")
        self._state.threads[thread.id] = StoredThread(thread, self._scope.user_id)

    def thread(self, thread_id: str) -> Thread:
        return self._stored(thread_id).thread

    def threads(self, limit: int, cursor: str | None = None) -> Page[Thread]:
        return page("threads", {s.thread.id: s.thread for s in self._mine()}, limit, cursor, falling=True)

    def add_message(self, message: Message) -> None:
        stored = self._stored(message.thread_id)
        self._state.threads[message.thread_id] = evolve(
            stored,
            thread=evolve(stored.thread, updated_at=message.created_at),
            messages=(*stored.messages, message),
        )

    def messages(self, thread_id: str, limit: int, cursor: str | None = None) -> Page[Message]:
        placed = {f"{place:09}": message for place, message in enumerate(self._stored(thread_id).messages)}
        return page(f"messages/{thread_id}", placed, limit, cursor)

    def last_messages(self, thread_id: str, limit: int) -> tuple[Message, ...]:
        found = [stored for stored in self._mine() if stored.thread.id == thread_id]
        said = [message for message in found[0].messages if message.role is not Role.TICKET] if found else []
        return tuple(said[-limit:])

    def nearest(
        self, vector: Sequence[float], limit: int, without_thread: str | None = None
    ) -> tuple[FoundMessage, ...]:
        target = np.asarray(vector, dtype="<f4")
        candidates = (m for s in self._mine() if s.thread.id != without_thread for m in s.messages)
        found = [
            FoundMessage(message, _cosine(np.frombuffer(message.vector, dtype="<f4"), target))
            for message in candidates
            if message.vector and len(message.vector) == target.nbytes
        ]
        return tuple(sorted(found, key=lambda f: (-f.similarity, f.message.id))[:limit])

    def unembedded(self, limit: int) -> tuple[Message, ...]:
        require_system(self._scope)
        waiting = [m for stored in self._mine() for m in stored.messages if not m.vector and m.role is not Role.TICKET]
        return tuple(sorted(waiting, key=lambda message: message.id)[:limit])

    def set_vectors(self, vectors: Mapping[str, bytes]) -> None:
        for stored in list(self._mine()):
            messages = tuple(evolve(m, vector=vectors.get(m.id, m.vector)) for m in stored.messages)
            self._state.threads[stored.thread.id] = evolve(stored, messages=messages)

    def idle(self, before: datetime, limit: int) -> tuple[str, ...]:
        require_system(self._scope)
        live = {stored.run.thread_id for stored in self._state.runs.values() if stored.run.status.is_live}
        idle = (s.thread.id for s in self._mine() if s.thread.updated_at < before and s.thread.id not in live)
        return tuple(sorted(idle)[:limit])

    def delete_thread(self, thread_id: str) -> None:
        self._stored(thread_id)
        state = self._state
        del state.threads[thread_id]
        gone = {id_ for id_, stored in state.runs.items() if stored.run.thread_id == thread_id}
        for run_id in gone:
            del state.runs[run_id]
        for key in [key for key, (_, run_id) in state.replies.items() if run_id in gone]:
            del state.replies[key]
        for id_ in [id_ for id_, (_, evidence) in state.evidence.items() if evidence.thread_id == thread_id]:
            del state.evidence[id_]
        for remote in list(state.remote_threads.values()):
            if thread_id in {remote.thread_id, *remote.recalled}:
                state.orphan(remote)
        for ticket in list(state.tickets.values()):
            if ticket.thread_id == thread_id and ticket.status is not TicketStatus.QUEUED:
                state.tickets[ticket.id] = erased(ticket)

    def _mine(self) -> Iterator[StoredThread]:
        return (stored for stored in self._state.threads.values() if is_mine(self._scope, stored.user_id))

    def _stored(self, thread_id: str) -> StoredThread:
        stored = self._state.threads.get(thread_id)
        if stored is None or not is_mine(self._scope, stored.user_id):
            raise NotFound("thread", thread_id)
        return stored


def _cosine(
    one: "np.ndarray[tuple[int], np.dtype[np.float32]]", other: "np.ndarray[tuple[int], np.dtype[np.float32]]"
) -> float:
    lengths = float(np.linalg.norm(one) * np.linalg.norm(other))
    return float(one @ other) / lengths if lengths else 0.0
