"""Threads that services outside keep for ours."""

from collections.abc import Collection

from sqlalchemy import bindparam, delete, insert, select, update

from sophia.adapters.sql.tables import remote_threads, threads
from sophia.adapters.sql.unit import Unit, mine, require_system
from sophia.domain.remote_threads import RemoteThread
from sophia.errors import NotFound
from sophia.ports.records import RemoteThreads

__all__ = ["SqlRemoteThreads"]

_TABLE = remote_threads.c
_OWNER = select(threads.c.user_id).where(mine(threads), threads.c.id == bindparam("thread"))
_ONE = select(remote_threads).where(
    mine(remote_threads), _TABLE.service == bindparam("whose"), _TABLE.thread_id == bindparam("thread")
)
_OF_COMPANY = (_TABLE.company_id == bindparam("company"), _TABLE.service == bindparam("whose"))
_REPLACE = update(remote_threads).where(*_OF_COMPANY, _TABLE.thread_id == bindparam("thread")).values(thread_id=None)
_CHANGE = (
    update(remote_threads)
    .where(*_OF_COMPANY, _TABLE.id == bindparam("remote"))
    .values(
        run_id=bindparam("run"), messages=bindparam("held"), numbered=bindparam("shown"), recalled=bindparam("words_of")
    )
)
_THESE_THREADS = select(threads.c.id).where(mine(threads), threads.c.id.in_(bindparam("ids", expanding=True)))
_ORPHAN = update(remote_threads).where(*_OF_COMPANY, _TABLE.id == bindparam("remote")).values(thread_id=None)
_INSERT = insert(remote_threads)
_ORPHANS = (
    select(_TABLE.id).where(*_OF_COMPANY, _TABLE.thread_id.is_(None)).order_by(_TABLE.id).limit(bindparam("count"))
)
_FORGET = delete(remote_threads).where(*_OF_COMPANY, _TABLE.thread_id.is_(None), _TABLE.id == bindparam("remote"))


class SqlRemoteThreads(RemoteThreads):
    """Threads that services outside keep for ours, in SQL. One without a thread of ours is an orphan."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit

    def get(self, service: str, thread_id: str) -> RemoteThread | None:
        """See `RemoteThreads`."""
        row = self._unit.first(_ONE, self._unit.of_user(whose=service, thread=thread_id))
        if row is None:
            return None
        return RemoteThread(
            row.service, row.id, row.thread_id, row.run_id, row.messages, row.numbered, frozenset(row.recalled.split())
        )

    def put(self, remote: RemoteThread) -> None:
        """See `RemoteThreads`."""
        owner = self._unit.first(_OWNER, self._unit.of_user(thread=remote.thread_id))
        if owner is None:
            raise NotFound("thread", remote.thread_id)
        named = self._unit.of_company(whose=remote.service, remote=remote.id)
        words_of = "".join(f" {id_} " for id_ in sorted(remote.recalled))  # each can be looked for as a whole
        held = {"run": remote.run_id, "held": remote.messages, "shown": remote.numbered, "words_of": words_of}
        if not self._unit.change(_CHANGE, {**named, **held}):
            self._unit.change(_REPLACE, self._unit.of_company(whose=remote.service, thread=remote.thread_id))
            self._unit.change(
                _INSERT,
                {
                    "company_id": self._unit.scope.company_id,
                    "service": remote.service,
                    "id": remote.id,
                    "user_id": owner.user_id,
                    "thread_id": remote.thread_id,
                    "run_id": remote.run_id,
                    "messages": remote.messages,
                    "numbered": remote.numbered,
                    "recalled": words_of,
                },
            )
        if remote.recalled:
            there = self._unit.rows(_THESE_THREADS, self._unit.of_user(ids=tuple(remote.recalled)))
            if len(there) < len(remote.recalled):
                self._unit.change(_ORPHAN, named)

    def orphans(self, service: str, limit: int) -> tuple[str, ...]:
        """See `RemoteThreads`."""
        require_system(self._unit.scope)
        rows = self._unit.rows(_ORPHANS, self._unit.of_company(whose=service, count=limit))
        return tuple(row.id for row in rows)

    def forget(self, service: str, remote_ids: Collection[str]) -> None:
        """See `RemoteThreads`."""
        require_system(self._unit.scope)
        values = [self._unit.of_company(whose=service, remote=id_) for id_ in remote_ids]
        self._unit.change_all(_FORGET, values)
