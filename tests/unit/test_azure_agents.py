"""The runtime `azure-agents`, against an emulated service that does as a test says.

What hurts users of the service has a test each, from `test_pain_…` on.
"""

import json
import re
import threading
from contextlib import ExitStack
from pathlib import Path

import pytest
from attrs import evolve
from playing import OTHER, PASSAGE, SPEC, Tools, limitations_of, quotes_of, text_of

from sophia.adapters.azure_agents.endpoint import Endpoint, Limits
from sophia.adapters.azure_agents.errors import AGENTS
from sophia.adapters.azure_agents.markers import Markers
from sophia.adapters.azure_agents.runtime import AzureAgentsRuntime
from sophia.adapters.azure_agents.translate import file_name
from sophia.adapters.telemetry.metrics import Metrics
from sophia.adapters.telemetry.observed import ObservedService
from sophia.domain.agents import Cited, Tokens, Turn
from sophia.domain.citation import prove
from sophia.domain.conversation import FoundMessage, Role
from sophia.domain.tenancy import Company
from sophia.errors import Cancelled, ConfigurationError, LimitExceeded, Unavailable
from sophia.testing.contracts.agent_runtime import NoTools
from sophia.testing.contracts.records_world import ANA, SYSTEM, World
from sophia.testing.emulators.azure_agents import (
    AzureAgentsEmulator,
    Call,
    Cut,
    DoneAndLost,
    Expire,
    Fail,
    Incomplete,
    Leg,
    Say,
    Search,
    Stall,
    Stick,
    StreamError,
    calls,
    says,
)
from sophia.testing.emulators.azure_agents.credential import EmulatedCredential
from sophia.testing.emulators.system import Fault, html_page
from sophia.testing.fakes.identity import MemoryTenantDirectory
from sophia.testing.fakes.memory import MemoryRecords
from sophia.testing.fakes.system import FrozenClock, SequentialIds

GUIDE = "# Guide\n\nBackups are made every night at two.\n\nPasswords have fourteen characters.\n"
SEARCH = Call("rag_search", {"query": "backups at night"})
RUNS = r"/threads/[^/]+/runs"
MESSAGES = r"/threads/[^/]+/messages"


class Case:
    """A company with an agent at an emulated service, and a thread of one of its users."""

    def __init__(self, stack, model=(), limits=None, file_search=False, files=None, timeout=5.0, **options):
        self.metrics = Metrics(None, "1")
        clock = FrozenClock()
        self.world = World(MemoryRecords(clock), clock, SequentialIds())
        self.azure = stack.enter_context(AzureAgentsEmulator(model, **options))
        self.directory = MemoryTenantDirectory()
        self.agent_id = self.azure.add_assistant()
        self.store_id = self.azure.add_store(files or {})
        self.directory.add(
            Company("acme", "Acme", azure_agent_id=self.agent_id, vector_store_id=self.store_id),
        )
        self.endpoint = Endpoint(self.azure.endpoint, file_search=file_search, timeout=timeout)
        self.limits = limits or Limits(seconds=20)
        self.runtime = self.new_runtime()
        self.thread = self.world.thread()

    def new_runtime(self):
        credential = EmulatedCredential()
        return AzureAgentsRuntime(
            self.endpoint,
            credential,
            self.directory,
            self.world.records,
            self.limits,
            default_language="en",
            backoff=0.0,
            figures=ObservedService(self.metrics, AGENTS),
        )

    def counted(self, series):
        """What `/metrics` says of a series."""
        lines = self.metrics.exposition(None).decode().splitlines()
        return next(float(line.split()[-1]) for line in lines if line.startswith(f"sophia_agent_service_{series}"))

    def turn(self, question="How often are passwords changed?", run="run_1", passages=(PASSAGE,)):
        return Turn(self.thread.id, run, question, "en", passages=passages, scope=ANA)

    def play(self, tools=None, **turn):
        return list(self.runtime.respond(self.turn(**turn), tools or NoTools()))

    def remember(self, run, question, answer=None):
        """What SOPHIA stores of a turn."""
        with self.world.records.write(ANA) as tx:
            for role, text in ((Role.USER, question), (Role.ASSISTANT, answer)):
                if text is not None:
                    message = self.world.message(self.thread.id, text)
                    tx.conversations.add_message(evolve(message, role=role, run_id=run))

    @property
    def there(self):
        """The messages of the one thread at the service."""
        (thread,) = self.azure.threads.values()
        return [(one["role"], one["content"][0]["text"]["value"]) for one in thread.messages]

    @property
    def statuses(self):
        return [run.data["status"] for thread in self.azure.threads.values() for run in thread.runs]


@pytest.fixture
def case():
    with ExitStack() as stack:
        yield lambda *args, **options: Case(stack, *args, **options)


# ---- what goes over the wire


def test_a_turn_is_a_message_and_a_streamed_run_of_the_company_s_agent(case):
    case = case([Leg((Say("Every ninety days [1]."),), ((120, 9),))])
    tools = Tools()
    events = case.play(tools)
    assert text_of(events) == "Every ninety days [1]."
    assert quotes_of(events) == [(1, "Passwords are changed every ninety days.")]
    assert tools.tokens == Tokens(120, 9)
    (asked,) = case.azure.asked("POST", RUNS)
    body = asked.json
    assert (body["assistant_id"], body["stream"]) == (case.agent_id, True)
    assert body["instructions"].endswith("The user's question is in English.")
    assert [tool["function"]["name"] for tool in body["tools"]] == ["rag_search"]
    (_, words), (role, answer) = case.there
    assert words.startswith('<passages>\n{"n":1,"title":"Access policy"')
    assert words.endswith("</passages>\n\n\nHow often are passwords changed?")
    assert (role, answer) == ("assistant", "Every ninety days [1].")


def test_text_is_passed_on_as_it_comes(case):
    case = case([Leg((Say("Every ninety "), Stall(30), Say("days.")))])
    reply = case.runtime.respond(case.turn(), NoTools())
    assert next(reply).text.startswith("Every")
    reply.close()
    assert case.statuses in (["cancelling"], ["cancelled"])


def test_two_tools_are_run_side_by_side_and_answered_at_once(case):
    barrier = threading.Barrier(2, timeout=10)

    class Meeting(Tools):
        def call(self, call):
            barrier.wait()
            return super().call(call)

    case = case([calls(SEARCH, evolve(SEARCH, arguments={"query": "again"})), says("At night [2].")])
    tools = Meeting()
    events = case.play(tools)
    assert text_of(events) == "At night [1]."
    assert quotes_of(events) == [(1, OTHER.text)]
    assert sorted((call.id, call.arguments["query"]) for call in tools.asked) == [
        ("call_1", "backups at night"),
        ("call_2", "again"),
    ]
    (submitted,) = case.azure.asked("POST", rf"{RUNS}/[^/]+/submit_tool_outputs")
    outputs = [json.loads(one["output"]) for one in submitted.json["tool_outputs"]]
    assert [one["passages"][0]["n"] for one in outputs] == [2, 2]


def test_results_of_tools_are_objects_without_the_key_that_the_sdk_takes_for_a_failure(case):
    case = case([calls(SEARCH), says("So.")])
    tools = Tools()
    tools.content, tools.found = {"error": "not found"}, ()
    case.play(tools)
    (submitted,) = case.azure.asked("POST", rf"{RUNS}/[^/]+/submit_tool_outputs")
    assert json.loads(submitted.json["tool_outputs"][0]["output"]) == {"failure": "not found"}


def test_tokens_of_all_runs_are_told(case):
    case = case([Leg((SEARCH,), ((50, 5),)), Leg((Say("So."),), ((50, 5), (70, 7)))])
    tools = Tools()
    case.play(tools)
    assert tools.tokens == Tokens(120, 12)


def test_what_it_stands_on_must_be_told_and_safe(case):
    case = case([says("So.")])
    with pytest.raises(Unavailable, match="whose it is"):
        list(case.runtime.respond(evolve(case.turn(), scope=None), NoTools()))
    case.directory.add(Company("acme", "Acme"))
    with pytest.raises(Unavailable, match="no azure_agent_id for the company 'acme'"):
        case.play()
    case.directory.add(Company("acme", "Acme", azure_agent_id="asst_none"))
    with pytest.raises(Unavailable, match="no agent 'asst_none'"):
        case.play()
    with pytest.raises(ConfigurationError, match="https"):
        AzureAgentsRuntime(
            Endpoint("http://azure.example/api"), EmulatedCredential(), case.directory, case.world.records
        )


def test_an_identity_that_is_refused_is_told_without_its_token(case):
    case = case([says("So.")], token="another")
    for ask in (case.runtime.check, case.play):
        with pytest.raises(Unavailable, match="refuses SOPHIA's identity") as caught:
            ask()
        assert "emulated" not in str(caught.value)


# ---- threads


def test_the_thread_there_carries_on_ours(case):
    case = case([says("Every ninety days [1]."), says("Fourteen [2].")])
    case.play()
    case.remember("run_1", "How often are passwords changed?", "Every ninety days [1].")
    case.remember("run_2", "How long are they?")
    events = case.play(question="How long are they?", run="run_2")
    assert quotes_of(events) == [(1, "They have at least fourteen characters.")]
    assert len(case.azure.threads) == 1
    assert [role for role, _ in case.there] == ["user", "assistant"] * 2


def test_a_number_of_an_earlier_turn_cites_nothing(case):
    case = case([says("Every ninety days [1]."), says("Still ninety [1] and fourteen [2].")])
    case.play()
    case.remember("run_1", "How often are passwords changed?", "Every ninety days [1].")
    events = case.play(run="run_2")
    assert text_of(events) == "Still ninety and fourteen [1]."
    assert len(quotes_of(events)) == 1


def test_what_was_said_without_it_is_told_to_it(case):
    case = case([says("One."), says("Two.")])
    case.play()
    case.remember("run_1", "How often are passwords changed?", "One.")
    case.remember("run_2", "Block 10.0.0.9", "I have handed it over [1].")
    case.remember("run_3", "And now?")
    case.play(question="And now?", run="run_3", passages=())
    assert case.there[2:] == [
        ("user", "Block 10.0.0.9"),
        ("assistant", "I have handed it over."),
        ("user", "And now?"),
        ("assistant", "Two."),
    ]


def test_a_thread_that_is_gone_is_made_anew_from_our_transcript(case):
    case = case([says("One."), says("Two.")])
    case.play()
    case.remember("run_1", "How often are passwords changed?", "One.")
    case.azure.threads.clear()
    case.remember("run_2", "And now?")
    assert text_of(case.play(question="And now?", run="run_2", passages=())) == "Two."
    assert [text for _, text in case.there] == ["How often are passwords changed?", "One.", "And now?", "Two."]
    with case.world.records.read(SYSTEM) as tx:
        assert len(tx.remote_threads.orphans(AGENTS, 10)) == 1


def test_a_turn_that_is_played_again_after_a_crash_asks_once(case):
    case = case([Leg((Say("Eve"), Stall(30))), says("Every ninety days [1].")])
    reply = case.runtime.respond(case.turn(), NoTools())
    next(reply)
    again = list(case.new_runtime().respond(case.turn(), NoTools()))  # the first process is not there to cancel its run
    assert text_of(again) == "Every ninety days [1]."
    assert [role for role, _ in case.there].count("user") == 1
    reply.close()


def test_a_thread_that_was_deleted_meanwhile_leaves_none_there(case):
    case = case([says("So.")])
    with case.world.records.write(ANA) as tx:
        tx.conversations.delete_thread(case.thread.id)
    with pytest.raises(Exception, match="no thread"):
        case.play()
    assert not case.azure.threads


def test_what_holds_words_of_a_thread_that_is_deleted_is_made_anew_without_them(case):
    case = case([says("One."), says("Two."), says("Three.")])
    other = case.world.thread()
    said = evolve(case.world.message(other.id, "My shift ends on 14 March"), role=Role.USER)
    turn = evolve(case.turn(), recalled=(FoundMessage(said, 0.9),))
    list(case.runtime.respond(turn, NoTools()))
    case.remember("run_1", turn.question, "One.")
    list(case.runtime.respond(case.turn("And now?", "run_2", ()), NoTools()))
    case.remember("run_2", "And now?", "Two.")
    (before,) = case.azure.threads
    assert "14 March" in str(case.there)
    with case.world.records.write(ANA) as tx:
        tx.conversations.delete_thread(other.id)
    with case.world.records.read(SYSTEM) as tx:
        assert tx.remote_threads.orphans(AGENTS, 9) == (before,)
    case.runtime.erase(before)
    case.play(question="And then?", run="run_3", passages=())
    assert [text for _, text in case.there] == [turn.question, "One.", "And now?", "Two.", "And then?", "Three."]


# ---- citations of the service's own search


def documents(case, text=GUIDE):
    """A document of ours, and the file that holds it there."""
    document = case.world.put("guide.md", text)
    return document, {file_name(document.id, document.version): text.encode()}


def searching(make, say, **options):
    case = make([Leg((Search("backups passwords"), say))], file_search=True, **options)
    document, files = documents(case)
    case.store_id = case.azure.add_store(files)
    company = Company("acme", "Acme", azure_agent_id=case.agent_id, vector_store_id=case.store_id)
    case.directory.add(company)
    return case, document


@pytest.mark.parametrize("size", [1, 3, 7, 100])
def test_markers_of_the_service_become_quotes_of_our_text_however_they_are_cut(case, size):
    say = Say("Backups are made every night【4:0†source】. Fourteen characters【4:1†source】.", size=size)
    case, document = searching(case, say)
    events = case.play(Tools(), passages=())
    assert text_of(events) == "Backups are made every night[1]. Fourteen characters[2]."
    quotes = [event.quote for event in events if isinstance(event, Cited)]
    assert [quote.text for quote in quotes] == [
        "Backups are made every night at two.",
        "Passwords have fourteen characters.",
    ]
    assert all(quote.passage.document_id == document.id and prove(quote, GUIDE).verified for quote in quotes)
    body = case.azure.asked("POST", RUNS)[0].json
    assert [tool["type"] for tool in body["tools"]] == ["file_search"]
    assert body["tool_resources"] == {"file_search": {"vector_store_ids": [case.store_id]}}


@pytest.mark.parametrize(("usual", "own", "searches"), [(True, False, False), (False, True, True), (True, None, True)])
def test_a_company_says_for_itself_whether_the_service_searches(case, usual, own, searches):
    case = case([Leg((Say("Well."),))], file_search=usual)
    company = case.directory.company("acme")
    case.directory.add(evolve(company, file_search=own))
    case.play(Tools())
    body = case.azure.asked("POST", RUNS)[0].json
    assert ([tool["type"] for tool in body["tools"]] == ["file_search"]) is searches
    assert ("tool_resources" in body) is searches


def test_markers_without_a_document_of_ours_are_left_out(case):
    say = Say("Every night【4:0†source】. Or not【4:9†source】【message_idx:search_idx†source】 【but this stays】.")
    case, document = searching(case, say)
    with case.world.records.write(SYSTEM) as tx:
        tx.documents.remove(document.id)
    events = case.play(passages=())
    assert text_of(events) == "Every night. Or not 【but this stays】."
    assert quotes_of(events) == []


def test_a_document_that_the_user_may_not_read_is_not_quoted(case):
    case, document = searching(case, Say("Every night【4:0†source】."))
    with case.world.records.write(SYSTEM) as tx:
        tx.documents.touch(evolve(document, readers=frozenset({"user:bob"})))
    assert quotes_of(case.play(passages=())) == []


def test_results_that_a_stream_does_not_tell_are_asked_for(case):
    case, _document = searching(case, Say("Every night【4:0†source】."))
    search = Leg((Search("backups"), Say("Every night【4:0†source】.")))
    script = iter([calls(Call("look", {})), search])
    case.azure._model = lambda _: next(script)
    assert quotes_of(case.play(Tools(), passages=())) == [(1, "Backups are made every night at two.")]


def test_a_marker_that_never_ends_is_held_back():
    markers = Markers(lambda _: 1)
    assert [markers.read("so 【4:0†sou"), markers.close()] == ["so ", ""]
    assert [markers.read("so 【open"), markers.close()] == ["so ", "【open"]


# ---- the pains


def lock(case, *acts):
    """A run of somebody else in our thread there."""
    case.play(run="run_0")
    case.remember("run_0", "How often are passwords changed?", "One.")
    (thread,) = case.azure.threads
    with case.azure._lock:
        case.azure._create_run({"assistant_id": case.agent_id}, {"thread": thread})


def test_pain_active_run_is_stopped_and_waited_for(case):
    case = case([says("One."), Leg((Stick(),)), says("Two.")])
    lock(case)
    assert text_of(case.play()) == "Two."
    assert case.statuses == ["completed", "cancelled", "completed"]


def test_pain_rate_limit_as_a_failed_run_is_waited_out(case):
    limited = Leg((Fail("rate_limit_exceeded", "Rate limit is exceeded. Try again in 0.2 seconds."),))
    case = case([limited, says("One.")])
    assert text_of(case.play()) == "One."
    assert case.statuses == ["failed", "completed"]
    assert [role for role, _ in case.there] == ["user", "assistant"]


def test_pain_rate_limit_beyond_the_turn_is_told_with_its_wait(case):
    limited = Leg((Fail("rate_limit_exceeded", "Rate limit is exceeded. Try again in 22 seconds."),))
    case = case([limited], limits=Limits(seconds=10))
    with pytest.raises(Unavailable) as caught:
        case.play()
    assert caught.value.retry_after == 22


def test_pain_a_failed_run_is_started_again_but_not_without_end(case):
    case = case([Leg((Fail(),)), says("One."), *[Leg((Fail(),))] * 9])
    assert text_of(case.play()) == "One."
    with pytest.raises(Unavailable, match="has failed"):
        case.play(run="run_2")
    assert case.statuses.count("failed") == 4


def test_pain_half_an_answer_is_not_taken_for_a_whole_one(case):
    case = case([Leg((Say("Every"), Fail())), says("One.")])
    with pytest.raises(Unavailable, match="has failed"):
        case.play()


def test_pain_a_run_stuck_in_the_queue_is_given_up_and_cancelled(case):
    case = case([Leg((Stick(),))], limits=Limits(queue=0.5))
    with pytest.raises(Unavailable, match="not begun to answer within"):
        case.play()
    assert case.statuses in (["cancelling"], ["cancelled"])


def test_pain_a_run_that_does_not_end_is_cancelled_when_its_time_is_over(case):
    case = case([Leg((Say("Every "), Stall(60)))], limits=Limits(seconds=1))
    tools = Tools()
    events = case.play(tools)
    assert text_of(events) == "Every "
    assert limitations_of(events) == ["answer: cut off after 1 s"]
    assert case.statuses in (["cancelling"], ["cancelled"])
    assert tools.tokens.input > 0 < tools.tokens.output  # estimated: a run that was cancelled may not tell


def test_pain_an_unknown_tool_is_answered_and_the_loop_is_bounded(case):
    case = case([calls(Call("no_such_tool"))] * 9, limits=Limits(steps=3))
    tools = Tools()
    with pytest.raises(Unavailable, match="without end"):
        case.play(tools)
    assert [call.name for call in tools.asked] == ["no_such_tool"] * 3
    assert case.statuses in (["cancelling"], ["cancelled"])


def test_pain_a_user_who_cancels_waits_for_nothing(case):
    case = case([Leg((Stick(),))])
    tools = Tools()
    threading.Timer(0.3, tools.cancelled.set).start()
    with pytest.raises(Cancelled):
        case.play(tools)
    assert case.statuses in (["cancelling"], ["cancelled"])


def test_pain_cancelling_a_run_that_has_ended_is_done(case):
    case = case([says("One.")])
    agents = case.runtime._agents
    case.play()
    (thread,) = case.azure.threads
    run = case.azure.threads[thread].runs[0].data
    agents.cancel(thread, run["id"], lambda: None)
    assert run["status"] == "completed"


@pytest.mark.parametrize(
    "lost",
    [
        {"thread.run.requires_action"},
        {"thread.run.completed"},
        {"thread.run.completed", "thread.message.completed", "done"},
        {"thread.message.delta"},
        {"thread.run.created", "thread.run.queued", "thread.run.in_progress"},
        {"thread.run.step.completed", "thread.run.step.delta"},
    ],
    ids=lambda names: "+".join(sorted(names)),
)
def test_pain_events_that_are_lost_are_found_out_by_a_look_at_the_run(case, lost):
    legs = [calls(SEARCH), says("At night [2].")]
    case = case([evolve(leg, lost=frozenset(lost)) for leg in legs])
    tools = Tools()
    events = case.play(tools)
    assert (text_of(events), quotes_of(events)) == ("At night [1].", [(1, OTHER.text)])
    assert len(tools.asked) == 1
    assert tools.tokens == Tokens(200, 20)


@pytest.mark.parametrize(
    "doubled", ["thread.run.requires_action", "thread.run.step.completed", "thread.message.completed", "done"]
)
def test_pain_events_that_come_twice_count_once(case, doubled):
    legs = [calls(SEARCH), says("At night [2].")]
    case = case([evolve(leg, doubled=frozenset({doubled})) for leg in legs])
    tools = Tools()
    assert text_of(case.play(tools)) == "At night [1]."
    assert len(tools.asked) == 1


def test_pain_text_that_comes_twice_is_told_as_a_limitation(case):
    case = case([Leg((Say("At night."),), doubled=frozenset({"thread.message.delta"}))])
    assert limitations_of(case.play()) == ["answer: the connection has lost or repeated part of the text"]


def test_pain_a_stream_that_is_cut_goes_on_where_it_was(case):
    case = case([Leg((SEARCH,)), Leg((Say("At "), Cut(), Say("night [2].")))])
    events = case.play(Tools())
    assert (text_of(events), quotes_of(events)) == ("At night [1].", [(1, OTHER.text)])


def test_pain_an_error_event_is_looked_into(case):
    case = case([Leg((StreamError(),)), says("One.")])
    assert text_of(case.play()) == "One."


@pytest.mark.parametrize("act", [Expire()], ids=["expired"])
def test_pain_a_run_that_expires_fails_the_turn(case, act):
    case = case([Leg((act,))])
    with pytest.raises(Unavailable, match="before its answer was whole"):
        case.play()


def test_pain_content_filter(case):
    case = case([Leg((Incomplete("content_filter"),)), Leg((Say("Every"), Incomplete("content_filter")))])
    events = case.play()
    assert text_of(events) == "The model's content filter does not let this question be answered."
    assert limitations_of(events) == ["answer: the model's content filter has interrupted it"]
    events = case.play(run="run_2")
    assert (text_of(events), len(limitations_of(events))) == ("Every", 1)


def test_pain_content_filter_as_a_failed_run(case):
    case = case([Leg((Fail("content_filter", "The response was filtered."),))])
    assert text_of(case.play()).startswith("The model's content filter")


def test_pain_an_answer_that_is_cut_for_its_length_says_so(case):
    case = case([Leg((Say("Every ninety days and"), Incomplete("max_completion_tokens")))])
    assert limitations_of(case.play()) == ["answer: cut off at the limit of what the model may write"]


def test_pain_an_expired_store_is_done_without(case):
    case, _document = searching(case, Say("no"))
    script = iter([Leg((Search("backups"), Say("Every night."))), calls(SEARCH), says("At night [1].")])
    case.azure._model = lambda _: next(script)
    store = case.azure.stores.stores[case.store_id]
    store["expires_after"] = {"anchor": "last_active_at", "days": 7}
    case.azure.pass_time(8 * 86_400)
    tools = Tools()
    events = case.play(tools, passages=())
    assert (text_of(events), quotes_of(events)) == ("At night [1].", [(1, OTHER.text)])
    assert "the store at Azure could not be searched" in limitations_of(events)[0]


def test_pain_what_stands_in_for_an_expired_store_is_searched(case):
    say = Say("Backups are made every night【4:0†source】.")
    case, _document = searching(case, say)
    script = iter([Leg((Search("backups"), say))] * 4)
    case.azure._model = lambda _: next(script)
    with case.azure._lock:
        old, files = case.store_id, list(case.azure.stores.entries[case.store_id])
        case.azure.stores.forget(old, case.azure.now)
        marks = {"sophia_company": "acme", "sophia_replaces": old}
        case.azure.stores.create({"metadata": marks, "file_ids": files}, case.azure.now)
    events = case.play(passages=())
    assert quotes_of(events) == [(1, "Backups are made every night at two.")]
    assert limitations_of(events) == []


def test_pain_another_company_s_store_is_never_searched(case):
    case, _document = searching(case, Say("no"))
    case.azure.stores.stores[case.store_id]["metadata"] = {"sophia_company": "globex"}
    for _ in range(2):
        with pytest.raises(Unavailable, match="kept for another company than 'acme': see vector_store_id"):
            case.play(passages=())
    assert case.azure.asked("POST", RUNS) == []


def faulty(*faults, method="POST", path=""):
    """Faults of the requests that match, in order; the others go well."""
    left = iter(faults)
    return lambda request: next(left, None) if request.method == method and path in request.path else None


@pytest.mark.parametrize("path", ["/threads?", "/messages?", "/runs?", "/submit_tool_outputs?"])
@pytest.mark.parametrize(
    "fault",
    [
        Fault(status=503),
        Fault(status=429, headers={"Retry-After": "0"}),
        Fault(status=429),
        Fault(status=500, headers={"Retry-After": "0"}),
        html_page(502),
        Fault(cuts=True),
        DoneAndLost(status=503),
        DoneAndLost(status=502, body=b"<html>", headers={"Content-Type": "text/html"}),
        DoneAndLost(body=b"", headers={"Content-Type": "application/json"}),
    ],
    ids=["503", "429-after", "429", "500", "502-page", "cut", "done-503", "done-502-page", "done-empty"],
)
def test_pain_a_post_that_fails_or_seems_to_is_done_once(case, fault, path):
    case = case([calls(SEARCH), says("At night [2].")], faults=faulty(fault, path=path))
    tools = Tools()
    events = case.play(tools)
    assert (text_of(events), quotes_of(events)) == ("At night [1].", [(1, OTHER.text)])
    assert len(case.azure.threads) == 1
    assert [role for role, _ in case.there] == ["user", "assistant"]
    assert case.statuses == ["completed"]
    assert len(tools.asked) == 1


def test_pain_a_failure_that_stays_is_told_and_then_left_alone(case):
    case = case([says("One.")], faults=lambda _: html_page(502))
    for _ in range(4):
        with pytest.raises(Unavailable) as caught:
            case.play()
    assert "left alone" in str(caught.value)
    before = len(case.azure.requests)
    with pytest.raises(Unavailable, match="left alone"):
        case.play()
    assert len(case.azure.requests) == before
    assert case.counted("breakers_open") == 1


def test_pain_a_wait_that_is_too_long_is_told_and_not_waited_for(case):
    case = case([says("One.")], faults=lambda _: Fault(status=429, headers={"Retry-After": "900"}))
    with pytest.raises(Unavailable) as caught:
        case.play()
    assert caught.value.retry_after == 900


def test_pain_a_crowd_is_let_in_a_few_at_a_time(case):
    inside = []

    def model(_):
        inside.append(case.counted("turns{"))
        return Leg((Say("Every "), Stall(0.05), Say("night.")))

    case = case(model, limits=Limits(concurrent=3))
    threads = [case.world.thread() for _ in range(12)]
    told = []

    def ask(thread):
        turn = evolve(case.turn(), thread_id=thread.id)
        told.append(text_of(case.runtime.respond(turn, NoTools())))

    crowd = [threading.Thread(target=ask, args=(thread,)) for thread in threads]
    for one in crowd:
        one.start()
    for one in crowd:
        one.join()
    assert told == ["Every night."] * 12
    assert max(inside) == 3
    assert (case.counted("turns{"), case.counted("turns_waiting{")) == (0, 0)


def test_pain_what_is_asked_of_the_service_and_how_it_ends_is_counted(case):
    case = case([says("One.")], faults=faulty(Fault(status=503), path="/runs?"))
    assert text_of(case.play()) == "One."
    of_runs = 'calls_total{operation="create_run",outcome='
    assert [case.counted(f'{of_runs}"{outcome}"') for outcome in ("failed", "done", "refused")] == [1, 1, 0]
    assert case.counted('calls_total{operation="list_runs",outcome="done"') == 1  # the look whether it had begun
    assert case.counted("retries_total") == 1
    assert case.counted("breakers_open") == 0


def test_pain_limits_are_looked_at_before_the_service_is_asked(case):
    class Many(Tools):
        @property
        def specs(self):
            return [evolve(SPEC, name=f"tool_{n}") for n in range(129)]

    case = case([says("One.")])
    with pytest.raises(LimitExceeded, match="128 tools"):
        case.play(Many())
    assert not case.azure.asked("POST", RUNS)


def test_pain_a_thread_that_is_full_is_carried_on_by_another(case):
    case = case([says("One."), says("Two.")], limits=Limits(messages=1))
    case.play()
    case.remember("run_1", "How often are passwords changed?", "One.")
    case.remember("run_2", "And now?")
    case.play(question="And now?", run="run_2", passages=())
    first, second = case.azure.threads.values()
    assert [len(first.messages), len(second.messages)] == [2, 4]


def test_every_test_that_the_documentation_names_is_there():
    """The list of pains, and who else holds to what `docs/azure.md` says."""
    root = Path(__file__).parents[2]
    named = set(re.findall(r"`(test_\w+|Test\w+)`", (root / "docs" / "azure.md").read_text(encoding="utf-8")))
    there = set()
    for path in (root / "tests").rglob("test_*.py"):
        there.update(
            re.findall(r"^\s*(?:def|class) (test_\w+|Test\w+)", path.read_text(encoding="utf-8"), re.MULTILINE)
        )
    assert named <= there
    assert {name for name in there if name.startswith("test_pain_")} <= named


def test_the_environment_has_no_say(case, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    case = case([says("One.")])
    assert text_of(case.play()) == "One."


def test_redirects_are_not_followed(case):
    where = {"Location": "https://example.com/"}
    case = case([says("One.")], faults=lambda _: Fault(status=307, body=b"", headers=where))
    with pytest.raises(Unavailable, match="somewhere else"):
        case.play()
