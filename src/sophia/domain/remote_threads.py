"""Threads that a service outside keeps for ours."""

from attrs import frozen

__all__ = ["RemoteThread"]


@frozen
class RemoteThread:
    """The thread of a service outside that carries on a thread of ours.

    Attributes:
        service: whose thread it is.
        id: the service's.
        thread_id: ours.
        run_id: our last run that it knows of; None before the first.
        messages: about how many it holds.
        numbered: the highest number that a passage was shown under in it.
        recalled: our threads of which it holds words, as something that the user has said before.
    """

    service: str
    id: str
    thread_id: str
    run_id: str | None = None
    messages: int = 0
    numbered: int = 0
    recalled: frozenset[str] = frozenset()
