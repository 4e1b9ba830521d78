"""The runtime that words nothing: it tells what it looked up, and quotes the sentences that answer if any do."""

import re
import threading
from collections import OrderedDict
from collections.abc import Generator, Iterator, Sequence

from attrs import evolve

from sophia.adapters.extractive.answer import Group, choose, runs
from sophia.adapters.extractive.evidence import confidence, weigh
from sophia.adapters.extractive.lookups import look_up, offer
from sophia.adapters.extractive.memory import is_personal, is_statement, said_before
from sophia.adapters.extractive.rendering import code, plain, shown, unmarked, with_marker
from sophia.adapters.extractive.selection import Scored, rank_units, whole
from sophia.adapters.extractive.units import Unit, UnitKind
from sophia.adapters.extractive.wording import WORDINGS, Wording, small_talk
from sophia.adapters.extractive.words import contains, identifiers, terms
from sophia.domain.agents import AgentEvent, Cited, Spoken, ToolCall, Turn
from sophia.domain.citation import Quote
from sophia.domain.conversation import Message, Role
from sophia.domain.followup import contextual_question
from sophia.domain.knowledge import Passage
from sophia.domain.named_lookups import LookupPlan
from sophia.domain.vectors import blend
from sophia.errors import Unavailable
from sophia.ports.agent_runtime import AgentRuntime, ToolBox
from sophia.ports.embedder import Embedder

__all__ = ["ExtractiveAgentRuntime"]

_LONGEST_QUERY = 1000
_FEW, _LITTLE_ROOM = 2, 500
"""Units and characters that are quoted where it is not sure that they answer."""

_MARKER = re.compile(r" ?\[\d+\]")


class ExtractiveAgentRuntime(AgentRuntime):
    """Answers with what the turn's look-ups find and exact sentences of its passages; needs no model but the embedder.

    Args:
        embedder: the one that made the vectors of question and passages.
        default_language: in which it speaks when it does not speak the turn's.
        candidates: how many sentences of a turn are compared by meaning; each costs one embedding.
        remembered: how many sentence vectors are kept.
        answers_from: the confidence (0 to 1) from which what was found is given as an answer.
        quotes_from: the confidence from which the best of it is quoted, said to be no sure answer.
        offers_from: the confidence, names aside, from which it is at least offered as near.
    """

    def __init__(
        self,
        embedder: Embedder,
        *,
        default_language: str = "es",
        candidates: int = 12,
        remembered: int = 4096,
        answers_from: float = 0.5,
        quotes_from: float = 0.35,
        offers_from: float = 0.2,
    ) -> None:
        self._embedder = embedder
        self._default = WORDINGS.get(default_language, WORDINGS["es"])
        self._candidates = candidates
        self._vectors = _Memo(remembered)
        self._answers_from = answers_from
        self._quotes_from = quotes_from
        self._offers_from = offers_from

    @property
    def version(self) -> str:
        """Names what answers, for the record."""
        return f"extractive-1 ({self._embedder.version})"

    def respond(self, turn: Turn, tools: ToolBox) -> Generator[AgentEvent]:
        """What was looked up, where anything was; then the reply from the passages, sentence by sentence."""
        words = WORDINGS.get(turn.language, self._default)
        plan = turn.lookups
        if plan.live and not (plan.planned or plan.gaps):
            yield from offer(plan.offered, words)
            return
        if plan.planned or plan.gaps:
            told = yield from look_up(plan, tools, words)
            if plan.rest:
                yield Spoken("\n\n", claim=False)
                yield from self._quote(self._about(plan.rest, turn, tools), words, told)
            return
        yield from self._quote(turn, words)

    def _about(self, rest: str, turn: Turn, tools: ToolBox) -> Turn:
        """The turn as if nothing but the rest had been asked."""
        found = tools.call(ToolCall("rest", "rag_search", {"query": rest[:_LONGEST_QUERY]}))
        try:
            vector = self._embedder.embed_query(rest)
        except Unavailable:
            vector = ()
        return evolve(turn, question=rest, vector=vector, history=(), passages=found.passages, lookups=LookupPlan())

    def _quote(self, turn: Turn, words: Wording, cited: int = 0) -> Generator[AgentEvent]:
        """The reply from the passages; its markers go on from those that there are."""
        if kind := small_talk(turn.question):
            yield Spoken(words.small_talk[kind], claim=False)
            return
        if is_statement(turn.question):
            yield Spoken(words.noted, claim=False)
            return
        question = contextual_question(turn.question, turn.history)
        named = _specific(identifiers(turn.question)) or _specific(identifiers(question))
        cosines = self._cosines(turn, question)
        ranked = rank_units(
            question,
            turn.passages,
            cosines,
            newest=turn.question,
            told=_last_reply(turn.history) if question != turn.question else "",
            named=named,
            most=self._candidates,
        )
        evidence = weigh(question, turn.language, turn.passages, ranked) if ranked else None
        sure = confidence(evidence) if evidence else 0.0
        told = said_before(turn.question, turn.recalled, turn.history)
        missing = [name for name in named if not any(contains(whole(p), name) for p in turn.passages)]
        if told is not None and (is_personal(turn.question) or sure < self._answers_from):
            yield Spoken(_told(told, turn, words), claim=False)
        elif sure >= self._answers_from:
            if missing:
                yield Spoken(words.not_named.format(names=_listed(missing)), claim=False)
            yield from _answer(choose(question, ranked, turn.passages), words, turn.language, cited)
        elif sure >= self._quotes_from and not missing:
            yield Spoken(f"{words.unsure}\n\n", claim=False)
            groups = choose(question, ranked, turn.passages, most=_FEW, room=_LITTLE_ROOM)
            yield from _answer(groups, words, turn.language, cited)
        else:
            # What lacks only the name asked for is near all the same.
            near = confidence(evolve(evidence, unnamed=0.0)) if evidence else 0.0
            offered = near >= self._offers_from or _is_subject(question, turn.passages)
            yield from _nothing(missing, turn.passages, ranked if offered else (), words)
            if turn.lookups.offered:
                yield Spoken("\n\n", claim=False)
                yield from offer(turn.lookups.offered, words, also=True)

    def _cosines(self, turn: Turn, question: str) -> "_Cosines":
        vector = turn.vector
        if vector and question != turn.question:
            try:
                vector = blend((vector, 1.0), (self._embedder.embed_query(question), 1.0))
            except Unavailable:
                vector = ()
        return _Cosines(vector, self._embedder, self._vectors)


def _last_reply(history: Sequence[Message]) -> str:
    last = next((message.text for message in reversed(history) if message.role is Role.ASSISTANT), "")
    return _MARKER.sub("", last)


def _is_subject(question: str, passages: Sequence[Passage]) -> bool:
    """Whether a document or section is about what is asked, as its title has it."""
    asked = set(terms(question))
    return any(asked & set(terms(f"{p.title} {' '.join(p.heading)}")) for p in passages)


def _specific(named: Sequence[str]) -> Sequence[str]:
    """Beside a name with a number in it (a CVE, a host) the name of a product is but its surroundings."""
    return [name for name in named if any(c.isdigit() for c in name)] or named


class _Memo:
    """Vectors of texts, the least recently used forgotten first. Runs share it, from several threads."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._kept: OrderedDict[str, bytes] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, text: str) -> bytes | None:
        with self._lock:
            if text in self._kept:
                self._kept.move_to_end(text)
            return self._kept.get(text)

    def put(self, text: str, vector: bytes) -> None:
        with self._lock:
            self._kept[text] = vector
            while len(self._kept) > self._size:
                self._kept.popitem(last=False)


class _Cosines:
    """Compares texts with one question; None where that cannot be done now."""

    def __init__(self, vector: Sequence[float], embedder: Embedder, memo: _Memo) -> None:
        self._vector = vector
        self._embedder = embedder
        self._memo = memo

    def __call__(self, texts: Sequence[str]) -> list[float] | None:
        if not len(self._vector):
            return None
        known = {text: self._memo.get(text) for text in texts}
        missing = [text for text, vector in known.items() if vector is None]
        try:
            made = self._embedder.embed_passages(missing) if missing else []
        except Unavailable:
            return None
        for text, vector in zip(missing, made, strict=True):
            known[text] = vector
            self._memo.put(text, vector)
        import numpy as np  # noqa: PLC0415 - a tenth of a second, for which a server that starts need not wait

        target = np.asarray(self._vector, np.float32)
        return [float(np.frombuffer(known[text] or b"", dtype="<f4") @ target) for text in texts]


def _answer(groups: Sequence[Group], words: Wording, language: str, index: int) -> Iterator[AgentEvent]:
    for previous, group in zip((None, *groups), groups, strict=False):
        yield Spoken(("\n\n" if previous else "") + _lead_in(group, previous, words, language), claim=False)
        before: Unit | None = None
        for run in runs(group):
            index += 1
            start, end = run[0].start, run[-1].end
            passage = group.passage
            yield Cited(Quote(index, passage, passage.start + start, passage.start + end, passage.text[start:end]))
            for unit in run:
                yield Spoken(_break(before, unit), claim=False)
                yield from _quoted(unit, before, index, words)
                before = unit


def _quoted(unit: Unit, before: Unit | None, index: int, words: Wording) -> Iterator[AgentEvent]:
    if unit.kind is not UnitKind.CODE:
        yield Spoken(with_marker(plain(unit), index))
        return
    block = code(unit)
    if block is None:
        yield Spoken(words.code_there.format(index=index), claim=False)
        return
    # A marker cannot stand in code: the sentence before it carries it, or a phrase of our own does.
    if before is None or unit.lead != (before.start, before.end):
        yield Spoken(words.code.format(index=index) + "\n\n", claim=False)
    yield Spoken(block, claim=False)


def _break(before: Unit | None, unit: Unit) -> str:
    bullet = "- " if unit.kind in (UnitKind.ITEM, UnitKind.ROW) else ""
    if before is None or (bullet and before.kind is UnitKind.SENTENCE) or UnitKind.CODE in (before.kind, unit.kind):
        return f"\n\n{bullet}"
    if bullet:
        return f"\n{bullet}"
    return " " if before.block == unit.block else "\n\n"


def _lead_in(group: Group, previous: Group | None, words: Wording, language: str) -> str:
    passage = group.passage
    section = group.units[0].section if group.units[0].section != passage.title else ""
    foreign = words.in_language.get(passage.language, "") if passage.language != language else ""
    if previous is not None and previous.passage.document_id == passage.document_id:
        new = section and section != previous.units[-1].section
        phrase = words.found_further if new else words.found_below
    elif section:
        phrase = words.found_also_in_section if previous else words.found_in_section
    else:
        phrase = words.found_also if previous else words.found
    return phrase.format(title=shown(passage.title), section=shown(section), language=foreign)


def _nothing(
    missing: Sequence[str], passages: Sequence[Passage], ranked: Sequence[Scored], words: Wording
) -> Iterator[AgentEvent]:
    if missing:
        yield Spoken(words.nothing_named.format(names=_listed(missing)), claim=False)
    elif not ranked:
        yield Spoken(words.nothing_here, claim=False)
    else:
        yield Spoken(words.nothing, claim=False)
    places = list(dict.fromkeys(_place(passages[s.unit.rank], s.unit, words) for s in ranked))[:3]
    if places:
        yield Spoken(f" {words.near}\n\n", claim=False)
        for place in places:
            yield Spoken(f"- {place}\n", claim=False)


def _listed(names: Sequence[str]) -> str:
    return ", ".join(f"«{name}»" for name in names)


def _place(passage: Passage, unit: Unit, words: Wording) -> str:
    section = unit.section if unit.section != passage.title else ""
    if section:
        return words.near_place.format(title=shown(passage.title), section=shown(section))
    return words.near_title.format(title=shown(passage.title))


def _told(message: Message, turn: Turn, words: Wording) -> str:
    said = unmarked(" ".join(message.text.split()))
    if message.thread_id == turn.thread_id:
        return words.told_here.format(said=said)
    return words.told_on.format(date=words.date(message.created_at.date()), said=said)
