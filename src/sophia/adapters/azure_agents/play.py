"""One turn at the service: its thread, its message, its runs, and the tools that they wait for."""

import secrets
import time
from collections.abc import Callable, Generator
from contextlib import closing
from typing import Any, TypeVar

from attrs import evolve, frozen

from sophia.adapters.azure_agents.client import ACTIVE, Event, Events, Json
from sophia.adapters.azure_agents.endpoint import Limits
from sophia.adapters.azure_agents.errors import AGENTS, Busy, Gone, OutOfTime, Transient, Unbegun
from sophia.adapters.azure_agents.reply import Reply
from sophia.adapters.azure_agents.translate import (
    Found,
    calls_in,
    earlier,
    found_in,
    output,
    run_body,
    usage_of,
)
from sophia.adapters.azure_agents.vector_stores import VectorStores
from sophia.adapters.http.transport import Check
from sophia.adapters.http.waiting import wait, wait_in
from sophia.adapters.model.showing import opening
from sophia.adapters.model.wording import Wording
from sophia.adapters.prompts import size
from sophia.domain.agents import AgentEvent, Limitation, Spoken, Tokens, Turn
from sophia.domain.citing import Citing
from sophia.domain.remote_threads import RemoteThread
from sophia.domain.tenancy import TenantScope
from sophia.errors import LimitExceeded, NotFound, SophiaError, Unavailable
from sophia.logs import get_logger
from sophia.ports.agent_runtime import ToolBox
from sophia.ports.records import Records

__all__ = ["Place", "Play"]

T = TypeVar("T")

_HISTORY = 32  # messages that the service takes with a new thread
_STARTS = 3
_USUAL_WAIT = 20.0
_SECONDS_TO_CANCEL = 5.0
_SECONDS_TO_END = 1.0
_FIRST_LOOK, _LONGEST_LOOK = 0.2, 2.0

_log = get_logger(__name__)


@frozen
class Place:
    """Who is answered, by which agent, out of which vector store."""

    scope: TenantScope
    agent_id: str
    store_id: str | None


class Play:
    """Plays one turn. The thread there is made when it is first needed, and again from our transcript when it is gone.

    Attributes:
        tokens: what it has cost.
    """

    def __init__(
        self,
        agents: VectorStores,
        records: Records,
        turn: Turn,
        place: Place,
        tools: ToolBox,
        limits: Limits,
        words: Wording,
    ) -> None:
        self.tokens = Tokens(0, 0)
        self._agents = agents
        self._records = records
        self._turn = turn
        self._scope = place.scope
        self._agent_id = place.agent_id
        self._store_id = place.store_id
        self._tools = tools
        self._limits = limits
        self._words = words
        self._until = time.monotonic() + limits.seconds
        self._queued_since: float | None = None
        self._remote, history = self._known()
        self._history = [message for message in history if message.run_id != turn.run_id]
        self._citing = Citing(turn.question, self._remote.numbered if self._remote else 0)
        self._reply = Reply(self._scope, records, self._citing, self._contents)
        self._metadata: dict[str, str] | None = None
        self._run_id: str | None = None
        self._status = ""

    def events(self) -> Generator[AgentEvent]:
        """What is said, and what there is to say about it.

        Raises:
            Unavailable: the service does not answer as it should, or the agent says nothing.
            LimitExceeded: there are more tools than the service takes.
        """
        try:
            self._ask()
            yield from self._answer()
        except OutOfTime:
            if not self._reply.said:
                raise
            yield from self._reply.close()
            yield Limitation(self._words.time.format(seconds=self._limits.seconds))
        finally:
            self._stop()
            self._remember()
        if self._reply.garbled:
            yield Limitation(self._words.garbled)

    def check(self) -> None:
        """Pass while the turn may go on."""
        self._tools.check()
        now = time.monotonic()
        if now >= self._until:
            raise OutOfTime(AGENTS, f"has not answered within {self._limits.seconds:g} s")
        if self._queued_since is not None and now - self._queued_since >= self._limits.queue:
            raise Unbegun(AGENTS, f"has not begun to answer within {self._limits.queue:g} s")

    # The thread and its message.

    def _known(self) -> tuple[RemoteThread | None, Any]:
        with self._records.read(self._scope) as tx:
            remote = tx.remote_threads.get(AGENTS, self._turn.thread_id)
            return remote, tx.conversations.last_messages(self._turn.thread_id, _HISTORY + 1)

    @property
    def _thread(self) -> RemoteThread:
        if self._remote is None:
            raise Gone(AGENTS, "there is no thread")
        return self._remote

    def _ask(self) -> None:
        """Bring the thread there up to the question."""
        if self._remote is not None and self._remote.messages < self._limits.messages:
            try:
                self._say_there()
            except Gone:
                _log.warning("azure.thread_gone", thread=self._turn.thread_id)
            else:
                return
        self._make_thread()
        self._say_there()

    def _make_thread(self) -> None:
        """Make a thread that holds what was said before."""
        said = earlier(self._history, None)[-_HISTORY:]
        metadata = {"sophia_thread": self._turn.thread_id, "sophia_made_for": secrets.token_hex(8)}
        id_ = self._agents.create_thread(metadata, said, self.check)
        remote = RemoteThread(AGENTS, id_, self._turn.thread_id, None, len(said), self._citing.numbered)
        last = self._history[-1].run_id if self._history else None
        try:
            self._store(evolve(remote, run_id=last))
        except NotFound:  # it was deleted meanwhile, and nobody would know of the one there
            self._agents.delete_thread(id_, self.check)
            raise

    def _say_there(self) -> None:
        remote, run_id = self._thread, self._turn.run_id
        again = remote.run_id == run_id
        missing = [] if again else earlier(self._history, remote.run_id)
        # What is shown stays in the thread there until that is erased; the history is there already.
        room = self._limits.context - size(self._turn.question)
        _, words = opening(self._turn, (), self._citing.number, room)
        asked = {"role": "user", "content": words, "metadata": {"sophia_run": run_id}}
        # From now on it may be there, whatever becomes of us.
        known = evolve(remote, recalled=remote.recalled | self._turn.recalled_from)
        if not again:
            known = evolve(known, run_id=run_id, messages=remote.messages + len(missing) + 1)
        if known != remote:
            self._store(known)
        for message in (*missing, asked):
            self._add(message, looks=again)

    def _add(self, message: dict[str, Any], *, looks: bool) -> None:
        self._alone(lambda: self._agents.add_message(self._thread.id, message, self.check, looks=looks))

    def _alone(self, do: Callable[[], T]) -> T:
        """Do what the thread takes only while it has no run. Whose run it was has lost it: the lease is ours."""
        for _ in range(_STARTS):
            try:
                return do()
            except Busy:
                self._free()
        return do()

    def _free(self) -> None:
        """Stop the run that locks the thread, and wait until it has."""
        pause = _FIRST_LOOK
        while (run := self._agents.active_run(self._thread.id, self.check)) is not None:
            if run["status"] != "cancelling":
                _log.info("azure.run_displaced", thread=self._turn.thread_id, status=run["status"])
                self._agents.cancel(self._thread.id, run["id"], self.check)
            wait(pause, self.check)
            # What a look brings on: the service settles a cancelled run when it is asked for.
            self._agents.run(self._thread.id, run["id"], self.check)
            pause = min(pause * 2, _LONGEST_LOOK)

    def _store(self, remote: RemoteThread) -> None:
        with self._records.write(self._scope) as tx:
            tx.remote_threads.put(remote)
        self._remote = remote

    def _remember(self) -> None:
        """Keep which numbers were used: none of them is to mean another passage in a later turn."""
        if self._remote is None or self._remote.numbered == self._citing.numbered:
            return
        try:
            self._store(evolve(self._remote, numbered=self._citing.numbered, messages=self._remote.messages + 1))
        except NotFound:
            _log.info("azure.thread_deleted", thread=self._turn.thread_id)

    # The runs.

    def _answer(self) -> Generator[AgentEvent]:
        run = yield from self._begin()
        steps, asked, failures = 0, 0, 0
        while True:
            match run.get("status"):
                case "requires_action":
                    if steps == self._limits.steps:
                        if not self._reply.said:
                            raise Unavailable(AGENTS, "asks for tools without end")
                        yield Limitation(self._words.steps)
                        return
                    steps += 1
                    calls = calls_in(run, asked + 1)
                    asked += len(calls)
                    yield from self._reply.close()
                    results = self._tools.call_all([call for _, call in calls])
                    outputs = [
                        output(wire_id, result, self._citing.number, self._limits.context)
                        for (wire_id, _), result in zip(calls, results, strict=True)
                    ]
                    events = self._agents.submit(self._thread.id, str(self._run_id), outputs, self.check)
                    run = yield from self._hear(events)
                case "failed" if not self._is_filtered(run):
                    failures += 1
                    yield from self._mend(run, failures)
                    run = yield from self._begin()
                case _:
                    yield from self._end(run)
                    return

    def _begin(self) -> Generator[AgentEvent, None, Json]:
        """Start a run and hear what comes of it, up to its end or to the tools that it waits for."""
        body = run_body(self._turn, self._agent_id, self._tools.specs, self._store_id, self._limits)
        if len(body["tools"]) > self._limits.tools:
            raise LimitExceeded("tools", f"Azure AI Agents takes {self._limits.tools} tools at the most")
        body["metadata"] = {"sophia_run": self._turn.run_id, "sophia_start": secrets.token_hex(8)}
        self._run_id, self._metadata, self._status = None, body["metadata"], "queued"
        self._queued_since = time.monotonic()
        try:
            begun: Events | str | None = self._alone(lambda: self._agents.start_run(self._thread.id, body, self.check))
        except Gone as error:
            raise Unavailable(
                AGENTS, f"there is no agent {self._agent_id!r}, or its thread was erased meanwhile (HTTP 404)"
            ) from error
        if isinstance(begun, str):
            self._run_id, begun = begun, None
        return (yield from self._hear(begun))

    def _hear(self, events: Events | None) -> Generator[AgentEvent, None, Json]:
        """What the run says: as it is streamed, and by looking where the stream has not told its end."""
        run: Json | None = None
        if events is not None:
            with closing(events):
                run = yield from self._listen(events)
        if run is None:
            run = yield from self._follow()
        if run.get("status") not in ACTIVE:
            used = usage_of(run)
            self.tokens = Tokens(self.tokens.input + used.input, self.tokens.output + used.output)
        return run

    def _listen(self, events: Events) -> Generator[AgentEvent, None, Json | None]:
        """The run as it stands at the end of its stream; None where the stream has not told."""
        run: Json | None = None
        try:
            while (event := events.following(self.check)) is not None:
                if event.name == "done":
                    break
                if event.data is None:
                    continue
                if event.name.startswith("thread.run.") and not event.name.startswith("thread.run.step."):
                    self._note(event.data)
                    run = event.data if self._status not in ("queued", "in_progress", "cancelling") else None
                else:
                    yield from self._told(event, event.data)
            events.following(_within(_SECONDS_TO_END))  # its end lets go of the connection, for the next request
        except Transient as error:
            if run is None:
                _log.info("azure.stream_broken", run=self._run_id, error=str(error))
        return run

    def _told(self, event: Event, data: Json) -> Generator[AgentEvent]:
        match event.name:
            case "thread.message.delta":
                yield from self._reply.add(str(data.get("id")), data.get("delta") or {})
            case "thread.message.completed":
                yield from self._reply.complete(data)
            case "thread.run.step.completed":
                self._reply.found += found_in(data)
            case "error":
                _log.info("azure.error_event", run=self._run_id)

    def _note(self, run: Json) -> None:
        self._run_id = str(run.get("id"))
        self._status = str(run.get("status"))
        if self._status != "queued":
            self._queued_since = None

    def _follow(self) -> Generator[AgentEvent, None, Json]:
        """Look at the run until it has ended or waits for tools; then say what of it was not heard."""
        if self._run_id is None and self._metadata is not None:
            self._run_id = self._agents.run_with(self._thread.id, self._metadata, self.check)
        if self._run_id is None:
            raise Transient(AGENTS, "has not begun to answer")
        pause = _FIRST_LOOK
        while True:
            run = self._agents.run(self._thread.id, self._run_id, self.check)
            self._note(run)
            if self._status not in ("queued", "in_progress", "cancelling"):
                break
            wait(pause, self.check)
            pause = min(pause * 1.5, _LONGEST_LOOK)
        if self._store_id is not None:
            self._reply.found = self._contents()
        if self._status in ("completed", "requires_action", "incomplete"):
            for message in self._agents.messages_of(self._thread.id, self._run_id, self.check):
                yield from self._reply.complete(message)
        return run

    def _contents(self) -> list[list[Found]]:
        steps = self._agents.steps(self._thread.id, str(self._run_id), self.check)
        return [found for step in steps for found in found_in(step)]

    # How they end.

    def _is_filtered(self, run: Json) -> bool:
        told = run.get("last_error") or run.get("incomplete_details") or {}
        return "content_filter" in (told.get("code"), told.get("reason"))

    def _mend(self, run: Json, failures: int) -> Generator[AgentEvent]:
        """Do what may let the next run go well.

        Raises:
            Unavailable: nothing may.
        """
        error = run.get("last_error") or {}
        if error.get("code") == "rate_limit_exceeded":
            pause = wait_in(str(error.get("message"))) or _USUAL_WAIT
            if self._reply.said or time.monotonic() + pause >= self._until:
                raise Unavailable(AGENTS, "is asked too much", pause)
            _log.info("azure.rate_limited", run=self._run_id, wait_s=round(pause, 1))
            self._agents.service.retried()
            wait(pause, self.check)
        elif self._reply.said or failures == _STARTS:
            raise Unavailable(AGENTS, "the run has failed")
        elif self._store_id is not None and (living := self._living(self._store_id)) != self._store_id:
            _log.warning("azure.store_expired", company=self._scope.company_id, store=self._store_id, stands_in=living)
            self._store_id = living
            if living is None:
                yield Limitation(self._words.stale)
        else:
            _log.info("azure.run_failed", run=self._run_id, attempt=failures)
            self._agents.service.retried()

    def _living(self, store_id: str) -> str | None:
        store = self._agents.in_use(self._scope.company_id, store_id, self.check)
        return store.id if store else None

    def _end(self, run: Json) -> Generator[AgentEvent]:
        yield from self._reply.close()
        reason = (run.get("incomplete_details") or {}).get("reason")
        if self._is_filtered(run):
            if not self._reply.said:
                yield Spoken(self._words.refused, claim=False)
            yield Limitation(self._words.filtered)
        elif run.get("status") == "incomplete" and reason is not None and self._reply.said:
            yield Limitation(self._words.length)
        elif run.get("status") != "completed":
            raise Unavailable(AGENTS, "the run was ended before its answer was whole")
        elif not self._reply.said:
            raise Unavailable(AGENTS, "the agent has said nothing")

    def _stop(self) -> None:
        """Cancel what still runs: else it would lock the thread, and cost."""
        if self._metadata is None or self._status not in ACTIVE:
            return
        check = _within(_SECONDS_TO_CANCEL)
        try:
            thread_id = self._thread.id
            run_id = self._run_id or self._agents.run_with(thread_id, self._metadata, check)
            if run_id is not None:
                self._agents.cancel(thread_id, run_id, check)
        except SophiaError as error:
            _log.warning("azure.cancel_failed", run=self._run_id, error=str(error))


def _within(seconds: float) -> Check:
    """Passes for so long."""
    until = time.monotonic() + seconds

    def check() -> None:
        if time.monotonic() >= until:
            raise Transient(AGENTS, f"has not done within {seconds:g} s what it was asked for")

    return check
