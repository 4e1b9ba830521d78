"""The emulated Azure AI Agents service, held to the unmodified SDK and to recordings of the service."""

import itertools
import json
import re
import threading
from contextlib import ExitStack
from pathlib import Path

import pytest
from azure.ai.agents import AgentsClient
from azure.ai.agents.models import (
    AgentEventHandler,
    BaseAgentEventHandler,
    FileSearchTool,
    FunctionDefinition,
    FunctionToolDefinition,
    MessageDeltaChunk,
    RunAdditionalFieldList,
    RunStep,
    ThreadMessage,
    ThreadRun,
    ToolOutput,
    VectorStoreExpirationPolicy,
)
from azure.core.credentials import AccessToken
from azure.core.exceptions import ClientAuthenticationError, HttpResponseError, ResourceNotFoundError
from azure.core.pipeline.policies import SansIOHTTPPolicy

from sophia.testing.emulators.azure_agents import (
    AzureAgentsEmulator,
    Call,
    Cut,
    DoneAndLost,
    Expire,
    Fail,
    Incomplete,
    Leg,
    Limits,
    Say,
    Search,
    Stall,
    Stick,
    StreamError,
    calls,
    says,
)
from sophia.testing.emulators.system import Fault, html_page

RECORDED = Path(__file__).parents[3] / "shared" / "data" / "azure"
recorded = pytest.mark.skipif(not RECORDED.exists(), reason="the recordings lie beside the project, in ../shared/data")

GUIDE = b"Backups run every night at two.\n\nPasswords have fourteen characters."
RAG = FunctionToolDefinition(function=FunctionDefinition(name="rag", description="Finds.", parameters={}))


class Credential:
    def __init__(self, token="emulated"):
        self.token = token

    def get_token(self, *scopes, **options):
        return AccessToken(self.token, 2**33)


class OnLoopback(SansIOHTTPPolicy):
    def on_request(self, request):
        request.context.options.setdefault("enforce_https", False)


class Raw(BaseAgentEventHandler):
    """The events as they come."""

    def _process_event(self, event):
        name, data = re.fullmatch(r"event: (\S+)\ndata: (.*)", event.strip(), re.DOTALL).groups()
        return name, data if name == "done" else json.loads(data)


@pytest.fixture
def start():
    with ExitStack() as stack:

        def begin(model=(), token="emulated", version="v1", **options):
            azure = stack.enter_context(AzureAgentsEmulator(model, **options))
            policy = OnLoopback()
            client = AgentsClient(
                azure.endpoint, Credential(token), per_call_policies=[policy], retry_total=0, api_version=version
            )
            return azure, stack.enter_context(client)

        yield begin


def thread_with_question(client, **options):
    agent = client.create_agent(model="gpt-4o", name="sophia", instructions="Answer.", **options)
    thread = client.threads.create()
    client.messages.create(thread.id, role="user", content="How often are backups made?")
    return agent, thread


def stream(client, thread, agent, handler=Raw, **options):
    with client.runs.stream(thread.id, agent_id=agent.id, event_handler=handler(), **options) as events:
        return list(events)


def submit(client, thread, run_id, outputs, handler=Raw):
    events = handler()
    told = [ToolOutput(tool_call_id=id, output=output) for id, output in outputs.items()]
    client.runs.submit_tool_outputs_stream(thread.id, run_id, tool_outputs=told, event_handler=events)
    return list(events)


def names(events):
    return [name for name, *_ in events]


def told(error):
    return error.value.response.json()["error"]


# ---- what was recorded of the service

_IDS = re.compile(r"((?:asst|thread|run|step|msg|call|vs|vsfb)_\w+|assistant-\w+)")


class Normal:
    """Ids by the order in which they come, times without their moment; everything else as it is."""

    def __init__(self, *hidden):
        self.seen = {}
        self.hidden = {"file_name", "score", *hidden}

    def __call__(self, value, key=""):
        if isinstance(value, dict):
            return {k: self(v, k) for k, v in value.items() if k not in self.hidden}
        if isinstance(value, list):
            return [self(one) for one in value]
        if key.endswith("_at") and isinstance(value, int):
            return "a time"
        if isinstance(value, str) and _IDS.fullmatch(value):
            kind = re.match(r"[a-z]+", value)[0]
            same = [one for one in self.seen if one.startswith(kind)]
            return self.seen.setdefault(value, f"{kind} {len(same) + 1}")
        return value


def parsed(body):
    found = re.findall(r"^event: (\S+)\ndata: (.*)$", body, re.MULTILINE)
    return [(name, data if name == "done" else json.loads(data)) for name, data in found]


def same(ours, theirs, *hidden):
    ours, theirs = ([(n, normal(d)) for n, d in events] for events, normal in
                    ((ours, Normal(*hidden)), (theirs, Normal(*hidden))))  # fmt: skip
    assert names(ours) == names(theirs)
    for mine, yours in zip(ours, theirs, strict=True):
        assert mine == yours


def entries(name):
    return json.loads((RECORDED / name).read_text())["Entries"]


def deltas(events):
    return tuple(
        data["delta"]["content"][0]["text"]["value"] for name, data in events if name == "thread.message.delta"
    )


def arguments(events, index=0):
    found = [data["delta"]["step_details"]["tool_calls"][0] for name, data in events if name == "thread.run.step.delta"]
    return tuple(one["function"]["arguments"] for one in found if one["index"] == index)[1:]


def costs(*streams):
    steps = [data["usage"] for name, data in itertools.chain(*streams) if name == "thread.run.step.completed"]
    return [(usage["prompt_tokens"], usage["completion_tokens"]) for usage in steps]


def answers_like(client, entry, ours):
    """Whether what we say to a request, outside of streams, has the recording's fields."""
    assert Normal("usage")(ours) == Normal("usage")(entry["ResponseBody"])


@recorded
def test_a_run_with_a_tool_is_as_recorded(start):
    recording = entries("submit_tool_outputs_stream.json")
    agent_made, thread_made, message_made, first, second, messages, deleted = recording
    begun, ended = parsed(first["ResponseBody"]), parsed(second["ResponseBody"])
    cost = costs(begun, ended)
    tool = agent_made["RequestBody"]["tools"][0]
    name = tool["function"]["name"]
    _azure, client = start(
        [Leg((Call(name, arguments(begun)),), tuple(cost[:1])), Leg((Say(deltas(ended)),), tuple(cost))]
    )
    seen = {}

    def keep(kind):
        return {"raw_response_hook": lambda response: seen.setdefault(kind, response.http_response.json())}

    agent = client.create_agent(body=agent_made["RequestBody"], **keep("agent"))
    thread = client.threads.create(**keep("thread"))
    client.messages.create(thread.id, **message_made["RequestBody"], **keep("message"))
    ours = stream(client, thread, agent)
    same(ours, begun)
    run = next(data for name, data in ours if name == "thread.run.requires_action")
    call = run["required_action"]["submit_tool_outputs"]["tool_calls"][0]
    output = second["RequestBody"]["tool_outputs"][0]["output"]
    same(ours + submit(client, thread, run["id"], {call["id"]: output}), begun + ended)
    list(client.messages.list(thread.id, **keep("messages")))
    client.delete_agent(agent.id, **keep("deleted"))
    for kind, entry in [
        ("agent", agent_made),
        ("thread", thread_made),
        ("message", message_made),
        ("messages", messages),
        ("deleted", deleted),
    ]:
        assert Normal()(seen[kind]) == Normal()(entry["ResponseBody"]), kind


@recorded
def test_a_run_that_searches_files_is_as_recorded(start):
    recording = entries("file_search_stream.json")
    made = next(entry for entry in recording if entry["RequestUri"].partition("?")[0].endswith("/assistants"))
    run = next(entry for entry in recording if "event:" in str(entry["ResponseBody"]))
    theirs = parsed(run["ResponseBody"])
    _azure, client = start([Leg((Search("eyewear"), Say(deltas(theirs))), tuple(costs(theirs)))])
    file = client.files.upload(file=("eyewear.md", b"Smart Eyewear offers much."), purpose="assistants")
    store = client.vector_stores.create(file_ids=[file.id], name="my_vectorstore")
    tool = FileSearchTool(vector_store_ids=[store.id])
    instructions = made["RequestBody"]["instructions"]
    agent = client.create_agent(
        model="gpt-4o", instructions=instructions, tools=tool.definitions, tool_resources=tool.resources
    )
    thread = client.threads.create()
    question = next(entry for entry in recording if "/messages?" in entry["RequestUri"])["RequestBody"]["content"]
    client.messages.create(thread.id, role="user", content=question)
    same(stream(client, thread, agent), theirs)
    seen = []
    list(client.messages.list(thread.id, raw_response_hook=lambda r: seen.append(r.http_response.json())))
    list(client.vector_store_files.list(store.id, raw_response_hook=lambda r: seen.append(r.http_response.json())))
    client.vector_stores.get(store.id, raw_response_hook=lambda r: seen.append(r.http_response.json()))
    theirs = [entry for entry in recording if entry["RequestMethod"] == "GET"]
    for entry, path in [
        (seen[0], r".*/messages\?.*"),
        (seen[2], r".*/files\?api-version=[^&]*"),
        (seen[3], r".*/files\?.*after=.*"),
        (seen[4], r".*/vector_stores/[^/]*\?.*"),
    ]:
        answer = next(one for one in theirs if re.fullmatch(path, one["RequestUri"]))["ResponseBody"]
        assert Normal("usage_bytes")(entry) == Normal("usage_bytes")(answer)


@recorded
def test_two_calls_at_once_and_a_third_after_them_are_as_recorded(start):
    theirs = parsed((RECORDED / "two_tool_calls_stream.txt").read_text())
    first = theirs[0][1]["step_details"]["tool_calls"]
    asked = next(data for name, data in theirs if name == "thread.run.requires_action")
    third = asked["required_action"]["submit_tool_outputs"]["tool_calls"][0]
    _azure, client = start(
        [
            calls(*(Call(call["function"]["name"], call["function"]["arguments"]) for call in first)),
            Leg((Call(third["function"]["name"], arguments(theirs)),), tuple(costs(theirs))),
        ]
    )
    agent = client.create_agent(
        body={"model": asked["model"], "instructions": asked["instructions"], "tools": asked["tools"]}
    )
    thread = client.threads.create()
    client.messages.create(thread.id, role="user", content="Time, weather, and send it.")
    run = next(data for name, data in stream(client, thread, agent) if name == "thread.run.requires_action")
    wanted = run["required_action"]["submit_tool_outputs"]["tool_calls"]
    assert [call["function"] for call in wanted] == [
        {key: call["function"][key] for key in ("name", "arguments")} for call in first
    ]
    outputs = {ours["id"]: call["function"]["output"] for ours, call in zip(wanted, first, strict=True)}
    # An older recording than the others: it does not tell of cached tokens.
    same(submit(client, thread, run["id"], outputs), theirs, "prompt_token_details")


# ---- what the SDK does with it


def test_agents(start):
    _azure, client = start()
    agent = client.create_agent(model="gpt-4o", name="sophia", tools=[RAG], metadata={"version": "1"})
    changed = client.update_agent(agent.id, instructions="Answer.", metadata={"version": "2"})
    assert (changed.instructions, changed.name, changed.metadata) == ("Answer.", "sophia", {"version": "2"})
    assert client.get_agent(agent.id).tools[0].function.name == "rag"
    assert [one.id for one in client.list_agents()] == [agent.id]
    client.delete_agent(agent.id)
    with pytest.raises(ResourceNotFoundError):
        client.get_agent(agent.id)


def test_threads_and_messages(start):
    _azure, client = start()
    thread = client.threads.create(metadata={"thread": "thr_1"})
    assert client.threads.get(thread.id).metadata == {"thread": "thr_1"}
    assert client.threads.update(thread.id, metadata={"thread": "thr_2"}).metadata == {"thread": "thr_2"}
    said = client.messages.create(thread.id, role="user", content="¿Qué?", metadata={"run": "run_1"})
    client.messages.create(thread.id, role="assistant", content="Eso.")
    listed = list(client.messages.list(thread.id, order="asc"))
    assert [(m.role, m.text_messages[0].text.value) for m in listed] == [("user", "¿Qué?"), ("assistant", "Eso.")]
    assert client.messages.get(thread.id, said.id).metadata == {"run": "run_1"}
    assert client.messages.update(thread.id, said.id, metadata={"run": "run_2"}).metadata == {"run": "run_2"}
    assert [one.id for one in client.threads.list()] == [thread.id]
    client.threads.delete(thread.id)
    with pytest.raises(ResourceNotFoundError):
        client.threads.get(thread.id)


def test_lists_come_page_by_page(start):
    azure, client = start()
    thread = client.threads.create()
    for n in range(7):
        client.messages.create(thread.id, role="user", content=str(n))
    told = [m.text_messages[0].text.value for m in client.messages.list(thread.id, limit=3, order="asc")]
    assert told == list("0123456")
    assert len(azure.asked("GET", "/threads/[^/]+/messages")) == 4  # the SDK goes on until a page is empty
    newest = next(iter(client.messages.list(thread.id, limit=1)))
    assert newest.text_messages[0].text.value == "6"
    with pytest.raises(HttpResponseError, match="limit"):
        list(client.messages.list(thread.id, limit=101))


def test_the_sdk_reads_a_stream_as_its_own_objects(start):
    _azure, client = start([calls(Call("rag"), Call("rag", {"query": "b"})), says("Nightly.")])
    agent, thread = thread_with_question(client, tools=[RAG])
    events = stream(client, thread, agent, AgentEventHandler)
    assert isinstance(events[0][1], ThreadRun)
    run = next(data for name, data, _ in events if name == "thread.run.requires_action")
    wanted = run.required_action.submit_tool_outputs.tool_calls
    assert [(call.function.name, json.loads(call.function.arguments)) for call in wanted] == [
        ("rag", {}),
        ("rag", {"query": "b"}),
    ]
    events = submit(client, thread, run.id, {call.id: '{"found": 1}' for call in wanted}, AgentEventHandler)
    kinds = [type(data) for _, data, _ in events]
    assert {RunStep, ThreadRun, ThreadMessage, MessageDeltaChunk} <= set(kinds)
    assert "".join(data.text for _, data, _ in events if isinstance(data, MessageDeltaChunk)) == "Nightly."
    run = client.runs.get(thread.id, run.id)
    assert (run.status, run.usage.total_tokens) == ("completed", 220)
    steps = list(client.run_steps.list(thread.id, run.id, order="asc"))
    assert [step.type for step in steps] == ["tool_calls", "message_creation"]
    assert steps[0].step_details.tool_calls[0]["function"]["output"] == '{"found": 1}'
    assert client.run_steps.get(thread.id, run.id, steps[0].id).status == "completed"


def test_a_run_that_is_polled_comes_on_with_each_look(start):
    _azure, client = start([calls(Call("rag")), says("Nightly.")])
    agent, thread = thread_with_question(client, tools=[RAG])
    run = client.runs.create(thread.id, agent_id=agent.id, metadata={"run": "run_1"})
    statuses = [run.status, *(client.runs.get(thread.id, run.id).status for _ in range(3))]
    assert statuses == ["queued", "in_progress", "requires_action", "requires_action"]
    call = client.runs.get(thread.id, run.id).required_action.submit_tool_outputs.tool_calls[0]
    client.runs.submit_tool_outputs(thread.id, run.id, tool_outputs=[ToolOutput(tool_call_id=call.id, output="{}")])
    assert [client.runs.get(thread.id, run.id).status for _ in range(2)] == ["in_progress", "completed"]
    assert client.messages.get_last_message_text_by_role(thread.id, "assistant").text.value == "Nightly."
    assert [(one.id, one.metadata) for one in client.runs.list(thread.id)] == [(run.id, {"run": "run_1"})]


def test_every_output_has_to_come_and_only_when_it_is_asked_for(start):
    _azure, client = start([calls(Call("rag"), Call("rag")), says("Nightly.")])
    agent, thread = thread_with_question(client, tools=[RAG])
    run = next(data for name, data in stream(client, thread, agent) if name == "thread.run.requires_action")
    one, two = [call["id"] for call in run["required_action"]["submit_tool_outputs"]["tool_calls"]]
    with pytest.raises(HttpResponseError) as error:
        submit(client, thread, run["id"], {one: "{}"})
    assert told(error) == {
        "message": f"Expected tool outputs for call_ids ['{one}', '{two}'], got ['{one}']",
        "type": "invalid_request_error",
        "param": "tool_outputs",
        "code": None,
    }
    assert names(submit(client, thread, run["id"], {one: "{}", two: "{}"}))[-2:] == ["thread.run.completed", "done"]
    with pytest.raises(HttpResponseError, match='Runs in status "completed" do not accept tool outputs'):
        submit(client, thread, run["id"], {one: "{}", two: "{}"})


def test_a_run_locks_its_thread_until_it_is_cancelled(start):
    _azure, client = start([calls(Call("rag")), says("Again.")])
    agent, thread = thread_with_question(client, tools=[RAG])
    run = stream(client, thread, agent)[0][1]
    with pytest.raises(HttpResponseError, match=f"already has an active run {run['id']}"):
        stream(client, thread, agent)
    with pytest.raises(HttpResponseError, match=f"Can't add messages to {thread.id} while a run {run['id']} is active"):
        client.messages.create(thread.id, role="user", content="More.")
    assert client.runs.cancel(thread.id, run["id"]).status == "cancelling"
    assert client.runs.get(thread.id, run["id"]).status == "cancelled"
    with pytest.raises(HttpResponseError, match="Cannot cancel run with status 'cancelled'"):
        client.runs.cancel(thread.id, run["id"])
    assert names(stream(client, thread, agent))[-2:] == ["thread.run.completed", "done"]


def test_a_stream_that_is_cancelled_tells_so(start):
    _azure, client = start([Leg((Say("Night"), Stall(30), Say("ly.")))])
    agent, thread = thread_with_question(client)
    with client.runs.stream(thread.id, agent_id=agent.id, event_handler=Raw()) as events:
        heard = [next(events)]
        while heard[-1][0] != "thread.message.delta":
            heard.append(next(events))
        client.runs.cancel(thread.id, heard[0][1]["id"])
        heard += list(events)
    ends = ["thread.message.incomplete", "thread.run.step.cancelled", "thread.run.cancelled", "done"]
    assert names(heard)[-4:] == ends


def test_files_and_their_search(start):
    question = Say(("Every night【4:0†so", "urce】. Fourteen【4:1†source】."))
    _azure, client = start([Leg((Search("backups passwords"), question))])
    file = client.files.upload(file=("guide.md", GUIDE), purpose="assistants")
    assert (file.filename, file.bytes, file.status) == ("guide.md", len(GUIDE), "processed")
    assert b"".join(client.files.get_content(file.id)) == GUIDE
    assert [one.id for one in client.files.list(purpose="assistants").data] == [file.id]
    tool = FileSearchTool(vector_store_ids=[client.vector_stores.create(name="acme", file_ids=[file.id]).id])
    agent, thread = thread_with_question(client, tools=tool.definitions, tool_resources=tool.resources)
    included = [RunAdditionalFieldList.FILE_SEARCH_CONTENTS]
    events = stream(client, thread, agent, include=included)
    step = next(data for name, data in events if name == "thread.run.step.completed")
    results = step["step_details"]["tool_calls"][0]["file_search"]["results"]
    assert [result["content"][0]["text"] for result in results] == GUIDE.decode().split("\n\n")
    bare = client.run_steps.get(thread.id, step["run_id"], step["id"])
    assert "content" not in bare.step_details.tool_calls[0].file_search.results[0]
    full = client.run_steps.get(thread.id, step["run_id"], step["id"], include=included)
    assert full.step_details.tool_calls[0].file_search.results[0].content[0].text == GUIDE.decode().split("\n\n")[0]
    message = client.messages.get_last_message_by_role(thread.id, "assistant")
    text = message.text_messages[0].text
    for n, one in enumerate(text.annotations):
        assert text.value[one.start_index : one.end_index] == one.text == f"【4:{n}†source】"
        assert one.file_citation.file_id == file.id
    told = [data["delta"]["content"][0]["text"] for name, data in events if name == "thread.message.delta"]
    assert [len(one.get("annotations", ())) for one in told] == [0, 2]
    client.files.delete(file.id)
    with pytest.raises(ResourceNotFoundError):
        client.files.get(file.id)


def test_batches_take_their_time_and_name_what_failed(start):
    _azure, client = start(reads=2, broken={"bad.bin": "unsupported_file"})
    files = [client.files.upload(file=(name, GUIDE), purpose="assistants").id for name in ("a.md", "bad.bin")]
    store = client.vector_stores.create(name="acme")
    batch = client.vector_store_file_batches.create(store.id, file_ids=files)
    statuses = [batch.status]
    while statuses[-1] == "in_progress":
        batch = client.vector_store_file_batches.get(store.id, batch.id)
        statuses.append(batch.status)
    assert statuses == ["in_progress", "in_progress", "completed"]
    assert (batch.file_counts.completed, batch.file_counts.failed, batch.file_counts.total) == (1, 1, 2)
    failed = list(client.vector_store_file_batches.list_files(store.id, batch.id, filter="failed"))
    assert [(one.id, one.last_error.code) for one in failed] == [(files[1], "unsupported_file")]
    assert client.vector_stores.get(store.id).status == "completed"
    client.vector_store_files.delete(store.id, files[1])
    assert [one.id for one in client.vector_store_files.list(store.id)] == files[:1]
    assert client.files.get(files[1]).filename == "bad.bin"
    single = client.vector_store_files.create_and_poll(store.id, file_id=files[1], polling_interval=0.01)
    assert single.status == "failed"


def test_batches_can_be_cancelled_and_are_bounded(start):
    _azure, client = start(reads=100, limits=Limits(files_of_batch=2, files_of_store=3))
    files = [client.files.upload(file=(f"{n}.md", GUIDE), purpose="assistants").id for n in range(4)]
    store = client.vector_stores.create(name="acme")
    with pytest.raises(HttpResponseError, match="at most 2 files in a batch"):
        client.vector_store_file_batches.create(store.id, file_ids=files)
    batch = client.vector_store_file_batches.create(store.id, file_ids=files[:2])
    assert client.vector_store_file_batches.cancel(store.id, batch.id).status == "cancelled"
    with pytest.raises(HttpResponseError, match="3 files at the most"):
        client.vector_store_file_batches.create(store.id, file_ids=files[2:])


def test_a_store_that_has_expired_fails_its_runs(start):
    azure, client = start([Leg((Search("backups"), Say("Nightly.")))])
    file = client.files.upload(file=("guide.md", GUIDE), purpose="assistants")
    expires = VectorStoreExpirationPolicy(anchor="last_active_at", days=7)
    store = client.vector_stores.create(name="acme", file_ids=[file.id], expires_after=expires)
    azure.pass_time(8 * 86_400)
    assert client.vector_stores.get(store.id).status == "expired"
    tool = FileSearchTool(vector_store_ids=[store.id])
    agent, thread = thread_with_question(client, tools=tool.definitions, tool_resources=tool.resources)
    events = stream(client, thread, agent)
    assert names(events)[-3:] == ["thread.run.step.failed", "thread.run.failed", "done"]
    assert "expired" in events[-2][1]["last_error"]["message"]
    assert client.vector_stores.modify(store.id, name="other").name == "other"
    client.vector_stores.delete(store.id)
    assert list(client.vector_stores.list()) == []


def test_who_asks_has_to_come_with_the_token_and_a_version_that_there_is(start):
    _, client = start(token="another")
    with pytest.raises(ClientAuthenticationError):
        client.threads.create()
    _azure, client = start(version="v0")
    with pytest.raises(HttpResponseError, match="api-version"):
        client.threads.create()


def test_what_is_sent_is_held_to_the_limits(start):
    _azure, client = start(limits=Limits(tools=1, messages=1, file_bytes=10))
    with pytest.raises(HttpResponseError, match="tools"):
        client.create_agent(model="gpt-4o", tools=[RAG, RAG])
    thread = client.threads.create()
    client.messages.create(thread.id, role="user", content="One.")
    with pytest.raises(HttpResponseError, match="1 messages at the most"):
        client.messages.create(thread.id, role="user", content="Two.")
    with pytest.raises(HttpResponseError, match="metadata"):
        client.threads.create(metadata={"key": "x" * 513})
    with pytest.raises(HttpResponseError, match="larger than 10 bytes"):
        client.files.upload(file=("big.md", b"x" * 11), purpose="assistants")
    assert client.create_agent(model="gpt-4o", tools=[RAG]).id


# ---- what goes wrong


@pytest.mark.parametrize(
    ("act", "ends", "status"),
    [
        (
            Fail("rate_limit_exceeded", "Try again in 22 seconds."),
            ["thread.message.incomplete", "thread.run.step.failed", "thread.run.failed", "done"],
            "failed",
        ),
        (
            Incomplete("content_filter"),
            ["thread.message.incomplete", "thread.run.step.completed", "thread.run.incomplete", "done"],
            "incomplete",
        ),
        (Expire(), ["thread.message.incomplete", "thread.run.step.expired", "thread.run.expired", "done"], "expired"),
        (StreamError(), ["thread.message.delta", "error", "done"], "failed"),
    ],
    ids=["failed", "incomplete", "expired", "error"],
)
def test_a_run_ends_badly(start, act, ends, status):
    _azure, client = start([Leg((Say("Night"), act, Say("ly.")))])
    agent, thread = thread_with_question(client)
    events = stream(client, thread, agent)
    assert names(events)[-len(ends) :] == ends
    assert client.runs.get(thread.id, events[0][1]["id"]).status == status


def test_a_connection_that_is_cut_does_not_end_the_run(start):
    _azure, client = start([Leg((Say("Night"), Cut(), Say("ly.")))])
    agent, thread = thread_with_question(client)
    with pytest.raises(HttpResponseError, match="ended prematurely"):
        stream(client, thread, agent)
    run = next(iter(client.runs.list(thread.id)))
    assert client.runs.get(thread.id, run.id).status == "completed"
    assert client.messages.get_last_message_text_by_role(thread.id, "assistant").text.value == "Nightly."


def test_a_run_can_stick_in_the_queue_and_expires(start):
    azure, client = start([Leg((Stick(),)), says("Now.")])
    agent, thread = thread_with_question(client)
    run = client.runs.create(thread.id, agent_id=agent.id)
    assert {client.runs.get(thread.id, run.id).status for _ in range(5)} == {"queued"}
    azure.pass_time(601)
    assert client.runs.get(thread.id, run.id).status == "expired"
    assert names(stream(client, thread, agent))[-1] == "done"


def test_a_stream_that_sticks_ends_when_its_run_is_cancelled(start):
    _azure, client = start([Leg((Stick(),))])
    agent, thread = thread_with_question(client)
    with client.runs.stream(thread.id, agent_id=agent.id, event_handler=Raw()) as events:
        run = next(events)[1]
        threading.Thread(target=client.runs.cancel, args=(thread.id, run["id"])).start()
        assert names(events) == ["thread.run.queued", "thread.run.cancelled", "done"]


def test_events_are_lost_and_doubled_on_request(start):
    lost = Leg((Say("Nightly.", size=20),), lost=frozenset({"thread.run.completed"}), doubled={"thread.message.delta"})
    _azure, client = start([lost])
    agent, thread = thread_with_question(client)
    events = names(stream(client, thread, agent))
    assert events.count("thread.message.delta") == 2
    assert "thread.run.completed" not in events


def test_faults_are_answered_on_request(start):
    once = iter(
        [
            Fault(status=429, headers={"Retry-After": "3"}),
            Fault(status=429),
            Fault(status=503),
            html_page(502),
            DoneAndLost(status=503),
        ]
    )
    azure, client = start(faults=lambda _: next(once, None))
    for status in (429, 429, 503):
        with pytest.raises(HttpResponseError) as error:
            client.threads.create()
        assert error.value.status_code == status
    with pytest.raises(ValueError, match="Expecting value"):
        client.threads.create()  # the SDK takes any error for JSON
    assert not azure.threads
    with pytest.raises(HttpResponseError):
        client.threads.create()
    assert len(azure.threads) == 1
