"""What a process does beside answering requests: it plays runs and looks after what is left undone."""

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextvars import copy_context
from functools import partial
from typing import Any, ParamSpec, Protocol, TypeAlias, TypeVar

from sophia.adapters.telemetry import Telemetry
from sophia.application.credentials import RecordOutages
from sophia.application.deliver_tickets import DeliverTickets
from sophia.application.execute_run import ExecuteRun
from sophia.application.identity import SystemIdentity
from sophia.application.leases import LeaseKeeper
from sophia.application.refresh_knowledge import RefreshKnowledge
from sophia.application.refusals import RecordRefusals
from sophia.application.resume_runs import ResumeRuns
from sophia.application.start_refresh import StartedRefresh
from sophia.application.start_run import StartedRun
from sophia.bootstrap.fair_pool import FairPool
from sophia.domain.runs import Outcome
from sophia.domain.tenancy import TenantScope
from sophia.errors import SophiaError, Stopping
from sophia.logs import get_logger

__all__ = ["Background", "Chore"]

P = ParamSpec("P")
T = TypeVar("T")

Submit: TypeAlias = Callable[[Callable[[], T]], Future[T]]

_ROUND = 1.0  # seconds between two rounds of chores

_REFRESHES = 32  # companies refreshed at once; a thread is made only when it is needed

_log = get_logger(__name__)


class Chore(Protocol):
    """Something to look after for one company; tells how much there was to do."""

    def __call__(self, scope: TenantScope) -> int:
        """Do it."""
        ...


class Background:
    """The threads of one process. Runs are played whether or not whoever asked still waits."""

    def __init__(
        self,
        execute: ExecuteRun,
        refresh: RefreshKnowledge,
        system: SystemIdentity,
        keeper: LeaseKeeper,
        resume_runs: ResumeRuns,
        deliver: DeliverTickets,
        refusals: RecordRefusals,
        outages: RecordOutages,
        chores: Sequence[Chore],
        trail: Sequence[Chore],
        remote: Sequence[Chore],
        runs_at_once: int,
        telemetry: Telemetry,
    ) -> None:
        self._execute = execute
        self._refresh = refresh
        self._system = system
        self._keeper = keeper
        self._resume_runs = resume_runs
        self._deliver = deliver
        self._refusals = refusals
        # A desk, who takes the trail, or who keeps threads may take its time; nothing else waits for it.
        self._slow: tuple[Chore, ...] = (deliver, *trail, *remote)
        # A stranger is no company's, and a secret may be the platform's.
        self._of_platform: tuple[Chore, ...] = (refusals, outages)
        self._chores: tuple[Chore, ...] = (self._resume, *self._of_platform, *chores)
        self._runs_waiting = telemetry.metrics.runs_waiting
        self._runs = FairPool(runs_at_once, "run")
        self._refreshes = ThreadPoolExecutor(_REFRESHES, thread_name_prefix="refresh")
        self._begun: set[Future[Any]] = set()
        self._stopping = threading.Event()
        self._rounds: tuple[threading.Thread, ...] = ()

    def start(self) -> None:
        """Begin to look after chores."""
        if not self._rounds:
            for chores, name in ((self._chores, "chores"), *(((slow,), "deliveries") for slow in self._slow)):
                thread = threading.Thread(target=self._look_after, args=(chores,), name=name, daemon=True)
                thread.start()
                self._rounds += (thread,)  # one by one: who is told to end meanwhile waits for those that have begun

    @property
    def stopping(self) -> bool:
        """Whether no more work is taken."""
        return self._stopping.is_set()

    def check_open(self) -> None:
        """Pass while work is taken.

        Raises:
            Stopping: this process is about to end.
        """
        if self.stopping:
            raise Stopping

    def stop(self, within: float | None = None) -> None:
        """Take no more work, finish what was begun, and do the chores once more.

        Args:
            within: seconds that what was begun is given; None: as many as it takes. What is not finished
                by then is left to its lease: another process takes it up, and the tickets that wait as well.
        """
        until = None if within is None else time.monotonic() + within
        self._stopping.set()
        _, left = wait(tuple(self._begun), within)
        if left:
            _log.warning("background.left_to_leases", count=len(left))
            self._keeper.abandon()
        self._runs.shutdown(wait=not left)
        self._refreshes.shutdown(wait=not left)
        for thread in self._rounds:
            thread.join(_left(until))
        self._rounds = ()
        self._deliver.finish(_left(until))
        self._refusals.finish()
        try:
            self._round(self._chores if until else (*self._chores, *self._slow))
        except SophiaError as error:
            _log.warning("chores.failed", error=str(error))  # others will do them

    def play(self, started: StartedRun) -> Future[Outcome | None]:
        """Play a run as soon as it is its company's and its user's turn, see `FairPool` and `ExecuteRun`.

        Raises:
            Stopping: too late; another process will.
        """
        if started.held is None:
            there_is_nothing_to_do: Future[Outcome | None] = Future()
            there_is_nothing_to_do.set_result(None)
            return there_is_nothing_to_do
        scope = started.held.scope
        self._runs_waiting.inc()
        try:
            return self._submit(partial(self._runs.submit, scope.company_id, scope.user_id), self._play, started)
        except Stopping:
            self._runs_waiting.dec()
            self._keeper.let_go(started.held)
            raise

    def refresh(self, started: StartedRefresh, company_id: str) -> None:
        """Carry a refresh out soon."""
        scope = self._system.scope(company_id, "refresh")
        self._submit(self._refreshes.submit, self._refresh, scope, started)

    def do_chores(self) -> int:
        """One round for every company; what fails is logged and left for the next. How much there was to do."""
        return self._round((*self._chores, *self._slow))

    def _round(self, chores: Sequence[Chore]) -> int:
        done = sum(self._do(chore, scope) for scope in self._system.scopes("chores") for chore in chores)
        return done + sum(
            self._do(chore, self._system.platform("chores")) for chore in self._of_platform if chore in chores
        )

    def _do(self, chore: Chore, scope: TenantScope) -> int:
        try:
            return chore(scope)
        except SophiaError as error:
            _log.warning("chore.failed", tenant=scope.company_id, chore=type(chore).__name__, error=str(error))
        except Exception:  # noqa: BLE001
            # Nobody above could do better: the other companies' chores are not to wait for this one's.
            _log.exception("chore.failed", tenant=scope.company_id, chore=type(chore).__name__)
        return 0

    def _resume(self, scope: TenantScope) -> int:
        if self.stopping:
            return 0
        resumed = self._resume_runs(scope)
        for started in resumed:
            self.play(started)
        return len(resumed)

    def _play(self, started: StartedRun) -> Outcome | None:
        self._runs_waiting.dec()
        return self._execute(started)

    def _submit(self, submit: Submit[T], work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        # What is bound to the request (its id, its trace) goes along to the thread that works for it.
        context = copy_context()
        try:
            begun = submit(partial(context.run, work, *args, **kwargs))
        except RuntimeError as error:
            raise Stopping from error
        self._begun.add(begun)
        begun.add_done_callback(self._begun.discard)
        begun.add_done_callback(lambda done: context.run(_report, done))
        return begun

    def _look_after(self, chores: Sequence[Chore]) -> None:
        pause = _ROUND
        while not self._stopping.wait(pause):
            try:
                pause = 0.0 if self._round(chores) else _ROUND
            except SophiaError as error:
                _log.warning("chores.failed", error=str(error))
                pause = _ROUND


def _left(until: float | None) -> float | None:
    return None if until is None else max(0.0, until - time.monotonic())


def _report(done: Future[Any]) -> None:
    """What nobody foresaw is in the run's log by now; here it reaches the operator's."""
    if error := done.exception():
        _log.error("background.failed", exc_info=error)
