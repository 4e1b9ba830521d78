"""How a run of the emulated service goes: its states, steps and events, as the recordings of the service have them."""

import json
import re
from collections.abc import Callable, Generator, Iterable
from itertools import groupby
from typing import Any, TypeAlias

from attrs import define, field, frozen

from sophia.testing.emulators.azure_agents.objects import Json, made
from sophia.testing.emulators.azure_agents.script import (
    Act,
    Call,
    Cut,
    Expire,
    Fail,
    Incomplete,
    Leg,
    Say,
    Search,
    Stall,
    Stick,
    StreamError,
)
from sophia.testing.emulators.azure_agents.stores import Found

__all__ = ["ACTIVE", "INCLUDE", "Beat", "Event", "Run", "Thread", "bare_message", "without_contents"]

ACTIVE = frozenset({"queued", "in_progress", "requires_action", "cancelling"})
"""The states of a run that locks its thread."""

INCLUDE = "step_details.tool_calls[*].file_search.results[*].content"
"""What can be included: the words that a search has found."""

_MARKER = re.compile(r"【\d+:(\d+)†[^】]*】")
_TICK = 0.02
_HOURS = 36_000
_RANKING = {"ranker": "default_2024_08_21", "score_threshold": 0.0}


@frozen
class Event:
    """An event of the stream; ``data`` is as it was then."""

    name: str
    data: str


Beat: TypeAlias = Event | Stall | Cut
"""What comes next: an event, a pause, or the end of the connection."""


@define
class Thread:
    """A thread with its messages and runs, oldest first."""

    data: Json
    messages: list[Json] = field(factory=list)
    runs: list["Run"] = field(factory=list)

    @property
    def active(self) -> "Run | None":
        """The run that locks it."""
        return next((run for run in self.runs if run.data["status"] in ACTIVE), None)


class _Cancelled(Exception):
    pass


@define
class Run:
    """A run, and what plays it.

    Attributes:
        stores: of its agent, which are searched where the run names no other.
        player: the beats of the leg that is under way; None between legs.
        streamed: the player whose beats go to somebody; else each look at the run brings it on.
        includes: whether the words that searches find are told.
    """

    data: Json
    thread: Thread
    now: Callable[[], int]
    search: Callable[[Iterable[str], str, int], list[Found] | None]
    stopping: Callable[[], bool]
    stores: tuple[str, ...] = ()
    includes: bool = False
    streamed: object = None
    steps: list[Json] = field(factory=list)
    player: Generator[Beat] | None = None
    _results: list[Found] = field(factory=list)
    _message: Json | None = None
    _text: str = ""
    _cited: int = 0
    _calls: int = 0

    def begin(self, leg: Leg, *, first: bool) -> None:
        """Play a leg from now on."""
        self.player = self._beats(leg, first=first)

    def advance(self) -> None:
        """A look at a run that nobody streams: it is begun by the first, and played by the second."""
        if self.player is None:
            return
        was = self.data["status"]
        for beat in self.player:
            if self.data["status"] == "queued" and isinstance(beat, Stall):
                return  # it sticks there
            if was == "queued" and self.data["status"] == "in_progress":
                return
        self.player = None

    def expire_if_due(self) -> None:
        """Expire when it has taken too long."""
        if self.data["status"] in ACTIVE and self.now() >= self.data["expires_at"]:
            self.player = None
            self._end("expired")

    def cancel(self) -> None:
        """Ask it to stop; who plays it sees to the rest."""
        self.data["status"] = "cancelling"
        if self.player is None:
            self.player = self._cancelling()

    def answer(self, outputs: dict[str, str]) -> None:
        """Take what came of the tools."""
        step = self.steps[-1]
        for call in step["step_details"]["tool_calls"]:
            call["function"]["output"] = outputs[call["id"]]
        self.data["required_action"] = None

    def _cancelling(self) -> Generator[Beat]:
        yield from self._close_all("cancelled")
        yield from self._finish("cancelled")

    def _beats(self, leg: Leg, *, first: bool) -> Generator[Beat]:
        told = self._told(leg, first=first)
        for beat in told:
            if isinstance(beat, Event):
                for _ in range((beat.name not in leg.lost) + (beat.name in leg.doubled)):
                    yield beat
            else:
                yield beat

    def _told(self, leg: Leg, *, first: bool) -> Generator[Beat]:
        try:
            yield from self._play(leg, first=first)
        except _Cancelled:
            yield from self._cancelling()

    def _play(self, leg: Leg, *, first: bool) -> Generator[Beat]:
        costs = iter(leg.tokens)

        def cost() -> Json:
            return _cost(next(costs, leg.tokens[-1]))

        if first:
            yield self._tell("thread.run.created", self.data)
        else:
            yield from self._close_step(cost)
        self._check()
        self.data["status"] = "queued"
        yield self._tell("thread.run.queued", self.data)
        while any(isinstance(act, Stick) for act in leg.acts[:1]):
            self._check()
            if self.stopping() or self.data["status"] not in ACTIVE:
                return
            yield Stall(_TICK)
        self._check()
        self.data |= {"status": "in_progress", "started_at": self.data["started_at"] or self.now()}
        yield self._tell("thread.run.in_progress", self.data)
        for asks, group in groupby(leg.acts, lambda act: isinstance(act, Call)):
            acts = list(group)
            self._check()
            if asks:
                yield from self._close_step(cost)
                yield from self._ask([act for act in acts if isinstance(act, Call)])
                yield self._tell("done", "[DONE]")
                return
            for act in acts:
                yield from self._do(act, cost)
                if self.data["status"] not in ACTIVE:
                    yield self._tell("done", "[DONE]")
                    return
        yield from self._close_step(cost)
        yield from self._finish("completed")

    def _do(self, act: Act, cost: Callable[[], Json]) -> Generator[Beat]:
        self._check()
        match act:
            case Say():
                yield from self._say(act)
            case Search(query, limit):
                yield from self._close_step(cost)
                yield from self._find(query, limit, cost)
            case Stall(seconds):
                waited = 0.0
                while waited < seconds and not self.stopping():
                    yield Stall(min(_TICK, seconds - waited))
                    waited += _TICK
                    self._check()
            case Cut():
                yield act
            case Fail(code, message):
                self.data["last_error"] = {"code": code, "message": message}
                yield from self._close_all("failed")
                yield from self._finish("failed", done=False)
            case Incomplete(reason):
                self.data["incomplete_details"] = {"reason": reason}
                yield from self._close_all("incomplete", reason)
                yield from self._finish("incomplete", done=False)
            case StreamError(message):
                self.data["last_error"] = {"code": "server_error", "message": message}
                self._end("failed")
                yield Event("error", json.dumps({"message": message, "type": "server_error", "code": "server_error"}))
            case Expire():
                yield from self._close_all("expired")
                yield from self._finish("expired", done=False)

    def _say(self, act: Say) -> Generator[Beat]:
        message = self._message or (yield from self._open_message())
        for piece in act.pieces:
            if act.pause:
                yield Stall(act.pause)
            self._check()
            self._text += piece
            annotations = self._annotations()
            text: Json = {"value": piece}
            if not message["content"] or annotations:
                text["annotations"] = [{"index": index, **_with_quote(annotation)} for index, annotation in annotations]
            if not message["content"]:
                message["content"] = [{"type": "text", "text": {"value": "", "annotations": []}}]
            said = message["content"][0]["text"]
            said["value"] = self._text
            said["annotations"] += [annotation for _, annotation in annotations]
            delta = {"content": [{"index": 0, "type": "text", "text": text}]}
            yield self._tell("thread.message.delta", _delta(message["id"], "thread.message.delta", delta))

    def _annotations(self) -> list[tuple[int, Json]]:
        """Those of the markers that have come to their end."""
        found = []
        for n, marker in enumerate(_MARKER.finditer(self._text)):
            if n >= self._cited:
                self._cited = n + 1
                at = int(marker[1])
                if at < len(self._results):
                    citation = {
                        "type": "file_citation",
                        "text": marker[0],
                        "start_index": marker.start(),
                        "end_index": marker.end(),
                        "file_citation": {"file_id": self._results[at].file_id},
                    }
                    found.append((n, citation))
        return found

    def _open_message(self) -> Generator[Beat, None, Json]:
        message = made("thread.message", self.now(), assistant_id=self.data["assistant_id"])
        message |= {"thread_id": self.data["thread_id"], "run_id": self.data["id"], "status": "in_progress"}
        message |= {"incomplete_details": None, "incomplete_at": None, "completed_at": None, "role": "assistant"}
        message |= {"content": [], "attachments": [], "metadata": {}}
        details = {"type": "message_creation", "message_creation": {"message_id": message["id"]}}
        yield from self._open_step("message_creation", details)
        self._message, self._text, self._cited = message, "", 0
        self.thread.messages.append(message)
        yield self._tell("thread.message.created", message)
        yield self._tell("thread.message.in_progress", message)
        return message

    def _ask(self, calls: list[Call]) -> Generator[Beat]:
        yield from self._open_step("tool_calls", {"type": "tool_calls", "tool_calls": []})
        step = self.steps[-1]
        for index, call in enumerate(calls):
            self._calls += 1
            id = call.id or f"call_{self.data['id'].removeprefix('run_')[:12]}{self._calls:02}"
            pieces = _pieces(call)
            begun = {"index": index, "id": id, "type": "function"}
            yield self._step_delta(step, {**begun, "function": {"name": call.name, "arguments": "", "output": None}})
            for piece in pieces:
                yield self._step_delta(step, {"index": index, "type": "function", "function": {"arguments": piece}})
            function = {"name": call.name, "arguments": "".join(pieces), "output": None}
            step["step_details"]["tool_calls"].append({"id": id, "type": "function", "function": function})
        wanted = [
            {
                "id": call["id"],
                "type": "function",
                "function": {key: call["function"][key] for key in ("name", "arguments")},
            }
            for call in step["step_details"]["tool_calls"]
        ]
        action = {"type": "submit_tool_outputs", "submit_tool_outputs": {"tool_calls": wanted}}
        self.data |= {"status": "requires_action", "required_action": action}
        self.data["expires_at"] = self.now() + _HOURS
        yield self._tell("thread.run.requires_action", self.data)

    def _find(self, query: str, limit: int, cost: Callable[[], Json]) -> Generator[Beat]:
        yield from self._open_step("tool_calls", {"type": "tool_calls", "tool_calls": []})
        step = self.steps[-1]
        resources = self.data["tool_resources"].get("file_search") or {}
        found = self.search(resources.get("vector_store_ids") or self.stores, query, limit)
        if found is None:
            told = "The vector store of this agent is expired."
            self.data["last_error"] = {"code": "server_error", "message": told}
            yield from self._close_all("failed")
            yield from self._finish("failed", done=False)
            return
        self._results = found
        self._calls += 1
        id = f"call_{self.data['id'].removeprefix('run_')[:12]}{self._calls:02}"
        empty = {"ranking_options": _RANKING, "results": []}
        yield self._step_delta(step, {"index": 0, "id": id, "type": "file_search", "file_search": empty})
        results = [_result(one) for one in found]
        searched = {"ranking_options": _RANKING, "results": results}
        step["step_details"]["tool_calls"] = [{"id": id, "type": "file_search", "file_search": searched}]
        yield from self._close_step(cost)

    def _open_step(self, type: str, details: Json) -> Generator[Beat]:
        step = made("thread.run.step", self.now(), run_id=self.data["id"], assistant_id=self.data["assistant_id"])
        step |= {"thread_id": self.data["thread_id"], "type": type, "status": "in_progress", "cancelled_at": None}
        step |= {"completed_at": None, "expires_at": self.data["expires_at"], "failed_at": None, "last_error": None}
        step |= {"step_details": details, "usage": None}
        self.steps.append(step)
        yield self._tell("thread.run.step.created", step)
        yield self._tell("thread.run.step.in_progress", step)

    def _close_step(self, cost: Callable[[], Json]) -> Generator[Beat]:
        """The step that is open, and its message, are completed."""
        step = self.steps[-1] if self.steps else None
        if step is None or step["status"] != "in_progress":
            return
        if self._message is not None:
            self._message |= {"status": "completed", "completed_at": self.now()}
            yield self._tell("thread.message.completed", self._message)
            self._message = None
        step |= {"status": "completed", "completed_at": self.now(), "usage": cost()}
        yield self._tell("thread.run.step.completed", step)

    def _close_all(self, status: str, reason: str = "") -> Generator[Beat]:
        step = self.steps[-1] if self.steps else None
        if self._message is not None:
            reason = reason or f"run_{status}"
            self._message |= {"status": "incomplete", "incomplete_at": self.now()}
            self._message["incomplete_details"] = {"reason": reason}
            yield self._tell("thread.message.incomplete", self._message)
            self._message = None
        if step is not None and step["status"] == "in_progress":
            step["status"] = "completed" if status == "incomplete" else status
            if f"{step['status']}_at" in step:
                step[f"{step['status']}_at"] = self.now()
            yield self._tell(f"thread.run.step.{step['status']}", step)

    def _finish(self, status: str, *, done: bool = True) -> Generator[Beat]:
        self._end(status)
        yield self._tell(f"thread.run.{status}", self.data)
        if done:
            yield self._tell("done", "[DONE]")

    def _end(self, status: str) -> None:
        used = [step["usage"] for step in self.steps if step["usage"]]
        usage = {key: sum(one[key] for one in used) for key in ("prompt_tokens", "completion_tokens", "total_tokens")}
        self.data |= {"status": status, "required_action": None}
        self.data["usage"] = {**usage, "prompt_token_details": {"cached_tokens": 0}}
        if status in ("completed", "failed", "cancelled"):
            self.data[f"{status}_at"] = self.now()
        self.data["expires_at"] = None

    def _check(self) -> None:
        if self.data["status"] == "cancelling":
            raise _Cancelled

    def _step_delta(self, step: Json, call: Json) -> Event:
        delta = {"step_details": {"type": "tool_calls", "tool_calls": [call]}}
        return self._tell("thread.run.step.delta", _delta(step["id"], "thread.run.step.delta", delta))

    def _tell(self, name: str, data: Any) -> Event:
        if isinstance(data, str):
            return Event(name, data)
        if name.startswith("thread.run.step.") and not self.includes:
            data = without_contents(data)
        return Event(name, json.dumps(data, ensure_ascii=False, separators=(",", ":")))


def without_contents(step: Json) -> Json:
    """A step without the words that its searches have found."""
    details = step.get("step_details")
    if not details or details["type"] != "tool_calls":
        return step
    calls = []
    for call in details["tool_calls"]:
        if call["type"] == "file_search":
            results = [
                {key: value for key, value in result.items() if key != "content"}
                for result in call["file_search"]["results"]
            ]
            calls.append({**call, "file_search": {**call["file_search"], "results": results}})
        else:
            calls.append(call)
    return {**step, "step_details": {**details, "tool_calls": calls}}


def bare_message(message: Json) -> Json:
    """A message as it is listed: it does not tell how it came about."""
    hidden = ("status", "incomplete_details", "incomplete_at", "completed_at")
    return {key: value for key, value in message.items() if key not in hidden}


def _result(found: Found) -> Json:
    return {
        "file_id": found.file_id,
        "file_name": found.file_name,
        "score": found.score,
        "attributes": found.attributes,
        "content": [{"type": "text", "text": found.text}],
    }


def _with_quote(annotation: Json) -> Json:
    return {**annotation, "file_citation": {**annotation["file_citation"], "quote": ""}}


def _delta(id: str, object: str, delta: Json) -> Json:
    return {"id": id, "object": object, "delta": delta}


def _pieces(call: Call) -> tuple[str, ...]:
    if isinstance(call.arguments, tuple):
        return call.arguments
    text = call.arguments if isinstance(call.arguments, str) else json.dumps(call.arguments, ensure_ascii=False)
    return tuple(text[at : at + 5] for at in range(0, len(text), 5))


def _cost(tokens: tuple[int, int]) -> Json:
    prompt, completion = tokens
    usage = {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion}
    return {**usage, "prompt_token_details": {"cached_tokens": 0}}
