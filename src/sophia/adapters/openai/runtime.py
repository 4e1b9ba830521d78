"""The runtime that lets a model word the answer, from the passages that it is shown and the tools that it is given."""

import random
import time
from collections.abc import Generator
from contextlib import closing

from attrs import define, field, frozen

from sophia.adapters.http.transport import Check
from sophia.adapters.openai.client import ChatClient
from sophia.adapters.openai.endpoint import Endpoint, Limits
from sophia.adapters.openai.errors import MODEL, Filtered, OutOfTime, Transient
from sophia.adapters.openai.translate import CallPieces, Delta, WireMessage, opening, result_message, tool
from sophia.adapters.openai.wording import WORDINGS, Wording
from sophia.adapters.prompts import size
from sophia.domain.agents import AgentEvent, Limitation, Spoken, Tokens, Turn
from sophia.domain.citing import Citing
from sophia.errors import Unavailable
from sophia.logs import get_logger
from sophia.ports.agent_runtime import AgentRuntime, ToolBox

__all__ = ["OpenAIAgentRuntime"]

_RETRIES = 2
_LONGEST_WAIT = 30.0
_POLL = 0.2
_LENGTH, _FILTERED, _TIME = "length", "content_filter", "out of time"
_CUT_SHORT = frozenset({_LENGTH, _FILTERED, _TIME})
"""Why a reply is not whole: two reasons that an endpoint gives, and one of ours."""

_LIMITS = Limits()

_log = get_logger(__name__)


@define
class _Reply:
    """What the model says and asks for in one step."""

    text: str = ""
    calls: CallPieces = field(factory=CallPieces)
    finish: str | None = None
    tokens: Tokens | None = None

    def add(self, delta: Delta) -> None:
        self.text += delta.text
        for piece in delta.calls:
            self.calls.add(piece)
        self.finish = delta.finish or self.finish
        self.tokens = delta.tokens or self.tokens

    def check(self, *, said: bool) -> None:
        """Pass if the model has come to an end, and has said or asked for something (or had before)."""
        if self.finish is None:
            raise Transient(MODEL, "its answer broke off")
        if self.finish not in _CUT_SHORT and not self.calls and not self.text.strip() and not said:
            raise Transient(MODEL, "has said nothing")


@frozen
class _Step:
    """One time that the model is asked; ``said`` tells whether it has said something in the turn before."""

    messages: list[WireMessage]
    tools: list[WireMessage]
    tokens: int
    said: bool


class OpenAIAgentRuntime(AgentRuntime):
    """Plays a turn with a model behind an OpenAI-compatible endpoint (chat completions, streamed).

    A step that fails before the model has said anything is tried again, twice at the most, after as long as the
    endpoint asks for or ``backoff`` seconds, doubled. After that, and where words have been passed on, the turn fails:
    half an answer is never taken for a whole one. What ends for a reason of its own (the limit of tokens or time, a
    content filter) stands, with a limitation that says so.

    Args:
        endpoint: where the model is.
        limits: what a turn may cost.
        default_language: in which it speaks when it does not speak the turn's.
        backoff: seconds before the first retry.

    Raises:
        ConfigurationError: plain HTTP to another machine.
    """

    def __init__(
        self, endpoint: Endpoint, limits: Limits = _LIMITS, *, default_language: str = "es", backoff: float = 0.5
    ) -> None:
        self._client = ChatClient(endpoint)
        self._model = endpoint.model
        self._limits = limits
        self._default = WORDINGS.get(default_language, WORDINGS["es"])
        self._backoff = backoff
        self._longest = min(limits.tokens, limits.context // 4)  # what one step may write; the rest is for the question

    @property
    def version(self) -> str:
        """Names what answers, for the record."""
        return f"openai-1 ({self._model})"

    def check(self) -> None:
        """Pass when the endpoint answers to its key."""
        self._client.check()

    def respond(self, turn: Turn, tools: ToolBox) -> Generator[AgentEvent]:
        """The reply, as the model gives it; its markers are those of exact quotes.

        Raises:
            Unavailable: the endpoint does not answer as it should, or the model says nothing.
        """
        check = self._watch(tools)
        citing = Citing(turn.question)
        specs = [tool(spec) for spec in tools.specs]
        room = self._limits.context - self._longest - size(*specs)
        messages = opening(turn, citing.number, room)
        reply, said, spent, asked = _Reply(), False, Tokens(0, 0), 0
        for left in reversed(range(self._limits.steps)):
            offered = specs if left else []  # at last it has to answer
            most = min(self._longest, self._limits.tokens - spent.output)
            if most <= 0:
                reply.finish = _LENGTH
                break
            reply = yield from self._ask(_Step(messages, offered, most, said), citing, check)
            said = said or bool(reply.text.strip())
            spent = _sum(spent, reply.tokens or Tokens(size(*messages), size(reply.text)))
            if reply.finish in _CUT_SHORT or not reply.calls or not offered:
                break
            calls = reply.calls.calls(asked + 1)
            asked += len(calls)
            messages.append(reply.calls.message(reply.text, calls))
            results = tools.call_all([call for _, call in calls])
            for (wire_id, _), result in zip(calls, results, strict=True):
                messages.append(result_message(wire_id, result, citing.number, room - size(*messages)))
        yield from self._end(reply, said, WORDINGS.get(turn.language, self._default))
        yield spent

    def _ask(self, step: _Step, citing: Citing, check: Check) -> Generator[AgentEvent, None, _Reply]:
        """Ask the model once, or again where it has failed before it said anything."""
        attempt = 0
        while True:
            attempt += 1
            reply = _Reply()
            try:
                check()
                with closing(self._client.stream(step.messages, step.tools, step.tokens, check)) as deltas:
                    for delta in deltas:
                        if delta.text and step.said and not reply.text:
                            yield from citing.read("\n\n")
                        reply.add(delta)
                        yield from citing.read(delta.text)
                reply.check(said=step.said)
            except Filtered:
                reply.finish = _FILTERED
            except OutOfTime:
                reply.finish = _TIME
            except Transient as error:
                if reply.text or attempt > _RETRIES:
                    raise
                self._wait(error, attempt, check)
                continue
            yield from citing.close()
            return reply

    def _end(self, reply: _Reply, said: bool, words: Wording) -> Generator[AgentEvent]:
        """What there is to say about how the model has ended."""
        if reply.finish == _FILTERED:
            if not said:
                yield Spoken(words.refused, claim=False)
            yield Limitation(words.filtered)
        elif reply.finish == _LENGTH:
            if not said:
                raise Unavailable(MODEL, "has said nothing within [agent.openai] max_tokens")
            yield Limitation(words.length)
        elif reply.finish == _TIME:
            if not said:
                raise OutOfTime(MODEL, f"has said nothing within {self._limits.seconds:g} s")
            yield Limitation(words.time.format(seconds=self._limits.seconds))
        elif reply.calls:
            if not said:
                raise Unavailable(MODEL, "asks for tools without end")
            yield Limitation(words.steps)

    def _watch(self, tools: ToolBox) -> Check:
        until = time.monotonic() + self._limits.seconds

        def check() -> None:
            tools.check()
            if time.monotonic() >= until:
                raise OutOfTime(MODEL, "the turn takes too long")

        return check

    def _wait(self, error: Transient, attempt: int, check: Check) -> None:
        backoff = self._backoff * 2 ** (attempt - 1) * random.uniform(0.75, 1.25)  # noqa: S311 -- spreads the load
        pause = backoff if error.retry_after is None else error.retry_after
        if pause > _LONGEST_WAIT:
            raise error
        _log.info("model.retried", model=self._model, attempt=attempt, error=str(error), wait_s=round(pause, 1))
        until = time.monotonic() + pause
        while (rest := until - time.monotonic()) > 0:
            check()
            time.sleep(min(_POLL, rest))


def _sum(one: Tokens, other: Tokens) -> Tokens:
    return Tokens(one.input + other.input, one.output + other.output)
