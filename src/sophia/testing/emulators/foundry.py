"""A Microsoft Foundry project: versioned agents, conversations and responses, with what can go wrong.

Of this service nobody has recordings here. The shapes are those of the type definitions of `azure-ai-projects` 2 and
`openai`, the rules those of Microsoft's pages and of the issues that users have met with
(https://learn.microsoft.com/azure/foundry/agents/concepts/runtime-components,
https://github.com/microsoft/agent-framework/issues/5087).

A test says what the model does, one reply a response, in the words of `sophia.testing.emulators.openai`::

    with FoundryEmulator([calls(CallTool("rag_search", {"query": "backups"})), says("Nightly [1].")]) as foundry:
        ...  # speak to foundry.project, with foundry.token
"""

import json
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import count
from typing import Any, TypeAlias, TypeVar
from urllib.parse import parse_qs, unquote, urlsplit

from attrs import field, frozen

from sophia.testing.emulators.openai import CallTool, Completion, Cut, Failure, Say, Send, Stall, numbered
from sophia.testing.emulators.server import Exchange, LoopbackServer, Request

__all__ = ["TOKEN", "Fail", "FoundryEmulator", "FoundryModel", "FoundryReply", "Lost", "ResponseRequest"]

TOKEN = "emulated"  # noqa: S105 -- opens nothing
"""What the emulator wants to see, unless it is told otherwise."""

_PROJECT = "/api/projects/emulated"
_WHEN = 1_790_000_000
_MOST_ITEMS = 20  # that come with one request
_OF_THE_AGENT = (
    "instructions",
    "model",
    "parallel_tool_calls",
    "reasoning",
    "temperature",
    "text",
    "tool_choice",
    "tools",
    "top_p",
)
"""What a request that names an agent may not say."""

_ENDS = {
    "stop": ("completed", None),
    "tool_calls": ("completed", None),
    "length": ("incomplete", "max_output_tokens"),
    "content_filter": ("incomplete", "content_filter"),
}

_Object = dict[str, Any]

T = TypeVar("T")


@frozen
class Fail:
    """The response fails, as the last of what a model does; nothing of it comes into the conversation."""

    code: str = "server_error"
    message: str = "an upstream secret that nobody may see"


@frozen
class Lost:
    """The response is made and kept, but who asked for it hears only this, or nothing at all."""

    completion: Completion
    failure: Failure | None = None


FoundryReply: TypeAlias = Completion | Failure | Lost | Fail


@frozen
class ResponseRequest:
    """A request for a response.

    Attributes:
        body: as it was sent.
        before: what the conversation holds, oldest first.
        agent: the version of the agent that is to answer.
    """

    body: Mapping[str, Any] = field(hash=False)
    before: tuple[_Object, ...] = field(hash=False)
    agent: Mapping[str, Any] = field(hash=False)

    @property
    def input(self) -> list[_Object]:
        """What is new, as items."""
        return list(self.body["input"])

    @property
    def said(self) -> list[tuple[str, str]]:
        """Role and text of every message that the model sees, oldest first."""
        items = (*self.before, *self.input)
        return [(item["role"], _text_of(item)) for item in items if item["type"] == "message"]

    @property
    def results(self) -> list[_Object]:
        """What came of tools, as they are told in this request."""
        return [json.loads(item["output"]) for item in self.input if item["type"] == "function_call_output"]

    @property
    def tools(self) -> list[str]:
        """The names of the functions that the agent may ask for."""
        return [tool["name"] for tool in self.agent["definition"].get("tools") or ()]

    @property
    def passages(self) -> list[_Object]:
        """The numbered passages that this request shows, each an object with ``n`` and ``text``."""
        texts = [item.get("output") or _text_of(item) for item in self.input]
        return [found for text in texts for found in numbered(text)]


FoundryModel = Callable[[ResponseRequest], FoundryReply]
"""What a model does when it is asked."""


class FoundryEmulator(LoopbackServer):
    """Speaks what SOPHIA uses of ``/agents`` (api-version ``v1``), ``/openai/v1/conversations`` and ``…/responses``.

    Args:
        model: what the model does at each response, in order; or what decides on it.
        token: whoever does not come with it gets a 401; may be changed.
        goes_on: whether a response whose client is gone is made to the end all the same.

    Attributes:
        agents: the versions of each agent, oldest first.
        conversations: the items of each conversation, oldest first; delete one, and it is gone.
        responses: those that were begun, by their ids.
        asked: the requests for responses that were let in, in order.
    """

    def __init__(
        self, model: Iterable[FoundryReply] | FoundryModel, *, token: str = TOKEN, goes_on: bool = True
    ) -> None:
        super().__init__(self._answer)
        self.token = token
        self.goes_on = goes_on
        self.agents: dict[str, list[_Object]] = {}
        self.conversations: dict[str, list[_Object]] = {}
        self.responses: dict[str, _Object] = {}
        self.asked: list[ResponseRequest] = []
        self._metadata: dict[str, _Object] = {}
        self._busy: dict[str, str] = {}
        self._kept: set[str] = set()
        self._lock = threading.RLock()
        self._numbers = count(1)
        if callable(model):
            self._model: FoundryModel = model
        else:
            script = iter(tuple(model))
            self._model = lambda _: next(script, Failure(400, "the_script_is_over"))

    @property
    def project(self) -> str:
        """The endpoint of the project."""
        return self.url + _PROJECT

    def _new(self, kind: str) -> str:
        return f"{kind}_{next(self._numbers):048x}"

    def _answer(self, request: Request, exchange: Exchange) -> None:
        url = urlsplit(request.path)
        query = {name: values[-1] for name, values in parse_qs(url.query).items()}
        parts = [unquote(part) for part in url.path.removeprefix(_PROJECT).strip("/").split("/")]
        if request.headers.get("authorization") != f"Bearer {self.token}":
            refused = Failure(401, "unauthorized", headers={"WWW-Authenticate": "Bearer"})
            _fail(exchange, refused)
            return
        if not url.path.startswith(_PROJECT):
            _fail(exchange, Failure(404, "not_found"))
            return
        try:
            self._route(request.method, parts, query, request.json if request.body else {}, exchange)
        except _Refused as refused:
            _fail(exchange, refused.failure)

    def _route(
        self, method: str, parts: list[str], query: Mapping[str, str], body: _Object, exchange: Exchange
    ) -> None:
        match (method, *parts):
            case ("GET" | "POST", "agents", name, "versions"):
                if query.get("api-version") != "v1":
                    raise _Refused(400, "UnsupportedApiVersion", "api-version")
                _send(exchange, self._versions(name, query) if method == "GET" else self._new_version(name, body))
            case (_, "openai", "v1", "conversations", *rest):
                with self._lock:
                    answer = self._converse(method, rest, body, query)
                _send(exchange, answer)
            case ("POST", "openai", "v1", "responses"):
                self._respond(body, exchange)
            case ("GET", "openai", "v1", "responses", response):
                _send(exchange, _found(self.responses, response))
            case ("POST", "openai", "v1", "responses", response, "cancel"):
                _send(exchange, self._cancel(response))
            case _:
                raise _Refused(404, "not_found")

    # Agents

    def _versions(self, name: str, query: Mapping[str, str]) -> _Object:
        with self._lock:
            versions = list(_found(self.agents, name))
        return _page(versions if query.get("order") == "asc" else versions[::-1], query)

    def _new_version(self, name: str, body: _Object) -> _Object:
        definition = body.get("definition") or {}
        if definition.get("kind") != "prompt" or not definition.get("model"):
            raise _Refused(400, "invalid_payload", "definition")
        with self._lock:
            versions = self.agents.setdefault(name, [])
            made = {
                "object": "agent.version",
                "id": f"{name}:{len(versions) + 1}",
                "name": name,
                "version": str(len(versions) + 1),
                "description": body.get("description") or "",
                "metadata": body.get("metadata") or {},
                "created_at": _WHEN,
                "definition": definition,
                "status": "active",
            }
            versions.append(made)
        return made

    def _agent(self, body: _Object) -> _Object:
        if "agent" in body:
            raise _Refused(400, "invalid_payload", "agent")  # "is deprecated, use agent_reference"
        named = body.get("agent_reference") or {}
        if named.get("type") != "agent_reference":
            raise _Refused(400, "invalid_payload", "agent_reference")
        for key in _OF_THE_AGENT:
            if key in body:
                raise _Refused(400, "invalid_payload", key)  # "Not allowed when agent is specified."
        versions = _found(self.agents, named.get("name"))
        wanted = named.get("version") or versions[-1]["version"]
        return _found({version["version"]: version for version in versions}, wanted)

    # Conversations

    def _converse(self, method: str, path: list[str], body: _Object, query: Mapping[str, str]) -> _Object:
        match (method, *path):
            case ("POST",):
                conversation = self._new("conv")
                self.conversations[conversation] = []
                self._metadata[conversation] = body.get("metadata") or {}
                self._add(conversation, body.get("items") or ())
                return self._conversation(conversation)
            case ("GET", conversation):
                return self._conversation(conversation)
            case ("DELETE", conversation):
                _found(self.conversations, conversation)
                del self.conversations[conversation]
                return {"id": conversation, "object": "conversation.deleted", "deleted": True}
            case ("POST", conversation, "items"):
                return _page(self._add(conversation, body.get("items") or ()), {})
            case ("GET", conversation, "items"):
                items = _found(self.conversations, conversation)
                return _page(items if query.get("order") == "asc" else items[::-1], query)
        raise _Refused(404, "not_found")

    def _conversation(self, conversation: str) -> _Object:
        _found(self.conversations, conversation)
        metadata = self._metadata[conversation]
        return {"id": conversation, "object": "conversation", "created_at": _WHEN, "metadata": metadata}

    def _add(self, conversation: str, items: Iterable[_Object]) -> list[_Object]:
        items = list(items)
        if len(items) > _MOST_ITEMS:
            raise _Refused(400, "invalid_payload", "items")
        added = [self._item(item) for item in items]
        _found(self.conversations, conversation).extend(added)
        return added

    def _item(self, item: _Object) -> _Object:
        """An item as it is kept."""
        kind = item.get("type")
        if kind not in ("message", "function_call_output"):
            raise _Refused(400, "invalid_payload", "/")  # "does not match the expected schema"
        kept = {"status": "completed", **item, "id": item.get("id") or self._new(_PREFIX[kind])}
        if kind == "message" and isinstance(item["content"], str):
            part: _Object = {"type": "input_text", "text": item["content"]}
            if item["role"] == "assistant":
                part = {"type": "output_text", "text": item["content"], "annotations": []}
            kept["content"] = [part]
        return kept

    # Responses

    def _respond(self, body: _Object, exchange: Exchange) -> None:
        with self._lock:
            agent = self._agent(body)
            conversation = body.get("conversation") or ""
            before = tuple(_found(self.conversations, conversation))
            if conversation in self._busy:
                raise _Refused(400, "conversation_locked", "conversation")
            new = [self._item(item) for item in body.get("input") or ()]
            _check_outputs(before, new)
            asked = ResponseRequest(body, before, agent)
            self.asked.append(asked)
            response = self._begin(asked)
            self._busy[conversation] = response["id"]
        try:
            reply = self._model(asked)
            self._play(reply, asked, response, new, exchange)
        finally:
            with self._lock:
                self._busy.pop(conversation, None)

    def _begin(self, asked: ResponseRequest) -> _Object:
        definition = asked.agent["definition"]
        response: _Object = {
            "id": self._new("caresp"),
            "object": "response",
            "created_at": _WHEN,
            "status": "in_progress",
            "agent_reference": {"type": "agent_reference", **{k: asked.agent[k] for k in ("name", "version")}},
            "background": False,
            "conversation": {"id": asked.body["conversation"]},
            "error": None,
            "incomplete_details": None,
            "instructions": definition.get("instructions"),
            "max_output_tokens": asked.body.get("max_output_tokens"),
            "metadata": asked.body.get("metadata") or {},
            "model": definition["model"],
            "output": [],
            "parallel_tool_calls": True,
            "previous_response_id": None,
            "temperature": definition.get("temperature", 1.0),
            "text": {"format": {"type": "text"}},
            "tool_choice": "auto",
            "tools": definition.get("tools") or [],
            "top_p": 1.0,
            "truncation": "disabled",
            "usage": None,
        }
        self.responses[response["id"]] = response
        return response

    def _play(
        self, reply: FoundryReply, asked: ResponseRequest, response: _Object, new: list[_Object], exchange: Exchange
    ) -> None:
        match reply:
            case Failure():
                del self.responses[response["id"]]
                _fail(exchange, reply)
            case Lost(completion, failure):
                for _ in self._events(completion, response):
                    continue
                self._keep(response, new)
                if failure is None:
                    exchange.cut()
                else:
                    _fail(exchange, failure)
            case _ if not asked.body.get("stream"):
                for event in self._events(reply, response):
                    if isinstance(event, Stall):
                        exchange.pause(event.seconds)
                self._keep(response, new)
                _send(exchange, response)
            case _:
                self._stream(reply, response, new, exchange)

    def _stream(self, reply: Completion | Fail, response: _Object, new: list[_Object], exchange: Exchange) -> None:
        exchange.begin(200, {"Content-Type": "text/event-stream; charset=utf-8"})
        numbers = count()
        deserted = False
        for event in self._events(reply, response):
            if response["status"] == "cancelled":
                break
            try:
                deserted = deserted or (isinstance(event, Stall) and exchange.deserted)
                match event:
                    case Stall(seconds):  # whoever listens: it takes its time
                        self._pause(seconds, response, exchange)
                    case _ if deserted:
                        continue
                    case Cut():
                        exchange.write(b'event: response.output_text.delta\ndata: {"type": "respon')
                        exchange.cut()
                        deserted = True
                    case Send(data):
                        exchange.write(f"data: {data}\n\n".encode())
                    case dict():
                        data = json.dumps({**event, "sequence_number": next(numbers)})
                        exchange.write(f"event: {event['type']}\ndata: {data}\n\n".encode())
                        if event["type"] in _LAST:
                            self._keep(response, new)  # before the client can ask for it
            except OSError:
                deserted = True
                self.left.set()
            if deserted and not self.goes_on:
                response["status"] = "cancelled"
                return
        self._keep(response, new)
        if not deserted:
            exchange.finish()

    def _pause(self, seconds: float, response: _Object, exchange: Exchange) -> None:
        """Send nothing for a while; whoever cancels the response ends it, and whoever goes away, unless it goes on."""
        until = time.monotonic() + seconds
        while (rest := until - time.monotonic()) > 0 and response["status"] != "cancelled":
            exchange.pause(min(rest, 0.02))
            if self._stopping.is_set() or (exchange.deserted and not self.goes_on):
                return

    def _keep(self, response: _Object, new: list[_Object]) -> None:
        """Add what was asked and answered to the conversation, once, where the response has not failed."""
        with self._lock:
            kept = self.conversations.get(response["conversation"]["id"])
            if response["status"] not in ("completed", "incomplete") or kept is None:
                return
            if response["id"] not in self._kept:
                self._kept.add(response["id"])
                kept += [*new, *response["output"]]
            self._busy.pop(response["conversation"]["id"], None)

    def _cancel(self, response_id: str) -> _Object:
        with self._lock:
            response = _found(self.responses, response_id)
            if response["status"] != "in_progress":
                raise _Refused(400, "invalid_request_error")
            response["status"] = "cancelled"
        return response

    def _events(self, reply: Completion | Fail, response: _Object) -> Iterator[_Object | Stall | Cut | Send]:
        """What happens to a response, which becomes what it is on the way."""
        yield {"type": "response.created", "response": dict(response)}
        yield {"type": "response.in_progress", "response": dict(response)}
        if isinstance(reply, Fail):
            response["status"], response["error"] = "failed", {"code": reply.code, "message": reply.message}
            yield {"type": "response.failed", "response": response}
            return
        for act in reply.acts:
            match act:
                case Say():
                    yield from self._say(act, response)
                case CallTool():
                    yield from self._call(act, response)
                case _:
                    yield act
        if response["status"] != "in_progress":
            return
        status, reason = _ENDS[reply.finish or "stop"]
        if reply.tokens is not None:
            read, written = reply.tokens
            response["usage"] = {
                "input_tokens": read,
                "input_tokens_details": {"cached_tokens": 0},
                "output_tokens": written,
                "output_tokens_details": {"reasoning_tokens": 0},
                "total_tokens": read + written,
            }
        response["status"], response["incomplete_details"] = status, {"reason": reason} if reason else None
        if reply.finish is not None:
            yield {"type": f"response.{status}", "response": response}

    def _say(self, act: Say, response: _Object) -> Iterator[_Object | Stall]:
        item: _Object = {
            "type": "message",
            "id": self._new("msg"),
            "role": "assistant",
            "status": "in_progress",
            "content": [],
        }
        at = {"output_index": len(response["output"])}
        place = {"item_id": item["id"], **at, "content_index": 0}
        part: _Object = {"type": "output_text", "text": "", "annotations": [], "logprobs": []}
        yield {"type": "response.output_item.added", **at, "item": dict(item)}
        yield {"type": "response.content_part.added", **place, "part": dict(part)}
        for start in range(0, len(act.text), act.size):
            if act.pause:
                yield Stall(act.pause)
            delta = act.text[start : start + act.size]
            part["text"] += delta
            yield {"type": "response.output_text.delta", **place, "delta": delta, "logprobs": []}
        yield {"type": "response.output_text.done", **place, "text": part["text"], "logprobs": []}
        yield {"type": "response.content_part.done", **place, "part": part}
        item |= {"status": "completed", "content": [part]}
        response["output"].append(item)
        yield {"type": "response.output_item.done", **at, "item": item}

    def _call(self, act: CallTool, response: _Object) -> Iterator[_Object]:
        arguments = act.arguments if isinstance(act.arguments, str) else json.dumps(act.arguments, ensure_ascii=False)
        made = self._new("fc")
        item: _Object = {
            "type": "function_call",
            "id": made,
            "call_id": act.id or f"call_{made[-8:]}",
            "name": act.name,
        }
        at = {"output_index": len(response["output"])}
        place = {"item_id": made, **at}
        yield {"type": "response.output_item.added", **at, "item": {**item, "arguments": "", "status": "in_progress"}}
        for start in range(0, len(arguments), 5):
            piece = arguments[start : start + 5]
            yield {"type": "response.function_call_arguments.delta", **place, "delta": piece}
        told = {"name": act.name, "arguments": arguments}
        yield {"type": "response.function_call_arguments.done", **place, **told}
        item |= {"arguments": arguments, "status": "completed"}
        response["output"].append(item)
        yield {"type": "response.output_item.done", **at, "item": item}


_LAST = frozenset({"response.completed", "response.incomplete", "response.failed"})
_PREFIX = {"message": "msg", "function_call_output": "fco"}


class _Refused(Exception):
    """A request that is not let in."""

    def __init__(self, status: int, code: str, param: str | None = None) -> None:
        super().__init__(code)
        self.failure = Failure(status, code, param)


def _found(things: Mapping[str, T], name: str | None) -> T:
    if name is None or name not in things:
        raise _Refused(404, "not_found")
    return things[name]


def _check_outputs(before: tuple[_Object, ...], new: list[_Object]) -> None:
    """Whatever was asked for has to be told before anything else is said."""
    asked = [item["call_id"] for item in before if item["type"] == "function_call"]
    told = [item["call_id"] for item in (*before, *new) if item["type"] == "function_call_output"]
    if set(asked) != set(told):
        raise _Refused(400, "invalid_request_error", "input")  # "No tool output found for function call …"


def _text_of(item: Mapping[str, Any]) -> str:
    content = item.get("content") or ""
    return content if isinstance(content, str) else "".join(part["text"] for part in content)


def _page(items: list[_Object], query: Mapping[str, str]) -> _Object:
    ids = [item["id"] for item in items]
    start = ids.index(query["after"]) + 1 if query.get("after") in ids else 0
    end = start + int(query.get("limit") or 20)
    data = items[start:end]
    first, last = (data[0]["id"], data[-1]["id"]) if data else (None, None)
    return {"object": "list", "data": data, "first_id": first, "last_id": last, "has_more": end < len(items)}


def _send(exchange: Exchange, answer: _Object) -> None:
    exchange.send(200, json.dumps(answer).encode(), {"Content-Type": "application/json"})


def _fail(exchange: Exchange, failure: Failure) -> None:
    error: _Object = {
        "message": "an upstream secret that nobody may see",
        "type": "invalid_request_error",
        "param": failure.param,
        "code": failure.code or None,
        "details": [],
        "additionalInfo": {"request_id": "0"},
    }
    body = json.dumps({"error": error}) if failure.body is None else failure.body
    kind = "application/json" if failure.body is None else "text/html; charset=utf-8"
    exchange.send(failure.status, body.encode(), {"Content-Type": kind, **failure.headers})
