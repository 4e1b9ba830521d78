"""What the runtime `azure-agents` adds to the SDK called directly, in one process: a streamed run with two tools.

    python benchmarks/azure_agents.py [TURNS]

Both speak to the same emulated service. It prints the median and the 90th percentile of a whole turn, of the first
piece of text after the service has written it, and what a crowd of 100 turns at once takes.
"""

import json
import statistics
import sys
import threading
import time

from azure.ai.agents import AgentsClient
from azure.ai.agents.models import AgentEventHandler, MessageDeltaChunk, ThreadRun, ToolOutput

from sophia.adapters.azure_agents.endpoint import Endpoint, Limits
from sophia.adapters.azure_agents.runtime import AzureAgentsRuntime
from sophia.adapters.azure_agents.transport import PlainOnLoopback
from sophia.domain.agents import Spoken, ToolResult, ToolSpec, Turn
from sophia.domain.runs import ToolStatus
from sophia.domain.tenancy import Company
from sophia.ports.agent_runtime import ToolBox
from sophia.testing.contracts.records_world import ANA, World
from sophia.testing.emulators.azure_agents import AzureAgentsEmulator, Call, Leg, Say
from sophia.testing.emulators.azure_agents.credential import EmulatedCredential
from sophia.testing.fakes.identity import MemoryTenantDirectory
from sophia.testing.fakes.memory import MemoryRecords
from sophia.testing.fakes.system import FrozenClock, SequentialIds

WARM, CROWD = 5, 100
TOOLS = ("look", "rag_search")
TEXT = "Backups are made every night at two, and kept for thirty days in another building. " * 3


class Tools(ToolBox):
    """Answers at once."""

    @property
    def specs(self):
        return [ToolSpec(name, "Finds.", {"type": "object", "properties": {}}) for name in TOOLS]

    def check(self):
        pass

    def spend(self, tokens):
        pass

    def call(self, call):
        return ToolResult(call.id, ToolStatus.COMPLETED, {"found": "nothing"})


def model(asked):
    return Leg((Say(TEXT, size=12),)) if asked.outputs else Leg(tuple(Call(name) for name in TOOLS))


def directly(client, agent_id, thread_id):
    """The fewest requests that a turn takes: message, run, outputs. Seconds of the whole, and until the first text."""
    began, first = time.perf_counter(), 0.0
    client.messages.create(thread_id, role="user", content="How often are backups made?")
    waiting = None
    with client.runs.stream(thread_id, agent_id=agent_id, event_handler=AgentEventHandler()) as events:
        for _, data, _ in events:
            if isinstance(data, ThreadRun) and data.status == "requires_action":
                waiting = data
    handler = AgentEventHandler()
    calls = waiting.required_action.submit_tool_outputs.tool_calls
    outputs = [ToolOutput(tool_call_id=call.id, output=json.dumps({"found": "nothing"})) for call in calls]
    client.runs.submit_tool_outputs_stream(thread_id, waiting.id, tool_outputs=outputs, event_handler=handler)
    for _, data, _ in handler:
        if isinstance(data, MessageDeltaChunk) and not first:
            first = time.perf_counter() - began
    return time.perf_counter() - began, first


def by_runtime(runtime, turn):
    """The same by the runtime."""
    began, first = time.perf_counter(), 0.0
    for event in runtime.respond(turn, Tools()):
        if isinstance(event, Spoken) and not first:
            first = time.perf_counter() - began
    return time.perf_counter() - began, first


def told(name, seconds):
    ordered = sorted(seconds)
    median, tail = statistics.median(ordered), ordered[int(len(ordered) * 0.9)]
    print(f"{name:<28} median {median * 1000:7.1f} ms   p90 {tail * 1000:7.1f} ms")
    return median


def main(turns):
    clock = FrozenClock()
    world = World(MemoryRecords(clock), clock, SequentialIds())
    directory = MemoryTenantDirectory()
    with AzureAgentsEmulator(model) as azure:
        agent_id = azure.add_assistant()
        directory.add(Company("acme", "Acme", azure_agent_id=agent_id))
        endpoint, credential = Endpoint(azure.endpoint), EmulatedCredential()
        runtime = AzureAgentsRuntime(endpoint, credential, directory, world.records, Limits(concurrent=32))
        client = AgentsClient(azure.endpoint, credential, per_call_policies=[PlainOnLoopback()])
        thread_id, ours = client.threads.create().id, world.thread()
        wholes, firsts = ([], []), ([], [])
        for n in range(turns + WARM):
            turn = Turn(ours.id, f"run_{n}", "How often are backups made?", "en", scope=ANA)
            # In turn, so that both see the same noise of the machine.
            for which, (whole, first) in enumerate((directly(client, agent_id, thread_id), by_runtime(runtime, turn))):
                if n >= WARM:
                    wholes[which].append(whole)
                    firsts[which].append(first)
        plain, with_us = told("SDK, whole turn", wholes[0]), told("runtime, whole turn", wholes[1])
        told("SDK, first text", firsts[0])
        told("runtime, first text", firsts[1])
        print(f"{'added to a turn':<28} median {(with_us - plain) * 1000:7.1f} ms")
        crowd(runtime, world)


def crowd(runtime, world):
    """A hundred turns at once, each in a thread of its own."""
    took, failed = [], []
    turns = [Turn(world.thread().id, f"run_c{n}", "Backups?", "en", scope=ANA) for n in range(CROWD)]

    def play(turn):
        try:
            took.append(by_runtime(runtime, turn)[0])
        except Exception as error:  # noqa: BLE001 - counted
            failed.append(error)

    began = time.perf_counter()
    threads = [threading.Thread(target=play, args=(turn,)) for turn in turns]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(f"{CROWD} turns at once: {len(failed)} failed, all done in {time.perf_counter() - began:.1f} s")
    told("of a crowd, whole turn", took)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 50)
