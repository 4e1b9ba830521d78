"""Threads that work for companies in turn, so that nobody waits for all that somebody else has asked for."""

from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Lock
from typing import Any, Generic, TypeVar

from attrs import define, field

__all__ = ["FairPool", "FairQueue"]

T = TypeVar("T")


@define(eq=False)
class _Place:
    """Where somebody stands in line: how much is done for them now, and when they were last served."""

    served: int
    under_way: int = 0

    @property
    def rank(self) -> tuple[int, int]:
        return self.under_way, self.served


@define(eq=False)
class _User(_Place, Generic[T]):
    waiting: deque[T] = field(factory=deque)


@define(eq=False)
class _Company(_Place, Generic[T]):
    users: dict[str, _User[T]] = field(factory=dict)

    @property
    def waiting(self) -> list[_User[T]]:
        return [user for user in self.users.values() if user.waiting]


class FairQueue(Generic[T]):
    """What waits for a free thread, by company and user.

    Next is the company for which least is under way; of several the one that has waited longest since it was served or
    came. Within a company it is the same among its users, and what one user asks for keeps its order. A company for
    which nothing is under way waits for one turn of each other company at the most, however much these ask for. Not
    safe to use from several threads at once.
    """

    def __init__(self) -> None:
        self._companies: dict[str, _Company[T]] = {}
        self._served = 0

    def put(self, company_id: str, user_id: str, item: T) -> None:
        """Let something wait."""
        # After those who wait, and before whoever was served last.
        newest = self._served - 1
        company = self._companies.setdefault(company_id, _Company(newest))
        user = company.users.setdefault(user_id, _User(newest))
        user.waiting.append(item)

    def take(self) -> tuple[str, str, T]:
        """Whose turn it is, and what for; it is under way until `done`. There has to be something."""
        self._served += 2
        waiting = {id_: company for id_, company in self._companies.items() if company.waiting}
        company_id = min(waiting, key=lambda id_: waiting[id_].rank)
        company = waiting[company_id]
        user_id = min(
            (id_ for id_, user in company.users.items() if user.waiting), key=lambda id_: company.users[id_].rank
        )
        user = company.users[user_id]
        for place in (company, user):
            place.served = self._served
            place.under_way += 1
        return company_id, user_id, user.waiting.popleft()

    def done(self, company_id: str, user_id: str) -> None:
        """One thing of theirs is not under way any more."""
        company = self._companies[company_id]
        user = company.users[user_id]
        for place in (company, user):
            place.under_way -= 1
        if not user.under_way and not user.waiting:
            del company.users[user_id]
        if not company.users:
            del self._companies[company_id]


@define(eq=False)
class _Job:
    work: Callable[[], Any]
    future: "Future[Any]" = field(factory=Future)

    def do(self) -> None:
        if not self.future.set_running_or_notify_cancel():
            return
        try:
            result = self.work()
        except BaseException as error:  # noqa: BLE001 -- it is whoever waits for the future who hears of it
            self.future.set_exception(error)
        else:
            self.future.set_result(result)


class FairPool:
    """Threads that do what companies ask for, in the order of a `FairQueue`."""

    def __init__(self, threads: int, name: str) -> None:
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix=name)
        self._queue: FairQueue[_Job] = FairQueue()
        self._lock = Lock()

    def submit(self, company_id: str, user_id: str, work: Callable[[], T]) -> "Future[T]":
        """Do something soon.

        Raises:
            RuntimeError: the pool is shut down.
        """
        job = _Job(work)
        with self._lock:
            # For each job a thread comes by once; it does whichever is next by then.
            self._pool.submit(self._do_next)
            self._queue.put(company_id, user_id, job)
        return job.future

    def shutdown(self, *, wait: bool) -> None:
        """Take no more; what waits is still done."""
        self._pool.shutdown(wait=wait)

    def _do_next(self) -> None:
        with self._lock:
            company_id, user_id, job = self._queue.take()
        try:
            job.do()
        finally:
            with self._lock:
                self._queue.done(company_id, user_id)
