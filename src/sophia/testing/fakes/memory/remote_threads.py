"""Threads that services outside keep for ours, in memory."""

from collections.abc import Collection

from sophia.domain.remote_threads import RemoteThread
from sophia.domain.tenancy import TenantScope
from sophia.errors import NotFound
from sophia.ports.records import RemoteThreads
from sophia.testing.fakes.memory.state import State, is_mine, require_system

__all__ = ["MemoryRemoteThreads"]


class MemoryRemoteThreads(RemoteThreads):
    """`RemoteThreads` in memory."""

    def __init__(self, state: State, scope: TenantScope) -> None:
        self._state = state
        self._scope = scope

    def get(self, service: str, thread_id: str) -> RemoteThread | None:
        thread = self._state.threads.get(thread_id)
        if thread is None or not is_mine(self._scope, thread.user_id):
            return None
        held = self._state.remote_threads.values()
        return next((one for one in held if (one.service, one.thread_id) == (service, thread_id)), None)

    def put(self, remote: RemoteThread) -> None:
        thread = self._state.threads.get(remote.thread_id)
        if thread is None or not is_mine(self._scope, thread.user_id):
            raise NotFound("thread", remote.thread_id)
        if (remote.service, remote.id) in self._state.orphans:
            return
        if (replaced := self.get(remote.service, remote.thread_id)) is not None and replaced.id != remote.id:
            self._state.orphan(replaced)
        self._state.remote_threads[remote.service, remote.id] = remote
        if not remote.recalled <= self._state.threads.keys():
            self._state.orphan(remote)

    def orphans(self, service: str, limit: int) -> tuple[str, ...]:
        require_system(self._scope)
        return tuple(sorted(id_ for whose, id_ in self._state.orphans if whose == service)[:limit])

    def forget(self, service: str, remote_ids: Collection[str]) -> None:
        require_system(self._scope)
        for id_ in remote_ids:
            self._state.orphans.pop((service, id_), None)
