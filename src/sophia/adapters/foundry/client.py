"""The official packages, held to the settings: no proxy, no redirect, nothing repeated behind SOPHIA's back."""

import threading
import weakref
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import closing, contextmanager
from http import HTTPStatus
from itertools import islice
from typing import Any
from urllib.parse import urlsplit

import httpx2
import openai
from azure.ai.projects import AIProjectClient
from azure.core.credentials import TokenCredential
from azure.core.exceptions import AzureError, HttpResponseError, ResourceNotFoundError
from azure.core.rest import HttpResponse
from openai import BaseModel

from sophia.adapters.foundry.project import Project
from sophia.adapters.foundry.translate import Item, conversation_of, digest_of
from sophia.adapters.http.azure_core import PlainOnLoopback, SdkTransport
from sophia.adapters.http.transport import Check, WatchedTransport, checking
from sophia.adapters.http.urls import url_fault
from sophia.adapters.http.waiting import retry_after
from sophia.adapters.model.client_errors import to_sophia
from sophia.adapters.model.errors import MODEL, Transient
from sophia.adapters.model.service import Service
from sophia.errors import ConfigurationError, Fault, SophiaError, Unavailable
from sophia.logs import get_logger

__all__ = ["FoundryClient", "Gone"]

_CONNECT = 5.0
_FAREWELL = 3.0  # seconds for what nobody waits for with pleasure
_DIGEST = "sophia"  # the key of a version's metadata that tells what is in it
_MOST_VERSIONS = 500
_PAGE = 100
_POLL = 0.2
_NOT_THE_ENVIRONMENTS: dict[str, Any] = {"OpenAI-Organization": openai.omit, "OpenAI-Project": openai.omit}

_log = get_logger(__name__)


class Gone(Unavailable):
    """The conversation is not there, or the version of the agent."""


class FoundryClient:
    """Asks one project; several threads may.

    Args:
        project: where it is.
        credential: who SOPHIA is to Azure.
        service: is told of each request, and lets it pass.

    Raises:
        ConfigurationError: plain HTTP to another machine.
    """

    def __init__(self, project: Project, credential: TokenCredential, service: Service) -> None:
        if fault := url_fault(project.endpoint):
            raise ConfigurationError(Fault("/agent/foundry/endpoint", fault))
        self._project = project
        self._service = service
        here = urlsplit(project.endpoint).scheme == "http"  # which `url_fault` lets by on this machine alone
        self._azure = AIProjectClient(
            project.endpoint,
            credential,
            transport=SdkTransport(project.timeout, project.concurrent),
            per_call_policies=[PlainOnLoopback()] if here else [],
            retry_total=0,
            retry_status=0,
            permit_redirects=False,
        )
        http = httpx2.Client(transport=WatchedTransport(project.concurrent), follow_redirects=False)
        self._openai = self._azure.get_openai_client(
            http_client=http,
            max_retries=0,
            timeout=httpx2.Timeout(project.timeout, connect=min(_CONNECT, project.timeout)),
        )
        weakref.finalize(self, http.close)
        weakref.finalize(self, self._azure.close)
        self._versions: dict[str, str] = {}
        self._lock = threading.Lock()

    def check(self) -> None:
        """Pass when the project answers to SOPHIA's identity; that it has no agent yet is no fault.

        Raises:
            Unavailable: it does not.
        """
        with self._calling("list_agent_versions"):
            try:
                next(iter(self._azure.agents.list_versions(self._project.agent, limit=1)), None)
            except ResourceNotFoundError:
                return

    def version_of(self, definition: Item, check: Check) -> str:
        """The version of the agent that is defined so; where the project has none, it is made.

        Raises:
            Unavailable: the project does not answer as it should.
        """
        digest = digest_of(definition)
        with self._alone(check):
            if digest not in self._versions:
                self._versions[digest] = self._found(digest, check) or self._made(definition, digest, check)
            return self._versions[digest]

    def forget_versions(self, check: Check) -> None:
        """Look the versions of the agent up anew: somebody may have deleted one."""
        with self._alone(check):
            self._versions.clear()

    @contextmanager
    def _alone(self, check: Check) -> Iterator[None]:
        """One turn at a time: else several would make the same version."""
        while not self._lock.acquire(timeout=_POLL):
            check()
        try:
            yield
        finally:
            self._lock.release()

    def _found(self, digest: str, check: Check) -> str | None:
        with self._calling("list_agent_versions"), checking(check):
            try:
                versions = self._azure.agents.list_versions(self._project.agent, order="desc", limit=_PAGE)
                newest = islice(versions, _MOST_VERSIONS)
                return next((v.version for v in newest if (v.metadata or {}).get(_DIGEST) == digest), None)
            except ResourceNotFoundError:
                return None

    def _made(self, definition: Item, digest: str, check: Check) -> str:
        body = {"definition": definition, "metadata": {_DIGEST: digest}}
        with self._calling("create_agent_version"), checking(check):
            version = self._azure.agents.create_version(self._project.agent, body).version
        _log.info("foundry.agent_version", agent=self._project.agent, version=version)
        return version

    def new_conversation(self, metadata: dict[str, str], check: Check) -> str:
        """The id of a new conversation. Raises `Unavailable`."""
        with self._calling("create_conversation"), checking(check):
            made = self._openai.conversations.create(metadata=metadata, extra_headers=_NOT_THE_ENVIRONMENTS)
            return conversation_of(_object(made))

    def delete_conversation(self, conversation: str) -> None:
        """Delete a conversation; that it is gone already is no fault. Raises `Unavailable`."""
        with self._calling("delete_conversation"):
            try:
                self._openai.conversations.delete(conversation, timeout=_FAREWELL, extra_headers=_NOT_THE_ENVIRONMENTS)
            except openai.NotFoundError:
                return

    def items(self, conversation: str, check: Check) -> list[Item]:
        """The latest items of a conversation, newest first; 100 at the most. Raises `Unavailable`."""
        with self._calling("list_items"), checking(check):
            listed = self._openai.conversations.items.list(
                conversation, order="desc", limit=_PAGE, extra_headers=_NOT_THE_ENVIRONMENTS
            )
            return [_object(item) for item in listed.data]

    def response(self, response: str, check: Check) -> Item:
        """A response as it is now. Raises `Unavailable`."""
        with self._calling("get_response"), checking(check):
            return _object(self._openai.responses.retrieve(response, extra_headers=_NOT_THE_ENVIRONMENTS))

    def cancel(self, response: str) -> None:
        """Ask that a response be stopped. That it has ended, or cannot be stopped, is no fault of the turn's."""
        try:
            with self._calling("cancel_response"):
                self._openai.responses.cancel(response, timeout=_FAREWELL, extra_headers=_NOT_THE_ENVIRONMENTS)
        except SophiaError as error:
            _log.info("foundry.not_cancelled", error=str(error))

    def stream(self, conversation: str, version: str, items: list[Item], tokens: int, check: Check) -> Generator[Item]:
        """The events of a new response, as they come; closing the generator ends the request.

        Args:
            conversation: to which what is asked and answered is added when the response is made.
            version: of the agent that answers.
            items: what is new.
            tokens: that may be written.
            check: is asked several times a second while nothing comes; what it raises passes.

        Raises:
            Unavailable: the project does not answer as it should; `Transient` where it may at the next try.
            Gone: the conversation or the version is not there.
            Filtered: the content filter refuses.
        """
        agent = {"type": "agent_reference", "name": self._project.agent, "version": version}
        with self._calling("create_response"), checking(check):
            create: Callable[..., openai.Stream[Any]] = self._openai.responses.create
            events = create(
                conversation=conversation,
                input=items,
                stream=True,
                max_output_tokens=tokens,
                extra_body={"agent_reference": agent},
                extra_headers=_NOT_THE_ENVIRONMENTS,
            )
            if not events.response.headers.get("content-type", "").startswith("text/event-stream"):
                events.close()
                raise ValueError("no event stream")
        with self._errors(), closing(events):
            yield from _events(events, check)

    @contextmanager
    def _calling(self, operation: str) -> Iterator[None]:
        """One request."""
        with self._service.calling(operation), self._errors():
            yield

    @contextmanager
    def _errors(self) -> Iterator[None]:
        """The errors of the packages as SOPHIA's."""
        try:
            yield
        except (openai.AuthenticationError, openai.PermissionDeniedError) as error:
            raise _refuses(error.status_code) from error
        except openai.NotFoundError as error:
            raise Gone(MODEL, "has no such conversation or agent (HTTP 404)") from error
        except openai.BadRequestError as error:
            _log.warning("model.failed", error=type(error).__name__, status=error.status_code)
            if error.code == "conversation_locked":
                raise Transient(MODEL, "is still at work on the conversation") from error
            raise to_sophia(error, self._project.model, "agent.foundry") from error
        except (openai.APIError, ValueError) as error:
            # A ValueError is what came and could not be read: no JSON, no event stream, no response.
            _log.warning("model.failed", error=type(error).__name__, status=getattr(error, "status_code", None))
            raise to_sophia(error, self._project.model, "agent.foundry") from error
        except AzureError as error:
            _log.warning("model.failed", error=type(error).__name__, status=getattr(error, "status_code", None))
            raise _of_azure(error) from error


def _object(answer: object) -> Item:
    if not isinstance(answer, BaseModel):
        raise ValueError("no object")  # noqa: TRY004 -- of JSON, that is
    return answer.to_dict(warnings=False)


def _events(events: Iterable[Any], check: Check) -> Iterator[Item]:
    """Each event once, in order."""
    coming, last = iter(events), -1
    while True:
        with checking(check):
            check()
            event = next(coming, None)
        if event is None:
            return
        told = _object(event)
        number = told.get("sequence_number")
        if isinstance(number, int):
            if number <= last:
                continue
            last = number
        yield told


def _refuses(status: int) -> Unavailable:
    return Unavailable(MODEL, f"refuses SOPHIA's identity (HTTP {status}); see [azure] and its roles at the project")


def _of_azure(error: AzureError) -> SophiaError:
    if not isinstance(error, HttpResponseError) or error.status_code is None:
        return Transient(MODEL, "cannot be reached, or no token can be had")
    status, response = error.status_code, error.response
    wait = retry_after(response.headers) if isinstance(response, HttpResponse) else None
    if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        return _refuses(status)
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return Transient(MODEL, "is asked too much (HTTP 429)", wait)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status < HTTPStatus.BAD_REQUEST:
        return Transient(MODEL, f"fails (HTTP {status})", wait)
    return Unavailable(MODEL, f"refuses its agent (HTTP {status})")
