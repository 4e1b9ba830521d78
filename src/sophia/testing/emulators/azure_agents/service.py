"""The emulated service over HTTP: routes, credentials, versions, paging, locks."""

import json
import re
import ssl
import time
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from contextlib import suppress
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from attrs import frozen

from sophia.testing.emulators.azure_agents.objects import (
    Json,
    Refused,
    error_body,
    listed,
    made,
    metadata_of,
    missing,
    wants,
)
from sophia.testing.emulators.azure_agents.runs import (
    ACTIVE,
    INCLUDE,
    Event,
    Run,
    Thread,
    bare_message,
    without_contents,
)
from sophia.testing.emulators.azure_agents.script import Asked, Cut, Fail, Leg, Model, Stall
from sophia.testing.emulators.azure_agents.stores import Limits, Stores
from sophia.testing.emulators.server import Exchange, Request
from sophia.testing.emulators.system import Answer, EmulatedSystem, Fault, Faults

__all__ = ["AzureAgentsEmulator", "DoneAndLost"]

_PROJECT = "/api/projects/demo"
_VERSIONS = frozenset({"v1", "2025-05-01", "2025-05-15-preview"})
_LIFETIME = 600
_LIMITS = Limits()
_OVER = Leg((Fail("server_error", "The script is over."),))
_JSON = {"Content-Type": "application/json; charset=utf-8"}


@frozen
class DoneAndLost(Fault):
    """What is asked for is done, and its answer is lost: a status, or a connection that ends."""


_Route = Callable[["AzureAgentsEmulator", Json, dict[str, str]], Any]


class AzureAgentsEmulator(EmulatedSystem):
    """Azure AI Agents (``assistants``, ``threads``, ``runs``, ``files``, ``vector_stores``), on a loopback port.

    Source: https://learn.microsoft.com/rest/api/aifoundry/aiagents, and recordings of the service.

    Args:
        model: the legs that runs are played in, in order; or what decides on them.
        token: whoever does not come with it as a bearer token gets a 401; or what decides on that.
        reads: a file of a vector store is ``in_progress`` for so many looks at it.
        broken: names of files that no vector store takes in, with the code of their failure.

    Attributes:
        stores: files and vector stores.
    """

    def __init__(
        self,
        model: Iterable[Leg] | Model = (),
        *,
        token: str | Callable[[str], bool] = "emulated",  # noqa: S107 -- a token for this machine alone
        faults: Iterable[Fault | None] | Faults = (),
        reads: int = 0,
        broken: Mapping[str, str] | None = None,
        limits: Limits = _LIMITS,
        tls: ssl.SSLContext | None = None,
        port: int = 0,
    ) -> None:
        super().__init__(faults, tls=tls, port=port)
        self._takes = token if callable(token) else token.__eq__
        self.stores = Stores(limits, reads, broken or {})
        self.assistants: dict[str, Json] = {}
        self.threads: dict[str, Thread] = {}
        self._limits = limits
        self._ahead = 0
        if callable(model):
            self._model: Model = model
        else:
            script = iter(tuple(model))
            self._model = lambda _: next(script, _OVER)

    @property
    def endpoint(self) -> str:
        """What an `AgentsClient` takes as its endpoint."""
        return f"{self.url}{_PROJECT}"

    @property
    def now(self) -> int:
        """The service's clock, in unix seconds."""
        return int(time.time()) + self._ahead

    def add_assistant(self, name: str = "sophia", id: str = "") -> str:
        """An agent as a backend would have made it; its id, which may be given."""
        with self._lock:
            agent = made("assistant", self.now, **_agent_fields({"model": "emulated", "name": name}))
            agent["id"] = id or agent["id"]
            self.assistants[agent["id"]] = agent
            return str(agent["id"])

    def add_store(self, files: Mapping[str, bytes], id: str = "") -> str:
        """A vector store with these files, by name; its id, which may be given."""
        with self._lock:
            ids = [self.stores.add_file(name, content, self.now)["id"] for name, content in files.items()]
            return str(self.stores.create({"name": "sophia", "file_ids": ids}, self.now, id)["id"])

    def pass_time(self, seconds: int) -> None:
        """Put the service's clock forward."""
        self._ahead += seconds

    def asked(self, method: str, path: str) -> list[Request]:
        """The requests with this method whose path, below the project, fits a pattern."""
        fits = re.compile(re.escape(_PROJECT) + path)
        return [r for r in self.requests if r.method == method and fits.fullmatch(urlsplit(r.path).path)]

    def _refusal(self, status: int) -> Answer:
        return _told(status, error_body(Refused(status, "Refused on request.", type="server_error")))

    def _answer_with(self, fault: Fault, request: Request, exchange: Exchange) -> Answer:
        if isinstance(fault, DoneAndLost):
            self._answer(request, exchange)
        return super()._answer_with(fault, request, exchange)

    def _serve(self, request: Request, exchange: Exchange) -> None:
        with suppress(_Gone):
            super()._serve(request, exchange)

    def _answer(self, request: Request, exchange: Exchange) -> Answer:
        try:
            return self._route(request, exchange)
        except Refused as refused:
            answer = _told(refused.status, error_body(refused))
            return Answer(answer.status, answer.body, {**answer.headers, **refused.headers})

    def _route(self, request: Request, exchange: Exchange) -> Answer:
        parts = urlsplit(request.path)
        query = dict(parse_qsl(parts.query))
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme != "Bearer" or not self._takes(token):
            raise Refused(401, "The bearer token is missing or not valid.", None, "unauthorized", "authentication")
        if query.get("api-version") not in _VERSIONS:
            raise Refused(400, f"api-version {query.get('api-version')!r} is not supported.", "api-version")
        if not parts.path.startswith(f"{_PROJECT}/"):
            raise Refused(404, "No such project.")
        path = parts.path.removeprefix(_PROJECT)
        if (request.method, path) == ("POST", "/files"):
            with self._lock:
                return _told(200, self.stores.upload(request.body, request.headers.get("content-type", ""), self.now))
        if content := re.fullmatch("/files/([^/]+)/content", path):
            self.stores.file(content[1])
            return Answer(200, self.stores.contents[content[1]], {"Content-Type": "application/octet-stream"})
        body = _body(request)
        with self._lock:
            for method, pattern, route in _ROUTES:
                if method == request.method and (match := pattern.fullmatch(path)):
                    told = route(self, body, {**query, **match.groupdict()})
                    return self._streamed(told, exchange) if isinstance(told, Run) else _told(200, told)
        raise Refused(404, f"No such operation: {request.method} {path}.")

    def _streamed(self, run: Run, exchange: Exchange) -> Answer:
        return Answer(200, self._events(run, exchange), {"Content-Type": "text/event-stream; charset=utf-8"})

    def _events(self, run: Run, exchange: Exchange) -> Generator[bytes]:
        """The beats of a run as server-sent events. It goes on whether or not anybody listens."""
        player = run.player or iter(())
        run.streamed = player
        try:
            while (beat := self._next(player)) is not None:
                match beat:
                    case Event(name, data):
                        yield f"event: {name}\ndata: {data}\n\n".encode()
                    case Stall(seconds):
                        exchange.pause(seconds)
                    case Cut():
                        exchange.write(b'event: thread.message.delta\ndata: {"id":"msg_')
                        exchange.cut()
                        raise _Gone
        finally:
            while (beat := self._next(player)) is not None:
                if isinstance(beat, Stall):
                    exchange.pause(beat.seconds)
            if run.player is player:
                run.player = None

    def _next(self, player: Iterator[Any]) -> Any:
        with self._lock:
            return next(player, None)

    # What is asked for; the lock is held.

    def _create_assistant(self, body: Json, _: dict[str, str]) -> Json:
        agent = made("assistant", self.now, **_agent_fields(wants(body, "model")))
        self._check_tools(agent["tools"])
        self.assistants[agent["id"]] = agent
        return agent

    def _list_assistants(self, _: Json, query: dict[str, str]) -> Json:
        return listed(list(self.assistants.values()), query)

    def _get_assistant(self, _: Json, query: dict[str, str]) -> Json:
        if query["id"] not in self.assistants:
            raise missing("assistant", query["id"])
        return self.assistants[query["id"]]

    def _update_assistant(self, body: Json, query: dict[str, str]) -> Json:
        agent = self._get_assistant(body, query)
        changed = _agent_fields({**agent, **body})
        self._check_tools(changed["tools"])
        agent |= changed
        return agent

    def _delete_assistant(self, body: Json, query: dict[str, str]) -> Json:
        self._get_assistant(body, query)
        del self.assistants[query["id"]]
        return {"id": query["id"], "object": "assistant.deleted", "deleted": True}

    def _check_tools(self, tools: list[Json]) -> None:
        if len(tools) > self._limits.tools:
            raise Refused(400, f"Invalid 'tools': at most {self._limits.tools}.", "tools")

    def _create_thread(self, body: Json, _: dict[str, str]) -> Json:
        data = made("thread", self.now, metadata=metadata_of(body), tool_resources=body.get("tool_resources") or {})
        thread = Thread(data)
        self.threads[data["id"]] = thread
        for message in body.get("messages") or ():
            self._add_message(thread, message)
        return data

    def _list_threads(self, _: Json, query: dict[str, str]) -> Json:
        return listed([thread.data for thread in self.threads.values()], query)

    def _known(self, query: dict[str, str]) -> Thread:
        if query["thread"] not in self.threads:
            raise missing("thread", query["thread"])
        thread = self.threads[query["thread"]]
        for run in thread.runs:
            run.expire_if_due()
        return thread

    def _get_thread(self, _: Json, query: dict[str, str]) -> Json:
        return self._known(query).data

    def _update_thread(self, body: Json, query: dict[str, str]) -> Json:
        thread = self._known(query)
        if "metadata" in body:
            thread.data["metadata"] = metadata_of(body)
        if "tool_resources" in body:
            thread.data["tool_resources"] = body["tool_resources"]
        return thread.data

    def _delete_thread(self, _: Json, query: dict[str, str]) -> Json:
        self._known(query)
        del self.threads[query["thread"]]
        return {"id": query["thread"], "object": "thread.deleted", "deleted": True}

    def _create_message(self, body: Json, query: dict[str, str]) -> Json:
        thread = self._known(query)
        if (active := thread.active) is not None:
            told = f"Can't add messages to {thread.data['id']} while a run {active.data['id']} is active."
            raise Refused(400, told)
        return bare_message(self._add_message(thread, body))

    def _add_message(self, thread: Thread, body: Json) -> Json:
        wants(body, "role", "content")
        if body["role"] not in ("user", "assistant"):
            raise Refused(400, f"Invalid value: {body['role']!r}. Expected 'user' or 'assistant'.", "role")
        if len(thread.messages) >= self._limits.messages:
            raise Refused(400, f"A thread takes {self._limits.messages} messages at the most.")
        content = body["content"]
        texts = [content] if isinstance(content, str) else [block["text"] for block in content]
        message = made("thread.message", self.now, assistant_id=None, thread_id=thread.data["id"], run_id=None)
        message |= {"role": body["role"], "attachments": body.get("attachments") or [], "metadata": metadata_of(body)}
        message["content"] = [{"type": "text", "text": {"value": text, "annotations": []}} for text in texts]
        thread.messages.append(message)
        return message

    def _list_messages(self, _: Json, query: dict[str, str]) -> Json:
        messages = self._known(query).messages
        if "run_id" in query:
            messages = [message for message in messages if message["run_id"] == query["run_id"]]
        return listed(list(map(bare_message, messages)), query)

    def _message(self, query: dict[str, str]) -> Json:
        messages = self._known(query).messages
        message = next((message for message in messages if message["id"] == query["id"]), None)
        if message is None:
            raise missing("message", query["id"])
        return message

    def _get_message(self, _: Json, query: dict[str, str]) -> Json:
        return bare_message(self._message(query))

    def _update_message(self, body: Json, query: dict[str, str]) -> Json:
        message = self._message(query)
        message["metadata"] = metadata_of(body)
        return bare_message(message)

    def _create_run(self, body: Json, query: dict[str, str]) -> Json | Run:
        thread = self._known(query)
        agent = self._get_assistant(body, {"id": str(wants(body, "assistant_id")["assistant_id"])})
        if (active := thread.active) is not None:
            told = f"Thread {thread.data['id']} already has an active run {active.data['id']}."
            raise Refused(400, told)
        self._check_tools(body.get("tools") or agent["tools"])
        for message in body.get("additional_messages") or ():
            self._add_message(thread, message)
        run = self._made_run(thread, agent, body, _includes(query))
        thread.runs.append(run)
        run.begin(self._model(Asked(dict(run.data), _told_messages(thread))), first=True)
        return run if body.get("stream") else run.data

    def _made_run(self, thread: Thread, agent: Json, body: Json, includes: bool) -> Run:
        data = made("thread.run", self.now, assistant_id=agent["id"], thread_id=thread.data["id"], status="queued")
        data |= {"started_at": None, "expires_at": self.now + _LIFETIME, "cancelled_at": None, "failed_at": None}
        data |= {"completed_at": None, "required_action": None, "last_error": None}
        data["model"] = body.get("model") or agent["model"]
        instructions = (body.get("instructions") or agent["instructions"], body.get("additional_instructions"))
        data["instructions"] = "\n".join(filter(None, instructions))
        data["tools"] = body["tools"] if body.get("tools") is not None else agent["tools"]
        data["tool_resources"] = {"code_interpreter": {"file_ids": []}} | (body.get("tool_resources") or {})
        data["metadata"] = metadata_of(body)
        for key, usual in (
            ("temperature", agent["temperature"]),
            ("top_p", agent["top_p"]),
            ("max_completion_tokens", None),
            ("max_prompt_tokens", None),
            ("truncation_strategy", {"type": "auto", "last_messages": None}),
            ("incomplete_details", None),
            ("usage", None),
            ("response_format", "auto"),
            ("tool_choice", "auto"),
            ("parallel_tool_calls", True),
        ):
            data[key] = body[key] if body.get(key) is not None else usual
        stores = (thread.data["tool_resources"], agent["tool_resources"])
        named = [store for held in stores for store in (held.get("file_search") or {}).get("vector_store_ids") or ()]
        return Run(
            data,
            thread,
            lambda: self.now,
            lambda ids, query, limit: self.stores.search(ids, query, limit, self.now),
            self._stopping.is_set,
            tuple(named),
            includes,
        )

    def _create_thread_and_run(self, body: Json, query: dict[str, str]) -> Json | Run:
        thread = self._create_thread(body.get("thread") or {}, query)
        return self._create_run(body, {**query, "thread": thread["id"]})

    def _list_runs(self, _: Json, query: dict[str, str]) -> Json:
        return listed([run.data for run in self._known(query).runs], query)

    def _run(self, query: dict[str, str]) -> Run:
        run = next((run for run in self._known(query).runs if run.data["id"] == query["run"]), None)
        if run is None:
            raise missing("run", query["run"])
        return run

    def _get_run(self, _: Json, query: dict[str, str]) -> Json:
        run = self._run(query)
        if run.streamed is not run.player:
            run.advance()
        return run.data

    def _update_run(self, body: Json, query: dict[str, str]) -> Json:
        run = self._run(query)
        run.data["metadata"] = metadata_of(body)
        return run.data

    def _submit(self, body: Json, query: dict[str, str]) -> Json | Run:
        run = self._run(query)
        if run.data["status"] != "requires_action":
            told = f'Runs in status "{run.data["status"]}" do not accept tool outputs.'
            raise Refused(400, told)
        wanted = [call["id"] for call in run.data["required_action"]["submit_tool_outputs"]["tool_calls"]]
        outputs = {str(one.get("tool_call_id")): one.get("output") or "" for one in body.get("tool_outputs") or ()}
        if sorted(outputs) != sorted(wanted):
            raise Refused(400, f"Expected tool outputs for call_ids {wanted}, got {list(outputs)}", "tool_outputs")
        run.answer(outputs)
        run.begin(self._model(Asked(dict(run.data), _told_messages(run.thread), outputs)), first=False)
        run.data["status"] = "queued"
        return run if body.get("stream") else run.data

    def _cancel_run(self, _: Json, query: dict[str, str]) -> Json:
        run = self._run(query)
        if run.data["status"] not in ACTIVE:
            raise Refused(400, f"Cannot cancel run with status '{run.data['status']}'.")
        run.cancel()
        return run.data

    def _list_steps(self, _: Json, query: dict[str, str]) -> Json:
        steps, told = self._run(query).steps, _includes(query)
        return listed(steps if told else list(map(without_contents, steps)), query)

    def _get_step(self, _: Json, query: dict[str, str]) -> Json:
        step = next((step for step in self._run(query).steps if step["id"] == query["id"]), None)
        if step is None:
            raise missing("run step", query["id"])
        return step if _includes(query) else without_contents(step)

    def _list_files(self, _: Json, query: dict[str, str]) -> Json:
        files = [f for f in self.stores.files.values() if query.get("purpose") in (None, f["purpose"])]
        return {"object": "list", "data": files}


class _Gone(Exception):
    pass


def _told(status: int, body: Json) -> Answer:
    return Answer(status, json.dumps(body, ensure_ascii=False).encode(), _JSON)


def _body(request: Request) -> Json:
    if not request.body:
        return {}
    try:
        return wants(request.json)
    except ValueError:
        raise Refused(400, "The body is no JSON.") from None


def _includes(query: Mapping[str, str]) -> bool:
    if (asked := query.get("include[]")) not in (None, INCLUDE):
        raise Refused(400, f"Invalid 'include[]': {asked!r}.", "include")
    return asked is not None


def _agent_fields(body: Json) -> Json:
    tools = []
    for tool in body.get("tools") or ():
        function = tool.get("function")
        tools.append({**tool, "function": {**function, "strict": function.get("strict", False)}} if function else tool)
    return {
        "name": body.get("name"),
        "description": body.get("description"),
        "model": body["model"],
        "instructions": body.get("instructions"),
        "tools": tools,
        "top_p": body.get("top_p") or 1.0,
        "temperature": 1.0 if body.get("temperature") is None else body["temperature"],
        "tool_resources": body.get("tool_resources") or {},
        "metadata": metadata_of(body),
        "response_format": body.get("response_format") or "auto",
    }


def _told_messages(thread: Thread) -> tuple[dict[str, str], ...]:
    return tuple(
        {"role": message["role"], "text": "\n".join(block["text"]["value"] for block in message["content"])}
        for message in thread.messages
    )


def _in_stores(method: str, *keys: str, paged: bool = False) -> _Route:
    """An operation of the stores, with the parts of the path that it takes and, if it has one, the body."""

    def route(emulator: AzureAgentsEmulator, body: Json, query: dict[str, str]) -> Any:
        given = [body if key == "body" else emulator.now if key == "now" else query[key] for key in keys]
        told = getattr(emulator.stores, method)(*given)
        if not paged:
            return told
        return listed([item for item in told if query.get("filter") in (None, item.get("status"))], query)

    return route


def _stores(emulator: AzureAgentsEmulator, _: Json, query: dict[str, str]) -> Json:
    return listed([emulator.stores.store(id, emulator.now) for id in emulator.stores.stores], query)


def _entries(emulator: AzureAgentsEmulator, _: Json, query: dict[str, str]) -> Json:
    emulator.stores.store(query["id"], emulator.now)
    entries = emulator.stores.entries[query["id"]].values()
    return listed([entry for entry in entries if query.get("filter") in (None, entry["status"])], query)


_E = AzureAgentsEmulator
_A, _T, _R, _V = "/assistants", "/threads", r"/threads/(?P<thread>[^/]+)/runs", "/vector_stores"
_ID = r"/(?P<id>[^/]+)"
_THREAD, _RUN = rf"{_T}/(?P<thread>[^/]+)", rf"{_R}/(?P<run>[^/]+)"
_FILE, _BATCH = r"/(?P<file>[^/]+)", rf"{_V}{_ID}/file_batches/(?P<batch>[^/]+)"

_ROUTES: list[tuple[str, re.Pattern[str], _Route]] = [
    (method, re.compile(path), route)
    for method, path, route in (
        ("POST", _A, _E._create_assistant),
        ("GET", _A, _E._list_assistants),
        ("GET", f"{_A}{_ID}", _E._get_assistant),
        ("POST", f"{_A}{_ID}", _E._update_assistant),
        ("DELETE", f"{_A}{_ID}", _E._delete_assistant),
        ("POST", f"{_T}/runs", _E._create_thread_and_run),
        ("POST", _T, _E._create_thread),
        ("GET", _T, _E._list_threads),
        ("GET", _THREAD, _E._get_thread),
        ("POST", _THREAD, _E._update_thread),
        ("DELETE", _THREAD, _E._delete_thread),
        ("POST", f"{_THREAD}/messages", _E._create_message),
        ("GET", f"{_THREAD}/messages", _E._list_messages),
        ("GET", f"{_THREAD}/messages{_ID}", _E._get_message),
        ("POST", f"{_THREAD}/messages{_ID}", _E._update_message),
        ("POST", _R, _E._create_run),
        ("GET", _R, _E._list_runs),
        ("GET", _RUN, _E._get_run),
        ("POST", _RUN, _E._update_run),
        ("POST", f"{_RUN}/submit_tool_outputs", _E._submit),
        ("POST", f"{_RUN}/cancel", _E._cancel_run),
        ("GET", f"{_RUN}/steps", _E._list_steps),
        ("GET", f"{_RUN}/steps{_ID}", _E._get_step),
        ("GET", "/files", _E._list_files),
        ("GET", f"/files{_ID}", _in_stores("file", "id")),
        ("DELETE", f"/files{_ID}", _in_stores("forget_file", "id")),
        ("POST", _V, _in_stores("create", "body", "now")),
        ("GET", _V, _stores),
        ("GET", f"{_V}{_ID}", _in_stores("store", "id", "now")),
        ("POST", f"{_V}{_ID}", _in_stores("modify", "id", "body", "now")),
        ("DELETE", f"{_V}{_ID}", _in_stores("forget", "id", "now")),
        ("POST", f"{_V}{_ID}/files", _in_stores("attach", "id", "body", "now")),
        ("GET", f"{_V}{_ID}/files", _entries),
        ("GET", f"{_V}{_ID}/files{_FILE}", _in_stores("entry", "id", "file", "now")),
        ("DELETE", f"{_V}{_ID}/files{_FILE}", _in_stores("detach", "id", "file", "now")),
        ("POST", f"{_V}{_ID}/file_batches", _in_stores("start_batch", "id", "body", "now")),
        ("GET", _BATCH, _in_stores("batch", "id", "batch")),
        ("POST", f"{_BATCH}/cancel", _in_stores("cancel_batch", "id", "batch")),
        ("GET", f"{_BATCH}/files", _in_stores("files_of_batch", "id", "batch", paged=True)),
    )
]
