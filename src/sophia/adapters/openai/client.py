"""The official client, held to the settings: nothing comes from the environment, nothing is sent anywhere else."""

import re
import weakref
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from typing import Any, TypeVar

import httpx2
import openai
from openai import BaseModel

from sophia.adapters.http.transport import Check, WatchedTransport, checking
from sophia.adapters.http.urls import url_fault
from sophia.adapters.model.client_errors import to_sophia
from sophia.adapters.model.reply import Delta
from sophia.adapters.openai.endpoint import Endpoint
from sophia.adapters.openai.translate import WireMessage, from_wire
from sophia.domain.secrets import Secret
from sophia.errors import ConfigurationError, Fault
from sophia.logs import get_logger

__all__ = ["ChatClient"]

T = TypeVar("T")

_CONNECT = 5.0
_CODE = re.compile(r"[\w.-]{1,64}")

_log = get_logger(__name__)


class ChatClient:
    """Streams chat completions from one endpoint; several threads may. A redirect is not followed, no proxy used.

    Raises:
        ConfigurationError: plain HTTP to another machine.
    """

    def __init__(self, endpoint: Endpoint) -> None:
        if fault := url_fault(endpoint.base_url):
            raise ConfigurationError(Fault("/agent/openai/base_url", fault))
        self._endpoint = endpoint
        self._limit = "max_tokens"
        http = httpx2.Client(transport=WatchedTransport(), follow_redirects=False)
        weakref.finalize(self, http.close)
        self._openai = openai.OpenAI(
            base_url=endpoint.base_url,
            api_key="sent with each request",
            max_retries=0,  # its retries could not be cancelled, nor held to the time of a turn
            timeout=httpx2.Timeout(endpoint.timeout, connect=min(_CONNECT, endpoint.timeout)),
            http_client=http,
        )

    def check(self) -> None:
        """Pass when the endpoint answers; its list of models costs nothing, and need not be there.

        Raises:
            Unavailable: it does not answer, or not to this key.
        """
        try:
            self._with_key(lambda headers: self._openai.models.list(extra_headers=headers, timeout=_CONNECT))
        except openai.NotFoundError:
            return
        except (openai.APIError, ValueError) as error:
            raise to_sophia(error, self._endpoint.model, "agent.openai") from error

    def stream(
        self, messages: list[WireMessage], tools: list[WireMessage], tokens: int, check: Check
    ) -> Generator[Delta]:
        """What the model says and asks for, as it comes; closing the generator ends the request.

        Args:
            messages: the conversation.
            tools: what the model may ask for.
            tokens: that it may write.
            check: is asked several times a second while nothing comes; what it raises passes.

        Raises:
            Unavailable: the endpoint does not answer as it should; `Transient` where it may at the next try.
            Filtered: the endpoint's content filter refuses.
        """
        try:
            with checking(check):
                events = self._open(messages, tools, tokens)
            with closing(events):
                yield from _deltas(events, check)
        except (openai.APIError, ValueError) as error:
            # A ValueError is what came and could not be read: no JSON, no event stream, no completion.
            status, code = getattr(error, "status_code", None), str(getattr(error, "code", None))
            told = code if _CODE.fullmatch(code) else "unreadable"
            _log.warning("model.failed", error=type(error).__name__, status=status, code=told)
            raise to_sophia(error, self._endpoint.model, "agent.openai") from error

    def _open(self, messages: list[WireMessage], tools: list[WireMessage], tokens: int) -> openai.Stream[Any]:
        try:
            return self._ask(messages, tools, tokens)
        except openai.BadRequestError as error:
            if error.param != "max_tokens":
                raise
            # Newer models of OpenAI and Azure know the limit under another name, which other servers do not know.
            self._limit = "max_completion_tokens"
            return self._ask(messages, tools, tokens)

    def _ask(self, messages: list[WireMessage], tools: list[WireMessage], tokens: int) -> openai.Stream[Any]:
        request: dict[str, Any] = {
            "model": self._endpoint.model,
            "messages": messages,
            "stream": True,
            "stream_options": {"include_usage": True},
            self._limit: tokens,
        }
        if tools:
            request["tools"] = tools
        if self._endpoint.temperature is not None:
            request["temperature"] = self._endpoint.temperature
        events: openai.Stream[Any] = self._with_key(
            lambda headers: self._openai.chat.completions.create(**request, extra_headers=headers)
        )
        kind = events.response.headers.get("content-type", "")
        if not kind.startswith("text/event-stream"):
            events.close()
            raise ValueError("no event stream")
        return events

    def _with_key(self, ask: Callable[[dict[str, Any]], T]) -> T:
        """Ask with the key; where it is refused and the vault holds another by now, once more with that one."""
        credential = self._endpoint.key
        if credential is None:
            return ask(_headers(None))
        key = credential()
        try:
            return ask(_headers(key))
        except openai.AuthenticationError:
            if (fresh := credential.renewed(key)) is None:
                raise
        return ask(_headers(fresh))


def _headers(key: Secret | None) -> dict[str, Any]:
    """Named with each request, so that the environment has no say."""
    return {
        "Authorization": openai.omit if key is None else f"Bearer {key.reveal()}",
        "OpenAI-Organization": openai.omit,
        "OpenAI-Project": openai.omit,
    }


def _deltas(events: Iterator[Any], check: Check) -> Iterator[Delta]:
    while True:
        with checking(check):
            check()
            chunk = next(events, None)
        if chunk is None:
            return
        if not isinstance(chunk, BaseModel):
            raise ValueError("no object")  # noqa: TRY004 -- of JSON, that is
        yield from_wire(chunk.to_dict(warnings=False))
