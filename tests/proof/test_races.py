"""Many callers at once, and callers that drop: nothing is lost, nothing done twice."""

import statistics
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from callers import LAST, Caller, Stream, at_once, events_in, is_whole, text_of
from served import COMPANY, Served

pytestmark = pytest.mark.proof

POSTS = 1000
REPEATS = 200


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with Served(tmp_path_factory.mktemp("races"), threads=256, users=4) as served:
        yield served


def test_a_thousand_posts_to_one_thread(server: Served) -> None:
    caller = Caller(server.port)
    thread = caller.ask("The first question (pieces 1)").body["threadId"]
    texts = [f"Question number {n} (pieces 5) (every 2)" for n in range(POSTS)]
    bodies = [{"companyId": COMPANY, "message": text, "threadId": thread} for text in texts]
    began = time.monotonic()
    replies = at_once(server.port, bodies)
    took = time.monotonic() - began

    answered = {reply.body["runId"]: text for reply, text in zip(replies, texts, strict=True) if reply.status == 200}
    refused = [reply for reply in replies if reply.status == 409]
    assert len(answered) + len(refused) == POSTS, Counter(reply.status for reply in replies)
    assert answered
    assert {reply.problem for reply in refused} <= {"thread-busy"}
    assert {reply.body["runId"] for reply in refused} <= set(answered)
    messages = caller.items(f"/threads/{thread}/messages")[2:]
    assert [message["role"] for message in messages] == ["user", "assistant"] * len(answered)
    assert {message["runId"]: message["text"] for message in messages if message["role"] == "user"} == answered
    assert all(is_whole(caller.log(run)) for run in answered)
    print(f"\n{POSTS} posts to one thread: {len(answered)} answered, {len(refused)} refused by name, in {took:.1f} s")


def test_a_caller_that_drops_at_each_event(server: Served) -> None:
    caller = Caller(server.port, user=1)
    question = "Tell me all (pieces 20) (every 20) (tools)"
    stream = caller.ask_streaming(question)
    assert isinstance(stream, Stream)
    with stream:
        whole = list(stream)
    assert is_whole(whole)
    for k in range(1, len(whole) + 1):
        stream = caller.ask_streaming(question)
        assert isinstance(stream, Stream)
        run_id = stream.headers["Location"].removeprefix("/runs/")
        heard = [event for event, _ in zip(stream, range(k), strict=False)]
        stream.drop()
        heard += [] if heard[-1].name in LAST else caller.log(run_id, heard[-1].sequence)
        assert is_whole(heard)
        assert heard[-1].name == "run.completed"
        assert text_of(heard) == text_of(whole) == heard[-1].data["answer"]
        for after in (0, k, len(heard) - 1):
            assert caller.log(run_id, after) == heard[after:]
    print(f"\na run of {len(whole)} events: dropped after each, and always the same whole")


@pytest.mark.parametrize("stream", [False, True], ids=["json", "stream"])
def test_the_same_key_many_times_at_once(server: Served, *, stream: bool) -> None:
    caller = Caller(server.port, user=2 + stream)
    question = "Only once, please (pieces 10) (every 30)"
    body = {"companyId": COMPANY, "message": question, "stream": stream}
    replies = at_once(server.port, [body] * REPEATS, 2 + stream, Idempotency_Key="once")

    (thread,) = caller.items("/threads")
    (asked, answered) = caller.items(f"/threads/{thread['threadId']}/messages")
    run_id = asked["runId"]
    told = [reply for reply in replies if reply.status == 200]
    refused = [reply for reply in replies if reply.status == 409]
    assert len(told) + len(refused) == REPEATS, Counter(reply.status for reply in replies)
    assert told
    assert {(reply.problem, reply.body["runId"]) for reply in refused} <= {("request-in-progress", run_id)}
    if stream:
        log = caller.log(run_id)
        assert is_whole(log)
        assert all(events_in(reply.body) == log for reply in told)
    else:
        assert all(reply.body == told[0].body for reply in told)
        assert told[0].body["messageId"] == answered["messageId"]
    again = at_once(server.port, [body] * REPEATS, 2 + stream, Idempotency_Key="once")
    assert [reply.status for reply in again] == [200] * REPEATS
    assert all(reply.body == told[0].body for reply in again)
    other = [caller.ask(f"{question}?", key="once", stream=stream), caller.ask(question, key="once", language="es")]
    assert [(reply.status, reply.problem) for reply in other] == [(422, "idempotency-conflict")] * 2
    assert len(caller.items("/threads")) == 1
    print(f"\n{REPEATS} times the same key: {len(told)} heard the one run, {len(refused)} were told that it runs")


def test_a_run_is_cancelled_from_another_server(tmp_path: Path) -> None:
    with (
        Served(tmp_path / "one", workers=1) as one,
        Served(tmp_path / "other", workers=1, data_dir=one.data_dir) as other,
    ):
        for kind in ("(endless) (every 20)", "(endless) (every 20) (tools)", "(silent 8)"):
            took = [
                _cancel(one, other, f"How often are backups made {kind}?") for _ in range(1 if "silent" in kind else 5)
            ]
            print(
                f"\ncancelled from another server, {kind}: {statistics.median(took):.2f} s, at most {max(took):.2f} s"
            )


def _cancel(one: Served, other: Served, question: str) -> float:
    """Seconds from the wish to cancel to the end of the run, as its listener hears it."""
    stream = Caller(one.port).ask_streaming(question)
    assert isinstance(stream, Stream)
    run_id = stream.headers["Location"].removeprefix("/runs/")
    with stream:
        heard = [next(events := iter(stream))]
        time.sleep(0.3)
        asked = Caller(other.port)("POST", f"/runs/{run_id}/cancel")
        wished = time.monotonic()
        assert (asked.status, asked.body["status"]) == (202, "running")
        heard += events
        took = time.monotonic() - wished
    assert is_whole(heard)
    assert heard[-1].name == "run.cancelled"
    spoken = _spoken(one, run_id)
    # A runtime that says nothing and looks at nothing cannot be stopped; its run has ended all the same.
    assert spoken[-1:] == ([] if "silent" in question else ["closed"])
    time.sleep(0.3)
    assert _spoken(one, run_id) == spoken
    after = [Caller(server.port)("GET", f"/runs/{run_id}").body["status"] for server in (one, other)]
    assert after == ["cancelled"] * 2
    assert [Caller(server.port).log(run_id) for server in (one, other)] == [heard] * 2
    return took


def _spoken(server: Served, run_id: str) -> list[str]:
    lines = (server.data_dir / "spoken.log").read_text().splitlines()
    return [line.split()[2] for line in lines if line.startswith(run_id)]
