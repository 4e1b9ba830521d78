"""Look-ups that a model asks for, over HTTP, with a Splunk at the other end."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from attrs import evolve
from conformance import Contract
from harness import Outside, World

from sophia.adapters.openai.endpoint import Endpoint
from sophia.adapters.openai.runtime import OpenAIAgentRuntime
from sophia.bootstrap.settings_file import parse_settings
from sophia.bootstrap.sophia import Sophia
from sophia.domain.secrets import Secret
from sophia.domain.tenancy import Permission
from sophia.testing.emulators.day import make_day
from sophia.testing.emulators.openai import CallTool, Completion, OpenAIEmulator, Reply, says
from sophia.testing.emulators.splunk import Found, Search, SplunkEmulator
from sophia.testing.fakes.memory import MemoryRecords

LOGINS = [{"user": "ana", "count": "41"}, {"user": "bob", "count": "2"}]
FAILED = "index=auth action=failure | stats count by user"
QUESTION = "How many failed logins were there last night?"

With = Callable[..., tuple[World, OpenAIEmulator, SplunkEmulator]]


def search(text: str = FAILED, **more: object) -> CallTool:
    return CallTool("splunk_query", {"operation": "search", "search": text, "earliest": "-12h", **more})


@pytest.fixture
def with_splunk(tmp_path: Path, contract: Contract) -> Iterator[With]:
    """SOPHIA with a model that does as it is told, and with acme's Splunk."""
    with ExitStack() as stack:

        def make(*replies: Reply, rows: list[dict[str, str]] = LOGINS, **source: object) -> tuple[object, ...]:
            def answers(_: Search) -> Found:
                return Found(rows)

            endpoint = stack.enter_context(OpenAIEmulator(replies))
            splunk = stack.enter_context(SplunkEmulator(make_day(), token="splunk-token", answers=answers))
            outside = Outside()
            adapters = outside.adapters() | {"runtime": OpenAIAgentRuntime(Endpoint(f"{endpoint.url}/v1", "emulated"))}
            del adapters["systems"]
            siem = {"name": "siem", "type": "splunk", "url": splunk.url, "credential": "splunk/token", **source}
            companies = [{"id": "acme", "sources": [siem]}, {"id": "globex"}]
            settings = parse_settings({"companies": companies, "credentials": {"cache_ttl": 0}}, tmp_path)
            sophia = Sophia(settings, records=MemoryRecords(outside.clock), **adapters)
            world = World(sophia, outside, contract)
            stack.callback(world.close)
            sophia.set_credential("acme", "splunk", "token", Secret("splunk-token"))
            return world, endpoint, splunk

        yield make


def test_what_is_looked_up_is_cited_shown_and_gone_with_its_thread(with_splunk: With) -> None:
    world, _, splunk = with_splunk(
        Completion((search(),), "tool_calls"), says("There were 41 failed logins of ana [1].")
    )
    ana = world.caller()
    answer = ana.ask(QUESTION).json()
    (call,), (quote,) = answer["toolCalls"], answer["citations"]
    assert (answer["answer"], answer["limitations"]) == ("There were 41 failed logins of ana [1].", [])
    assert (call["name"], call["status"]) == ("splunk_query", "completed")
    assert (quote["documentId"], quote["verified"], quote["source"]) == (call["evidenceId"], True, "siem")
    assert quote["quote"] == "| ana | 41 |"

    evidence = ana.get(f"/evidence/{call['evidenceId']}").json()
    assert evidence["text"][quote["start"] : quote["end"]] == quote["quote"]
    assert (evidence["version"], evidence["query"]) == (quote["documentVersion"], f"search {FAILED}")
    assert (evidence["columns"], evidence["rows"]) == (["user", "count"], [["ana", "41"], ["bob", "2"]])
    assert (evidence["source"], evidence["runId"], evidence["cuts"]) == ("siem", answer["runId"], [])
    assert [job.search.text for job in splunk.jobs] == [f"search {FAILED}"]

    for stranger in (world.caller("luis"), world.caller(company="globex")):
        assert stranger.get(f"/evidence/{call['evidenceId']}").status_code == 404
    ana.delete(f"/threads/{answer['threadId']}")
    assert ana.get(f"/evidence/{call['evidenceId']}").status_code == 404


def test_the_audit_trail_has_the_digest_and_not_the_rows(with_splunk: With) -> None:
    world, *_ = with_splunk(Completion((search(),), "tool_calls"), says("There were 41 [1]."))
    answer = world.caller().ask(QUESTION).json()
    digest = world.caller().get(f"/evidence/{answer['toolCalls'][0]['evidenceId']}").json()["digest"]
    entries = world.sophia.services.read_trail(world.sophia.system_scope("acme", "test"))
    (called,) = [entry.event for entry in entries if entry.event.action == "tool.called"]
    assert called.details["digest"] == digest.removeprefix("sha256:")
    assert (called.details["source"], called.details["status"]) == ("siem", "completed")
    assert "ana" not in called.details.values()


def test_a_search_that_could_write_is_never_sent_and_is_named(with_splunk: With) -> None:
    world, endpoint, splunk = with_splunk(
        Completion((search("index=auth | outputlookup users.csv"),), "tool_calls"), says("I could not look.")
    )
    answer = world.caller().ask(QUESTION).json()
    assert [call["status"] for call in answer["toolCalls"]] == ["denied"]
    assert "outputlookup" in answer["limitations"][0]
    assert splunk.jobs == []
    told = str(endpoint.requests[-1].json["messages"][-1]["content"])
    assert "outputlookup" in told


def test_a_splunk_that_does_not_answer_is_named(with_splunk: With) -> None:
    world, _, splunk = with_splunk(Completion((search(),), "tool_calls"), says("I found nothing."))
    splunk.token = "another"
    answer = world.caller().ask(QUESTION).json()
    assert [call["status"] for call in answer["toolCalls"]] == ["failed"]
    assert "siem" in answer["limitations"][0]


def test_only_who_may_look_has_the_tool(with_splunk: With) -> None:
    world, endpoint, splunk = with_splunk(says("Hello."), says("Hello."), groups=["hr"])
    offered = []
    for user in ("ana", "luis"):
        world.caller(user).ask(QUESTION)
        offered.append([tool["function"]["name"] for tool in endpoint.requests[-1].json["tools"]])
    assert offered == [["rag_search", "splunk_query", "create_ticket"], ["rag_search", "create_ticket"]]
    assert splunk.requests == []


def test_evidence_can_be_looked_up_again(with_splunk: With) -> None:
    rows = list(LOGINS)
    world, *_ = with_splunk(Completion((search(),), "tool_calls"), says("There were 41 [1]."), rows=rows)
    answer = world.caller().ask(QUESTION).json()
    evidence_id = answer["toolCalls"][0]["evidenceId"]
    scope = world.sophia.scope("acme", "ana")
    assert world.sophia.services.replay_evidence(scope, evidence_id).holds
    rows[1] = {"user": "bob", "count": "3"}
    replay = world.sophia.services.replay_evidence(scope, evidence_id)
    assert (replay.holds, replay.gone, replay.new) == (False, (("bob", "2"),), (("bob", "3"),))
    assert replay.before.lookup == replay.now.lookup
    with pytest.raises(Exception, match="lookup:splunk"):
        world.sophia.services.replay_evidence(evolve(scope, permissions=frozenset({Permission.CHAT})), evidence_id)
