"""A user's threads and messages: listing, searching, deleting."""

from sophia.domain.audit import AuditEvent
from sophia.domain.conversation import FoundMessage, Message, Thread
from sophia.domain.paging import Page
from sophia.domain.tenancy import Permission, TenantScope
from sophia.domain.vectors import pack
from sophia.ports.embedder import Embedder
from sophia.ports.records import Records

__all__ = ["DeleteThread", "EmbedMessages", "ListMessages", "ListThreads", "ReadThread", "SearchMessages"]


class ListThreads:
    """The caller's threads."""

    def __init__(self, records: Records) -> None:
        self._records = records

    def __call__(self, scope: TenantScope, limit: int, cursor: str | None = None) -> Page[Thread]:
        """A page of threads, newest first.

        Raises:
            InvalidInput: the cursor is none that this list gave out.
        """
        scope.require(Permission.CHAT)
        with self._records.read(scope) as tx:
            return tx.conversations.threads(limit, cursor)


class ReadThread:
    """One thread of the caller's."""

    def __init__(self, records: Records) -> None:
        self._records = records

    def __call__(self, scope: TenantScope, thread_id: str) -> Thread:
        """The thread.

        Raises:
            NotFound: none, or not the caller's.
        """
        scope.require(Permission.CHAT)
        with self._records.read(scope) as tx:
            return tx.conversations.thread(thread_id)


class ListMessages:
    """What was said in a thread."""

    def __init__(self, records: Records) -> None:
        self._records = records

    def __call__(self, scope: TenantScope, thread_id: str, limit: int, cursor: str | None = None) -> Page[Message]:
        """A page of messages, oldest first.

        Raises:
            NotFound: no such thread of the caller's.
            InvalidInput: the cursor is none that this list gave out.
        """
        scope.require(Permission.CHAT)
        with self._records.read(scope) as tx:
            return tx.conversations.messages(thread_id, limit, cursor)


class SearchMessages:
    """The caller's own history, by meaning."""

    def __init__(self, records: Records, embedder: Embedder) -> None:
        self._records = records
        self._embedder = embedder

    def __call__(self, scope: TenantScope, text: str, limit: int) -> tuple[FoundMessage, ...]:
        """The messages nearest to a text, nearest first.

        Raises:
            Unavailable: the embedder does not answer.
        """
        scope.require(Permission.CHAT)
        vector = self._embedder.embed_query(text)
        with self._records.read(scope) as tx:
            return tx.conversations.nearest(vector, limit)


class DeleteThread:
    """Erases a thread. A live run is cancelled with it: its writes find nothing to write to."""

    def __init__(self, records: Records) -> None:
        self._records = records

    def __call__(self, scope: TenantScope, thread_id: str) -> None:
        """Erase the thread and all that was drawn from it; handed-over tickets stay, without its words.

        Raises:
            NotFound: none, or not the caller's.
        """
        scope.require(Permission.CHAT)
        with self._records.write(scope) as tx:
            tx.conversations.delete_thread(thread_id)
            tx.audit.append(AuditEvent("thread.deleted", thread_id))


class EmbedMessages:
    """Gives messages their vectors, in the background, so that they can be found by meaning."""

    def __init__(self, records: Records, embedder: Embedder, batch: int = 16) -> None:
        self._records = records
        self._embedder = embedder
        self._batch = batch

    def __call__(self, scope: TenantScope) -> int:
        """Embed a batch of one company's messages (a scope of SOPHIA's own); how many there were.

        Raises:
            Unavailable: the embedder does not answer; they wait for the next time.
        """
        with self._records.read(scope) as tx:
            waiting = tx.conversations.unembedded(self._batch)
        if waiting:
            vectors = [self._embedder.embed_query(message.text) for message in waiting]
            with self._records.write(scope) as tx:
                tx.conversations.set_vectors(
                    {message.id: pack(vector) for message, vector in zip(waiting, vectors, strict=True)}
                )
        return len(waiting)
