"""Asking, streaming, and the runs that go on whoever listens."""

import threading
from functools import partial

import httpx
import pytest
from harness import ACTION, BUG, ENDLESS, FAIL, PATIENCE, QUESTION, TOOL, WAIT, Caller, World

TYPE = "urn:sophia:problem:"


def text_of(events) -> str:
    return "".join(event.data["text"] for event in events if event.name == "message.delta")


def test_an_answer(informed: World) -> None:
    ana = informed.caller()
    response = ana.ask()
    answer = response.json()
    assert response.headers["location"] == f"/runs/{answer['runId']}"
    quote = answer["citations"][0]
    assert quote["verified"]
    stored = ana.get(f"/documents/{quote['documentId']}", params={"version": quote["documentVersion"]}).json()
    assert stored["text"][quote["start"] : quote["end"]] == quote["quote"]
    unsupported = answer["unsupported"][-1]
    assert answer["answer"][unsupported["start"] : unsupported["end"]] == "Dragons are made of cheese."
    assert answer["handoff"] is None
    assert ana.get(response.headers["location"]).json()["answer"] == answer


def test_an_answer_as_a_stream(informed: World) -> None:
    ana = informed.caller()
    with ana.ask_streaming(TOOL) as stream:
        events = list(stream)
    assert events[0].name == "run.started"
    assert [e.name for e in events if e.name.startswith("tool")] == ["tool.started", "tool.finished"] * 3
    assert [e.data["status"] for e in events if e.name == "tool.finished"] == ["completed", "failed", "denied"]
    assert [e.name for e in events[-3:]] == ["citation", "message.completed", "run.completed"]
    answer = events[-1].data
    assert answer["answer"] == text_of(events)
    assert answer["citations"] == [e.data for e in events if e.name == "citation"]
    assert ana.get(f"/runs/{answer['runId']}").json()["answer"] == answer


def test_the_accept_header_asks_for_a_stream_too(world: World) -> None:
    body = {"companyId": "acme", "message": QUESTION}
    with world.caller().stream("/chat", "POST", json=body, headers={"Accept": "text/event-stream"}) as events:
        assert [event.name for event in events][-1] == "run.completed"


def test_a_handoff(informed: World) -> None:
    ana = informed.caller()
    with ana.ask_streaming(ACTION) as stream:
        events = list(stream)
    handoff = events[-1].data["handoff"]
    assert [e.data for e in events if e.name == "handoff"] == [handoff]
    ticket = ana.get(f"/tickets/{handoff['ticketId']}").json()
    assert (ticket["status"], ticket["externalId"], ticket["runId"]) == ("delivered", "TCK-1", events[-1].data["runId"])
    assert ana.get("/tickets").json()["items"] == [ticket]


def test_the_language_is_the_one_that_was_asked_for(informed: World) -> None:
    assert informed.caller().ask(language="es").json()["language"] == "es"
    assert informed.caller().ask().json()["language"] == "en"


def test_a_thread_goes_on(informed: World) -> None:
    ana = informed.caller()
    thread = ana.ask().json()["threadId"]
    assert ana.ask("And who checks them?", threadId=thread).json()["threadId"] == thread
    told = []
    cursor: dict[str, str] = {}
    while True:
        page = ana.get(f"/threads/{thread}/messages", params={"limit": 3, **cursor}).json()
        told += page["items"]
        if page["nextCursor"] is None:
            break
        cursor = {"cursor": page["nextCursor"]}
    assert [message["role"] for message in told] == ["user", "assistant"] * 2
    assert [told[0]["text"], told[2]["text"]] == [QUESTION, "And who checks them?"]
    assert [t["threadId"] for t in ana.get("/threads").json()["items"]] == [thread]


def test_threads_are_read_a_page_at_a_time(world: World) -> None:
    ana = world.caller()
    begun = [ana.ask().json()["threadId"] for _ in range(5)]
    found: list[str] = []
    params: dict[str, object] = {"limit": 2}
    while params.get("cursor", "") is not None:
        page = ana.get("/threads", params=params).json()
        found += [thread["threadId"] for thread in page["items"]]
        params["cursor"] = page["nextCursor"]
    assert found == begun[::-1]


def test_a_stream_is_resumed_where_it_was_left(world: World) -> None:
    ana = world.caller()
    with ana.ask_streaming() as stream:
        events = list(stream)
    run = events[0].data["runId"]
    for after in range(len(events) + 1):
        with ana.stream(f"/runs/{run}/events", after=after) as again:
            assert list(again) == events[after:]
    with ana.stream(f"/runs/{run}/events", after=10**17) as again:
        assert list(again) == []


def test_a_run_goes_on_when_its_client_is_gone(world: World) -> None:
    ana = world.caller()
    with ana.ask_streaming(WAIT) as stream:
        run = next(stream).data["runId"]
        world.outside.begun.get(timeout=PATIENCE)
    assert ana.get(f"/runs/{run}").json()["status"] == "running"
    world.outside.gate.set()
    with ana.stream(f"/runs/{run}/events") as stream:
        outcome = list(stream)[-1]
    state = ana.get(f"/runs/{run}").json()
    assert (state["status"], state["answer"]) == ("completed", outcome.data)


def test_a_second_listener_hears_the_same(world: World) -> None:
    ana = world.caller()
    with ana.ask_streaming(WAIT) as first:
        run = next(first).data["runId"]
        with ana.stream(f"/runs/{run}/events", after=1) as second:
            world.outside.gate.set()
            assert list(second) == list(first)


def test_a_thread_answers_one_message_at_a_time(world: World) -> None:
    ana = world.caller()
    with ana.ask_streaming(WAIT) as stream:
        started = next(stream).data
        response = ana.ask(threadId=started["threadId"])
        assert (response.status_code, response.json()["runId"]) == (409, started["runId"])
        assert response.json()["type"] == TYPE + "thread-busy"
        assert ana.ask().status_code == 200
        world.outside.gate.set()
        assert list(stream)[-1].name == "run.completed"
    assert ana.ask(threadId=started["threadId"]).status_code == 200


def test_a_repeated_request_gives_the_stored_outcome(informed: World) -> None:
    ana = informed.caller()
    first = ana.ask(key="key-1")
    again = ana.ask(key="key-1")
    assert again.json() == first.json()
    assert again.headers["location"] == first.headers["location"]
    with ana.ask_streaming(key="key-1") as stream:
        events = list(stream)
    assert events[-1].data == first.json()
    with ana.ask_streaming(key="key-1") as stream:
        assert list(stream) == events
    assert len(ana.get("/threads").json()["items"]) == 1
    assert informed.outside.begun.qsize() == 1


def test_a_repeated_handoff_is_one_ticket(informed: World) -> None:
    ana = informed.caller()
    told = [ana.ask(ACTION, key="key-1").json() for _ in range(3)]
    assert told[0] == told[1] == told[2]
    assert len(informed.outside.desk.reports("acme")) == 1


def test_a_key_with_another_question_is_refused(world: World) -> None:
    ana = world.caller()
    thread = ana.ask(key="key-1").json()["threadId"]
    for other in ({"message": "Another one"}, {"threadId": thread}, {"language": "es"}):
        response = ana.ask(key="key-1", **other)
        assert response.status_code == 422
        assert response.json()["type"] == TYPE + "idempotency-conflict"


def test_a_key_whose_request_still_runs(world: World) -> None:
    ana = world.caller()
    with ana.ask_streaming(WAIT, key="key-1") as stream:
        run = next(stream).data["runId"]
        response = ana.ask(WAIT, key="key-1")
        assert (response.status_code, response.json()["runId"]) == (409, run)
        assert response.json()["type"] == TYPE + "request-in-progress"
        world.outside.gate.set()
        outcome = list(stream)[-1].data
    assert ana.ask(WAIT, key="key-1").json() == outcome


def test_a_repeated_request_that_failed_fails_alike(world: World) -> None:
    ana = world.caller()
    told = [ana.ask(FAIL, key="key-1") for _ in range(2)]
    assert [response.status_code for response in told] == [503, 503]
    assert world.outside.begun.qsize() == 1


def test_a_key_lasts_a_day(world: World) -> None:
    ana = world.caller()
    first = ana.ask(key="key-1").json()["runId"]
    world.outside.clock.advance(23 * 3600)
    assert ana.ask(key="key-1").json()["runId"] == first
    world.outside.clock.advance(3600)
    assert ana.ask("Another one", key="key-1").status_code == 200


def test_a_run_is_cancelled(world: World) -> None:
    ana = world.caller()
    with ana.ask_streaming(ENDLESS) as stream:
        run = next(stream).data["runId"]
        assert ana.post(f"/runs/{run}/cancel").status_code == 202
        assert list(stream)[-1].name == "run.cancelled"
    again = ana.post(f"/runs/{run}/cancel")
    assert (again.status_code, again.json()["status"]) == (200, "cancelled")
    assert ana.get(f"/runs/{run}").json()["problem"] is None


def test_whoever_waits_hears_that_the_run_was_cancelled(world: World) -> None:
    told: list[httpx.Response] = []
    waiting = threading.Thread(target=lambda: told.append(world.caller().ask(ENDLESS)))
    waiting.start()
    run = world.outside.begun.get(timeout=PATIENCE)
    world.caller().post(f"/runs/{run}/cancel")
    waiting.join(PATIENCE)
    assert (told[0].status_code, told[0].json()["type"]) == (409, TYPE + "run-cancelled")


def test_a_run_that_has_ended_is_not_cancelled(world: World) -> None:
    ana = world.caller()
    run = ana.ask().json()["runId"]
    response = ana.post(f"/runs/{run}/cancel")
    assert (response.status_code, response.json()["status"]) == (200, "completed")


@pytest.mark.parametrize(
    ("message", "status", "code"), [(FAIL, 503, "unavailable"), (BUG, 500, "internal")], ids=["fail", "bug"]
)
def test_a_run_that_fails(world: World, message: str, status: int, code: str) -> None:
    ana = world.caller()
    response = ana.ask(message)
    assert (response.status_code, response.json()["type"]) == (status, TYPE + code)
    assert "secret" not in response.text
    with ana.ask_streaming(message) as stream:
        started, *_, last = stream
    assert (last.name, last.data["problem"]["type"]) == ("run.failed", TYPE + code)
    assert "secret" not in str(last.data)
    state = ana.get(f"/runs/{started.data['runId']}").json()
    assert (state["status"], state["problem"]) == ("failed", last.data["problem"])
    if code == "unavailable":
        assert response.headers["retry-after"] == "3"


def test_a_deleted_thread_is_gone_with_all_that_was_in_it(informed: World) -> None:
    ana = informed.caller()
    answer = ana.ask(ACTION, key="key-1").json()
    informed.sophia.services.background.do_chores()
    assert ana.get("/messages/search", params={"q": "firewall"}).json()["items"]
    assert ana.delete(f"/threads/{answer['threadId']}").status_code == 204
    for path in (f"/threads/{answer['threadId']}", f"/runs/{answer['runId']}", f"/runs/{answer['runId']}/events"):
        assert ana.get(path).status_code == 404
    assert ana.delete(f"/threads/{answer['threadId']}").status_code == 404
    assert ana.get("/messages/search", params={"q": "firewall"}).json()["items"] == []
    ticket = ana.get(f"/tickets/{answer['handoff']['ticketId']}").json()
    assert (ticket["title"], ticket["requestedActions"]) == ("", [])
    assert ana.ask("Another one", key="key-1").status_code == 200


def test_a_thread_is_deleted_while_it_answers(world: World) -> None:
    ana = world.caller(app=world.app_with(follow_run=partial(world.sophia.services.follow_run, heartbeat=0.1)))
    with ana.ask_streaming(WAIT) as stream:
        started = next(stream).data
        ana.delete(f"/threads/{started['threadId']}")
        assert "run.completed" not in [event.name for event in stream]
    world.outside.gate.set()
    assert ana.get(f"/runs/{started['runId']}").status_code == 404


def test_a_run_is_cancelled_though_its_model_says_nothing(world: World) -> None:
    ana = world.caller()
    with ana.ask_streaming(WAIT) as stream:
        run = f"/runs/{next(stream).data['runId']}"
        assert ana.post(f"{run}/cancel").status_code == 202
        assert [event.name for event in stream][-1] == "run.cancelled"
    assert ana.get(run).json()["status"] == "cancelled"
    world.outside.gate.set()
    world.sophia.close()
    assert ana.get(run).json()["status"] == "cancelled"


def test_a_stopping_server_takes_nothing_new_and_leaves_the_rest_to_its_lease(world: World) -> None:
    ana = world.caller()
    with ana.ask_streaming(WAIT) as stream:
        run = f"/runs/{next(stream).data['runId']}"
        world.sophia.close(within=0.1)
        for refused in (ana.ask("Who opens the door?"), ana.post("/refresh", json={"companyId": "acme"})):
            assert (refused.status_code, refused.json()["type"]) == (503, TYPE + "stopping")
            assert refused.headers["retry-after"] == "5"
        assert ana.get("/threads").status_code == 200
        world.outside.gate.set()
        world.sophia.close()
        # Whoever takes it up will end it; this process writes nothing any more.
        assert ana.get(run).json()["status"] == "running"


def test_whoever_waits_is_told_which_run_a_stopping_server_leaves_to_others(world: World) -> None:
    told: list[httpx.Response] = []
    waiting = threading.Thread(target=lambda: told.append(world.caller().ask(WAIT)))
    waiting.start()
    run = world.outside.begun.get(timeout=PATIENCE)
    world.sophia.close(within=0.1)
    waiting.join(PATIENCE)
    problem = told[0].json()
    assert (told[0].status_code, problem["type"], problem["runId"]) == (503, TYPE + "stopping", run)
    assert told[0].headers["retry-after"] == "5"
    assert world.caller().get(f"/runs/{run}").json()["status"] == "running"
    world.outside.gate.set()


def impatient(world: World) -> Caller:
    """A caller whose streams have a heartbeat every moment."""
    follow = partial(world.sophia.services.follow_run, heartbeat=0.01)
    return world.caller(app=world.app_with(follow_run=follow))


def test_a_stream_has_a_heartbeat(world: World) -> None:
    body = {"companyId": "acme", "message": WAIT, "stream": True}
    with impatient(world).http.stream("POST", "/chat", json=body) as response:
        chunks = response.iter_text()
        while next(chunks) != ": still here\n\n":
            pass


def test_whoever_may_not_listen_any_more_hears_no_more(world: World) -> None:
    luis = impatient(world)
    luis.http.headers["X-User-Id"] = "luis"
    with luis.ask_streaming(WAIT) as stream:
        started = next(stream)
        world.outside.directory.remove_user("acme", "luis")
        assert "run.completed" not in [event.name for event in stream]
    world.outside.gate.set()
    assert luis.get(f"/runs/{started.data['runId']}/events").status_code == 403


def test_the_history_is_searched_by_meaning(world: World) -> None:
    ana = world.caller()
    for message in ("How often are backups made?", "Who opens the door?"):
        ana.ask(message)
    world.sophia.services.background.do_chores()
    found = ana.get("/messages/search", params={"q": "how often backups", "limit": 3}).json()["items"]
    assert found[0]["text"] == "How often are backups made?"
    assert len(found) == 3
    similarities = [item["similarity"] for item in found]
    assert similarities == sorted(similarities, reverse=True)
