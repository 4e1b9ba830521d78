"""The loop of a turn that a model plays: it is asked, asks for tools, is told what came of them, and answers."""

import time
from abc import abstractmethod
from collections.abc import Generator, Sequence
from contextlib import closing
from typing import Protocol

from attrs import frozen

from sophia.adapters.http.transport import Check
from sophia.adapters.http.waiting import pause_before, wait
from sophia.adapters.model.errors import MODEL, Filtered, OutOfTime, Transient
from sophia.adapters.model.figures import ServiceFigures, Uncounted
from sophia.adapters.model.limits import Limits
from sophia.adapters.model.reply import CUT_SHORT, FILTERED, LENGTH, TIME, Delta, Reply
from sophia.adapters.model.wording import WORDINGS, Wording
from sophia.adapters.prompts import size
from sophia.domain.agents import AgentEvent, Limitation, Spoken, Tokens, ToolCall, ToolResult, Turn
from sophia.domain.citing import Citing
from sophia.errors import Unavailable
from sophia.logs import get_logger
from sophia.ports.agent_runtime import AgentRuntime, ToolBox

__all__ = ["Dialogue", "ModelAgentRuntime", "Step"]

_RETRIES = 2
_LONGEST_WAIT = 30.0
_UNCOUNTED = Uncounted()

_log = get_logger(__name__)


@frozen
class Step:
    """One time that the model is asked.

    Attributes:
        tokens: that it may write.
        is_last: it has to answer now; no tool is run for it any more.
        said: whether it has said something in the turn before.
        check: is asked several times a second while nothing comes; what it raises passes.
    """

    tokens: int
    is_last: bool
    said: bool
    check: Check


class Dialogue(Protocol):
    """What is said to the model in one turn, in the form of its endpoint."""

    def ask(self, step: Step) -> Generator[Delta]:
        """What the model says and asks for, as it comes; asked again when it failed before it said anything.

        Closing the generator ends the request.

        Raises:
            Unavailable: the endpoint does not answer as it should; `Transient` where it may at the next try.
            Filtered: the endpoint's content filter refuses.
        """
        ...

    def tell(self, text: str, calls: Sequence[tuple[str, ToolCall]], results: Sequence[ToolResult]) -> None:
        """What the model has said, what it has asked for (each with its id on the wire) and what came of that."""
        ...

    def end(self) -> None:
        """The model has answered, and the turn is over."""
        return  # an empty body would make it abstract

    @property
    def size(self) -> int:
        """About how many tokens the next request holds, where the endpoint does not tell."""
        ...


class ModelAgentRuntime(AgentRuntime):
    """Plays a turn with a model.

    A step that fails before the model has said anything is tried again, twice at the most, after as long as the
    endpoint asks for or ``backoff`` seconds, doubled. After that, and where words have been passed on, the turn fails:
    half an answer is never taken for a whole one. What ends for a reason of its own (the limit of tokens or time, a
    content filter) stands, with a limitation that says so.

    Args:
        model: what it is called.
        section: of the settings, in which the limits are.
        limits: what a turn may cost.
        default_language: in which it speaks when it does not speak the turn's.
        backoff: seconds before the first retry.
        figures: are told of the retries.
    """

    def __init__(
        self,
        model: str,
        section: str,
        limits: Limits,
        default_language: str,
        backoff: float,
        figures: ServiceFigures = _UNCOUNTED,
    ) -> None:
        self._model = model
        self._section = section
        self._limits = limits
        self._default = WORDINGS.get(default_language, WORDINGS["es"])
        self._backoff = backoff
        self._figures = figures

    @abstractmethod
    def _open(self, turn: Turn, tools: ToolBox, citing: Citing, check: Check) -> Dialogue:
        """Begin to speak with the model about a turn."""

    def respond(self, turn: Turn, tools: ToolBox) -> Generator[AgentEvent]:
        """The reply, as the model gives it; its markers are those of exact quotes.

        Raises:
            Unavailable: the endpoint does not answer as it should, or the model says nothing.
        """
        check = self._watch(tools)
        citing = Citing(turn.question)
        dialogue = self._open(turn, tools, citing, check)
        reply, said, spent, asked = Reply(), False, Tokens(0, 0), 0
        for left in reversed(range(self._limits.steps)):
            most = min(self._limits.longest, self._limits.tokens - spent.output)
            if most <= 0:
                reply.finish = LENGTH
                break
            read = dialogue.size
            reply = yield from self._ask(dialogue, Step(most, not left, said, check), citing)
            said = said or bool(reply.text.strip())
            spent = _sum(spent, reply.tokens or Tokens(read, size(reply.text)))
            if reply.finish in CUT_SHORT or not reply.calls or not left:
                break
            calls = reply.calls.calls(asked + 1)
            asked += len(calls)
            dialogue.tell(reply.text, calls, tools.call_all([call for _, call in calls]))
        if reply.is_whole:
            dialogue.end()
        yield from self._end(reply, said, WORDINGS.get(turn.language, self._default))
        yield spent

    def _ask(self, dialogue: Dialogue, step: Step, citing: Citing) -> Generator[AgentEvent, None, Reply]:
        """Ask the model once, or again where it has failed before it said anything."""
        attempt = 0
        while True:
            attempt += 1
            reply = Reply()
            try:
                step.check()
                with closing(dialogue.ask(step)) as deltas:
                    for delta in deltas:
                        if delta.text and step.said and not reply.text:
                            yield from citing.read("\n\n")
                        reply.add(delta)
                        yield from citing.read(delta.text)
                reply.check(said=step.said)
            except Filtered:
                reply.finish = FILTERED
            except OutOfTime:
                reply.finish = TIME
            except Transient as error:
                if reply.text or attempt > _RETRIES:
                    raise
                self._wait(error, attempt, step.check)
                continue
            yield from citing.close()
            return reply

    def _end(self, reply: Reply, said: bool, words: Wording) -> Generator[AgentEvent]:
        """What there is to say about how the model has ended."""
        if reply.finish == FILTERED:
            if not said:
                yield Spoken(words.refused, claim=False)
            yield Limitation(words.filtered)
        elif reply.finish == LENGTH:
            if not said:
                raise Unavailable(MODEL, f"has said nothing within [{self._section}] max_tokens")
            yield Limitation(words.length)
        elif reply.finish == TIME:
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
        pause = pause_before(attempt + 1, error.retry_after, self._backoff)
        if pause > _LONGEST_WAIT:
            raise error
        _log.info("model.retried", model=self._model, attempt=attempt, error=str(error), wait_s=round(pause, 1))
        self._figures.retried()
        wait(pause, check)


def _sum(one: Tokens, other: Tokens) -> Tokens:
    return Tokens(one.input + other.input, one.output + other.output)
