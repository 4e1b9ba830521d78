"""Workers and whole servers that die while they answer.

Every caller asks one question after the other, repeats a request whose answer never came under the same key, and goes
on listening from where its stream broke. Meanwhile workers and servers are killed at random. In the end every log is
read again: what was heard has to stand there, word for word.
"""

import http.client
import random
import re
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import groupby
from pathlib import Path

import pytest
from attrs import define, field
from callers import LAST, PATIENCE, Caller, Event, Stream, eventually, is_whole, text_of
from reaper import Reaper
from served import Served

pytestmark = pytest.mark.proof

CALLERS = 40
TURNS = 10
STEERING = "(pieces 20) (every 50) (pid)"
QUESTION = "How often are backups made, asked for the {n}th time " + STEERING + "?"
ACTION = "Block the IP 203.0.113.{n} on the perimeter firewall. How often are backups made " + STEERING + "?"

BROKEN = (OSError, http.client.HTTPException)


@define
class Asked:
    """One question and what its caller has heard; one that does not stream hears the log afterwards."""

    text: str
    is_action: bool
    streams: bool
    run_id: str = ""
    heard: list[Event] = field(factory=list)
    posts: int = 0
    resumed: int = 0
    seconds: float = 0.0


class Asking:
    """A caller that asks its questions in one thread, come what may."""

    def __init__(self, server: Served, number: int) -> None:
        self._caller = Caller(server.port, number)
        self.user = number
        self.asked = [self._question(number * TURNS + n) for n in range(TURNS)]

    @staticmethod
    def _question(n: int) -> Asked:
        is_action = n % 5 == 4
        return Asked((ACTION if is_action else QUESTION).format(n=n), is_action, streams=n % 5 != 2)

    def __call__(self) -> None:
        thread = None
        for number, asked in enumerate(self.asked):
            began = time.monotonic()
            more = {} if thread is None else {"threadId": thread}
            until = began + 2 * PATIENCE
            while not asked.run_id:
                assert time.monotonic() < until, "nobody takes the question"
                self._post(asked, f"question-{number}", more)
            while not (asked.heard and asked.heard[-1].name in LAST):
                assert time.monotonic() < until, "the run does not end"
                self._resume(asked)
            thread = asked.heard[0].data["threadId"]
            asked.seconds = time.monotonic() - began

    def _post(self, asked: Asked, key: str, more: dict[str, str]) -> None:
        asked.posts += 1
        ask = self._caller.ask_streaming if asked.streams else self._caller.ask
        try:
            found = ask(asked.text, key=key, **more)
        except BROKEN:
            time.sleep(0.1)
            return
        if isinstance(found, Stream):
            asked.run_id = found.headers["Location"].removeprefix("/runs/")
            self._listen(asked, found)
        elif found.status == 503:
            time.sleep(0.1)
        else:
            known = {(200, ""), (409, "request-in-progress"), (500, "interrupted")}
            assert (found.status, found.problem if found.status != 200 else "") in known, found
            asked.run_id = found.body["runId"]

    def _resume(self, asked: Asked) -> None:
        try:
            found = self._caller.events(asked.run_id, asked.heard[-1].sequence if asked.heard else 0)
        except BROKEN:
            time.sleep(0.1)
            return
        if isinstance(found, Stream):
            asked.resumed += asked.streams
            self._listen(asked, found)
        else:
            assert found.status == 503, found

    @staticmethod
    def _listen(asked: Asked, stream: Stream) -> None:
        with stream:
            asked.heard += stream


def test_nothing_is_lost_when_processes_die(tmp_path: Path) -> None:
    seed = random.SystemRandom().randrange(10**6)
    print(f"\nseed {seed}")
    began = time.monotonic()
    with Served(tmp_path, threads=128, runs=64, users=CALLERS) as server:
        askers = [Asking(server, n) for n in range(CALLERS)]
        reaper = Reaper(server, random.Random(seed))
        reaper.start()
        try:
            with ThreadPoolExecutor(CALLERS) as callers:
                for done in [callers.submit(asking) for asking in askers]:
                    done.result()
        finally:
            reaper.stop()
        took = time.monotonic() - began
        logs = {asked.run_id: _check(server, asking, asked) for asking in askers for asked in asking.asked}
        for asking in askers:
            _check_thread(server, asking, logs)
        tickets = _check_tickets(server, askers, logs)
        _check_deaths(logs.values(), reaper.killed)

    turns = [asked for asking in askers for asked in asking.asked]
    streamed = sum(asked.streams for asked in turns)
    failed = sum(log[-1].name == "run.failed" for log in logs.values())
    again = sum(len(_attempts(log)) > 1 for log in logs.values())
    print(
        f"{len(turns)} turns in {took:.0f} s, {streamed} of them streamed\n"
        f"killed: {reaper.kills['worker']} workers, {reaper.kills['server']} whole servers\n"
        f"{len(turns) - failed} completed, {failed} interrupted twice; {again} played twice; {tickets} tickets\n"
        f"{sum(asked.posts - 1 for asked in turns)} requests repeated, "
        f"{sum(asked.resumed for asked in turns)} streams resumed, "
        f"longest turn {max(asked.seconds for asked in turns):.0f} s"
    )
    assert streamed >= 300
    assert again > 0


def _check(server: Served, asking: Asking, asked: Asked) -> list[Event]:
    """The log of a run; what was heard is the same, each event once and in its place."""
    log = Caller(server.port, asking.user).log(asked.run_id)
    assert is_whole(log), log
    assert asked.heard == log
    last = log[-1]
    if last.name == "run.completed":
        assert last.data["answer"] == text_of(_attempts(log)[-1])
    else:
        assert (last.name, last.data["problem"]["title"]) == ("run.failed", "interrupted")
        assert len(_attempts(log)) == 2
    return log


def _check_thread(server: Served, asking: Asking, logs: dict[str, list[Event]]) -> None:
    """Every message that was taken stands in its thread once, and so does every answer."""
    caller = Caller(server.port, asking.user)
    (thread,) = caller.items("/threads")
    messages = caller.items(f"/threads/{thread['threadId']}/messages")
    asked = [(message["runId"], message["text"]) for message in messages if message["role"] == "user"]
    assert asked == [(asked.run_id, asked.text) for asked in asking.asked]
    answered = {message["runId"]: message["text"] for message in messages if message["role"] == "assistant"}
    assert len(messages) == len(asked) + len(answered)
    ends = {run_id: logs[run_id][-1] for run_id, _ in asked}
    assert answered == {run: end.data["answer"] for run, end in ends.items() if end.name == "run.completed"}


def _check_tickets(server: Served, askers: list[Asking], logs: dict[str, list[Event]]) -> int:
    """One ticket for each run that asked for action and came to an end; the desk has none besides."""

    def delivered() -> list[dict[str, str]]:
        found = [ticket for asking in askers for ticket in Caller(server.port, asking.user).items("/tickets")]
        return found if all(ticket["status"] == "delivered" for ticket in found) else []

    tickets = eventually(delivered)
    of_runs = [ticket["runId"] for ticket in tickets]
    actions = {asked.run_id for asking in askers for asked in asking.asked if asked.is_action}
    completed = {run_id for run_id in actions if logs[run_id][-1].name == "run.completed"}
    assert len(of_runs) == len(set(of_runs))
    assert completed <= set(of_runs) <= actions
    numbers = sorted(int(ticket["externalId"].removeprefix("LOCAL-")) for ticket in tickets)
    assert numbers == list(range(1, len(tickets) + 1))
    for run_id in completed:
        (handoff,) = {event.data["ticketId"] for event in logs[run_id] if event.name == "handoff"}
        assert handoff == logs[run_id][-1].data["handoff"]["ticketId"]
    return len(tickets)


def _check_deaths(logs: Iterator[list[Event]], killed: set[int]) -> None:
    """Only what died was played again: a worker that starts leaves the runs of its siblings alone."""
    for log in logs:
        *died, last = _attempts(log)
        if log[-1].name == "run.failed":
            died.append(last)
        assert len(died) <= 2
        for attempt in died:
            players = {int(pid) for pid in re.findall(r"(\d+) says \d+ ", text_of(attempt))}
            assert players <= killed
        said = re.findall(r"(\d+) says (\d+) ", text_of(last))
        assert [int(n) for _, n in said] == list(range(1, len(said) + 1))
        assert len({pid for pid, _ in said}) <= 1


def _attempts(log: list[Event]) -> list[list[Event]]:
    """A log, cut before each beginning."""
    begun = 0
    cut = []
    for event in log:
        begun += event.name == "run.started"
        cut.append((begun, event))
    return [[event for _, event in attempt] for _, attempt in groupby(cut, lambda pair: pair[0])]
