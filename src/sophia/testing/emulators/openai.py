"""An OpenAI-compatible endpoint: streamed chat completions, as a model would send them, with what can go wrong.

Source: https://platform.openai.com/docs/api-reference/chat-streaming

A test says what the model does, one `Completion` or `Failure` a request::

    with OpenAIEmulator([calls(CallTool("rag_search", {"query": "backups"})), says("Nightly [1].")]) as endpoint:
        ...  # speak to f"{endpoint.url}/v1"
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import takewhile, zip_longest
from typing import Any, TypeAlias

from attrs import field, frozen

from sophia.testing.emulators.server import Exchange, LoopbackServer, Request

__all__ = [
    "Act",
    "CallTool",
    "ChatRequest",
    "Completion",
    "Cut",
    "Failure",
    "Model",
    "OpenAIEmulator",
    "Reply",
    "Say",
    "Send",
    "Stall",
    "calls",
    "numbered",
    "says",
]


@frozen
class Say:
    """The model says something, ``size`` characters at a time, with a pause (seconds) before each piece."""

    text: str
    size: int = 7
    pause: float = 0.0


@frozen
class CallTool:
    """The model asks for a tool. Arguments that are a text are sent as they are, JSON or not."""

    name: str
    arguments: Mapping[str, object] | str = field(factory=dict, hash=False)
    id: str = ""


@frozen
class Stall:
    """Nothing comes for a while (seconds)."""

    seconds: float


@frozen
class Cut:
    """The connection ends, in the middle of an event."""


@frozen
class Send:
    """An event with this as its data, whatever it is."""

    data: str


Act: TypeAlias = Say | CallTool | Stall | Cut | Send


@frozen
class Completion:
    """What the model does, why it ends (None: it does not say), and its cost (prompt, completion; None: not told).

    ``choices`` switched off leaves every chunk without a choice.
    """

    acts: tuple[Act, ...]
    finish: str | None = "stop"
    tokens: tuple[int, int] | None = (100, 10)
    choices: bool = True


@frozen
class Failure:
    """An answer that is no completion: an error object, or ``body`` as it stands."""

    status: int
    code: str = ""
    param: str | None = None
    headers: Mapping[str, str] = field(factory=dict, hash=False)
    body: str | None = None


Reply: TypeAlias = Completion | Failure


@frozen
class ChatRequest:
    """A request for a completion."""

    body: Mapping[str, Any] = field(hash=False)

    @property
    def messages(self) -> list[dict[str, Any]]:
        """The conversation."""
        return list(self.body["messages"])

    @property
    def said(self) -> list[tuple[str, str]]:
        """Role and text of all that is said, in order."""
        return [(said["role"], str(said.get("content") or "")) for said in self.messages if said["role"] != "tool"]

    @property
    def results(self) -> list[dict[str, Any]]:
        """What came of the tools that were asked for last."""
        last = takewhile(lambda said: said["role"] == "tool", reversed(self.messages))
        return [json.loads(said["content"]) for said in last][::-1]

    @property
    def tools(self) -> list[str]:
        """The names of the tools that the model may ask for."""
        return [tool["function"]["name"] for tool in self.body.get("tools", ())]

    @property
    def passages(self) -> list[dict[str, Any]]:
        """The numbered passages that it shows, each an object with ``n`` and ``text``, wherever they stand."""
        texts = [str(message.get("content") or "") for message in self.messages]
        return [found for text in texts for found in numbered(text)]


Model = Callable[[ChatRequest], Reply]
"""What a model does when it is asked."""


def says(text: str, *, finish: str | None = "stop", tokens: tuple[int, int] | None = (100, 10)) -> Completion:
    """The model says something and ends."""
    return Completion((Say(text),), finish, tokens)


def calls(*tools: CallTool, tokens: tuple[int, int] | None = (100, 10)) -> Completion:
    """The model asks for tools, all at once."""
    return Completion(tools, "tool_calls", tokens)


class OpenAIEmulator(LoopbackServer):
    """Speaks ``POST /v1/chat/completions`` with ``stream``, and ``GET /v1/models``.

    Args:
        model: what the model does at each request, in order; or what decides on it.
        key: if given, whoever does not come with it gets a 401; may be changed.
    """

    def __init__(self, model: Iterable[Reply] | Model, *, key: str | None = None) -> None:
        super().__init__(self._answer)
        self.key = key
        if callable(model):
            self._model: Model = model
        else:
            script = iter(tuple(model))
            self._model = lambda _: next(script, Failure(400, "the_script_is_over"))

    @property
    def chats(self) -> list[ChatRequest]:
        """The requests for completions, in order."""
        return [ChatRequest(request.json) for request in self.requests if request.method == "POST"]

    def _answer(self, request: Request, exchange: Exchange) -> None:
        asked = (request.method, request.path.partition("?")[0])
        if self.key is not None and request.headers.get("authorization") != f"Bearer {self.key}":
            _fail(exchange, Failure(401, "invalid_api_key"))
        elif asked == ("GET", "/v1/models"):
            listed = {"id": "emulated", "object": "model", "created": 1, "owned_by": "sophia"}
            body = json.dumps({"object": "list", "data": [listed]})
            exchange.send(200, body.encode(), {"Content-Type": "application/json"})
        elif asked != ("POST", "/v1/chat/completions"):
            _fail(exchange, Failure(404, "not_found"))
        elif not request.json.get("stream"):
            _fail(exchange, Failure(400, "only_streams_here", "stream"))
        else:
            chat = ChatRequest(request.json)
            reply = self._model(chat)
            if isinstance(reply, Failure):
                _fail(exchange, reply)
            else:
                _complete(exchange, reply, chat)


def _fail(exchange: Exchange, failure: Failure) -> None:
    error = {
        "message": "an upstream secret that nobody may see",
        "type": "error",
        "param": failure.param,
        "code": failure.code or None,
    }
    body = json.dumps({"error": error}) if failure.body is None else failure.body
    kind = "application/json" if failure.body is None else "text/html; charset=utf-8"
    exchange.send(failure.status, body.encode(), {"Content-Type": kind, **failure.headers})


def _complete(exchange: Exchange, completion: Completion, chat: ChatRequest) -> None:
    exchange.begin(200, {"Content-Type": "text/event-stream; charset=utf-8"})
    _event(exchange, _chunk(completion, {"role": "assistant", "content": ""}))
    for act in _in_pieces(completion.acts):
        match act:
            case dict() | str():
                data = act if isinstance(act, str) else json.dumps(_chunk(completion, act), ensure_ascii=False)
                exchange.write(f"data: {data}\n\n".encode())
            case Stall(seconds):
                exchange.pause(seconds)
            case Cut():
                exchange.write(b'data: {"id": "chatcmpl-1", "choi')
                exchange.cut()
                return
    if completion.finish is not None:
        _event(exchange, _chunk(completion, {}, completion.finish))
    options = chat.body.get("stream_options") or {}
    if completion.tokens is not None and options.get("include_usage"):
        prompt, reply = completion.tokens
        usage = {"prompt_tokens": prompt, "completion_tokens": reply, "total_tokens": prompt + reply}
        _event(exchange, {**_chunk(completion, {}), "choices": [], "usage": usage})
    exchange.write(b"data: [DONE]\n\n")
    exchange.finish()


def _event(exchange: Exchange, chunk: Mapping[str, object]) -> None:
    exchange.write(f"data: {json.dumps(chunk, ensure_ascii=False)}\n\n".encode())


def _chunk(completion: Completion, delta: Mapping[str, object], finish: str | None = None) -> dict[str, object]:
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion.chunk",
        "created": 1,
        "model": "emulated",
        "choices": [choice] if completion.choices else [],
    }


def _in_pieces(acts: Iterable[Act]) -> Iterator[dict[str, Any] | str | Stall | Cut]:
    """Deltas, raw data, and what is no data. Tools that are asked for together come with their pieces mixed."""
    together: list[Iterator[dict[str, Any]]] = []
    for act in (*acts, Stall(0)):
        if isinstance(act, CallTool):
            together.append(_call_pieces(act, len(together)))
            continue
        for row in zip_longest(*together):
            yield from ({"tool_calls": [piece]} for piece in row if piece is not None)
        together = []
        match act:
            case Say(text, size, pause):
                for at in range(0, len(text), size):
                    if pause:
                        yield Stall(pause)
                    yield {"content": text[at : at + size]}
            case Send(data):
                yield data
            case _:
                yield act


def _call_pieces(call: CallTool, index: int) -> Iterator[dict[str, Any]]:
    arguments = call.arguments if isinstance(call.arguments, str) else json.dumps(call.arguments, ensure_ascii=False)
    function = {"name": call.name, "arguments": ""}
    yield {"index": index, "id": call.id or f"call_{index + 1}", "type": "function", "function": function}
    for at in range(0, len(arguments), 5):
        yield {"index": index, "function": {"arguments": arguments[at : at + 5]}}


def numbered(text: str) -> Iterator[dict[str, Any]]:
    """The numbered passages that a text shows, each an object with ``n`` and ``text``."""
    decoder = json.JSONDecoder()
    at = text.find('{"n":')
    while at >= 0:
        found, end = decoder.raw_decode(text, at)
        yield found
        at = text.find('{"n":', end)
