"""Deciding what of a message is looked up, before anything is asked of any system."""

import re
import threading
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import chain

from attrs import evolve, frozen

from sophia.application.look_up import LookUp, NamedLookups
from sophia.domain.asked import Category, Intent
from sophia.domain.conversation import Message, Role
from sophia.domain.followup import contextual_question
from sophia.domain.intent import IntentClassifier
from sophia.domain.intent.verbs import fold
from sophia.domain.lookups import System, TimeRange
from sophia.domain.named_lookups import CompanyLookups, Gap, GapKind, LookupPlan, NamedLookup, PlannedLookup
from sophia.domain.named_lookups.concepts import concepts
from sophia.domain.named_lookups.learnt import LearntLookups
from sophia.domain.named_lookups.matching import Asked, asks_only, match
from sophia.domain.named_lookups.parts import parts_of
from sophia.domain.named_lookups.readers import firewalls_in, places_in, read_values, things_in, without_replaced
from sophia.domain.named_lookups.times import ReadRange, read_range
from sophia.domain.tenancy import TenantScope
from sophia.domain.vectors import blend, unpack
from sophia.errors import Unavailable
from sophia.ports.embedder import Embedder
from sophia.ports.security_source import SecuritySource
from sophia.ports.system import Clock

__all__ = ["PlanLookups"]

_MOST_CALLS = 8
_MOST_VECTORS = 1_024
_OF_LATE = timedelta(days=31)
_POINTS = re.compile(
    r"\b(?:su|sus|suy[oa]s?|es[ea]s?|dich[oa]s?|el mismo|la misma|its?|their|them|th(?:at|ose|is) \w+|his|her)\b"
)


@frozen
class _Part:
    """A part of a message, the time that it is about, and what stands beside it."""

    text: str
    intent: Intent
    vector: tuple[float, ...]
    range: ReadRange | None
    beside: str = ""

    @property
    def asked(self) -> Asked:
        """The part as it is matched."""
        own, _, beside = self.subject.partition("\n")
        return Asked(own, self.intent, self.range is not None, self.vector, beside)

    @property
    def subject(self) -> str:
        """The text without the words that name a time; where it points to what stands beside it, with that after it."""
        own = self.text.replace(self.range.words, " ") if self.range else self.text
        return f"{own}\n{self.beside}" if self.beside and _POINTS.search(fold(own)) else own


@frozen
class _Gathered:
    """A question, with those that it leans on.

    Attributes:
        text: the newest words first, without what they name another of earlier.
        whole: the same in the order in which it was said.
        range: the time that was named last.
        leans_on: the stored vectors of the questions before it.
    """

    text: str
    whole: str
    range: ReadRange | None
    leans_on: tuple[bytes, ...] = ()


def _gathered(text: str, history: Sequence[Message], now: datetime, firewalls: Sequence[str]) -> _Gathered:
    named = read_range(text, now)
    if contextual_question(text, history) == text:
        return _Gathered(text, text, named)
    at = max(at for at, said in enumerate(history) if said.role is Role.USER)
    before = _gathered(history[at].text, history[:at], now, firewalls)
    earlier = before.text.replace(before.range.words, " ") if named and before.range else before.text
    return _Gathered(
        f"{text} {without_replaced(earlier, text, firewalls)}",
        f"{before.whole} {text}",
        named or before.range,
        (history[at].vector, *before.leans_on),
    )


class PlanLookups:
    """Tells which of a company's named look-ups a message asks for, of what and when, as far as its user may look."""

    def __init__(
        self, named: NamedLookups, look_up: LookUp, embedder: Embedder, classify: IntentClassifier, clock: Clock
    ) -> None:
        self._named = named
        self._look_up = look_up
        self._embedder = embedder
        self._classify = classify
        self._clock = clock
        self._vectors = _Vectors(embedder)
        self._learnt = LearntLookups.load().for_embedder(embedder.version)

    def __call__(
        self,
        scope: TenantScope,
        message: Message,
        history: Sequence[Message],
        intent: Intent,
        vector: tuple[float, ...],
    ) -> LookupPlan:
        """What is looked up, what is not and why, and what is left to answer from documents.

        Args:
            scope: whose message it is.
            message: the user's words.
            history: the thread's messages before it, oldest first.
            intent: of the words.
            vector: of the words.
        """
        company = self._named(scope.company_id)
        if not company.lookups:
            return LookupPlan(rest=message.text)
        zone = company.zone_of(scope.user_id)
        plan, unmatched = LookupPlan(zone=zone.key), list[_Part]()
        parts = tuple(self._parts(message, history, intent, vector, self._clock.now().astimezone(zone), company))
        for part in parts:
            lookup = self._match(part, company)
            if lookup is None:
                unmatched.append(part)
                continue
            more = self._plan(scope, company, lookup, part, message.language)
            fresh = tuple(one for one in more.planned if one not in plan.planned)
            plan = evolve(plan, planned=(*plan.planned, *fresh), gaps=(*plan.gaps, *more.gaps))
        if plan.answers:
            left = [part.text for part in unmatched if not part.intent.asks_action and concepts(part.text)]
            settles = not unmatched and all(asks_only(part.asked, self._learnt) for part in parts)
            return evolve(plan, rest=" ".join(left), settles=settles)
        asks = [part for part in unmatched if part.intent.category is Category.LOOKUP]
        if not asks:
            return evolve(plan, rest=message.text)
        offered = self._offered(scope, company, message.language)
        live = bool(offered) and any(
            part.range and part.range.span.start >= self._clock.now() - _OF_LATE for part in asks
        )
        return evolve(plan, rest=message.text, live=live, offered=offered)

    def _parts(
        self,
        message: Message,
        history: Sequence[Message],
        intent: Intent,
        vector: tuple[float, ...],
        now: datetime,
        company: CompanyLookups,
    ) -> Iterator[_Part]:
        """The parts of a message; one that leans on the questions before is read together with them."""
        firewalls = tuple(chain(company.firewalls, *company.firewalls.values()))
        asked = _gathered(message.text, history, now, firewalls)
        named = asked.range
        if asked.leans_on:
            together = blend((vector, 1.0), *((unpack(before), 1.0) for before in asked.leans_on if before))
            yield _Part(asked.text, self._classify(asked.whole, together), together, named)
            return
        texts = parts_of(message.text)
        if len(texts) == 1:
            yield _Part(message.text, intent, vector, named)
            return
        # Most messages ask for no look-up at all, and their words show it: each embedding takes far longer.
        likely = vector and any(self._is_likely(text, read_range(text, now) or named, company) for text in texts)
        for text in texts:
            own = self._vector(text) if likely else ()
            beside = " ".join(other for other in texts if other is not text)
            yield _Part(text, self._classify(text, own), own, read_range(text, now) or named, beside)

    def _is_likely(self, text: str, range_: ReadRange | None, company: CompanyLookups) -> bool:
        """Whether a part may ask for a look-up, as far as its words alone tell."""
        part = _Part(text, self._classify(text, ()), (), range_)
        return part.intent.category is Category.LOOKUP or self._match(part, company) is not None

    def _vector(self, text: str) -> tuple[float, ...]:
        try:
            return self._embedder.embed_query(text)
        except Unavailable:
            return ()

    def _match(self, part: _Part, company: CompanyLookups) -> NamedLookup | None:
        distinct = tuple({lookup.name: lookup for lookup in company.lookups}.values())
        return match(part.asked, distinct, self._vectors, self._learnt)

    def _plan(
        self, scope: TenantScope, company: CompanyLookups, lookup: NamedLookup, part: _Part, language: str
    ) -> LookupPlan:
        """What is asked of which sources, or why nothing is."""
        title, system = lookup.title(language), lookup.system
        sources = {source.name: source for source in self._look_up.sources(scope) if source.system is system}
        there = [
            (evolve(one, ranged=one.ranged and _takes_range(sources[source], one.operation)), source)
            for one in company.named(lookup.name)
            for source in sorted(sources)
            if one.source in ("", source)
        ]
        if not there:
            missing = "" if system.permission in scope.permissions else system.permission
            return LookupPlan(gaps=(Gap(GapKind.DENIED, title, system, missing),))
        values = read_values(lookup.parameters, part.subject)
        for parameter in lookup.parameters:
            if parameter.name not in values:
                return LookupPlan(gaps=(Gap(GapKind.MISSING, title, system, parameter.kind),))
        now = self._clock.now()
        span = part.range.span if part.range else TimeRange(now - lookup.back, now)
        about = tuple(map(str, values.values()))
        named = things_in(part.subject)
        planned = [
            PlannedLookup(
                one,
                title,
                about,
                source,
                {"source": source, "operation": one.operation, **one.filled(values), **_times(one, span)},
                span if one.ranged else None,
                part.range.words if part.range and one.ranged else "",
                tuple(thing for thing in named if thing not in about),
            )
            for one, source in there
        ]
        return _of_firewalls(planned, company, part.subject) if system is System.PANOS else LookupPlan(tuple(planned))

    def _offered(self, scope: TenantScope, company: CompanyLookups, language: str) -> tuple[str, ...]:
        """The titles of what the caller may look up."""
        there = {(source.system, source.name) for source in self._look_up.sources(scope)}
        return tuple(
            dict.fromkeys(
                lookup.title(language)
                for lookup in company.lookups
                if any(system is lookup.system and lookup.source in ("", name) for system, name in there)
            )
        )


def _takes_range(source: SecuritySource, operation: str) -> bool:
    return all(known.ranged for known in source.operations if known.name == operation)


def _times(lookup: NamedLookup, span: TimeRange) -> dict[str, str]:
    return {"earliest": span.start.isoformat(), "latest": span.end.isoformat()} if lookup.ranged else {}


def _of_firewalls(planned: Sequence[PlannedLookup], company: CompanyLookups, subject: str) -> LookupPlan:
    """Each look-up at the firewalls that are named, or at all of them; those behind a Panorama are its targets."""
    behind = {one.source: company.firewalls.get(one.source, ()) for one in planned}
    known = tuple(name for source, names in behind.items() for name in names or (source,))
    named = firewalls_in(subject, (*known, *behind))
    title, system = planned[0].title, planned[0].lookup.system
    kinds = {re.split(r"[^a-z]", name.lower())[0] for name in known}
    words = {word for name in (*known, *behind) for word in re.split(r"[^a-z]", fold(name))}
    for place in places_in(subject):
        if fold(place) not in words:
            return LookupPlan(gaps=(Gap(GapKind.UNKNOWN, title, system, place, known),))
    for thing in planned[0].ignored:
        if thing.lower() not in map(str.lower, (*known, *behind)) and re.split(r"[^a-z]", thing.lower())[0] in kinds:
            return LookupPlan(gaps=(Gap(GapKind.UNKNOWN, title, system, thing, known),))
    at: list[PlannedLookup] = []
    for one in planned:
        here = behind[one.source]
        if not named or one.source in named:
            chosen = here
        else:
            chosen = tuple(name for name in here if name in named)
            if not chosen:
                continue
        ignored = tuple(thing for thing in one.ignored if thing.lower() not in map(str.lower, named))
        here_alone = evolve(one, ignored=ignored)
        at += [
            evolve(here_alone, about=(*one.about, name), arguments={**one.arguments, "target": name}) for name in chosen
        ] or [here_alone]
    if len(at) > _MOST_CALLS:
        return LookupPlan(gaps=(Gap(GapKind.MANY, title, system, known=known),))
    return LookupPlan(tuple(at))


class _Vectors:
    """Embeddings of phrasings, each made once a process, when first needed."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self._kept: dict[str, tuple[float, ...]] = {}
        self._lock = threading.Lock()

    def __call__(self, texts: Sequence[str]) -> Sequence[Sequence[float]]:
        """The vectors of those that can be had."""
        return [vector for text in texts if (vector := self._of(text))]

    def _of(self, text: str) -> tuple[float, ...]:
        kept = self._kept.get(text)
        if kept is None:
            try:
                kept = self._embedder.embed_query(text)
            except Unavailable:
                return ()
            with self._lock:
                if len(self._kept) >= _MOST_VECTORS:
                    self._kept.clear()
                self._kept[text] = kept
        return kept
