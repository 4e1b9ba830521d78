"""Taking a message in."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from threading import Lock

from attrs import frozen

from sophia.application.leases import RUNS, HeldLease, LeaseKeeper
from sophia.application.limits import admit_run
from sophia.domain.audit import AuditEvent
from sophia.domain.conversation import Message, Role, Thread, thread_title
from sophia.domain.language import language_of_message
from sophia.domain.limits import LimitsOf
from sophia.domain.runs import IdempotencyKey, Run, RunStatus
from sophia.domain.tenancy import Permission, TenantScope
from sophia.errors import Fault, InvalidInput, RequestInProgress, Unavailable
from sophia.ports.identity import TenantDirectory
from sophia.ports.records import Records, Transaction
from sophia.ports.system import Clock, Ids

__all__ = ["MESSAGE_LIMIT", "ForgetKeys", "Question", "StartRun", "StartedRun"]

MESSAGE_LIMIT = 8_000
"""Characters of one message."""

_KEY_LIFE = timedelta(hours=24)

_BATCH = 500

_SALT = 32  # bytes: as many as the digest that it is for (RFC 2104, section 3)

_PATIENCE = 30.0  # seconds that a message waits to be taken in

_SOON = 5  # seconds


@frozen
class Question:
    """What a user asks. No thread: a new one is begun; no language: it follows the message."""

    text: str
    thread_id: str | None = None
    language: str | None = None

    @property
    def digest(self) -> str:
        """Tells whether two questions are the same, for idempotency."""
        return hashlib.sha256("\0".join((self.text, self.thread_id or "", self.language or "")).encode()).hexdigest()


@frozen
class StartedRun:
    """A run, and the lease on it for whoever executes it; none where it was executed before."""

    run: Run
    held: HeldLease | None


class StartRun:
    """Stores a user's message and the run that will answer it, or finds the run that already has."""

    def __init__(
        self,
        records: Records,
        directory: TenantDirectory,
        limits: LimitsOf,
        keeper: LeaseKeeper,
        clock: Clock,
        ids: Ids,
        owner: str,
    ) -> None:
        self._records = records
        self._directory = directory
        self._limits = limits
        self._keeper = keeper
        self._clock = clock
        self._ids = ids
        self._owner = owner
        self._door = Lock()
        self._anterooms: dict[str, Lock] = {}

    def __call__(self, scope: TenantScope, question: Question, idempotency_key: str | None = None) -> StartedRun:
        """Take a message in. Where a run is begun it is held by this process, which has to execute it.

        Raises:
            PermissionDenied: without the permission ``chat``.
            InvalidInput: the message is empty or too long.
            NotFound: the thread is not the caller's.
            ThreadBusy: the thread has a live run.
            IdempotencyConflict: the key came with another question before.
            LimitExceeded: one more run, or another token today, would be too many for the user or the company.
            Unavailable: the records do not answer, or too many messages wait to be taken in.
            RequestInProgress: the same question with this key is being answered.
        """
        scope.require(Permission.CHAT)
        _check(question)
        now = self._clock.now()
        key = IdempotencyKey(idempotency_key, question.digest, now + _KEY_LIFE) if idempotency_key else None
        limits = self._limits(scope.company_id)  # the directory may be far: not while others wait for the records
        with self._one_at_a_time(scope.company_id), self._records.write(scope) as tx:
            if key is not None and (before := tx.runs.replay(key, now)) is not None:
                if before.status.is_live:
                    raise RequestInProgress(before.id)
                return StartedRun(before, None)
            admit_run(tx, limits, now)
            thread = self._thread(tx, scope, question)
            language = question.language or language_of_message(question.text, thread.language)
            run = Run(self._ids.new("run"), thread.id, self._ids.new("msg"), RunStatus.RUNNING, now, attempt=1)
            lease = tx.runs.start(run, self._owner, now + self._keeper.ttl, key)
            tx.conversations.add_message(
                Message(run.message_id, thread.id, run.id, Role.USER, question.text, language, now)
            )
            tx.audit.append(_asked(run, thread, question))
        return StartedRun(run, self._keeper.take(scope, lease, RUNS))

    @contextmanager
    def _one_at_a_time(self, company_id: str) -> Iterator[None]:
        """Runs that are under way write as well: they wait for one newcomer at the most, not for a crowd.

        Nor does a newcomer for the crowd of another company: of each there is one at the door.
        """
        with _entered(self._anterooms.setdefault(company_id, Lock())), _entered(self._door):
            yield

    def _thread(self, tx: Transaction, scope: TenantScope, question: Question) -> Thread:
        """The thread that the question goes on with, or a new one."""
        if question.thread_id is not None:
            return tx.conversations.thread(question.thread_id)
        now = self._clock.now()
        usual = self._directory.company(scope.company_id).language
        language = question.language or language_of_message(question.text, usual)
        thread = Thread(self._ids.new("thr"), thread_title(question.text), language, now, now, self._ids.random(_SALT))
        tx.conversations.add_thread(thread)
        return thread


@contextmanager
def _entered(door: Lock) -> Iterator[None]:
    if not door.acquire(timeout=_PATIENCE):
        raise Unavailable("service", "too many questions come in at once", retry_after=_SOON)
    try:
        yield
    finally:
        door.release()


class ForgetKeys:
    """Erases idempotency keys that have expired."""

    def __init__(self, records: Records, clock: Clock) -> None:
        self._records = records
        self._clock = clock

    def __call__(self, scope: TenantScope) -> int:
        """Erase some of one company's (a scope of SOPHIA's own); how many."""
        with self._records.write(scope) as tx:
            return tx.runs.forget_expired(self._clock.now(), _BATCH)


def _asked(run: Run, thread: Thread, question: Question) -> AuditEvent:
    digest = thread.digest(question.text)
    return AuditEvent("question.asked", run.id, {"thread": thread.id, "length": len(question.text), "digest": digest})


def _check(question: Question) -> None:
    if not question.text.strip():
        raise InvalidInput(Fault("/message", "must not be empty"))
    if "\0" in question.text or not _is_unicode(question.text):
        raise InvalidInput(Fault("/message", "must be text: no NUL and no lone surrogate"))
    if len(question.text) > MESSAGE_LIMIT:
        raise InvalidInput(Fault("/message", f"has {len(question.text)} characters; at most {MESSAGE_LIMIT} are taken"))


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
