"""What the runtimes `azure-agents` and `foundry` add to their packages called directly: a streamed run with two tools.

    python benchmarks/azure_agents.py [TURNS]

Each runtime and its package speak to the same emulated service, in turn, in one process. It prints the median and the
90th percentile of a whole turn and of the first piece of text, by the clock, and the processor time of the thread that
plays the turn, which the emulator, in threads of its own, has no part in; then what a crowd of 100 turns at once takes.
"""

import json
import statistics
import sys
import threading
import time
from contextlib import ExitStack

import httpx2
from attrs import frozen
from azure.ai.agents import AgentsClient
from azure.ai.agents.models import AgentEventHandler, MessageDeltaChunk, ThreadRun, ToolOutput
from azure.ai.projects import AIProjectClient

from sophia.adapters.azure_agents.endpoint import Endpoint, Limits
from sophia.adapters.azure_agents.runtime import AzureAgentsRuntime
from sophia.adapters.foundry.project import Project
from sophia.adapters.foundry.runtime import FoundryAgentRuntime
from sophia.adapters.http.azure_core import PlainOnLoopback
from sophia.domain.agents import Spoken, ToolResult, ToolSpec, Turn
from sophia.domain.runs import ToolStatus
from sophia.domain.tenancy import Company
from sophia.ports.agent_runtime import ToolBox
from sophia.testing.azure import StaticTokenCredential
from sophia.testing.contracts.records_world import ANA, World
from sophia.testing.emulators.azure_agents import AzureAgentsEmulator, Call, Leg, Say
from sophia.testing.emulators.azure_agents.credential import EmulatedCredential
from sophia.testing.emulators.foundry import TOKEN, FoundryEmulator
from sophia.testing.emulators.openai import CallTool, Completion
from sophia.testing.emulators.openai import Say as FoundrySay
from sophia.testing.fakes.identity import MemoryTenantDirectory
from sophia.testing.fakes.memory import MemoryRecords
from sophia.testing.fakes.system import FrozenClock, SequentialIds

WARM, CROWD = 5, 100
TOOLS = ("look", "rag_search")
NOTHING = {"found": "nothing"}
QUESTION = "How often are backups made?"
TEXT = "Backups are made every night at two, and kept for thirty days in another building. " * 3


@frozen
class Took:
    """Seconds."""

    whole: float
    first_text: float
    processor: float


class Tools(ToolBox):
    """Answers at once."""

    @property
    def specs(self):
        return [ToolSpec(name, "Finds.", {"type": "object", "properties": {}}) for name in TOOLS]

    def check(self):
        pass

    def call(self, call):
        return ToolResult(call.id, ToolStatus.COMPLETED, NOTHING)


def timed(pieces):
    """What it takes to hear all pieces of a turn; those that are true are text."""
    began, processor, first = time.perf_counter(), time.thread_time(), 0.0
    for piece in pieces:
        if piece and not first:
            first = time.perf_counter() - began
    return Took(time.perf_counter() - began, first, time.thread_time() - processor)


def by_runtime(runtime, turn):
    """A turn as SOPHIA plays it."""
    return (isinstance(event, Spoken) for event in runtime.respond(turn, Tools()))


def classic_model(asked):
    return Leg((Say(TEXT, size=12),)) if asked.outputs else Leg(tuple(Call(name) for name in TOOLS))


def classic_directly(client, agent_id, thread_id):
    """The fewest requests that a turn takes: message, run, outputs."""
    client.messages.create(thread_id, role="user", content=QUESTION)
    waiting = None
    with client.runs.stream(thread_id, agent_id=agent_id, event_handler=AgentEventHandler()) as events:
        for _, data, _ in events:
            if isinstance(data, ThreadRun) and data.status == "requires_action":
                waiting = data
            yield False
    handler = AgentEventHandler()
    calls = waiting.required_action.submit_tool_outputs.tool_calls
    outputs = [ToolOutput(tool_call_id=call.id, output=json.dumps(NOTHING)) for call in calls]
    client.runs.submit_tool_outputs_stream(thread_id, waiting.id, tool_outputs=outputs, event_handler=handler)
    for _, data, _ in handler:
        yield isinstance(data, MessageDeltaChunk)


def foundry_model(asked):
    if asked.results:
        return Completion((FoundrySay(TEXT, size=12),))
    return Completion(tuple(CallTool(name) for name in TOOLS), "tool_calls")


def foundry_directly(client, version):
    """The fewest requests that a turn takes in a conversation of its own: conversation, question, outputs, farewell."""
    conversation = client.conversations.create().id
    agent = {"agent_reference": {"type": "agent_reference", "name": "sophia", "version": version}}
    items = [{"type": "message", "role": "user", "content": QUESTION}]
    for _ in range(2):
        calls = []
        for event in client.responses.create(conversation=conversation, input=items, stream=True, extra_body=agent):
            if event.type == "response.output_item.done" and event.item.type == "function_call":
                calls.append(event.item)
            yield event.type == "response.output_text.delta"
        items = [
            {"type": "function_call_output", "call_id": call.call_id, "output": json.dumps(NOTHING)} for call in calls
        ]
    client.conversations.delete(conversation)


class Bench:
    """Both ways to play a turn at one service."""

    def __init__(self, runtime, world, directly):
        self.runtime = runtime
        self._world = world
        self._directly = directly

    def play(self, turns):
        """Turn by turn, so that both see the same noise of the machine."""
        thread = self._world.thread()
        plain, ours = [], []
        for n in range(turns + WARM):
            turn = Turn(thread.id, f"run_{n}", QUESTION, "en", scope=ANA)
            plain.append(timed(self._directly()))
            ours.append(timed(by_runtime(self.runtime, turn)))
        return plain[WARM:], ours[WARM:]

    def crowd(self):
        """A hundred turns at once, each in a thread of its own: what each took, what failed, and the whole."""
        took, failed = [], []
        turns = [Turn(self._world.thread().id, f"run_c{n}", QUESTION, "en", scope=ANA) for n in range(CROWD)]

        def play(turn):
            try:
                took.append(timed(by_runtime(self.runtime, turn)))
            except Exception as error:  # noqa: BLE001 - counted
                failed.append(error)

        began = time.perf_counter()
        threads = [threading.Thread(target=play, args=(turn,)) for turn in turns]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return took, failed, time.perf_counter() - began


def new_world():
    clock = FrozenClock()
    return World(MemoryRecords(clock), clock, SequentialIds())


def classic(stack):
    world, directory = new_world(), MemoryTenantDirectory()
    azure = stack.enter_context(AzureAgentsEmulator(classic_model))
    agent_id, credential = azure.add_assistant(), EmulatedCredential()
    directory.add(Company("acme", "Acme", azure_agent_id=agent_id))
    runtime = AzureAgentsRuntime(Endpoint(azure.endpoint), credential, directory, world.records, Limits())
    client = AgentsClient(azure.endpoint, credential, per_call_policies=[PlainOnLoopback()])
    thread_id = client.threads.create().id
    return Bench(runtime, world, lambda: classic_directly(client, agent_id, thread_id))


def foundry(stack):
    world, credential = new_world(), StaticTokenCredential(TOKEN)
    there = stack.enter_context(FoundryEmulator(foundry_model))
    runtime = FoundryAgentRuntime(Project(there.project, "m"), credential, world.records)
    project = AIProjectClient(there.project, credential, per_call_policies=[PlainOnLoopback()])
    client = project.get_openai_client(http_client=httpx2.Client())
    timed(by_runtime(runtime, Turn(world.thread().id, "run_first", QUESTION, "en", scope=ANA)))  # makes the agent
    (version,) = there.agents["sophia"]
    return Bench(runtime, world, lambda: foundry_directly(client, version["version"]))


def tell(name, took):
    """A line; the medians."""
    medians = []
    for what in ("whole", "first_text", "processor"):
        seconds = sorted(getattr(one, what) for one in took)
        medians.append(statistics.median(seconds))
        name += f"   {what} {medians[-1] * 1000:6.1f} ms (p90 {seconds[int(len(seconds) * 0.9)] * 1000:6.1f})"
    print(name)
    return medians


def main(turns):
    for name, make in (("azure-agents", classic), ("foundry", foundry)):
        with ExitStack() as stack:
            bench = make(stack)
            plain, ours = bench.play(turns)
            alone, with_us = tell(f"{name}: package", plain), tell(f"{name}: runtime", ours)
            ratios = [f"{mine / bare:.2f}" for bare, mine in zip(alone, with_us, strict=True)]
            print(f"{name}: runtime / package: whole {ratios[0]}, first text {ratios[1]}, processor {ratios[2]}")
            took, failed, seconds = bench.crowd()
            print(f"{name}: {CROWD} turns at once: {len(failed)} failed, all done in {seconds:.1f} s")
            tell(f"{name}: of the crowd", took)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 50)
