"""Threads and messages."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, and_, bindparam, delete, exists, insert, not_, select, update

from sophia.adapters.sql.tables import is_live, messages, remote_threads, runs, threads, tickets
from sophia.adapters.sql.unit import (
    NO_CURSOR,
    NewestFirst,
    Unit,
    batches,
    from_cursor,
    mine,
    number_in,
    require_system,
    to_cursor,
)
from sophia.domain.conversation import FoundMessage, Message, Role, Thread
from sophia.domain.paging import Page
from sophia.domain.tickets import TicketStatus
from sophia.errors import InvalidInput, NotFound
from sophia.ports.records import Conversations

__all__ = ["ERASED", "SqlConversations"]

_THREAD = select(threads).where(mine(threads), threads.c.id == bindparam("thread"))
_INSERT_THREAD = insert(threads)
_TOUCH_THREAD = (
    update(threads)
    .where(mine(threads), threads.c.id == bindparam("thread"))
    .values(updated_at=bindparam("at"), last_position=threads.c.last_position + 1)
    .returning(threads.c.last_position, threads.c.user_id)
)
_DELETE_THREAD = delete(threads).where(mine(threads), threads.c.id == bindparam("thread"))
_IDLE = (
    select(threads.c.id)
    .where(
        threads.c.company_id == bindparam("company"),
        threads.c.updated_at < bindparam("before"),
        not_(exists().where(runs.c.company_id == threads.c.company_id, runs.c.thread_id == threads.c.id, is_live)),
    )
    .order_by(threads.c.id)
    .limit(bindparam("count"))
)

_THREADS = NewestFirst(threads)
_VECTORS = {
    everyone: select(messages.c.id, messages.c.vector).where(
        messages.c.company_id == bindparam("company"),
        *whose,
        messages.c.vector.is_not(None),
        messages.c.thread_id != bindparam("without"),
    )
    for everyone, whose in ((True, ()), (False, (messages.c.user_id == bindparam("user"),)))
}

_INSERT_MESSAGE = insert(messages)
_OF_THREAD = and_(mine(messages), messages.c.thread_id == bindparam("thread"))
_MESSAGES = (
    select(messages)
    .where(_OF_THREAD, messages.c.position > bindparam("after"))
    .order_by(messages.c.position)
    .limit(bindparam("count"))
)
_LAST_MESSAGES = (
    select(messages)
    .where(_OF_THREAD, messages.c.role != Role.TICKET.value)
    .order_by(messages.c.position.desc())
    .limit(bindparam("count"))
)
_THESE_MESSAGES = select(messages).where(mine(messages), messages.c.id.in_(bindparam("ids", expanding=True)))
_UNEMBEDDED = (
    select(messages)
    .where(messages.c.company_id == bindparam("company"), messages.c.vector.is_(None))
    .order_by(messages.c.id)
    .limit(bindparam("count"))
)
_SET_VECTOR = (
    update(messages).where(mine(messages), messages.c.id == bindparam("message")).values(vector=bindparam("v"))
)

ERASED: dict[str, object] = {"title": "", "user_message": "", "actions": [], "enclosures": [], "note": None}
"""What is left of a ticket's text once its thread is gone and the ticket delivered or refused."""

_ERASE_TICKETS = (
    update(tickets)
    .where(
        tickets.c.company_id == bindparam("company"),
        tickets.c.thread_id == bindparam("thread"),
        tickets.c.status != TicketStatus.QUEUED.value,
    )
    .values(**ERASED)
)

_ORPHAN_REMOTE_THREADS = (
    update(remote_threads)
    .where(remote_threads.c.company_id == bindparam("company"), remote_threads.c.thread_id == bindparam("thread"))
    .values(thread_id=None)
)
_ORPHAN_WHAT_HOLDS_WORDS = (
    update(remote_threads)
    .where(
        remote_threads.c.company_id == bindparam("company"),
        remote_threads.c.user_id.in_(
            select(threads.c.user_id).where(mine(threads), threads.c.id == bindparam("thread"))
        ),
        remote_threads.c.recalled.contains(bindparam("words_of"), autoescape=False),
    )
    .values(thread_id=None)
)


class SqlConversations(Conversations):
    """Threads and messages in SQL. A message's place is a number of its thread, so that pages stay put."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit

    def add_thread(self, thread: Thread) -> None:
        """See `Conversations`."""
        scope = self._unit.scope
        self._unit.change(
            _INSERT_THREAD,
            {
                "company_id": scope.company_id,
                "id": thread.id,
                "user_id": scope.user_id,
                "title": thread.title,
                "language": thread.language,
                "created_at": thread.created_at,
                "updated_at": thread.updated_at,
                "last_position": 0,
                "salt": thread.salt,
            },
        )

    def thread(self, thread_id: str) -> Thread:
        """See `Conversations`."""
        row = self._unit.first(_THREAD, self._unit.of_user(thread=thread_id))
        if row is None:
            raise NotFound("thread", thread_id)
        return _thread(row)

    def threads(self, limit: int, cursor: str | None = None) -> Page[Thread]:
        """See `Conversations`."""
        rows, following = _THREADS.page(self._unit, limit, cursor)
        return Page(tuple(map(_thread, rows)), following)

    def add_message(self, message: Message) -> None:
        """See `Conversations`."""
        touched = self._unit.first(_TOUCH_THREAD, self._unit.of_user(thread=message.thread_id, at=message.created_at))
        if touched is None:
            raise NotFound("thread", message.thread_id)
        self._unit.change(
            _INSERT_MESSAGE,
            {
                "company_id": self._unit.scope.company_id,
                "thread_id": message.thread_id,
                "position": touched.last_position,
                "id": message.id,
                "user_id": touched.user_id,
                "run_id": message.run_id,
                "role": message.role.value,
                "text": message.text,
                "language": message.language,
                "created_at": message.created_at,
                # None waits for its vector; what became of a ticket gets none, and is never found by meaning.
                "vector": message.vector or (b"" if message.role is Role.TICKET else None),
            },
        )

    def messages(self, thread_id: str, limit: int, cursor: str | None = None) -> Page[Message]:
        """See `Conversations`."""
        listing = f"messages/{thread_id}"
        after = 0 if cursor is None else _position(from_cursor(listing, cursor))
        rows = self._unit.rows(_MESSAGES, self._unit.of_user(thread=thread_id, after=after, count=limit + 1))
        if not rows:
            self.thread(thread_id)
        more = len(rows) > limit
        return Page(tuple(map(_message, rows[:limit])), to_cursor(listing, rows[limit - 1].position) if more else None)

    def last_messages(self, thread_id: str, limit: int) -> tuple[Message, ...]:
        """See `Conversations`."""
        rows = self._unit.rows(_LAST_MESSAGES, self._unit.of_user(thread=thread_id, count=limit))
        return tuple(map(_message, reversed(rows)))

    def nearest(
        self, vector: Sequence[float], limit: int, without_thread: str | None = None
    ) -> tuple[FoundMessage, ...]:
        """See `Conversations`. An exact scan; vectors of another length (of another embedder) are left out."""
        import numpy as np  # noqa: PLC0415 - a tenth of a second, for which a server that starts need not wait

        target = np.asarray(vector, dtype="<f4")
        rows = self._unit.rows(
            _VECTORS[self._unit.everyone],
            self._unit.of_user(without=without_thread or ""),
        )
        rows = [row for row in rows if len(row.vector) == target.nbytes]
        if not rows or not target.any():
            return ()
        matrix = np.frombuffer(b"".join(row.vector for row in rows), dtype="<f4").reshape(len(rows), -1)
        lengths = np.linalg.norm(matrix, axis=1) * np.linalg.norm(target)
        similarity = (matrix @ target) / np.where(lengths == 0, 1, lengths)
        best = sorted(zip((-similarity).tolist(), (row.id for row in rows), strict=True))[:limit]
        found = {row.id: _message(row) for part in batches(best) for row in self._these([id_ for _, id_ in part])}
        return tuple(FoundMessage(found[id_], -negated) for negated, id_ in best)

    def unembedded(self, limit: int) -> tuple[Message, ...]:
        """See `Conversations`."""
        require_system(self._unit.scope)
        return tuple(map(_message, self._unit.rows(_UNEMBEDDED, self._unit.of_company(count=limit))))

    def set_vectors(self, vectors: Mapping[str, bytes]) -> None:
        """See `Conversations`."""
        self._unit.change_all(_SET_VECTOR, [self._unit.of_user(message=id_, v=v) for id_, v in vectors.items()])

    def idle(self, before: datetime, limit: int) -> tuple[str, ...]:
        """See `Conversations`."""
        require_system(self._unit.scope)
        return tuple(row.id for row in self._unit.rows(_IDLE, self._unit.of_company(before=before, count=limit)))

    def delete_thread(self, thread_id: str) -> None:
        """See `Conversations`. Messages, runs, events and idempotent replies go with their thread by foreign key."""
        self._unit.change(_ORPHAN_WHAT_HOLDS_WORDS, self._unit.of_user(thread=thread_id, words_of=f" {thread_id} "))
        if self._unit.change(_DELETE_THREAD, self._unit.of_user(thread=thread_id)) == 0:
            raise NotFound("thread", thread_id)
        self._unit.change(_ERASE_TICKETS, self._unit.of_company(thread=thread_id))
        self._unit.change(_ORPHAN_REMOTE_THREADS, self._unit.of_company(thread=thread_id))

    def _these(self, ids: Sequence[str]) -> Sequence[Row[Any]]:
        return self._unit.rows(_THESE_MESSAGES, self._unit.of_user(ids=ids))


def _position(key: str) -> int:
    position = number_in(key)
    if position is None:
        raise InvalidInput(NO_CURSOR)
    return position


def _thread(row: Row[Any]) -> Thread:
    return Thread(row.id, row.title, row.language, row.created_at, row.updated_at, row.salt)


def _message(row: Row[Any]) -> Message:
    return Message(
        id=row.id,
        thread_id=row.thread_id,
        run_id=row.run_id,
        role=Role(row.role),
        text=row.text,
        language=row.language,
        created_at=row.created_at,
        vector=row.vector or b"",
    )
