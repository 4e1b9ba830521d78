"""Which named look-up a message asks for, if any: by its words and, where there are vectors, by its meaning."""

import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from operator import mul
from typing import TypeAlias

from attrs import field, frozen

from sophia.domain.asked import Category, Intent
from sophia.domain.intent.verbs import fold
from sophia.domain.named_lookups.builtin import BUILT_IN
from sophia.domain.named_lookups.concepts import CONCEPTS, concepts
from sophia.domain.named_lookups.learnt import NONE, LearntLookups
from sophia.domain.named_lookups.readers import read_values
from sophia.domain.named_lookups.values import NamedLookup

__all__ = [
    "ASKS",
    "WITH_MEANING",
    "WORDS_ALONE",
    "Asked",
    "asks_only",
    "asks_state",
    "candidates",
    "choose",
    "match",
    "score",
]

ASKS, LEARNT = 0.5, 0.6
"""The scores from which a message asks for a look-up: for one of a company's own, for a built-in one."""

SURE = 0.75
"""The score from which it does so although it reads as a request for action."""

FIRM, CERTAIN = 0.9, 0.98
"""The scores for action from which a sentence, and from which a bare name of events, reports a fault."""

# What is ordered with a verb that says little by itself.
_LETS_PASS = re.compile(r"\blet (?:it|him|her|them|that|this) (?:back )?(?:through|in|out|pass)\b|\bdej\w+ pasar\b")
_AS_GOOD = 0.4
_VERB = 2  # words of a verb ("block", "kick off")
_CANDIDATES = 4  # look-ups whose examples are compared by meaning
_COMPARED = 4  # examples of each: an embedding is made once a process, and takes some milliseconds
_USUAL_COSINE, _USUAL_SPREAD = 0.88, 0.03  # of questions on the same subject, by multilingual-e5-small
_LIGHT = 0.4  # what a kind of named thing weighs against a concept
# What is asked of a text, and not of a system: rules, ways, meanings.
_TEXTUAL = re.compile(
    r"\b(?:politic\w+|polic(?:y|ies)|norma\w*|standards?|procedimient\w+|procedures?|runbooks?|guias?|guides?"
    r"|manual(?:es)?"
    r"|document\w+|segun|according|protocol\w+|que (?:significa|quiere decir|es un|es una|dice)|what (?:does|is a"
    r"|is an)"
    r"|como (?:se|puedo|hago|hay|debo|configur\w+|reinici\w+|resta\w+|cambi\w+|conecto|ve(?:o|mos)|mir(?:o|amos)"
    r"|desbloque\w+|solicit\w+)"
    r"|how (?:do|does|should|can|to)\b|deb(?:o|e|emos|en|eria\w*)|should|must|hay que|tengo que|plazo|deadline|umbral"
    r"|threshold|por que|why|responsable|owner|en que consiste|explica\w*|explain|puedo|can i|may i|permitid\w+"
    r"|allowed to"
    r"|requisit\w+|requirements?|recomend\w+|recommend\w*|best practice|buenas practicas|cada cuanto|how often|how long"
    r"|cuanto tiempo|se guardan|se conserva\w*|are kept|retention|retencion|(?:quien|who|whom|a quien) (?:aprueba"
    r"|autoriza|decide|revisa|atiende|aviso|approves|reviews|handles|decides|do i)|bloquean una|locks? an|(?:que"
    r"|what) (?:es|is) (?:un|una|a|an|la|el|the)"
    r"|diferencia|difference|considera|counts as|(?:corrige|fixes|afecta a|affected by) cve|what(?:'s| is) (?:high"
    r"|the difference)|va a la|maximo|maximum|minimo|minimum|permite\w*|ejemplo|example)\b"
)
# How long something may take is a rule, however it is put; no system tells it.
_LIMIT = re.compile(
    r"\b(?:(?:tiempo|plazo|periodo) (?:maximo|minimo|limite)|(?:maximum|minimum|longest|shortest) (?:time|period)"
    r"|(?:time|period) limit|how long (?:may|can|must))\b"
)
_READS = re.compile(
    r"^\W*(?:(?:hola|hi|hello|por favor|please)\W+)?(?:ponme|dame|dime|muestra\w*|ensena\w*|saca\w*|lista(?:me|do)?"
    r"|busca\w*"
    r"|consulta\w*|revisa|mira|numero de|show|list|give me|tell me|look up|pull|review|number of|check)\b"
)
_EVENTS = re.compile(
    r"^\W*(?:(?:inicios|intentos|accesos|logins?|logons?|fallos|errores|alertas|interfaces|enlaces|conexiones|trafico|bloqueos"
    r"|denegad[oa]s|sesiones|anotaciones|failed|login|logon|sign-in|access|authentication|alerts|interfaces|links|ports"
    r"|connections|denied|blocked|denies|drops|errors|failures|attempts|sessions|annotations)\b)"
)
_CLAUSE = re.compile(r",\s*\w")
_NOT_TO_BE_DONE = (Category.TROUBLESHOOTING, Category.LOOKUP)
_OWN = re.compile(r"\b(?:me|mi|mis|nos|nuestr\w+|my|our|i|we|no (?:puedo|podemos|va|funciona)|can'?t|cannot)\b")
_DEFINES = re.compile(
    r"^\W*(?:que (?:hago|hacemos|hay que hacer|es|son|significa\w*|quiere decir|se considera|diferencia)|what (?:is"
    r"|are) (?:an? |the difference"
    r"|meant)"
    r"|what (?:does \w+ mean|counts as)|what do (?:we|i) do|define|explica(?:me)?|explain)\b"
)
_QUESTION = re.compile(
    r"(?:^|[¿,.:;] ?)(?:y |and |hola |hey )?(?:en |de |desde |from |in )?(?:que|cual(?:es)?|cuant[oa]s?|quien(?:es)?"
    r"|which|what|who"
    r"|how many|how often|hay|hubo|ha habido|are there|is there|any|did any|does any|tiene algun\w*|se ha)\b"
)
# What is asked of a system, as it is or has been.
_STATE = re.compile(
    r"\b(?:cuant[oa]s?|how many|hay|hubo|ha habido|any|are there|is there|were there|lista\w*|list|muestra\w*"
    r"|ensena\w*|show"
    r"|dame|give me|mira\w*|check|consulta\w*|busca\w*|look|see|ver|estado|status|state|ahora|now|currently|right now"
    r"|estan?"
    r"|is|are|which|que|cual(?:es)?|who|quien(?:es)?|saca\w*|revisa\w*|comprueba\w*|pull)\b"
)


@frozen
class Asked:
    """A message, or a part of one, as it is matched.

    Attributes:
        text: without the words that name a time.
        intent: of the text.
        timed: whether it names a time.
        vector: its query embedding; empty: its words decide alone.
        beside: other words that it points to.
    """

    text: str
    intent: Intent
    timed: bool = False
    vector: tuple[float, ...] = field(default=(), repr=False)
    beside: str = ""

    @property
    def whole(self) -> str:
        """What values are read from."""
        return f"{self.text}\n{self.beside}"


_Vectors: TypeAlias = Callable[[Sequence[str]], Sequence[Sequence[float]]]


def match(asked: Asked, lookups: Sequence[NamedLookup], vectors: _Vectors, learnt: LearntLookups) -> NamedLookup | None:
    """The look-up that a message asks for, if it asks for one.

    Args:
        asked: the message.
        lookups: that there are.
        vectors: the query embeddings of examples; they are asked for of the few of a company's own look-ups whose
            words are nearest.
        learnt: tells of the built-in ones.
    """
    if _asks_a_text(asked):
        return None
    acts, states = asked.intent.asks_action, asks_state(asked)
    own = [lookup for lookup in lookups if lookup.name not in BUILT_IN]
    scored = list[tuple[float, NamedLookup]]()
    if not acts or states or not _is_own_trouble(asked):
        least = SURE if acts else LEARNT
        scored += [pair for pair in _learnt(asked, lookups, learnt) if pair[0] >= least]
    if not acts or states:
        least = SURE if acts else ASKS
        scored += [pair for pair in _compared(asked, own, lookups, vectors) if pair[0] >= least]
    return choose(scored, asked.whole)


def _learnt(asked: Asked, lookups: Sequence[NamedLookup], learnt: LearntLookups) -> Iterator[tuple[float, NamedLookup]]:
    """The likeliest of the built-in look-ups, and how surely one of them is asked for.

    Whether somebody is named tells ``x-of-y`` from ``x``, so both are likely where one is.
    """
    chances = dict(learnt(asked.text, asked.vector))
    sure = 1 - chances.pop(NONE)
    families = {name: [other for other in chances if other.startswith(name)] for name in chances}
    likeliest = max(families, key=lambda name: math.fsum(chances[other] for other in families[name]))
    for lookup in lookups:
        if lookup.name in families[likeliest]:
            yield sure, lookup


def _compared(
    asked: Asked, own: Sequence[NamedLookup], lookups: Sequence[NamedLookup], vectors: _Vectors
) -> Iterator[tuple[float, NamedLookup]]:
    """A company's own look-ups, by their titles and examples."""
    for lookup, told in candidates(asked, own, lookups, vectors):
        yield score(told, WITH_MEANING if "cosine" in told else WORDS_ALONE), lookup


def _asks_a_text(asked: Asked) -> bool:
    """Whether it asks what something is, what to do or how: what documents tell."""
    folded = fold(asked.text)
    is_knowledge = asked.intent.category is Category.KNOWLEDGE and _TEXTUAL.search(folded) is not None
    return is_knowledge or any(pattern.search(folded) for pattern in (_DEFINES, _LIMIT))


def asks_only(asked: Asked, learnt: LearntLookups) -> bool:
    """Whether a message that asks for a look-up asks for nothing to be done besides, as far as anybody can tell.

    In doubt it does: what is looked up is told all the same, and nothing that was to be done is lost.
    """
    intent = asked.intent
    if not intent.asks_action and not intent.is_unsure:
        return True
    if _orders(asked):
        return False
    if asks_state(asked):
        return True
    reports = intent.score >= FIRM or "!" in asked.text or _is_own_trouble(asked)
    return not reports and 1 - learnt(asked.text, asked.vector)[NONE] >= SURE


def _orders(asked: Asked) -> bool:
    """Whether a verb says what is to be done; where none does, the intent's action is a report or all of it."""
    verbs = any(len(action.action.split()) <= _VERB for action in asked.intent.actions)
    ordered = asked.intent.ordered or _LETS_PASS.search(fold(asked.text))
    return bool(ordered) or (verbs and "?" not in asked.text)


def _is_own_trouble(asked: Asked) -> bool:
    return _OWN.search(fold(asked.text)) is not None


def asks_state(asked: Asked) -> bool:
    """Whether what reads as the report of a fault is the question if there is one ("which links are down?").

    So is a bare name of events with a time ("login errors of last night"), unless it is somebody's own trouble.
    """
    folded = fold(asked.text)
    if _TEXTUAL.search(folded):
        return False
    is_bare = _EVENTS.search(folded) and not _OWN.search(folded) and not _CLAUSE.search(folded)
    if asked.timed and is_bare and asked.intent.score < CERTAIN:
        return True
    asks = ("?" in asked.text and _QUESTION.search(folded)) or _READS.search(folded)
    return bool(asks) and asked.intent.category in _NOT_TO_BE_DONE


def choose(scored: Iterable[tuple[float, NamedLookup]], text: str) -> NamedLookup | None:
    """The likeliest look-up; of those that are about as likely, the one that takes most of what the text names."""
    found = sorted(scored, key=lambda pair: -pair[0])
    near = [lookup for score, lookup in found if score >= found[0][0] - _AS_GOOD]
    complete = [lookup for lookup in near if _is_complete(lookup, text)]
    if complete:
        return max(complete, key=lambda lookup: len(lookup.parameters))
    # What asks for one of somebody that it does not name may ask for the one of everybody.
    return next((lookup for _, lookup in found if _is_complete(lookup, text)), near[0] if near else None)


def _is_complete(lookup: NamedLookup, text: str) -> bool:
    return len(read_values(lookup.parameters, text)) == len(lookup.parameters)


def candidates(
    asked: Asked, some: Sequence[NamedLookup], lookups: Sequence[NamedLookup], vectors: _Vectors
) -> list[tuple[NamedLookup, dict[str, float]]]:
    """The few of some look-ups whose words are nearest to a message's, with what speaks for and against (`features`).

    A word tells the less, the more of all look-ups have it.
    """
    ranked = sorted(((_words(asked, lookup, lookups), lookup) for lookup in some), key=lambda pair: -pair[0].best)
    found = []
    for words, lookup in ranked[:_CANDIDATES]:
        if words.best > 0:
            near = words.nearest[:_COMPARED]
            compared = [sum(map(mul, asked.vector, v)) for v in vectors(near)] if asked.vector else []
            found.append((lookup, features(asked, lookup, words, max(compared, default=None))))
    return found


def phrasings(lookup: NamedLookup) -> tuple[str, ...]:
    """The ways in which a look-up is asked for."""
    return (*lookup.titles.values(), *lookup.examples)


@frozen
class _Words:
    """How near the words of a message are to a look-up's.

    Attributes:
        best: to the nearest of its phrasings (Dice of weighted concepts, 0 to 1).
        known: share (0 to 1) of the message's concepts that any of its phrasings has.
        held: share (0 to 1) of a phrasing's concepts that the message has, at the most.
        nearest: the phrasings, nearest first.
    """

    best: float
    known: float
    held: float
    nearest: tuple[str, ...] = ()


def _words(asked: Asked, lookup: NamedLookup, lookups: Sequence[NamedLookup]) -> _Words:
    rare = _rarity(tuple(phrasings(other) for other in lookups))
    said = concepts(asked.text)
    weight = _weight(said, rare)
    if not weight:
        return _Words(0.0, 0.0, 0.0)
    held, known, near = 0.0, set[str](), list[tuple[float, str]]()
    for phrasing in phrasings(lookup):
        there = concepts(phrasing)
        known |= said & there
        both = _weight(said & there, rare)
        whole = _weight(there, rare)
        near.append((2 * both / (weight + whole), phrasing))
        held = max(held, both / (whole or 1.0))
    near.sort(key=lambda pair: -pair[0])
    return _Words(near[0][0], _weight(known, rare) / weight, held, tuple(phrasing for _, phrasing in near))


def _weight(words: Iterable[str], rare: Mapping[str, float]) -> float:
    # A concept that no look-up has tells that something else is asked; another word may be anything.
    known = max(rare.values(), default=1.0)
    weights = (
        rare.get(word, known if word in CONCEPTS else 1.0) * (_LIGHT if word[0] == "@" else 1.0) for word in words
    )
    return math.fsum(weights)


@lru_cache(maxsize=64)
def _rarity(phrased: tuple[tuple[str, ...], ...]) -> Mapping[str, float]:
    """How much a term tells of which look-up is meant: the less, the more look-ups have it."""
    held = [set().union(*map(concepts, phrases)) for phrases in phrased]
    return {term: 1 + math.log(len(held) / sum(term in one for one in held)) for term in set().union(*held)}


def features(asked: Asked, lookup: NamedLookup, words: _Words, cosine: float | None) -> dict[str, float]:
    """What speaks for and against it, by name."""
    folded = fold(asked.text)
    told = {
        "best": words.best,
        "known": words.known,
        "held": words.held,
        "lacks": float(not _is_complete(lookup, asked.whole)),
        "takes": float(bool(lookup.parameters) and _is_complete(lookup, asked.whole)),
        "lookup": float(asked.intent.category is Category.LOOKUP or asks_state(asked)),
        "knowledge": float(asked.intent.category is Category.KNOWLEDGE),
        "textual": float(_TEXTUAL.search(folded) is not None),
        "state": float(_STATE.search(folded) is not None),
        "timed": float(asked.timed),
        "1": 1.0,
    }
    return told if cosine is None else {**told, "cosine": (cosine - _USUAL_COSINE) / _USUAL_SPREAD}


def score(told: Mapping[str, float], weights: Mapping[str, float]) -> float:
    """How surely (0 to 1) a message asks for a look-up."""
    x = math.fsum(value * weights[name] for name, value in told.items())
    return 1 / (1 + math.exp(-max(-60.0, min(60.0, x))))


# Fitted by benchmarks/fit_lookups.py, which has to be run again when concepts, examples or features change.
WORDS_ALONE = {
    "best": 3.51,
    "known": 4.77,
    "held": 2.98,
    "lacks": -2.79,
    "takes": 2.17,
    "lookup": 3.78,
    "knowledge": 1.65,
    "textual": -2.76,
    "state": -0.15,
    "timed": -0.2,
    "1": -11.31,
}
WITH_MEANING = {
    "best": 2.57,
    "known": 4.36,
    "held": 2.4,
    "lacks": -2.49,
    "takes": 2.3,
    "lookup": 3.67,
    "knowledge": 1.61,
    "textual": -2.95,
    "state": -0.09,
    "timed": -0.17,
    "cosine": 0.54,
    "1": -9.98,
}
