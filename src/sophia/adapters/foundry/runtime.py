"""The runtime that lets an agent of Microsoft Foundry word the answer."""

import time
from collections.abc import Generator, Sequence
from contextlib import closing

from azure.core.credentials import TokenCredential

from sophia.adapters.foundry.client import FoundryClient, Gone
from sophia.adapters.foundry.project import Project
from sophia.adapters.foundry.translate import (
    GOING_ON,
    Item,
    call_result,
    definition,
    ended,
    items_after,
    last_of_the_tools,
    message,
    spoken,
)
from sophia.adapters.http.transport import Check
from sophia.adapters.model.errors import MODEL, OutOfTime, Transient
from sophia.adapters.model.figures import ServiceFigures, Uncounted
from sophia.adapters.model.limits import Limits
from sophia.adapters.model.reply import Delta
from sophia.adapters.model.runtime import Dialogue, ModelAgentRuntime, Step
from sophia.adapters.model.service import Service
from sophia.adapters.model.showing import opening, result_text
from sophia.adapters.prompts import size
from sophia.domain.agents import AgentEvent, ToolCall, ToolResult, Turn
from sophia.domain.citing import Citing
from sophia.domain.remote_threads import RemoteThread
from sophia.errors import Cancelled, Unavailable
from sophia.logs import get_logger
from sophia.ports.agent_runtime import ThreadKeeper, ToolBox
from sophia.ports.records import Records

__all__ = ["FoundryAgentRuntime"]

_LIMITS = Limits()
_POLL = 0.2
_SERVICE = "foundry"
_UNCOUNTED = Uncounted()

_log = get_logger(__name__)


class FoundryAgentRuntime(ModelAgentRuntime, ThreadKeeper):
    """Plays a turn with an agent of Microsoft Foundry (conversations and responses, streamed). Experimental.

    What SOPHIA has on record is the truth, and the conversation at Foundry is what the agent works on: each turn has a
    new one, made from the thread, and the one before is deleted. So a thread can be taken up here that another runtime
    has begun, and nothing that a tool returned in an earlier turn (of a document that is deleted by now, say) answers
    again. What the agent is told and may ask for is a version of it, made when it is first needed.

    Before a step that failed is tried again, the conversation is looked at: what Foundry has taken is not sent twice.
    A stream that breaks off is made whole from the response that it belongs to. What else is done when the model fails:
    see `ModelAgentRuntime`.

    Args:
        project: where the agent is.
        credential: who SOPHIA is to Azure.
        records: keep which conversation there is that of a thread.
        limits: what a turn may cost.
        default_language: in which it speaks when it does not speak the turn's.
        backoff: seconds before the first retry.
        figures: are told what goes on with the project.

    Raises:
        ConfigurationError: plain HTTP to another machine.
    """

    def __init__(
        self,
        project: Project,
        credential: TokenCredential,
        records: Records,
        limits: Limits = _LIMITS,
        *,
        default_language: str = "es",
        backoff: float = 0.5,
        figures: ServiceFigures = _UNCOUNTED,
    ) -> None:
        super().__init__(project.model, "agent.foundry", limits, default_language, backoff, figures)
        self._project = project
        self._place = Service(MODEL, project.concurrent, figures)
        self._client = FoundryClient(project, credential, self._place)
        self._records = records

    @property
    def version(self) -> str:
        """Names what answers, for the record."""
        return f"foundry-1 ({self._model})"

    def check(self) -> None:
        """Pass when the project answers to SOPHIA's identity."""
        self._client.check()

    @property
    def service(self) -> str:
        """The name under which its conversations are kept in the records."""
        return _SERVICE

    def erase(self, remote_id: str) -> None:
        """See `ThreadKeeper`."""
        self._client.delete_conversation(remote_id)

    def respond(self, turn: Turn, tools: ToolBox) -> Generator[AgentEvent]:
        """See `ModelAgentRuntime`; the turn waits until there is a place for it."""
        with self._place.turn(tools.check):
            yield from super().respond(turn, tools)

    def _open(self, turn: Turn, tools: ToolBox, citing: Citing, _: Check) -> Dialogue:
        return _Conversation(self._client, self._project, self._records, turn, tools, citing, self._limits)


class _Conversation(Dialogue):
    """What is said in one turn."""

    def __init__(
        self,
        client: FoundryClient,
        project: Project,
        records: Records,
        turn: Turn,
        tools: ToolBox,
        citing: Citing,
        limits: Limits,
    ) -> None:
        self._client = client
        self._records = records
        self._turn = turn
        self._number = citing.number
        self._patience = project.timeout
        self._agent = definition(project, turn, tools.specs)
        self._room = limits.context - limits.longest - size(self._agent)
        history, question = opening(turn, turn.history, citing.number, self._room - size(turn.question))
        self._new: list[Item] = [*(message(**said) for said in history), message("user", question)]
        self._size = size(self._agent, *self._new)
        self._id = ""
        self._replaced: list[str] = []
        self._is_renewed = False
        self._is_sent = False  # what is new has been sent, and may have arrived
        self._has_ended = False  # what came of it is known
        self._response = ""

    @property
    def size(self) -> int:
        return self._size

    def ask(self, step: Step) -> Generator[Delta]:
        if not self._id:
            self._id = self._begun(step.check)
        if self._has_ended:  # it is asked again because it has said nothing, and what it was asked cannot be unsaid
            raise Unavailable(MODEL, "has said nothing")
        if self._is_sent and (made := self._made(step.check)) is not None:
            self._has_ended = True
            yield made
            return
        try:
            yield from self._asked(step)
        except Gone:
            # Somebody may have deleted the agent's version; in the first step a new conversation costs nothing either.
            if self._is_renewed:
                raise
            self._is_renewed, self._is_sent = True, False
            self._client.forget_versions(step.check)
            if self._new[-1]["type"] == "message":
                self._id = self._begun(step.check)
            yield from self._asked(step)

    def tell(self, text: str, calls: Sequence[tuple[str, ToolCall]], results: Sequence[ToolResult]) -> None:
        self._size += size(text)
        self._new = []
        for (wire_id, _), result in zip(calls, results, strict=True):
            item = call_result(wire_id, result_text(result, self._number, self._room - self._size))
            self._new.append(item)
            self._size += size(item)
        self._is_sent = self._has_ended = False
        self._response = ""

    def end(self) -> None:
        """Delete the conversation of the turn before; where that fails, it is left to who erases orphans."""
        for conversation in self._replaced:
            try:
                self._client.delete_conversation(conversation)
            except Unavailable as error:
                _log.warning("foundry.not_erased", thread=self._turn.thread_id, error=str(error))

    def _begun(self, check: Check) -> str:
        """A new conversation, on record before anything is said in it."""
        turn = self._turn
        if turn.scope is None:
            raise Unavailable(MODEL, "the turn does not tell whose it is")
        made = self._client.new_conversation({"sophia_thread": turn.thread_id, "sophia_run": turn.run_id}, check)
        with self._records.write(turn.scope) as tx:
            before = tx.remote_threads.get(_SERVICE, turn.thread_id)
            tx.remote_threads.put(
                RemoteThread(_SERVICE, made, turn.thread_id, turn.run_id, recalled=turn.recalled_from)
            )
        if before is not None:
            self._replaced.append(before.id)
        return made

    def _asked(self, step: Step) -> Generator[Delta]:
        """Have a response made, and pass it on as it comes."""
        said, items = "", last_of_the_tools(self._new) if step.is_last else self._new
        version = self._client.version_of(self._agent, step.check)
        self._is_sent = True
        try:
            with closing(self._client.stream(self._id, version, items, step.tokens, step.check)) as events:
                for event in events:
                    response = event.get("response") or {}
                    self._response = response.get("id") or self._response
                    if text := spoken(event):
                        said += text
                        yield Delta(text)
                    elif response.get("status", GOING_ON[0]) not in GOING_ON:
                        self._response = ""
                        if (rest := ended(response, said)) is not None:
                            self._has_ended = True
                            yield rest
                        return
        except (Cancelled, OutOfTime, GeneratorExit):
            if self._response:
                self._client.cancel(self._response)
            raise
        except Transient:
            if not self._response:
                raise
        if not self._response:
            raise Transient(MODEL, "its answer broke off")
        yield self._rest(said, step.check)

    def _rest(self, said: str, check: Check) -> Delta:
        """What a response adds to what was heard of it before its stream broke off."""
        for _ in self._patiently(check):
            try:
                response = self._client.response(self._response, check)
            except Gone as error:
                raise Transient(MODEL, "its answer broke off") from error
            if (rest := ended(response, said)) is not None:
                self._has_ended = True
                return rest
        self._client.cancel(self._response)
        raise Unavailable(MODEL, "is stuck in the middle of its answer")

    def _made(self, check: Check) -> Delta | None:
        """What has come of what was sent, where Foundry has taken it; None where it has not."""
        for _ in self._patiently(check):
            items = items_after(self._new[-1], self._client.items(self._id, check))
            if items is None:
                return None
            if items:
                return ended({"status": "completed", "output": items}, "")
        raise Unavailable(MODEL, "has taken what was said, and answers nothing")

    def _patiently(self, check: Check) -> Generator[None]:
        """Again and again, until patience ends."""
        until = time.monotonic() + self._patience
        while True:
            check()
            yield
            if time.monotonic() >= until:
                return
            time.sleep(_POLL)
