"""The SDK, held to the settings: every wait can be cancelled, and nothing that is asked for is done twice."""

import json
import re
import weakref
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import Any, TypeVar
from urllib.parse import urlsplit

from attrs import frozen
from azure.ai.agents import AgentsClient
from azure.ai.agents.models import BaseAgentEventHandler, RunAdditionalFieldList
from azure.core.credentials import TokenCredential
from azure.core.exceptions import AzureError

from sophia.adapters.azure_agents.endpoint import Endpoint
from sophia.adapters.azure_agents.errors import AGENTS, Gone, Settled, Transient, to_sophia
from sophia.adapters.http.azure_core import PlainOnLoopback, SdkTransport
from sophia.adapters.http.transport import Check, checking
from sophia.adapters.http.urls import url_fault
from sophia.adapters.http.waiting import pause_before, wait
from sophia.adapters.model.figures import ServiceFigures, Uncounted
from sophia.adapters.model.service import Service
from sophia.errors import ConfigurationError, Fault
from sophia.logs import get_logger

__all__ = ["ACTIVE", "Agents", "Event", "Events", "Json"]

T = TypeVar("T")

Json = Mapping[str, Any]

ACTIVE = frozenset({"queued", "in_progress", "requires_action", "cancelling"})
"""The states of a run that locks its thread."""

_TRIES = 3
_LONGEST_WAIT = 60.0
_LOOKED_AT = 20
_UNCOUNTED = Uncounted()
_CONTENTS: list[str | RunAdditionalFieldList] = [RunAdditionalFieldList.FILE_SEARCH_CONTENTS]
_EVENT = re.compile(r"^(event|data):[ ]?(.*)$", re.MULTILINE)

_log = get_logger(__name__)


@frozen
class Event:
    """An event of a run's stream; ``data`` is None where it is no JSON object."""

    name: str
    data: Json | None


class Events(BaseAgentEventHandler[Event]):
    """The events of a stream as they come; to be closed.

    The SDK's own handlers run tools by themselves, and swallow what goes wrong.
    """

    def __init__(self, pieces: Any) -> None:
        super().__init__()
        self._pieces = pieces
        self.initialize(pieces, lambda *_: None)

    def close(self) -> None:
        """Let go of the connection."""
        self._pieces.close()

    def following(self, check: Check) -> Event | None:
        """The next event; None after the last.

        Raises:
            Transient: the stream broke off.
        """
        with _errors(), checking(check):
            check()
            return next(self, None)

    def _process_event(self, event_data_str: str) -> Event:
        fields = dict(_EVENT.findall(event_data_str))
        try:
            data = json.loads(fields.get("data", ""))
        except ValueError:
            data = None
        return Event(fields.get("event", ""), data if isinstance(data, dict) else None)


class Agents:
    """Threads, messages and runs of one endpoint; several threads may use it.

    What fails is tried again, three times at the most. A request that makes something is repeated only after a look
    whether it was made. An endpoint that fails again and again is left alone for a while.

    Args:
        endpoint: the project.
        credential: who SOPHIA is to Azure.
        concurrent: turns that are played there at once.
        backoff: seconds before the first repetition, doubled for each other, where the service says nothing.
        figures: are told what happens.

    Attributes:
        service: gives the turns their places.

    Raises:
        ConfigurationError: plain HTTP to another machine.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        credential: TokenCredential,
        concurrent: int,
        backoff: float = 0.5,
        figures: ServiceFigures = _UNCOUNTED,
    ) -> None:
        if fault := url_fault(endpoint.url):
            raise ConfigurationError(Fault("/agent/azure/endpoint", fault))
        transport = SdkTransport(endpoint.timeout, concurrent)
        weakref.finalize(self, transport.close)
        plain = [PlainOnLoopback()] if urlsplit(endpoint.url).scheme == "http" else []
        self._sdk = AgentsClient(
            endpoint.url.rstrip("/"),
            credential,
            api_version=endpoint.api_version,
            transport=transport,
            per_call_policies=plain,
            retry_total=0,  # its repetitions could not be cancelled, and would make things twice
            permit_redirects=False,
        )
        self._backoff = backoff
        self.service = Service(AGENTS, concurrent, figures)

    def agent(self, agent_id: str, check: Check) -> Json:
        """An agent."""
        return self._asked("get_agent", check, lambda: self._sdk.get_agent(agent_id).as_dict())

    def agent_with(self, metadata: Mapping[str, str], check: Check) -> Json | None:
        """The newest agent that has these metadata, among others."""

        def ask() -> Json | None:
            found = self._sdk.list_agents(limit=100, order="desc")
            return next((one.as_dict() for one in found if metadata.items() <= (one.metadata or {}).items()), None)

        return self._asked("list_agents", check, ask)

    def create_agent(self, body: dict[str, Any], check: Check) -> Json:
        """A new agent; its metadata have to be those of no other."""
        return self._made(
            "create_agent",
            check,
            lambda: self._sdk.create_agent(body=body).as_dict(),
            lambda: self.agent_with(body["metadata"], check),
        )

    def update_agent(self, agent_id: str, body: dict[str, Any], check: Check) -> None:
        """Give an agent's fields other values."""
        self._asked("update_agent", check, lambda: self._sdk.update_agent(agent_id, body=body))

    def reach(self, check: Check) -> None:
        """Pass when it answers; asks nothing that costs."""
        self._asked("list_agents", check, lambda: next(iter(self._sdk.list_agents(limit=1)), None))

    def create_thread(self, metadata: dict[str, str], messages: Sequence[dict[str, Any]], check: Check) -> str:
        """A new thread that holds these messages; its id."""

        def find() -> str | None:
            found = islice(self._sdk.threads.list(limit=_LOOKED_AT, order="desc"), _LOOKED_AT)
            return next((thread.id for thread in found if thread.metadata == metadata), None)

        def create() -> str:
            made: Any = self._sdk.threads.create(body={"messages": list(messages), "metadata": metadata})
            return str(made.id)

        return self._made("create_thread", check, create, lambda: self._asked("list_threads", check, find))

    def delete_thread(self, thread_id: str, check: Check) -> None:
        """Erase a thread; one that is gone already is erased."""
        try:
            self._asked("delete_thread", check, lambda: self._sdk.threads.delete(thread_id))
        except Gone:
            return

    def add_message(self, thread_id: str, message: dict[str, Any], check: Check, *, looks: bool = False) -> None:
        """Add a message, once: one with the same metadata and words is the same; ``looks`` if it may be there."""

        def find() -> bool | None:
            found = islice(self._sdk.messages.list(thread_id, limit=_LOOKED_AT, order="desc"), _LOOKED_AT)
            return any(_is_said(one.as_dict(), message) for one in found) or None

        def look() -> bool | None:
            return self._asked("list_messages", check, find)

        if looks and look():
            return
        self._made("create_message", check, lambda: bool(self._sdk.messages.create(thread_id, body=message)), look)

    def messages_of(self, thread_id: str, run_id: str, check: Check) -> list[Json]:
        """What a run has said, in order."""

        def ask() -> list[Json]:
            found = self._sdk.messages.list(thread_id, run_id=run_id, limit=100, order="asc")
            return [message.as_dict() for message in found]

        return self._asked("list_messages", check, ask)

    def start_run(self, thread_id: str, body: dict[str, Any], check: Check) -> Events | str:
        """Begin a run: its events; or its id, where it has begun and its events are lost.

        Its metadata have to be those of no other run of the thread.
        """

        def create() -> Events | str:
            streamed: Any = self._sdk.runs.create(thread_id, body=body, include=_CONTENTS, stream=True)
            return Events(streamed)

        def look() -> str | None:
            return self.run_with(thread_id, body["metadata"], check)

        return self._made("create_run", check, create, look)

    def submit(self, thread_id: str, run_id: str, outputs: Sequence[dict[str, str]], check: Check) -> Events | None:
        """Hand over what came of the tools: the events that follow; None where they are lost."""

        def create() -> Events:
            body = {"tool_outputs": list(outputs), "stream": True}
            streamed: Any = self._sdk.runs.submit_tool_outputs(thread_id, run_id, body=body, stream=True)
            return Events(streamed)

        try:
            return self._made("submit_tool_outputs", check, create, None)  # a second time they are refused
        except Settled:
            return None

    def run(self, thread_id: str, run_id: str, check: Check) -> Json:
        """A run as it is now."""
        return self._asked("get_run", check, lambda: self._sdk.runs.get(thread_id, run_id).as_dict())

    def run_with(self, thread_id: str, metadata: dict[str, str], check: Check) -> str | None:
        """The run that was begun with these metadata, by id."""

        def ask() -> str | None:
            found = islice(self._sdk.runs.list(thread_id, limit=_LOOKED_AT, order="desc"), _LOOKED_AT)
            return next((run.id for run in found if run.metadata == metadata), None)

        return self._asked("list_runs", check, ask)

    def active_run(self, thread_id: str, check: Check) -> Json | None:
        """The run that locks a thread."""

        def ask() -> Json | None:
            found = islice(self._sdk.runs.list(thread_id, limit=_LOOKED_AT, order="desc"), _LOOKED_AT)
            return next((run.as_dict() for run in found if run.status in ACTIVE), None)

        return self._asked("list_runs", check, ask)

    def steps(self, thread_id: str, run_id: str, check: Check) -> list[Json]:
        """The steps of a run, in order, with what its searches have found."""

        def ask() -> list[Json]:
            found = self._sdk.run_steps.list(thread_id, run_id, include=_CONTENTS, limit=100, order="asc")
            return [step.as_dict() for step in found]

        return self._asked("list_run_steps", check, ask)

    def cancel(self, thread_id: str, run_id: str, check: Check) -> None:
        """Ask a run to stop; one that has ended already has stopped."""
        try:
            self._asked("cancel_run", check, lambda: self._sdk.runs.cancel(thread_id, run_id))
        except (Settled, Gone):
            return

    def _asked(self, operation: str, check: Check, ask: Callable[[], T]) -> T:
        """The answer to what changes nothing if it is asked twice."""
        return self._made(operation, check, ask, None)

    def _made(self, operation: str, check: Check, make: Callable[[], T], look: Callable[[], T | None] | None) -> T:
        """What is made: now, or by a try before that seemed to fail."""
        attempt = 0
        while True:
            attempt += 1
            try:
                check()
                with self.service.calling(operation), _errors(), checking(check):
                    return make()
            except Transient as error:
                if attempt == _TRIES:
                    raise
                self._pause(error, attempt, check)
            if look is not None and (found := look()) is not None:
                return found

    def _pause(self, error: Transient, attempt: int, check: Check) -> None:
        pause = pause_before(attempt + 1, error.retry_after, self._backoff)
        if pause > _LONGEST_WAIT:
            raise error
        _log.info("azure.retried", attempt=attempt, error=str(error), wait_s=round(pause, 1))
        self.service.retried()
        wait(pause, check)


@contextmanager
def _errors() -> Iterator[None]:
    """The SDK's errors as SOPHIA's."""
    try:
        yield
    except (AzureError, ValueError) as error:
        raise to_sophia(error) from error


def _is_said(found: Json, message: Json) -> bool:
    """Whether a message is the one that was to be added."""
    words = [block.get("text", {}).get("value") for block in found.get("content", ()) if block.get("type") == "text"]
    return found.get("metadata") == message["metadata"] and words == [message["content"]]
